//! `tolmach catalog`: price lists in, products out.

mod eval;
mod generations;
mod import;
mod search;

use std::process::ExitCode;

use clap::Subcommand;

pub use import::import_file;

use crate::config::Config;

/// Import and search price lists.
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// Import a price list: .xlsx, .xls, .xlsb, .ods or .csv
    Import(import::Import),
    /// The generations that are kept, and which one serves
    List(generations::List),
    /// Go back to the generation before, at once
    Rollback(generations::Rollback),
    /// Search the catalogue
    Search(search::Search),
    /// Measure the search on judged queries
    Eval(eval::Eval),
}

impl CatalogCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            CatalogCommand::Import(import) => import.execute(config).await,
            CatalogCommand::List(list) => list.execute(config).await,
            CatalogCommand::Rollback(rollback) => rollback.execute(config).await,
            CatalogCommand::Search(search) => search.execute(config).await,
            CatalogCommand::Eval(eval) => eval.execute(config).await,
        }
    }
}
