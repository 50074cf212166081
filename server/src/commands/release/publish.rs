//! `tolmach release publish`: every check first, then one step that nobody can come in between of.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use anyhow::bail;
use clap::Args;
use tolmach_engine::{bundle::Bundle, compile};
use tolmach_runtime::{
    ports::{Publication, PublicationKind, Store},
    read_bundle,
};

use super::{compiled, folder};
use crate::{
    commands::test,
    config::Config,
    releases::{self, base, described, moves, plan, short},
};

/// Check a folder, run its dialog tests and make it the current release.
#[derive(Debug, Args)]
pub struct Publish {
    /// The bundle's folder [default: the configured one]
    dir: Option<PathBuf>,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    note: String,
    /// Who does it [default: the name that git knows]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Chats that wait at FROM (flow.node of the current release) go on at TO (flow.node of the new one), or begin
    /// anew if it is `restart`; may be given several times
    #[arg(long = "move", value_name = "FROM=TO")]
    moves: Vec<String>,
    /// Publish over this release, which must be the current one, whatever the folder is based on
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// Publish a kept release instead of a folder
    #[arg(long, value_name = "ID", conflicts_with = "dir")]
    release: Option<String>,
    /// Check and show what would happen, and stop there
    #[arg(long)]
    dry_run: bool,
}

impl Publish {
    pub(super) async fn execute(self, store: &dyn Store, config: &Config) -> anyhow::Result<()> {
        let current = releases::current(store).await?;
        let (folder, bundle) = self.source(store, config).await?;
        let shown = folder.clone().unwrap_or_default();
        let id = bundle.id();
        if let Some(current) = current.as_ref().filter(|current| current.release == id) {
            println!("release {} is the current one already; nothing changed", short(&current.release));
            folder.iter().for_each(|folder| base::write(folder, &id));
            return Ok(());
        }
        self.check_parent(store, current.as_ref(), folder.as_deref(), &bundle).await?;

        let new = compiled(&bundle, &shown)?;
        let moves = self.checked_moves(store, current.as_ref(), &new).await?;
        let tests = test::run_all(&bundle, &shown, None).await?;
        match (tests.passed(), tests.failed()) {
            (0, 0) => println!("dialog tests: there are none"),
            (passed, 0) => println!("dialog tests: {passed} passed"),
            (_, failed) => {
                println!("{}", tests.failures(&shown, std::io::stdout().is_terminal()));
                bail!("{failed} dialog tests fail; nothing was published")
            }
        }
        let publication = Publication {
            seq: 0,
            release: id.clone(),
            parent: current.map(|current| current.release),
            author: self.author.or_else(releases::author).unwrap_or_else(|| "unknown".to_owned()),
            note: self.note,
            at: releases::now(),
            kind: PublicationKind::Publish,
            moves,
        };
        println!("{}", plan::of(store, &publication).await?);
        if self.dry_run {
            println!("release {} would be published; nothing changed (--dry-run)", short(&id));
            return Ok(());
        }
        releases::keep(store, &bundle).await?;
        let was = publication.parent.clone();
        releases::publish(store, publication).await?;
        folder.iter().for_each(|folder| base::write(folder, &id));
        let was = was.map_or_else(String::new, |was| format!(" (was {})", short(&was)));
        println!("published release {}{was}\na running server takes it up within a second", short(&id));
        Ok(())
    }

    /// Whether there is a folder that compiles.
    pub(super) fn check_folder(&self, config: &Config) -> anyhow::Result<()> {
        if let Some(id) = &self.release {
            bail!("{} holds no database, so no release {id} is kept", config.data_dir.display());
        }
        let folder = self.dir.clone().map_or_else(|| folder(config), Ok)?;
        let bundle = read_bundle(&folder)?;
        if compile(&bundle, &tolmach_nodes::platform()).release.is_none() {
            compiled(&bundle, &folder)?;
        }
        Ok(())
    }

    async fn source(&self, store: &dyn Store, config: &Config) -> anyhow::Result<(Option<PathBuf>, Bundle)> {
        if let Some(id) = &self.release {
            let id = releases::resolve(store, id).await?;
            return Ok((None, releases::bundle(store, &id).await?));
        }
        let folder = self.dir.clone().map_or_else(|| folder(config), Ok)?;
        let bundle = read_bundle(&folder)?;
        Ok((Some(folder), bundle))
    }

    /// Whoever names the parent must name the current release; a folder that names none must be based on it.
    async fn check_parent(
        &self,
        store: &dyn Store,
        current: Option<&Publication>,
        folder: Option<&Path>,
        bundle: &Bundle,
    ) -> anyhow::Result<()> {
        match (&self.parent, current, folder) {
            (Some(parent), current, _) => {
                let parent = releases::resolve(store, parent).await?;
                match current {
                    Some(current) if current.release == parent => Ok(()),
                    Some(current) => bail!(
                        "{} is not the current release; nothing was published\nlast: {}",
                        short(&parent),
                        described(current)
                    ),
                    None => bail!("nothing is published yet; leave --parent out"),
                }
            }
            (None, Some(current), Some(folder)) => base::check(store, folder, bundle, current).await,
            _ => Ok(()),
        }
    }

    async fn checked_moves(
        &self,
        store: &dyn Store,
        current: Option<&Publication>,
        new: &tolmach_engine::Release,
    ) -> anyhow::Result<std::collections::BTreeMap<String, String>> {
        if self.moves.is_empty() {
            return Ok(Default::default());
        }
        let Some(current) = current else {
            bail!("nothing is published yet, so no chat can move; leave --move out")
        };
        let old = releases::bundle(store, &current.release).await?;
        match compile(&old, &tolmach_nodes::platform()).release {
            Some(old) => moves::check(&self.moves, &old, new),
            None => bail!(
                "this program no longer compiles the current release {}, so its chats move by themselves; leave \
                 --move out",
                short(&current.release)
            ),
        }
    }
}
