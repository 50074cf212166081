//! `tolmach catalog import`: a price list becomes a new generation.

use std::{
    io::{IsTerminal, Write},
    path::Path,
    process::ExitCode,
    sync::Mutex,
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_catalog::{
    EmbeddedCatalog, ImportOutcome, Progress, Source, Stage, changes::Changes, import::remembered, photos,
};
use tolmach_runtime::ports::Task;

use super::{
    price_list::{PriceList, Understood},
    show,
};
use crate::{
    assemble::{data_folder, open_catalog, open_catalog_unquestioned},
    clock::now,
    config::Config,
    database::Database,
};

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    list: PriceList,
    /// Have a running server import it, and tell the staff how it went
    #[arg(long)]
    later: bool,
    /// Import even if golden questions are not answered
    #[arg(long, conflicts_with = "later")]
    force: bool,
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
        let mut understood = self.list.understand(config).await?;
        if !self.json {
            print!("{}", understood.imported.report);
            show::remembered(&understood.remembered, &understood.source);
        }
        data_folder(&config.data_dir)?;
        let open = if self.force { open_catalog_unquestioned } else { open_catalog };
        let catalog = open(config)?;
        let bar = Bar::new(!self.json && std::io::stderr().is_terminal());
        let switch = store(&catalog, &mut understood, move |progress| bar.show(progress)).await?;
        let Understood { source, imported, changes, disagreements, photos, .. } = &understood;
        if self.json {
            let document = serde_json::json!({
                "report": imported.report, "switch": switch, "changes": changes, "disagreements": disagreements,
                "photos": photos.as_ref().map(|(_, taken)| taken),
            });
            println!("{}", serde_json::to_string_pretty(&document)?);
            return Ok(ExitCode::SUCCESS);
        }
        let replaced =
            if switch.replaced > 0 { format!(", {} replaced", switch.replaced) } else { String::new() };
        println!(
            "\n{source}: {} items imported{replaced} in {:.1} s",
            switch.imported,
            started.elapsed().as_secs_f32()
        );
        println!("  {}", show::summary(changes));
        show::photos(photos.as_ref());
        show::disagreements(disagreements);
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
        let PriceList { file: path, source, map, photos } = self.list;
        if source.is_some() || map.is_some() || photos.is_some() || self.json {
            bail!(
                "--later imports under the file's name, with the columns remembered of it, and tells the staff; leave out \
                 --source, --map, --photos and --json"
            );
        }
        let file =
            std::fs::canonicalize(&path).with_context(|| format!("{} cannot be found", path.display()))?;
        let file = file.to_str().context("the path is not valid UTF-8")?.to_owned();
        let store = Database::existing(config).await?;
        store.push(Task::Reindex { file }.into(), now()).await?;
        store.close().await?;
        println!("a running server imports {}; the staff is told how it went", path.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// Imports a price list under its file's name, as a task of a running server.
pub async fn import_file(
    config: &Config,
    catalog: &EmbeddedCatalog,
    file: &Path,
) -> anyhow::Result<Imported> {
    let list = PriceList { file: file.to_owned(), source: None, map: None, photos: None };
    let mut understood = list.understand(config).await?;
    let switch = store(catalog, &mut understood, |_| {}).await?;
    Ok(Imported { rows: switch.rows, changes: understood.changes })
}

/// What an import did, for the staff.
pub struct Imported {
    /// Items in the catalogue now.
    pub rows: u64,
    pub changes: Changes,
}

/// Puts the rows in, and remembers the columns once they are there.
async fn store(
    catalog: &EmbeddedCatalog,
    understood: &mut Understood,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> anyhow::Result<ImportOutcome> {
    let folder = catalog.folder();
    tokio::task::block_in_place(|| understood.take_photos(folder))?;
    // A catalogue's rows take memory that the build needs.
    understood.current = Vec::new();
    let source = Source { name: understood.source.clone(), demo: false };
    let items = std::mem::take(&mut understood.imported.items);
    let switch = catalog.import(source, items, progress).await?;
    remembered::remember(folder, &understood.source, &understood.remember)?;
    // Photos that nothing names only take room.
    if let Err(why) = tokio::task::block_in_place(|| photos::sweep(folder)) {
        tracing::warn!(%why, "old photos cannot be removed");
    }
    Ok(switch)
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
