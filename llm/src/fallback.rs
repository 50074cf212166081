//! A model, and what answers while it cannot: the bot always answers.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tolmach_engine::effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply};
use tolmach_runtime::ports::{Error, Llm, Result};

/// Asks the first model and, where that fails, the second.
pub struct FallbackLlm {
    name: String,
    first: Arc<dyn Llm>,
    second: Arc<dyn Llm>,
    degraded: Mutex<Option<String>>,
}

impl FallbackLlm {
    /// `second` is usually [`crate::offline::OfflineLlm`], which never fails.
    pub fn new(first: Arc<dyn Llm>, second: Arc<dyn Llm>) -> FallbackLlm {
        let name = format!("{}, else {}", first.name(), second.name());
        FallbackLlm { name, first, second, degraded: Mutex::default() }
    }

    /// Why the first model did not answer the last time; `None` when it did. For /health.
    pub fn degraded(&self) -> Option<String> {
        self.degraded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, error: Option<&Error>) {
        let now = error.map(|error| format!("{} answers: {error}", self.second.name()));
        let mut degraded = self.degraded.lock().unwrap_or_else(PoisonError::into_inner);
        // Changes are logged, not every turn of an outage.
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

/// A call of the first model. Dropped before it is answered, it was cut off by the limits of a turn.
struct Asked<'a>(Option<&'a FallbackLlm>);

impl Asked<'_> {
    fn answered(mut self, error: Option<&Error>) {
        if let Some(ladder) = self.0.take() {
            ladder.note(error);
        }
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if let Some(ladder) = self.0.take() {
            let why = "no answer within a turn's time (limits.llm_call, limits.turn)";
            ladder.note(Some(&Error::unavailable("language model", why)));
        }
    }
}

#[async_trait]
impl Llm for FallbackLlm {
    fn name(&self) -> &str {
        &self.name
    }

    async fn classify(&self, request: &LlmClassifyRequest) -> Result<Classification> {
        let asked = Asked(Some(self));
        let result = self.first.classify(request).await;
        asked.answered(result.as_ref().err());
        match result {
            Ok(decision) => Ok(decision),
            Err(_) => self.second.classify(request).await,
        }
    }

    async fn generate(&self, request: &GenerateRequest) -> Result<Reply> {
        let asked = Asked(Some(self));
        let result = self.first.generate(request).await;
        asked.answered(result.as_ref().err());
        match result {
            Ok(reply) => Ok(reply),
            Err(_) => self.second.generate(request).await,
        }
    }

    fn fallback(&self) -> Option<&dyn Llm> {
        Some(&*self.second)
    }
}
