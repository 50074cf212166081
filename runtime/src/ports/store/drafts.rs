//! Drafts of flows and texts: files changed from a release, that nobody but the staff sees before they are published.
//!
//! A draft keeps only what differs from its base, and every change of it with what was there before. How two people's changes come
//! together is decided by whoever writes: the store only refuses a write whose author has not seen the last one.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Bundle;
use crate::ports::{AuditEntry, Result};

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowDraft {
    /// Unique.
    pub id: Uuid,
    /// What it is for.
    pub title: String,
    /// The name of whoever began it.
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

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftState {
    /// It is worked on.
    Open,
    /// It was published.
    Published,
    /// It was thrown away.
    Discarded,
}

/// A file that a draft has changed; it may be as in its base again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    /// Its path in the bundle.
    pub path: String,
    /// Its text; `None` when the draft deletes it.
    pub text: Option<String>,
    /// The draft's revision that changed it last.
    pub revision: i64,
    /// The text in the base when the draft changed it first, or was brought up to date; `None` where there was no file.
    pub base: Option<String>,
}

/// A change of one file of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftChange {
    /// The draft's revision that it made.
    pub revision: i64,
    /// The file.
    pub path: String,
    /// The text that it replaced; `None` where there was no file.
    pub before: Option<String>,
    /// The text that it put there; `None` where it deleted the file.
    pub after: Option<String>,
    /// Who made it.
    pub author: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// The way it was made.
    pub kind: DraftChangeKind,
    /// Whether it was undone, or is the undoing of another: neither is undone again. A redoing is undone as any other change.
    pub undone: bool,
}

/// How a draft came to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftChangeKind {
    /// Somebody wrote text.
    Text,
    /// Somebody filled in a form.
    Form,
    /// Somebody took over a proposal of the compiler or of the program.
    Proposal,
    /// A document was read.
    Document,
    /// An earlier change was undone.
    Undo,
    /// What was undone was done again.
    Redo,
    /// Changes of a newer release were taken in.
    Update,
}

/// A write of a draft, all of it or nothing.
#[derive(Clone, Debug)]
pub struct DraftWrite {
    /// The draft as it is to be.
    pub draft: FlowDraft,
    /// The revision that must be the last one; `None` for a new draft.
    pub expected: Option<i64>,
    /// Files as they are to be.
    pub files: Vec<DraftFile>,
    /// Changes to remember. Of one whose revision is there only what it replaced is written anew.
    pub changes: Vec<DraftChange>,
    /// Changes to forget, because a later one tells of both.
    pub forget: Vec<i64>,
    /// Changes that are undone by this write.
    pub undone: Vec<i64>,
    /// Texts of a stored release that take the place of what is there: what its id does not name, tests and golden questions, may change.
    pub release: Option<Bundle>,
    /// Its row of the audit log.
    pub audit: Option<AuditEntry>,
}

/// Somebody who is in a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftPerson {
    /// The draft.
    pub draft: Uuid,
    /// Who it is.
    pub name: String,
    /// The process whose page they have open.
    pub process: String,
    /// The file.
    pub file: String,
    /// The line.
    pub line: i64,
    /// When it was so, milliseconds since the Unix epoch.
    pub at: i64,
}

/// Of how long ago people in drafts are forgotten, milliseconds.
pub const DRAFT_PERSON_KEPT: i64 = 60_000;

/// The most changes that a draft remembers; the oldest are forgotten.
pub const MAX_DRAFT_CHANGES: i64 = 500;

/// The most drafts that are remembered after they were published or thrown away; the oldest are forgotten.
pub const MAX_CLOSED_DRAFTS: i64 = 100;

/// Drafts of flows and texts.
#[async_trait]
pub trait DraftStore: Send + Sync {
    /// Drafts, open ones first and then the last changed; at most 200.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn flow_drafts(&self) -> Result<Vec<FlowDraft>>;

    /// A draft; `None` if there is none of that id.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn flow_draft(&self, id: Uuid) -> Result<Option<FlowDraft>>;

    /// The files that a draft has changed, by path.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn draft_files(&self, id: Uuid) -> Result<Vec<DraftFile>>;

    /// The changes of a draft before a revision, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn draft_changes(&self, id: Uuid, before: i64, limit: u32) -> Result<Vec<DraftChange>>;

    /// The change that made a revision; `None` if it is not remembered.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn draft_change(&self, id: Uuid, revision: i64) -> Result<Option<DraftChange>> {
        let found = self.draft_changes(id, revision.saturating_add(1), 1).await?;
        Ok(found.into_iter().next().filter(|change| change.revision == revision))
    }

    /// Writes a draft, unless its last revision is another than expected; whether it was written.
    ///
    /// # Errors
    /// When the database is unavailable, or when a text contains U+0000.
    async fn write_draft(&self, write: &DraftWrite) -> Result<bool>;

    /// Notes that somebody is in a draft, in place of what was noted of them in it, and forgets whom nobody has noted for
    /// [`DRAFT_PERSON_KEPT`].
    ///
    /// # Errors
    /// When the database is unavailable, or when a text contains U+0000.
    async fn note_draft_person(&self, person: &DraftPerson) -> Result<()>;

    /// Who was noted in a draft since a time, by name; at most 100.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn draft_people(&self, draft: Uuid, since: i64) -> Result<Vec<DraftPerson>>;
}
