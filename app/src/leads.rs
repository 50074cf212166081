//! Leads: listing, history, status, assignee and notes.

use serde::Serialize;
use tolmach_runtime::{
    leads::{LeadChange, LeadHistoryRow, LeadRow},
    ports::{self, Actor, LeadChanged, LeadQuery, Store},
};

use crate::audit::Change;

/// A lead with its history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The lead.
    #[serde(flatten)]
    pub lead: LeadRow,
    /// Its history, oldest first, at most 1,000 rows.
    pub history: Vec<LeadHistoryRow>,
}

/// Why a lead cannot be shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No lead has this id or an id that starts with it.
    #[error("there is no lead `{0}`; `tolmach leads` shows the last ones")]
    Unknown(String),
    /// Several leads' ids start with it.
    #[error("`{text}` begins several leads; write more of one\n  {}", ids.join("\n  "))]
    Ambiguous {
        /// What was given.
        text: String,
        /// The leads.
        ids: Vec<String>,
    },
    /// The lead cannot be reopened: a chat has at most one open lead.
    #[error("the chat of this lead has another open one, {0}; close that first")]
    AnotherOpen(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// The leads that match a query.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn Store, query: &LeadQuery) -> ports::Result<Vec<LeadRow>> {
    store.leads(query).await
}

/// A lead with its history. `id` is an id or a unique prefix of one.
///
/// # Errors
/// When no lead or several match, or the database is unavailable.
pub async fn show(store: &dyn Store, id: &str) -> Result<Shown, Error> {
    let lead = find(store, id).await?;
    let history = store.lead_history(&lead.id).await?;
    Ok(Shown { lead, history })
}

/// Changes the status or the assignee of a lead or adds a note, on behalf of `actor`; returns the changed lead. `id` is
/// an id or a unique prefix of one.
///
/// Writes a `lead.set` row of the audit log with the new status and whether there is a note, without the note's text.
///
/// # Errors
/// When no lead or several match, its chat has another open lead, or the database is unavailable.
pub async fn change(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    id: &str,
    wanted: LeadChange,
) -> Result<LeadRow, Error> {
    let mut row = Change::new(actor, "lead.set", now);
    row.on(id);
    if let Some(status) = wanted.status {
        row.detail("status", status.name());
    }
    if let Some(assignee) = &wanted.assignee {
        row.detail("assignee", assignee.clone());
    }
    row.detail("note", wanted.note.is_some());
    let changed = find_and_change(store, actor, now, id, wanted, &mut row).await;
    row.end(store, &changed).await;
    changed
}

async fn find_and_change(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    id: &str,
    wanted: LeadChange,
    row: &mut Change,
) -> Result<LeadRow, Error> {
    let before = find(store, id).await?;
    row.on(before.id.clone());
    row.detail("status_before", before.status.name());
    match store.change_lead(&before.id, wanted, actor, now).await? {
        LeadChanged::Changed(lead) => Ok(*lead),
        LeadChanged::Unknown => Err(Error::Unknown(before.id)),
        LeadChanged::AnotherOpen(other) => Err(Error::AnotherOpen(other)),
    }
}

async fn find(store: &dyn Store, id: &str) -> Result<LeadRow, Error> {
    let mut found = if id.is_empty() { Vec::new() } else { store.leads_like(id).await? };
    if let Some(at) = found.iter().position(|lead| lead.id == id) {
        return Ok(found.swap_remove(at));
    }
    match found.len() {
        0 => Err(Error::Unknown(id.to_owned())),
        1 => Ok(found.remove(0)),
        _ => {
            let ids = found.into_iter().map(|lead| lead.id).collect();
            Err(Error::Ambiguous { text: id.to_owned(), ids })
        }
    }
}
