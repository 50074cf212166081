//! Describes the values of a column without regard to its heading.
//!
//! Which field follows from a description is decided in `content`.

use std::collections::HashSet;

use super::{
    currency,
    names::{self, HeadingMeaning},
    value::{self, Amount},
    workbook::{Row, Value},
};

/// Number of rows examined, from the top.
const SAMPLE: usize = 2000;
/// Maximum length of an amount of money, or of the name of a currency, in characters.
const MONEY: usize = 30;
/// Words of units of sale, in lower case and without a full stop.
const UNITS: [&str; 34] = [
    "шт",
    "штук",
    "штука",
    "компл",
    "комплект",
    "к-т",
    "упак",
    "уп",
    "пач",
    "пачка",
    "м",
    "м2",
    "м3",
    "пог м",
    "п.м",
    "кг",
    "г",
    "гр",
    "л",
    "мл",
    "т",
    "пара",
    "пар",
    "набор",
    "рул",
    "рулон",
    "лист",
    "бухта",
    "pcs",
    "pc",
    "set",
    "kg",
    "stk",
    "ea",
];

/// The values of one column in rows with at least two filled cells. Shares are from 0 to 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    /// Number of the column, from 0.
    pub at: u32,
    /// Number of values.
    pub count: usize,
    /// The share of rows that have a value.
    pub filled: f32,
    /// The share of values that are a number alone, with a currency or a unit at most.
    pub numbers: f32,
    /// The share of values that are whole numbers.
    pub whole: f32,
    /// The share of values that are numbers with a fraction.
    pub fractions: f32,
    /// The share of values that are zero.
    pub zeros: f32,
    /// Median of the numbers.
    pub median: f64,
    /// Ninth decile of the numbers divided by the first, at least 1.
    pub spread: f64,
    /// The share of values that name a currency.
    pub currencies: f32,
    /// The share of texts that say that there is no price, or are dashes.
    pub absent: f32,
    /// The share of values with letters.
    pub texts: f32,
    /// The share of values that are distinct.
    pub different: f32,
    /// Number of distinct values.
    pub distinct: usize,
    /// Mean number of words of a value.
    pub words: f32,
    /// Mean length of a value in characters.
    pub length: f32,
    /// The share of values that look like article numbers: at most 30 characters, with a digit, nearly without spaces.
    pub codes: f32,
    /// The share of values that look like article numbers and cannot be amounts: with letters, marks, leading zeros.
    pub strict_codes: f32,
    /// The share of numbers that have the most frequent number of digits.
    pub same_digits: f32,
    /// The share of addresses.
    pub addresses: f32,
    /// The share of barcodes with a correct check digit.
    pub barcodes: f32,
    /// The share of units of sale.
    pub units: f32,
    /// The share of words that say whether something is in stock.
    pub stock_words: f32,
    /// The share of values that are 1 or one more than the value before.
    pub counting: f32,
    /// The share of values that equal the value before.
    pub grouped: f32,
    /// The share of values with Cyrillic letters.
    pub cyrillic: f32,
    /// The share of values that a longer text of the same row contains.
    pub contained: f32,
    /// The first distinct values.
    pub examples: Vec<String>,
}

/// The columns of the rows that pass the test, from the left.
pub(super) fn profiles<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<Profile> {
    let mut columns: std::collections::BTreeMap<u32, Counts> = std::collections::BTreeMap::new();
    let mut seen = 0;
    for row in rows.filter(|row| row.cells.len() > 1).take(SAMPLE) {
        seen += 1;
        let texts = row.cells.iter().map(|(_, value)| value.text()).filter(|text| text.contains(' '));
        let longest = texts.max_by_key(|text| text.chars().count());
        let longest = longest.unwrap_or_default().to_lowercase();
        for (at, value) in &row.cells {
            columns.entry(*at).or_default().add(value, &longest);
        }
    }
    columns.into_iter().map(|(at, counts)| counts.profile(at, seen)).collect()
}

#[derive(Default)]
struct Counts {
    profile: Profile,
    numbers: Vec<f64>,
    digits: std::collections::BTreeMap<usize, usize>,
    different: HashSet<String>,
    last: Option<String>,
    last_number: Option<f64>,
}

