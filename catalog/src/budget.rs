//! What a build may take. How much memory a build needs follows from its rows, so it is refused before it begins and not
//! stopped in the middle.
//!
//! The figures are upper bounds, found with `cargo run --release --example hostile_lists`, which builds lists made to
//! need much memory and compares. They count what a build adds to the process: not the generation that serves.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hash, RandomState},
};

use tolmach_engine::catalog::Product;

use super::{Error, import::MAX_ROWS};
use crate::words;

/// The limits of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildLimits {
    /// Memory in MiB that a build may take besides the generation that serves.
    pub memory: u64,
    /// Rows of a generation, all sources together.
    pub rows: usize,
}

impl BuildLimits {
    /// Memory budget of the index writer in bytes: an eighth of the whole, 16 to 128 MiB. With less, the index is written
    /// in more segments, which are merged.
    pub(super) fn writer(self) -> usize {
        ((self.memory << 20) / 8).clamp(16 << 20, 128 << 20) as usize
    }
}

impl Default for BuildLimits {
    /// 1,536 MiB and 1,000,000 rows.
    fn default() -> BuildLimits {
        BuildLimits { memory: 1536, rows: MAX_ROWS }
    }
}

/// What a build takes whatever the rows, besides the index writer.
const FIXED: u64 = 24 << 20;
/// For each row: the product, its vectors and offsets.
const ROW: u64 = 2_800;
/// For each byte of text, in memory and as it is written and read again.
const TEXT: u64 = 5;
/// For each occurrence of a word in a name: its place in the forward index and the postings.
const OCCURRENCE: u64 = 24;
/// For each distinct word of names and labels: dictionaries, completions and spellings.
const WORD: u64 = 250;

/// What a build is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    rows: u64,
    /// Bytes of all texts.
    text: u64,
    /// Words of names and labels, and distinct ones among them.
    occurrences: u64,
    words: u64,
}

impl Size {
    /// An upper bound of the memory of a build within these limits, in bytes.
    fn memory(self, limits: BuildLimits) -> u64 {
        let fixed = FIXED + limits.writer() as u64;
        fixed + self.rows * ROW + self.text * TEXT + self.occurrences * OCCURRENCE + self.words * WORD
    }
}

/// Checks that a generation of these rows can be built within the limits.
///
/// # Errors
/// [`Error::TooLarge`] if not.
pub(super) fn check<'p>(
    products: impl ExactSizeIterator<Item = &'p Product>,
    limits: BuildLimits,
) -> Result<(), Error> {
    let rows = products.len();
    let too_large = |what: String, limit: String| Err(Error::TooLarge { what, limit });
    if rows > limits.rows {
        return too_large(format!("{rows} rows"), format!("{} rows (import.rows)", limits.rows));
    }
    let memory = limits.memory << 20;
    let mut size = Size::default();
    let mut counted = Words::default();
    for product in products {
        size.rows += 1;
        size.text += bytes(product);
        size.occurrences += counted.add(product);
        size.words = counted.distinct.len() as u64;
        // Before the count itself becomes large.
        if size.memory(limits) > memory {
            return too_large(
                format!("{rows} rows, of which {} take {} MiB of memory", size.rows, limits.memory),
                format!("{} MiB (import.memory_mib)", limits.memory),
            );
        }
    }
    tracing::debug!(rows = size.rows, mib = size.memory(limits) >> 20, "a catalogue is built");
    Ok(())
}

/// An upper bound of the memory, in bytes, that a build of these products takes within these limits.
pub fn memory_needed<'p>(products: impl IntoIterator<Item = &'p Product>, limits: BuildLimits) -> u64 {
    let (mut size, mut counted) = (Size::default(), Words::default());
    for product in products {
        size.rows += 1;
        size.text += bytes(product);
        size.occurrences += counted.add(product);
    }
    size.words = counted.distinct.len() as u64;
    size.memory(limits)
}

fn bytes(product: &Product) -> u64 {
    let Product {
        id, article, name, description, brand, category, unit, currency, photo, attributes, ..
    } = product;
    let texts = [
        id,
        article,
        &name.ru,
        &name.en,
        &description.ru,
        &description.en,
        brand,
        &category.ru,
        &category.en,
        unit,
        currency,
    ];
    let attributes = attributes
        .iter()
        .map(|attribute| std::mem::size_of_val(attribute) + attribute.name.len() + attribute.value.len());
    let photo = photo.as_ref().map_or(0, String::len);
    (texts.iter().map(|text| text.len()).sum::<usize>() + attributes.sum::<usize>() + photo) as u64
}

/// Counts words by their hashes: two words with one hash count as one, which 64 bits make rare.
#[derive(Default)]
struct Words {
    hasher: RandomState,
    distinct: HashSet<u64>,
}

impl Words {
    /// Adds the words of a product's names and labels; returns how many there are.
    fn add(&mut self, product: &Product) -> u64 {
        let Product { name, brand, category, .. } = product;
        let mut count = 0;
        for text in [&name.ru, &name.en, brand, &category.ru, &category.en] {
            for word in words::words(text) {
                count += 1;
                self.distinct.insert(hash(&self.hasher, &word.text));
            }
        }
        count
    }
}

fn hash(hasher: &RandomState, text: &impl Hash) -> u64 {
    hasher.hash_one(text)
}

#[cfg(test)]
mod tests {
    use tolmach_engine::catalog::Localized;

    use super::*;

    fn products(count: usize, name: impl Fn(usize) -> String) -> Vec<Product> {
        let product = |n| Product {
            id: format!("shop/{n}"),
            name: Localized { ru: name(n), en: String::new() },
            ..Product::default()
        };
        (0..count).map(product).collect()
    }

    #[test]
    fn a_list_of_a_shop_fits_and_one_that_needs_too_much_is_refused_before_it_is_built() {
        let limits = BuildLimits { memory: 160, rows: 30_000 };
        let usual = products(20_000, |n| format!("Перфоратор Korvund SDS-Plus {} Вт", n % 90));
        check(usual.iter(), limits).unwrap();
        let why = check(products(30_001, |_| "a".to_owned()).iter(), limits).unwrap_err().to_string();
        assert!(why.contains("30001 rows") && why.contains("import.rows"), "{why}");
        // Words that occur once, and long texts.
        let words = |n| (0..15).map(|word| format!("q{n}w{word}z")).collect::<Vec<_>>().join(" ");
        for hostile in [products(20_000, words), products(20_000, |_| "я".repeat(499))] {
            let why = check(hostile.iter(), limits).unwrap_err().to_string();
            assert!(why.contains("160 MiB") && why.contains("import.memory_mib"), "{why}");
            assert!(memory_needed(&hostile, limits) > 160 << 20);
        }
    }
}
