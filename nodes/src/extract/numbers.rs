//! Numbers, in digits and in words: «15 000», «1,5 млн», «двадцать пять», «полтора десятка», "two and a half thousand".
//!
//! It finds numbers and the ranges that two of them make. Which of them is a price is for `money`, a length for `sizes`.

mod vocabulary;

use std::ops::Range;

use self::vocabulary::{Form, Part, part};
use super::{
    contacts,
    units::{self, Unit},
    words::{Token, What, folded, last_word, tokens},
};

/// A number, with the place of its digits or words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    /// What «тысяч» or "k" multiplied it by; 1 without such a word.
    pub(crate) factor: f64,
    pub(crate) range: Range<usize>,
}

/// A number or a range of two: «15-20 тысяч», "between 100 and 200".
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) low: Option<Number>,
    pub(crate) high: Number,
    pub(crate) range: Range<usize>,
}

/// The one number of an answer; of a range («15-20 тысяч») the upper end. Several numbers are not guessed at, unless one of
/// them counts or costs («5 штук на 220 В»); a phone number, a date and a measure within a longer sentence are none.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = contacts::without(text, ' ');
    let text = text.as_str();
    let spans = spans(text);
    let mut plain = Vec::new();
    let mut counted = Vec::new();
    let mut measured = Vec::new();
    // Of each span, whether it is measured; and where measured spans begin and end, with their units, in order.
    let mut is_measured = Vec::with_capacity(spans.len());
    let mut measures: Vec<Range<usize>> = Vec::new();
    for span in &spans {
        let unit = units::after(text, span.range.end);
        let kind = unit.as_ref().map(|unit| unit.kind);
        is_measured.push(matches!(kind, Some(Unit::Measure | Unit::Time)));
        match kind {
            Some(Unit::Piece | Unit::Currency) => counted.push(span),
            Some(Unit::Measure | Unit::Time) => {
                measured.push(span);
                measures.push(span.range.start..unit.map_or(span.range.end, |unit| unit.end));
            }
            Some(Unit::Date) => {}
            None if units::currency_before(text, span.range.start).is_some() => counted.push(span),
            None => plain.push(span),
        }
    }
    let value = |span: &Span| if negative(text, span) { -span.high.value } else { span.high.value };
    let one = |spans: &[&Span]| {
        let first = value(spans.first()?);
        spans.iter().all(|span| value(span) == first).then_some(first)
    };
    if !counted.is_empty() {
        // «5 штук по 1000 рублей» says first what was asked for.
        return counted.first().map(|span| value(span));
    }
    if !plain.is_empty() {
        // «3 на 4 метра», «два метра двадцать»: a measure of which the bare number is a part.
        let parts = spans.windows(2).zip(is_measured.windows(2)).any(|pair| match pair {
            ([a, b], [a_measured, b_measured]) => a_measured != b_measured && is_one_measure(text, a, b),
            _ => false,
        });
        return if parts { None } else { one(&plain) };
    }
    // «50 см» answers a question for a width, «насос на 5 кВт» is another request.
    let tokens = tokens(text);
    let others = tokens.iter().filter(|token| is_content(token, &measures)).take(2).count();
    if others > 1 { None } else { one(&measured) }
}

/// The two numbers of a text between which it leaves the choice open: «3 или 4», «с 3 по 7», "3-5". A range of amounts
/// («15-20 тысяч», «от 5000 до 10000») is none: its upper end is what is meant.
pub(crate) fn either(text: &str) -> Option<[f64; 2]> {
    /// From here on a range is one of amounts.
    const AMOUNT: f64 = 100.0;
    let text = contacts::without(text, ' ');
    let [span] = spans(&text).try_into().ok()?;
    let Span { low, high, range } = span;
    let low = low?;
    let between = folded(text.get(low.range.end..high.range.start)?);
    let or = between.split_whitespace().any(|word| matches!(word, "или" | "or" | "либо"));
    let counted = high.value < AMOUNT && high.factor == 1.0;
    let costs = matches!(units::after(&text, range.end).map(|unit| unit.kind), Some(Unit::Currency));
    (low.value != high.value && (or || counted && !costs)).then_some([low.value, high.value])
}

