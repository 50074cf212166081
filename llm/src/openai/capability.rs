//! What an endpoint accepts, learnt from its refusals and kept for the life of the process.

use std::sync::atomic::{AtomicU8, Ordering};

/// How a reply's form is asked for; each step needs less of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    JsonSchema,
    JsonObject,
    Plain,
}

/// The parameters of a request that endpoints differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) form: Form,
    pub(super) temperature: bool,
    /// `max_tokens` is what most servers know; newer models want `max_completion_tokens`.
    pub(super) completion_tokens: bool,
}

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

    /// Keeps what has just worked.
    pub(super) fn learn(&self, shape: Shape) {
        let bits =
            shape.form as u8 | u8::from(!shape.temperature) << 2 | u8::from(shape.completion_tokens) << 3;
        self.0.store(bits, Ordering::Relaxed);
    }
}

impl Shape {
    /// What to try after the endpoint refused a request of this shape with `complaint`; `None` when nothing is
    /// left to give up, or the complaint is about something else.
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
        // Many servers refuse without saying what: the form of the reply is the least common of our parameters.
        match self.form {
            Form::JsonSchema => Some(Shape { form: Form::JsonObject, ..self }),
            Form::JsonObject => Some(Shape { form: Form::Plain, ..self }),
            Form::Plain => None,
        }
    }
}
