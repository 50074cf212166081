//! A fake Meilisearch server (1.50) that keeps indexes in memory, runs its tasks one after another, returns the same
//! error codes as the real one, and can simulate outages.
//!
//! It imitates what a client can rely on: the order of tasks, filterable attributes, facets, paging, hybrid search with
//! user-provided vectors, exact totals with pages. Ranking is coarser than the real one (words, then the best
//! attribute), and there is no typo tolerance. Tests must not depend on a finer order.

mod filter;
mod index;
mod routes;
mod score;
mod search;
mod tasks;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    http::{StatusCode, header::AUTHORIZATION},
    response::Response,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify};

use index::Index;
use tasks::Task;

/// Behaviour towards every request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behaviour {
    /// Answers normally.
    Well,
    /// 503 with an HTML body, as from a proxy in front of a server that is down.
    Down,
    /// Answers after 60 seconds.
    Hangs,
    /// Closes the connection in the middle of the body.
    Cuts,
    /// 200 with an HTML body.
    Babbles,
    /// Rejects the key.
    KeyRefused,
    /// Rejects searches with 503; other requests work.
    Overloaded,
}

/// The fake server.
#[derive(Clone)]
pub struct Meilisearch {
    /// Base URL, such as `http://127.0.0.1:1234`.
    pub url: String,
    inner: Arc<Inner>,
}

struct Inner {
    key: String,
    state: Mutex<State>,
    waiting: Notify,
}

struct State {
    mood: Behaviour,
    indexes: BTreeMap<String, Index>,
    tasks: Vec<Task>,
    /// Duration of each task.
    pace: Duration,
    /// Kinds of task whose next one fails.
    failing: Vec<&'static str>,
    /// Largest request body, in bytes.
    payload: usize,
    requests: Vec<String>,
}

/// An error response.
#[derive(Clone, Debug)]
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

type Answer = Result<(u16, Value), Refusal>;

impl Refusal {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, code, message: message.into() }
    }

    fn bad(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(400, code, message)
    }

    fn body(&self) -> Value {
        let kind = match self.status {
            401 | 403 => "auth",
            503 => "system",
            _ => "invalid_request",
        };
        let link = format!("https://docs.meilisearch.com/errors#{}", self.code);
        json!({ "message": self.message, "code": self.code, "type": kind, "link": link })
    }
}

impl Meilisearch {
    /// Starts a server that requires this key; an empty key requires none.
    pub async fn start(key: &str) -> Meilisearch {
        let state = State {
            mood: Behaviour::Well,
            indexes: BTreeMap::new(),
            tasks: Vec::new(),
            pace: Duration::from_millis(2),
            failing: Vec::new(),
            payload: 100 << 20,
            requests: Vec::new(),
        };
        let inner = Inner { key: key.to_owned(), state: Mutex::new(state), waiting: Notify::new() };
        let inner = Arc::new(inner);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Meilisearch { url, inner };
        let serving = server.clone();
        let router = Router::new()
            .fallback(move |request: Request| {
                let serving = serving.clone();
                async move { serving.respond(request).await }
            })
            .layer(DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        let working = server.clone();
        tokio::spawn(async move { working.work().await });
        server
    }

    /// Sets the behaviour from now on.
    pub fn set_behaviour(&self, mood: Behaviour) {
        self.state().mood = mood;
    }

    /// Sets the duration of each task from now on.
    pub fn takes(&self, pace: Duration) {
        self.state().pace = pace;
    }

    /// Makes the next task of this kind (`indexSwap`, `documentAdditionOrUpdate`) fail.
    pub fn fails(&self, kind: &'static str) {
        self.state().failing.push(kind);
    }

    /// Sets the largest request body, in bytes, from now on.
    pub fn accepts(&self, bytes: usize) {
        self.state().payload = bytes;
    }

    /// Deletes all indexes and tasks, as after the loss of the disk.
    pub fn forgets(&self) {
        let mut state = self.state();
        state.indexes.clear();
        state.tasks.clear();
    }

    /// All requests that passed the checks of key and headers, such as `POST /indexes/tolmach/search`.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// Number of documents in an index; 0 if it does not exist.
    pub fn documents(&self, uid: &str) -> usize {
        self.state().indexes.get(uid).map_or(0, |index| index.documents.len())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().expect("not poisoned")
    }

    async fn respond(&self, request: Request) -> Response {
        let mood = self.state().mood;
        match mood {
            Behaviour::Hangs => tokio::time::sleep(Duration::from_secs(60)).await,
            Behaviour::Cuts => {
                let cut =
                    Response::builder().header("content-length", "5000").body(Body::from("{\"hits\": ["));
                return cut.expect("a response");
            }
            Behaviour::Babbles => return reply(200, "text/html", "<html>It works!</html>".to_owned()),
            Behaviour::Down => return reply(503, "text/html", "<html>no upstream</html>".to_owned()),
            Behaviour::Well | Behaviour::KeyRefused | Behaviour::Overloaded => {}
        }
        let (status, body) = match self.admit(request, mood).await {
            Ok((status, body)) => (status, body),
            Err(refusal) => (refusal.status, refusal.body()),
        };
        reply(status, "application/json", body.to_string())
    }

    /// Checks the key, size and content type, then routes the request.
    async fn admit(&self, request: Request, mood: Behaviour) -> Answer {
        let (head, body) = request.into_parts();
        let (method, path) = (head.method.as_str().to_owned(), head.uri.path().to_owned());
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        if path != "/health" && !self.inner.key.is_empty() {
            let given = head.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
            let Some(key) = given.and_then(|given| given.strip_prefix("Bearer ")) else {
                let message =
                    "The Authorization header is missing. It must use the bearer authorization method.";
                return Err(Refusal::new(401, "missing_authorization_header", message));
            };
            if key != self.inner.key || mood == Behaviour::KeyRefused {
                return Err(Refusal::new(403, "invalid_api_key", "The provided API key is invalid."));
            }
        }
        let most = self.state().payload;
        let too_large = || {
            let message = format!(
                "The provided payload reached the size limit. The maximum accepted payload size is {most} B."
            );
            Refusal::new(413, "payload_too_large", message)
        };
        let body = axum::body::to_bytes(body, most).await.map_err(|_| too_large())?;
        if ["POST", "PUT", "PATCH"].contains(&method.as_str()) {
            let kinds: &[&str] = match path.ends_with("/documents") {
                true => &["application/json", "application/x-ndjson", "text/csv"],
                false => &["application/json"],
            };
            let kind = header("content-type").map(|kind| kind.split(';').next().unwrap_or_default().trim());
            match kind {
                None => {
                    let message = "A Content-Type header is missing.";
                    return Err(Refusal::new(415, "missing_content_type", message));
                }
                Some(kind) if !kinds.contains(&kind) => {
                    let message = format!("The Content-Type `{kind}` is invalid.");
                    return Err(Refusal::new(415, "invalid_content_type", message));
                }
                Some(_) => {}
            }
        }
        if mood == Behaviour::Overloaded && path.ends_with("/search") {
            let message = "Too many search requests running at the same time: 1000. Retry after 10s.";
            return Err(Refusal::new(503, "too_many_search_requests", message));
        }
        self.state().requests.push(format!("{method} {path}"));
        let lines = header("content-type").is_some_and(|kind| kind.starts_with("application/x-ndjson"));
        self.route(&method, &path, head.uri.query().unwrap_or_default(), &body, lines)
    }
}

fn reply(status: u16, kind: &str, body: String) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    Response::builder()
        .status(status)
        .header("content-type", kind)
        .body(Body::from(body))
        .expect("a response")
}
