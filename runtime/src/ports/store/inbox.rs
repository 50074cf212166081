//! The inbox: received events that wait for a turn.

use async_trait::async_trait;
use tolmach_engine::event::Event;
use uuid::Uuid;

use super::{Chat, ChatKey};
use crate::ports::{Inbound, Result};

/// Maximum number of events that [`InboxStore::next`] returns.
pub const MAX_PENDING: u32 = 20;

/// An event that waits for a turn.
#[derive(Clone, Debug)]
pub struct InboxRow {
    /// Order within the store.
    pub seq: i64,
    /// The chat.
    pub chat: ChatKey,
    /// The event; its id was assigned when it was received.
    pub event: Event,
    /// For a press: the button's id.
    pub button: Option<String>,
    /// The `seq` of further rows that are consumed with this one: edits of its message that it has the text of. None as read
    /// from the store.
    pub edits: Vec<i64>,
}

/// The pending work of a chat.
#[derive(Clone, Debug, Default)]
pub struct Next {
    /// The oldest waiting events in order of receipt, at most [`MAX_PENDING`].
    pub rows: Vec<InboxRow>,
    /// The chat's session.
    pub chat: Chat,
    /// Whether the chat has undelivered messages.
    pub undelivered: bool,
}

/// Stores received events and finds pending work.
#[async_trait]
pub trait InboxStore: Send + Sync {
    /// Stores received events with the time `at`, milliseconds since the Unix epoch. The caller gives each event its
    /// id. Known (channel, key) pairs are skipped. Returns the chats that have a new event.
    ///
    /// # Errors
    /// When the database is unavailable, or when a chat key or an event key contains U+0000.
    async fn receive(&self, at: i64, inbound: Vec<(Uuid, Inbound)>) -> Result<Vec<ChatKey>>;

    /// Reads the pending work of a chat in one snapshot.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn next(&self, chat: &str) -> Result<Next>;

    /// The chats of these channels that have a waiting event, or whose oldest undelivered message is due by `now`
    /// (milliseconds since the Unix epoch), except those that another live process has leased.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn unfinished(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>>;
}
