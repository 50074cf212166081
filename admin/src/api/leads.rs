//! Leads: the list, one with its history, and its change.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_app::leads::{self, Shown};
use tolmach_runtime::{
    leads::{LeadChange, LeadRow, LeadStatus},
    ports::{LeadQuery, Order, Page as Cut},
};

use super::{Answer, Call, Nothing, Page, after, limit};
use crate::error::Failure;

/// Filters for leads.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Leads {
    /// Only with this status.
    status: Option<LeadStatus>,
    /// Only those of this person; `-` for those of nobody.
    assignee: Option<String>,
    /// Only those of this chat: its whole key.
    chat: Option<String>,
    /// In which this stands: in a contact, the summary or a detail.
    q: Option<String>,
    /// Only those made since then, milliseconds since the Unix epoch.
    since: Option<i64>,
    /// At most so many, 200 at most; 50 where nothing is said.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

pub(crate) async fn list(call: Call<Leads>) -> Answer<Page<LeadRow>> {
    let Leads { status, assignee, chat, q, since, limit: asked, cursor } = call.query;
    let limit = limit(asked)?;
    let query = LeadQuery {
        status: status.into_iter().collect(),
        assignee,
        chat,
        since,
        text: q,
        order: Order::NewestFirst,
        page: Cut { limit: limit + 1, after: after(cursor.as_deref())? },
    };
    let leads = leads::list(call.panel.store(), &query).await?;
    Ok(Page::of(leads, limit, |lead| lead.seq.to_string()))
}

pub(crate) async fn one(call: Call<Nothing>) -> Answer<Shown> {
    Ok(leads::show(call.panel.store(), call.place("id")).await?)
}

/// What is to change of a lead; what is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// Its status.
    status: Option<LeadStatus>,
    /// Who works on it; an empty text for nobody.
    assignee: Option<String>,
    /// A note for its history, at most 2,000 characters.
    note: Option<String>,
}

pub(crate) async fn change(call: Call<(), Change>) -> Answer<LeadRow> {
    let Change { status, assignee, note } = &call.body;
    let (store, now, id) = (call.panel.store(), call.panel.now(), call.place("id"));
    let assignee = match assignee.as_deref().map(str::trim) {
        None => None,
        Some("") => Some(None),
        Some(name) => {
            let known = store.account_named(name).await?;
            Some(Some(known.ok_or(Failure::Bad("error.unknown_person"))?.name))
        }
    };
    let note = note.as_ref().map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    if status.is_none() && assignee.is_none() && note.is_none() {
        return Err(Failure::Bad("error.nothing"));
    }
    // A whole id only: a beginning of one may be another's tomorrow.
    if leads::show(store, id).await?.lead.id != id {
        return Err(Failure::NotFound);
    }
    let change = LeadChange { status: *status, assignee, note };
    Ok(leads::change(store, &call.visit.actor()?, now, id, change).await?)
}