/// Whether two numbers are sides of one thing or one length in two units.
fn is_one_measure(text: &str, a: &Span, b: &Span) -> bool {
    let end = units::after(text, a.range.end).map_or(a.range.end, |unit| unit.end);
    let between = text.get(end..b.range.start).map(|between| folded(between.trim()));
    matches!(between.as_deref(), Some("" | "x" | "х" | "×" | "*" | "на" | "by"))
}

/// A word that says something of its own beside measures, which are given by their ranges, in order.
fn is_content(token: &Token, measures: &[Range<usize>]) -> bool {
    const APPROXIMATE: &[&str] = &[
        "около",
        "примерно",
        "приблизительно",
        "где",
        "ровно",
        "больше",
        "меньше",
        "более",
        "менее",
        "максимум",
        "минимум",
        "нужно",
        "надо",
        "пусть",
        "будет",
        "about",
        "around",
        "approximately",
        "exactly",
        "least",
        "most",
    ];
    let What::Word(word) = &token.what else { return false };
    // Ranges do not overlap, so that only the last one that begins before the word can hold it.
    let after = measures.partition_point(|range| range.start <= token.range.start);
    let before = after.checked_sub(1).and_then(|at| measures.get(at));
    let inside = before.is_some_and(|range| token.range.end <= range.end);
    !inside && word.chars().count() > 2 && !APPROXIMATE.contains(&word.as_str())
}

/// A minus before digits that nothing else stands before: not the dash of a range or of «цена - 500».
fn negative(text: &str, span: &Span) -> bool {
    let before = text.get(..span.range.start).unwrap_or_default();
    before.strip_suffix(['-', '−']).is_some_and(|rest| rest.is_empty() || rest.ends_with(' '))
        && span.low.is_none()
}

/// The numbers of a text, two that a range holds together as one.
pub(crate) fn spans(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for mut number in find(text) {
        if let Some(before) = spans.last()
            && before.low.is_none()
            && joins(text, &before.high, &number)
        {
            let mut low = before.high.clone();
            // «тысяч 20-25»: it was said before the first.
            let first = text.get(low.range.clone()).and_then(|said| said.split(' ').next()).map(folded);
            let inverted = matches!(first.as_deref().and_then(part), Some(Part::Times(_, Form::Follows)));
            if inverted && number.factor == 1.0 && number.value * low.factor >= low.value {
                number.value *= low.factor;
                number.factor = low.factor;
            }
            // «15-20 тысяч»: the multiplier of the second serves both.
            if low.factor == 1.0 && number.factor > 1.0 && low.value * number.factor <= number.value {
                low.value *= number.factor;
                low.factor = number.factor;
            }
            let start = low.range.start;
            if low.value <= number.value {
                let end = number.range.end;
                let last = spans.len() - 1;
                spans[last] = Span { low: Some(low), high: number, range: start..end };
                continue;
            }
        }
        spans.push(Span { low: None, range: number.range.clone(), high: number });
    }
    spans
}

/// Whether the words between two numbers make them the ends of a range.
fn joins(text: &str, low: &Number, high: &Number) -> bool {
    let Some(between) = text.get(low.range.end..high.range.start) else { return false };
    // «10х12 до 100 рублей»: a side of a size begins no range.
    let head = text.get(..low.range.start).unwrap_or_default().trim_end();
    let side = head.strip_suffix(['x', 'х', 'X', 'Х', '×', '*']);
    if side.is_some_and(|head| head.trim_end().ends_with(|c: char| c.is_ascii_digit())) {
        return false;
    }
    let unit = units::after(text, low.range.end).filter(|unit| unit.end <= high.range.start);
    let (start, same_kind) = unit.as_ref().map_or((low.range.end, true), |unit| {
        let later = units::after(text, high.range.end).map(|unit| unit.kind);
        (unit.end, later == Some(unit.kind))
    });
    let words = text.get(start..high.range.start).unwrap_or(between).trim().to_lowercase();
    let words = words.trim_end_matches(['$', '€', '₽']).trim();
    let before = text.get(..low.range.start).unwrap_or_default().trim_end_matches(['$', '€', '₽', ' ']);
    let last = last_word(before).to_lowercase();
    let last = last.as_str();
    same_kind
        && match words {
            "-" | "–" | "—" | "до" | "to" | ".." | "..." | "…" | "или" | "or" | "либо" | "- до" => {
                true
            }
            "и" | "and" => matches!(last, "между" | "between"),
            "по" => last == "с",
            _ => false,
        }
}

