//! Retention: deletes finished records that are older than configured.

use std::time::Duration;

use tolmach_runtime::ports::{self, Actor, Removed, Retention, Store};

use crate::audit::Change;

/// The maximum number of rows deleted per table and step, so that turns do not wait long for the write lock.
const CHUNK: u32 = 500;

/// The pause between two chunks, which lets turns run.
const PAUSE: Duration = Duration::from_millis(20);

/// How many days finished records are kept; 0 keeps them forever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// Deduplication keys of received events.
    pub inbox: u32,
    /// Ids of delivered messages.
    pub outbox: u32,
    /// Traces of turns.
    pub traces: u32,
    /// Messages of chats.
    pub messages: u32,
    /// Finished tasks.
    pub tasks: u32,
}

/// Deletes everything that is past its retention, in chunks; returns the number of deleted rows by table.
///
/// Writes a `retention.run` row of the audit log, unless there was nothing to delete.
///
/// # Errors
/// When the database is unavailable; chunks deleted before that stay deleted.
pub async fn run(store: &dyn Store, actor: &Actor, now: i64, keep: &Days) -> ports::Result<Removed> {
    let keep = Retention {
        inbox: before(now, keep.inbox),
        outbox: before(now, keep.outbox),
        turns: before(now, keep.traces),
        messages: before(now, keep.messages),
        tasks: before(now, keep.tasks),
    };
    let mut all = Removed::default();
    let ended = remove(store, &keep, &mut all).await;
    if all.all() > 0 {
        tracing::info!(rows = all.all(), "old rows were removed");
    }
    if all.all() > 0 || ended.is_err() {
        let mut change = Change::new(actor, "retention.run", now);
        let Removed { inbox, outbox, turns, messages, tasks, workers, model_calls } = all;
        for (table, rows) in [
            ("inbox", inbox),
            ("outbox", outbox),
            ("turns", turns),
            ("messages", messages),
            ("tasks", tasks),
            ("workers", workers),
            ("model_calls", model_calls),
        ] {
            change.detail(table, rows);
        }
        change.end(store, &ended).await;
    }
    ended.map(|()| all)
}

async fn remove(store: &dyn Store, keep: &Retention, all: &mut Removed) -> ports::Result<()> {
    loop {
        let removed = store.retain(keep, CHUNK).await?;
        if removed.all() == 0 {
            return Ok(());
        }
        all.inbox += removed.inbox;
        all.outbox += removed.outbox;
        all.turns += removed.turns;
        all.messages += removed.messages;
        all.tasks += removed.tasks;
        all.workers += removed.workers;
        all.model_calls += removed.model_calls;
        tokio::time::sleep(PAUSE).await;
    }
}

/// The time before which rows are deleted; `None` keeps them forever.
fn before(now: i64, days: u32) -> Option<i64> {
    (days > 0).then(|| now - i64::from(days) * 86_400_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_days_keep_for_ever() {
        assert_eq!(before(10 * 86_400_000, 3), Some(7 * 86_400_000));
        assert_eq!(before(10 * 86_400_000, 0), None);
    }
}
