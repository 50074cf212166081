//! The web chat: one page and one WebSocket, for shops that have no messenger yet and for trying a flow out.
//!
//! # Protocol
//! JSON text frames on `/ws`, each with a `type`. From the page:
//! - `hello { token?, language?, after? }` first. `token` is what an earlier `welcome` gave; `after` the last `seq` seen.
//! - `message { id, text }` and `press { id, button, label }`. `id` is the page's own; one sent twice is taken once, so
//!   the page repeats it until there is an `ack`.
//!
//! From the server:
//! - `welcome { token, reset, messages }`: what was missed. `reset` says that earlier messages are no more.
//! - `message { seq, who, at, text, photo?, cards, buttons }`, in order of `seq`, each once.
//! - `ack { id }`: stored; the reply comes as messages.
//! - `error { code, id? }`: `bad_frame`, `hello_first`, `too_long`, `too_fast` and `unavailable` (worth repeating under
//!   the same id).
//!
//! A token is a secret of 244 random bits that opens one chat. The chat's address is its hash, so neither the
//! database nor a log holds what opens a chat. Delivery wakes the chat's sockets, which read what is new from
//! the store: so a page that was away misses nothing and sees nothing twice.
//!
//! Not here: logins, files, voice, and limits across sockets, which belong to the proxy in front.

mod frame;
mod page;
mod socket;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::{Router, routing::get};
use tokio::sync::{Notify, Semaphore};
use tolmach_engine::{catalog::Localized, effect::Outgoing};
use tolmach_runtime::ports::{Address, Channel, ChatKey, Delivery, Intake, Store};

/// The channel's name in addresses.
pub const NAME: &str = "web";

/// What may be set of the web chat.
#[derive(Clone, Debug)]
pub struct Options {
    /// The heading of the page, usually the company's name; empty for a general one.
    pub title: Localized,
    /// Hosts (`chat.example.com`, with a port where there is one) whose pages may connect, besides the one that
    /// the browser addressed: needed behind a proxy that rewrites the Host header.
    pub hosts: Vec<String>,
    /// Sockets at once.
    pub sockets: usize,
    /// How often a silent page is asked for a sign of life; after two and a half times this long it is let go.
    pub ping: Duration,
}

impl Default for Options {
    /// 1,000 sockets, a ping every 30 seconds.
    fn default() -> Options {
        Options {
            title: Localized::default(),
            hosts: Vec::new(),
            sockets: 1000,
            ping: Duration::from_secs(30),
        }
    }
}

/// The way out to the pages that are open.
pub struct WebChannel {
    store: Arc<dyn Store>,
    options: Options,
    places: Arc<Semaphore>,
    open: Mutex<HashMap<ChatKey, Vec<Arc<Notify>>>>,
}

impl WebChannel {
    /// A channel whose pages read from `store`.
    pub fn new(store: Arc<dyn Store>, options: Options) -> WebChannel {
        let places = Arc::new(Semaphore::new(options.sockets));
        WebChannel { store, options, places, open: Mutex::default() }
    }

    /// How many pages are connected, for /health.
    pub fn connected(&self) -> usize {
        self.open().values().map(Vec::len).sum()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<ChatKey, Vec<Arc<Notify>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Channel for WebChannel {
    fn name(&self) -> &str {
        NAME
    }

    /// Always done: a page that is not connected reads from the store when it comes back.
    async fn deliver(&self, to: &Address, _: &str, _: &Outgoing) -> Delivery {
        self.changed(to);
        Delivery::Done
    }

    fn changed(&self, to: &Address) {
        if let Some(sockets) = self.open().get(&to.to_string()) {
            sockets.iter().for_each(|socket| socket.notify_one());
        }
    }
}

/// The page at `/`, its assets beside it and its socket at `/ws`. All addresses are relative, so the router may be
/// nested under a path that ends in a slash.
pub fn router(intake: Arc<dyn Intake>, channel: Arc<WebChannel>) -> Router {
    Router::new()
        .route("/", get(page::html))
        .route("/chat.css", get(page::css))
        .route("/chat.js", get(page::js))
        .route("/ws", get(socket::upgrade))
        .with_state(State { intake, channel })
}

#[derive(Clone)]
struct State {
    intake: Arc<dyn Intake>,
    channel: Arc<WebChannel>,
}

#[cfg(test)]
mod tests;
