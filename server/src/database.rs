//! Which database the configuration means, and opening it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::bail;
use tolmach_runtime::ports::Store;
use tolmach_store::{
    JobPool,
    postgres::{self, PostgresStore},
    sqlite::{self, SqliteStore},
};

use crate::config::Config;

/// A database that is not opened yet.
pub enum Database {
    /// An SQLite file.
    File(PathBuf),
    /// A database of a PostgreSQL server.
    Server(Box<postgres::Options>),
}

impl Database {
    /// What `database.url` means; unset, the file in the data folder.
    pub fn of(config: &Config) -> anyhow::Result<Database> {
        let url = config.database.url.expose();
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "" => Ok(Database::File(config.data_dir.join("tolmach.db"))),
            "postgres" | "postgresql" => Ok(Database::Server(Box::new(postgres::Options::parse(url)?))),
            "sqlite" => {
                let path = url.trim_start_matches("sqlite:");
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() {
                    bail!("database.url names no file; write sqlite:PATH, such as sqlite:data/tolmach.db");
                }
                Ok(Database::File(path.into()))
            }
            // The rest may hold a password.
            _ => bail!(
                "database.url is neither postgres://USER:PASSWORD@HOST/DATABASE nor sqlite:PATH{}",
                if url.contains("://") { format!(" but {scheme}://…") } else { String::new() }
            ),
        }
    }

    /// Whether a server keeps it, so that there is nothing to make on this machine.
    pub fn is_server(&self) -> bool {
        matches!(self, Database::Server(_))
    }

    /// Whether looking into it makes no file.
    pub fn exists(&self) -> bool {
        match self {
            Database::File(path) => path.is_file(),
            Database::Server(_) => true,
        }
    }

    /// Opens it, making or bringing up to date its tables.
    pub async fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        Ok(self.open_with_jobs().await?.0)
    }

    /// The same, with connections for a worker on its tasks.
    pub async fn open_with_jobs(&self) -> anyhow::Result<(Arc<dyn Store>, JobPool)> {
        match self {
            Database::File(path) => {
                let store = SqliteStore::open(sqlite::Options::new(path)).await?;
                let jobs = store.jobs();
                Ok((Arc::new(store), jobs))
            }
            Database::Server(options) => {
                let store = PostgresStore::open(options.as_ref().clone()).await?;
                let jobs = store.jobs();
                Ok((Arc::new(store), jobs))
            }
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Database::File(path) => Some(path),
            Database::Server(_) => None,
        }
    }

    /// The database for a row of the audit log of a command that needs none otherwise: one that exists, or with `make` a new
    /// one too. What cannot be opened is logged: the command itself does not depend on it.
    pub async fn for_audit(config: &Config, make: bool) -> Option<Arc<dyn Store>> {
        let open = async {
            let database = Database::of(config)?;
            if make || database.exists() { database.open().await.map(Some) } else { Ok(None) }
        };
        let opened: anyhow::Result<Option<Arc<dyn Store>>> = open.await;
        opened.unwrap_or_else(|why| {
            tracing::error!(why = format!("{why:#}"), "the audit log cannot be opened");
            None
        })
    }

    /// Opens a database that is in use; looking must not make one.
    pub async fn existing(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
        let database = Database::of(config)?;
        match &database {
            Database::File(path) if !path.is_file() => {
                let place = if config.database.url.is_empty() { &config.data_dir } else { path };
                bail!(
                    "{} holds no database yet; start `tolmach run` or `tolmach chat` first, or name another folder \
                     with --data",
                    place.display()
                );
            }
            _ => database.open().await,
        }
    }
}
