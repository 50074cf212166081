//! Which settings can be changed while the program runs, by section, in the order of the pages.

mod sections;

use serde_json::{Number, Value, json};
use tolmach_engine::link;
use tolmach_runtime::secret::Secret;

pub use sections::SECTIONS;

/// A section: what one form shows and one save stores.
#[derive(Debug)]
pub struct Section {
    /// Its name, in addresses and in the database.
    pub name: &'static str,
    /// Its parts.
    pub parts: &'static [Part],
}

/// A part of a section.
#[derive(Debug)]
pub struct Part {
    /// Its name: the end of the key of its title.
    pub name: &'static str,
    /// What it holds.
    pub entries: &'static [Entry],
}

/// A setting, or a table of settings.
#[derive(Debug)]
pub enum Entry {
    /// A setting.
    One(Field),
    /// A table.
    Many(Rows),
}

/// A table of settings: rows with a name each, or a list.
#[derive(Debug)]
pub struct Rows {
    /// The name of the setting.
    pub key: &'static str,
    /// How its rows are called.
    pub names: Names,
    /// What a row holds; their keys are names within the row.
    pub fields: &'static [Field],
}

/// How the rows of a table are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Not at all: the table is a list.
    None,
    /// By a name that somebody thinks of.
    Word,
    /// By a host, to which the secrets of the row are sent.
    Host,
}

/// A setting.
#[derive(Debug)]
pub struct Field {
    /// The name of the setting, such as `smtp.host`.
    pub key: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be unset.
    pub optional: bool,
    /// Whether it names people, so that the audit log does not have it.
    pub private: bool,
    /// Whether a change needs a restart.
    pub restart: bool,
}

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number; the key of its unit, if it has one.
    Number(&'static str),
    /// A number as it is written, such as `0.15`.
    Decimal,
    /// One of these.
    Choice(&'static [&'static str]),
    /// Texts, one a line.
    List,
    /// Yes or no.
    Flag,
    /// What is logged: a level, and levels of parts, with commas.
    Filter,
    /// A secret.
    Secret,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadText {
    /// Names the mistake.
    pub code: &'static str,
    /// The same as a sentence.
    pub text: &'static str,
}

/// The most characters of a value.
pub const LONGEST: usize = 2_000;

/// The section of a name.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// The setting of a name that stands by itself, and its section.
pub fn entry(key: &str) -> Option<(&'static Section, &'static Entry)> {
    SECTIONS.iter().find_map(|section| Some((section, section.entries().find(|entry| entry.key() == key)?)))
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Place<'k> {
    /// A setting that stands by itself.
    One(&'static Field),
    /// A whole table.
    Table(&'static Rows),
    /// A row of a table, by its name or number.
    Row(&'static Rows, &'k str),
    /// A setting of a row.
    Cell(&'static Rows, &'k str, &'static Field),
}

impl Place<'_> {
    /// The setting, if it is one.
    pub fn field(&self) -> Option<&'static Field> {
        match self {
            Place::One(field) | Place::Cell(_, _, field) => Some(field),
            Place::Table(_) | Place::Row(..) => None,
        }
    }
}

/// What a name stands for, and its section.
pub fn place(key: &str) -> Option<(&'static Section, Place<'_>)> {
    if let Some((section, entry)) = entry(key) {
        return Some((
            section,
            match entry {
                Entry::One(field) => Place::One(field),
                Entry::Many(rows) => Place::Table(rows),
            },
        ));
    }
    SECTIONS.iter().find_map(|section| {
        let place = section.entries().find_map(|entry| match entry {
            Entry::Many(rows) => rows.place(key),
            Entry::One(_) => None,
        });
        Some((section, place?))
    })
}

/// The parts of a setting's name. The name of a table's row is one, also where it holds dots as a host does.
pub fn path(key: &str) -> Vec<&str> {
    match place(key) {
        Some((_, Place::Row(rows, row))) => rows.key.split('.').chain([row]).collect(),
        Some((_, Place::Cell(rows, row, field))) => {
            rows.key.split('.').chain([row]).chain(field.key.split('.')).collect()
        }
        Some((_, Place::One(_) | Place::Table(_))) | None => key.split('.').collect(),
    }
}

/// Reads a secret.
///
/// # Errors
/// When it is longer than any, or holds what no header and no login may hold.
pub fn secret(text: &str) -> Result<Secret, BadText> {
    let secret = Secret::new(text);
    if secret.expose().chars().count() > LONGEST || secret.expose().chars().any(char::is_control) {
        return Err(BadText { code: "secret", text: "at most 2000 printable characters are expected" });
    }
    Ok(secret)
}

impl Section {
    /// Everything that it holds.
    pub fn entries(&self) -> impl Iterator<Item = &'static Entry> + use<> {
        let parts: &'static [Part] = self.parts;
        parts.iter().flat_map(|part| part.entries)
    }
}

