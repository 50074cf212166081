//! Parses a client's text into what to look up: article numbers, and meaningful words with the index terms that may
//! stand for each.
//!
//! Prices and stock in the text are left to filters. Ranking is in [`super::rank`].

use std::ops::Range;

use tolmach_engine::catalog::{ArticleMatch, NearArticle, SearchRequest};

use super::{
    generation::Generation,
    head::{is_adjective, is_preposition},
    index::Index,
    roots,
    spelling::{self, Suggestion},
};
use crate::words::{self, Word};

const MOST_WORDS: usize = 32;
/// Maximum number of letters of a word that is looked up in other ways than as it is typed. No catalogue writes a longer
/// one.
const LONGEST_WORD: usize = 48;
/// Maximum number of article numbers taken from a text.
const MOST_ARTICLES: usize = 32;
/// Minimum numbers of characters and digits of a code that is compared with articles, and the most digits of a number that is
/// an amount.
const SHORTEST_CODE: usize = 4;
const LEAST_DIGITS: usize = 2;
const LONGEST_AMOUNT: usize = 5;
/// From how many digits on a number with a letter in front is no size.
const LONGEST_MARKED: usize = 4;
/// Maximum number of codes of a text that are compared with all numbers, each of which takes up to a millisecond.
const MOST_CODES: usize = 4;
/// How many times the lower end the upper end of a range may be.
const WIDEST_RANGE: f64 = 10.0;
/// The most things that are not wanted, and words of each.
const MOST_UNWANTED: usize = 4;
const COMPLETIONS: usize = 20;
/// Weight of a match by prefix, by the last part of a compound, of a number without its unit, and of a word that the
/// catalogue writes together with the next one.
const COMPLETED: f32 = 0.9;
const COMPOUND: f32 = 0.7;
const WITHOUT_UNIT: f32 = 0.5;
const APART: f32 = 0.7;
/// Weight of a word of the same root, and of the same root in the other script.
const SAME_ROOT: f32 = 0.6;
/// Weight of the word of another language.
const SAME_MEANING: f32 = 0.9;
const OTHER_SCRIPT: f32 = 0.8;
/// Minimum number of letters of a root in the other script; shorter ones coincide by chance.
const LEAST_ROOT: usize = 4;
/// Minimum number of letters of each half of a word with a missing space.
const GLUED: usize = 3;
/// Words of at most this many letters are ignored if no row contains them.
const SHORT: usize = 3;

/// A parsed text.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// Rows whose article number occurs in the text, in text order.
    pub articles: Vec<u32>,
    /// Rows that a code in the text may mean, and how: no row has the code itself.
    pub near: Vec<(u32, NearArticle)>,
    /// Meaningful words without duplicates, at most [`MOST_WORDS`] before codes are split.
    pub words: Vec<QueryWord>,
    /// Stems of what is not wanted («без аккумулятора»): a row is left out that has all stems of one.
    pub unwanted: Vec<Vec<String>>,
    /// Whether any of them is a word and not a number or a code. Vectors carry no meaning for codes.
    pub has_plain_words: bool,
}

/// A word to look up.
#[derive(Clone, Debug, Default)]
pub(super) struct QueryWord {
    /// The word as typed; empty for words that were not.
    pub typed: String,
    pub terms: Alternatives,
    /// Whether it may say what the wanted product is; not so for numbers, and for what the product is wanted for («для
    /// ключа»).
    pub may_be_head: bool,
}

/// Index terms that may stand for a word, each with a weight of at most 1 (1 for the word itself). Empty if no row
/// contains the word.
pub(super) type Alternatives = Vec<(String, f32)>;

