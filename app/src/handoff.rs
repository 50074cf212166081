//! Handoff: lists the chats that the staff took over, takes a chat over, writes to its client, returns it to the bot.
//!
//! A staff action is put into the inbox like a client's message, and a running server processes it. This module
//! delivers nothing itself.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::json;
use tolmach_engine::{
    effect::{Author, Card, Outgoing, SentFile},
    event::{Client, EventKind, StaffAction},
};
use tolmach_runtime::ports::{
    self, Actor, Address, Clock, Inbound, Intake, MAX_PENDING, MessageQuery, MessageRow, Store, UnreadUpdate,
    Via, Write,
};
use uuid::Uuid;

use crate::{audit::Change, files::MOST_FILES, text::event_id};

/// How long to wait for a running server to process the action; the server polls twice a second.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How often the inbox is checked while waiting.
const POLL: Duration = Duration::from_millis(50);
/// The longest message to a client, in characters; the same limit as for clients.
const LONGEST: usize = 4096;
/// The most products of a message.
pub const MOST_CARDS: usize = 10;

/// A chat that the staff took over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Handoff {
    /// The chat's key.
    pub chat: String,
    /// Since when, milliseconds since the Unix epoch.
    pub since: i64,
    /// The last messages, oldest first.
    pub messages: Vec<HandoffMessage>,
}

/// A message of such a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandoffMessage {
    /// Who said it.
    pub who: Author,
    /// The name of the staff member who sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The text; product cards and files are added as `[name]`.
    pub text: String,
    /// When it was sent, milliseconds since the Unix epoch.
    pub at: i64,
}

/// What a person of the staff writes to a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply<'r> {
    /// The text; at most 4,096 characters after trimming, and empty only beside products or files.
    pub text: &'r str,
    /// Products, at most [`MOST_CARDS`].
    pub cards: Vec<Card>,
    /// Files that are kept, at most [`MOST_FILES`].
    pub files: Vec<SentFile>,
}

/// The result of a staff action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StaffActionResult {
    /// The chat's key.
    pub chat: String,
    /// The action.
    pub action: StaffAction,
    /// Whether a running server has processed it; otherwise it stays in the inbox until one does.
    pub done: bool,
}

/// Why a staff action was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is empty.
    #[error("the text is empty; write what the client is to read")]
    Empty,
    /// The text is longer than 4,096 characters.
    #[error("the text has {0} characters; at most {LONGEST} are sent")]
    TooLong(usize),
    /// There are more than [`MOST_CARDS`] products.
    #[error("there are {0} products; a message shows at most {MOST_CARDS}")]
    TooManyCards(usize),
    /// There are more than [`MOST_FILES`] files.
    #[error("there are {0} files; a message takes at most {MOST_FILES}")]
    TooManyFiles(usize),
    /// No chat was named.
    #[error("name a chat, as `tolmach handoff list` shows them")]
    NoName,
    /// No chat's key contains the given text.
    #[error(
        "there is no chat {part}; {}",
        if last.is_empty() { "nobody has written yet".to_owned() } else { format!("the last ones are\n  {}", last.join("\n  ")) }
    )]
    Unknown {
        /// What was given.
        part: String,
        /// The most recently active chats.
        last: Vec<String>,
    },
    /// Several chats' keys contain the given text.
    #[error("{part} is part of several chats; write more of one\n  {}", chats.join("\n  "))]
    Ambiguous {
        /// What was given.
        part: String,
        /// The keys that contain it.
        chats: Vec<String>,
    },
    /// The chat is not taken over, so it cannot be returned.
    #[error("the bot has {0} already; `tolmach handoff list` shows the chats that a person has")]
    NotTaken(String),
    /// A stored chat key that cannot be parsed.
    #[error("{0} is no chat's key")]
    BadKey(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

impl Error {
    /// The reason for the audit log, without any input: a message may have been given in place of a chat's key.
    fn reason(&self) -> String {
        let reason = match self {
            Error::Empty
            | Error::TooLong(_)
            | Error::TooManyCards(_)
            | Error::TooManyFiles(_)
            | Error::NotTaken(_)
            | Error::Store(_) => {
                return self.to_string();
            }
            Error::NoName => "no chat was named",
            Error::Unknown { .. } => "there is no such chat",
            Error::Ambiguous { .. } => "several chats have such a key",
            Error::BadKey(_) => "the key is no chat's",
        };
        reason.to_owned()
    }
}

/// The chats that the staff took over, the longest-standing first, each with its last `messages` messages.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn Store, messages: u32) -> ports::Result<Vec<Handoff>> {
    let mut listed = Vec::new();
    for taken in store.taken_over().await? {
        let messages = store
            .messages(&MessageQuery::of(&taken.chat, 0, messages))
            .await?
            .into_iter()
            .map(said)
            .collect();
        listed.push(Handoff { chat: taken.chat, since: taken.since, messages });
    }
    Ok(listed)
}

