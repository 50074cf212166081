//! Retention: deletes records that are older than configured.

use std::time::Duration;

use tolmach_runtime::ports::{self, Actor, Removed, Retention, Store};

use crate::{accounts, audit::Change, files::FileFolder, uploads::Uploads};

/// The maximum number of rows deleted per table and step, so that turns do not wait long for the write lock.
const CHUNK: u32 = 500;

/// The pause between two chunks, which lets turns run.
const PAUSE: Duration = Duration::from_millis(20);

/// How long an image stays that no release names and no open draft, milliseconds: longer than anybody needs to name it.
const UNNAMED_IMAGES: i64 = 86_400_000;

/// How many days records are kept; 0 keeps them forever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// Deduplication keys of received events.
    pub inbox: u32,
    /// Ids of delivered messages.
    pub outbox: u32,
    /// Messages that could not be delivered.
    pub undelivered: u32,
    /// Traces of turns, and model calls.
    pub traces: u32,
    /// Messages of chats.
    pub messages: u32,
    /// Chats after their last turn, with their messages, traces and buttons.
    pub chats: u32,
    /// Chats in which the client never said anything.
    pub silent_chats: u32,
    /// Buttons under the bot's messages.
    pub buttons: u32,
    /// Closed leads with their history.
    pub leads: u32,
    /// Goals, and arms of experiments.
    pub analytics: u32,
    /// Rows of the audit log.
    pub audit: u32,
    /// Finished tasks.
    pub tasks: u32,
    /// Quarantined tasks.
    pub quarantine: u32,
    /// Files that were handed over and not used.
    pub uploads: u32,
}

impl Days {
    fn before(&self, now: i64) -> Retention {
        Retention {
            inbox: before(now, self.inbox),
            outbox: before(now, self.outbox),
            undelivered: before(now, self.undelivered),
            turns: before(now, self.traces),
            messages: before(now, self.messages),
            chats: before(now, self.chats),
            silent_chats: before(now, self.silent_chats),
            buttons: before(now, self.buttons),
            leads: before(now, self.leads),
            analytics: before(now, self.analytics),
            audit: before(now, self.audit),
            tasks: before(now, self.tasks),
            logins: Some(now - accounts::LONGEST_LOGIN),
            quarantine: before(now, self.quarantine),
            images: Some(now - UNNAMED_IMAGES),
        }
    }
}

/// Deletes everything that is past its retention, in chunks; returns the number of deleted rows by table. An upload
/// counts as a row, and its files go with it; so does a file that staff sent, which goes with the messages of its time.
///
/// Writes a `retention.run` row of the audit log, unless there was nothing to delete.
///
/// # Errors
/// When the database is unavailable; chunks deleted before that stay deleted.
pub async fn run(
    store: &dyn Store,
    uploads: &Uploads,
    files: &FileFolder,
    actor: &Actor,
    now: i64,
    days: &Days,
) -> ports::Result<Removed> {
    let mut all = Removed::default();
    let mut ended = remove(store, &days.before(now), &mut all).await;
    if ended.is_ok()
        && let Some(before) = before(now, days.uploads)
    {
        ended = uploads.sweep(store, before).await.map(|removed| all.add("uploads", removed));
    }
    if ended.is_ok() {
        let swept = files.sweep(store, now, before(now, days.messages)).await;
        ended = swept.map(|removed| all.add("files", removed));
    }
    if all.all() > 0 {
        tracing::info!(rows = all.all(), "old rows were removed");
    }
    if all.all() > 0 || ended.is_err() {
        let mut change = Change::new(actor, "retention.run", now);
        for (table, rows) in all.tables() {
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
        all.extend(&removed);
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
