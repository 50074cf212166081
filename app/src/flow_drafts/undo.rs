//! Undoing: the author's own last change, under what others wrote later.

use tolmach_runtime::ports::{DraftChangeKind, Store};
use uuid::Uuid;

use super::{Editor, Error, Merged, TOGETHER, TRIES, computed, edit::written, merge, open_for_work};

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
