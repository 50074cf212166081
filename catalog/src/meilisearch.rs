//! A mirror of the embedded catalogue on a Meilisearch server. The embedded catalogue stays the source of the rows.
//!
//! An import builds the embedded generation first; [`Mirror::keep`] then publishes it and switches by swapping two
//! indexes. A search goes to the server only while its live index contains the generation that serves locally. In every
//! other case, and when the server is down, slow or returns something unexpected, the embedded catalogue answers. Rows
//! are not stored here; price lists are read in [`crate::import`].

mod ask;
mod document;
mod filter;
mod http;
mod publish;
#[cfg(test)]
mod tests;

use std::{
    fs::{File, TryLockError},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use meilisearch_sdk::indexes::Index;
use reqwest::Url;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use tolmach_engine::{
    catalog::{SearchRequest, SearchResults},
    link::has_credentials,
};
use tolmach_runtime::ports::{self, Catalog};

use super::{EmbeddedCatalog, generation::Generation};
use ask::ServerSearch;
use http::Http;
pub use http::MirrorError;
use publish::Publisher;
use tolmach_runtime::{backoff, secret::Secret};

const WHAT: &str = "meilisearch";

/// Address of the server, index names and timeouts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Base URL, http or https, e.g. `http://localhost:7700`.
    pub url: String,
    /// An API key with all permissions on the two indexes and read access to tasks; empty for a server without keys.
    pub api_key: Secret,
    /// Name of the live index: 1 to 100 Latin letters, digits, `-` and `_`. The second index has the suffix `-next`.
    pub index: String,
    /// Timeout of one search, after which the embedded catalogue answers.
    pub search: Duration,
    /// Timeout of any other request.
    pub request: Duration,
    /// Timeout of one task of the server.
    pub task: Duration,
    /// Interval of checking the live index while all is well.
    pub look: Duration,
    /// First and longest pause between attempts after a failure.
    pub pauses: (Duration, Duration),
}

impl Options {
    /// Default timeouts: search 1 s, request 30 s, task 15 min; checks every 30 s; pauses from 1 s to 60 s.
    pub fn new(url: impl Into<String>, api_key: Secret, index: impl Into<String>) -> Options {
        Options {
            url: url.into(),
            api_key,
            index: index.into(),
            search: Duration::from_secs(1),
            request: Duration::from_secs(30),
            task: Duration::from_secs(900),
            look: Duration::from_secs(30),
            pauses: (Duration::from_secs(1), Duration::from_secs(60)),
        }
    }

    /// Checks the options without contacting the server.
    ///
    /// # Errors
    /// The URL, the API key or the index name is invalid.
    pub fn check(&self) -> ports::Result<()> {
        self.http().map(|_| ())
    }

    fn address(&self) -> String {
        self.url.trim().trim_end_matches('/').to_owned()
    }

    fn http(&self) -> ports::Result<Http> {
        if has_credentials(&self.address()) {
            let why =
                "meilisearch.url holds a user name or a password; remove it, the key is meilisearch.api_key";
            return Err(ports::Error::refused(WHAT, why));
        }
        let usable = Url::parse(&self.address())
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !usable {
            let why = "meilisearch.url is no http(s) address; write it like http://localhost:7700";
            return Err(ports::Error::refused(WHAT, why));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(1..=100).contains(&self.index.len()) || !self.index.chars().all(fits) {
            let why = "meilisearch.index must have 1 to 100 Latin letters, digits, - and _";
            return Err(ports::Error::refused(WHAT, why));
        }
        Http::new(&self.api_key, self.request).map_err(|why| ports::Error::refused(WHAT, why))
    }
}

/// State of the mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has been imported or attempted yet.
    Waiting,
    /// This generation is being published, by this or another process.
    Publishing(String),
    /// The server answers searches from this generation.
    Serving(String),
    /// The embedded catalogue answers, for this reason.
    Fallback(String),
}

/// Number of searches since the process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Answered by the server.
    pub server: u64,
    /// Answered by the embedded catalogue.
    pub embedded: u64,
}

/// The embedded catalogue with a Meilisearch server that answers its searches.
pub struct Mirror {
    embedded: Arc<EmbeddedCatalog>,
    publisher: Publisher,
    live: Index<Http>,
    options: Options,
    state: RwLock<State>,
    /// Notified when a search finds the server unavailable or on another generation, so that [`Mirror::keep`] checks at
    /// once.
    lost: Notify,
    server: AtomicU64,
    own: AtomicU64,
}

impl Mirror {
    /// Creates the mirror without contacting the server; [`Mirror::keep`] does that.
    ///
    /// # Errors
    /// The URL, the API key or the index name is invalid.
    pub fn new(embedded: Arc<EmbeddedCatalog>, options: Options) -> ports::Result<Mirror> {
        let http = options.http()?;
        let publisher = Publisher {
            url: options.address(),
            live: options.index.clone(),
            second: format!("{}-next", options.index),
            timeout: options.task,
            http,
        };
        let searching = Publisher { http: publisher.http.within(options.search), ..publisher.clone() };
        Ok(Mirror {
            live: searching.index(&options.index),
            embedded,
            publisher,
            options,
            state: RwLock::new(State::Waiting),
            lost: Notify::new(),
            server: AtomicU64::new(0),
            own: AtomicU64::new(0),
        })
    }

    /// Current state.
    pub fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Number of searches answered so far.
    pub fn counts(&self) -> Counts {
        Counts { server: self.server.load(Relaxed), embedded: self.own.load(Relaxed) }
    }

