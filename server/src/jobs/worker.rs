//! The apalis worker and its supervisor, which restarts it: an apalis worker ends when the database connection fails.

use std::{sync::Arc, time::Duration};

use apalis_core::{
    backend::ext::BackendExt, error::BoxDynError, task::task_id::TaskId, worker::builder::WorkerBuilder,
};
use apalis_postgres::PostgresStorage;
use apalis_sqlite::SqliteStorage;
use tokio::sync::watch;
use tolmach_runtime::ports::{Job, QUEUE, Task};
use tolmach_store::JobPool;
use uuid::Uuid;

use super::{AT_ONCE, Jobs};
use crate::clock::{self, now};

/// How often the queue is polled for due tasks.
const POLL: Duration = Duration::from_millis(250);
/// The heartbeat interval. A worker that misses two heartbeats is considered dead, and its tasks are given to others.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How many tasks are fetched at once.
const BATCH: usize = 50;
/// The delay before a worker is restarted.
const PAUSE: Duration = Duration::from_secs(1);
/// How often recurring tasks are queued.
const ROUND: Duration = Duration::from_secs(20);

/// Runs a worker on one of the two storages. A macro, because the storage types share no trait.
macro_rules! run {
    ($storage:ty, $config:path, $pool:expr, $jobs:expr, $stopped:expr) => {{
        let config = <$config>::default()
            .queue(QUEUE)
            .batch_size(BATCH)
            .heartbeat_interval(HEARTBEAT)
            .missed_heartbeats(2);
        let storage = <$storage>::new($pool).with_config(config).poll_with_interval(POLL);
        let jobs = Arc::clone($jobs);
        let carry_out = move |job: Job, id: TaskId| {
            let jobs = Arc::clone(&jobs);
            // Spawn each task, so that tasks run in parallel; apalis runs the worker as a single task.
            let carried = tokio::spawn(async move { jobs.carry_out(job, &id.to_string()).await });
            async move { Ok::<(), BoxDynError>(carried.await??) }
        };
        // A new name each time: the storage treats a known name as a worker that is still alive.
        let worker =
            WorkerBuilder::new(format!("tolmach-{}", Uuid::now_v7())).backend(storage).build(carry_out);
        let mut stopped = $stopped.clone();
        // The worker is dropped instead of stopped. A stopping worker waits for its tasks and keeps its open
        // transaction, and on SQLite the tasks wait for that transaction. Tasks in progress are delivered again.
        tokio::select! {
            worked = worker.run() => worked.map_err(|why| why.to_string()),
            // A dropped sender also means stop.
            _ = stopped.wait_for(|stopped| *stopped) => Ok(()),
        }
    }};
}

impl Jobs {
    /// Runs a worker until told to stop, and restarts it when it fails.
    pub async fn supervise(self: Arc<Self>, pool: JobPool, stopped: watch::Receiver<bool>) {
        let recurring = tokio::spawn(Arc::clone(&self).put_on_the_list());
        while !*stopped.borrow() {
            {
                let mut state = self.state();
                state.working = true;
                state.since = Some(now());
            }
            // On a blocking thread, so that a panic counts as a failure of the worker. The worker's future is also not
            // provably `Send`.
            let here = tokio::runtime::Handle::current();
            let (jobs, pool, stop) = (Arc::clone(&self), pool.clone(), stopped.clone());
            let work = move || {
                here.block_on(async move {
                    match &pool {
                        JobPool::Sqlite(pool) => {
                            run!(SqliteStorage<Job>, apalis_sqlite::Config, pool, &jobs, stop)
                        }
                        JobPool::Postgres(pool) => {
                            run!(PostgresStorage<Job>, apalis_postgres::Config, pool, &jobs, stop)
                        }
                    }
                })
            };
            let worked = tokio::task::spawn_blocking(work).await;
            self.state().working = false;
            if *stopped.borrow() {
                break;
            }
            let why = match worked {
                Ok(Ok(())) => "it ended".to_owned(),
                Ok(Err(why)) => why,
                Err(why) => why.to_string(),
            };
            tracing::error!(why, "the task worker stopped unexpectedly and is restarted");
            {
                let mut state = self.state();
                state.restarts += 1;
                state.error = Some(why);
            }
            tokio::time::sleep(PAUSE).await;
        }
        recurring.abort();
        // Wait for the tasks in progress.
        let _ = self.places.acquire_many(AT_ONCE).await;
    }

    /// Queues the hourly retention and the daily report. The key makes each of them unique across processes.
    async fn put_on_the_list(self: Arc<Self>) {
        loop {
            let now = clock::now();
            for (key, task) in self.recurring(now) {
                if let Err(why) = self.store().push_once(&key, task, now).await {
                    tracing::warn!(%why, "what recurs could not be put on the list");
                }
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    pub(super) fn recurring(&self, now: i64) -> Vec<(String, Task)> {
        let mut due = vec![(format!("retain:{}", now / 3_600_000), Task::Retain)];
        due.extend(self.config.get().report.day_of(now).map(|day| (format!("report:{day}"), Task::Report)));
        due
    }
}
