//! Intents that may interrupt a question.

use std::collections::BTreeMap;

use crate::{
    resources::{Example, Examples},
    span::Spanned,
};

/// The intents that interrupt, and the examples by which they are recognised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InterruptingIntents<'r> {
    /// Nodes by intent.
    pub(crate) to: &'r BTreeMap<Spanned<String>, Spanned<String>>,
    /// Labelled examples; those of intents that do not interrupt are among them.
    pub(crate) examples: &'r Examples,
}

impl<'r> InterruptingIntents<'r> {
    /// The intent of which a text, given as normalised words, is an example, word for word.
    pub(crate) fn matching(&self, words: &str) -> Option<&'r str> {
        let interrupts = |example: &Example| self.to.contains_key(example.label.as_str());
        self.examples.matching_words(words, interrupts).map(|example| example.label.as_str())
    }
}
