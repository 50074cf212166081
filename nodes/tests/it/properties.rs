//! What holds for every bundle and every course of events: a turn ends within its limits, nothing panics, a trace
//! replays to the same effects, a stored session loads, also on another release.

use proptest::{collection::vec, prelude::*, test_runner::Config};
use tolmach_engine::{
    Session,
    effect::{
        Action, Choice, Classification, Command, HttpReply, Outgoing, Press, Query, QueryOutcome, Reply,
        ScoredLabel, Usage,
    },
    event::{EventKind, StaffAction},
};

use crate::support::{Chat, bundle, no_results, shop};

/// A node of a random flow: a kind and where its exits lead, both as numbers.
#[derive(Clone, Debug)]
struct Spec {
    kind: u8,
    targets: [u8; 4],
}

fn spec() -> impl Strategy<Value = Spec> {
    (0..18u8, any::<[u8; 4]>()).prop_map(|(kind, targets)| Spec { kind, targets })
}

/// A flow's text. A node that does not wait leads only to later ones, so that no cycle is endless.
fn flow(name: &str, entry: bool, other: &str, specs: &[Spec]) -> String {
    let mut text = format!(
        "flow: {name}\n{}start: n0\nlanguages: [ru]\nslots:\n  text: {{ type: text }}\n  number: {{ type: number, \
         default: 1 }}\n  flag: {{ type: boolean, default: false }}\n  found: {{ type: products }}\n  who: {{ type: \
         contact, personal: true }}\nlimits: {{ nodes_per_turn: 12, llm_calls_per_turn: 2, depth: 3 }}\non:\n  \
         command: {{ help: n0, other: n{} }}\n  inactivity: {{ after: 30m, to: n{} }}\n  error: n{}\n",
        if entry { "entry: true\n" } else { "" },
        specs.len() - 1,
        specs.len() / 2,
        specs.len() - 1,
    );
    if let Some(at) = specs.iter().position(|spec| spec.kind == 3) {
        text.push_str(&format!("  intent: {{ from: n{at}, to: {{ a: n0, b: n{} }} }}\n", specs.len() - 1));
    }
    text.push_str("nodes:\n");
    for (at, spec) in specs.iter().enumerate() {
        let waits = [1, 2, 6, 12, 14].contains(&spec.kind);
        let to = |n: usize| {
            let choice = usize::from(spec.targets[n]);
            let (low, names) = if waits { (0, specs.len()) } else { (at + 1, specs.len() - at - 1) };
            match choice % (names + 3) {
                0 => "wait".to_owned(),
                1 => "end".to_owned(),
                2 => "return".to_owned(),
                node => format!("n{}", low + node - 3),
            }
        };
        let any = format!("n{}", usize::from(spec.targets[3]) % specs.len());
        let body = match spec.kind {
            0 => format!(
                "say: {{ text: 'x {{{{slots.number}}}}', buttons: [{{ label: b, to: {any} }}] }}\n    next: {}",
                to(0)
            ),
            1 => format!(
                "ask: {{ text: q, into: number, attempts: 2 }}\n    next: {{ done: {}, cancelled: {}, gave_up: {} }}",
                to(0),
                to(1),
                to(2)
            ),
            2 => format!(
                "menu: {{ text: m, choices: [{{ exit: a, label: A }}, {{ exit: b, label: B }}] }}\n    next: {{ a: {}, b: {}, other: {} }}",
                to(0),
                to(1),
                to(2)
            ),
            3 => format!(
                "classify: {{ intents: {{ a: {{ examples: [one] }}, b: {{ examples: [two] }} }} }}\n    next: {{ a: {}, b: {}, unsure: {} }}",
                to(0),
                to(1),
                to(2)
            ),
            4 => format!(
                "search: {{ into: found, limit: 2 }}\n    next: {{ found: {}, empty: {} }}",
                to(0),
                to(1)
            ),
            5 => format!(
                "answer: {{ prompt: p, facts: found, cards: found }}\n    next: {{ done: {}, failed: {} }}",
                to(0),
                to(1)
            ),
            6 => format!(
                "collect_contact: {{ into: who, attempts: 2 }}\n    next: {{ done: {}, cancelled: {}, gave_up: {} }}",
                to(0),
                to(1),
                to(2)
            ),
            7 => format!("lead: {{ contact: who, details: [number, found] }}\n    next: {}", to(0)),
            8 => format!(
                "branch: [{{ when: slots.flag || slots.number > 2, to: {} }}, {{ else: {} }}]",
                to(0),
                to(1)
            ),
            9 => format!(
                "set: {{ number: slots.number * 3, flag: '!slots.flag', text: message.text }}\n    next: {}",
                to(0)
            ),
            10 => format!("notify: {{ text: '{{{{message.text}}}}' }}\n    next: {}", to(0)),
            11 => format!("faq: {{ from: f }}\n    next: {{ hit: {}, miss: {} }}", to(0), to(1)),
            12 => format!(
                "handoff: {{ text: h, timeout: 1h }}\n    next: {{ returned: {}, timeout: {} }}",
                to(0),
                to(1)
            ),
            13 => format!(
                "call: {{ flow: {other}, with: {{ number: slots.number }}, into: {{ text: text }} }}\n    next: {}",
                to(0)
            ),
            14 => format!("delay: {{ for: 1h }}\n    next: {{ done: {}, message: {} }}", to(0), to(1)),
            15 => format!(
                "experiment: {{ name: e, arms: {{ a: 1, b: 2 }} }}\n    next: {{ a: {}, b: {} }}",
                to(0),
                to(1)
            ),
            16 => format!("goal: {{ name: g, value: slots.number }}\n    next: {}", to(0)),
            _ => format!(
                "http: {{ url: 'https://x.example.com/{{{{message.text}}}}', into: {{ number: /n }} }}\n    next: {{ ok: {}, failed: {} }}",
                to(0),
                to(1)
            ),
        };
        text.push_str(&format!("  n{at}:\n    {body}\n"));
    }
    text
}

