//! Leads: who wants what, and what a person of the business does about it.

use serde::Serialize;
use tolmach_runtime::{
    leads::{LeadChange, LeadHistoryRow, LeadRow},
    ports::{self, Actor, LeadChanged, LeadQuery, Store},
};

use crate::audit::Change;

/// A lead with what happened to it.
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
    /// No lead has this id or one that begins so.
    #[error("there is no lead `{0}`; `tolmach leads` shows the last ones")]
    Unknown(String),
    /// Several leads' ids begin so.
    #[error("`{text}` begins several leads; write more of one\n  {}", ids.join("\n  "))]
    Ambiguous {
        /// What was given.
        text: String,
        /// The leads.
        ids: Vec<String>,
    },
    /// A chat has one open lead at most.
    #[error("the chat of this lead has another open one, {0}; close that first")]
    AnotherOpen(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// The leads that a query asks for.
///
/// # Errors
/// When the database is away.
pub async fn list(store: &dyn Store, query: &LeadQuery) -> ports::Result<Vec<LeadRow>> {
    store.leads(query).await
}

/// The lead that `id` means, an id or a prefix of one, with its history.
///
/// # Errors
/// When no one lead is meant, or the database is away.
pub async fn show(store: &dyn Store, id: &str) -> Result<Shown, Error> {
    let lead = find(store, id).await?;
    let history = store.lead_history(&lead.id).await?;
    Ok(Shown { lead, history })
}

/// Changes the status or the assignee of a lead or adds a note, in the name of `actor`; gives the lead as it is now. `id` is an
/// id or a prefix of one.
///
/// Writes a `lead.set` row of the audit log. It names the new status and says whether there is a note, not what the note says.
///
/// # Errors
/// When no one lead is meant, its chat has another open lead, or the database is away.
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