impl Counts {
    fn add(&mut self, value: &Value, longest: &str) {
        let text = value.text();
        let characters = text.chars().count();
        let one = |yes: bool| f32::from(u8::from(yes));
        let profile = &mut self.profile;
        profile.count += 1;
        let number = number(value);
        profile.numbers += one(number.is_some());
        profile.whole += one(number.is_some_and(|number| number.fract() == 0.0));
        profile.fractions += one(number.is_some_and(|number| number.fract() != 0.0));
        profile.zeros += one(number == Some(0.0));
        profile.currencies += one(characters <= MONEY && currency::named(&text).is_some());
        profile.absent += one(number.is_none() && is_absent(&text));
        profile.texts += one(matches!(value, Value::Text(_)) && text.chars().any(char::is_alphabetic));
        profile.words += text.split_whitespace().count() as f32;
        profile.length += characters as f32;
        let date = matches!(value, Value::Date(_));
        let code = !date && is_code(&text);
        profile.codes += one(code);
        profile.strict_codes += one(code && (number.is_none() || is_zero_filled(&text)));
        profile.addresses += one(value::web_address(&text).is_some());
        profile.barcodes += one(is_barcode(&text));
        profile.units += one(is_unit(&text));
        profile.stock_words += one(is_stock_word(value));
        let next = self.last_number.map_or(1.0, |last| last + 1.0);
        profile.counting += one(number.is_some_and(|number| number == 1.0 || number == next));
        profile.grouped += one(self.last.as_ref() == Some(&text));
        profile.cyrillic += one(text.chars().any(crate::words::is_cyrillic));
        let lower = text.to_lowercase();
        profile.contained += one(characters >= 2 && lower != longest && longest.contains(&lower));
        if let Some(number) = number {
            self.numbers.push(number);
            *self.digits.entry(format!("{:.0}", number.abs().trunc()).len()).or_default() += 1;
        }
        self.last_number = number;
        if !self.different.contains(&text) {
            if profile.examples.len() < 3 {
                profile.examples.push(text.chars().take(60).collect());
            }
            self.different.insert(text.clone());
        }
        self.last = Some(text);
    }

    fn profile(mut self, at: u32, rows: usize) -> Profile {
        let count = self.profile.count.max(1) as f32;
        let profile = &mut self.profile;
        for share in [
            &mut profile.numbers,
            &mut profile.whole,
            &mut profile.fractions,
            &mut profile.zeros,
            &mut profile.currencies,
            &mut profile.absent,
            &mut profile.texts,
            &mut profile.words,
            &mut profile.length,
            &mut profile.codes,
            &mut profile.strict_codes,
            &mut profile.addresses,
            &mut profile.barcodes,
            &mut profile.units,
            &mut profile.stock_words,
            &mut profile.counting,
            &mut profile.grouped,
            &mut profile.cyrillic,
            &mut profile.contained,
        ] {
            *share /= count;
        }
        profile.at = at;
        profile.filled = profile.count as f32 / rows.max(1) as f32;
        profile.distinct = self.different.len();
        profile.different = self.different.len() as f32 / count;
        self.numbers.sort_by(f64::total_cmp);
        let part =
            |tenths: usize| self.numbers.get((self.numbers.len().saturating_sub(1)) * tenths / 10).copied();
        profile.median = part(5).unwrap_or_default();
        profile.spread = match (part(1), part(9)) {
            (Some(low), Some(high)) if low > 0.0 => (high / low).max(1.0),
            (Some(_), Some(high)) if high > 0.0 => f64::INFINITY,
            _ => 1.0,
        };
        let most = self.digits.values().max().copied().unwrap_or_default();
        profile.same_digits = most as f32 / self.numbers.len().max(1) as f32;
        self.profile
    }
}

/// A number alone in its cell, with a currency or a unit at most: `1 992,64 руб.`, `12 шт`.
pub(super) fn number(value: &Value) -> Option<f64> {
    let text = match value {
        Value::Number(number) => return Some(*number),
        Value::Date(_) => return None,
        Value::Text(text) => text,
    };
    let Amount::Known(number) = value::price(value) else { return None };
    let foreign = |word: &str| {
        let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
        !letters.is_empty()
            && currency::named(word).is_none()
            && !currency::is_conditional(word)
            && !is_unit(&letters)
    };
    // `М6` and `10х20` are not amounts, and «от 100 руб.» is one.
    let glued = text
        .chars()
        .zip(text.chars().skip(1))
        .any(|(first, second)| first.is_alphabetic() && second.is_ascii_digit());
    let words = text.split(|c: char| c.is_whitespace() || c.is_ascii_digit()).filter(|word| !word.is_empty());
    let known = |word: &&str| !matches!(word.to_lowercase().trim_end_matches('.'), "от" | "from" | "від");
    (!glued && !words.filter(known).any(foreign)).then_some(number)
}

