//! Drafts of flows and texts: what somebody changes before it is published, kept with its history, several people at once.
//!
//! A draft belongs to nobody: whoever may change its files writes in it, and what two people write comes together line by line
//! ([`merge`](mod@merge)). A change names the revision that its author has seen; where others have changed the file since, the three texts
//! are merged, and only where both changed the same lines the change is refused, with both versions. Every change is kept with
//! what it replaced, so it can be undone, also under what came later.
//!
//! The audit log tells when a draft is begun, thrown away and published; what was changed in it stands in its history.

mod back;
mod edit;
mod merge;
mod publish;
mod shown;
mod undo;
mod update;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;
use tolmach_engine::bundle::Bundle;
use tolmach_runtime::ports::{self, Actor, DraftFile, DraftState, DraftWrite, FlowDraft, Store};
use uuid::Uuid;

pub use edit::{Conflict, Edit, Saved, create, delete, save};
pub use merge::{DiffLine, Merged, difference, has_marks, merge};
pub use publish::{Preview, Publishing, preview, publish};
pub use shown::{DraftChanged, DraftFileShown, DraftOpened, DraftShown, PublishedShown, history};
pub use undo::{Undone, redo, undo};
pub use update::{Updated, update};

use crate::{accounts::Permission, audit::Change, release};

/// The longest title, in characters.
pub const MAX_TITLE: usize = 80;
/// The largest file that is changed here, in bytes.
pub const MAX_FILE: usize = 512 * 1024;
/// The most lines of such a file.
pub const MAX_LINES: usize = 20_000;
/// The most files of a draft, those of its base counted.
pub const MAX_FILES: usize = 2_000;
/// The most drafts that are open at once.
pub const MAX_OPEN: usize = 50;
/// How often a write is tried again when somebody else was faster.
const TRIES: usize = 8;
/// Changes of one person within this time are undone together, milliseconds.
const TOGETHER: i64 = 10_000;

/// Why something about a draft was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such draft.
    #[error("there is no such draft; `tolmach draft list` shows those that are open")]
    Unknown,
    /// It was published or thrown away.
    #[error("the draft was {} already", if *.0 == DraftState::Published { "published" } else { "thrown away" })]
    Closed(DraftState),
    /// The title is empty or too long.
    #[error("a title has 1 to {MAX_TITLE} characters")]
    BadTitle,
    /// A path that cannot be a part of a bundle.
    #[error(
        "`{0}` is no path of a bundle: a name such as shop.yaml, or one in prompts, knowledge, faq, images, tests or golden"
    )]
    BadPath(String),
    /// What is to stand in the place of an image names none whose content is stored.
    #[error(
        "`{0}` is no image that is kept here; hand the picture over, or write it with `tolmach image add`"
    )]
    NoImage(String),
    /// There is no such file.
    #[error("the draft has no file `{0}`")]
    NoFile(String),
    /// There is such a file.
    #[error("the draft has a file `{0}` already")]
    FileThere(String),
    /// The file is too large.
    #[error("a file has at most {} KiB and {MAX_LINES} lines", MAX_FILE / 1024)]
    TooLarge,
    /// There are too many files.
    #[error("a bundle has at most {MAX_FILES} files")]
    TooManyFiles,
    /// There are too many open drafts.
    #[error("{MAX_OPEN} drafts are open; publish one or throw one away")]
    TooManyDrafts,
    /// The role may not change this file.
    #[error("`{0}` is changed by analysts, administrators and owners")]
    NotYours(String),
    /// There is nothing to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// There is nothing to redo.
    #[error("there is nothing to redo: nothing is undone, or you have worked on since")]
    NothingToRedo,
    /// What is to be undone or redone was changed by others since: both versions.
    #[error("`{0}` was changed in the same lines by {by} since; change it by hand", by = if .1.by.is_empty() { "others" } else { &.1.by })]
    ChangedSince(String, Box<Conflict>),
    /// Others wrote at the same time, again and again.
    #[error("others write in the draft at the same time; try again")]
    Busy,
    /// A conflict is not settled.
    #[error(
        "`{path}` has two versions of some lines at line {line}; keep one of them and take the marks out"
    )]
    Unsettled {
        /// The file.
        path: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// A newer release was published since.
    #[error("another release was published since the draft was begun; take its changes in first")]
    Behind,
    /// Nothing differs from the current release.
    #[error("the draft has no changes")]
    NoChanges,
    /// A release cannot be read, or the checks of a publication found something.
    #[error(transparent)]
    Release(#[from] release::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// Who edits: who it is, and what they may.
#[derive(Clone, Debug)]
pub struct Editor {
    /// For the history and the audit log.
    pub actor: Actor,
    /// Whether they may change flows and tests, and not only texts.
    pub flows: bool,
}

/// What may be changed by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// What managers know best: texts, answers, the company's particulars.
    Content,
    /// How dialogs go: flows and their tests.
    Flows,
}

impl Area {
    /// The area of a file.
    pub fn of(path: &str) -> Area {
        let content = ["prompts/", "knowledge/", "faq/", "golden/", "images/"];
        if path == tolmach_engine::bundle::COMPANY || content.iter().any(|folder| path.starts_with(folder)) {
            Area::Content
        } else {
            Area::Flows
        }
    }

    /// What is needed to change files of it.
    pub const fn permission(self) -> Permission {
        match self {
            Area::Content => Permission::EditContent,
            Area::Flows => Permission::EditFlows,
        }
    }
}

/// A draft with its files.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The draft.
    pub draft: FlowDraft,
    /// The release that it changes.
    pub base: Bundle,
    /// The release with the changes.
    pub bundle: Bundle,
    /// The files that the draft has changed: the revision that did it last, and the text in the base that it began with.
    files: BTreeMap<String, (i64, Option<String>)>,
    /// Whether something was published since that it does not have.
    pub behind: bool,
}

