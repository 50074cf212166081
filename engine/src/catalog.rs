//! Products as the engine sees them, and what a flow may ask of a catalogue.
//!
//! The shapes of the question and of the answer only: how either is served belongs to the adapters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::language::Language;

/// A text in one or both languages. Empty in both means absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    /// Russian.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ru: String,
    /// English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub en: String,
}

impl Localized {
    /// The text in `language`, or in the other one where that is missing.
    pub fn get(&self, language: Language) -> &str {
        let (first, second) = match language {
            Language::Ru => (&self.ru, &self.en),
            Language::En => (&self.en, &self.ru),
        };
        if first.is_empty() { second } else { first }
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.ru.is_empty() && self.en.is_empty()
    }
}

/// One row of the catalogue. Everything a client is told about a product is rendered from here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// Stable within the catalogue: `<source>/<article>`, or `<source>/row-<n>` for a row without an article.
    pub id: String,
    /// The supplier's article as text, leading zeros kept; empty when the row has none.
    #[serde(default)]
    pub article: String,
    /// What it is called.
    pub name: Localized,
    /// A sentence or more about it.
    #[serde(default)]
    pub description: Localized,
    /// Manufacturer; empty when unknown.
    #[serde(default)]
    pub brand: String,
    /// Section of the price list.
    #[serde(default)]
    pub category: Localized,
    /// Unit of sale as the price list spells it («шт», "pcs").
    #[serde(default)]
    pub unit: String,
    /// Price for one unit in `currency`; `None` is "on request".
    #[serde(default)]
    pub price: Option<f64>,
    /// ISO 4217 code; empty when the price list names none.
    #[serde(default)]
    pub currency: String,
    /// Pieces in stock; `None` when the price list does not say.
    #[serde(default)]
    pub stock: Option<f64>,
    /// Absolute http(s) address of a photo.
    #[serde(default)]
    pub photo: Option<String>,
}

/// A column that a filter may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// Price, a number.
    Price,
    /// Stock, a number.
    Stock,
    /// Brand, compared without case.
    Brand,
    /// Category in either language, compared without case.
    Category,
    /// Article, compared without case, spaces, dashes and script look-alikes.
    Article,
}

impl Field {
    /// Every field with the name a filter spells.
    pub const ALL: [(&'static str, Field); 5] = [
        ("price", Field::Price),
        ("stock", Field::Stock),
        ("brand", Field::Brand),
        ("category", Field::Category),
        ("article", Field::Article),
    ];
}

/// How a filter compares. Order comparisons are for `price` and `stock` only; the compiler refuses others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal; a row that lacks the column passes.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

/// The value a filter compares with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterValue {
    /// For `price` and `stock`.
    Number(f64),
    /// For the others.
    Text(String),
}

/// One clause of a filter; clauses are joined by "and". Apart from `Ne`, a row without the column does not pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// The column.
    pub field: Field,
    /// The comparison.
    pub comparison: Comparison,
    /// The value.
    pub value: FilterValue,
}

impl Filter {
    /// Whether a row passes. Texts are compared without case; an article also without spaces and dashes.
    pub fn passes(&self, product: &Product) -> bool {
        match (&self.value, self.field) {
            (FilterValue::Number(wanted), Field::Price) => self.number(product.price, *wanted),
            (FilterValue::Number(wanted), Field::Stock) => self.number(product.stock, *wanted),
            (FilterValue::Text(wanted), Field::Brand) => self.text(&[&product.brand], wanted),
            (FilterValue::Text(wanted), Field::Category) => {
                self.text(&[&product.category.ru, &product.category.en], wanted)
            }
            (FilterValue::Text(wanted), Field::Article) => self.text(&[&product.article], wanted),
            _ => false,
        }
    }

    fn number(&self, found: Option<f64>, wanted: f64) -> bool {
        let Some(found) = found else { return self.comparison == Comparison::Ne };
        match self.comparison {
            Comparison::Eq => found == wanted,
            Comparison::Ne => found != wanted,
            Comparison::Lt => found < wanted,
            Comparison::Le => found <= wanted,
            Comparison::Gt => found > wanted,
            Comparison::Ge => found >= wanted,
        }
    }

    fn text(&self, found: &[&str], wanted: &str) -> bool {
        let plain = |text: &str| text.to_lowercase().replace([' ', '-'], "");
        let equal = found.iter().any(|found| plain(found) == plain(wanted));
        equal == (self.comparison == Comparison::Eq)
    }
}

/// A catalogue query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchRequest {
    /// What the client typed; may hold anything up to 4,096 characters, including an article.
    pub text: String,
    /// The language to prefer in ties.
    pub language: Language,
    /// All must hold.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Rows wanted, 1 to 100.
    pub limit: u32,
    /// Rows to skip, for further pages.
    #[serde(default)]
    pub offset: u32,
    /// 0 is words alone, 1 is vectors alone.
    #[serde(default)]
    pub semantic_ratio: f32,
}

/// What a catalogue answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// The catalogue generation that answered.
    pub generation: String,
    /// Rows that match in all, of which `hits` is a page.
    pub total: u64,
    /// Best first.
    pub hits: Vec<Hit>,
}

/// A row found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The row.
    pub product: Product,
    /// 0 to 1: how well the row answers the query, comparable between queries. 1.0 is an exact article; for words
    /// it is the weighted share of the query's meaningful words that the row holds.
    pub score: f32,
}
