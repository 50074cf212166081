//! `tolmach catalog list` and `tolmach catalog rollback`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use comfy_table::{Table, presets};
use tolmach_app::catalog::{self, Generation};
use tolmach_runtime::ports::AuditStore;

use crate::{actor, assemble::open_catalog, clock::now, config::Config, database::Database};

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
        let there = config.data_dir.is_dir();
        let kept = if there { catalog::generations(&*open_catalog(config)?)? } else { Vec::new() };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&kept)?);
            return Ok(ExitCode::SUCCESS);
        }
        if kept.is_empty() {
            println!("no catalogue yet: tolmach catalog import FILE makes one");
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["", "generation", "built (UTC)", "items", "suppliers"]);
        for Generation { manifest, serving } in kept {
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
        let store = Database::for_audit(config, false).await;
        let audit = store.as_deref().map(|store| store as &dyn AuditStore);
        let started = std::time::Instant::now();
        let done = catalog::roll_back(&catalog, audit, &actor::cli(None), now()).await;
        let seconds = started.elapsed().as_secs_f32();
        if let Some(store) = &store {
            store.close().await?;
        }
        let done = done?;
        if self.json {
            println!("{}", serde_json::to_string(&done)?);
        } else {
            println!(
                "the catalogue is generation {} again, with {} items ({seconds:.2} s); a running server follows within a second",
                done.generation, done.rows
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
