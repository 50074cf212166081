//! `tolmach jobs`: lists quarantined tasks and retries them.

use std::process::ExitCode;

use clap::Subcommand;
use comfy_table::{Table, presets};
use tolmach_app::{tasks, text::when};

use crate::{actor, clock::now, config::Config, database::Database};

/// The maximum number of tasks that are listed.
const SHOWN: u32 = 200;

/// List the tasks that were quarantined because they ended the process repeatedly, and retry them.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List quarantined tasks, newest first
    List {
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Show the queue, the quarantine and the timers, what is due first at the top
    Show {
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Discard a quarantined task: it is never done
    Discard {
        /// The task's id, as shown by `list`
        id: String,
    },
    /// Queue a quarantined task again
    Retry {
        /// The task's id, as shown by `list`
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
            JobsCommand::Show { json } => {
                let shown = tasks::overview(&*store, SHOWN).await?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                } else {
                    for count in &shown.counts {
                        println!("{}: {}", count.state, count.count);
                    }
                    for task in &shown.queued {
                        let name = task.job.as_ref().map_or("unknown", |job| tasks::name(&job.task));
                        println!("{}  {name}, {}, due {}", task.id, task.state, when(task.due));
                    }
                    println!("quarantined: {}; see tolmach jobs list", shown.quarantined.len());
                    for timer in &shown.timers {
                        println!("timer {} of {}, due {}", timer.name, timer.chat, when(timer.due));
                    }
                }
                ExitCode::SUCCESS
            }
            JobsCommand::Discard { id } => {
                tasks::discard(&*store, &actor::cli(None), now(), &id).await?;
                println!("{id} is discarded");
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
