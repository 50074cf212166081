//! A language model behind an OpenAI-compatible endpoint.
//!
//! Requests and usage use async-openai's types. Its client is not used: it has no timeout, retries three times on its
//! own and obeys a Retry-After of any length. Here one deadline covers a call with all its retries, a circuit breaker
//! protects a provider that is down, and unsupported request parameters (structured output, temperature) are detected
//! once and remembered.
//!
//! The response envelope is parsed leniently, because compatible servers omit fields. The content is checked strictly:
//! a label that was not offered is treated as no label.
//!
//! Not here: the assignment of models to roles, budgets, prices ([`crate::prices`]), and the fallback when no model
//! answers ([`crate::fallback`]).

mod breaker;
mod capability;
mod http;
mod metered;
mod prompt;
mod reply;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tolmach_engine::effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply};
use tolmach_runtime::ports::{Error, Llm, Meter, ModelCall, Result};

use breaker::Breaker;
use capability::Capabilities;
use http::Http;
use metered::Metered;
use tolmach_runtime::secret::Secret;

pub(crate) const WHAT: &str = "language model";

/// Token limit of a classification: the label, and a reasoning model's tokens before it.
const CLASSIFY_TOKENS: u32 = 1024;

/// Settings of a model endpoint.
#[derive(Clone, Debug)]
pub struct Options {
    /// Base URL without `/chat/completions`, e.g. `https://api.openai.com/v1`.
    pub base_url: String,
    /// Sent as a bearer token; empty for servers without authentication.
    pub api_key: Secret,
    /// The model's name at that endpoint.
    pub model: String,
    /// Time limit of one call including all its retries.
    pub deadline: Duration,
    /// Maximum retries per call, after temporary failures.
    pub retries: u32,
    /// Consecutive failed calls after which the circuit breaker opens; 0 counts as 1.
    pub failures: u32,
    /// How long the circuit breaker stays open before it lets one trial call through.
    pub pause: Duration,
}

impl Options {
    /// 20 seconds per call, 2 retries, a breaker that opens for 30 seconds after 3 failures.
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

/// An [`Llm`] behind an OpenAI-compatible endpoint; see the [module docs](self).
pub struct OpenAiLlm {
    name: String,
    model: String,
    http: Http,
    breaker: Breaker,
    capabilities: Capabilities,
    meter: Arc<dyn Meter>,
}

impl OpenAiLlm {
    /// Validates the options. Sends no request. Every attempt of a call is reserved with the meter and settled there.
    ///
    /// # Errors
    /// [`Error::Refused`] if the base URL is not an http(s) URL, the model name is empty, the key contains characters
    /// that a header cannot hold, or no HTTP client can be built.
    pub fn new(options: Options, meter: Arc<dyn Meter>) -> Result<OpenAiLlm> {
        let model = options.model.trim().to_owned();
        if model.is_empty() {
            return Err(Error::refused(WHAT, "no model is named; set the model that the endpoint offers"));
        }
        Ok(OpenAiLlm {
            name: format!("openai-compatible/{model}"),
            http: Http::new(&options)?,
            breaker: Breaker::new(options.failures, options.pause),
            capabilities: Capabilities::default(),
            meter,
            model,
        })
    }

    /// Sends one request through the circuit breaker, in a shape that the endpoint is known to accept.
    async fn call(&self, call: &ModelCall, task: prompt::Task) -> Result<reply::Completion> {
        let pass = self.breaker.enter()?;
        let metered = Metered { meter: &*self.meter, call, model: &self.name };
        let result = self.http.complete(&self.model, &task, &self.capabilities, &metered).await;
        match &result {
            // A rejected request says nothing about the provider's health.
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

    async fn classify(&self, call: &ModelCall, request: &LlmClassifyRequest) -> Result<Classification> {
        let completion = self.call(call, prompt::classify(request, CLASSIFY_TOKENS)).await?;
        let label = reply::label(&completion.content, &request.labels);
        Ok(Classification { label, usage: completion.usage(&self.name) })
    }

    async fn generate(&self, call: &ModelCall, request: &GenerateRequest) -> Result<Reply> {
        let completion = self.call(call, prompt::generate(request)).await?;
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
