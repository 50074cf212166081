//! The store on a PostgreSQL server, which several processes may share.
//!
//! Statements and the write queue are in `sql`; this module holds what is specific to a server: connecting, lost
//! connections, permissions, leases and change notifications.

mod changes;
mod explain;
mod leases;
mod open;

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep},
};
use tolmach_runtime::ports::{ChatKey, Error, QUEUE, Result};

use crate::sql::{
    self, DbError, Dialect, Fetched, JobPool, Pushed, SqlStore, Value, bound, queue,
    statements::{POSTGRES, Statements},
};
use changes::DbConnection;
use tolmach_runtime::backoff;

/// Capacity of the queue of lease requests. Callers wait when it is full.
const LEASES: usize = 1024;

/// Settings of a store on a server.
#[derive(Clone)]
pub struct Options {
    connect: PgConnectOptions,
    /// Maximum number of read connections, opened on demand; 0 counts as 1.
    pub readers: u32,
    /// Timeout of one attempt to connect and of taking a connection from a pool; reads are retried on lost connections
    /// for as long.
    pub connect_timeout: Duration,
    /// How long a lease of a chat is valid.
    pub lease: Duration,
}

impl Options {
    /// Parses a URL. Defaults: 8 read connections, connect timeout 10 s, leases of 10 s.
    ///
    /// # Errors
    /// When the URL is not valid. The error does not repeat it, because it may contain a password.
    pub fn parse(url: &str) -> Result<Options> {
        let connect = open::parse(url)?;
        let timeout = Duration::from_secs(10);
        Ok(Options { connect, readers: 8, connect_timeout: timeout, lease: timeout })
    }
}

/// A store on a PostgreSQL server; see the module.
pub type PostgresStore = SqlStore<Server>;

impl PostgresStore {
    /// Connects, and creates or migrates the tables.
    ///
    /// # Errors
    /// The error names the server, the database and the remedy. Causes: no answer, a wrong password, no such database,
    /// no permission to create tables, tables of another program or of a newer version, a server older than PostgreSQL
    /// 14, an encoding other than UTF-8.
    pub async fn open(options: Options) -> Result<PostgresStore> {
        let name = open::name(&options.connect);
        let (writer, readers) = open::open(&options, &name).await?;
        let session = DbConnection::start(&options, &name).await?;
        let (leases, queue) = mpsc::channel(LEASES);
        tokio::spawn(leases::run(options.clone(), name.clone(), session.owner.clone(), queue));
        let jobs = open::jobs(&options);
        Ok(SqlStore::start(Server { name, options, readers, jobs, session, leases }, writer))
    }
}

/// The PostgreSQL dialect: one database on a server, and its connections.
pub struct Server {
    /// `user@host:port/database`.
    name: String,
    options: Options,
    readers: PgPool,
    jobs: PgPool,
    session: DbConnection,
    leases: mpsc::Sender<leases::Request>,
}

impl sql::DbConnection for PgConnection {
    async fn run(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<u64> {
        bound!(sqlx::query(sql), values).execute(self).await.map(|done| done.rows_affected())
    }

    async fn run_text(&mut self, sql: String, values: Vec<Value>) -> sqlx::Result<u64> {
        let done = bound!(sqlx::query(AssertSqlSafe(sql)), values).execute(self).await?;
        Ok(done.rows_affected())
    }

    async fn fetch<T: Fetched>(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<Vec<T>> {
        bound!(sqlx::query_as(sql), values).fetch_all(self).await
    }

    async fn push(&mut self, tasks: Vec<Pushed>) -> sqlx::Result<()> {
        let tasks = tasks.into_iter().map(queue::task).collect();
        match apalis_postgres::queries::push_tasks(self, QUEUE, tasks).await {
            Ok(()) => Ok(()),
            Err(apalis_postgres::Error::Database(error)) => Err(error),
            Err(error) => Err(sqlx::Error::Encode(Box::new(error))),
        }
    }
}

impl Dialect for Server {
    type DbConnection = PgConnection;

    fn statements(&self) -> &'static Statements {
        &POSTGRES
    }

    async fn connect(&self) -> Result<PgConnection> {
        open::connect(&self.options, &self.name).await
    }

    async fn fetch<T: Fetched>(&self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<Vec<T>> {
        // After a restart of the server every pooled connection fails once, and new ones may fail as well: retry.
        let until = Instant::now() + self.options.connect_timeout;
        let mut dead = 0;
        loop {
            let read = bound!(sqlx::query_as(sql), values.clone()).fetch_all(&self.readers).await;
            match read {
                Err(error) if explain::is_dead(&error) && Instant::now() < until => {
                    tracing::debug!(%error, "a read connection was lost");
                    dead += 1;
                    if dead > self.options.readers {
                        let (first, most) = (Duration::from_millis(5), Duration::from_millis(200));
                        sleep(backoff::wait(first, most, dead - self.options.readers)).await;
                    }
                }
                read => return read,
            }
        }
    }

    async fn fetch_text(&self, sql: String, values: Vec<Value>) -> sqlx::Result<Vec<(String,)>> {
        bound!(sqlx::query_as(AssertSqlSafe(sql)), values).fetch_all(&self.readers).await
    }

    fn classify_error(&self, error: &sqlx::Error) -> DbError {
        explain::trouble(error)
    }

    fn explain(&self, error: &sqlx::Error) -> Error {
        explain::explain(&self.name, error)
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.session.owner.id)
    }

    async fn lease(&self, chats: Vec<ChatKey>) -> Result<Vec<ChatKey>> {
        if chats.is_empty() {
            return Ok(chats);
        }
        let (reply, answer) = oneshot::channel();
        self.leases.send(leases::Request::Take(chats, reply)).await.map_err(|_| self.closed())?;
        answer.await.map_err(|_| self.closed())?
    }

    async fn release_lease(&self, chats: Vec<ChatKey>) -> Result<()> {
        if chats.is_empty() {
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        self.leases.send(leases::Request::Give(chats, reply)).await.map_err(|_| self.closed())?;
        answer.await.map_err(|_| self.closed())?
    }

    async fn changed(&self) -> Vec<ChatKey> {
        self.session.changes.heard().await
    }

    fn jobs(&self) -> JobPool {
        JobPool::Postgres(self.jobs.clone())
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn wrote(&self, _operations: usize) {}

    async fn close_readers(&self) {
        self.readers.close().await;
        self.jobs.close().await;
    }

    async fn finish(&self, session: Option<PgConnection>) -> Result<()> {
        self.session.stop().await;
        match session {
            Some(session) => session.close().await.map_err(|error| self.explain(&error)),
            None => Ok(()),
        }
    }
}

impl Server {
    fn closed(&self) -> Error {
        Error::unavailable("database", format!("{} is closed", self.name))
    }
}

#[cfg(test)]
mod tests;
