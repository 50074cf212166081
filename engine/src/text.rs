//! Texts for clients: one for all languages or one per language, each a strict Handlebars template.

use std::{
    cmp::Ordering,
    fmt,
    sync::{LazyLock, OnceLock},
};

use handlebars::{Context, Handlebars, RenderContext, Renderable};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};
use serde_json::{Value, json};

mod bounds;
mod explain;
mod helpers;
mod kinds;
mod needs;
mod parse;
mod show;
mod simple;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use bounds::{BLOCKS, BYTES, LOOPS, OUTPUT, TAG_BYTES, TAGS};
pub(crate) use helpers::{HELPERS, TemplateHelper};
pub use kinds::Clash;
pub use write::{currency_sign, cut, money, money_in, plain, russian_plural, shorten};

use parse::{NO_HELPER, parse, parts, path};
use show::{CALC, COMPUTED, SHOW, WHY};
use simple::Piece;

use crate::{
    condition::Expression,
    diagnostic::nearest,
    language::Language,
    span::{Span, Spanned},
    vars, wording,
};

/// A text in one or several languages.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    variants: Vec<(Option<Language>, Template)>,
}

impl Text {
    /// The template for a language: its own, or the common one, or the first there is.
    pub fn in_language(&self, language: Language) -> &Template {
        let own = self.variants.iter().find(|(of, _)| *of == Some(language));
        let common = || self.variants.iter().find(|(of, _)| of.is_none());
        &own.or_else(common).unwrap_or(&self.variants[0]).1
    }

    /// The languages of `promised` that have no text of their own (a common text serves them all).
    pub fn missing<'a>(&'a self, promised: &'a [Language]) -> impl Iterator<Item = Language> + 'a {
        let has =
            |language: &Language| self.variants.iter().any(|(of, _)| of.is_none() || *of == Some(*language));
        promised.iter().filter(move |language| !has(language)).copied()
    }

    /// Every template with its language.
    pub fn templates(&self) -> impl Iterator<Item = (Option<Language>, &Template)> {
        self.variants.iter().map(|(language, template)| (*language, template))
    }

    /// Where the text begins.
    pub fn span(&self) -> Span {
        self.variants[0].1.span
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Vec<(Option<Language>, Spanned<String>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a map of texts by language such as { ru: …, en: … }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(vec![(None, Spanned::new(text.to_owned(), Span::default()))])
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut variants = Vec::new();
                while let Some(language) = map.next_key::<Language>()? {
                    variants.push((Some(language), map.next_value::<Spanned<String>>()?));
                }
                if variants.is_empty() {
                    return Err(de::Error::custom("a text by language is empty\nwrite { ru: …, en: … }"));
                }
                Ok(variants)
            }
        }

        struct Variants(Vec<(Option<Language>, Spanned<String>)>);
        impl<'de> Deserialize<'de> for Variants {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Variants, D::Error> {
                deserializer.deserialize_any(TextVisitor).map(Variants)
            }
        }

        let Spanned { value: Variants(variants), span } = Spanned::<Variants>::deserialize(deserializer)?;
        let variants = variants
            .into_iter()
            .map(|(language, source)| {
                let span = if source.span.line == 0 { span } else { source.span };
                (language, Template::compile(source.value, span))
            })
            .collect();
        Ok(Text { variants })
    }
}

impl JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A Handlebars template: one text for every language, or one a language.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "ru": { "type": "string" }, "en": { "type": "string" } },
                    "additionalProperties": false,
                    "minProperties": 1
                }
            ]
        })
    }
}

/// One Handlebars template. It always exists, even when its source does not parse: the compiler reports that.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    source: String,
    span: Span,
    compiled: Result<Compiled, ParseError>,
    /// Values are made safe for a part of an address.
    address: bool,
    /// The words of a text without variables, once they have been asked for.
    words: OnceLock<String>,
}

/// Why a template does not parse.
#[derive(Clone, Debug, PartialEq)]
struct ParseError {
    message: String,
    help: String,
    /// What is wrong in the source; empty for all of it.
    part: String,
}

