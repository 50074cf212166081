//! The trace of one turn.

use serde_json::{Value, json};
use tolmach_app::{
    accounts::Permission,
    inbox::{Explained, Prompt},
};
use tolmach_engine::{
    effect::{Query, QueryOutcome},
    trace::Trace,
};
use tolmach_runtime::{
    VisitCost,
    ports::{ModelCallRow, Tokens},
};

use super::chat::address;
use crate::{Panel, context::Visit, texts};

/// Rows of a search that are shown.
const HITS: usize = 10;
/// Exits of a classification that are shown.
const EXITS: usize = 6;

pub(super) fn shown(panel: &Panel, visit: &Visit, chat: &str, turn: &Explained) -> Value {
    let Explained { seq, at, release, trace, exchanges, costs, unexplained, .. } = turn;
    let steps: Vec<Value> = trace
        .visits
        .iter()
        .enumerate()
        .map(|(number, visit)| {
            let millis = costs.get(number).and_then(millis);
            json!({
                "flow": visit.flow, "node": visit.node, "kind": visit.kind, "exit": visit.exit, "fault": visit.fault,
                "timed": millis.is_some(), "quick": millis == Some(0), "ms": millis,
            })
        })
        .collect();
    let total = costs.iter().map(millis).sum::<Option<u64>>().filter(|_| !costs.is_empty());
    let mut notes: Vec<Value> = trace.notes.iter().map(|note| json!({ "node": "", "text": note })).collect();
    for visit in &trace.visits {
        let node = format!("{}.{}", visit.flow, visit.node);
        notes.extend(visit.notes.iter().map(|note| json!({ "node": node, "text": note })));
        notes.extend(visit.fault.iter().map(|fault| json!({ "node": node, "text": fault })));
    }
    notes.extend(unexplained.iter().map(|why| json!({ "node": "", "text": why })));
    let choices = choices(trace);
    let intents: Vec<&str> = trace
        .outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            QueryOutcome::Classify { labels } => Some(labels),
            _ => None,
        })
        .flatten()
        .map(|label| label.label.as_str())
        .take(20)
        .collect();
    let calls: Vec<Value> = asked(turn)
        .into_iter()
        .map(|Asked { row, prompt }| {
            let prompt = prompt.filter(|_| visit.may(Permission::SeePrompts));
            let parts = prompt.map(|Prompt(parts)| parts.as_slice()).unwrap_or_default().iter();
            let prompt: Vec<Value> = parts
                .map(|(part, text)| {
                    let title = panel.renderer.text(visit.language, &format!("prompt.{}", part.name()));
                    json!({ "title": title, "text": text })
                })
                .collect();
            call(panel, visit, row, prompt)
        })
        .collect();
    json!({
        "seq": seq,
        "chat": chat,
        // The first node that decided something: there a change begins most often.
        "try_at": trace.visits.iter().find(|visit| visit.kind != "say").or(trace.visits.first())
            .map(|visit| format!("{}.{}", visit.flow, visit.node)).unwrap_or_default(),
        "at": at,
        "release": release.chars().take(8).collect::<String>(),
        "abandoned": trace.abandoned,
        "wrong_action": format!("{}/wrong", address(chat)),
        "test_action": format!("{}/test", address(chat)),
        "bound_width": null,
        "intents": intents,
        "understood": understood(trace),
        "steps": steps,
        "total_ms": total,
        "choices": choices,
        "others": others(panel, trace),
        "notes": notes,
        "searches": exchanges.iter().filter_map(|(query, outcome)| search(panel, visit, query, outcome)).collect::<Vec<_>>(),
        "calls": calls,
        "effects": [],
    })
}

/// Of each visited node the exits that it did not take, with what would have led there. Exits that the flow names itself, intents and
/// the like, stand among the choices.
fn others(panel: &Panel, trace: &Trace) -> Vec<Value> {
    let kinds = panel.options.platform.get().kinds;
    let of = |visit: &tolmach_engine::trace::Visit| {
        let spec = kinds.iter().find(|spec| spec.name == visit.kind)?;
        let taken = visit.exit.as_deref().unwrap_or_default();
        let not = spec.exits.iter().filter(|(exit, _)| *exit != taken && !exit.starts_with('<'));
        let exits: Vec<Value> = not.map(|(exit, when)| json!({ "exit": exit, "when": when })).collect();
        (!exits.is_empty()).then(|| json!({ "node": visit.node, "taken": visit.exit, "exits": exits }))
    };
    trace.visits.iter().filter_map(of).collect()
}

