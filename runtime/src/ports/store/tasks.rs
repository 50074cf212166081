//! Tasks of the queue, as far as the store keeps count of them.

use async_trait::async_trait;

use crate::ports::{Job, QuarantinedTask, Result, Task};

/// Pushes tasks, counts their starts, keeps those that are quarantined.
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Pushes a task to be done at `at`.
    async fn push(&self, job: Job, at: i64) -> Result<()>;

    /// Pushes a task to be done at `at` unless something was pushed under this key before; returns whether it was new.
    /// Keys are known for as long as done tasks are kept.
    async fn push_once(&self, key: &str, task: Task, at: i64) -> Result<bool>;

    /// Counts that a task is begun, before it is; returns how often it was.
    async fn begin_task(&self, id: &str, task: &Task, now: i64) -> Result<i64>;

    /// Forgets a task that is done.
    async fn end_task(&self, id: &str) -> Result<()>;

    /// Keeps a task that was begun from being tried any more.
    async fn quarantine(&self, id: &str, why: &str, now: i64) -> Result<()>;

    /// The tasks in quarantine, the last first.
    async fn quarantined(&self, limit: u32) -> Result<Vec<QuarantinedTask>>;

    /// Takes a task out of quarantine and pushes it again; `false` when it is not there.
    async fn retry_task(&self, id: &str, now: i64) -> Result<bool>;
}
