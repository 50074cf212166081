//! Compares the results of a step with its expectations. Each difference is one entry.

use std::collections::HashMap;

use serde_json::Value;
use tolmach_engine::{
    Session,
    catalog::Product,
    effect::{Command, Effect, Goal, HttpRequest, Lead as LeadEffect, Notice, Outgoing, QueryOutcome},
    or_none::OrNone,
    slot::Type,
    span::Span,
    trace::Visit,
    typed::Typed,
    vars,
};

use super::{
    expectation::{Cards, Expect, Lead, Notifies, Path, Says},
    requests, understood,
};

/// The results of a step.
pub(super) struct Seen<'a> {
    /// The visited nodes of all turns of the step.
    pub(super) visits: &'a [Visit],
    pub(super) effects: &'a [Effect],
    /// The notes of turns that visited no node.
    pub(super) turn_notes: &'a [String],
    /// What the messages of the step were read as.
    pub(super) readings: &'a [String],
    /// The outcomes of the queries of the step.
    pub(super) outcomes: &'a [QueryOutcome],
    /// The session before the step; `None` where nothing happened.
    pub(super) before: Option<&'a Session>,
    pub(super) session: &'a Session,
    pub(super) messages: &'a [Outgoing],
    pub(super) products: &'a HashMap<String, Product>,
    pub(super) lead: Option<&'a LeadEffect>,
    /// The requests of other systems.
    pub(super) requests: &'a [HttpRequest],
    pub(super) model_calls: usize,
    /// Whether the dialog is over.
    pub(super) ended: bool,
    /// The position of the step, for expectations that hold without being written.
    pub(super) step: Span,
}

/// A difference between an expectation and the results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// The position of the expectation.
    pub span: Span,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// For a path: the expected and the found nodes, to be shown one below the other.
    pub paths: Option<(Vec<String>, Vec<String>)>,
    /// Explanations: the most similar line of the messages; of the first difference of a step why its nodes took their exits.
    pub notes: Vec<String>,
}

impl Difference {
    /// A difference without paths and notes.
    pub fn new(span: Span, expected: impl Into<String>, found: impl Into<String>) -> Difference {
        Difference { span, expected: expected.into(), found: found.into(), ..Difference::default() }
    }
}

pub(super) fn compare(expect: &Expect, seen: &Seen<'_>) -> Vec<Difference> {
    let mut all = Differences(Vec::new());
    compare_path(expect, seen, &mut all);
    compare_faults(expect, seen, &mut all);
    compare_state(expect, seen, &mut all);
    if let Some(cards) = &expect.cards {
        compare_cards(cards, cards.span, seen, &mut all);
    }
    if let Some(says) = &expect.says {
        compare_texts(says, says.span, seen, &mut all);
    }
    if let Some(buttons) = &expect.buttons {
        let labels: Vec<&str> = seen
            .messages
            .iter()
            .flat_map(|message| message.buttons.iter().map(|button| button.label.as_str()))
            .collect();
        for label in buttons.iter().filter(|label| !labels.contains(&label.as_str())) {
            all.add(buttons.span, format!("a button «{label}»"), format!("buttons {labels:?}"));
        }
    }
    if let Some(photo) = &expect.photo {
        compare_photo(photo, photo.span, seen, &mut all);
    }
    match expect.lead.as_ref().map(|lead| (&lead.value, lead.span)) {
        Some((OrNone::Some(lead), span)) => compare_lead(lead, span, seen, &mut all),
        Some((OrNone::None, span)) if seen.lead.is_some() => all.add(span, "no lead", "a lead"),
        _ => {}
    }
    compare_commands(expect, seen, &mut all);
    if let Some(expected) = &expect.requests {
        requests::compare(expected, seen.requests, &mut all);
    }
    understood::compare(expect, seen, &mut all);
    if let Some(first) = all.0.first_mut() {
        first.notes.extend(why(seen));
    }
    all.0
}

fn compare_photo(expected: &OrNone<String>, span: Span, seen: &Seen<'_>, all: &mut Differences) {
    let found: Vec<&str> = seen.messages.iter().filter_map(|message| message.photo.as_deref()).collect();
    let told = if found.is_empty() { "no picture".to_owned() } else { format!("pictures {found:?}") };
    match expected {
        OrNone::Some(photo) if !found.contains(&photo.as_str()) => {
            all.add(span, format!("the picture {photo}"), told)
        }
        OrNone::None if !found.is_empty() => all.add(span, "no picture", told),
        _ => {}
    }
}

pub(super) struct Differences(Vec<Difference>);

