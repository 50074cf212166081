//! Typed configuration out of a YAML tree, with the span of every error.
//!
//! A `serde` deserializer of its own, because no format crate offers both things that authors need: unknown fields are
//! collected (with the nearest known name) instead of ending the read, and an error has the span of the innermost value
//! that it is about.

mod comma;
mod error;
mod repair;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::{StrDeserializer, U32Deserializer},
    },
    forward_to_deserialize_any,
};

use crate::{
    diagnostic::{Code, Diagnostic},
    or_none::{NONE, OR_NONE},
    span::{SPANNED, Span, Spanned},
    yaml::{self, Node, Tree},
};
pub(crate) use comma::Comma;
use error::{Error, misfit};
use repair::{as_text, fill, filled, leave_out};

/// Parses a file's YAML. A syntax error becomes a diagnostic, and so does a text that YAML reads otherwise than it looks.
pub fn parse(file: &str, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Tree> {
    match yaml::parse_noting(text) {
        Ok((tree, misread)) => {
            diagnostics.extend(misread.into_iter().map(|yaml::Misread { span, message, help }| {
                Diagnostic::new(Code::MisreadText, file, span, message, help)
            }));
            Some(tree)
        }
        Err(error) => {
            let diagnostic = Diagnostic::new(Code::BadYaml, file, error.span, error.message, error.help);
            diagnostics.push(Diagnostic {
                nearest: error.nearest,
                fix: error.fix.map(|fix| *fix),
                ..diagnostic
            });
            None
        }
    }
}

/// Reads a `T` out of `tree`. Diagnostics go to `diagnostics`; `None` when there is a value that could not be read.
pub fn read<T: DeserializeOwned>(file: &str, tree: &Tree, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
    read_with_recovery(file, tree, diagnostics).filter(|read| read.complete).map(|read| read.value)
}

/// What could be read.
pub(crate) struct Read<T> {
    /// The value without what could not be read.
    pub(crate) value: T,
    /// Whether nothing was left out.
    pub(crate) complete: bool,
}

/// The most errors of one value that are reported at once; more of them usually have one cause.
const MAX_ERRORS: usize = 20;

/// Reads a `T`. After an error it reads again without the wrong part, so that all errors are reported at once. `None`
/// when nothing readable is left.
pub(crate) fn read_with_recovery<T: DeserializeOwned>(
    file: &str,
    tree: &Tree,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Read<T>> {
    let unknown = RefCell::new(Vec::new());
    let first = T::deserialize(Reader { tree, unknown: &unknown });
    let mut commas: Vec<Comma> = Vec::new();
    for Unknown { name, span, known, comma } in unknown.into_inner() {
        if let Some(comma) = comma {
            if !commas.iter().any(|other| other.same_text(&comma)) {
                diagnostics.push(comma.diagnostic(file));
                commas.push(comma);
            }
            continue;
        }
        if let Some(diagnostic) = unspaced(file, &name, span, known) {
            diagnostics.push(diagnostic);
            continue;
        }
        let help = if known.is_empty() {
            "remove it".to_owned()
        } else {
            format!("use one of: {}", known.join(", "))
        };
        diagnostics.push(
            Diagnostic::new(Code::UnknownField, file, span, format!("there is no field `{name}` here"), help)
                .near(&name, known.iter().copied()),
        );
    }
    let mut error = match first {
        Ok(value) => return Some(Read { value, complete: true }),
        Err(error) => error,
    };
    let mut rest = tree.clone();
    for comma in &commas {
        comma.join(&mut rest);
    }
    // Fields that are missing only because they were left out here.
    let mut left_out: Vec<(Span, String)> = Vec::new();
    for _ in 0..MAX_ERRORS {
        // With the whole text in the place of its part, the rest can be read.
        if let Some(comma) = error.comma.take() {
            let told = commas.iter().any(|other| other.same_text(&comma));
            if !told {
                diagnostics.push(comma.diagnostic(file));
            }
            if told || !comma.join(&mut rest) {
                return None;
            }
            commas.push(*comma);
            match T::deserialize(Reader { tree: &rest, unknown: &RefCell::new(Vec::new()) }) {
                Ok(value) => return Some(Read { value, complete: false }),
                Err(next) => error = next,
            }
            continue;
        }
        let span = error.span.unwrap_or(tree.span);
        let told = span == Span::default()
            || error.missing.is_some_and(|field| {
                left_out.iter().any(|(of, name)| of.start() == span.start() && name == field)
                    // The field is there under a misspelt name, which is reported already.
                    || diagnostics.iter().any(|diagnostic| {
                        diagnostic.code == Code::UnknownField && diagnostic.nearest.as_deref() == Some(field)
                    })
            });
        let missing = error.missing;
        // A number that was meant as a text is read as one.
        let is_text = error.is_certain();
        if !told {
            diagnostics.push(error.diagnostic(file, tree.span));
        }
        let went_on = match missing {
            // A value without a field that was left out is left out too.
            Some(_) if told && span.start() != tree.span.start() => leave_out(&mut rest, span, &mut left_out),
            // With an empty text in place of the field, the rest of the value can be read.
            Some(field) => fill(&mut rest, span, field),
            // The empty text does not fit: leave out the value that it was put into.
            None if span == Span::default() => {
                filled(&rest).is_some_and(|whole| leave_out(&mut rest, whole, &mut left_out))
            }
            None if is_text && as_text(&mut rest, span) => true,
            None => leave_out(&mut rest, span, &mut left_out),
        };
        if !went_on {
            return None;
        }
        match T::deserialize(Reader { tree: &rest, unknown: &RefCell::new(Vec::new()) }) {
            Ok(value) => return Some(Read { value, complete: false }),
            Err(next) => error = next,
        }
    }
    None
}

/// A name and its value without a space between: `text:Hello`.
fn unspaced(file: &str, name: &str, span: Span, known: &[&str]) -> Option<Diagnostic> {
    let (field, value) = name.split_once([':', '：']).filter(|(field, _)| known.contains(field))?;
    let message = format!("a space is missing after the colon of `{field}`, so that no value begins there");
    let written = format!("{field}: {}", value.trim_start());
    let diagnostic = Diagnostic::new(Code::UnknownField, file, span, message, format!("write `{written}`"));
    let diagnostic = Diagnostic { nearest: Some(field.to_owned()), ..diagnostic };
    // In quotes it would be longer than its name.
    Some(if span.is_on_line(name.chars().count()) { diagnostic.with_fix(written) } else { diagnostic })
}

struct Unknown {
    name: String,
    span: Span,
    known: &'static [&'static str],
    /// The comma of a text that the name is a part of.
    comma: Option<Comma>,
}

#[derive(Clone, Copy)]
struct Reader<'t, 'u> {
    tree: &'t Tree,
    unknown: &'u RefCell<Vec<Unknown>>,
}

impl<'t, 'u> Reader<'t, 'u> {
    fn child(&self, tree: &'t Tree) -> Reader<'t, 'u> {
        Reader { tree, unknown: self.unknown }
    }

    fn wrong<V: Visitor<'t>>(&self, visitor: &V) -> Error {
        let expected: &dyn de::Expected = visitor;
        misfit(&self.tree.node.describe(), &expected.to_string())
    }

    /// The error of another value in place of one of these words.
    fn not_one_of(&self, words: &[&str]) -> Error {
        let list = words.join(", ");
        let first = words.first().copied().unwrap_or("…");
        let found = match &self.tree.node {
            Node::Map(entries) if !entries.is_empty() => {
                let names: Vec<&str> = entries.iter().take(5).map(|(name, _)| name.as_str()).collect();
                format!("a map of `{}`", names.join("`, `"))
            }
            other => other.describe(),
        };
        let error: Error = de::Error::custom(format!(
            "found {found} where one word belongs\nwrite one of: {list}; one that takes a value as in {{ {first}: … }}"
        ));
        error.with_comma_of(Comma::of(self.tree, Some(words), None))
    }

    /// The error of another value in place of a map with these fields.
    fn not_fields(&self, fields: &[&str]) -> Error {
        let found = self.tree.node.describe();
        let example = match &self.tree.node {
            Node::Str(text) if text.chars().count() <= 40 && !text.contains(['"', '\n']) => {
                format!("\"{text}\"")
            }
            _ => "…".to_owned(),
        };
        if let Node::Str(text) = &self.tree.node
            && let Some((field, value)) = text.split_once([':', '：'])
            && fields.contains(&field)
        {
            let message = format!(
                "a space is missing after the colon of `{field}`, so that all of it is one text\nwrite `{field}: {}`",
                value.trim_start()
            );
            let error: Error = de::Error::custom(message);
            let is_plain = self.tree.span.is_on_line(text.chars().count());
            return error.replaced_by(is_plain.then(|| format!("{field}: {}", value.trim_start())));
        }
        let help = match fields {
            [] => "remove it".to_owned(),
            [first, ..] => format!("write a field by its name, as in {{ {first}: {example} }}"),
        };
        let fields = fields.join(", ");
        de::Error::custom(format!("found {found} where a map belongs, with the fields: {fields}\n{help}"))
    }

    fn seq<V: Visitor<'t>>(&self, items: &'t [Tree], visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Items { reader: *self, items: items.iter() })
    }

    fn map<V: Visitor<'t>>(
        &self,
        entries: &'t [(Spanned<String>, Tree)],
        known: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor
            .visit_map(Entries { reader: *self, entries: entries.iter(), value: None, known })
            .map_err(|error| error.with_comma(self.tree, known))
    }

    fn any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.tree.node {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Int(value) => visitor.visit_i64(*value),
            Node::Float(value) => visitor.visit_f64(*value),
            Node::Str(value) => visitor.visit_borrowed_str(value),
            Node::Seq(items) => self.seq(items, visitor),
            Node::Map(entries) => self.map(entries, None, visitor),
        }
    }
}

