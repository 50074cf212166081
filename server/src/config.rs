//! The configuration: `tolmach.toml`, then `.env`, then TOLMACH_* variables; each overrides the one before.
//!
//! Everything has a default: without any configuration the product works.

mod upkeep;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
};
use serde::{Deserialize, Deserializer, Serialize};
use tolmach_adapters::{
    email::{self, EmailChannel},
    http::{Host, HttpClient},
};
use tolmach_catalog::meilisearch;
use tolmach_runtime::secret::Secret;
use tolmach_runtime::{Staff, ports::Address};

pub use upkeep::{Import, Report, Retention, Role};

/// What may be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the catalogue lives, and the database unless `database` names another.
    pub data_dir: PathBuf,
    /// The folder with the flows. Unset, it is `flows` if that exists, and otherwise a copy of the built-in bundle in
    /// the data folder.
    pub flows: Option<PathBuf>,
    /// What remembers.
    pub database: Database,
    /// Where the web chat page listens. Unset, the first free port from 8080 on, on this machine only.
    pub listen: Option<SocketAddr>,
    /// Hosts whose pages may use the web chat besides the one it is served from.
    pub web_hosts: Vec<String>,
    /// Pages of the web chat that may be open at once; each needs an open file.
    pub web_sockets: usize,
    /// The debounce window: messages of a client that come at most this many milliseconds apart are one, and answered once; 0 to
    /// 10000, 0 answers each at once. 700 unless set.
    pub debounce_ms: Option<u64>,
    /// The name of `debounce_ms` in earlier versions.
    pub burst_ms: Option<u64>,
    /// Log filter, as `info` or `tolmach_runtime=debug`.
    pub log: String,
    /// The Telegram bot.
    pub telegram: Telegram,
    /// The language model; without a model name the offline composer answers.
    pub llm: Llm,
    /// Who of the staff is told, by the name of the group; flows that name none mean `default`.
    pub staff: BTreeMap<String, Group>,
    /// The mail server that takes mail to the staff.
    pub smtp: Smtp,
    /// What `http` nodes may ask.
    pub http: Http,
    /// A server that searches the catalogue; without an address the embedded catalogue does.
    pub meilisearch: Meilisearch,
    /// What this process does.
    pub role: Role,
    /// How long what is finished is kept.
    pub retention: Retention,
    /// The daily report to the staff.
    pub report: Report,
    /// What reading a price list may take.
    pub import: Import,
}

/// What remembers; unset, a file in the data folder.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `postgres://USER:PASSWORD@HOST/DATABASE` or `sqlite:PATH`.
    #[serde(deserialize_with = "secret")]
    pub url: Secret,
}

/// People of the staff.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// Telegram chats by their numeric id: people, or groups that the bot is a member of.
    pub telegram: Vec<String>,
    /// E-mail addresses.
    pub email: Vec<String>,
}

/// The Telegram bot.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telegram {
    /// The token from @BotFather.
    #[serde(deserialize_with = "secret")]
    pub token: Secret,
    /// Another Bot API server than Telegram's own.
    pub api_url: Option<String>,
}

/// A mail server; without a host no mail goes out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Unset, the usual one of the protection: 587, 465 or 25.
    pub port: Option<u16>,
    /// Empty for a server that wants no login.
    pub username: String,
    /// What belongs to the username.
    #[serde(deserialize_with = "secret")]
    pub password: Secret,
    /// Who writes, as `Shop <shop@example.com>`; empty for the username.
    pub from: String,
    /// How the connection is protected.
    pub tls: email::Tls,
}

/// Other systems that flows ask.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// The hosts that may be asked, by name.
    pub hosts: BTreeMap<String, HttpHost>,
}

/// A host that may be asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpHost {
    /// What to send as `Authorization`; empty for nothing.
    #[serde(deserialize_with = "secret")]
    pub authorization: Secret,
}

/// A Meilisearch server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Meilisearch {
    /// As `http://localhost:7700`; empty for none.
    pub url: String,
    /// A key that may do everything with the indexes and read tasks; empty for a server without keys.
    #[serde(deserialize_with = "secret")]
    pub api_key: Secret,
    /// The live index; a second one is called the same with `-next`.
    pub index: String,
}

impl Default for Meilisearch {
    fn default() -> Meilisearch {
        Meilisearch { url: String::new(), api_key: Secret::default(), index: "tolmach".to_owned() }
    }
}

