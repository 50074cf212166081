//! Text embeddings.

use async_trait::async_trait;

/// Embeds texts. The dot product of two vectors is the similarity of their texts.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// The model's name and version. Vectors of models with different names must not be compared.
    fn name(&self) -> &str;

    /// The number of dimensions of every vector.
    fn dimensions(&self) -> usize;

    /// Returns one vector per text, in order. Each has length 1, or is all zero for a text without letters or digits.
    ///
    /// # Errors
    /// When the texts cannot be embedded.
    async fn embed(&self, texts: &[String]) -> super::Result<Vec<Vec<f32>>>;
}
