//! Compares two lists of rows: what a new price list changes in the catalogue, and where suppliers' prices disagree.
//!
//! This module reads no files and resolves nothing: after a disagreement both prices stay in the catalogue.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tolmach_engine::catalog::Product;

use super::rows::Row;
use crate::words;

/// Maximum number of rows listed per kind of change, unless another one is asked for; the rest are only counted.
pub const EXAMPLES: usize = 10;
/// From which relative difference on a price has jumped.
const JUMP: f64 = 0.3;

/// Differences between a source's new rows and its rows in the catalogue. Counts are in rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// Rows that are not in the catalogue yet.
    pub new: usize,
    /// Rows with a different price or currency.
    pub changed_price: usize,
    /// Rows whose price changes by more than three tenths.
    pub jumped: usize,
    /// Rows with the same price and a difference in another column.
    pub changed_other: usize,
    /// Rows of the catalogue that are missing from the new list.
    pub gone: usize,
    /// Rows without a difference, ids and photos aside.
    pub unchanged: usize,
    /// The first rows of each kind: price changes by size, largest first; others in list order.
    pub examples: Examples,
}

/// Example rows, at most as many per list as were asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Examples {
    /// New rows.
    pub new: Vec<ItemSummary>,
    /// Price changes, largest first.
    pub changed_price: Vec<PriceChange>,
    /// Rows that are missing from the new list.
    pub gone: Vec<ItemSummary>,
}

/// Summary of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemSummary {
    /// Article number; may be empty.
    pub article: String,
    /// Russian name, or the English one if there is no Russian name.
    pub name: String,
    /// Price in units of `currency`; `None` means price on request.
    pub price: Option<f64>,
    /// ISO 4217 code; empty when unknown.
    pub currency: String,
}

/// A price that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceChange {
    /// Article number; may be empty.
    pub article: String,
    /// Name in the new list.
    pub name: String,
    /// Price in the catalogue; `None` means price on request.
    pub old: Option<f64>,
    /// Price in the new list; `None` means price on request.
    pub new: Option<f64>,
    /// Currency of `new`, or of `old` if there is no new price. ISO 4217 code; empty when unknown.
    pub currency: String,
}

/// Articles for which another source has a different price.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Disagreements {
    /// Number of rows of the new list with a disagreement.
    pub count: usize,
    /// The first of them, largest relative difference first.
    pub examples: Vec<Disagreement>,
}

/// One article with two prices in the same currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Article number as written in the new list.
    pub article: String,
    /// Name in the new list.
    pub name: String,
    /// Price in the new list.
    pub price: f64,
    /// Name of the other source.
    pub other: String,
    /// Price of the other source.
    pub other_price: f64,
    /// ISO 4217 code of both prices; empty when unknown.
    pub currency: String,
}

/// Compares a source's new rows with its rows in the catalogue. Rows are matched by normalised article number, or by
/// name if there is none. Repeated article numbers are matched by position: the second one with the second one.
pub fn changes(current: &[Row], source: &str, items: &[Product]) -> Changes {
    changes_with(current, source, items, EXAMPLES)
}

/// Like [`changes`], with another number of examples of each kind.
pub fn changes_with(current: &[Row], source: &str, items: &[Product], examples: usize) -> Changes {
    let mut before: HashMap<Key, &Product> = HashMap::new();
    let mut keys = Keys::default();
    for row in current.iter().filter(|row| row.source == source) {
        before.insert(keys.next(&row.product), &row.product);
    }
    let mut found = Changes::default();
    let (mut keys, mut prices) = (Keys::default(), Vec::new());
    for product in items {
        match before.remove(&keys.next(product)) {
            None => {
                found.new += 1;
                spell(&mut found.examples.new, product, examples);
            }
            Some(old) if !same_price(old, product) => prices.push((old, product)),
            Some(old) if same_but_for_id(old, product) => found.unchanged += 1,
            Some(_) => found.changed_other += 1,
        }
    }
    found.changed_price = prices.len();
    let jumps = |(old, new): &&(&Product, &Product)| {
        old.price.is_some() && new.price.is_some() && difference(old.price, new.price) > JUMP
    };
    found.jumped = prices.iter().filter(jumps).count();
    // The sort is stable: equal changes stay in list order.
    prices.sort_by(|a, b| difference(b.0.price, b.1.price).total_cmp(&difference(a.0.price, a.1.price)));
    found.examples.changed_price = prices
        .into_iter()
        .take(examples)
        .map(|(old, new)| PriceChange {
            article: new.article.clone(),
            name: name(new),
            old: old.price,
            new: new.price,
            currency: if new.price.is_some() { new.currency.clone() } else { old.currency.clone() },
        })
        .collect();
    found.gone = before.len();
    let left = current.iter().filter(|row| row.source == source);
    let mut keys = Keys::default();
    for row in left {
        if before.contains_key(&keys.next(&row.product)) {
            spell(&mut found.examples.gone, &row.product, examples);
        }
    }
    found
}

/// Finds articles that another real (not demo) source has at a different price in the same currency.
pub fn disagreements(current: &[Row], source: &str, items: &[Product]) -> Disagreements {
    disagreements_with(current, source, items, EXAMPLES)
}

