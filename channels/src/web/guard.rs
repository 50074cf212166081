//! The limits of the web chat: how many connections, requests, frames and chats an address may have.
//!
//! The counting is in [`tolmach_runtime::rate`] and [`counter`], which know neither sockets nor the time. Here limits get their names, and
//! what is refused is logged.

mod counter;
mod limits;
mod security_log;

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tolmach_runtime::Shared;
use tolmach_runtime::rate::{Rate, RateLimiter};

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::visitor::{Network, Proxies, Visitor};
use counter::Counter;
use security_log::SecurityLog;

pub use counter::Counted;
pub use limits::{AddressLimits, ChatLimits, Limits};
pub use security_log::TARGET;

/// Counts what clients do, and refuses what is too much.
#[derive(Debug)]
pub struct Guard {
    limits: Shared<Limits>,
    proxies: Proxies,
    connections: Arc<Counter<Network>>,
    sockets: Arc<Counter<Network>>,
    rates: Mutex<Rates>,
    log: SecurityLog,
    /// Whether it was logged that a proxy stands in front which the configuration does not name.
    proxy_noted: AtomicBool,
    /// What the times in `rates` and `log` are measured from.
    started: Instant,
}

#[derive(Debug)]
struct Rates {
    requests: RateLimiter<Network>,
    sockets: RateLimiter<Network>,
    chats: RateLimiter<Network>,
    messages: RateLimiter<Network>,
    frames: RateLimiter<Network>,
    bytes: RateLimiter<Network>,
    older: RateLimiter<Network>,
    chat_sockets: RateLimiter<String>,
    chat_messages: RateLimiter<String>,
    chat_frames: RateLimiter<String>,
    chat_bytes: RateLimiter<String>,
    chat_older: RateLimiter<String>,
}

impl Rates {
    fn new(Limits { address, chat, .. }: &Limits) -> Rates {
        let bytes = |kib: u32| Rate::a_minute(kib.saturating_mul(1024));
        let messages = Rate { per_minute: chat.messages.max(1), burst: (chat.messages / 12).max(1) };
        Rates {
            requests: RateLimiter::new(Rate::a_minute(address.requests)),
            sockets: RateLimiter::new(Rate::a_minute(address.sockets)),
            chats: RateLimiter::new(Rate::a_minute(address.chats)),
            messages: RateLimiter::new(Rate::a_minute(address.messages)),
            frames: RateLimiter::new(Rate::a_minute(address.frames)),
            bytes: RateLimiter::new(bytes(address.kib)),
            older: RateLimiter::new(Rate::a_minute(address.older)),
            chat_sockets: RateLimiter::new(Rate::a_minute(chat.sockets)),
            chat_messages: RateLimiter::new(messages),
            chat_frames: RateLimiter::new(Rate::a_minute(chat.frames)),
            chat_bytes: RateLimiter::new(bytes(chat.kib)),
            chat_older: RateLimiter::new(Rate::a_minute(chat.older)),
        }
    }
}

/// Something that a client may not do now. It is logged already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    status: StatusCode,
    /// After which time it may be allowed.
    retry_after: Duration,
}

impl Refused {
    /// The status: 429 for a limit of the client, 503 for one of all clients.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let seconds = self.retry_after.as_secs_f64().ceil().max(1.0).to_string();
        let text = match self.status {
            StatusCode::SERVICE_UNAVAILABLE => "too many clients at once",
            _ => "too many requests",
        };
        (self.status, [(header::RETRY_AFTER, seconds)], text).into_response()
    }
}

impl Guard {
    /// A guard that has seen nobody yet.
    pub fn new(limits: Limits, proxies: Proxies) -> Guard {
        Guard {
            rates: Mutex::new(Rates::new(&limits)),
            limits: limits.into(),
            proxies,
            connections: Arc::default(),
            sockets: Arc::default(),
            log: SecurityLog::default(),
            proxy_noted: AtomicBool::new(false),
            started: Instant::now(),
        }
    }

    /// Replaces the limits. What was counted of a minute begins anew; connections that are open stay.
    pub fn set_limits(&self, limits: Limits) {
        *self.rates() = Rates::new(&limits);
        self.limits.set(limits);
    }

