//! Leads: what a client wants and how to reach them, until staff close the lead.
//!
//! This module holds the rules: how new data is merged, which changes of status are allowed, and what is added to the
//! history. The store keeps leads and applies these rules inside its transactions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tolmach_engine::effect::Lead;

use crate::ports::{Actor, ChatKey};

/// Maximum length of a note, in characters; longer notes are shortened.
pub const MAX_NOTE: usize = 2_000;

/// The status of a lead.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum LeadStatus {
    /// Nobody has looked at it.
    #[default]
    New,
    /// A staff member works on it.
    Taken,
    /// The client bought.
    Won,
    /// The client did not buy.
    Lost,
    /// Not a client.
    Spam,
    /// The same request as another lead.
    Duplicate,
}

impl LeadStatus {
    /// All statuses, in their usual order.
    pub const ALL: [LeadStatus; 6] = [
        LeadStatus::New,
        LeadStatus::Taken,
        LeadStatus::Won,
        LeadStatus::Lost,
        LeadStatus::Spam,
        LeadStatus::Duplicate,
    ];

    /// The name in files, commands and the database.
    pub const fn name(self) -> &'static str {
        match self {
            LeadStatus::New => "new",
            LeadStatus::Taken => "taken",
            LeadStatus::Won => "won",
            LeadStatus::Lost => "lost",
            LeadStatus::Spam => "spam",
            LeadStatus::Duplicate => "duplicate",
        }
    }

    /// Parses a name as [`LeadStatus::name`] gives it.
    pub fn parse(text: &str) -> Option<LeadStatus> {
        LeadStatus::ALL.into_iter().find(|status| status.name() == text)
    }

    /// Whether new data of the same chat is merged into the lead. A chat has at most one open lead.
    pub const fn is_open(self) -> bool {
        matches!(self, LeadStatus::New | LeadStatus::Taken)
    }
}

/// A stored lead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LeadRow {
    /// Order within the store; 0 when not stored yet.
    #[serde(default)]
    pub seq: i64,
    /// The id of the effect that created it.
    pub id: String,
    /// The chat it came from.
    pub chat: ChatKey,
    /// Its status.
    #[serde(default)]
    pub status: LeadStatus,
    /// The staff member who works on it.
    #[serde(default)]
    pub assignee: Option<String>,
    /// Its content.
    pub lead: Lead,
    /// The origin of each field's value. Keys are field paths: `contact.phone`, `summary`, `details.colour`.
    #[serde(default)]
    pub sources: BTreeMap<String, FieldSource>,
    /// When it was created, milliseconds since the Unix epoch.
    pub created: i64,
    /// When it last changed, milliseconds since the Unix epoch.
    pub updated: i64,
    /// When it was closed, milliseconds since the Unix epoch; `None` while it is open.
    #[serde(default)]
    pub closed: Option<i64>,
}

/// The origin of a field's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldSource {
    /// The source of the lead data: `form`, `inactivity` or a name given by the flow.
    pub source: String,
    /// The id of the effect with the value, which leads to the turn and its trace.
    pub effect: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// A row of a lead's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LeadHistoryRow {
    /// Order within the store; 0 when not stored yet.
    #[serde(default)]
    pub seq: i64,
    /// The lead.
    pub lead: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Who did it: the client in a turn of the dialog, or a staff member.
    pub actor: Actor,
    /// What happened.
    pub event: LeadEvent,
}

/// What happened to a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LeadEvent {
    /// A turn created it.
    Created {
        /// Its source.
        source: String,
    },
    /// A turn changed the values of these fields.
    Updated {
        /// The fields' names, without values.
        fields: Vec<String>,
    },
    /// Its status changed.
    Status {
        /// The old status.
        from: LeadStatus,
        /// The new status.
        to: LeadStatus,
    },
    /// The assignee changed.
    Assigned {
        /// The old assignee.
        from: Option<String>,
        /// The new assignee; `None` for nobody.
        to: Option<String>,
    },
    /// A staff member added a note.
    Note {
        /// At most [`MAX_NOTE`] characters.
        text: String,
    },
}

/// Lead data from a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadUpdate {
    /// The effect's id.
    pub effect: String,
    /// The chat.
    pub chat: ChatKey,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// The values; missing fields stay as they are.
    pub lead: Lead,
}

