//! `tolmach catalog`: price lists in, products out.

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
    /// Search the catalogue
    Search(search::Search),
}

impl CatalogCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            CatalogCommand::Import(import) => import.execute(config).await,
            CatalogCommand::Search(search) => search.execute(config).await,
        }
    }
}