/// Whether a filter of the log may be stored. Libraries tell more than info to their developers alone: it may hold keys on their way.
fn is_filter(text: &str) -> bool {
    text.split(',').all(|directive| {
        let (part, level) = directive.trim().split_once('=').unwrap_or(("", directive.trim()));
        let own =
            part == "security" || part.split("::").next().is_some_and(|root| root.starts_with("tolmach"));
        let level = level.to_ascii_lowercase();
        let is_part = part.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '_' | ':'));
        is_part
            && (["off", "error", "warn", "info"].contains(&level.as_str())
                || own && ["debug", "trace"].contains(&level.as_str()))
    })
}

impl Rows {
    /// A row or a setting of one.
    fn place<'k>(&'static self, key: &'k str) -> Option<Place<'k>> {
        let rest = key.strip_prefix(self.key)?.strip_prefix('.').filter(|rest| !rest.is_empty())?;
        let cell = |field: &'static Field| {
            let row = rest.strip_suffix(field.key)?.strip_suffix('.').filter(|row| !row.is_empty())?;
            Some(Place::Cell(self, row, field))
        };
        Some(self.fields.iter().find_map(cell).unwrap_or(Place::Row(self, rest)))
    }
}

impl Entry {
    /// The name of the setting.
    pub fn key(&self) -> &'static str {
        match self {
            Entry::One(field) => field.key,
            Entry::Many(rows) => rows.key,
        }
    }
}

