//! Words that examples are made of, and slips of the pen beside them.

use std::collections::BTreeMap;

use strsim::osa_distance;

use crate::Encoder;

/// Words of so many letters may have one slip, and two from the second bound on.
const ONE_SLIP: usize = 5;
const TWO_SLIPS: usize = 9;
/// By how much likelier (logarithm) the right word must be: a word that people use is no slip.
const LIKELIER: f32 = 6.0;

/// What tells two words apart at a glance.
#[derive(Clone, Copy, Debug)]
struct Look {
    length: usize,
    /// A bit for each sort of letter that the word has.
    letters: u64,
}

impl Look {
    fn of(word: &str) -> Look {
        let letters = word.chars().fold(0, |bits, letter| bits | 1 << (u32::from(letter) % 64));
        Look { length: word.chars().count(), letters }
    }

    /// Whether so few slips may lie between two words: a slip changes one letter for another at the most.
    fn may_be(self, other: Look, slips: usize) -> bool {
        self.length.abs_diff(other.length) <= slips
            && (self.letters ^ other.letters).count_ones() as usize <= 2 * slips
    }
}

/// The words of some texts, in lower case.
#[derive(Clone, Debug, Default)]
pub struct Words {
    known: BTreeMap<String, Look>,
}

impl Words {
    /// Those of some texts.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Words {
        let words = texts.flat_map(|text| split(text).map(str::to_lowercase).collect::<Vec<_>>());
        Words { known: words.map(|word| (word.clone(), Look::of(&word))).collect() }
    }

    /// The text with words that were probably meant to be one of these in their place: «гарантея» is «гарантия» where that is
    /// known. A word that is a likely one by itself stays.
    pub fn correct(&self, text: &str) -> String {
        let mut mended = text.to_owned();
        for word in split(text) {
            if let Some(meant) = self.meant(&word.to_lowercase()) {
                mended = mended.replacen(word, meant, 1);
            }
        }
        mended
    }

    fn meant(&self, word: &str) -> Option<&str> {
        let look = Look::of(word);
        let encoder = Encoder::built_in();
        if look.length < ONE_SLIP
            || self.known.contains_key(word)
            || encoder.is_piece(word)
            || !word.chars().all(char::is_alphabetic)
        {
            return None;
        }
        let most = if look.length < TWO_SLIPS { 1 } else { 2 };
        let near = self.known.iter().filter(|(_, known)| known.may_be(look, most));
        let near =
            near.map(|(known, _)| (osa_distance(known, word), known)).filter(|(slips, _)| *slips <= most);
        let likelihood = |word: &str| encoder.likelihood(word);
        let (_, known) =
            near.min_by(|a, b| a.0.cmp(&b.0).then(likelihood(b.1).total_cmp(&likelihood(a.1))))?;
        (likelihood(known) > likelihood(word) + LIKELIER).then_some(known)
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_mended_and_words_are_left() {
        let words = Words::of(
            ["какая гарантия на инструмент", "how much is delivery", "позовите оператора"].into_iter(),
        );
        for (typed, meant) in [
            ("какая гарантея на инстумент", "какая гарантия на инструмент"),
            ("переключите на опиратора!", "переключите на оператора!"),
            ("is there delivry", "is there delivery"),
            // Words by themselves, words of few letters, articles.
            ("операторы", "операторы"),
            ("какой", "какой"),
            ("mich", "mich"),
            ("гарантия2", "гарантия2"),
            ("", ""),
        ] {
            assert_eq!(words.correct(typed), meant);
        }
    }
}
