//! Drafts of flows and texts: what somebody changes before it is published, kept with its history, several people at once.
//!
//! A draft belongs to nobody: whoever may change its files writes in it, and what two people write comes together line by line
//! ([`merge`](mod@merge)). A change names the revision that its author has seen; where others have changed the file since, the three texts
//! are merged, and only where both changed the same lines the change is refused, with both versions. Every change is kept with
//! what it replaced, so it can be undone, also under what came later.
//!
//! The audit log tells when a draft is begun, thrown away and published; what was changed in it stands in its history.

mod back;
mod merge;
mod publish;
mod update;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;
use tolmach_engine::bundle::Bundle;
use tolmach_runtime::ports::{
    self, Actor, DraftChange, DraftChangeKind, DraftFile, DraftState, DraftWrite, FlowDraft, Store,
};
use uuid::Uuid;

pub use merge::{DiffLine, Merged, difference, has_marks, merge};
pub use publish::{Preview, Publishing, preview, publish};
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
/// The longest path of a file, in bytes.
const MAX_PATH: usize = 100;
/// How often a write is tried again when somebody else was faster.
const TRIES: usize = 8;
/// Changes of one person within this time are undone together, milliseconds.
const TOGETHER: i64 = 10_000;
/// After this time such changes are kept as one, milliseconds: until then an editor may still name one of them.
const APART: i64 = 120_000;

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
        "`{0}` is no path of a bundle: a name such as shop.yaml, or one in prompts, knowledge, faq, tests or golden"
    )]
    BadPath(String),
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
    /// What is to be undone was changed since.
    #[error("`{0}` was changed in the same lines since; undo it by hand")]
    ChangedSince(String),
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
        let content = ["prompts/", "knowledge/", "faq/", "golden/"];
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

/// A change of a file.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The file.
    pub path: String,
    /// The draft's revision that the editor had seen.
    pub base: i64,
    /// The text as it is to be.
    pub text: String,
    /// How it was made.
    pub kind: DraftChangeKind,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is stored, in this revision.
    Stored {
        /// The draft's revision.
        revision: i64,
        /// The text, where it is not the one that was sent: what others changed is in it.
        text: Option<String>,
        /// Who changed it meanwhile.
        by: Option<String>,
    },
    /// Somebody else changed the same lines: nothing is stored.
    Conflict(Box<Conflict>),
}

/// Two versions of the same lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The draft's revision that has theirs.
    pub revision: i64,
    /// The text that both began with.
    pub base_text: String,
    /// What was sent.
    pub mine: String,
    /// What is stored.
    pub theirs: String,
    /// Both, with marks around the lines in question.
    pub merged: String,
    /// Who wrote theirs.
    pub by: String,
}

/// Changes a file, or makes one that is not there and never was.
///
/// # Errors
/// When the draft is unknown or closed, the path or the text is unfit, the file is not for the editor to change, or the database is
/// unavailable.
pub async fn save(
    store: &dyn Store,
    editor: &Editor,
    now: i64,
    id: Uuid,
    edit: &Edit,
) -> Result<Saved, Error> {
    let text = cleaned(&edit.text);
    check_file(&edit.path, &text)?;
    may_change(editor, &edit.path)?;
    for _ in 0..TRIES {
        let opened = open_for_work(store, id).await?;
        let theirs = opened.bundle.files.get(&edit.path);
        if theirs.is_none() && opened.bundle.files.len() >= MAX_FILES {
            return Err(Error::TooManyFiles);
        }
        let theirs = theirs.cloned();
        let (merged, by) = if opened.revision(&edit.path) <= edit.base {
            (Merged::Clean(text.clone()), None)
        } else {
            let (base, by) = seen(store, &opened, &edit.path, edit.base).await?;
            let (ours, other) = (text.clone(), theirs.clone().unwrap_or_default());
            let names = [editor.actor.id.clone(), by.clone()];
            let merged = computed(move || merge(&base, &ours, &other, [&names[0], &names[1]])).await?;
            (merged, Some(by))
        };
        let merged = match merged {
            Merged::Clean(merged) => merged,
            Merged::Conflict(merged) => {
                let (base_text, by) = seen(store, &opened, &edit.path, edit.base).await?;
                let theirs = theirs.unwrap_or_default();
                let revision = opened.draft.revision;
                let conflict = Conflict { revision, base_text, mine: text, theirs, merged, by };
                return Ok(Saved::Conflict(Box::new(conflict)));
            }
        };
        if merged.len() > MAX_FILE {
            return Err(Error::TooLarge);
        }
        let shown = (merged != edit.text).then(|| merged.clone());
        if Some(&merged) == theirs.as_ref() {
            return Ok(Saved::Stored { revision: opened.draft.revision, text: shown, by });
        }
        let undone = match edit.kind {
            DraftChangeKind::Text => {
                let changes = store.draft_changes(id, i64::MAX, 200).await?;
                back::taken_back(&changes, &editor.actor.id, &edit.path, (theirs.as_ref(), &merged))
            }
            _ => Vec::new(),
        };
        let kind = if undone.is_empty() { edit.kind } else { DraftChangeKind::Undo };
        let change = (edit.path.clone(), theirs, Some(merged), kind);
        if let Some(revision) = written(store, editor, now, &opened, change, undone).await? {
            return Ok(Saved::Stored { revision, text: shown, by });
        }
    }
    Err(Error::Busy)
}

