//! A message taken apart: which of its words point at rows, ask, refine or choose, and which say something else.

mod pieces;
#[cfg(test)]
mod tests;

use tolmach_engine::{
    catalog::Filter,
    measure::{self, Dimension, Measure},
};

use self::pieces::{Piece, pieces};
use super::lexicon::{self, Means};
use crate::{bounds, extract};

/// The most words of a message that is read as speech about rows. Longer ones tell a story of their own.
const MOST_WORDS: usize = 48;

/// A number after «до» or «от».
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RawBound {
    pub(super) value: f64,
    pub(super) upper: bool,
}

/// What a message says of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// Rows by their place, from 1.
    pub(super) nth: Vec<usize>,
    /// How many of a row were named after it, where they were: place and count.
    pub(super) counts: Vec<(usize, f64)>,
    /// The last row but one.
    pub(super) before_last: bool,
    /// The message speaks of delivery.
    pub(super) delivery: bool,
    /// It asks: it has a question mark.
    pub(super) question: bool,
    /// It begins like «а красный?», which speaks of what is there.
    pub(super) and: bool,
    /// The last so many rows.
    pub(super) last: usize,
    pub(super) this: bool,
    pub(super) which: bool,
    pub(super) all: bool,
    /// «они», "them".
    pub(super) them: bool,
    /// The row with most (or least) of a quantity; `None` for whichever the rows state.
    pub(super) extreme: Option<(Option<Dimension>, bool)>,
    /// Words after «без» are not wanted, whether or not a row holds them.
    pub(super) without: bool,
    /// It asks for a property: «какая», "how many".
    pub(super) what: bool,
    /// It says goodbye.
    pub(super) bye: bool,
    pub(super) total: bool,
    /// Numbers in words, which may count or be a part of a name.
    pub(super) spelled: Vec<(f64, String)>,
    /// It takes back what was chosen: «не их, а …», "instead".
    pub(super) instead: bool,
    /// «… не надо»: what it said before is not wanted.
    pub(super) unsaid: bool,
    /// It takes back a number: «не одну, а две».
    pub(super) recounts: bool,
    /// The message ends with «не надо», which speaks of the words before it.
    pub(super) ends_negated: bool,
    pub(super) price: bool,
    pub(super) stock: bool,
    pub(super) have: bool,
    pub(super) details: bool,
    pub(super) photo: bool,
    pub(super) choose: bool,
    pub(super) want: bool,
    pub(super) remove: bool,
    pub(super) compare: bool,
    pub(super) or: bool,
    pub(super) recommend: bool,
    pub(super) cheaper: bool,
    pub(super) dearer: bool,
    pub(super) cheapest: bool,
    pub(super) dearest: bool,
    /// A quantity of which more (or less) is wanted; `None` for whichever the rows state.
    pub(super) scale: Option<(Option<Dimension>, bool)>,
    pub(super) in_stock: bool,
    pub(super) further: bool,
    /// «другой фирмы»
    pub(super) other_brand: bool,
    pub(super) back: bool,
    pub(super) yes: bool,
    /// Words that say what something is like.
    pub(super) include: Vec<String>,
    /// Whether that is said of goods («без кейса»), and is no refusal of anything else («не звоните»).
    pub(super) firmly: bool,
    /// Words that say what it is not.
    pub(super) exclude: Vec<String>,
    /// Words after «в» or "to".
    pub(super) places: Vec<String>,
    /// Numbers without a unit.
    pub(super) numbers: Vec<f64>,
    /// Numbers that are money.
    pub(super) amounts: Vec<f64>,
    /// Quantities with their words.
    pub(super) measures: Vec<(Measure, String)>,
    /// How many are wanted.
    pub(super) count: Option<f64>,
    /// Every count that is named.
    pub(super) counted: Vec<f64>,
    /// Numbers after «до» and «от» that no currency makes money.
    pub(super) raw_bounds: Vec<RawBound>,
    /// Article numbers, or what is written like one.
    pub(super) codes: Vec<String>,
    /// Bounds on the price.
    pub(super) min_price: Option<f64>,
    /// See above.
    pub(super) max_price: Option<f64>,
    /// Bounds on quantities.
    pub(super) filters: Vec<Filter>,
    /// Whether any word of it was in the lexicon.
    pub(super) spoke: bool,
}

