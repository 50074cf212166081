//! `harness`: drives the real `tolmach` binary over loopback, as its users and their bad days do.
//!
//! `crash` ends it in the middle of things and proves what it promises; `load` measures it with many clients at once.
//! Not here: anything that knows the product from inside. It sees what a client, a mailbox and an operator see.

mod binary;
mod crash;
mod database;
mod figures;
mod load;
mod process;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Drives the real tolmach binary: crashes and load.
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
    /// End the binary in the middle of things, again and again, and prove that nothing is lost, doubled or reordered
    Crash(crash::Options),
    /// Load the binary with clients of the web chat, and measure
    Load(load::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let run = async {
        let binary = binary::find(cli.binary)?;
        match cli.command {
            Command::Crash(options) => options.execute(binary).await,
            Command::Load(options) => options.execute(binary).await,
        }
    };
    // Whichever ends first: dropping the run ends every child that it started.
    let ended = tokio::select! {
        ended = run => ended,
        () = process::asked_to_stop() => Err(anyhow::anyhow!("interrupted")),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
