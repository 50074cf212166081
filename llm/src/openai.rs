//! A language model behind any OpenAI-compatible endpoint.
//!
//! Requests and usage are async-openai's types; its client is not used: it has no timeout, three retries of its own and
//! follows a Retry-After of any length. Here one deadline covers a call with all its retries, a breaker spares a
//! provider that is down, and what a provider cannot do (structured output, temperature) is learnt once and
//! remembered.
//!
//! The reply's envelope is read leniently, because compatible servers leave fields out; its content is checked
//! strictly: a label that was not asked for is no label.
//!
//! Not here: which role uses which model, budgets and prices (the server), and what to do without a model
//! ([`crate::fallback`]).

mod breaker;
mod capability;
mod http;
mod prompt;
mod reply;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use tolmach_engine::effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply};
use tolmach_runtime::ports::{Error, Llm, Result};

use breaker::Breaker;
use capability::Capabilities;
use http::Http;
use tolmach_runtime::secret::Secret;

pub(crate) const WHAT: &str = "language model";

/// Room for a label, and for a reasoning model's thoughts before it.
const DECIDE_TOKENS: u32 = 1024;

/// How a model is reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where `/chat/completions` is, e.g. `https://api.openai.com/v1`.
    pub base_url: String,
    /// Sent as a bearer token; empty for servers that want none.
    pub api_key: Secret,
    /// The model's name at that endpoint.
    pub model: String,
    /// How long one call may take with all its retries.
    pub deadline: Duration,
    /// Retries of one call at most, after failures that may pass.
    pub retries: u32,
    /// Failed calls in a row after which the provider is left alone.
    pub failures: u32,
    /// For how long, before one call tries again.
    pub pause: Duration,
}

impl Options {
    /// 20 seconds a call, 2 retries, a pause of 30 seconds after 3 failures.
    pub fn new(base_url: impl Into<String>, api_key: Secret, model: impl Into<String>) -> Options {
        Options {
            base_url: base_url.into(),
            api_key,
            model: model.into(),
            deadline: Duration::from_secs(20),
            retries: 2,
            failures: 3,
            pause: Duration::from_secs(30),
        }
    }
}

/// See the module.
pub struct OpenAiLlm {
    name: String,
    model: String,
    http: Http,
    breaker: Breaker,
    capabilities: Capabilities,
}

impl OpenAiLlm {
    /// Checks the options; nothing is sent yet.
    ///
    /// # Errors
    /// Refused for an address that is no http(s) address, an empty model name or a key that no header can hold.
    pub fn new(options: Options) -> Result<OpenAiLlm> {
        let model = options.model.trim().to_owned();
        if model.is_empty() {
            return Err(Error::refused(WHAT, "no model is named; set the model that the endpoint offers"));
        }
        Ok(OpenAiLlm {
            name: format!("openai-compatible/{model}"),
            http: Http::new(&options)?,
            breaker: Breaker::new(options.failures, options.pause),
            capabilities: Capabilities::default(),
            model,
        })
    }

    /// One call: through the breaker, with what the provider is known to accept.
    async fn call(&self, task: prompt::Task) -> Result<reply::Completion> {
        let pass = self.breaker.enter()?;
        let result = self.http.complete(&self.model, &task, &self.capabilities).await;
        match &result {
            // A request that the provider finds wrong says nothing of the provider's health.
            Ok(_) | Err(http::Failure::Request(_)) => pass.succeeded(),
            Err(http::Failure::Provider(_)) => pass.failed(),
        }
        result.map_err(http::Failure::into_error)
    }
}

#[async_trait]
impl Llm for OpenAiLlm {
    fn name(&self) -> &str {
        &self.name
    }

    async fn classify(&self, request: &LlmClassifyRequest) -> Result<Classification> {
        let completion = self.call(prompt::decide(request, DECIDE_TOKENS)).await?;
        let label = reply::label(&completion.content, &request.labels);
        Ok(Classification { label, usage: completion.usage(&self.name) })
    }

    async fn generate(&self, request: &GenerateRequest) -> Result<Reply> {
        let completion = self.call(prompt::answer(request)).await?;
        let text = reply::text(&completion)?;
        Ok(Reply { text, usage: completion.usage(&self.name) })
    }
}

impl fmt::Debug for OpenAiLlm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiLlm").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
