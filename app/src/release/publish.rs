//! Publishing: runs all checks, then stores the publication only if the parent is still current.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use tolmach_engine::{Platform, Release, bundle::Bundle, compile};
use tolmach_runtime::{
    Staff,
    ports::{Actor, Publication, PublicationKind, PublishOutcome, Store},
    read_bundle,
};

use super::{
    Error, base, bundle, current, keep, keep_images, moves, plan, plan::Plan, resolve, store_publication,
};
use crate::{
    audit::Change,
    check::advice,
    diagnostics::Diagnosed,
    dialog_tests::{self, Summary},
    images,
};

const ACTION: &str = "release.publish";

/// A request to publish.
#[derive(Clone, Debug)]
pub struct Publish {
    /// The flows to publish.
    pub source: Source,
    /// The note for the publication.
    pub note: String,
    /// The release that must be the current one: `current`, a release id or a unique prefix of one. `None` means the
    /// base of the folder.
    pub parent: Option<String>,
    /// Session migrations, each as `FROM=TO`.
    pub moves: Vec<String>,
    /// Who is in the groups of the staff, for the warnings.
    pub staff: Staff,
    /// Run all checks and change nothing.
    pub dry_run: bool,
}

/// Where the flows to publish come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder with a bundle.
    Folder(PathBuf),
    /// A stored release: `current`, a release id or a unique prefix of one.
    Kept(String),
    /// These texts.
    Texts(Box<Bundle>),
}

/// The result of a publication.
#[derive(Debug)]
pub enum Published {
    /// The release is already the current one; nothing changed.
    Unchanged(String),
    /// A dry run, or texts that differ from the current release in tests only: all checks passed; nothing changed.
    Planned(Box<Checked>),
    /// The release is now the current one.
    Done(Box<Checked>),
}

/// The result of the checks before a publication.
#[derive(Debug)]
pub struct Checked {
    /// The release's id.
    pub release: String,
    /// The release that was current before; `None` for the first publication.
    pub parent: Option<String>,
    /// Warnings of the compiler.
    pub warnings: Diagnosed,
    /// The results of the dialog tests; none failed.
    pub tests: Summary,
    /// The effect on chats in progress.
    pub plan: Plan,
}

/// Checks a bundle, runs its dialog tests and makes it the current release, on behalf of `actor`.
///
/// Writes a `release.publish` row of the audit log, except for a dry run or a release that is already current.
///
/// # Errors
/// When the bundle cannot be read or does not compile, the parent or the migrations are wrong, a dialog test fails,
/// another publication was stored first, or the database is unavailable. Nothing was published.
pub async fn publish(
    store: &dyn Store,
    platform: &Platform,
    actor: &Actor,
    now: i64,
    wanted: Publish,
) -> Result<Published, Error> {
    let dry_run = wanted.dry_run;
    let mut change = Change::new(actor, ACTION, now);
    let published = check_and_publish(store, platform, actor, now, wanted, &mut change).await;
    if !dry_run && !matches!(published, Ok(Published::Unchanged(_))) {
        change.end(store, &published).await;
    }
    published
}

/// Checks that a folder holds a bundle that compiles, when there is no database to publish it in yet.
///
/// # Errors
/// When it is no bundle, or its flows do not compile.
pub fn check_folder(folder: &Path, platform: &Platform) -> Result<(), Error> {
    let bundle = read_bundle(folder)?;
    let compiled = compile(&bundle, platform);
    match compiled.release {
        Some(_) => Ok(()),
        None => Err(Error::DoNotCompile(Diagnosed::boxed(&bundle, folder, compiled.diagnostics))),
    }
}

/// Publishes the bundle of a folder if nothing was published yet, without running its dialog tests. Returns whether it
/// was published; another process that starts at the same time may be first.
///
/// Writes a `release.publish` row of the audit log, unless another process was first.
///
/// # Errors
/// When the database is unavailable.
pub async fn publish_first(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    folder: &Path,
    bundle: &Bundle,
) -> Result<bool, Error> {
    let note = "first start";
    let mut change = Change::new(actor, ACTION, now);
    change.on(bundle.id());
    change.detail("note", note);
    let stored = async {
        keep_images(store, folder, bundle, now).await?;
        let release = keep(store, bundle, now).await?;
        let publication = Publication {
            seq: 0,
            release: release.clone(),
            parent: None,
            author: actor.id.clone(),
            note: note.to_owned(),
            at: now,
            kind: PublicationKind::Publish,
            moves: BTreeMap::new(),
        };
        let stored = matches!(store.publish(publication, None).await?, PublishOutcome::Stored(_));
        if stored {
            base::write(folder, &release);
        }
        Ok(stored)
    };
    let stored = stored.await;
    if !matches!(stored, Ok(false)) {
        change.end(store, &stored).await;
    }
    stored
}