impl ParseError {
    fn new(message: impl Into<String>, help: impl Into<String>, part: impl Into<String>) -> ParseError {
        ParseError { message: message.into(), help: help.into(), part: part.into() }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Compiled {
    /// No expression inside: nothing to render.
    Plain,
    Expressions {
        template: Box<handlebars::Template>,
        /// The same where it is only words and values.
        pieces: Option<Vec<Piece>>,
        paths: Vec<Vec<String>>,
        reads: Vec<vars::Read>,
        needs: Vec<String>,
        /// The expressions that `{{calc "…"}}` computes, by number.
        computed: Vec<Expression>,
        work: bounds::Work,
    },
}

impl Template {
    /// Parses a template.
    pub fn compile(source: String, span: Span) -> Template {
        let compiled = parse(&source);
        Template { source, span, compiled, address: false, words: OnceLock::new() }
    }

    /// Parses the template of an address. Values are percent-encoded, so that they can only be parts of a path or a query.
    pub fn for_address(source: String, span: Span) -> Template {
        let mut template = Template::compile(source, span);
        template.address = true;
        if template.source.contains("{{{") || template.source.contains("{{&") {
            let raw = if template.source.contains("{{{") { "{{{" } else { "{{&" };
            let message = "an address has no raw values, and here are three braces or `{{&`";
            template.compiled = Err(ParseError::new(message, "write two braces", raw));
        }
        template
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its span in the file.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Why it does not parse, if so, and how to fix it.
    pub fn error(&self) -> Option<(&str, &str)> {
        self.compiled.as_ref().err().map(|error| (error.message.as_str(), error.help.as_str()))
    }

    /// The part of the source that does not parse; empty where it is all of it, or where there is no error.
    pub fn error_part(&self) -> &str {
        self.compiled.as_ref().err().map_or("", |error| &error.part)
    }

    /// Whether the error is that it is too long, too deep or too much work.
    pub fn is_too_complex(&self) -> bool {
        self.error().is_some_and(|(why, _)| why.contains(bounds::TOO_COMPLEX))
    }

    /// The helper that was probably meant where one is not known.
    pub fn nearest_helper(&self) -> Option<&'static str> {
        let name = self.error()?.0.strip_prefix(NO_HELPER)?.trim_matches('`');
        nearest(name, helpers::names())
    }

    /// Paths such as `slots.budget` that it reads from the root of the context.
    pub fn paths(&self) -> &[Vec<String>] {
        match &self.compiled {
            Ok(Compiled::Expressions { paths, .. }) => paths,
            _ => &[],
        }
    }

    /// Slots, and fields of the client, that must be set, or a dash stands for their value: they are shown outside `{{#if}}`.
    pub fn needs(&self) -> &[String] {
        match &self.compiled {
            Ok(Compiled::Expressions { needs, .. }) => needs,
            _ => &[],
        }
    }

    /// The expressions that `{{calc "…"}}` computes.
    pub fn computed(&self) -> &[Expression] {
        match &self.compiled {
            Ok(Compiled::Expressions { computed, .. }) => computed,
            _ => &[],
        }
    }

    /// Values that the text shows or compares and that have no meaning there.
    pub fn clashes(&self, names: &vars::VariableNames<'_>) -> Vec<Clash> {
        let mut found = Vec::new();
        if let Ok(Compiled::Expressions { template, computed, .. }) = &self.compiled {
            kinds::check(template, computed, names, true, &mut found);
        }
        found
    }

    /// The text as [`wording::normalized`] words, if it is the same whatever the variables are.
    pub fn constant_words(&self) -> Option<&str> {
        matches!(self.compiled, Ok(Compiled::Plain))
            .then(|| self.words.get_or_init(|| wording::normalized(&self.source)).as_str())
    }

    /// Renders the text. A value that is unset or of a type that the text cannot show is a dash, and a fault.
    ///
    /// # Errors
    /// The template does not parse, it goes through something that is unset, the text would be longer or more work than the
    /// bounds of a text; in an address also a value that cannot be shown. The message is for logs and traces.
    pub fn render(&self, source: &dyn vars::VariableSource) -> Result<Rendered, String> {
        match &self.compiled {
            Err(error) => Err(error.message.clone()),
            Ok(Compiled::Plain) => Ok(Rendered { text: self.source.clone(), faults: Vec::new() }),
            Ok(Compiled::Expressions { pieces: Some(pieces), reads, computed, .. }) => {
                simple::render(pieces, &vars::context(source, reads), computed, source, self.address)
            }
            Ok(Compiled::Expressions { template, reads, work, computed, .. }) => {
                let mut values = vars::context(source, reads);
                work.check(&values)?;
                if !computed.is_empty() {
                    let compute = |expression: &Expression| {
                        expression.tagged_value(source).unwrap_or_else(|why| json!({ WHY: why }))
                    };
                    values.insert(COMPUTED.to_owned(), computed.iter().map(compute).collect());
                }
                let context = Context::from(Value::Object(values));
                let registry: &Handlebars<'_> = if self.address { &ADDRESSES } else { &REGISTRY };
                let mut rendered = bounds::Capped::default();
                show::begin(source.language(), self.address);
                let result =
                    template.render(registry, &context, &mut RenderContext::new(None), &mut rendered);
                let faults = show::end();
                match result {
                    Ok(()) => Ok(Rendered { text: rendered.text, faults }),
                    Err(_) if rendered.full => Err(bounds::Capped::error()),
                    Err(error) => Err(error.reason().to_string()),
                }
            }
        }
    }
}

/// A rendered text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Why a dash stands for a value, for the trace. No values are named.
    pub faults: Vec<String>,
}

/// The template of an address; see [`Template::for_address`].
#[derive(Clone, Debug, PartialEq)]
pub struct Address(pub Template);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let source = Spanned::<String>::deserialize(deserializer)?;
        Ok(Address(Template::for_address(source.value, source.span)))
    }
}

impl JsonSchema for Address {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^https://" })
    }
}

static REGISTRY: LazyLock<Handlebars<'static>> = LazyLock::new(|| registry(handlebars::no_escape));
static ADDRESSES: LazyLock<Handlebars<'static>> = LazyLock::new(|| registry(percent_encoded));

/// Letters, digits and `-._~` stay (RFC 3986, unreserved); everything else is encoded byte by byte.
fn percent_encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn registry(escape: fn(&str) -> String) -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(escape);
    registry.register_helper(SHOW, Box::new(show::Show));
    registry.register_helper(CALC, Box::new(show::Calc));
    registry.register_helper("money", Box::new(show::Format(show::money)));
    registry.register_helper("date", Box::new(show::Format(show::date)));
    registry.register_helper("time", Box::new(show::Format(show::time)));
    registry.register_helper("number", Box::new(show::Format(show::number)));
    registry.register_helper("plural", Box::new(show::Format(show::plural)));
    registry.register_helper("eq", Box::new(show::Compare("eq", Ordering::is_eq)));
    registry.register_helper("ne", Box::new(show::Compare("ne", Ordering::is_ne)));
    registry.register_helper("gt", Box::new(show::Compare("gt", Ordering::is_gt)));
    registry.register_helper("gte", Box::new(show::Compare("gte", Ordering::is_ge)));
    registry.register_helper("lt", Box::new(show::Compare("lt", Ordering::is_lt)));
    registry.register_helper("lte", Box::new(show::Compare("lte", Ordering::is_le)));
    registry
}