/// A change of a lead by staff. An unset field stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadChange {
    /// The new status.
    pub status: Option<LeadStatus>,
    /// The new assignee; `Some(None)` for nobody.
    pub assignee: Option<Option<String>>,
    /// A note for the history.
    pub note: Option<String>,
}

/// Merges lead data from a turn into the chat's open lead, or creates a lead. Returns the lead and the new history
/// entries.
///
/// A value that is given again replaces the old one. The source stays the first one, unless a later one is the first to
/// bring a contact.
pub fn merge(open: Option<LeadRow>, update: LeadUpdate) -> (LeadRow, Vec<LeadHistoryRow>) {
    let LeadUpdate { effect, chat, at, lead: new } = update;
    let created = open.is_none();
    let mut row = open.unwrap_or_else(|| LeadRow {
        seq: 0,
        id: effect.clone(),
        chat: chat.clone(),
        status: LeadStatus::New,
        assignee: None,
        lead: Lead::default(),
        sources: BTreeMap::new(),
        created: at,
        updated: at,
        closed: None,
    });
    let before = row.lead.clone();
    let brings_contact = before.contact.is_empty() && !new.contact.is_empty() && !new.source.is_empty();
    if created || before.source.is_empty() || brings_contact {
        row.lead.source = new.source.clone();
    }
    let source = if new.source.is_empty() { row.lead.source.clone() } else { new.source };
    row.lead.contact.extend(new.contact);
    if !new.summary.trim().is_empty() {
        row.lead.summary = new.summary;
    }
    row.lead.details.extend(new.details);

    let changed = changed_fields(&before, &row.lead);
    for field in &changed {
        let from = FieldSource { source: source.clone(), effect: effect.clone(), at };
        row.sources.insert(field.clone(), from);
    }
    row.updated = at;
    let actor = Actor { id: chat, via: crate::ports::Via::Client };
    let history = |event| LeadHistoryRow { seq: 0, lead: row.id.clone(), at, actor: actor.clone(), event };
    let event = match (created, changed.is_empty()) {
        (true, _) => Some(LeadEvent::Created { source }),
        (false, false) => Some(LeadEvent::Updated { fields: changed.into_iter().collect() }),
        (false, true) => None,
    };
    let events = event.map(history).into_iter().collect();
    (row, events)
}

/// Applies a staff change. Returns the new history entries; none if nothing is different.
///
/// Closing a lead sets `closed`, reopening clears it. An actor who takes a lead that has no assignee, without naming
/// one, becomes its assignee. The caller has to check that the chat has no other open lead.
pub fn apply(row: &mut LeadRow, change: LeadChange, actor: &Actor, at: i64) -> Vec<LeadHistoryRow> {
    let mut events = Vec::new();
    let LeadChange { status, mut assignee, note } = change;
    if let Some(to) = status.filter(|to| *to != row.status) {
        events.push(LeadEvent::Status { from: row.status, to });
        row.status = to;
        row.closed = (!to.is_open()).then_some(at);
        if to == LeadStatus::Taken && row.assignee.is_none() && assignee.is_none() {
            assignee = Some(Some(actor.id.clone()));
        }
    }
    if let Some(to) = assignee.filter(|to| *to != row.assignee) {
        events.push(LeadEvent::Assigned { from: row.assignee.clone(), to: to.clone() });
        row.assignee = to;
    }
    if let Some(text) = note.filter(|text| !text.trim().is_empty()) {
        events.push(LeadEvent::Note { text: tolmach_engine::text::shorten(text.trim(), MAX_NOTE) });
    }
    if !events.is_empty() {
        row.updated = at;
    }
    let history = |event| LeadHistoryRow { seq: 0, lead: row.id.clone(), at, actor: actor.clone(), event };
    events.into_iter().map(history).collect()
}

/// What a lead is looked for by: its contacts, summary and details in lower case, and the digits of its phone.
pub fn searched(lead: &Lead) -> String {
    let details = lead.details.values().map(ToString::to_string);
    let phone = lead.contact.get("phone").map(|phone| phone.replace('+', ""));
    let texts = lead.contact.values().cloned().chain([lead.summary.clone()]).chain(details).chain(phone);
    texts.map(|text| text.to_lowercase()).collect::<Vec<_>>().join("\n")
}

