//! The database of the tested binary.

use std::sync::Arc;

use anyhow::{Context, bail};
use clap::ValueEnum;
use tolmach_testkit::postgres::{self, Cluster};

/// Databases that can be selected on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// One file in the data folder
    #[default]
    Sqlite,
    /// A temporary PostgreSQL server, or the database at --postgres-url
    Postgres,
    /// One after the other
    Both,
}

/// A database to test with.
#[derive(Clone, Debug)]
pub struct Database {
    /// Name in reports.
    pub name: &'static str,
    /// URL; `None` is the SQLite file in the data folder.
    pub url: Option<String>,
    /// Keeps a temporary server running while the database is in use.
    _cluster: Option<Arc<Cluster>>,
}

impl Database {
    /// The SQLite file in the data folder.
    pub fn file() -> Database {
        Database { name: "sqlite", url: None, _cluster: None }
    }
}

impl Choice {
    /// The databases to run on, in order.
    ///
    /// # Errors
    /// If PostgreSQL is required but not installed, or does not start.
    pub fn databases(self, postgres_url: Option<&str>) -> anyhow::Result<Vec<Database>> {
        let mut databases = Vec::new();
        if self != Choice::Postgres {
            databases.push(Database::file());
        }
        if self != Choice::Sqlite {
            let (url, cluster) = match postgres_url {
                Some(url) => (url.to_owned(), None),
                None => own()?,
            };
            databases.push(Database { name: "postgres", url: Some(url), _cluster: cluster });
        }
        Ok(databases)
    }
}

/// Starts a temporary server that flushes commits to disk.
fn own() -> anyhow::Result<(String, Option<Arc<Cluster>>)> {
    let started = Cluster::start(postgres::Options { fsync: true }).context("PostgreSQL does not start")?;
    let Some(cluster) = started else {
        bail!(
            "there is no PostgreSQL on this machine; install its server, or name an empty database with --postgres-url \
             postgres://user@host/name"
        );
    };
    let url = cluster.database().context("no database could be made")?;
    Ok((url, Some(Arc::new(cluster))))
}
