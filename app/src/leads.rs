//! Leads: listing, history, status, assignee and notes.

pub mod detail;

use std::collections::BTreeMap;

use serde::Serialize;
use tolmach_engine::{event::EventKind, language::Language};
use tolmach_runtime::{
    leads::{LeadChange, LeadHistoryRow, LeadRow},
    ports::{self, Actor, LeadChanged, LeadQuery, Page, Store, TurnLine},
};

use crate::{audit::Change, text::when};

/// A lead with its history.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "LeadShown")]
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
/// Writes a `lead.set` row of the audit log with status and assignee before and after and whether there is a note, without the
/// note's text.
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
    let changed = async {
        let id = find(store, id).await?.id;
        row.on(id.clone());
        // The store adds what was before and what is now: only inside the transaction both are certain.
        match store.change_lead(&id, wanted, actor, now, Some(row.done())).await? {
            LeadChanged::Changed(lead) => Ok(*lead),
            LeadChanged::Unknown => Err(Error::Unknown(id)),
            LeadChanged::AnotherOpen(other) => Err(Error::AnotherOpen(other)),
        }
    };
    let changed: Result<LeadRow, Error> = changed.await;
    row.end_failed(store, &changed).await;
    changed
}

async fn find(store: &dyn Store, id: &str) -> Result<LeadRow, Error> {
    let mut found = if id.is_empty() { Vec::new() } else { store.leads_like(id).await? };
    match found.len() {
        0 => Err(Error::Unknown(id.to_owned())),
        1 => Ok(found.remove(0)),
        _ => {
            let ids = found.into_iter().map(|lead| lead.id).collect();
            Err(Error::Ambiguous { text: id.to_owned(), ids })
        }
    }
}

/// Where the value of a field came from: the client's words and the turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The turn's `seq`; `None` when it is not kept any more.
    pub turn: Option<i64>,
    /// What the client wrote, or the label that they pressed.
    pub quote: Option<String>,
}

/// Turns before the one that made a lead in which the words of a contact are looked for.
const PROVING: u32 = 60;

/// The proofs of a lead's fields, by the fields' paths. A contact may have been given some messages before the lead was made.
///
/// # Errors
/// When the database is unavailable.
pub async fn proofs(store: &dyn Store, lead: &LeadRow) -> ports::Result<BTreeMap<String, Proof>> {
    let mut proofs = BTreeMap::new();
    let mut known: BTreeMap<&str, Vec<(String, Proof)>> = BTreeMap::new();
    for (field, source) in &lead.sources {
        // Effects are named after the event of their turn.
        let event = source.effect.split('.').next().unwrap_or_default();
        if !known.contains_key(event) {
            let lines = store.turn_lines(&lead.chat, 0, source.at.saturating_add(1), PROVING).await?;
            let proof = |line: TurnLine| {
                let quote = match line.event.kind {
                    EventKind::Message { text } => Some(text),
                    EventKind::Press { label, .. } => Some(label),
                    _ => None,
                };
                (line.event.id.simple().to_string(), Proof { turn: Some(line.seq), quote })
            };
            known.insert(event, lines.into_iter().map(proof).collect());
        }
        let turns = known.get(event).map(Vec::as_slice).unwrap_or_default();
        let value = field.strip_prefix("contact.").and_then(|name| lead.lead.contact.get(name));
        let said = value.and_then(|value| {
            turns
                .iter()
                .rev()
                .find(|(_, proof)| proof.quote.as_ref().is_some_and(|quote| holds(quote, value)))
        });
        let made = || turns.iter().find(|(id, _)| *id == event.replace('-', ""));
        let proof = said.or_else(made).map(|(_, proof)| proof.clone());
        proofs.insert(field.clone(), proof.unwrap_or(Proof { turn: None, quote: None }));
    }
    Ok(proofs)
}

/// Whether a contact stands in a text. Of a phone the last digits count, however they are written.
fn holds(text: &str, value: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let number = digits(value);
    let phone = value.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c)) && number.len() >= 7;
    if phone {
        let tail = number.get(number.len().saturating_sub(10)..).unwrap_or_default();
        return digits(text).contains(tail);
    }
    !value.is_empty() && text.to_lowercase().contains(&value.to_lowercase())
}

/// The most leads of an export.
pub const EXPORTED: u32 = 20_000;
/// Leads that are read at once.
const READ: u32 = 500;

/// Leads as a table for spreadsheets: CSV with semicolons, at most [`EXPORTED`] rows, newest first. Writes a `lead.export` row of
/// the audit log with their number. Details are written in the language.
///
/// # Errors
/// When the database is unavailable.
pub async fn export(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    query: &LeadQuery,
    language: Language,
) -> ports::Result<String> {
    let mut change = Change::new(actor, "lead.export", now);
    let exported = async {
        // Spreadsheets take a file without this mark for one in an old encoding.
        let mut csv = String::from("\u{feff}");
        csv.push_str(
            "id;status;assignee;name;phone;email;summary;source;chat;created;updated;closed;details\r\n",
        );
        let mut page = Page { limit: READ, after: None };
        let mut rows = 0_u32;
        loop {
            let read = store.leads(&LeadQuery { page, ..query.clone() }).await?;
            page.after = read.last().map(|row| row.seq);
            rows = rows.saturating_add(u32::try_from(read.len()).unwrap_or(u32::MAX));
            let last = read.len() < usize::try_from(READ).unwrap_or(usize::MAX) || rows >= EXPORTED;
            for lead in &read {
                csv.push_str(&line(lead, language));
            }
            if last {
                return Ok((csv, rows));
            }
        }
    };
    let exported: ports::Result<(String, u32)> = exported.await;
    if let Ok((_, rows)) = &exported {
        change.detail("leads", *rows);
    }
    change.end(store, &exported).await;
    exported.map(|(csv, _)| csv)
}

fn line(row: &LeadRow, language: Language) -> String {
    let contact = |name: &str| row.lead.contact.get(name).cloned().unwrap_or_default();
    let details: Vec<String> = row
        .lead
        .details
        .iter()
        .map(|(name, value)| format!("{name}: {}", detail::told(value, language)))
        .collect();
    let cells = [
        row.id.clone(),
        row.status.name().to_owned(),
        row.assignee.clone().unwrap_or_default(),
        contact("name"),
        contact("phone"),
        contact("email"),
        row.lead.summary.clone(),
        row.lead.source.clone(),
        row.chat.clone(),
        when(row.created),
        when(row.updated),
        row.closed.map(when).unwrap_or_default(),
        details.join(", "),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    cells.join(";") + "\r\n"
}

/// A cell in quotes. What a spreadsheet would take for a formula gets an apostrophe before it: a client must not compute in
/// the spreadsheet of whoever opens the file.
pub fn csv_cell(text: &str) -> String {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r'])
        || text.starts_with(['\t', '\r', '\n']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_found_in_words_however_it_is_written() {
        for (text, value, expected) in [
            ("перезвоните мне, 8 (916) 555-01-42", "+79165550142", true),
            ("Анна, ann@Example.com", "ann@example.com", true),
            ("ирина", "Ирина", true),
            ("Ирина", "+79165550142", false),
            ("5", "5", true),
            ("что угодно", "", false),
        ] {
            assert_eq!(holds(text, value), expected, "{text} {value}");
        }
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for (text, cell) in [
            ("Анна", "\"Анна\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+79165550142", "\"'+79165550142\""),
            (" @SUM(A1)", "\"' @SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("say \"hi\"; bye", "\"say \"\"hi\"\"; bye\""),
        ] {
            assert_eq!(csv_cell(text), cell, "{text}");
        }
    }
}
