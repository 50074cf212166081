//! Parses a client's text into what to look up: article numbers, and meaningful words with the index terms that may
//! stand for each.
//!
//! Prices and stock in the text are left to filters. Ranking is in [`super::rank`].

use std::ops::Range;

use tolmach_engine::catalog::SearchRequest;

use super::{generation::Generation, index::Index, spelling::Suggestion};
use crate::words::{self, Word};

const MOST_WORDS: usize = 32;
/// Maximum number of letters of a word that is looked up in other ways than as it is typed. No catalogue writes a longer
/// one.
const LONGEST_WORD: usize = 48;
/// Maximum number of article numbers taken from a text.
const MOST_ARTICLES: usize = 32;
const COMPLETIONS: usize = 20;
/// Weight of a match by prefix, by the last part of a compound, of a number without its unit, and of a word that the
/// catalogue writes together with the next one.
const COMPLETED: f32 = 0.9;
const COMPOUND: f32 = 0.7;
const WITHOUT_UNIT: f32 = 0.5;
const APART: f32 = 0.7;
/// Words of at most this many letters are ignored if no row contains them.
const SHORT: usize = 3;

/// A parsed text.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// Rows whose article number occurs in the text, in text order.
    pub articles: Vec<u32>,
    /// Meaningful words without duplicates, at most [`MOST_WORDS`] before codes are split.
    pub words: Vec<Alternatives>,
    /// Whether any of them is a word and not a number or a code. Vectors carry no meaning for codes.
    pub has_plain_words: bool,
}

/// Index terms that may stand for a word, each with a weight of at most 1 (1 for the word itself). Empty if no row
/// contains the word.
pub(super) type Alternatives = Vec<(String, f32)>;

impl Query {
    /// Whether the text asks for nothing in particular («что есть в наличии?»).
    pub fn is_empty(&self) -> bool {
        self.articles.is_empty() && self.words.is_empty()
    }
}

/// Parses a text against the vocabulary of a generation.
pub(super) fn parse(text: &str, generation: &Generation) -> tantivy::Result<Query> {
    let text: String = text.chars().take(SearchRequest::MAX_TEXT).collect();
    let mut query = Query::default();
    if let Some(rows) = generation.articles.get(&words::normalise_article(&text)) {
        query.articles.extend(rows);
        return Ok(query);
    }
    let rest = take_articles(&text, generation, &mut query.articles);
    let found = meaningful(&words::words(&rest));
    let last = found.len().saturating_sub(1);
    let mut seen = Vec::new();
    for (position, word) in found.iter().enumerate().take(MOST_WORDS) {
        query.has_plain_words |= !words::has_digit(&word.text);
        let mut all = alternatives(word, position == last, generation)?;
        let next = found.get(position + 1).filter(|_| all.len() == 1);
        if let (Some(joined), [word]) =
            (next.and_then(|next| together(word, next, generation)), all.as_mut_slice())
        {
            word.iter_mut().for_each(|(_, weight)| *weight *= APART);
            word.push((joined, 1.0));
        }
        for alternatives in all {
            let key = alternatives.first().map_or_else(|| word.text.clone(), |(term, _)| term.clone());
            if !seen.contains(&key) {
                seen.push(key);
                query.words.push(alternatives);
            }
        }
    }
    Ok(query)
}

/// The compound of two words («шуруповерт» for «шурупо верт»), if the catalogue contains it and its count is more than
/// 1/20 of the rarer part's count.
fn together(word: &Word, next: &Word, generation: &Generation) -> Option<String> {
    if words::has_digit(&word.text) || words::has_digit(&next.text) {
        return None;
    }
    let spellings = &generation.names.spellings;
    let joined = format!("{}{}", word.text, next.text);
    let apart = spellings.count(&word.text).min(spellings.count(&next.text));
    (spellings.knows(&joined) && spellings.count(&joined) > apart / 20).then(|| words::stem(&joined))
}

