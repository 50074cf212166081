//! The `tolmach` binary: reads the configuration, wires the parts, runs a command.
//!
//! No decision about dialogs is made here; only this crate sees all the others.

#[macro_use]
mod out;

mod actor;
mod assemble;
mod clock;
mod commands;
mod config;
mod database;
mod follow;
mod health;
mod instance_lock;
mod jobs;
mod log;
mod photos;
mod reader;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use config::Config;

/// Self-hosted dialogs from declarative graphs: YAML flows, a catalogue, and clients who get answers.
#[derive(Debug, Parser)]
#[command(name = "tolmach", version, about)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Global {
    /// The data folder [default: tolmach-data, or TOLMACH_DATA_DIR]
    #[arg(long = "data", value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// The folder with the flows [default: flows, or TOLMACH_FLOWS]
    #[arg(long, value_name = "DIR", global = true)]
    flows: Option<PathBuf>,
    /// The configuration file [default: tolmach.toml, if it is there]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web chat page, and the Telegram bot when a token is configured (the default command)
    Run(commands::run::Run),
    /// Talk to the consultant in the terminal
    Chat(commands::chat::Chat),
    /// Check a bundle of flows and say everything that is wrong with it
    Check(commands::check::Check),
    /// Run the dialog tests of a bundle
    Test(commands::test::Test),
    /// Draw a flow
    Graph(commands::graph::GraphCommand),
    /// Look into price lists, import and search them
    #[command(subcommand)]
    Catalog(commands::catalog::CatalogCommand),
    /// Measure how well texts are understood
    #[command(subcommand)]
    Eval(commands::eval::EvalCommand),
    /// See who changed what, and how it ended
    #[command(subcommand)]
    Audit(commands::audit::AuditCommand),
    /// Print the vectors of texts
    Embed(commands::embed::Embed),
    /// List the leads, newest first
    Leads(commands::leads::Leads),
    /// See the chats that a person has, write into them, take one and give it back
    #[command(subcommand)]
    Handoff(commands::handoff::HandoffCommand),
    /// List, compare, publish and take back releases of the flows
    #[command(subcommand)]
    Release(commands::release::ReleaseCommand),
    /// Count the goals that clients reached, and compare the arms of experiments
    Goals(commands::goals::Goals),
    /// See the tasks that were quarantined, and have them tried again
    #[command(subcommand)]
    Jobs(commands::jobs::JobsCommand),
    /// Replay a stored chat from its traces and compare the effects
    Replay(commands::replay::Replay),
    /// Group the messages that no intent was found for, and propose examples and intents
    Suggest(commands::suggest::Suggest),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = start(cli);
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    // It limits its own memory, so nothing of the program may have begun.
    if let Some(Command::Catalog(commands::catalog::CatalogCommand::Read(read))) = &cli.command {
        return read.execute();
    }
    let mut config = Config::load(cli.global.config.as_deref())?;
    if let Some(data) = cli.global.data {
        config.data_dir = data;
    }
    if let Some(flows) = cli.global.flows {
        config.flows = Some(flows);
    }
    let command = cli.command.unwrap_or_else(|| Command::Run(commands::run::Run::default()));
    // Only the server's log is meant to be watched; a command's own output must stay clean.
    log::start(&config.log, matches!(command, Command::Run(_)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Run(run) => run.execute(config).await,
            Command::Chat(chat) => chat.execute(config).await,
            Command::Check(check) => check.execute(&config),
            Command::Test(test) => test.execute(&config).await,
            Command::Graph(graph) => graph.execute(&config),
            Command::Catalog(catalog) => catalog.execute(&config).await,
            Command::Eval(eval) => eval.execute().await,
            Command::Audit(audit) => audit.execute(&config).await,
            Command::Embed(embed) => embed.execute().await,
            Command::Leads(leads) => leads.execute(&config).await,
            Command::Handoff(handoff) => handoff.execute(&config).await,
            Command::Release(release) => release.execute(&config).await,
            Command::Goals(goals) => goals.execute(&config).await,
            Command::Jobs(jobs) => jobs.execute(&config).await,
            Command::Replay(replay) => replay.execute(&config).await,
            Command::Suggest(suggest) => suggest.execute(&config).await,
        }
    })
}