/// Takes a chat over from the bot without a message. `chat` is its key, or a part that no other key contains.
///
/// Writes a `handoff.take` row of the audit log.
///
/// # Errors
/// When no chat or several match, or the database is unavailable.
pub async fn take(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    chat: &str,
) -> Result<StaffActionResult, Error> {
    act(store, actor, now, "handoff.take", chat, StaffAction::Take).await
}

/// Sends a message to the client and takes the chat over.
///
/// Writes a `handoff.say` row of the audit log, without the text and the names of files.
///
/// # Errors
/// When the message is empty or too long, no chat or several match, or the database is unavailable.
pub async fn say(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    chat: &str,
    reply: Reply<'_>,
) -> Result<StaffActionResult, Error> {
    let Reply { text, cards, files } = reply;
    let text = text.trim().to_owned();
    act(store, actor, now, "handoff.say", chat, StaffAction::Say { text, cards, files }).await
}

/// Returns a chat to the bot.
///
/// Writes a `handoff.return` row of the audit log.
///
/// # Errors
/// When no chat or several match, the chat is not taken over, or the database is unavailable.
pub async fn give_back(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    chat: &str,
) -> Result<StaffActionResult, Error> {
    act(store, actor, now, "handoff.return", chat, StaffAction::Return).await
}

/// The intake of a channel in which people of the staff act: what they do there becomes a row of the audit log, in the name that
/// the channel gives them.
///
/// An update that the channel brings again after a crash is one event, but may be two rows.
pub struct AuditedIntake {
    intake: Arc<dyn Intake>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    channel: &'static str,
}

impl AuditedIntake {
    /// Passes everything on to `intake`.
    pub fn new(
        intake: Arc<dyn Intake>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        channel: &'static str,
    ) -> AuditedIntake {
        AuditedIntake { intake, store, clock, channel }
    }
}

#[async_trait]
impl Intake for AuditedIntake {
    async fn put_aside(&self, update: UnreadUpdate) -> ports::Result<()> {
        self.intake.put_aside(update).await
    }

    async fn receive(&self, inbound: Vec<Inbound>) -> ports::Result<()> {
        let changes: Vec<Change> = inbound
            .iter()
            .filter_map(|inbound| {
                let EventKind::Staff { action, by } = &inbound.kind else { return None };
                let (name, characters) = match action {
                    StaffAction::Say { text, .. } => ("handoff.say", Some(text.chars().count())),
                    StaffAction::Take => ("handoff.take", None),
                    StaffAction::Return => ("handoff.return", None),
                };
                let via = Via::Staff(self.channel.to_owned());
                let actor = Actor { id: by.clone().unwrap_or_default(), via };
                let mut change = Change::new(&actor, name, self.clock.now());
                change.on(inbound.address.to_string());
                if let Some(characters) = characters {
                    change.detail("characters", characters);
                }
                Some(change)
            })
            .collect();
        let received = self.intake.receive(inbound).await;
        for change in changes {
            change.end(&*self.store, &received).await;
        }
        received
    }
}

fn said(row: MessageRow) -> HandoffMessage {
    let MessageRow { who, body, at, .. } = row;
    match who {
        Author::Client => HandoffMessage { who, name: None, text: body, at },
        Author::Bot | Author::Staff => {
            let message: Outgoing = serde_json::from_str(&body).unwrap_or_default();
            let cards = message.cards.iter().map(|card| format!("[{}]", card.name));
            let files = message.files.iter().map(|file| format!("[{}]", file.name));
            let parts: Vec<String> =
                std::iter::once(message.text.clone()).chain(cards).chain(files).collect();
            let text = parts.join(" ").trim().to_owned();
            HandoffMessage { who, name: message.staff, text, at }
        }
    }
}

async fn act(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    name: &'static str,
    part: &str,
    action: StaffAction,
) -> Result<StaffActionResult, Error> {
    let mut change = Change::new(actor, name, now);
    let acted = find_and_act(store, actor, now, part, action, &mut change).await;
    // The row of what was done was written with the event.
    if let Err(why) = &acted {
        change.end_with(store, Some(why.reason())).await;
    }
    acted
}

