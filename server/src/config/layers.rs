//! Where settings come from: `tolmach.toml`, what is stored in the database, and the variables of `.env` and of the process, each of
//! which goes before those named first.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
};
use serde_json::{Value, json};
use tolmach_app::settings::{
    KnownSecret, Problem, Shown, Source,
    schema::{self, Entry, Kind},
    value_at,
};
use tolmach_channels::web;
use tolmach_runtime::{
    NoticeLimits,
    ports::{StoredSettings, setting_ending},
    secret::Secret,
};

use super::{
    Config, checks,
    tree::{leaves, merge, open, parent, put, put_rows, secret_names, secret_of},
    upkeep,
};

/// A setting that its variable extends instead of replacing, so that hosts with credentials in a file keep them.
const HOSTS: &str = "http.hosts";

/// Variables with the settings they set.
const VARIABLES: [(&str, &str); 35] = [
    ("TOLMACH_DATA_DIR", "data_dir"),
    ("TOLMACH_FLOWS", "flows"),
    ("TOLMACH_DATABASE_URL", "database.url"),
    ("TOLMACH_LISTEN", "listen"),
    ("TOLMACH_ROLE", "role"),
    ("TOLMACH_REPORT_AT", "report.at"),
    ("TOLMACH_REPORT_TIMEZONE", "report.timezone"),
    ("TOLMACH_WEB_HOSTS", "web_hosts"),
    ("TOLMACH_WEB_SOCKETS", "web_sockets"),
    ("TOLMACH_FILES_MIB", "files_mib"),
    ("TOLMACH_PROXY_HEADER", "proxy.header"),
    ("TOLMACH_TRUSTED_PROXIES", "proxy.trusted"),
    ("TOLMACH_PROXY_HTTPS", "proxy.https"),
    ("TOLMACH_HEALTH_TOKEN", "health_token"),
    ("TOLMACH_DEBOUNCE_MS", "debounce_ms"),
    ("TOLMACH_BURST_MS", "burst_ms"),
    ("TOLMACH_LOG", "log"),
    ("TOLMACH_STAFF_TELEGRAM", "staff.default.telegram"),
    ("TOLMACH_STAFF_EMAIL", "staff.default.email"),
    ("TOLMACH_SMTP_HOST", "smtp.host"),
    ("TOLMACH_SMTP_PORT", "smtp.port"),
    ("TOLMACH_SMTP_USERNAME", "smtp.username"),
    ("TOLMACH_SMTP_PASSWORD", "smtp.password"),
    ("TOLMACH_SMTP_FROM", "smtp.from"),
    ("TOLMACH_SMTP_TLS", "smtp.tls"),
    ("TOLMACH_HTTP_HOSTS", HOSTS),
    ("TOLMACH_MEILISEARCH_URL", "meilisearch.url"),
    ("TOLMACH_MEILISEARCH_API_KEY", "meilisearch.api_key"),
    ("TOLMACH_MEILISEARCH_INDEX", "meilisearch.index"),
    ("TOLMACH_TELEGRAM_TOKEN", "telegram.token"),
    ("TOLMACH_TELEGRAM_API_URL", "telegram.api_url"),
    ("TOLMACH_LLM_BASE_URL", "llm.base_url"),
    ("TOLMACH_LLM_API_KEY", "llm.api_key"),
    ("TOLMACH_LLM_MODEL", "llm.model"),
    ("TOLMACH_LLM_TIMEOUT_SECONDS", "llm.timeout_seconds"),
];

/// What commands that ask a running server by its API read for themselves, from the environment alone: see [`crate::commands::log`]. In
/// `.env`, which is the server's, they are a slip for a setting of it.
const OF_CLIENTS: [&str; 2] = ["TOLMACH_TOKEN", "TOLMACH_URL"];

/// What the file and the environment say.
#[derive(Clone, Default)]
pub struct Layers {
    /// The file; `Null` where there is none.
    file: Value,
    /// Variables with the settings that they decide and the values.
    variables: Vec<(String, &'static str, Value)>,
    /// Hosts of [`HOSTS`].
    hosts: Vec<String>,
}

/// Without values: there are secrets among them.
impl std::fmt::Debug for Layers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layers").finish_non_exhaustive()
    }
}

