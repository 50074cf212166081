//! What the steps and expectations of dialog tests show when they are not met.

use super::{DESK, fails, passes, shop};
use crate::support::Home;

/// Checks that all parts are in the output of the shop's only test, which fails.
#[track_caller]
fn says(tests: &str, parts: &[&str]) {
    let said = fails(tests);
    for part in parts {
        assert!(said.contains(part), "«{part}» is not in:\n{said}");
    }
}

/// A test of the shop that fails at its last step, with an empty catalogue.
fn test(given: &str, steps: &str) -> String {
    format!("- name: x\n  given: {{ catalogue: empty{given} }}\n  steps:\n{steps}")
}

#[test]
fn a_failure_tells_why_the_other_exits_were_not_taken() {
    let home = Home::new();
    home.write("flows/desk.yaml", DESK);
    home.write(
        "flows/tests/desk.test.yaml",
        "- name: x\n  given: { catalogue: empty }\n  steps: [{ client: parcel, expect: { path: [route, order] } }]\n",
    );
    let ran = home.tolmach(&["test"]).run();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let told = "route → to hello: case: else; not message.text == 'order' (message.text is \"parcel\"); not message.text == 'person'";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    // A difference that is no path tells it too, and only once.
    says(
        &test("", "    - client: I wonder about the moon\n      expect: { waits_at: find, flow: other }\n"),
        &[
            "- expected waits at find",
            "- expected flow other",
            "route → unsure: examples: ",
            "0.90 is needed",
        ],
    );
    let said = fails(&test(
        "",
        "    - client: I wonder about the moon\n      expect: { waits_at: find, flow: other }\n",
    ));
    assert_eq!(said.matches("route → unsure").count(), 1, "{said}");
}

#[test]
fn what_is_not_understood_as_expected_is_told() {
    let steps =
        |expect: &str| test("", &format!("    - client: I need a pump\n      expect: {{ {expect} }}\n"));
    passes(&steps("understood: { intent: product, confidence: 1, query: pump, filters: [], rows: [] }"));
    says(
        &steps("understood: { intent: manager }"),
        &["expected intent manager", "found    intent product 1.00"],
    );
    says(&steps("understood: { query: drill }"), &["a search for «drill»", "a search for «I need a pump»"]);
    says(
        &steps("understood: { filters: [price <= 10, stock > 0] }"),
        &["filters: price <= 10 && stock > 0", "found    a search without filters"],
    );
    says(&steps("understood: { rows: [P-1] }"), &["about the rows P-1", "about no rows"]);
    says(&steps("understood: { sets: { size: 5 } }"), &["sets size to 5", "size is null"]);
    says(&steps("understood: { sets: { size: null } }"), &["size was null before this step"]);
    says(&steps("understood: { read_as: pumps }"), &["read as «pumps»", "read as it is written"]);
    says(
        &test(
            "",
            "    - client: I wonder about the moon\n      expect: { understood: { intent: unsure, confidence: 1.0 } }\n    - client: call me please\n      expect: { understood: { intent: manager, confidence: 1 } }\n",
        ),
        &["manager with a confidence of 1.00 or more"],
    );
}

#[test]
fn what_the_trace_does_not_tell_is_a_difference() {
    let steps =
        |note: &str| test("", &format!("    - client: I need a pump\n      expect: {{ trace: [{note}] }}\n"));
    passes(&steps(
        "{ node: route, kind: classify, exit: product, contains: the words, not_contains: model }",
    ));
    passes(&steps("{ contains: 0 rows }"));
    says(
        &steps("{ node: find, exit: found }"),
        &["the trace of find → found", "find (search) → empty: «I need a pump»: 0 rows of 0"],
    );
    says(&steps("{ node: offer }"), &["the trace of offer", "it was not visited"]);
    says(&steps("{ node: route, not_contains: words }"), &["the trace of route without «words»"]);
}

#[test]
fn presses_edits_and_absent_nodes_that_do_not_fit_are_told() {
    let greeted = |step: &str| test("", &format!("    - command: start\n    - {step}\n"));
    passes(&greeted(
        "press: { label: pump, under: hello, times: 2 }\n      expect: { path: [find, nothing] }",
    ));
    says(
        &greeted("press: { label: pump, under: good evening }"),
        &["a message with buttons that says «good evening»", "[\"Hello!\"]"],
    );
    says(&greeted("press: { label: pump, of: 2 }"), &["a button «pump»", "buttons []"]);
    says(&greeted("edit: { text: a pump, of: 2 }"), &["message 2 of the client", "0 messages of the client"]);
    says(
        &greeted("client: call me\n      expect: { path: { contains: [route], not_contains: [person] } }"),
        &["a path without person", "path route → person → bye"],
    );
}

#[test]
fn clients_of_one_test_have_chats_of_their_own() {
    let given = ", clients: { ann: { language: en }, bob: {} }";
    passes(&test(
        given,
        "    - { who: ann, command: start, expect: { buttons: [Find a pump] } }
    - { who: bob, staff: take, expect: { taken_over: true } }
    - { who: ann, press: pump, expect: { taken_over: false, path: [find, nothing] } }
    - after: 45m
    - { who: bob, staff: return, expect: { taken_over: false } }
",
    ));
    says(
        &test(given, "    - { who: ann, command: start }\n    - { who: bob, press: pump }\n"),
        &["press: pump (who: bob)", "a button «pump»", "ann │ /start", "bot to ann │ Hello!"],
    );
}

#[test]
fn a_test_with_a_time_and_rows_of_its_own() {
    let home = shop(
        "- name: rows
  given: { now: 2026-06-30T22:15, catalogue: [{ name: Hand pump, article: H-1, price: 5 }] }
  steps:
    - client: I need a pump
      expect: { path: [route, find, offer], cards: { min: 1, max: 1, some: hand } }
    - after: 30m
      expect: { says: { contains: It is 22:45 } }
- name: the same rows again
  given: { catalogue: [{ name: Hand pump, article: H-1, price: 5 }] }
  steps: [{ client: I need a pump, expect: { cards: { min: 1 } } }]
- name: other rows
  given: { catalogue: [{ name: Hand drill, article: H-1, price: 5 }] }
  steps: [{ client: I need a pump, expect: { path: [route, find, nothing] } }]
",
    );
    home.write("flows/company.yaml", "timezone: Asia/Almaty\n");
    let ran = home.tolmach(&["test"]).run();
    assert!(ran.code == Some(0) && ran.stdout.contains("3 passed"), "{}", ran.stdout);
}
