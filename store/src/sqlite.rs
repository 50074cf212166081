//! The default store: one SQLite file in WAL mode, with one write connection and a few read connections.
//!
//! Statements and the write queue are in `sql`; this module holds what is specific to a file: opening, checks,
//! checkpoints.

mod checkpoint;
mod open;
mod purge;
mod wanted;

use std::{path::PathBuf, time::Duration};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, SqlitePool};
use tolmach_runtime::ports::{Error, Purged, QUEUE, Result};

use crate::sql::{
    DbConnection, DbError, Dialect, Fetched, JobPool, Pushed, SqlStore, Value, bound, queue,
    statements::{SQLITE, Statements},
};
use checkpoint::Checkpointer;
use open::Opened;

/// Settings of a store in a file.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database file; it and its folder are created when missing.
    pub path: PathBuf,
    /// Which acknowledged writes survive a power failure.
    pub durability: Durability,
    /// Number of read connections; 0 counts as 1.
    pub readers: u32,
    /// How long to wait for a lock that another process holds on the file.
    pub busy_timeout: Duration,
}

impl Options {
    /// Defaults: full durability, 4 read connections, busy timeout 5 s.
    pub fn new(path: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            durability: Durability::Full,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// Which acknowledged writes survive a power failure. All of them survive a crash of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// All: the disk is flushed before a caller gets its reply.
    #[default]
    Full,
    /// The last moments may be lost; the file stays consistent. Faster on slow disks.
    Normal,
}

/// A store in one SQLite file; see the module.
pub type SqliteStore = SqlStore<File>;

impl SqliteStore {
    /// Opens the database file, creates it if it is missing, and runs the migrations.
    ///
    /// # Errors
    /// The error names the path and the remedy. Causes: a folder in place of the file, no permission, a damaged file,
    /// another program's database, a database written by a newer version, an SQLite library older than 3.51.3.
    pub async fn open(options: Options) -> Result<SqliteStore> {
        let path = options.path.display().to_string();
        let Opened { writer, checkpoints, readers } = open::open(&options).await?;
        let jobs = open::jobs(&options);
        let checkpointer = Checkpointer::start(checkpoints);
        let file = File { path, options, readers, jobs, checkpointer };
        Ok(SqlStore::start(file, Writing { connection: writer, postpone: Postpone::default() }))
    }
}

/// The SQLite dialect: one database file and its connections.
pub struct File {
    path: String,
    options: Options,
    readers: SqlitePool,
    jobs: SqlitePool,
    checkpointer: Checkpointer,
}

/// The write connection. A call into the database's thread costs more than most statements, so statements without a
/// result are deferred and sent with the next call.
pub struct Writing {
    connection: SqliteConnection,
    postpone: Postpone,
}

/// Deferred statements, joined into one text whose parameters are numbered consecutively.
#[derive(Default)]
struct Postpone {
    sql: String,
    values: Vec<Value>,
}

impl Postpone {
    fn add(&mut self, sql: &str, values: Vec<Value>) {
        let mut sql = sql.to_owned();
        // From the highest number down, so that a renumbered parameter is not replaced again.
        for number in (1..=values.len()).rev() {
            sql = sql.replace(&format!("${number}"), &format!("${}", self.values.len() + number));
        }
        if !self.sql.is_empty() {
            self.sql.push(';');
        }
        self.sql.push_str(&sql);
        self.values.extend(values);
    }

    fn take(&mut self, sql: &str, values: Vec<Value>) -> (AssertSqlSafe<String>, Vec<Value>) {
        self.add(sql, values);
        let Postpone { sql, values } = std::mem::take(self);
        // Safe: the text consists of static statements only, and values are bound.
        (AssertSqlSafe(sql), values)
    }
}

impl DbConnection for Writing {
    /// The count includes the rows of deferred statements.
    async fn run(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<u64> {
        let (sql, values) = self.postpone.take(sql, values);
        let done = bound!(sqlx::query(sql), values).execute(&mut self.connection).await?;
        Ok(done.rows_affected())
    }

    async fn run_text(&mut self, sql: String, values: Vec<Value>) -> sqlx::Result<u64> {
        let (sql, values) = self.postpone.take(&sql, values);
        let done = bound!(sqlx::query(sql), values).execute(&mut self.connection).await?;
        Ok(done.rows_affected())
    }

    /// Deferred statements return no rows, so all rows belong to `sql`.
    async fn fetch<T: Fetched>(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<Vec<T>> {
        let (sql, values) = self.postpone.take(sql, values);
        bound!(sqlx::query_as(sql), values).fetch_all(&mut self.connection).await
    }

    async fn later(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<()> {
        self.postpone.add(sql, values);
        Ok(())
    }

    async fn rollback(&mut self) -> sqlx::Result<()> {
        self.postpone = Postpone::default();
        self.run("ROLLBACK", vec![]).await.map(drop)
    }

    async fn push(&mut self, tasks: Vec<Pushed>) -> sqlx::Result<()> {
        let tasks: Vec<_> = tasks.into_iter().map(queue::task).collect();
        match apalis_sqlite::queries::push_tasks(&mut self.connection, QUEUE, &tasks).await {
            Ok(()) => Ok(()),
            Err(apalis_sqlite::Error::Database(error)) => Err(error),
            Err(error) => Err(sqlx::Error::Encode(Box::new(error))),
        }
    }
}

impl Dialect for File {
    type DbConnection = Writing;

    fn statements(&self) -> &'static Statements {
        &SQLITE
    }

    async fn connect(&self) -> Result<Writing> {
        let connection = open::writer(&self.options).await.map_err(|error| self.explain(&error))?;
        Ok(Writing { connection, postpone: Postpone::default() })
    }

    async fn fetch<T: Fetched>(&self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<Vec<T>> {
        bound!(sqlx::query_as(sql), values).fetch_all(&self.readers).await
    }

    async fn fetch_text(&self, sql: String, values: Vec<Value>) -> sqlx::Result<Vec<(String,)>> {
        wanted::fetch(&self.readers, sql, values).await
    }

    fn classify_error(&self, error: &sqlx::Error) -> DbError {
        match error {
            sqlx::Error::WorkerCrashed => DbError::Lost,
            _ => DbError::Other,
        }
    }

    fn explain(&self, error: &sqlx::Error) -> Error {
        open::explain(&self.path, error)
    }

    fn jobs(&self) -> JobPool {
        JobPool::Sqlite(self.jobs.clone())
    }

    fn name(&self) -> &str {
        &self.path
    }

    async fn purge(&self) -> Result<Purged> {
        purge::purge(&self.options).await.map_err(|error| self.explain(&error))
    }

    fn wrote(&self, operations: usize) {
        self.checkpointer.wrote(operations);
    }

    async fn close_readers(&self) {
        self.readers.close().await;
        self.jobs.close().await;
    }

    /// Moves the whole WAL into the database file. If that fails nothing is lost: the next start does it.
    async fn finish(&self, session: Option<Writing>) -> Result<()> {
        self.checkpointer.stop().await;
        let Some(Writing { connection: mut session, .. }) = session else { return Ok(()) };
        let folded = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut session).await;
        let closed = match folded {
            Ok(_) => session.close().await,
            Err(error) => Err(error),
        };
        closed.map_err(|error| self.explain(&error))
    }
}

#[cfg(test)]
mod tests;
