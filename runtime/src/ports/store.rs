//! What is remembered. One port, and one commit a turn.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tolmach_engine::{
    effect::{Button, Effect, Lead, Press, Who},
    event::Event,
};

use super::Inbound;

/// A chat's key: its [`Address`] as text.
pub type ChatKey = String;

/// An event that waits for its turn.
#[derive(Clone, Debug)]
pub struct InboxRow {
    /// Order within the store.
    pub seq: i64,
    /// The chat.
    pub chat: ChatKey,
    /// The event; its id was made when it was received.
    pub event: Event,
    /// For a press: the id of the button.
    pub button: Option<String>,
}

/// What is stored of a chat between turns.
#[derive(Clone, Debug, Default)]
pub struct Chat {
    /// The session as JSON; `None` for a chat that has not had a turn.
    pub session: Option<String>,
    /// Grows by one with every commit; 0 before the first.
    pub version: i64,
}

/// A message to be delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// The effect's id.
    pub effect: String,
    /// The chat.
    pub chat: ChatKey,
    /// The message, as JSON of [`tolmach_engine::effect::Outgoing`].
    pub payload: String,
    /// Attempts made so far.
    pub attempts: i64,
    /// Not before this time, milliseconds since the Unix epoch.
    pub due: i64,
}

/// One turn, to be stored whole or not at all.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The chat.
    pub chat: ChatKey,
    /// The inbox row that this turn consumes.
    pub inbox: i64,
    /// The event that the row held.
    pub event: Event,
    /// The version the turn started from.
    pub version: i64,
    /// The session after the turn, as JSON.
    pub session: String,
    /// What the client said, if the turn began so, and what the bot says; in order.
    pub messages: Vec<MessageRow>,
    /// Everything to do, in order.
    pub effects: Vec<Effect>,
    /// The turn's trace, as JSON.
    pub trace: String,
    /// The release that the turn ran on.
    pub release: String,
}

/// Something said, for the history of a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRow {
    /// Order within the store; 0 when not stored yet.
    #[serde(default)]
    pub seq: i64,
    /// Who said it.
    pub who: Who,
    /// The client's text, or the bot's message as JSON of [`tolmach_engine::effect::Outgoing`].
    pub body: String,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// Stored.
    Stored,
    /// Another process committed a turn of this chat since it was loaded, or consumed the inbox row: nothing was stored.
    Conflict,
}

/// A lead as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadRow {
    /// Its id.
    pub id: String,
    /// The chat it came from.
    pub chat: ChatKey,
    /// Its content.
    pub lead: Lead,
    /// Milliseconds since the Unix epoch.
    pub created: i64,
    /// Milliseconds since the Unix epoch.
    pub updated: i64,
}

/// A turn as stored.
#[derive(Clone, Debug)]
pub struct StoredTurn {
    /// Order within the store.
    pub seq: i64,
    /// The chat.
    pub chat: ChatKey,
    /// When its event was received, milliseconds since the Unix epoch.
    pub at: i64,
    /// The event that started it.
    pub event: Event,
    /// The release it ran on.
    pub release: String,
    /// The trace, as JSON.
    pub trace: String,
}

/// The text files of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Content hash.
    pub id: String,
    /// Paths and texts, as JSON.
    pub files: String,
}

/// Durable memory. Every method is atomic; a method that returned Ok survives a crash of the process.
#[async_trait]
pub trait Store: Send + Sync {
    /// Stores what was received, skipping known (channel, key) pairs; returns the chats that have something new.
    /// Event ids are given by the caller, one an item.
    async fn receive(&self, at: i64, inbound: Vec<(uuid::Uuid, Inbound)>) -> super::Result<Vec<ChatKey>>;

    /// The oldest waiting event of a chat, with the chat as it stands.
    async fn next(&self, chat: &str) -> super::Result<Option<(InboxRow, Chat)>>;

    /// The chat as it stands.
    async fn chat(&self, chat: &str) -> super::Result<Chat>;

    /// Stores a turn: inbox row consumed, session replaced if its version is still the one given, messages, trace,
    /// buttons, outbox, leads and timers.
    async fn commit(&self, commit: Commit) -> super::Result<CommitOutcome>;

    /// The chats of these channels that have waiting events or undelivered messages.
    async fn unfinished(&self, channels: &[String]) -> super::Result<Vec<ChatKey>>;

    /// A chat's undelivered messages, oldest first.
    async fn outbox(&self, chat: &str) -> super::Result<Vec<OutboxRow>>;

    /// Marks messages as delivered (or dropped for good).
    async fn delivered(&self, effects: Vec<String>) -> super::Result<()>;

    /// Puts a message off until `due` and counts the attempt.
    async fn put_off(&self, effect: &str, due: i64) -> super::Result<()>;

    /// What a button of this chat stands for.
    async fn button(&self, chat: &str, id: &str) -> super::Result<Option<Press>>;

    /// Turns timers due by `now` into waiting events, once each; returns their chats.
    async fn fire_timers(&self, now: i64, channels: &[String]) -> super::Result<Vec<ChatKey>>;

    /// When the next timer falls due, milliseconds since the Unix epoch.
    async fn next_timer(&self, channels: &[String]) -> super::Result<Option<i64>>;

    /// The last `limit` messages of a chat with `seq` above `after`, oldest first.
    async fn messages(&self, chat: &str, after: i64, limit: u32) -> super::Result<Vec<MessageRow>>;

    /// Leads, newest first.
    async fn leads(&self, limit: u32) -> super::Result<Vec<LeadRow>>;

    /// Stored turns of a chat, oldest first.
    async fn turns(&self, chat: &str, limit: u32) -> super::Result<Vec<StoredTurn>>;

    /// Stored turns of all chats whose event was received at `at` or later, with `seq` above `after`, oldest first.
    async fn turns_since(&self, at: i64, after: i64, limit: u32) -> super::Result<Vec<StoredTurn>>;

    /// Keeps a release; nothing happens when it is kept already.
    async fn keep_release(&self, bundle: &Bundle, at: i64) -> super::Result<()>;

    /// A kept release.
    async fn release(&self, id: &str) -> super::Result<Option<Bundle>>;

    /// Whether the database answers: for /health.
    async fn ping(&self) -> super::Result<()>;
}

/// The buttons of an effect that come back as presses.
pub fn presses(buttons: &[Button]) -> impl Iterator<Item = (&str, &Press)> {
    buttons.iter().filter_map(|button| match &button.action {
        tolmach_engine::effect::Action::Press { id, press } => Some((id.as_str(), press)),
        tolmach_engine::effect::Action::Open { .. } => None,
    })
}
