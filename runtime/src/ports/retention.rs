//! Retention: how long rows are kept, and what was deleted.

use std::collections::BTreeMap;

use serde::Serialize;

/// What may be deleted: rows older than these times, milliseconds since the Unix epoch. `None` keeps all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Consumed events. A deleted one is no longer recognised when a channel repeats it.
    pub inbox: Option<i64>,
    /// Delivered messages, by the time they were due.
    pub outbox: Option<i64>,
    /// Messages that were never delivered, by the time they were last due: nothing serves their channel any more.
    pub undelivered: Option<i64>,
    /// Turns with their records, and the rows of the meter.
    pub turns: Option<i64>,
    /// Messages of the transcripts.
    pub messages: Option<i64>,
    /// Chats by their last turn, with their messages, turns, buttons and timers. Kept are those that staff have taken
    /// over, and those with an open lead, a waiting event, an undelivered message or a timer that is not overdue.
    pub chats: Option<i64>,
    /// The same for chats in which the client never said anything but `/start`.
    pub silent_chats: Option<i64>,
    /// Buttons, by the time of the turn that sent them. A deleted one is answered as out of date.
    pub buttons: Option<i64>,
    /// Closed leads with their history, by the time they were closed.
    pub leads: Option<i64>,
    /// Analytics events.
    pub analytics: Option<i64>,
    /// Rows of the audit log.
    pub audit: Option<i64>,
    /// Finished and abandoned tasks, the keys of [`super::TaskStore::push_once`], and the leases and queue workers of
    /// processes that are gone.
    pub tasks: Option<i64>,
    /// Logins to the panel, by when they began, and access tokens, by when they expired.
    pub logins: Option<i64>,
    /// Images that no release names and no open draft, by when they were handed over last.
    pub images: Option<i64>,
    /// Tasks in quarantine, and counted starts of tasks that never ended.
    pub quarantine: Option<i64>,
}

/// Numbers of deleted rows by table; a table without deleted rows is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Removed(BTreeMap<&'static str, u64>);

impl Removed {
    /// Adds deleted rows of a table.
    pub fn add(&mut self, table: &'static str, rows: u64) {
        if rows > 0 {
            *self.0.entry(table).or_default() += rows;
        }
    }

    /// Adds other counts.
    pub fn extend(&mut self, other: &Removed) {
        other.tables().for_each(|(table, rows)| self.add(table, rows));
    }

    /// The number of deleted rows of a table.
    pub fn of(&self, table: &str) -> u64 {
        self.0.get(table).copied().unwrap_or_default()
    }

    /// The tables with deleted rows, by name.
    pub fn tables(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(table, rows)| (*table, *rows))
    }

    /// The sum of all counts.
    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }
}
