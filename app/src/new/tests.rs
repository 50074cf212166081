use std::{collections::BTreeMap, fs, path::Path};

use tolmach_engine::{bundle::Bundle, language::Language};
use tolmach_runtime::read_bundle;

use super::*;
use crate::{check::check, dialog_tests};

fn answers(languages: &[Language], sells: Sells) -> Answers {
    let offers = match (sells, languages) {
        (Sells::Goods, _) => ["кофе в зёрнах", "green tea"],
        (_, _) => ["ремонт котлов", "boiler service"],
    };
    let only = languages.first().filter(|_| languages.len() == 1);
    let mine = |offer: &&str| only.is_none_or(|only| offer.is_ascii() == (*only == Language::En));
    Answers {
        name: if only == Some(&Language::En) {
            "Warm House".to_owned()
        } else {
            "Тёплый дом".to_owned()
        },
        languages: languages.to_vec(),
        sells,
        offers: offers.into_iter().filter(mine).map(str::to_owned).collect(),
        hours: "mon-fri 09:00-18:00, sat 10:00-15:00".to_owned(),
        phone: "+7 495 000-00-00".to_owned(),
        email: "info@example.com".to_owned(),
        site: "https://example.com".to_owned(),
        ..Answers::default()
    }
}

fn bundle(answers: &Answers) -> Bundle {
    Bundle { files: texts(answers, "shop", "shop").unwrap_or_else(|why| panic!("{answers:?}: {why}")) }
}

#[track_caller]
fn has_no_diagnostics(answers: &Answers) -> Bundle {
    let bundle = bundle(answers);
    let checked = check(&bundle, &tolmach_nodes::platform());
    let found: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{answers:?}\n{}", found.join("\n"));
    bundle
}

/// Checks that every dialog test of the bundle passes, and that there are some.
async fn passes_its_tests(answers: &Answers) {
    let bundle = has_no_diagnostics(answers);
    let platform = tolmach_nodes::platform();
    let ran = dialog_tests::run_all(&bundle, &platform, Path::new("shop"), None, false).await.unwrap();
    let failed: Vec<String> =
        ran.failures().map(|ran| format!("{} {}: {:#?}", ran.file, ran.name, ran.failure)).collect();
    assert!(failed.is_empty(), "{answers:?}\n{}", failed.join("\n"));
    assert!(ran.passed() >= 7, "{} tests", ran.passed());
}

const RU: &[Language] = &[Language::Ru];
const EN: &[Language] = &[Language::En];
const BOTH: &[Language] = &[Language::Ru, Language::En];

