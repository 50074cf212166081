//! The meter of model calls: asked before every attempt, told after it, failed and cancelled ones included.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ChatKey, Order, Page, Result};

/// For what a model is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To choose one of several labels.
    Classify,
    /// To write a reply.
    Generate,
}

impl Purpose {
    /// The stored form.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Classify => "classify",
            Purpose::Generate => "generate",
        }
    }
}

/// Where in which dialog a model is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCall {
    /// The chat.
    pub chat: ChatKey,
    /// The turn: the id of its event.
    pub turn: Uuid,
    /// The release that the turn runs on.
    pub release: String,
    /// The flow of the node that asks.
    pub flow: String,
    /// The node that asks.
    pub node: String,
    /// For what.
    pub purpose: Purpose,
    /// The model's role, as the prompt names it.
    pub role: String,
}

/// What an attempt may cost, known before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Provider and model.
    pub model: String,
    /// Bytes of the request's texts.
    pub input_bytes: usize,
    /// Tokens that the model may write.
    pub max_output_tokens: u32,
}

/// Permission for one attempt. It is settled once.
#[derive(Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The id under which the attempt is recorded.
    pub id: Uuid,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptResult {
    /// Provider and model.
    pub model: String,
    /// From 1; retries of one call count on.
    pub attempt: u32,
    /// How long it took, milliseconds.
    pub millis: u64,
    /// Why it failed, without personal data; `None` when it was answered.
    pub failure: Option<String>,
    /// The usage as the provider reported it. `None` is unknown, which is not zero: the tokens may have been charged.
    pub usage: Option<serde_json::Value>,
}

/// Tokens of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Tokens {
    /// Tokens that models read, those of [`Tokens::cached`] included.
    pub input: u64,
    /// Of those, read from a cache of the provider.
    pub cached: u64,
    /// Tokens that models wrote.
    pub output: u64,
}

impl Tokens {
    /// The most tokens of one call that are believed: sums of any number of rows stay far below the largest integer.
    pub const MOST: u64 = 1_000_000_000;

    /// What a provider's report says: the names of chat completions, of responses, and of a cache as DeepSeek names it. `None`
    /// where it does not say both how many were read and how many were written; that is unknown, and not zero.
    pub fn reported(usage: &serde_json::Value) -> Option<Tokens> {
        let number = |pointers: &[&str]| pointers.iter().find_map(|at| usage.pointer(at)?.as_u64());
        let input = number(&["/prompt_tokens", "/input_tokens"])?;
        let written = number(&["/completion_tokens", "/output_tokens"]);
        let output = written.or_else(|| number(&["/total_tokens"])?.checked_sub(input))?;
        let cached = number(&[
            "/prompt_tokens_details/cached_tokens",
            "/input_tokens_details/cached_tokens",
            "/prompt_cache_hit_tokens",
        ]);
        let cached = cached.unwrap_or_default().min(input);
        (input <= Tokens::MOST && output <= Tokens::MOST).then_some(Tokens { input, cached, output })
    }
}

/// A row of the meter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCallRow {
    /// Order within the store; 0 when not stored yet.
    #[serde(default)]
    pub seq: i64,
    /// The reservation's id.
    pub id: Uuid,
    /// When the attempt began, milliseconds since the Unix epoch.
    pub at: i64,
    /// Where it was made.
    #[serde(flatten)]
    pub call: ModelCall,
    /// See [`AttemptResult::model`].
    pub model: String,
    /// See [`AttemptResult::attempt`].
    pub attempt: u32,
    /// See [`AttemptResult::millis`].
    pub millis: u64,
    /// See [`AttemptResult::failure`].
    pub failure: Option<String>,
    /// See [`AttemptResult::usage`].
    pub usage: Option<serde_json::Value>,
}

/// Counts model calls, and may refuse one.
#[async_trait]
pub trait Meter: Send + Sync {
    /// Asks for one attempt. Concurrent calls must not be granted the same remainder of a budget.
    ///
    /// # Errors
    /// [`super::Error::Refused`] with the reason when the attempt may not be made.
    async fn reserve(&self, call: &ModelCall, estimate: &Estimate) -> Result<Reservation>;

    /// Records how the attempt ended. Also called for an attempt that was cancelled, so it must not wait.
    fn settle(&self, reservation: Reservation, call: &ModelCall, result: AttemptResult);
}

/// A meter that allows every call and keeps nothing: for tests and tools.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMeter;

#[async_trait]
impl Meter for NoMeter {
    async fn reserve(&self, _: &ModelCall, _: &Estimate) -> Result<Reservation> {
        Ok(Reservation { id: Uuid::now_v7() })
    }

    fn settle(&self, _: Reservation, _: &ModelCall, _: AttemptResult) {}
}

/// Which rows of the meter are wanted; an unset field excludes none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCallQuery {
    /// Of this chat.
    pub chat: Option<String>,
    /// Begun at or after this time, milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// In which order.
    pub order: Order,
    /// Which part.
    pub page: Page,
}

impl ModelCallQuery {
    /// The last `limit` rows.
    pub fn last(limit: u32) -> ModelCallQuery {
        ModelCallQuery { chat: None, since: None, order: Order::NewestFirst, page: Page::first(limit) }
    }
}

/// The meter's rows. Rows are added and, when they are old, removed; never changed.
#[async_trait]
pub trait MeterStore: Send + Sync {
    /// Adds rows; one whose id is known is skipped.
    ///
    /// # Errors
    /// When the database is away.
    async fn record_model_calls(&self, rows: Vec<ModelCallRow>) -> Result<()>;

    /// Reads rows.
    ///
    /// # Errors
    /// When the database is away.
    async fn model_calls(&self, query: &ModelCallQuery) -> Result<Vec<ModelCallRow>>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_provider_does_not_say_is_unknown() {
        let of = |usage| Tokens::reported(&usage).map(|tokens| (tokens.input, tokens.cached, tokens.output));
        assert_eq!(
            of(json!({ "prompt_tokens": 120, "completion_tokens": 7, "total_tokens": 127 })),
            Some((120, 0, 7))
        );
        assert_eq!(
            of(
                json!({ "prompt_tokens": 120, "completion_tokens": 7, "prompt_tokens_details": { "cached_tokens": 100 } })
            ),
            Some((120, 100, 7))
        );
        assert_eq!(
            of(
                json!({ "input_tokens": 5, "output_tokens": 6, "input_tokens_details": { "cached_tokens": 9 } })
            ),
            Some((5, 5, 6))
        );
        assert_eq!(
            of(json!({ "prompt_tokens": 5, "prompt_cache_hit_tokens": 2, "total_tokens": 5 })),
            Some((5, 2, 0))
        );
        for unknown in [
            json!({}),
            json!(null),
            json!({ "prompt_tokens": 120 }),
            json!({ "total_tokens": 120 }),
            json!({ "prompt_tokens": "120", "completion_tokens": 7 }),
            json!({ "prompt_tokens": -1, "completion_tokens": 7 }),
            json!({ "prompt_tokens": 1.5, "completion_tokens": 7 }),
            json!({ "prompt_tokens": u64::MAX, "completion_tokens": 7 }),
        ] {
            assert_eq!(of(unknown.clone()), None, "{unknown}");
        }
    }
}