impl Differences {
    pub(super) fn add(&mut self, span: Span, expected: impl Into<String>, found: impl Into<String>) {
        self.0.push(Difference::new(span, expected, found));
    }
}

fn compare_path(expect: &Expect, seen: &Seen<'_>, all: &mut Differences) {
    let found: Vec<String> = seen.visits.iter().map(|visit| visit.node.clone()).collect();
    if let Some(path) = &expect.path {
        let wanted: Vec<String> = path.nodes().iter().map(|node| node.value.clone()).collect();
        let (fits, word) = match &path.value {
            Path::Exact(_) => (wanted == found, "path"),
            Path::Parts { .. } => (in_order(&wanted, &found), "path with"),
        };
        if !fits {
            all.0.push(Difference {
                span: path.span,
                expected: format!("{word} {}", wanted.join(" → ")),
                found: format!("path {}", found.join(" → ")),
                paths: Some((wanted, found.clone())),
                notes: Vec::new(),
            });
        }
    }
    let absent = expect.path.iter().flat_map(|path| path.absent());
    for node in absent.chain(expect.not_path.iter().flat_map(|nodes| nodes.iter())) {
        if found.contains(&node.value) {
            all.add(
                node.span,
                format!("a path without {}", node.value),
                format!("path {}", found.join(" → ")),
            );
        }
    }
}

/// Whether `found` contains all of `wanted` in this order, with any others between them.
fn in_order(wanted: &[String], found: &[String]) -> bool {
    let mut found = found.iter();
    wanted.iter().all(|node| found.any(|candidate| candidate == node))
}

/// Every step without `fault:` expects no fault, because no test means to show an unexpected failure.
fn compare_faults(expect: &Expect, seen: &Seen<'_>, all: &mut Differences) {
    let faults: Vec<String> = seen
        .visits
        .iter()
        .filter_map(|visit| Some(format!("{}: {}", visit.node, visit.fault.as_ref()?)))
        .collect();
    match &expect.fault {
        None if faults.is_empty() => {}
        None => all.add(
            seen.step,
            "no fault (or `fault:` with a part of it)",
            format!("fault in {}", faults.join("; ")),
        ),
        Some(part) if faults.iter().any(|fault| contains(fault, part)) => {}
        Some(part) => {
            let found = if faults.is_empty() {
                "no fault".to_owned()
            } else {
                format!("fault in {}", faults.join("; "))
            };
            all.add(part.span, format!("a fault with «{}»", part.value), found);
        }
    }
}

fn compare_state(expect: &Expect, seen: &Seen<'_>, all: &mut Differences) {
    let frame = seen.session.frames.last();
    for (name, expected) in &expect.slots {
        let found = frame.and_then(|frame| frame.slots.get(&name.value)).unwrap_or(&Value::Null);
        if !same(&expected.value, found) {
            let say = |value: &Value| format!("slot {} = {value}", name.value);
            all.add(expected.span, say(&expected.value), say(found));
        }
    }
    let mut state = |span: Span, what: &str, expected: &str, found: &str| {
        if expected != found {
            all.add(span, format!("{what} {expected}"), format!("{what} {found}"));
        }
    };
    if let Some(waits_at) = &expect.waits_at {
        let found = seen.session.waits_at().map_or("none", |(_, node)| node);
        state(waits_at.span, "waits at", waits_at, found);
    }
    if let Some(flow) = &expect.flow {
        let found = frame.map_or("none", |frame| frame.flow.as_str());
        state(flow.span, "flow", flow, found);
    }
    if let Some(language) = &expect.language {
        state(language.span, "language", language.code(), seen.session.language.code());
    }
    if let Some(taken_over) = &expect.taken_over {
        let say = |taken_over| if taken_over { "a person" } else { "the bot" };
        state(
            taken_over.span,
            "the chat is with",
            say(taken_over.value),
            say(seen.session.taken_over_at.is_some()),
        );
    }
    if let Some(ends) = &expect.ends {
        let say = |ended| if ended { "is over" } else { "goes on" };
        state(ends.span, "the dialog", say(ends.value), say(seen.ended));
    }
    if let Some(calls) = &expect.model_calls {
        state(calls.span, "model calls:", &calls.value.to_string(), &seen.model_calls.to_string());
    }
}

