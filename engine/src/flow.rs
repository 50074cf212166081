//! One dialog graph, as written in one file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    duration::Duration,
    kind::{KindSpec, Node},
    language::Language,
    slot,
    span::{Span, Spanned},
    text::Text,
};

/// The part of a flow file that is the same for every kind of node.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The flow's id: the file's name without its ending.
    pub flow: Spanned<String>,
    /// What people call it.
    #[serde(default)]
    pub title: Option<Text>,
    /// Marks the flow in which a new chat begins, where the bundle has several.
    #[serde(default)]
    pub entry: bool,
    /// The node at which a message enters when nothing waits for it.
    pub start: Spanned<String>,
    /// The languages that the flow promises to speak.
    #[serde(default = "all_languages")]
    pub languages: Vec<Language>,
    /// The typed memory of the dialog.
    #[serde(default)]
    pub slots: BTreeMap<String, Spanned<slot::Declaration>>,
    /// What may interrupt the dialog.
    #[serde(default)]
    pub on: On,
    /// Bounds on one turn.
    #[serde(default)]
    pub limits: Limits,
    #[expect(dead_code, reason = "read kind by kind from the tree; named here so that it is a known field")]
    #[schemars(skip)]
    nodes: IgnoredAny,
}

fn all_languages() -> Vec<Language> {
    Language::ALL.to_vec()
}

/// What may interrupt a dialog. Afterwards the interrupted question is asked again.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct On {
    /// Nodes by `/command`. `/start` begins the dialog anew.
    #[serde(default)]
    pub command: BTreeMap<String, Spanned<String>>,
    /// Where a message goes that is no answer to the question that waits, but clearly one of these intents.
    #[serde(default)]
    pub intent: Option<IntentInterrupt>,
    /// Where a dialog goes after a silence.
    #[serde(default)]
    pub inactivity: Option<Inactivity>,
    /// Where a turn goes, once, after a failure.
    #[serde(default)]
    pub error: Option<Spanned<String>>,
}

/// Intents that may interrupt a question.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntentInterrupt {
    /// The `classify` node of this flow whose intents and examples are listened for.
    pub from: Spanned<String>,
    /// How likely (0 to 1) the intent must be by the examples.
    #[serde(default = "sure")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_confidence: Spanned<f32>,
    /// Nodes by intent.
    pub to: BTreeMap<String, Spanned<String>>,
}

fn sure() -> Spanned<f32> {
    Spanned::new(0.6, Span::default())
}

/// A silence of the client's.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inactivity {
    /// How long it must last.
    pub after: Duration,
    /// The node to run then.
    pub to: Spanned<String>,
}

/// Bounds on one turn. Passing one takes the error path.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Nodes visited.
    #[schemars(range(min = 1, max = 1000))]
    pub nodes_per_turn: u32,
    /// Calls of language models.
    #[schemars(range(min = 0, max = 50))]
    pub llm_calls_per_turn: u32,
    /// Tokens that language models may write.
    #[schemars(range(min = 0, max = 100_000))]
    pub tokens_per_turn: u32,
    /// Flows called from flows, the first one counted.
    #[schemars(range(min = 1, max = 32))]
    pub depth: u32,
    /// The longest that one call of a language model may take.
    pub llm_call: Duration,
    /// Time spent waiting for queries.
    pub turn: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            nodes_per_turn: 64,
            llm_calls_per_turn: 4,
            tokens_per_turn: 4000,
            depth: 8,
            llm_call: Duration::seconds(7),
            turn: Duration::seconds(15),
        }
    }
}

/// A flow that has been read.
#[derive(Debug)]
pub struct Flow {
    /// Its id.
    pub id: String,
    /// The file it came from.
    pub file: String,
    /// Everything but the nodes.
    pub header: Header,
    /// Slot declarations by name.
    pub slots: BTreeMap<String, slot::Declaration>,
    /// The nodes by name.
    pub nodes: BTreeMap<String, Entry>,
    /// The names of all nodes, those included that could not be read: leading to one of them is no mistake.
    pub declared: BTreeSet<String>,
    /// Whether everything beside the nodes could be read.
    pub whole: bool,
}

/// A node with its transitions.
#[derive(Debug)]
pub struct Entry {
    /// Where its name stands.
    pub span: Span,
    /// What it is.
    pub kind: &'static KindSpec,
    /// What it does.
    pub node: Box<dyn Node>,
    /// Where it leads.
    pub next: Next,
}

/// The transitions of a node.
#[derive(Clone, Debug, Default)]
pub enum Next {
    /// None given: every exit waits.
    #[default]
    Nothing,
    /// All exits lead to one place.
    Everywhere(Spanned<Target>),
    /// One an exit.
    ByExit(BTreeMap<String, (Span, Spanned<Target>)>),
}

impl Entry {
    /// Where an exit leads.
    pub fn target(&self, exit: &str) -> Target {
        match &self.next {
            Next::Nothing => Target::Wait,
            Next::Everywhere(target) => target.value.clone(),
            Next::ByExit(map) => {
                let fallback = || self.node.exits().into_iter().find(|known| known.name == exit)?.fallback;
                let found = map.get(exit).or_else(|| map.get(fallback()?));
                found.map_or(Target::Wait, |(_, target)| target.value.clone())
            }
        }
    }

    /// Every way out: the node's own jumps, then exits through `next` (those that fall back to another are left out).
    pub fn ways(&self) -> Vec<Way> {
        let jumps = self.node.jumps().into_iter().map(|jump| Way {
            label: jump.label,
            to: Spanned::new(Target::parse(jump.to), jump.to.span),
            automatic: jump.automatic,
            sure: jump.sure,
        });
        let mut ways: Vec<Way> = jumps.collect();
        for exit in self.node.exits() {
            let span = match &self.next {
                Next::Nothing => self.span,
                Next::Everywhere(target) => target.span,
                Next::ByExit(map) => match map.get(&exit.name) {
                    Some((_, target)) => target.span,
                    None if exit.fallback.is_some() => continue,
                    None => self.span,
                },
            };
            let to = Spanned::new(self.target(&exit.name), span);
            ways.push(Way { label: exit.name, to, automatic: true, sure: Vec::new() });
        }
        ways
    }
}

/// A way from a node to somewhere.
#[derive(Clone, Debug)]
pub struct Way {
    /// The exit, or the jump's label.
    pub label: String,
    /// Where it leads, and where that is written.
    pub to: Spanned<Target>,
    /// Whether the walk takes it by itself; a button's is taken by the client.
    pub automatic: bool,
    /// Slots that are known to be set where this way is taken.
    pub sure: Vec<String>,
}

/// Where a transition leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A node of the same flow.
    Node(String),
    /// The turn ends; the next message enters at `start`.
    Wait,
    /// The session ends.
    End,
    /// Back to the calling flow.
    Return,
}

impl Target {
    /// Names that no node may have.
    pub const RESERVED: [&str; 3] = ["wait", "end", "return"];

    /// Reads a target's name.
    pub fn parse(name: &str) -> Target {
        match name {
            "wait" => Target::Wait,
            "end" => Target::End,
            "return" => Target::Return,
            node => Target::Node(node.to_owned()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Target::Node(name) => name,
            Target::Wait => "wait",
            Target::End => "end",
            Target::Return => "return",
        })
    }
}
