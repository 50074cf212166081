//! Grounding: removes sentences of a generated text that the sources do not support.
//!
//! A sentence with a number or an address that no source holds is dropped: a missing sentence does less harm than an
//! invented price.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use tolmach_engine::{catalog::Product, language::Language, text::money};

use crate::extract::pattern;

/// The text without ungrounded sentences, references like `[2]` replaced by the rows' names, and how many sentences
/// were dropped.
pub(crate) fn keep_grounded(
    text: &str,
    facts: &[Product],
    sources: &[&str],
    language: Language,
) -> (String, usize) {
    let mut known = Known::default();
    for source in sources {
        known.learn(source);
    }
    for fact in facts {
        known.learn(&serde_json::to_string(fact).unwrap_or_default());
        if let Some(price) = fact.price {
            known.learn(&money(price, ""));
        }
    }
    known.numbers.insert(facts.len().to_string());
    let mut kept = String::new();
    let mut dropped = 0;
    for sentence in sentences(text) {
        match references(sentence, facts, language) {
            Some(named) if known.supports(&without_references(sentence)) => kept.push_str(&named),
            _ => dropped += 1,
        }
    }
    (kept.trim().to_owned(), dropped)
}

#[derive(Default)]
struct Known {
    numbers: BTreeSet<String>,
    addresses: BTreeSet<String>,
}

impl Known {
    fn learn(&mut self, source: &str) {
        self.numbers.extend(numbers(source));
        self.addresses.extend(addresses(source));
    }

    fn supports(&self, sentence: &str) -> bool {
        numbers(sentence).all(|number| self.numbers.contains(&number))
            && addresses(sentence).all(|address| self.addresses.contains(&address))
    }
}

/// Digits of every number, without grouping, so that `1 992,64` and `1992.64` are one.
fn numbers(text: &str) -> impl Iterator<Item = String> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d+(?:[.,\u{a0}\u{202f} ]\d+)*"));
    let digits = |found: regex::Match<'_>| found.as_str().chars().filter(char::is_ascii_digit).collect();
    let found: Vec<String> = FORM.find_iter(text).map(digits).collect();
    found.into_iter()
}

fn addresses(text: &str) -> impl Iterator<Item = String> {
    static FORM: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)(?:https?://|www\.)[^\s)\]>»]+|[^\s,;<>()]+@[^\s,;<>()]+\.[a-z]+"));
    let found: Vec<String> = FORM
        .find_iter(text)
        .map(|found| found.as_str().trim_end_matches(['.', ',', '!', '?', '"']).to_lowercase())
        .collect();
    found.into_iter()
}

/// Sentences with what separates them, so that joining them gives the text again.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = rest.len();
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let breaks = c == '\n'
                || (matches!(c, '.' | '!' | '?' | '…')
                    && chars.peek().is_none_or(|(_, next)| next.is_whitespace()));
            if breaks {
                end = at + c.len_utf8();
                break;
            }
        }
        let (sentence, after) = rest.split_at(end);
        rest = after;
        Some(sentence)
    })
}

static REFERENCE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[(\d{1,3})\]"));

/// The sentence with names for references; `None` when one refers to no row.
fn references(sentence: &str, facts: &[Product], language: Language) -> Option<String> {
    let mut named = String::with_capacity(sentence.len());
    let mut at = 0;
    for found in REFERENCE.captures_iter(sentence) {
        let whole = found.get(0)?;
        let index: usize = found[1].parse().ok()?;
        let fact = facts.get(index.checked_sub(1)?)?;
        named.push_str(&sentence[at..whole.start()]);
        named.push_str(fact.name.get(language));
        at = whole.end();
    }
    named.push_str(&sentence[at..]);
    Some(named)
}

fn without_references(sentence: &str) -> String {
    REFERENCE.replace_all(sentence, "").into_owned()
}

#[cfg(test)]
mod tests {
    use tolmach_engine::catalog::Localized;

    use super::*;

    fn check(text: &str, expected: &str, dropped: usize) {
        let drill = Product {
            name: Localized { ru: "Дрель Д-650".into(), en: "Drill D-650".into() },
            price: Some(4990.5),
            article: "0042".into(),
            ..Product::default()
        };
        let sources = ["Гарантия 12 месяцев. Пишите на info@example.com"];
        assert_eq!(
            keep_grounded(text, &[drill], &sources, Language::Ru),
            (expected.into(), dropped),
            "{text}"
        );
    }

    #[test]
    fn what_no_source_holds_is_dropped() {
        check("Советую [1]. Она стоит 4 990,50 руб.", "Советую Дрель Д-650. Она стоит 4 990,50 руб.", 0);
        check("Советую [1]. Скидка 15% сегодня!", "Советую Дрель Д-650.", 1);
        check("Есть [2] и [1].", "", 1);
        check("Гарантия 12 месяцев.", "Гарантия 12 месяцев.", 0);
        check("Смотрите https://evil.example/x. Хорошая дрель.", "Хорошая дрель.", 1);
        check("Пишите на info@example.com.", "Пишите на info@example.com.", 0);
    }
}
