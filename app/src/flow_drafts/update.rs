//! Taking a newer release into a draft.

use tolmach_engine::bundle::Bundle;
use tolmach_runtime::ports::{DraftChange, DraftChangeKind, DraftFile, DraftWrite, FlowDraft, Store};
use uuid::Uuid;

use super::{Editor, Error, Merged, Opened, TRIES, computed, merge, open_for_work, writing};
use crate::release;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// The release that the draft changes now.
    pub base: String,
    /// Files that others changed, too, and that hold both changes now.
    pub merged: Vec<String>,
    /// Files that have both versions of some lines between marks, for a person to settle.
    pub conflicts: Vec<String>,
}

/// Makes the current release the base of a draft. What was published since the draft was begun is in it afterwards; where both changed
/// the same lines, both versions stand in the file between marks, and it cannot be published before somebody has settled them.
///
/// # Errors
/// When the draft is unknown or closed, a release cannot be read, or the database is unavailable.
pub async fn update(store: &dyn Store, editor: &Editor, now: i64, id: Uuid) -> Result<Updated, Error> {
    for _ in 0..TRIES {
        let opened = open_for_work(store, id).await?;
        let current = release::current(store).await?.ok_or(release::Error::NothingPublished)?;
        let mut updated = Updated { base: current.release.clone(), merged: vec![], conflicts: vec![] };
        if !opened.behind {
            return Ok(updated);
        }
        let theirs = release::bundle(store, &current.release).await?;
        let write = rebased(editor, now, &opened, (&current.author, &theirs), &mut updated).await?;
        if store.write_draft(&write).await? {
            return Ok(updated);
        }
    }
    Err(Error::Busy)
}

/// The draft on the new base.
async fn rebased(
    editor: &Editor,
    now: i64,
    opened: &Opened,
    (by, theirs): (&str, &Bundle),
    updated: &mut Updated,
) -> Result<DraftWrite, Error> {
    let expected = opened.draft.revision;
    let mut write = writing(&opened.draft, Some(expected));
    let mut revision = expected;
    for path in opened.files.keys() {
        let before = opened.began_with(path);
        let (mine, other) = (opened.bundle.files.get(path), theirs.files.get(path));
        let text = if mine == before {
            other.cloned()
        } else if other == before || other == mine {
            mine.cloned()
        } else {
            let texts = [before, mine, other].map(|text| text.cloned().unwrap_or_default());
            let names = [opened.draft.title.clone(), by.to_owned()];
            match computed(move || merge(&texts[0], &texts[1], &texts[2], [&names[0], &names[1]])).await? {
                Merged::Clean(text) => {
                    updated.merged.push(path.clone());
                    Some(text)
                }
                Merged::Conflict(text) => {
                    updated.conflicts.push(path.clone());
                    Some(text)
                }
            }
        };
        revision += 1;
        let base = other.cloned();
        write.files.push(DraftFile { path: path.clone(), text: text.clone(), revision, base });
        if text.as_ref() != mine {
            write.changes.push(DraftChange {
                revision,
                path: path.clone(),
                before: mine.cloned(),
                after: text,
                author: editor.actor.id.clone(),
                at: now,
                kind: DraftChangeKind::Update,
                undone: false,
            });
        }
    }
    // Files that the draft left alone are as in the new base; open editors learn it by their revision.
    for path in opened.base.files.keys().chain(theirs.files.keys()) {
        let text = theirs.files.get(path);
        let known = opened.files.contains_key(path) || write.files.iter().any(|file| file.path == *path);
        if !known && opened.base.files.get(path) != text {
            revision += 1;
            let file = DraftFile { path: path.clone(), text: text.cloned(), revision, base: text.cloned() };
            write.files.push(file);
        }
    }
    write.draft = FlowDraft {
        base: updated.base.clone(),
        revision: revision.max(expected + 1),
        changed: now,
        ..opened.draft.clone()
    };
    Ok(write)
}
