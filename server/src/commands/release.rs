//! `tolmach release`: look at releases, publish the flows folder, go back, carry a release elsewhere.

mod publish;
mod show;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use tolmach_engine::{Release, bundle::Bundle, compile};
use tolmach_runtime::{
    ports::{Publication, PublicationKind, Store},
    read_bundle,
};

use crate::{
    assemble::{data_folder, existing_folder},
    config::Config,
    database::Database,
    diagnostics,
    releases::{self, archive, archive::Card, base, diff, plan, short},
};

/// List, compare, publish and take back releases of the flows.
#[derive(Debug, Subcommand)]
pub enum ReleaseCommand {
    /// List what was published, newest first
    List {
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Show a release: who published it, its flows and files, and who waits on it
    Show {
        /// A release: `current`, an id or the beginning of one
        #[arg(default_value = "current")]
        id: String,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Show how two releases differ; `folder` is the flows folder
    Diff {
        /// The one before
        #[arg(default_value = "current")]
        from: String,
        /// The one after
        #[arg(default_value = "folder")]
        to: String,
    },
    /// Check a folder, run its dialog tests and make it the current release
    Publish(publish::Publish),
    /// Make an earlier release the current one again
    Rollback {
        /// The release [default: the one that was current before]
        id: Option<String>,
        /// Why
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        note: String,
        /// Who does it [default: the name that git knows]
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
    },
    /// Write a release into a folder, or into an archive if the name ends in .zip
    Export {
        /// A release: `current`, an id or the beginning of one
        id: String,
        /// A new or empty folder, or a .zip file
        path: PathBuf,
    },
    /// Take in an exported release without publishing it
    Import(Import),
}

/// Take in an exported release without publishing it.
#[derive(Debug, Args)]
pub struct Import {
    /// The folder or .zip file
    path: PathBuf,
}

impl ReleaseCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        // Two of these may be the first to need a database; what they are given must be good before one is made.
        let new = !Database::of(config)?.exists();
        let store = match &self {
            ReleaseCommand::Publish(publish) if new => {
                publish.check_folder(config)?;
                make(config).await?
            }
            ReleaseCommand::Import(import) if new => {
                archive::import(&import.path)?;
                make(config).await?
            }
            _ => Database::existing(config).await?,
        };
        let done = match self {
            ReleaseCommand::List { limit, json } => show::list(&*store, limit, json).await,
            ReleaseCommand::Show { id, json } => show::one(&*store, &id, json).await,
            ReleaseCommand::Diff { from, to } => compare(&*store, config, &from, &to).await,
            ReleaseCommand::Publish(publish) => publish.execute(&*store, config).await,
            ReleaseCommand::Rollback { id, note, author } => rollback(&*store, id, note, author).await,
            ReleaseCommand::Export { id, path } => export(&*store, &id, &path).await,
            ReleaseCommand::Import(import) => import.execute(&*store).await,
        };
        store.close().await?;
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn make(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    data_folder(&config.data_dir)?;
    Database::of(config)?.open().await
}

async fn compare(store: &dyn Store, config: &Config, from: &str, to: &str) -> anyhow::Result<()> {
    let side = async |name: &str| -> anyhow::Result<Bundle> {
        if name == "folder" {
            return Ok(read_bundle(&folder(config)?)?);
        }
        releases::bundle(store, &releases::resolve(store, name).await?).await
    };
    let text = diff::text(&side(from).await?, &side(to).await?);
    if text.is_empty() {
        println!("{from} and {to} are the same");
    } else {
        print!("{text}");
    }
    Ok(())
}

/// The folder that people work in. The built-in bundle is never copied here: it must not be published by an oversight.
fn folder(config: &Config) -> anyhow::Result<PathBuf> {
    existing_folder(config).context("there is no folder flows here; name the folder with --flows DIR")
}

async fn rollback(
    store: &dyn Store,
    id: Option<String>,
    note: String,
    author: Option<String>,
) -> anyhow::Result<()> {
    let current = releases::current(store).await?.context("nothing is published yet")?;
    let target = match &id {
        Some(id) => releases::resolve(store, id).await?,
        None => current.parent.clone().with_context(|| {
            format!("{} is the first release; there is none before it", short(&current.release))
        })?,
    };
    if target == current.release {
        println!("release {} is the current one; nothing changed", short(&target));
        return Ok(());
    }
    if !store.publications(u32::MAX).await?.iter().any(|publication| publication.release == target) {
        bail!(
            "release {} was never published, so there is no way back to it; publish it: tolmach release publish \
             --release {}",
            short(&target),
            short(&target)
        );
    }
    let bundle = releases::bundle(store, &target).await?;
    let compiled = compile(&bundle, &tolmach_nodes::platform());
    if compiled.release.is_none() {
        bail!(
            "this program no longer compiles release {}; nothing changed\n\n{}",
            short(&target),
            diagnostics::explained(&bundle, std::path::Path::new(""), &compiled.diagnostics)
        );
    }
    let publication = Publication {
        seq: 0,
        release: target.clone(),
        parent: Some(current.release.clone()),
        author: author.or_else(releases::author).unwrap_or_else(|| "unknown".to_owned()),
        note,
        at: releases::now(),
        kind: PublicationKind::Rollback,
        moves: Default::default(),
    };
    let plan = plan::of(store, &publication).await?;
    releases::publish(store, publication).await?;
    println!("rolled back to release {} (was {})", short(&target), short(&current.release));
    println!("{plan}");
    println!("a running server takes it up within a second");
    Ok(())
}

async fn export(store: &dyn Store, id: &str, path: &std::path::Path) -> anyhow::Result<()> {
    let id = releases::resolve(store, id).await?;
    let bundle = releases::bundle(store, &id).await?;
    let all = store.publications(u32::MAX).await?;
    let published = all.into_iter().find(|publication| publication.release == id);
    let card = match published {
        Some(by) => {
            Card { id: id.clone(), parent: by.parent, author: by.author, note: by.note, at: Some(by.at) }
        }
        None => Card { id: id.clone(), parent: None, author: String::new(), note: String::new(), at: None },
    };
    archive::export(&bundle, &card, path)?;
    if !archive::is_zip(path) {
        base::write(path, &id);
    }
    println!("release {} is in {} ({} files)", short(&id), path.display(), bundle.files.len());
    Ok(())
}

impl Import {
    async fn execute(self, store: &dyn Store) -> anyhow::Result<()> {
        let (bundle, card) = archive::import(&self.path)?;
        compiled(&bundle, &self.path)?;
        let known = store.release(&card.id).await?.is_some();
        releases::keep(store, &bundle).await?;
        let id = short(&card.id);
        println!("release {id} is {}", if known { "kept already" } else { "taken in, not published" });
        if !card.note.is_empty() || !card.author.is_empty() {
            println!("  {}: {}", releases::one_line(&card.author), releases::one_line(&card.note));
        }
        println!("to publish it: tolmach release publish --release {id}");
        Ok(())
    }
}

/// Compiles a bundle: warnings are shown, errors end the command.
fn compiled(bundle: &Bundle, folder: &std::path::Path) -> anyhow::Result<Release> {
    let compiled = compile(bundle, &tolmach_nodes::platform());
    let explained = || diagnostics::explained(bundle, folder, &compiled.diagnostics);
    match compiled.release {
        None => bail!("the flows do not compile; nothing changed\n\n{}", explained()),
        Some(release) => {
            if !compiled.diagnostics.is_empty() {
                println!("{}\n", explained());
            }
            Ok(release)
        }
    }
}
