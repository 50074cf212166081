//! The configuration: `tolmach.toml`, then `.env`, then TOLMACH_* variables; each overrides the one before.
//!
//! Everything has a default: without any configuration the product works.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
};
use serde::{Deserialize, Deserializer, Serialize};
use tolmach_adapters::secret::Secret;

/// What may be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the database and the catalogue live.
    pub data_dir: PathBuf,
    /// The folder with the flows. Unset, it is `flows` if that exists, and otherwise a copy of the built-in bundle in
    /// the data folder.
    pub flows: Option<PathBuf>,
    /// Where the web chat page listens. Unset, the first free port from 8080 on, on this machine only.
    pub listen: Option<SocketAddr>,
    /// Hosts whose pages may use the web chat besides the one it is served from.
    pub web_hosts: Vec<String>,
    /// Log filter, as `info` or `tolmach_runtime=debug`.
    pub log: String,
    /// The Telegram bot.
    pub telegram: Telegram,
    /// The language model; without a model name the offline composer answers.
    pub llm: Llm,
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
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data_dir: PathBuf::from("tolmach-data"),
            flows: None,
            listen: None,
            web_hosts: Vec::new(),
            log: "info".to_owned(),
            telegram: Telegram::default(),
            llm: Llm::default(),
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
        }
    }
}

/// Variables with the settings they set.
const VARIABLES: [(&str, &str); 11] = [
    ("TOLMACH_DATA_DIR", "data_dir"),
    ("TOLMACH_FLOWS", "flows"),
    ("TOLMACH_LISTEN", "listen"),
    ("TOLMACH_WEB_HOSTS", "web_hosts"),
    ("TOLMACH_LOG", "log"),
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
            figment = match *key {
                "web_hosts" => {
                    let hosts: Vec<&str> =
                        value.split(',').map(str::trim).filter(|host| !host.is_empty()).collect();
                    figment.merge(Serialized::default(key, hosts))
                }
                "llm.timeout_seconds" => {
                    let seconds: u64 = value
                        .trim()
                        .parse()
                        .with_context(|| format!("{name}={value}: a whole number of seconds is expected"))?;
                    figment.merge(Serialized::default(key, seconds))
                }
                _ => figment.merge(Serialized::default(key, Text(&value))),
            };
        }
        let config: Config = figment.extract().map_err(|error| anyhow::anyhow!("{}", explain(&error)))?;
        if !(1..=600).contains(&config.llm.timeout_seconds) {
            bail!("llm.timeout_seconds is {}; it is 1 to 600", config.llm.timeout_seconds);
        }
        Ok(config)
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
