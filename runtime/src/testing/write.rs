//! Writes a recorded dialog as a dialog test, in the form in which an author would write it.

use std::collections::BTreeMap;

use tolmach_engine::{
    Session,
    effect::{Command, Effect, HttpRequest, Lead, Query, QueryOutcome},
    event::{Event, EventKind, StaffAction},
    language::Language,
};

use crate::Record;

/// A dialog to be written, from its first turn.
pub struct Saved<'a> {
    /// What the test shows.
    pub name: &'a str,
    /// The language of the client's application.
    pub language: Option<Language>,
    /// Whether to expect cards. Only the sample catalogue has the same products everywhere.
    pub cards: bool,
    /// Whether the recorded model replies become the test's script. Otherwise they came from the offline composer,
    /// which gives them again.
    pub script: bool,
    /// The turns.
    pub turns: &'a [SavedTurn],
    /// The session after the last turn.
    pub last: &'a Session,
}

/// A turn to be written.
pub struct SavedTurn {
    /// Its event.
    pub event: Event,
    /// Its record.
    pub record: Record,
    /// Its queries with their outcomes; see [`Record::exchanges`].
    pub exchanges: Vec<(Query, QueryOutcome)>,
}

/// Writes the test as an entry of a test file. The client's messages appear in it unmasked.
pub fn write(saved: &Saved<'_>) -> String {
    let mut yaml = format!("- name: {}\n", scalar(saved.name));
    yaml.push_str(&given(saved));
    yaml.push_str("  steps:\n");
    let mut lead_known = false;
    for (number, turn) in saved.turns.iter().enumerate() {
        let next = saved.turns.get(number + 1);
        let after = next.map_or(saved.last, |next| &next.record.before);
        let at_before =
            number.checked_sub(1).and_then(|before| saved.turns.get(before)).map(|turn| turn.event.at);
        yaml.push_str(&format!("    - {}\n      expect:\n", happening(&turn.event, at_before)));
        for line in expectations(turn, after, saved.cards, &mut lead_known) {
            yaml.push_str(&format!("        {line}\n"));
        }
    }
    yaml
}

fn given(saved: &Saved<'_>) -> String {
    let mut yaml = String::new();
    if let Some(language) = saved.language {
        yaml.push_str(&format!("    language: {}\n", language.code()));
    }
    let exchanges = || saved.turns.iter().flat_map(|turn| &turn.exchanges);
    if saved.script {
        let entries = |name: &str| -> Vec<String> {
            exchanges().filter(|(query, _)| query.name() == name).map(|(_, outcome)| entry(outcome)).collect()
        };
        let (classify, generate) = (entries("llm_classify"), entries("generate"));
        yaml.push_str("    llm:\n");
        for (name, entries) in [("classify", classify), ("generate", generate)] {
            yaml.push_str(&format!("      {name}: [{}]\n", entries.join(", ")));
        }
    }
    // What is asked about at the same address may get another reply each time.
    let mut stubs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (query, outcome) in exchanges() {
        if let Query::Http(request) = query {
            stubs.entry(&request.url).or_default().push(stub(request, outcome));
        }
    }
    if !stubs.is_empty() {
        yaml.push_str("    http:\n");
    }
    for replies in stubs.values() {
        let runs: Vec<&[String]> = replies.chunk_by(|one, next| one == next).collect();
        for (number, run) in runs.iter().enumerate() {
            let is_last = number + 1 == runs.len();
            let times = if is_last { String::new() } else { format!(", times: {}", run.len()) };
            yaml.extend(run.first().map(|reply| format!("      - {{ {reply}{times} }}\n")));
        }
    }
    if !saved.last.arms.is_empty() {
        yaml.push_str("    arms:\n");
        for (experiment, arm) in &saved.last.arms {
            yaml.push_str(&format!("      {}: {}\n", scalar(experiment), scalar(arm)));
        }
    }
    if yaml.is_empty() { yaml } else { format!("  given:\n{yaml}") }
}

/// An entry of a model script.
fn entry(outcome: &QueryOutcome) -> String {
    match outcome {
        QueryOutcome::LlmClassify(decision) => {
            decision.label.as_deref().map_or("none".to_owned(), flow_scalar)
        }
        QueryOutcome::Generate(reply) => quoted(&reply.text),
        _ => "fail".to_owned(),
    }
}

fn stub(request: &HttpRequest, outcome: &QueryOutcome) -> String {
    let method = request.method.name();
    let reply = match outcome {
        QueryOutcome::Http(reply) => format!("status: {}, json: {}", reply.status, reply.body),
        _ => "fail: true".to_owned(),
    };
    format!("url: {}, method: {method}, {reply}", quoted(&request.url))
}

