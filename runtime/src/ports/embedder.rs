//! Texts to vectors.

use async_trait::async_trait;

/// Turns texts into vectors whose dot product tells how near two texts are.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model and its version; vectors of different names are never compared.
    fn name(&self) -> &str;

    /// Length of every vector.
    fn dimensions(&self) -> usize;

    /// One vector of length 1 (or all zero for a text without letters or digits) a text, in order.
    async fn embed(&self, texts: &[String]) -> super::Result<Vec<Vec<f32>>>;
}
