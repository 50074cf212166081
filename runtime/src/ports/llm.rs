//! Language models.

use async_trait::async_trait;
use tolmach_engine::effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply};

/// A language model, or what stands in for one.
#[async_trait]
pub trait Llm: Send + Sync {
    /// For /health and traces: provider and model, never a key.
    fn name(&self) -> &str;

    /// Chooses one of the labels, or none.
    async fn classify(&self, request: &LlmClassifyRequest) -> super::Result<Classification>;

    /// Writes a reply in the request's language.
    async fn generate(&self, request: &GenerateRequest) -> super::Result<Reply>;

    /// Who answers when this one has not in time. One that fails sooner asks by itself.
    fn fallback(&self) -> Option<&dyn Llm> {
        None
    }
}