impl Config {
    /// Loads and checks the configuration. A `file` that is given must exist; `tolmach.toml` and `.env` are optional.
    ///
    /// # Errors
    /// When a file cannot be read, a setting or variable is unknown, or a value is invalid.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Config> {
        let default = Path::new("tolmach.toml");
        let mut figment = Figment::new();
        match file {
            Some(file) if !file.is_file() => bail!("there is no configuration file {}", file.display()),
            Some(file) => figment = figment.merge(Toml::file_exact(file)),
            None if default.is_file() => figment = figment.merge(Toml::file_exact(default)),
            None => {}
        }
        let file: Value = figment.extract().map_err(|error| anyhow::anyhow!("{}", explain(&error)))?;
        let mut layers = Layers { file, ..Layers::default() };
        for (name, value) in variables()? {
            layers.add(name, &value)?;
        }
        for (_, key, value) in &layers.variables {
            figment = figment.merge(Serialized::default(key, value));
        }
        let mut config: Config = figment.extract().map_err(|error| anyhow::anyhow!("{}", explain(&error)))?;
        config.take_hosts(&layers.hosts);
        if let Some(error) = config.checked().into_iter().next() {
            return Err(error);
        }
        config.layers = layers.into();
        Ok(config)
    }

    fn take_hosts(&mut self, hosts: &[String]) {
        for host in hosts {
            self.http.hosts.entry(host.clone()).or_default();
        }
    }
}

impl Layers {
    /// Reads a variable.
    fn add(&mut self, name: String, value: &str) -> anyhow::Result<()> {
        let Some((_, key)) = VARIABLES.iter().find(|(known, _)| *known == name) else {
            // Variables of the tests and benchmarks share the prefix.
            if !["TOLMACH_TEST_", "TOLMACH_BENCH_"].iter().any(|prefix| name.starts_with(prefix)) {
                let known: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
                bail!("the variable {name} is not known; the variables are {}", known.join(", "));
            }
            return Ok(());
        };
        if value.trim().is_empty() {
            return Ok(());
        }
        let parts = || value.split(',').map(str::trim).filter(|part| !part.is_empty());
        let value = match *key {
            HOSTS => {
                self.hosts.extend(parts().map(str::to_owned));
                return Ok(());
            }
            "web_hosts" | "proxy.trusted" | "staff.default.telegram" | "staff.default.email" => {
                parts().map(Value::from).collect()
            }
            "proxy.https" => {
                let yes: bool = value
                    .trim()
                    .parse()
                    .with_context(|| format!("{name}={value}: true or false is expected"))?;
                json!(yes)
            }
            "llm.timeout_seconds"
            | "debounce_ms"
            | "burst_ms"
            | "smtp.port"
            | "web_sockets"
            | "files_mib" => {
                let unit = match *key {
                    "debounce_ms" | "burst_ms" => " of milliseconds",
                    "smtp.port" | "web_sockets" | "files_mib" => "",
                    _ => " of seconds",
                };
                let number: u64 = value
                    .trim()
                    .parse()
                    .with_context(|| format!("{name}={value}: a whole number{unit} is expected"))?;
                json!(number)
            }
            _ => json!(value),
        };
        self.variables.push((name, key, value));
        Ok(())
    }

    /// The configuration with what is stored.
    ///
    /// # Errors
    /// When a value is of another type than its setting.
    pub fn with(&self, stored: &StoredSettings) -> Result<Config, Problem> {
        let mut tree = self.under(stored);
        self.environment(&mut tree);
        let figment = Figment::from(Serialized::defaults(tree));
        let mut config: Config = figment.extract().map_err(|error| {
            let key = error.path.join(".");
            checks::problem(&format!("{key}: {}", error.kind))
        })?;
        config.take_hosts(&self.hosts);
        config.layers = self.clone().into();
        Ok(config)
    }

