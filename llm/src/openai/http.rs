//! One completion over HTTP: one deadline, a few retries, a response size limit, no redirects.
//!
//! Error texts contain status codes and the provider's error codes. They never contain the key, a URL with credentials,
//! or a response body, which may quote the client.

use std::{borrow::Cow, time::Duration};

use async_openai::types::chat::CreateChatCompletionRequest;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};
use tolmach_runtime::ports::{Error, Result};

use super::{
    Options, WHAT,
    capability::Capabilities,
    metered::Metered,
    prompt::Task,
    reply::{self, Completion},
};
use tolmach_runtime::backoff;

/// Largest response body, in bytes.
const BODY: usize = 1024 * 1024;

pub(super) struct Http {
    client: Client,
    url: Url,
    deadline: Duration,
    retries: u32,
}

/// Why there is no completion. Only `Provider` counts as a failure for the circuit breaker.
pub(super) enum Failure {
    Provider(Error),
    Request(Error),
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        match self {
            Failure::Provider(error) | Failure::Request(error) => error,
        }
    }
}

/// Why one attempt failed.
enum Attempt {
    /// Temporary, so worth a retry. `after` is the provider's Retry-After.
    Temporary { why: Cow<'static, str>, after: Option<Duration> },
    /// The endpoint rejected the request, or a parameter of it, with status 400 or 422.
    Rejected { status: StatusCode, text: String },
    /// Permanent, such as a rejected key.
    Permanent(String),
}

impl Attempt {
    /// Why it failed, for the meter.
    fn describe(&self) -> String {
        match self {
            Attempt::Temporary { why, .. } => why.to_string(),
            Attempt::Rejected { status, text } => {
                format!("the request was refused ({})", describe(*status, text))
            }
            Attempt::Permanent(why) => why.clone(),
        }
    }
}

impl Http {
    pub(super) fn new(options: &Options) -> Result<Http> {
        let base = options.base_url.trim().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/chat/completions"))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                Error::refused(
                    WHAT,
                    "the base URL is no http(s) address; write it like https://api.openai.com/v1",
                )
            })?;
        if !url.username().is_empty() || url.password().is_some() {
            let why = "the base URL holds a user name or a password; remove it, a key is set as the API key";
            return Err(Error::refused(WHAT, why));
        }
        let mut headers = HeaderMap::new();
        if !options.api_key.is_empty() {
            let mut value =
                HeaderValue::from_str(&format!("Bearer {}", options.api_key.expose())).map_err(|_| {
                    Error::refused(WHAT, "the API key holds characters that no key has; copy it again")
                })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = Client::builder()
            .default_headers(headers)
            .redirect(Policy::none())
            .connect_timeout(options.deadline.min(Duration::from_secs(5)))
            .user_agent(concat!("tolmach/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::refused(WHAT, format!("no HTTP client: {}", error.without_url())))?;
        Ok(Http { client, url, deadline: options.deadline, retries: options.retries })
    }

    /// Sends the request until it succeeds, the retries are used up, or the next pause would exceed the deadline.
    /// Reducing the shape does not count as a retry.
    pub(super) async fn complete(
        &self,
        model: &str,
        task: &Task,
        capabilities: &Capabilities,
        metered: &Metered<'_>,
    ) -> std::result::Result<Completion, Failure> {
        let deadline = Instant::now() + self.deadline;
        let known = capabilities.get();
        let mut shape = known;
        let mut retries = 0;
        let mut number = 0;
        loop {
            number += 1;
            let metering = metered.begin(number, task.input_bytes(), task.max_tokens());
            let metering = metering.await.map_err(Failure::Request)?;
            let mut usage = None;
            let attempt = timeout_at(deadline, self.attempt(&task.request(model, shape), &mut usage)).await;
            let late = || Attempt::Temporary { why: "no answer within the deadline".into(), after: None };
            let result = attempt.unwrap_or_else(|_| Err(late()));
            metering.settle(result.as_ref().err().map(Attempt::describe), usage);
            match result {
                Ok(completion) => {
                    if shape != known {
                        tracing::info!(
                            ?shape,
                            model,
                            "the model's endpoint accepts less than was asked; remembered"
                        );
                        capabilities.learn(shape);
                    }
                    return Ok(completion);
                }
                Err(Attempt::Rejected { status, text }) => match shape.after(&text) {
                    Some(less) => shape = less,
                    None => {
                        let why = format!("the request was refused ({})", describe(status, &text));
                        return Err(Failure::Request(Error::refused(WHAT, why)));
                    }
                },
                Err(Attempt::Permanent(why)) => return Err(Failure::Provider(Error::refused(WHAT, why))),
                Err(Attempt::Temporary { why, after }) => {
                    let pause = backoff::wait(Duration::from_millis(300), Duration::from_secs(3), retries);
                    let pause = pause.max(after.unwrap_or_default());
                    if retries >= self.retries || Instant::now() + pause >= deadline {
                        let asked = after.map(|after| format!("; asks to wait {} s", after.as_secs()));
                        let why = format!("{why}{}", asked.unwrap_or_default());
                        return Err(Failure::Provider(Error::unavailable(WHAT, why)));
                    }
                    retries += 1;
                    sleep(pause).await;
                }
            }
        }
    }

    /// Sends one request. `usage` is what the provider reports, also of a reply that is of no use.
    async fn attempt(
        &self,
        request: &CreateChatCompletionRequest,
        usage: &mut Option<Value>,
    ) -> std::result::Result<Completion, Attempt> {
        let passing = |why: Cow<'static, str>| Attempt::Temporary { why, after: None };
        let request = self.client.post(self.url.clone()).json(request);
        let response = request.send().await.map_err(|error| passing(network(error)))?;
        let status = response.status();
        let after = retry_after(response.headers());
        let body = read(response).await;
        if status.is_success() {
            let body = body.map_err(passing)?;
            *usage = reply::raw_usage(&body);
            return Completion::parse(&body).map_err(|why| passing(why.into()));
        }
        // An unreadable error body is treated as empty; the status is known.
        let text = body.map(|body| String::from_utf8_lossy(&body).into_owned()).unwrap_or_default();
        Err(match status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Attempt::Rejected { status, text },
            StatusCode::TOO_MANY_REQUESTS if text.contains("insufficient_quota") => {
                Attempt::Permanent("the account's quota is used up; top it up or raise its limit".to_owned())
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => {
                Attempt::Temporary { why: describe(status, &text).into(), after }
            }
            _ if status.is_server_error() => {
                Attempt::Temporary { why: describe(status, &text).into(), after }
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Attempt::Permanent(format!("the API key is refused ({status}); check it and what it may do"))
            }
            StatusCode::NOT_FOUND => Attempt::Permanent(format!(
                "no such model or address ({}); check the base URL and the model's name",
                describe(status, &text)
            )),
            _ if status.is_redirection() => Attempt::Permanent(format!(
                "the endpoint redirects ({status}), which is not followed; name its final address"
            )),
            _ => Attempt::Permanent(describe(status, &text)),
        })
    }
}

/// Reads a body of at most [`BODY`] bytes.
async fn read(mut response: Response) -> std::result::Result<Vec<u8>, Cow<'static, str>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(network)? {
        if body.len() + chunk.len() > BODY {
            return Err("the reply is longer than 1 MiB".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn network(error: reqwest::Error) -> Cow<'static, str> {
    if error.is_connect() {
        "the endpoint cannot be reached".into()
    } else if error.is_timeout() {
        "no answer in time".into()
    } else {
        format!("the connection failed: {}", error.without_url()).into()
    }
}

/// The status and the provider's error code. The code is used only if it is a plain identifier of at most 64
/// characters, so that it cannot quote the request.
fn describe(status: StatusCode, body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let error = body.get("error").unwrap_or(&body);
    let word =
        ["code", "type", "param"].into_iter().filter_map(|field| error.get(field)?.as_str()).find(|word| {
            word.len() <= 64
                && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
                && !word.is_empty()
        });
    match word {
        Some(word) => format!("{status}, {word}"),
        None => status.to_string(),
    }
}

/// Reads Retry-After in seconds. Model providers do not use its date form.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}
