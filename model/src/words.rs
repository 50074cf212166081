//! Reading of what people type: colloquial forms, Russian in Latin letters, amounts without a space, misspelt words.
//!
//! [`Words::read`] changes only what is as good as certain, so that everything may read its result; [`Words::correct`]
//! guesses, for the classifier. Neither looks at more than the first words of a text, and what a word costs depends on its length.

mod everyday;
mod index;
mod latin;

use std::collections::BTreeSet;

use index::{Index, Near};

use crate::Encoder;

/// Words of a text that are looked at. The encoder reads about forty.
const MOST_WORDS: usize = 60;
/// Unknown words of a text that are looked up in the index.
const MOST_LOOKED_UP: usize = 16;
/// Letters of a long word, in which one error is hardly another word.
const LONG: usize = 7;
/// Letters of a short word, which one error makes into many others.
const SHORT: usize = 4;

/// By how much the log-probability of a correction must exceed that of the typed word. Common words are therefore not
/// changed, nor are forms of a known word. The figures keep the words of the collections of intents as they are and
/// correct what people mistype.
fn least_gain(near: &Near<'_>, word: &str) -> f32 {
    let letters = word.chars().count();
    match near.errors {
        _ if letters <= SHORT => 16.0,
        _ if is_inflected(near.word, word) => 15.0,
        0 => -2.0,
        1 if letters >= LONG => 5.0,
        _ => 8.0,
    }
}

/// By how much more probable, in log-probability a letter, a word must be in the other alphabet to be a transliteration
/// where the vocabulary does not hold it.
const MIN_GAIN_LATIN: f32 = 0.8;

/// The vocabulary of some texts with an index of it.
#[derive(Clone, Debug, Default)]
pub struct Words {
    index: Index,
}

/// A corrected text and what it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// The text.
    pub text: String,
    /// Lookups in the index, a bounded number of steps each.
    pub lookups: usize,
}

