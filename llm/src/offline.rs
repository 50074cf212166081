//! The language model's stand-in: composes replies from what is given, with no network and no model.
//!
//! It never guesses: an intent is left to the examples and rules of the flow, and where no passage fits the question
//! it says nothing rather than something.

mod compose;
mod passages;

use async_trait::async_trait;
use tolmach_engine::effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply, Usage};
use tolmach_runtime::ports::{Llm, Result};

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineLlm;

impl OfflineLlm {
    /// Its name on /health, in traces and in usage.
    pub const NAME: &'static str = "offline";
}

#[async_trait]
impl Llm for OfflineLlm {
    fn name(&self) -> &str {
        OfflineLlm::NAME
    }

    /// Always "none of them".
    async fn classify(&self, _: &LlmClassifyRequest) -> Result<Classification> {
        Ok(Classification { label: None, usage: usage() })
    }

    /// Offers the facts, or quotes the passages nearest to the question; empty where there is neither.
    async fn generate(&self, request: &GenerateRequest) -> Result<Reply> {
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
