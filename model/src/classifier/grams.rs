//! How texts are spelt: runs of characters within words, weighed by how rare they are.

use std::collections::HashMap;

/// Lengths of the runs. A word's ends count as characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=5;
/// Runs that are kept; the rarest go first. Only sets of thousands of examples have more.
const MOST: usize = 8192;

/// The runs that examples have, and what each weighs.
pub(super) struct Grams {
    /// Number and weight of a run, by its hash.
    known: HashMap<u64, (u32, f32)>,
}

impl Grams {
    /// Those of some texts.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Grams {
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
        Grams { known: known.collect() }
    }

    /// How many runs are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// The known runs of a text by number with their weights, of length 1 together; in order of number.
    pub fn weigh(&self, text: &str) -> Vec<(u32, f32)> {
        let mut weighed: Vec<(u32, f32)> = counts(text)
            .into_iter()
            .filter_map(|(gram, times)| {
                let (number, weight) = self.known.get(&gram)?;
                Some((*number, weight * (1.0 + (times as f32).ln())))
            })
            .collect();
        // The order of a map is another in every run, and so would be the last digits of sums.
        weighed.sort_unstable_by_key(|(number, _)| *number);
        let length = weighed.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        if length > 0.0 {
            weighed.iter_mut().for_each(|(_, weight)| *weight /= length);
        }
        weighed
    }
}

/// How often a text has each run, by the run's hash.
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
