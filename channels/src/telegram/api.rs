//! HTTP requests to the Bot API and their failures.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use reqwest::{
    Client, RequestBuilder, Url,
    multipart::{Form, Part},
    redirect::Policy,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use teloxide_core::{
    payloads::{GetMe, SetMyCommands},
    requests::Payload,
    types::BotCommand,
};
use tolmach_engine::language::Language;
use tolmach_runtime::Shared;
use tolmach_runtime::ports::{Error, Result};

use super::{MenuCommand, WHAT};
use tolmach_runtime::secret::Secret;

/// Timeout of an upload.
const UPLOAD: Duration = Duration::from_secs(60);

/// Settings of the connection to the Bot API.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bot token from BotFather.
    pub token: Secret,
    /// Base URL of the Bot API; set it to use a local Bot API server.
    pub api_url: String,
    /// Long-polling timeout: how long Telegram holds a `getUpdates` request when there are no updates.
    pub hold: Duration,
    /// Chat ids of the staff. Replies to notices there go to clients; other messages there start no dialog.
    pub staff: BTreeSet<i64>,
}

impl Options {
    /// Telegram's public server, a long-polling timeout of 25 seconds, no staff chats.
    pub fn new(token: Secret) -> Options {
        let api_url = "https://api.telegram.org".to_owned();
        Options { token, api_url, hold: Duration::from_secs(25), staff: BTreeSet::new() }
    }
}

/// Client of the Bot API for one bot.
pub struct Bot {
    client: Client,
    base: Url,
    token: Secret,
    id: String,
    hold: Duration,
    staff: Shared<BTreeSet<i64>>,
    /// The current polling error, for /health.
    status: Mutex<Option<String>>,
    /// Number of updates that could not be parsed.
    unreadable: AtomicU64,
}

impl Bot {
    /// Validates the options. Sends no request.
    ///
    /// # Errors
    /// [`Error::Refused`] if the token does not look like a bot token, if the API URL is not an http(s) URL, or if no
    /// HTTP client can be built.
    pub fn new(options: Options) -> Result<Bot> {
        let Options { token, api_url, hold, staff } = options;
        let id = bot_id(token.expose()).map(str::to_owned).ok_or_else(|| {
            Error::refused(
                WHAT,
                "the token is not one that BotFather gives (123456:ABC…); copy it again, whole and without quotes",
            )
        })?;
        let base = format!("{}/bot{}/", api_url.trim().trim_end_matches('/'), token.expose());
        let base = Url::parse(&base)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| Error::refused(WHAT, "the API address is no http(s) address"))?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(Error::refused(WHAT, "the API address holds a user name or a password; remove it"));
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(20))
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Error::refused(WHAT, format!("no HTTP client: {}", error.without_url())))?;
        Ok(Bot {
            client,
            base,
            token,
            id,
            hold,
            staff: staff.into(),
            status: Mutex::default(),
            unreadable: AtomicU64::new(0),
        })
    }

    /// The bot's user name without the at sign. Also checks the token at startup.
    ///
    /// # Errors
    /// [`Error::Refused`] if Telegram rejects the token, [`Error::Unavailable`] if Telegram cannot be reached.
    pub async fn username(&self) -> Result<String> {
        #[derive(Deserialize)]
        struct Me {
            #[serde(default)]
            username: String,
        }
        let me: Me = self.call(&GetMe::new(), Duration::ZERO).await.map_err(Failure::into_error)?;
        Ok(me.username)
    }

    /// Sets the command menu: one list per language, and the Russian list as the default for all other languages.
    ///
    /// # Errors
    /// [`Error::Refused`] if Telegram rejects a name, a description or the token, [`Error::Unavailable`] if Telegram
    /// cannot be reached.
    pub async fn set_commands(&self, commands: &[MenuCommand]) -> Result<()> {
        let lists = Language::ALL.into_iter().map(Some).chain([None]);
        for language in lists {
            let list = commands.iter().map(|command| {
                BotCommand::new(&command.name, command.description.get(language.unwrap_or_default()))
            });
            let mut payload = SetMyCommands::new(list);
            payload.language_code = language.map(|language| language.code().to_owned());
            self.call::<_, bool>(&payload, Duration::ZERO).await.map_err(Failure::into_error)?;
        }
        Ok(())
    }

    /// How many updates could not be parsed since the start. The clients of those that name a private chat were answered.
    pub fn unreadable(&self) -> u64 {
        self.unreadable.load(Relaxed)
    }

    /// Counts an update that could not be parsed; returns how many there were.
    pub(super) fn count_unreadable(&self) -> u64 {
        self.unreadable.fetch_add(1, Relaxed) + 1
    }

    /// The current polling error, for /health; `None` while polling works.
    pub fn polling_error(&self) -> Option<String> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_polling_error(&self, polling_error: Option<String>) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = polling_error;
    }

    pub(super) fn staff(&self) -> Arc<BTreeSet<i64>> {
        self.staff.get()
    }

    /// Replaces the chat ids of the staff.
    pub fn set_staff(&self, staff: BTreeSet<i64>) {
        self.staff.set(staff);
    }

    /// The bot's id: the number before the colon of the token.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn hold(&self) -> Duration {
        self.hold
    }

    /// Sends one request and parses the result. `held` is added to the 20-second timeout for long polling.
    pub(super) async fn call<P, T>(&self, payload: &P, held: Duration) -> std::result::Result<T, Failure>
    where
        P: Payload + Serialize + Sync,
        T: DeserializeOwned,
    {
        self.send(payload, held).await?.read()
    }

    /// Like [`Bot::call`], but returns the unparsed response, which may be parsed more than once.
    pub(super) async fn send<P>(&self, payload: &P, held: Duration) -> std::result::Result<Response, Failure>
    where
        P: Payload + Serialize + Sync,
    {
        let request = self.client.post(self.method(P::NAME)?).timeout(held + Duration::from_secs(20));
        self.answer(request.json(payload)).await
    }

    /// Sends a multipart request with a file in `field`. The other fields of the payload become form fields.
    pub(super) async fn upload<P, T>(
        &self,
        payload: &P,
        field: &'static str,
        file: Part,
    ) -> std::result::Result<T, Failure>
    where
        P: Payload + Serialize + Sync,
        T: DeserializeOwned,
    {
        let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(payload) else {
            return Err(Failure::Network("the request cannot be written".to_owned()));
        };
        // Telegram reads names of files as browsers write them, in plain UTF-8, and not the encoding of RFC 5987.
        let mut form = Form::new().percent_encode_noop().part(field, file);
        for (name, value) in fields.into_iter().filter(|(name, value)| name != field && !value.is_null()) {
            // Form fields hold plain strings; other values are sent as JSON.
            let text = match value {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            };
            form = form.text(name, text);
        }
        let request = self.client.post(self.method(P::NAME)?).timeout(UPLOAD);
        self.answer(request.multipart(form)).await?.read()
    }

    fn method(&self, name: &str) -> std::result::Result<Url, Failure> {
        self.base.join(name).map_err(|_| Failure::Network("no address for the method".to_owned()))
    }

    async fn answer(&self, request: RequestBuilder) -> std::result::Result<Response, Failure> {
        let response = request.send().await.map_err(network)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(network)?.to_vec();
        Ok(Response { status, body, token: self.token.clone() })
    }
}

