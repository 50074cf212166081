//! The default store: one SQLite file in WAL mode, written by one connection and read by a few.
//!
//! What is written and read is in `store`; here is what only a file has: opening, checks, checkpoints.

mod checkpoint;
mod open;

use std::{path::PathBuf, time::Duration};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, SqlitePool};
use tolmach_runtime::ports::{Error, QUEUE, Result};

use crate::sql::{
    DbConnection, DbError, Dialect, Fetched, JobPool, Pushed, SqlStore, Value, bound, queue,
    statements::{SQLITE, Statements},
};
use checkpoint::Checkpointer;
use open::Opened;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database file; it and its folder are created when missing.
    pub path: PathBuf,
    /// What survives a power cut.
    pub durability: Durability,
    /// Read connections, at least 1.
    pub readers: u32,
    /// How long to wait for another process that is writing.
    pub busy_timeout: Duration,
}

impl Options {
    /// Full durability, 4 read connections, 5 seconds of patience.
    pub fn new(path: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            durability: Durability::Full,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// What of the acknowledged writes survives. Both survive a crash of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Everything survives a power cut too: the disk is flushed before a caller is answered.
    #[default]
    Full,
    /// A power cut may lose the last moments, never the file's consistency. Faster on slow disks.
    Normal,
}

/// A store in a file; see the module.
pub type SqliteStore = SqlStore<File>;

impl SqliteStore {
    /// Opens the database, creating or migrating it.
    ///
    /// # Errors
    /// Names the path and what to do: a folder in place of the file, no permission, a damaged file, another
    /// program's database, a database written by a newer version, an SQLite library too old to trust.
    pub async fn open(options: Options) -> Result<SqliteStore> {
        let path = options.path.display().to_string();
        let Opened { writer, checkpoints, readers } = open::open(&options).await?;
        let jobs = open::jobs(&options);
        let checkpointer = Checkpointer::start(checkpoints);
        let file = File { path, options, readers, jobs, checkpointer };
        Ok(SqlStore::start(file, Writing { connection: writer, put_off: PutOff::default() }))
    }
}

/// The dialect of a file.
pub struct File {
    path: String,
    options: Options,
    readers: SqlitePool,
    jobs: SqlitePool,
    checkpointer: Checkpointer,
}

/// The connection that writes. A call into the database's thread costs more than most statements, so those that
/// return nothing go along with the next one.
pub struct Writing {
    connection: SqliteConnection,
    put_off: PutOff,
}

/// Statements that wait for company: one text, whose parameters are numbered on.
#[derive(Default)]
struct PutOff {
    sql: String,
    values: Vec<Value>,
}

impl PutOff {
    fn add(&mut self, sql: &str, values: Vec<Value>) {
        let mut sql = sql.to_owned();
        // From the last on, so that no number is met that was just written.
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
        let PutOff { sql, values } = std::mem::take(self);
        // Put together from our own statements only; values are bound.
        (AssertSqlSafe(sql), values)
    }
}

impl DbConnection for Writing {
    /// Counts the rows of what was put off too.
    async fn run(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<u64> {
        let (sql, values) = self.put_off.take(sql, values);
        let done = bound!(sqlx::query(sql), values).execute(&mut self.connection).await?;
        Ok(done.rows_affected())
    }

    /// What was put off returns no rows, so all that come are the statement's own.
    async fn fetch<T: Fetched>(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<Vec<T>> {
        let (sql, values) = self.put_off.take(sql, values);
        bound!(sqlx::query_as(sql), values).fetch_all(&mut self.connection).await
    }

    async fn later(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<()> {
        self.put_off.add(sql, values);
        Ok(())
    }

    async fn rollback(&mut self) -> sqlx::Result<()> {
        self.put_off = PutOff::default();
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
        Ok(Writing { connection, put_off: PutOff::default() })
    }

    async fn fetch<T: Fetched>(&self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<Vec<T>> {
        bound!(sqlx::query_as(sql), values).fetch_all(&self.readers).await
    }

    fn trouble(&self, error: &sqlx::Error) -> DbError {
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

    fn wrote(&self, operations: usize) {
        self.checkpointer.wrote(operations);
    }

    async fn close_readers(&self) {
        self.readers.close().await;
        self.jobs.close().await;
    }

    /// Folds the write-ahead log into the file. Where that fails nothing is lost, the next start does it.
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
