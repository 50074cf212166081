//! Compares what was understood, and what the trace tells, with what a step expects.

use serde_json::Value;
use tolmach_engine::{
    catalog::Filter, condition::FilterExpression, effect::QueryOutcome, session::Frame, span::Span,
    trace::Visit,
};

use super::{
    expect::{Differences, Nothing, Seen, contains, same},
    expectation::{Expect, TraceNote, Understood},
};

pub(super) fn compare(expect: &Expect, seen: &Seen<'_>, all: &mut Differences) {
    if let Some(understood) = &expect.understood {
        compare_intent(understood, understood.span, seen, all);
        compare_search(understood, seen, all);
        compare_slots(understood, seen, all);
        if let Some(part) = &understood.read_as
            && !seen.readings.iter().any(|reading| contains(reading, part))
        {
            let found = match seen.readings {
                [] => "read as it is written".to_owned(),
                readings => format!("read as «{}»", readings.join("», «")),
            };
            all.add(part.span, format!("read as «{}»", part.value), found);
        }
    }
    for wanted in &expect.trace {
        if !is_told(wanted, seen) {
            all.add(wanted.span, said(wanted), told(wanted, seen));
        }
    }
}

/// The intents of the step, each with how sure it was.
fn intents<'a>(seen: &'a Seen<'_>) -> Vec<(&'a str, f64)> {
    let of = |visit: &'a Visit| match &visit.understood.intent {
        Some(intent) => Some(intent.as_str()),
        None if visit.kind == "classify" => visit.exit.as_deref().filter(|exit| *exit != "wait"),
        None => None,
    };
    // Whatever no classifier decided was sure: the words of an example, an article number, a model.
    let sure = |intent: &str| {
        let scores = seen.outcomes.iter().filter_map(|outcome| match outcome {
            QueryOutcome::Classify { labels } => labels.iter().find(|label| label.label == intent),
            _ => None,
        });
        let by_model = seen.outcomes.iter().any(
            |outcome| matches!(outcome, QueryOutcome::LlmClassify(chosen) if chosen.label.as_deref() == Some(intent)),
        );
        let best = scores.map(|label| f64::from(label.score)).max_by(f64::total_cmp);
        if by_model { 1.0 } else { best.unwrap_or(1.0) }
    };
    seen.visits.iter().filter_map(of).map(|intent| (intent, sure(intent))).collect()
}

fn compare_intent(expected: &Understood, span: Span, seen: &Seen<'_>, all: &mut Differences) {
    let found = intents(seen);
    let say = || match found.as_slice() {
        [] => "no intent".to_owned(),
        found => {
            let said: Vec<String> =
                found.iter().map(|(intent, sure)| format!("{intent} {sure:.2}")).collect();
            format!("intent {}", said.join(", "))
        }
    };
    let meant: Vec<f64> = found
        .iter()
        .filter(|(intent, _)| expected.intent.as_ref().is_none_or(|wanted| wanted.value == *intent))
        .map(|(_, sure)| *sure)
        .collect();
    if let Some(intent) = &expected.intent
        && meant.is_empty()
    {
        all.add(intent.span, format!("intent {}", intent.value), say());
        return;
    }
    if let Some(least) = &expected.confidence
        && !meant.iter().any(|sure| *sure >= least.value)
    {
        let name = expected.intent.as_ref().map_or("any intent", |intent| intent.value.as_str());
        let span = if least.span.is_none() { span } else { least.span };
        all.add(span, format!("{name} with a confidence of {:.2} or more", least.value), say());
    }
}

fn compare_search(expected: &Understood, seen: &Seen<'_>, all: &mut Differences) {
    if let Some(wanted) = &expected.rows {
        let found: Vec<&str> =
            seen.visits.iter().flat_map(|visit| &visit.understood.rows).map(String::as_str).collect();
        if wanted.value != found {
            let say = |rows: Vec<&str>| match rows.as_slice() {
                [] => "about no rows".to_owned(),
                rows => format!("about the rows {}", rows.join(", ")),
            };
            all.add(wanted.span, say(wanted.iter().map(String::as_str).collect()), say(found));
        }
    }
    let search = seen.visits.iter().rev().find_map(|visit| visit.understood.search.as_ref());
    if let Some(part) = &expected.query
        && !search.is_some_and(|(query, _)| contains(query, part))
    {
        let found = search.map_or("no search".to_owned(), |(query, _)| format!("a search for «{query}»"));
        all.add(part.span, format!("a search for «{}»", part.value), found);
    }
    if let Some(wanted) = &expected.filters {
        let found = search.map(|(_, filters)| filters.as_slice());
        if found.is_none_or(|found| !are(wanted, found)) {
            let say = |filters: Vec<String>| match filters.as_slice() {
                [] => "a search without filters".to_owned(),
                filters => format!("filters: {}", filters.join(" && ")),
            };
            let expected = say(wanted.iter().map(|filter| filter.source().to_owned()).collect());
            let found = found.map(|found| say(found.iter().map(Filter::to_string).collect()));
            all.add(wanted.span, expected, found.unwrap_or_else(|| "no search".to_owned()));
        }
    }
}

