//! Changes of the files of a draft: merged with what others wrote, kept with what they replaced.

use serde::Serialize;
use tolmach_engine::{
    bundle::Bundle,
    image::{self, Image},
};
use tolmach_runtime::ports::{DraftChange, DraftChangeKind, DraftFile, FlowDraft, Store};
use uuid::Uuid;

use super::{
    Editor, Error, MAX_FILE, MAX_FILES, MAX_LINES, Merged, Opened, TOGETHER, TRIES, back, computed,
    may_change, merge, open_for_work, writing,
};

/// The longest path of a file, in bytes.
const MAX_PATH: usize = 100;
/// After this time such changes are kept as one, milliseconds: until then an editor may still name one of them.
const APART: i64 = 120_000;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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
    if image::is_path(&edit.path) {
        check_image(store, &edit.path, &text).await?;
    }
    for _ in 0..TRIES {
        let opened = open_for_work(store, id).await?;
        let theirs = opened.bundle.files.get(&edit.path);
        if theirs.is_none() && opened.bundle.files.len() >= MAX_FILES {
            return Err(Error::TooManyFiles);
        }
        let theirs = theirs.cloned();
        // Nobody has seen what is not there yet: whoever says so is taken to have seen nothing.
        let base = if edit.base > opened.draft.revision { 0 } else { edit.base };
        let (merged, by) = if opened.revision(&edit.path) <= base {
            (Merged::Clean(text.clone()), None)
        } else {
            let (began, by) = seen(store, &opened, &edit.path, base).await?;
            let (ours, other) = (text.clone(), theirs.clone().unwrap_or_default());
            let names = [editor.actor.id.clone(), by.clone()];
            let merged = computed(move || merge(&began, &ours, &other, [&names[0], &names[1]])).await?;
            (merged, Some(by))
        };
        let merged = match merged {
            Merged::Clean(merged) => merged,
            Merged::Conflict(merged) => {
                let (base_text, by) = seen(store, &opened, &edit.path, base).await?;
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
        let (kind, undone) = match edit.kind {
            DraftChangeKind::Text => {
                let changes = store.draft_changes(id, i64::MAX, 200).await?;
                let texts = (theirs.as_ref(), &merged);
                back::understood(&changes, &editor.actor.id, &edit.path, texts)
            }
            kind => (kind, Vec::new()),
        };
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

/// Writes one change; `None` when somebody else was faster.
pub(super) async fn written(
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

/// The line ends of other systems, a mark at the beginning and U+0000 are no part of a text.
fn cleaned(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\0', "\u{FFFD}")
}

/// Of an image a draft holds what names its content, and only what is there can be named.
async fn check_image(store: &dyn Store, path: &str, text: &str) -> Result<(), Error> {
    let no_image = || Error::NoImage(path.to_owned());
    let hash = Image::parse(text).ok_or_else(no_image)?.hash;
    let there = store.stored_images(&[hash].into()).await?;
    if there.is_empty() { Err(no_image()) } else { Ok(()) }
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
        Some(("images", name)) => {
            let sign = |sign: char| sign.is_alphanumeric() || "._-".contains(sign);
            image::is_path(path) && !name.starts_with('.') && name.chars().all(sign)
        }
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
