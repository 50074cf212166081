//! Pushing, counting and quarantine of queue tasks.

use async_trait::async_trait;
use serde::Serialize;

use crate::ports::{Job, QuarantineQuery, QuarantinedTask, Result, Task};

/// A task that waits in the queue or is being worked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct QueuedTask {
    /// Its id in the queue.
    pub id: String,
    /// The task; `None` for one of another version of the program.
    #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
    pub job: Option<Job>,
    /// `Pending`, `Queued`, `Running` or `Failed`, as the queue names it.
    pub state: String,
    /// From when on it may be begun, milliseconds since the Unix epoch.
    pub due: i64,
}

/// The tasks of one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct QueueCount {
    /// As [`QueuedTask::state`], or `Done` or `Killed`.
    pub state: String,
    /// How many.
    pub count: u64,
}

/// Pushes tasks, counts their starts and stores those in quarantine. Times are in milliseconds since the Unix epoch.
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Pushes a task that is due at `at`.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn push(&self, job: Job, at: i64) -> Result<()>;

    /// Pushes a task that is due at `at`, unless a task was pushed with this key before; returns whether it was pushed.
    /// Keys are remembered for as long as finished tasks are kept.
    ///
    /// # Errors
    /// When the database is unavailable, or when `key` contains U+0000.
    async fn push_once(&self, key: &str, task: Task, at: i64) -> Result<bool>;

    /// Counts the start of a task, before it runs; returns the number of starts, this one included.
    ///
    /// # Errors
    /// When the database is unavailable, or when `id` contains U+0000.
    async fn begin_task(&self, id: &str, task: &Task, now: i64) -> Result<i64>;

    /// Forgets the starts of a finished task.
    ///
    /// # Errors
    /// When the database is unavailable, or when `id` contains U+0000.
    async fn end_task(&self, id: &str) -> Result<()>;

    /// Puts a started task into quarantine, so that it is not retried. An unknown id is ignored.
    ///
    /// # Errors
    /// When the database is unavailable, or when `id` contains U+0000.
    async fn quarantine(&self, id: &str, why: &str, now: i64) -> Result<()>;

    /// Tasks in quarantine, newest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn quarantined(&self, query: &QuarantineQuery) -> Result<Vec<QuarantinedTask>>;

    /// The tasks of the queue that are not finished, the first due one first, at most `limit`.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn queued(&self, limit: u32) -> Result<Vec<QueuedTask>>;

    /// The number of tasks of the queue by state, finished ones included as long as they are kept.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn queue_counts(&self) -> Result<Vec<QueueCount>>;

    /// Removes a task from quarantine and pushes it again; `false` if it is not in quarantine.
    ///
    /// # Errors
    /// When the database is unavailable, or when `id` contains U+0000.
    async fn retry_task(&self, id: &str, now: i64) -> Result<bool>;
}
