//! One WebSocket connection. An invalid frame gets an error frame; only an oversized one closes the socket.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        self,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tolmach_engine::{
    event::{Client, EventKind, Origin},
    language::Language,
};
use tolmach_runtime::ports::{Address, ChatKey, Inbound, MessageQuery};
use uuid::Uuid;

use super::{
    CAPABILITIES, DEFAULT_SITE, NAME, Site, State, WebChannel,
    frame::{FromPage, MessageView, ToPage},
    page,
};

/// Largest frame that is parsed, in bytes.
const FRAME: usize = 16 * 1024;
/// Largest frame that is received, in bytes. A frame between [`FRAME`] and this size is answered with `too_long`; a
/// longer one closes the socket.
const TRANSPORT: usize = 64 * 1024;
/// Read buffer per socket, in bytes. The library's default of 128 KiB would cost more than 1 GB for 10,000 idle pages.
const READ: usize = 4 * 1024;
/// Longest message, in characters.
const TEXT: usize = CAPABILITIES.max_text as usize;
/// Longest frame `id`, in characters.
const ID: usize = 64;
/// Longest button id, in bytes.
const BUTTON: usize = CAPABILITIES.max_callback_data as usize;
/// Most characters of the `Origin` header that are stored.
const ORIGIN: usize = 200;
/// Longest button label, in characters.
const LABEL: usize = 256;
/// Maximum number of messages sent at once to a page that reconnects.
const HISTORY: u32 = 200;
/// Rate limit: burst size of the token bucket, in messages. It refills at one message per second.
const BURST: f64 = 5.0;
/// Timeout for the `hello` frame and for each write.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn upgrade(
    extract::State(state): extract::State<State>,
    path: Option<extract::Path<String>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    // The catalogue's photos are beside the page of the default site.
    let photos = if path.is_some() { "../../" } else { "" };
    let Some((name, site)) = state.channel.site(path) else { return page::unknown() };
    if !same_host(&headers, state.channel.options.hosts.iter().chain(&site.hosts)) {
        return (StatusCode::FORBIDDEN, "this page may not connect here").into_response();
    }
    let Ok(place) = Arc::clone(&state.channel.places).try_acquire_owned() else {
        tracing::warn!("a web chat was turned away: all sockets are taken");
        return (StatusCode::SERVICE_UNAVAILABLE, "too many chats at once").into_response();
    };
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let at = Visit {
        origin: Origin { site: name, page: origin.map(|origin| origin.chars().take(ORIGIN).collect()) },
        site: site.clone(),
        photos,
    };
    upgrade
        .read_buffer_size(READ)
        .max_message_size(TRANSPORT)
        .max_frame_size(TRANSPORT)
        .on_upgrade(move |socket| async move { Page::serve(state, at, socket, place).await })
}

/// Checks the `Origin` header against the `Host` header and the configured hosts (cross-site WebSocket hijacking).
/// Browsers always send `Origin`. A request without it is not from a browser and is allowed.
fn same_host<'a>(headers: &HeaderMap, mut hosts: impl Iterator<Item = &'a String>) -> bool {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Some(host) = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host)
    else {
        return false;
    };
    text(header::HOST).is_some_and(|own| own.eq_ignore_ascii_case(host))
        || hosts.any(|known| known.eq_ignore_ascii_case(host))
}

/// Why the socket is closed.
enum End {
    /// The page disconnected or cannot be reached.
    Gone,
    /// The store failed; the page should reconnect.
    Again,
    /// Protocol violation: WebSocket close code and reason.
    Broken(u16, &'static str),
}

/// Where a socket was opened.
struct Visit {
    origin: Origin,
    site: Site,
    /// See [`MessageView::new`].
    photos: &'static str,
}

impl Visit {
    /// What is known about a client whose page asks for a language.
    fn client(&self, language: Option<String>) -> Client {
        let asked = language.as_deref().and_then(Language::from_code);
        let offered = &self.site.languages;
        let only = offered.first().filter(|_| offered.len() == 1).copied();
        let language = asked.filter(|language| offered.contains(language)).or(only);
        Client { language, entry: self.site.entry.clone(), ..Client::default() }
    }
}

struct Page {
    state: State,
    at: Visit,
    socket: WebSocket,
    address: Address,
    /// Profile of the client, attached to every event.
    client: Client,
    /// `seq` of the last message that was sent to the page.
    seen: i64,
    pace: TokenBucket,
}

impl Page {
    async fn serve(state: State, at: Visit, mut socket: WebSocket, _place: OwnedSemaphorePermit) {
        let hello = timeout(TIMEOUT, hello(&mut socket)).await;
        let Ok(Some((token, language, after))) = hello else {
            return;
        };
        let address = Address::new(NAME, address_of(&at.origin.site, &token));
        let wake = Arc::new(Notify::new());
        // Registered before the first read of the store, so that no message is missed between the two.
        let _listed = Registration::new(Arc::clone(&state.channel), address.to_string(), Arc::clone(&wake));
        let client = at.client(language);
        let mut page = Page { state, at, socket, address, client, seen: after, pace: TokenBucket::new() };
        let end = match page.welcome(&token).await {
            Ok(()) => page.talk(&wake).await,
            Err(end) => end,
        };
        page.close(end).await;
    }

