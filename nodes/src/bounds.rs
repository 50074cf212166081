//! Bounds in a product request, as filters: quantities («от 5 до 7 кВт», "at least 20 V") and prices.
//!
//! A quantity without a bound («насос 5 кВт») stays a word: it may be part of a product's name, so ranking uses it.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;
use tolmach_engine::{
    catalog::{Comparison, Field, Filter, FilterValue, SearchRequest},
    language::Language,
    measure,
    turn_context::TurnContext,
};

use crate::extract::{self, pattern};

/// A request for what a text asks, as a client who types it would be understood: bounds become filters, the rest words.
/// Ten rows, by words alone.
pub fn request_for(text: &str) -> SearchRequest {
    let (rest, mut filters) = measure_bounds(text);
    let price = extract::price_bounds(&rest);
    let rest = price.as_ref().map_or(rest, |price| price.rest.clone());
    if let Some(price) = price {
        let bounds = [(price.min, Comparison::Ge), (price.max, Comparison::Le)];
        filters.extend(bounds.into_iter().filter_map(|(value, comparison)| {
            Some(Filter { field: Field::Price, comparison, value: FilterValue::Number(value?) })
        }));
    }
    SearchRequest {
        language: Language::detect(text).unwrap_or_default(),
        text: rest,
        filters,
        limit: 10,
        ..SearchRequest::default()
    }
}

/// Filters in one line, as a filter in YAML spells them.
pub(crate) fn told(filters: &[Filter]) -> String {
    filters.iter().map(Filter::to_string).collect::<Vec<_>>().join(" && ")
}

/// Says in the trace which filters a search has.
pub(crate) fn note_filters(turn: &mut TurnContext<'_>, request: &SearchRequest) {
    if let Some(understood) = turn.understood() {
        understood.search = Some((request.text.clone(), request.filters.clone()));
    }
    if !request.filters.is_empty() {
        turn.note(format!("filters: {}", told(&request.filters)));
    }
}

/// The most quantities with bounds that one request has; further ones stay words. Every row is compared with every filter.
const MOST_BOUNDS: usize = 8;

/// The most characters before a number in which the words of its bound are looked for.
const WINDOW: usize = 64;

/// The bounds on quantities and the text without them.
pub(crate) fn measure_bounds(text: &str) -> (String, Vec<Filter>) {
    let mut filters = Vec::new();
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for found in measure::find(text) {
        if cuts.len() == MOST_BOUNDS {
            break;
        }
        let from = cuts.last().map_or(0, |cut| cut.end);
        let all = text.get(from..found.number.start).unwrap_or_default();
        let before = extract::last_chars(all, WINDOW);
        let from = from + all.len() - before.len();
        let Some(bound) = bound_before(before) else { continue };
        // What begins where the window does may have begun before it.
        if bound.start == 0 && before.len() < all.len() {
            continue;
        }
        let field = Field::Measure(found.measure.dimension);
        let mut add = |comparison, value| {
            filters.push(Filter { field: field.clone(), comparison, value: FilterValue::Number(value) });
        };
        let here = found.measure.value;
        match bound.kind {
            Kind::Least => add(Comparison::Ge, here),
            Kind::Most => add(Comparison::Le, here),
            Kind::Between(low) => {
                let number =
                    text.get(found.number.clone()).and_then(measure::value).filter(|number| *number > 0.0);
                let Some(number) = number else { continue };
                // The unit is said once, after the second number.
                add(Comparison::Ge, low * (here / number));
                add(Comparison::Le, here);
            }
        }
        cuts.push(from + bound.start..found.whole.end);
    }
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for cut in &cuts {
        rest.push_str(text.get(at..cut.start).unwrap_or_default());
        rest.push(' ');
        at = cut.end;
    }
    rest.push_str(text.get(at..).unwrap_or_default());
    if cuts.is_empty() {
        return (rest, filters);
    }
    (rest.split_whitespace().collect::<Vec<_>>().join(" "), filters)
}

struct Bound {
    kind: Kind,
    /// Where its words begin, in bytes of what stands before the number.
    start: usize,
}

enum Kind {
    Least,
    Most,
    /// The lower number, in the unit of the upper one.
    Between(f64),
}

/// The bound that the words just before a number make of it.
fn bound_before(before: &str) -> Option<Bound> {
    static RANGE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:(?:^|[\s,;(])(?:от|с|from|between)\s+)?(?:^|[^\w.,/-])?(?P<low>\d+(?:[.,]\d+)?)\s*(?:-|–|—|\.\.\.?|…|до|по|to|and)\s*$",
        )
    });
    static LEAST: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:^|[\s,;(])(?:от|не менее|не меньше|не ниже|минимум|более|больше|свыше|выше|from|at least|over|above|more than|min\.?)\s+(?:чем\s+)?$",
        )
    });
    static MOST: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:^|[\s,;(])(?:до|не более|не больше|не выше|максимум|менее|меньше|ниже|up to|at most|under|below|less than|max\.?)\s+(?:чем\s+)?$",
        )
    });
    // Without a sign or a word of a range or a bound at its end no pattern fits: the usual case, and cheap to see.
    if !before.trim_end().ends_with(|c: char| c.is_alphabetic() || matches!(c, '-' | '–' | '—' | '.' | '…'))
    {
        return None;
    }
    if let Some(range) = RANGE.captures(before) {
        let low = measure::value(range.name("low")?.as_str())?;
        return Some(Bound { kind: Kind::Between(low), start: range.get(0)?.start() });
    }
    // «не более» holds «более»: of two that match, the one that begins earlier was said.
    let least = LEAST.find(before).map(|found| Bound { kind: Kind::Least, start: found.start() });
    let most = MOST.find(before).map(|found| Bound { kind: Kind::Most, start: found.start() });
    match (least, most) {
        (Some(least), Some(most)) => Some(if least.start <= most.start { least } else { most }),
        (least, most) => least.or(most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, rest: &str, expected: &[&str]) {
        let request = request_for(text);
        let filters: Vec<String> = request.filters.iter().map(ToString::to_string).collect();
        assert_eq!(
            (request.text.as_str(), filters),
            (rest, expected.iter().map(|f| (*f).to_owned()).collect()),
            "{text}"
        );
    }

    #[test]
    fn bounds_on_quantities_become_filters() {
        check("насос от 5 до 7 кВт", "насос", &["power >= 5000", "power <= 7000"]);
        check("генератор 5-7 кВт бензиновый", "генератор бензиновый", &["power >= 5000", "power <= 7000"]);
        check("шуруповёрт не менее 18 В", "шуруповёрт", &["voltage >= 18"]);
        check("бак не более 1 200 л", "бак", &["volume <= 1200"]);
        check("generator between 2 and 3.5 kW", "generator", &["power >= 2000", "power <= 3500"]);
        check("drill at least 20 V, cordless", "drill , cordless", &["voltage >= 20"]);
    }

    #[test]
    fn prices_and_quantities_go_together() {
        check("насос до 2 кВт до 10 тысяч", "насос", &["power <= 2000", "price <= 10000"]);
        check("перфоратор до 10 тысяч", "перфоратор", &["price <= 10000"]);
        check("drill under $200", "drill", &["price <= 200"]);
    }

    #[test]
    fn a_quantity_without_a_bound_stays_a_word() {
        check("насос 5 кВт", "насос 5 кВт", &[]);
        check("шланг 1-1/2 in. 10 м", "шланг 1-1/2 in. 10 м", &[]);
        check("болт M8x20", "болт M8x20", &[]);
    }
}
