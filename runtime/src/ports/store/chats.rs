//! Transcripts, waiting places and handoffs of chats.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tolmach_engine::effect::Author;

use super::ChatKey;
use crate::ports::Result;

/// A message in a chat's transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MessageRow {
    /// Order within the store; 0 when not stored yet.
    #[serde(default)]
    pub seq: i64,
    /// Its author.
    pub who: Author,
    /// The client's text, or the bot's message as JSON of [`tolmach_engine::effect::Outgoing`].
    pub body: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// A node at which chats wait, with their number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct WaitingPlace {
    /// The release to which these chats are pinned.
    pub release: String,
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
    /// The number of chats.
    pub chats: u64,
}

/// A chat that staff have taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TakenOverChat {
    /// The chat.
    pub chat: ChatKey,
    /// Since when, milliseconds since the Unix epoch.
    pub since: i64,
}

/// Which messages of a chat are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageQuery {
    /// The chat.
    pub chat: ChatKey,
    /// Only those above this `seq`.
    pub after: i64,
    /// Only those below this `seq`; `None` for no bound.
    pub before: Option<i64>,
    /// The last so many of them.
    pub limit: u32,
}

impl MessageQuery {
    /// The last `limit` messages above a `seq`.
    pub fn of(chat: impl Into<ChatKey>, after: i64, limit: u32) -> MessageQuery {
        MessageQuery { chat: chat.into(), after, before: None, limit }
    }
}

/// Transcripts and the state of chats.
#[async_trait]
pub trait ChatStore: Send + Sync {
    /// Messages of a chat, oldest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn messages(&self, query: &MessageQuery) -> Result<Vec<MessageRow>>;

    /// The nodes at which chats wait, those with the most chats first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn waiting_places(&self) -> Result<Vec<WaitingPlace>>;

    /// The number of chats that wait at no node.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn chats_at_rest(&self) -> Result<u64>;

    /// The chats that have had a turn and whose key contains `part`, most recently active first, at most 10.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn chats_like(&self, part: &str) -> Result<Vec<ChatKey>>;

    /// The chats that staff have taken over, earliest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn taken_over(&self) -> Result<Vec<TakenOverChat>>;
}
