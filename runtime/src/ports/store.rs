//! The store ports, split by area. A fake implements the areas that it needs; a real store implements all of them, as
//! [`Store`].
//!
//! Every method is atomic. What a method has written when it returns `Ok` survives a crash of the process. Errors are
//! [`super::Error::Unavailable`] when the database is unavailable, and [`super::Error::Refused`] for a value that it
//! cannot store, such as a key with U+0000.

mod accounts;
mod analytics;
mod chats;
mod clients;
mod data;
mod dialogs;
mod drafts;
mod figures;
mod images;
mod inbox;
mod leads;
mod leases;
mod outbox;
mod releases;
mod settings;
mod tasks;
mod timers;
mod tokens;
mod turns;

use async_trait::async_trait;

pub use accounts::{Account, AccountSaved, AccountStore, Invitation, Login, LoginCount, Logins, handle};
pub use analytics::{AnalyticsEvent, AnalyticsEventKind, AnalyticsStore};
pub use chats::{ChatStore, MessageQuery, MessageRow, TakenOverChat, WaitingPlace};
pub use clients::{ClientStore, ClientTable, Erased, Erasure, MAX_MENTIONS, Mention, Needle, Purged};
pub use data::{
    ColumnKind, DataChange, DataColumn, DataEdit, DataFilter, DataQuery, DataReference, DataRow, DataStore,
    DataTable, DatabaseFacts, Fixed,
};
pub use dialogs::{
    ChatOverview, DialogQuery, DialogRow, DialogStore, FoundSaid, HandoffChange, MAX_FOUND, News, NoteRow,
    Queue, TurnLine, Waiting,
};
pub use drafts::{
    DRAFT_PERSON_KEPT, DraftChange, DraftChangeKind, DraftFile, DraftPerson, DraftState, DraftStore,
    DraftWrite, FlowDraft, MAX_CLOSED_DRAFTS, MAX_DRAFT_CHANGES,
};
pub use figures::{
    DialogFact, DialogFigures, FigurePeriod, FigureStore, LeadFigures, ModelFigures, ModelTimes,
    ReplyFigures, TurnFigures, UnsureTurn,
};
pub use images::{ImageStore, StoredImage};
pub use inbox::{InboxRow, InboxStore, MAX_PENDING, Next};
pub use leads::{LeadChanged, LeadCount, LeadQuery, LeadStore};
pub use leases::LeaseStore;
pub use outbox::{DeliveryRow, DeliveryState, NoticeRow, OutboxRow, OutboxStore, presses};
pub use releases::{Bundle, Publication, PublicationKind, PublishOutcome, ReleaseStore};
pub use settings::{
    SettingsStore, SettingsWrite, StoredSecret, StoredSection, StoredSettings, ending as setting_ending,
};
pub use tasks::{QueueCount, QueuedTask, TaskStore};
pub use timers::{TimerRow, TimerStore};
pub use tokens::{AccessToken, AccessTokens, MAX_TOKENS, TokenStore};
pub use turns::{Chat, Commit, CommitOutcome, StoredTurn, TurnQuery, TurnStore};

use super::{AuditStore, MeterStore, Removed, Result, Retention, UploadStore};

/// A chat's key: its [`super::Address`] as text, `channel:id`.
pub type ChatKey = String;

/// All areas of the store, and operations on the database itself.
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
    + MeterStore
    + UploadStore
    + ClientStore
    + AccountStore
    + DialogStore
    + FigureStore
    + DraftStore
    + ImageStore
    + SettingsStore
    + DataStore
    + TokenStore
{
    /// Deletes rows that are older than `keep` allows, oldest first, at most `limit` rows of each table. A count that
    /// is not 0 means that there may be more.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn retain(&self, keep: &Retention, limit: u32) -> Result<Removed>;

    /// Health check: verifies within 4 seconds that the database answers and, after a failed write, that it accepts
    /// writes.
    ///
    /// # Errors
    /// When it does not; the text says why.
    async fn ping(&self) -> Result<()>;

    /// Runs the queued writes and closes the database. Later calls fail as unavailable; closing twice is harmless.
    ///
    /// # Errors
    /// When the database could not be closed cleanly. Acknowledged writes are not lost.
    async fn close(&self) -> Result<()>;
}