/// At most 30 characters, with a digit, and without spaces except between short groups (`GM 550`).
pub(super) fn is_code(text: &str) -> bool {
    let words = text.split(' ').count();
    text.chars().count() <= 30
        && text.chars().any(|c| c.is_ascii_digit())
        && (words == 1 || words <= 3 && text.chars().count() <= 16 && !text.chars().any(char::is_lowercase))
        && text.chars().all(|c| c.is_alphanumeric() || " -_/.,+#*()".contains(c))
        && !text.contains('\n')
}

/// Whether a number is written with leading zeros, as no amount is.
fn is_zero_filled(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// 8, 12, 13 or 14 digits with a GS1 check digit, except zeros only.
pub(super) fn is_barcode(text: &str) -> bool {
    if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    // GS1 General Specifications, 7.9: weights 3 and 1 from the right, the check digit itself having 1.
    let sum: u32 = text
        .bytes()
        .rev()
        .zip([1, 3].into_iter().cycle())
        .map(|(byte, weight)| u32::from(byte - b'0') * weight)
        .sum();
    sum.is_multiple_of(10) && text.bytes().any(|byte| byte != b'0')
}

pub(super) fn is_unit(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    UNITS.contains(&lower.trim_end_matches('.'))
}

fn is_stock_word(value: &Value) -> bool {
    let Value::Text(text) = value else { return false };
    text.chars().count() <= 30
        && !text.chars().any(|c| c.is_ascii_digit() && !text.starts_with(['>', '<', '+']))
        && matches!(value::stock(value), Amount::Known(_))
}

/// Dashes, dots and the like, which mean that there is nothing.
pub(super) fn is_dash(text: &str) -> bool {
    text.chars().all(|c| "-–—―.…*_ ".contains(c))
}

/// A text that stands where a price would: a dash, «по запросу».
pub(super) fn is_absent(text: &str) -> bool {
    let lower = text.to_lowercase();
    is_dash(text)
        || [
            "по запрос",
            "запрос",
            "под заказ",
            "звон",
            "договор",
            "уточн",
            "за запит",
            "запит",
            "нет",
            "немає",
            "на запрос",
            "on request",
            "request",
            "call",
            "ask",
            "tbd",
            "n/a",
            "auf anfrage",
        ]
        .iter()
        .any(|start| lower.starts_with(start))
}

/// Whether a heading says something about a column.
pub(super) fn is_known_heading(text: &str) -> bool {
    names::meaning(text) != HeadingMeaning::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_amounts_from_codes_and_sizes() {
        let number = |text: &str| number(&Value::Text(text.into()));
        for (text, expected) in [
            ("867.00", Some(867.0)),
            ("1 992,64 руб.", Some(1992.64)),
            ("12 шт", Some(12.0)),
            ("от 100 ₽", Some(100.0)),
            ("М6", None),
            ("10х20", None),
            ("SC-1", None),
            ("Ключ 12", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn checks_the_digit_of_a_barcode() {
        for (text, expected) in [
            ("4006381333931", true),
            ("4006381333932", false),
            ("96385074", true),
            ("036000291452", true),
            ("00000000", false),
            ("12345", false),
        ] {
            assert_eq!(is_barcode(text), expected, "{text}");
        }
    }

    #[test]
    fn describes_columns_by_their_values() {
        let row = |number: u32, code: &str, name: &str, price: f64| Row {
            number,
            cells: vec![
                (0, Value::Text(code.into())),
                (2, Value::Text(name.into())),
                (3, Value::Number(price)),
            ],
        };
        let rows = [row(1, "AB-1", "Кран AB-1", 10.5), row(2, "AB-2", "Муфта AB-2", 200.0)];
        let found = profiles(rows.iter());
        assert_eq!(found.iter().map(|profile| profile.at).collect::<Vec<_>>(), [0, 2, 3]);
        assert_eq!((found[0].strict_codes, found[0].contained, found[1].words), (1.0, 1.0, 2.0));
        assert_eq!((found[2].numbers, found[2].fractions, found[2].median), (1.0, 0.5, 10.5));
    }
}
