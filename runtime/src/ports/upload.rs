//! Files that a person hands to the program: their rows. Where the content lies is the business of whoever keeps it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Actor, Result};

/// A file that was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Its id.
    pub id: Uuid,
    /// Its name, without folders.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The BLAKE3 hash of its content, in hexadecimal digits.
    pub hash: String,
    /// When it was handed over, milliseconds since the Unix epoch.
    pub at: i64,
    /// By whom.
    pub by: Actor,
}

/// Rows of uploads.
#[async_trait]
pub trait UploadStore: Send + Sync {
    /// Adds a row; one whose id is known is left as it is.
    ///
    /// # Errors
    /// When the database is away.
    async fn add_upload(&self, upload: &Upload) -> Result<()>;

    /// The row of an id.
    ///
    /// # Errors
    /// When the database is away.
    async fn upload(&self, id: Uuid) -> Result<Option<Upload>>;

    /// Rows from before this time, milliseconds since the Unix epoch; the oldest first, at most 1,000.
    ///
    /// # Errors
    /// When the database is away.
    async fn uploads_before(&self, at: i64) -> Result<Vec<Upload>>;

    /// Removes a row; nothing happens where there is none.
    ///
    /// # Errors
    /// When the database is away.
    async fn remove_upload(&self, id: Uuid) -> Result<()>;
}
