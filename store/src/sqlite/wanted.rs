//! Long reads that stop when nobody waits for them any more.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sqlx::{AssertSqlSafe, Sqlite, SqlitePool, pool::PoolConnection};

use super::Value;
use crate::sql::bound;

/// SQLite asks after so many steps of its machine, some milliseconds of work, whether to go on.
const STEPS: i32 = 100_000;

/// A connection in the middle of a read. Whoever drops it before its end ends the read, and the connection with it.
struct Reading {
    connection: Option<PoolConnection<Sqlite>>,
    given_up: Arc<AtomicBool>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            self.given_up.store(true, Ordering::Relaxed);
            connection.close_on_drop();
        }
    }
}

/// Reads rows of one text. Without this a search that was given up, in a table of gigabytes, would keep its connection to the end.
pub(super) async fn fetch(
    pool: &SqlitePool,
    sql: String,
    values: Vec<Value>,
) -> sqlx::Result<Vec<(String,)>> {
    let mut reading = Reading { connection: Some(pool.acquire().await?), given_up: Arc::default() };
    let Some(connection) = &mut reading.connection else { return Err(sqlx::Error::PoolClosed) };
    let given_up = Arc::clone(&reading.given_up);
    let goes_on = move || !given_up.load(Ordering::Relaxed);
    connection.lock_handle().await?.set_progress_handler(STEPS, goes_on);
    let rows = bound!(sqlx::query_as(AssertSqlSafe(sql)), values).fetch_all(&mut **connection).await;
    connection.lock_handle().await?.remove_progress_handler();
    reading.connection = None;
    rows
}
