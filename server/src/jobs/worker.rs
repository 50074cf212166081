//! The apalis worker, and who starts it again: a database that goes away ends a worker for good.

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

/// How often due tasks are looked for.
const POLL: Duration = Duration::from_millis(250);
/// A worker that was not heard of for two of these is dead, and its tasks are handed to others.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Tasks fetched at a time.
const BATCH: usize = 50;
/// Before a worker is started again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often what recurs is put on the list.
const ROUND: Duration = Duration::from_secs(20);

/// A worker over one of the two storages, whose types have nothing but their methods in common.
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
            // Beside each other: the worker itself is one task.
            let carried = tokio::spawn(async move { jobs.carry_out(job, &id.to_string()).await });
            async move { Ok::<(), BoxDynError>(carried.await??) }
        };
        // A fresh name each time: the storage takes one it knows for a worker that still lives.
        let worker =
            WorkerBuilder::new(format!("tolmach-{}", Uuid::now_v7())).backend(storage).build(carry_out);
        let mut stopped = $stopped.clone();
        // Dropped, not asked to stop: a worker that stops waits for its tasks and leaves a transaction that it has begun
        // where it is, and on a file the tasks wait for that. What it had in hand is handed out again.
        tokio::select! {
            worked = worker.run() => worked.map_err(|why| why.to_string()),
            // A sender that is gone means the same.
            _ = stopped.wait_for(|stopped| *stopped) => Ok(()),
        }
    }};
}

impl Jobs {
    /// Works until told to stop, whatever happens to single workers.
    pub async fn supervise(self: Arc<Self>, pool: JobPool, stopped: watch::Receiver<bool>) {
        let recurring = tokio::spawn(Arc::clone(&self).put_on_the_list());
        while !*stopped.borrow() {
            {
                let mut state = self.state();
                state.working = true;
                state.since = Some(now());
            }
            // On a thread of its own, so that a panic inside is a death like others. (The compiler cannot prove that
            // the worker's future may move between threads.)
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
            tracing::error!(why, "the worker of tasks died; it is started again");
            {
                let mut state = self.state();
                state.deaths += 1;
                state.error = Some(why);
            }
            tokio::time::sleep(PAUSE).await;
        }
        recurring.abort();
        // The tasks in hand come to their end.
        let _ = self.places.acquire_many(AT_ONCE).await;
    }

    /// Each hour's retention and each day's report once, however many processes there are.
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

    fn recurring(&self, now: i64) -> Vec<(String, Task)> {
        let mut due = vec![(format!("retain:{}", now / 3_600_000), Task::Retain)];
        due.extend(self.config.report.day_of(now).map(|day| (format!("report:{day}"), Task::Report)));
        due
    }
}
