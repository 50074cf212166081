//! The queue of tasks: the tables of apalis, brought up to date by us and written in the store's own transactions.
//!
//! Its own set-up is not used: it changes what the connection of a file flushes to the disk.

use apalis_core::task::{Task, builder::TaskBuilder};
use sqlx::migrate::Migrator;

use super::Pushed;

/// Attempts are counted by the store, before they are made: the queue forgets those that ended their process.
const ATTEMPTS: usize = 1_000_000_000;

pub(crate) fn task(pushed: Pushed) -> Task<Vec<u8>> {
    TaskBuilder::new(pushed.task.into_bytes()).max_attempts(ATTEMPTS).run_at_timestamp(pushed.at).build()
}

/// The queue's history of migrations, in a table of its own beside ours.
pub(crate) fn sqlite_migrations() -> Migrator {
    let mut migrations = apalis_sqlite::SqliteStorage::migrations();
    migrations.dangerous_set_table_name("_apalis_migrations");
    migrations
}

/// The queue's history of migrations; they keep to a schema of their own, `apalis`, with its own table of them.
pub(crate) fn postgres_migrations() -> Migrator {
    apalis_postgres::PostgresStorage::migrations()
}
