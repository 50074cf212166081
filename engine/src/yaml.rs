//! YAML text to a tree in which every value knows its place.
//!
//! Syntax only; what the values mean is told by [`crate::config`].

mod mistakes;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned as SaphyrSpanned};

use crate::span::{Span, Spanned};

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// Where it begins.
    pub span: Span,
    /// What it is.
    pub node: Node,
}

/// A YAML value. Duplicate keys never get here: they are a syntax error.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`; `yes` and `no` are texts.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Str(String),
    /// A list.
    Seq(Vec<Tree>),
    /// A map, in the order of the file.
    Map(Vec<(Spanned<String>, Tree)>),
}

impl Node {
    /// What it is called in messages.
    pub fn describe(&self) -> String {
        match self {
            Node::Null => "nothing".to_owned(),
            Node::Bool(value) => format!("`{value}`"),
            Node::Int(value) => format!("the number {value}"),
            Node::Float(value) => format!("the number {value}"),
            Node::Str(value) => {
                let start: String = value.chars().take(40).collect();
                let more = if start.len() < value.len() { "…" } else { "" };
                format!("the text \"{start}{more}\"")
            }
            Node::Seq(_) => "a list".to_owned(),
            Node::Map(_) => "a map".to_owned(),
        }
    }
}

/// Why a text is not YAML, in plain words.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// Where it is.
    pub span: Span,
    /// What is wrong there.
    pub message: String,
    /// How to fix it.
    pub help: String,
    /// The name that was probably meant.
    pub nearest: Option<String>,
}

/// Reads one YAML document.
pub fn parse(text: &str) -> Result<Tree, Mistake> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<Tree>(text, options).map_err(|error| {
        let span = error.location().map(span).unwrap_or_default();
        mistakes::explain(&error.to_string(), span, text)
    })
}

fn span(location: Location) -> Span {
    let clamp = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Span { line: clamp(location.line()), column: clamp(location.column()) }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree, D::Error> {
        let spanned = SaphyrSpanned::<Node>::deserialize(deserializer)?;
        Ok(Tree { span: span(spanned.referenced), node: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        struct NodeVisitor;

        impl<'de> Visitor<'de> for NodeVisitor {
            type Value = Node;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a YAML value")
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }

            fn visit_none<E>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
                Node::deserialize(deserializer)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Int(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Int))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Float(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Str(value.to_owned()))
            }

            fn visit_string<E>(self, value: String) -> Result<Node, E> {
                Ok(Node::Str(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Node::Seq(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<SaphyrSpanned<String>>()? {
                    let value = map.next_value()?;
                    entries.push((Spanned::new(key.value, span(key.referenced)), value));
                }
                Ok(Node::Map(entries))
            }
        }

        deserializer.deserialize_any(NodeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_place() {
        let tree = parse("a: 1\nb:\n  - x\n  - { c: да, no: yes }\n").unwrap();
        let Node::Map(entries) = tree.node else { panic!("a map") };
        assert_eq!(entries[1].0.span, Span { line: 2, column: 1 });
        let Node::Seq(items) = &entries[1].1.node else { panic!("a list") };
        assert_eq!(items[0].span, Span { line: 3, column: 5 });
        let Node::Map(inner) = &items[1].node else { panic!("a map") };
        assert_eq!(inner[0].1, Tree { span: Span { line: 4, column: 10 }, node: Node::Str("да".into()) });
        assert_eq!(inner[1].0.value, "no");
        assert_eq!(inner[1].1.node, Node::Str("yes".into()));
    }

    #[test]
    fn a_mistake_says_where() {
        let twice = parse("a: 1\na: 2\n").unwrap_err();
        assert_eq!((twice.span.line, twice.message.as_str()), (2, "`a` is there twice"));
        let open = parse("a: [1, 2\nb: 3\n").unwrap_err();
        assert!(open.span.line >= 1 && !open.message.is_empty(), "{open:?}");
    }
}
