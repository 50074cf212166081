//! The company's particulars as typed fields.

use serde::{Deserialize, Serialize};
use tolmach_engine::{
    bundle::Bundle,
    slot::Type,
    span::Spanned,
    written_type,
    yaml::{Node, Tree},
};

use super::{Refused, Wording, lines, lines::Lines, wording};

/// The longest name, in characters.
const LONGEST_NAME: usize = 60;

/// What a particular holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A day, `2026-12-31`.
    Date,
    /// A time of day, `09:30`.
    Time,
    /// A moment, `2026-12-31T09:30`.
    DateTime,
    /// An amount, `4500 RUB`.
    Money,
    /// Several values.
    List,
    /// The time zone.
    Zone,
    /// When the company works.
    Hours,
    /// When nobody works.
    Holidays,
    /// What a form does not change.
    Other,
}

impl Kind {
    /// Kinds that a new particular may have.
    pub const NEW: [Kind; 7] =
        [Kind::Text, Kind::Number, Kind::Money, Kind::Date, Kind::Time, Kind::Boolean, Kind::List];

    /// Its name in a form.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::DateTime => "datetime",
            Kind::Money => "money",
            Kind::List => "list",
            Kind::Zone => "zone",
            Kind::Hours => "hours",
            Kind::Holidays => "holidays",
            Kind::Other => "other",
        }
    }

    const fn of(written: Option<Type>) -> Kind {
        match written {
            Some(Type::Number) => Kind::Number,
            Some(Type::Boolean) => Kind::Boolean,
            Some(Type::Date) => Kind::Date,
            Some(Type::Time) => Kind::Time,
            Some(Type::DateTime) => Kind::DateTime,
            Some(Type::Money) => Kind::Money,
            _ => Kind::Text,
        }
    }
}

/// The value of a particular, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// One, or one for each language.
    Plain(Wording),
    /// Several.
    List {
        /// As they are written.
        list: Vec<String>,
    },
    /// Hours by day or days.
    Days {
        /// Such as `mon-fri` and `09:00-18:00`.
        days: Vec<(String, String)>,
    },
    /// Something else.
    Other {},
}

/// A particular.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name: texts say `{{company.NAME}}`.
    pub key: String,
    /// What it holds.
    pub kind: Kind,
    /// Its value.
    pub value: Value,
    /// Its first line, counted from 1.
    pub line: u32,
}

/// A change of a particular.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub key: String,
    /// The value that was seen.
    pub was: Value,
    /// The value as it is to be; `None` to remove it.
    pub new: Option<Value>,
}

type Entry = (Spanned<String>, Tree);

fn entries(tree: &Tree) -> Result<&[Entry], Refused> {
    match &tree.node {
        Node::Null => Ok(&[]),
        Node::Map(entries) => Ok(entries),
        _ => Err(Refused::Unusual),
    }
}

/// The particulars of a file, in its order.
///
/// # Errors
/// When it is no YAML, or no map.
pub fn fields(text: &str) -> Result<Vec<Field>, Refused> {
    let tree = lines::read(text)?;
    let field = |(key, value): &Entry| {
        let (kind, read) = read(text, key, value);
        Field { key: key.value.clone(), kind, value: read, line: key.span.line }
    };
    Ok(entries(&tree)?.iter().map(field).collect())
}

/// A plain value as it is written, without quotes.
fn written(source: &str, value: &Tree) -> Option<String> {
    match &value.node {
        Node::Str(text) => Some(text.clone()),
        Node::Int(_) | Node::Float(_) | Node::Bool(_) => {
            let line = source.lines().nth((value.span.line as usize).checked_sub(1)?)?;
            let from = (value.span.column as usize).checked_sub(1)?;
            let length = value.span.end_column.checked_sub(value.span.column)?;
            Some(line.chars().skip(from).take(length as usize).collect())
        }
        _ => None,
    }
}

fn read(source: &str, key: &str, value: &Tree) -> (Kind, Value) {
    let other = (Kind::Other, Value::Other {});
    let as_written = |value: &Tree| written(source, value);
    let list = |items: &[Tree]| items.iter().map(as_written).collect::<Option<Vec<String>>>();
    match (key, &value.node) {
        ("working_hours", Node::Map(days)) => {
            let day = |(day, hours): &Entry| {
                let hours = match &hours.node {
                    Node::Seq(items) => list(items)?.join(", "),
                    _ => as_written(hours)?,
                };
                Some((day.value.clone(), hours))
            };
            let days: Option<Vec<_>> = days.iter().map(day).collect();
            days.map_or(other, |days| (Kind::Hours, Value::Days { days }))
        }
        (_, Node::Seq(items)) => {
            let kind = if key == "holidays" { Kind::Holidays } else { Kind::List };
            list(items).map_or(other, |list| (kind, Value::List { list }))
        }
        _ => {
            let Some(wording) = wording(value, &as_written) else { return other };
            let types: Vec<Kind> = match &value.node {
                Node::Map(variants) => {
                    variants.iter().map(|(_, variant)| Kind::of(written_type(source, variant))).collect()
                }
                _ => vec![Kind::of(written_type(source, value))],
            };
            let first = types.first().copied().unwrap_or(Kind::Text);
            let kind = match key {
                "timezone" => Kind::Zone,
                _ if types.iter().all(|kind| *kind == first) => first,
                // Written as different things, it has no one type to keep.
                _ => return other,
            };
            (kind, Value::Plain(wording))
        }
    }
}