fn compare_commands(expect: &Expect, seen: &Seen<'_>, all: &mut Differences) {
    if let Some(goals) = &expect.goal {
        let reached: Vec<&str> = commands(seen).filter_map(goal).map(|goal| goal.name.as_str()).collect();
        let found = if reached.is_empty() { "none".to_owned() } else { reached.join(", ") };
        let none = goals.0 == ["none"];
        if none && !reached.is_empty() {
            all.add(goals.span, "goals: none", format!("goals: {found}"));
        }
        for name in goals.0.iter().filter(|name| !none && !reached.contains(&name.as_str())) {
            all.add(goals.span, format!("goal {name}"), format!("goals: {found}"));
        }
    }
    if let Some(expected) = &expect.notifies {
        compare_notices(expected, expected.span, seen, all);
    }
}

fn compare_notices(expected: &OrNone<Notifies>, span: Span, seen: &Seen<'_>, all: &mut Differences) {
    let notices: Vec<&Notice> = commands(seen).filter_map(notice).collect();
    let wanted = match expected {
        OrNone::None if notices.is_empty() => return,
        OrNone::None => "no message to the staff".to_owned(),
        OrNone::Some(expected) if notices.iter().any(|notice| told(expected, notice)) => return,
        OrNone::Some(expected) => {
            let group = expected.group.as_ref().map_or(String::new(), |group| format!(" to {group}"));
            let parts: Vec<String> = expected.contains.0.iter().map(|part| format!(" «{part}»")).collect();
            format!("a message to the staff{group}{}", parts.concat())
        }
    };
    let found: Vec<String> = notices
        .iter()
        .map(|notice| format!("to {}: «{} {}»", notice.group, notice.subject, notice.text))
        .collect();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join("; ") };
    all.add(span, wanted, format!("the staff was told {found}"));
}

fn commands<'a>(seen: &'a Seen<'_>) -> impl Iterator<Item = &'a Command> {
    seen.effects.iter().map(|effect| &effect.command)
}

fn goal(command: &Command) -> Option<&Goal> {
    if let Command::Goal(goal) = command { Some(goal) } else { None }
}

fn notice(command: &Command) -> Option<&Notice> {
    if let Command::Notify(notice) = command { Some(notice) } else { None }
}

fn told(expected: &Notifies, notice: &Notice) -> bool {
    let text = format!("{}\n{}", notice.subject, notice.text);
    expected.group.as_ref().is_none_or(|group| *group == notice.group)
        && expected.contains.0.iter().all(|part| contains(&text, part))
}

fn compare_cards(cards: &Cards, span: Span, seen: &Seen<'_>, all: &mut Differences) {
    let shown: Vec<_> = seen.messages.iter().flat_map(|message| &message.cards).collect();
    let names = || shown.iter().map(|card| card.name.as_str()).collect::<Vec<_>>().join("; ");
    if cards.min.is_some_and(|min| shown.len() < min) || cards.max.is_some_and(|max| shown.len() > max) {
        let max = cards.max.map_or("any".to_owned(), |max| max.to_string());
        let bounds = format!("{} to {max} cards", cards.min.unwrap_or(0));
        all.add(span, bounds, format!("{} cards: {}", shown.len(), names()));
    }
    if let Some(word) = &cards.some
        && !shown.iter().any(|card| contains(&card.name, word))
    {
        all.add(span, format!("a card with «{word}»"), format!("cards: {}", names()));
    }
    if let Some(every) = &cards.every
        && let Ok((filters, _)) = every.resolve(&Nothing)
    {
        for card in &shown {
            let product = seen.products.get(&card.id);
            if !product.is_some_and(|product| filters.iter().all(|filter| filter.passes(product))) {
                let found = format!("{} — {}", card.name, card.price);
                all.add(span, format!("every card: {}", every.source()), found);
            }
        }
    }
}

fn compare_texts(says: &Says, span: Span, seen: &Seen<'_>, all: &mut Differences) {
    let said: Vec<String> = seen.messages.iter().flat_map(lines).collect();
    let text = said.join("\n");
    let found =
        || if text.is_empty() { "says nothing".to_owned() } else { format!("says «{}»", text.trim()) };
    for part in says.contains.0.iter().filter(|part| !contains(&text, part)) {
        let mut difference = Difference::new(span, format!("says «{part}»"), found());
        if let Some(nearest) = nearest_line(part, &said).filter(|_| said.len() > 1) {
            difference.notes.push(format!("the nearest line: «{nearest}»"));
        }
        all.0.push(difference);
    }
    for part in says.not_contains.0.iter().filter(|part| contains(&text, part)) {
        let line = said.iter().find(|line| contains(line, part));
        let mut difference = Difference::new(span, format!("does not say «{part}»"), found());
        difference.notes.extend(line.filter(|_| said.len() > 1).map(|line| format!("in the line: «{line}»")));
        all.0.push(difference);
    }
}

