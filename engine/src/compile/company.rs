//! Reads company.yaml: the company's particulars, each of the type that it is written as, its clock and its working hours.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::{
    bundle::{Bundle, COMPANY},
    calendar::Calendar,
    config,
    diagnostic::{Code, Diagnostic, Fix},
    language::Language,
    slot::Type,
    span::{Span, Spanned},
    text::Text,
    typed::Typed,
    vars::VariableNames,
    yaml::{Node, Tree},
};

/// The content of `company.yaml`.
#[derive(Default)]
pub(crate) struct Company {
    /// Whether the file is there but could not be read.
    pub(super) unread: bool,
    /// The type of each value, where it is the same in every language.
    pub(super) keys: BTreeMap<String, Option<Type>>,
    pub(super) by_language: BTreeMap<Language, Map<String, Value>>,
    pub(super) time_zone: Option<TimeZone>,
    pub(super) calendar: Calendar,
}

impl Company {
    /// The names that the file gives, beside the slots of a flow.
    pub(crate) fn names(&self) -> VariableNames<'_> {
        VariableNames {
            company: self.keys.iter().map(|(key, kind)| (key.as_str(), *kind)).collect(),
            company_values: self.by_language.values().next(),
            working_hours: self.calendar.is_known(),
            ..VariableNames::default()
        }
    }

    fn add(&mut self, key: &str, language: Language, value: Value) {
        self.by_language.entry(language).or_default().insert(key.to_owned(), value);
    }
}

/// The keys that say when the company works.
const HOURS: &str = "working_hours";
const HOLIDAYS: &str = "holidays";

pub(crate) fn read(bundle: &Bundle, diagnostics: &mut Vec<Diagnostic>) -> Company {
    let mut company = Company::default();
    let Some(text) = bundle.files.get(COMPANY) else { return company };
    company.unread = true;
    let Some(tree) = config::parse(COMPANY, text, diagnostics) else { return company };
    let entries = match &tree.node {
        Node::Null => &[],
        Node::Map(entries) => entries.as_slice(),
        other => {
            let message = format!("found {} where the company's particulars belong", other.describe());
            let help = "write a name and a value a line, such as `phone: \"+7 495 000-00-00\"`";
            diagnostics.push(Diagnostic::new(Code::BadValue, COMPANY, tree.span, message, help));
            return company;
        }
    };
    let before = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    for (key, value) in entries {
        match (key.as_str(), &value.node) {
            (HOURS, Node::Map(days)) => hours(&mut company, days, diagnostics),
            (HOLIDAYS, _) => holidays(&mut company, value, diagnostics),
            _ => particular(&mut company, text, key, value, diagnostics),
        }
    }
    company.unread = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count() > before;
    if company.calendar.is_known() {
        for language in Language::ALL {
            let shown = company.calendar.shown(language);
            company.add(HOURS, language, json!(shown));
        }
        company.keys.insert(HOURS.to_owned(), Some(Type::Text));
    }
    if let Some((_, zone)) = entries.iter().find(|(key, _)| key.as_str() == "timezone") {
        let name = match &zone.node {
            Node::Str(name) => name.as_str(),
            _ => "",
        };
        match TimeZone::get(name) {
            Ok(found) => company.time_zone = Some(found),
            Err(_) => {
                let message = format!("there is no time zone `{name}`");
                let help = "write one such as Europe/Moscow";
                diagnostics.push(Diagnostic::new(Code::BadValue, COMPANY, zone.span, message, help));
            }
        }
    }
    company
}

fn particular(
    company: &mut Company,
    source: &str,
    key: &Spanned<String>,
    value: &Tree,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let values: Vec<&Tree> = match &value.node {
        Node::Map(variants) => variants.iter().map(|(_, variant)| variant).collect(),
        Node::Seq(items) => items.iter().collect(),
        _ => vec![value],
    };
    for (value, written) in values.into_iter().filter_map(|value| Some((value, misread(source, value)?))) {
        let message = format!("`{written}` is read as a number, and would not be shown as it is written");
        let quoted = format!("\"{written}\"");
        let help = format!("make it a text by quotes: {quoted}");
        let fix = Fix { span: value.span, replacement: quoted };
        diagnostics.push(Diagnostic {
            fix: Some(fix),
            ..Diagnostic::new(Code::BadValue, COMPANY, value.span, message, help)
        });
    }
    let kind;
    match &value.node {
        Node::Map(variants) if !variants.is_empty() => {
            // Names of languages, and something for each.
            let Some(text) = config::read::<Text>(COMPANY, value, diagnostics) else { return };
            let of = |language: Language| {
                variants
                    .iter()
                    .find(|(name, _)| Language::from_code(name) == Some(language))
                    .or(variants.first())
            };
            let mut kinds = Vec::new();
            for language in Language::ALL {
                let Some((_, variant)) = of(language) else { continue };
                let (of, value) = scalar(source, variant);
                kinds.push(of);
                company.add(key, language, value);
            }
            kind =
                kinds.first().copied().flatten().filter(|first| kinds.iter().all(|of| *of == Some(*first)));
            for language in text.missing(&Language::ALL) {
                let message = format!("`{}` has no {language} version", key.value);
                let help = format!("add `{language}: …`");
                diagnostics.push(Diagnostic::new(
                    Code::MissingTranslation,
                    COMPANY,
                    text.span(),
                    message,
                    help,
                ));
            }
        }
        Node::Null | Node::Map(_) => {
            // The reader of texts says what belongs here.
            config::read::<Text>(COMPANY, value, diagnostics);
            return;
        }
        Node::Seq(items)
            if items.iter().any(|item| matches!(item.node, Node::Seq(_) | Node::Map(_) | Node::Null)) =>
        {
            let message = format!("`{}` is a list of more than plain values", key.value);
            let help = "write texts and numbers in it, such as [Москва, Тула]";
            diagnostics.push(Diagnostic::new(Code::BadValue, COMPANY, value.span, message, help));
            return;
        }
        Node::Seq(items) => {
            kind = Some(Type::List);
            let items: Vec<Value> = items.iter().map(|item| scalar(source, item).1).collect();
            Language::ALL.into_iter().for_each(|language| company.add(key, language, json!(items)));
        }
        _ => {
            let (of, shown) = scalar(source, value);
            kind = of;
            Language::ALL.into_iter().for_each(|language| company.add(key, language, shown.clone()));
        }
    }
    company.keys.insert(key.value.clone(), kind);
}

