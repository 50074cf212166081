//! Grounding: removes sentences of a generated text that the sources do not support.
//!
//! Sources are the catalogue rows and the passages of the knowledge. The prompt and the client's words are none: a model
//! repeats what it is told. A sentence is kept when its numbers and addresses all stand in one row or passage, and when
//! what it promises or agrees to is said by a passage. A missing sentence does less harm than an invented price.

mod promises;
#[cfg(test)]
mod tests;

use std::{cell::OnceCell, collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use tolmach_engine::{
    catalog::Product,
    effect::{GenerateRequest, Passage},
    language::Language,
    link::has_credentials,
    text::money,
};

use crate::extract::{self, pattern};

/// The text without ungrounded sentences, references like `[2]` replaced by the rows' names, and how many sentences
/// were dropped. `request` is what the text was generated from.
pub(crate) fn keep_grounded(text: &str, request: &GenerateRequest) -> (String, usize) {
    let sources = Sources::of(request);
    let mut kept = String::new();
    let mut dropped = 0;
    for sentence in sentences(text) {
        match references(sentence, &request.facts, request.language) {
            Some(named) if sources.support(sentence) && !must_not_be_shown(sentence) => {
                kept.push_str(&named);
            }
            _ => dropped += 1,
        }
    }
    (kept.trim().to_owned(), dropped)
}

/// Whether a sentence holds what no client may see: «Позвоним на [телефон]», an address with a password.
fn must_not_be_shown(sentence: &str) -> bool {
    extract::holds_placeholder(sentence) || has_credentials(sentence)
}

/// What a text may state. Each source is read when a sentence first asks for it: most sentences state nothing.
struct Sources<'r> {
    request: &'r GenerateRequest,
    rows: Vec<OnceCell<Figures>>,
    passages: Vec<OnceCell<Figures>>,
    /// What may be promised, by passage and then by row.
    statements: Vec<OnceCell<Vec<promises::Statement>>>,
    /// Whether the client's message asks for a promise.
    leads: OnceCell<bool>,
}

impl<'r> Sources<'r> {
    fn of(request: &'r GenerateRequest) -> Sources<'r> {
        Sources {
            request,
            rows: request.facts.iter().map(|_| OnceCell::new()).collect(),
            passages: request.passages.iter().map(|_| OnceCell::new()).collect(),
            statements: vec![OnceCell::new(); request.passages.len() + request.facts.len()],
            leads: OnceCell::new(),
        }
    }

    fn statements(&self) -> impl Iterator<Item = &promises::Statement> {
        let (passages, facts) = (&self.request.passages, &self.request.facts);
        self.statements.iter().enumerate().flat_map(move |(at, read)| {
            read.get_or_init(|| match passages.get(at) {
                Some(passage) => promises::statements(&whole(passage)),
                None => {
                    let attributes = facts.get(at - passages.len()).map(|row| &row.attributes);
                    let said = attributes.into_iter().flatten().map(|attribute| {
                        promises::statements(&format!("{} {}", attribute.name, attribute.value))
                    });
                    said.flatten().collect()
                }
            })
        })
    }

    /// Whether a sentence may be said.
    fn support(&self, sentence: &str) -> bool {
        let mut about_a_row = false;
        let figures = parts(sentence).all(|(row, part)| {
            let figures = Figures::of(&without_references(part));
            about_a_row |= row.is_some();
            figures.is_empty() || self.states(row, &figures) || self.counts(&figures)
        });
        let leads = || *self.leads.get_or_init(|| promises::leads(&self.request.question));
        figures && promises::allowed(&without_references(sentence), self.statements(), leads, about_a_row)
    }

    /// Whether one row or passage holds all of these figures. A part that names a row is about that row.
    fn states(&self, row: Option<usize>, figures: &Figures) -> bool {
        let rows = match row {
            Some(row) => row..row + 1,
            None => 0..self.rows.len(),
        };
        let mut rows = rows.filter_map(|at| Some((self.rows.get(at)?, self.request.facts.get(at)?)));
        let mut passages = self.passages.iter().zip(&self.request.passages);
        rows.any(|(read, row)| read.get_or_init(|| Figures::of_row(row)).holds(figures))
            || passages
                .any(|(read, passage)| read.get_or_init(|| Figures::of(&whole(passage))).holds(figures))
    }

    /// «Нашлось 3 варианта»: how many rows there are may be said, but not as a price or a share.
    fn counts(&self, figures: &Figures) -> bool {
        let count = self.rows.len().to_string();
        figures.addresses.is_empty()
            && figures.amounts.is_empty()
            && figures.numbers.iter().all(|number| *number == count)
    }
}

/// A passage with its title.
fn whole(passage: &Passage) -> String {
    format!("{}\n{}", passage.title, passage.text)
}

/// The numbers and addresses of a text.
#[derive(Default)]
struct Figures {
    numbers: BTreeSet<String>,
    /// Those of the numbers that are money or shares, with which of the two.
    amounts: BTreeSet<(String, Amount)>,
    addresses: BTreeSet<String>,
}

impl Figures {
    fn of(text: &str) -> Figures {
        // Patterns cost more than a look for what all of their matches hold.
        let digits = text.contains(char::is_numeric);
        let mut numbers = if digits { numbers(text) } else { BTreeSet::new() };
        numbers.extend(spelled_numbers(text));
        Figures {
            numbers,
            amounts: if digits { amounts(text) } else { BTreeSet::new() },
            addresses: addresses(text),
        }
    }

