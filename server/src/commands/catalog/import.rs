//! `tolmach catalog import`: a price list becomes a new generation.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_adapters::{
    catalog::{EmbeddedCatalog, Progress, Source, Stage, Switch},
    import,
};
use tolmach_runtime::ports::Task;

use crate::{
    assemble::{data_folder, open_catalog},
    config::Config,
    database::Database,
    releases::now,
};

#[derive(Debug, Args)]
pub struct Import {
    /// The price list
    file: PathBuf,
    /// Have a running server import it, and tell the staff how it went
    #[arg(long)]
    later: bool,
    /// The supplier; importing again under the same name replaces its rows [default: the file's name]
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Import {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        if self.later {
            return self.leave(config).await;
        }
        let started = Instant::now();
        // The file is read before anything is made: a wrong file leaves nothing behind.
        let file = self.file.clone();
        let imported = tokio::task::spawn_blocking(move || import::read(&file)).await??;
        if !self.json {
            print!("{}", imported.report);
        }
        data_folder(&config.data_dir)?;
        let catalog = open_catalog(config)?;
        let stem = self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = self.source.or(stem).context("the file has no name; give the supplier's with --source")?;
        let source = Source { name: name.clone(), demo: false };
        let bar = Bar::new(!self.json && std::io::stderr().is_terminal());
        let switch = catalog.import(source, imported.items, move |progress| bar.show(progress)).await?;
        if self.json {
            println!(
                "{}",
                serde_json::to_string_pretty(
                    &serde_json::json!({ "report": imported.report, "switch": switch })
                )?
            );
            return Ok(ExitCode::SUCCESS);
        }
        let replaced =
            if switch.replaced > 0 { format!(", {} replaced", switch.replaced) } else { String::new() };
        println!(
            "\n{name}: {} items imported{replaced} in {:.1} s",
            switch.imported,
            started.elapsed().as_secs_f32()
        );
        for demo in &switch.dropped_demo {
            println!("the items of the demo source \"{demo}\" were removed");
        }
        println!("the catalogue has {} items, generation {}", switch.rows, switch.generation);
        Ok(ExitCode::SUCCESS)
    }
}

impl Import {
    /// Puts the import on the list of tasks.
    async fn leave(self, config: &Config) -> anyhow::Result<ExitCode> {
        if self.source.is_some() || self.json {
            bail!("--later imports under the file's name and tells the staff; leave out --source and --json");
        }
        let file = std::fs::canonicalize(&self.file)
            .with_context(|| format!("{} cannot be found", self.file.display()))?;
        let file = file.to_str().context("the path is not valid UTF-8")?.to_owned();
        let store = Database::existing(config).await?;
        store.push(Task::Reindex { file }.into(), now()).await?;
        store.close().await?;
        println!("a running server imports {}; the staff is told how it went", self.file.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// Imports a price list under its file's name.
pub async fn import_file(catalog: &EmbeddedCatalog, file: &Path) -> anyhow::Result<Switch> {
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let source = Source { name: name.context("the file has no name")?, demo: false };
    let file = file.to_owned();
    let imported = tokio::task::spawn_blocking(move || import::read(&file)).await??;
    Ok(catalog.import(source, imported.items, |_| {}).await?)
}

/// Progress on one line, where somebody watches.
struct Bar {
    shown: bool,
    last: Mutex<Option<(Stage, u64)>>,
}

impl Bar {
    fn new(shown: bool) -> Bar {
        Bar { shown, last: Mutex::default() }
    }

    fn show(&self, progress: Progress) {
        let percent = (progress.done * 100).checked_div(progress.total).unwrap_or(100);
        let now = Some((progress.stage, percent));
        let Ok(mut last) = self.last.lock() else { return };
        if !self.shown || *last == now {
            return;
        }
        *last = now;
        let stage = match progress.stage {
            Stage::Merging => "merging",
            Stage::Embedding => "embedding",
            Stage::Indexing => "indexing",
            Stage::Verifying => "verifying",
        };
        eprint!("\r  {stage:<10} {percent:>3} %");
        if progress.stage == Stage::Verifying && progress.done == progress.total {
            eprint!("\r                    \r");
        }
        let _ = std::io::stderr().flush();
    }
}
