//! Errors of reading a value, as an author should see them.

use std::fmt;

use serde::de;

use super::Comma;
use crate::{
    diagnostic::{Code, Diagnostic},
    span::Span,
    yaml::{Node, Tree, quoted},
};

/// Why a value could not be read.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) span: Option<Span>,
    pub(super) missing: Option<&'static str>,
    /// The comma that is to blame.
    pub(super) comma: Option<Box<Comma>>,
    unknown_variant: Option<(Box<str>, &'static [&'static str])>,
    /// Whether a text was expected.
    text: bool,
    /// What takes the place of the value, for certain.
    replacement: Option<Box<str>>,
    message: String,
}

impl Error {
    pub(super) fn at(mut self, span: Span) -> Error {
        self.span.get_or_insert(span);
        self
    }

    /// Completes an error that is about this very value: its place, and for a text that is read as something else how to make
    /// it one.
    pub(super) fn of(mut self, tree: &Tree) -> Error {
        if self.span.is_none()
            && self.text
            && let Some(written) = &tree.written
            && matches!(tree.node, Node::Bool(_) | Node::Int(_) | Node::Float(_) | Node::Null)
        {
            if written.starts_with('#') {
                self.message = format!(
                    "`#` begins a comment, so that there is nothing where a text belongs\nput the text in quotes: {}",
                    quoted(written)
                );
                return self.at(tree.span);
            }
            let quoted = format!("\"{written}\"");
            let found = match &tree.node {
                Node::Bool(_) => format!("`{written}`, which is true or false for YAML,"),
                Node::Null => format!("`{written}`, which is nothing for YAML,"),
                _ => format!("the number {written}"),
            };
            self.message = format!("found {found} where a text belongs\nmake it a text by quotes: {quoted}");
            self.replacement = Some(quoted.into());
        }
        self.at(tree.span)
    }

    /// The same error, with what takes the place of the value.
    pub(super) fn replaced_by(self, replacement: Option<String>) -> Error {
        Error { replacement: replacement.map(Into::into), ..self }
    }

    /// Whether it is certain which text was meant.
    pub(super) fn is_certain(&self) -> bool {
        self.replacement.is_some()
    }

    /// Looks in the map that is read for a comma that is to blame.
    pub(super) fn with_comma(self, map: &Tree, fields: Option<&[&str]>) -> Error {
        if map.written.is_none() || self.comma.is_some() || self.missing.is_some() {
            return self;
        }
        let known = self.unknown_variant.as_ref().map(|(_, known)| *known);
        let Some(at) = self.span else { return self };
        // `1,5` begins like a number.
        if self.replacement.is_some() {
            let comma = Comma::of(map, fields, None).filter(|comma| comma.begins_at(at));
            return self.with_comma_of(comma);
        }
        let comma = Comma::of(map, known, Some(at));
        self.with_comma_of(comma)
    }

    pub(super) fn with_comma_of(self, comma: Option<Comma>) -> Error {
        Error { comma: comma.map(Box::new).or(self.comma), ..self }
    }

    pub(super) fn diagnostic(self, file: &str, fallback: Span) -> Diagnostic {
        let span = self.span.unwrap_or(fallback);
        if let Some(field) = self.missing {
            let message = format!("the field `{field}` is missing");
            return Diagnostic::new(Code::MissingField, file, span, message, format!("add `{field}:` here"));
        }
        if let Some((name, known)) = self.unknown_variant {
            let message = format!("`{name}` is none of the words that fit here");
            let help = format!("use one of: {}", known.join(", "));
            let meant = SYNONYMS.iter().find(|(other, word)| *other == &*name && known.contains(word));
            let meant = meant.map_or(&*name, |(_, word)| word);
            let diagnostic = Diagnostic::new(Code::BadValue, file, span, message, help);
            return match known.iter().find(|word| **word == meant) {
                Some(word) => Diagnostic { nearest: Some((*word).to_owned()), ..diagnostic },
                None => diagnostic.near(&name, known.iter().copied()),
            };
        }
        // A type may add how to fix its value after a newline.
        let (message, help) = self
            .message
            .split_once('\n')
            .map_or((self.message.as_str(), "write a value of the expected form"), |(message, help)| {
                (message, help)
            });
        let diagnostic = Diagnostic::new(Code::BadValue, file, span, message, help);
        match self.replacement {
            Some(replacement) => diagnostic.with_fix(replacement.into_string()),
            None => diagnostic,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Error {
        Error {
            span: None,
            missing: None,
            comma: None,
            unknown_variant: None,
            text: false,
            replacement: None,
            message: message.to_string(),
        }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Error {
        let found = match found {
            de::Unexpected::Unit | de::Unexpected::Option => "nothing".to_owned(),
            de::Unexpected::Bool(value) => format!("`{value}`"),
            de::Unexpected::Unsigned(value) => format!("the number {value}"),
            de::Unexpected::Signed(value) => format!("the number {value}"),
            de::Unexpected::Float(value) => format!("the number {value}"),
            de::Unexpected::Str(value) => Node::Str(value.to_owned()).describe(),
            de::Unexpected::Seq => "a list".to_owned(),
            de::Unexpected::Map => "a map of fields".to_owned(),
            other => other.to_string(),
        };
        misfit(&found, &expected.to_string())
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Error {
        Error::invalid_type(found, expected)
    }

    fn missing_field(field: &'static str) -> Error {
        Error { missing: Some(field), ..Error::custom("") }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Error {
        Error { unknown_variant: Some((variant.into(), expected)), ..Error::custom("") }
    }
}

/// Words for a type that other languages use.
const SYNONYMS: [(&str, &str); 8] = [
    ("string", "text"),
    ("str", "text"),
    ("int", "number"),
    ("integer", "number"),
    ("float", "number"),
    ("bool", "boolean"),
    ("mail", "email"),
    ("telephone", "phone"),
];

/// Words of a reader's own description of what it expects.
const RUST_TYPES: &[&str] = &["struct ", "enum ", "newtype", "tuple", "variant", "unit "];

/// The error of a value of the wrong type, in an author's words.
pub(super) fn misfit(found: &str, expected: &str) -> Error {
    let (wanted, help) = match expected {
        "a sequence" => ("a list", "write a list: [one, two], or an item a line, each after `- `"),
        "a map" => ("a map", "write names with values: { name: value }, or one a line"),
        "a string" => ("a text", "write a text; a number or `true` becomes one in quotes: \"5\""),
        "a boolean" => ("true or false", "write true or false, without quotes"),
        "u8" | "u16" | "u32" | "u64" | "usize" => {
            ("a whole number, 0 or more", "write a whole number such as 5, without quotes or unit")
        }
        "i8" | "i16" | "i32" | "i64" => ("a whole number", "write a whole number such as 5, without quotes"),
        "f32" | "f64" => ("a number", "write a number such as 0.5, without quotes or unit"),
        other if other.starts_with("a text, or") => (
            "a text",
            "write a text, or one a language: { ru: …, en: … }; a number becomes a text in quotes: \"5\"",
        ),
        // The names of the program's own types are no help.
        other if RUST_TYPES.iter().any(|name| other.contains(name)) => {
            ("another form", "see the form of this field in the reference")
        }
        other => (other, "write it in that form"),
    };
    let error: Error = de::Error::custom(format!("found {found} where {wanted} belongs\n{help}"));
    Error { text: wanted == "a text", ..error }
}