/// An OpenAI-compatible endpoint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Llm {
    /// Where `/chat/completions` is.
    pub base_url: String,
    /// The key, empty for servers that want none.
    #[serde(deserialize_with = "secret")]
    pub api_key: Secret,
    /// The model's name; empty for no model.
    pub model: String,
    /// Seconds that one call may take.
    pub timeout_seconds: u64,
    /// Further models by the role that a prompt names as `model:`.
    pub roles: BTreeMap<String, ModelRole>,
}

/// The model of a role. What is not set is as for the model without a role.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRole {
    /// The model's name.
    pub model: String,
    /// Where `/chat/completions` is.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The key. With a `base_url` of its own a role has a key of its own, or none.
    #[serde(default, deserialize_with = "secret")]
    pub api_key: Secret,
    /// Seconds that one call may take.
    #[serde(default)]
    pub timeout_seconds: Option<u64>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data_dir: PathBuf::from("tolmach-data"),
            flows: None,
            database: Database::default(),
            listen: None,
            web_hosts: Vec::new(),
            web_sockets: 1000,
            debounce_ms: None,
            burst_ms: None,
            log: "info".to_owned(),
            telegram: Telegram::default(),
            llm: Llm::default(),
            staff: BTreeMap::new(),
            smtp: Smtp::default(),
            http: Http::default(),
            meilisearch: Meilisearch::default(),
            role: Role::default(),
            retention: Retention::default(),
            report: Report::default(),
            import: Import::default(),
        }
    }
}

impl Default for Llm {
    fn default() -> Llm {
        Llm {
            base_url: "https://api.openai.com/v1".to_owned(),
            api_key: Secret::default(),
            model: String::new(),
            timeout_seconds: 12,
            roles: BTreeMap::new(),
        }
    }
}

/// The setting whose variable adds to it: a host that a file gives credentials to keeps them.
const HOSTS: &str = "http.hosts";

