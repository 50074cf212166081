//! The YAML form of the expectations of a step. An omitted field is not checked, except that a fault fails the test.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use tolmach_engine::{condition::FilterExpression, language::Language, or_none::OrNone, span::Spanned};

use super::{requests::Requested, texts::Texts};

/// What has to hold after a step.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The visited nodes: exactly these in order, or `{ contains: […] }` for some of them in order, or
    /// `{ not_contains: […] }` for none of them; both together are possible.
    #[serde(default)]
    pub path: Option<Spanned<Path>>,
    /// Nodes that must not be visited, beside `path`.
    #[serde(default)]
    pub not_path: Option<Spanned<Vec<Spanned<String>>>>,
    /// Values of slots of the innermost flow; `null` for unset.
    #[serde(default)]
    pub slots: BTreeMap<Spanned<String>, Spanned<Value>>,
    /// The cards of the messages.
    #[serde(default)]
    pub cards: Option<Spanned<Cards>>,
    /// The texts of all messages of the step, with the texts of their cards, joined.
    #[serde(default)]
    pub says: Option<Spanned<Says>>,
    /// Labels of buttons that must be shown.
    #[serde(default)]
    pub buttons: Option<Spanned<Vec<String>>>,
    /// A picture of the messages: an image of the bundle, such as `images/warehouse.jpg`, or an address; `none` if there may be none.
    #[serde(default, deserialize_with = "OrNone::field")]
    #[schemars(extend("x-names" = "image"))]
    pub photo: Option<Spanned<OrNone<String>>>,
    /// The node that waits for the client; `none` if no node does.
    #[serde(default)]
    pub waits_at: Option<Spanned<String>>,
    /// The innermost running flow; `none` if there is none.
    #[serde(default)]
    pub flow: Option<Spanned<String>>,
    /// Whether the dialog is over.
    #[serde(default)]
    pub ends: Option<Spanned<bool>>,
    /// Whether staff have taken over the chat.
    #[serde(default, alias = "handed")]
    pub taken_over: Option<Spanned<bool>>,
    /// The client's lead; `none` if there may be none.
    #[serde(default, deserialize_with = "OrNone::field")]
    pub lead: Option<Spanned<OrNone<Lead>>>,
    /// Goals that must be reached in this step, by name; `none` if no goal may be.
    #[serde(default)]
    pub goal: Option<Spanned<Texts>>,
    /// A notice to staff that must be sent; `none` if none may be.
    #[serde(default, deserialize_with = "OrNone::field")]
    pub notifies: Option<Spanned<OrNone<Notifies>>>,
    /// The requests that http nodes made in this step, exactly these in this order; `[]` for none.
    #[serde(default)]
    pub requests: Option<Spanned<Vec<Spanned<Requested>>>>,
    /// The number of calls to the language model in this step, whether scripted or offline.
    #[serde(default)]
    pub model_calls: Option<Spanned<usize>>,
    /// A part of a fault that a node of this step must have. Without it no node may have a fault.
    #[serde(default)]
    pub fault: Option<Spanned<String>>,
    /// The language of the dialog.
    #[serde(default)]
    pub language: Option<Spanned<Language>>,
    /// What was understood of what the client did.
    #[serde(default)]
    pub understood: Option<Spanned<Understood>>,
    /// What the trace must tell; each entry is met by one node, or by the turn.
    #[serde(default)]
    pub trace: Vec<Spanned<TraceNote>>,
}

impl Expect {
    /// Whether nothing is expected.
    pub(super) fn is_empty(&self) -> bool {
        let Expect {
            path,
            not_path,
            slots,
            cards,
            says,
            buttons,
            photo,
            waits_at,
            flow,
            ends,
            taken_over,
            ..
        } = self;
        let Expect {
            lead, goal, notifies, requests, model_calls, fault, language, understood, trace, ..
        } = self;
        path.is_none()
            && not_path.is_none()
            && slots.is_empty()
            && cards.is_none()
            && says.is_none()
            && buttons.is_none()
            && photo.is_none()
            && waits_at.is_none()
            && flow.is_none()
            && ends.is_none()
            && taken_over.is_none()
            && lead.is_none()
            && goal.is_none()
            && notifies.is_none()
            && requests.is_none()
            && model_calls.is_none()
            && fault.is_none()
            && language.is_none()
            && understood.is_none()
            && trace.is_empty()
    }
}