/// Makes changes; those that fail are told with the names of their particulars, and then nothing is changed.
///
/// # Errors
/// The file cannot be read, or a change cannot be made.
pub fn apply(text: &str, changes: &[Change]) -> Result<String, Vec<(String, Refused)>> {
    let mut changed = text.to_owned();
    let mut refused = Vec::new();
    for change in changes {
        match apply_one(&changed, change) {
            Ok(next) => changed = next,
            Err(why) => refused.push((change.key.clone(), why)),
        }
    }
    if refused.is_empty() { Ok(changed) } else { Err(refused) }
}

fn apply_one(text: &str, change: &Change) -> Result<String, Refused> {
    let tree = lines::read(text)?;
    let all = entries(&tree)?;
    let at = all.iter().position(|(key, _)| key.value == change.key).ok_or(Refused::Changed)?;
    let (Some((key, value)), mut expected) = (all.get(at), fields(text)?) else {
        return Err(Refused::Unusual);
    };
    let Some(field) = expected.get_mut(at) else { return Err(Refused::Unusual) };
    if change.new.as_ref() == Some(&field.value) {
        return Ok(text.to_owned());
    }
    if field.value != change.was {
        return Err(Refused::Changed);
    }
    let next = all.get(at + 1).map(|(key, _)| key.span.line);
    let mut lines = Lines::of(text);
    if key.span.column != 1 || next == Some(key.span.line) {
        return Err(Refused::Unusual);
    }
    let block = lines.block(key.span, next);
    match &change.new {
        None => {
            lines.replace(block, Vec::new());
            expected.remove(at);
        }
        Some(new) => {
            let kind = field.kind;
            let made = in_place(&mut lines, kind, value, &field.value, new)?;
            if !made {
                let name = lines::scalar(&key.value);
                lines.replace(block, emitted(&name, kind, new)?);
            }
            field.value = new.clone();
        }
    }
    verified(lines.text(), &expected)
}

/// A value as it is written in the file.
fn one(kind: Kind, text: &str) -> Result<String, Refused> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refused::Empty);
    }
    let typed = match kind {
        // Hours such as 09:00-18:00 are no text that needs quotes.
        Kind::Hours if text.chars().all(|sign| sign.is_ascii_digit() || ":-".contains(sign)) => {
            return Ok(text.to_owned());
        }
        Kind::Text | Kind::Zone | Kind::Hours | Kind::Other => return Ok(lines::scalar(text)),
        Kind::List => {
            // In a list a number stays a number and a day a day.
            let source = format!("k: [{text}]");
            let read = lines::read(&source)
                .ok()
                .and_then(|tree| entries(&tree).ok()?.first().map(|(_, list)| list.node.clone()));
            let plain = matches!(&read, Some(Node::Seq(items)) if items.len() == 1
                && items.first().and_then(|item| written(&source, item)).as_deref() == Some(text));
            return Ok(if plain { text.to_owned() } else { lines::scalar(text) });
        }
        Kind::Holidays => Kind::Date,
        typed => typed,
    };
    let source = format!("k: {text}");
    let fits = lines::read(&source).ok().is_some_and(|tree| {
        let entry = entries(&tree).ok().and_then(<[Entry]>::first);
        entry.is_some_and(|(_, value)| {
            Kind::of(written_type(&source, value)) == typed
                && written(&source, value).as_deref() == Some(text)
        })
    });
    if fits { Ok(text.to_owned()) } else { Err(Refused::BadValue(text.to_owned())) }
}

/// Changes values where they stand; `false` where they do not stand alone on a line, or others than before are to be there.
fn in_place(
    lines: &mut Lines<'_>,
    kind: Kind,
    value: &Tree,
    old: &Value,
    new: &Value,
) -> Result<bool, Refused> {
    let trees: Vec<(&Tree, &str, &str)> = match (&value.node, old, new) {
        (
            Node::Map(variants),
            Value::Plain(Wording::ByLanguage(old)),
            Value::Plain(Wording::ByLanguage(new)),
        ) => {
            let same = old.len() == new.len() && old.iter().zip(new).all(|(old, new)| old.0 == new.0);
            if !same {
                return Ok(false);
            }
            let texts = old.iter().zip(new).map(|(old, new)| (old.1.as_str(), new.1.as_str()));
            variants.iter().zip(texts).map(|((_, tree), (old, new))| (tree, old, new)).collect()
        }
        (_, Value::Plain(Wording::Common(old)), Value::Plain(Wording::Common(new))) => {
            vec![(value, old.as_str(), new.as_str())]
        }
        _ => return Ok(false),
    };
    let before = lines.text();
    // From the end, because a change moves what stands after it.
    for (tree, _, new) in trees.into_iter().rev().filter(|(_, old, new)| old != new) {
        let mut made = one(kind, new)?;
        // Quotes stay: whoever wrote them meant them.
        if matches!(tree.node, Node::Str(_)) && lines.is_quoted(tree.span) && !made.starts_with('"') {
            made = serde_json::Value::from(made).to_string();
        }
        if new.contains('\n') || !lines.set(tree.span, &made) {
            *lines = Lines::owned(&before);
            return Ok(false);
        }
    }
    Ok(true)
}

