//! `tolmach eval intents`: evaluates the built-in intent classifier on labelled messages.

use std::{
    io::{IsTerminal, stderr},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use clap::Args;
use tolmach_app::eval::{self, Step};

#[derive(Debug, Args)]
pub struct Intents {
    /// The training file: one message a line, a tab, and its intent. `oos` is the intent of out-of-scope messages
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// The test file, in the same format
    #[arg(long, value_name = "FILE")]
    test: PathBuf,
    /// Show the N most frequent confusions
    #[arg(long, default_value_t = 10, value_name = "N")]
    worst: usize,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Intents {
    pub async fn execute(self) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        let elapsed = || started.elapsed();
        let on_step = |step| match step {
            Step::Learning { examples, intents } => {
                progress(&format!("learning {examples} examples of {intents} intents"));
            }
            Step::Placing { messages } => progress(&format!("placing {messages} messages")),
        };
        let measured = eval::intents(&self.train, &self.test, &elapsed, on_step).await?;
        progress("");
        super::show::print(&measured, self.worst, self.json);
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints the current phase on one line of a terminal; an empty text clears it.
fn progress(what: &str) {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{what}");
    }
}
