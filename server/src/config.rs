//! The configuration: `tolmach.toml`, then `.env`, then TOLMACH_* variables; later sources override earlier ones.
//!
//! Every setting has a default, so no configuration is needed.

mod prices;
mod sites;
mod upkeep;
mod web;

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
use tolmach_app::files::FileFolder;
use tolmach_catalog::meilisearch;
use tolmach_channels::web::AllowedHost;
use tolmach_engine::{Platform, platform::DEFAULT_ROLE};
use tolmach_runtime::secret::Secret;
use tolmach_runtime::{Staff, ports::Address};

pub use prices::ModelPrice;
pub use sites::Site;
pub use upkeep::{Import, Report, Retention, Role};
pub use web::{Limits, Proxy};

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The data folder, with the catalogue, uploads, and the database unless `database` names another.
    pub data_dir: PathBuf,
    /// The flows folder. If unset: `flows` if it exists, otherwise a copy of the built-in bundle in the data folder.
    pub flows: Option<PathBuf>,
    /// The database.
    pub database: Database,
    /// The address of the web chat. If unset: the first free port from 127.0.0.1:8080 to 8089.
    pub listen: Option<SocketAddr>,
    /// Other hosts whose pages may use any site of the web chat, besides the host that serves it.
    pub web_hosts: Vec<String>,
    /// Sites of the web chat by name. The page of `default` is at `/`, that of another one at `/s/NAME/`.
    pub sites: BTreeMap<String, Site>,
    /// The maximum number of open web chat connections, 1 to 1,000,000; each needs a file descriptor.
    pub web_sockets: usize,
    /// The reverse proxies in front of the server.
    pub proxy: Proxy,
    /// What one address and one chat may do.
    pub limits: Limits,
    /// The token with which /health shows details to other machines; empty for none.
    #[serde(deserialize_with = "secret")]
    pub health_token: Secret,
    /// The debounce window in milliseconds, 0 to 10,000, 700 if unset. Messages of a client that come at most this far
    /// apart are combined and answered once; 0 answers each at once.
    pub debounce_ms: Option<u64>,
    /// The name of `debounce_ms` in earlier versions.
    pub burst_ms: Option<u64>,
    /// The log filter, such as `info` or `tolmach_runtime=debug`.
    pub log: String,
    /// The Telegram bot.
    pub telegram: Telegram,
    /// The language model; without a model name, the offline composer answers.
    pub llm: Llm,
    /// Staff groups to notify, by name; flows that name no group mean `default`.
    pub staff: BTreeMap<String, Group>,
    /// The mail server for notices to the staff.
    pub smtp: Smtp,
    /// The hosts that `http` nodes may call.
    pub http: Http,
    /// A Meilisearch server for searches; without a URL, the embedded catalogue searches.
    pub meilisearch: Meilisearch,
    /// The role of this process.
    pub role: Role,
    /// How long finished records are kept.
    pub retention: Retention,
    /// The daily report to the staff.
    pub report: Report,
    /// Resource limits of the process that reads a price list.
    pub import: Import,
    /// MiB that the files which staff send to clients may take together, 1 to 1,000,000.
    pub files_mib: u64,
}

/// The database; if unset, an SQLite file in the data folder.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `postgres://USER:PASSWORD@HOST/DATABASE` or `sqlite:PATH`.
    #[serde(deserialize_with = "secret")]
    pub url: Secret,
    /// Whether a file need not survive a power failure, because what is in it is made up.
    #[serde(skip)]
    pub relaxed: bool,
}

/// A staff group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// Numeric ids of Telegram chats: people, or groups that the bot is a member of.
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
    /// The URL of a Bot API server; if unset, Telegram's own.
    pub api_url: Option<String>,
}

/// A mail server; without a host no mail is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Smtp {
    /// The host name.
    pub host: String,
    /// The port; if unset, the default of the TLS mode: 587, 465 or 25.
    pub port: Option<u16>,
    /// The user name; empty for a server without login.
    pub username: String,
    /// The password.
    #[serde(deserialize_with = "secret")]
    pub password: Secret,
    /// The sender, such as `Shop <shop@example.com>`; empty for the user name.
    pub from: String,
    /// The TLS mode.
    pub tls: email::Tls,
}

/// Other systems that flows call over HTTP.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// The allowed hosts, by name.
    pub hosts: BTreeMap<String, HttpHost>,
}

/// The settings of an allowed host.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpHost {
    /// The value of the `Authorization` header; empty for none.
    #[serde(deserialize_with = "secret")]
    pub authorization: Secret,
}

/// A Meilisearch server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Meilisearch {
    /// The URL, such as `http://localhost:7700`; empty for no server.
    pub url: String,
    /// An API key with all rights on the indexes and the right to read tasks; empty for a server without keys.
    #[serde(deserialize_with = "secret")]
    pub api_key: Secret,
    /// The name of the live index; the index that is being built has the suffix `-next`.
    pub index: String,
}

impl Default for Meilisearch {
    fn default() -> Meilisearch {
        Meilisearch { url: String::new(), api_key: Secret::default(), index: "tolmach".to_owned() }
    }
}

