//! Undoing and redoing: the author's own last change, under what others wrote later.

use tolmach_runtime::ports::{DraftChange, DraftChangeKind, Store};
use uuid::Uuid;

use super::{
    Conflict, Editor, Error, Merged, Opened, TOGETHER, TRIES, computed, edit::written, may_change, merge,
    open_for_work,
};

/// How many of the last changes, of all people, are looked at.
const LOOKED_AT: u32 = 200;

/// What was undone or redone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The draft's revision that did it.
    pub revision: i64,
    /// The file.
    pub path: String,
    /// Its text now; `None` when it is gone.
    pub text: Option<String>,
    /// How what was undone or redone was made.
    pub kind: DraftChangeKind,
}

/// Undoes the editor's last change of a draft that is not undone, whichever file it was in; what others did stays. What was typed in
/// one go is undone in one go.
///
/// # Errors
/// When the draft is unknown or closed, there is nothing to undo, the file is not for the editor to change any more, others changed
/// the same lines since, or the database is unavailable.
pub async fn undo(store: &dyn Store, editor: &Editor, now: i64, id: Uuid) -> Result<Undone, Error> {
    for _ in 0..TRIES {
        let opened = open_for_work(store, id).await?;
        let changes = store.draft_changes(id, i64::MAX, LOOKED_AT).await?;
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
        let back = Step { path: &last.path, from: &last.after, to: &first.before };
        let kind = DraftChangeKind::Undo;
        if let Some((revision, text)) =
            back.taken(store, editor, now, (&opened, &changes), (kind, together)).await?
        {
            return Ok(Undone { revision, path: last.path.clone(), text, kind: last.kind });
        }
    }
    Err(Error::Busy)
}

/// Redoes what the editor undid last in a draft, whichever file it was in; what others did stays. After new work of the editor there is
/// nothing to redo, as in every editor.
///
/// # Errors
/// As [`undo`]; there is nothing to redo.
pub async fn redo(store: &dyn Store, editor: &Editor, now: i64, id: Uuid) -> Result<Undone, Error> {
    for _ in 0..TRIES {
        let opened = open_for_work(store, id).await?;
        let changes = store.draft_changes(id, i64::MAX, LOOKED_AT).await?;
        let last = last_undone(&changes, &editor.actor.id).ok_or(Error::NothingToRedo)?;
        let forth = Step { path: &last.path, from: &last.after, to: &last.before };
        let kind = DraftChangeKind::Redo;
        if let Some((revision, text)) =
            forth.taken(store, editor, now, (&opened, &changes), (kind, vec![])).await?
        {
            return Ok(Undone { revision, path: last.path.clone(), text, kind: last.kind });
        }
    }
    Err(Error::Busy)
}

/// The undoing that a person would redo now: their last one that is not redone yet, with no other work of theirs since. `changes` are
/// newest first.
///
/// Undoings are redone the last first, so a redoing answers the last undoing before it that no other one answers. Work that was
/// undone ends the search as well: what was undone before it was given up by it.
pub(super) fn last_undone<'a>(changes: &'a [DraftChange], author: &str) -> Option<&'a DraftChange> {
    let mut redone = 0_u32;
    for change in changes.iter().filter(|change| change.author == author) {
        match change.kind {
            DraftChangeKind::Redo => redone += 1,
            DraftChangeKind::Undo if redone == 0 => return Some(change),
            DraftChangeKind::Undo => redone -= 1,
            // Nobody's work: what was published was taken in.
            DraftChangeKind::Update => {}
            DraftChangeKind::Text
            | DraftChangeKind::Form
            | DraftChangeKind::Proposal
            | DraftChangeKind::Document => return None,
        }
    }
    None
}

/// From one text of a file to another, whatever was written into it since it was as it is in `from`.
struct Step<'a> {
    path: &'a str,
    from: &'a Option<String>,
    to: &'a Option<String>,
}

impl Step<'_> {
    /// Writes it; `None` when somebody else was faster.
    async fn taken(
        self,
        store: &dyn Store,
        editor: &Editor,
        now: i64,
        (opened, changes): (&Opened, &[DraftChange]),
        (kind, undone): (DraftChangeKind, Vec<i64>),
    ) -> Result<Option<(i64, Option<String>)>, Error> {
        let Step { path, from, to } = self;
        may_change(editor, path)?;
        let now_there = opened.bundle.files.get(path).cloned();
        let text = if now_there == *from {
            to.clone()
        } else {
            let texts = [from, to, &now_there].map(|text| text.clone().unwrap_or_default());
            let by = changes.iter().find(|change| change.path == *path && change.author != editor.actor.id);
            let by = by.map(|change| change.author.clone()).unwrap_or_default();
            let names = [editor.actor.id.clone(), by.clone()];
            let merged =
                computed(move || merge(&texts[0], &texts[1], &texts[2], [&names[0], &names[1]])).await?;
            match merged {
                Merged::Clean(text) => Some(text),
                Merged::Conflict(merged) => {
                    let [base_text, mine, theirs] =
                        [from, to, &now_there].map(|text| text.clone().unwrap_or_default());
                    let revision = opened.draft.revision;
                    let conflict = Conflict { revision, base_text, mine, theirs, merged, by };
                    return Err(Error::ChangedSince(path.to_owned(), Box::new(conflict)));
                }
            }
        };
        let change = (path.to_owned(), now_there, text.clone(), kind);
        Ok(written(store, editor, now, opened, change, undone).await?.map(|revision| (revision, text)))
    }
}
