//! Switches a running server to other releases: to published ones, or with `--dev` to the saved folder.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tolmach_app::{
    release::{self, Draft, DraftError},
    text::short,
};
use tolmach_engine::{Platform, bundle::Bundle};
use tolmach_runtime::{FollowOutcome, Runtime, read_bundle};

use crate::clock::now;

/// How often the last publication is read.
const PUBLICATIONS: Duration = Duration::from_millis(500);
/// How often the folder is read.
const FOLDER: Duration = Duration::from_millis(150);
/// How long the folder must stay unchanged before it is loaded; an editor may write a file in several steps.
const SAVED: Duration = Duration::from_millis(25);

/// Activates each new publication. Never returns.
pub async fn publications(runtime: Arc<Runtime>) {
    loop {
        tokio::time::sleep(PUBLICATIONS).await;
        match runtime.releases().follow().await {
            Ok(FollowOutcome::Nothing | FollowOutcome::Same) => {}
            Ok(FollowOutcome::Switched(publication)) => {
                println!("release: {} is served now", short(&publication.release));
            }
            Ok(FollowOutcome::Unusable { publication, diagnostics, .. }) => {
                let going_on = runtime.releases().current_id().unwrap_or_default();
                tracing::error!(
                    release = short(&publication.release),
                    errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count(),
                    "the published release cannot be used by this program; release {} goes on",
                    short(&going_on)
                );
            }
            Err(why) => tracing::error!(%why, "publications could not be looked at"),
        }
    }
}

/// Activates the folder as a draft after each change, without publishing it. Never returns.
pub async fn folder(runtime: Arc<Runtime>, platform: Platform, folder: PathBuf, mut seen: Bundle) {
    let mut last_error = String::new();
    loop {
        tokio::time::sleep(FOLDER).await;
        let bundle = match saved(&folder, &seen).await {
            Ok(Some(bundle)) => bundle,
            Ok(None) => {
                last_error.clear();
                continue;
            }
            Err(why) => {
                if last_error != why {
                    println!("not reloaded: {why}");
                    last_error = why;
                }
                continue;
            }
        };
        last_error.clear();
        let only_tests = bundle.id() == seen.id();
        seen = bundle;
        if !only_tests {
            reload(&runtime, &platform, &folder, &seen).await;
        }
    }
}

/// The folder's bundle, if it differs from `seen`; waits until it stops changing.
async fn saved(folder: &Path, seen: &Bundle) -> Result<Option<Bundle>, String> {
    let read = || read_bundle(folder).map_err(|why| why.to_string());
    let mut bundle = read()?;
    if bundle == *seen {
        return Ok(None);
    }
    loop {
        tokio::time::sleep(SAVED).await;
        let again = read()?;
        if again == bundle {
            return Ok(Some(bundle));
        }
        bundle = again;
    }
}

async fn reload(runtime: &Runtime, platform: &Platform, folder: &Path, bundle: &Bundle) {
    let started = Instant::now();
    match release::serve_draft(runtime, platform, now(), folder, bundle).await {
        Ok(Draft { release, nodes, warnings }) => {
            let millis = started.elapsed().as_millis();
            println!(
                "reloaded: release {}, {nodes} nodes, {warnings} warnings, in {millis} ms",
                short(&release)
            );
        }
        Err(DraftError::DoesNotCompile(diagnosed)) => {
            let going_on = runtime.releases().current_id().unwrap_or_default();
            println!("not reloaded: release {} goes on\n\n{diagnosed}\n", short(&going_on));
        }
        Err(why) => println!("not reloaded: {why}"),
    }
}
