//! `tolmach catalog search`: what a client would be shown.

use std::{process::ExitCode, time::Instant};

use anyhow::bail;
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use tolmach_engine::{catalog::SearchRequest, language::Language, turn::card};
use tolmach_runtime::ports::Catalog;

use crate::{
    assemble::{data_folder, open_catalog},
    config::Config,
    samples,
};

#[derive(Debug, Args)]
pub struct Search {
    /// What a client would type, or an article
    query: String,
    /// Rows to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    /// 0 searches by words alone, 1 by vectors alone
    #[arg(long, default_value_t = 0.0)]
    semantic_ratio: f32,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Search {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        if !(0.0..=1.0).contains(&self.semantic_ratio) {
            bail!("--semantic-ratio is 0 to 1");
        }
        data_folder(&config.data_dir)?;
        let catalog = open_catalog(config)?;
        if catalog.generation().is_none() {
            samples::import_into(&catalog).await?;
        }
        let language = Language::detect(&self.query).unwrap_or_default();
        let request = SearchRequest {
            text: self.query,
            language,
            limit: self.limit,
            semantic_ratio: self.semantic_ratio,
            ..SearchRequest::default()
        };
        let started = Instant::now();
        let results = catalog.search(&request).await?;
        let millis = started.elapsed().as_secs_f64() * 1000.0;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&results)?);
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_HORIZONTAL_ONLY)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(110);
        table.set_header(["score", "article", "name", "price", "stock"]);
        for hit in &results.hits {
            let card = card(&hit.product, language);
            table.add_row([format!("{:.2}", hit.score), card.article, card.name, card.price, card.stock]);
        }
        println!("{table}\n{} of {} rows in {millis:.1} ms", results.hits.len(), results.total);
        Ok(if results.hits.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
