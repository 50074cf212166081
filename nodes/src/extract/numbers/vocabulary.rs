//! The words that numbers are said in, with the slips that are safe to correct.

use std::{collections::HashMap, sync::LazyLock};

use crate::extract::words::LONGEST_WORD;

/// What a word adds to a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    /// 0 to 9.
    Unit(f64),
    /// 10 to 19: what no unit follows.
    Teen(f64),
    /// 20, 30 to 90.
    Ten(f64),
    /// 100, 200 to 900, in Russian.
    Hundreds(f64),
    /// "hundred": multiplies the unit before it.
    Hundred,
    /// «полтора», «пара»: alone or before a multiplier.
    Alone(f64),
    /// «тысяча», «десяток», "dozen".
    Times(f64, Form),
    /// «половина», "half".
    Fraction(f64),
}

/// How a multiplier without a number before it is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// «тысяча двести», "dozen": it is one.
    One,
    /// «тысяч двадцать», «десятка два»: the number follows.
    Follows,
    /// "k", «тыс.»: there is none.
    Never,
}

/// The words of numbers, in the cases that people write.
const WORDS: &[(Part, &[&str])] = &[
    (Part::Unit(0.0), &["ноль", "нуль", "ноля", "zero"]),
    (Part::Unit(1.0), &["один", "одна", "одно", "одну", "одного", "одной", "одним", "one"]),
    (Part::Unit(2.0), &["два", "две", "двух", "двум", "двумя", "двое", "двоих", "two"]),
    (Part::Unit(3.0), &["три", "трех", "трем", "тремя", "трое", "троих", "three"]),
    (Part::Unit(4.0), &["четыре", "четырех", "четырем", "четверо", "четверых", "четыри", "four"]),
    (Part::Unit(5.0), &["пять", "пяти", "пятью", "пятеро", "пятерых", "five"]),
    (Part::Unit(6.0), &["шесть", "шести", "шестью", "шестеро", "six"]),
    (Part::Unit(7.0), &["семь", "семи", "семеро", "seven"]),
    (Part::Unit(8.0), &["восемь", "восьми", "восемью", "восеми", "eight"]),
    (Part::Unit(9.0), &["девять", "девяти", "девятью", "nine"]),
    (Part::Teen(10.0), &["десять", "десяти", "десятью", "ten"]),
    (Part::Teen(11.0), &["одиннадцать", "одиннадцати", "eleven"]),
    (Part::Teen(12.0), &["двенадцать", "двенадцати", "twelve", "twelv"]),
    (Part::Teen(13.0), &["тринадцать", "тринадцати", "thirteen"]),
    (Part::Teen(14.0), &["четырнадцать", "четырнадцати", "fourteen"]),
    (Part::Teen(15.0), &["пятнадцать", "пятнадцати", "fifteen", "fiveteen"]),
    (Part::Teen(16.0), &["шестнадцать", "шестнадцати", "sixteen"]),
    (Part::Teen(17.0), &["семнадцать", "семнадцати", "seventeen"]),
    (Part::Teen(18.0), &["восемнадцать", "восемнадцати", "eighteen"]),
    (Part::Teen(19.0), &["девятнадцать", "девятнадцати", "nineteen"]),
    (Part::Ten(20.0), &["двадцать", "двадцати", "twenty", "twinty"]),
    (Part::Ten(30.0), &["тридцать", "тридцати", "thirty"]),
    (Part::Ten(40.0), &["сорок", "сорока", "forty", "fourty"]),
    (Part::Ten(50.0), &["пятьдесят", "пятидесяти", "fifty", "fivety"]),
    (Part::Ten(60.0), &["шестьдесят", "шестидесяти", "sixty"]),
    (Part::Ten(70.0), &["семьдесят", "семидесяти", "seventy"]),
    (Part::Ten(80.0), &["восемьдесят", "восьмидесяти", "eighty"]),
    (Part::Ten(90.0), &["девяносто", "девяноста", "ninety", "ninty"]),
    (Part::Hundreds(100.0), &["сто", "ста"]),
    (Part::Hundreds(200.0), &["двести", "двухсот", "двумстам"]),
    (Part::Hundreds(300.0), &["триста", "трехсот", "тремстам"]),
    (Part::Hundreds(400.0), &["четыреста", "четырехсот", "четыремстам"]),
    (Part::Hundreds(500.0), &["пятьсот", "пятисот", "пятистам", "пицот"]),
    (Part::Hundreds(600.0), &["шестьсот", "шестисот", "шестистам"]),
    (Part::Hundreds(700.0), &["семьсот", "семисот", "семистам"]),
    (Part::Hundreds(800.0), &["восемьсот", "восьмисот", "восьмистам"]),
    (Part::Hundreds(900.0), &["девятьсот", "девятисот", "девятистам"]),
    (Part::Hundred, &["hundred", "hundreds"]),
    (Part::Alone(1.5), &["полтора", "полторы", "полутора", "палтора"]),
    (Part::Alone(2.0), &["пара", "пару", "пары", "парочка", "парочку", "couple"]),
    (Part::Alone(5.0), &["пяток", "пяточек"]),
    (Part::Fraction(0.5), &["половина", "половину", "половиной", "полтиной", "half"]),
    (Part::Fraction(0.25), &["четвертью", "quarter"]),
    (Part::Fraction(1.0 / 3.0), &["третью"]),
    (Part::Times(10.0, Form::One), &["десяток", "десяточек"]),
    (Part::Times(10.0, Form::Follows), &["десятка", "десятков"]),
    (Part::Times(12.0, Form::One), &["дюжина", "дюжину", "dozen"]),
    (Part::Times(12.0, Form::Follows), &["дюжины", "дюжин", "dozens"]),
    (Part::Times(100.0, Form::One), &["сотня", "сотню"]),
    (Part::Times(100.0, Form::Follows), &["сотни", "сотен"]),
    (Part::Times(1e3, Form::One), &["тысяча", "тысячу", "тыща", "тыщу", "тыся", "thousand"]),
    (Part::Times(1e3, Form::Follows), &["тысяч", "тысячи", "тыщ", "тыщи", "тысячам", "косарей", "косаря"]),
    (Part::Times(1e3, Form::Never), &["тыс", "тыр", "тр", "к", "k", "grand", "косарь", "thousands"]),
    (Part::Times(1e6, Form::One), &["миллион", "лям", "million"]),
    (Part::Times(1e6, Form::Follows), &["миллиона", "миллионов", "ляма", "лямов"]),
    (Part::Times(1e6, Form::Never), &["млн", "mln", "кк", "millions"]),
];

