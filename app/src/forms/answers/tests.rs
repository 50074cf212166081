use tolmach_engine::language::Language;

use super::*;

const FILE: &str = r#"# yaml-language-server: $schema=../faq.schema.json
# Where we are
- questions:
    [где вы, как проехать,
     where are you]   # three
  answer:
    ru: "Да: {{company.address}}."
    en: Yes.
# On parking
- questions: [есть парковка]
  answer: |
    Есть.
    # не комментарий

- answer: { ru: а, en: b }   # the other way round
  questions:
    - один
    - два
"#;

fn both(questions: &[&str], ru: &str, en: &str) -> Answer {
    let texts = [(Language::Ru, ru), (Language::En, en)].map(|(language, text)| (language, text.to_owned()));
    let questions = questions.iter().map(|question| (*question).to_owned()).collect();
    Answer { questions, answer: Wording::ByLanguage(texts.into()) }
}

fn all(text: &str) -> Vec<Answer> {
    list(text).unwrap().into_iter().map(|placed| placed.answer).collect()
}

#[test]
fn a_file_is_read_answer_by_answer() {
    let placed = list(FILE).unwrap();
    assert_eq!(placed.iter().map(|placed| placed.line).collect::<Vec<_>>(), [3, 10, 15]);
    assert_eq!(
        placed[0].answer,
        both(&["где вы", "как проехать", "where are you"], "Да: {{company.address}}.", "Yes.")
    );
    assert_eq!(placed[1].answer.answer, Wording::Common("Есть.\n# не комментарий\n".to_owned()));
    assert_eq!(list("").unwrap(), []);
    assert_eq!(list("a: 1"), Err(Refused::Unusual));
    assert_eq!(list("- questions: [a]"), Err(Refused::Unusual));
    assert_eq!(list("- ["), Err(Refused::NotYaml(1)));
}

#[test]
fn a_change_leaves_the_rest_as_it_is() {
    let was = all(FILE);
    let new =
        both(&["где вы", "как проехать", "where are you"], "Склад: {{company.address}}", "At the warehouse");
    let after = change(FILE, 0, &was[0], Some(&new)).unwrap();
    let expected = FILE
        .replace("\"Да: {{company.address}}.\"", "\"Склад: {{company.address}}\"")
        .replace("en: Yes.", "en: At the warehouse");
    assert_eq!(after, expected);
    let more = both(&["один", "два", "три, четыре", " ", "7"], "а", "b");
    let after = change(FILE, 2, &was[2], Some(&more)).unwrap();
    assert_eq!(
        after,
        FILE.replace(
            "  questions:\n    - один\n    - два\n",
            "  questions: [один, два, \"три, четыре\", \"7\"]\n"
        )
    );
    let new = Answer { questions: vec!["парковка".to_owned()], ..was[1].clone() };
    let after = change(FILE, 1, &was[1], Some(&new)).unwrap();
    assert_eq!(
        after,
        FILE.replace("[есть парковка]", "[парковка]").replace("  answer: |\n", "  answer: |-\n"),
        "an end without a line break"
    );
    let removed = change(FILE, 1, &was[1], None).unwrap();
    assert_eq!(all(&removed), [was[0].clone(), was[2].clone()]);
    assert!(removed.contains("en: Yes.\n# On parking\n\n- answer:"), "{removed}");
}

#[test]
fn an_answer_is_found_where_it_stands_by_now() {
    let was = all(FILE);
    let moved = add(FILE, &both(&["q"], "а", "b")).unwrap();
    let moved = change(&moved, 0, &was[0], None).unwrap();
    let after = change(&moved, 1, &was[1], None).unwrap();
    assert_eq!(all(&after), [was[2].clone(), both(&["q"], "а", "b")]);
    assert_eq!(change(&after, 1, &was[1], None), Err(Refused::Changed));
    assert_eq!(change(FILE, 0, &was[0], Some(&both(&[], "а", "b"))), Err(Refused::Empty));
    assert_eq!(change(FILE, 0, &was[0], Some(&both(&["q"], "", "b"))), Err(Refused::Empty));
}

#[test]
fn answers_are_added_to_any_file() {
    let new = both(&["q: 1", "# b"], "да\nнет", "yes");
    let added = add(FILE, &new).unwrap();
    assert!(added.starts_with(FILE));
    assert_eq!(all(&added).last(), Some(&new));
    for text in ["", "# only a comment\n", "- questions: [a]\n  answer: b"] {
        let added = add(text, &new).unwrap_or_else(|why| panic!("{text:?}: {why:?}"));
        assert!(added.starts_with(text) && added.ends_with('\n'), "{added}");
        assert_eq!(all(&added).last(), Some(&new));
    }
    assert_eq!(add("[{ questions: [a], answer: b }]", &new), Err(Refused::Unusual));
    assert_eq!(add("  - questions: [a]\n    answer: b\n", &new).map(|text| all(&text).len()), Ok(2));
}

#[test]
fn whatever_is_written_comes_back() {
    let was = all(FILE);
    for text in [
        "7",
        "a: b",
        "- a",
        "{{company.name}}",
        "\"q\" \\",
        "a\n\n# b",
        "a\tb",
        "🔧",
        "---",
        "yes",
        "a\n...\nb",
        "[",
        "\u{2028}x",
    ] {
        let new = both(&[text.lines().next().unwrap()], text, text);
        for (at, was) in was.iter().enumerate() {
            let after =
                change(FILE, at, was, Some(&new)).unwrap_or_else(|why| panic!("{text:?} at {at}: {why:?}"));
            assert_eq!(all(&after)[at], new.tidied());
        }
    }
}
