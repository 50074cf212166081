//! Turns: committed whole, and read again for replays.

use async_trait::async_trait;
use tolmach_engine::{
    effect::{Effect, Press},
    event::Event,
};

use super::{ChatKey, MessageRow, NoticeRow};
use crate::ports::Result;

/// What is stored of a chat between turns.
#[derive(Clone, Debug, Default)]
pub struct Chat {
    /// The session as JSON; `None` for a chat that has not had a turn.
    pub session: Option<String>,
    /// Grows by one with every commit; 0 before the first.
    pub version: i64,
}

/// One turn, to be stored whole or not at all.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The chat.
    pub chat: ChatKey,
    /// The inbox rows that this turn consumes, at least one.
    pub inbox: Vec<i64>,
    /// The event of the turn: the row's own, or what several rows were merged into.
    pub event: Event,
    /// The version the turn started from.
    pub version: i64,
    /// The session after the turn, as JSON.
    pub session: String,
    /// The flow and the node inside which the chat waits from now on; `None` when it does not.
    pub waits: Option<(String, String)>,
    /// Since when a person has the chat, milliseconds since the Unix epoch; `None` when the bot has it.
    pub handed: Option<i64>,
    /// What the client said, if the turn began so, and what the bot says; in order.
    pub messages: Vec<MessageRow>,
    /// Everything to do, in order.
    pub effects: Vec<Effect>,
    /// Messages to the staff, with the addresses they go to.
    pub notices: Vec<NoticeRow>,
    /// The turn's trace, as JSON.
    pub trace: String,
    /// The release that the turn ran on.
    pub release: String,
}

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// Stored.
    Stored,
    /// Another process committed a turn of this chat since it was loaded, or consumed the inbox row: nothing was stored.
    Conflict,
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

/// Sessions and committed turns.
#[async_trait]
pub trait TurnStore: Send + Sync {
    /// The chat as it stands.
    async fn chat(&self, chat: &str) -> Result<Chat>;

    /// Stores a turn: inbox rows consumed, session replaced if its version is still the one given, messages, trace,
    /// buttons, outbox, notices, leads, timers and marks. Tasks are pushed for the addresses of notices and for timers.
    async fn commit(&self, commit: Commit) -> Result<CommitOutcome>;

    /// What a button of this chat stands for.
    async fn button(&self, chat: &str, id: &str) -> Result<Option<Press>>;

    /// Stored turns of a chat, oldest first.
    async fn turns(&self, chat: &str, limit: u32) -> Result<Vec<StoredTurn>>;

    /// Stored turns of all chats since `at`, in the order of their `seq`, those above `after` only.
    async fn turns_since(&self, at: i64, after: i64, limit: u32) -> Result<Vec<StoredTurn>>;
}
