//! Spans: parts of a text file.

use std::{
    borrow::{Borrow, Cow},
    fmt,
    ops::Deref,
};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, SeqAccess, Visitor},
};

/// A part of a text file: from a start to an end, both a line and a column, counted from 1. All zeros mean no place:
/// the file as a whole, or a value that no file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The line of the first character.
    pub line: u32,
    /// The column of the first character, in characters.
    pub column: u32,
    /// The line of the end.
    #[serde(default)]
    pub end_line: u32,
    /// The column after the last character, in characters.
    #[serde(default)]
    pub end_column: u32,
}

impl Span {
    /// A span of `characters` characters on one line.
    pub const fn on_line(line: u32, column: u32, characters: u32) -> Span {
        Span { line, column, end_line: line, end_column: column.saturating_add(characters) }
    }

    /// Whether it is no place.
    pub const fn is_none(self) -> bool {
        self.line == 0
    }

    /// Whether it is so many characters of one line.
    pub const fn is_on_line(self, characters: usize) -> bool {
        self.line > 0
            && self.line == self.end_line
            && self.end_column.saturating_sub(self.column) as usize == characters
    }

    /// Line and column of the first character.
    pub const fn start(self) -> (u32, u32) {
        (self.line, self.column)
    }

    /// The span moved down by `lines`. No place stays no place.
    #[must_use]
    pub const fn lines_down(self, lines: u32) -> Span {
        if self.is_none() {
            return self;
        }
        Span { line: self.line.saturating_add(lines), end_line: self.end_line.saturating_add(lines), ..self }
    }

    /// The span of the first occurrence of `part`, as a whole word, inside this span of `text`; this span when there is
    /// none.
    #[must_use]
    pub fn narrowed(self, text: &str, part: &str) -> Span {
        self.narrowed_in(&text.lines().collect::<Vec<_>>(), part)
    }

    /// As [`Span::narrowed`] in the lines of the text, for whoever asks often.
    #[must_use]
    pub(crate) fn narrowed_in(self, lines: &[&str], part: &str) -> Span {
        if self.is_none() || part.is_empty() {
            return self;
        }
        let first = self.line as usize - 1;
        let own = lines.get(first..(self.end_line as usize).min(lines.len())).unwrap_or_default();
        for (number, line) in (self.line..).zip(own) {
            let from = if number == self.line { self.column.saturating_sub(1) as usize } else { 0 };
            let to =
                if number == self.end_line { self.end_column.saturating_sub(1) as usize } else { usize::MAX };
            let shown: String = line.chars().take(to).skip(from).collect();
            if let Some(at) = find_word(&shown, part) {
                let column = from + shown.get(..at).map_or(0, |before| before.chars().count()) + 1;
                let length = u32::try_from(part.chars().count()).unwrap_or(u32::MAX);
                return Span::on_line(number, u32::try_from(column).unwrap_or(u32::MAX), length);
            }
        }
        self
    }

    /// How many characters of its first line it covers, at least 1. `line` is the text of that line.
    pub fn width(self, line: &str) -> usize {
        let end = match self.end_line > self.line {
            true => line.trim_end().chars().count() + 1,
            false => self.end_column as usize,
        };
        end.saturating_sub(self.column as usize).max(1)
    }
}

/// The byte at which `part` occurs in `text` with no letter, digit or `_` right before or after it.
fn find_word(text: &str, part: &str) -> Option<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let (opens, closes) = (part.starts_with(word), part.ends_with(word));
    text.match_indices(part).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + part.len()..).and_then(|after| after.chars().next());
        !(opens && before.is_some_and(word) || closes && after.is_some_and(word))
    })
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A value with the place it was read from. Only [`crate::config`] knows places; other readers give none.
#[derive(Clone, Debug, Default)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was read.
    pub span: Span,
}

/// The newtype name by which [`crate::config`] recognises a [`Spanned`] and hands over its span as well.
pub(crate) const SPANNED: &str = "$tolmach::Spanned";

impl<T> Spanned<T> {
    /// A value with its place.
    pub const fn new(value: T, span: Span) -> Spanned<T> {
        Spanned { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Maps with spanned keys are looked up by the name alone.
impl Borrow<str> for Spanned<String> {
    fn borrow(&self) -> &str {
        &self.value
    }
}

/// Spans do not count in comparisons.
impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Spanned<T>) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T: PartialOrd> PartialOrd for Spanned<T> {
    fn partial_cmp(&self, other: &Spanned<T>) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Ord> Ord for Spanned<T> {
    fn cmp(&self, other: &Spanned<T>) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

/// Serialized as the value alone.
impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Spanned<T>, D::Error> {
        struct SpannedVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Spanned<T>, D::Error> {
                Ok(Spanned::new(T::deserialize(deserializer)?, Span::default()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Spanned<T>, A::Error> {
                let missing = || de::Error::custom("a span without a value");
                let mut number = || parts.next_element()?.ok_or_else(missing);
                let (line, column, end_line, end_column) = (number()?, number()?, number()?, number()?);
                let value = parts.next_element()?.ok_or_else(missing)?;
                Ok(Spanned::new(value, Span { line, column, end_line, end_column }))
            }
        }

        deserializer.deserialize_newtype_struct(SPANNED, SpannedVisitor(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_narrows_to_a_whole_word() {
        let text = "a: 'slots.ab and slots.a'\nb: slots.a\n";
        let span = Span::on_line(1, 4, 22);
        assert_eq!(span.narrowed(text, "slots.a"), Span::on_line(1, 18, 7));
        assert_eq!(span.narrowed(text, "slots.c"), span);
        let both = Span { end_line: 2, end_column: 11, ..span };
        assert_eq!(both.narrowed(text, "b"), Span::on_line(2, 1, 1));
        assert_eq!(Span::default().narrowed(text, "a"), Span::default());
    }

    #[test]
    fn a_span_of_several_lines_covers_the_rest_of_its_first_line() {
        assert_eq!(Span { line: 1, column: 3, end_line: 2, end_column: 4 }.width("a: bcd  "), 4);
        assert_eq!(Span::on_line(1, 3, 0).width("a: bcd"), 1);
    }
}
