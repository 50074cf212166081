//! The tokenizer: words, numbers in digits and marks, with their byte ranges. Also the windows through which extractors
//! look at the text beside a match.
//!
//! Extractors are linear in the text. So nothing looks at all of the text before or after a match: it looks at a stated
//! number of characters, or at the run of like characters that touches the match.

use std::ops::Range;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) what: What,
    /// In bytes.
    pub(crate) range: Range<usize>,
    /// Whether it follows the token before it without a blank.
    pub(crate) glued: bool,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// Letters, in lower case, ё as е.
    Word(String),
    /// A number in digits.
    Digits(f64),
    /// Any other mark.
    Mark(char),
    /// Digits that are no number: an article, a time, a date.
    Code,
}

/// The pieces of a text, without blanks.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (what, length) = if c.is_ascii_digit() {
            digits(text, at)
        } else if c.is_alphabetic() {
            letters(text, at)
        } else {
            (What::Mark(c), c.len_utf8())
        };
        let glued = tokens.last().is_some_and(|before| before.range.end == at);
        tokens.push(Token { what, range: at..at + length, glued });
        at += length;
    }
    tokens
}

/// Lower case, ё as е.
pub(crate) fn folded(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).map(|c| if c == 'ё' { 'е' } else { c }).collect()
}

/// The longest word, in characters, that is compared with a table. No entry is longer.
pub(crate) const LONGEST_WORD: usize = 32;

/// The word that a text ends with: letters and digits up to any other character. Empty where the text ends with another
/// character, or where the word has more than [`LONGEST_WORD`] characters.
pub(crate) fn last_word(text: &str) -> &str {
    let mut start = text.len();
    for (at, c) in text.char_indices().rev().take(LONGEST_WORD + 1) {
        if !c.is_alphanumeric() {
            return text.get(start..).unwrap_or_default();
        }
        start = at;
    }
    if start == 0 { text } else { "" }
}

/// The first `count` characters of a text.
pub(crate) fn first_chars(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// The last `count` characters of a text.
pub(crate) fn last_chars(text: &str, count: usize) -> &str {
    let start = count.checked_sub(1).and_then(|before| text.char_indices().rev().nth(before));
    match start {
        Some((start, _)) => text.get(start..).unwrap_or_default(),
        None if count == 0 => "",
        None => text,
    }
}

fn run(text: &str, from: usize, of: impl Fn(char) -> bool) -> &str {
    let rest = text.get(from..).unwrap_or_default();
    let length = rest.find(|c| !of(c)).unwrap_or(rest.len());
    rest.get(..length).unwrap_or_default()
}

fn is_times(word: &str) -> bool {
    matches!(word, "x" | "х" | "X" | "Х" | "×")
}

/// A word; with digits hard on it, a code («RH-10537», «М8х20»), except after a preposition written together («до10 тысяч»)
/// and between two measures («50х30»).
fn letters(text: &str, at: usize) -> (What, usize) {
    let word = run(text, at, char::is_alphabetic);
    let end = at + word.len();
    let rest = text.get(end..).unwrap_or_default();
    let digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let preposition = ["до", "от", "за", "по", "на", "около", "под", "тел", "under", "р", "руб"]
        .contains(&folded(word).as_str());
    let after_number = text
        .get(..at)
        .is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit() || matches!(c, '"' | '²')));
    let codes = digit(rest) || rest.strip_prefix(['-', '/', '_']).is_some_and(digit);
    if codes && !preposition && !(is_times(word) && after_number) {
        let code = run(text, at, |c| c.is_alphanumeric() || matches!(c, '-' | '/' | '_' | '.'));
        return (What::Code, code.trim_end_matches('.').len());
    }
    (What::Word(folded(word)), word.len())
}