impl Opened {
    /// The files that are not as in the base, by path: what is there, and what was.
    pub fn changed(&self) -> impl Iterator<Item = (&str, Option<&str>, Option<&str>)> {
        let paths: BTreeSet<&String> = self.base.files.keys().chain(self.bundle.files.keys()).collect();
        paths.into_iter().filter_map(|path| {
            let (before, after) = (self.base.files.get(path), self.bundle.files.get(path));
            (before != after).then(|| (path.as_str(), before.map(String::as_str), after.map(String::as_str)))
        })
    }

    /// The revision of a file; 0 for one that was never changed.
    pub fn revision(&self, path: &str) -> i64 {
        self.files.get(path).map_or(0, |(revision, _)| *revision)
    }

    /// The text in the base that the draft began with; `None` where there was no file.
    fn began_with(&self, path: &str) -> Option<&String> {
        match self.files.get(path) {
            Some((_, text)) => text.as_ref(),
            None => self.base.files.get(path),
        }
    }
}

/// All drafts: open ones first, the last changed first; at most 200.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn Store) -> Result<Vec<FlowDraft>, Error> {
    Ok(store.flow_drafts().await?)
}

/// Begins a draft of the current release, and writes a `draft.begin` row of the audit log.
///
/// # Errors
/// When the title is unfit, nothing is published, too many drafts are open, or the database is unavailable.
pub async fn begin(store: &dyn Store, editor: &Editor, now: i64, title: &str) -> Result<FlowDraft, Error> {
    let title = titled(title)?;
    let base = release::current(store).await?.ok_or(release::Error::NothingPublished)?.release;
    let open = store.flow_drafts().await?.iter().filter(|draft| draft.state == DraftState::Open).count();
    if open >= MAX_OPEN {
        return Err(Error::TooManyDrafts);
    }
    let draft = FlowDraft {
        id: Uuid::now_v7(),
        title,
        author: editor.actor.id.clone(),
        base: base.clone(),
        made: now,
        changed: now,
        revision: 0,
        state: DraftState::Open,
    };
    let mut change = Change::new(&editor.actor, "draft.begin", now);
    change.on(draft.id.to_string());
    change.before(serde_json::Value::Null);
    change.after(json!({ "title": draft.title, "base": base }));
    let write = DraftWrite { audit: Some(change.done()), ..writing(&draft, None) };
    store.write_draft(&write).await?;
    Ok(draft)
}

fn titled(title: &str) -> Result<String, Error> {
    let title = title.trim();
    let fits = (1..=MAX_TITLE).contains(&title.chars().count()) && !title.chars().any(char::is_control);
    if fits { Ok(title.to_owned()) } else { Err(Error::BadTitle) }
}