fn files(main: &[Spec], side: &[Spec]) -> Vec<(&'static str, String)> {
    vec![
        ("main.yaml", flow("main", true, "side", main)),
        ("side.yaml", flow("side", false, "main", side)),
        ("prompts/p.md", "Say {{slots.text}}.".to_owned()),
        ("faq/f.yaml", "- questions: [one, three]\n  answer: { ru: да, en: 'yes' }\n".to_owned()),
    ]
}

/// Something that may happen to a chat, as a number with another beside it.
fn happen(chat: &mut Chat, pressed: &mut Vec<(String, Press)>, what: (u8, u8)) -> Vec<Outgoing> {
    const WORDS: [&str; 9] = [
        "one",
        "двадцать",
        "7",
        "A",
        "отмена",
        "Анна, 8 999 123-45-67",
        "нужен насос до 5 тысяч",
        "",
        "\u{0}\u{1f600}",
    ];
    let word = || WORDS[usize::from(what.1) % WORDS.len()].to_owned();
    let kind = match what.0 {
        0..=3 => EventKind::Message { text: word() },
        4 => EventKind::Command {
            name: ["start", "help", "other", "none"][usize::from(what.1) % 4].into(),
            rest: word(),
        },
        5 | 6 if !pressed.is_empty() => {
            let (label, press) = pressed[usize::from(what.1) % pressed.len()].clone();
            EventKind::Press { label, press: Some(press) }
        }
        7 => EventKind::Contact { phone: "79991234567".into(), name: word() },
        8 => EventKind::Timer {
            name: ["inactivity", "handoff", "delay", "odd"][usize::from(what.1) % 4].into(),
        },
        9 => EventKind::Staff {
            action: match what.1 % 3 {
                0 => StaffAction::say("здравствуйте"),
                1 => StaffAction::Take,
                _ => StaffAction::Return,
            },
            by: Some("Ольга".into()),
        },
        10 => EventKind::Unsupported { what: "voice".into() },
        _ => EventKind::Press { label: "old".into(), press: None },
    };
    // The chat replays every turn from its trace, through the form in which it is stored.
    let messages = chat.event(kind);
    for button in messages.iter().flat_map(|message| &message.buttons) {
        if let Action::Press { press, .. } = &button.action {
            pressed.push((button.label.clone(), press.clone()));
        }
    }
    messages
}

