//! Events on their way into a turn.

use async_trait::async_trait;
use tolmach_engine::event::Event;
use uuid::Uuid;

use super::{Chat, ChatKey};
use crate::ports::{Inbound, Result};

/// As many events of a chat as [`Store::next`] gives at once.
pub const MAX_PENDING: u32 = 20;

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

/// What there is to do for a chat.
#[derive(Clone, Debug, Default)]
pub struct Next {
    /// The oldest waiting events, at most [`BURST`].
    pub rows: Vec<InboxRow>,
    /// The chat as it stands.
    pub chat: Chat,
    /// Whether its outbox holds undelivered messages.
    pub owed: bool,
}

/// Received events that wait for their turn.
#[async_trait]
pub trait InboxStore: Send + Sync {
    /// Stores what was received, skipping known (channel, key) pairs; returns the chats that have something new.
    /// Event ids are given by the caller, one an item.
    async fn receive(&self, at: i64, inbound: Vec<(Uuid, Inbound)>) -> Result<Vec<ChatKey>>;

    /// What there is to do for a chat, at one moment.
    async fn next(&self, chat: &str) -> Result<Next>;

    /// The chats of these channels that have waiting events, or whose oldest undelivered message is due by `now`, and
    /// that no other living process has leased.
    async fn unfinished(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>>;
}