/// The intent that a turn took, and how sure it was.
pub(super) fn decided(trace: &Trace) -> (Option<String>, Option<f32>) {
    let classified = trace.visits.iter().find(|visit| visit.kind == "classify");
    let exit = classified.and_then(|visit| visit.exit.clone());
    let score = trace.outcomes.iter().find_map(|outcome| match outcome {
        QueryOutcome::Classify { labels } => {
            labels.iter().find(|label| Some(&label.label) == exit.as_ref()).map(|label| label.score)
        }
        _ => None,
    });
    (exit, score)
}

fn understood(trace: &Trace) -> Vec<Value> {
    let mut understood = Vec::new();
    for visit in &trace.visits {
        if visit.kind == "classify"
            && let Some(exit) = &visit.exit
        {
            understood.push(json!({ "key": "intent", "value": exit }));
        }
        if let Some(intent) = &visit.understood.intent {
            understood.push(json!({ "key": "intent", "value": intent }));
        }
        if !visit.understood.rows.is_empty() {
            understood.push(json!({ "key": "rows", "value": visit.understood.rows.join(", ") }));
        }
        if let Some((text, filters)) = &visit.understood.search {
            understood.push(json!({ "key": "search", "value": text }));
            understood
                .extend(filters.iter().map(|filter| json!({ "key": "filter", "value": filter.to_string() })));
        }
    }
    understood
}

/// The classifications: which label was taken, and the others beside it.
fn choices(trace: &Trace) -> Vec<Value> {
    let mut exits =
        trace.visits.iter().filter(|visit| visit.kind == "classify").map(|visit| visit.exit.as_deref());
    trace
        .outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            QueryOutcome::Classify { labels } => Some(labels),
            _ => None,
        })
        .map(|labels| {
            let taken = exits.next().flatten().unwrap_or("unsure");
            let exits: Vec<Value> = labels
                .iter()
                .take(EXITS)
                .map(|label| {
                    json!({
                        "label": label.label,
                        "taken": label.label == taken,
                        "score": label.score,
                        "percent_width": (label.score * 100.0).round(),
                        "example": label.example,
                    })
                })
                .collect();
            json!({ "taken": taken, "bound": null, "exits": exits })
        })
        .collect()
}

fn search(panel: &Panel, visit: &Visit, query: &Query, outcome: &QueryOutcome) -> Option<Value> {
    let (Query::Search(request), QueryOutcome::Search(results)) = (query, outcome) else { return None };
    let on_request = panel.renderer.text(visit.language, "price.on_request");
    let hits: Vec<Value> = results
        .hits
        .iter()
        .take(HITS)
        .map(|hit| {
            let product = &hit.product;
            let price = match product.price {
                Some(price) => crate::texts::priced(visit.language, price, &product.currency),
                None => on_request.to_owned(),
            };
            json!({
                "article": product.article, "name": product.name.get(visit.language), "score": hit.score, "price": price,
                "shown": false, "near": null,
            })
        })
        .collect();
    let filters: Vec<String> = request.filters.iter().map(ToString::to_string).collect();
    Some(json!({ "text": request.text, "filters": filters, "total": results.total, "hits": hits }))
}

/// The time of a visit in milliseconds, rounded down; `None` where the time of its queries was not recorded.
fn millis(cost: &VisitCost) -> Option<u64> {
    Some(cost.asked?.saturating_add(cost.computed / 1_000))
}

/// An attempt of a model call, with what was asked in its query's first attempt.
struct Asked<'t> {
    row: &'t ModelCallRow,
    prompt: Option<&'t Prompt>,
}

/// The attempts of model calls in order. Attempts at one query follow each other and are counted from the first one anew; a node's
/// queries were asked in the order of its visits.
fn asked(turn: &Explained) -> Vec<Asked<'_>> {
    let Explained { trace, costs, prompts, calls, .. } = turn;
    let mut waiting: Vec<(&str, &str, &Prompt)> = Vec::new();
    for (visit, cost) in trace.visits.iter().zip(costs) {
        let prompts = cost.queries.iter().filter_map(|query| prompts.get(*query)?.as_ref());
        waiting.extend(prompts.map(|prompt| (visit.flow.as_str(), visit.node.as_str(), prompt)));
    }
    let mut last: Option<(&ModelCallRow, Option<&Prompt>)> = None;
    let mut asked = Vec::new();
    for row in calls {
        let of = |row: &'_ ModelCallRow| (row.call.flow.clone(), row.call.node.clone(), row.call.purpose);
        let prompt = match last {
            Some((before, prompt)) if of(before) == of(row) && before.attempt < row.attempt => prompt,
            _ => {
                let at = waiting
                    .iter()
                    .position(|(flow, node, _)| *flow == row.call.flow && *node == row.call.node);
                at.map(|at| waiting.remove(at).2)
            }
        };
        last = Some((row, prompt));
        asked.push(Asked { row, prompt });
    }
    asked
}

