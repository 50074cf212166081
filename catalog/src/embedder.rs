//! Titles and queries to vectors, by the built-in language model's table for titles.

use async_trait::async_trait;
use tolmach_model::{TITLE_DIMENSIONS, Titles};
use tolmach_runtime::ports::{self, Embedder};

#[cfg(test)]
mod hash;

#[cfg(test)]
pub(crate) use hash::HashEmbedder;

/// What catalogues are searched by: the words of a title or a query by what they mean, in both languages; twenty thousand and more
/// a second.
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
