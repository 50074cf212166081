//! Kept releases that stored turns ran on, compiled.

use std::collections::HashMap;

use tolmach_engine::{Release, bundle::Bundle, compile};
use tolmach_runtime::ports::Store;

use super::Error;

/// Releases of a store, each compiled once.
pub(crate) struct CompiledReleases<'s> {
    store: &'s dyn Store,
    known: HashMap<String, Option<Release>>,
}

impl<'s> CompiledReleases<'s> {
    /// None yet.
    pub(crate) fn of(store: &'s dyn Store) -> CompiledReleases<'s> {
        CompiledReleases { store, known: HashMap::new() }
    }

    /// `None` when it is not kept or this program no longer compiles it.
    pub(crate) async fn get(&mut self, id: &str) -> Result<Option<&Release>, Error> {
        if !self.known.contains_key(id) {
            let release = match self.store.release(id).await? {
                Some(kept) => {
                    let bundle: Bundle = serde_json::from_str(&kept.files)
                        .map_err(|source| Error::Unreadable { id: id.to_owned(), source })?;
                    compile(&bundle, &tolmach_nodes::platform()).release
                }
                None => None,
            };
            self.known.insert(id.to_owned(), release);
        }
        Ok(self.known.get(id).and_then(Option::as_ref))
    }
}
