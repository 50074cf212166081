//! Settings that people change while the program runs: what `tolmach.toml` holds and need not be known before the database.
//!
//! A value of the environment goes before one that is stored, that before one of the file, that before the default. Only what
//! differs from the file is stored, so that whoever takes a change back has what the file says, whatever it says by then.
//! Which settings there are is [`schema`]; what a form brings is read by [`form`]. Where settings come from, whether they fit
//! each other, and what a running process makes of them, is behind [`Tuning`].

pub mod form;
mod listed;
pub mod schema;
mod set;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tolmach_llm::prices::Amount;
use tolmach_runtime::{
    ports::{
        self, Actor, SettingsWrite, Store, StoredSection, StoredSettings, Tokens, Write, Written,
        setting_ending,
    },
    secret::Secret,
};

pub use listed::{SettingTold, listed};
pub use set::set;

use crate::audit::Change;
use schema::{Entry, Field, Section};

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The name of the setting, such as `smtp.host`; of a list its place follows, as in `llm.prices.0`.
    pub key: String,
    /// Names the mistake where it is a common one; empty otherwise.
    pub code: &'static str,
    /// What is wrong, in the words of the configuration's own checks.
    pub text: String,
}

/// A secret as people may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnownSecret {
    /// Its last characters; empty for a short one.
    pub ending: String,
    /// Where it comes from.
    pub source: Source,
    /// Who stored it, and when, milliseconds since the Unix epoch; `None` where it is not stored.
    pub stored: Option<(String, i64)>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "SettingSource")]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The environment or `.env`.
    Environment,
    /// The panel, or `tolmach config set`.
    Panel,
    /// `tolmach.toml`.
    File,
    /// Nobody has set it.
    Default,
}

/// The settings of a process, as they are now.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// What holds, without secrets: defaults, file, stored values, environment.
    pub values: Value,
    /// The same without the environment.
    pub under: Value,
    /// The same without the environment and what is stored.
    pub base: Value,
    /// The settings that the environment decides, with its variables.
    pub fixed: BTreeMap<String, String>,
    /// Tables to which the environment adds rows: the variable, and the names of those rows.
    pub added: BTreeMap<String, (String, Vec<String>)>,
    /// The settings that the file names.
    pub in_file: Vec<String>,
    /// Secrets that are set, by the names of their settings.
    pub secrets: BTreeMap<String, KnownSecret>,
    /// What is stored.
    pub stored: StoredSettings,
    /// Stored sections that do not fit the file and the environment, and why; the process runs without them or with what it had.
    pub left_out: Vec<(String, Problem)>,
}

impl Shown {
    /// The version of a section; 0 where nothing is stored.
    pub fn version(&self, section: &str) -> i64 {
        self.section(section).map_or(0, |stored| stored.version)
    }

    /// A section as it is stored.
    pub fn section(&self, name: &str) -> Option<&StoredSection> {
        self.stored.sections.iter().find(|stored| stored.section == name)
    }

    /// Where the value of a setting comes from.
    pub fn source(&self, key: &str) -> Source {
        let stored = || self.stored.sections.iter().any(|section| section.values.contains_key(key));
        let file = || self.in_file.iter().any(|name| name == key || name.starts_with(&format!("{key}.")));
        match () {
            () if self.fixed.contains_key(key) => Source::Environment,
            () if self.secrets.contains_key(key) => self.secrets[key].source,
            () if stored() => Source::Panel,
            () if file() => Source::File,
            () => Source::Default,
        }
    }
}

/// The value of a dotted name; `Null` where there is none.
pub fn value_at<'v>(values: &'v Value, key: &str) -> &'v Value {
    schema::path(key).into_iter().fold(values, |value, part| &value[part])
}

/// What a language model said to a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelAnswer {
    /// Its name.
    pub model: String,
    /// The first words of its answer.
    pub said: String,
    /// Tokens, if the provider told them.
    pub tokens: Option<Tokens>,
    /// What they cost; `None` where no price is known.
    pub cost: Option<Amount>,
}