/// Finds article numbers among the words of a text, adds their rows, and returns the text without them.
fn take_articles(text: &str, generation: &Generation, rows: &mut Vec<u32>) -> String {
    let tokens = tokens(text);
    let word = |at: usize| tokens.get(at).and_then(|span| text.get(span.clone())).unwrap_or_default();
    // Characters are normalised one by one, so that tokens can be joined afterwards.
    let normalised: Vec<String> = (0..tokens.len()).map(|at| words::normalise_article(word(at))).collect();
    let mut rest = String::with_capacity(text.len());
    let (mut position, mut kept) = (0, 0);
    while position < tokens.len() {
        // An article number with spaces is several tokens.
        let taken = (1..=3).rev().find_map(|count| {
            let parts = normalised.get(position..position + count)?;
            if !parts.iter().any(|part| words::has_digit(part)) {
                return None;
            }
            let article = parts.concat();
            let found = generation.articles.get(&article)?;
            let number = article.chars().all(|c| c.is_ascii_digit());
            // «до 15000 руб» is a price, even if an article number is equal; short numbers are sizes and quantities.
            let amount = || {
                position.checked_sub(1).is_some_and(|before| is_bound(&word(before).to_lowercase()))
                    || is_money(word(position + 1).to_lowercase().trim_end_matches('.'))
            };
            let plausible =
                article.chars().count() >= 3 && !(number && (article.len() < 5 || count > 1 || amount()));
            plausible.then_some((count, found))
        });
        let Some((count, found)) = taken.filter(|_| rows.len() < MOST_ARTICLES) else {
            position += 1;
            continue;
        };
        for row in found {
            if !rows.contains(row) {
                rows.push(*row);
            }
        }
        let (first, last) = (tokens.get(position), tokens.get(position + count - 1));
        if let (Some(first), Some(last)) = (first, last) {
            rest.push_str(text.get(kept..first.start).unwrap_or_default());
            rest.push(' ');
            kept = last.end;
        }
        position += count;
    }
    rest.push_str(text.get(kept..).unwrap_or_default());
    rest
}

/// Byte ranges of a text's tokens. Codes keep their hyphens, dots and slashes.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let parts = |c: char| c.is_whitespace() || ",;?!()\"«»".contains(c);
    let mut tokens: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| !parts(*c)) {
        match tokens.last_mut() {
            Some(last) if last.end == at => last.end = at + c.len_utf8(),
            _ => tokens.push(at..at + c.len_utf8()),
        }
    }
    tokens
}

/// Whether a word precedes an amount ("under", "from").
fn is_bound(word: &str) -> bool {
    [
        "до",
        "от",
        "около",
        "дешевле",
        "дороже",
        "выше",
        "ниже",
        "свыше",
        "максимум",
        "минимум",
        "under",
        "below",
        "over",
        "above",
        "max",
        "than",
        "to",
        "around",
    ]
    .contains(&word)
}

/// Whether a word follows an amount of money: a currency or «тыс».
fn is_money(word: &str) -> bool {
    word.starts_with("руб")
        || word.starts_with("тыс")
        || [
            "р", "к", "k", "т", "rub", "rubles", "usd", "eur", "euro", "dollars", "uah", "грн", "евро", "₽",
            "$", "€",
        ]
        .contains(&word)
}

/// The words that tell products apart, without stop words and amounts of money; one more than are looked up, at most, which
/// shows that the last one is not the last of the text.
fn meaningful(words: &[Word]) -> Vec<Word> {
    let mut found = Vec::new();
    let mut position = 0;
    // Where the run of numbers ends that is known to be no amount.
    let mut no_amount = 0;
    while let Some(word) = words.get(position).filter(|_| found.len() <= MOST_WORDS) {
        let before = position.checked_sub(1).and_then(|at| words.get(at));
        let bounded = before.is_some_and(|before| is_bound(&before.text));
        // «30 000 руб» is one amount in two words.
        let numbers = |from| words.iter().skip(from).take_while(|word| words::is_number(&word.text)).count();
        let digits = if position < no_amount { 0 } else { numbers(position) };
        if digits > 0 {
            let after = words.get(position + digits);
            if bounded || after.is_some_and(|after| is_money(&after.text)) {
                position += digits + usize::from(after.is_some_and(|after| is_money(&after.text)));
                continue;
            }
            no_amount = position + digits;
        }
        position += 1;
        let short = word.text.trim_end_matches(['k', 'p', 't']);
        let amount = short.len() < word.text.len()
            && words::is_number(short)
            && (bounded || word.text.ends_with('p') && short.len() >= 3);
        if !amount && !words::is_stop_word(&word.text) {
            found.push(word.clone());
        }
    }
    found
}

