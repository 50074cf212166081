//! Chats that a person of the staff has: which ones, taking one, writing into it, giving it back.
//!
//! What a person does enters by the same door as a client's message: it is put into the inbox, and a running server takes it up
//! from there. Nothing is delivered from here.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::Serialize;
use tolmach_engine::{
    effect::{Author, Outgoing},
    event::{Client, EventKind, StaffAction},
};
use tolmach_runtime::ports::{
    self, Actor, Address, Clock, Inbound, Intake, MAX_PENDING, MessageQuery, MessageRow, Store, Via,
};
use uuid::Uuid;

use crate::{audit::Change, text::event_id};

/// How long a running server is waited for; it looks twice a second.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How often it is looked whether a server took the action up.
const POLL: Duration = Duration::from_millis(50);
/// The longest message to a client, in characters; what clients themselves may write.
const LONGEST: usize = 4096;

/// A chat that a person has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Handoff {
    /// The chat's key.
    pub chat: String,
    /// Since when, milliseconds since the Unix epoch.
    pub since: i64,
    /// What was said last, oldest first.
    pub messages: Vec<Said>,
}

/// A message of such a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Who said it.
    pub who: Author,
    /// The name of the person of the staff who did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What was said, cards by their names.
    pub text: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// What was done with a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acted {
    /// The chat's key.
    pub chat: String,
    /// What was done.
    pub action: StaffAction,
    /// Whether a running server took it up; otherwise it is kept until one does.
    pub done: bool,
}

/// Why nothing was done with a chat.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to say.
    #[error("the text is empty; write what the client is to read")]
    Empty,
    /// More than is sent.
    #[error("the text has {0} characters; at most {LONGEST} are sent")]
    TooLong(usize),
    /// No chat was named.
    #[error("name a chat, as `tolmach handoff list` shows them")]
    NoName,
    /// No chat's key holds this.
    #[error(
        "there is no chat {part}; {}",
        if last.is_empty() { "nobody has written yet".to_owned() } else { format!("the last ones are\n  {}", last.join("\n  ")) }
    )]
    Unknown {
        /// What was given.
        part: String,
        /// The chats that were active last.
        last: Vec<String>,
    },
    /// Several chats' keys hold this.
    #[error("{part} is part of several chats; write more of one\n  {}", chats.join("\n  "))]
    Ambiguous {
        /// What was given.
        part: String,
        /// The chats.
        chats: Vec<String>,
    },
    /// There is nothing to give back.
    #[error("the bot has {0} already; `tolmach handoff list` shows the chats that a person has")]
    NotTaken(String),
    /// A stored key that no channel writes.
    #[error("{0} is no chat's key")]
    BadKey(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

impl Error {
    /// The reason for the audit log, without anything that was typed: a text may have been given in place of a chat.
    fn reason(&self) -> String {
        let reason = match self {
            Error::Empty | Error::TooLong(_) | Error::NotTaken(_) | Error::Store(_) => {
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

/// The chats that a person has, longest first, each with its last `messages` messages.
///
/// # Errors
/// When the database is away.
pub async fn list(store: &dyn Store, messages: u32) -> ports::Result<Vec<Handoff>> {
    let mut listed = Vec::new();
    for taken in store.handed().await? {
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

/// Takes a chat from the bot without a word. `chat` is its key, or a part that no other has.
///
/// Writes a `handoff.take` row of the audit log.
///
/// # Errors
/// When no one chat is meant, or the database is away.
pub async fn take(store: &dyn Store, actor: &Actor, now: i64, chat: &str) -> Result<Acted, Error> {
    act(store, actor, now, "handoff.take", chat, StaffAction::Take).await
}

/// Writes to the client; the bot is silent from then on. The text has 1 to 4,096 characters without the blanks around it.
///
/// Writes a `handoff.say` row of the audit log, which does not hold the text.
///
/// # Errors
/// When the text is empty or too long, no one chat is meant, or the database is away.
pub async fn say(store: &dyn Store, actor: &Actor, now: i64, chat: &str, text: &str) -> Result<Acted, Error> {
    let text = text.trim().to_owned();
    act(store, actor, now, "handoff.say", chat, StaffAction::Say { text }).await
}

/// Gives a chat back to the bot.
///
/// Writes a `handoff.return` row of the audit log.
///
/// # Errors
/// When no one chat is meant, the bot has it, or the database is away.
pub async fn give_back(store: &dyn Store, actor: &Actor, now: i64, chat: &str) -> Result<Acted, Error> {
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
    async fn receive(&self, inbound: Vec<Inbound>) -> ports::Result<()> {
        let changes: Vec<Change> = inbound
            .iter()
            .filter_map(|inbound| {
                let EventKind::Staff { action, by } = &inbound.kind else { return None };
                let (name, characters) = match action {
                    StaffAction::Say { text } => ("handoff.say", Some(text.chars().count())),
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

fn said(row: MessageRow) -> Said {
    let MessageRow { who, body, at, .. } = row;
    match who {
        Author::Client => Said { who, name: None, text: body, at },
        Author::Bot | Author::Staff => {
            let message: Outgoing = serde_json::from_str(&body).unwrap_or_default();
            let cards = message.cards.iter().map(|card| format!("[{}]", card.name));
            let parts: Vec<String> = std::iter::once(message.text.clone()).chain(cards).collect();
            let text = parts.join(" ").trim().to_owned();
            Said { who, name: message.staff, text, at }
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
) -> Result<Acted, Error> {
    let mut change = Change::new(actor, name, now);
    if let StaffAction::Say { text } = &action {
        change.detail("characters", text.chars().count());
    }
    let acted = find_and_act(store, actor, now, part, action, &mut change).await;
    if let Ok(acted) = &acted {
        change.detail("taken_up", acted.done);
    }
    change.end_with(store, acted.as_ref().err().map(Error::reason)).await;
    acted
}

async fn find_and_act(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    part: &str,
    action: StaffAction,
    change: &mut Change,
) -> Result<Acted, Error> {
    if let StaffAction::Say { text } = &action {
        match text.chars().count() {
            0 => return Err(Error::Empty),
            count if count > LONGEST => return Err(Error::TooLong(count)),
            _ => {}
        }
    }
    let chat = match action {
        // Only these can be given back, so that a part need be unique among them alone.
        StaffAction::Return => {
            let keys = store.handed().await?.into_iter().map(|taken| taken.chat);
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
    let done = hand_in(store, actor, now, &chat, action.clone()).await?;
    Ok(Acted { chat, action, done })
}

/// The one chat of those found, by its whole key or the part.
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

/// Puts it into the inbox, and looks whether a server takes it up.
async fn hand_in(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    chat: &str,
    action: StaffAction,
) -> Result<bool, Error> {
    let Some(address) = Address::parse(chat) else { return Err(Error::BadKey(chat.to_owned())) };
    let event = event_id(now);
    let inbound = Inbound {
        address,
        key: format!("staff:{event}"),
        client: Client::default(),
        kind: EventKind::Staff { action, by: Some(actor.id.clone()) },
        button: None,
    };
    store.receive(now, vec![(event, inbound)]).await?;
    match tokio::time::timeout(TIMEOUT, taken_up(store, chat, event)).await {
        Ok(taken) => Ok(taken.map(|()| true)?),
        Err(_) => Ok(false),
    }
}

/// Waits until an event is no longer in the inbox.
async fn taken_up(store: &dyn Store, chat: &str, event: Uuid) -> ports::Result<()> {
    loop {
        let rows = store.next(chat).await?.rows;
        // Behind more rows than are read at once it waits as well.
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
    fn the_log_never_repeats_what_was_typed() {
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