    /// The proxies in front of the server.
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Logs once that requests come through a proxy of which the configuration does not say where it gives the client's
    /// address: all its clients share the limits of one then.
    pub(super) fn note_proxy(&self, peer: IpAddr, headers: &HeaderMap) {
        let unnamed = self.proxies.header.is_none() && self.proxies.trusts(peer);
        if unnamed
            && headers.contains_key("x-forwarded-for")
            && !self.proxy_noted.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "requests come through a proxy: set proxy.header, or all its clients share the limits of one address"
            );
        }
    }

    /// Counts a connection for as long as the result lives. Connections from a trusted proxy are bounded only in all.
    ///
    /// # Errors
    /// When there are too many already.
    pub fn connection(&self, peer: IpAddr) -> Result<Counted, Refused> {
        let each =
            if self.proxies.forwards(peer) { usize::MAX } else { self.limits.get().address.connections };
        self.counted(&self.connections, peer, each, "too many connections of a client")
    }

    /// Counts a request.
    ///
    /// # Errors
    /// When the address has sent too many.
    pub fn request(&self, visitor: &Visitor) -> Result<(), Refused> {
        let now = self.now();
        let taken = self.rates().requests.take(visitor.address.into(), 1, now);
        self.check(taken, visitor, "too many requests of a client")
    }

    /// Counts a socket for as long as the result lives.
    ///
    /// # Errors
    /// When the address has too many, or has opened too many lately.
    pub(super) fn socket(&self, visitor: &Visitor) -> Result<Counted, Refused> {
        let now = self.now();
        let taken = self.rates().sockets.take(visitor.address.into(), 1, now);
        self.check(taken, visitor, "a client opens too many sockets")?;
        let each = self.limits.get().address.connections;
        self.counted(&self.sockets, visitor.address, each, "too many sockets of a client")
    }

    /// Counts a socket of a chat.
    ///
    /// # Errors
    /// When too many were opened lately.
    pub(super) fn hello(&self, visitor: &Visitor, chat: &str) -> Result<(), Refused> {
        let now = self.now();
        let taken = self.rates().chat_sockets.take(chat.to_owned(), 1, now);
        self.check(taken, visitor, "too many sockets for a chat")
    }

    /// Counts a frame of any kind. `chat` is `None` before the hello.
    ///
    /// # Errors
    /// When there were too many frames, or too many bytes in them.
    pub(super) fn frame(&self, visitor: &Visitor, chat: Option<&str>, bytes: usize) -> Result<(), Refused> {
        let (now, address) = (self.now(), Network::from(visitor.address));
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let mut rates = self.rates();
        let mut taken =
            rates.frames.take(address, 1, now).and_then(|()| rates.bytes.take(address, bytes, now));
        if let Some(chat) = chat {
            taken = taken
                .and_then(|()| rates.chat_frames.take(chat.to_owned(), 1, now))
                .and_then(|()| rates.chat_bytes.take(chat.to_owned(), bytes, now));
        }
        drop(rates);
        self.check(taken, visitor, "too many frames of a client")
    }

    /// Counts a message or press; `new` for the one with which a chat begins.
    ///
    /// # Errors
    /// When the chat or the address has sent too many, or the address has begun too many chats.
    pub(super) fn message(&self, visitor: &Visitor, chat: &str, new: bool) -> Result<(), Refused> {
        let (now, address) = (self.now(), Network::from(visitor.address));
        let mut rates = self.rates();
        let mut taken = rates
            .chat_messages
            .take(chat.to_owned(), 1, now)
            .and_then(|()| rates.messages.take(address, 1, now));
        if new {
            taken = taken.and_then(|()| rates.chats.take(address, 1, now));
        }
        drop(rates);
        self.check(taken, visitor, "a client writes too fast")
    }

    /// Counts a request for older messages.
    ///
    /// # Errors
    /// When there were too many.
    pub(super) fn older(&self, visitor: &Visitor, chat: &str) -> Result<(), Refused> {
        let (now, address) = (self.now(), Network::from(visitor.address));
        let mut rates = self.rates();
        let taken =
            rates.chat_older.take(chat.to_owned(), 1, now).and_then(|()| rates.older.take(address, 1, now));
        drop(rates);
        self.check(taken, visitor, "a client reads too much")
    }

    /// Logs a security event: at most one of its kind a second. No other log entry has an address.
    pub fn event(&self, kind: &'static str, address: IpAddr) {
        self.log.event(kind, address, self.now());
    }

    fn counted(
        &self,
        counter: &Arc<Counter<Network>>,
        address: IpAddr,
        each: usize,
        kind: &'static str,
    ) -> Result<Counted, Refused> {
        counter.enter(address.into(), each, self.limits.get().connections).map_err(|full| {
            let (status, kind) = match full {
                counter::Full::Key => (StatusCode::TOO_MANY_REQUESTS, kind),
                counter::Full::All => {
                    (StatusCode::SERVICE_UNAVAILABLE, "too many connections of all clients")
                }
            };
            self.event(kind, address);
            Refused { status, retry_after: Duration::from_secs(10) }
        })
    }

    fn check(
        &self,
        taken: Result<(), Duration>,
        visitor: &Visitor,
        kind: &'static str,
    ) -> Result<(), Refused> {
        taken.map_err(|retry_after| {
            self.event(kind, visitor.address);
            Refused { status: StatusCode::TOO_MANY_REQUESTS, retry_after }
        })
    }

    fn rates(&self) -> MutexGuard<'_, Rates> {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}