    /// Publishing loop; never returns. Publishes the serving generation whenever the server does not have it: at the
    /// start, after an import or rollback (also by another process), and when the server is back.
    pub async fn run(&self) {
        let mut failures = 0;
        loop {
            match self.reconcile().await {
                Ok(()) => {
                    failures = 0;
                    self.until_something_changes().await;
                }
                Err(error_text) => {
                    if error_text != MirrorError::AlreadyPublishing {
                        self.set_state(State::Fallback(error_text.to_string()));
                    }
                    let (first, most) = self.options.pauses;
                    sleep(backoff::wait(first, most, failures)).await;
                    failures += 1;
                }
            }
        }
    }

    /// Publishes the serving generation once, unless the server already has it.
    ///
    /// # Errors
    /// The server fails or rejects something, verification fails, or another process is publishing
    /// ([`MirrorError::AlreadyPublishing`]). The embedded catalogue goes on answering.
    pub async fn reconcile(&self) -> Result<(), MirrorError> {
        self.embedded.refresh().await;
        let Some(generation) = self.embedded.serving() else {
            self.set_state(State::Waiting);
            return Ok(());
        };
        let id = generation.manifest.id.clone();
        if self.publisher.live().await? != Some(document::marks(&id)) {
            // Processes that share a folder publish one at a time. The OS releases the lock when a process ends, even
            // after a crash.
            let Some(_lock) = self.lock()? else {
                self.set_state(State::Publishing(id));
                return Err(MirrorError::AlreadyPublishing);
            };
            self.set_state(State::Publishing(id.clone()));
            self.publisher.publish(&generation).await?;
        }
        self.set_state(State::Serving(id));
        Ok(())
    }

    async fn until_something_changes(&self) {
        let until = Instant::now() + self.options.look;
        let known = self.embedded.serving().map(|generation| generation.manifest.id.clone());
        while Instant::now() < until {
            // Notices a switch within half a second, made here or by another process.
            if timeout(Duration::from_millis(500).min(self.options.look), self.lost.notified()).await.is_ok()
                || self.embedded.current().await != known
            {
                return;
            }
        }
    }

    fn lock(&self) -> Result<Option<File>, MirrorError> {
        let path = self.embedded.folder().join("meilisearch.lock");
        let failed =
            |error: std::io::Error| MirrorError::Local(format!("locking {}: {error}", path.display()));
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Sets the state; logs only when it changes.
    fn set_state(&self, next: State) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if *state == next {
            return;
        }
        match &next {
            State::Waiting => {}
            State::Publishing(id) => {
                tracing::info!(catalog.generation = %id, "publishing the catalogue to meilisearch")
            }
            State::Serving(id) => tracing::info!(catalog.generation = %id, "meilisearch answers searches"),
            State::Fallback(why) => {
                tracing::warn!(%why, "meilisearch is not used; the embedded catalogue answers searches");
            }
        }
        *state = next;
    }

    /// Searches on the server, in exactly this generation.
    async fn ask(
        &self,
        generation: &Generation,
        request: &SearchRequest,
    ) -> Result<SearchResults, MirrorError> {
        let vector = self.embedded.vector_of(request, generation).await;
        // A zero vector has no direction and is similar to nothing.
        let vector = vector.filter(|vector| vector.iter().any(|value| *value != 0.0));
        let ask = ServerSearch {
            index: &self.live,
            generation,
            request,
            vector: vector.as_deref(),
            empty: AtomicBool::new(false),
        };
        let asking = async {
            let results = ask.answer().await?;
            // All rows are of this generation, because every request filters by it. But an empty result may also mean
            // that the live index now contains another generation.
            let another = async || -> Result<bool, MirrorError> {
                Ok(self.publisher.live().await? != Some(document::marks(&generation.manifest.id)))
            };
            if ask.empty.load(Relaxed) && another().await? {
                return Err(MirrorError::OtherGeneration);
            }
            Ok(results)
        };
        match timeout(self.options.search, asking).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(MirrorError::Unavailable(format!("a search took longer than {:?}", self.options.search)))
            }
        }
    }
}

#[async_trait]
impl Catalog for Mirror {
    async fn search(&self, request: &SearchRequest) -> ports::Result<SearchResults> {
        self.embedded.refresh().await;
        if let (Some(generation), State::Serving(published)) = (self.embedded.serving(), self.state())
            && generation.manifest.id == published
        {
            match self.ask(&generation, request).await {
                Ok(results) => {
                    self.server.fetch_add(1, Relaxed);
                    return Ok(results);
                }
                // These errors concern only this search; the next one may succeed.
                Err(error_text @ (MirrorError::Refused(_) | MirrorError::Local(_))) => {
                    tracing::warn!(%error_text, "meilisearch did not answer a search; the embedded catalogue does");
                }
                Err(error_text) => {
                    // A late failure must not override a newer state set by the publishing loop.
                    if self.state() == State::Serving(published) {
                        self.set_state(State::Fallback(error_text.to_string()));
                        self.lost.notify_one();
                    }
                }
            }
        }
        self.own.fetch_add(1, Relaxed);
        self.embedded.search(request).await
    }

    fn generation(&self) -> Option<(String, u64)> {
        self.embedded.generation()
    }

    async fn holds_article(&self, text: &str) -> bool {
        self.embedded.holds_article(text).await
    }

    fn holds_word(&self, word: &str) -> bool {
        self.embedded.holds_word(word)
    }

    async fn current(&self) -> Option<String> {
        self.embedded.current().await
    }
}