/// Why a test failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFailure {
    /// The key of a text, after `settings.failed.`.
    pub cause: &'static str,
    /// The same in the words of whoever was asked, without secrets and personal data.
    pub detail: String,
    /// The setting that is to be looked at.
    pub key: &'static str,
}

/// The result of a test, and how long it took in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested<T> {
    /// What came of it.
    pub result: Result<T, TestFailure>,
    /// How long it took.
    pub millis: u64,
}

/// A mail that shows that mail arrives.
#[derive(Clone, Copy, Debug)]
pub struct TestMail<'m> {
    /// To whom.
    pub to: &'m str,
    /// Its subject.
    pub subject: &'m str,
    /// Its text.
    pub text: &'m str,
}

/// The settings of a process: where they come from, whether they fit, and what is made of them.
#[async_trait]
pub trait Tuning: Send + Sync {
    /// The settings as they are now.
    fn shown(&self) -> Shown;

    /// What is wrong with these stored settings together with the file and the environment.
    fn problems(&self, candidate: &StoredSettings) -> Vec<Problem>;

    /// Looks at what is stored and makes it hold.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn refresh(&self) -> ports::Result<()>;

    /// Asks the language model of a role, or the one without a role, a short question with these settings.
    async fn ask_model(&self, candidate: &StoredSettings, role: Option<&str>) -> Tested<ModelAnswer>;

