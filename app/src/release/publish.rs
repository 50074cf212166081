//! Publishing: every check first, then one step that nobody can come in between of.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use tolmach_engine::{Release, bundle::Bundle, compile};
use tolmach_runtime::{
    ports::{Actor, Publication, PublicationKind, PublishOutcome, Store},
    read_bundle,
};

use super::{Error, base, bundle, current, keep, moves, plan, plan::Plan, resolve, store_publication};
use crate::{
    audit::Change,
    diagnostics::Diagnosed,
    dialog_tests::{self, Summary},
};

const ACTION: &str = "release.publish";

/// What is to be published, and how.
#[derive(Clone, Debug)]
pub struct Publish {
    /// What becomes the current release.
    pub source: Source,
    /// Why.
    pub note: String,
    /// The release that must be the current one: `current`, an id or a prefix of one. `None` for the one that the folder is
    /// based on.
    pub parent: Option<String>,
    /// Session migrations, each as `FROM=TO`.
    pub moves: Vec<String>,
    /// Check everything and change nothing.
    pub dry_run: bool,
}

/// Where the flows to be published are.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder that people work in.
    Folder(PathBuf),
    /// A kept release: `current`, an id or a prefix of one.
    Kept(String),
}

/// How a publication ended.
#[derive(Debug)]
pub enum Published {
    /// The release is the current one already; nothing changed.
    Unchanged(String),
    /// It could be published; nothing changed, because only that was asked.
    Planned(Box<Checked>),
    /// It is the current release.
    Done(Box<Checked>),
}

/// What the checks before a publication found.
#[derive(Debug)]
pub struct Checked {
    /// The release.
    pub release: String,
    /// The release that was current before; `None` for the first.
    pub parent: Option<String>,
    /// Warnings of the compiler.
    pub warnings: Diagnosed,
    /// How the dialog tests ended: none failed.
    pub tests: Summary,
    /// What becomes of chats in progress.
    pub plan: Plan,
}

/// Checks a bundle, runs its dialog tests and makes it the current release, in the name of `actor`.
///
/// Writes a `release.publish` row of the audit log, unless nothing was to change: a dry run, or a release that is current.
///
/// # Errors
/// When the flows, the parent, the moves or the dialog tests refuse it, or somebody else published meanwhile; nothing was changed.
pub async fn publish(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    wanted: Publish,
) -> Result<Published, Error> {
    let dry_run = wanted.dry_run;
    let mut change = Change::new(actor, ACTION, now);
    let published = check_and_publish(store, actor, now, wanted, &mut change).await;
    if !dry_run && !matches!(published, Ok(Published::Unchanged(_))) {
        change.end(store, &published).await;
    }
    published
}

/// Looks whether a folder holds a bundle that compiles, for when there is no database to publish it in yet.
///
/// # Errors
/// When it is no bundle, or its flows do not compile.
pub fn check_folder(folder: &Path) -> Result<(), Error> {
    let bundle = read_bundle(folder)?;
    let compiled = compile(&bundle, &tolmach_nodes::platform());
    match compiled.release {
        Some(_) => Ok(()),
        None => Err(Error::DoNotCompile(Diagnosed::boxed(&bundle, folder, compiled.diagnostics))),
    }
}

/// Makes the bundle of a folder the current release if nothing was published yet, without its dialog tests. Returns whether it
/// was: another process that starts at the same moment may be first.
///
/// Writes a `release.publish` row of the audit log if it was, or failed.
///
/// # Errors
/// When the database is away.
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
    if current.as_ref().is_some_and(|current| current.release == id) {
        folder.iter().for_each(|folder| base::write(folder, &id));
        return Ok(Published::Unchanged(id));
    }
    check_parent(store, wanted.parent.as_deref(), current.as_ref(), folder.as_deref(), &bundle).await?;
    let compiled = compile(&bundle, &tolmach_nodes::platform());
    let Some(new) = compiled.release else {
        return Err(Error::DoNotCompile(Diagnosed::boxed(&bundle, &shown, compiled.diagnostics)));
    };
    let warnings = Diagnosed::boxed(&bundle, &shown, compiled.diagnostics);
    let moves = checked_moves(store, &wanted.moves, current.as_ref(), &new).await?;
    let tests = dialog_tests::run_all(&bundle, &shown, None).await?;
    change.detail("tests", tests.tests.len());
    if tests.failed() > 0 {
        return Err(Error::TestsFail { tests: Box::new(tests), warnings });
    }
    let parent = current.map(|current| current.release);
    change.detail("moves", moves.len());
    change.detail("parent", parent.clone());
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
    let plan = plan::of(store, &publication).await?;
    let checked = Box::new(Checked { release: id.clone(), parent, warnings: *warnings, tests, plan });
    if wanted.dry_run {
        return Ok(Published::Planned(checked));
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
    }
}

/// Whoever names the parent must name the current release; a folder that names none must be based on it.
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
    wanted: &[String],
    current: Option<&Publication>,
    new: &Release,
) -> Result<BTreeMap<String, String>, Error> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let Some(current) = current else { return Err(Error::NothingToMove) };
    let old = bundle(store, &current.release).await?;
    match compile(&old, &tolmach_nodes::platform()).release {
        Some(old) => moves::check(wanted, &old, new),
        None => Err(Error::CurrentUnusable(current.release.clone())),
    }
}
