//! Language models.

use async_trait::async_trait;
use tolmach_engine::effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply};

/// A language model, or a substitute for one.
#[async_trait]
pub trait Llm: Send + Sync {
    /// Provider and model, for /health and traces; never a key.
    fn name(&self) -> &str;

    /// Chooses one of the labels of the request, or none.
    ///
    /// # Errors
    /// When the model fails or its reply cannot be used.
    async fn classify(&self, request: &LlmClassifyRequest) -> super::Result<Classification>;

    /// Writes a reply in the language of the request.
    ///
    /// # Errors
    /// When the model fails or its reply cannot be used.
    async fn generate(&self, request: &GenerateRequest) -> super::Result<Reply>;

    /// The model to ask when this one does not answer in time. A model that fails earlier asks its fallback itself.
    fn fallback(&self) -> Option<&dyn Llm> {
        None
    }
}