fn call(panel: &Panel, visit: &Visit, row: &ModelCallRow, prompt: Vec<Value>) -> Value {
    let tokens = row.usage.as_ref().and_then(Tokens::reported);
    let prices = &panel.options.prices.get();
    let cost = prices.cost(&row.model, row.at, row.usage.as_ref());
    json!({
        "purpose": row.call.purpose.name(),
        "role": row.call.role,
        "node": format!("{}.{}", row.call.flow, row.call.node),
        "attempt": row.attempt,
        "model": row.model,
        "known": tokens.is_some(),
        "input_tokens": tokens.map(|tokens| tokens.input),
        "output_tokens": tokens.map(|tokens| tokens.output),
        "cached_tokens": tokens.map(|tokens| tokens.cached).filter(|cached| *cached > 0),
        "ms": row.millis,
        "cost": cost.map(|cost| texts::amounts(visit.language, &[cost])),
        "unpriced": prices.of(&row.model, row.at).is_none(),
        "failure": row.failure,
        "prompt": prompt,
    })
}

#[cfg(test)]
mod tests {
    use tolmach_app::inbox::PromptPart;
    use tolmach_engine::{
        event::{Client, Event, EventKind},
        trace::Visit,
    };
    use tolmach_runtime::ports::{ModelCall, Purpose};

    use super::*;

    fn attempt(node: &str, number: u32) -> ModelCallRow {
        let call = ModelCall {
            chat: "web:1".to_owned(),
            turn: Default::default(),
            release: "r".to_owned(),
            flow: "shop".to_owned(),
            node: node.to_owned(),
            purpose: Purpose::Generate,
            role: "default".to_owned(),
        };
        ModelCallRow {
            seq: 0,
            id: Default::default(),
            at: 0,
            call,
            model: "m".to_owned(),
            attempt: number,
            millis: 1,
            failure: None,
            usage: None,
        }
    }

    #[test]
    fn each_attempt_has_the_prompt_of_its_query() {
        let visit = |node: &str| Visit { flow: "shop".to_owned(), node: node.to_owned(), ..Visit::default() };
        let prompt = |text: &str| Some(Prompt(vec![(PromptPart::Question, text.to_owned())]));
        let cost = |queries: &[usize]| VisitCost { asked: Some(0), computed: 0, queries: queries.to_vec() };
        let event = Event {
            id: Default::default(),
            at: 0,
            client: Client::default(),
            origin: None,
            sent: Vec::new(),
            reading: None,
            kind: EventKind::Message { text: String::new() },
        };
        let turn = Explained {
            seq: 1,
            at: 0,
            event,
            release: "r".to_owned(),
            trace: Trace { visits: vec![visit("offer"), visit("look"), visit("offer")], ..Trace::default() },
            exchanges: Vec::new(),
            prompts: vec![prompt("one"), None, prompt("two"), prompt("three")],
            costs: vec![cost(&[0]), cost(&[1]), cost(&[2, 3])],
            calls: vec![
                attempt("offer", 1),
                attempt("offer", 2),
                attempt("offer", 1),
                attempt("offer", 1),
                attempt("other", 1),
            ],
            unexplained: None,
        };
        let asked: Vec<Option<&str>> = asked(&turn)
            .into_iter()
            .map(|asked| asked.prompt.map(|Prompt(parts)| parts[0].1.as_str()))
            .collect();
        assert_eq!(asked, [Some("one"), Some("one"), Some("two"), Some("three"), None]);
    }

    #[test]
    fn a_time_that_was_not_recorded_is_not_made_up() {
        let cost = |asked| VisitCost { asked, computed: 2_999, queries: Vec::new() };
        assert_eq!(
            (millis(&cost(Some(5))), millis(&cost(Some(0))), millis(&cost(None))),
            (Some(7), Some(2), None)
        );
    }
}
