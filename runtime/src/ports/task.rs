//! Tasks of the queue: work that is done later, by any process that is free.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Actor, ChatKey};

/// The name of the task queue.
pub const QUEUE: &str = "tolmach";

/// A unit of work. It names what to look at and holds no data, so a task that runs late or twice finds nothing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// Deliver the undelivered messages of this address.
    Deliver {
        /// The chat, or the address of a staff member.
        chat: ChatKey,
    },
    /// Fire a timer if it is due.
    Timer {
        /// The chat.
        chat: ChatKey,
        /// The timer's name.
        name: String,
    },
    /// Run a turn again that was quarantined.
    Turn {
        /// The chat.
        chat: ChatKey,
        /// The id of the turn's event.
        turn: Uuid,
    },
    /// Read an update again that a channel could not read. Only pushed by a retry: it is quarantined when it comes.
    Update(UnreadUpdate),
    /// Delete rows that are older than the retention periods.
    Retain,
    /// Send the activity report to the staff.
    Report,
    /// Import an uploaded price list into the catalogue.
    Import {
        /// The upload's id.
        upload: Uuid,
        /// How.
        #[serde(default)]
        options: ImportOptions,
    },
    /// Import a price list by its path. Only pushed by earlier versions.
    Reindex {
        /// The path.
        file: String,
    },
}

/// An update that a channel received and could not read, as of a later version of its platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadUpdate {
    /// The channel's name.
    pub channel: String,
    /// Its id, unique within the channel.
    pub id: String,
    /// The chat, if that could be read.
    pub chat: Option<ChatKey>,
    /// The update as it came, at most [`UnreadUpdate::MAX_TEXT`] bytes of it.
    pub update: String,
}

impl UnreadUpdate {
    /// The most bytes that are kept. What is longer is cut, and cannot be read later either.
    pub const MAX_TEXT: usize = 64 * 1024;

    /// Its id as a task.
    pub fn task_id(&self) -> String {
        format!("update-{}-{}", self.channel, self.id)
    }
}

/// How a price list is to be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOptions {
    /// The supplier; `None` for the file's name without its ending.
    #[serde(default)]
    pub source: Option<String>,
    /// What is said of its columns, as `--map` takes it; `None` for what is remembered of the supplier.
    #[serde(default)]
    pub map: Option<String>,
    /// The upload of an archive of photos.
    #[serde(default)]
    pub photos: Option<Uuid>,
    /// Who wants it.
    #[serde(default)]
    pub by: Option<Actor>,
}

/// A task with its number of earlier attempts. Its JSON is that of the task, with `tries` added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// The number of attempts before this one.
    #[serde(default)]
    pub tries: u32,
}

impl From<Task> for Job {
    fn from(task: Task) -> Job {
        Job { task, tries: 0 }
    }
}

/// Which tasks in quarantine to read, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuarantineQuery {
    /// Quarantined before this time, milliseconds since the Unix epoch; `None` for all.
    pub before: Option<i64>,
    /// Maximum number of tasks.
    pub limit: u32,
}

impl QuarantineQuery {
    /// The newest `limit` tasks.
    pub const fn last(limit: u32) -> QuarantineQuery {
        QuarantineQuery { before: None, limit }
    }
}

/// Activity counts since a given time.
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
    /// Chats that staff have taken over now.
    pub taken_over: u64,
    /// Messages that are undelivered now after at least one attempt.
    pub undelivered: u64,
    /// Tasks in quarantine now.
    pub quarantined: u64,
}

/// A task in quarantine: it is not retried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct QuarantinedTask {
    /// Its id in the queue.
    pub id: String,
    /// The task.
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    pub task: Task,
    /// The number of times it was started.
    pub starts: i64,
    /// Why it is in quarantine.
    pub why: String,
    /// Since when, milliseconds since the Unix epoch.
    pub at: i64,
}
