//! `tolmach release`: lists, compares, publishes, rolls back, exports and imports releases.

mod diff;
pub(super) mod plan;
mod publish;
mod show;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use tolmach_app::{
    diagnostics::Diagnosed,
    release::{self, Rollback, RolledBack},
    text::{one_line, short},
};
use tolmach_engine::bundle::Bundle;
use tolmach_runtime::{ports::Store, read_bundle};

use crate::{
    actor,
    assemble::{data_folder, existing_folder},
    clock::now,
    config::Config,
    database::Database,
};

/// List, compare, publish, roll back, export and import releases of the flows.
#[derive(Debug, Subcommand)]
pub enum ReleaseCommand {
    /// List publications, newest first
    List {
        /// The maximum number of publications
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Show a release: its publications, flows and files, and the chats that wait on it
    Show {
        /// A release: `current`, an id or a unique prefix of one
        #[arg(default_value = "current")]
        id: String,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Show the differences between two releases; `folder` means the flows folder
    Diff {
        /// The old release
        #[arg(default_value = "current")]
        from: String,
        /// The new release
        #[arg(default_value = "folder")]
        to: String,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Check a folder, run its dialog tests and make it the current release
    Publish(publish::Publish),
    /// Make an earlier release the current one again
    Rollback {
        /// The release [default: the one that was current before]
        id: Option<String>,
        /// The reason
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        note: String,
        /// Who does it [default: the `user.name` of git]
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
    },
    /// Write a release into a folder, or into an archive if the name ends in .zip
    Export {
        /// A release: `current`, an id or a unique prefix of one
        id: String,
        /// A new or empty folder, or a .zip file
        path: PathBuf,
    },
    /// Store an exported release without publishing it
    Import(Import),
}

/// Store an exported release without publishing it.
#[derive(Debug, Args)]
pub struct Import {
    /// The folder or .zip file
    path: PathBuf,
}

impl ReleaseCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        // Publish and import may be the first commands that need a database. Check their input before one is created.
        let new = !Database::of(config)?.exists();
        let store = match &self {
            ReleaseCommand::Publish(publish) if new => {
                publish.check_folder(config)?;
                make(config).await?
            }
            ReleaseCommand::Import(import) if new => {
                release::read_export(&import.path)?;
                make(config).await?
            }
            _ => Database::existing(config).await?,
        };
        let done = match self {
            ReleaseCommand::List { limit, json } => show::list(&*store, limit, json).await,
            ReleaseCommand::Show { id, json } => show::one(&*store, &config.platform(), &id, json).await,
            ReleaseCommand::Diff { from, to, json } => compare(&*store, config, (&from, &to), json).await,
            ReleaseCommand::Publish(publish) => publish.execute(&*store, config).await,
            ReleaseCommand::Rollback { id, note, author } => {
                roll_back(&*store, config, Rollback { release: id, note }, author).await
            }
            ReleaseCommand::Export { id, path } => export(&*store, &id, &path).await,
            ReleaseCommand::Import(import) => import.execute(&*store, config).await,
        };
        store.close().await?;
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn make(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    data_folder(&config.data_dir)?;
    Database::of(config)?.open().await
}

async fn compare(
    store: &dyn Store,
    config: &Config,
    (from, to): (&str, &str),
    json: bool,
) -> anyhow::Result<()> {
    let side = async |name: &str| -> anyhow::Result<Bundle> {
        if name == "folder" {
            return Ok(read_bundle(&folder(config)?)?);
        }
        Ok(release::bundle(store, &release::resolve(store, name).await?).await?)
    };
    let diff = release::diff(&side(from).await?, &side(to).await?, &config.platform());
    if json {
        println!("{}", serde_json::to_string_pretty(&diff)?);
        return Ok(());
    }
    let text = diff::text(&diff);
    if text.is_empty() {
        println!("{from} and {to} are the same");
    } else {
        print!("{text}");
    }
    Ok(())
}

/// The flows folder for `publish` and `diff`. Unlike other commands these do not copy the built-in bundle, which must
/// not be published by accident.
fn folder(config: &Config) -> anyhow::Result<PathBuf> {
    existing_folder(config).context("there is no folder flows here; name the folder with --flows DIR")
}

async fn roll_back(
    store: &dyn Store,
    config: &Config,
    wanted: Rollback,
    author: Option<String>,
) -> anyhow::Result<()> {
    match release::roll_back(store, &config.platform(), &actor::cli(author), now(), wanted).await? {
        RolledBack::Unchanged(id) => {
            println!("release {} is the current one; nothing changed", short(&id));
        }
        RolledBack::Done { release, from, plan } => {
            println!("rolled back to release {} (was {})", short(&release), short(&from));
            println!("{}", plan::text(&plan));
            println!("a running server takes it up within a second");
        }
    }
    Ok(())
}

async fn export(store: &dyn Store, id: &str, path: &Path) -> anyhow::Result<()> {
    let exported = release::export(store, id, path).await?;
    let (id, files) = (short(&exported.card.id), exported.bundle.files.len());
    println!("release {id} is in {} ({files} files)", path.display());
    Ok(())
}

impl Import {
    async fn execute(self, store: &dyn Store, config: &Config) -> anyhow::Result<()> {
        let imported =
            release::import(store, &config.platform(), &actor::cli(None), now(), &self.path).await?;
        show_warnings(&imported.warnings);
        let card = imported.card;
        let id = short(&card.id);
        println!(
            "release {id} is {}",
            if imported.known { "kept already" } else { "taken in, not published" }
        );
        if !card.note.is_empty() || !card.author.is_empty() {
            println!("  {}: {}", one_line(&card.author), one_line(&card.note));
        }
        println!("to publish it: tolmach release publish --release {id}");
        Ok(())
    }
}

/// Prints the compiler's warnings, followed by an empty line.
fn show_warnings(warnings: &Diagnosed) {
    if !warnings.diagnostics.is_empty() {
        println!("{warnings}\n");
    }
}
