//! Where the driven binary keeps its data.

use std::sync::Arc;

use anyhow::{Context, bail};
use clap::ValueEnum;
use tolmach_testkit::postgres::{self, Cluster};

/// What a person may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// One file in the data folder
    #[default]
    Sqlite,
    /// A server of the harness's own, or the one that --postgres-url names
    Postgres,
    /// One after the other
    Both,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Database {
    /// As it stands in reports.
    pub name: &'static str,
    /// `None` is the file in the data folder.
    pub url: Option<String>,
    /// The server, for as long as the database is used.
    _cluster: Option<Arc<Cluster>>,
}

impl Choice {
    /// The databases to run on, in order.
    ///
    /// # Errors
    /// PostgreSQL that is not there, or does not start.
    pub fn databases(self, postgres_url: Option<&str>) -> anyhow::Result<Vec<Database>> {
        let mut databases = Vec::new();
        if self != Choice::Postgres {
            databases.push(Database { name: "sqlite", url: None, _cluster: None });
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

/// A server that flushes to the disk as a real one does.
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
