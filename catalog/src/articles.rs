//! Finds rows by article number: as typed in any spelling, by one of several numbers of a cell, by its beginning, by a part
//! after a separator, or nearly.
//!
//! Numbers are compared as [`words::normalise_article`] writes them.

use std::collections::HashMap;

use tolmach_engine::catalog::Product;

use crate::words::{self, normalise_article};

/// Minimum number of characters of a beginning; shorter ones fit too many articles.
const SHORTEST_BEGINNING: usize = 4;
/// Maximum number of rows that a beginning may find. One that fits more says nothing.
const MOST_BEGINNING: usize = 50;
/// Minimum number of characters of a number that is compared with one error.
const SHORTEST_SIMILAR: usize = 5;
/// Maximum number of rows found with one error.
const MOST_SIMILAR: usize = 5;
/// Minimum number of characters of a number in a column of references.
const SHORTEST_REFERENCE: usize = 5;
/// Maximum number of characters of an article that is split into parts.
const LONGEST_SPLIT: usize = 200;

/// Article numbers of a generation.
#[derive(Default)]
pub(super) struct Articles {
    /// Rows by number: whole cells, each number of a cell with several, and the numbers of columns of references.
    exact: HashMap<String, Vec<u32>>,
    /// The numbers of `exact`, sorted, a line each: all of them are compared with a misspelt one, and in one text that is
    /// several times faster than in a map.
    lines: String,
    /// Numbers and their parts after a separator, sorted, with their rows.
    beginnings: Vec<(String, u32)>,
}

impl Articles {
    /// Collects the numbers of all rows.
    pub fn of(products: &[Product]) -> Articles {
        let mut articles = Articles::default();
        for (row, product) in (0..).zip(products) {
            for number in numbers(&product.article) {
                articles.add(number, row);
            }
            for attribute in product.attributes.iter().filter(|of| is_reference(&of.name)) {
                for number in numbers(&attribute.value) {
                    let key = normalise_article(number);
                    if key.chars().count() >= SHORTEST_REFERENCE && words::has_digit(&key) {
                        insert(&mut articles.exact, key, row);
                    }
                }
            }
        }
        let mut numbers: Vec<&str> = articles.exact.keys().map(String::as_str).collect();
        numbers.sort_unstable();
        articles.lines = numbers.join("\n");
        articles.beginnings.sort_unstable();
        articles.beginnings.dedup();
        articles
    }

    fn add(&mut self, number: &str, row: u32) {
        let key = normalise_article(number);
        if key.is_empty() {
            return;
        }
        for part in parts(number) {
            let part = normalise_article(part);
            if part.chars().count() >= SHORTEST_BEGINNING && words::has_digit(&part) {
                self.beginnings.push((part, row));
            }
        }
        if let Some(other) = other_script(&key) {
            insert(&mut self.exact, other, row);
        }
        insert(&mut self.exact, key, row);
    }

    /// Rows with a number, normalised.
    pub fn get(&self, number: &str) -> Option<&[u32]> {
        self.exact.get(number).map(Vec::as_slice)
    }

    /// Whether a row has a number, normalised.
    pub fn contains(&self, number: &str) -> bool {
        self.exact.contains_key(number)
    }