impl Words {
    /// The words of `texts`, and everyday ones.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Words {
        let mut words: BTreeSet<String> = everyday::KNOWN.iter().map(|word| (*word).to_owned()).collect();
        for text in texts {
            words.extend(split(text).map(lower));
        }
        Words { index: Index::new(words.into_iter().collect()) }
    }

    /// The text as it is certainly meant: «skolko stoit dostavka» is «сколько стоит доставка», «10тыщ» is «10 тысяч»,
    /// «нужон» is «нужен», «дастафка» is «доставка», and emoji beside words are left out. `None` if nothing is to be read
    /// otherwise. `known` tells of words, in lower case, that are no misspellings although this vocabulary has none of them.
    pub fn read(&self, text: &str, known: &dyn Fn(&str) -> bool) -> Option<String> {
        if !text.chars().any(char::is_alphanumeric) {
            return text.chars().any(is_assent).then(|| ASSENT.to_owned());
        }
        let russian = text.chars().any(is_cyrillic);
        let plain = || text.split(char::is_whitespace).filter(|chunk| !is_address(chunk));
        let transliterated = !russian && self.is_transliterated(&plain().collect::<Vec<_>>().join(" "));
        let mut read = String::with_capacity(text.len());
        let (mut changed, mut words, mut looked_up) = (false, 0, 0);
        let chunks = text.split_inclusive(char::is_whitespace);
        for part in chunks.flat_map(|chunk| {
            let address = is_address(chunk).then_some(Part::Address(chunk));
            let rest = if address.is_some() { "" } else { chunk };
            address.into_iter().chain(parts(rest))
        }) {
            match part {
                Part::Address(address) => read.push_str(address),
                Part::Between(between) => {
                    let kept: String = between.chars().filter(|c| !is_emoji(*c)).collect();
                    changed |= kept.len() != between.len();
                    read.push_str(&kept);
                }
                Part::Word(word) => {
                    words += 1;
                    let mut meant = None;
                    if words <= MOST_WORDS {
                        meant = self.meant(word, russian, transliterated);
                        // A capital letter within a message begins a name, which is spelt as its owner spells it.
                        let is_name = words > 1 && word.chars().next().is_some_and(char::is_uppercase);
                        if meant.is_none()
                            && looked_up < MOST_LOOKED_UP
                            && !is_name
                            && self.may_be_wrong(&lower(word))
                            && !known(&lower(word))
                        {
                            looked_up += 1;
                            meant = self.surely(&lower(word)).map(str::to_owned);
                        }
                    }
                    changed |= meant.is_some();
                    read.push_str(meant.as_deref().unwrap_or(word));
                }
            }
        }
        changed.then(|| read.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The text with misspelt words replaced by known ones: «гарантея» becomes «гарантия» if that is known. Words
    /// shorter than 4 letters, words with digits and common words are not changed.
    pub fn correct(&self, text: &str) -> String {
        self.corrected(text).text
    }

    /// [`Words::correct`], with what it cost.
    pub fn corrected(&self, text: &str) -> Corrected {
        let mut corrected = Corrected { text: String::with_capacity(text.len()), lookups: 0 };
        let (mut words, mut looked_up) = (0, 0);
        for part in parts(text) {
            let (Part::Word(word) | Part::Between(word) | Part::Address(word)) = part;
            let is_word = matches!(part, Part::Word(_));
            words += usize::from(is_word);
            let lower = lower(word);
            if !is_word || words > MOST_WORDS || looked_up == MOST_LOOKED_UP || !self.may_be_wrong(&lower) {
                corrected.text.push_str(word);
                continue;
            }
            looked_up += 1;
            let (near, lookups) = self.index.near(&lower);
            corrected.lookups += lookups;
            corrected.text.push_str(likeliest(&near, &lower).unwrap_or(word));
        }
        corrected
    }

    fn may_be_wrong(&self, word: &str) -> bool {
        word.chars().all(char::is_alphabetic)
            && !self.index.contains(word)
            && !Encoder::built_in().is_piece(word)
    }

    /// The known word that a misspelt one sounds like, or that one error makes of it.
    fn surely(&self, word: &str) -> Option<&str> {
        let (mut near, _) = self.index.near(word);
        near.retain(|near| near.errors == 0 || near.errors == 1 && word.chars().count() >= LONG);
        likeliest(&near, word)
    }

    /// What one word certainly means.
    fn meant(&self, word: &str, russian: bool, transliterated: bool) -> Option<String> {
        let low = lower(word);
        if let Some(meant) = everyday::meant(&low, !russian && !transliterated) {
            return Some(meant.to_owned());
        }
        if let Some(amount) = amount(&low) {
            return Some(amount);
        }
        if russian && let Some(meant) = everyday::borrowed(&low) {
            return Some(meant.to_owned());
        }
        if (russian || transliterated) && low.is_ascii() {
            return self.in_russian(&low, transliterated);
        }
        None
    }

    /// Whether a text is Russian in Latin letters: a word of it can be nothing else, and no fewer words are that than are
    /// only English.
    fn is_transliterated(&self, text: &str) -> bool {
        let words = split(text).take(MOST_WORDS).filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()));
        let (mut only_russian, mut only_english) = (0, 0);
        for word in words {
            let low = lower(word);
            let english = Encoder::built_in().is_piece(&low) || self.index.contains(&low);
            match self.certainly_russian(&low) {
                // A letter alone is no word: "name's".
                _ if low.len() == 1 => {}
                Some(_) if !english => only_russian += 1,
                None if english => only_english += 1,
                _ => {}
            }
        }
        only_russian > 0 && only_russian >= only_english
    }

    /// A Latin word in Cyrillic letters, if it is one of a Russian message. Between Cyrillic words only what the vocabulary
    /// holds is one, because other Latin words there are brands.
    fn in_russian(&self, word: &str, transliterated: bool) -> Option<String> {
        if !word.chars().all(|c| c.is_ascii_alphabetic()) {
            return None;
        }
        let encoder = Encoder::built_in();
        if let Some(known) = self.certainly_russian(word)
            && (transliterated || !encoder.is_piece(word) && !self.index.contains(word))
        {
            return Some(known);
        }
        let cyrillic = latin::in_cyrillic(word).filter(|_| transliterated)?;
        (encoder.likelihood(&cyrillic) > encoder.likelihood(word)).then_some(cyrillic)
    }

    /// A Latin word in Cyrillic letters, if that is a word that is known or common, or far more probable than the Latin one.
    fn certainly_russian(&self, word: &str) -> Option<String> {
        if let Some(known) = everyday::transliterated(word) {
            return Some(known.to_owned());
        }
        let encoder = Encoder::built_in();
        let cyrillic = latin::in_cyrillic(word)?;
        if self.index.contains(&cyrillic) || encoder.is_piece(&cyrillic) {
            return Some(cyrillic);
        }
        let letters = word.chars().count();
        let (near, _) = self.index.near(&cyrillic);
        let alike =
            near.iter().find(|near| near.errors == 0 && letters >= 5 || near.errors == 1 && letters >= 6);
        if let Some(alike) = alike.filter(|alike| alike.word.chars().any(is_cyrillic)) {
            // «dostavku» is known as «доставка»: its own ending stays, and its soft signs are those of the known word.
            return Some(if alike.errors == 0 { alike.word.to_owned() } else { cyrillic });
        }
        let gain = encoder.likelihood(&cyrillic) - encoder.likelihood(word);
        (letters >= 5 && gain > MIN_GAIN_LATIN * letters as f32).then_some(cyrillic)
    }
}