    /// Defaults and the file.
    fn base(&self) -> Value {
        let mut tree = defaults();
        merge(&mut tree, &self.file);
        // A host is the same however a file writes it.
        if let Some(hosts) = tree["http"]["hosts"].as_object_mut() {
            *hosts = std::mem::take(hosts)
                .into_iter()
                .map(|(name, host)| (name.trim().to_lowercase(), host))
                .collect();
        }
        // A file may have one text for all languages.
        if let Some(sites) = tree["sites"].as_object_mut() {
            for site in sites.values_mut() {
                if let Some(title) = site["title"].as_str().map(str::to_owned) {
                    site["title"] = json!({ "ru": title, "en": title });
                }
            }
        }
        tree
    }

    /// Defaults, the file and what is stored.
    fn under(&self, stored: &StoredSettings) -> Value {
        let mut tree = self.base();
        let values = stored.sections.iter().flat_map(|section| &section.values);
        for (key, value) in values {
            match schema::entry(key) {
                Some((_, Entry::One(field))) if field.kind != Kind::Secret => {
                    put(&mut tree, key, value.clone())
                }
                Some((_, Entry::Many(rows))) => put_rows(&mut tree, rows, value.clone()),
                // Of a later version of the program, or a secret, which is stored elsewhere.
                Some((_, Entry::One(_))) | None => {}
            }
        }
        for secret in &stored.secrets {
            if let Some((_, name)) = secret_of(&secret.name)
                && (name.is_none() || value_at(&tree, parent(&secret.name)).is_object())
            {
                put(&mut tree, &secret.name, json!(secret.secret.expose()));
            }
        }
        tree
    }

    fn environment(&self, tree: &mut Value) {
        for (_, key, value) in &self.variables {
            put(tree, key, value.clone());
        }
    }

    /// The settings as people may see them.
    pub fn shown(&self, stored: StoredSettings, left_out: Vec<(String, Problem)>) -> Shown {
        let under = self.under(&without(&stored, &left_out));
        let mut values = under.clone();
        self.environment(&mut values);
        let fixed: BTreeMap<String, String> =
            self.variables.iter().map(|(name, key, _)| ((*key).to_owned(), name.clone())).collect();
        let mut secrets = BTreeMap::new();
        for name in secret_names(&values) {
            let secret = Secret::new(value_at(&values, &name).as_str().unwrap_or_default());
            if secret.is_empty() {
                continue;
            }
            let known = stored.secrets.iter().find(|known| known.name == name && known.secret == secret);
            let source = match known {
                _ if fixed.contains_key(&name) => Source::Environment,
                Some(_) => Source::Panel,
                None => Source::File,
            };
            let by = known.map(|known| (known.author.clone(), known.at));
            secrets.insert(name, KnownSecret { ending: setting_ending(&secret), source, stored: by });
        }
        let mut in_file = Vec::new();
        leaves("", &self.file, &mut in_file);
        let variable = VARIABLES.iter().find(|(_, key)| *key == HOSTS).map(|(name, _)| (*name).to_owned());
        let hosts = variable.filter(|_| !self.hosts.is_empty()).map(|name| (name, self.hosts.clone()));
        Shown {
            values: open(&values),
            under: open(&under),
            base: open(&self.base()),
            fixed,
            added: hosts.map(|hosts| (HOSTS.to_owned(), hosts)).into_iter().collect(),
            in_file,
            secrets,
            stored,
            left_out,
        }
    }

    /// The names of all settings that the file or the environment has, also of those that cannot be changed while the program runs.
    pub fn named(&self) -> Vec<(String, Source)> {
        let mut in_file = Vec::new();
        leaves("", &self.file, &mut in_file);
        let variables = self.variables.iter().map(|(_, key, _)| ((*key).to_owned(), Source::Environment));
        in_file.into_iter().map(|key| (key, Source::File)).chain(variables).collect()
    }

    /// The value of a setting of the file or the environment.
    pub fn value(&self, key: &str) -> Value {
        let mut tree = self.file.clone();
        self.environment(&mut tree);
        value_at(&tree, key).clone()
    }
}

/// What is stored without these sections and their secrets.
pub fn without(stored: &StoredSettings, left_out: &[(String, Problem)]) -> StoredSettings {
    let out = |name: &str| left_out.iter().any(|(section, _)| section == name);
    let mut stored = stored.clone();
    stored.sections.retain(|known| !out(&known.section));
    stored.secrets.retain(|known| secret_of(&known.name).is_none_or(|(section, _)| !out(section.name)));
    stored
}

