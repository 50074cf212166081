//! Batched reads for `InboxStore::next`. Every chat that is woken makes such a request, and a database call costs more
//! than the rows it returns, so all requests that wait are answered by one statement.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::{mpsc, oneshot};
use tolmach_runtime::ports::{Chat, ChatKey, InboxRow, MAX_PENDING, Next, Result};

use super::{
    Dialect, Value,
    operation::{listed, stored},
};

/// Maximum number of requests answered by one statement.
const GROUP: usize = 128;

/// A request: the chat, and where its rows are sent.
pub(super) type Look = (ChatKey, oneshot::Sender<Result<Vec<Row>>>);

/// Chat, `seq` of a waiting event, the event as JSON, its button id, session, session version, what is remembered of messages to
/// staff, and whether the chat has undelivered messages.
pub(super) type Row =
    (String, Option<i64>, Option<String>, Option<String>, Option<String>, i64, Option<String>, bool);

/// Answers requests until the store is dropped.
pub(super) async fn run<D: Dialect>(dialect: Arc<D>, mut queue: mpsc::Receiver<Look>) {
    let mut looks = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut looks, GROUP).await > 0 {
        // No chat key contains U+0000, and PostgreSQL rejects the character.
        let named = |chat: &&str| !chat.contains('\0');
        let mut chats: Vec<&str> = looks.iter().map(|(chat, _)| chat.as_str()).filter(named).collect();
        chats.sort_unstable();
        chats.dedup();
        match found(&*dialect, &chats).await {
            Ok(found) => {
                for (chat, reply) in looks.drain(..) {
                    let rows = found.get(&chat).cloned().unwrap_or_default();
                    // The caller may be gone.
                    let _ = reply.send(Ok(rows));
                }
            }
            Err(error) => {
                let why = dialect.explain(&error);
                looks.drain(..).for_each(|(_, reply)| drop(reply.send(Err(why.clone()))));
            }
        }
    }
}

async fn found<D: Dialect>(dialect: &D, chats: &[&str]) -> sqlx::Result<HashMap<ChatKey, Vec<Row>>> {
    let chats = listed(chats).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let values = vec![Value::Text(chats), Value::Integer(i64::from(MAX_PENDING) - 1)];
    let mut found: HashMap<ChatKey, Vec<Row>> = HashMap::new();
    for row in dialect.fetch::<Row>(dialect.statements().reads.next, values).await? {
        found.entry(row.0.clone()).or_default().push(row);
    }
    Ok(found)
}

/// Decodes the rows of one chat. Runs in the caller's task, so that decoding delays no other chat.
pub(super) fn next(chat: &str, rows: Vec<Row>) -> sqlx::Result<Next> {
    let mut next = Next::default();
    for (_, seq, event, button, session, version, staff, undelivered) in rows {
        next.chat = Chat { session, version, staff };
        next.undelivered = undelivered;
        if let (Some(seq), Some(event)) = (seq, event) {
            let (chat, event) = (chat.to_owned(), stored(&event)?);
            next.rows.push(InboxRow { seq, chat, event, button, edits: Vec::new() });
        }
    }
    Ok(next)
}
