//! One lead: its fields with what proves them, and its history.

use serde_json::{Value, json};
use tolmach_app::leads::{self, Proof, Shown};
use tolmach_runtime::leads::{LeadEvent, LeadHistoryRow, LeadRow};

use super::name;
use crate::{Panel, context::Visit, error::Failure, gate::encode};

/// The contacts that every lead may have, in their order.
const CONTACTS: [&str; 3] = ["name", "phone", "email"];

pub(super) async fn shown(
    panel: &Panel,
    visit: &Visit,
    shown: &Shown,
    page: &Value,
) -> Result<Value, Failure> {
    let lead = &shown.lead;
    let proofs = leads::proofs(panel.store(), lead).await?;
    let chat = format!("/admin/inbox/{}", encode(&lead.chat));
    let row = panel.store().dialog(&lead.chat).await?;
    let waits = row.and_then(|row| row.awaited_since).map(|since| {
        let minutes = (visit.times.now - since) / 60_000;
        json!({ "since": since, "level": if minutes >= 10 { "bad" } else { "warn" } })
    });
    let (previous, next) = neighbours(page, &lead.id);
    Ok(json!({
        "id": lead.id,
        "href": format!("/admin/leads/{}", encode(&lead.id)),
        "name": name(panel, visit, lead),
        "channel": if lead.chat.starts_with("telegram:") { "telegram" } else { "web" },
        "chat_href": chat,
        "created": lead.created,
        "updated": lead.updated,
        "closed": lead.closed,
        "is_open": lead.status.is_open(),
        "status": lead.status.name(),
        "assignee_id": lead.assignee.clone().unwrap_or_default(),
        "waits": waits,
        "previous_href": previous,
        "next_href": next,
        "fields": fields(panel, visit, lead, &proofs, &chat),
        "history": shown.history.iter().rev().map(happened).collect::<Vec<_>>(),
    }))
}

/// The leads before and after one in what is shown.
fn neighbours(page: &Value, id: &str) -> (Value, Value) {
    let lanes = page["lanes"].as_array().into_iter().flatten().filter_map(|lane| lane["leads"].as_array());
    let all: Vec<&Value> = lanes.flatten().chain(page["rows"].as_array().into_iter().flatten()).collect();
    let Some(at) = all.iter().position(|lead| lead["id"] == id) else { return (Value::Null, Value::Null) };
    let href =
        |at: Option<usize>| at.and_then(|at| all.get(at)).map_or(Value::Null, |lead| lead["href"].clone());
    (href(at.checked_sub(1)), href(at.checked_add(1)))
}

fn fields(
    panel: &Panel,
    visit: &Visit,
    lead: &LeadRow,
    proofs: &std::collections::BTreeMap<String, Proof>,
    chat: &str,
) -> Vec<Value> {
    let mut fields = Vec::new();
    for key in CONTACTS {
        let value = lead.lead.contact.get(key).filter(|value| !value.is_empty());
        let href = value.and_then(|value| match key {
            "phone" => {
                let digits: String = value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
                Some(format!("tel:{digits}"))
            }
            "email" => Some(format!("mailto:{value}")),
            _ => None,
        });
        let source = source(panel, lead, proofs, chat, &format!("contact.{key}"));
        fields.push(field(key, None, value.map(String::as_str), href, source));
    }
    for (key, value) in lead.lead.contact.iter().filter(|(key, _)| !CONTACTS.contains(&key.as_str())) {
        let source = source(panel, lead, proofs, chat, &format!("contact.{key}"));
        fields.push(field("detail", Some(key), Some(value), None, source));
    }
    let summary = Some(lead.lead.summary.as_str()).filter(|summary| !summary.is_empty());
    fields.push(field("summary", None, summary, None, source(panel, lead, proofs, chat, "summary")));
    for (key, value) in &lead.lead.details {
        let shown = leads::detail::told(value, visit.language);
        let source = source(panel, lead, proofs, chat, &format!("details.{key}"));
        let (known, label) = match leads::detail::kind(value) {
            leads::detail::Kind::Found => ("found", None),
            leads::detail::Kind::Order => ("order", None),
            leads::detail::Kind::Slot => ("detail", Some(key.as_str())),
        };
        fields.push(field(known, label, Some(&shown), None, source));
    }
    fields
}

fn field(key: &str, label: Option<&str>, value: Option<&str>, href: Option<String>, source: Value) -> Value {
    let missing = value.is_none().then_some("not_given");
    json!({
        "key": key, "label": label, "value": value, "href": href, "missing": missing, "confidence": null,
        "source": if missing.is_some() { Value::Null } else { source },
    })
}

fn source(
    panel: &Panel,
    lead: &LeadRow,
    proofs: &std::collections::BTreeMap<String, Proof>,
    chat: &str,
    path: &str,
) -> Value {
    let Some(source) = lead.sources.get(path) else { return Value::Null };
    let proof = proofs.get(path);
    let href = proof.and_then(|proof| proof.turn).map(|turn| format!("{chat}?turn={turn}#turn-{turn}"));
    json!({
        "name": source.source,
        "known": panel.renderer.has(&format!("source.{}", source.source)),
        "at": source.at,
        "quote": proof.and_then(|proof| proof.quote.clone()),
        "turn": null,
        "href": href,
    })
}

fn happened(row: &LeadHistoryRow) -> Value {
    let mut shown = json!({
        "event": "", "actor": row.actor.id, "at": row.at, "text": null, "from": null, "to": null, "fields": [], "release": null,
    });
    let name = match &row.event {
        LeadEvent::Created { .. } => "created",
        LeadEvent::Updated { fields } => {
            let field = |path: &String| match path.split_once('.') {
                Some(("contact", key)) if CONTACTS.contains(&key) => json!({ "key": key, "label": null }),
                Some((_, key)) => json!({ "key": "detail", "label": key }),
                None => json!({ "key": "summary", "label": null }),
            };
            shown["fields"] = fields.iter().map(field).collect();
            "updated"
        }
        LeadEvent::Status { from, to } => {
            shown["from"] = from.name().into();
            shown["to"] = to.name().into();
            "status"
        }
        LeadEvent::Assigned { from, to } => {
            shown["from"] = from.clone().unwrap_or_default().into();
            shown["to"] = to.clone().into();
            "assigned"
        }
        LeadEvent::Note { text } => {
            shown["text"] = text.clone().into();
            "note"
        }
    };
    shown["event"] = name.into();
    shown
}
