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
//! # Sites
//! One server may have several sites: pages with their own title, colours, languages and first flow. A chat belongs to
//! the site on which it began: its address is made from the token and the site's name, so that a token of one site opens
//! no chat on another.
//!
//! # Tokens
//! A token is a secret of 244 random bits that gives access to one chat. The chat's address is a hash of the token, so
//! the token itself is in neither the database nor the log. A delivery wakes the chat's sockets, and each socket reads
//! the new messages from the store. A page that reconnects therefore gets each missed message once, up to the last 200.
//!
//! Not here: logins, files, voice, and limits across sockets, which the reverse proxy enforces.

mod frame;
mod page;
mod site;
mod socket;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::{Router, extract, routing::get};
use tokio::sync::{Notify, Semaphore};
use tolmach_engine::{catalog::Localized, channel::Capabilities, effect::Outgoing};
use tolmach_runtime::ports::{Address, Channel, ChatKey, Delivery, Intake, Store};

use crate::telegram;

pub use site::{Colours, DEFAULT_SITE, Site};

/// The channel's name in addresses.
pub const NAME: &str = "web";

/// What the page shows. It has no limits of its own for texts and buttons; they are as on Telegram, so that a dialog
/// looks alike in both.
pub const CAPABILITIES: Capabilities =
    Capabilities { name: NAME, max_cards: Some(50), contact_sharing: false, ..telegram::CAPABILITIES };

/// Settings of the web chat.
#[derive(Clone, Debug)]
pub struct Options {
    /// Heading of the pages of sites without a title of their own, usually the company name; empty for the default
    /// heading.
    pub title: Localized,
    /// Hosts (`chat.example.com`, with the port if there is one) whose pages may connect to any site, besides the host
    /// in the `Host` header. Needed behind a proxy that rewrites that header.
    pub hosts: Vec<String>,
    /// The sites by name; [`DEFAULT_SITE`] is there also if it is not named. A name is made of ASCII lower-case letters,
    /// digits, `-` and `_`.
    pub sites: BTreeMap<String, Site>,
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
            sites: BTreeMap::new(),
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
    pub fn new(store: Arc<dyn Store>, mut options: Options) -> WebChannel {
        options.sites.entry(DEFAULT_SITE.to_owned()).or_default();
        let places = Arc::new(Semaphore::new(options.sockets));
        WebChannel { store, options, places, open: Mutex::default() }
    }

    /// The site of a page: its name, and the site. `None` in the path is the default site.
    fn site(&self, path: Option<extract::Path<String>>) -> Option<(String, &Site)> {
        let name = path.map_or_else(|| DEFAULT_SITE.to_owned(), |extract::Path(name)| name);
        let site = self.options.sites.get(&name)?;
        Some((name, site))
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

/// Routes of the default site's page at `/`, its assets beside it, and the WebSocket at `/ws`; the same for the site NAME
/// under `/s/NAME/`. The pages use relative URLs only, so the router may be nested under a path that ends with a slash.
/// Photos of the catalogue are expected beside the default site's page.
pub fn router(intake: Arc<dyn Intake>, channel: Arc<WebChannel>) -> Router {
    Router::new()
        .route("/", get(page::html))
        .route("/chat.css", get(page::css))
        .route("/chat.js", get(page::js))
        .route("/ws", get(socket::upgrade))
        .route("/s/{site}", get(page::with_slash))
        .route("/s/{site}/", get(page::html))
        .route("/s/{site}/chat.css", get(page::css))
        .route("/s/{site}/chat.js", get(page::js))
        .route("/s/{site}/ws", get(socket::upgrade))
        .with_state(State { intake, channel })
}

#[derive(Clone)]
struct State {
    intake: Arc<dyn Intake>,
    channel: Arc<WebChannel>,
}

#[cfg(test)]
mod tests;
