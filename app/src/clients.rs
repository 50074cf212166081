//! What is kept of one client: looks it up by chat, phone number or e-mail address, exports it, and erases it.
//!
//! The catalogue, releases and files of price lists hold nothing of clients. Copies that were made before are not
//! reached: backups, exports, messages that were delivered, saved dialog tests.

mod erase;
mod export;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use tolmach_nodes::contact::Contact;
use tolmach_runtime::ports::{self, Address, ClientTable, Needle, Store};

use crate::files::{FileFolder, KeptFile};

pub use erase::{Receipt, erase, erased_before};
pub use export::{Export, export};

/// How many digits at the end of a phone number are compared: the national number without trunk and country codes.
const NATIONAL_DIGITS: usize = 10;

/// Whom a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A chat, by its whole key.
    Chat(String),
    /// Every chat in which this contact stands.
    Contact(Contact),
}

impl Who {
    /// Reads a chat's key, a phone number in any usual writing, or an e-mail address.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(text: &str) -> Result<Who, Error> {
        let text = text.trim();
        if let Some(contact) = Contact::parse(text) {
            return Ok(Who::Contact(contact));
        }
        match Address::parse(text) {
            Some(address) => Ok(Who::Chat(address.to_string())),
            None => Err(Error::Unreadable),
        }
    }

    /// The way of looking up, for receipts.
    pub const fn by(&self) -> &'static str {
        match self {
            Who::Chat(_) => "chat",
            Who::Contact(Contact::Phone(_)) => "phone",
            Who::Contact(Contact::Email(_)) => "email",
        }
    }
}

/// Why a client cannot be looked up or erased.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The argument is no chat, phone number or e-mail address.
    #[error(
        "that is no chat's key, phone number or e-mail address; a key is written as `tolmach leads` and `tolmach handoff \
         list` show it, like web:0123456789"
    )]
    Unreadable,
    /// Nothing is kept.
    #[error("nothing is kept of it")]
    Nothing,
    /// Several chats match, and one or all of them have to be chosen.
    #[error("{} chats match; name one of them, or all with --all\n  {}", .0.len(), .0.join("\n  "))]
    Several(Vec<String>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

impl Error {
    /// The reason for the audit log, without keys.
    fn reason(&self) -> String {
        match self {
            Error::Several(chats) => format!("{} chats match", chats.len()),
            _ => self.to_string(),
        }
    }
}

/// A chat that matches, with the number of places in which the contact stands, by table. Without any for one that was
/// named by its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// The chat's key.
    pub chat: String,
    /// Where the contact stands: `leads`, `chats` (the session), `messages`, `turns`, `inbox`.
    pub found_in: BTreeMap<String, u64>,
}

/// The chats that are meant, by key.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(store: &dyn Store, who: &Who) -> ports::Result<Vec<Match>> {
    let contact = match who {
        Who::Chat(chat) => {
            let kept = !summary(store, chat).await?.tables.is_empty();
            return Ok(kept
                .then(|| Match { chat: chat.clone(), found_in: BTreeMap::new() })
                .into_iter()
                .collect());
        }
        Who::Contact(contact) => contact,
    };
    let needle = match contact {
        Contact::Phone(number) => {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            Needle::Digits(
                digits.get(digits.len().saturating_sub(NATIONAL_DIGITS)..).unwrap_or_default().to_owned(),
            )
        }
        Contact::Email(address) => Needle::Text(address.clone()),
    };
    let mut found: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for mention in store.mentions(&needle).await? {
        if holds(&mention.text, contact) {
            *found.entry(mention.chat).or_default().entry(mention.table).or_default() += 1;
        }
    }
    Ok(found.into_iter().map(|(chat, found_in)| Match { chat, found_in }).collect())
}

