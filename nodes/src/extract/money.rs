//! Price bounds in a request: «до 10 тысяч», "under $200", «не дороже пятнадцати тысяч», «15-20 тысяч руб.».

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    contacts,
    numbers::{Span, spans},
    units::{self, Unit},
    words::{LONGEST_WORD, first_chars, folded, last_word},
};

/// A lower and an upper bound on the price, and the text without the words that gave them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PriceBounds {
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) rest: String,
}

/// The code of the currency that a text names beside a number; `None` where it names none.
pub(crate) fn currency(text: &str) -> Option<&'static str> {
    if let Some(sign) = text.chars().find_map(|c| match c {
        '$' => Some("USD"),
        '€' => Some("EUR"),
        '₽' => Some("RUB"),
        '₴' => Some("UAH"),
        '₸' => Some("KZT"),
        _ => None,
    }) {
        return Some(sign);
    }
    text.split(|c: char| !c.is_alphabetic()).take(MOST_WORDS).find_map(|word| {
        let word = folded(word);
        Some(match word.as_str() {
            "usd" | "dollar" | "dollars" | "bucks" | "баксов" => "USD",
            "eur" | "euro" | "euros" | "евро" => "EUR",
            "rub" | "rur" | "руб" | "р" => "RUB",
            "uah" | "грн" => "UAH",
            "kzt" | "тенге" => "KZT",
            word if word.starts_with("доллар") => "USD",
            word if word.starts_with("рубл") => "RUB",
            word if word.starts_with("гривн") => "UAH",
            _ => return None,
        })
    })
}

/// Whether an amount is in hundredths: «500 коп».
pub(crate) fn is_of_cents(text: &str) -> bool {
    text.split(|c: char| !c.is_alphabetic()).take(MOST_WORDS).any(|word| {
        let word = folded(word);
        word.starts_with("копе") || matches!(word.as_str(), "коп" | "cents" | "cent")
    })
}

/// The words that are looked through for a currency.
const MOST_WORDS: usize = 64;

/// How far from «около 20 тысяч» a price may be: a fifth either way.
const ABOUT: f64 = 0.2;

/// A number without a currency or «тысяч» is a price from here on: «до 5» may be anything.
const PLAIN_PRICE: f64 = 100.0;

/// The same after «за», which stands before many other numbers too.
const PLAIN_SUM: f64 = 1000.0;

/// What the words beside a number make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Most,
    Least,
    About,
    /// «за 15 тысяч», «бюджет 15 тысяч»: the most, where it is surely money.
    For,
}

/// Words before a number, as ends of the text before it; the longest that fits counts.
const BEFORE: &[(Bound, &[&str])] = &[
    (
        Bound::Most,
        &[
            "до",
            "дешевле",
            "дешевле чем",
            "не дороже",
            "не дороже чем",
            "не больше",
            "не больше чем",
            "не более",
            "не более чем",
            "не выше",
            "не свыше",
            "не превышая",
            "не превышает",
            "меньше",
            "меньше чем",
            "менее",
            "менее чем",
            "ниже",
            "максимум",
            "макс",
            "в пределах",
            "в рамках",
            "уложиться в",
            "уложится в",
            "укладываться в",
            "under",
            "below",
            "up to",
            "less than",
            "cheaper than",
            "at most",
            "max",
            "maximum",
            "within",
            "not over",
            "not above",
            "no more than",
            "not more than",
            "no more then",
            "not exceeding",
            "not to exceed",
            "no higher than",
            "бюджет до",
            "budget up to",
            "budget under",
        ],
    ),
    (
        Bound::Least,
        &[
            "от",
            "дороже",
            "дороже чем",
            "не дешевле",
            "не дешевле чем",
            "не меньше",
            "не меньше чем",
            "не менее",
            "не менее чем",
            "не ниже",
            "минимум",
            "мин",
            "больше",
            "больше чем",
            "более",
            "более чем",
            "свыше",
            "выше",
            "начиная с",
            "начиная от",
            "over",
            "above",
            "from",
            "at least",
            "more than",
            "no less than",
            "not less than",
            "not cheaper than",
            "starting at",
            "starting from",
            "min",
            "minimum",
        ],
    ),
    (
        Bound::About,
        &[
            "около",
            "примерно",
            "примерно за",
            "примерно на",
            "приблизительно",
            "где то",
            "где то за",
            "где то на",
            "где нибудь за",
            "порядка",
            "в районе",
            "в районе от",
            "ориентировочно",
            "плюс минус",
            "about",
            "around",
            "approx",
            "approximately",
            "roughly",
            "circa",
            "somewhere around",
            "in the region of",
        ],
    ),
    (
        Bound::For,
        &[
            "за",
            "на сумму",
            "у меня",
            "у нас",
            "у меня есть",
            "у нас есть",
            "у меня только",
            "бюджет у нас",
            "бюджет у меня",
            "готов потратить",
            "готовы потратить",
            "располагаю",
            "i have",
            "i have only",
            "can spend",
            "бюджет",
            "бюджетом",
            "бюджетом в",
            "бюджет на",
            "бюджет в",
            "бюджет около",
            "бюджете",
            "budget",
            "budget of",
            "budget is",
            "budget around",
            "for",
        ],
    ),
];

