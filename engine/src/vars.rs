//! The names that templates, conditions and filters may use, and the checks of them that the compiler makes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::{
    language::Language,
    slot::{self, Type},
};

/// Roots of every context, in the order of the specification.
pub const ROOTS: [&str; 9] =
    ["client", "message", "slots", "labels", "session", "results", "context", "company", "now"];

const CLIENT: [&str; 3] = ["first_name", "last_name", "username"];
const MESSAGE: [&str; 1] = ["text"];
const SESSION: [&str; 2] = ["language", "flow"];
const RESULTS: [&str; 3] = ["query", "total", "items"];
const CONTEXT: [&str; 7] = ["shown", "focus", "order", "pending", "leads", "urgent", "upset"];
const NOW: [&str; 13] = [
    "date",
    "time",
    "year",
    "month",
    "day",
    "weekday",
    "hour",
    "minute",
    "iso",
    "working",
    "workday",
    "opens",
    "next_workday",
];

/// How many fields of `now` need no working hours.
const CLOCK: usize = 9;

/// Whether a field of `now` follows from the company's calendar.
pub(crate) fn of_calendar(field: &str) -> bool {
    NOW.split_at(CLOCK).1.contains(&field)
}

/// Every root with its fields in words, for the reference.
pub(crate) fn documented() -> impl Iterator<Item = (&'static str, String)> {
    let list = |fields: &[&str]| fields.join(", ");
    ROOTS.into_iter().map(move |root| {
        let fields = match root {
            "client" => list(&CLIENT),
            "message" => list(&MESSAGE),
            "session" => list(&SESSION),
            "results" => format!("{} (of the last search)", list(&RESULTS)),
            "context" => list(&CONTEXT),
            "now" => format!(
                "the moment, a datetime in the company's time zone; {} (weekday 1 is Monday; `working` says whether the \
                 company works now, `workday` whether it does today, `opens` when it opens next, by `working_hours` and \
                 `holidays` of company.yaml)",
                list(&NOW)
            ),
            "labels" => "for a slot that a question with `choices` fills: what the choice is called in the client's language"
                .to_owned(),
            "company" => "the keys of company.yaml, each of the type that it is written as".to_owned(),
            _ => "the flow's own".to_owned(),
        };
        (root, fields)
    })
}

/// The names that a bundle adds to the fixed ones.
#[derive(Clone, Debug, Default)]
pub struct VariableNames<'a> {
    /// The flow's slots.
    pub slots: Option<&'a BTreeMap<String, slot::Declaration>>,
    /// The keys of `company.yaml`, with the types of their values.
    pub company: BTreeMap<&'a str, Option<Type>>,
    /// The values of these keys as [`crate::typed::Typed::tag`] gives them, in one of the languages.
    pub company_values: Option<&'a Map<String, Value>>,
    /// Slots whose values have labels; `None` where they are not known.
    pub labels: Option<&'a BTreeSet<String>>,
    /// Whether `working_hours` of company.yaml are known, so that `now` has the fields that depend on them.
    pub working_hours: bool,
}

/// An unknown name, with the known ones.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownName {
    /// What was expected: `variable`, `slot` or `field`.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// The names that are known there.
    pub known: Vec<String>,
}

