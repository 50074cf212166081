//! The `tolmach` binary: reads the configuration, builds the dependencies and runs a command.
//!
//! This crate contains no dialog logic. It is the only one that depends on all others.

#[macro_use]
mod out;

mod actor;
mod assemble;
mod clock;
mod commands;
mod config;
mod database;
mod files;
mod follow;
mod health;
mod http_server;
mod images;
mod instance_lock;
mod jobs;
mod log;
mod open_files;
mod panel;
mod photos;
mod pieces;
mod private;
mod reader;
mod settings;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};

use config::Config;

/// Self-hosted chatbot with dialogs as declarative YAML flows and search in a product catalogue.
#[derive(Debug, Parser)]
#[command(name = "tolmach", version, about)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
struct Global {
    /// The data folder [default: tolmach-data, or TOLMACH_DATA_DIR]
    #[arg(long = "data", value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// The folder with the flows [default: flows, or TOLMACH_FLOWS]
    #[arg(long, value_name = "DIR", global = true)]
    flows: Option<PathBuf>,
    /// The configuration file [default: tolmach.toml, if it exists]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web chat page, and the Telegram bot if a token is configured (the default command)
    Run(commands::run::Run),
    Demo(commands::demo::Demo),
    /// Chat with the bot in the terminal
    Chat(commands::chat::Chat),
    /// Make a bundle for a business: flows, prompts, knowledge and dialog tests
    New(commands::new::New),
    /// Check a bundle of flows and report every problem
    Check(commands::check::Check),
    /// Explain a code that `check` prints, with an example; without a code, list all
    Explain(commands::explain::Explain),
    /// Run the dialog tests of a bundle
    Test(commands::test::Test),
    /// Write the schemas with which editors check the files of a bundle
    Schema(commands::schema::Schema),
    /// Draw a flow
    Graph(commands::graph::GraphCommand),
    /// Import, preview and search price lists
    #[command(subcommand)]
    Catalog(commands::catalog::CatalogCommand),
    /// Show, export or erase everything that is kept of a client
    #[command(subcommand)]
    Client(commands::client::ClientCommand),
    /// Evaluate classifiers
    #[command(subcommand)]
    Eval(commands::eval::EvalCommand),
    /// Show the audit log
    #[command(subcommand)]
    Audit(commands::audit::AuditCommand),
    /// Print embedding vectors of texts
    Embed(commands::embed::Embed),
    /// List and edit leads
    Leads(commands::leads::Leads),
    /// List chats that the staff took over, write to a client, take a chat over, return it to the bot
    #[command(subcommand)]
    Handoff(commands::handoff::HandoffCommand),
    /// List, compare, publish, roll back, export and import releases of the flows
    #[command(subcommand)]
    Release(commands::release::ReleaseCommand),
    /// See, try, publish and throw away drafts of the panel
    #[command(subcommand)]
    Draft(commands::draft::DraftCommand),
    /// List images of the flows, put pictures into a draft, take them out, and write them to files
    #[command(subcommand)]
    Image(commands::image::ImageCommand),
    /// Show the version, the database and the release
    Status(commands::status::Status),
    /// Look at the database row by row, and mend it by hand
    #[command(subcommand)]
    Data(commands::data::DataCommand),
    /// List chats and show one with its turns, as the panel's inbox does
    #[command(subcommand)]
    Inbox(commands::inbox::InboxCommand),
    /// Show the figures of the panel's first page
    Figures(commands::figures::FiguresCommand),
    /// Show the last lines of the log of a server that runs, by its API
    Log(commands::log::Log),
    /// Count the calls of language models, their tokens, and what they cost
    Spending(commands::spending::Spending),
    /// Count the goals that clients reached, and compare the arms of experiments
    Goals(commands::goals::Goals),
    /// List quarantined tasks and retry them
    #[command(subcommand)]
    Jobs(commands::jobs::JobsCommand),
    /// Show where each setting comes from, and change what may change while the program runs
    #[command(subcommand)]
    Config(commands::config::ConfigCommand),
    /// Make and change the accounts of the admin panel
    #[command(subcommand)]
    Admin(commands::admin::AdminCommand),
    /// Replay stored turns from their traces, or backtest a draft on them
    Replay(commands::replay::Replay),
    /// Group the messages that no intent was found for, and propose examples and intents
    Suggest(commands::suggest::Suggest),
}

