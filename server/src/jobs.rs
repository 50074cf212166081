//! Background tasks outside of turns: redelivery, timers, notices, retention, reports, imports.
//!
//! apalis distributes the tasks; the state that counts is in our own tables. A lost task is replaced within seconds,
//! because the runtime's maintenance loop finds overdue work. A task that is delivered twice finds nothing to do. A
//! task that ends the process three times is quarantined instead of being started again.

mod worker;

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tolmach_app::{price_list, report, retention, tasks, text::when, uploads::Uploads};
use tolmach_catalog::EmbeddedCatalog;
use tolmach_runtime::{
    Runtime, Shared,
    ports::{self, Actor, Job, Store, Task},
};

use crate::{clock::now, config::Config, reader};

/// How many tasks one process runs concurrently.
const AT_ONCE: u32 = 32;

/// How many starts without an end a task may have before it is quarantined.
const STARTS: i64 = 3;

/// The worker pool of one process.
pub struct Jobs {
    runtime: Arc<Runtime>,
    catalog: Arc<EmbeddedCatalog>,
    config: Shared<Config>,
    places: Semaphore,
    state: Mutex<State>,
}

/// The worker's state for /health.
#[derive(Default)]
struct State {
    working: bool,
    since: Option<i64>,
    done: u64,
    restarts: u32,
    error: Option<String>,
}

impl Jobs {
    /// A pool that is not running yet; [`Jobs::supervise`] runs it.
    pub fn new(config: Shared<Config>, runtime: Arc<Runtime>, catalog: Arc<EmbeddedCatalog>) -> Arc<Jobs> {
        Arc::new(Jobs {
            runtime,
            catalog,
            config,
            places: Semaphore::new(AT_ONCE as usize),
            state: Mutex::default(),
        })
    }

    /// Whether a worker is running.
    pub fn working(&self) -> bool {
        self.state().working
    }

    /// The worker's state as JSON for /health.
    pub fn show(&self) -> Value {
        let state = self.state();
        json!({
            "state": if state.working { "working" } else { "down" },
            "since": state.since.map(when),
            "done": state.done,
            "restarts": state.restarts,
            "error": state.error,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each update is a plain assignment, so the state is consistent even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> &Arc<dyn Store> {
        self.runtime.store()
    }

    /// Runs a task and records its end. A task that fails is queued again with a backoff. An error means that the task
    /// has not been settled and apalis delivers it again.
    async fn carry_out(&self, job: Job, id: &str) -> ports::Result<()> {
        let _place = self.places.acquire().await;
        // Count the start before running, so that a task that ends the process is counted.
        let starts = self.store().begin_task(id, &job.task, now()).await?;
        if starts > STARTS {
            return tasks::quarantine(&self.runtime, &Actor::system(), now(), &job.task, id, STARTS).await;
        }
        match AssertUnwindSafe(self.perform(&job.task)).catch_unwind().await {
            Ok(Ok(())) => self.state().done += 1,
            Ok(Err(why)) => {
                let pause = backoff(job.tries, id);
                tracing::warn!(task = tasks::name(&job.task), %why, seconds = pause.as_secs(), "a task failed; it is tried again");
                let due = now() + i64::try_from(pause.as_millis()).unwrap_or(i64::MAX / 2);
                self.store().push(Job { task: job.task, tries: job.tries.saturating_add(1) }, due).await?;
            }
            Err(_) => {
                tracing::error!(task = tasks::name(&job.task), starts, "a task panicked");
                return Err(ports::Error::unavailable("task", "it panicked"));
            }
        }
        self.store().end_task(id).await
    }

    async fn perform(&self, task: &Task) -> anyhow::Result<()> {
        let config = self.config.get();
        match task {
            Task::Deliver { .. } | Task::Timer { .. } | Task::Turn { .. } | Task::Update(_) => {
                self.runtime.perform(task).await.map(drop)?;
            }
            Task::Retain => {
                let (days, uploads) = (config.retention.days(), Uploads::of(&config.data_dir));
                retention::run(&**self.store(), &uploads, &config.files(), &Actor::system(), now(), &days)
                    .await
                    .map(drop)?;
            }
            Task::Report => {
                let (now, report) = (now(), &config.report);
                let day = report.day_of(now).unwrap_or_else(|| when(now));
                report::send(&self.runtime, &Actor::system(), now, &day, &report.group).await?;
            }
            Task::Reindex { file } => {
                let reader = reader::process(&config)?;
                price_list::import_queued_file(&self.runtime, &self.catalog, now(), reader, file).await?;
            }
            Task::Import { upload, options } => {
                let (reader, uploads) = (reader::process(&config)?, Uploads::of(&config.data_dir));
                let wanted = (*upload, options);
                price_list::import_queued(&self.runtime, &self.catalog, &uploads, now(), reader, wanted)
                    .await?;
            }
        }
        Ok(())
    }
}

/// The delay before a retry: 5 s doubling up to 1 h, plus up to a quarter of that depending on the id, which spreads
/// tasks that failed together.
fn backoff(tries: u32, id: &str) -> Duration {
    let seconds = (5u64 << tries.min(10)).min(3600);
    let spread = id.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))) % 1000;
    Duration::from_millis(seconds * 1000 + seconds * spread / 4)
}

