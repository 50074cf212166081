//! Deleting what is finished and older than is to be kept.

use std::time::Duration;

use tolmach_runtime::ports::{self, Actor, Removed, Retention, Store};

use crate::audit::Change;

/// Rows of a table that go at a time, so that no turn waits long.
const CHUNK: u32 = 500;

/// Between two chunks, so that turns come first.
const PAUSE: Duration = Duration::from_millis(20);

/// For how many days what is finished is kept; 0 keeps it for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// Keys of what was received.
    pub inbox: u32,
    /// Ids of what was delivered.
    pub outbox: u32,
    /// Traces of turns.
    pub traces: u32,
    /// What was said.
    pub messages: u32,
    /// Tasks that were carried out.
    pub tasks: u32,
}

/// Deletes everything older than is to be kept, in small steps; gives what was deleted.
///
/// Writes a `retention.run` row of the audit log, unless there was nothing to delete.
///
/// # Errors
/// When the database is away; what was deleted until then stays deleted.
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
        let Removed { inbox, outbox, turns, messages, tasks, workers } = all;
        for (table, rows) in [
            ("inbox", inbox),
            ("outbox", outbox),
            ("turns", turns),
            ("messages", messages),
            ("tasks", tasks),
            ("workers", workers),
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
        tokio::time::sleep(PAUSE).await;
    }
}

/// Zero days keep for ever.
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
