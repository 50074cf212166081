//! `tolmach replay`: replay of stored turns on their own releases, and backtests of drafts.

use std::fs;

use crate::support::{Home, Ran};

/// A home with two chats that ended in leads and one that did not.
fn lived() -> Home {
    let home = Home::ready();
    home.demo_bundle("flows");
    home.demo_bundle("draft");
    for (name, lines) in [
        ("anna", "/start\nнужен перфоратор до 20 тысяч\nпозовите менеджера\nАнна, 8 999 123-45-67\n"),
        ("petr", "есть ли доставка в Казань\nпозовите менеджера\nПётр, 8 999 765-43-21\nспасибо\n"),
        ("olga", "какая погода в Сочи\nнужен перфоратор до 20 тысяч\n"),
    ] {
        home.tolmach(&["chat", "--lang", "ru", "--chat", name]).stdin(lines).run().ok();
    }
    home
}

/// Replaces text in the draft's flow; the text must be there.
#[track_caller]
fn change(home: &Home, from: &str, to: &str) {
    let path = home.path("draft/consultant.yaml");
    let text = fs::read_to_string(&path).expect("read");
    assert!(text.contains(from), "«{from}» is not in the demo flow");
    fs::write(path, text.replace(from, to)).expect("written");
}

fn backtest(home: &Home, more: &[&str]) -> Ran {
    home.tolmach(&[&["replay", "--since", "7d", "--against", "draft"], more].concat()).run()
}

#[test]
fn every_stored_turn_replays_on_its_own_release() {
    let home = lived();
    let said = home.tolmach(&["replay", "--since", "1h"]).run().ok().stdout;
    assert_eq!(said, "10 turns of 3 chats replayed, 0 differ\n");
    let json = home.tolmach(&["replay", "--since", "1h", "--json"]).run().ok().json();
    assert_eq!(json, serde_json::json!({ "chats": 3, "turns": 10, "differ": [] }));
    let json = home.tolmach(&["replay", "terminal:anna", "--json"]).run().ok().json();
    assert_eq!(json["turns"], 4);
    let said = home.tolmach(&["replay", "--since", "1h", "--limit", "3"]).run().ok().stdout;
    assert_eq!(said, "3 turns of 2 chats replayed, 0 differ\n");
    for wrong in [&["replay"][..], &["replay", "x:y", "--since", "1d"], &["replay", "--since", "soon"]] {
        assert_eq!(home.tolmach(wrong).run().code, Some(2), "{wrong:?}");
    }
}

#[test]
fn a_draft_that_changes_nothing_is_the_same() {
    let home = lived();
    let json = backtest(&home, &["--json"]).ok().json();
    assert_eq!(
        (&json["chats"], &json["turns"], &json["same"]),
        (&3.into(), &10.into(), &10.into()),
        "{json}"
    );
    assert_eq!(json["leads"]["before"], 2);
    assert_eq!(json["leads"]["after"], 2);
    assert_eq!((&json["approximate"], &json["not_recorded"]), (&0.into(), &0.into()), "{json}");
    assert_eq!(json["model_calls"]["before"], json["model_calls"]["after"]);
    assert_eq!(json["paths"], serde_json::json!([]));
    // After the draft is published, its id names it too.
    let id = json["draft"].as_str().expect("an id");
    let by_id = home.tolmach(&["replay", "--since", "7d", "--against", id, "--json"]).run().ok().json();
    assert_eq!(by_id, json);
    let one = home.tolmach(&["replay", "terminal:petr", "--against", "draft", "--json"]).run().ok().json();
    assert_eq!((&one["chats"], &one["turns"]), (&1.into(), &4.into()));
    home.tolmach(&["replay", "--since", "7d", "--against", "nothing"])
        .run()
        .fails_with(&["nothing is neither"]);
}

