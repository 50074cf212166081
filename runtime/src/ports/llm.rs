//! Language models.

use async_trait::async_trait;
use tolmach_engine::effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply};

use super::{ModelCall, Result};

/// A language model, or its fallback.
#[async_trait]
pub trait Llm: Send + Sync {
    /// Provider and model, for /health and traces; never a key.
    fn name(&self) -> &str;

    /// Chooses one of the labels, or none.
    ///
    /// # Errors
    /// [`super::Error::Unavailable`] when the model does not answer in time, [`super::Error::Refused`] when the provider or the
    /// meter refuses the call.
    async fn classify(&self, call: &ModelCall, request: &LlmClassifyRequest) -> Result<Classification>;

    /// Writes a reply in the request's language.
    ///
    /// # Errors
    /// As [`Llm::classify`].
    async fn generate(&self, call: &ModelCall, request: &GenerateRequest) -> Result<Reply>;

    /// The model to ask when this one has not answered in time. One that fails sooner asks it by itself.
    fn fallback(&self) -> Option<&dyn Llm> {
        None
    }
}