async fn check_and_publish(
    store: &dyn Store,
    platform: &Platform,
    actor: &Actor,
    now: i64,
    wanted: Publish,
    change: &mut Change,
) -> Result<Published, Error> {
    if !wanted.note.is_empty() {
        change.detail("note", wanted.note.clone());
    }
    let current = current(store).await?;
    let (folder, bundle) = source(store, &wanted.source).await?;
    let shown = folder.clone().unwrap_or_default();
    let id = bundle.id();
    change.on(id.clone());
    let is_current = current.as_ref().is_some_and(|current| current.release == id);
    // What the release is named by is the same, but its tests may be others: they are checked and run.
    if is_current && !matches!(wanted.source, Source::Texts(_)) {
        folder.iter().for_each(|folder| base::write(folder, &id));
        return Ok(Published::Unchanged(id));
    }
    check_parent(store, wanted.parent.as_deref(), current.as_ref(), folder.as_deref(), &bundle).await?;
    let mut compiled = compile(&bundle, platform);
    let Some(new) = compiled.release else {
        return Err(Error::DoNotCompile(Diagnosed::boxed(&bundle, &shown, compiled.diagnostics)));
    };
    // A folder has its images in it.
    if folder.is_none() {
        let missing = images::missing(store, &bundle).await?;
        if !missing.is_empty() {
            return Err(Error::ImagesMissing(missing));
        }
    }
    compiled.diagnostics.extend(advice(&new, &wanted.staff).await?);
    let warnings = Diagnosed::boxed(&bundle, &shown, compiled.diagnostics);
    let moves = checked_moves(store, platform, &wanted.moves, current.as_ref(), &new).await?;
    let tests = dialog_tests::run_all(&bundle, platform, &shown, None, false).await?;
    change.detail("tests", tests.tests.len());
    if tests.failed() > 0 {
        return Err(Error::TestsFail { tests: Box::new(tests), warnings });
    }
    let parent = current.map(|current| current.release);
    change.detail("moves", moves.len());
    change.detail("parent", parent.clone());
    change.before(parent.clone());
    change.after(id.clone());
    let publication = Publication {
        seq: 0,
        release: id.clone(),
        parent: parent.clone(),
        author: actor.id.clone(),
        note: wanted.note,
        at: now,
        kind: PublicationKind::Publish,
        moves,
    };
    let plan = plan::of(store, platform, &publication).await?;
    let checked = Box::new(Checked { release: id.clone(), parent, warnings: *warnings, tests, plan });
    if wanted.dry_run || is_current {
        return Ok(Published::Planned(checked));
    }
    if let Some(folder) = &folder {
        keep_images(store, folder, &bundle, now).await?;
    }
    keep(store, &bundle, now).await?;
    store_publication(store, publication).await?;
    folder.iter().for_each(|folder| base::write(folder, &id));
    Ok(Published::Done(checked))
}

async fn source(store: &dyn Store, source: &Source) -> Result<(Option<PathBuf>, Bundle), Error> {
    match source {
        Source::Folder(folder) => Ok((Some(folder.clone()), read_bundle(folder)?)),
        Source::Kept(id) => Ok((None, bundle(store, &resolve(store, id).await?).await?)),
        Source::Texts(bundle) => Ok((None, (**bundle).clone())),
    }
}

/// Checks the parent. A parent that is given must be the current release; without one, the folder's base must be.
async fn check_parent(
    store: &dyn Store,
    parent: Option<&str>,
    current: Option<&Publication>,
    folder: Option<&Path>,
    bundle: &Bundle,
) -> Result<(), Error> {
    match (parent, current, folder) {
        (Some(parent), current, _) => {
            let parent = resolve(store, parent).await?;
            match current {
                Some(current) if current.release == parent => Ok(()),
                Some(current) => Err(Error::NotTheParent { parent, current: Box::new(current.clone()) }),
                None => Err(Error::NoParent),
            }
        }
        (None, Some(current), Some(folder)) => base::check(store, folder, bundle, current).await,
        _ => Ok(()),
    }
}

async fn checked_moves(
    store: &dyn Store,
    platform: &Platform,
    wanted: &[String],
    current: Option<&Publication>,
    new: &Release,
) -> Result<BTreeMap<String, String>, Error> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let Some(current) = current else { return Err(Error::NothingToMove) };
    let old = bundle(store, &current.release).await?;
    match compile(&old, &platform.for_kept_release()).release {
        Some(old) => moves::check(wanted, &old, new),
        None => Err(Error::CurrentUnusable(current.release.clone())),
    }
}
