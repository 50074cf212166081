//! Compares what happened with what was expected; every difference is a line.

use std::collections::HashMap;

use serde_json::Value;
use tolmach_engine::{
    Session,
    catalog::Product,
    effect::{Lead as LeadEffect, Outgoing},
    place::Place,
    trace::Trace,
    vars,
};

use super::dialog::{Cards, Expect, Lead, Says};

/// What a step led to.
pub(super) struct Seen<'a> {
    pub(super) trace: Option<&'a Trace>,
    pub(super) session: &'a Session,
    pub(super) messages: &'a [Outgoing],
    pub(super) products: &'a HashMap<String, Product>,
    pub(super) lead: Option<&'a LeadEffect>,
}

/// A difference, with the place of the expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where the expectation stands.
    pub place: Place,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

pub(super) fn compare(expect: &Expect, seen: &Seen<'_>) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut differ = |place, expected: String, found: String| all.push(Difference { place, expected, found });
    if let Some(path) = &expect.path {
        let found: Vec<&str> = seen.trace.map(Trace::path).unwrap_or_default();
        if found != path.value {
            differ(
                path.place,
                format!("path {}", path.join(" → ")),
                format!("path {}{}", found.join(" → "), notes(seen.trace)),
            );
        }
    }
    for (name, expected) in &expect.slots {
        let found =
            seen.session.frames.last().and_then(|frame| frame.slots.get(name)).unwrap_or(&Value::Null);
        if !same(&expected.value, found) {
            differ(
                expected.place,
                format!("slot {name} = {}", expected.value),
                format!("slot {name} = {found}"),
            );
        }
    }
    if let Some(cards) = &expect.cards {
        compare_cards(cards, cards.place, seen, &mut differ);
    }
    if let Some(says) = &expect.says {
        compare_texts(says, says.place, seen, &mut differ);
    }
    if let Some(buttons) = &expect.buttons {
        let labels: Vec<&str> = seen
            .messages
            .iter()
            .flat_map(|message| message.buttons.iter().map(|button| button.label.as_str()))
            .collect();
        for label in buttons.iter().filter(|label| !labels.contains(&label.as_str())) {
            differ(buttons.place, format!("a button «{label}»"), format!("buttons {labels:?}"));
        }
    }
    if let Some(waits_at) = &expect.waits_at {
        let found = seen.session.waits_at().map_or("none", |(_, node)| node);
        if found != waits_at.value {
            differ(waits_at.place, format!("waits at {}", waits_at.value), format!("waits at {found}"));
        }
    }
    if let Some(language) = &expect.language
        && language.value != seen.session.language
    {
        differ(
            language.place,
            format!("language {}", language.value),
            format!("language {}", seen.session.language),
        );
    }
    if let Some(lead) = &expect.lead {
        compare_lead(lead, lead.place, seen, &mut differ);
    }
    all
}

fn compare_cards(
    cards: &Cards,
    place: Place,
    seen: &Seen<'_>,
    differ: &mut impl FnMut(Place, String, String),
) {
    let shown: Vec<_> = seen.messages.iter().flat_map(|message| &message.cards).collect();
    let names = || shown.iter().map(|card| card.name.as_str()).collect::<Vec<_>>().join("; ");
    if cards.min.is_some_and(|min| shown.len() < min) || cards.max.is_some_and(|max| shown.len() > max) {
        let bounds = format!(
            "{} to {} cards",
            cards.min.unwrap_or(0),
            cards.max.map_or("any".into(), |max| max.to_string())
        );
        differ(place, bounds, format!("{} cards: {}", shown.len(), names()));
    }
    if let Some(word) = &cards.some
        && !shown.iter().any(|card| card.name.to_lowercase().contains(&word.to_lowercase()))
    {
        differ(place, format!("a card with «{word}»"), format!("cards: {}", names()));
    }
    if let Some(every) = &cards.every
        && let Ok((filters, _)) = every.resolve(&Nothing)
    {
        for card in &shown {
            let product = seen.products.get(&card.id);
            if !product.is_some_and(|product| filters.iter().all(|filter| filter.passes(product))) {
                differ(
                    place,
                    format!("every card: {}", every.source()),
                    format!("{} — {}", card.name, card.price),
                );
            }
        }
    }
}

fn compare_texts(says: &Says, place: Place, seen: &Seen<'_>, differ: &mut impl FnMut(Place, String, String)) {
    let mut said = String::new();
    for message in seen.messages {
        said.push_str(&message.text);
        said.push('\n');
        for card in &message.cards {
            said.push_str(&format!("{} {} {}\n", card.name, card.article, card.price));
        }
    }
    let lower = said.to_lowercase();
    for part in says.contains.iter().filter(|part| !lower.contains(&part.to_lowercase())) {
        differ(place, format!("says «{part}»"), format!("says «{}»", said.trim()));
    }
    for part in says.not_contains.iter().filter(|part| lower.contains(&part.to_lowercase())) {
        differ(place, format!("does not say «{part}»"), format!("says «{}»", said.trim()));
    }
}

fn compare_lead(
    expected: &Lead,
    place: Place,
    seen: &Seen<'_>,
    differ: &mut impl FnMut(Place, String, String),
) {
    let Some(lead) = seen.lead else {
        differ(place, "a lead".to_owned(), "no lead".to_owned());
        return;
    };
    if let Some(source) = &expected.source
        && *source != lead.source
    {
        differ(place, format!("lead source {source}"), format!("lead source {}", lead.source));
    }
    for (field, value) in &expected.contact {
        let found = lead.contact.get(field).map_or("nothing", String::as_str);
        if found != value {
            differ(place, format!("lead {field} {value}"), format!("lead {field} {found}"));
        }
    }
    if let Some(part) = &expected.summary
        && !lead.summary.to_lowercase().contains(&part.to_lowercase())
    {
        differ(place, format!("lead summary with «{part}»"), format!("lead summary «{}»", lead.summary));
    }
}

/// Numbers are compared as numbers: a slot may hold 10000 or 10000.0.
fn same(expected: &Value, found: &Value) -> bool {
    match (expected.as_f64(), found.as_f64()) {
        (Some(expected), Some(found)) => (expected - found).abs() < 1e-9,
        _ => expected == found,
    }
}

fn notes(trace: Option<&Trace>) -> String {
    let visits = trace.map(|trace| trace.visits.as_slice()).unwrap_or_default();
    let notes: Vec<String> = visits
        .iter()
        .flat_map(|visit| {
            visit.notes.iter().chain(&visit.fault).map(|note| format!("\n      {}: {note}", visit.node))
        })
        .collect();
    notes.concat()
}

/// A filter of a test compares with constants only.
struct Nothing;

impl vars::Source for Nothing {
    fn root(&self, _: &str) -> Value {
        Value::Null
    }
}