/// Like [`disagreements`], with another number of examples.
pub fn disagreements_with(
    current: &[Row],
    source: &str,
    items: &[Product],
    examples: usize,
) -> Disagreements {
    let mut others: HashMap<String, Vec<&Row>> = HashMap::new();
    for row in current.iter().filter(|row| row.source != source && !row.demo) {
        let article = words::normalise_article(&row.product.article);
        if !article.is_empty() && row.product.price.is_some() {
            others.entry(article).or_default().push(row);
        }
    }
    let mut found = Vec::new();
    for product in items {
        let Some(price) = product.price else { continue };
        let others = others.get(&words::normalise_article(&product.article));
        let differs = others.into_iter().flatten().find_map(|row| {
            let other = row.product.price?;
            let currency = comparable(&product.currency, &row.product.currency)?;
            (difference(Some(price), Some(other)) > 1e-9).then_some((row, other, currency))
        });
        if let Some((row, other_price, currency)) = differs {
            found.push(Disagreement {
                article: product.article.clone(),
                name: name(product),
                price,
                other: row.source.clone(),
                other_price,
                currency: currency.to_owned(),
            });
        }
    }
    let size = |found: &Disagreement| difference(Some(found.price), Some(found.other_price));
    found.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let count = found.len();
    found.truncate(examples);
    Disagreements { count, examples: found }
}

/// Match key of a row: its normalised article number or name, and its occurrence number (from 1) among rows with the
/// same one.
type Key = (String, usize);

#[derive(Default)]
struct Keys(HashMap<String, usize>);

impl Keys {
    fn next(&mut self, product: &Product) -> Key {
        let article = words::normalise_article(&product.article);
        // The prefix keeps a name from matching an equal article number.
        let key = if article.is_empty() {
            format!("n{}", name(product).to_lowercase())
        } else {
            format!("a{article}")
        };
        let uses = self.0.entry(key.clone()).or_default();
        *uses += 1;
        (key, *uses)
    }
}

fn spell(list: &mut Vec<ItemSummary>, product: &Product, most: usize) {
    if list.len() < most {
        list.push(ItemSummary {
            article: product.article.clone(),
            name: name(product),
            price: product.price,
            currency: product.currency.clone(),
        });
    }
}

fn name(product: &Product) -> String {
    let name = &product.name;
    if name.ru.is_empty() { name.en.clone() } else { name.ru.clone() }
}

fn same_price(old: &Product, new: &Product) -> bool {
    difference(old.price, new.price) < 1e-9 && (old.price.is_none() || old.currency == new.currency)
}

fn same_but_for_id(old: &Product, new: &Product) -> bool {
    // A photo may come from a separate archive, so it is not part of the price list.
    let plain = |product: &Product| Product { id: String::new(), photo: None, ..product.clone() };
    plain(old) == plain(new)
}

/// Relative difference of two prices: |new − old| / min(|old|, |new|). Infinite if only one is present, 0 if neither.
fn difference(old: Option<f64>, new: Option<f64>) -> f64 {
    match (old, new) {
        (Some(old), Some(new)) => (new - old).abs() / old.abs().min(new.abs()).max(f64::MIN_POSITIVE),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    }
}

/// The common currency of two prices, or `None` if they cannot be compared. An unknown currency is assumed to be the
/// other one.
fn comparable<'a>(one: &'a str, other: &'a str) -> Option<&'a str> {
    match (one, other) {
        ("", other) => Some(other),
        (one, "") => Some(one),
        (one, other) => (one == other).then_some(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(article: &str, name: &str, price: f64) -> Product {
        let mut product = Product { article: article.into(), price: Some(price), ..Product::default() };
        product.name.ru = name.into();
        product.currency = "RUB".into();
        product
    }

    fn row(source: &str, product: Product) -> Row {
        Row { source: source.into(), demo: source == "samples", product }
    }

    #[test]
    fn classifies_rows_as_new_changed_gone_or_unchanged() {
        let current = [
            row("a", product("A-1", "Насос", 100.0)),
            row("a", product("A-2", "Кран", 10.0)),
            row("a", product("", "Труба", 5.0)),
            row("a", product("A-4", "Люк", 1.0)),
            row("a", product("A-4", "Люк второй", 2.0)),
            row("b", product("A-9", "Чужое", 1.0)),
        ];
        let mut renamed = product("A-2", "Кран шаровой", 10.0);
        renamed.stock = Some(1.0);
        let items = [
            product("a1", "Насос", 150.0),
            renamed,
            product("", "труба", 5.5),
            product("A-4", "Люк", 1.0),
            product("A-5", "Новинка", 7.0),
        ];
        let found = changes(&current, "a", &items);
        assert_eq!(
            (found.new, found.changed_price, found.changed_other, found.gone, found.unchanged),
            (1, 2, 1, 1, 1)
        );
        let prices: Vec<_> =
            found.examples.changed_price.iter().map(|change| (change.old, change.new)).collect();
        assert_eq!(prices, [(Some(100.0), Some(150.0)), (Some(5.0), Some(5.5))], "the largest first");
        assert_eq!(found.examples.gone[0].name, "Люк второй");
        assert_eq!(found.examples.new[0].article, "A-5");
    }

    #[test]
    fn reports_prices_that_differ_between_suppliers() {
        let mut dollars = product("D-1", "Дрель", 20.0);
        dollars.currency = "USD".into();
        let current = [
            row("b", product("А-1", "Насос", 120.0)),
            row("b", product("A-2", "Кран", 10.0)),
            row("b", dollars),
            row("samples", product("A-3", "Образец", 1.0)),
        ];
        let items = [
            product("A-1", "Насос", 100.0),
            product("A-2", "Кран", 10.0),
            product("D-1", "Дрель", 1900.0),
            product("A-3", "Люк", 2.0),
        ];
        let found = disagreements(&current, "a", &items);
        assert_eq!(found.count, 1, "{found:?}");
        let first = &found.examples[0];
        assert_eq!((first.other.as_str(), first.price, first.other_price), ("b", 100.0, 120.0));
        assert_eq!(disagreements(&current, "b", &items).count, 0, "its own rows are no other supplier's");
    }
}
