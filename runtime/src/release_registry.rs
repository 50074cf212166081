//! The releases in use: the current one, and those that chats are still pinned to.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use tolmach_engine::{Platform, Release, bundle::Bundle, compile, diagnostic::Diagnostic};

use crate::{
    intents::{Intents, Trainer},
    ports::{self, Publication, Store},
    session_migration::Moves,
};

/// A release with what the runtime needs of it.
pub(crate) struct LoadedRelease {
    pub(crate) release: Release,
    pub(crate) intents: Intents,
}

/// The release that new dialogs run on.
pub(crate) struct Current {
    pub(crate) ready: Arc<LoadedRelease>,
    /// For chats that wait on the release before.
    pub(crate) moves: Moves,
    /// Since when it is the current one, milliseconds since the Unix epoch.
    since: i64,
    /// How it became the current one; `None` for a draft.
    publication: Option<Publication>,
}

/// The releases in use.
pub struct ReleaseRegistry {
    platform: Platform,
    store: Arc<dyn Store>,
    trainer: Arc<Trainer>,
    current: RwLock<Option<Arc<Current>>>,
    pinned: RwLock<HashMap<String, Arc<LoadedRelease>>>,
    /// The last publication that was looked at, so that one which cannot be used is told once.
    seen: AtomicI64,
}

/// What [`Shelf::follow`] found.
#[derive(Debug)]
pub enum FollowOutcome {
    /// Nothing was published yet.
    Nothing,
    /// The last publication is the one that was looked at before.
    Same,
    /// The release of this publication is the current one from now on.
    Switched(Box<Publication>),
    /// The release of this publication cannot be used; the one before goes on.
    Unusable {
        /// The publication.
        publication: Box<Publication>,
        /// The release's texts, where it is kept.
        bundle: Option<Box<Bundle>>,
        /// Why it does not compile.
        diagnostics: Vec<Diagnostic>,
    },
}

impl ReleaseRegistry {
    /// An empty shelf.
    pub fn new(platform: Platform, store: Arc<dyn Store>, trainer: Arc<Trainer>) -> ReleaseRegistry {
        let (current, pinned, seen) = (RwLock::default(), RwLock::default(), AtomicI64::new(0));
        ReleaseRegistry { platform, store, trainer, current, pinned, seen }
    }

    /// Compiles a bundle, keeps it and makes it the current release of this process, as a draft: no publication is
    /// stored. With an error among the diagnostics nothing changes.
    pub async fn publish(&self, bundle: &Bundle, at: i64) -> ports::Result<Result<String, Vec<Diagnostic>>> {
        let compiled = compile(bundle, &self.platform);
        match compiled.release {
            Some(release) => self.adopt(release, at).await.map(Ok),
            None => Ok(Err(compiled.diagnostics)),
        }
    }

    /// The same with a release that is compiled already; returns its id.
    pub async fn adopt(&self, release: Release, at: i64) -> ports::Result<String> {
        let id = release.id.clone();
        let files = serde_json::to_string(&release.bundle)
            .map_err(|why| ports::Error::refused("keep release", why))?;
        self.store.keep_release(&ports::Bundle { id: id.clone(), files }, at).await?;
        let ready = Arc::new(self.ready(release).await?);
        write(&self.pinned).insert(id.clone(), Arc::clone(&ready));
        let draft = Current { ready, moves: Moves::default(), since: at, publication: None };
        *write(&self.current) = Some(Arc::new(draft));
        Ok(id)
    }

    /// Makes the last publication's release the current one, if it is not yet. One that this program cannot use
    /// changes nothing.
    pub async fn follow(&self) -> ports::Result<FollowOutcome> {
        let Some(publication) = self.store.current_release().await? else {
            return Ok(FollowOutcome::Nothing);
        };
        if self.seen.load(Ordering::Acquire) == publication.seq {
            return Ok(FollowOutcome::Same);
        }
        let loaded = self.load(&publication.release).await?;
        self.seen.store(publication.seq, Ordering::Release);
        let publication = Box::new(publication);
        match loaded {
            Loaded::Usable(ready) => {
                let moves = Moves::of(publication.parent.as_deref(), &publication.moves, &ready.release);
                let since = publication.at;
                let current = Current { ready, moves, since, publication: Some((*publication).clone()) };
                *write(&self.current) = Some(Arc::new(current));
                Ok(FollowOutcome::Switched(publication))
            }
            Loaded::Unknown => {
                Ok(FollowOutcome::Unusable { publication, bundle: None, diagnostics: Vec::new() })
            }
            Loaded::Broken(bundle, diagnostics) => {
                Ok(FollowOutcome::Unusable { publication, bundle: Some(bundle), diagnostics })
            }
        }
    }

    /// The current release's id, once there is one.
    pub fn current_id(&self) -> Option<String> {
        self.current().map(|current| current.ready.release.id.clone())
    }

    /// Since when the current release is that, milliseconds since the Unix epoch.
    pub fn since(&self) -> Option<i64> {
        self.current().map(|current| current.since)
    }

    /// The publication by which the current release became that; `None` for a draft.
    pub fn publication(&self) -> Option<Publication> {
        self.current()?.publication.clone()
    }

    /// A release by id, to look at.
    pub async fn with_release<T>(
        &self,
        id: &str,
        look: impl FnOnce(&Release) -> T,
    ) -> ports::Result<Option<T>> {
        Ok(self.get(id).await?.map(|ready| look(&ready.release)))
    }

    pub(crate) fn current(&self) -> Option<Arc<Current>> {
        read(&self.current).clone()
    }

    /// A release that was kept; `None` when it is unknown or this program no longer compiles it.
    pub(crate) async fn get(&self, id: &str) -> ports::Result<Option<Arc<LoadedRelease>>> {
        match self.load(id).await? {
            Loaded::Usable(ready) => Ok(Some(ready)),
            Loaded::Unknown => Ok(None),
            Loaded::Broken(..) => {
                tracing::warn!(
                    release = id,
                    "a kept release no longer compiles; its chats move to the current one"
                );
                Ok(None)
            }
        }
    }

    async fn load(&self, id: &str) -> ports::Result<Loaded> {
        let known = read(&self.pinned).get(id).cloned();
        if let Some(ready) = known {
            return Ok(Loaded::Usable(ready));
        }
        let Some(kept) = self.store.release(id).await? else { return Ok(Loaded::Unknown) };
        let bundle: Bundle =
            serde_json::from_str(&kept.files).map_err(|why| ports::Error::refused("read release", why))?;
        let compiled = compile(&bundle, &self.platform);
        let Some(release) = compiled.release else {
            return Ok(Loaded::Broken(Box::new(bundle), compiled.diagnostics));
        };
        let ready = Arc::new(self.ready(release).await?);
        write(&self.pinned).insert(id.to_owned(), Arc::clone(&ready));
        Ok(Loaded::Usable(ready))
    }

    async fn ready(&self, release: Release) -> ports::Result<LoadedRelease> {
        let intents = Intents::of(&release, &self.trainer).await?;
        Ok(LoadedRelease { release, intents })
    }
}

/// What became of a look for a kept release.
enum Loaded {
    Usable(Arc<LoadedRelease>),
    Unknown,
    Broken(Box<Bundle>, Vec<Diagnostic>),
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A panic while the lock was held cannot leave the map half-written, so a poisoned lock is still good.
fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
