//! Makes the bytes of deleted rows unreadable in the database file and in the write-ahead log.
//!
//! Every write connection has `secure_delete` on, so what is deleted or replaced is overwritten with zeros in the
//! database's pages (sqlite.org/pragma.html). Two places remain: older versions of these pages in the WAL, which a
//! truncating checkpoint empties, and pages that were freed before this was so, which `VACUUM` leaves out.

use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use tokio::time::{Instant, sleep};
use tolmach_runtime::ports::Purged;

use super::{Options, open};

/// How long to wait for readers of the write-ahead log.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// The mark (`user_version`) of a file in which deleted rows have always been overwritten, or that was rewritten since.
const OVERWRITES: i64 = 1;

/// Notes that a new file has never held a deleted row.
pub(super) async fn mark_new(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("PRAGMA user_version = 1").execute(connection).await.map(drop)
}

/// Rewrites a file of an earlier version, and empties the write-ahead log.
pub(super) async fn purge(options: &Options) -> sqlx::Result<Purged> {
    let mut connection = open::writer(options).await?;
    let purged = run(&mut connection).await;
    connection.close().await?;
    purged
}

async fn run(connection: &mut SqliteConnection) -> sqlx::Result<Purged> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    if version < OVERWRITES {
        // The copy may be larger than the memory.
        sqlx::query("PRAGMA temp_store = FILE").execute(&mut *connection).await?;
        sqlx::query("VACUUM").execute(&mut *connection).await?;
        mark_new(connection).await?;
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?;
        if busy == 0 {
            return Ok(Purged::Overwritten);
        }
        if Instant::now() >= deadline {
            return Ok(Purged::InUse);
        }
        sleep(PAUSE).await;
    }
}
