//! `tolmach catalog list` and `rollback`: the generations that are kept, and the way back.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use comfy_table::{Table, presets};
use tolmach_runtime::ports::Catalog;

use crate::{assemble::open_catalog, config::Config};

#[derive(Debug, Args)]
pub struct List {
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Rollback {
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl List {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let kept = if config.data_dir.is_dir() { open_catalog(config)?.kept()? } else { Vec::new() };
        if self.json {
            let rows: Vec<_> = kept
                .iter()
                .map(|(manifest, serving)| serde_json::json!({ "serving": serving, "generation": manifest }))
                .collect();
            println!("{}", serde_json::to_string_pretty(&rows)?);
            return Ok(ExitCode::SUCCESS);
        }
        if kept.is_empty() {
            println!("no catalogue yet: tolmach catalog import FILE makes one");
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["", "generation", "built (UTC)", "items", "suppliers"]);
        for (manifest, serving) in kept {
            let sources = manifest.sources.iter().map(|source| {
                let demo = if source.demo { ", samples" } else { "" };
                format!("{} ({}{demo})", source.name, source.rows)
            });
            let built = jiff::Timestamp::from_millisecond(manifest.created)?;
            table.add_row([
                if serving { "serving" } else { "" }.to_owned(),
                manifest.id.clone(),
                built.strftime("%Y-%m-%d %H:%M").to_string(),
                manifest.rows.to_string(),
                sources.collect::<Vec<_>>().join("\n"),
            ]);
        }
        println!("{table}");
        Ok(ExitCode::SUCCESS)
    }
}

impl Rollback {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        if !config.data_dir.is_dir() {
            bail!("{} does not exist: there is no catalogue to go back in", config.data_dir.display());
        }
        let catalog = open_catalog(config)?;
        let before = catalog.generation().map(|(id, _)| id);
        let started = std::time::Instant::now();
        let id = catalog.roll_back().await?;
        let rows = catalog.generation().map(|(_, rows)| rows).unwrap_or_default();
        if self.json {
            println!("{}", serde_json::json!({ "generation": id, "rows": rows, "left": before }));
        } else {
            println!(
                "the catalogue is generation {id} again, with {rows} items ({:.2} s); a running server follows within a second",
                started.elapsed().as_secs_f32()
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