fn writing(draft: &FlowDraft, expected: Option<i64>) -> DraftWrite {
    DraftWrite {
        draft: draft.clone(),
        expected,
        files: Vec::new(),
        changes: Vec::new(),
        forget: Vec::new(),
        undone: Vec::new(),
        release: None,
        audit: None,
    }
}

/// A draft with its files, whatever became of it.
///
/// # Errors
/// When there is none of that id, its base cannot be read, or the database is unavailable.
pub async fn open(store: &dyn Store, id: Uuid) -> Result<Opened, Error> {
    let draft = store.flow_draft(id).await?.ok_or(Error::Unknown)?;
    let base = release::bundle(store, &draft.base).await?;
    let current = release::current(store).await?.map(|current| current.release);
    let mut bundle = base.clone();
    let mut files = BTreeMap::new();
    // Tests may change without the release being another one.
    let mut behind = current.is_some_and(|current| current != draft.base);
    for DraftFile { path, text, revision, base: began } in store.draft_files(id).await? {
        behind |= began.as_ref() != base.files.get(&path);
        files.insert(path.clone(), (revision, began));
        match text {
            Some(text) => bundle.files.insert(path, text),
            None => bundle.files.remove(&path),
        };
    }
    Ok(Opened { draft, base, bundle, files, behind })
}

/// A draft that is worked on, with its files.
async fn open_for_work(store: &dyn Store, id: Uuid) -> Result<Opened, Error> {
    let opened = open(store, id).await?;
    match opened.draft.state {
        DraftState::Open => Ok(opened),
        closed => Err(Error::Closed(closed)),
    }
}

/// Renames a draft.
///
/// # Errors
/// When the draft is unknown or closed, the title is unfit, or the database is unavailable.
pub async fn rename(store: &dyn Store, now: i64, id: Uuid, title: &str) -> Result<(), Error> {
    let title = titled(title)?;
    for _ in 0..TRIES {
        let draft = open_for_work(store, id).await?.draft;
        let revision = draft.revision;
        let draft = FlowDraft { title: title.clone(), changed: now, ..draft };
        if store.write_draft(&writing(&draft, Some(revision))).await? {
            return Ok(());
        }
    }
    Err(Error::Busy)
}

/// Throws a draft away, and writes a `draft.discard` row of the audit log. Its history stays for a while.
///
/// # Errors
/// When the draft is unknown or closed, or the database is unavailable.
pub async fn discard(store: &dyn Store, editor: &Editor, now: i64, id: Uuid) -> Result<(), Error> {
    for _ in 0..TRIES {
        let opened = open_for_work(store, id).await?;
        if close(store, editor, now, &opened, (DraftState::Discarded, None)).await? {
            return Ok(());
        }
    }
    Err(Error::Busy)
}

/// Closes a draft as it was read; whether it was: nobody has written in it since. A publication has an audit row of its own, unless
/// only tests changed.
async fn close(
    store: &dyn Store,
    editor: &Editor,
    now: i64,
    opened: &Opened,
    (state, release): (DraftState, Option<ports::Bundle>),
) -> Result<bool, Error> {
    let action = match state {
        DraftState::Discarded => Some("draft.discard"),
        _ if release.is_some() => Some("release.tests"),
        _ => None,
    };
    let audit = action.map(|action| {
        let mut change = Change::new(&editor.actor, action, now);
        change.on(opened.draft.id.to_string());
        change.detail("title", opened.draft.title.clone());
        change.detail("files", opened.changed().count());
        change.before(json!({ "state": opened.draft.state }));
        change.after(json!({ "state": state }));
        change.done()
    });
    let revision = opened.draft.revision;
    let draft = FlowDraft { state, changed: now, ..opened.draft.clone() };
    Ok(store.write_draft(&DraftWrite { audit, release, ..writing(&draft, Some(revision)) }).await?)
}

/// Runs a computation beside the tasks that wait for others.
async fn computed<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let failed = |why| ports::Error::unavailable("merge", why);
    Ok(tokio::task::spawn_blocking(work).await.map_err(failed)?)
}

fn may_change(editor: &Editor, path: &str) -> Result<(), Error> {
    match Area::of(path) {
        Area::Flows if !editor.flows => Err(Error::NotYours(path.to_owned())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
