//! Listing publications and showing one release.

use std::collections::BTreeMap;

use serde::Serialize;
use tolmach_engine::{Platform, compile};
use tolmach_runtime::ports::{self, Page, Publication, Store, WaitingPlace};

use super::{Error, bundle, resolve};

/// The last `limit` publications, newest first. The first one's release is the current one.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn Store, limit: u32) -> ports::Result<Vec<Publication>> {
    store.publications(Page::first(limit)).await
}

/// A release in detail.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ReleaseShown")]
pub struct Shown {
    /// The release.
    pub id: String,
    /// Whether it is the current release, on which new dialogs run.
    pub current: bool,
    /// Whether this version of the program compiles it.
    pub usable: bool,
    /// Its publications, newest first.
    pub publications: Vec<Publication>,
    /// Number of nodes by flow; empty when it does not compile.
    pub flows: BTreeMap<String, usize>,
    /// Its files' paths.
    pub files: Vec<String>,
    /// Nodes at which chats on this release wait.
    pub waiting: Vec<WaitingPlace>,
}

/// Shows a release in detail. `id` is `current`, a release id or a unique prefix of one.
///
/// # Errors
/// Those of [`resolve`] and [`bundle`].
pub async fn show(store: &dyn Store, platform: &Platform, id: &str) -> Result<Shown, Error> {
    let id = resolve(store, id).await?;
    let bundle = bundle(store, &id).await?;
    let compiled = compile(&bundle, &platform.for_kept_release());
    let all = store.publications(Page::first(u32::MAX)).await?;
    let current = all.first().is_some_and(|last| last.release == id);
    let waiting = store.waiting_places().await?.into_iter().filter(|place| place.release == id).collect();
    let flows = compiled.release.iter().flat_map(|release| release.flows.values());
    Ok(Shown {
        current,
        usable: compiled.release.is_some(),
        publications: all.into_iter().filter(|one| one.release == id).collect(),
        flows: flows.map(|flow| (flow.id.clone(), flow.nodes.len())).collect(),
        files: bundle.files.into_keys().collect(),
        waiting,
        id,
    })
}
