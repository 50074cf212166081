//! The texts of the pages in both languages: lines `key = text`, compiled in.

use std::collections::BTreeMap;

use tolmach_app::spending::Amount;
use tolmach_engine::{
    language::Language,
    text::{currency_sign, russian_plural},
};

const RU: [&str; 2] = [include_str!("../texts/ru.txt"), include_str!("../texts/ru_helpers.txt")];
const EN: [&str; 2] = [include_str!("../texts/en.txt"), include_str!("../texts/en_helpers.txt")];

/// The texts of both languages.
#[derive(Debug)]
pub(crate) struct Texts {
    ru: BTreeMap<&'static str, &'static str>,
    en: BTreeMap<&'static str, &'static str>,
}

impl Texts {
    /// Reads the texts.
    ///
    /// # Errors
    /// When a line has no `=` or a key is there twice; the line.
    pub(crate) fn new() -> Result<Texts, String> {
        Ok(Texts { ru: read(RU)?, en: read(EN)? })
    }

    fn of(&self, language: Language) -> &BTreeMap<&'static str, &'static str> {
        match language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }

    /// The text of a key; `None` for an unknown one.
    pub(crate) fn get(&self, language: Language, key: &str) -> Option<&'static str> {
        self.of(language).get(key).copied()
    }

    /// The texts whose keys have a beginning, by key without it.
    pub(crate) fn under(
        &self,
        language: Language,
        beginning: &'static str,
    ) -> impl Iterator<Item = (&'static str, &'static str)> {
        let of = self.of(language).range(beginning..);
        of.map_while(move |(key, text)| Some((key.strip_prefix(beginning)?, *text)))
    }

    /// A count with the plural form of its noun, `n.<noun>`: one, few and many in Russian, one and other in English.
    pub(crate) fn counted(&self, language: Language, count: i64, noun: &str) -> Option<String> {
        let forms = self.get(language, &format!("n.{noun}"))?;
        let forms: Vec<&str> = forms.split('|').map(str::trim).collect();
        let form = agreeing(language, count, &forms)?;
        Some(format!("{}\u{a0}{form}", number(language, count)))
    }
}

// What is counted and which sign a currency has is decided as in the texts of flows (`tolmach_engine::text`). How numbers are grouped
// is not: a client reads them as they are written where the business is, with no-break spaces and the sign behind in both languages,
// and staff who read English expect 1,234 and $5; flows have no minutes ago, no spans and no bytes. Dates differ for the same reason:
// flows write a day of an order («29 ноября»), pages a moment that has passed, beside now.

/// The form of a noun that agrees with a number, of the forms of its language.
fn agreeing<'f>(language: Language, count: i64, forms: &[&'f str]) -> Option<&'f str> {
    match (language, forms) {
        // Only the last two digits decide.
        (Language::Ru, [one, few, many]) => {
            let digits = u8::try_from(count.unsigned_abs() % 100).unwrap_or_default();
            Some(russian_plural(f64::from(digits), one, few, many))
        }
        (Language::En, [one, many]) => Some(if count.unsigned_abs() == 1 { one } else { many }),
        _ => forms.last().copied(),
    }
}

/// A whole number with thousands apart: by a space in Russian, by a comma in English.
pub(crate) fn number(language: Language, number: i64) -> String {
    let mark = match language {
        Language::Ru => '\u{a0}',
        Language::En => ',',
    };
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    if number < 0 { format!("\u{2212}{text}") } else { text }
}

/// A number with at most `places` decimals, without zeros at the end.
pub(crate) fn decimal(language: Language, value: f64, places: usize) -> String {
    let text = format!("{:.places$}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = number(language, whole.parse().unwrap_or(i64::MAX));
    let rest = rest.trim_end_matches('0');
    let sign = if value < 0.0 && (whole != "0" || !rest.is_empty()) { "\u{2212}" } else { "" };
    let mark = match language {
        Language::Ru => ',',
        Language::En => '.',
    };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}{mark}{rest}") }
}