impl<'t> Deserializer<'t> for Reader<'t, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Error> {
        self.any(visitor).map_err(|error| error.of(self.tree))
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tree.node {
            Node::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'t>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let result = match &self.tree.node {
            Node::Map(entries) => self.map(entries, Some(fields), visitor),
            // An empty body (`end:`) is a struct in which every field has its default.
            Node::Null => self.map(&[], Some(fields), visitor),
            _ => Err(self.not_fields(fields)),
        };
        result.map_err(|error| error.at(self.tree.span))
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == SPANNED {
            return visitor.visit_seq(SpanThenValue { reader: self, next: 0 });
        }
        if name == OR_NONE {
            return match &self.tree.node {
                Node::Null => visitor.visit_none(),
                Node::Str(word) if word == NONE => visitor.visit_none(),
                _ => visitor.visit_some(self),
            };
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let result = match &self.tree.node {
            Node::Str(name) => visitor.visit_enum(Variant { name, value: None, reader: self }),
            Node::Map(entries) if entries.len() == 1 => {
                let (name, value) = &entries[0];
                visitor.visit_enum(Variant { name, value: Some(value), reader: self })
            }
            _ => Err(self.not_one_of(variants)),
        };
        result.map_err(|error| error.at(self.tree.span))
    }

    fn deserialize_ignored_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier
    }
}

