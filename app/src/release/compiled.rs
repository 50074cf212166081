//! Compiled stored releases, for reading the turns that ran on them.

use std::collections::HashMap;

use tolmach_engine::{Platform, Release, bundle::Bundle, compile};
use tolmach_runtime::ports::Store;

use super::Error;

/// A cache of stored releases, each compiled once.
pub(crate) struct CompiledReleases<'s> {
    store: &'s dyn Store,
    platform: Platform,
    known: HashMap<String, Option<Release>>,
}

impl<'s> CompiledReleases<'s> {
    /// An empty cache.
    pub(crate) fn of(store: &'s dyn Store, platform: &Platform) -> CompiledReleases<'s> {
        CompiledReleases { store, platform: platform.for_kept_release(), known: HashMap::new() }
    }

    /// The compiled release; `None` when it is not stored or no longer compiles.
    pub(crate) async fn get(&mut self, id: &str) -> Result<Option<&Release>, Error> {
        if !self.known.contains_key(id) {
            let release = match self.store.release(id).await? {
                Some(kept) => {
                    let bundle: Bundle = serde_json::from_str(&kept.files)
                        .map_err(|source| Error::Unreadable { id: id.to_owned(), source })?;
                    compile(&bundle, &self.platform).release
                }
                None => None,
            };
            self.known.insert(id.to_owned(), release);
        }
        Ok(self.known.get(id).and_then(Option::as_ref))
    }
}
