//! What is known of chats beside their turns: what was said, where they wait, who has them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tolmach_engine::effect::Author;

use super::ChatKey;
use crate::ports::Result;

/// Something said, for the history of a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRow {
    /// Order within the store; 0 when not stored yet.
    #[serde(default)]
    pub seq: i64,
    /// Who said it.
    pub who: Author,
    /// The client's text, or the bot's message as JSON of [`tolmach_engine::effect::Outgoing`].
    pub body: String,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}

/// Chats that wait inside a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingPlace {
    /// The release they are pinned to.
    pub release: String,
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
    /// How many.
    pub chats: u64,
}

/// A chat that a person has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TakenOverChat {
    /// The chat.
    pub chat: ChatKey,
    /// Since when, milliseconds since the Unix epoch.
    pub since: i64,
}

/// Transcripts and the state of chats.
#[async_trait]
pub trait ChatStore: Send + Sync {
    /// The last `limit` messages of a chat with `seq` above `after`, oldest first.
    async fn messages(&self, chat: &str, after: i64, limit: u32) -> Result<Vec<MessageRow>>;

    /// Where chats wait inside nodes, the most first.
    async fn waiting_places(&self) -> Result<Vec<WaitingPlace>>;

    /// How many chats do not wait inside a node.
    async fn chats_at_rest(&self) -> Result<u64>;

    /// The keys of at most 10 chats that have had a turn and whose key holds this text, the last active first.
    async fn chats_like(&self, part: &str) -> Result<Vec<ChatKey>>;

    /// The chats that a person has, longest first.
    async fn handed(&self) -> Result<Vec<TakenOverChat>>;
}