    /// Serves the connection until it ends.
    async fn talk(&mut self, wake: &Notify) -> End {
        let every = self.state.channel.options.ping;
        let mut ping = interval(every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut alive = Instant::now();
        loop {
            let step = tokio::select! {
                received = self.socket.recv() => {
                    alive = Instant::now();
                    match received {
                        Some(Ok(message)) => self.on_frame(message).await,
                        Some(Err(error)) if too_long(&error) => Err(End::Broken(close_code::SIZE, "too_long")),
                        Some(Err(_)) | None => Err(End::Gone),
                    }
                }
                () = wake.notified() => self.show_news().await,
                _ = ping.tick() => {
                    if alive.elapsed() > every.mul_f32(2.5) {
                        Err(End::Gone)
                    } else {
                        self.write(Message::Ping(Default::default())).await
                    }
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Sends the `welcome` frame. A new chat also gets the `start` command as its first event.
    async fn welcome(&mut self, token: &str) -> Result<(), End> {
        let chat = self.address.to_string();
        let store = Arc::clone(&self.state.channel.store);
        let read = |error| {
            tracing::warn!(%error, "a web chat could not be read");
            End::Again
        };
        let last = store
            .messages(&MessageQuery::of(&chat, 0, 1))
            .await
            .map_err(read)?
            .last()
            .map_or(0, |row| row.seq);
        // The page has seen messages that the store does not have: the database was replaced.
        let reset = self.seen > last;
        if reset || self.seen < 0 {
            self.seen = 0;
        }
        let rows = store.messages(&MessageQuery::of(&chat, self.seen, HISTORY)).await.map_err(read)?;
        self.seen = rows.last().map_or(self.seen, |row| row.seq);
        let messages = rows.into_iter().map(|row| MessageView::new(row, self.at.photos)).collect();
        self.send(&ToPage::Welcome { token, reset, messages }).await?;
        if last == 0 {
            let kind = EventKind::Command { name: "start".to_owned(), rest: String::new() };
            // The key is constant, so a chat starts once no matter how often its page connects.
            if !self.receive("start", kind, None).await {
                return Err(End::Again);
            }
        }
        Ok(())
    }

    /// Handles one frame from the page.
    async fn on_frame(&mut self, message: Message) -> Result<(), End> {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return self.error("bad_frame", None).await,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
        };
        if text.len() > FRAME {
            return self.error("too_long", None).await;
        }
        let (id, kind, button) = match serde_json::from_str(text.as_str()) {
            Ok(FromPage::Message { id, text }) => {
                if text.chars().count() > TEXT {
                    return self.error("too_long", Some(&id)).await;
                }
                let text = text.trim();
                (id, (!text.is_empty()).then(|| EventKind::from_text(text)), None)
            }
            Ok(FromPage::Press { id, button, label }) => {
                if button.len() > BUTTON || label.chars().count() > LABEL || button.contains('\0') {
                    return self.error("bad_frame", Some(&id)).await;
                }
                (id, Some(EventKind::Press { label, press: None }), Some(button))
            }
            // The chat is known already. Only the language may have changed.
            Ok(FromPage::Hello { language, .. }) => {
                self.client = self.at.client(language);
                return Ok(());
            }
            Err(_) => return self.error("bad_frame", None).await,
        };
        let fitting = (1..=ID).contains(&id.chars().count()) && !id.contains('\0');
        let (true, Some(kind)) = (fitting, kind) else {
            return self.error("bad_frame", fitting.then_some(id.as_str())).await;
        };
        if !self.pace.allows() {
            return self.error("too_fast", Some(&id)).await;
        }
        // The prefix keeps a page from using the key of the `start` command.
        if self.receive(&format!("m:{id}"), kind, button).await {
            self.send(&ToPage::Ack { id: &id }).await
        } else {
            self.error("unavailable", Some(&id)).await
        }
    }

    /// Passes an event to the intake. Returns false if it could not be stored.
    async fn receive(&mut self, key: &str, kind: EventKind, button: Option<String>) -> bool {
        let inbound = Inbound {
            address: self.address.clone(),
            // Prefixed with the chat id, so that a page cannot use up the keys of another chat.
            key: format!("{}:{key}", self.address.id),
            client: self.client.clone(),
            origin: Some(self.at.origin.clone()),
            kind,
            button,
        };
        match self.state.intake.receive(vec![inbound]).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "a message of a web chat could not be stored; the page repeats it");
                false
            }
        }
    }

    /// Sends the messages that were stored since the last read.
    async fn show_news(&mut self) -> Result<(), End> {
        let chat = self.address.to_string();
        let rows =
            self.state.channel.store.messages(&MessageQuery::of(&chat, self.seen, HISTORY)).await.map_err(
                |error| {
                    tracing::warn!(%error, "a web chat could not be read");
                    End::Again
                },
            )?;
        for row in rows {
            self.seen = row.seq;
            self.send(&ToPage::Message(MessageView::new(row, self.at.photos))).await?;
        }
        Ok(())
    }

    async fn error(&mut self, code: &'static str, id: Option<&str>) -> Result<(), End> {
        self.send(&ToPage::Error { code, id }).await
    }

    async fn send(&mut self, frame: &ToPage<'_>) -> Result<(), End> {
        let text = serde_json::to_string(frame).map_err(|_| End::Again)?;
        self.write(Message::Text(text.into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(TIMEOUT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    async fn close(&mut self, end: End) {
        let (code, reason) = match end {
            End::Gone => return,
            End::Again => (close_code::AGAIN, "unavailable"),
            End::Broken(code, reason) => (code, reason),
        };
        if self.error(reason, None).await.is_ok() {
            let close = CloseFrame { code, reason: reason.into() };
            drop(self.write(Message::Close(Some(close))).await);
        }
    }
}

/// Waits for the `hello` frame: token, language and last seen `seq`. Any other frame gets an error frame. `None` if the
/// page disconnects.
async fn hello(socket: &mut WebSocket) -> Option<(String, Option<String>, i64)> {
    loop {
        let code = match socket.recv().await?.ok()? {
            Message::Text(text) => match serde_json::from_str(text.as_str()) {
                Ok(FromPage::Hello { token, language, after }) => {
                    // A token that this server cannot have issued starts a new chat.
                    let known = token
                        .filter(|token| token.len() == 64 && token.chars().all(|c| c.is_ascii_hexdigit()));
                    return Some((known.unwrap_or_else(new_token), language, after));
                }
                Ok(FromPage::Message { .. } | FromPage::Press { .. }) => "hello_first",
                Err(_) => "bad_frame",
            },
            Message::Binary(_) => "bad_frame",
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return None,
        };
        let error = serde_json::to_string(&ToPage::Error { code, id: None }).ok()?;
        socket.send(Message::Text(error.into())).await.ok()?;
    }
}

fn new_token() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// The chat id of a token on a site: 128 bits of a hash of both. They identify the chat and do not reveal the token.
fn address_of(site: &str, token: &str) -> String {
    let name = if site == DEFAULT_SITE { String::new() } else { format!("{site} ") };
    let hash = blake3::hash(format!("tolmach web chat {name}{token}").as_bytes()).to_hex();
    hash.chars().take(32).collect()
}

fn too_long(error: &axum::Error) -> bool {
    // axum does not expose the protocol error type, only its text.
    error.to_string().to_lowercase().contains("too long")
        || error.to_string().to_lowercase().contains("too big")
}

/// Token bucket: up to [`BURST`] messages, refilled at one per second.
struct TokenBucket {
    left: f64,
    at: Instant,
}

impl TokenBucket {
    fn new() -> TokenBucket {
        TokenBucket { left: BURST, at: Instant::now() }
    }

    fn allows(&mut self) -> bool {
        let now = Instant::now();
        self.left = (self.left + (now - self.at).as_secs_f64()).min(BURST);
        self.at = now;
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

/// Registration in the channel's list of open sockets, removed on drop.
struct Registration {
    channel: Arc<WebChannel>,
    chat: ChatKey,
    wake: Arc<Notify>,
}

impl Registration {
    fn new(channel: Arc<WebChannel>, chat: ChatKey, wake: Arc<Notify>) -> Registration {
        channel.open().entry(chat.clone()).or_default().push(Arc::clone(&wake));
        Registration { channel, chat, wake }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut open = self.channel.open();
        if let Some(sockets) = open.get_mut(&self.chat) {
            sockets.retain(|socket| !Arc::ptr_eq(socket, &self.wake));
            if sockets.is_empty() {
                open.remove(&self.chat);
            }
        }
    }
}