#[cfg(test)]
mod tests {
    use tolmach_runtime::{
        Coalescing,
        ports::{Address, QuarantineQuery, Retention},
    };

    use super::*;
    use crate::assemble::{Assembled, Serving};

    /// A worker pool on a new database, with one staff address.
    async fn jobs(folder: &std::path::Path) -> Arc<Jobs> {
        let config =
            Config { data_dir: folder.to_owned(), flows: Some("../flows".into()), ..Config::default() };
        let assembled = Assembled::open(&config, Serving::Published).await.unwrap();
        let staff = [("default".to_owned(), vec![Address::new("telegram", "-1")])].into();
        let runtime = assembled.runtime(Vec::new(), Coalescing::OFF, staff).await.unwrap();
        Jobs::new(config.into(), runtime, Arc::clone(&assembled.catalog))
    }

    async fn told(jobs: &Jobs) -> Vec<String> {
        jobs.store().outbox("telegram:-1").await.unwrap().into_iter().map(|row| row.payload).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_task_that_ends_the_process_three_times_is_quarantined_and_the_staff_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs(folder.path()).await;
        let task = Task::Reindex { file: "/no/such/file.xlsx".to_owned() };
        // Simulate three processes that started it and were killed.
        for _ in 0..3 {
            jobs.store().begin_task("t1", &task, 1).await.unwrap();
        }
        jobs.carry_out(task.clone().into(), "t1").await.unwrap();
        let aside = jobs.store().quarantined(&QuarantineQuery::last(10)).await.unwrap();
        assert_eq!((aside.len(), aside[0].id.as_str(), &aside[0].task), (1, "t1", &task));
        let said = told(&jobs).await;
        assert_eq!(said.len(), 1, "once: {said:?}");
        assert!(said[0].contains("Задача отложена") && said[0].contains("tolmach jobs retry t1"), "{said:?}");
        // The retry finishes: the failure concerns the file and is reported, so the task is not quarantined again.
        assert!(jobs.store().retry_task("t1", 5).await.unwrap());
        jobs.carry_out(task.into(), "t2").await.unwrap();
        let said = told(&jobs).await;
        assert!(said.len() == 2 && said[1].contains("file.xlsx"), "{said:?}");
        assert_eq!(jobs.store().quarantined(&QuarantineQuery::last(10)).await.unwrap(), []);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_daily_report_is_sent_once_and_pending_rows_are_retained() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs(folder.path()).await;
        for id in ["a", "b"] {
            jobs.carry_out(Task::Report.into(), id).await.unwrap();
        }
        let said = told(&jobs).await;
        assert!(
            !said.is_empty() && said[0].contains("Итоги дня") && said[0].contains("чатов: 0"),
            "{said:?}"
        );
        assert!(jobs.store().push_once("report:2026-03-01", Task::Report, 1).await.unwrap());
        assert!(
            !jobs.store().push_once("report:2026-03-01", Task::Report, 2).await.unwrap(),
            "the day's only one"
        );
        jobs.store().delivered(vec![]).await.unwrap();
        jobs.carry_out(Task::Retain.into(), "c").await.unwrap();
        let nothing = Retention { outbox: Some(i64::MAX), ..Retention::default() };
        assert_eq!(jobs.store().retain(&nothing, 10).await.unwrap().all(), 0, "what waits is never old");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_report_that_is_set_while_the_process_runs_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs(folder.path()).await;
        let noon = "2026-03-01T12:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!(jobs.recurring(noon).len(), 1, "only what retains");
        let mut config = (*jobs.config.get()).clone();
        config.report.at = "11:30".to_owned();
        jobs.config.set(config);
        assert_eq!(jobs.recurring(noon)[1].0, "report:2026-03-01");
    }

    #[test]
    fn a_job_parses_with_and_without_a_retry_count() {
        let bare: Job = serde_json::from_str(r#"{"kind":"deliver","chat":"web:1"}"#).unwrap();
        assert_eq!((bare.task, bare.tries), (Task::Deliver { chat: "web:1".to_owned() }, 0));
        let counted = Job { task: Task::Retain, tries: 3 };
        let text = serde_json::to_string(&counted).unwrap();
        assert_eq!(text, r#"{"kind":"retain","tries":3}"#);
    }

    #[test]
    fn backoff_grows_to_an_hour_and_is_spread() {
        assert!(backoff(0, "a") >= Duration::from_secs(5) && backoff(0, "a") < Duration::from_secs(7));
        assert!(backoff(3, "a") >= Duration::from_secs(40));
        assert!(backoff(99, "a") <= Duration::from_secs(4500));
        assert_ne!(backoff(5, "01ABC"), backoff(5, "01ABD"));
    }
}
