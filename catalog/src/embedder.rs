//! Embeds product titles and queries with the table for titles of the built-in language model.

use async_trait::async_trait;
use tolmach_model::{TITLE_DIMENSIONS, Titles};
use tolmach_runtime::ports::{self, Embedder};

#[cfg(test)]
mod hash;

#[cfg(test)]
pub(crate) use hash::HashEmbedder;

/// Default embedder of the catalogue: the meaning of the words of a title or query, Russian and English. Vectors have
/// [`TITLE_DIMENSIONS`] values; more than 20,000 texts per second.
#[derive(Clone, Copy, Debug, Default)]
pub struct TitleEmbedder;

#[async_trait]
impl Embedder for TitleEmbedder {
    fn name(&self) -> &str {
        "titles-160-v1"
    }

    fn dimensions(&self) -> usize {
        TITLE_DIMENSIONS
    }

    async fn embed(&self, texts: &[String]) -> ports::Result<Vec<Vec<f32>>> {
        let mut titles = Titles::new();
        Ok(texts.iter().map(|text| titles.vector(text)).collect())
    }
}