impl Field {
    /// A value as people write it.
    pub fn write(&self, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Array(all) => {
                let texts = all.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
                texts.collect::<Vec<_>>().join("\n")
            }
            other => other.to_string(),
        }
    }

    /// What people have written.
    ///
    /// # Errors
    /// When it is no value of this kind.
    pub fn read(&self, text: &str) -> Result<Value, BadText> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err(BadText { code: "long", text: "at most 2000 characters are expected" });
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\r') {
            return Err(BadText { code: "control", text: "a text without control characters is expected" });
        }
        if link::has_credentials(text) {
            let text = "an address without a user name and a password is expected";
            return Err(BadText { code: "credentials", text });
        }
        if self.kind == Kind::List {
            let parts = text.split(['\n', ',']).map(str::trim).filter(|part| !part.is_empty());
            let parts: Vec<Value> = parts.map(Value::from).collect();
            return Ok(if parts.is_empty() && self.optional { Value::Null } else { Value::Array(parts) });
        }
        if text.is_empty() && (self.optional || matches!(self.kind, Kind::Text | Kind::Secret)) {
            return Ok(if self.optional { Value::Null } else { json!("") });
        }
        match self.kind {
            Kind::Number(_) => {
                let number = text.parse::<u32>();
                let why = BadText { code: "number", text: "a whole number is expected" };
                number.map(|number| Value::Number(Number::from(number))).map_err(|_| why)
            }
            Kind::Choice(choices) if !choices.contains(&text) => {
                Err(BadText { code: "choice", text: "one of the choices is expected" })
            }
            Kind::Flag => {
                let flag = text.parse::<bool>();
                flag.map(Value::Bool)
                    .map_err(|_| BadText { code: "choice", text: "true or false is expected" })
            }
            Kind::Filter if !is_filter(text) => {
                let text = "write `info` or `info,tolmach_runtime=debug`; parts of others say at most what info says";
                Err(BadText { code: "filter", text })
            }
            // A comma is how half of the world writes it.
            Kind::Decimal => Ok(json!(text.replace(',', "."))),
            _ => Ok(json!(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        sections::{field, optional, text},
        *,
    };

    #[test]
    fn every_setting_is_in_one_section() {
        let keys: Vec<&str> = SECTIONS.iter().flat_map(Section::entries).map(Entry::key).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
        assert!(place("smtp.host").is_some() && entry("staff").is_some() && place("data_dir").is_none());
    }

    #[test]
    fn a_row_is_one_part_of_a_name() {
        for (key, parts) in [
            ("smtp.host", &["smtp", "host"][..]),
            ("staff.night.email", &["staff", "night", "email"]),
            ("sites.tools.title.ru", &["sites", "tools", "title", "ru"]),
            ("http.hosts.api.example.com", &["http", "hosts", "api.example.com"]),
            (
                "http.hosts.api.example.com.authorization",
                &["http", "hosts", "api.example.com", "authorization"],
            ),
            ("http.hosts", &["http", "hosts"]),
        ] {
            assert_eq!(path(key), parts, "{key}");
        }
    }

    #[test]
    fn values_are_read_as_they_are_written() {
        let port = place("smtp.port").unwrap().1.field().unwrap();
        assert_eq!([port.read(" 587 "), port.read("")], [Ok(json!(587)), Ok(Value::Null)]);
        for wrong in ["-1", "5.5", "many", "99999999999"] {
            assert_eq!(port.read(wrong).unwrap_err().code, "number", "{wrong}");
        }
        let list = field("x", Kind::List);
        assert_eq!([list.read(" , "), optional("x", Kind::List).read("")], [Ok(json!([])), Ok(Value::Null)]);
        let filter = field("x", Kind::Filter);
        for good in
            ["info", "warn,tolmach_runtime=debug", "info, tolmach_llm::openai=TRACE, security=off, sqlx=warn"]
        {
            assert!(filter.read(good).is_ok(), "{good}");
        }
        // What a library tells its developers may hold keys.
        for bad in
            ["", "debug", "trace", "info,hyper=trace", "tolmach=loud", "info,,", "tolmach[{chat}]=debug", "0"]
        {
            assert_eq!(filter.read(bad).map_err(|why| why.code), Err("filter"), "{bad}");
        }
        let flag = field("x", Kind::Flag);
        assert_eq!([flag.read("true"), flag.read("false")], [Ok(json!(true)), Ok(json!(false))]);
        assert_eq!(flag.read("").unwrap_err().code, "choice");
        let read = list.read("a@example.com, b@example.com\r\n\n c").unwrap();
        assert_eq!(read, json!(["a@example.com", "b@example.com", "c"]));
        assert_eq!(list.read(&list.write(&read)), Ok(read));
        let tls = place("smtp.tls").unwrap().1.field().unwrap();
        assert_eq!(tls.read("ssl").unwrap_err().code, "choice");
        assert_eq!(text("x").read(&"ё".repeat(LONGEST + 1)).unwrap_err().code, "long");
        assert_eq!(text("x").read("a\u{7}b").unwrap_err().code, "control");
        assert_eq!(text("x").read("https://me:word@example.com/v1").unwrap_err().code, "credentials");
        assert!(text("x").read("Shop <shop@example.com>").is_ok());
        assert_eq!(secret("a\nb").unwrap_err().code, "secret");
        assert_eq!(optional("x", Kind::Decimal).read("0,15"), Ok(json!("0.15")));
    }
}