impl VariableNames<'_> {
    /// The type of the value at a path such as `slots.budget`, where it is certain.
    pub fn kind(&self, path: &[String]) -> Option<Type> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let (root, fields) = match path.as_slice() {
            ["slots", slot, fields @ ..] => (self.slots?.get(*slot)?.kind, fields),
            ["company", key, fields @ ..] => ((*self.company.get(key)?)?, fields),
            ["now", "working" | "workday"] => return Some(Type::Boolean),
            ["now", "iso"] => return Some(Type::Text),
            ["now", "next_workday", fields @ ..] => (Type::Date, fields),
            ["now", "opens", fields @ ..] | ["now", fields @ ..] => (Type::DateTime, fields),
            ["results", fields @ ..] => (Type::Products, fields),
            ["message", "text"] | ["session" | "client" | "labels", _] => return Some(Type::Text),
            _ => return None,
        };
        fields.iter().try_fold(root, |kind, field| kind.field_type(field))
    }

    /// The fixed fields of a root.
    pub(crate) fn fields(&self, root: &str) -> &'static [&'static str] {
        match root {
            "client" => &CLIENT,
            "message" => &MESSAGE,
            "session" => &SESSION,
            "results" => &RESULTS,
            "context" => &CONTEXT,
            "now" if !self.working_hours => NOW.split_at(CLOCK).0,
            "now" => &NOW,
            _ => &[],
        }
    }

    /// Checks a path such as `slots.budget`, as far as its types are known.
    ///
    /// # Errors
    /// The first part of the path that is not known.
    pub fn check(&self, path: &[String]) -> Result<(), UnknownName> {
        let Some(root) = path.first() else { return Ok(()) };
        if !ROOTS.contains(&root.as_str()) {
            return Err(unknown("variable", root, ROOTS));
        }
        let Some(name) = path.get(1) else { return Ok(()) };
        let fixed = match root.as_str() {
            "client" | "message" | "session" | "results" | "context" | "now" => self.fields(root),
            "company" if self.company.contains_key(name.as_str()) => return Ok(()),
            "company" => return Err(unknown("field", name, self.company.keys().copied())),
            "labels" => {
                return match self.labels {
                    Some(labels) if !labels.contains(name) => {
                        Err(unknown("label", name, labels.iter().map(String::as_str)))
                    }
                    _ => Ok(()),
                };
            }
            _ => {
                let Some(slots) = self.slots else { return Ok(()) };
                let Some(declaration) = slots.get(name) else {
                    return Err(unknown("slot", name, slots.keys().map(String::as_str)));
                };
                return match (path.get(2), declaration.kind.fields()) {
                    (Some(field), Some(fields)) if !fields.contains(&field.as_str()) => {
                        Err(unknown("field", field, fields.iter().copied()))
                    }
                    _ => Ok(()),
                };
            }
        };
        if fixed.contains(&name.as_str()) {
            Ok(())
        } else {
            Err(unknown("field", name, fixed.iter().copied()))
        }
    }
}

fn unknown<'a>(what: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> UnknownName {
    UnknownName { what, name: name.to_owned(), known: known.into_iter().map(str::to_owned).collect() }
}

/// What a text or an expression reads of one root. It follows from the source, so it is found when that is compiled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Read {
    root: String,
    /// The fields that are read; `None` for all of them.
    fields: Option<Vec<String>>,
}

/// What is read of each root by these paths; names that are no roots are left out.
pub(crate) fn reads(paths: &[Vec<String>]) -> Vec<Read> {
    let of = |root: &str| -> Option<Read> {
        let mut of_root =
            paths.iter().filter(|path| path.first().is_some_and(|first| first == root)).peekable();
        of_root.peek()?;
        let fields: Option<BTreeSet<String>> = of_root.map(|path| path.get(1).cloned()).collect();
        let fields = fields.map(|fields| fields.into_iter().collect());
        Some(Read { root: root.to_owned(), fields })
    };
    ROOTS.into_iter().filter_map(of).collect()
}

/// Every root with all of its fields.
pub(crate) fn every_root() -> Vec<Read> {
    ROOTS.into_iter().map(|root| Read { root: root.to_owned(), fields: None }).collect()
}

impl Read {
    /// The name of the root.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// The value of the root, with the fields that are read.
    pub(crate) fn value(&self, source: &dyn VariableSource) -> Value {
        match &self.fields {
            Some(fields) => source.fields(&self.root, fields),
            None => source.root(&self.root),
        }
    }
}

/// The source of values at run time: one root at a time, because most texts use one or two.
pub trait VariableSource {
    /// The value of a root of [`ROOTS`].
    fn root(&self, name: &str) -> Value;

    /// The same with at least these fields, where it has them: a text rarely reads more than one or two of them.
    fn fields(&self, root: &str, _fields: &[String]) -> Value {
        self.root(root)
    }

    /// The language in which texts show values.
    fn language(&self) -> Language {
        Language::default()
    }
}

/// A context of what is read.
pub(crate) fn context(source: &dyn VariableSource, reads: &[Read]) -> Map<String, Value> {
    reads.iter().map(|read| (read.root.clone(), read.value(source))).collect()
}
