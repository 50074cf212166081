//! The web chat: one HTML page and one WebSocket, for shops without a messenger account and for trying out a flow.
//!
//! # Protocol
//! JSON text frames on `/ws`, each with a `type`. Frames from the page:
//! - `hello { token?, language?, after? }` comes first. `token` is the one from an earlier `welcome`; `after` is the
//!   last `seq` that the page has seen. A later one may change the language.
//! - `message { id, text }` and `press { id, button, label }`. The page chooses the `id`. The server stores each `id`
//!   once, so the page resends a frame until it gets the `ack`.
//! - `older { before }` asks for the messages before a `seq`.
//!
//! Frames from the server:
//! - `welcome { token, reset, earlier, storing, messages }`: the messages after `after`, at most the last 50 and 256 KiB. `reset`
//!   tells the page to discard what it shows, because the store does not have those messages, or because more were
//!   missed than are sent. `earlier` tells a page that shows nothing that the chat has older messages.
//! - `greeting { messages }`: how the chat begins, to a page of a chat without messages. Nothing of it is stored: the
//!   messages have `seq` and `at` 0, and another `greeting` or the first `message` frames take their place. May be empty.
//! - `message { seq, who, at, text, photo?, cards, files?, buttons, language? }`: in ascending order of `seq`, each once per
//!   socket. `at` is in milliseconds since the Unix epoch. `files` are `{ name, url, bytes, picture }`.
//! - `older { messages, earlier }`: at most the last 50 and 256 KiB before the given `seq`, in ascending order, and
//!   whether there are older ones.
//! - `state { storing }`: whether messages can be stored, when that has changed since `welcome`. While they cannot, the page
//!   must not look as if somebody listened.
//! - `ack { id }`: the frame is stored; the reply follows as `message` frames.
//! - `error { code, id? }`: `bad_frame`, `hello_first`, `too_long`, `too_fast` or `unavailable` (the page should resend
//!   under the same `id`).
//!
//! # What is stored
//! Nothing, before the client's first message or press: a page that is only opened costs no row. With the first one the
//! command `start` is stored before it, under a constant key. The buttons of the greeting have the ids that they get
//! then (see [`Greeter`]), so that one of them may be the first press.
//!
//! # Sites
//! One server may have several sites: pages with their own title, colours, languages and first flow. A chat belongs to
//! the site on which it began: its address is made from the token and the site's name, so that a token of one site opens
//! no chat on another.
//!
//! # Tokens
//! A token is a secret of 244 random bits that gives access to one chat. The chat's address is a hash of the token, so
//! the token itself is in neither the database nor the log. A delivery wakes the chat's sockets, and each socket reads
//! the new messages from the store. A page that reconnects therefore gets each missed message once.
//!
//! # Limits
//! A [`Guard`] counts what an address and a chat do, across sockets: every frame counts, whether it is valid or not. A
//! request above a limit gets the status 429 with `Retry-After`, a message above one the error `too_fast`; a socket that
//! floods is closed with the code 1008. What is refused is logged with the client's address under the target `security`.
//!
//! Not here: logins, files of clients, voice, and the timeouts of connections, which the HTTP server has.

mod frame;
mod guard;
mod history;
mod origin;
mod page;
mod protect;
mod site;
mod socket;
mod visitor;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::{Router, extract, routing::get};
use tokio::sync::{Notify, Semaphore, watch};
use tolmach_engine::{catalog::Localized, channel::Capabilities, effect::Outgoing};
use tolmach_runtime::Shared;
use tolmach_runtime::ports::{Address, Channel, ChatKey, Delivery, Greeter, Store};

use crate::telegram;

pub use guard::{AddressLimits, ChatLimits, Counted, Guard, Limits, Refused, TARGET};
pub use origin::{AllowedHost, NoHost};
pub use protect::protected;
pub use site::{Colours, DEFAULT_SITE, Site};
pub use visitor::{Proxies, ProxyHeader, Visitor};

/// The channel's name in addresses.
pub const NAME: &str = "web";

/// What the page shows. It has no limits of its own for texts and buttons; they are as on Telegram, so that a dialog
/// looks alike in both.
pub const CAPABILITIES: Capabilities =
    Capabilities { name: NAME, max_cards: Some(50), contact_sharing: false, ..telegram::CAPABILITIES };

/// How often the store is asked whether it takes messages.
const ASK_STORE: Duration = Duration::from_secs(2);

