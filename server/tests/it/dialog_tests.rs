//! `tolmach test`: what dialog tests can express, the output of failures, and watch mode.

mod schemas;
mod steps;

use std::fs;

use crate::support::Home;

const SHOP: &str = "\
flow: shop
start: route
slots: { results: { type: products }, size: { type: number } }
on:
  command: { start: greet }
  inactivity: { after: 30m, to: silent }
  error: sorry
nodes:
  greet:
    say:
      text: Hello!
      buttons:
        - { label: Find a pump, to: find }
        - { label: Find a drill, to: find }
  route:
    classify:
      min_confidence: 0.9
      intents:
        product: { description: looks for goods, examples: [I need a pump] }
        manager: { description: wants a person, examples: [call me] }
    next: { product: find, manager: person, unsure: about }
  find:
    search: { query: '{{message.text}}', into: results }
    next: { found: offer, empty: nothing }
  offer:
    say: { text: Here you are., cards: results }
  nothing:
    say: { text: \"There is nothing.\\nAsk for something else.\" }
  person:
    lead: { source: form, summary: { en: asks for a person } }
    next: bye
  about:
    answer: { prompt: about, knowledge: [shop] }
    next: { done: wait, failed: nothing }
  silent:
    say: { text: 'It is {{now.time}}.' }
  sorry:
    say: { text: Sorry. }
  bye:
    end: { text: Goodbye! }
languages: [en]
";

const DESK: &str = "\
flow: desk
start: route
languages: [en]
slots: { left: { type: number } }
on:
  inactivity: { after: 30m, to: silent }
nodes:
  route:
    branch:
      - { when: message.text == 'order', to: order }
      - { when: message.text == 'person', to: person }
      - { when: message.text == 'stock', to: stock }
      - { when: message.text == 'later', to: later }
      - { else: hello }
  order:
    goal: { name: ordered }
    next: notify_staff
  notify_staff:
    notify: { to: sales, subject: News, text: 'Somebody wrote {{message.text}}' }
    next: hello
  hello:
    say: { text: Hello! }
  person:
    handoff: { text: I am calling a person., timeout: 2h }
    next: { returned: back, timeout: late }
  back:
    say: { text: The bot is back. }
  late:
    say: { text: Nobody had time. }
  stock:
    http: { url: 'https://api.example.com/stock', into: { left: /left } }
    next: { ok: count, failed: hello }
  count:
    say: { text: 'There are {{slots.left}}.' }
  later:
    delay: { for: 10m }
    next: { done: how, message: hello }
  how:
    say: { text: 'It is {{now.time}}.' }
  silent:
    say: { text: 'Silent at {{now.time}}.' }
";

/// A shop with the given tests.
fn shop(tests: &str) -> Home {
    let home = Home::new();
    home.write("flows/shop.yaml", SHOP);
    // The samples are this company's goods.
    home.write("flows/company.yaml", "name: Оснадар\n");
    home.write("flows/prompts/about.md", "Answer politely.");
    home.write("flows/knowledge/shop.md", "# Opening hours\n\nWe are open from nine to five.\n");
    home.write("flows/tests/shop.test.yaml", tests);
    home
}

/// Checks that the shop's only test passes.
#[track_caller]
fn passes(tests: &str) {
    let ran = shop(tests).tolmach(&["test", "--json"]).run();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
}

/// Checks that the shop's only test fails; returns the output.
#[track_caller]
fn fails(tests: &str) -> String {
    let ran = shop(tests).tolmach(&["test"]).run();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{}", ran.stdout);
    ran.stdout
}

#[test]
fn a_model_is_scripted() {
    passes(
        "- name: scripted
  given: { catalogue: empty, language: en, llm: { decide: [manager, none, none, slow], answer: [\"We are open.\", fail, slow] } }
  steps:
    - client: something odd one
      expect: { path: [route, person, bye], model_calls: 1, ends: true, lead: { source: form } }
    - client: something odd two
      expect: { path: [route, about], model_calls: 2, ends: false, says: { contains: We are open } }
    - client: something odd three
      expect: { path: [route, about, nothing], model_calls: 2 }
    - client: something odd four
      expect: { path: [route, about, nothing], model_calls: 2, not_path: [find, bye], flow: shop, taken_over: false }
",
    );
}

#[test]
fn a_script_that_is_too_short_too_long_or_invalid_fails() {
    let beyond = fails(
        "- name: beyond
  given: { catalogue: empty, llm: { decide: [manager] } }
  steps:
    - client: something odd one
    - client: something odd two
",
    );
    for part in ["shop.test.yaml:5:7", "the script of `classify` is at its end", "something odd two"] {
        assert!(beyond.contains(part), "«{part}» is not in:\n{beyond}");
    }
    let left = fails(
        "- name: left over
  given: { catalogue: empty, llm: { decide: [manager, none], answer: [one] } }
  steps: [ { client: something odd } ]
",
    );
    for part in ["shop.test.yaml:2:55", "`classify: none`", "`generate: one`", "the test ended before it"] {
        assert!(left.contains(part), "«{part}» is not in:\n{left}");
    }
    let wrong = fails(
        "- name: wrong label
  given: { catalogue: empty, llm: { decide: [manger] } }
  steps: [ { client: something odd } ]
",
    );
    assert!(wrong.contains("did you mean manager?"), "{wrong}");
}

#[test]
fn time_passes_timer_by_timer() {
    // A test starts at nine. A timer that fired only at the end of the step would print 09:45.
    passes(
        "- name: silence
  given: { catalogue: empty }
  steps:
    - command: start
    - after: 29m
      expect: { path: [] }
    - after: 16m
      expect: { path: [silent], says: { contains: It is 09:30 } }
    - after: 1d
      expect: { path: [] }
",
    );
}

#[test]
fn goals_notices_handoffs_http_and_delays_are_expected() {
    let home = Home::new();
    home.write("flows/desk.yaml", DESK);
    let desk = |tests: &str| {
        home.write("flows/tests/desk.test.yaml", tests);
        home.tolmach(&["test"]).run()
    };
    let ran = desk(
        "- name: a goal and a notice
  given: { catalogue: empty }
  steps:
    - client: order
      expect: { path: [route, order, notify_staff, hello], goal: ordered, notifies: { group: sales, contains: [news, wrote order] }, model_calls: 0 }
    - client: something else
      expect: { goal: none, path: [route, hello] }

- name: a person
  given: { catalogue: empty }
  steps:
    - client: person
      expect: { path: [route, person], taken_over: true, notifies: { contains: person } }
    - client: are you there?
      expect: { path: [], taken_over: true }
    - staff: { say: 'Yes, I am.' }
      expect: { taken_over: true, says: { contains: 'Yes, I am' } }
    - staff: return
      expect: { path: [person, back], taken_over: false, says: { contains: The bot is back } }
    - staff: take
      expect: { taken_over: true }

- name: nobody has time
  given: { catalogue: empty }
  steps:
    - client: person
    - after: 3h
      expect: { path: { contains: [late] }, taken_over: false }

- name: another system
  given:
    catalogue: empty
    http:
      - { url: 'https://api.example.com/', method: GET, json: { left: 3 } }
  steps:
    - client: stock
      expect: { path: [route, stock, count], slots: { left: 3 }, says: { contains: There are 3 } }

- name: another system that is away
  given: { catalogue: empty, http: [ { url: 'https://api.example.com/', fail: true } ] }
  steps:
    - client: stock
      expect: { path: [route, stock, hello], slots: { left: null } }

- name: each timer at its own time
  given: { catalogue: empty }
  steps:
    - client: later
      expect: { waits_at: later }
    - after: 45m
      expect: { path: [later, how, silent], says: { contains: [It is 09:10, Silent at 09:30] } }
",
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    assert!(ran.stdout.contains("6 passed, 0 failed"), "{}", ran.stdout);
    let ran = desk("- name: unforeseen\n  given: { catalogue: empty }\n  steps: [ { client: stock } ]\n");
    assert_eq!(ran.code, Some(1));
    for part in ["a stub in `given: http`", "GET https://api.example.com/stock"] {
        assert!(ran.stdout.contains(part), "«{part}» is not in:\n{}", ran.stdout);
    }
}

#[test]
fn coalescing_label_parts_and_staff_messages_are_supported() {
    passes(
        "- name: forms
  given: { catalogue: empty }
  steps:
    - client: [call me, call me]
      expect: { path: { contains: [route, person] } }
    - command: start
    - press: drill
      expect: { path: { contains: [find] }, not_path: [greet], slots: { size: null } }
    - staff: take
      expect: { model_calls: 0 }
    - staff: { say: hello }
    - staff: return
",
    );
    let two = fails(
        "- name: two\n  given: { catalogue: empty }\n  steps:\n    - command: start\n    - press: find\n",
    );
    for part in ["only one button with «find»", "Find a pump", "Find a drill"] {
        assert!(two.contains(part), "«{part}» is not in:\n{two}");
    }
}

/// A dialog that ends in a fault fails its test, unless the test expects the fault.
#[test]
fn a_fault_fails_a_test_that_does_not_expect_it() {
    let test = |expect: &str| {
        format!(
            "- name: away\n  given: {{ catalogue: failing }}\n  steps:\n    - client: I need a pump\n{expect}"
        )
    };
    let said = fails(&test(""));
    assert!(said.contains("no fault") && said.contains("find: search: "), "{said}");
    passes(&test("      expect: { fault: catalogue is away, path: [route, find, sorry] }\n"));
    let said = fails(&test("      expect: { fault: a flood }\n"));
    assert!(said.contains("a fault with «a flood»"), "{said}");
    let none =
        "- name: x\n  given: { catalogue: empty }\n  steps: [ { command: start, expect: { fault: any } } ]\n";
    assert!(fails(none).contains("no fault"));
}

#[test]
fn a_failure_shows_paths_lines_and_the_dialog() {
    let said = fails(
        "- name: wrong
  given: { catalogue: empty }
  steps:
    - command: start
    - client: call me
      expect:
        path: [route, find, nothing]
    - client: never
",
    );
    let shown = "\
        flows/tests/shop.test.yaml:5:7 client: call me
        flows/tests/shop.test.yaml:7:15
          - expected path route → find   → nothing
          + found    path route → person → bye
                                  ^ differs from here
";
    assert!(said.contains(shown), "{said}");
    let dialog = "\
        client │ /start
           bot │ Hello!
               │ [Find a pump] [Find a drill]
        client │ call me
           bot │ Goodbye!
";
    assert!(said.contains(dialog), "{said}");
    assert!(!said.contains('\u{1b}'), "colours are for terminals: {said:?}");

    let said = fails(
        "- name: nearest
  given: { catalogue: empty }
  steps: [ { client: I need a pump, expect: { says: { contains: ask for anything else } } } ]
",
    );
    assert!(said.contains("the nearest line: «Ask for something else.»"), "{said}");

    let json = shop("- name: x\n  given: { catalogue: empty }\n  steps: [ { command: start, expect: { path: [bye] } } ]\n")
        .tolmach(&["test", "--json"])
        .run()
        .json();
    let failure = &json["tests"][0]["failure"];
    assert_eq!(failure["differences"][0]["path"]["found"], serde_json::json!(["greet"]), "{json}");
    assert_eq!(failure["differences"][0]["column"], 46, "{json}");
    assert_eq!(failure["transcript"][0], serde_json::json!({ "who": "client", "text": "/start" }), "{json}");
    assert_eq!((&json["passed"], &json["failed"]), (&0.into(), &1.into()));
}

#[test]
fn missing_goals_notices_and_handoffs_are_differences() {
    let said = fails(
        "- name: nothing of it
  given: { catalogue: empty }
  steps:
    - command: start
      expect: { goal: [sale], notifies: { group: sales, contains: phone }, taken_over: true, ends: true, flow: other, model_calls: 3 }
",
    );
    for part in [
        "expected goal sale",
        "found    goals: none",
        "a message to the staff to sales «phone»",
        "the chat is with a person",
        "the dialog is over",
        "flow other",
        "model calls: 3",
    ] {
        assert!(said.contains(part), "«{part}» is not in:\n{said}");
    }
    passes(
        "- name: none\n  given: { catalogue: empty }\n  steps: [ { command: start, expect: { goal: none, taken_over: false } } ]\n",
    );
}

#[test]
fn a_minimum_coverage_can_be_required() {
    let home = shop("- name: start\n  given: { catalogue: empty }\n  steps: [ { command: start } ]\n");
    let low = home.tolmach(&["test", "--min-coverage", "50"]).run();
    assert_eq!(low.code, Some(1), "{low:?}");
    assert!(low.stdout.contains("1 passed, 0 failed") && low.stdout.contains("below 50 %"), "{low:?}");
    home.tolmach(&["test", "--min-coverage", "0"]).run().ok();
    let json = home.tolmach(&["test", "--min-coverage", "50", "--json"]).run();
    assert_eq!(json.code, Some(1));
    assert_eq!(json.json()["coverage"]["nodes"]["percent"], 10, "{json:?}");
    assert_eq!(home.tolmach(&["test", "--min-coverage", "101"]).run().code, Some(2));
}

#[test]
fn check_knows_the_names_in_tests() {
    let home = shop(
        "- name: typos
  steps:
    - command: start
      expect: { path: [gret], not_path: [by], waits_at: rout, slots: { siz: 1 }, flow: shp }
",
    );
    let ran = home.tolmach(&["check", "--format", "json"]).run();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let json = ran.json();
    let diagnostics = json["diagnostics"].as_array().expect("a list");
    let found: Vec<_> = diagnostics
        .iter()
        .filter(|one| one["file"] == "tests/shop.test.yaml")
        .map(|one| {
            (one["code"].as_str().unwrap(), one["column"].as_u64().unwrap(), one["nearest"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        found,
        [
            ("unknown-target", 24, "greet"),
            ("unknown-target", 42, "bye"),
            ("unknown-target", 57, "route"),
            ("unknown-slot", 72, "size"),
            ("unknown-target", 88, "shop"),
        ]
    );
    assert_eq!((&json["errors"], &json["warnings"]), (&5.into(), &1.into()));
    assert_eq!(json["flows"][0], serde_json::json!({ "flow": "shop", "nodes": 10 }));
}

#[test]
fn warnings_can_be_denied() {
    let home = shop("");
    home.write(
        "flows/shop.yaml",
        SHOP.replace("size: { type: number }", "size: { type: number }, idle: { type: text }"),
    );
    let ran = home.tolmach(&["check"]).run().ok();
    assert!(ran.stdout.contains("0 errors, ") && ran.stdout.contains("unused-slot"), "{}", ran.stdout);
    assert_eq!(home.tolmach(&["check", "--deny-warnings"]).run().code, Some(1));
    let json = home.tolmach(&["check", "--format", "json", "--deny-warnings"]).run();
    assert_eq!(json.code, Some(1));
    assert!(json.json()["warnings"].as_u64() > Some(0), "{json:?}");
}

#[cfg(unix)]
#[test]
fn watch_runs_the_affected_tests_again() {
    let start = "- name: start\n  given: { catalogue: empty }\n  steps: [ { command: start, expect: { path: [greet] } } ]\n";
    let home = shop(start);
    home.write("flows/tests/other.test.yaml", start.replace("name: start", "name: other"));
    let watch = home.tolmach(&["test", "--watch"]).start();
    watch.until("2 passed, 0 failed");
    home.write("flows/tests/shop.test.yaml", start.replace("greet", "bye"));
    let said = watch.until("1 passed, 1 failed");
    assert!(said.contains("FAIL  start") && said.contains("(1 run again)"), "{said}");
    assert!(!said.contains('\u{1b}'), "screens are cleared on terminals only: {said:?}");
    home.write("flows/shop.yaml", SHOP.replace("start: greet }", "start: bye }"));
    // A change of a flow may affect every test: the failed one now passes, and the other one fails.
    let said = watch.until("FAIL  other");
    assert!(said.matches("waiting for a change").count() <= 3, "{said}");
    fs::remove_file(home.path("flows/tests/other.test.yaml")).expect("removed");
    watch.until("1 passed, 0 failed");
    home.write("flows/shop.yaml", "flow: [");
    watch.until("do not compile");
    home.write("flows/shop.yaml", SHOP);
    watch.until("0 passed, 1 failed");
    assert_eq!(watch.interrupt(), Some(0));
}