async fn find_and_act(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    part: &str,
    action: StaffAction,
    change: &mut Change,
) -> Result<StaffActionResult, Error> {
    if let StaffAction::Say { text, cards, files } = &action {
        if files.len() > MOST_FILES {
            return Err(Error::TooManyFiles(files.len()));
        }
        if cards.len() > MOST_CARDS {
            return Err(Error::TooManyCards(cards.len()));
        }
        match text.chars().count() {
            0 if cards.is_empty() && files.is_empty() => return Err(Error::Empty),
            count if count > LONGEST => return Err(Error::TooLong(count)),
            _ => {}
        }
    }
    let chat = match action {
        // Only chats that are taken over can be returned, so the part must be unique among them only.
        StaffAction::Return => {
            let keys = store.taken_over().await?.into_iter().map(|taken| taken.chat);
            let found: Vec<String> = keys.filter(|key| key.contains(part)).collect();
            if found.is_empty() {
                let chat = find(store, part, store.chats_like(part).await?).await?;
                change.on(chat.clone());
                return Err(Error::NotTaken(chat));
            }
            find(store, part, found).await?
        }
        _ => find(store, part, store.chats_like(part).await?).await?,
    };
    change.on(chat.clone());
    let before = store.dialog(&chat).await?;
    let holder = before.as_ref().and_then(|row| row.holder.clone());
    let taken = before.is_some_and(|row| row.taken_over_at.is_some());
    change.before(json!({ "with_a_person": taken, "holder": holder }));
    change.after(match &action {
        StaffAction::Take => json!({ "with_a_person": true, "holder": actor.id }),
        StaffAction::Return => json!({ "with_a_person": false, "holder": null }),
        StaffAction::Say { text, cards, files } => json!({
            "with_a_person": true, "holder": actor.id, "characters": text.chars().count(), "products": cards.len(),
            "files": files.len(),
        }),
    });
    let done = hand_in(store, actor, now, &chat, action.clone(), change).await?;
    Ok(StaffActionResult { chat, action, done })
}

/// Picks the chat whose key equals `part`, or else the only one in `found`.
async fn find(store: &dyn Store, part: &str, mut found: Vec<String>) -> Result<String, Error> {
    if part.is_empty() {
        return Err(Error::NoName);
    }
    if found.iter().any(|key| key == part) {
        return Ok(part.to_owned());
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Error::Unknown { part: part.to_owned(), last: store.chats_like("").await? }),
        _ => Err(Error::Ambiguous { part: part.to_owned(), chats: found }),
    }
}

/// Puts the action into the inbox and waits for a server to process it. Returns whether one did within [`TIMEOUT`].
async fn hand_in(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    chat: &str,
    action: StaffAction,
    change: &Change,
) -> Result<bool, Error> {
    let Some(address) = Address::parse(chat) else { return Err(Error::BadKey(chat.to_owned())) };
    let event = event_id(now);
    let inbound = Inbound {
        address,
        key: format!("staff:{event}"),
        client: Client::default(),
        kind: EventKind::Staff { action, by: Some(actor.id.clone()) },
        button: None,
        origin: None,
        sent: None,
    };
    let event_row = Write::Receive { at: now, id: event, inbound: Box::new(inbound) };
    change.write(store, vec![event_row]).await?;
    match tokio::time::timeout(TIMEOUT, taken_up(store, chat, event)).await {
        Ok(taken) => Ok(taken.map(|()| true)?),
        Err(_) => Ok(false),
    }
}

/// Waits until an event is no longer in the inbox.
async fn taken_up(store: &dyn Store, chat: &str, event: Uuid) -> ports::Result<()> {
    loop {
        let rows = store.next(chat).await?.rows;
        // `next` returns at most `MAX_PENDING` rows; the event may be behind them.
        let waiting = rows.iter().any(|row| row.event.id == event)
            || rows.len() >= usize::try_from(MAX_PENDING).unwrap_or(usize::MAX);
        if !waiting {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_carry_the_time_and_differ() {
        let (one, other) = (event_id(1_795_424_400_123), event_id(1_795_424_400_123));
        assert_ne!(one, other);
        let time = one.get_timestamp().unwrap().to_unix();
        assert_eq!(time, (1_795_424_400, 123_000_000));
    }

    #[test]
    fn the_audit_reason_never_contains_the_input() {
        let typed = || "call 8 999 123-45-67".to_owned();
        for error in [
            Error::Unknown { part: typed(), last: vec!["web:1".to_owned()] },
            Error::Ambiguous { part: typed(), chats: Vec::new() },
        ] {
            assert!(error.to_string().contains("8 999") && !error.reason().contains("8 999"), "{error}");
        }
        assert!(Error::TooLong(5000).reason().contains("5000"));
    }
}