/// Words after a number and its currency.
const AFTER: &[(Bound, &[&str])] = &[
    (
        Bound::Most,
        &[
            "максимум",
            "макс",
            "не больше",
            "не более",
            "не дороже",
            "и меньше",
            "или меньше",
            "и дешевле",
            "или дешевле",
            "и ниже",
            "или ниже",
            "max",
            "maximum",
            "tops",
            "at most",
            "or less",
            "or cheaper",
            "and below",
            "and under",
            "or under",
            "or below",
        ],
    ),
    (
        Bound::Least,
        &[
            "минимум",
            "и больше",
            "или больше",
            "и выше",
            "или выше",
            "и дороже",
            "или дороже",
            "и более",
            "и up",
            "and up",
            "and above",
            "or more",
            "or above",
            "and over",
            "at least",
            "minimum",
        ],
    ),
    (
        Bound::About,
        &[
            "примерно",
            "приблизительно",
            "плюс минус",
            "или около того",
            "or so",
            "approximately",
            "give or take",
        ],
    ),
];

/// Words that lead to a bound and say nothing without it.
const LEADS: &[&str] = &[
    "по цене",
    "ценой",
    "стоимостью",
    "цена",
    "стоимость",
    "ценник",
    "в цене",
    "цены",
    "priced",
    "price",
    "costing",
    "a price",
    "бюджет",
    "бюджетом",
    "budget",
    "with a budget",
    "с бюджетом",
    "за",
    "но",
    "но не",
    "чем",
    "at a price",
    "for",
];

/// The most words of [`LEADS`] that stand before one bound.
const MOST_LEADS: usize = 6;

/// The most characters after a number in which the words of a bound are looked for; more than the longest of them has.
const AFTER_WINDOW: usize = 48;

/// Whether «между» or "between" stands before a range.
fn between(text: &str, span: &Span) -> bool {
    let before = text.get(..span.range.start).unwrap_or_default().trim_end();
    matches!(last_word(before).to_lowercase().as_str(), "между" | "between")
}

/// «тысяч до десяти» as «до десяти тысяч»; any other text as it is.
fn in_order(text: &str) -> Cow<'_, str> {
    static REVERSED: LazyLock<Regex> =
        LazyLock::new(|| super::pattern(r"(?i)\b(тысяч|тыщ|тыс)\s+((?:до|от|за)\s+\w+)"));
    let Some(found) = REVERSED.captures(text) else { return Cow::Borrowed(text) };
    let (Some(whole), Some(factor), Some(bound)) = (found.get(0), found.get(1), found.get(2)) else {
        return Cow::Borrowed(text);
    };
    let (before, after) = text.split_at(whole.start());
    let after = after.get(whole.len()..).unwrap_or_default();
    // «от 5 тысяч до 10 тысяч» is in order.
    let counted = spans(before)
        .last()
        .is_some_and(|span| before.get(span.range.end..).is_some_and(|rest| rest.trim().is_empty()));
    let again =
        ["ты", "шт", "пар", "комп"].iter().any(|start| after.trim_start().to_lowercase().starts_with(start));
    if counted || again {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{before}{} {}{after}", bound.as_str(), factor.as_str()))
}

