//! Erases everything about a client and leaves a receipt.
//!
//! A server may run meanwhile. What it has of a chat is in the database, so nothing has to be told to it: a turn in
//! progress finds its event gone when it commits, a timer or a task finds nothing to do, and a message that comes later
//! begins a new chat. A large chat is erased in steps; if the process ends in between, the command is given again.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tolmach_runtime::ports::{
    self, Actor, AuditEntry, AuditQuery, AuditResult, ClientTable, Erased, Erasure, Purged, Store,
};

use super::{Error, Who, find};
use crate::{audit::Change, files::FileFolder, text::event_id};

/// The turns and messages that are deleted in one step, so that no turn waits long for the write lock.
const CHUNK: u32 = 500;

/// The pause between two steps, which lets turns run.
const PAUSE: Duration = Duration::from_millis(20);

/// The action of a receipt in the audit log.
const ACTION: &str = "client.erase";

/// Hexadecimal digits of a receipt's fingerprint: 20 bits. They confirm a key that is presented, and fit so many others
/// that none can be found from them.
const FINGERPRINT: usize = 5;

/// The receipt of an erased chat. It holds nothing of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// What stands for the chat in the audit log from now on: `erased:<id>`.
    pub id: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Erased rows by table. Those of `audit` and `model_calls` have lost what named the client.
    pub rows: Erased,
    /// Erased files that staff had sent.
    pub files: u64,
}

/// Erases the chats that are meant, on behalf of `actor`. Without `all`, only a single one.
///
/// Writes a `client.erase` row of the audit log for each chat: the receipt. A refusal writes one too.
///
/// # Errors
/// When nothing is kept, several chats match without `all`, or the database is unavailable. Chats that were erased
/// before that stay erased.
pub async fn erase(
    store: &dyn Store,
    files: &FileFolder,
    actor: &Actor,
    now: i64,
    who: &Who,
    all: bool,
) -> Result<(Vec<Receipt>, Purged), Error> {
    let erased = erase_all(store, files, actor, now, who, all).await;
    if let Err(why) = &erased {
        let mut change = Change::new(actor, ACTION, now);
        change.detail("by", who.by());
        change.end_with(store, Some(why.reason())).await;
    }
    erased
}

async fn erase_all(
    store: &dyn Store,
    files: &FileFolder,
    actor: &Actor,
    now: i64,
    who: &Who,
    all: bool,
) -> Result<(Vec<Receipt>, Purged), Error> {
    let chats: Vec<String> = find(store, who).await?.into_iter().map(|found| found.chat).collect();
    if chats.is_empty() {
        // An erasure may have been killed before this.
        store.purge().await?;
        return Err(Error::Nothing);
    }
    if chats.len() > 1 && !all {
        return Err(Error::Several(chats));
    }
    let mut receipts = Vec::new();
    for chat in &chats {
        receipts.push(one(store, files, actor, now, who, chat).await?);
    }
    Ok((receipts, store.purge().await?))
}

async fn one(
    store: &dyn Store,
    files: &FileFolder,
    actor: &Actor,
    now: i64,
    who: &Who,
    chat: &str,
) -> Result<Receipt, ports::Error> {
    // Files first: if the process ends now, the chat is still found, and erased when the command is given again.
    let mut sent = files.erase(chat).await?;
    let mut before = Erased::default();
    loop {
        let step = store.erase_history(chat, CHUNK).await?;
        before.extend(&step);
        let full = [ClientTable::Turns, ClientTable::Messages]
            .iter()
            .any(|table| step.0.get(table).is_some_and(|rows| *rows >= u64::from(CHUNK)));
        if !full {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let (id, salt) = (event_id(now), event_id(now).simple().to_string());
    let id = format!("erased:{}", id.simple());
    let receipt = AuditEntry {
        seq: 0,
        at: now,
        actor: actor.clone(),
        action: ACTION.to_owned(),
        object: id.clone(),
        result: AuditResult::Done,
        details: json!({ "by": who.by(), "salt": salt, "fingerprint": fingerprint(&salt, chat), "files": sent }),
    };
    let erasure = Erasure { chat: chat.to_owned(), pseudonym: id.clone(), receipt, before };
    let rows = store.erase_client(erasure).await?;
    // One that somebody was sending meanwhile.
    sent += files.erase(chat).await?;
    Ok(Receipt { id, at: now, rows, files: sent })
}

/// The receipt of a chat that was erased before, if there is one: for those who ask whether it was done.
///
/// # Errors
/// When the database is unavailable.
pub async fn erased_before(store: &dyn Store, chat: &str) -> ports::Result<Option<AuditEntry>> {
    let mut query = AuditQuery { action: Some(ACTION.to_owned()), ..AuditQuery::last(1_000) };
    loop {
        let rows = store.audit(&query).await?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(None) };
        query.page.after = Some(last);
        let of_chat = |row: &AuditEntry| {
            let text = |name: &str| row.details.get(name).and_then(Value::as_str);
            text("salt").is_some_and(|salt| text("fingerprint") == Some(&fingerprint(salt, chat)))
        };
        if let Some(found) = rows.into_iter().find(of_chat) {
            return Ok(Some(found));
        }
    }
}

/// A salted hash of a chat's key, cut to [`FINGERPRINT`] digits.
fn fingerprint(salt: &str, chat: &str) -> String {
    let hash = blake3::hash(format!("{salt}\0{chat}").as_bytes()).to_hex();
    hash.get(..FINGERPRINT).unwrap_or_default().to_owned()
}
