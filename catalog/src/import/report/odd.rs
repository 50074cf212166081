//! Finds rows that look odd beside the others, for a person to look at before an import.
//!
//! Nothing is changed by it; what cannot be read is a warning already, and stands here with its row.

use std::{collections::HashMap, ops::Range};

use tolmach_engine::catalog::Product;

use super::{super::item::ON_REQUEST, OddRow, Warning};

/// Maximum number of rows listed, and of rows per reason.
const LISTED: usize = 12;
const PER_REASON: usize = 3;
/// Fewest prices of a section that others can be compared with.
const COMPARED: usize = 6;
/// A price is far if it is so many times the median of its section, or less than the same part of it.
const FAR: f64 = 8.0;
/// A name is long above so many characters.
const LONG: usize = 200;

/// The items of a sheet: its name, and where they stand in the list of items.
pub(in super::super) type Part = (String, Range<usize>);

/// The index of a sheet, a category and a currency: prices that can be compared.
type Section<'a> = (usize, &'a str, &'a str);

/// The rows that look odd, at most 12, and their number. `rows` are the row numbers of the items.
pub(in super::super) fn find(
    items: &[Product],
    rows: &[u32],
    parts: &[Part],
    warnings: &[Warning],
) -> (Vec<OddRow>, usize) {
    let mut found = Found { items, rows, parts, reasons: Vec::new() };
    found.far_prices();
    found.names();
    found.articles();
    found.warned(warnings);
    let all = found.reasons.iter().map(|reason| reason.count).sum();
    // The first rows of every reason, then the second ones, and so on: no reason hides another.
    let mut listed: Vec<OddRow> = (0..PER_REASON)
        .flat_map(|place| found.reasons.iter().filter_map(move |reason| reason.rows.get(place)))
        .take(LISTED)
        .cloned()
        .collect();
    let order = |row: &OddRow| parts.iter().position(|(sheet, _)| *sheet == row.sheet);
    listed.sort_by_key(|row| (order(row), row.row));
    (listed, all)
}

#[derive(Default)]
struct Reason {
    count: usize,
    rows: Vec<OddRow>,
}

struct Found<'a> {
    items: &'a [Product],
    rows: &'a [u32],
    parts: &'a [Part],
    reasons: Vec<Reason>,
}

