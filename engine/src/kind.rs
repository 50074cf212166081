//! What a kind of node is. The kinds themselves live in a crate of their own, one file each.

use std::{collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    catalog::SearchRequest,
    config,
    diagnostic::Diagnostic,
    effect::{Query, QueryOutcome},
    flow::Target,
    release::{Answers, ByLanguage, Prompt},
    scope::Scope,
    span::Spanned,
    turn::Turn,
    yaml::Tree,
};

/// A kind's static side: its name, its configuration type and an example.
pub trait Kind: Node + DeserializeOwned + JsonSchema + Sized + 'static {
    /// The key in YAML.
    const NAME: &'static str;
    /// Its exits and what they mean; `<…>` stands for exits that the node's own configuration names.
    const EXITS: &'static [(&'static str, &'static str)];
    /// A whole flow that uses it; a test compiles it without diagnostics.
    const EXAMPLE: &'static str;
    /// Files that the example needs beside itself: path and text.
    const BESIDES: &'static [(&'static str, &'static str)] = &[];
    /// Messages to send to the example, and the nodes that the last of them must visit.
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]);
}

/// Reads a kind's body out of a file's tree; what is wrong goes to the diagnostics.
pub type ReadBody = fn(&str, &Tree, &mut Vec<Diagnostic>) -> Option<Box<dyn Node>>;

/// A kind as an entry of the list of kinds: everything that schema, reader, docs and graph need.
pub struct KindSpec {
    /// The key in YAML.
    pub name: &'static str,
    /// See [`Kind::EXITS`].
    pub exits: &'static [(&'static str, &'static str)],
    /// See [`Kind::EXAMPLE`].
    pub example: &'static str,
    /// See [`Kind::BESIDES`].
    pub besides: &'static [(&'static str, &'static str)],
    /// See [`Kind::EXAMPLE_PATH`].
    pub example_path: (&'static [&'static str], &'static [&'static str]),
    /// The JSON Schema of the body; its description is the kind's documentation.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Reads a body.
    pub read: ReadBody,
}

impl KindSpec {
    /// The entry of a kind.
    pub const fn of<K: Kind>() -> KindSpec {
        KindSpec {
            name: K::NAME,
            exits: K::EXITS,
            example: K::EXAMPLE,
            besides: K::BESIDES,
            example_path: K::EXAMPLE_PATH,
            schema: |generator| K::json_schema(generator),
            read: |file, tree, diagnostics| {
                config::read::<K>(file, tree, diagnostics).map(|node| Box::new(node) as Box<dyn Node>)
            },
        }
    }
}

impl fmt::Debug for KindSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A node's behaviour.
pub trait Node: fmt::Debug + Send + Sync {
    /// The exits, in the order in which a graph shows them.
    fn exits(&self) -> Vec<Exit>;

    /// Checks everything the configuration refers to.
    fn check(&self, scope: &mut Scope<'_>);

    /// Targets written inside the body: cases of a branch, buttons.
    fn jumps(&self) -> Vec<Jump<'_>> {
        Vec::new()
    }

    /// Whether every path through the node waits for the client, so that a cycle through it is no endless one.
    fn waits(&self) -> bool {
        false
    }

    /// The timer whose falling due this node waits for.
    fn timer(&self) -> Option<&'static str> {
        None
    }

    /// The flow that this node calls.
    fn call(&self) -> Option<Call<'_>> {
        None
    }

    /// The host of another system that this node asks, as it is written.
    fn asks(&self) -> Option<&str> {
        None
    }

    /// What one visit may cost at the most.
    fn cost(&self, _: &Costs<'_>) -> Cost {
        Cost::default()
    }

    /// Whether what the client writes here is personal data, kept out of the history that models see.
    fn private(&self) -> bool {
        false
    }

    /// Labelled examples for [`Query::Classify`] with this node's set.
    fn examples(&self, _: &Answers) -> Vec<Example> {
        Vec::new()
    }

    /// Acts. Called again with the outcome after a query, and with the client's reply after a wait.
    fn run(&self, turn: &mut Turn<'_>, input: NodeInput) -> Result<NodeOutcome, Fault>;
}

/// A way out of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its name in `next`.
    pub name: String,
    /// The exit that serves instead where `next` does not name this one; without it the exit must be covered.
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

/// A target written inside a node's body.
#[derive(Clone, Debug)]
pub struct Jump<'n> {
    /// What the graph shows on the way: a condition, a button's label.
    pub label: String,
    /// The target.
    pub to: &'n Spanned<String>,
    /// Whether the walk takes it by itself; a button's is taken by the client.
    pub automatic: bool,
    /// Slots that are known to be set where this way is taken.
    pub sure: Vec<String>,
}

/// What a node that calls a flow gives and takes.
#[derive(Clone, Debug)]
pub struct Call<'n> {
    /// The flow.
    pub flow: &'n Spanned<String>,
    /// Slots of the called flow that are given values.
    pub gives: Vec<&'n Spanned<String>>,
    /// Slots of the calling flow, and those of the called one that they take their values from.
    pub takes: Vec<(&'n Spanned<String>, &'n Spanned<String>)>,
}

/// The most that a visit, or a turn, may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Calls of language models.
    pub model_calls: u32,
    /// Tokens that models may write.
    pub tokens: u32,
    /// Milliseconds of waiting for others.
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

/// What a node needs to know to tell its cost.
#[derive(Clone, Copy, Debug)]
pub struct Costs<'a> {
    /// Prompts by name.
    pub prompts: &'a BTreeMap<String, ByLanguage<Prompt>>,
    /// Milliseconds that one call of a model may take.
    pub model_call: i64,
}

/// A text with the label it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The label.
    pub label: String,
    /// The text.
    pub text: String,
}

/// Why a node is run.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeInput {
    /// A transition led here.
    Enter,
    /// The client answered while the node waited; [`Turn::event`] says what.
    Reply,
    /// An interruption is over: ask again.
    Resume,
    /// A button of this node was pressed, maybe an old one.
    Press(String),
    /// The next page of this node's cards is wanted.
    More(SearchRequest),
    /// The query's outcome.
    Outcome(QueryOutcome),
    /// The node said [`NodeOutcome::NotAnswered`], and the message interrupts nothing either: say so and ask again.
    NotAnswered,
    /// The flow that the node called has returned; its slots.
    Called(Map<String, Value>),
    /// The node's own [`Node::timer`] fell due.
    Due,
    /// A person had the chat and gave it back.
    GivenBack,
}

/// What a node decides.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeOutcome {
    /// Leave by an exit.
    Exit(String),
    /// Leave to a target of the node's own.
    To(Target),
    /// Wait for the client here.
    Wait,
    /// Ask the world, then run again.
    Query(Query),
    /// Run another flow, then this node again with its slots.
    Call {
        /// The flow.
        flow: String,
        /// Values for its slots.
        slots: Vec<(String, Value)>,
    },
    /// The client's reply is no answer here. Unless it interrupts, the node is run again with [`NodeInput::NotAnswered`].
    NotAnswered,
}

impl NodeOutcome {
    /// Leave by an exit.
    pub fn exit(name: impl Into<String>) -> NodeOutcome {
        NodeOutcome::Exit(name.into())
    }
}

/// A failure inside a node; takes the flow's error path. The text is for traces and logs.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

impl From<String> for Fault {
    fn from(why: String) -> Fault {
        Fault(why)
    }
}