/// The defaults of the sections.
fn defaults() -> Value {
    let Config { llm, report, retention, import, meilisearch, web_sockets, files_mib, log, .. } =
        Config::default();
    let NoticeLimits { notices, relayed } = NoticeLimits::default();
    json!({
        "smtp": { "host": "", "port": null, "tls": "starttls", "from": "", "username": "" },
        "llm": { "base_url": llm.base_url, "model": "", "timeout_seconds": llm.timeout_seconds, "roles": {}, "prices": [] },
        "staff": {},
        "retention": upkeep::as_json(&retention),
        "report": { "at": report.at, "timezone": report.timezone, "group": report.group },
        "sites": {},
        "web_hosts": [],
        "telegram": { "api_url": null },
        "http": { "hosts": {} },
        "import": {
            "currency": import.currency, "memory_mib": import.memory_mib, "seconds": import.seconds, "rows": import.rows,
        },
        "meilisearch": { "url": meilisearch.url, "index": meilisearch.index },
        "proxy": { "header": "", "trusted": null, "https": false },
        "web_sockets": web_sockets,
        "files_mib": files_mib,
        "log": log,
        "limits": {
            "connections": null,
            "address": web::AddressLimits::default(),
            "chat": web::ChatLimits::default(),
            "notices": { "at_once": notices.at_once, "an_hour": notices.an_hour },
            "relayed": { "at_once": relayed.at_once, "an_hour": relayed.an_hour },
        },
    })
}

/// TOLMACH_* variables of `.env` and of the process; the latter override.
fn variables() -> anyhow::Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    if Path::new(".env").is_file() {
        for pair in dotenvy::from_path_iter(".env").context(".env cannot be read")? {
            let (name, value) = pair.map_err(|error| anyhow::anyhow!(".env: {}", dotenv_error(&error)))?;
            variables.insert(name, value);
        }
    }
    variables.extend(
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| !OF_CLIENTS.contains(&name.as_str())),
    );
    variables.retain(|name, _| name.starts_with("TOLMACH_"));
    Ok(variables)
}

/// Does not show the line, which may contain a secret.
fn dotenv_error(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(_, position) => {
            format!(
                "a line does not parse (at character {position}); write NAME=value, quoted where it has spaces"
            )
        }
        other => other.to_string(),
    }
}

fn explain(error: &figment::Error) -> String {
    let key = error.path.join(".");
    let source = error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref());
    let at = match source {
        Some(figment::Source::File(file)) => format!("{}: ", file.display()),
        _ => String::new(),
    };
    let variable = VARIABLES.iter().find(|(_, known)| *known == key).filter(|_| at.is_empty());
    let name = variable.map_or(key.clone(), |(variable, _)| (*variable).to_owned());
    let kind = match &error.kind {
        figment::error::Kind::UnknownField(field, known) => {
            return format!("{at}there is no setting `{field}`; there are: {}", known.join(", "));
        }
        kind if key == "listen" => format!("{kind}; write an address with a port, such as 127.0.0.1:8080"),
        kind => kind.to_string(),
    };
    if name.is_empty() { format!("{at}{kind}") } else { format!("{at}{name}: {kind}") }
}

#[cfg(test)]
mod tests {
    use tolmach_runtime::ports::{StoredSecret, StoredSection};

    use super::*;

    fn layers() -> Layers {
        let file = json!({
            "http": { "hosts": { "API.example.com": { "authorization": "of the host 6666" } } },
            "smtp": { "host": "file.example.com", "from": "shop@example.com", "password": "of the file 1111" },
            "retention": { "leads_days": 5 },
            "sites": { "tools": { "title": "Tools" } },
            "llm": {
                "model": "m",
                "roles": { "fast": { "model": "a", "api_key": "of the role 2222" }, "slow": { "model": "b" } },
                "prices": [{ "model": "m", "input": 0.15, "output": 1, "currency": "USD" }],
            },
        });
        let mut layers = Layers { file, ..Layers::default() };
        layers.add("TOLMACH_SMTP_PORT".to_owned(), "2525").unwrap();
        layers.add("TOLMACH_STAFF_EMAIL".to_owned(), "a@example.com, b@example.com").unwrap();
        layers.add("TOLMACH_LLM_API_KEY".to_owned(), "of the variable 3333").unwrap();
        layers
    }

