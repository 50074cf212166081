//! What a database is to the store: its connections, statements and error codes.

use std::future::Future;

use sqlx::{FromRow, PgPool, SqlitePool, postgres::PgRow, sqlite::SqliteRow};
use tolmach_runtime::ports::{ChatKey, Error, Purged, Result};

use super::{operation::Pushed, statements::Statements};

/// A parameter of a statement.
#[derive(Clone)]
pub enum Value {
    Text(String),
    Integer(i64),
    Bytes(Vec<u8>),
}

/// Binds parameters to a query of either database.
macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::sql::Value::Text(text) => query.bind(text),
                $crate::sql::Value::Integer(integer) => query.bind(integer),
                $crate::sql::Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}
pub(crate) use bound;

/// A row that can be decoded from both databases: a tuple of texts and numbers.
pub trait Fetched: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Fetched for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// The write connection. Only the writer task owns it, so no caller can cancel a transaction half-way.
pub trait DbConnection: Send + 'static {
    /// Runs a statement and returns the number of affected rows.
    fn run(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<u64>> + Send;

    /// As [`DbConnection::run`], with a statement that is made of names from the database's own catalogue.
    fn run_text(&mut self, sql: String, values: Vec<Value>)
    -> impl Future<Output = sqlx::Result<u64>> + Send;

    /// Runs a statement that returns no rows. A dialect may defer it and send it together with the next `run` or
    /// `fetch`; an error is then reported there.
    fn later(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<()>> + Send {
        async move { self.run(sql, values).await.map(drop) }
    }

    /// Rolls the transaction back and discards deferred statements.
    fn rollback(&mut self) -> impl Future<Output = sqlx::Result<()>> + Send {
        async { self.run("ROLLBACK", vec![]).await.map(drop) }
    }

    fn fetch<T: Fetched>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<Vec<T>>> + Send;

    /// Adds tasks to the queue, within the current transaction.
    fn push(&mut self, tasks: Vec<Pushed>) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// Classes of database errors, by what the caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DbError {
    /// Two transactions conflicted (serialization failure, deadlock): a retry may succeed.
    Conflict,
    /// The connection is lost. Whether the last commit took effect is unknown.
    Lost,
    /// Any other error.
    Other,
}

/// A database: its statements, connections and error codes.
pub trait Dialect: Send + Sync + 'static {
    type DbConnection: DbConnection;

    fn statements(&self) -> &'static Statements;

    /// Opens a connection for the writer.
    fn connect(&self) -> impl Future<Output = Result<Self::DbConnection>> + Send;

    /// Reads on a connection other than the writer's. Sees every acknowledged write.
    fn fetch<T: Fetched>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<Vec<T>>> + Send;

    /// As [`Dialect::fetch`], with a statement that is made of names from the database's own catalogue.
    fn fetch_text(
        &self,
        sql: String,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<Vec<(String,)>>> + Send;

    fn classify_error(&self, error: &sqlx::Error) -> DbError;

    /// Converts an error into a port error whose text tells the operator what to do.
    fn explain(&self, error: &sqlx::Error) -> Error;

    /// The id under which this store takes leases and sends change notifications; `None` if no other process can use
    /// the database.
    fn owner(&self) -> Option<&str> {
        None
    }

    /// See [`LeaseStore::lease`]. The default, for a database with one process, grants every lease.
    fn lease(&self, chats: Vec<ChatKey>) -> impl Future<Output = Result<Vec<ChatKey>>> + Send {
        std::future::ready(Ok(chats))
    }

    /// See [`LeaseStore::give_back`].
    fn release_lease(&self, _chats: Vec<ChatKey>) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// See [`LeaseStore::changed`]. The default, for a database with one process, never returns.
    fn changed(&self) -> impl Future<Output = Vec<ChatKey>> + Send {
        std::future::pending()
    }

    /// See [`SqlStore::jobs`].
    fn jobs(&self) -> JobPool;

    /// The database's name in messages: a path or `user@host:port/database`, never a password.
    fn name(&self) -> &str;

    /// See [`ClientStore::purge`]. The default, for a server that keeps files of its own, leaves it to the server.
    fn purge(&self) -> impl Future<Output = Result<Purged>> + Send {
        std::future::ready(Ok(Purged::ByServer))
    }

    /// Called after each group with its number of operations, failed ones included.
    fn wrote(&self, operations: usize);

    fn close_readers(&self) -> impl Future<Output = ()> + Send;

    /// Closes the database after the last write. `session` is `None` if the write connection is lost.
    fn finish(&self, session: Option<Self::DbConnection>) -> impl Future<Output = Result<()>> + Send;
}

/// Connections for the workers of the task queue, separate from the store's own.
#[derive(Clone, Debug)]
pub enum JobPool {
    /// To the SQLite file.
    Sqlite(SqlitePool),
    /// To the PostgreSQL server.
    Postgres(PgPool),
}
