//! `harness load`: web chat clients with think time, against the built-in bundle and the sample catalogue, or many idle
//! chats.

mod open;
mod report;
mod server;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::database::Choice;

pub use open::enough_files;

/// Options of `harness load`.
#[derive(Debug, Args)]
pub struct Options {
    /// Number of concurrent clients
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub clients: usize,
    /// Average pause between an answer and the next message; the server accepts one message per second per page
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS")]
    pub think: f64,
    /// Duration of the measurement
    #[arg(long, default_value_t = 30, value_name = "S")]
    pub seconds: u64,
    /// Instead of a load: open this many chats, send one message in each, keep them open and report the memory
    #[arg(long, value_name = "N", conflicts_with_all = ["clients", "think", "seconds"])]
    pub idle: Option<usize>,
    /// Where the data is kept
    #[arg(long, value_enum, default_value_t = Choice::Sqlite)]
    pub database: Choice,
    /// URL of an empty PostgreSQL database [default: a temporary server is started]
    #[arg(long, value_name = "URL")]
    pub postgres_url: Option<String>,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

impl Options {
    /// Measures on each database. The exit code is a failure if any message was not answered.
    ///
    /// # Errors
    /// If an option is out of range, the system allows too few open files, or the binary does not start or stop.
    pub async fn execute(self, binary: PathBuf) -> anyhow::Result<ExitCode> {
        if !(1.0..=3600.0).contains(&self.think) {
            bail!("--think {}: 1 to 3600 seconds, for a page may send one message a second", self.think);
        }
        let sockets = self.idle.unwrap_or(self.clients);
        if sockets == 0 {
            bail!("no clients, no load");
        }
        open::enough_files(sockets)?;
        let mut measured = Vec::new();
        for database in self.database.databases(self.postgres_url.as_deref())? {
            let server = server::Server::start(binary.clone(), &database, sockets).await?;
            let one = match self.idle {
                Some(chats) => open::idle(&server, chats).await?,
                None => {
                    let (think, length) =
                        (Duration::from_secs_f64(self.think), Duration::from_secs(self.seconds));
                    open::busy(&server, self.clients, think, length).await?
                }
            };
            server.end().await?;
            if !self.json {
                print!("{one}");
            }
            measured.push(one);
        }
        if self.json {
            let json: Vec<_> = measured.iter().map(report::Measured::json).collect();
            println!("{:#}", json!(json));
        }
        let answered = measured.iter().all(|one| one.errors.is_empty());
        Ok(if answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
