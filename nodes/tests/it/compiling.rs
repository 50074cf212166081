//! Broken bundles and what is said of them: one `check` and many cases.

use tolmach_engine::{channel::Capabilities, compile};

use crate::support::bundle;

/// Compiles `flow.yaml` and compares the diagnostics with `code line:column` lines; a diagnostic's text must hold `holds`.
fn check(text: &str, expected: &[&str], holds: &[&str]) {
    let diagnostics = compile(&bundle(&[("flow.yaml", text)]), &tolmach_nodes::platform()).diagnostics;
    let found: Vec<String> = diagnostics.iter().map(|f| format!("{} {}", f.code.text(), f.span)).collect();
    let text: String = diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
    assert_eq!(found, expected, "{text}");
    for part in holds {
        assert!(text.contains(part), "«{part}» is missing in:\n{text}");
    }
    assert!(
        diagnostics.iter().all(|diagnostic| !diagnostic.message.is_empty() && !diagnostic.help.is_empty())
    );
}

#[test]
fn an_unknown_kind_is_named_with_the_nearest() {
    check(
        "flow: flow\nstart: a\nnodes:\n  a:\n    clasify: { text: hi }\n",
        &["unknown-kind 5:5"],
        &["there is no kind `clasify`", "did you mean: classify", "flow.yaml:5:5"],
    );
}

#[test]
fn all_diagnostics_come_at_once() {
    check(
        "\
flow: flow
start: route
slots:
  n: { type: nummber }
nodes:
  route:
    classify:
      intents:
        a: { examples: [x] }
        b: { examples: [y] }
    next: { a: sy, unsre: say }
  say:
    say: { txt: hi, text: 'hello {{slots.who}}' }
",
        &[
            "bad-value 4:14",
            "missing-exit 6:3",
            "unknown-target 11:16",
            "unknown-exit 11:20",
            "unknown-field 13:12",
        ],
        &["did you mean: number"],
    );
    check(
        "\
flow: flow
start: route
nodes:
  route:
    classify:
      intents:
        a: { examples: [x] }
        b: { examples: [y] }
    next: { a: sy, unsre: say }
  say:
    say: { txt: hi, text: 'hello {{slots.who}}' }
",
        &[
            "missing-exit 4:3",
            "unknown-target 9:16",
            "unknown-exit 9:20",
            "unknown-field 11:12",
            "unknown-slot 11:36",
        ],
        &["for the exit `b`", "did you mean: unsure", "did you mean: say", "did you mean: text"],
    );
}

#[test]
fn texts_must_be_translated_and_parse() {
    check(
        "flow: flow\nstart: a\nnodes:\n  a:\n    say:\n      text: { ru: Привет }\n",
        &["missing-translation 6:19"],
        &["no en version"],
    );
    check(
        "flow: flow\nstart: a\nnodes:\n  a:\n    say:\n      text: '{{#if client.first_name}}x'\n",
        &["bad-template 6:14"],
        &["is never closed"],
    );
    check(
        "flow: flow\nstart: a\nnodes:\n  a:\n    say:\n      text: 'hi {{client.frst_name}}'\n",
        &["unknown-variable 6:19"],
        &["did you mean: first_name"],
    );
}

#[test]
fn slots_conditions_and_filters_are_checked() {
    check(
        "\
flow: flow
start: a
slots:
  budget: { type: number }
  idle: { type: text }
nodes:
  a:
    branch:
      - { when: slots.budgt < 5, to: b }
      - { when: slots.budget <, to: b }
      - { else: b }
  b:
    search: { into: budget, filter: prise < 5 }
    next: { found: wait, empty: wait }
",
        &[
            "unused-slot 5:3",
            "unknown-slot 9:17",
            "bad-condition 10:17",
            "wrong-slot-type 13:21",
            "bad-filter 13:37",
        ],
        &["did you mean: budget", "no catalogue column `prise`"],
    );
}

#[test]
fn endless_cycles_and_unreachable_nodes_are_found() {
    check(
        "\
flow: flow
start: a
nodes:
  a:
    say: { text: one }
    next: b
  b:
    say: { text: two }
    next: a
  lost:
    say: { text: nobody comes here }
",
        &["endless-cycle 4:3", "unreachable 10:3"],
        &["a → b → a"],
    );
    // A node that waits breaks the cycle.
    check(
        "\
flow: flow
start: a
slots: { n: { type: number } }
nodes:
  a:
    say: { text: one }
    next: b
  b:
    ask: { text: two, into: n }
    next: { done: a, cancelled: a, gave_up: wait }
",
        &[],
        &[],
    );
}