/// An OpenAI-compatible chat completions API.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Llm {
    /// The base URL, to which `/chat/completions` is appended.
    pub base_url: String,
    /// The API key; empty for servers without keys.
    #[serde(deserialize_with = "secret")]
    pub api_key: Secret,
    /// The model's name; empty for no model.
    pub model: String,
    /// The time limit of one call in seconds, 1 to 600.
    pub timeout_seconds: u64,
    /// Models by the role that a prompt selects with `model:`.
    pub roles: BTreeMap<String, ModelRole>,
    /// What models cost, for reports; a model without a price has no cost, which is not zero.
    pub prices: Vec<ModelPrice>,
}

/// The model of a role. Settings that are unset are those of the default model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRole {
    /// The model's name.
    pub model: String,
    /// The base URL, to which `/chat/completions` is appended.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The API key. A role with its own `base_url` does not use the default key.
    #[serde(default, deserialize_with = "secret")]
    pub api_key: Secret,
    /// The time limit of one call in seconds.
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
            sites: BTreeMap::new(),
            web_sockets: 1000,
            proxy: Proxy::default(),
            limits: Limits::default(),
            health_token: Secret::default(),
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
            files_mib: 2048,
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
            prices: Vec::new(),
        }
    }
}

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
                "web_hosts" | "proxy.trusted" | "staff.default.telegram" | "staff.default.email" => {
                    figment.merge(Serialized::default(key, parts().collect::<Vec<_>>()))
                }
                "proxy.https" => {
                    let yes: bool = value
                        .trim()
                        .parse()
                        .with_context(|| format!("{name}={value}: true or false is expected"))?;
                    figment.merge(Serialized::default(key, yes))
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
        config.llm.prices()?;
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
        if !(1..=1_000_000).contains(&config.files_mib) {
            bail!("files_mib is {}; it is 1 to 1000000", config.files_mib);
        }
        config.check_staff()?;
        config.limits.check()?;
        config.proxy.proxies()?;
        config.web_hosts()?;
        config.check_health_token()?;
        config.sites.iter().try_for_each(|(name, site)| site.check(name))?;
        Ok(config)
    }

    /// The hosts whose pages may use any site.
    ///
    /// # Errors
    /// When one is no host.
    pub fn web_hosts(&self) -> anyhow::Result<Vec<AllowedHost>> {
        web::hosts("web_hosts", &self.web_hosts)
    }

    /// A short token could be guessed.
    fn check_health_token(&self) -> anyhow::Result<()> {
        let token = self.health_token.expose();
        let printable = token.chars().all(|c| c.is_ascii_graphic());
        if !token.is_empty() && (token.len() < 16 || !printable) {
            bail!("health_token: at least 16 printable ASCII characters without spaces are expected");
        }
        Ok(())
    }

    /// The debounce window.
    pub fn debounce(&self) -> Duration {
        Duration::from_millis(self.debounce_ms.or(self.burst_ms).unwrap_or(700))
    }

    /// The mail channel; `None` when no mail server is configured.
    ///
    /// # Errors
    /// When the settings are incomplete or invalid.
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

    /// The options of the Meilisearch server; `None` when none is configured.
    ///
    /// # Errors
    /// When the settings are incomplete or invalid.
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

    /// The HTTP client of the `http` nodes.
    ///
    /// # Errors
    /// When a host name or a credential is malformed.
    pub fn http_client(&self) -> anyhow::Result<HttpClient> {
        let hosts = self.http.hosts.iter();
        let hosts =
            hosts.map(|(name, host)| (name.clone(), Host { authorization: host.authorization.clone() }));
        HttpClient::new(hosts.collect()).context("the settings of http.hosts cannot be used")
    }

    /// Whether `http` nodes may call this host.
    pub fn may_ask(&self, host: &str) -> bool {
        self.http.hosts.keys().any(|known| known.trim().eq_ignore_ascii_case(host))
    }

    /// What this program offers flows: every kind of node, every channel, and the configured model roles.
    pub fn platform(&self) -> Platform {
        let roles = self.llm.roles.keys().cloned();
        Platform {
            kinds: tolmach_nodes::KINDS,
            phrases: tolmach_nodes::PHRASES,
            channels: tolmach_channels::ALL.to_vec(),
            entry_flows: self.sites.values().filter_map(|site| site.entry.clone()).collect(),
            model_roles: Some(roles.chain([DEFAULT_ROLE.to_owned()]).collect()),
        }
    }

    /// The files that staff send to clients.
    pub fn files(&self) -> FileFolder {
        FileFolder::of(&self.data_dir, self.files_mib << 20, &tolmach_channels::ALL)
    }

    /// The staff groups as addresses.
    pub fn staff(&self) -> Staff {
        let of = |group: &Group| {
            let telegram = group.telegram.iter().map(|id| Address::new("telegram", id));
            telegram.chain(group.email.iter().map(|address| Address::new("email", address))).collect()
        };
        self.staff.iter().map(|(name, group)| (name.clone(), of(group))).collect()
    }

    fn check_staff(&self) -> anyhow::Result<()> {
        // Addresses are personal data: an error names the group and the position instead.
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

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