impl Reading {
    /// Reads a message; `None` when it is too long to be read so.
    pub(super) fn of(text: &str) -> Option<Reading> {
        let lower = text.trim_start().to_lowercase();
        let begins =
            ["а ", "и ", "and ", "the "].iter().any(|start| without_assent(&lower).starts_with(start));
        let mut reading = Reading { question: text.contains('?'), and: begins, ..Reading::default() };
        let (rest, filters) = bounds::measure_bounds(text);
        reading.filters = filters;
        let bounds = extract::price_bounds(&rest);
        // What a bound on the price covers is read for its numbers only: «тот, что за 7 820» names a row.
        if let Some(bounds) = &bounds {
            (reading.min_price, reading.max_price) = (bounds.min, bounds.max);
            reading.amounts.extend([bounds.min, bounds.max].into_iter().flatten());
        }
        let rest = bounds.map_or(rest, |bounds| bounds.rest);
        let pieces = pieces(&rest);
        if pieces.len() > MOST_WORDS {
            return None;
        }
        reading.walk(&pieces);
        reading.settle();
        reading.firmly = reading.without && !reading.exclude.is_empty() && !extract::refuses(text);
        Some(reading)
    }

    /// What rows must be like, as a search was narrowed down to it: a word, a number or a quantity each.
    pub(super) fn of_words(words: &[String]) -> Reading {
        let mut reading = Reading::default();
        for word in words {
            match (measure::measures(word).as_slice(), measure::value(word)) {
                ([measure, ..], _) => reading.measures.push((*measure, word.clone())),
                (_, Some(number)) => reading.numbers.push(number),
                _ => reading.include.push(word.clone()),
            }
        }
        reading
    }

    /// Whether anything of a row is asked.
    pub(super) fn asks(&self) -> bool {
        self.price || self.stock || self.details || self.photo
    }

    /// Whether it says what something is like.
    pub(super) fn describes(&self) -> bool {
        !self.include.is_empty() || !self.numbers.is_empty() || !self.measures.is_empty()
    }

    /// Whether rows are pointed at, by place or otherwise than by their words.
    pub(super) fn points(&self) -> bool {
        !self.nth.is_empty()
            || self.last > 0
            || self.before_last
            || self.this
            || self.all
            || self.them
            || self.cheapest
            || self.dearest
            || self.extreme.is_some()
    }

    /// Whether the search is to be changed, apart from words that rows must hold.
    pub(super) fn refines(&self) -> bool {
        self.compares() || self.bounds() || self.in_stock || self.other_brand || !self.exclude.is_empty()
    }

    /// Whether something like what was shown is wanted, but cheaper, stronger or the like.
    pub(super) fn compares(&self) -> bool {
        self.cheaper || self.dearer || self.scale.is_some()
    }

    /// Whether the price or a quantity is bounded.
    pub(super) fn bounds(&self) -> bool {
        self.min_price.is_some()
            || self.max_price.is_some()
            || !self.filters.is_empty()
            || !self.raw_bounds.is_empty()
    }

    /// The place of delivery as the client wrote it, in the form of a name («Самара» for «в Самару»); `None` without one.
    pub(super) fn places_of(&self, message: &str) -> Option<String> {
        if self.places.is_empty() {
            return None;
        }
        let written = |folded: &String| {
            let words = message.split(|c: char| !(c.is_alphanumeric() || c == '-'));
            let found = words.into_iter().find(|word| extract::folded(word) == *folded);
            nominative(found.unwrap_or(folded))
        };
        Some(self.places.iter().map(written).collect::<Vec<_>>().join(" "))
    }

    /// Words that mean one thing alone and another beside others.
    fn settle(&mut self) {
        // «две второго» counts, «с двумя» describes.
        let counts = self.choose || !self.nth.is_empty() || self.which;
        for (value, word) in std::mem::take(&mut self.spelled) {
            if self.recounts && self.count.is_none() {
                self.count = Some(value);
            } else if counts {
                self.numbers.push(value);
            } else {
                self.include.push(word);
            }
        }
        // «и Korvund тоже не надо»
        if self.ends_negated && self.exclude.is_empty() && !self.want {
            self.exclude = std::mem::take(&mut self.include);
        }
        self.ends_negated = false;
        // «он в наличии?» asks, «в наличии» narrows.
        if self.in_stock && (self.this || self.which || !self.nth.is_empty() || self.last > 0) {
            self.in_stock = false;
            self.stock = true;
        }
        // "how do 1 and 4 stack up": places.
        if self.compare && self.nth.is_empty() && self.include.is_empty() && self.numbers.len() > 1 {
            let place = |number: &f64| number.fract() == 0.0 && (1.0..=10.0).contains(number);
            if self.numbers.iter().all(place) {
                self.nth = std::mem::take(&mut self.numbers).iter().map(|number| *number as usize).collect();
            }
        }
        // «возьму 3»: so many, where it is known of what.
        if self.choose
            && self.count.is_none()
            && self.include.is_empty()
            && self.measures.is_empty()
            && let [number] = self.numbers.as_slice()
            && number.fract() == 0.0
            && *number >= 1.0
        {
            self.count = Some(*number);
            self.numbers.clear();
        }
    }

