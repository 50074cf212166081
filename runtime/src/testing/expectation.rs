//! The YAML form of the expectations of a step. An omitted field is not checked, except that a fault fails the test.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use tolmach_engine::{condition::FilterExpression, language::Language, span::Spanned};

use super::texts::Texts;

/// What has to hold after a step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The visited nodes: exactly these in order, or `{ contains: […] }` for some of them in order.
    #[serde(default)]
    pub path: Option<Spanned<Path>>,
    /// Nodes that must not be visited.
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
    /// The client's lead.
    #[serde(default)]
    pub lead: Option<Spanned<Lead>>,
    /// Goals that must be reached in this step, by name; `none` if no goal may be.
    #[serde(default)]
    pub goal: Option<Spanned<Texts>>,
    /// A notice to staff that must be sent.
    #[serde(default)]
    pub notifies: Option<Spanned<Notifies>>,
    /// The number of calls to the language model in this step, whether scripted or offline.
    #[serde(default)]
    pub model_calls: Option<Spanned<usize>>,
    /// A part of a fault that a node of this step must have. Without it no node may have a fault.
    #[serde(default)]
    pub fault: Option<Spanned<String>>,
    /// The language of the dialog.
    #[serde(default)]
    pub language: Option<Spanned<Language>>,
}

/// Expectations of the path through the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// Exactly these nodes.
    Exact(Vec<Spanned<String>>),
    /// These nodes in this order, with any others between them.
    Contains(Vec<Spanned<String>>),
}

impl Path {
    /// The nodes in the expectation.
    pub fn nodes(&self) -> &[Spanned<String>] {
        match self {
            Path::Exact(nodes) | Path::Contains(nodes) => nodes,
        }
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Path, D::Error> {
        struct PathVisitor;

        impl<'de> Visitor<'de> for PathVisitor {
            type Value = Path;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of nodes or { contains: [...] }")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Path, A::Error> {
                let mut nodes = Vec::new();
                while let Some(node) = list.next_element()? {
                    nodes.push(node);
                }
                Ok(Path::Exact(nodes))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Path, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Form {
                    contains: Vec<Spanned<String>>,
                }
                let form = Form::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Path::Contains(form.contains))
            }
        }

        deserializer.deserialize_any(PathVisitor)
    }
}

/// Expectations of cards.
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notifies {
    /// The group that receives it.
    #[serde(default)]
    pub group: Option<String>,
    /// Parts of its subject or text, ignoring case.
    #[serde(default)]
    pub contains: Texts,
}
