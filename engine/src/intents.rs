//! Intents that may interrupt a question.

use std::collections::BTreeMap;

use crate::{resources::Example, span::Spanned, wording};

/// The intents that interrupt, and the examples by which they are recognised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InterruptingIntents<'r> {
    /// Nodes by intent.
    pub(crate) to: &'r BTreeMap<Spanned<String>, Spanned<String>>,
    /// Labelled examples; those of intents that do not interrupt are among them.
    pub(crate) examples: &'r [Example],
}

impl<'r> InterruptingIntents<'r> {
    /// The intent of which a text is an example, word for word.
    pub(crate) fn matching(&self, text: &str) -> Option<&'r str> {
        let text = wording::normalized(text);
        let example = self.examples.iter().find(|example| {
            self.to.contains_key(example.label.as_str()) && wording::normalized(&example.text) == text
        });
        example.map(|example| example.label.as_str())
    }
}
