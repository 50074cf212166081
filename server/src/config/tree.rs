//! Settings as a tree of values: how one is put over another, and what of it people may see.

use serde_json::{Value, json};
use tolmach_app::settings::{
    schema::{self, Entry, Kind, Names, Place, Rows, SECTIONS, Section, path},
    value_at,
};

/// The section of a secret, and the name of the row that it is of.
pub(super) fn secret_of(name: &str) -> Option<(&'static Section, Option<&str>)> {
    let (section, place) = schema::place(name)?;
    match place {
        Place::One(field) if field.kind == Kind::Secret => Some((section, None)),
        Place::Cell(_, row, field) if field.kind == Kind::Secret => Some((section, Some(row))),
        _ => None,
    }
}

/// The names of all secrets that there may be.
pub(super) fn secret_names(tree: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for entry in SECTIONS.iter().flat_map(Section::entries) {
        match entry {
            Entry::One(field) if field.kind == Kind::Secret => names.push(field.key.to_owned()),
            Entry::One(_) => {}
            Entry::Many(rows) => {
                let there = value_at(tree, rows.key).as_object().into_iter().flat_map(|rows| rows.keys());
                let secrets = rows.fields.iter().filter(|field| field.kind == Kind::Secret);
                let of = |name: &String| {
                    secrets
                        .clone()
                        .map(|field| format!("{}.{name}.{}", rows.key, field.key))
                        .collect::<Vec<_>>()
                };
                names.extend(there.flat_map(of));
            }
        }
    }
    names
}

/// The settings of the sections without their secrets, as forms have them.
pub(super) fn open(tree: &Value) -> Value {
    let mut shown = json!({});
    for entry in SECTIONS.iter().flat_map(Section::entries) {
        let value = value_at(tree, entry.key());
        match entry {
            Entry::One(field) if field.kind == Kind::Secret => {}
            Entry::One(_) => put(&mut shown, entry.key(), value.clone()),
            Entry::Many(rows) => put(&mut shown, entry.key(), open_rows(rows, value)),
        }
    }
    shown
}

fn open_rows(rows: &Rows, value: &Value) -> Value {
    let row = |row: &Value| {
        let mut shown = json!({});
        for field in rows.fields.iter().filter(|field| field.kind != Kind::Secret) {
            match value_at(row, field.key) {
                Value::Null => {}
                // A file has numbers where a form has what was written.
                Value::Number(number) if field.kind == Kind::Decimal => {
                    put(&mut shown, field.key, json!(number.to_string()));
                }
                value => put(&mut shown, field.key, value.clone()),
            }
        }
        shown
    };
    match value {
        Value::Object(named) => named.iter().map(|(name, value)| (name.clone(), row(value))).collect(),
        Value::Array(listed) => listed.iter().map(row).collect(),
        _ if rows.names != Names::None => json!({}),
        _ => json!([]),
    }
}

/// Puts a value at a dotted name.
pub(super) fn put(tree: &mut Value, key: &str, value: Value) {
    let mut place = tree;
    for part in path(key) {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[part];
    }
    *place = value;
}

/// Puts a table in the place of another one, whose rows keep their secrets where they are there still.
pub(super) fn put_rows(tree: &mut Value, rows: &Rows, mut value: Value) {
    if let Some(named) = value.as_object_mut() {
        for (name, row) in named {
            for field in rows.fields.iter().filter(|field| field.kind == Kind::Secret) {
                let secret = value_at(tree, &format!("{}.{name}.{}", rows.key, field.key));
                if !secret.is_null() {
                    put(row, field.key, secret.clone());
                }
            }
        }
    }
    put(tree, rows.key, value);
}

pub(super) fn merge(tree: &mut Value, over: &Value) {
    match (tree, over) {
        (Value::Object(tree), Value::Object(over)) => {
            for (name, value) in over {
                merge(tree.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (tree, over) => *tree = over.clone(),
    }
}

pub(super) fn parent(key: &str) -> &str {
    key.rsplit_once('.').map_or("", |(parent, _)| parent)
}

pub(super) fn leaves(prefix: &str, tree: &Value, found: &mut Vec<String>) {
    let Some(map) = tree.as_object() else {
        if !prefix.is_empty() {
            found.push(prefix.to_owned());
        }
        return;
    };
    for (name, value) in map {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        leaves(&key, value, found);
    }
}
