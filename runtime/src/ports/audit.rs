//! Who did what: one row for every change that somebody makes outside a dialog turn.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Order, Page};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Their name: a chat's key for a client, an address for a person of the staff, the user of the system for a command.
    /// At most 200 characters are kept.
    pub id: String,
    /// By what way they act.
    pub via: Via,
}

/// By what way somebody acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Via {
    /// A client, in their own chat.
    Client,
    /// A person of the staff, in this channel.
    Staff(String),
    /// A user of the command line.
    Cli,
    /// The program itself: a job, a timer, the first start.
    System,
}

impl Actor {
    /// The program itself.
    pub fn system() -> Actor {
        Actor { id: "tolmach".to_owned(), via: Via::System }
    }

    /// A user of the command line.
    pub fn cli(id: impl Into<String>) -> Actor {
        Actor { id: id.into(), via: Via::Cli }
    }
}

/// `client`, `staff:telegram`, `cli`, `system`: the stored form.
impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Via::Client => f.write_str("client"),
            Via::Staff(channel) => write!(f, "staff:{channel}"),
            Via::Cli => f.write_str("cli"),
            Via::System => f.write_str("system"),
        }
    }
}

impl From<Via> for String {
    fn from(via: Via) -> String {
        via.to_string()
    }
}

/// Reads what [`fmt::Display`] wrote; anything else is the system's.
impl From<String> for Via {
    fn from(text: String) -> Via {
        match text.split_once(':') {
            Some(("staff", channel)) => Via::Staff(channel.to_owned()),
            _ if text == "client" => Via::Client,
            _ if text == "cli" => Via::Cli,
            _ => Via::System,
        }
    }
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Order within the store; 0 when not stored yet.
    #[serde(default)]
    pub seq: i64,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Who.
    pub actor: Actor,
    /// What: an area and a verb, as `release.publish` or `lead.set`.
    pub action: String,
    /// On what: a release's id, a chat's key, a supplier's name.
    pub object: String,
    /// How it ended.
    pub result: AuditResult,
    /// What is worth knowing beside it, without personal data: counts, a note, the value before and after.
    #[serde(default)]
    pub details: serde_json::Value,
}

/// How an audited change ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", content = "why", rename_all = "snake_case")]
pub enum AuditResult {
    /// It was done.
    Done,
    /// It was refused or failed, for this reason; at most 500 characters are kept.
    Failed(String),
}

/// Which rows of the audit log are wanted; an unset field excludes none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditQuery {
    /// By this actor.
    pub actor: Option<String>,
    /// Whose action begins with this, as `release.`.
    pub action: Option<String>,
    /// On this object.
    pub object: Option<String>,
    /// At or after this time, milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// In which order.
    pub order: Order,
    /// Which part.
    pub page: Page,
}

impl AuditQuery {
    /// The last `limit` rows.
    pub fn last(limit: u32) -> AuditQuery {
        AuditQuery {
            actor: None,
            action: None,
            object: None,
            since: None,
            order: Order::NewestFirst,
            page: Page::first(limit),
        }
    }
}

/// The audit log. Rows are added and, when they are old, removed; never changed.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Adds a row.
    ///
    /// # Errors
    /// When the database is away.
    async fn record(&self, entry: AuditEntry) -> super::Result<()>;

    /// Reads rows.
    ///
    /// # Errors
    /// When the database is away.
    async fn audit(&self, query: &AuditQuery) -> super::Result<Vec<AuditEntry>>;
}
