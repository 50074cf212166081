//! `tolmach release publish`: prints the results of the checks and the new current release.

use std::{io::IsTerminal, path::PathBuf};

use anyhow::bail;
use clap::Args;
use tolmach_app::{
    release::{self, Checked, Error, Published, Source},
    text::short,
};
use tolmach_runtime::ports::Store;

use super::{folder, plan, show_warnings};
use crate::{actor, clock::now, commands::test, config::Config};

/// Check a folder, run its dialog tests and make it the current release.
#[derive(Debug, Args)]
pub struct Publish {
    /// The bundle's folder [default: the configured flows folder]
    dir: Option<PathBuf>,
    /// The reason
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    note: String,
    /// Who does it [default: the `user.name` of git]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Chats that wait at FROM (flow.node of the current release) continue at TO (flow.node of the new one), or restart
    /// if TO is `restart`; may be given several times
    #[arg(long = "move", value_name = "FROM=TO")]
    moves: Vec<String>,
    /// Publish over this release, which must be the current one, even if the folder is based on another
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// Publish a stored release instead of a folder
    #[arg(long, value_name = "ID", conflicts_with = "dir")]
    release: Option<String>,
    /// Run all checks, show the effect and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Publish {
    pub(super) async fn execute(self, store: &dyn Store, config: &Config) -> anyhow::Result<()> {
        let source = match &self.release {
            Some(id) => Source::Kept(id.clone()),
            None => Source::Folder(self.folder(config)?),
        };
        let (note, parent, moves, dry_run) = (self.note, self.parent, self.moves, self.dry_run);
        let wanted = release::Publish { source, note, parent, moves, staff: config.staff(), dry_run };
        match release::publish(store, &config.platform(), &actor::cli(self.author), now(), wanted).await {
            Ok(Published::Unchanged(id)) => {
                println!("release {} is the current one already; nothing changed", short(&id));
            }
            Ok(Published::Planned(checked)) => {
                show(&checked);
                println!(
                    "release {} would be published; nothing changed (--dry-run)",
                    short(&checked.release)
                );
            }
            Ok(Published::Done(checked)) => {
                show(&checked);
                let was = checked
                    .parent
                    .as_deref()
                    .map_or_else(String::new, |was| format!(" (was {})", short(was)));
                let id = short(&checked.release);
                println!("published release {id}{was}\na running server takes it up within a second");
            }
            Err(why) => {
                if let Error::TestsFail { tests, warnings } = &why {
                    show_warnings(warnings);
                    println!("{}", test::failures(tests, &warnings.folder, std::io::stdout().is_terminal()));
                }
                return Err(why.into());
            }
        }
        Ok(())
    }

    /// Checks that there is a folder that compiles, before a database is created.
    pub(super) fn check_folder(&self, config: &Config) -> anyhow::Result<()> {
        if let Some(id) = &self.release {
            bail!("{} holds no database, so no release {id} is kept", config.data_dir.display());
        }
        Ok(release::check_folder(&self.folder(config)?, &config.platform())?)
    }

    fn folder(&self, config: &Config) -> anyhow::Result<PathBuf> {
        self.dir.clone().map_or_else(|| folder(config), Ok)
    }
}

/// Prints the results of the checks.
fn show(checked: &Checked) {
    show_warnings(&checked.warnings);
    match checked.tests.passed() {
        0 => println!("dialog tests: there are none"),
        passed => println!("dialog tests: {passed} passed"),
    }
    println!("{}", plan::text(&checked.plan));
}
