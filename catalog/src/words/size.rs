//! Sizes written as one word: «20х30х5мм», «7,5х22,5», and with a letter in front that says of what, «М10х1,5», «Ф20х350/410»,
//! `F1/2`.

use super::{
    is_number,
    units::{fraction, number_and_unit},
};

/// Letters that stand before a whole number, and the spelling that they share: threads and diameters. The number alone says
/// the same.
const MARKS: [(&str, &str); 9] = [
    ("м", "m"),
    ("m", "m"),
    ("ф", "d"),
    ("ø", "d"),
    ("д", "d"),
    ("d", "d"),
    ("ду", "dn"),
    ("dn", "dn"),
    ("du", "dn"),
];
/// Letters that stand before a fraction or a size and say nothing that is searched for: pipe threads, plug and socket.
const OTHER_MARKS: [&str; 6] = ["g", "f", "r", "rp", "rc", "tr"];

/// Splits a word into a letter in front and the number or size after it.
pub(super) fn marked(word: &str) -> Option<(&str, &str)> {
    let at = word.find(|c: char| c.is_ascii_digit()).filter(|at| (1..=4).contains(at))?;
    let (mark, rest) = word.split_at(at);
    let known = MARKS.iter().any(|(known, _)| *known == mark);
    let other = OTHER_MARKS.contains(&mark) && rest.contains(['/', 'x', 'х']);
    (known || other).then_some((mark, rest))
}

/// The shared spelling of the letter in front of a whole or decimal number, and the number.
pub(super) fn marked_number(word: &str) -> Option<(&'static str, &str)> {
    let (mark, number) = marked(word)?;
    let (_, shared) = MARKS.iter().find(|(known, _)| *known == mark)?;
    is_number(number).then_some((*shared, number))
}

/// Whether a word is such a letter alone and stands before the number that it belongs to.
pub(super) fn marks_next(word: &str, next: &str) -> bool {
    next.starts_with(|c: char| c.is_ascii_digit())
        && MARKS.iter().any(|(known, _)| *known == word)
        && number_and_unit(next).is_none()
}

/// Whether a decimal mark or a slash may follow, which then belongs to the word: it ends with the whole number of a size.
pub(super) fn goes_on(word: &str) -> bool {
    let at = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
    let (mark, rest) = word.split_at(at);
    let last = rest.rsplit(['x', 'х', '/']).next().unwrap_or_default();
    (mark.is_empty() || MARKS.iter().any(|(known, _)| *known == mark) || OTHER_MARKS.contains(&mark))
        && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'x' | 'х' | '/'))
        && !last.is_empty()
        && last.chars().all(|c| c.is_ascii_digit())
}

/// The numbers of a size, the last one with its unit, the first one with the letter in front of it if that says something. A
/// word that is no size is returned whole.
pub(super) fn factors(word: &str) -> Vec<String> {
    let (mark, rest) = marked(word).unwrap_or(("", word));
    let mut parts: Vec<String> = Vec::new();
    for factor in rest.split(['x', 'х']) {
        match fraction(None, factor) {
            Some(value) => parts.push(value),
            None => parts.extend(factor.split('/').map(str::to_owned)),
        }
    }
    let number = |part: &String| is_number(part);
    let ends = parts.last().is_some_and(|last| is_number(last) || number_and_unit(last).is_some());
    let first = parts.get(..parts.len().saturating_sub(1)).unwrap_or_default();
    if !ends || !first.iter().all(number) {
        // A slash parts words of any kind.
        return word.split('/').map(str::to_owned).collect();
    }
    let fraction = rest.split(['x', 'х']).next().is_some_and(|factor| factor.contains('/'));
    if !fraction
        && !OTHER_MARKS.contains(&mark)
        && let Some(first) = parts.first_mut()
    {
        first.insert_str(0, mark);
    }
    parts
}
