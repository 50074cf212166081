//! The task queue: the tables of apalis. The store runs their migrations and writes to them in its own transactions.
//!
//! The setup function of apalis is not used, because it sets `synchronous = OFF` on the SQLite connection.

use apalis_core::task::{Task, builder::TaskBuilder};
use sqlx::migrate::Migrator;

use super::Pushed;

/// The store counts starts itself, before each attempt, because the queue does not count an attempt that ended the
/// process. This limit of the queue is therefore set out of reach.
const ATTEMPTS: usize = 1_000_000_000;

pub(crate) fn task(pushed: Pushed) -> Task<Vec<u8>> {
    TaskBuilder::new(pushed.task.into_bytes()).max_attempts(ATTEMPTS).run_at_timestamp(pushed.at).build()
}

/// The queue's migrations. Their history is kept in a table of its own, `_apalis_migrations`.
pub(crate) fn sqlite_migrations() -> Migrator {
    let mut migrations = apalis_sqlite::SqliteStorage::migrations();
    migrations.dangerous_set_table_name("_apalis_migrations");
    migrations
}

/// The queue's migrations. They use a schema of their own, `apalis`, which also holds their history.
pub(crate) fn postgres_migrations() -> Migrator {
    apalis_postgres::PostgresStorage::migrations()
}
