//! Quarantined tasks: those that ended the process repeatedly. Lists them and retries them.

use serde::Serialize;
use serde_json::{Value, json};
use tolmach_runtime::{
    Runtime,
    ports::{
        self, Actor, QuarantineQuery, QuarantinedTask, QueueCount, QueuedTask, Store, Task, TimerRow, Write,
        Written,
    },
};

use crate::audit::Change;

/// Why a task cannot be retried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No quarantined task has this id.
    #[error("no task {0} is quarantined; see `tolmach jobs list`")]
    NotQuarantined(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// The last `limit` quarantined tasks, newest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn quarantined(store: &dyn Store, limit: u32) -> ports::Result<Vec<QuarantinedTask>> {
    store.quarantined(&QuarantineQuery::last(limit)).await
}

/// What is to be done, now and later.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Overview {
    /// Tasks by state.
    pub counts: Vec<QueueCount>,
    /// Tasks that are not finished, the first due one first.
    pub queued: Vec<QueuedTask>,
    /// Quarantined tasks, the newest first.
    pub quarantined: Vec<QuarantinedTask>,
    /// Timers, the first due one first.
    pub timers: Vec<TimerRow>,
}

/// The queue, the quarantine and the timers, at most `limit` rows of each.
///
/// # Errors
/// When the database is unavailable.
pub async fn overview(store: &dyn Store, limit: u32) -> ports::Result<Overview> {
    Ok(Overview {
        counts: store.queue_counts().await?,
        queued: store.queued(limit).await?,
        quarantined: quarantined(store, limit).await?,
        timers: store.timers(limit).await?,
    })
}

/// Discards a quarantined task: it is never done. Writes a `task.discard` row of the audit log in the same transaction.
///
/// # Errors
/// When the task is not quarantined, or the database is unavailable.
pub async fn discard(store: &dyn Store, actor: &Actor, now: i64, id: &str) -> Result<(), Error> {
    let mut change = Change::new(actor, "task.discard", now);
    change.on(id);
    let done = async {
        let known = quarantined(store, MOST).await?;
        let task =
            known.iter().find(|task| task.id == id).ok_or_else(|| Error::NotQuarantined(id.to_owned()))?;
        change.before(json!({ "task": name(&task.task), "why": task.why, "starts": task.starts }));
        change.after(Value::Null);
        match change.write(store, vec![Write::DiscardTask(id.to_owned())]).await? {
            Written::Done { .. } => Ok(()),
            _ => Err(Error::NotQuarantined(id.to_owned())),
        }
    };
    let done: Result<(), Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// The quarantined tasks that are looked through.
const MOST: u32 = 1_000;

/// Queues a quarantined task again, on behalf of `actor`.
///
/// Writes a `task.retry` row of the audit log.
///
/// # Errors
/// When the task is not quarantined, or the database is unavailable.
pub async fn retry(store: &dyn Store, actor: &Actor, now: i64, id: &str) -> Result<(), Error> {
    let mut change = Change::new(actor, "task.retry", now);
    change.on(id);
    change.before(json!({ "quarantined": true }));
    change.after(json!({ "quarantined": false }));
    let retried = match store.retry_task(id, now).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::NotQuarantined(id.to_owned())),
        Err(why) => Err(why.into()),
    };
    change.end(store, &retried).await;
    retried
}

/// Quarantines a task that was started `starts` times without finishing, and notifies the staff.
///
/// Writes a `task.quarantine` row of the audit log.
///
/// # Errors
/// When the database is unavailable.
pub async fn quarantine(
    runtime: &Runtime,
    actor: &Actor,
    now: i64,
    task: &Task,
    id: &str,
    starts: i64,
) -> ports::Result<()> {
    let why = format!("it was begun {starts} times and never came to an end");
    tracing::error!(task = name(task), id, why, "a task is quarantined");
    let mut change = Change::new(actor, "task.quarantine", now);
    change.on(id);
    change.detail("task", name(task));
    change.detail("starts", starts);
    let done = stop_and_tell(runtime, now, task, id, &why).await;
    change.end(&**runtime.store(), &done).await;
    done
}

/// The task's name for logs and messages.
pub fn name(task: &Task) -> &'static str {
    match task {
        Task::Deliver { .. } => "deliver",
        Task::Timer { .. } => "timer",
        Task::Turn { .. } => "turn",
        Task::Update(_) => "update",
        Task::Retain => "retain",
        Task::Report => "report",
        Task::Import { .. } | Task::Reindex { .. } => "import",
    }
}

async fn stop_and_tell(runtime: &Runtime, now: i64, task: &Task, id: &str, why: &str) -> ports::Result<()> {
    runtime.store().quarantine(id, why, now).await?;
    let (ru, en) = (
        format!(
            "Задача «{}» трижды прервала работу и отложена.\nСписок и повтор: tolmach jobs list, tolmach jobs retry {id}",
            name(task)
        ),
        format!(
            "The task \"{}\" ended the process three times and is quarantined.\nSee and try again: tolmach jobs list, tolmach jobs retry {id}",
            name(task)
        ),
    );
    let (subject_ru, subject_en) = ("Задача отложена", "A task is quarantined");
    runtime.notify_staff(id, "default", (subject_ru, &ru), (subject_en, &en)).await
}
