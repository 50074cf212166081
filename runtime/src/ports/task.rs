//! Work that a worker does later, outside any turn.

use serde::{Deserialize, Serialize};

use super::ChatKey;

/// The name under which the tasks wait.
pub const QUEUE: &str = "tolmach";

/// Something to do later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// Deliver what waits in the outbox of this address.
    Deliver {
        /// The address.
        chat: ChatKey,
    },
    /// See whether a timer has fallen due.
    Timer {
        /// The chat it belongs to.
        chat: ChatKey,
        /// Its name.
        name: String,
    },
    /// Remove what is finished and old.
    Retain,
    /// Tell the staff how the day went.
    Report,
    /// Import a price list.
    Reindex {
        /// Its path.
        file: String,
    },
}