/// The terms that may stand for a word: its stem if a row contains it, otherwise probable intended words. A code that
/// the catalogue writes with a separator is split into several words.
fn alternatives(word: &Word, last: bool, generation: &Generation) -> tantivy::Result<Vec<Alternatives>> {
    let index = &generation.index;
    let stem = words::stem(&word.text);
    if let Some(number) = &word.number {
        // A row with the same number and another unit, or none, is a weaker match.
        let mut held = Vec::new();
        for (term, weight) in [(stem, 1.0), (number.clone(), WITHOUT_UNIT)] {
            if index.holds(&term)? {
                held.push((term, weight));
            }
        }
        return Ok(vec![held]);
    }
    if index.holds(&stem)? {
        return Ok(vec![vec![(stem, 1.0)]]);
    }
    let letters = word.text.chars().count();
    if letters > LONGEST_WORD {
        return Ok(vec![vec![]]);
    }
    if words::has_digit(&word.text) {
        let parts = parts(&word.text);
        let mut held = parts.len() > 1;
        for part in &parts {
            held = held && index.holds(part)?;
        }
        return Ok(if held {
            parts.into_iter().map(|part| vec![(part, 1.0)]).collect()
        } else {
            vec![vec![]]
        });
    }
    // Messages arrive whole, so a prefix match is tried only if no row contains the word as typed.
    if last && letters >= 3 {
        let completions = index.completions(&stem, COMPLETIONS);
        if !completions.is_empty() {
            return Ok(vec![completions.into_iter().map(|term| (term.to_owned(), COMPLETED)).collect()]);
        }
    }
    if let Some(shorter) = shortened(&stem, index)? {
        return Ok(vec![vec![(shorter, COMPLETED)]]);
    }
    let spellings = &generation.names.spellings;
    let stems = |offers: Vec<Suggestion>| -> Vec<Alternatives> {
        vec![offers.into_iter().map(|offer| (words::stem(&offer.word), offer.weight)).collect()]
    };
    let other = spellings.other_writing(&word.text);
    if letters >= 3 && !other.is_empty() {
        return Ok(stems(other));
    }
    let length = stem.chars().count();
    if letters >= 5 && length >= 4 {
        let corrections = spellings.corrections(&word.text);
        // Two typing errors in one word are less likely than a missing space.
        if let Some(both) = spellings.split(&word.text).filter(|_| letters >= 7 || corrections.is_empty()) {
            return Ok(both.map(|offer| vec![(words::stem(&offer.word), offer.weight)]).into());
        }
        if !corrections.is_empty() {
            return Ok(stems(corrections));
        }
        if let Some(base) = base(&stem, index)? {
            return Ok(vec![vec![(base, COMPOUND)]]);
        }
    }
    // Unknown short words are chatter («чё», "hmm"), not a missing product.
    Ok(if letters <= SHORT { vec![] } else { vec![vec![]] })
}

/// An indexed stem that is one or two letters shorter: the stemmer cuts «бензопила» shorter than «бензопилу».
fn shortened(stem: &str, index: &Index) -> tantivy::Result<Option<String>> {
    for (at, _) in stem.char_indices().rev().take(2) {
        let shorter = stem.get(..at).unwrap_or_default();
        if shorter.chars().count() >= 5 && index.holds(shorter)? {
            return Ok(Some(shorter.to_owned()));
        }
    }
    Ok(None)
}

/// The longest indexed suffix of a compound («генератор» of «бензогенератор»), at least 5 letters long.
fn base(stem: &str, index: &Index) -> tantivy::Result<Option<String>> {
    let letters = stem.chars().count();
    for (dropped, (at, _)) in stem.char_indices().enumerate().skip(3) {
        let end = stem.get(at..).unwrap_or_default();
        if letters - dropped < 5 {
            break;
        }
        if index.holds(end)? {
            return Ok(Some(end.to_owned()));
        }
    }
    Ok(None)
}

/// Splits a word into runs of letters and of digits.
fn parts(word: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut digit_before = None;
    for c in word.chars() {
        let digit = c.is_ascii_digit() || c == '.';
        match parts.last_mut() {
            Some(part) if digit_before == Some(digit) => part.push(c),
            _ => parts.push(c.to_string()),
        }
        digit_before = Some(digit);
    }
    parts
}
