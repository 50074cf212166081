//! Lengths and sizes, in the unit that a question sets: «полметра», «дюйм с четвертью», «100 на 50», «50х30х20 см».
//!
//! Bounds on quantities in a search are for `bounds`: a catalogue's rows state them as «5 кВт», not as words.

use tolmach_engine::measure::{self, Dimension};

use super::{
    contacts,
    numbers::{self, Number},
    words::{What, first_chars, folded, tokens},
};

/// What may be said of the sides of a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) length: Option<f64>,
    pub(crate) width: Option<f64>,
    pub(crate) height: Option<f64>,
}

/// A number with a unit of one dimension, or a bare number.
#[derive(Clone, Debug, PartialEq)]
struct Quantity {
    /// In the dimension's base unit, or as written where no unit was said.
    value: f64,
    factor: Option<f64>,
    start: usize,
    end: usize,
}

/// The one quantity of an answer in the unit that is asked for: with `cm`, «полметра» is 50, and so is «50». `None` for a
/// unit of another dimension and for several quantities, except that of a range the upper end counts.
pub(crate) fn in_unit(text: &str, unit: &str) -> Option<f64> {
    let (dimension, factor) = measure::unit_of(unit)?;
    let text = &contacts::masked(text);
    let found = quantities(text, dimension)?;
    let [.., last] = found.as_slice() else { return None };
    if found.len() > 2 {
        return None;
    }
    let range = numbers::spans(text).iter().any(|span| {
        let low = span.low.as_ref().map(|low| low.range.start);
        let inside =
            |quantity: &Quantity| span.range.start <= quantity.start && quantity.start < span.range.end;
        low.is_some() && found.iter().all(inside)
    });
    let value =
        |quantity: &Quantity| quantity.factor.map_or(quantity.value, |own| quantity.value * own / factor);
    (found.len() == 1 || range && found.len() == 2).then(|| tidy(value(last)))
}

/// The sides that an answer names, in millimetres: two or three numbers with «x», «на» or "by" between them, in the order
/// length, width, height, or each with its name («ширина 50, высота 80»). Where no unit is said it is `unit`.
pub(crate) fn sizes(text: &str, unit: &str) -> Option<Sizes> {
    let (_, default) = measure::unit_of(unit).filter(|(dimension, _)| *dimension == Dimension::Length)?;
    let text = &contacts::masked(text);
    let found = quantities(text, Dimension::Length)?;
    // A thing has three sides: of four numbers two would be of one side, or one of none.
    if found.len() > 3 {
        return None;
    }
    let named: Vec<Option<Side>> = (0..found.len()).map(|at| side(text, &found, at)).collect();
    if named.iter().all(Option::is_none) && !(2..=3).contains(&found.len()) {
        return None;
    }
    let mut sizes = Sizes::default();
    for (at, quantity) in found.iter().enumerate() {
        // «50х30 см»: the unit is said once, after the last number.
        let later = found.get(at..).unwrap_or_default().iter().find_map(|quantity| quantity.factor);
        let earlier = found.get(..at).unwrap_or_default().iter().rev().find_map(|quantity| quantity.factor);
        let value = tidy(quantity.value * quantity.factor.or(later).or(earlier).unwrap_or(default));
        if value <= 0.0 {
            return None;
        }
        let by_name = named.iter().any(Option::is_some);
        let side = match named.get(at).copied().flatten() {
            Some(side) => side,
            None if by_name => return None,
            None => {
                // Numbers that nothing joins are a list of other things.
                if let Some(before) = at.checked_sub(1).and_then(|before| found.get(before))
                    && !joins(text.get(before.end..quantity.start)?)
                {
                    return None;
                }
                [Side::Length, Side::Width, Side::Height].get(at).copied()?
            }
        };
        let span = match side {
            Side::Length => &mut sizes.length,
            Side::Width => &mut sizes.width,
            Side::Height => &mut sizes.height,
        };
        if span.replace(value).is_some() {
            return None;
        }
    }
    Some(sizes)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Length,
    Width,
    Height,
}

fn joins(between: &str) -> bool {
    let between = folded(between.trim());
    matches!(between.as_str(), "x" | "х" | "×" | "*" | "на" | "by" | "/" | ", на" | ",")
}

