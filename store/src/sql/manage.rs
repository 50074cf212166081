//! What a person who runs the program looks at: the queue and the timers.

use tolmach_runtime::ports::{QueueCount, QueuedTask, TimerRow};

use super::{Dialect, read::number};

// The tables of apalis have their own names and times on each database.
const SQLITE_QUEUED: &str = "SELECT id, CAST(job AS TEXT), status, run_at * 1000 FROM Jobs
    WHERE job_type = 'tolmach' AND status NOT IN ('Done', 'Killed') ORDER BY run_at, id LIMIT $1";
const POSTGRES_QUEUED: &str =
    "SELECT id, convert_from(job, 'UTF8'), status, CAST(extract(epoch FROM run_at) * 1000 AS BIGINT)
    FROM apalis.jobs WHERE job_type = 'tolmach' AND status NOT IN ('Done', 'Killed') ORDER BY run_at, id LIMIT $1";
const SQLITE_COUNTS: &str =
    "SELECT status, count(*) FROM Jobs WHERE job_type = 'tolmach' GROUP BY status ORDER BY status";
const POSTGRES_COUNTS: &str =
    "SELECT status, count(*) FROM apalis.jobs WHERE job_type = 'tolmach' GROUP BY status ORDER BY status";
const TIMERS: &str = "SELECT chat, name, due FROM timers ORDER BY due, chat, name LIMIT $1";

pub(super) async fn queued<D: Dialect>(db: &D, limit: u32) -> sqlx::Result<Vec<QueuedTask>> {
    let sql = if db.statements().alone { SQLITE_QUEUED } else { POSTGRES_QUEUED };
    let rows: Vec<(String, String, String, i64)> = db.fetch(sql, vec![number(limit)]).await?;
    let task = |(id, job, state, due): (String, String, String, i64)| QueuedTask {
        id,
        job: serde_json::from_str(&job).ok(),
        state,
        due,
    };
    Ok(rows.into_iter().map(task).collect())
}

pub(super) async fn queue_counts<D: Dialect>(db: &D) -> sqlx::Result<Vec<QueueCount>> {
    let sql = if db.statements().alone { SQLITE_COUNTS } else { POSTGRES_COUNTS };
    let rows: Vec<(String, i64)> = db.fetch(sql, vec![]).await?;
    let count = |(state, count)| QueueCount { state, count: u64::try_from(count).unwrap_or_default() };
    Ok(rows.into_iter().map(count).collect())
}

pub(super) async fn timers<D: Dialect>(db: &D, limit: u32) -> sqlx::Result<Vec<TimerRow>> {
    let rows: Vec<(String, String, i64)> = db.fetch(TIMERS, vec![number(limit)]).await?;
    Ok(rows.into_iter().map(|(chat, name, due)| TimerRow { chat, name, due }).collect())
}
