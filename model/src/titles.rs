//! Vectors of product titles and search queries: the weighted sum of their words' vectors; rare words weigh more.

use std::{collections::HashMap, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

use crate::{encoder::Encoder, file::Reader};

/// Dimensions of a title's vector.
pub const TITLE_DIMENSIONS: usize = 160;
/// Word probability at which the weight is one half: `a` in a / (a + p) of Arora et al., "A Simple but Tough-to-Beat
/// Baseline for Sentence Embeddings", 2017.
const HALF: f32 = 3e-4;

/// The vectors of all pieces, by index.
struct Table {
    /// Quantisation step of each piece's values.
    steps: Vec<f32>,
    /// 4 bits per value with an offset of 8, the first of two values in the low bits.
    values: &'static [u8],
}

/// Computes title vectors, a few microseconds each. Word vectors are cached without a limit, because catalogues repeat
/// the same words.
pub struct Titles {
    words: HashMap<String, Vec<f32>>,
}

impl Titles {
    /// An empty cache; use one for a batch of texts.
    #[expect(clippy::new_without_default, reason = "there is nothing usual about an empty one")]
    pub fn new() -> Titles {
        Titles { words: HashMap::new() }
    }

    /// The vector of a text, of length 1; all zero for a text without letters or digits. Case does not matter.
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

/// The weighted sum of the word's piece vectors.
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
    fn similar_titles_are_near_across_languages() {
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
    fn rare_words_weigh_more() {
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