/// The name of a side beside a quantity: before it («ширина 50»), or after it ("50 cm wide") where no number comes first.
fn side(text: &str, found: &[Quantity], at: usize) -> Option<Side> {
    let quantity = found.get(at)?;
    let from = at.checked_sub(1).and_then(|before| found.get(before)).map_or(0, |before| before.end);
    let to = found.get(at + 1).map_or(text.len(), |next| next.start);
    let name = |part: Option<&str>| {
        let part = folded(part?);
        // What stands before a comma belongs to the number before it.
        part.split(|c: char| !c.is_alphabetic()).find_map(side_of)
    };
    let before = text.get(from..quantity.start).map(|part| part.rsplit([',', ';']).next().unwrap_or(part));
    let after = text.get(quantity.end..to).map(|part| part.split([',', ';']).next().unwrap_or(part));
    let trailing = folded(text).split(|c: char| !c.is_alphabetic()).any(|word| {
        matches!(word, "wide" | "long" | "high" | "tall" | "deep" | "ширину" | "длину" | "высоту" | "глубину")
    });
    if trailing { name(after).or_else(|| name(before)) } else { name(before) }
}

fn side_of(word: &str) -> Option<Side> {
    match word {
        "длина" | "длиной" | "длину" | "длины" | "глубина" | "глубиной" | "глубину" | "length" | "long"
        | "depth" | "deep" => Some(Side::Length),
        "ширина" | "шириной" | "ширину" | "ширины" | "width" | "wide" => {
            Some(Side::Width)
        }
        "высота" | "высотой" | "высоту" | "высоты" | "height" | "high" | "tall" => {
            Some(Side::Height)
        }
        _ => None,
    }
}

/// The quantities of a dimension and the bare numbers of a text; `None` when it holds a quantity of another.
fn quantities(text: &str, dimension: Dimension) -> Option<Vec<Quantity>> {
    let mut found: Vec<Quantity> = Vec::new();
    let mut numbers = numbers::find(text);
    numbers.extend(half_and_lone_units(text, &numbers));
    numbers.sort_by_key(|number| number.range.start);
    let quotes: Vec<usize> = text.match_indices(['"', '“', '„']).map(|(at, _)| at).collect();
    for Number { value, range, .. } in numbers {
        // The quarter of «дюйм с четвертью» was read with its inch.
        if found.last().is_some_and(|before| range.start < before.end) {
            continue;
        }
        let (unit, unit_end) = unit_after(text, range.end, &quotes);
        let own = match measure::unit_of(&unit) {
            Some((of, factor)) if of == dimension => Some(factor),
            // «100 в длину»: a letter that is a preposition here.
            Some(_) if unit.chars().count() > 1 || !text.get(unit_end..)?.starts_with(' ') => return None,
            _ => None,
        };
        let mut end = if own.is_some() { unit_end } else { range.end };
        let mut value = value;
        // «дюйм с четвертью», «метр с половиной»
        if let (Some(_), Some((more, after))) = (own, and_a_part(text, end)) {
            value += more;
            end = after;
        }
        // «метр двадцать», «2 м 30 см»: one length in two units.
        if let Some(before) = found.last_mut()
            && let Some(factor) = before.factor
            && text.get(before.end..range.start).is_some_and(|between| between.trim().is_empty())
        {
            let said_in =
                own.unwrap_or(if factor == 1000.0 && (10.0..100.0).contains(&value) { 10.0 } else { 0.0 });
            if said_in > 0.0 && said_in < factor {
                before.value += value * said_in / factor;
                before.end = end;
                continue;
            }
        }
        found.push(Quantity { value, factor: own, start: range.start, end });
    }
    Some(found)
}

/// The most bytes between a number and its unit written out: "of a" among blanks.
const LONGEST_GAP: usize = 64;

