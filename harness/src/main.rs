//! `harness`: crash and load tests that run the real `tolmach` binary over loopback.
//!
//! `crash` kills the binary at random moments and checks the delivery guarantees; `load` measures it with many clients;
//! `attack` does what hostile clients do, while ordinary ones talk.
//! It is a black-box test: it sees only what a client, a mailbox and an operator see.

mod attack;
mod binary;
mod crash;
mod database;
mod figures;
mod load;
mod page;
mod process;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Crash and load tests of the real tolmach binary
#[derive(Debug, Parser)]
#[command(name = "harness", version, about)]
struct Cli {
    /// The tolmach binary [default: the one beside this program]
    #[arg(long, value_name = "PATH", global = true)]
    binary: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Kill and stop the binary at random moments, and check that nothing is lost, duplicated or reordered
    Crash(crash::Options),
    /// Run clients of the web chat against the binary, and measure
    Load(load::Options),
    /// Attack the binary in each of several ways while ordinary clients talk, and measure what they notice
    Attack(attack::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let run = async {
        let binary = binary::find(cli.binary)?;
        match cli.command {
            Command::Crash(options) => options.execute(binary).await,
            Command::Load(options) => options.execute(binary).await,
            Command::Attack(options) => options.execute(binary).await,
        }
    };
    // Dropping the run kills every child that it started.
    let ended = tokio::select! {
        ended = run => ended,
        () = process::shutdown_signal() => Err(anyhow::anyhow!("interrupted")),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
