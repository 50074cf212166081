//! Looks for what there is to do for a chat, in groups as writes are: each chat that wakes looks, and a call into the
//! database costs more than what it finds.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::{mpsc, oneshot};
use tolmach_runtime::ports::{Chat, ChatKey, InboxRow, MAX_PENDING, Next, Result};

use super::{
    Dialect, Value,
    operation::{listed, stored},
};

/// Chats looked at together at most.
const GROUP: usize = 128;

/// A chat, and who waits for what is found.
pub(super) type Look = (ChatKey, oneshot::Sender<Result<Vec<Row>>>);

/// The chat, a waiting event's place, text and button, the session, its version, whether messages are owed.
pub(super) type Row = (String, Option<i64>, Option<String>, Option<String>, Option<String>, i64, bool);

/// Looks until the store is dropped.
pub(super) async fn run<D: Dialect>(dialect: Arc<D>, mut queue: mpsc::Receiver<Look>) {
    let mut looks = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut looks, GROUP).await > 0 {
        // No chat is called so, and PostgreSQL refuses the character.
        let named = |chat: &&str| !chat.contains('\0');
        let mut chats: Vec<&str> = looks.iter().map(|(chat, _)| chat.as_str()).filter(named).collect();
        chats.sort_unstable();
        chats.dedup();
        match found(&*dialect, &chats).await {
            Ok(found) => {
                for (chat, reply) in looks.drain(..) {
                    let rows = found.get(&chat).cloned().unwrap_or_default();
                    // Who does not wait any more does not miss it.
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

/// Reads what was found for a chat; in the caller's task, so that nobody waits for another's events.
pub(super) fn next(chat: &str, rows: Vec<Row>) -> sqlx::Result<Next> {
    let mut next = Next::default();
    for (_, seq, event, button, session, version, owed) in rows {
        next.chat = Chat { session, version };
        next.owed = owed;
        if let (Some(seq), Some(event)) = (seq, event) {
            next.rows.push(InboxRow { seq, chat: chat.to_owned(), event: stored(&event)?, button });
        }
    }
    Ok(next)
}
