//! The audit log: one row for every change that a use case makes, refuses or fails to make.
//!
//! A call that finds nothing to change writes no row. Details hold counts and notes, never personal data.

use serde_json::{Map, Value};
use tolmach_runtime::ports::{self, Actor, AuditEntry, AuditQuery, AuditResult, AuditStore};

use crate::text::chain;

/// The audit rows that match a query.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn AuditStore, query: &AuditQuery) -> ports::Result<Vec<AuditEntry>> {
    store.audit(query).await
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

    /// Writes the row: done, or failed with the first line of the error and its causes.
    pub(crate) async fn end<T, E: std::error::Error>(self, store: &dyn AuditStore, result: &Result<T, E>) {
        let reason = result.as_ref().err().map(|error| first_line(&chain(error)));
        self.end_with(store, reason).await;
    }

    /// Writes the row with the given failure reason; `None` means done. If the row cannot be written, an error is
    /// logged and the result of the change stays the same.
    pub(crate) async fn end_with(self, store: &dyn AuditStore, failure: Option<String>) {
        let entry = AuditEntry {
            seq: 0,
            at: self.at,
            actor: self.actor,
            action: self.action.to_owned(),
            object: self.object,
            result: failure.map_or(AuditResult::Done, AuditResult::Failed),
            details: Value::Object(self.details),
        };
        if let Err(why) = store.record(entry).await {
            tracing::error!(%why, action = self.action, "the audit log could not be written");
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
