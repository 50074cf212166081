use tolmach_engine::language::Language;

use super::*;

const FILE: &str = r##"# The company's particulars.
name: { ru: Оснадар, en: Osnadar }   # as on the sign
phone: "+7 495 000-00-00"  # by day
# How to find us
address:
  ru: Москва, ул. Примерная, 1
  en: >-
    Moscow,
    Primernaya St. 1
minimum: 4500 RUB
places: 12
since: 2011-05-01
opens: 09:30
open: true
cities: [Москва, Тула, 77]  # for delivery
terms: |
  Первая строка
  # не комментарий

  вторая

# When we work
working_hours:
  mon-fri: 09:00-18:00
  sat: [10:00-13:00, 14:00-16:00]
holidays:
  - 2027-01-01
  - 2027-01-07
timezone: Europe/Moscow
nested: [[1]]
"##;

fn common(text: &str) -> Value {
    Value::Plain(Wording::Common(text.to_owned()))
}

fn both(ru: &str, en: &str) -> Value {
    Value::Plain(Wording::ByLanguage(vec![(Language::Ru, ru.to_owned()), (Language::En, en.to_owned())]))
}

fn value(text: &str, key: &str) -> Value {
    fields(text).unwrap().into_iter().find(|field| field.key == key).unwrap().value
}

fn changed(text: &str, key: &str, new: Option<Value>) -> Result<String, Refused> {
    let change = Change { key: key.to_owned(), was: value(text, key), new };
    apply(text, &[change]).map_err(|mut refused| refused.remove(0).1)
}

/// The lines that differ, without those that are the same at the beginning and at the end.
fn differ(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let most = before.len().min(after.len()) - same;
    let end = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let part =
        |lines: &[&str]| lines[same..lines.len() - end].iter().map(|line| (*line).to_owned()).collect();
    (part(&before), part(&after))
}