    /// Sends a mail with these settings.
    async fn send_mail(&self, candidate: &StoredSettings, mail: TestMail<'_>) -> Tested<()>;
}

/// A change of a section.
#[derive(Clone, Debug, Default)]
pub struct SectionChange {
    /// The version that its author has seen.
    pub seen: i64,
    /// What is stored from now on.
    pub values: Map<String, Value>,
    /// Secrets that are stored, and names of those that are forgotten.
    pub secrets: Vec<(String, Option<Secret>)>,
}

/// Why a section was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such setting.
    #[error("there is no setting `{0}` that can be changed while the program runs")]
    Unknown(String),
    /// They are of two sections, which are stored apart.
    #[error("{0} and {1} are of two sections; change them one after the other")]
    TwoSections(String, String),
    /// The environment decides it.
    #[error("{0} is set by the variable {1}, which goes before everything else; change it there")]
    Fixed(String, String),
    /// The values do not fit.
    #[error("{}", .0.first().map_or("the settings do not fit", |problem| problem.text.as_str()))]
    Wrong(Vec<Problem>),
    /// Somebody else has changed the section meanwhile.
    #[error("somebody else has changed these settings meanwhile; look at them and try again")]
    Conflict,
    /// The database is unavailable.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// The stored settings with a change in them, as a test or a check needs them.
pub fn with(stored: &StoredSettings, section: &str, change: &SectionChange) -> StoredSettings {
    let mut stored = stored.clone();
    stored.sections.retain(|known| known.section != section);
    let (author, at) = (String::new(), 0);
    let version = change.seen.saturating_add(1);
    let values = change.values.clone();
    stored.sections.push(StoredSection { section: section.to_owned(), version, values, author, at });
    for (name, secret) in &change.secrets {
        stored.secrets.retain(|known| known.name != *name);
        if let Some(secret) = secret {
            let (author, ending) = (String::new(), setting_ending(secret));
            let (name, secret) = (name.clone(), secret.clone());
            stored.secrets.push(ports::StoredSecret { name, secret, ending, author, at });
        }
    }
    stored
}

/// Changes a section. Writes a `settings.change` row of the audit log with what was before and is now: of secrets only that they were
/// replaced, of addresses of people only how many there are. Returns whether anything was different.
///
/// # Errors
/// See [`Error`].
pub async fn save(
    store: &dyn Store,
    tuning: &dyn Tuning,
    actor: &Actor,
    now: i64,
    (section, wanted): (&Section, SectionChange),
) -> Result<bool, Error> {
    let mut change = Change::new(actor, "settings.change", now);
    change.on(section.name);
    let done = async {
        tuning.refresh().await?;
        let shown = tuning.shown();
        if shown.version(section.name) != wanted.seen {
            return Err(Error::Conflict);
        }
        let candidate = with(&shown.stored, section.name, &wanted);
        let problems = tuning.problems(&candidate);
        if !problems.is_empty() {
            return Err(Error::Wrong(problems));
        }
        let none = Map::new();
        let before = shown.section(section.name).map_or(&none, |stored| &stored.values);
        let Some((was, is)) = told(section, &shown, before, &wanted) else { return Ok(false) };
        change.before(was);
        change.after(is);
        let SectionChange { seen, values, secrets } = wanted;
        let write = SettingsWrite {
            section: section.name.to_owned(),
            expected: seen,
            values,
            secrets,
            author: actor.id.clone(),
            at: now,
        };
        match change.write(store, vec![Write::Settings(Box::new(write))]).await? {
            Written::Done { .. } => {}
            Written::NameTaken | Written::Conflict | Written::Gone => return Err(Error::Conflict),
        }
        // It is stored: where the settings cannot be read now, they are a moment later.
        if let Err(error) = tuning.refresh().await {
            tracing::warn!(%error, "changed settings could not be read yet");
        }
        Ok(true)
    };
    let done: Result<bool, Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// What an audit row tells of a change; `None` where nothing is different.
fn told(
    section: &Section,
    shown: &Shown,
    before: &Map<String, Value>,
    wanted: &SectionChange,
) -> Option<(Value, Value)> {
    let (mut was, mut is) = (Map::new(), Map::new());
    for entry in section.entries() {
        let key = entry.key();
        let base = value_at(&shown.base, key);
        let (old, new) = (before.get(key).unwrap_or(base), wanted.values.get(key).unwrap_or(base));
        if old != new {
            let (old, new) = (entry.told(old), entry.told(new));
            // Other addresses, as many as before.
            let new = if old == new { json!(format!("{}, changed", shortly(&new))) } else { new };
            was.insert(key.to_owned(), old);
            is.insert(key.to_owned(), new);
        }
    }
    for (name, secret) in &wanted.secrets {
        let known = shown.secrets.get(name);
        was.insert(name.clone(), known.map_or(Value::Null, |known| ended("set", &known.ending)));
        let now = match secret {
            Some(secret) if !secret.is_empty() => {
                ended(if known.is_some() { "replaced" } else { "set" }, &setting_ending(secret))
            }
            _ => json!("removed"),
        };
        is.insert(name.clone(), now);
    }
    (!is.is_empty()).then_some((Value::Object(was), Value::Object(is)))
}

fn shortly(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn ended(what: &str, ending: &str) -> Value {
    if ending.is_empty() { json!(what) } else { json!(format!("{what}, ends in {ending}")) }
}

impl Entry {
    /// The value as the audit log has it: of what names people only how much there is.
    fn told(&self, value: &Value) -> Value {
        match self {
            Entry::One(field) => field.told(value),
            Entry::Many(rows) if rows.fields.iter().any(|field| field.private) => {
                let Some(map) = value.as_object() else { return Value::Null };
                let counted = map.iter().map(|(name, row)| {
                    let fields = rows
                        .fields
                        .iter()
                        .map(|field| (field.key.to_owned(), field.told(value_at(row, field.key))));
                    (name.clone(), Value::Object(fields.collect()))
                });
                Value::Object(counted.collect())
            }
            Entry::Many(_) => value.clone(),
        }
    }
}

impl Field {
    fn told(&self, value: &Value) -> Value {
        match value {
            value if !self.private => value.clone(),
            Value::Array(all) => json!(all.len()),
            Value::String(text) if !text.is_empty() => json!("set"),
            _ => Value::Null,
        }
    }
}

/// Notes that a section was tried before it was stored: what was tried, and whether it worked. A mail was sent or money spent.
pub async fn note_test<T>(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    (section, what): (&Section, &str),
    tested: &Tested<T>,
) {
    let mut change = Change::new(actor, "settings.test", now);
    change.on(section.name);
    change.before(Value::Null);
    change.after(json!({ "tested": what, "milliseconds": tested.millis }));
    change.end_with(store, tested.result.as_ref().err().map(|failure| failure.detail.clone())).await;
}
