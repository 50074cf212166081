//! Drafts as programs are told of them: by the API, and by `tolmach draft`.

use schemars::JsonSchema;
use serde::Serialize;
use tolmach_engine::Platform;
use tolmach_runtime::ports::{DraftChange, DraftChangeKind, DraftState, FlowDraft, Store, WaitingPlace};
use uuid::Uuid;

use super::{Error, Opened, difference};
use crate::{
    assist::{self, Finding},
    release::{Checked, Published, WaitingChats},
};

/// Changes that a history tells.
const HISTORY: u32 = 100;

/// A draft in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DraftShown {
    /// Unique.
    #[schemars(with = "String")]
    pub id: Uuid,
    /// What it is for.
    pub title: String,
    /// Who began it.
    pub author: String,
    /// The release that it changes.
    pub base: String,
    /// When it was begun, milliseconds since the Unix epoch.
    pub made: i64,
    /// When it was changed last, milliseconds since the Unix epoch.
    pub changed: i64,
    /// The number of its last change; 0 before the first.
    pub revision: i64,
    /// Whether it is worked on.
    pub state: DraftState,
}

impl DraftShown {
    /// A draft.
    pub fn of(draft: &FlowDraft) -> DraftShown {
        let FlowDraft { id, title, author, base, made, changed, revision, state } = draft.clone();
        DraftShown { id, title, author, base, made, changed, revision, state }
    }
}

/// A draft with what is changed in it and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DraftOpened {
    /// The draft.
    pub draft: DraftShown,
    /// Whether something was published since that it does not have.
    pub behind: bool,
    /// The paths of the files that differ from its release.
    pub changed: Vec<String>,
    /// All files.
    pub files: Vec<String>,
    /// What is wrong with it.
    pub problems: Vec<Finding>,
}

impl DraftOpened {
    /// A draft that was opened; compiles it.
    pub fn of(opened: &Opened, platform: &Platform) -> DraftOpened {
        DraftOpened {
            draft: DraftShown::of(&opened.draft),
            behind: opened.behind,
            changed: opened.changed().map(|(path, _, _)| path.to_owned()).collect(),
            files: opened.bundle.files.keys().cloned().collect(),
            problems: assist::findings(&opened.bundle, platform),
        }
    }
}

/// A file of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DraftFileShown {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The draft's revision: what to send as `base` with a change.
    pub revision: i64,
}

/// A change in a draft's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DraftChanged {
    /// The draft's revision that it made.
    pub revision: i64,
    /// The file.
    pub path: String,
    /// Who made it.
    pub author: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// The way it was made.
    #[schemars(with = "String")]
    pub kind: DraftChangeKind,
    /// Whether it was undone, or is the undoing of another.
    pub undone: bool,
    /// Lines that came.
    pub added: usize,
    /// Lines that went.
    pub gone: usize,
}

/// The history of a draft, newest first, at most 100 changes.
///
/// # Errors
/// When the database is unavailable.
pub async fn history(store: &dyn Store, id: Uuid) -> Result<Vec<DraftChanged>, Error> {
    let changes = store.draft_changes(id, i64::MAX, HISTORY).await?;
    let told = |change: DraftChange| {
        let (before, after) = (change.before.unwrap_or_default(), change.after.unwrap_or_default());
        let parts = difference(&before, &after, 0);
        let count = |kind| parts.iter().flatten().filter(|line| line.kind == kind).count();
        DraftChanged {
            revision: change.revision,
            path: change.path,
            author: change.author,
            at: change.at,
            kind: change.kind,
            undone: change.undone,
            added: count("new"),
            gone: count("gone"),
        }
    };
    Ok(changes.into_iter().map(told).collect())
}

/// What came of a publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PublishedShown {
    /// `published`, `planned` for a dry run, or `unchanged`.
    pub state: &'static str,
    /// The release.
    pub release: String,
    /// Chats that wait somewhere and go on there, by what becomes of them.
    pub plan: Option<PlanShown>,
}

/// What becomes of chats in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanShown {
    /// Chats that wait at no node: they go on in the new release.
    pub resting: u64,
    /// Nodes at which chats wait.
    pub places: usize,
    /// Each of these nodes with what becomes of its chats, unless a publication says otherwise of it.
    pub waiting: Vec<WaitingShown>,
}

/// Chats that wait at a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitingShown {
    /// The release that they wait on.
    pub release: String,
    /// The node, as `flow.node`.
    pub node: String,
    /// How many.
    pub chats: u64,
    /// `stay`, `finish`, `move`, `restart`, or `taken_over` where their release serves no more.
    pub becomes: &'static str,
    /// The node that they go on at, as `flow.node`, where they move.
    pub to: Option<String>,
}

impl WaitingShown {
    fn of((place, effect): &(WaitingPlace, WaitingChats)) -> WaitingShown {
        let (becomes, to) = match effect {
            WaitingChats::Stay => ("stay", None),
            WaitingChats::Finish => ("finish", None),
            WaitingChats::Move(to) => ("move", Some(to.clone())),
            WaitingChats::Restart => ("restart", None),
            WaitingChats::TakenOver => ("taken_over", None),
        };
        let WaitingPlace { release, flow, node, chats } = place;
        let (release, node) = (release.clone(), format!("{flow}.{node}"));
        WaitingShown { release, node, chats: *chats, becomes, to }
    }
}

impl PublishedShown {
    /// What came of it.
    pub fn of(published: &Published) -> PublishedShown {
        let plan = |checked: &Checked| {
            let waiting: Vec<WaitingShown> = checked.plan.places.iter().map(WaitingShown::of).collect();
            Some(PlanShown { resting: checked.plan.resting, places: waiting.len(), waiting })
        };
        match published {
            Published::Unchanged(release) => {
                PublishedShown { state: "unchanged", release: release.clone(), plan: None }
            }
            Published::Planned(checked) => {
                PublishedShown { state: "planned", release: checked.release.clone(), plan: plan(checked) }
            }
            Published::Done(checked) => {
                PublishedShown { state: "published", release: checked.release.clone(), plan: plan(checked) }
            }
        }
    }
}