struct Items<'t, 'u> {
    reader: Reader<'t, 'u>,
    items: std::slice::Iter<'t, Tree>,
}

impl<'t> SeqAccess<'t> for Items<'t, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(item) = self.items.next() else { return Ok(None) };
        seed.deserialize(self.reader.child(item)).map(Some).map_err(|error| error.at(item.span))
    }
}

struct Entries<'t, 'u> {
    reader: Reader<'t, 'u>,
    entries: std::slice::Iter<'t, (Spanned<String>, Tree)>,
    value: Option<&'t Tree>,
    /// The fields of a struct; `None` for a free map.
    known: Option<&'static [&'static str]>,
}

impl<'t> MapAccess<'t> for Entries<'t, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        for (name, value) in self.entries.by_ref() {
            if let Some(known) = self.known
                && !known.contains(&name.as_str())
            {
                let comma = Comma::of(self.reader.tree, Some(known), Some(name.span));
                let unknown = Unknown { name: name.value.clone(), span: name.span, known, comma };
                self.reader.unknown.borrow_mut().push(unknown);
                continue;
            }
            self.value = Some(value);
            let key = StrDeserializer::<Error>::new(name);
            // A key of a free map may be a `Spanned<String>` too.
            return seed
                .deserialize(KeyReader { key, span: name.span })
                .map(Some)
                .map_err(|e| e.at(name.span));
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self.value.take().ok_or_else(|| <Error as de::Error>::custom("a value without a key"))?;
        seed.deserialize(self.reader.child(value)).map_err(|error| error.at(value.span))
    }
}