    fn of_row(row: &Product) -> Figures {
        let mut figures = Figures::of(&serde_json::to_string(row).unwrap_or_default());
        if let Some(price) = row.price {
            let written = [money(price, ""), price.to_string()];
            for number in written.iter().flat_map(|price| numbers(price)) {
                figures.amounts.insert((number.clone(), Amount::Money));
                figures.numbers.insert(number);
            }
        }
        figures
    }

    fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.addresses.is_empty()
    }

    fn holds(&self, others: &Figures) -> bool {
        others.numbers.is_subset(&self.numbers)
            && others.amounts.is_subset(&self.amounts)
            && others.addresses.is_subset(&self.addresses)
    }
}

/// Digits of every number, without grouping, so that `1 992,64` and `1992.64` are one. Other digits than ASCII ones
/// stand in no source.
fn numbers(text: &str) -> BTreeSet<String> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d+(?:[.,\u{a0}\u{202f} ]\d+)*"));
    let digits = |found: regex::Match<'_>| found.as_str().chars().filter(|c| c.is_numeric()).collect();
    FORM.find_iter(text).map(digits).collect()
}

/// What a number is an amount of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Amount {
    Money,
    Share,
}

/// Numbers beside a currency or a percent sign.
fn amounts(text: &str) -> BTreeSet<(String, Amount)> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        let number = r"\d+(?:[.,\u{a0}\u{202f} ]\d+)*";
        let money = r"₽|руб|р\.|\$|€|rub|usd|eur|dollar|доллар|евро|тыс|тысяч|thousand|\bk\b";
        pattern(&format!(
            r"(?i)(?P<share>{number})\s*(?:%|проц|perc)|(?P<money>{number})\s*(?:{money})|[₽$€]\s*(?P<before>{number})"
        ))
    });
    let of = |found: regex::Captures<'_>| {
        let kind = if found.name("share").is_some() { Amount::Share } else { Amount::Money };
        let number = found.name("share").or(found.name("money")).or(found.name("before"))?;
        Some((number.as_str().chars().filter(|c| c.is_numeric()).collect(), kind))
    };
    FORM.captures_iter(text).filter_map(of).collect()
}

/// Numbers in words, as digits. Those up to ten are left out («один из лучших», "one or two words").
fn spelled_numbers(text: &str) -> impl Iterator<Item = String> {
    extract::numbers_in(text).into_iter().filter(|value| *value > 10.0).map(|value| {
        let digits = value.to_string();
        digits.chars().filter(char::is_ascii_digit).collect()
    })
}

fn addresses(text: &str) -> BTreeSet<String> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:https?://|www\.)[^\s)\]>»]+|[^\s,;<>()]+@[^\s,;<>()]+\.[\p{L}]+|\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.[a-z]{2,10}\b(?:/[^\s)\]>»]*)?|\b[\p{L}0-9-]+\.рф\b(?:/[^\s)\]>»]*)?",
        )
    });
    // Each of them has a dot or two slashes.
    if !text.contains(['.', '/']) {
        return BTreeSet::new();
    }
    FORM.find_iter(text)
        .map(|found| found.as_str().trim_end_matches(['.', ',', '!', '?', '"', '/']).to_lowercase())
        .collect()
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

/// The parts of a sentence, each from a reference to the next, with the index of the row that it names.
fn parts(sentence: &str) -> impl Iterator<Item = (Option<usize>, &str)> {
    let starts: Vec<(Option<usize>, usize)> = REFERENCE
        .captures_iter(sentence)
        .filter_map(|found| {
            let index: usize = found[1].parse().ok()?;
            Some((index.checked_sub(1), found.get(0)?.start()))
        })
        .collect();
    let ends: Vec<usize> =
        starts.iter().skip(1).map(|(_, at)| *at).chain(std::iter::once(sentence.len())).collect();
    // What stands before the first reference belongs to it («за 4990 — [1]»).
    let first = starts.first().map_or((None, 0..sentence.len()), |(row, _)| (*row, 0..ends[0]));
    let rest = starts.into_iter().zip(ends).skip(1).map(|((row, start), end)| (row, start..end));
    std::iter::once(first).chain(rest).filter_map(|(row, range)| Some((row, sentence.get(range)?)))
}

fn without_references(sentence: &str) -> String {
    REFERENCE.replace_all(sentence, "").into_owned()
}