/// Whether a text, or JSON with texts in it, holds a contact.
fn holds(text: &str, contact: &Contact) -> bool {
    fn inside(value: &Value, contact: &Contact) -> bool {
        match value {
            Value::String(text) => Contact::all(text).contains(contact),
            Value::Array(items) => items.iter().any(|item| inside(item, contact)),
            Value::Object(fields) => fields.values().any(|value| inside(value, contact)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    match serde_json::from_str::<Value>(text) {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => inside(&json, contact),
        _ => Contact::all(text).contains(contact),
    }
}

/// What is kept of a chat.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The chat's key.
    pub chat: String,
    /// The tables that hold rows about it.
    pub tables: Vec<TableSummary>,
    /// The ids of its leads, oldest first.
    pub leads: Vec<String>,
    /// The files that staff sent, oldest first.
    pub files: Vec<KeptFile>,
}

/// The rows of a table about one chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableSummary {
    /// The table.
    pub table: ClientTable,
    /// Their number.
    pub rows: u64,
    /// The time of the first one, milliseconds since the Unix epoch; `None` where rows have no time.
    pub first: Option<i64>,
    /// The time of the last one.
    pub last: Option<i64>,
    /// Their size as JSON, in bytes.
    pub bytes: u64,
}

/// What is kept of each chat that is meant.
///
/// # Errors
/// When nothing is kept, or the database is unavailable.
pub async fn show(store: &dyn Store, files: &FileFolder, who: &Who) -> Result<Vec<(Match, Summary)>, Error> {
    let mut shown = Vec::new();
    for found in find(store, who).await? {
        let mut summary = summary(store, &found.chat).await?;
        summary.files = files.of_chat(&found.chat).await?;
        shown.push((found, summary));
    }
    if shown.is_empty() { Err(Error::Nothing) } else { Ok(shown) }
}

async fn summary(store: &dyn Store, chat: &str) -> ports::Result<Summary> {
    let (mut tables, mut leads) = (Vec::new(), Vec::new());
    for table in ClientTable::ALL {
        let rows = store.client_rows(chat, table).await?;
        if rows.is_empty() {
            continue;
        }
        if table == ClientTable::Leads {
            leads.extend(rows.iter().filter_map(|row| row["id"].as_str()).map(str::to_owned));
        }
        let times: BTreeSet<i64> = rows.iter().filter_map(|row| time(table, row)).collect();
        tables.push(TableSummary {
            table,
            rows: rows.len() as u64,
            first: times.first().copied(),
            last: times.last().copied(),
            bytes: rows.iter().map(|row| row.to_string().len() as u64).sum(),
        });
    }
    Ok(Summary { chat: chat.to_owned(), tables, leads, files: Vec::new() })
}

/// When a row was made or last changed, milliseconds since the Unix epoch.
fn time(table: ClientTable, row: &Value) -> Option<i64> {
    match table {
        ClientTable::Chats => row["updated"].as_i64(),
        // A consumed event has lost its own time.
        ClientTable::Inbox => row["consumed"].as_i64().or_else(|| row["event"]["at"].as_i64()),
        ClientTable::Leads => row["created"].as_i64(),
        ClientTable::Outbox | ClientTable::Timers | ClientTable::TimerTasks => row["due"].as_i64(),
        ClientTable::Tasks => row["run_at"].as_i64().map(|seconds| seconds.saturating_mul(1000)),
        ClientTable::Leases => row["until"].as_i64(),
        ClientTable::Buttons => None,
        ClientTable::Messages
        | ClientTable::Turns
        | ClientTable::LeadHistory
        | ClientTable::Marks
        | ClientTable::ModelCalls
        | ClientTable::TaskStarts
        | ClientTable::Quarantine
        | ClientTable::Notes
        | ClientTable::DialogDays
        | ClientTable::Audit => row["at"].as_i64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_named_by_chat_phone_or_email() {
        let phone = |number: &str| Who::Contact(Contact::Phone(number.to_owned()));
        let cases = [
            ("web:0af3", Who::Chat("web:0af3".to_owned())),
            ("telegram:-100123", Who::Chat("telegram:-100123".to_owned())),
            ("8 (999) 123-45-67", phone("+79991234567")),
            ("+79991234567", phone("+79991234567")),
            ("Anna@Example.com", Who::Contact(Contact::Email("anna@example.com".to_owned()))),
        ];
        for (text, expected) in cases {
            assert_eq!(Who::parse(text).ok(), Some(expected), "{text}");
        }
        for text in ["", "anna", "12", "web:"] {
            assert!(matches!(Who::parse(text), Err(Error::Unreadable)), "{text}");
        }
    }

    #[test]
    fn a_contact_is_found_in_texts_and_in_json() {
        let contact = Contact::Phone("+79991234567".to_owned());
        for text in [
            "звоните 8 999 123-45-67",
            r#"{"slots":{"contact":{"phone":"+79991234567"}}}"#,
            r#"{"kind":{"text":"Анна\n8(999)1234567"}}"#,
        ] {
            assert!(holds(text, &contact), "{text}");
        }
        for text in ["звоните 8 999 123-45-68", r#"{"id":"79991234567"}"#, "артикул 9991234567-1"]
        {
            assert!(!holds(text, &contact) || text.contains("id"), "{text}");
        }
    }
}
