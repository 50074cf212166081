//! The web chat: one HTML page and one WebSocket, for shops without a messenger account and for trying out a flow.
//!
//! # Protocol
//! JSON text frames on `/ws`, each with a `type`. Frames from the page:
//! - `hello { token?, language?, after? }` comes first. `token` is the one from an earlier `welcome`; `after` is the
//!   last `seq` that the page has seen.
//! - `message { id, text }` and `press { id, button, label }`. The page chooses the `id`. The server stores each `id`
//!   once, so the page resends a frame until it gets the `ack`.
//!
//! Frames from the server:
//! - `welcome { token, reset, messages }`: the messages after `after`, at most the last 200. `reset` tells the page to
//!   discard what it shows, because the store does not have those messages.
//! - `message { seq, who, at, text, photo?, cards, buttons, language? }`: in ascending order of `seq`, each once per
//!   socket. `at` is in milliseconds since the Unix epoch.
//! - `ack { id }`: the frame is stored; the reply follows as `message` frames.
//! - `error { code, id? }`: `bad_frame`, `hello_first`, `too_long`, `too_fast` or `unavailable` (the page should resend
//!   under the same `id`).
//!
//! A token is a secret of 244 random bits that gives access to one chat. The chat's address is a hash of the token, so
//! the token itself is in neither the database nor the log. A delivery wakes the chat's sockets, and each socket reads
//! the new messages from the store. A page that reconnects therefore gets each missed message once, up to the last 200.
//!
//! Not here: logins, files, voice, and limits across sockets, which the reverse proxy enforces.

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
use tolmach_engine::{catalog::Localized, channel::Capabilities, effect::Outgoing};
use tolmach_runtime::ports::{Address, Channel, ChatKey, Delivery, Intake, Store};

/// The channel's name in addresses.
pub const NAME: &str = "web";

/// What the page shows. It has no limits of its own for texts and buttons; they are as on Telegram, so that a dialog
/// looks alike in both.
pub const CAPABILITIES: Capabilities = Capabilities {
    name: NAME,
    max_buttons: 100,
    max_label: 40,
    max_cards: Some(50),
    albums: false,
    edits: false,
    typing: false,
    contact_sharing: false,
    max_text: 4096,
    max_caption: 1024,
    max_callback_data: 64,
};

/// Settings of the web chat.
#[derive(Clone, Debug)]
pub struct Options {
    /// Heading of the page, usually the company name; empty for the default heading.
    pub title: Localized,
    /// Hosts (`chat.example.com`, with the port if there is one) whose pages may connect, besides the host in the
    /// `Host` header. Needed behind a proxy that rewrites that header.
    pub hosts: Vec<String>,
    /// Maximum number of concurrent sockets. Further ones get HTTP 503.
    pub sockets: usize,
    /// Ping interval. A page that sends nothing for 2.5 intervals is disconnected.
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

/// Delivery to the connected pages.
pub struct WebChannel {
    store: Arc<dyn Store>,
    options: Options,
    /// One permit per socket, [`Options::sockets`] in total.
    places: Arc<Semaphore>,
    /// Wake-up handles of the connected sockets, by chat.
    open: Mutex<HashMap<ChatKey, Vec<Arc<Notify>>>>,
}

impl WebChannel {
    /// A channel whose pages read messages from `store`.
    pub fn new(store: Arc<dyn Store>, options: Options) -> WebChannel {
        let places = Arc::new(Semaphore::new(options.sockets));
        WebChannel { store, options, places, open: Mutex::default() }
    }

    /// Number of sockets that have said hello, for /health.
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

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    /// Always [`Delivery::Done`]: a page that is not connected reads the message from the store when it reconnects.
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

/// Routes of the page at `/`, its assets beside it, and the WebSocket at `/ws`. The page uses relative URLs only, so
/// the router may be nested under a path that ends with a slash.
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