struct KeyReader<'k> {
    key: StrDeserializer<'k, Error>,
    span: Span,
}

impl<'t> Deserializer<'t> for KeyReader<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Error> {
        self.key.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name != SPANNED {
            return visitor.visit_newtype_struct(self);
        }
        visitor.visit_seq(SpanThenKey { key: self, next: 0 })
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.key.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The four numbers of a span, then the key.
struct SpanThenKey<'k> {
    key: KeyReader<'k>,
    next: usize,
}

impl<'t> SeqAccess<'t> for SpanThenKey<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let next = self.next;
        self.next += 1;
        match numbers(self.key.span).get(next) {
            Some(number) => seed.deserialize(U32Deserializer::new(*number)).map(Some),
            None if next == SPAN_NUMBERS => seed.deserialize(self.key.key).map(Some),
            None => Ok(None),
        }
    }
}

/// The four numbers of a span, then the value.
struct SpanThenValue<'t, 'u> {
    reader: Reader<'t, 'u>,
    next: usize,
}

impl<'t> SeqAccess<'t> for SpanThenValue<'t, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let next = self.next;
        self.next += 1;
        let span = self.reader.tree.span;
        match numbers(span).get(next) {
            Some(number) => seed.deserialize(U32Deserializer::new(*number)).map(Some),
            None if next == SPAN_NUMBERS => {
                seed.deserialize(self.reader).map(Some).map_err(|error| error.at(span))
            }
            None => Ok(None),
        }
    }
}

const SPAN_NUMBERS: usize = 4;

/// In the order in which a [`Spanned`] reads them.
fn numbers(span: Span) -> [u32; SPAN_NUMBERS] {
    [span.line, span.column, span.end_line, span.end_column]
}

struct Variant<'t, 'u> {
    name: &'t str,
    value: Option<&'t Tree>,
    reader: Reader<'t, 'u>,
}

impl<'t, 'u> EnumAccess<'t> for Variant<'t, 'u> {
    type Error = Error;
    type Variant = Variant<'t, 'u>;

    fn variant_seed<V: DeserializeSeed<'t>>(self, seed: V) -> Result<(V::Value, Variant<'t, 'u>), Error> {
        Ok((seed.deserialize(StrDeserializer::<Error>::new(self.name))?, self))
    }
}

impl<'t> VariantAccess<'t> for Variant<'t, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(de::Error::custom(format!("`{}` takes no value here", self.name))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'t>>(self, seed: T) -> Result<T::Value, Error> {
        let value = self
            .value
            .ok_or_else(|| <Error as de::Error>::custom(format!("`{}` needs a value", self.name)))?;
        seed.deserialize(self.reader.child(value)).map_err(|error| error.at(value.span))
    }

    fn tuple_variant<V: Visitor<'t>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        Err(self.reader.wrong(&visitor))
    }

    fn struct_variant<V: Visitor<'t>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Some(value) => self.reader.child(value).deserialize_struct("", fields, visitor),
            None => Err(self.reader.wrong(&visitor)),
        }
    }
}
