//! `tolmach chat --save-test`: a dialog is saved as a dialog test that passes.

use std::fs;

use tolmach_testkit::model::NAME;

use crate::{
    model::{KEY, provider},
    support::{Home, Ran},
};

const FILE: &str = "flows/tests/saved.test.yaml";

fn chat(home: &Home, lines: &str, more: &[&str]) -> Ran {
    let args = [&["chat", "--lang", "ru", "--save-test", FILE], more].concat();
    home.tolmach(&args).stdin(lines).run()
}

#[test]
fn a_saved_dialog_passes_and_the_next_is_appended() {
    let home = Home::ready();
    home.demo_bundle("flows");
    let files = || fs::read_dir(home.path("flows/tests")).expect("listed").count();
    let before = files();
    let said =
        chat(&home, "/start\nнужен перфоратор до 20 тысяч\n4\nАнна, 8 999 123-45-67\nhm: # \"x\"\n", &[]);
    let said = said.ok().stdout;
    assert!(
        said.contains("saved as the test «нужен перфоратор до 20 тысяч»") && said.contains("5 steps"),
        "{said}"
    );
    let first = fs::read_to_string(home.path(FILE)).expect("written");
    for part in [
        "- command: start",
        "cards: { min: 5 }",
        "press: Связаться с менеджером",
        "waits_at: contact",
        "path: [contact, lead, tell_staff, count_lead, thanks]",
        "lead: { source: form, contact: {",
        "+79991234567",
    ] {
        assert!(first.contains(part), "«{part}» is not in:\n{first}");
    }
    chat(&home, "нужен генератор\n/help\n", &["--test-name", "second: one"]).ok();
    let both = fs::read_to_string(home.path(FILE)).expect("written");
    assert!(both.starts_with(&first) && both.contains("\n\n- name: \"second: one\"\n"), "{both}");

    let json = home.tolmach(&["test", "--json"]).run().ok().json();
    let saved = json["tests"]
        .as_array()
        .expect("tests")
        .iter()
        .filter(|test| test["file"] == "tests/saved.test.yaml");
    assert_eq!(saved.count(), 2);
    assert_eq!(json["failed"], 0);
    home.tolmach(&["check", "--deny-warnings"]).run().ok();
    assert_eq!(files(), before + 1, "nothing is left beside it");
}

/// A test starts with an empty session, so an earlier dialog must not be part of it.
#[test]
fn a_dialog_to_be_saved_starts_a_new_chat() {
    let home = Home::ready();
    home.demo_bundle("flows");
    for _ in 0..2 {
        chat(&home, "/contact\n", &[]).ok();
    }
    let text = fs::read_to_string(home.path(FILE)).expect("written");
    assert_eq!(text.matches("- command: contact").count(), 2, "{text}");
    home.tolmach(&["test", "--only", "a saved dialog"]).run().ok();
    let refused = chat(&home, "/start\n", &["--chat", "me"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[test]
fn nothing_is_appended_to_an_invalid_test_file() {
    let home = Home::ready();
    home.demo_bundle("flows");
    let before = "flow: something\n";
    home.write(FILE, before);
    let refused =
        chat(&home, "/start\n", &[]).fails_with(&["saved.test.yaml", "no valid test file", "list of tests"]);
    assert!(!refused.stdout.contains("Здравствуйте"), "it is said before the dialog: {}", refused.stdout);
    assert_eq!(fs::read_to_string(home.path(FILE)).expect("read"), before);
    // A valid file in flow style, to which no entry can be appended.
    let flowing = "[ { name: one, steps: [ { command: start } ] } ]\n";
    home.write(FILE, flowing);
    chat(&home, "/start\n", &[]).fails_with(&["does not fit", "nothing was written", "- command: start"]);
    assert_eq!(fs::read_to_string(home.path(FILE)).expect("read"), flowing);
    home.tolmach(&["chat", "--save-test", "no/such/x.test.yaml"])
        .stdin("hi")
        .run()
        .fails_with(&["no folder no/such"]);
    home.tolmach(&["chat", "--save-test", "flows"]).stdin("hi").run().fails_with(&["flows is a folder"]);
}

#[test]
fn cards_are_saved_only_with_the_sample_catalogue() {
    let home = Home::ready();
    home.demo_bundle("flows");
    home.write("own.csv", "article;name;price\nA-1;Перфоратор большой;100\nA-2;Перфоратор малый;50\n");
    home.tolmach(&["catalog", "import", "own.csv"]).run().ok();
    let said = chat(&home, "нужен перфоратор\n", &[]).ok().stdout;
    assert!(said.contains("do not have the catalogue in use"), "{said}");
    let text = fs::read_to_string(home.path(FILE)).expect("written");
    assert!(text.contains("path: [") && !text.contains("cards"), "{text}");
}

/// Tests do not call paid models, so the recorded answers become the test's script.
#[tokio::test(flavor = "multi_thread")]
async fn model_answers_are_saved_as_a_script() {
    let home = Home::ready();
    home.demo_bundle("flows");
    let provider = provider().await;
    home.tolmach(&["chat", "--lang", "ru", "--save-test", FILE, "--test-name", "scripted"])
        .env("TOLMACH_LLM_BASE_URL", &provider.url)
        .env("TOLMACH_LLM_MODEL", NAME)
        .env("TOLMACH_LLM_API_KEY", KEY)
        .stdin("нужен перфоратор до 20 тысяч\nкакая погода\n")
        .run()
        .ok();
    let text = fs::read_to_string(home.path(FILE)).expect("written");
    assert!(
        text.contains("classify: [none]") && text.contains("generate: [\"Модель советует [1]."),
        "{text}"
    );
    home.tolmach(&["test", "--only", "scripted"]).run().ok();
}
