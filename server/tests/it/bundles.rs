//! `tolmach check`, `test` and `graph` on good and broken bundles.

use std::fs;

use crate::support::Home;

const GOOD: &str = "\
flow: shop
start: greet
on:
  command: { start: greet }
nodes:
  greet:
    say: { text: { ru: Здравствуйте!, en: Hello! } }
  bye:
    end: { text: { ru: Пока!, en: Bye! } }
";

#[test]
fn the_demo_bundle_has_no_diagnostics() {
    let home = Home::new();
    home.demo_bundle("flows");
    let said = home.tolmach(&["check"]).run().ok().stdout;
    assert!(said.contains("no problems"), "{said}");
    let json = home.tolmach(&["check", "--format", "json"]).run().ok().json();
    assert_eq!((&json["diagnostics"], &json["errors"]), (&serde_json::json!([]), &serde_json::json!(0)));
    assert!(json["flows"][0]["nodes"].as_u64().is_some_and(|nodes| nodes > 30), "{json}");
    let said = home.tolmach(&["test"]).run().ok().stdout;
    assert!(said.contains(", 0 failed") && said.contains("coverage: "), "{said}");
    assert!(!said.contains("\n0 passed"), "{said}");
    assert_eq!(home.names(), ["flows"], "looking makes no data folder");
}

#[test]
fn the_built_in_bundle_is_the_demo_bundle() {
    let home = Home::new();
    let test = || home.tolmach(&["test", "--only", "a contact in one message", "--json"]).run();
    // The first command that needs the flows prints that they were copied; the second does not.
    let first = test();
    assert!(first.stderr.contains("copied to tolmach-data"), "{}", first.stderr);
    assert_eq!((first.code, first.json()), (Some(0), test().ok().json()));
    let one = first.json();
    assert_eq!(one["tests"].as_array().map(Vec::len), Some(1), "{one}");
    assert_eq!(one["tests"][0]["passed"], true);
}

/// All mistakes are reported in one run, each with its location and help.
#[test]
fn a_broken_bundle_is_reported_with_locations() {
    let cases = [
        ("unknown kind", GOOD.replace("say:", "sey:"), "shop.yaml:7:5", "unknown-kind", "say"),
        (
            "unknown target",
            GOOD.replace("start: greet }", "start: greeet }"),
            "shop.yaml:4:21",
            "unknown-target",
            "greet",
        ),
        ("malformed", GOOD.replace("  bye:", " bye: [,"), "shop.yaml:8:", "bad-yaml", ""),
        ("tabs", GOOD.replace("    say", "\tsay"), "shop.yaml:7:", "bad-yaml", ""),
        (
            "missing exit",
            GOOD.replace(
                "say: { text: { ru: Здравствуйте!, en: Hello! } }",
                "search: { limit: 3, into: x }\n    next: { found: bye }",
            ) + "slots: { x: { type: products } }\n",
            "shop.yaml:",
            "missing-exit",
            "empty",
        ),
    ];
    for (name, text, place, code, word) in cases {
        let home = Home::new();
        home.write("flows/shop.yaml", text);
        let ran = home.tolmach(&["check"]).run();
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{name}: {ran:?}");
        for part in [place, code, word, "1 error, "] {
            assert!(ran.stdout.contains(part), "{name}: «{part}» is not in:\n{}", ran.stdout);
        }
        let json = home.tolmach(&["check", "--format", "json"]).run();
        assert_eq!(json.code, Some(1));
        let diagnostics = json.json();
        assert!(
            diagnostics["diagnostics"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one["code"] == code)),
            "{diagnostics}"
        );
        // A bundle with errors is not served either, and the same diagnostics are printed.
        let served = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).run();
        assert_eq!(served.code, Some(1), "{served:?}");
        assert!(served.stderr.contains(place) && served.stderr.contains(code), "{served:?}");
    }
}