/// Reads «до 10 тысяч», "under $200", «от 5 до 10 тыс. руб.», «около 20 тысяч» (a fifth either way); `None` when the text
/// bounds no price. A number with a unit of measure («до 7 кВт») is not a price, nor is a small number without a currency
/// («до 5»), a date, a time, a count or a part of a phone number.
pub(crate) fn price_bounds(text: &str) -> Option<PriceBounds> {
    let text = &in_order(text);
    let masked = contacts::masked(text);
    let spans = spans(&masked);
    let found: Vec<Found<'_>> = spans.iter().filter_map(|span| Found::of(&masked, span)).collect();
    let sure = found.iter().any(|found| found.sure);
    let mut bounds = PriceBounds::default();
    let mut cuts: Vec<Range<usize>> = Vec::new();
    // «от 5 тысяч, до 10»: a multiplier said once serves a small number beside it.
    let shared = found.iter().map(|found| found.span.high.factor).fold(1.0, f64::max);
    for Found { span, bound, cut, sure: surely, loose } in &found {
        let grow =
            |value: f64, factor: f64| if factor == 1.0 && value < 1000.0 { value * shared } else { value };
        let high = grow(span.high.value, span.high.factor);
        let low = span.low.as_ref().map(|low| grow(low.value, low.factor));
        let meant = match bound {
            // «за 5000»: nothing else costs that much without a unit.
            Some(Bound::For) => *surely || high >= PLAIN_SUM,
            None => low.is_some() && (*surely || high >= PLAIN_SUM && between(&masked, span)),
            Some(Bound::About) => *surely,
            // «больше 200» may be of anything, «не дороже 200» hardly.
            Some(_) if *loose => sure,
            Some(_) => sure || high >= PLAIN_PRICE,
        };
        if !meant || high <= 0.0 {
            continue;
        }
        match (bound, low) {
            (Some(Bound::Most | Bound::For), None) => bounds.max = Some(high),
            (Some(Bound::Least), None) => bounds.min = Some(high),
            (Some(Bound::About), None) => {
                bounds.min = Some((high * (1.0 - ABOUT)).round());
                bounds.max = Some((high * (1.0 + ABOUT)).round());
            }
            (_, Some(low)) => (bounds.min, bounds.max) = (Some(low), Some(high)),
            (None, None) => continue,
        }
        cuts.push(cut.clone());
    }
    if cuts.is_empty() {
        return None;
    }
    let mut at = 0;
    for cut in cuts {
        bounds.rest.push_str(text.get(at..cut.start).unwrap_or_default());
        bounds.rest.push(' ');
        at = cut.end.max(at);
    }
    bounds.rest.push_str(text.get(at..).unwrap_or_default());
    bounds.rest = bounds.rest.split_whitespace().collect::<Vec<_>>().join(" ");
    // What is left is shown to managers: no gap before the mark that followed the price.
    for mark in ["?", "!", ",", "."] {
        bounds.rest = bounds.rest.replace(&format!(" {mark}"), mark);
    }
    bounds.rest = bounds.rest.trim_end_matches([',', ' ']).to_owned();
    Some(bounds)
}

/// A number that may be a price.
struct Found<'s> {
    span: &'s Span,
    bound: Option<Bound>,
    /// The number with the words that belong to it.
    cut: Range<usize>,
    /// Whether it is surely money.
    sure: bool,
    /// Whether its bound is said of other things as often.
    loose: bool,
}

