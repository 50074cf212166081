//! Files that staff send to clients, kept in the data folder.

use async_trait::async_trait;

/// The prefix of a sent file's address: `/files/<folder of its chat>/<id>`.
pub const FILE_PREFIX: &str = "/files/";

/// Reads files that staff sent, for channels that upload them.
#[async_trait]
pub trait Files: Send + Sync {
    /// The content of a file by its address, at most 10 MiB; `None` if it is not kept any more.
    ///
    /// # Errors
    /// [`super::Error::Unavailable`] when the file cannot be read.
    async fn content(&self, address: &str) -> super::Result<Option<Vec<u8>>>;
}
