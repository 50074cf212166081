//! The interface of a kind of node. The kinds themselves are in their own crate, one file each.

use std::{collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    catalog::SearchRequest,
    config,
    diagnostic::Diagnostic,
    effect::{Query, QueryOutcome, ScoredLabel},
    event::EventKind,
    experiment::Arm,
    resources::Answers,
    scope::Scope,
    slot,
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
    yaml::Tree,
};

// What an implementation of a kind needs beside this file, under one path.
pub use crate::{
    fault::Fault,
    node_info::{Call, Cost, Costs, Exit, Transition},
    resources::Example,
    target::Target,
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
    const EXAMPLE_FILES: &'static [(&'static str, &'static str)] = &[];
    /// Messages to send to the example, and the nodes that the last of them must visit.
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]);
}

/// Reads a kind's body out of a file's tree; what is wrong goes to the diagnostics.
pub type ReadBody = fn(&str, &Tree, &mut Vec<Diagnostic>) -> Option<Box<dyn Node>>;

/// An entry of the list of kinds: what the schema, the reader, the reference and the graph need of a kind.
pub struct KindSpec {
    /// The key in YAML.
    pub name: &'static str,
    /// See [`Kind::EXITS`].
    pub exits: &'static [(&'static str, &'static str)],
    /// See [`Kind::EXAMPLE`].
    pub example: &'static str,
    /// See [`Kind::EXAMPLE_FILES`].
    pub example_files: &'static [(&'static str, &'static str)],
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
            example_files: K::EXAMPLE_FILES,
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

    /// Transitions written inside the body: cases of a branch, buttons.
    fn transitions(&self) -> Vec<Transition> {
        Vec::new()
    }

    /// Whether every path through the node waits for the client, so that a cycle through it ends.
    fn waits(&self) -> bool {
        false
    }

    /// The timer that this node waits for.
    fn timer(&self) -> Option<&'static str> {
        None
    }

    /// Whether the dialog goes on while this node waits for a time, as if nothing waited.
    fn lasts(&self) -> bool {
        false
    }

    /// The flow that this node calls.
    fn call(&self) -> Option<Call<'_>> {
        None
    }

    /// The host of another system that this node asks, as it is written.
    fn host(&self) -> Option<&str> {
        None
    }

    /// The group of the staff that this node tells. Its span is no place where the flow names none.
    fn staff_group(&self) -> Option<&Spanned<String>> {
        None
    }

    /// The goal that it marks.
    fn goal(&self) -> Option<&str> {
        None
    }

    /// The experiment whose arm this node chooses, with the arms, sorted by name.
    fn experiment(&self) -> Option<(&Spanned<String>, Vec<Arm<'_>>)> {
        None
    }

    /// The most that one visit may cost.
    fn cost(&self, _: &Costs<'_>) -> Cost {
        Cost::default()
    }

    /// Whether what the client answers here is personal data, which is kept out of the history that models see. `slots`
    /// are those that the flow declares.
    fn collects_personal_data(&self, _slots: &BTreeMap<String, slot::Declaration>) -> bool {
        false
    }

    /// Whether the node asks for something that would be lost if its question were dropped: an interruption returns to it.
    fn collects(&self) -> bool {
        false
    }

    /// Whether an event gives this node a contact, with nothing else in it; for `on.contact`.
    fn takes_contact(&self, _: &EventKind) -> bool {
        false
    }

    /// The slot that this node fills with one of several choices, and the label of each value.
    fn choices(&self) -> Option<(&str, Vec<(&str, &Text)>)> {
        None
    }

    /// Labelled examples for [`Query::Classify`] with this node's set.
    fn examples(&self, _: &Answers) -> Vec<Example> {
        Vec::new()
    }

    /// The label of a message that holds an article number of the catalogue, whatever else it says; for [`Query::Classify`]
    /// with this node's set.
    fn article_label(&self) -> Option<&str> {
        None
    }

    /// Whether the likeliest label of a message is taken, where labels of this node's set are taken from `least` on. It is asked
    /// at the node and where the same labels interrupt a question (`on.intent`).
    fn verdict(&self, _message: &str, _first: &ScoredLabel, least: f32) -> Verdict {
        Verdict::Unsure { bound: least }
    }

    /// Runs the node. It is called again with the outcome after a query, and with the client's reply after a wait.
    ///
    /// # Errors
    /// A fault, which takes the flow's error path.
    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault>;
}

/// Whether a label of a message is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// It is, because it is at least as likely as the bound.
    Taken {
        /// The bound, 0 to 1.
        bound: f32,
    },
    /// The message refuses what the label would begin.
    Refused,
    /// The message says nothing by itself («да»), and the example that it is nearest to does.
    SaysNothing,
    /// It is less likely than the bound.
    Unsure {
        /// The bound, 0 to 1.
        bound: f32,
    },
}

/// Why a node is run.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeInput {
    /// A transition led here.
    Enter,
    /// The client answered while the node waited; [`TurnContext::event`] says what.
    Reply,
    /// An interruption is over: ask again.
    Resumed,
    /// A button of this node was pressed, maybe an old one.
    ButtonPressed(String),
    /// The next page of this node's cards is wanted.
    NextPage(SearchRequest),
    /// The query's outcome.
    Outcome(QueryOutcome),
    /// The node returned [`NodeOutcome::NotAnswered`] and the message does not interrupt: report it and ask again.
    NotAnswered,
    /// The flow that the node called has returned; its slots.
    FlowReturned(Map<String, Value>),
    /// The node's own [`Node::timer`] has fired.
    TimerFired,
    /// Staff had the chat and ended the handoff.
    HandoffEnded,
}

/// What a node decides.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeOutcome {
    /// Leave by an exit.
    Exit(String),
    /// Leave by an exit as if the node had not been visited: it made nothing of the message. What it noted stays in the trace,
    /// at the node before.
    Passed(String),
    /// Leave to a target of the node's own.
    To(Target),
    /// Wait for the client here.
    Wait,
    /// Run a query, then run the node again with the outcome.
    Query(Query),
    /// Run another flow, then this node again with its slots.
    Call {
        /// The flow.
        flow: String,
        /// Values for its slots.
        slots: Vec<(String, Value)>,
    },
    /// The message does not answer the question. Unless it interrupts, the node is run again with [`NodeInput::NotAnswered`].
    NotAnswered,
}

impl NodeOutcome {
    /// Leave by an exit.
    pub fn exit(name: impl Into<String>) -> NodeOutcome {
        NodeOutcome::Exit(name.into())
    }
}