/// How a text is looked for in [`searched`]: in lower case, and, where it is mostly digits, by these alone; otherwise the second is
/// empty. At most 200 characters count.
pub fn wanted(text: &str) -> (String, String) {
    let text: String = text.trim().chars().take(200).collect::<String>().to_lowercase();
    let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
    // What Russians dial before a number of their own country stands for its code.
    if digits.len() == 11 && digits.starts_with('8') {
        digits.replace_range(..1, "7");
    }
    let phone = digits.len() >= 4 && digits.len() * 2 > text.chars().count();
    (text, if phone { digits } else { String::new() })
}

/// The names of the fields whose values differ.
fn changed_fields(before: &Lead, after: &Lead) -> BTreeSet<String> {
    let contact = after.contact.iter().filter(|(name, value)| before.contact.get(*name) != Some(*value));
    let details = after.details.iter().filter(|(name, value)| before.details.get(*name) != Some(*value));
    let mut fields: BTreeSet<String> = contact.map(|(name, _)| format!("contact.{name}")).collect();
    fields.extend(details.map(|(name, _)| format!("details.{name}")));
    if before.summary != after.summary {
        fields.insert("summary".to_owned());
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Via;

    fn lead(source: &str, phone: Option<&str>, summary: &str) -> Lead {
        let contact = phone.map(|phone| ("phone".to_owned(), phone.to_owned())).into_iter().collect();
        Lead { source: source.to_owned(), contact, summary: summary.to_owned(), ..Lead::default() }
    }

    fn update(effect: &str, at: i64, lead: Lead) -> LeadUpdate {
        LeadUpdate { effect: effect.to_owned(), chat: "web:1".to_owned(), at, lead }
    }

    fn manager() -> Actor {
        Actor { id: "olga".to_owned(), via: Via::Cli }
    }

    #[test]
    fn a_contact_that_comes_later_names_the_source() {
        let (row, history) = merge(None, update("e1", 5, lead("inactivity", None, "silent")));
        assert_eq!((row.id.as_str(), row.status, row.created), ("e1", LeadStatus::New, 5));
        assert_eq!(history[0].event, LeadEvent::Created { source: "inactivity".to_owned() });
        let (row, history) = merge(Some(row), update("e2", 9, lead("form", Some("+7"), "")));
        assert_eq!((row.id.as_str(), row.lead.source.as_str(), row.updated), ("e1", "form", 9));
        assert_eq!(row.lead.summary, "silent", "an empty summary replaces none");
        assert_eq!(history[0].event, LeadEvent::Updated { fields: vec!["contact.phone".to_owned()] });
        let from = |field: &str| row.sources[field].effect.as_str();
        assert_eq!((from("contact.phone"), from("summary")), ("e2", "e1"));
        let (row, _) = merge(Some(row), update("e3", 10, lead("chat", Some("+8"), "")));
        assert_eq!(row.lead.source, "form", "the first source that brought a contact stays");
        let (_, history) = merge(Some(row), update("e4", 11, lead("chat", Some("+8"), "")));
        assert_eq!(history, [], "nothing new is no history");
    }

    #[test]
    fn a_status_closes_and_reopens() {
        let (mut row, _) = merge(None, update("e1", 5, lead("form", None, "")));
        let status = |status| LeadChange { status: Some(status), ..LeadChange::default() };
        let history = apply(&mut row, status(LeadStatus::Taken), &manager(), 6);
        assert_eq!(row.assignee.as_deref(), Some("olga"), "whoever takes it works on it");
        assert_eq!(history.len(), 2);
        apply(&mut row, status(LeadStatus::Won), &manager(), 7);
        assert_eq!((row.closed, row.status.is_open()), (Some(7), false));
        assert_eq!(apply(&mut row, status(LeadStatus::Won), &manager(), 8), [], "again is no change");
        apply(&mut row, status(LeadStatus::Taken), &manager(), 9);
        assert_eq!((row.closed, row.updated), (None, 9));
        let note = LeadChange { note: Some("  called ".to_owned()), ..LeadChange::default() };
        let history = apply(&mut row, note, &manager(), 10);
        assert_eq!(history[0].event, LeadEvent::Note { text: "called".to_owned() });
        let nobody = LeadChange { assignee: Some(None), ..LeadChange::default() };
        apply(&mut row, nobody, &manager(), 11);
        assert_eq!(row.assignee, None);
    }
}
