//! Publishing a draft: by the same checks as a folder.

use std::collections::BTreeMap;

use tolmach_engine::{Platform, Release, compile};
use tolmach_runtime::{
    Staff,
    ports::{self, DraftState, Store},
};
use uuid::Uuid;

use super::{Editor, Error, Opened, close, computed, has_marks, may_change, open_for_work};
use crate::{
    check::check,
    release::{self, Plan, Publish, Published, Source},
};

/// What a publication would do to chats in progress, and what stands against it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What becomes of them.
    pub plan: Plan,
    /// The kinds of the nodes at which chats wait, in the release that they wait on: as `flow.node`.
    pub kinds: BTreeMap<String, &'static str>,
    /// The nodes of the draft at which chats may wait, as `flow.node`, by kind: where such chats may go on.
    pub targets: BTreeMap<&'static str, Vec<String>>,
    /// Errors of the draft: it is not published with any.
    pub errors: usize,
    /// Warnings of the draft.
    pub warnings: usize,
}

/// What publishing a draft would do to chats in progress. The draft is checked, its tests are not run, and nothing is stored.
///
/// # Errors
/// When the database is unavailable.
pub async fn preview(store: &dyn Store, platform: &Platform, opened: &Opened) -> Result<Preview, Error> {
    let id = opened.bundle.id();
    // Each compiles a release, so they do it side by side.
    let plan = async { Ok(release::plan_of(store, platform, &opened.draft.base, &id).await?) };
    let (base, kept) = (opened.base.clone(), platform.for_kept_release());
    let kinds = computed(move || waiting_nodes(compile(&base, &kept).release.as_ref()));
    let (bundle, platform) = (opened.bundle.clone(), platform.clone());
    let checked = computed(move || {
        let checked = check(&bundle, &platform);
        (waiting_nodes(checked.release.as_ref()), checked.diagnostics)
    });
    let (plan, kinds, (places, diagnostics)) = tokio::try_join!(plan, kinds, checked)?;
    let mut targets: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (place, kind) in places {
        targets.entry(kind).or_default().push(place);
    }
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    Ok(Preview { plan, kinds, targets, errors, warnings: diagnostics.len() - errors })
}

/// The nodes at which chats may wait, as `flow.node`, with their kinds; none of a bundle that does not compile.
fn waiting_nodes(release: Option<&Release>) -> BTreeMap<String, &'static str> {
    let flows = release.into_iter().flat_map(|release| &release.flows);
    let nodes = flows.flat_map(|(id, flow)| flow.nodes.iter().map(move |(name, entry)| (id, name, entry)));
    let waiting = nodes.filter(|(_, _, entry)| entry.node.waits());
    waiting.map(|(id, name, entry)| (format!("{id}.{name}"), entry.kind.name)).collect()
}

/// How a draft is published.
#[derive(Clone, Debug)]
pub struct Publishing {
    /// What is said of it in the list of releases; the draft's title when empty.
    pub note: String,
    /// What becomes of chats that wait, each as `FROM=TO`.
    pub moves: Vec<String>,
    /// Who is in the groups of the staff, for the warnings.
    pub staff: Staff,
    /// To check, test and plan only.
    pub dry_run: bool,
}

/// Publishes a draft, or only checks, tests and plans it. A draft that is published is closed.
///
/// Writes a `release.publish` row of the audit log, except for a dry run.
///
/// # Errors
/// When the draft is unknown or closed, has no changes or lines of two versions, changes what the editor may not, is behind the
/// current release, does not compile, fails a test, or the database is unavailable. Nothing was published.
pub async fn publish(
    store: &dyn Store,
    platform: &Platform,
    editor: &Editor,
    now: i64,
    id: Uuid,
    wanted: Publishing,
) -> Result<Published, Error> {
    let opened = open_for_work(store, id).await?;
    if opened.behind {
        return Err(Error::Behind);
    }
    if opened.changed().next().is_none() {
        return Err(Error::NoChanges);
    }
    for (path, _, after) in opened.changed() {
        may_change(editor, path)?;
        if let Some(line) = after.and_then(has_marks) {
            return Err(Error::Unsettled { path: path.to_owned(), line: line + 1 });
        }
    }
    let Publishing { note, moves, staff, dry_run } = wanted;
    let note = if note.trim().is_empty() { opened.draft.title.clone() } else { note.trim().to_owned() };
    let texts =
        serde_json::to_string(&opened.bundle).map_err(|why| ports::Error::refused("keep release", why))?;
    let publish = Publish {
        source: Source::Texts(Box::new(opened.bundle.clone())),
        note,
        parent: Some(opened.draft.base.clone()),
        moves,
        staff,
        dry_run,
    };
    let published = release::publish(store, platform, &editor.actor, now, publish).await?;
    match published {
        published if dry_run => Ok(published),
        // Only tests changed: the release is the same and has others now.
        Published::Planned(checked) => {
            let release = ports::Bundle { id: checked.release.clone(), files: texts };
            match close(store, editor, now, &opened, (DraftState::Published, Some(release))).await? {
                true => Ok(Published::Done(checked)),
                false => Err(Error::Busy),
            }
        }
        published => {
            // Where somebody wrote in it meanwhile, and after a crash here, the draft stays open: it is behind the release that it became,
            // and has what was written since as its only changes once that is taken in.
            close(store, editor, now, &opened, (DraftState::Published, None)).await?;
            Ok(published)
        }
    }
}