#[test]
fn a_folder_that_is_no_bundle_is_an_error() {
    let home = Home::new();
    home.write("file.yaml", GOOD);
    home.write("bytes/shop.yaml", b"flow: \xff\xfe");
    fs::create_dir(home.path("hollow")).expect("made");
    home.tolmach(&["check", "missing"]).run().fails_with(&["there is no folder missing"]);
    home.tolmach(&["check", "file.yaml"]).run().fails_with(&["file.yaml is a file"]);
    home.tolmach(&["check", "bytes"]).run().fails_with(&["shop.yaml", "UTF-8"]);
    home.tolmach(&["test", "missing"]).run().fails_with(&["there is no folder missing"]);
    home.tolmach(&["graph", "--flows", "missing"]).run().fails_with(&["there is no folder missing"]);
    let ran = home.tolmach(&["check", "hollow"]).run();
    assert!(ran.code == Some(1) && ran.stdout.contains("no-flow"), "{ran:?}");
    let names = home.names();
    home.tolmach(&["run", "--flows", "missing"]).run().fails_with(&["there is no folder missing"]);
    home.tolmach(&["chat", "--flows", "missing"])
        .stdin("/start")
        .run()
        .fails_with(&["there is no folder missing"]);
    assert_eq!(home.names(), names, "nothing was made");
}

#[test]
fn a_failing_dialog_test_shows_the_difference() {
    let home = Home::new();
    home.write("flows/shop.yaml", GOOD);
    home.write(
        "flows/tests/shop.test.yaml",
        "- name: a greeting\n  given: { catalogue: empty, language: en }\n  steps:\n    - command: start\n      expect: \
         { path: [greet], says: { contains: Hello } }\n- name: a wrong guess\n  given: { catalogue: empty, language: \
         en }\n  steps:\n    - command: start\n      expect: { path: [bye], says: { contains: Goodbye } }\n",
    );
    let ran = home.tolmach(&["test"]).run();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{ran:?}");
    for part in [
        "ok    a greeting",
        "FAIL  a wrong guess",
        "shop.test.yaml:9:",
        "expected",
        "Goodbye",
        "found",
        "Hello!",
        "1 passed, 1 failed",
        "coverage: 1 of 2 nodes",
        "bye: never visited",
    ] {
        assert!(ran.stdout.contains(part), "«{part}» is not in:\n{}", ran.stdout);
    }
    let json = home.tolmach(&["test", "--json"]).run();
    assert_eq!(json.code, Some(1));
    assert_eq!(json.json()["tests"][1]["passed"], false);
    assert_eq!(json.json()["tests"][1]["failure"]["line"], 9);

    home.write("flows/tests/shop.test.yaml", "- name: typo\n  steps:\n    - comand: start\n");
    home.tolmach(&["test"]).run().fails_with(&["shop.test.yaml:3:7", "unknown-field", "command"]);
    fs::remove_dir_all(home.path("flows/tests")).expect("removed");
    home.tolmach(&["test"]).run().fails_with(&["no tests"]);
}

#[test]
fn a_flow_is_drawn() {
    let home = Home::new();
    home.demo_bundle("flows");
    let mermaid = home.tolmach(&["graph"]).run().ok().stdout;
    assert!(mermaid.starts_with("flowchart") || mermaid.starts_with("graph"), "{mermaid}");
    let yaml = fs::read_to_string(home.path("flows/consultant.yaml")).expect("read");
    let (_, nodes) = yaml.split_once("\nnodes:\n").expect("nodes");
    let nodes: Vec<&str> = nodes
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':'))
        .map(|line| line.trim().trim_end_matches(':'))
        .collect();
    assert!(nodes.len() > 30, "{nodes:?}");
    home.tolmach(&["graph", "--out", "flow.svg"]).run().ok();
    let svg = fs::read_to_string(home.path("flow.svg")).expect("read");
    well_formed(&svg);
    for node in nodes {
        assert!(mermaid.contains(node), "{node} is not in the chart");
        assert!(svg.contains(&format!(">{node}<")), "{node} is not in the drawing");
    }
    home.tolmach(&["graph", "nothing"]).run().fails_with(&["there is no flow `nothing`", "consultant"]);
    home.tolmach(&["graph", "--out", "no/such/folder.svg"]).run().fails_with(&["no/such/folder.svg"]);
}

/// Checks that all elements are closed in order and that special characters are escaped.
fn well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a bare > in: {text}");
        for entity in text.split('&').skip(1) {
            let (name, _) = entity.split_once(';').unwrap_or_else(|| panic!("a bare & in: {text}"));
            assert!(name.starts_with('#') || ["amp", "lt", "gt", "quot", "apos"].contains(&name), "&{name};");
        }
        let (tag, next) = after.split_once('>').expect("a tag ends");
        rest = next;
        if tag.starts_with(['?', '!']) || tag.ends_with('/') {
            continue;
        }
        let name = tag.split_whitespace().next().expect("a name");
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "elements end in order"),
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "never ended: {open:?}");
}
