//! The fallback for a language model: composes replies from the request's facts and passages, without network or model.
//!
//! It never guesses. Intents are left to the flow's examples and rules, and if no passage fits the question the reply
//! is empty.

mod compose;
mod passages;

use async_trait::async_trait;
use tolmach_engine::effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply, Usage};
use tolmach_runtime::ports::{Llm, ModelCall, Result};

/// An [`Llm`] without a model; see the [module docs](self).
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineLlm;

impl OfflineLlm {
    /// Its name on /health, in traces and in usage records.
    pub const NAME: &'static str = "offline";
}

#[async_trait]
impl Llm for OfflineLlm {
    fn name(&self) -> &str {
        OfflineLlm::NAME
    }

    /// Always chooses no label.
    async fn classify(&self, _: &ModelCall, _: &LlmClassifyRequest) -> Result<Classification> {
        Ok(Classification { label: None, usage: usage() })
    }

    /// Offers the facts if there are any, otherwise quotes the best passages. The text is empty if nothing fits.
    async fn generate(&self, _: &ModelCall, request: &GenerateRequest) -> Result<Reply> {
        let text = if request.facts.is_empty() {
            passages::quote(&request.question, &request.passages)
        } else {
            compose::offer(request.facts.len(), &request.question, request.language)
        };
        Ok(Reply { text, usage: usage() })
    }
}

fn usage() -> Usage {
    Usage { model: OfflineLlm::NAME.to_owned(), ..Usage::default() }
}

#[cfg(test)]
mod tests;
