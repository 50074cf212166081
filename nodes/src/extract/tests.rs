//! One table per kind of value: what is extracted, and what must not be.

mod agreement;
mod contacts;
mod dates;
mod hostile;
mod money;
mod numbers;
mod sizes;
mod speech;

use jiff::civil::Date;
use proptest::prelude::*;

use super::*;

/// Checks a whole table and reports all rows that differ.
fn check<T: PartialEq + std::fmt::Debug>(read: impl Fn(&str) -> T, table: &[(&str, T)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(text, expected)| {
            let read = read(text);
            (read != *expected).then(|| format!("«{text}»: {read:?}, not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The same for texts of which all are read alike.
fn check_all<T: PartialEq + std::fmt::Debug>(read: impl Fn(&str) -> T, texts: &[&str], expected: T) {
    let wrong: Vec<String> = texts
        .iter()
        .filter_map(|text| {
            let read = read(text);
            (read != expected).then(|| format!("«{text}»: {read:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "not {expected:?}:\n{}", wrong.join("\n"));
}

/// Pieces that clients' texts are made of, and anything else.
fn any_text() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "тысяч",
        "до",
        "от",
        "полтора",
        "два",
        "15",
        "1/2",
        "х",
        "на",
        "см",
        "\"",
        "через",
        "недели",
        "марта",
        "15-го",
        "the",
        "8 999 123-45-67",
        "+7",
        "доб. 1",
        "@",
        "собака",
        "точка",
        "ru",
        "да",
        "нет",
        ",",
        ".",
        "-",
        "$",
        "k",
        "пол",
        "метр",
        "с половиной",
        "следующий",
        "пятницу",
        "конец",
        "месяца",
        "hundred",
        "and",
        "a",
        "half",
        "not",
        "0/0",
        "99.99",
        "ё",
    ]);
    let piece = prop_oneof![3 => known.prop_map(str::to_owned), 1 => ".{0,6}"];
    (proptest::collection::vec(piece, 0..8), proptest::sample::select(vec!["", " ", "\u{a0}"]))
        .prop_map(|(pieces, between)| pieces.join(between))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_read_or_left(text in any_text()) {
        let today = Date::constant(2026, 11, 26);
        prop_assert!(number(&text).is_none_or(f64::is_finite));
        prop_assert!(in_unit(&text, "cm").is_none_or(f64::is_finite));
        prop_assert!(sizes(&text, "mm").is_none_or(|sizes| sizes.length.is_none_or(|side| side > 0.0)));
        prop_assert!(price_bounds(&text).is_none_or(|bounds| bounds.max.is_none_or(|max| max > 0.0)));
        prop_assert!(phone(&text).is_none_or(|(_, range)| text.get(range).is_some()));
        prop_assert!(email(&text).is_none_or(|(_, range)| text.get(range).is_some()));
        let _ = (yes_or_no(&text), is_cancel(&text), is_refusal(&text), name(&text), date(&text, today));
        let rest = without_contact(&text);
        prop_assert_eq!((phone(&rest), email(&rest)), (None, None), "{}", rest);
    }
}
