//! Parses and checks a response. Fields of the envelope may be missing; the content is checked strictly.

use async_openai::types::chat::CompletionUsage;
use serde::Deserialize;
use serde_json::Value;
use tolmach_engine::{
    effect::{Label, Usage},
    visible::visible,
};
use tolmach_runtime::ports::{Error, Result};

use super::WHAT;

/// The label that stands for "none of the labels".
pub(super) const NONE: &str = "none";

/// The content of a response.
#[derive(Debug)]
pub(super) struct Completion {
    pub(super) content: String,
    /// Whether the token limit cut the content off.
    cut: bool,
    usage: Usage,
}

#[derive(Deserialize)]
struct Envelope {
    choices: Vec<Choice>,
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

impl Completion {
    /// Parses a response body.
    ///
    /// # Errors
    /// Says what is wrong with the body, without quoting it.
    pub(super) fn parse(body: &[u8]) -> std::result::Result<Completion, &'static str> {
        let envelope: Envelope =
            serde_json::from_slice(body).map_err(|_| "the reply is not a chat completion")?;
        let choice = envelope.choices.into_iter().next().ok_or("the reply holds no choice")?;
        let finish = choice.finish_reason.unwrap_or_default();
        if choice.message.refusal.is_some_and(|refusal| !refusal.is_empty()) || finish == "content_filter" {
            return Err("the model declined to answer");
        }
        let content = choice.message.content.unwrap_or_default();
        if content.trim().is_empty() {
            return Err("the reply is empty");
        }
        Ok(Completion {
            content,
            cut: finish == "length",
            usage: envelope.usage.map(usage).unwrap_or_default(),
        })
    }

    /// Token usage of the call, recorded under `model`.
    pub(super) fn usage(&self, model: &str) -> Usage {
        Usage { model: model.to_owned(), ..self.usage.clone() }
    }
}

fn usage(value: Value) -> Usage {
    let Ok(usage) = serde_json::from_value::<CompletionUsage>(value) else {
        return Usage::default();
    };
    Usage {
        model: String::new(),
        input_tokens: usage.prompt_tokens,
        cached_tokens: usage
            .prompt_tokens_details
            .and_then(|details| details.cached_tokens)
            .unwrap_or_default(),
        output_tokens: usage.completion_tokens,
        reasoning_tokens: usage
            .completion_tokens_details
            .and_then(|details| details.reasoning_tokens)
            .unwrap_or_default(),
    }
}

/// The usage as the provider reports it, from a body that may hold no usable completion; `None` when it reports none.
pub(super) fn raw_usage(body: &[u8]) -> Option<Value> {
    #[derive(Deserialize)]
    struct Envelope {
        usage: Option<Value>,
    }
    serde_json::from_slice::<Envelope>(body).ok()?.usage.filter(|usage| !usage.is_null())
}

/// The chosen label. `None` unless the content is exactly one of `labels`.
pub(super) fn label(content: &str, labels: &[Label]) -> Option<String> {
    #[derive(Deserialize)]
    struct Chosen {
        label: String,
    }
    let content = unfenced(content);
    let chosen = match serde_json::from_str::<Chosen>(content) {
        Ok(chosen) => chosen.label,
        Err(_) => content.trim_matches(['"', '\'', '`', '.', ' ']).to_owned(),
    };
    labels.iter().map(|label| &label.name).find(|name| **name == chosen.trim()).cloned()
}

/// The reply's text: from JSON, from JSON in a Markdown fence, or the plain content of a model that did not return
/// JSON.
///
/// # Errors
/// [`Error::Unavailable`] if the JSON was cut off by the token limit or is not the requested object.
pub(super) fn text(completion: &Completion) -> Result<String> {
    #[derive(Deserialize)]
    struct Written {
        text: String,
    }
    let content = unfenced(&completion.content);
    if let Ok(written) = serde_json::from_str::<Written>(content) {
        return Ok(visible(written.text.trim()).into_owned());
    }
    let why = if completion.cut {
        "the reply was cut at the token limit; raise max_tokens"
    } else if content.starts_with('{') {
        "the reply is not the JSON that was asked for"
    } else {
        return Ok(visible(content).into_owned());
    };
    Err(Error::unavailable(WHAT, why))
}

/// The content without a surrounding Markdown fence.
fn unfenced(content: &str) -> &str {
    let content = content.trim();
    let Some(inner) = content.strip_prefix("```").and_then(|inner| inner.strip_suffix("```")) else {
        return content;
    };
    inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).trim()
}