#[test]
fn broken_files_say_so() {
    check("flow: [", &["bad-yaml 1:7"], &["opens here and is never closed"]);
    check("flow: flow\nflow: again\n", &["bad-yaml 2:1"], &["is there twice"]);
    check("", &["missing-field 0:0"], &["the file is empty"]);
    check("just words", &["bad-value 1:1"], &[]);
    check("flow: flow\nnodes: {}\n", &["missing-field 1:1", "bad-value 2:1"], &["`start`"]);
    check("flow: other\nstart: a\nnodes:\n  a: { end: {} }\n", &["wrong-name 1:7"], &["flow: flow"]);
    check("flow: flow\nstart: a\nnodes:\n  a: { say: { text: x }, end: {} }\n", &["two-kinds 4:26"], &[]);
    check("flow: flow\nstart: a\nnodes:\n  a: {}\n", &["no-kind 4:3"], &[]);
    check(
        "flow: flow\nstart: wait\nnodes:\n  end: { end: {} }\n",
        &["bad-value 2:8", "bad-value 4:3"],
        &["reserved"],
    );
    let none = compile(&bundle(&[("notes.md", "x")]), &tolmach_nodes::platform());
    assert!(none.release.is_none());
    assert_eq!(none.diagnostics[0].code.text(), "no-flow");
}

#[test]
fn prompts_and_company_are_checked_too() {
    let flow = "flow: flow\nstart: a\nnodes:\n  a:\n    answer: { prompt: ofer, knowledge: [servces] }\n    next: { done: wait, failed: wait }\n";
    let files = [
        ("flow.yaml", flow),
        ("prompts/offer.md", "---\ntemperature: 7\n---\nAnswer for {{company.nme}}.\n"),
        ("knowledge/services.md", "## Delivery\nYes.\n"),
        ("company.yaml", "name: { ru: Фирма, en: Firm }\ntimezone: Europe/Nowhere\n"),
    ];
    let diagnostics = compile(&bundle(&files), &tolmach_nodes::platform()).diagnostics;
    let found: Vec<String> =
        diagnostics.iter().map(|f| format!("{}:{} {}", f.file, f.span, f.code.text())).collect();
    assert_eq!(
        found,
        [
            "company.yaml:2:11 bad-value",
            "flow.yaml:5:23 unknown-prompt",
            "flow.yaml:5:41 unknown-knowledge",
            "prompts/offer.md:2:14 bad-value",
            "prompts/offer.md:4:14 unknown-variable",
        ]
    );
}

#[test]
fn texts_and_labels_are_measured_by_the_channels_that_the_program_has() {
    let flow = "flow: flow\nstart: a\nnodes:\n  a:\n    say:\n      text: a text of twenty-six letters\n      buttons: [{ label: ten letters, to: a }, { label: two, to: wait }]\n";
    let files = bundle(&[("flow.yaml", flow)]);
    let mut platform = tolmach_nodes::platform();
    assert!(compile(&files, &platform).diagnostics.is_empty());
    let small = Capabilities {
        name: "pager",
        max_text: 20,
        max_label: 5,
        max_buttons: 1,
        ..platform.channels[0].clone()
    };
    platform.channels.push(small);
    let found: Vec<String> =
        compile(&files, &platform).diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect();
    assert_eq!(
        found,
        [
            "node `a`: a text has 28 characters; the most is 20 (pager)",
            "node `a`: 2 buttons; the most is 1 (pager)",
            "node `a`: a label has 11 characters; the most is 5 (pager)",
        ]
    );
}

#[test]
fn a_model_role_is_one_that_the_program_has() {
    let files = [
        (
            "flow.yaml",
            "flow: flow\nstart: a\nnodes:\n  a:\n    answer: { prompt: offer }\n    next: { done: wait, failed: wait }\n",
        ),
        ("prompts/offer.md", "---\nmodel: writer\n---\nBe brief.\n"),
    ];
    let mut platform = tolmach_nodes::platform();
    let found = compile(&bundle(&files), &platform).diagnostics;
    let found: Vec<_> = found.iter().map(|found| (found.code.text(), found.span.to_string())).collect();
    assert_eq!(found, [("unknown-role", "2:8".to_owned())]);
    platform.model_roles.get_or_insert_default().insert("writer".to_owned());
    assert!(compile(&bundle(&files), &platform).diagnostics.is_empty());
}
