//! `tolmach catalog import`: imports a price list as a new generation.

use std::{process::ExitCode, time::Instant};

use anyhow::bail;
use clap::Args;
use tolmach_app::{
    price_list::{self, PriceListPreview, QueuedList},
    uploads::Uploads,
};
use tolmach_catalog::ImportOutcome;
use tolmach_runtime::ports::{Actor, AuditStore};

use super::{bar::Bar, price_list::PriceList, show};
use crate::{
    actor,
    assemble::{data_folder, open_catalog, open_catalog_unquestioned},
    clock::now,
    config::Config,
    database::Database,
    reader,
};

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    list: PriceList,
    /// Have a running server import it and notify the staff of the result
    #[arg(long)]
    later: bool,
    /// Import even if golden questions fail
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
        let (json, force) = (self.json, self.force);
        let started = Instant::now();
        let actor = actor::cli(None);
        // Read the file before anything is created, so that an invalid file leaves nothing behind.
        let bar = Bar::new(!json);
        let mut understood = bar.reading(understand(self.list, config, &actor)).await?;
        if !json {
            print!("{}", understood.imported.report);
            show::remembered(&understood.remembered, &understood.source);
        }
        data_folder(&config.data_dir)?;
        let open = if force { open_catalog_unquestioned } else { open_catalog };
        let catalog = open(config)?;
        let store = Database::for_audit(config, true).await;
        let audit = store.as_deref().map(|store| store as &dyn AuditStore);
        let progress = move |progress| bar.show(progress);
        let switch = price_list::import(&catalog, audit, &actor, now(), &mut understood, progress).await;
        if let Some(store) = &store {
            store.close().await?;
        }
        let switch = switch?;
        if json {
            let PriceListPreview { imported, changes, disagreements, photos, .. } = &understood;
            let document = serde_json::json!({
                "report": imported.report, "switch": switch, "changes": changes, "disagreements": disagreements,
                "photos": photos.as_ref().map(|(_, taken)| taken),
                "photos_elsewhere": understood.photos_elsewhere(),
            });
            println!("{}", serde_json::to_string_pretty(&document)?);
        } else {
            told(&understood, &switch, started.elapsed().as_secs_f32());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Queues the import as a task.
    async fn leave(self, config: &Config) -> anyhow::Result<ExitCode> {
        let PriceList { file, source, map, photos } = self.list;
        if self.json {
            bail!("--later tells the staff how it went; leave out --json");
        }
        let list =
            QueuedList { file: file.clone(), source, map: map.map(|map| map.text().to_owned()), photos };
        let store = Database::existing(config).await?;
        let uploads = Uploads::of(&config.data_dir);
        let queued = price_list::queue(&*store, &uploads, &actor::cli(None), now(), &list).await;
        store.close().await?;
        queued?;
        println!("a running server imports {}; the staff is told how it went", file.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads the list. If that fails and a database exists, writes the failure to its audit log.
async fn understand(list: PriceList, config: &Config, actor: &Actor) -> anyhow::Result<PriceListPreview> {
    let list = price_list::PriceList::from(list);
    let supplier = list.supplier().unwrap_or_default();
    let understood =
        price_list::understand(list, config.data_dir.join("catalog"), reader::process(config)?).await;
    if let Err(why) = &understood
        && let Some(store) = Database::for_audit(config, false).await
    {
        price_list::record_refusal(&*store, actor, now(), &supplier, why).await;
        store.close().await?;
    }
    Ok(understood?)
}

fn told(understood: &PriceListPreview, switch: &ImportOutcome, seconds: f32) {
    let PriceListPreview { source, changes, disagreements, photos, .. } = understood;
    let replaced =
        if switch.replaced > 0 { format!(", {} replaced", switch.replaced) } else { String::new() };
    println!("\n{source}: {} items imported{replaced} in {seconds:.1} s", switch.imported);
    println!("  {}", show::summary(changes));
    show::photos(photos.as_ref());
    show::photos_elsewhere(understood.photos_elsewhere());
    show::disagreements(disagreements);
    for demo in &switch.dropped_demo {
        println!("the items of the demo source \"{demo}\" were removed");
    }
    println!("the catalogue has {} items, generation {}", switch.rows, switch.generation);
}