/// Expectations of what was understood.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Understood {
    /// The intent: an exit of a `classify` node, `unsure` and `refused` too, or the intent that interrupted a question.
    #[serde(default)]
    pub intent: Option<Spanned<String>>,
    /// How sure of the intent the classifier must be at least, 0 to 1. The words of an example, an article number and the choice
    /// of a model count as 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: Option<Spanned<f64>>,
    /// The articles of the rows that a `refer` node took the message to be about, in order; `[]` for none.
    #[serde(default)]
    pub rows: Option<Spanned<Vec<String>>>,
    /// A part of what was looked up in the catalogue last, ignoring case.
    #[serde(default)]
    pub query: Option<Spanned<String>>,
    /// The filters of that search in any order, such as `price <= 10000`; `[]` for none.
    #[serde(default)]
    pub filters: Option<Spanned<Vec<FilterExpression>>>,
    /// Slots of the innermost flow that got these values in this step and had others before.
    #[serde(default)]
    pub sets: BTreeMap<Spanned<String>, Spanned<Value>>,
    /// A part of what the message was read as, where it is written colloquially or misspelt.
    #[serde(default)]
    pub read_as: Option<Spanned<String>>,
}

/// An expectation of the trace. Everything that it says must hold of one node; without `node`, `kind` and `exit` the notes of
/// the turn itself count too, as of an edit that is ignored.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceNote {
    /// The node.
    #[serde(default)]
    pub node: Option<Spanned<String>>,
    /// The kind of node.
    #[serde(default)]
    pub kind: Option<Spanned<String>>,
    /// The exit that it took: an exit's name, `to NODE` for a branch, `wait`.
    #[serde(default)]
    pub exit: Option<String>,
    /// Texts that its notes must all contain, ignoring case.
    #[serde(default)]
    pub contains: Texts,
    /// Texts of which its notes may contain none.
    #[serde(default)]
    pub not_contains: Texts,
}

/// Expectations of the path through the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// Exactly these nodes.
    Exact(Vec<Spanned<String>>),
    /// Some nodes.
    Parts {
        /// These nodes in this order, with any others between them.
        contains: Vec<Spanned<String>>,
        /// None of these.
        not_contains: Vec<Spanned<String>>,
    },
}

impl Path {
    /// The nodes that must be visited.
    pub fn nodes(&self) -> &[Spanned<String>] {
        match self {
            Path::Exact(nodes) | Path::Parts { contains: nodes, .. } => nodes,
        }
    }

    /// The nodes that must not be visited.
    pub fn absent(&self) -> &[Spanned<String>] {
        match self {
            Path::Exact(_) => &[],
            Path::Parts { not_contains, .. } => not_contains,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PathForm")]
struct Parts {
    /// Nodes that must be visited in this order, with any others between them.
    #[serde(default)]
    contains: Vec<Spanned<String>>,
    /// Nodes of which none may be visited.
    #[serde(default)]
    not_contains: Vec<Spanned<String>>,
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Path, D::Error> {
        struct PathVisitor;

        impl<'de> Visitor<'de> for PathVisitor {
            type Value = Path;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of nodes, or { contains: [...], not_contains: [...] }")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Path, A::Error> {
                let mut nodes = Vec::new();
                while let Some(node) = list.next_element()? {
                    nodes.push(node);
                }
                Ok(Path::Exact(nodes))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Path, A::Error> {
                let form = Parts::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                if form.contains.is_empty() && form.not_contains.is_empty() {
                    return Err(serde::de::Error::custom(
                        "a path without nodes says nothing\nwrite { contains: [a node] }, or `path: []` for no node at all",
                    ));
                }
                Ok(Path::Parts { contains: form.contains, not_contains: form.not_contains })
            }
        }

        deserializer.deserialize_any(PathVisitor)
    }
}

impl JsonSchema for Path {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Path".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut parts = Parts::json_schema(generator);
        parts.insert("minProperties".to_owned(), 1.into());
        json_schema!({ "anyOf": [{ "type": "array", "items": { "type": "string" } }, parts] })
    }
}

/// Expectations of cards.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cards {
    /// Minimum number of cards.
    #[serde(default)]
    pub min: Option<usize>,
    /// Maximum number of cards.
    #[serde(default)]
    pub max: Option<usize>,
    /// A catalogue filter that every card's product must pass, such as `price <= 10000`.
    #[serde(default)]
    pub every: Option<FilterExpression>,
    /// A text that the name of at least one card must contain, ignoring case.
    #[serde(default)]
    pub some: Option<String>,
}

/// Expectations of texts, ignoring case.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Says {
    /// Texts that must all occur.
    #[serde(default)]
    pub contains: Texts,
    /// Texts of which none may occur.
    #[serde(default)]
    pub not_contains: Texts,
}

/// Expectations of the lead.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// The lead's source.
    #[serde(default)]
    pub source: Option<String>,
    /// Fields of its contact.
    #[serde(default)]
    pub contact: BTreeMap<String, String>,
    /// A part of its summary, ignoring case.
    #[serde(default)]
    pub summary: Option<String>,
}

/// Expectations of a notice to staff.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notifies {
    /// The group that receives it.
    #[serde(default)]
    pub group: Option<String>,
    /// Parts of its subject or text, ignoring case.
    #[serde(default)]
    pub contains: Texts,
}