/// An amount of money with its currency (ISO 4217), as people write it.
pub(crate) fn priced(language: Language, amount: f64, currency: &str) -> String {
    let places = if amount.fract().abs() < 0.005 { 0 } else { 2 };
    let mut number = decimal(language, amount, places);
    // Kopecks are always two digits.
    if let Some((_, rest)) = number.rsplit_once([',', '.']).filter(|_| places == 2)
        && rest.len() == 1
    {
        number.push('0');
    }
    signed(language, &number, currency)
}

/// A number with the sign of its currency.
fn signed(language: Language, number: &str, currency: &str) -> String {
    match (language, currency_sign(currency)) {
        (Language::En, sign @ ("$" | "€")) => format!("{sign}{number}"),
        (_, "") => number.to_owned(),
        (_, sign) => format!("{number}\u{a0}{sign}"),
    }
}

/// Exact amounts of several currencies, rounded for people; nothing where there is none.
pub(crate) fn amounts(language: Language, amounts: &[Amount]) -> String {
    let mark = match language {
        Language::Ru => ',',
        Language::En => '.',
    };
    let shown = |amount: &Amount| {
        let text = amount.rounded();
        let (whole, part) = text.split_once('.').unwrap_or((&text, "00"));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), |whole| number(language, whole));
        signed(language, &format!("{whole}{mark}{part}"), &amount.currency)
    };
    amounts.iter().map(shown).collect::<Vec<_>>().join(" + ")
}

fn read(files: [&'static str; 2]) -> Result<BTreeMap<&'static str, &'static str>, String> {
    let mut texts = BTreeMap::new();
    for line in files.into_iter().flat_map(str::lines).map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').ok_or_else(|| format!("no `=` in: {line}"))?;
        if texts.insert(key.trim(), value.trim()).is_some() {
            return Err(format!("the key stands twice: {line}"));
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys_and_parameters() {
        let texts = Texts::new().unwrap();
        let keys = |language| texts.of(language).keys().copied().collect::<Vec<_>>();
        assert_eq!(keys(Language::Ru), keys(Language::En));
        let parameters = |text: &str| {
            let mut names: Vec<_> = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).collect();
            names.sort_unstable();
            names.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>()
        };
        for (key, text) in &texts.ru {
            assert_eq!(parameters(text), parameters(texts.en[key]), "{key}");
            assert!(!text.is_empty() && !texts.en[key].is_empty(), "{key}");
            // The name of the other language is in that language.
            let cyrillic = texts.en[key].chars().any(|c| ('а'..='я').contains(&c));
            assert!(!cyrillic || ["frame.other_language", "language.ru"].contains(key), "{key}");
            if key.starts_with("n.") {
                assert_eq!(text.split('|').count(), 3, "{key}");
                assert_eq!(texts.en[key].split('|').count(), 2, "{key}");
            }
        }
    }

    #[test]
    fn nouns_agree_with_their_numbers() {
        let ru = |n| agreeing(Language::Ru, n, &["0", "1", "2"]).unwrap_or_default();
        assert_eq!(
            [0, 1, 2, 5, 11, 21, 22, 112, 121, -1].map(ru),
            ["2", "0", "1", "2", "2", "0", "1", "2", "0", "0"]
        );
        assert_eq!(
            [0, 1, 2, -1].map(|n| agreeing(Language::En, n, &["one", "many"]).unwrap_or_default()),
            ["many", "one", "many", "one"]
        );
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(number(Language::Ru, -1_234_567), "\u{2212}1\u{a0}234\u{a0}567");
        assert_eq!(number(Language::En, 1234), "1,234");
        assert_eq!(number(Language::En, 0), "0");
        assert_eq!(decimal(Language::Ru, 1234.50, 2), "1\u{a0}234,5");
        assert_eq!(decimal(Language::En, -0.04, 1), "0");
        assert_eq!(decimal(Language::En, 0.25, 2), "0.25");
        assert_eq!(priced(Language::Ru, 14_900.0, "RUB"), "14\u{a0}900\u{a0}₽");
        assert_eq!(priced(Language::En, 0.5, "USD"), "$0.50");
    }
}
