//! Leases: which process works on a chat.

use async_trait::async_trait;

use super::ChatKey;
use crate::ports::Result;

/// Leases of chats among the processes on one database.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Takes chats for this process for 10 seconds, or prolongs that; returns those it has now. A process that has a
    /// chat may yet meet another in it, after a pause of the one or a lost connection: [`Store::commit`] tells.
    async fn lease(&self, chats: Vec<ChatKey>) -> Result<Vec<ChatKey>>;

    /// Lets other processes have chats.
    async fn give_back(&self, chats: Vec<ChatKey>) -> Result<()>;

    /// Waits until other processes have received or stored something for chats, and returns these. What happens while
    /// nobody waits, or while a connection is lost, may be missed: [`Store::unfinished`] finds it.
    async fn changed(&self) -> Vec<ChatKey>;
}