impl<'s> Found<'s> {
    fn of(text: &str, span: &'s Span) -> Option<Found<'s>> {
        let mut end = span.range.end;
        let mut sure = span.high.factor >= 1000.0;
        let unit = units::after(text, end);
        match unit.as_ref().map(|unit| unit.kind) {
            Some(Unit::Currency) => {
                sure = true;
                end = unit.as_ref().map_or(end, |unit| unit.end);
            }
            Some(_) => return None,
            None => {}
        }
        // «до 10 тысяч штук», «20 тысяч часов» are caught above; «15 к 5» is no price.
        let mut start = span.range.start;
        if let Some(sign) = units::currency_before(text, start) {
            sure = true;
            start = sign;
        }
        let (head, tail) = (text.get(..start)?, text.get(end..)?);
        let (mut bound, mut loose) = (None, false);
        if let Some((kind, at)) = before(head, BEFORE) {
            (bound, start) = (Some(kind), at);
            let words = folded(first_chars(text.get(at..)?, LONGEST_WORD));
            loose = ["больше", "более", "выше", "свыше", "меньше", "менее", "ниже", "мин", "макс"]
                .iter()
                .any(|word| words.starts_with(word));
            // «в пределах», «не дороже примерно 15 тысяч»: the stricter words stand farther out.
            if let (Bound::About | Bound::For, Some((outer, at))) = (kind, before(text.get(..start)?, BEFORE))
                && outer != Bound::For
            {
                (bound, start) = (Some(outer), at);
            }
        }
        if let (None | Some(Bound::For | Bound::About), Some((kind, length))) = (bound, after(tail)) {
            bound = Some(kind);
            end += length;
        }
        // The words of a range: «от 5 до 10», "between 100 and 200", «с 5 по 10».
        if span.low.is_some() {
            let head = text.get(..start)?;
            if let Some(at) = ends_with(head, &["от", "с", "между", "from", "between"]) {
                start = at;
            }
        }
        if bound.is_some() || span.low.is_some() {
            for _ in 0..MOST_LEADS {
                let Some(at) = ends_with(text.get(..start)?, LEADS) else { break };
                start = at;
            }
        }
        // «тысяч за 20», «тысяч до пяти»: the word of the bound stands inside.
        let said = folded(text.get(span.range.clone())?);
        let inside = said.split(' ').nth(1);
        let bound = bound.or(match inside {
            Some("за" | "на" | "в" | "по") => Some(Bound::For),
            Some("до") if span.low.is_none() => Some(Bound::Most),
            Some("от") if span.low.is_none() => Some(Bound::Least),
            _ => None,
        });
        Some(Found { span, bound, cut: start..end, sure, loose })
    }
}

/// The longest words of the table that a text ends with, and where they begin.
fn before(text: &str, table: &[(Bound, &[&str])]) -> Option<(Bound, usize)> {
    let last = LastWords::of(text);
    let found = table.iter().filter_map(|(bound, words)| Some((*bound, last.longest_of(words)?)));
    found.min_by_key(|(_, at)| *at)
}

/// Where the longest of some words, at the end of a text, begins.
fn ends_with(text: &str, words: &[&str]) -> Option<usize> {
    LastWords::of(text).longest_of(words)
}

/// The words that a text ends with and where they begin, the last one first; as many as the longest entry of a table has.
struct LastWords(Vec<(String, usize)>);

impl LastWords {
    fn of(text: &str) -> LastWords {
        let mut last = Vec::new();
        let mut end = text.trim_end_matches([' ', '\u{a0}', '.', '~', '(']).len();
        for _ in 0..4 {
            let head = text.get(..end).unwrap_or_default();
            let head = head.trim_end_matches([' ', '\u{a0}', '-']);
            let word = last_word(head);
            if word.is_empty() {
                break;
            }
            end = head.len() - word.len();
            last.push((folded(word), end));
        }
        LastWords(last)
    }

    /// Where the longest of some entries begins.
    fn longest_of(&self, words: &[&str]) -> Option<usize> {
        let fits = |entry: &str| {
            let mut at = None;
            let mut said = self.0.iter();
            for word in entry.rsplit(' ') {
                let (said, start) = said.next()?;
                if said != word {
                    return None;
                }
                at = Some(*start);
            }
            at
        };
        words.iter().filter_map(|entry| fits(entry)).min()
    }
}

/// The bound that the words after a number give, and how long they are.
fn after(text: &str) -> Option<(Bound, usize)> {
    let start = text.len() - text.trim_start_matches([' ', '\u{a0}', ',', '(']).len();
    let rest = text.get(start..)?;
    // All of the words begin with a letter: the usual case, and cheap to see.
    if !rest.starts_with(char::is_alphabetic) {
        return None;
    }
    let rest = first_chars(rest, AFTER_WINDOW);
    let folded = folded(rest);
    // Folding changes no length of Cyrillic or Latin letters, but another alphabet's may.
    let same = folded.len() == rest.len();
    let fits = |entry: &&&str| {
        folded.strip_prefix(**entry).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            // «не больше 20» belongs to the number that follows.
            && !folded.strip_prefix(**entry).is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()))
    };
    AFTER
        .iter()
        .filter_map(|(bound, words)| {
            Some((*bound, words.iter().filter(fits).map(|entry| entry.len()).max()?))
        })
        .max_by_key(|(_, length)| *length)
        .filter(|_| same)
        .map(|(bound, length)| (bound, start + length))
}