/// A plain value with its type: a number, a truth value, a date, a time, an amount of money; what is in quotes is a text.
fn scalar(source: &str, tree: &Tree) -> (Option<Type>, Value) {
    match &tree.node {
        Node::Bool(value) => (Some(Type::Boolean), json!(value)),
        Node::Int(number) => (Some(Type::Number), json!(number)),
        Node::Float(number) => (Some(Type::Number), json!(number)),
        Node::Str(text) if is_plain(source, tree.span) => {
            let kinds = [Type::Date, Type::Time, Type::DateTime, Type::Money];
            let typed = kinds.into_iter().find_map(|kind| {
                Typed::parse(kind, text)
                    .filter(|typed| kind == Type::Money || typed.iso().len() >= text.len())
            });
            match typed {
                Some(typed) => (Some(typed.kind()), typed.tag()),
                None => (Some(Type::Text), json!(text)),
            }
        }
        Node::Str(text) => (Some(Type::Text), json!(text)),
        _ => (None, Value::Null),
    }
}

/// The type that a particular of `source` is written as; `None` for what is no plain value. Of a list, a map or days of work it is that of
/// one of their values.
pub fn written_type(source: &str, value: &Tree) -> Option<Type> {
    scalar(source, value).0
}

/// The most digits of a number; more are a telephone or an account.
const DIGITS: usize = 9;

/// What is written where a number would not be shown so: `007`, `1.10`, `+7`, a telephone number.
fn misread(source: &str, tree: &Tree) -> Option<String> {
    let number = match &tree.node {
        Node::Int(number) => json!(number),
        Node::Float(number) => crate::typed::plain_number(*number),
        _ => return None,
    };
    let line = source.lines().nth((tree.span.line as usize).saturating_sub(1))?;
    let start = (tree.span.column as usize).saturating_sub(1);
    let length = (tree.span.end_column as usize).saturating_sub(1).saturating_sub(start);
    let written: String = line.chars().skip(start).take(length).collect();
    let long = written.chars().filter(char::is_ascii_digit).count() > DIGITS;
    let shown = number.to_string();
    (long || written != shown).then_some(written)
}

/// Whether a text stands in the file without quotes, on one line.
fn is_plain(source: &str, span: Span) -> bool {
    let line = source.lines().nth((span.line as usize).saturating_sub(1)).unwrap_or_default();
    let first = line.chars().nth((span.column as usize).saturating_sub(1));
    first.is_some_and(|first| !matches!(first, '"' | '\'' | '|' | '>'))
}

fn hours(company: &mut Company, days: &[(Spanned<String>, Tree)], diagnostics: &mut Vec<Diagnostic>) {
    for (day, value) in days {
        let ranges: Vec<&Tree> = match &value.node {
            Node::Seq(items) => items.iter().collect(),
            _ => vec![value],
        };
        for range in ranges {
            let hours = match &range.node {
                Node::Str(hours) => hours.clone(),
                other => other.describe(),
            };
            if let Err(why) = company.calendar.add(day, &hours) {
                let (message, help) = why.split_once('\n').unwrap_or((&why, ""));
                let span = if message.contains("no day") { day.span } else { range.span };
                diagnostics.push(Diagnostic::new(Code::BadValue, COMPANY, span, message, help));
            }
        }
    }
}

fn holidays(company: &mut Company, value: &Tree, diagnostics: &mut Vec<Diagnostic>) {
    let days: Vec<&Tree> = match &value.node {
        Node::Seq(items) => items.iter().collect(),
        _ => vec![value],
    };
    for day in days {
        let read = match &day.node {
            Node::Str(text) => text.parse().ok(),
            _ => None,
        };
        match read {
            Some(date) => company.calendar.add_holiday(date),
            None => {
                let message = format!("{} is no day", day.node.describe());
                let help = "write the days as a list: [2027-01-01, 2027-01-02]";
                diagnostics.push(Diagnostic::new(Code::BadValue, COMPANY, day.span, message, help));
            }
        }
    }
}