/// Every number of a text, in order. Digits inside a code («RH-10537», «M8x20»), a time and a date are none.
pub(crate) fn find(text: &str) -> Vec<Number> {
    let tokens = tokens(text);
    let parts = parts_of(&tokens);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match parse(&tokens, &parts, at) {
            Some((value, factor, next)) => {
                let range = tokens[at].range.start..tokens[next - 1].range.end;
                found.push(Number { value, factor, range });
                at = next;
            }
            None => at += 1,
        }
    }
    found
}

/// The number among `found` that begins at a token, with how many tokens it takes.
pub(super) fn at(found: &[Number], tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    let token = tokens.get(at)?;
    let number = found.binary_search_by_key(&token.range.start, |number| number.range.start);
    let number = found.get(number.ok()?)?;
    let taken = tokens.iter().skip(at).take_while(|token| token.range.end <= number.range.end).count();
    Some((number.value, taken))
}

/// The number that begins at a token: its value, its last multiplier, and the token after it.
fn parse(tokens: &[Token], parts: &[Option<Part>], from: usize) -> Option<(f64, f64, usize)> {
    parse_within(tokens, parts, from, 0)
}

/// What each token adds to a number; `None` for what is no word of a number.
fn parts_of(tokens: &[Token]) -> Vec<Option<Part>> {
    /// "this one": words after which it is no number.
    const POINTS: &[&str] = &[
        "this", "that", "which", "the", "any", "no", "every", "another", "each", "red", "new", "same",
        "other",
    ];
    let mut before = None;
    let parts = tokens.iter().map(|token| {
        let this = match &token.what {
            What::Word(word) => Some(word.as_str()),
            _ => None,
        };
        let pointed = this == Some("one") && before.is_some_and(|before| POINTS.contains(&before));
        before = this;
        this.filter(|_| !pointed).and_then(part)
    });
    parts.collect()
}

/// How many inverted numbers («тысяч двадцать») may stand inside each other. A row of such words would otherwise be read
/// to its end from each of them.
const INVERTED: u8 = 2;

fn parse_within(
    tokens: &[Token],
    parts: &[Option<Part>],
    from: usize,
    depth: u8,
) -> Option<(f64, f64, usize)> {
    let mut walk = Walk {
        tokens,
        parts,
        at: from,
        total: 0.0,
        group: None,
        lowest: 1000.0,
        factor: f64::INFINITY,
        end: from,
        depth,
    };
    walk.article();
    while walk.step().is_some() {}
    if walk.end == from {
        return None;
    }
    let factor = if walk.factor.is_finite() { walk.factor } else { 1.0 };
    Some((walk.total + walk.group.unwrap_or(0.0), factor, walk.end))
}

struct Walk<'t> {
    tokens: &'t [Token],
    /// What each of them adds.
    parts: &'t [Option<Part>],
    at: usize,
    /// What was multiplied already.
    total: f64,
    /// The part below the next multiplier.
    group: Option<f64>,
    /// What may join the group is below this.
    lowest: f64,
    /// The last multiplier; the next one is smaller.
    factor: f64,
    /// Where the number ends: after the last token that belongs to it.
    end: usize,
    /// In how many inverted numbers this one stands.
    depth: u8,
}

