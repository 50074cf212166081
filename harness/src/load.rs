//! `harness load`: clients with think time over the sockets of the web chat, against the built-in bundle and the sample
//! catalogue; or many chats that are open and silent.

mod open;
mod page;
mod report;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::database::Choice;

/// What a person may ask for.
#[derive(Debug, Args)]
pub struct Options {
    /// Clients at once
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub clients: usize,
    /// Between an answer and the next message, on average; a page may send one message a second
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS")]
    pub think: f64,
    /// How long
    #[arg(long, default_value_t = 30, value_name = "S")]
    pub seconds: u64,
    /// So many chats instead that have said one thing and stay open; then the memory
    #[arg(long, value_name = "N", conflicts_with_all = ["clients", "think", "seconds"])]
    pub idle: Option<usize>,
    /// Where the data is kept
    #[arg(long, value_enum, default_value_t = Choice::Sqlite)]
    pub database: Choice,
    /// An empty PostgreSQL database [default: one of a server that is started for it]
    #[arg(long, value_name = "URL")]
    pub postgres_url: Option<String>,
    /// For tools
    #[arg(long)]
    pub json: bool,
}

impl Options {
    /// Measures on each database; fails when a message had no answer.
    ///
    /// # Errors
    /// The binary does not start or end as it should, or the options cannot be met here.
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
            let server = open::Server::start(binary.clone(), &database, sockets).await?;
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
