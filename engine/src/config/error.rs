//! Errors of reading a value, as an author should see them.

use std::fmt;

use serde::de;

use crate::{
    diagnostic::{Code, Diagnostic},
    span::Span,
    yaml::Node,
};

/// Why a value could not be read.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) span: Option<Span>,
    pub(super) missing: Option<&'static str>,
    unknown_variant: Option<(String, &'static [&'static str])>,
    message: String,
}

impl Error {
    pub(super) fn at(mut self, span: Span) -> Error {
        self.span.get_or_insert(span);
        self
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
            let meant = SYNONYMS.iter().find(|(other, word)| *other == name && known.contains(word));
            let meant = meant.map_or(name.as_str(), |(_, word)| word);
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
        Diagnostic::new(Code::BadValue, file, span, message, help)
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
        Error { span: None, missing: None, unknown_variant: None, message: message.to_string() }
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
        Error { unknown_variant: Some((variant.to_owned(), expected)), ..Error::custom("") }
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
        other => (other, "write it in that form"),
    };
    de::Error::custom(format!("found {found} where {wanted} belongs\n{help}"))
}
