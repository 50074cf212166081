//! `tolmach explain`, and what `check` finds and mends: duplicate labels and examples, groups that nobody is in, `--fix`.

use std::fs;

use crate::support::Home;

const HEAD: &str = "flow: shop\nstart: a\nnodes:\n";

#[test]
fn a_code_is_explained_in_any_case_and_a_slip_names_the_nearest() {
    let home = Home::new();
    let said = home.tolmach(&["explain", "Cut-Text"]).run().ok().stdout;
    for part in ["error[cut-text]: ", "Raises it:", "Mended:", "en: 'Hello, how can I help?'"] {
        assert!(said.contains(part), "«{part}» is not in:\n{said}");
    }
    let json = home.tolmach(&["explain", "empty-group", "--json"]).run().ok().json();
    assert_eq!((&json["code"], &json["severity"]), (&"empty-group".into(), &"warning".into()));
    assert!(json["broken"]["shop.yaml"].as_str().is_some_and(|text| text.contains("engineers")));
    let all = home.tolmach(&["explain"]).run().ok().stdout;
    assert!(all.lines().count() > 40 && all.contains("\nbad-yaml"), "{all}");
    home.tolmach(&["explain", "cut-txt"]).run().fails_with(&["did you mean cut-text?"]);
    home.tolmach(&["explain", "weather"]).run().fails_with(&["lists all"]);
}

#[test]
fn a_check_ends_with_a_hint_about_a_code_that_it_printed() {
    let home = Home::new();
    home.write(
        "flows/shop.yaml",
        format!("{HEAD}  a: {{ say: {{ text: Hello, friend }}, next: b }}\n  b: {{ sya: 1 }}\n"),
    );
    let said = home.tolmach(&["check"]).run().stdout;
    assert_eq!(said.matches("tolmach explain ").count(), 1, "{said}");
    assert!(said.contains("`tolmach explain cut-text` tells more"), "{said}");
    assert!(said.contains("`tolmach check --fix` mends 2 of them"), "{said}");
}

/// Found in the field: two choices with one label, an example of two intents, groups of the staff that nobody is in.
#[test]
fn what_clients_cannot_tell_apart_is_found_and_groups_without_people() {
    let home = Home::new();
    let flow = "\
flow: b
start: a
nodes:
  a:
    menu:
      text: X
      choices:
        - { exit: one, label: Да }
        - { exit: two, label: Да }
    next: { one: k, two: n, other: a }
  k:
    classify: { intents: { x: { examples: [цена, сколько стоит] }, y: { examples: [цена, почём] } } }
    next: { x: n, y: h, unsure: n }
  n: { notify: { to: engineers, text: hi } }
  h: { handoff: { to: nobody }, next: { returned: wait, timeout: wait } }
";
    home.write("flows/b.yaml", flow);
    let check = || {
        let json = home.tolmach(&["check", "--json"]).run().ok().json();
        let all = json["diagnostics"].as_array().cloned().unwrap_or_default();
        all.iter()
            .map(|one| format!("{} {}", one["code"].as_str().unwrap_or_default(), one["line"]))
            .collect::<Vec<_>>()
    };
    let expected = ["duplicate-label 9", "duplicate-example 12", "empty-group 15", "empty-group 14"];
    let mut found = check();
    found.sort();
    let mut sorted = expected.map(str::to_owned).to_vec();
    sorted.sort();
    assert_eq!(found, sorted);
    home.write(
        "tolmach.toml",
        "[staff.engineers]\ntelegram = [\"1\"]\n[staff.nobody]\nemail = [\"a@example.com\"]\n",
    );
    assert!(!check().iter().any(|one| one.starts_with("empty-group")), "{:?}", check());
}

#[test]
fn certain_mends_are_applied_and_shown_as_a_diff() {
    let home = Home::new();
    let broken = format!(
        "{HEAD}  a: {{ say: {{ text: {{ ru: 'Здравствуйте, чем помочь?', en: Hello, how can I help? }} }}, next: en }}\n"
    );
    home.write("flows/shop.yaml", &broken);
    home.write("flows/tests/a.test.yaml", "- name: a\n  steps:\n    - staff: { say: Добрый день, это я }\n");
    let before = home.tolmach(&["check"]).run();
    assert!(
        before.stdout.contains("a comma ends a value here, which is `Добрый день` alone"),
        "{}",
        before.stdout
    );
    let ran = home.tolmach(&["check", "--fix"]).run();
    for part in [
        "fixed[cut-text] shop.yaml:4\n- ",
        "en: 'Hello, how can I help?'",
        "+     - staff: { say: 'Добрый день, это я' }",
        "2 fixes applied",
        // `en` may be `end` or something else: it is left.
        "there is no node `en`",
    ] {
        assert!(ran.stdout.contains(part), "«{part}» is not in:\n{}", ran.stdout);
    }
    let text = fs::read_to_string(home.path("flows/shop.yaml")).expect("the flow");
    assert_eq!(text, broken.replace("Hello, how can I help?", "'Hello, how can I help?'"));
    let again = home.tolmach(&["check", "--fix", "--json"]).run().json();
    assert_eq!(again["fixed"]["changes"], serde_json::json!([]));
    assert_eq!(fs::read_to_string(home.path("flows/shop.yaml")).expect("the flow"), text);
}

#[test]
fn fixes_are_data_for_editors() {
    let home = Home::new();
    home.write("flows/shop.yaml", format!("{HEAD}  a: {{ say: {{ text: 88001234567 }} }}\n"));
    let json = home.tolmach(&["check", "--json"]).run().json();
    let fix = &json["diagnostics"][0]["fix"];
    assert_eq!(
        fix,
        &serde_json::json!({ "line": 4, "column": 21, "end_line": 4, "end_column": 32, "replacement": "\"88001234567\"" })
    );
}
