//! Settings as commands and programs are told of them: without secrets.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Shown, Source,
    schema::{Entry, Kind, SECTIONS, Section},
    value_at,
};

/// A setting, where it comes from, and its value; of a secret only that it is set.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SettingTold {
    /// Its name, such as `smtp.host`.
    pub key: String,
    /// Its value; `set` for a secret, with its last characters where it is long.
    pub value: Value,
    /// Where it comes from.
    pub source: Source,
    /// The variable that decides it; `null` where none does.
    pub variable: Option<String>,
}

/// The settings that may change while the program runs, by name.
pub fn listed(shown: &Shown) -> Vec<SettingTold> {
    let mut rows = BTreeMap::new();
    let mut add = |key: &str, value: Value, source: Source| {
        let variable = shown.fixed.get(key).cloned();
        rows.insert(key.to_owned(), SettingTold { key: key.to_owned(), value, source, variable });
    };
    for entry in SECTIONS.iter().flat_map(Section::entries) {
        let key = entry.key();
        if !matches!(entry, Entry::One(field) if field.kind == Kind::Secret) {
            add(key, value_at(&shown.values, key).clone(), shown.source(key));
        }
    }
    for (key, known) in &shown.secrets {
        let ends =
            if known.ending.is_empty() { String::new() } else { format!(", ends in {}", known.ending) };
        add(key, json!(format!("set{ends}")), known.source);
    }
    rows.into_values().collect()
}
