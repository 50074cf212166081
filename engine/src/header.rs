//! The header of a flow file: everything beside its nodes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    duration::Duration,
    language::Language,
    slot,
    span::{Span, Spanned},
    text::Text,
};

/// A flow file without its nodes.
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
    #[schemars(extend("x-names" = "node"))]
    pub start: Spanned<String>,
    /// The languages that the flow promises to speak. Those of the entry flow are the only ones that clients are spoken to in; the
    /// first is used until a client shows another.
    #[serde(default = "all_languages")]
    pub languages: Vec<Language>,
    /// The typed memory of the dialog.
    #[serde(default)]
    pub slots: BTreeMap<Spanned<String>, Spanned<slot::Declaration>>,
    /// What may interrupt the dialog.
    #[serde(default)]
    pub on: On,
    /// Sentences in place of the program's own, by the names of the table under Phrases: `{ old_button: { ru: …, en: … } }`. They
    /// hold for the whole bundle, so only the entry flow has them.
    #[serde(default)]
    pub phrases: BTreeMap<Spanned<String>, Text>,
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

/// What may interrupt a dialog. Afterwards the interrupted question is asked again. What a flow does not say itself holds as in
/// the flow that called it; at a node of that flow the slots of the called one are not seen.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct On {
    /// Nodes by `/command`. A command is a new wish: the question that waits is asked again where the command is answered at once
    /// (`/help`) or by a person, and is dropped, with its flow, where the command leads to a question of its own. `/start` begins
    /// the dialog anew.
    #[serde(default)]
    #[schemars(extend("x-names" = "node"))]
    pub command: BTreeMap<String, Spanned<String>>,
    /// The intents that interrupt a question when a message does not answer it. As at their own node, one that `commits` needs
    /// `commit_confidence` too, and does not interrupt where the message refuses it.
    #[serde(default)]
    pub intent: Option<IntentInterrupt>,
    /// The `refer` node that reads every message first: one that speaks of what the client was shown goes on there, any other
    /// where it would go without it.
    #[serde(default)]
    #[schemars(extend("x-names" = "node"))]
    pub refer: Option<Spanned<String>>,
    /// The `collect_contact` node for a contact that comes by itself: a phone number or an address with a name at most, or a
    /// contact that is shared, while no form and no question waits for it.
    #[serde(default)]
    #[schemars(extend("x-names" = "node"))]
    pub contact: Option<Spanned<String>>,
    /// Where a dialog goes when the client is inactive.
    #[serde(default)]
    pub inactivity: Option<Inactivity>,
    /// Where a turn goes, once, after a fault.
    #[serde(default)]
    #[schemars(extend("x-names" = "node"))]
    pub error: Option<Spanned<String>>,
}

/// Intents that may interrupt a question.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntentInterrupt {
    /// The `classify` node of this flow whose intents and examples are used.
    #[schemars(extend("x-names" = "node"))]
    pub from: Spanned<String>,
    /// The least confidence (0 to 1) at which an intent interrupts.
    #[serde(default = "default_min_confidence")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_confidence: Spanned<f32>,
    /// Nodes by intent.
    #[schemars(extend("x-names" = "node"))]
    pub to: BTreeMap<Spanned<String>, Spanned<String>>,
}

fn default_min_confidence() -> Spanned<f32> {
    Spanned::new(0.6, Span::default())
}

/// The inactivity interrupt.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inactivity {
    /// How long after the client's last message.
    pub after: Spanned<Duration>,
    /// The node to run then.
    #[schemars(extend("x-names" = "node"))]
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