    fn walk(&mut self, pieces: &[Piece]) {
        let mut at = 0;
        let mut negated = false;
        let mut clause = self.said();
        // What the words just before mean, for the piece that follows.
        let mut before: Option<Means> = None;
        while let Some(piece) = pieces.get(at) {
            let mut taken = 1;
            let mut means = None;
            let the = matches!(at.checked_sub(1).and_then(|at| pieces.get(at)), Some(Piece::Word(word)) if word == "the");
            match piece {
                Piece::Break => {
                    negated = false;
                    clause = self.said();
                }
                Piece::Nth(place) => self.nth.push(*place),
                Piece::Code(code) => self.codes.push(code.clone()),
                Piece::Measured(measure, words) => {
                    if negated {
                        self.exclude.push(words.clone());
                    } else {
                        self.measures.push((*measure, words.clone()));
                    }
                }
                Piece::Amount(amount) => self.amount(*amount, before),
                Piece::Number(..) | Piece::Count(_) | Piece::Spelled(..) if negated => self.recounts = true,
                Piece::Count(count) => self.counted(*count),
                Piece::Number(value, factor) => self.number(*value, *factor, before),
                // «а с двумя?»: a word of the name, unless it counts what is chosen.
                // "the two 60 m ones"
                Piece::Spelled(..) if the => self.which = true,
                Piece::Spelled(value, word) => match before {
                    Some(Means::Nth(_) | Means::Last | Means::Number) => self.number(*value, 1.0, before),
                    // «все три», "these five"
                    Some(Means::All | Means::Them) => {}
                    _ => self.spelled.push((*value, word.clone())),
                },
                Piece::Word(word) if matches!(word.as_str(), "а" | "но" | "but") => negated = false,
                Piece::Word(word) => {
                    let words: Vec<&str> = pieces
                        .get(at..)
                        .unwrap_or_default()
                        .iter()
                        .map_while(|piece| match piece {
                            Piece::Word(word) => Some(word.as_str()),
                            _ => None,
                        })
                        .take(6)
                        .collect();
                    match lexicon::longest(&words) {
                        Some((found, length)) => {
                            self.ends_negated = found == Means::Not;
                            taken = length;
                            means = Some(found);
                            self.spoke |= found != Means::Filler;
                            let said = words.get(..length).unwrap_or(&words);
                            let ends = matches!(pieces.get(at + length), None | Some(Piece::Break));
                            negated = if found == Means::Not && said.len() > 1 && ends && self.unsay(&clause)
                            {
                                false
                            } else {
                                self.phrase(found, negated, said)
                            };
                        }
                        None if negated => {
                            self.ends_negated = false;
                            self.exclude.push(word.clone());
                        }
                        None if matches!(before, Some(Means::To)) => {
                            // «в Нижний Новгород»
                            means = Some(Means::To);
                            self.places.push(word.clone());
                        }
                        None => self.include.push(word.clone()),
                    }
                }
            }
            before = means.filter(|means| *means != Means::Filler);
            at += taken;
        }
    }

    /// How much has been said.
    fn said(&self) -> [usize; 4] {
        [self.nth.len(), self.include.len(), self.measures.len(), self.numbers.len()]
    }

    /// «250 мм не нужно», «первый не нужен»: what a clause has said since `from` is not wanted; `false` where it said nothing.
    fn unsay(&mut self, from: &[usize; 4]) -> bool {
        let before = self.said();
        let [nth, include, measures, numbers] = *from;
        self.nth.truncate(nth);
        self.exclude.extend(self.include.drain(include.min(before[1])..));
        self.exclude.extend(self.measures.drain(measures.min(before[2])..).map(|(_, words)| words));
        self.numbers.truncate(numbers);
        self.unsaid = true;
        self.said() != before
    }

