//! Test embedder whose similarity depends only on spelling: stems and character n-grams, hashed into one vector
//! (feature hashing).
//!
//! Inflected and mistyped phrases are similar to the correct form; synonyms are not.

use async_trait::async_trait;
use tolmach_runtime::ports::{self, Embedder};

use crate::words;

/// Hash noise between unrelated texts has a standard deviation of about 1/√DIMENSIONS, which is below 0.05 for 512.
const DIMENSIONS: usize = 512;
/// A whole word weighs more than any of its n-grams, but all n-grams together outweigh it, so that a mistyped word
/// stays similar to the correct one.
const WORD_WEIGHT: f32 = 1.0;
const PIECES_WEIGHT: f32 = 1.4;
const FUNCTION_WORD_WEIGHT: f32 = 0.25;
/// Number of positions that a feature is added to. With several, one hash collision changes the similarity less.
const PLACES: u32 = 4;

/// Hashed stems and character 3- to 5-grams. Deterministic, without files or network; a few microseconds per text.
#[derive(Clone, Copy, Debug, Default)]
pub struct HashEmbedder;

impl HashEmbedder {
    /// The vector of a text: unit length, or all zeros for a text without letters and digits.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; DIMENSIONS];
        for word in words::words(text) {
            let weight = if is_function_word(&word.text) { FUNCTION_WORD_WEIGHT } else { 1.0 };
            add(&mut vector, b'w', &words::stem(&word.text), weight * WORD_WEIGHT);
            let pieces = pieces(&word.text);
            // Normalise by the number of n-grams, so that a long word does not outweigh a short one.
            let each = weight * PIECES_WEIGHT / (pieces.len() as f32).sqrt().max(1.0);
            for piece in pieces {
                add(&mut vector, b'p', &piece, each);
            }
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|x| *x /= length);
        }
        vector
    }
}

#[async_trait]
impl Embedder for HashEmbedder {
    fn name(&self) -> &str {
        "hash-512-v1"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    async fn embed(&self, texts: &[String]) -> ports::Result<Vec<Vec<f32>>> {
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }
}

/// Character n-grams of 3 to 5 characters, with `<` and `>` at the ends of the word.
fn pieces(word: &str) -> Vec<String> {
    let marked: Vec<char> = std::iter::once('<').chain(word.chars()).chain(std::iter::once('>')).collect();
    (3..=5).flat_map(|size| marked.windows(size).map(|run| run.iter().collect())).collect()
}

/// Adds a feature at several hashed positions, with a sign at each.
fn add(vector: &mut [f32], kind: u8, feature: &str, weight: f32) {
    let mut hash = fnv1a(kind, feature);
    for _ in 0..PLACES {
        let sign = if hash & 1 == 0 { 1.0 } else { -1.0 };
        if let Some(place) = vector.get_mut((hash >> 1) as usize % DIMENSIONS) {
            *place += sign * weight;
        }
        hash >>= 64 / PLACES;
    }
}

/// FNV-1a (Fowler, Noll, Vo) with part of MurmurHash3's finaliser. Vectors are stored and must be the same in every
/// build; the standard library does not guarantee stable hashes between versions.
fn fnv1a(kind: u8, text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in std::iter::once(kind).chain(text.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

/// Whether a word has a purely grammatical function. The list is much shorter than the stop words of search: «сколько
/// стоит» says nothing about a product, but distinguishes intents.
fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(&word)
}

#[rustfmt::skip]
static FUNCTION_WORDS: &[&str] = &[
    "a", "am", "an", "and", "are", "at", "be", "by", "do", "does", "for", "from", "have", "i", "in", "is", "it", "me", "my",
    "of", "on", "or", "please", "so", "that", "the", "this", "to", "us", "was", "we", "what", "will", "with", "you", "your",
    "а", "без", "бы", "в", "вам", "вас", "вы", "для", "до", "же", "за", "и", "из", "или", "к", "как", "какая", "какие",
    "какой", "какую", "ли", "мне", "мой", "моя", "мы", "на", "нам", "нас", "не", "но", "ну", "о", "об", "от", "по",
    "пожалуйста", "при", "с", "со", "то", "у", "ваш", "ваша", "ваши", "что", "это", "я",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn nearness(a: &str, b: &str) -> f32 {
        let (a, b) = (HashEmbedder.vector(a), HashEmbedder.vector(b));
        a.iter().zip(&b).map(|(x, y)| x * y).sum()
    }

    fn check(text: &str, sibling: &str, strangers: &[&str]) {
        let near = nearness(text, sibling);
        for stranger in strangers {
            let far = nearness(text, stranger);
            assert!(near > far + 0.15, "{text}: {sibling} {near}, {stranger} {far}");
        }
    }

    #[test]
    fn mistyped_and_inflected_texts_stay_similar() {
        let others =
            ["где мой заказ", "позовите менеджера", "как вернуть товар", "do you deliver to other cities"];
        check("какие условия доставки", "условия доставки", &others);
        check("сколко стоит даставка", "сколько стоит доставка", &others);
        check("доставку оформите", "оформить доставку", &others);
        check("гарантея на инструмент", "какая гарантия на инструменты", &others);
        check("waranty period", "what is the warranty", &others);
        check("хочу перфаратор", "нужен перфоратор", &others);
    }

    #[test]
    fn vectors_have_length_one_or_zero() {
        let length = |text: &str| HashEmbedder.vector(text).iter().map(|x| x * x).sum::<f32>();
        assert!((length("дрель") - 1.0).abs() < 1e-5);
        assert_eq!(length(" — !"), 0.0);
    }

    #[test]
    fn vectors_are_the_same_in_every_build() {
        // Stored vectors are compared with fresh ones. If this value changes, the embedder needs a new name.
        assert_eq!(fnv1a(b'w', "дрель"), 10210032463920039429);
    }
}
