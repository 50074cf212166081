//! Spelling correction towards the words of the training examples.

use std::collections::BTreeMap;

use strsim::osa_distance;

use crate::Encoder;

/// Minimum length, in characters, of a word that is corrected by one edit.
const ONE_EDIT: usize = 5;
/// Minimum length, in characters, of a word that is corrected by up to two edits.
const TWO_EDITS: usize = 9;
/// Words of a text that are corrected. The encoder reads about forty words, and each correction compares a word with
/// every known one.
const MOST_WORDS: usize = 40;
/// By how much the log-probability of the correction must exceed that of the typed word. Common words are therefore not
/// changed.
const MIN_GAIN: f32 = 6.0;

/// A cheap lower bound on the edit distance of two words.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// In characters.
    length: usize,
    /// One bit per letter in the word, by code point modulo 64.
    letters: u64,
}

impl Look {
    fn of(word: &str) -> Look {
        let letters = word.chars().fold(0, |bits, letter| bits | 1 << (u32::from(letter) % 64));
        Look { length: word.chars().count(), letters }
    }

    /// False if more than `slips` edits certainly lie between the words. One edit changes the length by at most one and
    /// the letters by at most two bits.
    fn may_be(self, other: Look, slips: usize) -> bool {
        self.length.abs_diff(other.length) <= slips
            && (self.letters ^ other.letters).count_ones() as usize <= 2 * slips
    }
}

/// The vocabulary of some texts, in lower case.
#[derive(Clone, Debug, Default)]
pub struct Words {
    known: BTreeMap<String, Look>,
}

impl Words {
    /// The words of `texts`.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Words {
        let words = texts.flat_map(|text| split(text).map(str::to_lowercase).collect::<Vec<_>>());
        Words { known: words.map(|word| (word.clone(), Look::of(&word))).collect() }
    }

    /// The text with misspelt words replaced by known ones: «гарантея» becomes «гарантия» if that is known. Words
    /// shorter than 5 letters, words with digits and common words are not changed, nor is anything after the first 100
    /// words.
    pub fn correct(&self, text: &str) -> String {
        let mut corrected = text.to_owned();
        for word in split(text).take(MOST_WORDS) {
            if let Some(correct_layout) = self.correct_layout(&word.to_lowercase()) {
                corrected = corrected.replacen(word, correct_layout, 1);
            }
        }
        corrected
    }

    /// The known word that `word` is probably a misspelling of.
    fn correct_layout(&self, word: &str) -> Option<&str> {
        let look = Look::of(word);
        let encoder = Encoder::built_in();
        if look.length < ONE_EDIT
            || self.known.contains_key(word)
            || encoder.is_piece(word)
            || !word.chars().all(char::is_alphabetic)
        {
            return None;
        }
        let most = if look.length < TWO_EDITS { 1 } else { 2 };
        let near = self.known.iter().filter(|(_, known)| known.may_be(look, most));
        let near =
            near.map(|(known, _)| (osa_distance(known, word), known)).filter(|(slips, _)| *slips <= most);
        let likelihood = |word: &str| encoder.likelihood(word);
        let (_, known) =
            near.min_by(|a, b| a.0.cmp(&b.0).then(likelihood(b.1).total_cmp(&likelihood(a.1))))?;
        (likelihood(known) > likelihood(word) + MIN_GAIN).then_some(known)
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrects_misspellings_and_keeps_other_words() {
        let words = Words::of(
            ["какая гарантия на инструмент", "how much is delivery", "позовите оператора"].into_iter(),
        );
        for (typed, correct_layout) in [
            ("какая гарантея на инстумент", "какая гарантия на инструмент"),
            ("переключите на опиратора!", "переключите на оператора!"),
            ("is there delivry", "is there delivery"),
            // Real words, short words, article numbers.
            ("операторы", "операторы"),
            ("какой", "какой"),
            ("mich", "mich"),
            ("гарантия2", "гарантия2"),
            ("", ""),
        ] {
            assert_eq!(words.correct(typed), correct_layout);
        }
    }
}
