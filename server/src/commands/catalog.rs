//! `tolmach catalog`: import of price lists, and search.

mod bar;
mod eval;
mod generations;
mod golden;
mod import;
mod item;
mod preview;
mod price_list;
mod read;
mod search;
mod show;
mod uploads;

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::Config;

/// Import, preview and search price lists.
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// Import a price list: .xlsx, .xls, .xlsb, .ods or .csv
    Import(import::Import),
    /// List the stored generations, and which one serves
    List(generations::List),
    /// Roll back to the previous generation
    Rollback(generations::Rollback),
    /// Ask the golden questions of the serving generation
    Golden(golden::Golden),
    /// Show an item with its prices over the kept generations
    Item(item::Show),
    /// List the price lists that were uploaded in the panel, and how far they are
    Uploads(uploads::Uploads),
    /// Measure the search quality on judged queries
    Eval(eval::Eval),
    /// Show how a price list is read and what it would change, without changing anything
    Preview(preview::Preview),
    /// Search the catalogue
    Search(search::Search),
    /// Read a price list within limits and print it as JSON; run as a child process by the other commands
    #[command(hide = true)]
    Read(read::Read),
}

impl CatalogCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            CatalogCommand::Import(import) => import.execute(config).await,
            CatalogCommand::List(list) => list.execute(config).await,
            CatalogCommand::Rollback(rollback) => rollback.execute(config).await,
            CatalogCommand::Golden(golden) => golden.execute(config).await,
            CatalogCommand::Item(item) => item.execute(config).await,
            CatalogCommand::Uploads(uploads) => uploads.execute(config).await,
            CatalogCommand::Eval(eval) => eval.execute(config).await,
            CatalogCommand::Preview(preview) => preview.execute(config).await,
            CatalogCommand::Search(search) => search.execute(config).await,
            // Normally `main` runs this command before it reads the configuration.
            CatalogCommand::Read(read) => read.execute(),
        }
    }
}
