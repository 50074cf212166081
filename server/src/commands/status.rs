//! `tolmach status`: the version of the program, its database and the release that serves.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use tolmach_app::text::when;

use crate::{config::Config, database::Database};

/// Show the version, the database and the release.
#[derive(Debug, Args)]
pub struct Status {
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Status {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let (facts, release) = (store.facts().await?, store.current_release().await?);
        store.close().await?;
        let version = env!("CARGO_PKG_VERSION");
        if self.json {
            let release = release.map(|one| json!({ "id": one.release, "note": one.note, "at": one.at }));
            let shown = json!({ "version": version, "database": facts, "release": release });
            println!("{}", serde_json::to_string_pretty(&shown)?);
            return Ok(ExitCode::SUCCESS);
        }
        println!("Tolmach {version}");
        println!("  database   {} {}, {}", facts.kind, facts.version, facts.place);
        println!("             {} KiB, migration {}", facts.bytes.div_ceil(1024), facts.migration);
        match release {
            Some(release) => println!("  release    {} since {}", release.release, when(release.at)),
            None => println!("  release    none"),
        }
        Ok(ExitCode::SUCCESS)
    }
}