impl Walk<'_> {
    fn word(&self, at: usize) -> Option<&str> {
        match &self.tokens.get(at)?.what {
            What::Word(word) => Some(word),
            _ => None,
        }
    }

    fn part(&self, at: usize) -> Option<Part> {
        self.parts.get(at).copied().flatten()
    }

    /// "a dozen", "a couple hundred", "half a million".
    fn article(&mut self) {
        if matches!(self.word(self.at), Some("a" | "an"))
            && matches!(
                self.part(self.at + 1),
                Some(Part::Times(_, Form::One) | Part::Hundred | Part::Alone(_))
            )
        {
            self.at += 1;
        }
    }

    /// Takes one more part; `None` where the number is over.
    fn step(&mut self) -> Option<()> {
        let token = self.tokens.get(self.at)?;
        // A number continues over blanks, and over a hyphen between a ten and a unit ("twenty-five").
        if let What::Mark('-') = token.what {
            let inside = token.glued && self.tokens.get(self.at + 1).is_some_and(|next| next.glued);
            let unit = matches!(self.part(self.at + 1), Some(Part::Unit(_) | Part::Hundred));
            let after_ten =
                self.lowest == 10.0 || self.lowest == 1.0 && self.part(self.at + 1) == Some(Part::Hundred);
            (inside && unit && after_ten && self.group.is_some()).then(|| self.at += 1)?;
        }
        match &self.tokens.get(self.at)?.what {
            What::Digits(value) => {
                let value = *value;
                if self.begun() {
                    // «15 тысяч 500 рублей»: three digits more, and nothing else after them.
                    let fits =
                        self.group.is_none() && self.factor == 1000.0 && (100.0..1000.0).contains(&value);
                    let next = self.tokens.get(self.at + 1).map(|next| &next.what);
                    let over = match next {
                        None => true,
                        Some(What::Word(word)) => units::is_currency(word),
                        Some(What::Mark(mark)) => matches!(mark, '.' | '!' | '?' | ',' | '₽' | '$' | '€'),
                        _ => false,
                    };
                    (fits && over).then_some(())?;
                }
                self.add(value, 0.0)?;
                // «5ти тысяч», «до 3х»: the ending of a case, unless another side follows («50х30»).
                let ending = matches!(self.word(self.at), Some("х" | "ти" | "и" | "ю" | "ми" | "мя"))
                    && self.tokens.get(self.at).is_some_and(|token| token.glued)
                    && !matches!(self.tokens.get(self.at + 1).map(|next| &next.what), Some(What::Digits(_)));
                self.at += usize::from(ending);
                self.end = self.at;
                Some(())
            }
            What::Word(word) if matches!(word.as_str(), "and" | "с" | "и") => self.and_a_half(),
            What::Word(word) if word == "of" && self.begun() => {
                matches!(self.part(self.at + 1), Some(Part::Times(..) | Part::Hundred)).then(|| self.at += 1)
            }
            What::Word(word) if word == "т" => {
                // «15 т.р.», «15 т р»
                let mut next = self.at + 1;
                next += usize::from(self.tokens.get(next)?.what == What::Mark('.'));
                (self.word(next)? == "р" && self.group.is_some()).then_some(())?;
                next += 1;
                self.multiply(1000.0, next)
            }
            What::Word(_) => {
                let part = self.part(self.at)?;
                self.take(part)
            }
            What::Mark(_) | What::Code => None,
        }
    }

    fn begun(&self) -> bool {
        self.group.is_some() || self.factor.is_finite()
    }

    fn add(&mut self, value: f64, lowest: f64) -> Option<()> {
        self.group = Some(self.group.unwrap_or(0.0) + value);
        self.lowest = lowest;
        self.at += 1;
        self.end = self.at;
        Some(())
    }

    fn take(&mut self, part: Part) -> Option<()> {
        match part {
            Part::Unit(value) => {
                // «сто ноль» is no number; «ноль» alone is.
                (self.lowest >= 10.0 && !(value == 0.0 && self.begun())).then_some(())?;
                self.add(value, 1.0)
            }
            Part::Teen(value) => {
                (self.lowest >= 100.0).then_some(())?;
                // "fifteen hundred" is a number as well.
                self.add(value, 1.0)
            }
            Part::Ten(value) => {
                (self.lowest >= 100.0).then_some(())?;
                self.add(value, 10.0)
            }
            Part::Hundreds(value) => {
                (self.lowest >= 1000.0).then_some(())?;
                self.add(value, 100.0)
            }
            Part::Hundred => {
                let group = self.group.unwrap_or(1.0);
                (group < 100.0 && self.factor > 100.0).then_some(())?;
                self.group = Some(group * 100.0);
                self.lowest = 100.0;
                self.at += 1;
                self.end = self.at;
                Some(())
            }
            Part::Alone(value) => {
                (!self.begun()).then_some(())?;
                self.add(value, 0.0)
            }
            Part::Fraction(value) => {
                (!self.begun()).then_some(())?;
                self.add(value, 0.0)?;
                // "half a million", "half dozen"
                if matches!(self.word(self.at), Some("a" | "an"))
                    && matches!(self.part(self.at + 1), Some(Part::Times(_, Form::One) | Part::Hundred))
                {
                    self.at += 1;
                }
                Some(())
            }
            Part::Times(factor, form) => {
                // «сто десяток» is no number; a group that is there is multiplied.
                (factor < self.factor).then_some(())?;
                if self.group.is_none() {
                    let follows = !self.begun()
                        && form == Form::Follows
                        && !matches!(self.part(self.at + 1), Some(Part::Times(..)));
                    // «тысяч двадцать», «тысяч за 20», «тысяч до пяти»
                    let led = usize::from(matches!(
                        self.word(self.at + 1),
                        Some("за" | "до" | "по" | "на" | "от" | "в")
                    ));
                    let number = (follows && self.depth < INVERTED)
                        .then(|| parse_within(self.tokens, self.parts, self.at + 1 + led, self.depth + 1))
                        .flatten()
                        .filter(|number| number.0 < 1000.0);
                    if let Some((value, _, next)) = number {
                        // «десятка два» is said of small numbers only, «тысяч двадцать» of any.
                        (factor >= 1000.0 || value < 10.0).then_some(())?;
                        self.total = value * factor;
                        self.factor = factor;
                        self.at = next;
                        self.end = next;
                        return None;
                    }
                    (form == Form::One || self.genitive()).then_some(())?;
                }
                let next = self.at + 1;
                self.multiply(factor, next)
            }
        }
    }

    /// «до тысячи», «около сотни»: one of it, in the case that such a word asks for.
    fn genitive(&self) -> bool {
        const LEADS: &[&str] = &[
            "до",
            "от",
            "около",
            "порядка",
            "больше",
            "меньше",
            "более",
            "менее",
            "свыше",
            "выше",
            "ниже",
            "дороже",
            "дешевле",
            "с",
        ];
        let before = self.at.checked_sub(1).and_then(|before| self.word(before));
        let singular = matches!(
            self.word(self.at),
            Some("тысячи" | "тыщи" | "сотни" | "десятка" | "дюжины" | "миллиона" | "ляма")
        );
        singular && !self.begun() && before.is_some_and(|before| LEADS.contains(&before))
    }

    fn multiply(&mut self, factor: f64, mut next: usize) -> Option<()> {
        self.total += self.group.unwrap_or(1.0) * factor;
        self.group = None;
        self.lowest = if factor >= 1000.0 { 1000.0 } else { 0.0 };
        self.factor = factor;
        // The dot of an abbreviation belongs to it.
        let abbreviated = matches!(self.word(next - 1), Some("тыс" | "млн" | "р" | "тр"));
        let dotted = self.tokens.get(next).is_some_and(|dot| dot.glued && dot.what == What::Mark('.'));
        next += usize::from(abbreviated && dotted);
        self.at = next;
        self.end = next;
        Some(())
    }

    /// «с половиной», "and a half", «с четвертью», and the "and" of "two hundred and five".
    fn and_a_half(&mut self) -> Option<()> {
        self.begun().then_some(())?;
        let article = usize::from(matches!(self.word(self.at + 1), Some("a" | "an")));
        let next = self.at + 1 + article;
        match self.part(next) {
            Some(Part::Fraction(value)) if self.word(self.at) != Some("и") => {
                match &mut self.group {
                    Some(group) => *group += value,
                    None => self.total += value * self.factor,
                }
                self.lowest = 0.0;
                self.at = next + 1;
                self.end = self.at;
                Some(())
            }
            Some(Part::Unit(_) | Part::Teen(_) | Part::Ten(_))
                if article == 0 && self.word(self.at) == Some("and") && self.lowest == 100.0 =>
            {
                self.at += 1;
                Some(())
            }
            _ => None,
        }
    }
}
