//! Vectors of titles and of what is searched for: the sum of their words', rare words counting for more.

use std::{collections::HashMap, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

use crate::{encoder::Encoder, file::Reader};

/// Length of a title's vector.
pub const TITLE_DIMENSIONS: usize = 160;
/// A word of this frequency counts half (the a of Arora and others' a / (a + p), 2017).
const HALF: f32 = 3e-4;

struct Table {
    /// What one step of each piece's values is worth.
    steps: Vec<f32>,
    /// Four bits a value.
    values: &'static [u8],
}

/// Titles to vectors, some microseconds each: words are remembered, for a catalogue says the same ones over and over.
pub struct Titles {
    words: HashMap<String, Vec<f32>>,
}

impl Titles {
    /// One that remembers no word yet; for a batch of texts or a single one.
    #[expect(clippy::new_without_default, reason = "there is nothing usual about an empty one")]
    pub fn new() -> Titles {
        Titles { words: HashMap::new() }
    }

    /// The vector of a text, of length 1; all zero for a text without letters or digits.
    pub fn vector(&mut self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; TITLE_DIMENSIONS];
        let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
        let mut rest = text.as_str();
        while let Some(start) = rest.find(char::is_alphanumeric) {
            rest = &rest[start..];
            let digits = rest.starts_with(char::is_numeric);
            let ends = |c: char| !c.is_alphanumeric() || c.is_numeric() != digits;
            let (word, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
            rest = after;
            if !self.words.contains_key(word) {
                self.words.insert(word.to_owned(), of_word(word));
            }
            if let Some(word) = self.words.get(word) {
                vector.iter_mut().zip(word).for_each(|(sum, x)| *sum += x);
            }
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|x| *x /= length);
        }
        vector
    }
}

fn of_word(word: &str) -> Vec<f32> {
    let mut vector = vec![0.0; TITLE_DIMENSIONS];
    let (pieces, likelihood) = Encoder::built_in().spell(word);
    let weight = HALF / (HALF + likelihood.exp());
    let table = table();
    for piece in pieces {
        let step = table.steps.get(piece as usize).copied().unwrap_or_default() * weight;
        let at = piece as usize * TITLE_DIMENSIONS / 2;
        let values = table.values.get(at..at + TITLE_DIMENSIONS / 2).unwrap_or_default();
        for (two, byte) in vector.chunks_exact_mut(2).zip(values) {
            two[0] += (f32::from(byte & 15) - 8.0) * step;
            two[1] += (f32::from(byte >> 4) - 8.0) * step;
        }
    }
    vector
}

fn table() -> &'static Table {
    static DATA: &[u8] = include_bytes!("../data/titles.bin");
    #[expect(clippy::expect_used, reason = "the file is a part of this crate, and its tests read it")]
    static TABLE: LazyLock<Table> = LazyLock::new(|| read(DATA).expect("the crate's own file"));
    &TABLE
}

fn read(data: &'static [u8]) -> Option<Table> {
    let mut file = Reader::new(data)?;
    let count = file.count()?;
    let steps = file.floats(count)?;
    let values = file.bytes(count.checked_mul(TITLE_DIMENSIONS / 2)?)?;
    file.is_empty().then_some(Table { steps, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearness(a: &str, b: &str) -> f32 {
        let mut titles = Titles::new();
        titles.vector(a).iter().zip(&titles.vector(b)).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn titles_of_one_meaning_are_near_in_both_languages() {
        for (query, title, stranger) in [
            ("рукавицы", "Перчатки рабочие утеплённые", "Насос погружной дренажный"),
            ("fridge", "Refrigerator 250 l, white", "Work gloves, size 10"),
            ("холодильник", "Refrigerator 250 l, white", "Work gloves, size 10"),
            ("лесенка", "Лестница алюминиевая 3 ступени", "Перчатки рабочие утеплённые"),
            ("pumps", "Насос погружной дренажный", "Лестница алюминиевая 3 ступени"),
        ] {
            let (near, far) = (nearness(query, title), nearness(query, stranger));
            assert!(near > far + 0.1, "{query}: {title} {near}, {stranger} {far}");
        }
    }

    #[test]
    fn a_word_counts_for_more_the_rarer_it_is() {
        let plain = "насос скважина";
        let (common, rare) =
            (nearness("насос и для скважина", plain), nearness("насос чугунный скважина", plain));
        assert!(common > 0.9 && common > rare + 0.1, "{common} {rare}");
    }

    #[test]
    fn vectors_have_length_one_or_zero() {
        let length = |text: &str| Titles::new().vector(text).iter().map(|x| x * x).sum::<f32>();
        assert!((length("Дрель 18В, 2 А·ч") - 1.0).abs() < 1e-4);
        assert_eq!(length(" — !"), 0.0);
        assert_eq!(length(""), 0.0);
    }
}