impl Query {
    /// Whether the text asks for nothing in particular («что есть в наличии?»).
    pub fn is_empty(&self) -> bool {
        self.articles.is_empty() && self.near.is_empty() && self.words.is_empty()
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
    let rest = take_articles(&text, generation, &mut query, MOST_CODES);
    let (wanted, unwanted) = without_unwanted(words::words(&rest));
    query.unwanted = unwanted;
    let found = meaningful(&wanted);
    let last = found.len().saturating_sub(1);
    let mut seen = Vec::new();
    for (position, Meaningful { word, of_other }) in found.iter().enumerate().take(MOST_WORDS) {
        let plain = !words::has_digit(&word.text);
        query.has_plain_words |= plain;
        let mut all = alternatives(word, position == last, generation)?;
        let next = found.get(position + 1).map(|next| &next.word).filter(|_| all.len() == 1);
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
                let typed = word.text.clone();
                query.words.push(QueryWord { typed, terms: alternatives, may_be_head: plain && !of_other });
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

/// Whether a text has an article number of the catalogue, alone or among other words. A short number alone is none: it is
/// rather a size, a quantity or a choice.
pub(super) fn holds_article(text: &str, generation: &Generation) -> bool {
    let text: String = text.chars().take(SearchRequest::MAX_TEXT).collect();
    let mut query = Query::default();
    take_articles(&text, generation, &mut query, 0);
    !query.articles.is_empty()
}

/// Finds article numbers among the words of a text, adds their rows, and returns the text without them. The first `codes`
/// codes that no row has are taken for a beginning or a misspelling of one.
fn take_articles(text: &str, generation: &Generation, query: &mut Query, mut codes: usize) -> String {
    let tokens = tokens(text);
    let word = |at: usize| tokens.get(at).and_then(|span| text.get(span.clone())).unwrap_or_default();
    // Characters are normalised one by one, so that tokens can be joined afterwards.
    let normalised: Vec<String> = (0..tokens.len()).map(|at| words::normalise_article(word(at))).collect();
    let mut rest = String::with_capacity(text.len());
    let (mut position, mut kept) = (0, 0);
    while position < tokens.len() {
        // «до 15000 руб» is a price, even if an article number is equal.
        let amount = || {
            position.checked_sub(1).is_some_and(|before| is_bound(&word(before).to_lowercase()))
                || is_money(word(position + 1).to_lowercase().trim_end_matches('.'))
        };
        // An article number with spaces is several tokens.
        let taken = (1..=3).rev().find_map(|count| {
            let parts = normalised.get(position..position + count)?;
            if !parts.iter().any(|part| words::has_digit(part)) {
                return None;
            }
            let article = parts.concat();
            let found = generation.articles.get(&article)?;
            let number = article.chars().all(|c| c.is_ascii_digit());
            // Short numbers are sizes and quantities.
            let plausible =
                article.chars().count() >= 3 && !(number && (article.len() < 5 || count > 1 || amount()));
            plausible.then_some((count, found))
        });
        let taken = taken.filter(|_| query.articles.len() < MOST_ARTICLES);
        let count = if let Some((count, found)) = taken {
            for row in found {
                if !query.articles.contains(row) {
                    query.articles.push(*row);
                }
            }
            count
        } else if codes > 0
            && is_code(word(position), generation)
            && !amount()
            && let near = near(word(position), generation, &mut codes)
            && !near.is_empty()
        {
            query.near.extend(near);
            1
        } else {
            position += 1;
            continue;
        };
        let (first, last) = (tokens.get(position), tokens.get(position + count - 1));
        if let (Some(first), Some(last)) = (first, last) {
            rest.push_str(text.get(kept..first.start).unwrap_or_default());
            rest.push(' ');
            kept = last.end;
        }
        position += count;
    }
    rest.push_str(text.get(kept..).unwrap_or_default());
    query.near.retain(|(row, _)| !query.articles.contains(row));
    rest
}

/// Rows that a code may mean which no row has; takes one off the codes that may still be looked for.
fn near(code: &str, generation: &Generation, codes: &mut usize) -> Vec<(u32, NearArticle)> {
    *codes -= 1;
    let articles = &generation.articles;
    let number = words::normalise_article(code);
    let mut rows = articles.beginning_with(&number);
    let mut by = ArticleMatch::Beginning;
    if rows.is_empty() {
        (rows, by) = (articles.similar(&number), ArticleMatch::Similar);
    }
    rows.into_iter().map(|row| (row, NearArticle { code: code.to_owned(), by })).collect()
}

/// Whether a token that is no article of the catalogue looks like one, and not like a size, a range, a quantity or a word of
/// the catalogue.
fn is_code(token: &str, generation: &Generation) -> bool {
    let digits = token.chars().filter(char::is_ascii_digit).count();
    let length = token.chars().filter(|c| c.is_alphanumeric()).count();
    if length < SHORTEST_CODE || digits < LEAST_DIGITS {
        return false;
    }
    let words = words::words(token);
    // «М10» is a thread, `m4781` no size of anything.
    let marked = |word: &Word| word.text.starts_with(char::is_alphabetic);
    let is_quantity = |word: &Word| match &word.number {
        Some(number) => !marked(word) || number.len() < LONGEST_MARKED,
        None => words::is_number(&word.text),
    };
    if !words.iter().all(is_quantity) {
        let spellings = &generation.names.spellings;
        let known = |word: &Word| {
            if words::has_digit(&word.text) {
                generation.index.count(&word.text) > 0 && words.len() == 1
            } else {
                word.text.chars().count() > SHORT && spellings.count(&word.text) > 0
            }
        };
        return !words.iter().any(known);
    }
    let numbers: Vec<f64> = words.iter().filter_map(|word| word.text.parse().ok()).collect();
    let separated = token.contains(['x', 'х', '*', '/', ',']) || numbers.len() < words.len();
    match numbers.as_slice() {
        _ if separated => false,
        [_] => digits > LONGEST_AMOUNT,
        // «220-240» is a range, «78-1487» is none.
        [low, high] => token.contains('-') && (high <= low || *high > low * WIDEST_RANGE),
        _ => token.contains('-'),
    }
}

/// Takes what is not wanted out of the words: after «без» and the like a noun, with the adjectives before it. Returns the other
/// words, and the stems of each such group.
fn without_unwanted(words: Vec<Word>) -> (Vec<Word>, Vec<Vec<String>>) {
    let mut wanted = Vec::with_capacity(words.len());
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let begins = words::WITHOUT.contains(&word.text.as_str())
            && words
                .peek()
                .is_some_and(|next| !words::has_digit(&next.text) && !words::is_stop_word(&next.text));
        if !begins || groups.len() == MOST_UNWANTED {
            wanted.push(word);
            continue;
        }
        let mut group = Vec::new();
        while let Some(next) =
            words.next_if(|next| group.len() < MOST_UNWANTED && !words::has_digit(&next.text))
        {
            group.push(words::stem(&next.text));
            if !is_adjective(&next.text) {
                break;
            }
        }
        groups.push(group);
    }
    (wanted, groups)
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

/// A word that tells products apart.
struct Meaningful {
    word: Word,
    /// Whether it follows a preposition, so that it names something else than the wanted product.
    of_other: bool,
}

/// The words that tell products apart, without stop words and amounts of money; one more than are looked up, at most, which
/// shows that the last one is not the last of the text.
fn meaningful(words: &[Word]) -> Vec<Meaningful> {
    let mut found: Vec<Meaningful> = Vec::new();
    let mut position = 0;
    // The words after a preposition, all of them if something was named before it («ремкомплект для ключа»).
    let mut of_other: usize = 0;
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
        if is_preposition(&word.text) {
            let named = found.iter().any(|before| !words::has_digit(&before.word.text));
            of_other = if named { usize::MAX } else { 1 };
        } else if !amount && !words::is_stop_word(&word.text) {
            found.push(Meaningful { word: word.clone(), of_other: of_other > 0 });
            of_other = of_other.saturating_sub(1);
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
    if !words::has_digit(&word.text) {
        let related = related(&word.text, &stem, generation);
        if index.holds(&stem)? {
            let own = std::iter::once((stem, 1.0));
            return Ok(vec![own.chain(related).collect()]);
        }
        if !related.is_empty() {
            return Ok(vec![related]);
        }
    } else if index.holds(&stem)? {
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
        if let Some(both) = glued(&word.text, generation) {
            return Ok(both.map(|stem| vec![(stem, COMPLETED)]).into());
        }
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

/// Indexed terms of the same root: adjectives made of a noun and the noun of an adjective («ножовка» and «ножовочный»), and
/// the root in the other script («кобальтовые» and "cobalt").
fn related(word: &str, stem: &str, generation: &Generation) -> Alternatives {
    let mut found: Alternatives = Vec::new();
    let mut add = |term: &str, weight: f32| {
        if term != stem && !found.iter().any(|(known, _)| known == term) && found.len() < COMPLETIONS {
            found.push((term.to_owned(), weight));
        }
    };
    let index = &generation.index;
    let family = roots::of(stem);
    for start in &family.begins {
        for term in index.completions(start, COMPLETIONS) {
            if roots::is_derived(term, start) {
                add(term, SAME_ROOT);
            }
        }
    }
    for term in family.nouns.iter().filter(|noun| index.count(noun) > 0) {
        add(term, SAME_ROOT);
    }
    for other in words::same_meaning(stem).filter(|other| index.count(other) > 0) {
        add(other, SAME_MEANING);
    }
    if !word.chars().any(words::is_cyrillic) {
        for other in words::foreign(word, &generation.languages).iter().filter(|other| index.count(other) > 0)
        {
            add(other, 1.0);
        }
    }
    let written = [word, stem].into_iter().chain(family.nouns.iter().map(String::as_str));
    for spelt in written.flat_map(spelling::transliterated) {
        let spelt = words::stem(&spelt);
        if spelt.chars().count() >= LEAST_ROOT && index.count(&spelt) > 0 {
            add(&spelt, OTHER_SCRIPT);
        }
    }
    found
}

/// The stems of two words that a name has one after the other and the text together («redbull»).
fn glued(word: &str, generation: &Generation) -> Option<[String; 2]> {
    let names = &generation.names;
    word.char_indices().skip(GLUED).find_map(|(at, _)| {
        let (left, right) = word.split_at_checked(at)?;
        if right.chars().count() < GLUED {
            return None;
        }
        let [left, right] = [left, right].map(words::stem);
        let ids = [names.id(&left)?, names.id(&right)?];
        names.holds_pair(ids).then_some([left, right])
    })
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