    /// Rows whose number, or a part of it after a separator, begins with a normalised text that has a digit; the shortest
    /// numbers first. None if the text is too short or fits too many.
    pub fn beginning_with(&self, start: &str) -> Vec<u32> {
        if start.chars().count() < SHORTEST_BEGINNING || !words::has_digit(start) {
            return Vec::new();
        }
        let from = self.beginnings.partition_point(|(number, _)| number.as_str() < start);
        let rest = self.beginnings.get(from..).unwrap_or_default();
        let fit = rest.iter().take_while(|(number, _)| number.starts_with(start)).take(MOST_BEGINNING + 1);
        let mut fit: Vec<(usize, u32)> = fit.map(|(number, row)| (number.len(), *row)).collect();
        if fit.len() > MOST_BEGINNING {
            return Vec::new();
        }
        fit.sort_unstable();
        let mut rows: Vec<u32> = Vec::with_capacity(fit.len());
        for (_, row) in fit {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    /// Rows whose number differs from a normalised one by one character more, less, other or swapped with its neighbour.
    pub fn similar(&self, number: &str) -> Vec<u32> {
        if number.chars().count() < SHORTEST_SIMILAR || !words::has_digit(number) {
            return Vec::new();
        }
        let mut rows: Vec<u32> = Vec::new();
        let near = self.lines.lines().filter(|key| differs_by_one(number, key));
        for row in near.filter_map(|key| self.exact.get(key)).flatten() {
            if rows.len() < MOST_SIMILAR && !rows.contains(row) {
                rows.push(*row);
            }
        }
        rows
    }
}

fn insert(exact: &mut HashMap<String, Vec<u32>>, key: String, row: u32) {
    let rows = exact.entry(key).or_default();
    if rows.last() != Some(&row) {
        rows.push(row);
    }
}

/// The numbers of a cell: the whole cell, and its parts if it has several numbers. A comma, slash or space inside one number
/// («DIO9K,115») is no separator unless all parts look like whole numbers.
fn numbers(cell: &str) -> Vec<&str> {
    let cell = cell.trim();
    let mut found = vec![cell];
    if cell.len() > LONGEST_SPLIT {
        return found;
    }
    let is_number =
        |part: &str| part.chars().filter(|c| c.is_alphanumeric()).count() >= 3 && words::has_digit(part);
    let mut split = |separators: &[&str]| {
        for separator in separators {
            let parts: Vec<&str> =
                cell.split(separator).map(str::trim).filter(|part| !part.is_empty()).collect();
            if parts.len() > 1 && parts.iter().all(|part| is_number(part)) {
                found.extend(parts);
            }
        }
    };
    split(&[";", "\n", "|", ", ", " / ", " или ", " or "]);
    let long = |part: &str| part.chars().count() >= SHORTEST_REFERENCE && words::has_digit(part);
    for separator in [',', '/', ' '] {
        let parts: Vec<&str> = cell.split(separator).map(str::trim).collect();
        if parts.len() > 1 && parts.iter().all(|part| long(part)) {
            found.extend(parts);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// A number and its parts that begin after a separator or after the letters in front («М5799DWF» of «WF-M5799DWF»).
fn parts(number: &str) -> Vec<&str> {
    if number.len() > LONGEST_SPLIT {
        return Vec::new();
    }
    let mut found = vec![number];
    let mut before = ' ';
    let mut letters = true;
    for (at, c) in number.char_indices() {
        let after_separator = at > 0 && !before.is_alphanumeric() && c.is_alphanumeric();
        let after_letters = letters && at > 0 && c.is_ascii_digit() && before.is_alphabetic();
        if after_separator || after_letters {
            found.extend(number.get(at..));
        }
        letters = letters && c.is_alphabetic();
        before = c;
    }
    found
}

/// Whether a column is of numbers that a client may ask by: bar codes, numbers of other makers.
fn is_reference(heading: &str) -> bool {
    const BEGINNINGS: [&str; 22] = [
        "штрих",
        "barcode",
        "ean",
        "gtin",
        "upc",
        "isbn",
        "oem",
        "оем",
        "кросс",
        "cross",
        "аналог",
        "замен",
        "каталож",
        "артикул",
        "номер",
        "код",
        "part",
        "ref",
        "mpn",
        "sku",
        "vendor",
        "number",
    ];
    let lower = heading.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| BEGINNINGS.iter().any(|start| word.starts_with(start)))
}

/// A number with its Cyrillic letters that have no Latin twin as the Latin letters of their sound; `None` without such.
pub(super) fn other_script(key: &str) -> Option<String> {
    const SOUNDS: [(char, &str); 19] = [
        ('Б', "B"),
        ('Г', "G"),
        ('Д', "D"),
        ('Ж', "ZH"),
        ('З', "Z"),
        ('И', "I"),
        ('Й', "Y"),
        ('Л', "L"),
        ('П', "P"),
        ('Ф', "F"),
        ('Ц', "C"),
        ('Ч', "CH"),
        ('Ш', "SH"),
        ('Щ', "SH"),
        ('Ы', "Y"),
        ('Э', "E"),
        ('Ю', "YU"),
        ('Я', "YA"),
        ('Ё', "E"),
    ];
    let mut changed = String::with_capacity(key.len());
    let mut any = false;
    for c in key.chars() {
        match SOUNDS.iter().find(|(letter, _)| *letter == c) {
            Some((_, latin)) => {
                any = true;
                changed.push_str(latin);
            }
            None => changed.push(c),
        }
    }
    any.then_some(changed)
}

/// Whether two numbers differ by one character more, less, other, or by two neighbours swapped.
fn differs_by_one(a: &str, b: &str) -> bool {
    // A character has four bytes at most, and one error leaves the first or the last one as it is.
    let same = |end: fn(&[u8]) -> Option<&u8>| end(a.as_bytes()) == end(b.as_bytes());
    if a.len().abs_diff(b.len()) > 4 || !same(<[u8]>::first) && !same(<[u8]>::last) {
        return false;
    }
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum::<usize>();
    let (a, b) = (a.get(same..).unwrap_or_default(), b.get(same..).unwrap_or_default());
    let (mut after_a, mut after_b) = (a.chars(), b.chars());
    let (first_a, first_b) = (after_a.next(), after_b.next());
    let (one_a, one_b) = (after_a.as_str(), after_b.as_str());
    if one_a == one_b || one_a == b || a == one_b {
        return true;
    }
    let swapped = after_a.next() == first_b && after_b.next() == first_a && first_a.is_some();
    swapped && after_a.as_str() == after_b.as_str()
}

#[cfg(test)]
mod tests {
    use tolmach_engine::catalog::Attribute;

    use super::*;

    fn articles(cells: &[&str]) -> Articles {
        let product = |cell: &&str| Product { article: (*cell).to_owned(), ..Product::default() };
        Articles::of(&cells.iter().map(product).collect::<Vec<_>>())
    }

    fn exact(articles: &Articles, typed: &str) -> Vec<u32> {
        articles.get(&normalise_article(typed)).unwrap_or_default().to_vec()
    }

    #[test]
    fn every_number_of_a_cell_finds_its_row() {
        let all = articles(&[
            "33-771; 33-0771",
            "77-10-55, 77-10-56",
            "QX501/QX502",
            "ZN301 / ZN302",
            "DIO9K,115",
            "QX503\nQX504",
        ]);
        for (typed, row) in [
            ("33-771", 0),
            ("330771", 0),
            ("77-10-56", 1),
            ("QX502", 2),
            ("zn302", 3),
            ("DIO9K,115", 4),
            ("QX504", 5),
        ] {
            assert_eq!(exact(&all, typed), [row], "{typed}");
        }
        assert_eq!(exact(&all, "115"), [0; 0], "a part of one number");
    }

    #[test]
    fn a_beginning_or_a_part_after_a_separator_finds_the_row() {
        let all = articles(&["KRP73125QZDR", "PW-M4781DX", "BM12345", "99-1"]);
        let begins = |typed: &str| all.beginning_with(&normalise_article(typed));
        assert_eq!(begins("krp73125"), [0]);
        assert_eq!(begins("м4781"), [1], "with a Cyrillic letter");
        assert_eq!(begins("12345"), [2]);
        assert_eq!(begins("KRP"), [0; 0], "three letters");
        assert_eq!(begins("99-1"), [0; 0], "three digits");
    }

    #[test]
    fn one_error_is_similar_and_not_equal() {
        let all = articles(&["78-1847", "55-20013"]);
        let similar = |typed: &str| all.similar(&normalise_article(typed));
        for typed in ["78-1487", "78-187", "78-18477", "78-1846"] {
            assert_eq!((exact(&all, typed), similar(typed)), (vec![], vec![0]), "{typed}");
        }
        assert_eq!(similar("78-1900"), [0; 0]);
        assert_eq!(similar("20"), [0; 0]);
    }

    #[test]
    fn columns_of_references_are_looked_up_exactly() {
        let attribute =
            |name: &str, value: &str| Attribute { name: name.to_owned(), value: value.to_owned() };
        let product = Product {
            article: "A1".to_owned(),
            attributes: vec![attribute("Штрихкод", "4600000000017"), attribute("Мощность, Вт", "15000")],
            ..Product::default()
        };
        let all = Articles::of(&[product]);
        assert_eq!(exact(&all, "4600000000017"), [0]);
        assert_eq!(exact(&all, "15000"), [0; 0]);
    }

    #[test]
    fn letters_without_a_twin_are_found_in_the_other_script() {
        let all = articles(&["238-77-ДЛ"]);
        assert_eq!(exact(&all, "238-77-DL"), [0]);
        assert_eq!(exact(&all, "238 77 дл"), [0]);
    }
}
