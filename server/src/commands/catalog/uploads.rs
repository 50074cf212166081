//! `tolmach catalog uploads`: price lists that were uploaded in the panel.

use std::{process::ExitCode, sync::Arc};

use clap::Args;
use tolmach_app::{
    catalog_drafts::Drafts,
    text::{one_line, when},
};
use tolmach_runtime::ports::SystemClock;

use crate::{assemble::open_catalog, config::Config, database::Database, reader};

#[derive(Debug, Args)]
pub struct Uploads {
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Uploads {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let (catalog, clock) = (open_catalog(config)?, Arc::new(SystemClock));
        let drafts =
            Drafts::of(&config.data_dir, Arc::clone(&store), catalog, clock, reader::process(config)?);
        let shown = drafts.shown().await;
        store.close().await?;
        let shown = shown?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&shown)?);
        } else if shown.is_empty() {
            println!("no price list was uploaded; this is done in the panel, under Catalogue");
        } else {
            for upload in &shown {
                let (supplier, by) = (one_line(&upload.supplier), one_line(&upload.by));
                println!("{}  {supplier}  {}, {} by {by}", upload.id, upload.state, when(upload.at));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
