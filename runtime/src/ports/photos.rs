//! The shop's own photos, kept beside the catalogue.

use async_trait::async_trait;

/// What stands before a photo's name in a product's photo address: `/photos/<name>` is one of the shop's own.
pub const PHOTO_PREFIX: &str = "/photos/";

/// One photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Its media type, such as `image/jpeg`.
    pub media: &'static str,
    /// Its content; at most 10 MiB.
    pub bytes: Vec<u8>,
}

/// Reads the photos that came beside price lists.
#[async_trait]
pub trait Photos: Send + Sync {
    /// The photo of a name (without [`PHOTO_PREFIX`]); `None` for a name that is no photo's.
    ///
    /// # Errors
    /// [`super::Error::Unavailable`] when the disk refuses.
    async fn read(&self, name: &str) -> super::Result<Option<Photo>>;
}
