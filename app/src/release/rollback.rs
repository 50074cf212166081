//! Rollback: makes an earlier release the current one again.

use std::{collections::BTreeMap, path::Path};

use tolmach_engine::{Platform, compile};
use tolmach_runtime::ports::{Actor, Page, Publication, PublicationKind, Store};

use super::{Error, bundle, current, plan, plan::Plan, resolve, store_publication};
use crate::{audit::Change, diagnostics::Diagnosed};

/// A request to roll back.
#[derive(Clone, Debug, Default)]
pub struct Rollback {
    /// `current`, a release id or a unique prefix of one; `None` means the release that was current before.
    pub release: Option<String>,
    /// The note for the publication.
    pub note: String,
}

/// The result of a rollback.
#[derive(Debug)]
pub enum RolledBack {
    /// The release is already the current one; nothing changed.
    Unchanged(String),
    /// The release is the current one again.
    Done {
        /// The release's id.
        release: String,
        /// The release that was current before.
        from: String,
        /// The effect on chats in progress.
        plan: Plan,
    },
}

/// Makes an earlier release the current one again, on behalf of `actor`.
///
/// Writes a `release.rollback` row of the audit log, unless the release is already current.
///
/// # Errors
/// When there is no such release, it was never published here or no longer compiles, another publication was stored
/// first, or the database is unavailable. Nothing was changed.
pub async fn roll_back(
    store: &dyn Store,
    platform: &Platform,
    actor: &Actor,
    now: i64,
    wanted: Rollback,
) -> Result<RolledBack, Error> {
    let mut change = Change::new(actor, "release.rollback", now);
    let done = check_and_roll_back(store, platform, actor, now, wanted, &mut change).await;
    if !matches!(done, Ok(RolledBack::Unchanged(_))) {
        change.end(store, &done).await;
    }
    done
}

async fn check_and_roll_back(
    store: &dyn Store,
    platform: &Platform,
    actor: &Actor,
    now: i64,
    wanted: Rollback,
    change: &mut Change,
) -> Result<RolledBack, Error> {
    let Rollback { release, note } = wanted;
    change.on(release.clone().unwrap_or_default());
    if !note.is_empty() {
        change.detail("note", note.clone());
    }
    let current = current(store).await?.ok_or(Error::NothingPublished)?;
    let target = match &release {
        Some(id) => resolve(store, id).await?,
        None => current.parent.clone().ok_or_else(|| Error::First(current.release.clone()))?,
    };
    change.on(target.clone());
    change.detail("parent", current.release.clone());
    change.before(current.release.clone());
    change.after(target.clone());
    if target == current.release {
        return Ok(RolledBack::Unchanged(target));
    }
    if !store
        .publications(Page::first(u32::MAX))
        .await?
        .iter()
        .any(|publication| publication.release == target)
    {
        return Err(Error::NeverPublished(target));
    }
    let bundle = bundle(store, &target).await?;
    let compiled = compile(&bundle, &platform.for_kept_release());
    if compiled.release.is_none() {
        let diagnosed = Diagnosed::boxed(&bundle, Path::new(""), compiled.diagnostics);
        return Err(Error::NoLongerCompiles { id: target, diagnosed });
    }
    let publication = Publication {
        seq: 0,
        release: target.clone(),
        parent: Some(current.release.clone()),
        author: actor.id.clone(),
        note,
        at: now,
        kind: PublicationKind::Rollback,
        moves: BTreeMap::new(),
    };
    let plan = plan::of(store, platform, &publication).await?;
    store_publication(store, publication).await?;
    Ok(RolledBack::Done { release: target, from: current.release, plan })
}
