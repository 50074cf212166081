//! Product photos that are stored beside the catalogue.

use async_trait::async_trait;

/// The prefix of a product's photo address that refers to a stored photo: `/photos/<name>`.
pub const PHOTO_PREFIX: &str = "/photos/";

/// One photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// The media type, such as `image/jpeg`.
    pub media: &'static str,
    /// The file content, at most 10 MiB.
    pub bytes: Vec<u8>,
}

/// Reads photos that were imported with price lists.
#[async_trait]
pub trait Photos: Send + Sync {
    /// Reads a photo by its name, without [`PHOTO_PREFIX`]; `None` if no photo has this name.
    ///
    /// # Errors
    /// [`super::Error::Unavailable`] when the file cannot be read.
    async fn read(&self, name: &str) -> super::Result<Option<Photo>>;
}
