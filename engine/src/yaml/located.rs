//! Values as the YAML parser gives them, and the spans of their texts.
//!
//! The parser tells where a value starts and, of a scalar, how long its text is. Lists and maps end, for the purposes
//! of a diagnostic, where the text of their first line ends.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned as SaphyrSpanned};

use super::{Node, Tree};
use crate::span::{Span, Spanned};

/// A value with the parser's location.
pub(super) struct Located {
    location: Location,
    value: Value,
}

enum Value {
    Scalar(Node),
    Seq(Vec<Located>),
    Map(Vec<(String, Location, Located)>),
}

/// Where a location starts; the end is not known.
pub(super) fn start(location: Location) -> Span {
    let clamp = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Span::on_line(clamp(location.line()), clamp(location.column()), 0)
}

impl Located {
    pub(super) fn into_tree(self, text: &str) -> Tree {
        let lines: Vec<&str> = text.lines().collect();
        self.tree(text, &lines)
    }

    fn tree(self, text: &str, lines: &[&str]) -> Tree {
        match self.value {
            Value::Scalar(node) => Tree { span: scalar(self.location, text), node },
            Value::Seq(items) => {
                let items: Vec<Tree> = items.into_iter().map(|item| item.tree(text, lines)).collect();
                let span = collection(self.location, items.iter().map(|item| item.span), lines);
                Tree { span, node: Node::Seq(items) }
            }
            Value::Map(entries) => {
                let entries = entries.into_iter().map(|(name, location, value)| {
                    (Spanned::new(name, scalar(location, text)), value.tree(text, lines))
                });
                let entries: Vec<(Spanned<String>, Tree)> = entries.collect();
                let inner = entries.iter().flat_map(|(name, value)| [name.span, value.span]);
                Tree { span: collection(self.location, inner, lines), node: Node::Map(entries) }
            }
        }
    }
}

/// The span of a scalar's text, its quotes included.
fn scalar(location: Location, text: &str) -> Span {
    let start = start(location);
    let bytes = location.span().byte_offset().zip(location.span().byte_len());
    let written = bytes.and_then(|(offset, length)| {
        let offset = usize::try_from(offset).ok()?;
        text.get(offset..offset.checked_add(usize::try_from(length).ok()?)?)
    });
    let written = written.unwrap_or_default().trim_end();
    let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    match written.rsplit_once('\n') {
        None => Span::on_line(start.line, start.column, count(written)),
        Some((before, last)) => {
            let lines = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
            Span {
                end_line: start.line.saturating_add(lines),
                end_column: count(last).saturating_add(1),
                ..start
            }
        }
    }
}

/// The span of a list or a map: to the end of what it holds on its first line, the closing bracket included.
fn collection(location: Location, inner: impl Iterator<Item = Span>, lines: &[&str]) -> Span {
    let mut span = start(location);
    let line = lines.get((span.line as usize).saturating_sub(1)).copied().unwrap_or_default();
    let rest = |column: u32| line.chars().skip((column as usize).saturating_sub(1));
    let first = rest(span.column).next();
    let close = match first {
        Some('[') => Some(']'),
        Some('{') => Some('}'),
        _ => None,
    };
    if close.is_some() || first == Some('-') {
        span.end_column += 1;
    }
    for inner in inner.filter(|inner| inner.line == span.line) {
        let end = if inner.end_line == span.line { inner.end_column } else { inner.column };
        span.end_column = span.end_column.max(end);
    }
    if let Some(close) = close {
        let between = rest(span.end_column).take_while(|c| c.is_whitespace() || *c == ',').count();
        let at = span.end_column.saturating_add(u32::try_from(between).unwrap_or(u32::MAX));
        if rest(at).next() == Some(close) {
            span.end_column = at.saturating_add(1);
        }
    }
    span
}

impl<'de> Deserialize<'de> for Located {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Located, D::Error> {
        let spanned = SaphyrSpanned::<Value>::deserialize(deserializer)?;
        Ok(Located { location: spanned.referenced, value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a YAML value")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Scalar(Node::Null))
            }

            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Scalar(Node::Null))
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
                Value::deserialize(deserializer)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Scalar(Node::Bool(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Scalar(Node::Int(value)))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Scalar(i64::try_from(value).map_or(Node::Float(value as f64), Node::Int)))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Scalar(Node::Float(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Scalar(Node::Str(value.to_owned())))
            }

            fn visit_string<E>(self, value: String) -> Result<Value, E> {
                Ok(Value::Scalar(Node::Str(value)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Value::Seq(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<SaphyrSpanned<String>>()? {
                    entries.push((key.value, key.referenced, map.next_value()?));
                }
                Ok(Value::Map(entries))
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}
