//! The fields of a section as the template has them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tolmach_app::settings::{
    Problem, Shown, Source,
    form::{Entered, MOST_ROWS},
    schema::{Entry, Field, Kind, Names, Part, Rows},
};
use tolmach_engine::language::Language;

use crate::{Panel, context::Visit};

/// What fields are made of.
pub(super) struct View<'v> {
    pub(super) panel: &'v Panel,
    pub(super) visit: &'v Visit,
    pub(super) shown: &'v Shown,
    /// What stands in the form.
    pub(super) entered: &'v Entered,
    /// What holds, where somebody else has changed it meanwhile.
    pub(super) holds: Option<&'v Entered>,
    pub(super) problems: &'v [Problem],
}

/// The name of a setting as people read it: that of its field, else its own.
pub(super) fn name(panel: &Panel, visit: &Visit, key: &str) -> String {
    let text = |key: &str| {
        let key = format!("set.{key}");
        panel.renderer.has(&key).then(|| panel.renderer.text(visit.language, &key).to_owned())
    };
    let of_row = || {
        let table = ["llm.roles", "http.hosts"].into_iter().find(|table| key.starts_with(table))?;
        let (row, field) = key.strip_prefix(table)?.strip_prefix('.')?.rsplit_once('.')?;
        Some(format!("{} {row}: {}", text(table)?, text(&format!("{table}.{field}"))?))
    };
    text(key).or_else(of_row).unwrap_or_else(|| key.to_owned())
}