/// The lines of a particular.
fn emitted(name: &str, kind: Kind, value: &Value) -> Result<Vec<String>, Refused> {
    let entry = |indent: usize, name: &str, text: &str| match kind {
        Kind::Text if text.trim().is_empty() => Err(Refused::Empty),
        Kind::Text => Ok(lines::entry(indent, name, text.trim())),
        _ => Ok(vec![format!("{}{name}: {}", " ".repeat(indent), one(kind, text)?)]),
    };
    match value {
        Value::Plain(Wording::Common(text)) => entry(0, name, text),
        Value::Plain(Wording::ByLanguage(texts)) if texts.is_empty() => Err(Refused::Empty),
        Value::Plain(Wording::ByLanguage(texts)) => {
            let mut all = vec![format!("{name}:")];
            for (language, text) in texts {
                all.extend(entry(2, language.code(), text)?);
            }
            Ok(all)
        }
        Value::List { list } => {
            let items = list.iter().map(|item| one(kind, item)).collect::<Result<Vec<_>, _>>()?;
            Ok(lines::list(0, name, &items))
        }
        Value::Days { days } => {
            let mut all = vec![format!("{name}:")];
            for (day, hours) in days {
                let parts = hours.split(',').map(|part| one(kind, part)).collect::<Result<Vec<_>, _>>()?;
                let hours = if parts.len() == 1 { parts.concat() } else { format!("[{}]", parts.join(", ")) };
                all.push(format!("  {}: {hours}", lines::scalar(day.trim())));
            }
            if days.is_empty() { Err(Refused::Empty) } else { Ok(all) }
        }
        Value::Other {} => Err(Refused::Unusual),
    }
}

/// The text, when it says what it should.
fn verified(text: String, expected: &[Field]) -> Result<String, Refused> {
    let found = fields(&text).map_err(|_| Refused::Unusual)?;
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| {
            found.key == expected.key && found.kind == expected.kind && same(&found.value, &expected.value)
        });
    if same { Ok(text) } else { Err(Refused::Unusual) }
}

/// Whether two values say the same: spaces at their ends are not written.
pub fn same(one: &Value, other: &Value) -> bool {
    let plain = |value: &Value| match value {
        Value::Plain(Wording::Common(text)) => vec![text.trim().to_owned()],
        Value::Plain(Wording::ByLanguage(texts)) => texts
            .iter()
            .flat_map(|(language, text)| [language.code().to_owned(), text.trim().to_owned()])
            .collect(),
        Value::List { list } => list.iter().map(|item| item.trim().to_owned()).collect(),
        Value::Days { days } => days
            .iter()
            .flat_map(|(day, hours)| {
                [day.trim().to_owned(), hours.split(',').map(str::trim).collect::<Vec<_>>().join(", ")]
            })
            .collect(),
        Value::Other {} => Vec::new(),
    };
    std::mem::discriminant(one) == std::mem::discriminant(other) && plain(one) == plain(other)
}

/// Adds a particular at the end of the file.
///
/// # Errors
/// The name is unfit or taken, the value is none of its kind, or the file cannot be changed.
pub fn add(text: &str, key: &str, kind: Kind, value: &Value) -> Result<String, Refused> {
    let fits = key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
        && key.len() <= LONGEST_NAME;
    if !fits {
        return Err(Refused::BadName);
    }
    let mut expected = fields(text)?;
    if expected.iter().any(|field| field.key == key) {
        return Err(Refused::Exists(key.to_owned()));
    }
    let kind = match key {
        "timezone" => Kind::Zone,
        "holidays" => Kind::Holidays,
        _ => kind,
    };
    let mut lines = Lines::of(text);
    let end = lines.end();
    let mut made = emitted(key, kind, value)?;
    // The file ends with a line break.
    if lines.text().len() <= text.trim_end().len() {
        made.push(String::new());
    }
    lines.replace(end..end, made);
    expected.push(Field { key: key.to_owned(), kind, value: value.clone(), line: 0 });
    verified(lines.text(), &expected)
}

/// The files whose texts or conditions use a particular.
pub fn uses<'b>(bundle: &'b Bundle, key: &str) -> Vec<&'b str> {
    let name = format!("company.{key}");
    let holds = |text: &str| {
        text.match_indices(&name).any(|(at, _)| {
            let after = text.get(at + name.len()..).and_then(|rest| rest.chars().next());
            !after.is_some_and(|sign| sign.is_alphanumeric() || sign == '_')
        })
    };
    bundle.files.iter().filter(|(_, text)| holds(text)).map(|(path, _)| path.as_str()).collect()
}

#[cfg(test)]
mod tests;