impl Found<'_> {
    fn collect(&mut self, odd: impl IntoIterator<Item = (usize, String)>) {
        let mut reason = Reason::default();
        for (index, why) in odd {
            reason.count += 1;
            if reason.rows.len() < PER_REASON
                && let (Some(item), Some(row)) = (self.items.get(index), self.rows.get(index))
            {
                let sheet = self.parts.iter().find(|(_, range)| range.contains(&index));
                let sheet = sheet.map(|(name, _)| name.clone()).unwrap_or_default();
                reason.rows.push(OddRow { sheet, row: *row, item: titled(item), why });
            }
        }
        if reason.count > 0 {
            self.reasons.push(reason);
        }
    }

    /// Prices far from the median of their section, in which most prices are near it. The farthest first.
    fn far_prices(&mut self) {
        let mut sections: HashMap<Section<'_>, Vec<(f64, usize)>> = HashMap::new();
        for (part, (_, range)) in self.parts.iter().enumerate() {
            for index in range.clone() {
                let Some(item) = self.items.get(index) else { continue };
                if let Some(price) = item.price.filter(|price| *price > 0.0) {
                    let section = (part, item.category.ru.as_str(), item.currency.as_str());
                    sections.entry(section).or_default().push((price.ln(), index));
                }
            }
        }
        let mut far: Vec<(f64, usize, f64)> = Vec::new();
        for prices in sections.values_mut().filter(|prices| prices.len() >= COMPARED) {
            prices.sort_by(|a, b| a.0.total_cmp(&b.0));
            let at =
                |tenths: usize| prices.get((prices.len() - 1) * tenths / 10).map_or(0.0, |(log, _)| *log);
            let (low, median, high) = (at(2), at(5), at(8));
            let bound = FAR.ln().max((high - low) * 3.0);
            far.extend(
                prices
                    .iter()
                    .map(|(log, index)| ((log - median).abs(), *index, median.exp()))
                    .filter(|(distance, ..)| *distance > bound),
            );
        }
        far.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let odd: Vec<(usize, String)> = far
            .into_iter()
            .map(|(_, index, median)| {
                let price = self.items.get(index).and_then(|item| item.price).unwrap_or_default();
                (index, format!("price {price}, others of its section about {}", rounded(median)))
            })
            .collect();
        self.collect(odd);
    }

    fn names(&mut self) {
        let name = |item: &Product| {
            if item.name.ru.is_empty() { item.name.en.clone() } else { item.name.ru.clone() }
        };
        let each = |odd: &dyn Fn(&str) -> Option<String>| -> Vec<(usize, String)> {
            let items = self.items.iter().enumerate();
            items.filter_map(|(index, item)| Some((index, odd(&name(item))?))).collect()
        };
        let numbers = each(&|name| {
            (!name.chars().any(char::is_alphabetic)).then(|| "the name has no letters".to_owned())
        });
        let short = each(&|name| {
            let letters = name.chars().any(char::is_alphabetic);
            (letters && name.chars().count() < 3).then(|| "a very short name".to_owned())
        });
        let long = each(&|name| {
            let length = name.chars().count();
            (length > LONG).then(|| format!("a very long name, {length} characters"))
        });
        for odd in [numbers, short, long] {
            self.collect(odd);
        }
    }

    /// Items without an article in sheets where at least nine of ten have one.
    fn articles(&mut self) {
        let mut odd = Vec::new();
        for (_, range) in self.parts {
            let without: Vec<usize> = range
                .clone()
                .filter(|index| self.items.get(*index).is_some_and(|item| item.article.is_empty()))
                .collect();
            if without.len() * 10 <= range.len() {
                odd.extend(
                    without
                        .into_iter()
                        .map(|index| (index, "no article, while the others have one".to_owned())),
                );
            }
        }
        self.collect(odd);
    }

    /// What was noticed while the rows were read.
    fn warned(&mut self, warnings: &[Warning]) {
        // What one of ten items has is not odd, nor is an item on request.
        let odd = |warning: &&Warning| {
            let rare = warning.count * 10 <= self.items.len().max(30);
            rare && !warning.rows.is_empty() && warning.kind != ON_REQUEST
        };
        for warning in warnings.iter().filter(odd) {
            let rows =
                warning.rows.iter().zip(&warning.examples).take(PER_REASON).map(|((sheet, row), example)| {
                    let place = format!("sheet \"{sheet}\" row {row}");
                    let said = example.strip_prefix(&place).unwrap_or(example).trim_start_matches(':').trim();
                    let kind = warning.kind.split(',').next().unwrap_or_default();
                    let item = self.rows.iter().zip(self.items).enumerate();
                    let part =
                        self.parts.iter().find(|(name, _)| name == sheet).map(|(_, range)| range.clone());
                    let item = part.and_then(|part| {
                        item.skip(part.start)
                            .take(part.len())
                            .find(|(_, (number, _))| *number == row)
                            .map(|(_, (_, item))| item)
                    });
                    let why = if said.is_empty() { kind.to_owned() } else { format!("{kind}: {said}") };
                    OddRow {
                        sheet: sheet.clone(),
                        row: *row,
                        item: item.map(titled).unwrap_or_default(),
                        why,
                    }
                });
            let rows: Vec<OddRow> = rows.collect();
            self.reasons.push(Reason { count: warning.count, rows });
        }
    }
}

fn titled(item: &Product) -> String {
    let name = if item.name.ru.is_empty() { &item.name.en } else { &item.name.ru };
    format!("{} {name}", item.article).trim().chars().take(80).collect()
}

/// A number with two digits after the point at most.
fn rounded(number: f64) -> f64 {
    if number >= 100.0 { number.round() } else { (number * 100.0).round() / 100.0 }
}

#[cfg(test)]
mod tests {
    use tolmach_engine::catalog::Localized;

    use super::*;

    fn product(name: &str, article: &str, price: f64) -> Product {
        let name = Localized { ru: name.into(), en: String::new() };
        Product { name, article: article.into(), price: Some(price), ..Product::default() }
    }

    #[test]
    fn a_price_far_from_its_section_is_odd_and_a_wide_section_is_not() {
        let list = |prices: &[f64]| {
            let items: Vec<Product> = prices.iter().map(|price| product("Кран", "A-1", *price)).collect();
            let rows: Vec<u32> = (2..).take(items.len()).collect();
            find(&items, &rows, &[("1".into(), 0..items.len())], &[])
        };
        let (odd, count) = list(&[100.0, 110.0, 120.0, 130.0, 12_000.0, 90.0, 95.0]);
        assert_eq!((odd[0].row, count), (6, 1));
        assert!(odd[0].why.contains("12000"), "{odd:?}");
        assert_eq!(list(&[1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0, 5.0]).1, 0);
    }

    #[test]
    fn names_and_articles_that_differ_are_odd() {
        let mut items: Vec<Product> =
            (0..20).map(|n| product("Кран шаровой", &format!("A-{n}"), 5.0)).collect();
        items[3].name.ru = "1200".into();
        items[7].article.clear();
        let rows: Vec<u32> = (2..).take(items.len()).collect();
        let (odd, _) = find(&items, &rows, &[("1".into(), 0..items.len())], &[]);
        let seen: Vec<(u32, &str)> = odd.iter().map(|odd| (odd.row, odd.why.as_str())).collect();
        assert_eq!(seen, [(5, "the name has no letters"), (9, "no article, while the others have one")]);
    }
}