/// Settings of the web chat.
#[derive(Clone, Debug)]
pub struct Options {
    /// Heading of the pages of sites without a title of their own, usually the company name; empty for the default
    /// heading.
    pub title: Localized,
    /// Hosts whose pages may connect to any site, besides the host in the `Host` header. Needed behind a proxy that
    /// rewrites that header.
    pub hosts: Vec<AllowedHost>,
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

/// The sites by name, and the hosts of all of them.
struct Sites {
    hosts: Vec<AllowedHost>,
    by_name: BTreeMap<String, Arc<Site>>,
}

impl Sites {
    fn new(hosts: Vec<AllowedHost>, mut sites: BTreeMap<String, Site>) -> Sites {
        sites.entry(DEFAULT_SITE.to_owned()).or_default();
        let by_name = sites.into_iter().map(|(name, site)| (name, Arc::new(site))).collect();
        Sites { hosts, by_name }
    }
}

/// Delivery to the connected pages.
pub struct WebChannel {
    store: Arc<dyn Store>,
    options: Options,
    /// The hosts and the sites of the options, which may be replaced.
    sites: Shared<Sites>,
    /// One permit per socket, [`Options::sockets`] in total.
    places: Arc<Semaphore>,
    /// Wake-up handles of the connected sockets, by chat.
    open: Mutex<HashMap<ChatKey, Vec<Arc<Notify>>>>,
    /// Becomes true when the sockets are to be closed.
    closing: watch::Sender<bool>,
    /// Whether the store takes what clients write, as far as is known.
    storing: watch::Sender<bool>,
}

impl WebChannel {
    /// A channel whose pages read messages from `store`.
    pub fn new(store: Arc<dyn Store>, options: Options) -> WebChannel {
        let sites = Shared::new(Sites::new(options.hosts.clone(), options.sites.clone()));
        let places = Arc::new(Semaphore::new(options.sockets));
        let (closing, storing) = (watch::Sender::new(false), watch::Sender::new(true));
        WebChannel { store, options, sites, places, open: Mutex::default(), closing, storing }
    }

    /// Tells the pages, until they are closed, whether messages can be stored. Asks the store while pages are connected; a
    /// message that could not be stored is told at once.
    pub async fn watch_store(&self) {
        let mut closing = self.closing.subscribe();
        let asking = async {
            loop {
                tokio::time::sleep(ASK_STORE).await;
                if self.connected() > 0 {
                    self.is_storing(self.store.ping().await.is_ok());
                }
            }
        };
        tokio::select! {
            () = asking => {}
            () = async { drop(closing.wait_for(|closing| *closing).await) } => {}
        }
    }

    fn is_storing(&self, now: bool) {
        self.storing.send_if_modified(|storing| std::mem::replace(storing, now) != now);
    }

    /// The site of a page: its name, and the site. `None` in the path is the default site.
    fn site(&self, path: Option<extract::Path<String>>) -> Option<(String, Arc<Site>)> {
        let name = path.map_or_else(|| DEFAULT_SITE.to_owned(), |extract::Path(name)| name);
        let site = Arc::clone(self.sites.get().by_name.get(&name)?);
        Some((name, site))
    }

    /// Replaces the hosts and the sites. A chat of a site that is gone goes on; its page is not served any more.
    pub fn set_sites(&self, hosts: Vec<AllowedHost>, sites: BTreeMap<String, Site>) {
        self.sites.set(Sites::new(hosts, sites));
    }

    /// Number of sockets that have said hello, for /health.
    pub fn connected(&self) -> usize {
        self.open().values().map(Vec::len).sum()
    }

    /// Closes all sockets with the code 1001 and waits until they are, at most `deadline`. Their pages reconnect.
    pub async fn close(&self, deadline: Duration) {
        self.closing.send_replace(true);
        let closed = async {
            while self.connected() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(deadline, closed).await;
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
/// Photos of the catalogue are expected beside the default site's page. The router needs [`protected`] around it.
pub fn router(intake: Arc<dyn Greeter>, channel: Arc<WebChannel>, guard: Arc<Guard>) -> Router {
    let mut router = Router::new()
        .route("/", get(page::html))
        .route("/chat.css", get(page::css))
        .route("/ws", get(socket::upgrade))
        .route("/s/{site}", get(page::with_slash))
        .route("/s/{site}/", get(page::html))
        .route("/s/{site}/chat.css", get(page::css))
        .route("/s/{site}/ws", get(socket::upgrade));
    for (name, script) in page::SCRIPTS {
        let serve = move |state, path| page::script(script, state, path);
        router =
            router.route(&format!("/{name}"), get(serve)).route(&format!("/s/{{site}}/{name}"), get(serve));
    }
    router.with_state(State { intake, channel, guard })
}

#[derive(Clone)]
struct State {
    intake: Arc<dyn Greeter>,
    channel: Arc<WebChannel>,
    guard: Arc<Guard>,
}

#[cfg(test)]
mod tests;