fn happening(event: &Event, before: Option<i64>) -> String {
    match &event.kind {
        EventKind::Message { text } if event.edits().is_some() => {
            format!("edit: {{ text: {} }}", quoted(text))
        }
        EventKind::Message { text } => format!("client: {}", scalar(text)),
        EventKind::Command { name, rest } => {
            format!("command: {}", scalar(format!("{name} {rest}").trim_end()))
        }
        EventKind::Press { label, .. } => format!("press: {}", scalar(label)),
        EventKind::Contact { phone, name } => {
            format!("contact: {{ phone: {}, name: {} }}", quoted(phone), quoted(name))
        }
        EventKind::Unsupported { what } if what == "photo" || what == "voice" => format!("{what}: {{}}"),
        EventKind::Unsupported { what } => format!("sends: {}", scalar(what)),
        EventKind::Timer { .. } => {
            let millis = before.map_or(1000, |before| event.at - before);
            format!("after: {}s", (millis / 1000 + 1).max(1))
        }
        EventKind::Staff { action: StaffAction::Say { text, .. }, .. } => {
            format!("staff: {{ say: {} }}", quoted(text))
        }
        EventKind::Staff { action: StaffAction::Take, .. } => "staff: take".to_owned(),
        EventKind::Staff { action: StaffAction::Return, .. } => "staff: return".to_owned(),
    }
}

fn expectations(turn: &SavedTurn, after: &Session, cards: bool, lead_known: &mut bool) -> Vec<String> {
    let Record { trace, effects, before, .. } = &turn.record;
    let path: Vec<String> = trace.path().into_iter().map(flow_scalar).collect();
    let waits_at = after.waits_at().map_or("none", |(_, node)| node);
    let mut lines = vec![format!("path: [{}]", path.join(", ")), format!("waits_at: {}", scalar(waits_at))];
    if let Some(fault) = trace.visits.iter().find_map(|visit| visit.fault.as_ref()) {
        lines.push(format!("fault: {}", scalar(fault)));
    }
    let shown: usize = commands(effects)
        .map(|command| if let Command::Send(message) = command { message.cards.len() } else { 0 })
        .sum();
    if cards && shown > 0 {
        lines.push(format!("cards: {{ min: {shown} }}"));
    }
    if before.taken_over_at.is_some() != after.taken_over_at.is_some() {
        lines.push(format!("taken_over: {}", after.taken_over_at.is_some()));
    }
    let goals: Vec<String> = commands(effects)
        .filter_map(
            |command| if let Command::Goal(goal) = command { Some(flow_scalar(&goal.name)) } else { None },
        )
        .collect();
    if !goals.is_empty() {
        lines.push(format!("goal: [{}]", goals.join(", ")));
    }
    let lead = commands(effects)
        .filter_map(|command| if let Command::Lead(lead) = command { Some(lead) } else { None });
    if let Some(lead) = lead.last() {
        // Later lead data of a chat is merged into the first lead and need not change its source.
        lines.push(format!("lead: {}", expected_lead(lead, !*lead_known)));
        *lead_known = true;
    }
    lines
}

fn expected_lead(lead: &Lead, with_source: bool) -> String {
    let mut parts = Vec::new();
    if with_source {
        parts.push(format!("source: {}", flow_scalar(&lead.source)));
    }
    if !lead.contact.is_empty() {
        let fields: Vec<String> = lead
            .contact
            .iter()
            .map(|(field, value)| format!("{}: {}", flow_scalar(field), quoted(value)))
            .collect();
        parts.push(format!("contact: {{ {} }}", fields.join(", ")));
    }
    format!("{{ {} }}", parts.join(", "))
}

fn commands(effects: &[Effect]) -> impl Iterator<Item = &Command> {
    effects.iter().map(|effect| &effect.command)
}

/// A text as a YAML scalar in block style: unquoted only if no YAML reader can take it for something else.
fn scalar(text: &str) -> String {
    let inner = |c: char| c.is_alphanumeric() || " _-.,!?()/+%«»–—".contains(c);
    let bare = text.starts_with(char::is_alphabetic)
        && text.chars().all(inner)
        && !text.ends_with(' ')
        && !is_reserved(text);
    if bare { text.to_owned() } else { quoted(text) }
}

/// The same inside `[…]` and `{…}`, where a comma ends a value.
fn flow_scalar(text: &str) -> String {
    if text.contains(',') { quoted(text) } else { scalar(text) }
}

/// Whether some version of YAML reads the word as a boolean, a number or null.
fn is_reserved(text: &str) -> bool {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan"];
    words.contains(&text.to_lowercase().as_str())
}

/// A double-quoted scalar: every JSON string is valid YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_dialog_cannot_read_is_written_as_it_came() {
        for (what, step) in [("photo", "photo: {}"), ("voice", "voice: {}"), ("sticker", "sends: sticker")] {
            let event = Event {
                id: uuid::Uuid::nil(),
                at: 0,
                client: Default::default(),
                origin: None,
                sent: Vec::new(),
                reading: None,
                kind: EventKind::Unsupported { what: what.to_owned() },
            };
            assert_eq!(happening(&event, None), step);
        }
    }

    #[test]
    fn text_that_yaml_would_misread_is_quoted() {
        for bare in ["нужен перфоратор до 10 тысяч", "hello, world!", "route", "none", "спасибо (да)"]
        {
            assert_eq!(scalar(bare), bare);
        }
        for odd in [
            "12345",
            "да: нет",
            "# x",
            "yes",
            "a #b",
            " x",
            "x ",
            "",
            "- a",
            "a\nb",
            "@me",
            "true",
            "{a}",
            "x: y",
        ] {
            assert!(scalar(odd).starts_with('"'), "{odd}");
        }
        assert_eq!(flow_scalar("a, b"), "\"a, b\"");
    }
}