impl Command {
    /// Whether the settings that are stored in the database matter to it.
    fn takes_settings(&self) -> bool {
        use Command as C;
        matches!(
            self,
            C::Run(_)
                | C::Chat(_)
                | C::Catalog(_)
                | C::Check(_)
                | C::Test(_)
                | C::Release(_)
                | C::Draft(_)
                | C::Replay(_)
                | C::Suggest(_)
                | C::Spending(_)
                | C::Leads(_)
                | C::Handoff(_)
                | C::Jobs(_)
        )
    }
}

/// How long the process waits at its end for computations that have begun.
const LAST_COMPUTATIONS: Duration = Duration::from_secs(1);

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
    private::new_files();
    // `catalog read` limits its own memory, so it must run before anything else is started.
    if let Some(Command::Catalog(commands::catalog::CatalogCommand::Read(read))) = &cli.command {
        return read.execute();
    }
    let mut config = Config::load(cli.global.config.as_deref())?;
    if let Some(data) = cli.global.data {
        config.data_dir = data;
    } else if matches!(cli.command, Some(Command::Demo(_))) {
        config.data_dir = commands::demo::FOLDER.into();
    }
    if let Some(flows) = cli.global.flows {
        config.flows = Some(flows);
    }
    let command = cli.command.unwrap_or_else(|| Command::Run(commands::run::Run::default()));
    // Only the server logs by default; the output of other commands must stay clean.
    log::start(&config.log, matches!(command, Command::Run(_) | Command::Demo(_)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let code = runtime.block_on(async {
        if command.takes_settings() {
            // What is stored in the panel goes before the file.
            config = match settings::stored(config.clone()).await {
                Ok(config) => config,
                // These do their work without a database as well.
                Err(why) if matches!(command, Command::Check(_) | Command::Test(_) | Command::Catalog(_)) => {
                    eprintln!("warning: the settings of the panel could not be read: {why:#}");
                    config
                }
                Err(why) => return Err(why),
            };
            log::set(&config.log)?;
        }
        match command {
            Command::Run(run) => run.execute(config).await,
            Command::Demo(demo) => demo.execute(config).await,
            Command::Chat(chat) => chat.execute(config).await,
            Command::New(new) => new.execute(),
            Command::Check(check) => check.execute(&config).await,
            Command::Test(test) => test.execute(&config).await,
            Command::Schema(schema) => schema.execute(&config),
            Command::Explain(explain) => explain.execute(),
            Command::Graph(graph) => graph.execute(&config),
            Command::Catalog(catalog) => catalog.execute(&config).await,
            Command::Client(client) => client.execute(&config).await,
            Command::Eval(eval) => eval.execute().await,
            Command::Audit(audit) => audit.execute(&config).await,
            Command::Embed(embed) => embed.execute().await,
            Command::Leads(leads) => leads.execute(&config).await,
            Command::Handoff(handoff) => handoff.execute(&config).await,
            Command::Release(release) => release.execute(&config).await,
            Command::Draft(draft) => draft.execute(&config).await,
            Command::Image(image) => image.execute(&config).await,
            Command::Status(status) => status.execute(&config).await,
            Command::Data(data) => data.execute(&config).await,
            Command::Inbox(inbox) => inbox.execute(&config).await,
            Command::Figures(figures) => figures.execute(&config).await,
            Command::Log(log) => log.execute().await,
            Command::Spending(spending) => spending.execute(&config).await,
            Command::Goals(goals) => goals.execute(&config).await,
            Command::Jobs(jobs) => jobs.execute(&config).await,
            Command::Config(command) => command.execute(&config).await,
            Command::Admin(command) => command.execute(&config).await,
            Command::Replay(replay) => replay.execute(&config).await,
            Command::Suggest(suggest) => suggest.execute(&config).await,
        }
    });
    // A computation cannot be stopped from outside; the process does not wait for one that does not end.
    runtime.shutdown_timeout(LAST_COMPUTATIONS);
    code
}
