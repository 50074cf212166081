//! HTTP transport for the Meilisearch SDK: one shared client, a timeout on each call, and the mapping of errors.
//!
//! The SDK's own client has no timeout. Error texts contain the server's error codes, but neither its messages, which
//! repeat filters, nor the key. [`MirrorError::Task`] is the exception: it includes the message.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use futures_util::io::{AsyncRead, AsyncReadExt};
use meilisearch_sdk::{
    errors::{Error, ErrorCode, ErrorType},
    request::{HttpClient, Method, parse_response},
};
use reqwest::{
    Client, RequestBuilder, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    redirect::Policy,
};
use serde::{Serialize, de::DeserializeOwned};

use tolmach_runtime::secret::Secret;

/// Maximum size of a response in bytes; a page of 100 rows is far smaller.
const BODY: usize = 16 << 20;

/// Errors of the mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// The server is down, slow or overloaded, or sent a response that cannot be interpreted.
    #[error("{0}")]
    Unavailable(String),
    /// The server rejects the API key.
    #[error(
        "the server refuses the key ({0}): set TOLMACH_MEILISEARCH_API_KEY to a key that may do everything with the \
             indexes and read tasks"
    )]
    Unauthorized(String),
    /// The index or document does not exist.
    #[error("the server does not have it ({0})")]
    Missing(String),
    /// The server rejects this request.
    #[error("the server refuses the request ({0})")]
    Refused(String),
    /// A task of the server failed or timed out.
    #[error("the server's task {task} ({what}) failed: {why}")]
    Task {
        /// Number of the task.
        task: u32,
        /// What the task was to do.
        what: &'static str,
        /// Error code and message of the server.
        why: String,
    },
    /// The published rows do not match the generation.
    #[error("what was published does not read back: {0}")]
    Unverified(String),
    /// The live index contains another generation.
    #[error("the live index holds another generation")]
    OtherGeneration,
    /// Another process with the same folder is publishing.
    #[error("another process is publishing to the server")]
    AlreadyPublishing,
    /// A local failure, or a search that the server does not support.
    #[error("{0}")]
    Local(String),
}

impl From<Error> for MirrorError {
    fn from(error: Error) -> MirrorError {
        match error {
            Error::Meilisearch(error) => {
                // The SDK does not know every error code, but the link ends with it.
                let code = error.error_link.rsplit('#').next().unwrap_or_default().to_owned();
                match (&error.error_code, &error.error_type) {
                    (ErrorCode::InvalidApiKey | ErrorCode::MissingAuthorizationHeader, _) => {
                        MirrorError::Unauthorized(code)
                    }
                    (ErrorCode::IndexNotFound | ErrorCode::DocumentNotFound, _) => MirrorError::Missing(code),
                    _ if code == "not_found_similar_id" => MirrorError::Missing(code),
                    (_, ErrorType::InvalidRequest) => MirrorError::Refused(code),
                    _ => MirrorError::Unavailable(format!("the server has error_text of its own ({code})")),
                }
            }
            Error::MeilisearchCommunication(error) if (400..500).contains(&error.status_code) => {
                MirrorError::Refused(format!("status {}", error.status_code))
            }
            Error::MeilisearchCommunication(error) => {
                MirrorError::Unavailable(format!("the server answers with status {}", error.status_code))
            }
            Error::ParseError(_) => {
                MirrorError::Unavailable("the server's answer is not Meilisearch's".to_owned())
            }
            Error::Other(error) => match error.downcast::<NoResponse>() {
                Ok(lost) => MirrorError::Unavailable(lost.0),
                Err(_) => MirrorError::Unavailable("the server cannot be reached".to_owned()),
            },
            _ => MirrorError::Refused("the request could not be written".to_owned()),
        }
    }
}

/// A request that got no response.
#[derive(Debug)]
struct NoResponse(String);

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoResponse {}

/// Implements the SDK's HTTP trait with our client.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: Client,
    deadline: Duration,
}

impl Http {
    /// Creates a client that sends this key, unless it is empty.
    ///
    /// # Errors
    /// The key cannot be sent in a header, or the HTTP client cannot be created.
    pub fn new(key: &Secret, deadline: Duration) -> Result<Http, String> {
        let mut headers = HeaderMap::new();
        if !key.is_empty() {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                .map_err(|_| "the API key holds characters that no key has; copy it again".to_owned())?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = Client::builder()
            .default_headers(headers)
            .redirect(Policy::none())
            .connect_timeout(deadline.min(Duration::from_secs(5)))
            .user_agent(concat!("tolmach/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no HTTP client: {}", error.without_url()))?;
        Ok(Http { client, deadline })
    }

    /// The same connection pool with another timeout per call.
    pub fn within(&self, deadline: Duration) -> Http {
        Http { client: self.client.clone(), deadline }
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<(u16, String), NoResponse> {
        let asking = async {
            let mut response = request.send().await.map_err(|error| NoResponse(reason(&error)))?;
            let status = response.status().as_u16();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| NoResponse(reason(&error)))? {
                body.extend_from_slice(&chunk);
                if body.len() > BODY {
                    return Err(NoResponse(format!("the server's answer has more than {} MB", BODY >> 20)));
                }
            }
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        };
        match tokio::time::timeout(self.deadline, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(NoResponse(format!("the server did not answer within {:?}", self.deadline))),
        }
    }
}

#[async_trait]
impl HttpClient for Http {
    async fn stream_request<Query, Body, Output>(
        &self,
        url: &str,
        method: Method<Query, Body>,
        content_type: &str,
        expected_status_code: u16,
    ) -> Result<Output, Error>
    where
        Query: Serialize + Send + Sync,
        Body: AsyncRead + Send + Sync + 'static,
        Output: DeserializeOwned + 'static,
    {
        let other = |error: NoResponse| Error::Other(Box::new(error));
        let verb = match &method {
            Method::Get { .. } => reqwest::Method::GET,
            Method::Post { .. } => reqwest::Method::POST,
            Method::Patch { .. } => reqwest::Method::PATCH,
            Method::Put { .. } => reqwest::Method::PUT,
            Method::Delete { .. } => reqwest::Method::DELETE,
        };
        let address = Url::parse(url)
            .map_err(|_| other(NoResponse("the server's address cannot be used".to_owned())))?;
        let mut request = self.client.request(verb, address).query(method.query());
        if let Some(body) = method.into_body() {
            let mut bytes = Vec::new();
            let mut body = std::pin::pin!(body);
            body.read_to_end(&mut bytes).await.map_err(|error| other(NoResponse(error.to_string())))?;
            request = request.header(CONTENT_TYPE, content_type).body(bytes);
        }
        let (status, mut body) = self.exchange(request).await.map_err(other)?;
        if body.is_empty() {
            body.push_str("null");
        }
        parse_response(status, expected_status_code, &body, String::new())
    }
}

/// Describes a failed request without its URL, which may contain credentials.
fn reason(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "the server did not answer in time"
    } else if error.is_connect() {
        "the server cannot be reached"
    } else {
        "the server broke the connection off"
    };
    what.to_owned()
}