/// Deletes a file.
///
/// # Errors
/// As [`save`]; there is no such file.
pub async fn delete(
    store: &dyn Store,
    editor: &Editor,
    now: i64,
    id: Uuid,
    path: &str,
) -> Result<i64, Error> {
    may_change(editor, path)?;
    for _ in 0..TRIES {
        let opened = open_for_work(store, id).await?;
        let before = opened.bundle.files.get(path).cloned().ok_or_else(|| Error::NoFile(path.to_owned()))?;
        let change = (path.to_owned(), Some(before), None, DraftChangeKind::Form);
        if let Some(revision) = written(store, editor, now, &opened, change, Vec::new()).await? {
            return Ok(revision);
        }
    }
    Err(Error::Busy)
}

/// Makes a file.
///
/// # Errors
/// As [`save`]; there is such a file.
pub async fn create(
    store: &dyn Store,
    editor: &Editor,
    now: i64,
    id: Uuid,
    (path, text): (&str, &str),
) -> Result<i64, Error> {
    let opened = open_for_work(store, id).await?;
    if opened.bundle.files.contains_key(path) {
        return Err(Error::FileThere(path.to_owned()));
    }
    let base = opened.draft.revision;
    let edit = Edit { path: path.to_owned(), base, text: text.to_owned(), kind: DraftChangeKind::Form };
    match save(store, editor, now, id, &edit).await? {
        Saved::Stored { revision, .. } => Ok(revision),
        Saved::Conflict(_) => Err(Error::FileThere(path.to_owned())),
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
    close(store, editor, now, id, (DraftState::Discarded, None)).await
}

/// Closes a draft. A publication has an audit row of its own, unless only tests changed.
async fn close(
    store: &dyn Store,
    editor: &Editor,
    now: i64,
    id: Uuid,
    (state, release): (DraftState, Option<ports::Bundle>),
) -> Result<(), Error> {
    let action = match state {
        DraftState::Discarded => Some("draft.discard"),
        _ if release.is_some() => Some("release.tests"),
        _ => None,
    };
    for _ in 0..TRIES {
        let opened = open_for_work(store, id).await?;
        let audit = action.map(|action| {
            let mut change = Change::new(&editor.actor, action, now);
            change.on(id.to_string());
            change.detail("title", opened.draft.title.clone());
            change.detail("files", opened.changed().count());
            change.before(json!({ "state": opened.draft.state }));
            change.after(json!({ "state": state }));
            change.done()
        });
        let revision = opened.draft.revision;
        let draft = FlowDraft { state, changed: now, ..opened.draft };
        let release = release.clone();
        if store.write_draft(&DraftWrite { audit, release, ..writing(&draft, Some(revision)) }).await? {
            return Ok(());
        }
    }
    Err(Error::Busy)
}

/// What was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The draft's revision that undid it.
    pub revision: i64,
    /// The file.
    pub path: String,
    /// Its text now; `None` when it is gone.
    pub text: Option<String>,
    /// How what was undone was made.
    pub kind: DraftChangeKind,
}

/// Undoes the editor's last change of a draft that is not undone, whichever file it was in; what others did stays. What was typed in
/// one go is undone in one go.
///
/// # Errors
/// When the draft is unknown or closed, there is nothing to undo, others changed the same lines since, or the database is
/// unavailable.
pub async fn undo(store: &dyn Store, editor: &Editor, now: i64, id: Uuid) -> Result<Undone, Error> {
    for _ in 0..TRIES {
        let opened = open_for_work(store, id).await?;
        let changes = store.draft_changes(id, i64::MAX, 200).await?;
        let mine = changes.iter().filter(|change| change.author == editor.actor.id);
        let mut mine = mine.filter(|change| !change.undone && change.kind != DraftChangeKind::Update);
        let last = mine.next().ok_or(Error::NothingToUndo)?;
        let (mut first, mut together) = (last, vec![last.revision]);
        for earlier in mine {
            let goes_on = earlier.path == last.path
                && earlier.kind == last.kind
                && last.kind == DraftChangeKind::Text
                && first.at - earlier.at <= TOGETHER
                && first.before == earlier.after;
            if !goes_on {
                break;
            }
            first = earlier;
            together.push(earlier.revision);
        }
        let now_there = opened.bundle.files.get(&last.path).cloned();
        let text = if now_there == last.after {
            first.before.clone()
        } else {
            let texts = [&last.after, &first.before, &now_there].map(|text| text.clone().unwrap_or_default());
            let merged = computed(move || merge(&texts[0], &texts[1], &texts[2], ["", ""])).await?;
            match merged {
                Merged::Clean(text) => Some(text),
                Merged::Conflict(_) => return Err(Error::ChangedSince(last.path.clone())),
            }
        };
        let change = (last.path.clone(), now_there, text.clone(), DraftChangeKind::Undo);
        let (path, kind) = (last.path.clone(), last.kind);
        if let Some(revision) = written(store, editor, now, &opened, change, together).await? {
            return Ok(Undone { revision, path, text, kind });
        }
    }
    Err(Error::Busy)
}

