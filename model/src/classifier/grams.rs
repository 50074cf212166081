//! Character n-grams within words, with TF-IDF weights.

use std::collections::HashMap;

/// Lengths of the n-grams. The ends of a word count as characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=5;
/// Maximum number of n-grams; the rarest are dropped. Only sets of thousands of examples reach it.
const MOST: usize = 8192;

/// The n-grams of the examples and their weights.
pub(super) struct Ngrams {
    /// Index and inverse document frequency of an n-gram, by its hash.
    known: HashMap<u64, (u32, f32)>,
}

impl Ngrams {
    /// The n-grams of `texts`.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Ngrams {
        let mut found: HashMap<u64, usize> = HashMap::new();
        let mut count = 0;
        for text in texts {
            count += 1;
            for gram in counts(text).into_keys() {
                *found.entry(gram).or_default() += 1;
            }
        }
        let mut frequent: Vec<(u64, usize)> = found.into_iter().collect();
        frequent.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        frequent.truncate(MOST);
        let weight = |in_texts: usize| ((1 + count) as f32 / (1 + in_texts) as f32).ln() + 1.0;
        let known = (0..).zip(frequent).map(|(number, (gram, in_texts))| (gram, (number, weight(in_texts))));
        Ngrams { known: known.collect() }
    }

    /// Number of known n-grams.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// The known n-grams of a text: index and weight, in order of index. The weights form a vector of length 1.
    pub fn weigh(&self, text: &str) -> Vec<(u32, f32)> {
        let mut weighed: Vec<(u32, f32)> = counts(text)
            .into_iter()
            .filter_map(|(gram, times)| {
                let (number, weight) = self.known.get(&gram)?;
                Some((*number, weight * (1.0 + (times as f32).ln())))
            })
            .collect();
        // Sorted because the order of a `HashMap` varies between runs, and with it the rounding of sums.
        weighed.sort_unstable_by_key(|(number, _)| *number);
        let length = weighed.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        if length > 0.0 {
            weighed.iter_mut().for_each(|(_, weight)| *weight /= length);
        }
        weighed
    }
}

/// Count of each n-gram in a text, by hash.
fn counts(text: &str) -> HashMap<u64, usize> {
    let mut counts = HashMap::new();
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let marked: Vec<char> =
            std::iter::once(' ').chain(word.chars()).chain(std::iter::once(' ')).collect();
        for length in LENGTHS {
            for run in marked.windows(length) {
                *counts.entry(hash(run)).or_default() += 1;
            }
        }
    }
    counts
}

/// FNV-1a (Fowler, Noll, Vo) over the characters.
fn hash(run: &[char]) -> u64 {
    run.iter().fold(0xcbf2_9ce4_8422_2325, |hash, c| (hash ^ u64::from(*c)).wrapping_mul(0x0100_0000_01b3))
}
