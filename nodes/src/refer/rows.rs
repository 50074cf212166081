//! Which rows a message points at: by place, price, article, or by words that some of them hold and others do not.

use std::{collections::BTreeSet, sync::LazyLock};

use frostem::{Algorithm, Stemmer};
use tolmach_engine::{catalog::Product, measure};

use super::reading::Reading;
use crate::extract;

static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::Russian));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));

/// A word in the form in which it is compared: its stem, in Latin letters by sound, so that «Корвунд» is "Korvund".
pub(super) fn root(word: &str) -> String {
    let word = extract::folded(word);
    let cyrillic = word.chars().any(|c| ('а'..='я').contains(&c));
    let stemmer = if cyrillic { &RUSSIAN } else { &ENGLISH };
    sound(&stemmer.stem(&word))
}

/// Letters by sound: Cyrillic in Latin, letters that sound alike as one, doubled ones once.
fn sound(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        let as_heard = match c {
            'а' => "a",
            'б' => "b",
            'в' | 'w' => "v",
            'г' => "g",
            'д' => "d",
            'е' | 'э' => "e",
            'ж' => "zh",
            'з' => "z",
            'и' | 'й' | 'ы' | 'y' | 'і' => "i",
            'к' | 'c' | 'q' => "k",
            'л' => "l",
            'м' => "m",
            'н' => "n",
            'о' => "o",
            'п' => "p",
            'р' => "r",
            'с' => "s",
            'т' => "t",
            'у' => "u",
            'ф' => "f",
            'х' => "h",
            'ц' => "ts",
            'ч' => "ch",
            'ш' | 'щ' => "sh",
            'ъ' | 'ь' => "",
            'ю' => "iu",
            'я' => "ia",
            'x' => "ks",
            _ => {
                if !out.ends_with(c) || c.is_ascii_digit() {
                    out.push(c);
                }
                continue;
            }
        };
        if !out.ends_with(as_heard) || as_heard.is_empty() {
            out.push_str(as_heard);
        }
    }
    out
}

/// Whether two roots are of one word: equal, or one goes on for two letters at most («ударн», «удар»).
pub(super) fn same_root(a: &str, b: &str) -> bool {
    /// Letters that must be the same.
    const LEAST: usize = 4;
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short == long || short.len() >= LEAST && long.len() - short.len() <= 2 && long.starts_with(short)
}

/// Whether a root is of a brand, itself or as an adjective.
pub(super) fn of_brand(word: &str, brand: &str) -> bool {
    /// Letters of a brand that begins an adjective.
    const LEAST: usize = 5;
    !brand.is_empty() && (same_root(word, brand) || brand.len() >= LEAST && word.starts_with(brand))
}

/// The words of a row, as roots, and its numbers.
#[derive(Debug)]
pub(super) struct RowWords {
    roots: BTreeSet<String>,
    /// The root of the brand; empty without one.
    brand: String,
    /// Those of the name alone.
    name: BTreeSet<String>,
    numbers: Vec<f64>,
    measures: Vec<measure::Measure>,
}

impl RowWords {
    pub(super) fn of(row: &Product) -> RowWords {
        let mut texts = vec![&row.name.ru, &row.name.en];
        let name = words(&texts);
        texts.extend([&row.brand, &row.category.ru, &row.category.en]);
        texts.extend(row.attributes.iter().map(|attribute| &attribute.value));
        let numbers = texts.iter().flat_map(|text| numbers(text)).collect();
        RowWords { roots: words(&texts), brand: root(&row.brand), name, numbers, measures: row.measures() }
    }

    /// Whether the row holds a word, or one of its brand («мерегоновский»).
    pub(super) fn holds(&self, root: &str) -> bool {
        self.roots.contains(root)
            || self.roots.iter().any(|known| same_root(known, root))
            || of_brand(root, &self.brand)
    }

    /// Whether its name does.
    pub(super) fn named(&self, root: &str) -> bool {
        self.name.iter().any(|known| same_root(known, root))
    }

    /// Whether it states a number.
    pub(super) fn states(&self, number: f64) -> bool {
        self.numbers.iter().any(|known| (known - number).abs() < 1e-9)
    }