/// The lines of a message: those of its text, then one per card.
fn lines(message: &Outgoing) -> Vec<String> {
    let mut lines: Vec<String> = message.text.lines().map(str::to_owned).collect();
    let cards = message.cards.iter();
    lines.extend(cards.map(|card| format!("{} {} {}", card.name, card.article, card.price)));
    lines
}

/// The line that shares the most trigrams with `part`; `None` if none shares any.
fn nearest_line<'l>(part: &str, lines: &'l [String]) -> Option<&'l str> {
    let runs = |text: &str| -> Vec<String> {
        let letters: Vec<char> = text.to_lowercase().chars().collect();
        letters.windows(3).map(|run| run.iter().collect()).collect()
    };
    let wanted = runs(part);
    let shared = |line: &str| {
        let found = runs(line);
        wanted.iter().filter(|run| found.contains(run)).count()
    };
    let best = lines.iter().map(|line| (shared(line), line)).max_by_key(|(shared, _)| *shared);
    best.filter(|(shared, _)| *shared > 0).map(|(_, line)| line.as_str())
}

fn compare_lead(expected: &Lead, span: Span, seen: &Seen<'_>, all: &mut Differences) {
    let Some(lead) = seen.lead else {
        all.add(span, "a lead", "no lead");
        return;
    };
    if let Some(source) = &expected.source
        && *source != lead.source
    {
        all.add(span, format!("lead source {source}"), format!("lead source {}", lead.source));
    }
    for (field, value) in &expected.contact {
        let found = lead.contact.get(field).map_or("nothing", String::as_str);
        if found != value {
            all.add(span, format!("lead {field} {value}"), format!("lead {field} {found}"));
        }
    }
    if let Some(part) = &expected.summary
        && !contains(&lead.summary, part)
    {
        all.add(span, format!("lead summary with «{part}»"), format!("lead summary «{}»", lead.summary));
    }
}

/// Whether a text holds a part, ignoring case. A blank that does not break, as in an amount of money, is a blank.
pub(super) fn contains(text: &str, part: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['\u{a0}', '\u{202f}'], " ");
    plain(text).contains(&plain(part))
}

/// Whether two values are equal. Numbers are compared as numbers: a slot may hold 10000 or 10000.0. A date, a time, a length of
/// time or an amount of money may be written in any of its forms: `90m` is `1h30m`, `4500 RUB` an amount with its currency.
pub(super) fn same(expected: &Value, found: &Value) -> bool {
    match (expected.as_f64(), found.as_f64()) {
        (Some(expected), Some(found)) => (expected - found).abs() < 1e-9,
        _ => {
            let typed = |kind: Type| Typed::read(kind, expected).filter(|_| kind.is_typed());
            let same = |kind: Type| typed(kind).is_some_and(|typed| Typed::read(kind, found) == Some(typed));
            expected == found || !expected.is_null() && Type::ALL.into_iter().any(same)
        }
    }
}

/// Why the nodes of the step took the exits that they took, one line for each that tells.
fn why(seen: &Seen<'_>) -> Vec<String> {
    let of = |visit: &Visit| {
        let exit = visit.exit.as_deref().map(|exit| format!(" → {exit}")).unwrap_or_default();
        let mut said = visit.notes.clone();
        said.extend(visit.fault.iter().map(|fault| format!("fault: {fault}")));
        (!said.is_empty()).then(|| format!("{}{exit}: {}", visit.node, said.join("; ")))
    };
    seen.turn_notes.iter().cloned().chain(seen.visits.iter().filter_map(of)).collect()
}

/// The variables of a filter in a test: none, because it compares with constants only.
pub(super) struct Nothing;

impl vars::VariableSource for Nothing {
    fn root(&self, _: &str) -> Value {
        Value::Null
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_line_shares_the_most_with_what_was_expected() {
        let said = ["Здравствуйте!".to_owned(), "Доставляем по всей стране.".to_owned()];
        assert_eq!(nearest_line("Доставим по всей России", &said), Some("Доставляем по всей стране."));
        assert_eq!(nearest_line("xyz", &said), None);
    }

    #[test]
    fn contained_nodes_of_a_path_keep_their_order() {
        let path = ["a", "b", "c"].map(str::to_owned);
        assert!(in_order(&["a".into(), "c".into()], &path));
        assert!(!in_order(&["c".into(), "a".into()], &path));
        assert!(!in_order(&["a".into(), "a".into()], &path));
    }
}
