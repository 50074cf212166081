//! `tolmach catalog`: price lists in, products out.

mod eval;
mod generations;
mod import;
mod preview;
mod price_list;
mod read;
mod search;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::Config;

/// Look into price lists, import and search them.
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// Import a price list: .xlsx, .xls, .xlsb, .ods or .csv
    Import(import::Import),
    /// The generations that are kept, and which one serves
    List(generations::List),
    /// Go back to the generation before, at once
    Rollback(generations::Rollback),
    /// Measure the search on judged queries
    Eval(eval::Eval),
    /// Say how a price list is understood and what it would change; nothing is made or changed
    Preview(preview::Preview),
    /// Search the catalogue
    Search(search::Search),
    /// Read a price list within limits and print it as JSON: the process that the other commands start
    #[command(hide = true)]
    Read(read::Read),
}

impl CatalogCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            CatalogCommand::Import(import) => import.execute(config).await,
            CatalogCommand::List(list) => list.execute(config).await,
            CatalogCommand::Rollback(rollback) => rollback.execute(config).await,
            CatalogCommand::Eval(eval) => eval.execute(config).await,
            CatalogCommand::Preview(preview) => preview.execute(config).await,
            CatalogCommand::Search(search) => search.execute(config).await,
            // Carried out before the configuration is read.
            CatalogCommand::Read(read) => read.execute(),
        }
    }
}
