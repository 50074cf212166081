//! The configuration: `tolmach.toml`, then what people have changed in the panel, then `.env`, then TOLMACH_* variables; later sources
//! override earlier ones ([`layers`]). What is wrong with it is said in [`checks`].
//!
//! Every setting has a default, so no configuration is needed.

mod checks;
mod layers;
mod prices;
mod sites;
mod tree;
mod upkeep;
mod web;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use serde::{Deserialize, Deserializer};
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

pub use checks::problem;
pub use layers::{Layers, without};
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
    /// What the file and the environment say, for what is stored later.
    #[serde(skip)]
    pub layers: Arc<Layers>,
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
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
            layers: Arc::default(),
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

impl Config {
    /// The hosts whose pages may use any site.
    ///
    /// # Errors
    /// When one is no host.
    pub fn web_hosts(&self) -> anyhow::Result<Vec<AllowedHost>> {
        web::hosts("web_hosts", &self.web_hosts)
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
        HttpClient::new(self.http_hosts()).context("the settings of http.hosts cannot be used")
    }

    /// The hosts that `http` nodes may call.
    pub fn http_hosts(&self) -> BTreeMap<String, Host> {
        let host = |(name, host): (&String, &HttpHost)| {
            (name.clone(), Host { authorization: host.authorization.clone() })
        };
        self.http.hosts.iter().map(host).collect()
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

    /// This configuration with what may change while a process runs from another one.
    pub fn retuned(&self, new: Config) -> Config {
        Config {
            llm: new.llm,
            smtp: new.smtp,
            staff: new.staff,
            sites: new.sites,
            web_hosts: new.web_hosts,
            retention: new.retention,
            report: new.report,
            debounce_ms: new.debounce_ms,
            telegram: new.telegram,
            limits: new.limits,
            web_sockets: new.web_sockets,
            files_mib: new.files_mib,
            http: new.http,
            import: new.import,
            meilisearch: new.meilisearch,
            proxy: new.proxy,
            log: new.log,
            health_token: new.health_token,
            ..self.clone()
        }
    }

    /// The Telegram chats of the staff.
    pub fn telegram_staff(&self) -> BTreeSet<i64> {
        let chats = self.staff.values().flat_map(|group| &group.telegram);
        chats.filter_map(|id| id.parse().ok()).collect()
    }

    /// The staff groups as addresses.
    pub fn staff(&self) -> Staff {
        let of = |group: &Group| {
            let telegram = group.telegram.iter().map(|id| Address::new("telegram", id));
            telegram.chain(group.email.iter().map(|address| Address::new("email", address))).collect()
        };
        self.staff.iter().map(|(name, group)| (name.clone(), of(group))).collect()
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
