//! The store on a PostgreSQL server, which several processes may share.
//!
//! What is written and read is in `store`; here is what only a server has: connecting, being lost, rights.

mod explain;
mod open;

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use tolmach_runtime::ports::{Error, Result};

use crate::store::{
    Dialect, Fetched, Session, SqlStore, Trouble, Value, bound,
    statements::{POSTGRES, Statements},
};

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    connect: PgConnectOptions,
    /// Read connections at most, at least 1; they are made when they are needed.
    pub readers: u32,
    /// How long one attempt to connect may take.
    pub connect_timeout: Duration,
}

impl Options {
    /// 8 read connections, 10 seconds of patience.
    ///
    /// # Errors
    /// An URL that is none; its text is not repeated, it may hold a password.
    pub fn parse(url: &str) -> Result<Options> {
        let connect = open::parse(url)?;
        Ok(Options { connect, readers: 8, connect_timeout: Duration::from_secs(10) })
    }
}

/// A store on a server; see the module.
pub type PostgresStore = SqlStore<Server>;

impl PostgresStore {
    /// Connects, creating or migrating the tables.
    ///
    /// # Errors
    /// Names the server, the database and what to do: nobody answers, a wrong password, no such database, no right
    /// to create tables, another program's tables or a newer version's, a server too old, an encoding that cannot
    /// hold every text.
    pub async fn open(options: Options) -> Result<PostgresStore> {
        let name = open::name(&options.connect);
        let (session, readers) = open::open(&options, &name).await?;
        Ok(SqlStore::start(Server { name, options, readers }, session))
    }
}

/// The dialect of a server.
pub struct Server {
    /// `user@host:port/database`.
    name: String,
    options: Options,
    readers: PgPool,
}

impl Session for PgConnection {
    async fn run(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<()> {
        bound!(sqlx::query(sql), values).execute(self).await.map(drop)
    }

    async fn fetch<T: Fetched>(&mut self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<Vec<T>> {
        bound!(sqlx::query_as(sql), values).fetch_all(self).await
    }
}

impl Dialect for Server {
    type Session = PgConnection;

    fn statements(&self) -> &'static Statements {
        &POSTGRES
    }

    async fn connect(&self) -> Result<PgConnection> {
        open::connect(&self.options, &self.name).await
    }

    async fn fetch<T: Fetched>(&self, sql: &'static str, values: Vec<Value>) -> sqlx::Result<Vec<T>> {
        // After a restart of the server each pooled connection is found dead once.
        for _ in 0..self.options.readers {
            let read = bound!(sqlx::query_as(sql), values.clone()).fetch_all(&self.readers).await;
            match read {
                Err(error) if explain::is_dead(&error) => {
                    tracing::debug!(%error, "a read connection was lost");
                }
                read => return read,
            }
        }
        bound!(sqlx::query_as(sql), values).fetch_all(&self.readers).await
    }

    fn trouble(&self, error: &sqlx::Error) -> Trouble {
        explain::trouble(error)
    }

    fn explain(&self, error: &sqlx::Error) -> Error {
        explain::explain(&self.name, error)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn wrote(&self, _operations: usize) {}

    async fn close_readers(&self) {
        self.readers.close().await;
    }

    async fn finish(&self, session: Option<PgConnection>) -> Result<()> {
        match session {
            Some(session) => session.close().await.map_err(|error| self.explain(&error)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
