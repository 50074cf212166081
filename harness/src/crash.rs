//! `harness crash`: the binary is ended in the middle of things, again and again, under a seeded load; at the end a ledger
//! of all that was written and shown says whether anything was lost, doubled or reordered.
//!
//! Telegram plays the plain receiver, which shows whatever it is sent; a mailbox the one that knows ids. An update is
//! acknowledged when the offset of a later request confirms it.

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

/// What a person may ask for.
#[derive(Debug, Args)]
pub struct Options {
    /// How often a process is killed or stopped
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub cycles: u32,
    /// Where the data is kept
    #[arg(long, value_enum, default_value_t = Choice::Sqlite)]
    pub database: Choice,
    /// An empty PostgreSQL database [default: one of a server that is started for it]
    #[arg(long, value_name = "URL")]
    pub postgres_url: Option<String>,
    /// Processes that share the work; more than one needs PostgreSQL
    #[arg(long, default_value_t = 1, value_name = "K")]
    pub processes: usize,
    /// The same seed writes the same messages and aims at the same moments [default: another one each time]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// For tools
    #[arg(long)]
    pub json: bool,
}

impl Options {
    /// Runs on each database; fails when a promise was broken.
    ///
    /// # Errors
    /// The binary does not start or end as it should, or the options do not fit together.
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