/// A response of the API, not parsed yet.
pub(super) struct Response {
    status: u16,
    body: Vec<u8>,
    token: Secret,
}

impl Response {
    pub(super) fn read<T: DeserializeOwned>(&self) -> std::result::Result<T, Failure> {
        match serde_json::from_slice::<Answer<T>>(&self.body) {
            Ok(Answer { ok: true, result: Some(result), .. }) => Ok(result),
            Ok(answer) => Err(Failure::Api {
                code: answer.error_code.unwrap_or(self.status),
                // The public API does not put the token into descriptions, but a local server might.
                why: self.token.redact(&answer.description.unwrap_or_default()),
                retry_after: answer
                    .parameters
                    .and_then(|parameters| parameters.retry_after)
                    .map(Duration::from_secs),
            }),
            // A proxy's error page, or a server that is shutting down.
            Err(_) => {
                Err(Failure::Network(format!("status {} without an answer of the Bot API", self.status)))
            }
        }
    }
}

impl fmt::Debug for Bot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
struct Answer<T> {
    ok: bool,
    result: Option<T>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Telegram answered with an error.
    Api { code: u16, why: String, retry_after: Option<Duration> },
    /// No valid answer: the request may or may not have been processed.
    Network(String),
    /// Nothing was asked, because what is to be sent is not there.
    Missing(String),
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        match &self {
            Failure::Api { code: 429 | 500.., .. } | Failure::Network(_) => Error::unavailable(WHAT, self),
            Failure::Api { .. } | Failure::Missing(_) => Error::refused(WHAT, self),
        }
    }

    /// Whether the token is rejected. Telegram answers an unknown token with 404 and a revoked one with 401.
    pub(super) fn is_bad_token(&self) -> bool {
        matches!(self, Failure::Api { code: 401 | 404, .. })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            _ if self.is_bad_token() => f.write_str(
                "the token is not accepted: it was revoked or copied wrong; take the current one from BotFather",
            ),
            Failure::Api { code: 409, why, .. } if why.contains("webhook") => f.write_str(
                "a webhook is set for this bot, so updates cannot be polled; remove it with deleteWebhook",
            ),
            Failure::Api { code: 409, .. } => f.write_str(
                "another program receives this bot's updates; stop it, or give each program a bot of its own",
            ),
            Failure::Api { code, why, .. } => write!(f, "{code}: {why}"),
            Failure::Network(why) | Failure::Missing(why) => f.write_str(why),
        }
    }
}

fn network(error: reqwest::Error) -> Failure {
    Failure::Network(if error.is_connect() {
        "Telegram cannot be reached".to_owned()
    } else if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        error.without_url().to_string()
    })
}

/// The bot id of a well-formed token (`<digits>:<at least 10 characters>`).
fn bot_id(token: &str) -> Option<&str> {
    let (id, secret) = token.split_once(':')?;
    let fits = !id.is_empty()
        && id.chars().all(|c| c.is_ascii_digit())
        && secret.len() >= 10
        && secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    fits.then_some(id)
}