/// The unit of a length that stands without a number («метр», «полметра»), as a number of one or a half before it.
fn half_and_lone_units(text: &str, numbers: &[Number]) -> Vec<Number> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let What::Word(word) = &token.what else { continue };
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        // Only the number right before can count it: the words of any other one stand between.
        let number = numbers.partition_point(|number| number.range.end <= token.range.start);
        let number = number.checked_sub(1).and_then(|at| numbers.get(at));
        let counted = number.is_some_and(|number| {
            token.range.start - number.range.end <= LONGEST_GAP
                && text.get(number.range.end..token.range.start).is_some_and(|gap| {
                    matches!(gap.trim_matches([' ', '-']), "" | "a" | "an" | "of" | "of a")
                })
        });
        let half = word.strip_prefix("пол").filter(|rest| rest.chars().count() > 3 && is_long(rest));
        if let Some(rest) = half {
            let at = token.range.end - rest.len();
            found.push(Number { value: 0.5, factor: 1.0, range: at..at });
        } else if is_long(word) && !counted {
            let pol = before.filter(|before| before.what == What::Word("пол".to_owned()));
            let value = if pol.is_some() { 0.5 } else { 1.0 };
            // «размер в метрах» says no length: only a unit in the singular counts as one.
            if pol.is_some()
                || matches!(
                    word.as_str(),
                    "метр"
                        | "дюйм"
                        | "сантиметр"
                        | "миллиметр"
                        | "литр"
                        | "киловатт"
                        | "килограмм"
                        | "meter"
                        | "metre"
                        | "inch"
                        | "foot"
                        | "тонна"
                        | "тонну"
                        | "тонны"
                )
            {
                found.push(Number { value, factor: 1.0, range: token.range.start..token.range.start });
            }
        }
    }
    found
}

/// A unit written out.
fn is_long(word: &str) -> bool {
    word.chars().count() > 3 && measure::unit_of(word).is_some()
}

/// The unit after a number and where it ends; "a" of "half a metre" is passed over. `quotes` are where quotation marks
/// that may open stand in the text, in order.
fn unit_after(text: &str, at: usize, quotes: &[usize]) -> (String, usize) {
    // "half of a metre" has two such words.
    const PASSED_OVER: usize = 2;
    let mut at = at;
    for _ in 0..PASSED_OVER {
        match article_end(text, at) {
            Some(end) => at = end,
            None => break,
        }
    }
    unit_right_after(text, at, quotes)
}

/// Where an article or "of" that stands between a number and its unit ends.
fn article_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let trimmed = rest.trim_start_matches(BLANKS);
    let word = ["an", "a", "of"]
        .into_iter()
        .find(|word| trimmed.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')))?;
    Some(at + rest.len() - trimmed.len() + word.len())
}

/// What may stand between a number and its unit.
const BLANKS: [char; 4] = [' ', '\u{a0}', '\u{202f}', '-'];

fn unit_right_after(text: &str, at: usize, quotes: &[usize]) -> (String, usize) {
    let rest = text.get(at..).unwrap_or_default();
    let trimmed = rest.trim_start_matches(BLANKS);
    let start = at + rest.len() - trimmed.len();
    if let Some(mark) = trimmed.chars().next().filter(|c| matches!(c, '"' | '″' | '”' | '′' | '\'')) {
        // A quotation mark that closes is no inch.
        let before = quotes.partition_point(|quote| *quote < start);
        if before % 2 == 1 && matches!(mark, '"' | '”') {
            return (String::new(), at);
        }
        let unit = if mark == '\'' { '′' } else { mark };
        return (unit.to_string(), start + mark.len_utf8());
    }
    let length =
        trimmed.find(|c: char| !(c.is_alphabetic() || matches!(c, '²' | '³'))).unwrap_or(trimmed.len());
    let word = trimmed.get(..length).unwrap_or_default();
    // «х30»: the sign between two sides is no unit.
    let unit = if matches!(folded(word).as_str(), "x" | "х") { String::new() } else { folded(word) };
    (unit, start + length)
}

/// «с четвертью», "and a half" after a unit: how much, and where it ends.
fn and_a_part(text: &str, at: usize) -> Option<(f64, usize)> {
    const PARTS: &[(&str, f64)] = &[
        ("с четвертью", 0.25),
        ("с половиной", 0.5),
        ("с половинкой", 0.5),
        ("с третью", 1.0 / 3.0),
        ("and a half", 0.5),
        ("and a quarter", 0.25),
        ("and three quarters", 0.75),
        ("с тремя четвертями", 0.75),
    ];
    let rest = text.get(at..)?;
    let start = at + rest.len() - rest.trim_start().len();
    /// More than the longest of the words above has.
    const LONGEST: usize = 24;
    let lower = folded(first_chars(rest.trim_start(), LONGEST));
    PARTS.iter().find_map(|(words, part)| lower.starts_with(words).then_some((*part, start + words.len())))
}

/// Without the noise of binary fractions: «1,2 м» is 1200 mm and not 1199.9999999.
fn tidy(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
