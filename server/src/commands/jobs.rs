//! `tolmach jobs`: tasks that were quarantined, and trying them again.

use std::process::ExitCode;

use clap::Subcommand;
use comfy_table::{Table, presets};
use tolmach_app::{tasks, text::when};

use crate::{actor, clock::now, config::Config, database::Database};

/// Tasks shown at most.
const SHOWN: u32 = 200;

/// See the tasks that were quarantined because they ended the process again and again, and try them once more.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List them, the newest first
    List {
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Have a worker try one again
    Retry {
        /// Its id, as `list` shows it
        id: String,
    },
}

impl JobsCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let code = match self {
            JobsCommand::List { json } => {
                let shown = tasks::quarantined(&*store, SHOWN).await?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                } else if shown.is_empty() {
                    println!("no task is quarantined");
                } else {
                    let mut table = Table::new();
                    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
                    table.set_header(["id", "task", "quarantined", "why"]);
                    for task in &shown {
                        table.add_row([&task.id, tasks::name(&task.task), &when(task.at), &task.why]);
                    }
                    println!("{table}");
                }
                ExitCode::SUCCESS
            }
            JobsCommand::Retry { id } => {
                tasks::retry(&*store, &actor::cli(None), now(), &id).await?;
                println!("{id} is tried again by the next worker that runs");
                ExitCode::SUCCESS
            }
        };
        store.close().await?;
        Ok(code)
    }
}
