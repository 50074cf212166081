//! Values as the YAML parser gives them, and the spans of their texts.
//!
//! The parser tells where a value starts and, of a scalar, how long its text is. Lists and maps end, for the purposes
//! of a diagnostic, where the text of their first line ends.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned as SaphyrSpanned};

use super::{
    Node, Tree,
    misread::{self, Misread},
};
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
    /// The tree, and the texts in it that YAML reads otherwise than they look.
    pub(super) fn into_tree(self, text: &str) -> (Tree, Vec<Misread>) {
        let mut reading = Reading { text, lines: text.lines().collect(), misread: Vec::new() };
        let tree = self.tree(&mut reading);
        (tree, reading.misread)
    }

    fn tree(self, reading: &mut Reading<'_>) -> Tree {
        match self.value {
            Value::Scalar(node) => {
                let written = written(self.location, reading.text);
                let span = scalar(self.location, written);
                if let Node::Str(value) = &node {
                    misread::look(self.location, span, written, value, reading);
                    return Tree::new(span, node);
                }
                let written = (!written.is_empty()).then(|| written.into());
                Tree { span, node, written }
            }
            Value::Seq(items) => {
                let items: Vec<Tree> = items.into_iter().map(|item| item.tree(reading)).collect();
                let span = collection(self.location, items.iter().map(|item| item.span), &reading.lines);
                Tree::new(span, Node::Seq(items))
            }
            Value::Map(entries) => {
                let text = reading.text;
                let entries = entries.into_iter().map(|(name, location, value)| {
                    let span = scalar(location, written(location, text));
                    let mut value = value.tree(reading);
                    if value.node == Node::Null && value.written.is_none() {
                        value.written = comment_for_value(span, &reading.lines).map(Into::into);
                    }
                    (Spanned::new(name, span), value)
                });
                let entries: Vec<(Spanned<String>, Tree)> = entries.collect();
                let inner = entries.iter().flat_map(|(name, value)| [name.span, value.span]);
                let span = collection(self.location, inner, &reading.lines);
                let written = may_hold_a_comma(span, &entries, &reading.lines).map(Into::into);
                Tree { span, node: Node::Map(entries), written }
            }
        }
    }
}

/// The comment that stands where the value of a name belongs, as in `text: # 5`.
fn comment_for_value<'t>(name: Span, lines: &[&'t str]) -> Option<&'t str> {
    let line = lines.get((name.line as usize).checked_sub(1)?)?;
    let at = line.char_indices().nth((name.end_column as usize).checked_sub(1)?).map(|(at, _)| at)?;
    let rest = line.get(at..)?.trim_start().strip_prefix(':')?.trim();
    rest.starts_with('#').then_some(rest)
}

/// What values are read from.
pub(super) struct Reading<'t> {
    pub(super) text: &'t str,
    pub(super) lines: Vec<&'t str>,
    pub(super) misread: Vec<Misread>,
}

/// The line of a map in braces of which a name may be the rest of a text before it: it has no value, or is more than a word.
fn may_hold_a_comma<'t>(
    span: Span,
    entries: &[(Spanned<String>, Tree)],
    lines: &[&'t str],
) -> Option<&'t str> {
    let is_word = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let suspicious = entries.iter().skip(1).any(|(name, value)| {
        name.span.line == span.line && (value.node == Node::Null && value.written.is_none() || !is_word(name))
    });
    let line = suspicious.then(|| lines.get((span.line as usize).checked_sub(1)?).copied())??;
    line.chars().nth((span.column as usize).checked_sub(1)?).filter(|first| *first == '{')?;
    Some(line)
}

/// A scalar as it is written, its quotes included.
fn written(location: Location, text: &str) -> &str {
    let bytes = location.span().byte_offset().zip(location.span().byte_len());
    let written = bytes.and_then(|(offset, length)| {
        let offset = usize::try_from(offset).ok()?;
        text.get(offset..offset.checked_add(usize::try_from(length).ok()?)?)
    });
    written.unwrap_or_default().trim_end()
}

/// The span of a scalar's text, its quotes included.
fn scalar(location: Location, written: &str) -> Span {
    let start = start(location);
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