impl View<'_> {
    /// What is wrong, in the reader's language; in English in the configuration's own words.
    pub(super) fn words(&self, problem: &Problem) -> String {
        let key = format!("settings.why.{}", problem.code);
        match self.visit.language {
            Language::Ru if self.panel.renderer.has(&key) => {
                self.panel.renderer.text(Language::Ru, &key).to_owned()
            }
            _ => problem.text.clone(),
        }
    }

    /// The names of all fields of the page.
    pub(super) fn placed(&self) -> BTreeSet<String> {
        let singles = tolmach_app::settings::schema::SECTIONS.iter().flat_map(|section| section.entries());
        let mut names: BTreeSet<String> = singles.map(|entry| entry.key().to_owned()).collect();
        names.extend(self.entered.keys().cloned());
        names
    }

    fn error(&self, place: &str) -> Option<String> {
        self.problems.iter().find(|problem| problem.key == place).map(|problem| self.words(problem))
    }

    /// A part of the section.
    pub(super) fn part(&self, part: &Part) -> Value {
        let mut fields = Vec::new();
        let mut tables = Vec::new();
        for entry in part.entries {
            match entry {
                Entry::One(field) => fields.push(self.field(field, field.key, field.key, None)),
                Entry::Many(rows) => tables.push(self.table(rows)),
            }
        }
        let about = format!("settings.part.{}.about", part.name);
        json!({
            "name": part.name, "title_key": format!("settings.part.{}", part.name),
            "about_key": self.panel.renderer.has(&about).then_some(about),
            "fields": fields, "tables": tables,
        })
    }

    /// A table with its rows, and an empty one for another.
    fn table(&self, rows: &Rows) -> Value {
        let prefix = format!("{}.", rows.key);
        // A row in which nothing was written is the empty one for another.
        let numbers: BTreeSet<usize> = self
            .entered
            .iter()
            .filter(|(_, text)| !text.trim().is_empty())
            .filter_map(|(name, _)| name.strip_prefix(&prefix)?.split('.').next()?.parse().ok())
            .filter(|at| *at < MOST_ROWS)
            .collect();
        let next = numbers.last().map_or(0, |last| last + 1);
        let mut shown: Vec<Value> = numbers.into_iter().map(|at| self.row(rows, at, false)).collect();
        if next < MOST_ROWS {
            shown.push(self.row(rows, next, true));
        }
        json!({
            "key": rows.key, "id": id(rows.key), "rows": shown, "named": rows.names != Names::None,
            "added": self.shown.added.get(rows.key).map(|(variable, names)| json!({ "variable": variable, "names": names.join(", ") })),
            "error": self.error(rows.key), "add_key": format!("settings.add.{}", rows.key),
        })
    }

    fn row(&self, rows: &Rows, at: usize, new: bool) -> Value {
        let place = format!("{}.{at}", rows.key);
        let text = |name: &str| self.entered.get(&format!("{place}.{name}")).cloned().unwrap_or_default();
        let name = text("name");
        let fields: Vec<Value> = rows
            .fields
            .iter()
            .map(|field| {
                let setting = format!("{}.{}.{}", rows.key, text("was"), field.key);
                self.field(field, &setting, &format!("{place}.{}", field.key), Some(rows.key))
            })
            .collect();
        let title = match (rows.names != Names::None, new) {
            (_, true) => self.panel.renderer.text(self.visit.language, "settings.row.new").to_owned(),
            (true, false) => name.clone(),
            (false, false) => text("model"),
        };
        json!({
            "place": place, "id": id(&place), "new": new, "title": title, "value": name, "was": text("was"),
            "longest": rows.names.longest(), "named": rows.names != Names::None, "fields": fields, "error": self.error(&format!("{place}.name")),
            "test": (rows.key == "llm.roles").then(|| place.clone()),
            "wrong": self.problems.iter().any(|problem| problem.key.starts_with(&format!("{place}."))),
        })
    }

    /// A field: `setting` is what it sets, `place` its name in the form, `table` the table that it is of.
    fn field(&self, field: &Field, setting: &str, place: &str, table: Option<&str>) -> Value {
        let renderer = &self.panel.renderer;
        let key = table.map_or_else(|| field.key.to_owned(), |table| format!("{table}.{}", field.key));
        let hint = format!("set.{key}.hint");
        let value = self.entered.get(place).cloned().unwrap_or_default();
        let now = self.holds.map(|holds| holds.get(place).cloned().unwrap_or_default());
        let kind = match field.kind {
            Kind::Text | Kind::Filter => "text",
            Kind::Number(_) => "number",
            Kind::Decimal => "decimal",
            Kind::Choice(_) | Kind::Flag => "choice",
            Kind::List => "list",
            Kind::Secret => "secret",
        };
        let choices: &[&str] = match field.kind {
            Kind::Choice(choices) => choices,
            Kind::Flag => &["false", "true"],
            _ => &[],
        };
        let choice = |choice: &&str| {
            let name = if choice.is_empty() { "none" } else { choice };
            json!({ "value": choice, "text_key": format!("set.{key}.{name}"), "chosen": *choice == value })
        };
        let choices: Vec<Value> = choices.iter().map(choice).collect();
        let unit = match field.kind {
            Kind::Number(unit) if !unit.is_empty() => Some(format!("settings.unit.{unit}")),
            _ => None,
        };
        let fixed = self.shown.fixed.get(setting);
        let secret = (field.kind == Kind::Secret).then(|| self.secret(setting)).flatten();
        let source = match self.shown.source(setting) {
            Source::Panel => Some("settings.source.panel"),
            Source::File => Some("settings.source.file"),
            Source::Environment | Source::Default => None,
        };
        let lost = field.kind == Kind::Secret && !value.trim().is_empty();
        // What was typed as a secret does not come back.
        let value = if field.kind == Kind::Secret { String::new() } else { value };
        json!({
            "place": place, "id": id(place), "kind": kind, "label_key": format!("set.{key}"), "value": value,
            "hint_key": renderer.has(&hint).then_some(hint), "choices": choices, "unit_key": unit,
            "fixed": fixed, "secret": secret, "error": self.error(place),
            "other": now.filter(|now| *now != value && field.kind != Kind::Secret),
            "source_key": source.filter(|_| table.is_none() && field.kind != Kind::Secret), "restart": field.restart,
            "wide": matches!(field.kind, Kind::Secret | Kind::List),
            "lost": lost,
            "goes": self.entered.contains_key(&format!("{place}.remove")),
        })
    }

    /// What may be known of a secret that is set.
    fn secret(&self, setting: &str) -> Option<Value> {
        let known = self.shown.secrets.get(setting)?;
        let source = match known.source {
            Source::Environment => "settings.secret.environment",
            Source::File => "settings.secret.file",
            Source::Panel | Source::Default => "settings.secret.panel",
        };
        let (by, at) = known.stored.clone().unzip();
        Some(json!({ "ending": known.ending, "source_key": source, "by": by, "at": at }))
    }
}

/// An id for the page.
fn id(place: &str) -> String {
    format!("f-{}", place.replace(['.', '_'], "-"))
}