/// Answers to queries that answers differently each time, the same way for the same query.
fn answers(seed: u8) -> impl Fn(&Query) -> QueryOutcome {
    let (some, none) = (shop(3), shop(0));
    move |query| {
        let odd = query.key().bytes().fold(seed, u8::wrapping_add);
        match (query, odd % 4) {
            (_, 3) => QueryOutcome::Failed { reason: "away".into() },
            (Query::Classify(_), n) => QueryOutcome::Classify {
                labels: vec![ScoredLabel {
                    label: ["a", "0", "b"][usize::from(n)].into(),
                    score: f32::from(odd) / 255.0,
                    example: "one".into(),
                }],
            },
            (Query::LlmClassify(_), n) => QueryOutcome::LlmClassify(Classification {
                label: (n > 0).then(|| "b".to_owned()),
                usage: Usage::default(),
            }),
            (Query::Generate(_), 0) => QueryOutcome::Generate(Reply {
                text: "[1] по 99 рублей".into(),
                usage: Usage::default(),
            }),
            (Query::Search(_), 0) => none(query),
            (Query::Search(_), _) => some(query),
            (Query::Http(_), n) => QueryOutcome::Http(HttpReply {
                status: 200,
                body: serde_json::json!({ "n": if n > 0 { 5.into() } else { serde_json::json!("x") } }),
            }),
            _ => no_results(query),
        }
    }
}

fn check_turn(chat: &Chat) {
    let limits = chat.release.flows["main"].header.limits;
    let visits = chat.trace.visits.len();
    // The error path has a budget of its own.
    let most = 2 * limits.nodes_per_turn as usize + 2;
    assert!(visits <= most, "{visits} visits: {:?}", chat.path());
    let calls = chat
        .trace
        .asked
        .iter()
        .filter(|asked| ["llm_classify", "generate"].contains(&asked.query.as_str()))
        .count();
    assert!(calls <= limits.llm_calls_per_turn as usize, "{calls} model calls: {:?}", chat.path());
    assert!(chat.session.frames.len() <= limits.depth as usize);
    assert_eq!(chat.trace.asked.len(), chat.trace.outcomes.len());
    let stored = serde_json::to_string(&chat.session).unwrap();
    let loaded: Session = serde_json::from_str(&stored).unwrap();
    assert_eq!(loaded, chat.session);
    let mut ids: Vec<&str> = chat.effects.iter().map(|effect| effect.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), chat.effects.len(), "every effect has an id of its own");
    for effect in &chat.effects {
        if let Command::Send(message) = &effect.command {
            for button in &message.buttons {
                if let Action::Press { id, press } = &button.action {
                    assert!(id.len() <= 64, "{id}");
                    if let Choice::Go { to } = &press.choice {
                        assert!(chat.release.flows[&press.flow].nodes.contains_key(to));
                    }
                }
            }
        }
    }
    // Silence means silence: while a person has the chat, only they speak.
    if chat.session.taken_over_at.is_some() && !chat.trace.visits.is_empty() {
        assert!(chat.trace.visits.iter().any(|visit| visit.kind == "handoff"), "{:?}", chat.path());
    }
}

/// PROPTEST_CASES asks for more, by hand.
fn cases(usual: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(usual);
    Config { cases, failure_persistence: None, max_global_rejects: 100_000, ..Config::default() }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn every_turn_ends_within_its_limits(
        main in vec(spec(), 1..14),
        side in vec(spec(), 1..6),
        next in vec(spec(), 1..14),
        events in vec((0..12u8, any::<u8>()), 1..40),
        seed in any::<u8>(),
        publish_after in 0..40usize,
    ) {
        let compiled = |specs: &[Spec]| {
            let files = files(specs, &side);
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
            let compiled = tolmach_engine::compile(&bundle(&files), &tolmach_nodes::platform());
            // Flows that call each other without waiting, or never return, are refused as they should be.
            let expected = ["endless-cycle", "never-returns"];
            for diagnostic in compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
                assert!(expected.contains(&diagnostic.code.text()), "{diagnostic}\n{}", files[0].1);
            }
            compiled.release
        };
        let (first, second) = (compiled(&main), compiled(&next));
        prop_assume!(first.is_some() && second.is_some());
        let mut chat = Chat::new(first.unwrap()).with(answers(seed));
        chat.session.chat = "web:1".to_owned();
        let mut pressed = Vec::new();
        let mut second = second;
        for (at, what) in events.into_iter().enumerate() {
            if at == publish_after && let Some(release) = second.take() {
                // Another release is published in the middle of the dialog.
                chat.release = release;
            }
            happen(&mut chat, &mut pressed, what);
            check_turn(&chat);
        }
    }
}
