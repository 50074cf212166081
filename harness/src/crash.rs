//! `harness crash`: the binary is killed and stopped at random moments under a seeded load. At the end, a ledger of all
//! messages written and shown tells whether any was lost, duplicated or reordered.
//!
//! Telegram is a receiver without deduplication: it shows whatever it is sent. The mailbox deduplicates by Message-ID.
//! An update is acknowledged when the offset of a later request confirms it.

mod cycles;
mod ledger;
mod report;
mod test_bed;
mod traffic;

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::database::Choice;

/// Options of `harness crash`.
#[derive(Debug, Args)]
pub struct Options {
    /// Number of times that a process is killed or stopped
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub cycles: u32,
    /// Where the data is kept
    #[arg(long, value_enum, default_value_t = Choice::Sqlite)]
    pub database: Choice,
    /// URL of an empty PostgreSQL database [default: a temporary server is started]
    #[arg(long, value_name = "URL")]
    pub postgres_url: Option<String>,
    /// Processes that share the work; more than one needs PostgreSQL
    #[arg(long, default_value_t = 1, value_name = "K")]
    pub processes: usize,
    /// Seed of the messages and of the moments of the signals [default: random]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

impl Options {
    /// Runs on each database. The exit code is a failure if a delivery guarantee was violated.
    ///
    /// # Errors
    /// If the options do not fit together, or the binary does not start or stop.
    pub async fn execute(self, binary: PathBuf) -> anyhow::Result<ExitCode> {
        if self.processes == 0 || self.processes > 1 && self.database != Choice::Postgres {
            bail!("--processes {}: one process, or several with --database postgres", self.processes);
        }
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        let mut outcomes = Vec::new();
        for database in self.database.databases(self.postgres_url.as_deref())? {
            let outcome = cycles::run(&self, &binary, &database, seed).await?;
            if !self.json {
                print!("{outcome}");
            }
            outcomes.push(outcome);
        }
        if self.json {
            let json: Vec<_> = outcomes.iter().map(report::Outcome::json).collect();
            println!("{:#}", json!(json));
        }
        let kept = outcomes.iter().all(report::Outcome::holds);
        Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
