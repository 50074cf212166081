//! The audit log: one row for every change that is made outside a dialog turn.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use super::{
    AccessToken, AccessTokens, Account, Inbound, Invitation, Login, Logins, NoteRow, Order, Page,
    SettingsWrite, Upload,
};

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Actor {
    /// Identifies the actor: a chat key for a client, an address for a staff member, the user of the operating system
    /// for a command. At most 200 characters are stored.
    pub id: String,
    /// The way of access: `client`, `staff:<channel>` (`staff:panel`, `staff:api/<token>`), `cli` or `system`.
    #[schemars(with = "String")]
    pub via: Via,
}

/// The way of access by which an actor makes a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Via {
    /// A client, in their own chat.
    Client,
    /// A staff member, in this channel.
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

/// The stored form: `client`, `staff:<channel>`, `cli` or `system`.
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

/// Parses the form that [`fmt::Display`] writes. Any other text becomes [`Via::System`].
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AuditEntry {
    /// Order within the store; 0 when not stored yet.
    #[serde(default)]
    pub seq: i64,
    /// When the change was made, milliseconds since the Unix epoch.
    pub at: i64,
    /// Who made it.
    pub actor: Actor,
    /// The kind of change: an area and a verb, as in `release.publish` or `lead.set`.
    pub action: String,
    /// What was changed: a release id, a chat key, a supplier's name.
    pub object: String,
    /// Whether it was done.
    pub result: AuditResult,
    /// Further facts, without personal data: counts, a note, the values before and after.
    #[serde(default)]
    pub details: serde_json::Value,
}

/// The result of an audited change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "result", content = "why", rename_all = "snake_case")]
pub enum AuditResult {
    /// It was done.
    Done,
    /// It was refused or failed, for this reason; at most 500 characters are kept.
    Failed(String),
}

/// Filters for the audit log. An unset field does not filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditQuery {
    /// The actor's id, exactly.
    pub actor: Option<String>,
    /// A prefix of the action, such as `release.`.
    pub action: Option<String>,
    /// The object, exactly.
    pub object: Option<String>,
    /// At or after this time, milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// Before this time, milliseconds since the Unix epoch.
    pub until: Option<i64>,
    /// The order of the rows.
    pub order: Order,
    /// The page to read.
    pub page: Page,
}

impl AuditQuery {
    /// The newest `limit` rows, newest first.
    pub fn last(limit: u32) -> AuditQuery {
        AuditQuery {
            actor: None,
            action: None,
            object: None,
            since: None,
            until: None,
            order: Order::NewestFirst,
            page: Page::first(limit),
        }
    }
}

/// One of the writes that make a change.
#[derive(Clone, Debug)]
pub enum Write {
    /// Stores an account: see [`super::AccountStore::save_account`].
    Account(Account),
    /// Adds a login.
    AddLogin(Login),
    /// Ends logins.
    EndLogins(Logins),
    /// Adds an access token, unless the account has one of this name or as many as it may have: then it is a name that is taken.
    AddToken(AccessToken),
    /// Ends access tokens; one that is named must be there.
    EndTokens(AccessTokens),
    /// Uses an invitation up, which must be there.
    UseInvitation(String),
    /// Adds an invitation.
    Invite(Invitation),
    /// Discards a task in quarantine, which must be there.
    DiscardTask(String),
    /// Adds the row of an upload: see [`super::UploadStore::add_upload`].
    AddUpload(Upload),
    /// Removes the row of an upload.
    RemoveUpload(Uuid),
    /// Adds a note about a chat that has had a turn.
    Note(NoteRow),
    /// Writes a section of the settings whose version must be the expected one.
    Settings(Box<SettingsWrite>),
    /// Puts an event into the inbox.
    Receive {
        /// When, milliseconds since the Unix epoch.
        at: i64,
        /// The event's id.
        id: Uuid,
        /// The event.
        inbound: Box<Inbound>,
    },
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it is stored, with its row of the audit log.
    Done {
        /// Logins that were ended.
        logins: u64,
    },
    /// Another account, or another token of the account, has the name. Nothing is stored.
    NameTaken,
    /// Somebody else changed the account or the section at the same time. Nothing is stored.
    Conflict,
    /// There is no such invitation, no such token, or no such chat. Nothing is stored.
    Gone,
}

/// The audit log. Rows are added and never changed.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Adds a row.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn record(&self, entry: AuditEntry) -> super::Result<()>;

    /// Makes a change and adds its row, all in one transaction, or stores nothing. Where logins are ended the row's details get
    /// their number as `after.logins_ended`.
    ///
    /// # Errors
    /// When the database is unavailable, or when a key contains U+0000.
    async fn change(&self, writes: Vec<Write>, entry: AuditEntry) -> super::Result<Written>;

    /// Reads the rows that pass the filters.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn audit(&self, query: &AuditQuery) -> super::Result<Vec<AuditEntry>>;
}
