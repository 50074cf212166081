//! What a price list changes in the catalogue, and where suppliers disagree: two lists of rows compared.
//!
//! It reads no file and decides nothing: both prices of a disagreement stay in the catalogue.

use std::collections::HashMap;

use serde::Serialize;
use tolmach_engine::catalog::Product;

use super::rows::Row;
use crate::words;

/// Rows that are spelled out; the rest are counted.
const EXAMPLES: usize = 10;

/// A source's new rows against those it has in the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Changes {
    /// Rows that it did not have.
    pub new: usize,
    /// Rows whose price or currency is another one.
    pub changed_price: usize,
    /// Rows that say something else in another column, at the same price.
    pub changed_other: usize,
    /// Rows that it had and has no more.
    pub gone: usize,
    /// Rows that are as they were.
    pub unchanged: usize,
    /// The first of them; of prices those that changed most.
    pub examples: Examples,
}

/// Rows that are spelled out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Examples {
    /// New ones.
    pub new: Vec<ItemSummary>,
    /// With both prices.
    pub changed_price: Vec<PriceChange>,
    /// Gone ones.
    pub gone: Vec<ItemSummary>,
}

/// A row in a few words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemSummary {
    /// Its article; may be empty.
    pub article: String,
    /// Its name, Russian where it has one.
    pub name: String,
    /// Its price; `None` is on request.
    pub price: Option<f64>,
    /// ISO 4217 code; empty when unknown.
    pub currency: String,
}

/// A price that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PriceChange {
    /// The row's article; may be empty.
    pub article: String,
    /// The row's name.
    pub name: String,
    /// The price in the catalogue.
    pub old: Option<f64>,
    /// The price in the file.
    pub new: Option<f64>,
    /// The currency of the new price, or of the old one where there is no new one.
    pub currency: String,
}

/// Articles that another source prices differently.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Disagreements {
    /// How many.
    pub count: usize,
    /// Those that differ most.
    pub examples: Vec<Disagreement>,
}

/// One article at two prices in one currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// As the file writes it.
    pub article: String,
    /// The name in the file.
    pub name: String,
    /// The price in the file.
    pub price: f64,
    /// The other source.
    pub other: String,
    /// Its price.
    pub other_price: f64,
    /// The currency; empty when unknown.
    pub currency: String,
}

/// Compares a source's new rows with those in the catalogue. A row is known by its article, or by its name where it has none;
/// the second of the same article is compared with the second.
pub fn changes(current: &[Row], source: &str, items: &[Product]) -> Changes {
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
                spell(&mut found.examples.new, product);
            }
            Some(old) if !same_price(old, product) => prices.push((old, product)),
            Some(old) if same_but_for_id(old, product) => found.unchanged += 1,
            Some(_) => found.changed_other += 1,
        }
    }
    found.changed_price = prices.len();
    // A stable sort: equals stay in the file's order.
    prices.sort_by(|a, b| difference(b.0.price, b.1.price).total_cmp(&difference(a.0.price, a.1.price)));
    found.examples.changed_price = prices
        .into_iter()
        .take(EXAMPLES)
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
            spell(&mut found.examples.gone, &row.product);
        }
    }
    found
}

/// The articles that real sources other than this one have at another price in the same currency.
pub fn disagreements(current: &[Row], source: &str, items: &[Product]) -> Disagreements {
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
    found.truncate(EXAMPLES);
    Disagreements { count, examples: found }
}

/// What a row is known by, and which of several with it.
type Key = (String, usize);

#[derive(Default)]
struct Keys(HashMap<String, usize>);

impl Keys {
    fn next(&mut self, product: &Product) -> Key {
        let article = words::normalise_article(&product.article);
        // A letter in front keeps a name from being taken for an article.
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

fn spell(list: &mut Vec<ItemSummary>, product: &Product) {
    if list.len() < EXAMPLES {
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
    // A photo that came beside the file is not part of it.
    let plain = |product: &Product| Product { id: String::new(), photo: None, ..product.clone() };
    plain(old) == plain(new)
}

/// By how many times a price is another one, above 0; a price that comes or goes is the greatest change.
fn difference(old: Option<f64>, new: Option<f64>) -> f64 {
    match (old, new) {
        (Some(old), Some(new)) => (new - old).abs() / old.abs().min(new.abs()).max(f64::MIN_POSITIVE),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    }
}

/// The currency of both, where prices in these can be compared: an unknown one is taken for the other.
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
    fn rows_are_new_changed_gone_or_the_same() {
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
    fn suppliers_that_disagree() {
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
