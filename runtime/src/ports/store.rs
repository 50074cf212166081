//! Durable memory, split by area. A fake implements the areas that it needs; a real store implements all, as [`Store`].
//!
//! Every method is atomic. What a method that returned `Ok` has written survives a crash of the process. Errors are
//! [`super::Error::Unavailable`] when the database is away, and [`super::Error::Refused`] for a value that no database takes.

mod analytics;
mod chats;
mod inbox;
mod leads;
mod leases;
mod outbox;
mod releases;
mod tasks;
mod timers;
mod turns;

use async_trait::async_trait;

pub use analytics::{AnalyticsEvent, AnalyticsEventKind, AnalyticsStore};
pub use chats::{ChatStore, MessageRow, TakenOverChat, WaitingPlace};
pub use inbox::{InboxRow, InboxStore, MAX_PENDING, Next};
pub use leads::{LeadChanged, LeadQuery, LeadStore};
pub use leases::LeaseStore;
pub use outbox::{NoticeRow, OutboxRow, OutboxStore, presses};
pub use releases::{Bundle, Publication, PublicationKind, PublishOutcome, ReleaseStore};
pub use tasks::TaskStore;
pub use timers::TimerStore;
pub use turns::{Chat, Commit, CommitOutcome, StoredTurn, TurnStore};

use super::{AuditStore, Removed, Result, Retention};

/// A chat's key: its [`super::Address`] as text.
pub type ChatKey = String;

/// The whole store, with what concerns the database itself.
#[async_trait]
pub trait Store:
    InboxStore
    + TurnStore
    + OutboxStore
    + TimerStore
    + ChatStore
    + LeadStore
    + ReleaseStore
    + AnalyticsStore
    + LeaseStore
    + TaskStore
    + AuditStore
{
    /// Deletes what is older than is to be kept, at most `limit` rows of each kind, the oldest first. When as many were
    /// deleted, there may be more.
    ///
    /// # Errors
    /// When the database is away.
    async fn retain(&self, keep: &Retention, limit: u32) -> Result<Removed>;

    /// Checks within 4 seconds that the database answers and, after a failed write, that it can be written: for /health.
    ///
    /// # Errors
    /// Why it does not.
    async fn ping(&self) -> Result<()>;

    /// Carries out what is queued and closes the database. Later calls fail as unavailable.
    ///
    /// # Errors
    /// When what was queued could not be written.
    async fn close(&self) -> Result<()>;
}
