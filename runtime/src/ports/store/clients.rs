//! What is stored about one client: reading all of it, finding it by a contact, and erasing it.
//!
//! Not here: which chat is meant, and who may ask for it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::ChatKey;
use crate::ports::{AuditEntry, Result};

/// A table with rows about clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientTable {
    /// The session.
    Chats,
    /// Received events; those that had their turn without their content.
    Inbox,
    /// The transcript.
    Messages,
    /// Turns with their records.
    Turns,
    /// Buttons that can be pressed.
    Buttons,
    /// Messages to the client, and notices to staff about the client.
    Outbox,
    /// Leads.
    Leads,
    /// What happened to the leads.
    LeadHistory,
    /// Running timers.
    Timers,
    /// Queue tasks of timers.
    TimerTasks,
    /// Analytics events.
    Marks,
    /// The meter's rows. Erasing keeps what was spent, without chat and turn.
    ModelCalls,
    /// Starts of slow turns.
    TaskStarts,
    /// Quarantined turns and tasks.
    Quarantine,
    /// Tasks of the queue.
    Tasks,
    /// Leases; only where several processes share a database.
    Leases,
    /// What staff noted.
    Notes,
    /// What happened on which day, for figures.
    DialogDays,
    /// The audit log. Erasing keeps the rows, without the chat's key.
    Audit,
}

impl ClientTable {
    /// All tables, in the order in which they are shown.
    pub const ALL: [ClientTable; 19] = [
        ClientTable::Chats,
        ClientTable::Inbox,
        ClientTable::Messages,
        ClientTable::Turns,
        ClientTable::Buttons,
        ClientTable::Outbox,
        ClientTable::Leads,
        ClientTable::LeadHistory,
        ClientTable::Timers,
        ClientTable::TimerTasks,
        ClientTable::Marks,
        ClientTable::ModelCalls,
        ClientTable::TaskStarts,
        ClientTable::Quarantine,
        ClientTable::Tasks,
        ClientTable::Leases,
        ClientTable::Notes,
        ClientTable::DialogDays,
        ClientTable::Audit,
    ];

    /// The name in the database (`tasks` stands for the table of the queue), in exports and in receipts.
    pub const fn name(self) -> &'static str {
        match self {
            ClientTable::Chats => "chats",
            ClientTable::Inbox => "inbox",
            ClientTable::Messages => "messages",
            ClientTable::Turns => "turns",
            ClientTable::Buttons => "buttons",
            ClientTable::Outbox => "outbox",
            ClientTable::Leads => "leads",
            ClientTable::LeadHistory => "lead_history",
            ClientTable::Timers => "timers",
            ClientTable::TimerTasks => "timer_tasks",
            ClientTable::Marks => "marks",
            ClientTable::ModelCalls => "model_calls",
            ClientTable::TaskStarts => "task_starts",
            ClientTable::Quarantine => "quarantine",
            ClientTable::Tasks => "tasks",
            ClientTable::Leases => "leases",
            ClientTable::Notes => "notes",
            ClientTable::DialogDays => "dialog_days",
            ClientTable::Audit => "audit",
        }
    }
}

/// A contact to look for in everything that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needle {
    /// Digits of a phone number, whatever stands between them.
    Digits(String),
    /// A text, whatever the case of its ASCII letters.
    Text(String),
}

/// A stored text in which a [`Needle`] was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The chat.
    pub chat: ChatKey,
    /// The table: `leads`, `chats`, `messages`, `turns` or `inbox`.
    pub table: String,
    /// The text, or the JSON that holds it.
    pub text: String,
}

/// The most mentions that [`ClientStore::mentions`] returns.
pub const MAX_MENTIONS: u32 = 10_000;

/// The erasure of a chat.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// The chat.
    pub chat: ChatKey,
    /// What stands for its key in the audit log from now on.
    pub pseudonym: String,
    /// The row of the audit log that tells of it. The numbers of erased rows are added to its details as `rows`.
    pub receipt: AuditEntry,
    /// Rows of the chat that [`ClientStore::erase_history`] has deleted before, to be added to the receipt.
    pub before: Erased,
}

/// Numbers of erased rows by table; tables without any are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Erased(pub BTreeMap<ClientTable, u64>);

impl Erased {
    /// Adds rows of a table.
    pub fn add(&mut self, table: ClientTable, rows: u64) {
        if rows > 0 {
            let count = self.0.entry(table).or_default();
            *count = count.saturating_add(rows);
        }
    }

    /// Adds all counts of another one.
    pub fn extend(&mut self, other: &Erased) {
        other.0.iter().for_each(|(table, rows)| self.add(*table, *rows));
    }

    /// The sum of all counts.
    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }
}

/// What has become of the bytes of deleted rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purged {
    /// They are overwritten in the database's files.
    Overwritten,
    /// The write-ahead log is in use and may still hold them; later checkpoints overwrite it.
    InUse,
    /// That is up to the database server: until its VACUUM has run and its log is recycled, files may hold them.
    ByServer,
}

/// Everything about one client.
#[async_trait]
pub trait ClientStore: Send + Sync {
    /// The rows of a table about a chat, as JSON objects by column, oldest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn client_rows(&self, chat: &str, table: ClientTable) -> Result<Vec<Value>>;

    /// Texts of sessions, leads, transcripts, turns and waiting events that may hold a contact, at most
    /// [`MAX_MENTIONS`].
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn mentions(&self, needle: &Needle) -> Result<Vec<Mention>>;

    /// Deletes at most `limit` of a chat's oldest turns, with their notices, and as many messages of its transcript. A
    /// large chat is erased in such steps, so that no write waits long; the chat works on meanwhile.
    ///
    /// # Errors
    /// When the database is unavailable, or when `chat` contains U+0000.
    async fn erase_history(&self, chat: &str, limit: u32) -> Result<Erased>;

    /// Deletes all rows about a chat and writes the receipt, in one transaction. A turn in progress cannot be stored
    /// afterwards, because its event is gone; an event that is received later begins a new chat. Returns the counts of
    /// this call and of those before. Nothing is written when nothing was deleted, now or before.
    ///
    /// # Errors
    /// When the database is unavailable, or when the chat contains U+0000.
    async fn erase_client(&self, erasure: Erasure) -> Result<Erased>;

    /// Makes the bytes of deleted rows unreadable in the database's files. May rewrite a file that an earlier version
    /// made, once.
    ///
    /// # Errors
    /// When the database is unavailable, or when its file cannot be rewritten.
    async fn purge(&self) -> Result<Purged>;
}
