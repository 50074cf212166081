//! The releases in use: the current one, and those that chats are still pinned to.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use tolmach_engine::{Release, bundle::Bundle, compile, finding::Finding, kind::KindSpec};

use crate::{
    intents::Intents,
    ports::{self, Embedder, Store},
};

/// A release with what the runtime needs of it.
pub(crate) struct Ready {
    pub(crate) release: Release,
    pub(crate) intents: Intents,
}

/// The releases in use.
pub struct Shelf {
    kinds: &'static [&'static KindSpec],
    store: Arc<dyn Store>,
    embedder: Arc<dyn Embedder>,
    current: RwLock<Option<Arc<Ready>>>,
    pinned: RwLock<HashMap<String, Arc<Ready>>>,
}

impl Shelf {
    /// An empty shelf.
    pub fn new(
        kinds: &'static [&'static KindSpec],
        store: Arc<dyn Store>,
        embedder: Arc<dyn Embedder>,
    ) -> Shelf {
        Shelf { kinds, store, embedder, current: RwLock::default(), pinned: RwLock::default() }
    }

    /// Compiles a bundle, keeps it and makes it the current release. With an error among the findings nothing changes.
    pub async fn publish(&self, bundle: &Bundle, at: i64) -> ports::Result<Result<String, Vec<Finding>>> {
        let compiled = compile(bundle, self.kinds);
        let Some(release) = compiled.release else { return Ok(Err(compiled.findings)) };
        let id = release.id.clone();
        let files =
            serde_json::to_string(bundle).map_err(|why| ports::Error::refused("keep release", why))?;
        self.store.keep_release(&ports::Bundle { id: id.clone(), files }, at).await?;
        let ready = Arc::new(self.ready(release).await?);
        write(&self.pinned).insert(id.clone(), Arc::clone(&ready));
        *write(&self.current) = Some(ready);
        Ok(Ok(id))
    }

    /// The current release's id, once there is one.
    pub fn current_id(&self) -> Option<String> {
        self.current().map(|ready| ready.release.id.clone())
    }

    /// A release by id, to look at.
    pub async fn with_release<T>(
        &self,
        id: &str,
        look: impl FnOnce(&Release) -> T,
    ) -> ports::Result<Option<T>> {
        Ok(self.get(id).await?.map(|ready| look(&ready.release)))
    }

    pub(crate) fn current(&self) -> Option<Arc<Ready>> {
        self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// A release that was kept; `None` when it is unknown or this program no longer compiles it.
    pub(crate) async fn get(&self, id: &str) -> ports::Result<Option<Arc<Ready>>> {
        let known = self.pinned.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(id).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(kept) = self.store.release(id).await? else { return Ok(None) };
        let bundle: Bundle =
            serde_json::from_str(&kept.files).map_err(|why| ports::Error::refused("read release", why))?;
        let Some(release) = compile(&bundle, self.kinds).release else {
            tracing::warn!(
                release = id,
                "a kept release no longer compiles; its chats move to the current one"
            );
            return Ok(None);
        };
        let ready = Arc::new(self.ready(release).await?);
        write(&self.pinned).insert(id.to_owned(), Arc::clone(&ready));
        Ok(Some(ready))
    }

    async fn ready(&self, release: Release) -> ports::Result<Ready> {
        let intents = Intents::of(&release, &*self.embedder).await?;
        Ok(Ready { release, intents })
    }
}

/// A panic while the lock was held cannot leave the map half-written, so a poisoned lock is still good.
fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