    /// Takes a phrase in; returns whether what follows it is negated.
    fn phrase(&mut self, means: Means, negated: bool, words: &[&str]) -> bool {
        match means {
            Means::Nth(_) | Means::Last if negated => {}
            Means::Nth(place) => self.nth.push(place),
            Means::Last => self.last = self.last.max(1),
            Means::BeforeLast => self.before_last = true,
            Means::Delivery => self.delivery = true,
            Means::This | Means::Them if negated => self.instead = true,
            Means::Instead => self.instead = true,
            Means::InsteadOf => {
                self.instead = true;
                return true;
            }
            Means::This => self.this = true,
            Means::Which => self.which = true,
            Means::All => self.all = true,
            Means::Them => self.them = true,
            Means::Most(dimension) => self.extreme = Some((Some(dimension), true)),
            Means::Least(dimension) => self.extreme = Some((Some(dimension), false)),
            Means::Biggest => self.extreme = Some((None, true)),
            Means::Smallest => self.extreme = Some((None, false)),
            Means::What => self.what = true,
            Means::Bye => self.bye = true,
            Means::Total => self.total = true,
            Means::Price => self.price = true,
            Means::Stock => self.stock = true,
            Means::Have => self.have = true,
            Means::Details => self.details = true,
            Means::Photo => self.photo = true,
            Means::Choose if negated => self.exclude.push(words.join(" ")),
            Means::Choose => self.choose = true,
            Means::Want => {
                self.want = true;
                return false;
            }
            Means::Remove => self.remove = true,
            Means::Compare => self.compare = true,
            Means::Recommend => self.recommend = true,
            Means::Cheaper => self.cheaper = true,
            Means::Dearer => self.dearer = true,
            Means::Cheapest => self.cheapest = true,
            Means::Dearest => self.dearest = true,
            Means::More(dimension) => self.scale = Some((Some(dimension), true)),
            Means::Less(dimension) => self.scale = Some((Some(dimension), false)),
            Means::Bigger => self.scale = Some((None, true)),
            Means::Smaller => self.scale = Some((None, false)),
            Means::InStock => self.in_stock = true,
            Means::Further => self.further = true,
            Means::OtherBrand => self.other_brand = true,
            Means::Back => self.back = true,
            Means::Not => return true,
            Means::Without => {
                self.without = true;
                return true;
            }
            Means::Yes => self.yes = true,
            Means::Or => self.or = true,
            Means::Number | Means::UpTo | Means::From | Means::To | Means::And | Means::Filler => {}
        }
        negated
    }

    fn amount(&mut self, amount: f64, before: Option<Means>) {
        self.amounts.push(amount);
        match before {
            Some(Means::From) => self.min_price = Some(amount),
            _ => self.max_price = Some(amount),
        }
    }

    fn counted(&mut self, count: f64) {
        if let Some(place) = self.nth.last() {
            self.counts.push((*place, count));
        }
        self.count = Some(count);
        self.counted.push(count);
    }

    fn number(&mut self, value: f64, factor: f64, before: Option<Means>) {
        /// The most rows that «первые три» may speak of.
        const FEW: f64 = 10.0;
        let whole = value.fract() == 0.0 && value >= 1.0;
        match before {
            Some(Means::Number) if whole && value <= 100.0 => self.nth.push(value as usize),
            // «первые два», «последние три»
            Some(Means::Nth(1)) if whole && value <= FEW && !self.choose => {
                self.nth = (1..=value as usize).collect();
            }
            Some(Means::Last) if whole && value <= FEW => self.last = value as usize,
            // «второй три»: so many of it.
            Some(Means::Nth(_)) if whole && self.choose => self.counted(value),
            Some(Means::UpTo) if factor == 1.0 => self.raw_bounds.push(RawBound { value, upper: true }),
            Some(Means::From) if factor == 1.0 => self.raw_bounds.push(RawBound { value, upper: false }),
            _ if factor > 1.0 => self.amount(value, before),
            _ => self.numbers.push(value),
        }
    }
}

/// A town as it is called: «в Самару» goes to «Самара».
fn nominative(word: &str) -> String {
    /// Names that end so by themselves.
    const OWN: &[&str] = &["баку", "тарту", "сочи", "алматы"];
    let capital = |word: &str| -> String {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    };
    let lower = word.to_lowercase();
    if OWN.contains(&lower.as_str()) {
        return capital(word);
    }
    let changed = match (word.strip_suffix('у'), word.strip_suffix('ю')) {
        (Some(head), _) => format!("{head}а"),
        (_, Some(head)) => format!("{head}я"),
        _ => word.to_owned(),
    };
    capital(&changed)
}

/// A text, in lower case, without the assent that it begins with: «ладно, а …».
fn without_assent(text: &str) -> &str {
    const ASSENTS: &[&str] = &["ok", "okay", "well", "so", "да", "ну", "ладно", "хорошо", "тогда", "ясно"];
    let (first, rest) = text.split_at(text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len()));
    if ASSENTS.contains(&first) { rest.trim_start_matches([',', '.', ' ']) } else { text }
}
