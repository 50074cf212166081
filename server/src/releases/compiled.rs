//! Kept releases that stored turns ran on, compiled.

use std::collections::HashMap;

use tolmach_engine::{Release, bundle::Bundle, compile};
use tolmach_runtime::ports::Store;

/// Releases, each compiled once.
pub struct Releases<'s> {
    store: &'s dyn Store,
    known: HashMap<String, Option<Release>>,
}

impl<'s> Releases<'s> {
    /// Those of a store.
    pub fn of(store: &'s dyn Store) -> Releases<'s> {
        Releases { store, known: HashMap::new() }
    }

    /// `None` when it is not kept or this program no longer compiles it.
    pub async fn get(&mut self, id: &str) -> anyhow::Result<Option<&Release>> {
        if !self.known.contains_key(id) {
            let release = match self.store.release(id).await? {
                Some(kept) => {
                    compile(&serde_json::from_str::<Bundle>(&kept.files)?, &tolmach_nodes::platform()).release
                }
                None => None,
            };
            self.known.insert(id.to_owned(), release);
        }
        Ok(self.known.get(id).and_then(Option::as_ref))
    }
}
