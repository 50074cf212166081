//! What the runtime needs of the outside, as traits. An adapter implements one; a test may fake any.
//!
//! No port names a product or a protocol, and no error text behind one ever reaches a client.

mod audit;
mod catalog;
mod channel;
mod clock;
mod embedder;
mod http;
mod llm;
mod photos;
mod query;
mod store;
mod task;

pub use audit::{Actor, AuditEntry, AuditQuery, AuditResult, AuditStore, Via};
pub use catalog::Catalog;
pub use channel::{Address, Channel, Delivery, Inbound, Intake};
pub use clock::{Clock, SystemClock};
pub use embedder::Embedder;
pub use http::{Http, NoHttp};
pub use llm::Llm;
pub use photos::{PHOTO_PREFIX, Photo, Photos};
pub use query::{Order, Page};
pub use store::{
    AnalyticsEvent, AnalyticsEventKind, AnalyticsStore, Bundle, Chat, ChatKey, ChatStore, Commit,
    CommitOutcome, InboxRow, InboxStore, LeadChanged, LeadQuery, LeadStore, LeaseStore, MAX_PENDING,
    MessageRow, Next, NoticeRow, OutboxRow, OutboxStore, Publication, PublicationKind, PublishOutcome,
    ReleaseStore, Store, StoredTurn, TakenOverChat, TaskStore, TimerStore, TurnStore, WaitingPlace, presses,
};
pub use task::{Day, Job, QUEUE, QuarantinedTask, Removed, Retention, Task};

/// The store's areas, for calling their methods on a concrete store: `use tolmach_runtime::ports::prelude::*`. A `dyn Store`
/// has them without.
pub mod prelude {
    pub use super::{
        AnalyticsStore as _, AuditStore as _, ChatStore as _, InboxStore as _, LeadStore as _,
        LeaseStore as _, OutboxStore as _, ReleaseStore as _, Store as _, TaskStore as _, TimerStore as _,
        TurnStore as _,
    };
}

/// Why a port could not answer. The text is for logs and traces, written without personal data or secrets.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Worth trying again: the other side is away, slow or busy.
    #[error("{what}: {why}")]
    Unavailable {
        /// What was attempted.
        what: &'static str,
        /// What happened.
        why: String,
    },
    /// Trying again would change nothing.
    #[error("{what}: {why}")]
    Refused {
        /// What was attempted.
        what: &'static str,
        /// What happened.
        why: String,
    },
}

impl Error {
    /// An error worth trying again.
    pub fn unavailable(what: &'static str, why: impl ToString) -> Error {
        Error::Unavailable { what, why: why.to_string() }
    }

    /// An error not worth trying again.
    pub fn refused(what: &'static str, why: impl ToString) -> Error {
        Error::Refused { what, why: why.to_string() }
    }
}

/// A port's result.
pub type Result<T> = std::result::Result<T, Error>;