/// The known word that a word most likely is, if that is likelier than the word itself.
fn likeliest<'a>(near: &[Near<'a>], word: &str) -> Option<&'a str> {
    let encoder = Encoder::built_in();
    let likelihood = |near: &Near<'_>| encoder.likelihood(near.word);
    let best = near.iter().min_by(|a, b| {
        a.errors
            .cmp(&b.errors)
            .then_with(|| likelihood(b).total_cmp(&likelihood(a)))
            .then_with(|| a.word.cmp(b.word))
    })?;
    (likelihood(best) > encoder.likelihood(word) + least_gain(best, word)).then_some(best.word)
}

/// Whether words differ in their last two letters at most: rather two forms of one word than a misspelling.
fn is_inflected(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    common + 2 >= a.chars().count().max(b.chars().count())
}

/// «10тыщ», «15тыс», «8тр»: thousands without a space. «10к» and «10k» are understood as they stand.
fn amount(word: &str) -> Option<String> {
    let digits = word.find(|c: char| !c.is_ascii_digit()).filter(|at| (1..=6).contains(at))?;
    let (number, unit) = word.split_at_checked(digits)?;
    let thousands =
        matches!(unit, "тыщ" | "тыс" | "тысяч" | "тысячи" | "тыщи" | "тр" | "tys" | "tysyach" | "thousand");
    thousands.then(|| format!("{number} {}", if unit == "thousand" { unit } else { "тысяч" }))
}

/// A word, or what stands between two.
#[derive(Clone, Copy)]
enum Part<'a> {
    Word(&'a str),
    Between(&'a str),
    /// An e-mail address or a link, which is left as it is.
    Address(&'a str),
}

/// A text in parts, nothing left out.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?.is_alphanumeric();
        let end = rest.find(|c: char| c.is_alphanumeric() != first).unwrap_or(rest.len());
        let (part, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(if first { Part::Word(part) } else { Part::Between(part) })
    })
}

/// Whether a piece of text without spaces is an e-mail address or a link, which is spelt as it is.
fn is_address(chunk: &str) -> bool {
    chunk.contains('@') || chunk.contains("://") || chunk.contains("www.")
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// In lower case, ё as е.
fn lower(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).map(|c| if c == 'ё' { 'е' } else { c }).collect()
}

fn is_cyrillic(c: char) -> bool {
    ('\u{0400}'..='\u{04FF}').contains(&c)
}

/// What a message of nothing but [`is_assent`] signs is read as.
const ASSENT: &str = "ок";

/// Signs of agreement and thanks that people send instead of a word.
fn is_assent(c: char) -> bool {
    matches!(c, '👍' | '👌' | '🙏' | '🤝' | '👏' | '🙂' | '😊' | '❤')
}

/// Pictures, their modifiers and the joiners between them.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{FE0F}' | '\u{200D}' | '\u{20E3}')
}

#[cfg(test)]
mod tests;
