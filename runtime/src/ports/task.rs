//! What is done later, or by any process that is free.

use serde::{Deserialize, Serialize};

use super::ChatKey;

/// The queue that tasks are pushed to.
pub const QUEUE: &str = "tolmach";

/// Something to do. It says where to look, never what is there: whoever does it late, or twice, finds nothing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// Deliver what waits for this address.
    Deliver {
        /// The chat, or the address of one of the staff.
        chat: ChatKey,
    },
    /// Look at a timer.
    Timer {
        /// The chat.
        chat: ChatKey,
        /// The timer.
        name: String,
    },
    /// Delete what is older than is to be kept.
    Retain,
    /// Tell the staff how it goes.
    Report,
    /// Build the catalogue from a file.
    Reindex {
        /// The file.
        file: String,
    },
}

/// A task with how often it failed; the row that holds it reads as the task itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What is to be done.
    #[serde(flatten)]
    pub task: Task,
    /// How often it was tried before this one.
    #[serde(default)]
    pub tries: u32,
}

impl From<Task> for Job {
    fn from(task: Task) -> Job {
        Job { task, tries: 0 }
    }
}

/// The last day, or whatever was asked for, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Chats that had a turn.
    pub chats: u64,
    /// Turns.
    pub turns: u64,
    /// New leads.
    pub leads: u64,
    /// Goals that clients reached.
    pub goals: u64,
    /// Chats that a person has now.
    pub handed: u64,
    /// Messages that wait to be delivered now, after at least one attempt.
    pub undelivered: u64,
    /// Tasks in quarantine now.
    pub quarantined: u64,
}

/// A task that is not tried any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantinedTask {
    /// Its id in the queue.
    pub id: String,
    /// What was to be done.
    pub task: Task,
    /// How often it was begun.
    pub starts: i64,
    /// Why it is not tried any more.
    pub why: String,
    /// Since when, milliseconds since the Unix epoch.
    pub at: i64,
}

/// What may be deleted: everything older than a time, milliseconds since the Unix epoch; `None` keeps all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Events that had their turn. A channel that repeats an older one is not recognised any more.
    pub inbox: Option<i64>,
    /// Delivered messages to be delivered, by the time they were due.
    pub outbox: Option<i64>,
    /// Turns with their traces.
    pub turns: Option<i64>,
    /// What was said.
    pub messages: Option<i64>,
    /// Tasks that are done, or were given up.
    pub tasks: Option<i64>,
}

/// How many of each were deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Events.
    pub inbox: u64,
    /// Delivered messages.
    pub outbox: u64,
    /// Turns.
    pub turns: u64,
    /// What was said.
    pub messages: u64,
    /// Tasks.
    pub tasks: u64,
    /// Processes that worked on tasks and have not been seen for a day.
    pub workers: u64,
}

impl Removed {
    /// How many in all.
    pub fn all(&self) -> u64 {
        self.inbox + self.outbox + self.turns + self.messages + self.tasks + self.workers
    }
}
