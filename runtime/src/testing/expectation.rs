//! The form of what is expected of a step. What is not named is not checked, except that a fault fails the test.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use tolmach_engine::{condition::FilterExpression, language::Language, span::Spanned};

use super::dialog::Texts;

/// What holds after a step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The nodes visited: all of them in order, or `{ contains: […] }` some of them in order.
    #[serde(default)]
    pub path: Option<Spanned<Path>>,
    /// Nodes that were not visited.
    #[serde(default)]
    pub not_path: Option<Spanned<Vec<Spanned<String>>>>,
    /// Values of slots; `null` for unset.
    #[serde(default)]
    pub slots: BTreeMap<Spanned<String>, Spanned<Value>>,
    /// The cards shown.
    #[serde(default)]
    pub cards: Option<Spanned<Cards>>,
    /// The texts said, taken together.
    #[serde(default)]
    pub says: Option<Spanned<Says>>,
    /// Labels of buttons that must be there.
    #[serde(default)]
    pub buttons: Option<Spanned<Vec<String>>>,
    /// The node that waits for the client; `none` for none.
    #[serde(default)]
    pub waits_at: Option<Spanned<String>>,
    /// The innermost flow that runs.
    #[serde(default)]
    pub flow: Option<Spanned<String>>,
    /// Whether the dialog is over.
    #[serde(default)]
    pub ends: Option<Spanned<bool>>,
    /// Whether a person has the chat.
    #[serde(default)]
    pub handed: Option<Spanned<bool>>,
    /// The client's lead.
    #[serde(default)]
    pub lead: Option<Spanned<Lead>>,
    /// The goals reached in this step, by name; `none` for none.
    #[serde(default)]
    pub goal: Option<Spanned<Texts>>,
    /// A message to the staff.
    #[serde(default)]
    pub notifies: Option<Spanned<Notifies>>,
    /// How many queries went to a language model, whoever plays it.
    #[serde(default)]
    pub model_calls: Option<Spanned<usize>>,
    /// A part of the fault that a node of this step has; without it no node may have one.
    #[serde(default)]
    pub fault: Option<Spanned<String>>,
    /// The language of the dialog.
    #[serde(default)]
    pub language: Option<Spanned<Language>>,
}

/// Expectations of the way through the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// Exactly these nodes.
    Exact(Vec<Spanned<String>>),
    /// These nodes in this order, with any others between them.
    Contains(Vec<Spanned<String>>),
}

impl Path {
    /// The nodes named.
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
    /// At least so many.
    #[serde(default)]
    pub min: Option<usize>,
    /// At most so many.
    #[serde(default)]
    pub max: Option<usize>,
    /// What holds for each row: a catalogue filter such as `price <= 10000`.
    #[serde(default)]
    pub every: Option<FilterExpression>,
    /// A word that some card's name holds.
    #[serde(default)]
    pub some: Option<String>,
}

/// Expectations of texts; compared without case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Says {
    /// All of these.
    #[serde(default)]
    pub contains: Texts,
    /// None of these.
    #[serde(default)]
    pub not_contains: Texts,
}

/// Expectations of the lead.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// Where it came from.
    #[serde(default)]
    pub source: Option<String>,
    /// Its contact.
    #[serde(default)]
    pub contact: BTreeMap<String, String>,
    /// A part of its summary.
    #[serde(default)]
    pub summary: Option<String>,
}

/// Expectations of a message to the staff.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notifies {
    /// The group it goes to.
    #[serde(default)]
    pub group: Option<String>,
    /// Parts of its subject or text; compared without case.
    #[serde(default)]
    pub contains: Texts,
}
