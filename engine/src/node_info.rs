//! Static properties of a node that the compiler uses: its exits, transitions, calls of flows and costs.

use std::collections::BTreeMap;

use crate::{
    condition::Expression,
    resources::{ByLanguage, Prompt},
    span::Spanned,
    target::Target,
};

/// An exit of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its name in `next`.
    pub name: String,
    /// The exit whose target is used where `next` does not name this one. Without a fallback, `next` must name it.
    pub fallback: Option<&'static str>,
}

impl Exit {
    /// An exit that must be covered.
    pub fn required(name: impl Into<String>) -> Exit {
        Exit { name: name.into(), fallback: None }
    }

    /// An exit that falls back to another.
    pub fn optional(name: impl Into<String>, fallback: &'static str) -> Exit {
        Exit { name: name.into(), fallback: Some(fallback) }
    }
}

/// A transition from a node, taken through an exit or written inside the node's body.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The exit, the condition of a case, or a button's label.
    pub label: String,
    /// Where it leads, and where that is written.
    pub to: Spanned<Target>,
    /// Whether the turn takes it without the client; a button's is taken when the client presses it.
    pub automatic: bool,
    /// Slots that are known to be set where this transition is taken.
    pub ensures: Vec<String>,
}

/// A call of another flow.
#[derive(Clone, Debug)]
pub struct Call<'n> {
    /// The flow.
    pub flow: &'n Spanned<String>,
    /// Slots of the called flow that are given values, and the values.
    pub arguments: Vec<(&'n Spanned<String>, &'n Expression)>,
    /// Slots of the calling flow, and those of the called one that they take their values from.
    pub results: Vec<(&'n Spanned<String>, &'n Spanned<String>)>,
}

/// The most that a visit, or a turn, may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Calls of language models.
    pub model_calls: u32,
    /// Tokens that models may write.
    pub tokens: u32,
    /// Milliseconds of waiting for other systems.
    pub millis: i64,
}

impl std::ops::Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost {
            model_calls: self.model_calls.saturating_add(other.model_calls),
            tokens: self.tokens.saturating_add(other.tokens),
            millis: self.millis.saturating_add(other.millis),
        }
    }
}

/// What the cost of a node depends on.
#[derive(Clone, Copy, Debug)]
pub struct Costs<'a> {
    /// Prompts by name.
    pub prompts: &'a BTreeMap<String, ByLanguage<Prompt>>,
    /// Milliseconds that one call of a model may take.
    pub model_call: i64,
}