/// A number, or digits that are a time (`10:30`), a date (`15.03.2027`), a code (`12ab34`).
fn digits(text: &str, at: usize) -> (What, usize) {
    let length = number_length(text, at);
    let end = at + length;
    let rest = text.get(end..).unwrap_or_default();
    let mut following = rest.chars();
    let (first, second) = (following.next(), following.next());
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    if matches!(first, Some(':' | '.' | ',' | '/')) && digit(second) || digit(first) {
        let code = run(text, at, |c| c.is_ascii_digit() || matches!(c, ':' | '.' | ',' | '/' | '-'));
        return (What::Code, code.trim_end_matches(['.', ',', ':', '-']).len());
    }
    let word = run(text, end, char::is_alphabetic);
    let after = text.get(end + word.len()..).unwrap_or_default();
    if !word.is_empty()
        && !is_times(word)
        && after.starts_with(|c: char| c.is_ascii_digit())
        && !is_measure_power(word, after)
    {
        let code = run(text, at, |c| c.is_alphanumeric() || matches!(c, '-' | '/' | '_'));
        return (What::Code, code.len());
    }
    let number = text.get(at..end).unwrap_or_default();
    (amount(number).map_or(What::Code, What::Digits), length)
}

/// «5м2», "2m3": a power of a unit is no code.
fn is_measure_power(word: &str, after: &str) -> bool {
    let more = after.chars().nth(1).is_some_and(char::is_alphanumeric);
    matches!(word, "м" | "m" | "см" | "cm" | "мм" | "mm") && !more && after.starts_with(['2', '3'])
}

/// The most groups of three, and the most parts between decimal marks, that one number has. More are no number, and
/// reading on would make the work quadratic: each group begins a number of its own.
const MOST_GROUPS: usize = 12;

/// The length of digits with groups of three («15 000», «15'000»), a decimal mark or a fraction («1-1/2», «3/4»).
fn number_length(text: &str, at: usize) -> usize {
    let count = |from: usize| run(text, from, |c| c.is_ascii_digit()).len();
    let mark = |from: usize| text.get(from..).and_then(|rest| rest.chars().next());
    let mut end = at + count(at);
    if end - at <= 3 && mark(at) != Some('0') {
        for _ in 0..MOST_GROUPS {
            let blank = mark(end).filter(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’'));
            let Some(blank) = blank.filter(|blank| count(end + blank.len_utf8()) == 3) else { break };
            end += blank.len_utf8() + 3;
        }
    }
    for _ in 0..MOST_GROUPS {
        let more = if matches!(mark(end), Some('.' | ',')) { count(end + 1) } else { 0 };
        if more == 0 {
            break;
        }
        end += 1 + more;
    }
    let fraction = |from: usize| {
        let above = count(from);
        let below = count(from + above + 1);
        let fits = (1..=2).contains(&above) && (1..=2).contains(&below) && mark(from + above) == Some('/');
        let next = from + above + 1 + below;
        let over = !mark(next).is_some_and(|c| c.is_alphanumeric() && c.is_ascii_digit() || c == '/');
        (fits && over).then_some(next)
    };
    if let Some(next) = fraction(at) {
        return next - at;
    }
    if matches!(mark(end), Some('-' | ' '))
        && let Some(next) = fraction(end + 1)
    {
        return next - at;
    }
    end - at
}

/// `1 992,64` and `1,992.64` are the same number; a lone separator before exactly three digits groups thousands, except
/// after a zero. `None` for what is no number, as `15.03.2027`.
pub(crate) fn amount(number: &str) -> Option<f64> {
    if let Some((whole, fraction)) = number.split_once(['-', ' ']).filter(|(_, rest)| rest.contains('/')) {
        return Some(amount(whole)? + amount(fraction)?);
    }
    if let Some((above, below)) = number.split_once('/') {
        let below: f64 = below.parse().ok()?;
        return (below != 0.0).then_some(above.parse::<f64>().ok()? / below);
    }
    let compact: String = number.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let blanks = compact.len() != number.len();
    let (whole, decimal) = match compact.rfind([',', '.']) {
        None => (compact.as_str(), ""),
        Some(at) => {
            let (whole, rest) = compact.split_at_checked(at)?;
            let digits = rest.get(1..)?;
            let mixed =
                rest.starts_with(',') && whole.contains('.') || rest.starts_with('.') && whole.contains(',');
            let alike = !mixed && whole.contains([',', '.']);
            let lone =
                !blanks && !mixed && digits.len() == 3 && whole.trim_start_matches('0').len() == whole.len();
            if alike || lone { (compact.as_str(), "") } else { (whole, digits) }
        }
    };
    let mut groups = whole.split([',', '.']);
    let first = groups.next()?;
    let mut plain = first.to_owned();
    for group in groups {
        if group.len() != 3 || first.len() > 3 {
            return None;
        }
        plain.push_str(group);
    }
    format!("{plain}.{decimal}0").parse().ok()
}
