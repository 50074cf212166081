//! One WebSocket connection. An invalid frame gets an error frame; only an oversized one, or too many, close the socket.

mod hello;
mod registration;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{
        self,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, watch},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tolmach_engine::event::{Client, EventKind, Origin};
use tolmach_runtime::ports::{self, Address, Inbound, MessageQuery};

use super::{
    CAPABILITIES, Counted, NAME, State, Visitor,
    frame::{FromPage, MessageView, ToPage},
    history, origin, page,
};
use hello::{Hello, Visit, address_of, hello};
use registration::Registration;

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
/// Most messages that are read at a time to be shown as they come.
const NEWS: u32 = 200;
/// Timeout for the `hello` frame and for each write.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The command with which a chat begins.
const START: &str = "start";

pub(super) async fn upgrade(
    extract::State(state): extract::State<State>,
    Extension(visitor): Extension<Visitor>,
    path: Option<extract::Path<String>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    // The catalogue's photos are beside the page of the default site.
    let photos = if path.is_some() { "../../" } else { "" };
    let Some((name, site)) = state.channel.site(path) else { return page::unknown() };
    if !origin::is_allowed(&headers, &visitor, state.channel.sites.get().hosts.iter().chain(&site.hosts)) {
        state.guard.event("a page of another origin was refused", visitor.address);
        return (StatusCode::FORBIDDEN, "this page may not connect here").into_response();
    }
    let counted = match state.guard.socket(&visitor) {
        Ok(counted) => counted,
        Err(refused) => return refused.into_response(),
    };
    let Ok(place) = Arc::clone(&state.channel.places).try_acquire_owned() else {
        state.guard.event("a web chat was refused: all sockets are taken", visitor.address);
        let later = [(header::RETRY_AFTER, "10")];
        return (StatusCode::SERVICE_UNAVAILABLE, later, "too many chats at once").into_response();
    };
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let at = Visit {
        visitor,
        origin: Origin { site: name, page: origin.map(|origin| origin.chars().take(ORIGIN).collect()) },
        site: (*site).clone(),
        photos,
    };
    upgrade
        .read_buffer_size(READ)
        .max_message_size(TRANSPORT)
        .max_frame_size(TRANSPORT)
        .on_upgrade(move |socket| async move { Page::serve(state, at, socket, (place, counted)).await })
}

/// Why the socket is closed.
enum End {
    /// The page disconnected or cannot be reached.
    Gone,
    /// The store failed; the page should reconnect.
    Again,
    /// The server stops; the page should reconnect.
    Stopping,
    /// Protocol violation: WebSocket close code and reason.
    Broken(u16, &'static str),
}

impl End {
    /// The page sends more than it may.
    const TOO_FAST: End = End::Broken(close_code::POLICY, "too_fast");
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
    /// Whether the chat has messages, or events that will be.
    begun: bool,
}

impl Page {
    async fn serve(
        state: State,
        at: Visit,
        mut socket: WebSocket,
        _counted: (OwnedSemaphorePermit, Counted),
    ) {
        let Ok(greeted) = timeout(TIMEOUT, hello(&mut socket, &state.guard, &at.visitor)).await else {
            return;
        };
        let Hello { token, language, after } = match greeted {
            Ok(hello) => hello,
            Err(end) => return close(&mut socket, end).await,
        };
        let address = Address::new(NAME, address_of(&at.origin.site, &token));
        if state.guard.hello(&at.visitor, &address.id).is_err() {
            return close(&mut socket, End::TOO_FAST).await;
        }
        let wake = Arc::new(Notify::new());
        // Registered before the first read of the store, so that no message is missed between the two.
        let _listed = Registration::new(Arc::clone(&state.channel), address.to_string(), Arc::clone(&wake));
        let client = at.client(language);
        let mut page = Page { state, at, socket, address, client, seen: after, begun: false };
        let mut storing = page.state.channel.storing.subscribe();
        let now = *storing.borrow_and_update();
        let end = match page.welcome(&token, now).await {
            Ok(()) => page.talk(&wake, storing).await,
            Err(end) => end,
        };
        close(&mut page.socket, end).await;
    }

