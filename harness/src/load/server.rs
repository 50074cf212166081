//! The binary under load.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use tempfile::TempDir;

use crate::{
    database::Database,
    process::{Role, Settings, Tolmach, Usage},
};

/// Time limit of a start, which imports the samples, and of a stop.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Pages that are opened concurrently.
pub(super) const OPENING: usize = 64;
/// All clients of a load have one address, for which the limits of an office are too low.
const LIMITS: &str = "[limits.address]\nconnections = 1000000\nrequests = 10000000\nsockets = 1000000\n\
                      chats = 1000000\nmessages = 10000000\nframes = 10000000\nkib = 1000000\n";

/// The running binary.
pub struct Server {
    tolmach: Tolmach,
    database: &'static str,
    pub(super) address: String,
    /// Its data folder, deleted on drop.
    _home: TempDir,
}

impl Server {
    /// Starts the binary with a socket limit for this many pages.
    ///
    /// # Errors
    /// If it does not become ready.
    pub async fn start(binary: PathBuf, database: &Database, sockets: usize) -> anyhow::Result<Server> {
        let home = TempDir::new().context("no temporary folder")?;
        std::fs::write(home.path().join("tolmach.toml"), LIMITS).context("no configuration file")?;
        let settings = Settings::new(binary, home.path().to_owned(), database)
            .with("TOLMACH_WEB_SOCKETS", sockets + OPENING);
        let mut tolmach = settings.spawn(Role::Alone)?;
        let (address, _) = tolmach.ready(TIMEOUT).await?;
        Ok(Server { tolmach, database: database.name, address, _home: home })
    }

    /// Name of its database.
    pub fn database(&self) -> &'static str {
        self.database
    }

    /// Stops it with SIGTERM.
    ///
    /// # Errors
    /// If it does not stop in time or fails.
    pub async fn end(self) -> anyhow::Result<()> {
        self.tolmach.terminate(TIMEOUT).await
    }

    /// Resource usage so far; `None` if the system does not report it.
    pub fn usage(&self) -> Option<Usage> {
        self.tolmach.usage()
    }
}
