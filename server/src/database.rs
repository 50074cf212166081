//! Selects and opens the configured database.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::bail;
use tolmach_runtime::ports::Store;
use tolmach_store::{
    JobPool,
    postgres::{self, PostgresStore},
    sqlite::{self, Durability, SqliteStore},
};

use crate::config::Config;

/// A database that is configured but not open.
pub enum Database {
    /// An SQLite file, and whether each write waits for the disk.
    File(PathBuf, Durability),
    /// A database of a PostgreSQL server.
    Server(Box<postgres::Options>),
}

impl Database {
    /// Parses `database.url`; if unset, the SQLite file in the data folder.
    ///
    /// # Errors
    /// When the URL is malformed.
    pub fn of(config: &Config) -> anyhow::Result<Database> {
        let url = config.database.url.expose();
        let durability = if config.database.relaxed { Durability::Normal } else { Durability::default() };
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "" => Ok(Database::File(config.data_dir.join("tolmach.db"), durability)),
            "postgres" | "postgresql" => Ok(Database::Server(Box::new(postgres::Options::parse(url)?))),
            "sqlite" => {
                let path = url.trim_start_matches("sqlite:");
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() {
                    bail!("database.url names no file; write sqlite:PATH, such as sqlite:data/tolmach.db");
                }
                Ok(Database::File(path.into(), durability))
            }
            // Do not print the rest of the URL, which may contain a password.
            _ => bail!(
                "database.url is neither postgres://USER:PASSWORD@HOST/DATABASE nor sqlite:PATH{}",
                if url.contains("://") { format!(" but {scheme}://…") } else { String::new() }
            ),
        }
    }

    /// Whether it is on a server, so that no local file is created.
    pub fn is_server(&self) -> bool {
        matches!(self, Database::Server(_))
    }

    /// Whether opening it creates no new file.
    pub fn exists(&self) -> bool {
        match self {
            Database::File(path, _) => path.is_file(),
            Database::Server(_) => true,
        }
    }

    /// Opens it and creates or migrates its tables.
    ///
    /// # Errors
    /// When it cannot be opened or migrated.
    pub async fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        Ok(self.open_with_jobs().await?.0)
    }

    /// Opens it like [`Database::open`], and returns a connection pool for a task worker too.
    ///
    /// # Errors
    /// When it cannot be opened or migrated.
    pub async fn open_with_jobs(&self) -> anyhow::Result<(Arc<dyn Store>, JobPool)> {
        match self {
            Database::File(path, durability) => {
                let mut options = sqlite::Options::new(path);
                options.durability = *durability;
                let store = SqliteStore::open(options).await?;
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

    /// The path of an SQLite file; `None` for a server.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Database::File(path, _) => Some(path),
            Database::Server(_) => None,
        }
    }

    /// Opens the database for the audit row of a command that needs no database otherwise. With `make` a missing
    /// database is created; without it, `None` is returned. A failure to open is only logged, because the command does
    /// not depend on it.
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

    /// Opens an existing database; a command that only reads must not create one.
    ///
    /// # Errors
    /// When there is no database yet, or it cannot be opened.
    pub async fn existing(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
        let database = Database::of(config)?;
        match &database {
            Database::File(path, _) if !path.is_file() => {
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
