//! A text that comes back to what it was: undoing in an editor.

use tolmach_runtime::ports::{DraftChange, DraftChangeKind};

/// The changes that a save takes back: an editor undoes by itself and then saves the earlier text. They are the author's last ones of
/// the file, with nothing of others between them, from the text that is there (`now`) back to the one that is saved (`then`). Without
/// them the next undo would bring back what was just undone. `changes` are newest first.
pub(super) fn taken_back(
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
            && change.kind == DraftChangeKind::Text
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
