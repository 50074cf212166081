//! Clients' natural talk: a corpus of 150 dialogs, half of them with habits that machines dislike, run on the demo bundle with
//! nothing but the built-in model. Not all of it is understood; how much is must not become less.

use std::path::Path;

use crate::support::Home;

/// The turns of the corpus that are understood as meant, of [`ALL`]: raise it with what is learned.
const UNDERSTOOD: u64 = 748;
/// The turns of the corpus.
const ALL: u64 = 830;

#[test]
fn most_of_clients_talk_is_understood_as_meant() {
    let home = Home::new();
    home.demo_bundle("flows");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/talk");
    let corpus = corpus.to_str().unwrap();
    let report = home.tolmach(&["test", "--tests", corpus, "--report", "--json"]).run().ok().json();
    let sum = |field: &str| -> u64 {
        report["kinds"].as_object().unwrap().values().map(|kind| kind[field].as_u64().unwrap()).sum()
    };
    assert_eq!((sum("dialogs"), sum("turns")), (150, ALL), "the corpus is whole");
    assert!(sum("understood") >= UNDERSTOOD, "{} of {ALL} turns: {}", sum("understood"), report["kinds"]);
}

#[test]
fn a_report_of_tests_without_kinds_says_what_is_missing() {
    let home = Home::new();
    home.demo_bundle("flows");
    let said = home.tolmach(&["test", "--report", "--only", "a contact in one message"]).run();
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("no test names a kind"), "{}", said.stderr);
    let said = home.tolmach(&["test", "--tests", "nowhere"]).run();
    assert!(said.code == Some(1) && said.stderr.contains("nowhere"), "{}", said.stderr);
}

#[test]
fn a_failure_of_foreign_tests_names_the_file_that_was_read() {
    let home = Home::new();
    home.demo_bundle("flows");
    let test = "- name: nobody answers so\n  given: { language: en }\n  steps:\n    - client: hello\n      expect: { path: [nowhere] }\n";
    home.write("elsewhere/odd.test.yaml", test);
    let said = home.tolmach(&["test", "--tests", "elsewhere"]).run();
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stdout.contains("elsewhere/odd.test.yaml:"), "{}", said.stdout);
    assert!(!said.stdout.contains("flows/tests/odd"), "{}", said.stdout);
}
