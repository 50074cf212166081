//! Texts for clients: one for all languages or one per language, each a strict Handlebars template.

use std::{
    cmp::Ordering,
    collections::BTreeSet,
    fmt,
    sync::{LazyLock, OnceLock},
};

use handlebars::{
    Context, Handlebars, RenderContext, Renderable,
    template::{HelperTemplate, Parameter, TemplateElement},
};
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
mod show;
#[cfg(test)]
mod tests;

pub(crate) use bounds::{BLOCKS, BYTES, LOOPS, OUTPUT, TAG_BYTES, TAGS};
pub(crate) use helpers::HELPERS;
pub use kinds::Clash;

use show::{CALC, COMPUTED, SHOW, WHY};

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
        paths: Vec<Vec<String>>,
        roots: Vec<String>,
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
            Ok(Compiled::Expressions { template, roots, work, computed, .. }) => {
                let mut values = vars::context(source, roots.iter().map(String::as_str));
                work.check(&values)?;
                if let (false, Value::Object(values)) = (computed.is_empty(), &mut values) {
                    let compute = |expression: &Expression| {
                        expression.tagged_value(source).unwrap_or_else(|why| json!({ WHY: why }))
                    };
                    values.insert(COMPUTED.to_owned(), computed.iter().map(compute).collect());
                }
                let context = Context::from(values);
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

const NO_HELPER: &str = "there is no helper ";

fn parse(source: &str) -> Result<Compiled, ParseError> {
    if !source.contains("{{") && !source.contains('\\') {
        return Ok(Compiled::Plain);
    }
    bounds::check_source(source)?;
    let mut template =
        handlebars::Template::compile(source).map_err(|error| explain::explain(source, &error))?;
    let mut paths = Vec::new();
    walk(source, &template, true, &mut paths)?;
    let mut work = bounds::Work::default();
    count(&template, 0, &mut work)?;
    let mut needs = BTreeSet::new();
    needs::collect(&template, true, &BTreeSet::new(), &mut needs);
    let mut computed = Vec::new();
    rewrite(&mut template, true, &mut computed)?;
    paths.extend(computed.iter().flat_map(|expression: &Expression| expression.paths().iter().cloned()));
    paths.sort();
    paths.dedup();
    let mut roots: Vec<String> = paths.iter().filter_map(|path| path.first().cloned()).collect();
    roots.dedup();
    // `@root` inside a block can reach paths that are not collected: every root is provided.
    if roots.len() < vars::ROOTS.len() && source.contains("@root") {
        roots = vars::ROOTS.map(str::to_owned).to_vec();
    }
    roots.retain(|root| vars::ROOTS.contains(&root.as_str()));
    Ok(Compiled::Expressions {
        template: Box::new(template),
        paths,
        roots,
        needs: needs.into_iter().collect(),
        computed,
        work,
    })
}

/// Turns every `{{variable}}` into a call of the helper that shows values, and numbers the expressions of `{{calc "…"}}`.
fn rewrite(
    template: &mut handlebars::Template,
    outer: bool,
    computed: &mut Vec<Expression>,
) -> Result<(), ParseError> {
    for element in &mut template.elements {
        match element {
            TemplateElement::HtmlExpression(call) | TemplateElement::Expression(call) => {
                if call.params.is_empty() && call.hash.is_empty() {
                    let mut paths = Vec::new();
                    path(&call.name, outer, &mut paths);
                    let whole = paths.into_iter().next().filter(|_| outer).map(|path| path.join("."));
                    let name = std::mem::replace(&mut call.name, Parameter::Name(SHOW.to_owned()));
                    call.params.push(whole.map_or(name, |path| Parameter::Literal(Value::String(path))));
                } else {
                    number(call, computed)?;
                }
            }
            TemplateElement::HelperBlock(call) => {
                number(call, computed)?;
                let moves = matches!(call.name.as_name(), Some("each" | "with"));
                if let Some(inner) = &mut call.template {
                    rewrite(inner, outer && !moves, computed)?;
                }
                if let Some(inner) = &mut call.inverse {
                    rewrite(inner, outer, computed)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Puts a number in the place of each expression of a call of `calc`, and of those among its parameters.
fn number(call: &mut HelperTemplate, computed: &mut Vec<Expression>) -> Result<(), ParseError> {
    if call.name.as_name() == Some(CALC) {
        let [Parameter::Literal(Value::String(source))] = call.params.as_slice() else {
            let help = "write the expression as one text: {{calc \"slots.n * 2\"}}";
            return Err(ParseError::new("`calc` computes one expression", help, CALC));
        };
        let at = computed.len();
        computed.push(Expression::compile(source.clone(), Span::default()));
        call.params = vec![Parameter::Literal(json!(at))];
    }
    for parameter in call.params.iter_mut().chain(call.hash.values_mut()) {
        if let Parameter::Subexpression(inner) = parameter
            && let TemplateElement::Expression(inner) | TemplateElement::HtmlExpression(inner) =
                &mut *inner.element
        {
            number(inner, computed)?;
        }
    }
    Ok(())
}

/// Counts the elements of a template by the number of loops that they stand in.
fn count(template: &handlebars::Template, loops: usize, work: &mut bounds::Work) -> Result<(), ParseError> {
    for element in &template.elements {
        work.add(loops, comparisons(element))?;
        if let TemplateElement::HelperBlock(call) = element {
            let inside = loops + usize::from(call.name.as_name() == Some("each"));
            if let Some(inner) = &call.template {
                count(inner, inside, work)?;
            }
            if let Some(inner) = &call.inverse {
                count(inner, loops, work)?;
            }
        }
    }
    Ok(())
}

/// How often an element compares two values, which may be whole lists and maps.
fn comparisons(element: &TemplateElement) -> u64 {
    let (TemplateElement::HelperBlock(call)
    | TemplateElement::Expression(call)
    | TemplateElement::HtmlExpression(call)) = element
    else {
        return 0;
    };
    let own = u64::from(matches!(call.name.as_name(), Some("eq" | "ne")));
    let inside = call.params.iter().chain(call.hash.values()).map(|parameter| match parameter {
        Parameter::Subexpression(inner) => comparisons(&inner.element),
        _ => 0,
    });
    own + inside.sum::<u64>()
}

/// Collects the paths read from the root. `outer` is false inside `each` and `with`, where names mean the item's.
fn walk(
    source: &str,
    template: &handlebars::Template,
    outer: bool,
    paths: &mut Vec<Vec<String>>,
) -> Result<(), ParseError> {
    for element in &template.elements {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::HtmlExpression(call) | TemplateElement::Expression(call) => {
                if call.params.is_empty() && call.hash.is_empty() {
                    path(&call.name, outer, paths);
                } else {
                    helper(call, outer, paths)?;
                }
            }
            TemplateElement::HelperBlock(call) => {
                helper(call, outer, paths)?;
                let moves = matches!(call.name.as_name(), Some("each" | "with"));
                if let Some(inner) = &call.template {
                    walk(source, inner, outer && !moves, paths)?;
                }
                if let Some(inner) = &call.inverse {
                    walk(source, inner, outer, paths)?;
                }
            }
            _ => {
                let why = "`{{> …}}` and `{{* …}}` are not part of the language";
                let part = if source.contains("{{>") { "{{>" } else { "" };
                return Err(ParseError::new(why, "write the text itself, or use a variable", part));
            }
        }
    }
    Ok(())
}

fn helper(call: &HelperTemplate, outer: bool, paths: &mut Vec<Vec<String>>) -> Result<(), ParseError> {
    let name = call.name.as_name().unwrap_or_default();
    if !helpers::names().any(|known| known == name) {
        let help = format!("use one of: {}", helpers::names().collect::<Vec<_>>().join(", "));
        return Err(ParseError::new(format!("{NO_HELPER}`{name}`"), help, name));
    }
    for parameter in call.params.iter().chain(call.hash.values()) {
        match parameter {
            Parameter::Subexpression(inner) => match &*inner.element {
                TemplateElement::Expression(inner) | TemplateElement::HtmlExpression(inner) => {
                    helper(inner, outer, paths)?;
                }
                _ => {}
            },
            other => path(other, outer, paths),
        }
    }
    Ok(())
}

fn path(parameter: &Parameter, outer: bool, paths: &mut Vec<Vec<String>>) {
    let raw = match parameter {
        Parameter::Name(name) => name.as_str(),
        Parameter::Path(handlebars::Path::Relative((_, raw))) => raw.as_str(),
        _ => return,
    };
    let from_root = raw.strip_prefix("@root.");
    if !outer && from_root.is_none() {
        // The item's own fields, or a root reached through parent scopes: a root's name is still worth providing.
        let first = raw.trim_start_matches("../").split('.').next().unwrap_or_default();
        if vars::ROOTS.contains(&first) {
            paths.push(vec![first.to_owned()]);
        }
        return;
    }
    paths.push(parts(from_root.unwrap_or(raw)));
}

/// The names of a path such as `slots.budget` or `slots.r.items.[0].name`.
fn parts(path: &str) -> Vec<String> {
    path.split(['.', '/']).map(|part| part.trim_matches(['[', ']']).to_owned()).collect()
}

pub(crate) fn russian_plural<'f>(count: f64, one: &'f str, few: &'f str, many: &'f str) -> &'f str {
    if count.fract() != 0.0 {
        return few;
    }
    let last_two = count.abs() % 100.0;
    match (last_two % 10.0, last_two) {
        (_, n) if (11.0..=14.0).contains(&n) => many,
        (1.0, _) => one,
        (n, _) if (2.0..=4.0).contains(&n) => few,
        _ => many,
    }
}

/// An amount in Russian notation: see [`money_in`].
pub fn money(amount: f64, currency: &str) -> String {
    money_in(amount, currency, Language::Ru)
}

/// An amount with groups of three digits, the decimal mark of the language and the currency sign at the end, with no-break
/// spaces.
pub fn money_in(amount: f64, currency: &str, language: Language) -> String {
    let cents = (amount.abs() * 100.0).round();
    let whole = format!("{:.0}", (cents / 100.0).trunc());
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push('\u{00A0}');
        }
        grouped.push(digit);
    }
    let mark = if language == Language::Ru { ',' } else { '.' };
    let rest = cents % 100.0;
    let fraction = if rest == 0.0 { String::new() } else { format!("{mark}{rest:02.0}") };
    let sign = if amount < 0.0 { "−" } else { "" };
    let currency = match currency {
        "" => String::new(),
        "RUB" => "\u{00A0}₽".to_owned(),
        "USD" => "\u{00A0}$".to_owned(),
        "EUR" => "\u{00A0}€".to_owned(),
        "UAH" => "\u{00A0}₴".to_owned(),
        other => format!("\u{00A0}{other}"),
    };
    format!("{sign}{grouped}{fraction}{currency}")
}

/// Cuts a text to at most `limit` characters, at a word where possible, and marks the cut.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    let cut = match cut.rsplit_once(char::is_whitespace) {
        Some((head, _)) if head.chars().count() * 2 > limit => head,
        _ => &cut,
    };
    format!("{}…", cut.trim_end_matches([' ', ',', ';', '.']))
}

/// The beginning of a text, at most `limit` characters, up to a blank where one stands in its second half.
pub fn cut(text: &str, limit: usize) -> &str {
    let Some((end, next)) = text.char_indices().nth(limit) else { return text };
    let head = text.get(..end).unwrap_or_default();
    if next.is_whitespace() {
        return head;
    }
    let blank = head.rfind(char::is_whitespace).filter(|at| at * 2 > end);
    blank.and_then(|at| head.get(..at)).unwrap_or(head)
}

/// A value as plain text; `null` is empty.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