/// Whether the filters are these, in any order.
fn are(wanted: &[FilterExpression], found: &[Filter]) -> bool {
    let wanted: Vec<Filter> =
        wanted.iter().filter_map(|filter| filter.resolve(&Nothing).ok()).flat_map(|(kept, _)| kept).collect();
    // As YAML spells them, so that 10000 and 10000.0 are one number.
    let spelt = |filters: &[Filter]| {
        let mut spelt: Vec<String> = filters.iter().map(Filter::to_string).collect();
        spelt.sort();
        spelt
    };
    spelt(&wanted) == spelt(found)
}

fn compare_slots(expected: &Understood, seen: &Seen<'_>, all: &mut Differences) {
    let after = seen.session.frames.last();
    for (name, wanted) in &expected.sets {
        let value = |frame: Option<&Frame>| {
            frame.and_then(|frame| frame.slots.get(&name.value)).cloned().unwrap_or(Value::Null)
        };
        let flow = after.map(|frame| frame.flow.as_str());
        let before = seen
            .before
            .and_then(|session| session.frames.iter().rev().find(|frame| Some(frame.flow.as_str()) == flow));
        let (before, after) = (value(before), value(after));
        let name = &name.value;
        if !same(&wanted.value, &after) {
            all.add(wanted.span, format!("sets {name} to {}", wanted.value), format!("{name} is {after}"));
        } else if same(&before, &after) {
            let found = format!("{name} was {before} before this step");
            all.add(wanted.span, format!("sets {name} to {}", wanted.value), found);
        }
    }
}

/// Whether one node, or the turn itself, is as the expectation says.
fn is_told(wanted: &TraceNote, seen: &Seen<'_>) -> bool {
    let holds = |notes: &[String]| {
        let text = notes.join("\n");
        wanted.contains.0.iter().all(|part| contains(&text, part))
            && !wanted.not_contains.0.iter().any(|part| contains(&text, part))
    };
    let of_turn = wanted.node.is_none() && wanted.kind.is_none() && wanted.exit.is_none();
    (of_turn && !seen.turn_notes.is_empty() && holds(seen.turn_notes))
        || seen.visits.iter().any(|visit| is_meant(wanted, visit) && holds(&visit.notes))
}

fn is_meant(wanted: &TraceNote, visit: &Visit) -> bool {
    wanted.node.as_ref().is_none_or(|node| node.value == visit.node)
        && wanted.kind.as_ref().is_none_or(|kind| kind.value == visit.kind)
        && wanted.exit.as_ref().is_none_or(|exit| visit.exit.as_ref() == Some(exit))
}

fn said(wanted: &TraceNote) -> String {
    let mut said = String::from("the trace of ");
    match (&wanted.node, &wanted.kind) {
        (Some(node), _) => said.push_str(&node.value),
        (None, Some(kind)) => said.push_str(&format!("a node of the kind {}", kind.value)),
        (None, None) => said.push_str("the turn"),
    }
    said.extend(wanted.exit.iter().map(|exit| format!(" → {exit}")));
    said.extend(wanted.contains.0.iter().map(|part| format!(" with «{part}»")));
    said.extend(wanted.not_contains.0.iter().map(|part| format!(" without «{part}»")));
    said
}

/// What the trace tells of the nodes that may have been meant.
fn told(wanted: &TraceNote, seen: &Seen<'_>) -> String {
    let node = wanted.node.as_ref().map(|node| node.value.as_str());
    let near: Vec<String> = seen
        .visits
        .iter()
        .filter(|visit| node.is_none_or(|node| node == visit.node))
        .map(|visit| {
            let exit = visit.exit.as_deref().unwrap_or("no exit");
            format!("{} ({}) → {exit}: {}", visit.node, visit.kind, visit.notes.join("; "))
        })
        .chain(seen.turn_notes.iter().filter(|_| node.is_none()).cloned())
        .collect();
    if near.is_empty() { "it was not visited".to_owned() } else { near.join("\n") }
}