#[test]
fn a_draft_that_loses_leads_fails_and_no_contact_is_printed() {
    let home = lived();
    change(
        &home,
        "next: { done: lead, cancelled: contact_cancelled",
        "next: { done: thanks, cancelled: contact_cancelled",
    );
    let ran = backtest(&home, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{ran:?}");
    for part in [
        "paths     8 the same, 2 changed",
        "contact → lead → tell_staff → count_lead → thanks  became  contact → thanks: 2 turns\n    terminal:anna «…»",
        "leads     2 chats before, 0 with the draft",
        "lost  terminal:anna",
        "lost  terminal:petr",
    ] {
        assert!(ran.stdout.contains(part), "«{part}» is not in:\n{}", ran.stdout);
    }
    let json = backtest(&home, &["--json"]);
    assert_eq!(json.code, Some(1));
    assert_eq!(json.json()["leads"]["lost"], serde_json::json!(["terminal:anna", "terminal:petr"]));
    for private in ["999", "Анна", "Пётр"] {
        assert!(!ran.stdout.contains(private) && !json.stdout.contains(private), "«{private}» is told");
    }
}

/// The draft has a new intent, so it must be classified with its own examples, not with the recorded scores.
#[test]
fn a_draft_is_classified_with_its_own_examples() {
    let home = lived();
    change(
        &home,
        "      intents:\n",
        "      intents:\n        weather: { description: the weather, examples: [какая погода в Москве] }\n",
    );
    change(&home, "      unsure: quick", "      weather: clarify\n      unsure: quick");
    let ran = backtest(&home, &[]).ok();
    let became = "route → quick → probe → clarify  became  route → clarify: 1 turn\n    terminal:olga «какая погода в Сочи»";
    assert!(ran.stdout.contains(became), "{}", ran.stdout);
}

/// A search with a different request has no recorded result under its key; another search of the same turn is used
/// instead. If the turn had no search, the query fails, and the faults that follow are reported separately from faults
/// of the draft.
#[test]
fn queries_that_were_not_recorded_are_counted() {
    let home = lived();
    change(
        &home,
        "      semantic_ratio: 0.25\n      min_score: 0.12\n      few: 3\n",
        "      semantic_ratio: 0.5\n      min_score: 0.12\n      few: 3\n",
    );
    let json = backtest(&home, &["--json"]).ok().json();
    assert!(json["approximate"].as_u64() > Some(0), "{json}");
    assert_eq!((&json["not_recorded"], &json["changed"]), (&0.into(), &0.into()), "{json}");

    change(&home, "      services: quick_services", "      services: find");
    let ran = backtest(&home, &["--json"]).ok();
    let json = ran.json();
    assert_eq!((&json["not_recorded"], &json["faults"]), (&1.into(), &serde_json::json!([])), "{json}");
    assert_eq!(json["doubtful_faults"][0]["node"], "find", "{json}");
}

#[test]
fn a_fault_of_the_draft_is_found() {
    let home = lived();
    change(
        &home,
        "  thanks:\n    say:",
        "  thanks:\n    set: { budget: '1 / (slots.budget - slots.budget)' }\n    next: after\n\n  after:\n    say:",
    );
    let ran = backtest(&home, &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stdout.contains("faults    2 new") && ran.stdout.contains("consultant.thanks: "),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_draft_that_does_not_compile_is_reported_with_its_location() {
    let home = lived();
    change(&home, "start: route", "start: rout");
    home.tolmach(&["replay", "--since", "7d", "--against", "draft"]).run().fails_with(&[
        "the draft does not compile",
        "draft/consultant.yaml:",
        "unknown-target",
        "route",
    ]);
}

const DESK: &str = "\
flow: desk
start: route
languages: [en]
nodes:
  route:
    branch:
      - { when: message.text == 'order', to: order }
      - { else: person }
  order:
    goal: { name: ordered }
    next: thanks
  thanks:
    say: { text: Thank you! }
  person:
    handoff: { text: A person will write., timeout: 2h }
    next: { returned: thanks, timeout: thanks }
";

#[test]
fn goals_are_compared_and_messages_to_staff_are_not_printed() {
    let home = Home::ready();
    home.write("flows/desk.yaml", DESK);
    home.write("draft/desk.yaml", DESK.replace("goal: { name: ordered }", "say: { text: An order! }"));
    for (name, lines) in [("one", "order\n"), ("two", "person\nmy secret\n")] {
        home.tolmach(&["chat", "--lang", "en", "--chat", name]).stdin(lines).run().ok();
    }
    let json = backtest(&home, &["--json"]).ok().json();
    assert_eq!(
        json["goals"],
        serde_json::json!([{
            "name": "ordered", "before": 1, "after": 0, "lost": ["terminal:one"], "new": []
        }])
    );
    let said = backtest(&home, &[]).ok().stdout;
    assert!(said.contains("goal ordered: 1 chats before, 0 with the draft\n  lost  terminal:one"), "{said}");

    // A draft without a handoff answers messages that were meant for the staff; their texts must not be printed.
    home.write("draft/desk.yaml", DESK.replace("handoff: { text: A person will write., timeout: 2h }\n    next: { returned: thanks, timeout: thanks }", "say: { text: No. }"));
    let said = backtest(&home, &[]).ok().stdout;
    assert!(said.contains("(nothing)  became  route → person: 1 turn\n    terminal:two «…»"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
