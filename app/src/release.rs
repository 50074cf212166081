//! Releases of the flows: the current release, diff, publication, rollback, export and import.
//!
//! The runtime decides which release a chat runs on. This module is for the people who inspect and publish releases.

mod archive;
mod base;
mod compiled;
mod diff;
mod error;
mod look;
mod moves;
mod plan;
mod publish;
mod rollback;
mod serve;
mod transfer;

use std::{collections::BTreeMap, path::Path};

use tolmach_engine::{Platform, bundle::Bundle};
use tolmach_runtime::ports::{self, Publication, PublicationKind, PublishOutcome, Store};

use crate::{
    images::{self, KeepError},
    text::{one_line, short, when},
};

pub use archive::{ArchiveError, Card, Exported, is_zip, read_export};
pub use base::Behind;
pub(crate) use compiled::CompiledReleases;
pub use diff::{Diff, FileDiff, FlowDiff, Presence, diff};
pub use error::Error;
pub use look::{Shown, list, show};
pub use moves::MoveError;
pub use plan::{Plan, WaitingChats};
pub use publish::{Checked, Publish, Published, Source, check_folder, publish, publish_first};
pub use rollback::{Rollback, RolledBack, roll_back};
pub use serve::{Draft, DraftError, published, serve_draft, serve_published};
pub use transfer::{Imported, export, import};

/// The last publication, whose release is the current one; `None` before the first publication.
///
/// # Errors
/// When the database is unavailable.
pub async fn current(store: &dyn Store) -> ports::Result<Option<Publication>> {
    store.current_release().await
}

/// Resolves `current`, a release id or a unique prefix of one to a release id.
///
/// # Errors
/// [`Error::NothingPublished`] for `current` before the first publication; [`Error::Unknown`] or [`Error::Ambiguous`]
/// for an id; the database is unavailable.
pub async fn resolve(store: &dyn Store, text: &str) -> Result<String, Error> {
    if text == "current" {
        return Ok(current(store).await?.ok_or(Error::NothingPublished)?.release);
    }
    let mut found = if text.is_empty() { Vec::new() } else { store.releases_like(text).await? };
    match found.as_slice() {
        [_] => Ok(found.remove(0)),
        [] => Err(Error::Unknown(text.to_owned())),
        several if several.iter().any(|id| id == text) => Ok(text.to_owned()),
        _ => Err(Error::Ambiguous { text: text.to_owned(), ids: found }),
    }
}

/// The source files of a stored release.
///
/// # Errors
/// [`Error::NotKept`] and [`Error::Unreadable`]; the database is unavailable.
pub async fn bundle(store: &dyn Store, id: &str) -> Result<Bundle, Error> {
    let kept = store.release(id).await?.ok_or_else(|| Error::NotKept(id.to_owned()))?;
    serde_json::from_str(&kept.files).map_err(|source| Error::Unreadable { id: id.to_owned(), source })
}

/// What making a release the current one would do to chats in progress; nothing is stored, and the release need not be.
///
/// # Errors
/// When the database is unavailable.
pub async fn plan_of(
    store: &dyn Store,
    platform: &Platform,
    parent: &str,
    release: &str,
) -> Result<Plan, Error> {
    let publication = Publication {
        seq: 0,
        release: release.to_owned(),
        parent: Some(parent.to_owned()),
        author: String::new(),
        note: String::new(),
        at: 0,
        kind: PublicationKind::Publish,
        moves: BTreeMap::new(),
    };
    plan::of(store, platform, &publication).await
}

/// A publication in one line: author, action, release, time and note.
pub fn described(publication: &Publication) -> String {
    let verb = match publication.kind {
        PublicationKind::Publish => "published",
        PublicationKind::Rollback => "rolled back to",
    };
    let note = one_line(&publication.note);
    let note = if note.is_empty() { String::new() } else { format!(": {note}") };
    let by = one_line(&publication.author);
    format!("{by} {verb} {} on {}{note}", short(&publication.release), when(publication.at))
}

/// Stores the source files of a release; returns its id.
async fn keep(store: &dyn Store, bundle: &Bundle, now: i64) -> Result<String, Error> {
    let files = serde_json::to_string(bundle).map_err(|why| ports::Error::refused("keep release", why))?;
    let kept = ports::Bundle { id: bundle.id(), files };
    store.keep_release(&kept, now).await?;
    Ok(kept.id)
}

/// Stores the content of the images of a folder's bundle.
async fn keep_images(store: &dyn Store, folder: &Path, bundle: &Bundle, now: i64) -> Result<(), Error> {
    images::keep_of_folder(store, folder, bundle, now, false).await.map_err(|why| match why {
        KeepError::Folder(why) => why.into(),
        KeepError::Store(why) => why.into(),
    })
}

/// Stores a publication whose parent must still be the current release; otherwise [`Error::Conflict`] with the
/// publication that came first.
async fn store_publication(store: &dyn Store, publication: Publication) -> Result<(), Error> {
    let expected = publication.parent.clone();
    match store.publish(publication, expected).await? {
        PublishOutcome::Stored(_) => Ok(()),
        PublishOutcome::Conflict { .. } => Err(Error::Conflict(current(store).await?.map(Box::new))),
    }
}
