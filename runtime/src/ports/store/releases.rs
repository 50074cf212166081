//! Stored releases and their publications.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::ports::{Page, Result};

/// The text files of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The hash of the content.
    pub id: String,
    /// The bundle (paths and texts) as JSON.
    pub files: String,
}

/// A change of the current release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Publication {
    /// Order within the store; 0 when not stored yet. The last one's release is the current one.
    #[serde(default)]
    pub seq: i64,
    /// The release that became current.
    pub release: String,
    /// The release that was current before; `None` for the first.
    pub parent: Option<String>,
    /// Who published it.
    pub author: String,
    /// The author's note.
    pub note: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Whether it was a new release or a rollback.
    pub kind: PublicationKind,
    /// The session migration: for chats that wait on the parent at `flow.node`, the `flow.node` of this release where
    /// they continue, or `restart`.
    #[serde(default)]
    pub moves: BTreeMap<String, String>,
}

/// The kind of a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublicationKind {
    /// A release was published.
    Publish,
    /// An earlier release was made current again.
    Rollback,
}

/// The result of a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishOutcome {
    /// Stored, with this `seq`.
    Stored(i64),
    /// The current release is not the expected one: nothing was stored.
    Conflict {
        /// The current release.
        current: Option<String>,
    },
}

/// Stored releases, and which of them is the current one.
#[async_trait]
pub trait ReleaseStore: Send + Sync {
    /// Makes a stored release the current one, if the current one is `expected` (compare-and-swap), so that two
    /// concurrent publications cannot overwrite each other.
    ///
    /// # Errors
    /// When the database is unavailable, or when the release is not stored.
    async fn publish(&self, publication: Publication, expected: Option<String>) -> Result<PublishOutcome>;

    /// The last publication, whose release is the current one; `None` before the first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn current_release(&self) -> Result<Option<Publication>>;

    /// Publications, newest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn publications(&self, page: Page) -> Result<Vec<Publication>>;

    /// The ids of stored releases that begin with `prefix`, at most 10.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn releases_like(&self, prefix: &str) -> Result<Vec<String>>;

    /// Stores a release. Does nothing if its id is stored already. `at` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// When the database is unavailable, or when the bundle contains U+0000.
    async fn keep_release(&self, bundle: &Bundle, at: i64) -> Result<()>;

    /// A stored release; `None` if the id is unknown.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn release(&self, id: &str) -> Result<Option<Bundle>>;
}
