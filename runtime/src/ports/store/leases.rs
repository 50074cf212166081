//! Leases: which process works on a chat.

use async_trait::async_trait;

use super::ChatKey;
use crate::ports::Result;

/// Leases of chats, and change notifications, among the processes on one database.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Takes or renews leases of chats; returns the chats that this process holds now. A lease lasts 10 seconds by
    /// default. After a long pause or a lost connection two processes may still work on one chat;
    /// [`super::TurnStore::commit`] detects that.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn lease(&self, chats: Vec<ChatKey>) -> Result<Vec<ChatKey>>;

    /// Gives leases back. Chats that this process does not hold are ignored.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn release_lease(&self, chats: Vec<ChatKey>) -> Result<()>;

    /// Waits until other processes have received or stored something for chats, and returns these chats. Changes made
    /// while nobody waits or the connection is lost may be missed; [`super::InboxStore::unfinished`] finds them. Never
    /// returns if no other process can use the database.
    async fn changed(&self) -> Vec<ChatKey>;
}