/// Variables with the settings they set.
const VARIABLES: [(&str, &str); 30] = [
    ("TOLMACH_DATA_DIR", "data_dir"),
    ("TOLMACH_FLOWS", "flows"),
    ("TOLMACH_DATABASE_URL", "database.url"),
    ("TOLMACH_LISTEN", "listen"),
    ("TOLMACH_ROLE", "role"),
    ("TOLMACH_REPORT_AT", "report.at"),
    ("TOLMACH_REPORT_TIMEZONE", "report.timezone"),
    ("TOLMACH_WEB_HOSTS", "web_hosts"),
    ("TOLMACH_WEB_SOCKETS", "web_sockets"),
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

impl Config {
    /// Reads everything. A file that was named must exist; `tolmach.toml` and `.env` may.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Config> {
        let default = Path::new("tolmach.toml");
        let mut figment = Figment::new();
        match file {
            Some(file) if !file.is_file() => bail!("there is no configuration file {}", file.display()),
            Some(file) => figment = figment.merge(Toml::file_exact(file)),
            None if default.is_file() => figment = figment.merge(Toml::file_exact(default)),
            None => {}
        }
        let mut hosts = Vec::new();
        for (name, value) in variables()? {
            let Some((_, key)) = VARIABLES.iter().find(|(known, _)| *known == name) else {
                // Variables of the tests and benchmarks share the prefix.
                if !["TOLMACH_TEST_", "TOLMACH_BENCH_"].iter().any(|prefix| name.starts_with(prefix)) {
                    let known: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
                    bail!("the variable {name} is not known; the variables are {}", known.join(", "));
                }
                continue;
            };
            if value.trim().is_empty() {
                continue;
            }
            let parts = || value.split(',').map(str::trim).filter(|part| !part.is_empty());
            figment = match *key {
                HOSTS => {
                    hosts.extend(parts().map(str::to_owned));
                    figment
                }
                "web_hosts" | "staff.default.telegram" | "staff.default.email" => {
                    figment.merge(Serialized::default(key, parts().collect::<Vec<_>>()))
                }
                "llm.timeout_seconds" | "debounce_ms" | "burst_ms" | "smtp.port" | "web_sockets" => {
                    let unit = match *key {
                        "debounce_ms" | "burst_ms" => " of milliseconds",
                        "smtp.port" | "web_sockets" => "",
                        _ => " of seconds",
                    };
                    let number: u64 = value
                        .trim()
                        .parse()
                        .with_context(|| format!("{name}={value}: a whole number{unit} is expected"))?;
                    figment.merge(Serialized::default(key, number))
                }
                _ => figment.merge(Serialized::default(key, Text(&value))),
            };
        }
        let mut config: Config = figment.extract().map_err(|error| anyhow::anyhow!("{}", explain(&error)))?;
        for host in hosts {
            config.http.hosts.entry(host).or_default();
        }
        if !(1..=600).contains(&config.llm.timeout_seconds) {
            bail!("llm.timeout_seconds is {}; it is 1 to 600", config.llm.timeout_seconds);
        }
        for (name, set) in [("debounce_ms", config.debounce_ms), ("burst_ms", config.burst_ms)] {
            if let Some(millis) = set.filter(|millis| *millis > 10_000) {
                bail!("{name} is {millis}; it is 0 to 10000");
            }
        }
        if !(1..=1_000_000).contains(&config.web_sockets) {
            bail!("web_sockets is {}; it is 1 to 1000000", config.web_sockets);
        }
        config.retention.check()?;
        config.report.check()?;
        config.import.check()?;
        config.check_staff()?;
        Ok(config)
    }

    /// How long after a message another one still belongs to it.
    pub fn debounce(&self) -> Duration {
        Duration::from_millis(self.debounce_ms.or(self.burst_ms).unwrap_or(700))
    }

    /// The way out to mailboxes; `None` when no mail server is named.
    ///
    /// # Errors
    /// Settings that cannot work.
    pub fn email(&self) -> anyhow::Result<Option<EmailChannel>> {
        let smtp = &self.smtp;
        if smtp.host.is_empty() {
            if !smtp.username.is_empty() || !smtp.password.is_empty() || !smtp.from.is_empty() {
                bail!(
                    "smtp.host is not set but other settings of smtp are; name the mail server, e.g. TOLMACH_SMTP_HOST"
                );
            }
            return Ok(None);
        }
        let options = email::Options {
            port: smtp.port,
            username: smtp.username.clone(),
            password: smtp.password.clone(),
            from: smtp.from.clone(),
            tls: smtp.tls,
            ..email::Options::new(&smtp.host)
        };
        EmailChannel::new(options).map(Some).context("the settings of smtp cannot be used")
    }

    /// The server that searches for the catalogue; `None` when none is named.
    ///
    /// # Errors
    /// Settings that cannot work.
    pub fn mirror(&self) -> anyhow::Result<Option<meilisearch::Options>> {
        let Meilisearch { url, api_key, index } = &self.meilisearch;
        if url.trim().is_empty() {
            if !api_key.is_empty() {
                bail!(
                    "meilisearch.api_key is set but meilisearch.url is not; name the server, e.g. TOLMACH_MEILISEARCH_URL"
                );
            }
            return Ok(None);
        }
        let options = meilisearch::Options::new(url, api_key.clone(), index);
        options.check().context("the settings of meilisearch cannot be used")?;
        Ok(Some(options))
    }

    /// What asks other systems for flows.
    ///
    /// # Errors
    /// A host that is no name, or credentials that cannot be sent.
    pub fn http_client(&self) -> anyhow::Result<HttpClient> {
        let hosts = self.http.hosts.iter();
        let hosts =
            hosts.map(|(name, host)| (name.clone(), Host { authorization: host.authorization.clone() }));
        HttpClient::new(hosts.collect()).context("the settings of http.hosts cannot be used")
    }

    /// Whether `http` nodes may ask this host.
    pub fn may_ask(&self, host: &str) -> bool {
        self.http.hosts.keys().any(|known| known.trim().eq_ignore_ascii_case(host))
    }

    /// Who is told, as the runtime takes it.
    pub fn staff(&self) -> Staff {
        let of = |group: &Group| {
            let telegram = group.telegram.iter().map(|id| Address::new("telegram", id));
            telegram.chain(group.email.iter().map(|address| Address::new("email", address))).collect()
        };
        self.staff.iter().map(|(name, group)| (name.clone(), of(group))).collect()
    }

    fn check_staff(&self) -> anyhow::Result<()> {
        // Addresses are personal data: a message names the group and the position instead.
        for (name, group) in &self.staff {
            if let Some(at) = group.telegram.iter().position(|id| id.parse::<i64>().is_err()) {
                bail!(
                    "staff.{name}.telegram, entry {}: a chat's numeric id such as -1001234567890 is expected",
                    at + 1
                );
            }
            if let Some(at) = group.email.iter().position(|address| !email::is_address(address)) {
                bail!(
                    "staff.{name}.email, entry {}: an address such as sales@example.com is expected",
                    at + 1
                );
            }
        }
        Ok(())
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Text<'a>(&'a str);

/// TOLMACH_* variables: those of `.env`, then those of the process.
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
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    );
    variables.retain(|name, _| name.starts_with("TOLMACH_"));
    Ok(variables)
}

/// The line itself may hold a secret, so it is not shown.
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

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
