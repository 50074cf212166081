//! The audit log: one row for every change that a use case makes, refuses or fails to make.
//!
//! A call that finds nothing to change writes no row. Details hold counts and notes, never personal data; what a change of the panel
//! replaces stands in them as `before`, what it puts there as `after`. Where a change is one of the database its row is written in the
//! same transaction ([`Change::write`]).

use serde_json::{Map, Value};
use tolmach_runtime::ports::{self, Actor, AuditEntry, AuditQuery, AuditResult, AuditStore, Write, Written};

use crate::text::chain;

/// The audit rows that match a query.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn AuditStore, query: &AuditQuery) -> ports::Result<Vec<AuditEntry>> {
    store.audit(query).await
}

/// The most rows of an export.
pub const EXPORTED: u32 = 10_000;

/// Rows as a table for spreadsheets. `moment` writes a time.
pub fn csv(entries: &[AuditEntry], headings: [&str; 7], moment: impl Fn(i64) -> String) -> String {
    let line = |cells: [&str; 7]| -> String { cells.map(crate::leads::csv_cell).join(";") + "\r\n" };
    // Spreadsheets take a file without this mark for one in an old encoding.
    let mut text = String::from("\u{feff}");
    text.push_str(&line(headings));
    for entry in entries {
        let failure = match &entry.result {
            AuditResult::Done => "",
            AuditResult::Failed(why) => why,
        };
        let details = if entry.details.is_null() { String::new() } else { entry.details.to_string() };
        let (at, via) = (moment(entry.at), entry.actor.via.to_string());
        text.push_str(&line([&at, &entry.actor.id, &via, &entry.action, &entry.object, failure, &details]));
    }
    text
}

/// The audit row of a change in progress.
pub(crate) struct Change {
    actor: Actor,
    action: &'static str,
    object: String,
    at: i64,
    details: Map<String, Value>,
}

impl Change {
    /// A change by `actor` at `now`, milliseconds since the Unix epoch. `action` is an area and a verb, such as
    /// `release.publish`.
    pub(crate) fn new(actor: &Actor, action: &'static str, now: i64) -> Change {
        Change { actor: actor.clone(), action, object: String::new(), at: now, details: Map::new() }
    }

    /// Sets the id of the object that is changed; a later call replaces an earlier one.
    pub(crate) fn on(&mut self, object: impl Into<String>) {
        self.object = object.into();
    }

    /// Adds a detail: a count or a note, without personal data.
    pub(crate) fn detail(&mut self, name: &str, value: impl Into<Value>) {
        self.details.insert(name.to_owned(), value.into());
    }

    /// Says what is replaced; `Null` where there was nothing.
    pub(crate) fn before(&mut self, value: impl Into<Value>) {
        self.detail("before", value);
    }

    /// Says what is there afterwards; `Null` where there is nothing.
    pub(crate) fn after(&mut self, value: impl Into<Value>) {
        self.detail("after", value);
    }

    /// Makes the change and writes the row of what is done, in one transaction. What was refused is for [`Change::end_failed`].
    pub(crate) async fn write(&self, store: &dyn AuditStore, writes: Vec<Write>) -> ports::Result<Written> {
        store.change(writes, self.entry(AuditResult::Done)).await
    }

    /// The row of what is done, for a port that writes it with the change.
    pub(crate) fn done(&self) -> AuditEntry {
        self.entry(AuditResult::Done)
    }

    /// Writes the row of what failed or was refused; that of what is done was written with the change.
    pub(crate) async fn end_failed<T, E: std::error::Error>(
        self,
        store: &dyn AuditStore,
        result: &Result<T, E>,
    ) {
        if result.is_err() {
            self.end(store, result).await;
        }
    }

    fn entry(&self, result: AuditResult) -> AuditEntry {
        AuditEntry {
            seq: 0,
            at: self.at,
            actor: self.actor.clone(),
            action: self.action.to_owned(),
            object: self.object.clone(),
            result,
            details: Value::Object(self.details.clone()),
        }
    }

    /// Writes the row: done, or failed with the first line of the error and its causes.
    pub(crate) async fn end<T, E: std::error::Error>(self, store: &dyn AuditStore, result: &Result<T, E>) {
        let reason = result.as_ref().err().map(|error| first_line(&chain(error)));
        self.end_with(store, reason).await;
    }

    /// Writes the row with the given failure reason; `None` means done. If the row cannot be written, an error is
    /// logged and the result of the change stays the same.
    pub(crate) async fn end_with(self, store: &dyn AuditStore, failure: Option<String>) {
        let entry = self.entry(failure.map_or(AuditResult::Done, AuditResult::Failed));
        if let Err(why) = store.record(entry).await {
            tracing::error!(%why, action = self.action, "the audit log could not be written");
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
