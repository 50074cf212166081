//! What a form of a section brings, and what stands in it. The name of a field is that of its setting; in a table its row's number and
//! its own name follow that of the table: `staff.0.email`. A row has its name as `name`, what it was called as `was`, and
//! `remove` where it goes. A secret that is to go has `.remove` after its name.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tolmach_runtime::secret::Secret;

use super::{
    Problem, SectionChange, Shown, Source,
    schema::{self, BadText, Entry, Field, Kind, Names, Rows, Section},
    value_at,
};

/// The most rows of a table.
pub const MOST_ROWS: usize = 100;

/// What a form brings, by the names of its fields.
pub type Entered = BTreeMap<String, String>;

/// A form that was read.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The change that it asks for.
    pub change: SectionChange,
    /// What cannot be read; their keys are names of fields.
    pub problems: Vec<Problem>,
    /// The beginnings of names of settings, and those of the fields that set them.
    places: Vec<(String, String)>,
}

impl Read {
    /// The field of the form that a setting is set by.
    pub fn place(&self, key: &str) -> String {
        let known = self.places.iter().filter(|(begin, _)| {
            key.strip_prefix(begin.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        match known.max_by_key(|(begin, _)| begin.len()) {
            // What is said of a whole row stands at its first field.
            Some((begin, place)) if key.len() > begin.len() => format!("{place}{}", &key[begin.len()..]),
            Some((_, place)) => format!("{place}.name"),
            None => key.to_owned(),
        }
    }

    fn wrong(&mut self, place: &str, why: BadText) {
        let text = format!("{place}: {}", why.text);
        self.problems.push(Problem { key: place.to_owned(), code: why.code, text });
    }
}

/// Reads a form. A field that it does not bring keeps its value; so does one that the environment decides.
pub fn read(section: &Section, shown: &Shown, seen: i64, entered: &Entered) -> Read {
    let mut read = Read::default();
    read.change.seen = seen;
    // What does not fit holds nowhere, so it is not kept.
    let left_out = shown.left_out.iter().any(|(name, _)| name == section.name);
    let stored = shown.section(section.name).filter(|_| !left_out).map(|stored| &stored.values);
    for entry in section.entries() {
        let key = entry.key();
        let before = || stored.and_then(|values| values.get(key)).cloned();
        let value = match entry {
            Entry::One(field) if field.kind == Kind::Secret => {
                read_secret(&mut read, shown, entered, (key, key));
                continue;
            }
            Entry::One(field) => match entered.get(key).filter(|_| !shown.fixed.contains_key(key)) {
                None => before(),
                Some(text) => match field.read(text) {
                    Ok(value) => Some(value),
                    Err(why) => {
                        read.wrong(key, why);
                        before()
                    }
                },
            },
            // The table is not a part of the form.
            Entry::Many(_) if !entered.contains_key(&format!("{key}.rows")) => before(),
            Entry::Many(rows) => Some(read_rows(&mut read, rows, shown, entered)),
        };
        if let Some(value) = value.filter(|value| value != value_at(&shown.base, key)) {
            read.change.values.insert(key.to_owned(), value);
        }
    }
    keep_secrets_home(&mut read, section, shown, entered);
    read
}

/// Settings with an address, each with the secret that is sent there.
const HOMES: [(&str, &str); 4] = [
    ("smtp.host", "smtp.password"),
    ("llm.base_url", "llm.api_key"),
    ("telegram.api_url", "telegram.token"),
    ("meilisearch.url", "meilisearch.api_key"),
];

const AGAIN: BadText =
    BadText { code: "again", text: "type it again for the new address: it is not sent to another one" };

const OF_THE_FILE: BadText = BadText {
    code: "of_the_file",
    text: "it stands in the configuration file under the old name; type it again for the new one",
};

/// Whether a secret is typed anew, or goes.
fn typed(entered: &Entered, place: &str) -> bool {
    let text = entered.get(place).is_some_and(|text| !text.trim().is_empty());
    text || entered.contains_key(&format!("{place}.remove"))
}

/// A secret that nobody can read is not sent to an address that its owner did not mean: whoever changes the address types it again.
fn keep_secrets_home(read: &mut Read, section: &Section, shown: &Shown, entered: &Entered) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // What a setting says after the change; the environment's stays.
    let after = |read: &Read, key: &str| match shown.fixed.contains_key(key) {
        true => value_at(&shown.values, key).clone(),
        false => read.change.values.get(key).unwrap_or_else(|| value_at(&shown.base, key)).clone(),
    };
    for (key, secret) in HOMES.iter().filter(|(key, _)| section.entries().any(|entry| entry.key() == *key)) {
        let moved = text(&after(read, key)) != text(value_at(&shown.values, key));
        if moved && shown.secrets.contains_key(*secret) && !typed(entered, secret) {
            // One that the environment decides cannot be typed, so its address stays.
            read.wrong(if shown.fixed.contains_key(*secret) { key } else { secret }, AGAIN);
        }
    }
    let (table, common) = ("llm.roles", "llm.base_url");
    let roles = after(read, table);
    let home = |row: &Value, common: &Value| match text(&row["base_url"]) {
        own if own.is_empty() => text(common),
        own => own,
    };
    for (key, place) in read.places.clone() {
        let Some(name) = key.strip_prefix("llm.roles.") else { continue };
        let was = entered.get(&format!("{place}.was")).map(|was| was.trim()).unwrap_or_default();
        let secret = format!("{place}.api_key");
        if shown.secrets.contains_key(&format!("{table}.{was}.api_key")) && !typed(entered, &secret) {
            let before = home(&value_at(&shown.values, table)[was], value_at(&shown.values, common));
            if home(&roles[name], &after(read, common)) != before {
                read.wrong(&secret, AGAIN);
            }
        }
    }
}

/// Reads what becomes of a secret: `name` is that of the setting, `place` that of the field.
fn read_secret(read: &mut Read, shown: &Shown, entered: &Entered, (name, place): (&str, &str)) {
    if shown.fixed.contains_key(name) {
        return;
    }
    let text = entered.get(place).map(|text| text.trim()).filter(|text| !text.is_empty());
    let goes = entered.contains_key(&format!("{place}.remove"));
    match text {
        Some(text) => match schema::secret(text) {
            Ok(secret) => read.change.secrets.push((name.to_owned(), Some(secret))),
            Err(why) => read.wrong(place, why),
        },
        // An empty one, because the file may have another.
        None if goes && shown.secrets.contains_key(name) => {
            read.change.secrets.push((name.to_owned(), Some(Secret::default())));
        }
        None => {}
    }
}

fn read_rows(read: &mut Read, rows: &Rows, shown: &Shown, entered: &Entered) -> Value {
    let (mut named, mut listed) = (Map::new(), Vec::new());
    let mut kept = Vec::new();
    for at in 0..MOST_ROWS {
        let place = format!("{}.{at}", rows.key);
        let entry =
            |name: &str| entered.get(&format!("{place}.{name}")).map(|text| text.trim()).unwrap_or_default();
        let (name, was) = (entry("name"), entry("was"));
        // Hosts are the same however they are written.
        let host = (rows.names == Names::Host).then(|| name.to_lowercase());
        let name = host.as_deref().unwrap_or(name);
        let filled = rows.fields.iter().any(|field| !entry(field.key).is_empty());
        if entered.contains_key(&format!("{place}.remove")) || name.is_empty() && !filled {
            continue;
        }
        let is_named = rows.names != Names::None;
        let key = match is_named {
            true if name.is_empty() => {
                read.wrong(&format!("{place}.name"), BadText { code: "no_name", text: "a name is missing" });
                continue;
            }
            true if named.contains_key(name) => {
                read.wrong(
                    &format!("{place}.name"),
                    BadText { code: "twice", text: "another one has this name" },
                );
                continue;
            }
            true if !rows.names.take(name) => {
                read.wrong(&format!("{place}.name"), rows.names.expected());
                continue;
            }
            true => format!("{}.{name}", rows.key),
            false => format!("{}.{}", rows.key, listed.len()),
        };
        read.places.push((key.clone(), place.clone()));
        let before = value_at(&shown.under, &format!("{}.{was}", rows.key));
        let mut row = Value::Object(Map::new());
        for field in rows.fields {
            let (setting, place) = (format!("{key}.{}", field.key), format!("{place}.{}", field.key));
            if field.kind == Kind::Secret {
                kept.push(setting.clone());
                let before = format!("{}.{was}.{}", rows.key, field.key);
                rename_secret(read, shown, &before, &setting);
                read_secret(read, shown, entered, (&setting, &place));
                if let Some(known) = shown.secrets.get(&before)
                    && was != name
                    && !typed(entered, &place)
                {
                    match rows.names {
                        Names::Host => read.wrong(&place, AGAIN),
                        // What the file says of the old name is nothing that this program may write down elsewhere.
                        _ if known.source == Source::File => read.wrong(&place, OF_THE_FILE),
                        Names::Word | Names::None => {}
                    }
                }
                continue;
            }
            let value = match entered.get(&place).filter(|_| !shown.fixed.contains_key(&setting)) {
                Some(text) => field.read(text),
                None => Ok(value_at(before, field.key).clone()),
            };
            match value {
                Ok(value) if is_empty(field, &value) => {}
                Ok(value) => put(&mut row, field.key, value),
                Err(why) => read.wrong(&place, why),
            }
        }
        match is_named {
            true => drop(named.insert(name.to_owned(), row)),
            false => listed.push(row),
        }
    }
    forget_secrets(read, rows, shown, &kept);
    if rows.names != Names::None { Value::Object(named) } else { Value::Array(listed) }
}

pub(super) fn is_empty(field: &Field, value: &Value) -> bool {
    match value {
        Value::Null => true,
        // What must be there is missing in the words of the configuration.
        Value::String(text) => {
            text.is_empty() && field.kind != Kind::Decimal && !matches!(field.key, "model" | "currency")
        }
        Value::Array(all) => all.is_empty(),
        _ => false,
    }
}

impl Names {
    /// Whether a row may be called so.
    pub fn take(self, name: &str) -> bool {
        let host = self == Names::Host;
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == if host { '.' } else { '_' };
        name.chars().all(fits) && name.len() <= self.longest()
    }

    /// The most bytes of a name.
    pub const fn longest(self) -> usize {
        match self {
            Names::Host => 253,
            Names::Word | Names::None => 60,
        }
    }

    /// What is expected of a name.
    pub fn expected(self) -> BadText {
        match self {
            Names::Host => BadText {
                code: "host",
                text: "a host such as api.example.com is expected, without https:// and path",
            },
            Names::Word | Names::None => {
                BadText { code: "name", text: "a name of letters, digits, - and _ is expected" }
            }
        }
    }
}

pub(super) fn put(row: &mut Value, key: &str, value: Value) {
    let mut place = row;
    for part in key.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[part];
    }
    *place = value;
}

/// A row that is called otherwise keeps its stored secret.
fn rename_secret(read: &mut Read, shown: &Shown, was: &str, name: &str) {
    let known = shown.stored.secrets.iter().find(|known| known.name == was);
    if let Some(known) = known.filter(|_| was != name) {
        read.change.secrets.push((name.to_owned(), Some(known.secret.clone())));
    }
}

/// Secrets of rows that are gone go with them.
fn forget_secrets(read: &mut Read, rows: &Rows, shown: &Shown, kept: &[String]) {
    let begin = format!("{}.", rows.key);
    let gone = shown.stored.secrets.iter().filter(|known| known.name.starts_with(&begin));
    for known in gone.filter(|known| !kept.contains(&known.name)) {
        read.change.secrets.push((known.name.clone(), None));
    }
    // The last word about a secret holds: one that was renamed and typed anew is the new one.
    let mut last = BTreeMap::new();
    for (name, secret) in read.change.secrets.drain(..) {
        last.insert(name, secret);
    }
    read.change.secrets = last.into_iter().collect();
}

/// What stands in the fields of a section before anybody types.
pub fn filled(section: &Section, shown: &Shown) -> Entered {
    let mut fields = Entered::new();
    for entry in section.entries() {
        match entry {
            Entry::One(field) if field.kind == Kind::Secret => {}
            Entry::One(field) => {
                fields.insert(field.key.to_owned(), field.write(value_at(&shown.values, field.key)));
            }
            Entry::Many(rows) => {
                let value = value_at(&shown.values, rows.key);
                let named = value.as_object().into_iter().flatten().map(|(name, row)| (name.clone(), row));
                let listed = value.as_array().into_iter().flatten().map(|row| (String::new(), row));
                let mut count = 0;
                for (at, (name, row)) in named.chain(listed).take(MOST_ROWS).enumerate() {
                    let place = format!("{}.{at}", rows.key);
                    fields.insert(format!("{place}.name"), name.clone());
                    fields.insert(format!("{place}.was"), name);
                    for field in rows.fields.iter().filter(|field| field.kind != Kind::Secret) {
                        fields
                            .insert(format!("{place}.{}", field.key), field.write(value_at(row, field.key)));
                    }
                    count = at + 1;
                }
                fields.insert(format!("{}.rows", rows.key), count.to_string());
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tolmach_runtime::ports::{StoredSecret, StoredSection, StoredSettings};

    use super::*;
    use crate::settings::KnownSecret;

    fn shown(values: Value) -> Shown {
        Shown { values: values.clone(), under: values.clone(), base: values, ..Shown::default() }
    }

    fn entered(fields: &[(&str, &str)]) -> Entered {
        fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn only_what_differs_from_the_file_is_stored() {
        let mail = schema::section("mail").unwrap();
        let mut shown = shown(
            json!({ "smtp": { "host": "a", "port": null, "tls": "starttls", "from": "", "username": "" } }),
        );
        shown.fixed.insert("smtp.tls".to_owned(), "TOLMACH_SMTP_TLS".to_owned());
        let mut form = filled(mail, &shown);
        assert_eq!(read(mail, &shown, 3, &form).change.values, Map::new(), "nothing was changed");
        form.insert("smtp.host".to_owned(), " b ".to_owned());
        form.insert("smtp.tls".to_owned(), "none".to_owned());
        form.insert("smtp.port".to_owned(), "x".to_owned());
        form.insert("smtp.password".to_owned(), "secret".to_owned());
        let read = read(mail, &shown, 3, &form);
        assert_eq!(
            Value::Object(read.change.values),
            json!({ "smtp.host": "b" }),
            "the environment decides tls"
        );
        assert_eq!(
            (read.change.seen, read.problems.len(), read.problems[0].key.as_str()),
            (3, 1, "smtp.port")
        );
        assert_eq!(read.change.secrets, [("smtp.password".to_owned(), Some(Secret::new("secret")))]);
    }

    #[test]
    fn rows_are_added_renamed_and_removed_with_their_secrets() {
        let models = schema::section("models").unwrap();
        let roles = json!({ "fast": { "model": "a" }, "old": { "model": "b" } });
        let mut shown = shown(json!({ "llm": { "roles": {}, "prices": [], "timeout_seconds": 12 } }));
        shown.values = json!({ "llm": { "roles": roles, "prices": [], "timeout_seconds": 12 } });
        shown.under = shown.values.clone();
        let secret = |name: &str| StoredSecret {
            name: format!("llm.roles.{name}.api_key"),
            secret: Secret::new(name),
            ending: String::new(),
            author: String::new(),
            at: 0,
        };
        let values = [("llm.roles".to_owned(), roles)].into_iter().collect();
        let (section, author) = ("models".to_owned(), String::new());
        let stored = StoredSection { section, version: 1, values, author, at: 0 };
        shown.stored =
            StoredSettings { sections: vec![stored], secrets: vec![secret("fast"), secret("old")] };
        for name in ["fast", "old"] {
            let known = KnownSecret { ending: String::new(), source: Source::Panel, stored: None };
            shown.secrets.insert(format!("llm.roles.{name}.api_key"), known);
        }
        let mut form = filled(models, &shown);
        assert_eq!(form["llm.roles.1.name"], "old");
        form.insert("llm.roles.0.name".to_owned(), "quick".to_owned());
        form.insert("llm.roles.1.remove".to_owned(), "1".to_owned());
        form.extend(entered(&[
            ("llm.roles.2.name", "new"),
            ("llm.roles.2.model", "c"),
            ("llm.roles.2.api_key", "k"),
            ("llm.prices.0.model", "c"),
            ("llm.prices.0.input", "0,15"),
        ]));
        let read = read(models, &shown, 1, &form);
        assert_eq!(read.problems, [], "that a price is missing is for the configuration to say");
        let roles = json!({ "quick": { "model": "a" }, "new": { "model": "c" } });
        assert_eq!(read.change.values["llm.roles"], roles);
        let secrets = [
            ("llm.roles.fast.api_key", None),
            ("llm.roles.new.api_key", Some("k")),
            ("llm.roles.old.api_key", None),
            ("llm.roles.quick.api_key", Some("fast")),
        ];
        let secrets = secrets.map(|(name, secret)| (name.to_owned(), secret.map(Secret::new)));
        assert_eq!(read.change.secrets, secrets);
        assert_eq!(read.place("llm.roles.new.base_url"), "llm.roles.2.base_url");
        assert_eq!(read.place("llm.roles.new"), "llm.roles.2.name");
        assert_eq!(read.place("llm.base_url"), "llm.base_url");
    }

    #[test]
    fn a_secret_is_not_sent_to_another_address() {
        let models = schema::section("models").unwrap();
        let roles =
            json!({ "own": { "model": "a", "base_url": "https://own.example" }, "with": { "model": "b" } });
        let mut shown = shown(
            json!({ "llm": { "base_url": "https://a.example", "roles": roles, "prices": [], "timeout_seconds": 12 } }),
        );
        for name in ["llm.api_key", "llm.roles.own.api_key", "llm.roles.with.api_key"] {
            let known = KnownSecret { ending: String::new(), source: Source::Panel, stored: None };
            shown.secrets.insert(name.to_owned(), known);
        }
        let again = |changes: &[(&str, &str)], shown: &Shown| -> Vec<String> {
            let mut form = filled(models, shown);
            form.extend(entered(changes));
            let read = read(models, shown, 0, &form);
            read.problems.iter().filter(|one| one.code == "again").map(|one| one.key.clone()).collect()
        };
        assert_eq!(again(&[], &shown), [""; 0]);
        assert_eq!(again(&[("llm.model", "other"), ("llm.timeout_seconds", "9")], &shown), [""; 0]);
        let elsewhere = ("llm.base_url", "https://b.example");
        assert_eq!(
            again(&[elsewhere], &shown),
            ["llm.api_key", "llm.roles.1.api_key"],
            "a role without an address"
        );
        assert_eq!(
            again(&[elsewhere, ("llm.api_key", "k"), ("llm.roles.1.api_key.remove", "1")], &shown),
            [""; 0]
        );
        assert_eq!(again(&[("llm.roles.0.base_url", "https://b.example")], &shown), ["llm.roles.0.api_key"]);
        assert_eq!(
            again(&[("llm.roles.0.base_url", "")], &shown),
            ["llm.roles.0.api_key"],
            "it goes to the common one"
        );
        let renamed = [("llm.roles.0.name", "other"), ("llm.roles.0.base_url", "https://b.example")];
        assert_eq!(again(&renamed, &shown), ["llm.roles.0.api_key"]);
        assert_eq!(again(&[("llm.roles.0.name", "other")], &shown), [""; 0]);
        shown.fixed.insert("llm.api_key".to_owned(), "TOLMACH_LLM_API_KEY".to_owned());
        let key = ("llm.roles.1.api_key", "k");
        assert_eq!(
            again(&[elsewhere, key], &shown),
            ["llm.base_url"],
            "the environment's key stays where it is"
        );
    }

    #[test]
    fn a_host_is_a_name_with_dots_and_keeps_its_secret_to_itself() {
        let server = schema::section("server").unwrap();
        let mut shown = shown(json!({ "http": { "hosts": { "api.example.com": {} } } }));
        let key = "http.hosts.api.example.com.authorization";
        let known = KnownSecret { ending: String::new(), source: Source::File, stored: None };
        shown.secrets.insert(key.to_owned(), known);
        let read = |changes: &[(&str, &str)]| {
            let mut form = filled(server, &shown);
            form.extend(entered(changes));
            read(server, &shown, 0, &form)
        };
        assert_eq!(read(&[]).change.values.get("http.hosts"), None, "nothing was changed");
        let added =
            read(&[("http.hosts.1.name", "CRM.example.com"), ("http.hosts.1.authorization", "Bearer x")]);
        assert_eq!(
            added.change.values["http.hosts"],
            json!({ "api.example.com": {}, "crm.example.com": {} })
        );
        let secret = ("http.hosts.crm.example.com.authorization".to_owned(), Some(Secret::new("Bearer x")));
        assert_eq!(added.change.secrets, [secret]);
        let problems = |changes: &[(&str, &str)]| -> Vec<(String, &'static str)> {
            let problems = read(changes).problems.into_iter();
            problems
                .filter(|problem| problem.key.starts_with("http."))
                .map(|problem| (problem.key, problem.code))
                .collect()
        };
        let moved = ("http.hosts.0.name", "other.example.com");
        assert_eq!(problems(&[moved]), [("http.hosts.0.authorization".to_owned(), "again")]);
        assert_eq!(problems(&[moved, ("http.hosts.0.authorization", "Bearer y")]), []);
        assert_eq!(problems(&[moved, ("http.hosts.0.authorization.remove", "1")]), []);
        let wrong = [("http.hosts.1.name", "https://a.example.com/x")];
        assert_eq!(problems(&wrong), [("http.hosts.1.name".to_owned(), "host")]);
    }

    #[test]
    fn a_row_needs_a_name_of_its_own() {
        let staff = schema::section("staff").unwrap();
        let shown = shown(json!({ "staff": {} }));
        let form = entered(&[
            ("staff.rows", "0"),
            ("staff.0.name", "default"),
            ("staff.0.telegram", "1, 2"),
            ("staff.1.email", "a@example.com"),
            ("staff.2.name", "default"),
            ("staff.3.name", "a b"),
        ]);
        let read = read(staff, &shown, 0, &form);
        assert_eq!(read.change.values["staff"], json!({ "default": { "telegram": ["1", "2"] } }));
        let codes: Vec<&str> = read.problems.iter().map(|one| one.code).collect();
        assert_eq!(codes, ["no_name", "twice", "name"]);
    }
}
