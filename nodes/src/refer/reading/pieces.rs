//! A message as words, numbers, quantities and article numbers, one after another.

use tolmach_engine::measure::{self, Measure};

use super::super::lexicon::{self, Means};
use crate::extract::{self, numbers, units};

/// A piece of a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Word(String),
    /// A number without a unit, and what «тысяч» multiplied it by.
    Number(f64, f64),
    /// A number in one word.
    Spelled(f64, String),
    /// An amount of money.
    Amount(f64),
    /// A count: «2 штуки».
    Count(f64),
    /// A quantity with its words.
    Measured(Measure, String),
    /// «2-й».
    Nth(usize),
    Code(String),
    /// A mark that ends what a «не» covers.
    Break,
}

/// The pieces of a text.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    /// Endings of «2-й», "2nd".
    const ORDINAL: &[&str] =
        &["й", "я", "е", "ю", "ый", "ой", "ая", "ое", "ую", "го", "ого", "му", "st", "nd", "rd", "th"];
    let measured = measure::find(text);
    let numbered = numbers::find(text);
    let tokens = extract::tokens(text);
    let mut pieces = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let start = token.range.start;
        // A quantity or a number may be several tokens; what follows it begins after its last one.
        let skip_to = |end: usize, at: &mut usize| {
            while tokens.get(*at).is_some_and(|token| token.range.start < end) {
                *at += 1;
            }
        };
        let ordinal = match tokens.get(at + 1) {
            Some(next) if next.glued => {
                let dash = next.what == extract::What::Mark('-');
                let word = if dash { tokens.get(at + 2).filter(|word| word.glued) } else { Some(next) };
                word.filter(|word| matches!(&word.what, extract::What::Word(word) if ORDINAL.contains(&word.as_str())))
                    .map(|_| if dash { 3 } else { 2 })
            }
            _ => None,
        };
        if let (extract::What::Digits(value), Some(length)) = (&token.what, ordinal)
            && (1.0..=100.0).contains(value)
        {
            pieces.push(Piece::Nth(*value as usize));
            at += length;
            continue;
        }
        if let Some(found) = measured.iter().find(|found| found.whole.start == start)
            && !in_before_word(text, found)
        {
            let words = text.get(found.whole.clone()).unwrap_or_default().to_owned();
            pieces.push(Piece::Measured(found.measure, words));
            skip_to(found.whole.end, &mut at);
            continue;
        }
        if let Some(number) = numbered.iter().find(|number| number.range.start == start) {
            let unit = units::after(text, number.range.end);
            let said = text.get(number.range.clone()).unwrap_or_default();
            // "the white one" counts nothing.
            if matches!(said.to_lowercase().as_str(), "one" | "ones") && unit.is_none() {
                pieces.push(Piece::Word("one".to_owned()));
                skip_to(number.range.end, &mut at);
                continue;
            }
            let spelled = said.chars().all(char::is_alphabetic) && number.factor == 1.0;
            // «в сорок втором»: a size, no place.
            let units = match tokens.iter().find(|token| token.range.start >= number.range.end) {
                Some(extract::Token { what: extract::What::Word(word), .. })
                    if spelled && number.value >= 20.0 && number.value % 10.0 == 0.0 =>
                {
                    lexicon::longest(&[word.as_str()])
                }
                _ => None,
            };
            if let Some((Means::Nth(place @ 1..=9), _)) = units {
                pieces.push(Piece::Number(number.value + place as f64, 1.0));
                skip_to(number.range.end, &mut at);
                at += 1;
                continue;
            }
            // «третью» is a place, not a third.
            let folded = extract::folded(said);
            if spelled && matches!(lexicon::longest(&[&folded]), Some((Means::Nth(_), _))) {
                pieces.push(Piece::Word(folded));
                skip_to(number.range.end, &mut at);
                continue;
            }
            // "14 of them", «14 таких»
            let of_rows = of_rows(tokens.get(at + 1..).unwrap_or_default());
            let (piece, end) = match unit.as_ref().map(|unit| unit.kind) {
                None if of_rows => (Piece::Count(number.value), number.range.end),
                // «десяток», "a dozen"
                None if number.factor > 1.0 && number.factor < 100.0 => {
                    (Piece::Count(number.value), number.range.end)
                }
                Some(units::Unit::Piece) => (Piece::Count(number.value), unit.map_or(0, |unit| unit.end)),
                Some(units::Unit::Currency) => (Piece::Amount(number.value), unit.map_or(0, |unit| unit.end)),
                _ if spelled => (Piece::Spelled(number.value, extract::folded(said)), number.range.end),
                _ => (Piece::Number(number.value, number.factor), number.range.end),
            };
            pieces.push(piece);
            skip_to(end.max(number.range.end), &mut at);
            continue;
        }
        match &token.what {
            extract::What::Word(word) => match pieces.last_mut() {
                // "i'll", "don't"
                Some(Piece::Word(before)) if token.glued && before.ends_with('\'') => before.push_str(word),
                _ => pieces.push(Piece::Word(word.clone())),
            },
            extract::What::Mark('\'' | '’') if token.glued => {
                if let Some(Piece::Word(before)) = pieces.last_mut() {
                    before.push('\'');
                }
            }
            extract::What::Mark('№' | '#') => pieces.push(Piece::Word("№".to_owned())),
            extract::What::Mark(',' | '.' | ';' | '!' | '?' | '\n' | '(' | ')' | ':') => {
                pieces.push(Piece::Break)
            }
            extract::What::Mark(_) => {}
            extract::What::Digits(value) => pieces.push(Piece::Number(*value, 1.0)),
            extract::What::Code => {
                pieces.push(Piece::Code(text.get(token.range.clone()).unwrap_or_default().to_owned()));
            }
        }
        at += 1;
    }
    pieces
}

/// "number 3 in stock", «не 3 а 4»: before more words these letters are no units.
fn in_before_word(text: &str, found: &measure::Found) -> bool {
    let whole = text.get(found.whole.clone()).unwrap_or_default();
    let after = text.get(found.whole.end..).unwrap_or_default();
    let letters = [" in", " а", " a", " в", " с"].iter().any(|unit| whole.ends_with(unit));
    letters && after.starts_with(' ') && after.trim_start().starts_with(char::is_alphanumeric)
}

/// Whether these tokens make a count of the number before them.
fn of_rows(tokens: &[extract::Token]) -> bool {
    let word = |at: usize| match tokens.get(at).map(|token| &token.what) {
        Some(extract::What::Word(word)) => word.as_str(),
        _ => "",
    };
    match word(0) {
        "of" => matches!(word(1), "the" | "them" | "these" | "those" | "it" | "this" | "that"),
        first => matches!(first, "таких" | "такие" | "такой" | "этих"),
    }
}
