//! A text that comes back to what it was: undoing and redoing in an editor.

use tolmach_runtime::ports::{DraftChange, DraftChangeKind};

use super::undo::last_undone;

/// What a save of a typed text is: an editor undoes and redoes by itself and then saves the text. With the changes that an undoing takes
/// back. `changes` are newest first; the text that is there becomes the one that is saved.
pub(super) fn understood(
    changes: &[DraftChange],
    author: &str,
    path: &str,
    (now, then): (Option<&String>, &String),
) -> (DraftChangeKind, Vec<i64>) {
    let undone = taken_back(changes, author, path, (now, then));
    if !undone.is_empty() {
        return (DraftChangeKind::Undo, undone);
    }
    // Were it taken for new work, what was undone before it could not be redone any more.
    let redone = last_undone(changes, author).is_some_and(|last| {
        last.path == path && last.after.as_ref() == now && last.before.as_ref() == Some(then)
    });
    (if redone { DraftChangeKind::Redo } else { DraftChangeKind::Text }, Vec::new())
}

/// The changes that a save takes back: an editor undoes by itself and then saves the earlier text. They are the author's last ones of
/// the file, with nothing of others between them, from the text that is there (`now`) back to the one that is saved (`then`). Without
/// them the next undo would bring back what was just undone. `changes` are newest first.
fn taken_back(
    changes: &[DraftChange],
    author: &str,
    path: &str,
    (now, then): (Option<&String>, &String),
) -> Vec<i64> {
    let mut at = now;
    let mut revisions = Vec::new();
    // What was undone and its undoing leave the text as it was.
    for change in changes.iter().filter(|change| change.path == path && !change.undone) {
        let goes_on = change.author == author
            && matches!(change.kind, DraftChangeKind::Text | DraftChangeKind::Redo)
            && change.after.as_ref() == at
            && change.before.is_some();
        if !goes_on {
            break;
        }
        revisions.push(change.revision);
        at = change.before.as_ref();
        if at == Some(then) {
            return revisions;
        }
    }
    Vec::new()
}
