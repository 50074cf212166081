//! A language model with a fallback: if the first one fails, the second one answers.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tolmach_engine::effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply};
use tolmach_runtime::ports::{Error, Llm, ModelCall, Result};

/// Calls the first model and, if that fails, the second one.
pub struct FallbackLlm {
    name: String,
    first: Arc<dyn Llm>,
    second: Arc<dyn Llm>,
    /// Why the first model did not answer the last call; `None` if it did.
    degraded: Mutex<Option<String>>,
}

impl FallbackLlm {
    /// A model that falls back from `first` to `second`, usually [`crate::offline::OfflineLlm`], which never fails.
    pub fn new(first: Arc<dyn Llm>, second: Arc<dyn Llm>) -> FallbackLlm {
        let name = format!("{}, else {}", first.name(), second.name());
        FallbackLlm { name, first, second, degraded: Mutex::default() }
    }

    /// Why the first model did not answer the last call; `None` if it did. For /health.
    pub fn degraded(&self) -> Option<String> {
        self.degraded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records the result of a call of the first model.
    fn note(&self, error: Option<&Error>) {
        let now = error.map(|error| format!("{} answers: {error}", self.second.name()));
        let mut degraded = self.degraded.lock().unwrap_or_else(PoisonError::into_inner);
        // Only changes are logged, not every call during an outage.
        match (degraded.is_some(), error) {
            (false, Some(error)) => {
                tracing::warn!(%error, model = self.first.name(), "the model does not answer; stepping down");
            }
            (true, None) => tracing::info!(model = self.first.name(), "the model answers again"),
            (true, Some(_)) | (false, None) => {}
        }
        *degraded = now;
    }
}

/// A call of the first model. Dropping it before it is answered means that the limits of the turn cancelled it, which
/// counts as a failure.
struct PendingCall<'a>(Option<&'a FallbackLlm>);

impl PendingCall<'_> {
    fn answered(mut self, error: Option<&Error>) {
        if let Some(fallback) = self.0.take() {
            fallback.note(error);
        }
    }
}

impl Drop for PendingCall<'_> {
    fn drop(&mut self) {
        if let Some(fallback) = self.0.take() {
            let why = "no answer within a turn's time (limits.llm_call, limits.turn)";
            fallback.note(Some(&Error::unavailable("language model", why)));
        }
    }
}

#[async_trait]
impl Llm for FallbackLlm {
    fn name(&self) -> &str {
        &self.name
    }

    async fn classify(&self, call: &ModelCall, request: &LlmClassifyRequest) -> Result<Classification> {
        let asked = PendingCall(Some(self));
        let result = self.first.classify(call, request).await;
        asked.answered(result.as_ref().err());
        match result {
            Ok(decision) => Ok(decision),
            Err(_) => self.second.classify(call, request).await,
        }
    }

    async fn generate(&self, call: &ModelCall, request: &GenerateRequest) -> Result<Reply> {
        let asked = PendingCall(Some(self));
        let result = self.first.generate(call, request).await;
        asked.answered(result.as_ref().err());
        match result {
            Ok(reply) => Ok(reply),
            Err(_) => self.second.generate(call, request).await,
        }
    }

    fn fallback(&self) -> Option<&dyn Llm> {
        Some(&*self.second)
    }
}
