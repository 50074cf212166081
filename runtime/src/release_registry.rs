//! The release registry: the current release, and those to which chats are still pinned.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use tolmach_engine::{Platform, Release, bundle::Bundle, compile, diagnostic::Diagnostic};

use crate::{
    cpu,
    intents::{Intents, Trainer},
    ports::{self, Publication, Store},
    session_migration::SessionMigration,
};

/// A compiled release with its trained classifiers.
pub(crate) struct LoadedRelease {
    pub(crate) release: Release,
    pub(crate) intents: Intents,
}

/// The release that new dialogs run on.
pub(crate) struct Current {
    pub(crate) ready: Arc<LoadedRelease>,
    /// The session migration of chats that wait on the parent release.
    pub(crate) moves: SessionMigration,
    /// Since when it has been the current one, milliseconds since the Unix epoch.
    since: i64,
    /// The publication that made it the current one; `None` for a draft.
    publication: Option<Publication>,
}

/// Loads, compiles and caches releases. The compiled releases are kept until the registry is dropped.
pub struct ReleaseRegistry {
    platform: Platform,
    /// What kept releases are compiled against; see [`Platform::for_kept_release`].
    kept: Platform,
    store: Arc<dyn Store>,
    trainer: Arc<Trainer>,
    current: RwLock<Option<Arc<Current>>>,
    pinned: RwLock<HashMap<String, Arc<LoadedRelease>>>,
    /// The `seq` of the last publication that was examined, so that an unusable one is reported once.
    seen: AtomicI64,
}

/// The result of [`ReleaseRegistry::follow`].
#[derive(Debug)]
pub enum FollowOutcome {
    /// Nothing has been published yet.
    Nothing,
    /// The last publication was examined before.
    Same,
    /// The release of this publication is now the current one.
    Switched(Box<Publication>),
    /// The release of this publication cannot be used; the previous one stays current.
    Unusable {
        /// The publication.
        publication: Box<Publication>,
        /// The release's files; `None` if the release is not stored.
        bundle: Option<Box<Bundle>>,
        /// Why it does not compile.
        diagnostics: Vec<Diagnostic>,
    },
}

impl ReleaseRegistry {
    /// A registry without releases.
    pub fn new(platform: Platform, store: Arc<dyn Store>, trainer: Arc<Trainer>) -> ReleaseRegistry {
        let (current, pinned, seen) = (RwLock::default(), RwLock::default(), AtomicI64::new(0));
        let kept = platform.for_kept_release();
        ReleaseRegistry { platform, kept, store, trainer, current, pinned, seen }
    }

    /// Compiles a bundle, stores it and makes it the current release of this process as a draft: no publication is
    /// stored. Returns the release's id, or the diagnostics if there is an error among them; nothing changes then.
    ///
    /// # Errors
    /// When the store is unavailable, or when the examples cannot be embedded.
    pub async fn activate_draft(
        &self,
        bundle: &Bundle,
        at: i64,
    ) -> ports::Result<Result<String, Vec<Diagnostic>>> {
        let (bundle, platform) = (bundle.clone(), self.platform.clone());
        let compiled = cpu::run(move || compile(&bundle, &platform)).await?;
        match compiled.release {
            Some(release) => self.activate(release, at).await.map(Ok),
            None => Ok(Err(compiled.diagnostics)),
        }
    }

    /// Like [`ReleaseRegistry::activate_draft`], for a compiled release. Returns its id.
    ///
    /// # Errors
    /// When the store is unavailable, or when the examples cannot be embedded.
    pub async fn activate(&self, release: Release, at: i64) -> ports::Result<String> {
        let id = release.id.clone();
        let files = serde_json::to_string(&release.bundle)
            .map_err(|why| ports::Error::refused("keep release", why))?;
        self.store.keep_release(&ports::Bundle { id: id.clone(), files }, at).await?;
        let ready = Arc::new(self.ready(release).await?);
        write(&self.pinned).insert(id.clone(), Arc::clone(&ready));
        let draft = Current { ready, moves: SessionMigration::default(), since: at, publication: None };
        *write(&self.current) = Some(Arc::new(draft));
        Ok(id)
    }

    /// Makes the release of the last publication the current one, unless that publication was examined before. A
    /// release that this program cannot use changes nothing.
    ///
    /// # Errors
    /// When the store is unavailable, when the stored release cannot be parsed, or when its examples cannot be
    /// embedded.
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
                let moves =
                    SessionMigration::of(publication.parent.as_deref(), &publication.moves, &ready.release);
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

    /// The id of the current release; `None` before the first.
    pub fn current_id(&self) -> Option<String> {
        self.current().map(|current| current.ready.release.id.clone())
    }

    /// The company's time zone; UTC before the first release.
    pub fn time_zone(&self) -> jiff::tz::TimeZone {
        self.current()
            .map_or(jiff::tz::TimeZone::UTC, |current| current.ready.release.resources.time_zone.clone())
    }

    /// Since when the current release has been current, milliseconds since the Unix epoch.
    pub fn since(&self) -> Option<i64> {
        self.current().map(|current| current.since)
    }

    /// The publication that made the current release current; `None` for a draft.
    pub fn publication(&self) -> Option<Publication> {
        self.current()?.publication.clone()
    }

    /// Calls `look` with a release; `None` if the release is not stored or no longer compiles.
    ///
    /// # Errors
    /// When the store is unavailable, when the stored release cannot be parsed, or when its examples cannot be
    /// embedded.
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

    /// A stored release; `None` if it is not stored or this program no longer compiles it.
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
        let (texts, kept) = (bundle.clone(), self.kept.clone());
        let compiled = cpu::run(move || compile(&texts, &kept)).await?;
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

/// The result of loading a stored release.
enum Loaded {
    Usable(Arc<LoadedRelease>),
    Unknown,
    Broken(Box<Bundle>, Vec<Diagnostic>),
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A panic while the lock is held cannot leave the value half-written, so a poisoned lock is still usable.
fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
