//! Everything about a client as one JSON document.
//!
//! Rows are as the database holds them, by table and column; columns that hold JSON are nested. Nothing is redacted: the
//! document is for the client. A field may be added within a version; what is renamed or removed makes a new one.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tolmach_runtime::ports::{Actor, ClientTable, Store};

use super::{Error, Who, find};
use crate::{
    audit::Change,
    files::{FileFolder, KeptFile},
};

/// The document's version.
const VERSION: u32 = 1;

/// What no export holds.
const NOT_INCLUDED: [&str; 3] = [
    "backups and earlier exports",
    "messages and mail that were delivered, where they were delivered to",
    "files that people of the staff made themselves, such as saved dialog tests",
];

/// The document.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    /// Always `tolmach-client`.
    pub format: &'static str,
    /// The version of its shape.
    pub version: u32,
    /// When it was made, milliseconds since the Unix epoch.
    pub made_at: i64,
    /// How the client was looked up: `chat`, `phone` or `email`.
    pub by: &'static str,
    /// The chats.
    pub chats: Vec<ExportedChat>,
    /// What is not in it.
    pub not_included: [&'static str; 3],
}

/// A chat of an [`Export`].
#[derive(Clone, Debug, Serialize)]
pub struct ExportedChat {
    /// Its key.
    pub chat: String,
    /// Where the contact that was looked for stands, by table.
    pub found_in: BTreeMap<String, u64>,
    /// Rows by table, oldest first; tables without rows are left out.
    pub tables: BTreeMap<&'static str, Vec<Value>>,
    /// The files that staff sent, oldest first. Their contents are in the data folder, at `files/` and the rest of the address.
    pub files: Vec<KeptFile>,
}

/// Everything about the chats that are meant, on behalf of `actor`.
///
/// Writes a `client.export` row of the audit log for each chat.
///
/// # Errors
/// When nothing is kept, or the database is unavailable.
pub async fn export(
    store: &dyn Store,
    files: &FileFolder,
    actor: &Actor,
    now: i64,
    who: &Who,
) -> Result<Export, Error> {
    let mut chats = Vec::new();
    for found in find(store, who).await? {
        let mut tables = BTreeMap::new();
        for table in ClientTable::ALL {
            let rows = store.client_rows(&found.chat, table).await?;
            if !rows.is_empty() {
                tables.insert(table.name(), rows);
            }
        }
        let mut change = Change::new(actor, "client.export", now);
        change.on(found.chat.clone());
        change.detail("by", who.by());
        change.end_with(store, None).await;
        let files = files.of_chat(&found.chat).await?;
        chats.push(ExportedChat { chat: found.chat, found_in: found.found_in, tables, files });
    }
    if chats.is_empty() {
        return Err(Error::Nothing);
    }
    let (format, version) = ("tolmach-client", VERSION);
    Ok(Export { format, version, made_at: now, by: who.by(), chats, not_included: NOT_INCLUDED })
}