    /// Serves the connection until it ends.
    async fn talk(&mut self, wake: &Notify, mut storing: watch::Receiver<bool>) -> End {
        let every = self.state.channel.options.ping;
        let mut ping = interval(every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut closing = self.state.channel.closing.subscribe();
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
                Ok(()) = storing.changed() => {
                    let now = *storing.borrow_and_update();
                    self.send(&ToPage::State { storing: now }).await
                }
                _ = ping.tick() => {
                    if alive.elapsed() > every.mul_f32(2.5) {
                        Err(End::Gone)
                    } else {
                        write(&mut self.socket, Message::Ping(Default::default())).await
                    }
                }
                () = async { drop(closing.wait_for(|closing| *closing).await) } => Err(End::Stopping),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Sends the `welcome` frame, and to a chat that has not begun its greeting.
    async fn welcome(&mut self, token: &str, storing: bool) -> Result<(), End> {
        let chat = self.address.to_string();
        let store = Arc::clone(&self.state.channel.store);
        let rows = store.messages(&MessageQuery::of(&chat, 0, 1)).await.map_err(unread)?;
        let last = rows.last().map_or(0, |row| row.seq);
        // The page has seen messages that the store does not have: the database was replaced.
        let lost = self.seen > last;
        if lost || self.seen < 0 {
            self.seen = 0;
        }
        let page = history::last(&*store, &chat, self.seen, None).await.map_err(unread)?;
        // The page has missed more than one page: what it shows would have a gap.
        let gap = self.seen > 0 && page.earlier;
        self.seen = page.rows.last().map_or(self.seen, |row| row.seq);
        self.begun = last > 0;
        let messages = self.views(page.rows);
        let reset = lost || gap;
        self.send(&ToPage::Welcome { token, reset, earlier: page.earlier, storing, messages }).await?;
        self.greet().await
    }

    /// Shows how the chat begins, unless it has begun.
    async fn greet(&mut self) -> Result<(), End> {
        if self.begun {
            return Ok(());
        }
        let greeting = self.state.intake.greeting(&self.start()).await;
        let photos = self.at.photos;
        let messages =
            greeting.into_iter().map(|message| MessageView::greeting(message, 0, photos)).collect();
        self.send(&ToPage::Greeting { messages }).await
    }

    /// Handles one frame from the page.
    async fn on_frame(&mut self, message: Message) -> Result<(), End> {
        let guard = Arc::clone(&self.state.guard);
        let counted = guard.frame(&self.at.visitor, Some(&self.address.id), size(&message));
        counted.map_err(|_| End::TOO_FAST)?;
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
            Ok(FromPage::Older { before }) => return self.older(before).await,
            Ok(FromPage::Hello { language, .. }) => return self.change_language(language).await,
            Err(_) => return self.error("bad_frame", None).await,
        };
        let fitting = (1..=ID).contains(&id.chars().count()) && !id.contains('\0');
        let (true, Some(kind)) = (fitting, kind) else {
            return self.error("bad_frame", fitting.then_some(id.as_str())).await;
        };
        if guard.message(&self.at.visitor, &self.address.id, !self.begun).is_err() {
            return self.error("too_fast", Some(&id)).await;
        }
        // The prefix keeps a page from using the key of the `start` command.
        let inbound = self.inbound(&format!("m:{id}"), kind, button);
        if self.receive(inbound).await {
            self.send(&ToPage::Ack { id: &id }).await
        } else {
            self.error("unavailable", Some(&id)).await
        }
    }

    /// The chat of a further `hello` is known already. Only the language may have changed, and with it the greeting.
    async fn change_language(&mut self, language: Option<String>) -> Result<(), End> {
        let client = self.at.client(language);
        if client == self.client {
            return Ok(());
        }
        self.client = client;
        if self.begun {
            return Ok(());
        }
        if self.state.guard.message(&self.at.visitor, &self.address.id, false).is_err() {
            return self.error("too_fast", None).await;
        }
        self.greet().await
    }

    /// Sends the messages before a `seq`.
    async fn older(&mut self, before: i64) -> Result<(), End> {
        if self.state.guard.older(&self.at.visitor, &self.address.id).is_err() {
            return self.error("too_fast", None).await;
        }
        let chat = self.address.to_string();
        let store = Arc::clone(&self.state.channel.store);
        let page = history::last(&*store, &chat, 0, Some(before)).await.map_err(unread)?;
        let messages = self.views(page.rows);
        self.send(&ToPage::Older { earlier: page.earlier, messages }).await
    }

    /// Passes an event of the client to the intake; the first one with the command before it with which chats begin.
    /// Returns false if it could not be stored.
    async fn receive(&mut self, inbound: Inbound) -> bool {
        let intake = Arc::clone(&self.state.intake);
        let starts = matches!(&inbound.kind, EventKind::Command { name, .. } if name == START);
        let stored = match self.begun || starts {
            true => intake.receive(vec![inbound]).await,
            false => intake.begin(self.start(), inbound).await,
        };
        if let Err(error) = &stored {
            tracing::warn!(%error, "a message of a web chat could not be stored; the page repeats it");
        }
        match &stored {
            Ok(()) => self.state.channel.is_storing(true),
            Err(ports::Error::Unavailable { .. }) => self.state.channel.is_storing(false),
            Err(ports::Error::Refused { .. }) => {}
        }
        self.begun |= stored.is_ok();
        stored.is_ok()
    }

    /// The event with which the chat begins. Its key is constant, so that a chat starts once whatever its pages do.
    fn start(&self) -> Inbound {
        self.inbound(START, EventKind::Command { name: START.to_owned(), rest: String::new() }, None)
    }

    fn inbound(&self, key: &str, kind: EventKind, button: Option<String>) -> Inbound {
        Inbound {
            address: self.address.clone(),
            // Prefixed with the chat id, so that a page cannot use up the keys of another chat.
            key: format!("{}:{key}", self.address.id),
            client: self.client.clone(),
            origin: Some(self.at.origin.clone()),
            sent: None,
            kind,
            button,
        }
    }

    /// Sends the messages that were stored since the last read.
    async fn show_news(&mut self) -> Result<(), End> {
        let chat = self.address.to_string();
        let store = Arc::clone(&self.state.channel.store);
        let rows = store.messages(&MessageQuery::of(&chat, self.seen, NEWS)).await.map_err(unread)?;
        for row in rows {
            self.begun = true;
            self.seen = row.seq;
            self.send(&ToPage::Message(MessageView::new(row, self.at.photos))).await?;
        }
        Ok(())
    }

    fn views(&self, rows: Vec<ports::MessageRow>) -> Vec<MessageView> {
        rows.into_iter().map(|row| MessageView::new(row, self.at.photos)).collect()
    }

    async fn error(&mut self, code: &'static str, id: Option<&str>) -> Result<(), End> {
        self.send(&ToPage::Error { code, id }).await
    }

    async fn send(&mut self, frame: &ToPage<'_>) -> Result<(), End> {
        send(&mut self.socket, frame).await
    }
}

async fn send(socket: &mut WebSocket, frame: &ToPage<'_>) -> Result<(), End> {
    let text = serde_json::to_string(frame).map_err(|_| End::Again)?;
    write(socket, Message::Text(text.into())).await
}

async fn write(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(TIMEOUT, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}

async fn close(socket: &mut WebSocket, end: End) {
    let (code, reason) = match end {
        End::Gone => return,
        End::Again => (close_code::AGAIN, "unavailable"),
        End::Stopping => (close_code::AWAY, "stopping"),
        End::Broken(code, reason) => (code, reason),
    };
    let told = match code {
        close_code::AWAY => Ok(()),
        _ => send(socket, &ToPage::Error { code: reason, id: None }).await,
    };
    if told.is_ok() {
        let close = CloseFrame { code, reason: reason.into() };
        drop(write(socket, Message::Close(Some(close))).await);
    }
}

fn unread(error: ports::Error) -> End {
    tracing::warn!(%error, "a web chat could not be read");
    End::Again
}

/// Bytes of a frame's payload.
fn size(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

fn too_long(error: &axum::Error) -> bool {
    // axum does not expose the protocol error type, only its text.
    error.to_string().to_lowercase().contains("too long")
        || error.to_string().to_lowercase().contains("too big")
}