/// Writes one change; `None` when somebody else was faster.
async fn written(
    store: &dyn Store,
    editor: &Editor,
    now: i64,
    opened: &Opened,
    (path, before, after, kind): (String, Option<String>, Option<String>, DraftChangeKind),
    undone: Vec<i64>,
) -> Result<Option<i64>, Error> {
    let expected = opened.draft.revision;
    let revision = expected + 1;
    let draft = FlowDraft { revision, changed: now, ..opened.draft.clone() };
    let author = editor.actor.id.clone();
    let is_undo = kind == DraftChangeKind::Undo;
    let base = opened.began_with(&path).cloned();
    let file = DraftFile { path: path.clone(), text: after.clone(), revision, base };
    let change = DraftChange { revision, path, before, after, author, at: now, kind, undone: is_undo };
    let mut write = writing(&draft, Some(expected));
    (write.forget, write.changes) = gathered(&store.draft_changes(draft.id, i64::MAX, 200).await?, now);
    write.changes.push(change);
    write.files.push(file);
    write.undone = undone;
    Ok(store.write_draft(&write).await?.then_some(revision))
}

/// Of changes, newest first, that were typed in one go a while ago: those to forget, and the one that tells of them.
fn gathered(changes: &[DraftChange], now: i64) -> (Vec<i64>, Vec<DraftChange>) {
    let pair = changes.windows(2).find_map(|pair| match pair {
        [later, earlier]
            if later.at < now - APART
                && later.kind == DraftChangeKind::Text
                && earlier.kind == DraftChangeKind::Text
                && later.path == earlier.path
                && later.author == earlier.author
                && later.undone == earlier.undone
                && later.at - earlier.at <= TOGETHER =>
        {
            Some((earlier.revision, DraftChange { before: earlier.before.clone(), ..later.clone() }))
        }
        _ => None,
    });
    pair.map(|(forget, kept)| (vec![forget], vec![kept])).unwrap_or_default()
}

/// The text of a file that an editor saw in a revision, and who changed it since.
async fn seen(store: &dyn Store, opened: &Opened, path: &str, base: i64) -> Result<(String, String), Error> {
    let mut before = i64::MAX;
    let (mut text, mut by) = (None, String::new());
    loop {
        let changes = store.draft_changes(opened.draft.id, before, 100).await?;
        for change in &changes {
            before = change.revision;
            if change.revision <= base {
                return Ok((text.unwrap_or_default(), by));
            }
            if change.path == path {
                if by.is_empty() {
                    by.clone_from(&change.author);
                }
                text = Some(change.before.clone().unwrap_or_default());
            }
        }
        if changes.is_empty() {
            return Ok((text.unwrap_or_default(), by));
        }
    }
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

/// The line ends of other systems, a mark at the beginning and U+0000 are no part of a text.
fn cleaned(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\0', "\u{FFFD}")
}

fn check_file(path: &str, text: &str) -> Result<(), Error> {
    if text.len() > MAX_FILE || text.lines().count() > MAX_LINES {
        return Err(Error::TooLarge);
    }
    let named = |name: &str| {
        let stem = name
            .strip_suffix(".yaml")
            .or_else(|| name.strip_suffix(".yml"))
            .or_else(|| name.strip_suffix(".md"));
        let sign = |sign: char| sign.is_alphanumeric() || "._-".contains(sign);
        stem.is_some_and(|stem| !stem.is_empty()) && !name.starts_with('.') && name.chars().all(sign)
    };
    let fits = match path.split_once('/') {
        Some((folder, name)) => {
            ["prompts", "knowledge", "faq", "tests", "golden"].contains(&folder) && named(name)
        }
        None => named(path) && !path.ends_with(".md"),
    };
    if fits && path.len() <= MAX_PATH && Bundle::holds(path) {
        Ok(())
    } else {
        Err(Error::BadPath(path.to_owned()))
    }
}

#[cfg(test)]
mod tests;
