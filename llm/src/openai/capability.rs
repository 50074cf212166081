//! Request parameters that an endpoint accepts, learned from its error responses and kept for the life of the process.

use std::sync::atomic::{AtomicU8, Ordering};

/// How structured output is requested. Each variant requires less of the endpoint than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    JsonSchema,
    JsonObject,
    Plain,
}

/// The request parameters in which endpoints differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) form: Form,
    pub(super) temperature: bool,
    /// Whether to send `max_completion_tokens`, which newer models require, instead of `max_tokens`, which most servers
    /// know.
    pub(super) completion_tokens: bool,
}

/// The shape that last worked, packed into bits: form (0 and 1), no temperature (2), `max_completion_tokens` (3).
#[derive(Debug, Default)]
pub(super) struct Capabilities(AtomicU8);

impl Capabilities {
    pub(super) fn get(&self) -> Shape {
        let bits = self.0.load(Ordering::Relaxed);
        Shape {
            form: match bits & 3 {
                0 => Form::JsonSchema,
                1 => Form::JsonObject,
                _ => Form::Plain,
            },
            temperature: bits & 4 == 0,
            completion_tokens: bits & 8 != 0,
        }
    }

    /// Stores a shape that has just worked.
    pub(super) fn learn(&self, shape: Shape) {
        let bits =
            shape.form as u8 | u8::from(!shape.temperature) << 2 | u8::from(shape.completion_tokens) << 3;
        self.0.store(bits, Ordering::Relaxed);
    }
}

impl Shape {
    /// The shape to try after the endpoint refused this one with the error text `complaint`. `None` if nothing is left
    /// to drop or the error is about something else.
    pub(super) fn after(self, complaint: &str) -> Option<Shape> {
        let complaint = complaint.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| complaint.contains(word));
        if says(&["context_length", "context length", "content_filter", "content_policy"]) {
            return None;
        }
        if !self.completion_tokens && says(&["max_completion_tokens"]) {
            return Some(Shape { completion_tokens: true, ..self });
        }
        if self.temperature && says(&["temperature"]) {
            return Some(Shape { temperature: false, ..self });
        }
        // Many servers do not name the parameter that they reject. Structured output is the least widely supported one.
        match self.form {
            Form::JsonSchema => Some(Shape { form: Form::JsonObject, ..self }),
            Form::JsonObject => Some(Shape { form: Form::Plain, ..self }),
            Form::Plain => None,
        }
    }
}