    /// Whether it states a quantity.
    pub(super) fn measures(&self, wanted: &measure::Measure) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(b.abs());
        self.measures
            .iter()
            .any(|known| known.dimension == wanted.dimension && close(known.value, wanted.value))
    }

    /// Whether it holds everything that a message says something is like.
    pub(super) fn fits(&self, reading: &Reading) -> bool {
        reading.include.iter().all(|word| self.holds(&root(word)))
            && reading.numbers.iter().all(|number| self.states(*number))
            && reading.measures.iter().all(|(measure, _)| self.measures(measure))
    }
}

/// The words of texts as roots, without those that a text says are lacking («без аккумулятора и зарядки»).
fn words(texts: &[&String]) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    for text in texts {
        let mut lacking = false;
        let mut joined = false;
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let lower = extract::folded(word);
            match lower.as_str() {
                "без" | "without" => lacking = true,
                "и" | "and" if joined => lacking = true,
                _ if lacking => {
                    lacking = false;
                    joined = true;
                    continue;
                }
                _ => {
                    roots.insert(root(word));
                }
            }
            joined = joined && lacking;
        }
    }
    roots
}

/// The numbers of a text, also those of «10х12» and «125/22».
fn numbers(text: &str) -> Vec<f64> {
    let part = |c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','));
    text.split(part).filter_map(|number| measure::value(number.trim_matches(['.', ',']))).collect()
}

/// The rows at these prices: exactly, or as near as a rounded price is («за 8 тысяч» for 7 820).
pub(super) fn at_price(rows: &[Product], amounts: &[f64]) -> Vec<usize> {
    /// How far a rounded price is from the real one.
    const ROUNDED: f64 = 0.05;
    let near = |tolerance: f64| {
        let fits = |row: &&(usize, &Product)| {
            row.1.price.is_some_and(|price| {
                amounts.iter().any(|amount| (price - amount).abs() <= tolerance * price.max(1.0))
            })
        };
        rows.iter().enumerate().collect::<Vec<_>>().iter().filter(fits).map(|(at, _)| *at).collect::<Vec<_>>()
    };
    let exact = near(0.0005);
    if exact.is_empty() { near(ROUNDED) } else { exact }
}

/// The row of the lowest (or highest) price.
pub(super) fn extreme(rows: &[Product], lowest: bool) -> Option<usize> {
    let priced = rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.price?)));
    let order = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
    let found = if lowest { priced.min_by(order) } else { priced.max_by(order) };
    found.map(|(at, _)| at)
}

/// The middle price of rows; `None` without any.
pub(super) fn median_price(rows: &[Product]) -> Option<f64> {
    let mut prices: Vec<f64> = rows.iter().filter_map(|row| row.price).collect();
    prices.sort_by(f64::total_cmp);
    prices.get(prices.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use tolmach_engine::catalog::Localized;

    use super::*;

    #[test]
    fn words_are_compared_by_root_in_either_script() {
        for (a, b) in [
            ("корвунд", "Korvund"),
            ("Дрекунд", "drekund"),
            ("красный", "красная"),
            ("ударом", "ударная"),
            ("аккумулятора", "аккумуляторная"),
            ("drills", "drill"),
        ] {
            assert!(same_root(&root(a), &root(b)), "{a} {b}: {} {}", root(a), root(b));
        }
        for (a, b) in [("станок", "станция"), ("болгарка", "болты"), ("пила", "пилот"), ("насос", "носок")]
        {
            assert!(!same_root(&root(a), &root(b)), "{a} {b}: {} {}", root(a), root(b));
        }
    }

    #[test]
    fn numbers_and_quantities_are_those_of_the_row() {
        let name =
            Localized { ru: "Шлифмашина 125 мм 1,2 кВт".to_owned(), ..Localized::default() };
        let row = RowWords::of(&Product { name, ..Product::default() });
        assert!(row.states(125.0) && !row.states(12.0));
        let power = |value| measure::Measure { dimension: measure::Dimension::Power, value };
        assert!(row.measures(&power(1200.0)) && !row.measures(&power(1000.0)));
    }

    #[test]
    fn a_price_is_exact_or_rounded() {
        let row = |price| Product { price: Some(price), ..Product::default() };
        let rows = [row(7820.0), row(8150.0), row(12_000.0)];
        assert_eq!(at_price(&rows, &[7820.0]), [0]);
        assert_eq!(at_price(&rows, &[8000.0]), [0, 1]);
        assert_eq!(at_price(&rows, &[5000.0]), [] as [usize; 0]);
        assert_eq!((extreme(&rows, true), extreme(&rows, false)), (Some(0), Some(2)));
    }
}