#[test]
fn particulars_have_types() {
    let kinds: Vec<(String, &str)> =
        fields(FILE).unwrap().into_iter().map(|field| (field.key, field.kind.name())).collect();
    let kinds: Vec<(&str, &str)> = kinds.iter().map(|(key, kind)| (key.as_str(), *kind)).collect();
    let expected = [
        ("name", "text"),
        ("phone", "text"),
        ("address", "text"),
        ("minimum", "money"),
        ("places", "number"),
        ("since", "date"),
        ("opens", "time"),
        ("open", "boolean"),
        ("cities", "list"),
        ("terms", "text"),
        ("working_hours", "hours"),
        ("holidays", "holidays"),
        ("timezone", "zone"),
        ("nested", "other"),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(value(FILE, "places"), common("12"));
    assert_eq!(value(FILE, "address"), both("Москва, ул. Примерная, 1", "Moscow, Primernaya St. 1"));
}

#[test]
fn a_change_leaves_all_other_lines_as_they_are() {
    let cases: [(&str, Value, &[&str], &[&str]); 10] = [
        (
            "phone",
            common("+7 495 111-11-11"),
            &["phone: \"+7 495 000-00-00\"  # by day"],
            &["phone: \"+7 495 111-11-11\"  # by day"],
        ),
        (
            "name",
            both("Оснадар, Тула", "Osnadar"),
            &["name: { ru: Оснадар, en: Osnadar }   # as on the sign"],
            &["name: { ru: \"Оснадар, Тула\", en: Osnadar }   # as on the sign"],
        ),
        (
            "address",
            both("Тула", "Tula: the centre"),
            &["  ru: Москва, ул. Примерная, 1", "  en: >-", "    Moscow,", "    Primernaya St. 1"],
            &["  ru: Тула", "  en: \"Tula: the centre\""],
        ),
        ("minimum", common("6000 RUB"), &["minimum: 4500 RUB"], &["minimum: 6000 RUB"]),
        ("places", common("12.5"), &["places: 12"], &["places: 12.5"]),
        ("open", common("false"), &["open: true"], &["open: false"]),
        (
            "terms",
            common("Одна\n\nДве"),
            &["  Первая строка", "  # не комментарий", "", "  вторая"],
            &["terms: |-", "  Одна", "", "  Две"],
        ),
        (
            "working_hours",
            Value::Days { days: vec![("mon-sat".to_owned(), "09:00-13:00, 14:00-20:00".to_owned())] },
            &["  mon-fri: 09:00-18:00", "  sat: [10:00-13:00, 14:00-16:00]"],
            &["  mon-sat: [09:00-13:00, 14:00-20:00]"],
        ),
        (
            "holidays",
            Value::List { list: vec!["2027-05-01".to_owned()] },
            &["holidays:", "  - 2027-01-01", "  - 2027-01-07"],
            &["holidays: [2027-05-01]"],
        ),
        (
            "cities",
            Value::List {
                list: vec!["Москва".to_owned(), "Нью-Йорк, США".to_owned(), "78".to_owned()]
            },
            &["cities: [Москва, Тула, 77]  # for delivery"],
            &["cities: [Москва, \"Нью-Йорк, США\", 78]"],
        ),
    ];
    for (key, new, old_lines, new_lines) in cases {
        let after = changed(FILE, key, Some(new.clone())).unwrap_or_else(|why| panic!("{key}: {why:?}"));
        let (before, now) = differ(FILE, &after);
        // A line of which both have the beginning is not among those that differ.
        assert!(
            before.iter().all(|line| old_lines.contains(&line.as_str()) || line.starts_with("terms")),
            "{key}: {before:#?}"
        );
        assert_eq!(
            now.iter().filter(|line| !new_lines.contains(&line.as_str())).count(),
            0,
            "{key}: {now:#?}"
        );
        assert_eq!(value(&after, key), new);
        assert_eq!(changed(&after, key, Some(new)).unwrap(), after, "once more");
    }
}

#[test]
fn whatever_is_written_comes_back_or_is_refused() {
    let texts = [
        "7",
        "+7 495 000",
        "007",
        "да",
        "yes",
        "null",
        "~",
        "a: b",
        "- a",
        "{{company.name}}",
        "it's «тест»",
        "\"q\" \\ b",
        "a # b",
        "2026-12-31",
        "Строка\nвторая",
        "# не комментарий\nвторая",
        "a\n\n\nb",
        "a\tb\nc",
        "🔧 ключ",
        "1: 2\n3: 4",
        "|",
        ">-",
        "[a",
        "}",
        "&a",
        "*a",
        "!t",
        "%",
        "@a",
        "`a`",
        "---",
        "...",
        "a\n...\nb",
        "x\u{2028}y",
        "\u{feff}x",
        "x\u{a0}",
    ];
    for text in texts {
        for key in ["phone", "terms"] {
            let after =
                changed(FILE, key, Some(common(text))).unwrap_or_else(|why| panic!("{text:?}: {why:?}"));
            assert_eq!(value(&after, key), common(text.trim()), "{text:?}");
        }
        let after =
            changed(FILE, "name", Some(both(text, "x"))).unwrap_or_else(|why| panic!("{text:?}: {why:?}"));
        assert_eq!(value(&after, "name"), both(text.trim(), "x"), "{text:?}");
        let added = add(FILE, "slogan", Kind::Text, &both(text, text))
            .unwrap_or_else(|why| panic!("{text:?}: {why:?}"));
        assert!(added.starts_with(FILE), "{text:?}");
    }
}

#[test]
fn a_value_keeps_its_type() {
    for (key, wrong) in [
        ("minimum", "дорого"),
        ("minimum", "4500"),
        ("places", "many"),
        ("places", "1, b: 2"),
        ("since", "2026-13-01"),
        ("since", "yesterday"),
        ("opens", "25:00"),
        ("open", "maybe"),
        ("places", "12 # twelve"),
    ] {
        assert_eq!(
            changed(FILE, key, Some(common(wrong))),
            Err(Refused::BadValue(wrong.to_owned())),
            "{key}"
        );
    }
    for key in ["minimum", "phone", "places"] {
        assert_eq!(changed(FILE, key, Some(common("  "))), Err(Refused::Empty), "{key}");
    }
    assert_eq!(changed(FILE, "nested", Some(common("a"))), Err(Refused::Unusual));
    let wrong = Value::List { list: vec!["tomorrow".to_owned()] };
    assert_eq!(changed(FILE, "holidays", Some(wrong)), Err(Refused::BadValue("tomorrow".to_owned())));
}

#[test]
fn particulars_are_added_and_removed() {
    let added = add(FILE, "email", Kind::Text, &common("info@example.com")).unwrap();
    assert_eq!(added, format!("{FILE}email: \"info@example.com\"\n"));
    assert_eq!(changed(&added, "email", None).unwrap(), FILE);
    let cut = FILE.trim_end();
    assert_eq!(add(cut, "fee", Kind::Money, &common("100 RUB")).unwrap(), format!("{cut}\nfee: 100 RUB\n"));
    assert_eq!(add("", "fee", Kind::Number, &common("1")).unwrap().trim(), "fee: 1");
    assert_eq!(
        add("# only a comment\n", "fee", Kind::Number, &common("1")).unwrap(),
        "# only a comment\nfee: 1\n"
    );
    let removed = changed(FILE, "terms", None).unwrap();
    assert!(
        removed.contains("cities: [Москва, Тула, 77]  # for delivery\n\n# When we work\nworking_hours:"),
        "{removed}"
    );
    assert_eq!(add(FILE, "phone", Kind::Text, &common("1")), Err(Refused::Exists("phone".to_owned())));
    for name in ["", "1a", "a b", "имя", "a.b", "a-b", &"a".repeat(61)] {
        assert_eq!(add(FILE, name, Kind::Text, &common("1")), Err(Refused::BadName), "{name}");
    }
    assert_eq!(add(FILE, "n", Kind::Number, &common("x")), Err(Refused::BadValue("x".to_owned())));
}

#[test]
fn nobody_s_change_is_overwritten_and_all_of_a_form_is_taken_or_nothing() {
    let was = value(FILE, "phone");
    let theirs = changed(FILE, "phone", Some(common("1"))).unwrap();
    let mine = Change { key: "phone".to_owned(), was, new: Some(common("2")) };
    let fine = Change { key: "places".to_owned(), was: common("12"), new: Some(common("13")) };
    assert_eq!(
        apply(&theirs, &[mine.clone(), fine.clone()]),
        Err(vec![("phone".to_owned(), Refused::Changed)])
    );
    let both = apply(FILE, &[mine.clone(), fine]).unwrap();
    assert_eq!((value(&both, "phone"), value(&both, "places")), (common("2"), common("13")));
    let same = Change { new: Some(common("1")), ..mine };
    assert_eq!(apply(&theirs, &[same]).unwrap(), theirs, "both wrote the same");
    let gone = Change { key: "gone".to_owned(), was: common("1"), new: Some(common("2")) };
    assert_eq!(apply(FILE, &[gone]), Err(vec![("gone".to_owned(), Refused::Changed)]));
}

#[test]
fn a_file_that_is_written_in_an_unusual_way_is_not_touched() {
    for text in ["{ phone: 1, places: 2 }", "[1]", "\"phone\": &a 1\nb: *a\n", "? phone\n: 1\n"] {
        let change = Change { key: "phone".to_owned(), was: common("1"), new: Some(common("2")) };
        if let Ok(after) = apply(text, &[change]) {
            assert_eq!(value(&after, "phone"), common("2"), "{text}");
        }
    }
    assert_eq!(fields("a: [").map(drop), Err(Refused::NotYaml(1)));
}

#[test]
fn the_texts_that_use_a_particular_are_found() {
    let files = [("a.yaml", "{{company.phone}}"), ("b.md", "{{company.phone_night}}"), ("c.md", "x")];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let bundle = Bundle { files: files.into() };
    assert_eq!(uses(&bundle, "phone"), ["a.yaml"]);
}
