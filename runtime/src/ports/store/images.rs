//! The content of images: releases and drafts name it by its hash.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::ports::Result;

/// The content of an image.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredImage {
    /// The hash of the bytes ([`tolmach_engine::image::hash`]).
    pub hash: String,
    /// The media type.
    pub media: String,
    /// The bytes.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for StoredImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.hash, self.media, self.content.len())
    }
}

/// The content of images.
#[async_trait]
pub trait ImageStore: Send + Sync {
    /// Stores the content of an image, or notes that it was handed over again. `at` is in milliseconds since the Unix epoch.
    ///
    /// What no release names by the time that retention sets, and no open draft, is deleted. A release must be stored after its
    /// images.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn keep_image(&self, image: &StoredImage, at: i64) -> Result<()>;

    /// The content of an image; `None` if it is not stored.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn image(&self, hash: &str) -> Result<Option<StoredImage>>;

    /// Which of these hashes are those of stored images.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn stored_images(&self, hashes: &BTreeSet<String>) -> Result<BTreeSet<String>>;
}
