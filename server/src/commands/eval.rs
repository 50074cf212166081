//! `tolmach eval`: evaluation of classifiers.

mod intents;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum EvalCommand {
    /// Train the intent classifier on one file and evaluate it on another
    Intents(intents::Intents),
}

impl EvalCommand {
    pub async fn execute(self) -> anyhow::Result<ExitCode> {
        match self {
            EvalCommand::Intents(intents) => intents.execute().await,
        }
    }
}