#[tokio::test(flavor = "multi_thread")]
async fn bundles_of_goods_pass_their_tests() {
    for languages in [RU, EN, BOTH] {
        passes_its_tests(&answers(languages, Sells::Goods)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_of_services_pass_their_tests() {
    for languages in [RU, EN, BOTH] {
        passes_its_tests(&answers(languages, Sells::Services)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_of_both_pass_their_tests() {
    for languages in [RU, EN, BOTH] {
        passes_its_tests(&answers(languages, Sells::Both)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_of_nothing_but_defaults_passes_its_tests() {
    passes_its_tests(&Answers::default()).await;
    passes_its_tests(&Answers { languages: vec![Language::En, Language::Ru], ..Answers::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_fits_whatever_hours_and_clock() {
    for (hours, timezone) in [
        ("mon 09:00-10:00", "Pacific/Kiritimati"),
        ("mon 14:15-14:45", "Pacific/Pago_Pago"),
        ("sun 00:00-24:00", "Asia/Vladivostok"),
        ("fri 22:00-24:00, tue 06:00-07:00 20:00-21:00", "America/New_York"),
    ] {
        let (hours, timezone) = (hours.to_owned(), timezone.to_owned());
        passes_its_tests(&Answers { hours, timezone, sells: Sells::Services, ..Answers::default() }).await;
    }
}

#[test]
fn one_language_has_no_text_of_another() {
    for sells in [Sells::Goods, Sells::Services, Sells::Both] {
        for (path, text) in has_no_diagnostics(&answers(EN, sells)).files {
            let cyrillic = text.chars().find(|c| ('а'..='я').contains(c) || ('А'..='Я').contains(c));
            assert_eq!(cyrillic, None, "{path}:\n{text}");
            assert!(path != "dialog.yaml" || text.contains("languages: [en]\n"), "{text}");
        }
        for (path, text) in has_no_diagnostics(&answers(RU, sells)).files {
            for word in [" the ", " you ", " to a ", " is ", "Hello", " en:"] {
                assert!(!text.contains(word), "«{word}» in {path}:\n{text}");
            }
            assert!(path != "dialog.yaml" || text.contains("languages: [ru]\n"), "{text}");
        }
    }
}

#[test]
fn nothing_of_the_demo_and_no_mark_of_a_template_is_left() {
    for sells in [Sells::Goods, Sells::Services, Sells::Both] {
        for languages in [RU, EN, BOTH] {
            for (path, text) in bundle(&answers(languages, sells)).files {
                let lower = text.to_lowercase();
                for word in [
                    "оснадар",
                    "osnadar",
                    "дрел",
                    "перфоратор",
                    "насос",
                    "инструмент",
                    "drill",
                    "pump",
                    "tools",
                    "hammer",
                    "<<",
                    "#: ",
                    "#ru",
                    "#en",
                ] {
                    assert!(!lower.contains(word), "«{word}» in {path}:\n{text}");
                }
            }
        }
    }
}

#[test]
fn templates_close_what_they_open() {
    for file in files::ALL {
        let opened = file.text.matches("#: if ").count();
        assert_eq!(opened, file.text.matches("#: end").count(), "{}", file.path);
        let facts =
            ["ru", "en", "goods", "services", "both", "goods_only", "services_only", "ru_first", "en_first"];
        for line in file.text.lines().filter_map(|line| line.trim().strip_prefix("#: if ")) {
            assert!(facts.contains(&line), "{}: {line}", file.path);
        }
    }
}

const HOSTILE: [&str; 12] = [
    "",
    " \t\r\n ",
    "O'Neil \"and\" sons: tools # yes",
    "{{company.phone}} {{#if x}} {{{{raw}}}} {{",
    "<<phone>> #: if ru",
    "- [a, b] & *c !d %e @f `g` | > ?",
    "🔥🧯 Ёлки \u{202e} рога и копыта «ООО»",
    "a\u{0}b\u{7}c\u{1b}[31md\u{85}e\u{2028}f\u{feff}g\u{ffff}h",
    "back\\slash \\n \\u0041 ${HOME} $(id)",
    "true",
    "2026-12-31",
    "---\nflow: x\n...",
];

#[test]
fn names_of_any_characters_are_safe() {
    let long = "ы".repeat(500);
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        let answers = Answers {
            name: name.to_owned(),
            phone: name.to_owned(),
            email: name.to_owned(),
            address: name.to_owned(),
            site: name.to_owned(),
            offers: vec![name.chars().take(100).collect(), "второе".to_owned()],
            ..Answers::default()
        };
        for sells in [Sells::Goods, Sells::Services, Sells::Both] {
            let bundle = has_no_diagnostics(&Answers { sells, ..answers.clone() });
            let release = tolmach_engine::compile(&bundle, &tolmach_nodes::platform()).release.unwrap();
            let company = &release.resources.company[&Language::Ru];
            let words: Vec<&str> = name.split(|c: char| c.is_whitespace() || c.is_control()).collect();
            let kept = company["name"].as_str().unwrap_or_default();
            assert!(!kept.is_empty() && !kept.chars().any(char::is_control), "{name:?}: {kept:?}");
            for word in words.iter().filter(|word| !word.contains(['\u{feff}', '\u{ffff}'])) {
                assert!(kept.contains(word), "{name:?}: {kept:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_looks_like_a_template_is_said_as_it_is() {
    let name = HOSTILE[3].to_owned();
    let offers = vec![HOSTILE[2].to_owned(), HOSTILE[3].to_owned(), HOSTILE[5].to_owned()];
    let said = "\
- name: it is said
  given: { language: ru, catalogue: empty }
  steps:
    - command: start
      expect: { says: { contains: '{{company.phone}} {{#if x}} {{{{raw}}}} {{' } }
    - command: help
      expect: { says: { contains: ['• O''Neil \"and\" sons: tools # yes', '{{#if x}}'] } }
";
    let mut bundle = bundle(&Answers { name, offers, ..Answers::default() });
    bundle.files.insert("tests/said.test.yaml".to_owned(), said.to_owned());
    let platform = tolmach_nodes::platform();
    let ran = dialog_tests::run_all(&bundle, &platform, Path::new("shop"), None, false).await.unwrap();
    let failed: Vec<String> = ran.failures().map(|ran| format!("{}: {:#?}", ran.name, ran.failure)).collect();
    assert!(failed.is_empty() && ran.passed() > 7, "{}", failed.join("\n"));
}

#[test]
fn what_is_offered_is_recognized_once() {
    let offers = ["менеджер", "Ремонт котлов", "ремонт котлов!", "🔥"].map(str::to_owned).to_vec();
    let bundle = has_no_diagnostics(&Answers { offers, sells: Sells::Services, ..Answers::default() });
    let flow = &bundle.files["dialog.yaml"];
    assert_eq!(flow.matches("\"Ремонт котлов\"").count(), 1, "{flow}");
    assert!(
        !flow.contains("\"ремонт котлов!\"") && !flow.contains("\"менеджер\"") && !flow.contains('🔥'),
        "{flow}"
    );
    assert!(bundle.files["company.yaml"].contains("\"менеджер\""), "it is still offered");
}

#[test]
fn answers_that_cannot_be_are_refused() {
    let refused = |answers: Answers, part: &str| {
        let why = answers.check().expect_err(part).to_string();
        assert!(why.contains(part), "{why}");
    };
    refused(Answers { languages: Vec::new(), ..Answers::default() }, "ru, en or ru,en");
    refused(Answers { hours: "always".to_owned(), ..Answers::default() }, HOURS_FORM);
    refused(Answers { hours: String::new(), ..Answers::default() }, HOURS_FORM);
    refused(Answers { timezone: "Moscow".to_owned(), ..Answers::default() }, "Europe/Moscow");
    refused(Answers { timezone: "UTC\nx: y".to_owned(), ..Answers::default() }, "time zone");
    refused(
        Answers { name: "x".repeat(501), ..Answers::default() },
        "the name has 501 characters; at most 500",
    );
    refused(Answers { offers: vec!["x".repeat(101)], ..Answers::default() }, "at most 100");
    let many = (0..31).map(|number| number.to_string()).collect();
    refused(Answers { offers: many, ..Answers::default() }, "at most 30");
}

fn all_files(folder: &Path) -> BTreeMap<String, String> {
    let read = read_bundle(folder).unwrap();
    read.files
}

#[test]
fn a_folder_is_written_whole_or_not_at_all() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("deep/тёплый дом");
    let files = write(&folder, &Answers::default()).unwrap();
    let found = all_files(&folder);
    assert_eq!(found.keys().cloned().collect::<Vec<_>>(), files);
    assert!(found["company.yaml"].contains("name: \"тёплый дом\""), "{}", found["company.yaml"]);
    assert!(
        found["README.md"].contains(&format!("tolmach check '{}'", folder.display())),
        "{}",
        found["README.md"]
    );
    let beside = || fs::read_dir(home.path().join("deep")).unwrap().count();
    assert_eq!(beside(), 1, "nothing is left beside it");

    // Not empty, a file, answers that are refused.
    assert!(matches!(write(&folder, &Answers::default()), Err(Error::NotEmpty(_))));
    assert_eq!(all_files(&folder), found);
    let file = home.path().join("deep/file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(write(&file, &Answers::default()), Err(Error::NotAFolder(_))));
    assert!(matches!(
        write(&file.join("in"), &Answers::default()),
        Err(Error::NotAFolder(_) | Error::File { .. })
    ));
    let new = home.path().join("deep/new");
    assert!(write(&new, &Answers { hours: "x".to_owned(), ..Answers::default() }).is_err());
    assert!(!new.exists());
    assert_eq!(beside(), 2);

    // An empty folder is filled.
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    write(&empty.join("."), &Answers::default()).unwrap();
    let text = fs::read_to_string(empty.join("company.yaml")).unwrap();
    assert!(text.contains("name: \"empty\""), "{text}");
    assert_eq!(all_files(&empty).len(), files.len());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
}