    fn stored(values: Value, secrets: &[(&str, &str)]) -> StoredSettings {
        let Value::Object(values) = values else { panic!("values by name") };
        let (section, author) = ("any".to_owned(), "Olga".to_owned());
        let secret = |(name, secret): &(&str, &str)| StoredSecret {
            name: (*name).to_owned(),
            secret: Secret::new(secret),
            ending: String::new(),
            author: "Olga".to_owned(),
            at: 1,
        };
        StoredSettings {
            sections: vec![StoredSection { section, version: 1, values, author, at: 1 }],
            secrets: secrets.iter().map(secret).collect(),
        }
    }

    #[test]
    fn each_layer_goes_before_the_one_below() {
        let stored = stored(
            json!({
                "smtp.host": "panel.example.com", "smtp.port": 25, "retention.audit_days": 9, "llm.api_key": "no value",
                "staff": { "default": { "telegram": ["1"], "email": ["c@example.com"] } }, "of.a.later.version": 1,
                "llm.roles": { "fast": { "model": "c" }, "new": { "model": "d" } },
                "http.hosts": { "api.example.com": {}, "crm.example.com": {} },
            }),
            &[
                ("smtp.password", "of the panel 4444"),
                ("llm.api_key", "of the panel 5555"),
                ("llm.roles.gone.api_key", "x"),
                ("http.hosts.crm.example.com.authorization", "of the crm 7777"),
            ],
        );
        let config = layers().with(&stored).unwrap();
        assert_eq!((config.smtp.host.as_str(), config.smtp.port), ("panel.example.com", Some(2525)));
        assert_eq!(
            (config.smtp.from.as_str(), config.smtp.password.expose()),
            ("shop@example.com", "of the panel 4444")
        );
        let days = &config.retention;
        assert_eq!((days.leads_days, days.audit_days, days.chats_days), (5, 9, 1095));
        assert_eq!(config.llm.api_key.expose(), "of the variable 3333");
        let group = &config.staff["default"];
        assert_eq!((group.telegram.len(), group.email.len()), (1, 2), "{group:?}");
        let roles: Vec<&str> = config.llm.roles.keys().map(String::as_str).collect();
        assert_eq!(roles, ["fast", "new"]);
        let fast = &config.llm.roles["fast"];
        assert_eq!(
            (fast.model.as_str(), fast.api_key.expose()),
            ("c", "of the role 2222"),
            "it keeps its key"
        );

        let hosts =
            ["api.example.com", "crm.example.com"].map(|host| config.http.hosts[host].authorization.expose());
        assert_eq!(hosts, ["of the host 6666", "of the crm 7777"]);

        let shown = layers().shown(stored, Vec::new());
        let told = format!("{shown:?}");
        for secret in
            ["of the file", "of the role", "of the variable", "of the panel", "of the host", "of the crm"]
        {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
        let sources =
            ["smtp.host", "smtp.port", "smtp.from", "smtp.tls", "llm.api_key", "smtp.password", "llm.roles"];
        assert_eq!(
            sources.map(|key| shown.source(key)),
            [
                Source::Panel,
                Source::Environment,
                Source::File,
                Source::Default,
                Source::Environment,
                Source::Panel,
                Source::Panel,
            ]
        );
        assert_eq!(shown.secrets["llm.roles.fast.api_key"].ending, "2222");
        assert_eq!(shown.secrets["smtp.password"].stored, Some(("Olga".to_owned(), 1)));
        assert_eq!(shown.values["sites"]["tools"]["title"], json!({ "ru": "Tools", "en": "Tools" }));
        assert_eq!(shown.base["llm"]["prices"][0]["input"], "0.15", "as a form has it");
    }

    #[test]
    fn a_value_of_another_type_is_named() {
        let problem = layers().with(&stored(json!({ "smtp.tls": "ssl" }), &[])).unwrap_err();
        assert_eq!(problem.key, "smtp.tls", "{}", problem.text);
        // An empty secret says that there is none, whatever the file has.
        let config = layers().with(&stored(json!({}), &[("smtp.password", "")])).unwrap();
        assert!(config.smtp.password.is_empty());
    }
}
