//! Pushing, counting and quarantine of queue tasks.

use async_trait::async_trait;

use crate::ports::{Job, QuarantineQuery, QuarantinedTask, Result, Task};

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

    /// Removes a task from quarantine and pushes it again; `false` if it is not in quarantine.
    ///
    /// # Errors
    /// When the database is unavailable, or when `id` contains U+0000.
    async fn retry_task(&self, id: &str, now: i64) -> Result<bool>;
}
