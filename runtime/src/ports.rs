//! The traits through which the runtime uses databases, networks, channels and time. Adapters implement them; tests use
//! fakes.
//!
//! No port names a product or a protocol. The text of a port's error never reaches a client.

mod audit;
mod catalog;
mod channel;
mod clock;
mod embedder;
mod files;
mod greeter;
mod http;
mod llm;
mod meter;
mod photos;
mod query;
mod retention;
mod store;
mod task;
mod upload;

pub use audit::{Actor, AuditEntry, AuditQuery, AuditResult, AuditStore, Via, Write, Written};
pub use catalog::Catalog;
pub use channel::{Address, Channel, Delivery, Inbound, Intake};
pub use clock::{Clock, SystemClock};
pub use embedder::Embedder;
pub use files::{FILE_PREFIX, Files};
pub use greeter::Greeter;
pub use http::{Http, NoHttp};
pub use llm::Llm;
pub use meter::{
    AttemptResult, Estimate, Meter, MeterStore, ModelCall, ModelCallQuery, ModelCallRow, NoMeter, Purpose,
    Reservation, Tokens,
};
pub use photos::{PHOTO_PREFIX, Photo, Photos};
pub use query::{Order, Page};
pub use retention::{Removed, Retention};
pub use store::{
    AccessToken, AccessTokens, Account, AccountSaved, AccountStore, AnalyticsEvent, AnalyticsEventKind,
    AnalyticsStore, Bundle, Chat, ChatKey, ChatOverview, ChatStore, ClientStore, ClientTable, ColumnKind,
    Commit, CommitOutcome, DRAFT_PERSON_KEPT, DataChange, DataColumn, DataEdit, DataFilter, DataQuery,
    DataReference, DataRow, DataStore, DataTable, DatabaseFacts, DeliveryRow, DeliveryState, DialogFact,
    DialogFigures, DialogQuery, DialogRow, DialogStore, DraftChange, DraftChangeKind, DraftFile, DraftPerson,
    DraftState, DraftStore, DraftWrite, Erased, Erasure, FigurePeriod, FigureStore, Fixed, FlowDraft,
    FoundSaid, HandoffChange, ImageStore, InboxRow, InboxStore, Invitation, LeadChanged, LeadCount,
    LeadFigures, LeadQuery, LeadStore, LeaseStore, Login, LoginCount, Logins, MAX_CLOSED_DRAFTS,
    MAX_DRAFT_CHANGES, MAX_FOUND, MAX_MENTIONS, MAX_PENDING, MAX_TOKENS, Mention, MessageQuery, MessageRow,
    ModelFigures, ModelTimes, Needle, News, Next, NoteRow, NoticeRow, OutboxRow, OutboxStore, Publication,
    PublicationKind, PublishOutcome, Purged, Queue, QueueCount, QueuedTask, ReleaseStore, ReplyFigures,
    SettingsStore, SettingsWrite, Store, StoredImage, StoredSecret, StoredSection, StoredSettings,
    StoredTurn, TakenOverChat, TaskStore, TimerRow, TimerStore, TokenStore, TurnFigures, TurnLine, TurnQuery,
    TurnStore, UnsureTurn, Waiting, WaitingPlace, handle, presses, setting_ending,
};
pub use task::{Day, ImportOptions, Job, QUEUE, QuarantineQuery, QuarantinedTask, Task, UnreadUpdate};
pub use upload::{Upload, UploadStore};

/// The store traits, for calling their methods on a concrete store: `use tolmach_runtime::ports::prelude::*`. A `dyn
/// Store` needs no import.
pub mod prelude {
    pub use super::{
        AccountStore as _, AnalyticsStore as _, AuditStore as _, ChatStore as _, ClientStore as _,
        DataStore as _, DialogStore as _, DraftStore as _, FigureStore as _, ImageStore as _,
        InboxStore as _, LeadStore as _, LeaseStore as _, MeterStore as _, OutboxStore as _,
        ReleaseStore as _, SettingsStore as _, Store as _, TaskStore as _, TimerStore as _, TokenStore as _,
        TurnStore as _, UploadStore as _,
    };
}

/// Why a port call failed. The texts are for logs and traces, and contain no personal data or secrets.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A retry may succeed: the other side is unreachable, slow or busy.
    #[error("{what}: {why}")]
    Unavailable {
        /// The attempted operation.
        what: &'static str,
        /// The cause.
        why: String,
    },
    /// A retry would fail in the same way.
    #[error("{what}: {why}")]
    Refused {
        /// The attempted operation.
        what: &'static str,
        /// The cause.
        why: String,
    },
}

impl Error {
    /// An error after which a retry may succeed.
    pub fn unavailable(what: &'static str, why: impl ToString) -> Error {
        Error::Unavailable { what, why: why.to_string() }
    }

    /// An error after which a retry would fail again.
    pub fn refused(what: &'static str, why: impl ToString) -> Error {
        Error::Refused { what, why: why.to_string() }
    }
}

/// The result of a port call.
pub type Result<T> = std::result::Result<T, Error>;
