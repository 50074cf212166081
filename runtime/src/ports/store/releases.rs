//! Releases and their publications.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::ports::Result;

/// The text files of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Content hash.
    pub id: String,
    /// Paths and texts, as JSON.
    pub files: String,
}

/// A release that was made the current one, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Order within the store; 0 when not stored yet. The last one's release is the current one.
    #[serde(default)]
    pub seq: i64,
    /// The release.
    pub release: String,
    /// The release that was current before; `None` for the first.
    pub parent: Option<String>,
    /// Who did it.
    pub author: String,
    /// Why.
    pub note: String,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// Forwards or back.
    pub kind: PublicationKind,
    /// Where chats go that wait on the parent: `flow.node` there, to `flow.node` here or to `restart`.
    #[serde(default)]
    pub moves: BTreeMap<String, String>,
}

/// What a publication was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicationKind {
    /// A release of somebody's making.
    Publish,
    /// Back to an earlier release.
    Rollback,
}

/// How a publication ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishOutcome {
    /// Stored, under this `seq`.
    Stored(i64),
    /// Another release is current than was expected: nothing was stored.
    Conflict {
        /// The current release.
        current: Option<String>,
    },
}

/// Kept releases, and which of them is the current one.
#[async_trait]
pub trait ReleaseStore: Send + Sync {
    /// Makes a kept release the current one, if the current one is still `expected`; two that publish at once
    /// cannot overwrite each other.
    async fn publish(&self, publication: Publication, expected: Option<String>) -> Result<PublishOutcome>;

    /// The last publication, whose release is the current one; `None` before the first.
    async fn current_release(&self) -> Result<Option<Publication>>;

    /// The last publications, newest first.
    async fn publications(&self, limit: u32) -> Result<Vec<Publication>>;

    /// The ids of kept releases that begin so, at most 10.
    async fn releases_like(&self, prefix: &str) -> Result<Vec<String>>;

    /// Keeps a release; nothing happens when it is kept already.
    async fn keep_release(&self, bundle: &Bundle, at: i64) -> Result<()>;

    /// A kept release.
    async fn release(&self, id: &str) -> Result<Option<Bundle>>;
}