/// What a word, in lower case, adds to a number.
pub(super) fn part(word: &str) -> Option<Part> {
    if let Some(part) = exactly(word) {
        return Some(part);
    }
    // «полтысячи», «полсотни», «полмиллиона»
    if let Some(Part::Times(factor, _)) = word.strip_prefix("пол").and_then(exactly) {
        return Some(Part::Alone(factor / 2.0));
    }
    misspelt(word)
}

fn exactly(word: &str) -> Option<Part> {
    static KNOWN: LazyLock<HashMap<&str, Part>> = LazyLock::new(|| {
        let words = WORDS.iter().flat_map(|(part, words)| words.iter().map(|word| (*word, *part)));
        words.collect()
    });
    KNOWN.get(word).copied()
}

/// A long word with one letter wrong («питнадцать», "thousend"). Short ones are too near to other words, and an ordinal
/// ("seventh") is no number; nor are «палочка» and «четверг», which are near to «парочка» and «четверо».
fn misspelt(word: &str) -> Option<Part> {
    const LONG: usize = 7;
    static KNOWN: LazyLock<Vec<(Part, Vec<char>)>> = LazyLock::new(|| {
        let parts = WORDS
            .iter()
            .filter(|(part, _)| !matches!(part, Part::Unit(_) | Part::Alone(_) | Part::Fraction(_)));
        let words = parts.flat_map(|(part, words)| words.iter().map(|word| (*part, word.chars().collect())));
        words.filter(|(_, word): &(Part, Vec<char>)| word.len() >= LONG).collect()
    });
    let count = word.chars().count();
    if !(LONG..=LONGEST_WORD).contains(&count) || word.ends_with("th") {
        return None;
    }
    let word: Vec<char> = word.chars().collect();
    let mut near = KNOWN.iter().filter(|(_, known)| one_apart(known, &word)).map(|(part, _)| *part);
    let part = near.next()?;
    near.all(|other| other == part).then_some(part)
}

/// Whether one letter more, less or other, or two neighbours swapped, make one word of the other.
fn one_apart(a: &[char], b: &[char]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (short.get(same..).unwrap_or_default(), long.get(same..).unwrap_or_default());
    match long.len() - short.len() {
        0 => match (short, long) {
            ([], []) => true,
            ([a, b, s @ ..], [c, d, l @ ..]) if a == d && b == c => s == l,
            ([_, s @ ..], [_, l @ ..]) => s == l,
            _ => false,
        },
        1 => long.get(1..) == Some(short),
        _ => false,
    }
}
