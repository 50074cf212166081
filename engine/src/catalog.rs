//! Products, and the requests and results of a catalogue search.
//!
//! Only the data types: the search itself is an adapter's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    language::Language,
    measure::{self, Dimension, Measure},
};

/// A text in one or both languages. Empty in both means absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// One row of the catalogue. All texts about a product are rendered from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Absolute http(s) address of a photo, or `/photos/<name>` for one that is kept beside the catalogue.
    #[serde(default)]
    pub photo: Option<String>,
    /// The further columns of the price list, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// A further column of a price list and a row's text in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attribute {
    /// The column's heading in one line («Мощность, кВт»).
    pub name: String,
    /// The text, not empty.
    pub value: String,
}

impl Product {
    /// Every quantity that the name and the attributes state. A unit may stand in an attribute's heading.
    pub fn measures(&self) -> Vec<Measure> {
        let mut found = measure::measures(&self.name.ru);
        found.extend(measure::measures(&self.name.en));
        for attribute in &self.attributes {
            let stated = measure::measures(&attribute.value);
            if stated.is_empty()
                && let Some(value) = measure::value(&attribute.value)
                && let Some((_, unit)) = attribute.name.rsplit_once([',', '('])
                && let Some((dimension, factor)) = measure::unit_of(unit.trim_matches([' ', ')', '.']))
            {
                found.push(Measure { dimension, value: value * factor });
            }
            found.extend(stated);
        }
        found
    }

    /// The text of an attribute, whose heading is compared without case.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let wanted = name.trim().to_lowercase();
        let found = self.attributes.iter().find(|attribute| attribute.name.to_lowercase() == wanted)?;
        Some(&found.value)
    }
}

/// A column that a filter may name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// A quantity that the name or an attribute states, in the dimension's base unit. A row may state several; one that
    /// fits is enough.
    Measure(Dimension),
    /// A further column by its heading, compared without case; its numbers may be ordered.
    Attribute(String),
}

impl Field {
    /// The fields with a name of their own, as a filter spells it.
    const NAMED: [(&'static str, Field); 5] = [
        ("price", Field::Price),
        ("stock", Field::Stock),
        ("brand", Field::Brand),
        ("category", Field::Category),
        ("article", Field::Article),
    ];

    /// The field that a filter spells so; attributes are spelt `attributes["name"]`.
    pub fn named(name: &str) -> Option<Field> {
        let own = Field::NAMED.into_iter().find(|(own, _)| *own == name).map(|(_, field)| field);
        own.or_else(|| Some(Field::Measure(Dimension::ALL.iter().find(|(own, _)| *own == name)?.1)))
    }

    /// Every name that a filter may spell.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let own = Field::NAMED.iter().map(|(name, _)| *name);
        own.chain(Dimension::ALL.iter().map(|(name, _)| *name))
    }

    /// Whether its values are numbers.
    pub fn is_number(&self) -> bool {
        matches!(self, Field::Price | Field::Stock | Field::Measure(_))
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Field::Attribute(name) => write!(f, "attributes[\"{name}\"]"),
            Field::Measure(dimension) => f.write_str(dimension.name()),
            _ => f.write_str(Field::NAMED.iter().find(|(_, own)| own == self).map_or("", |(name, _)| name)),
        }
    }
}

/// How a filter compares. Order comparisons are for numbers only; the compiler refuses others.
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

impl Comparison {
    /// Compares two numbers. They are equal when they differ by less than a millionth part, because units are converted.
    pub fn holds(self, found: f64, wanted: f64) -> bool {
        let equal = (found - wanted).abs() <= wanted.abs() * 1e-6;
        match self {
            Comparison::Eq => equal,
            Comparison::Ne => !equal,
            Comparison::Lt => found < wanted && !equal,
            Comparison::Le => found < wanted || equal,
            Comparison::Gt => found > wanted && !equal,
            Comparison::Ge => found > wanted || equal,
        }
    }
}

/// The value a filter compares with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterValue {
    /// For `price`, `stock`, measures and attributes.
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

impl std::fmt::Display for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = match self.comparison {
            Comparison::Eq => "==",
            Comparison::Ne => "!=",
            Comparison::Lt => "<",
            Comparison::Le => "<=",
            Comparison::Gt => ">",
            Comparison::Ge => ">=",
        };
        match &self.value {
            FilterValue::Number(number) => write!(f, "{} {sign} {number}", self.field),
            FilterValue::Text(text) => write!(f, "{} {sign} {text:?}", self.field),
        }
    }
}

impl Filter {
    /// Whether a row passes. Texts are compared without case; an article also without spaces and dashes.
    pub fn passes(&self, product: &Product) -> bool {
        match (&self.value, &self.field) {
            (FilterValue::Number(wanted), Field::Price) => self.number(product.price, *wanted),
            (FilterValue::Number(wanted), Field::Stock) => self.number(product.stock, *wanted),
            (FilterValue::Number(wanted), Field::Measure(dimension)) => {
                self.any(product.measures().iter().filter(|measure| measure.dimension == *dimension), *wanted)
            }
            (FilterValue::Number(wanted), Field::Attribute(name)) => {
                self.number(product.attribute(name).and_then(measure::value), *wanted)
            }
            (FilterValue::Text(wanted), Field::Attribute(name)) => {
                self.text(&[product.attribute(name).unwrap_or_default()], wanted)
            }
            (FilterValue::Text(wanted), Field::Brand) => self.text(&[&product.brand], wanted),
            (FilterValue::Text(wanted), Field::Category) => {
                self.text(&[&product.category.ru, &product.category.en], wanted)
            }
            (FilterValue::Text(wanted), Field::Article) => self.text(&[&product.article], wanted),
            _ => false,
        }
    }

    fn number(&self, found: Option<f64>, wanted: f64) -> bool {
        found.map_or(self.comparison == Comparison::Ne, |found| self.comparison.holds(found, wanted))
    }

    /// Of several values one that fits is enough; "not equal" needs all.
    fn any<'a>(&self, found: impl Iterator<Item = &'a Measure>, wanted: f64) -> bool {
        let mut holds = found.map(|measure| self.comparison.holds(measure.value, wanted));
        if self.comparison == Comparison::Ne { holds.all(|holds| holds) } else { holds.any(|holds| holds) }
    }

    fn text(&self, found: &[&str], wanted: &str) -> bool {
        let plain = |text: &str| text.to_lowercase().replace([' ', '-'], "");
        let equal = found.iter().any(|found| plain(found) == plain(wanted));
        equal == (self.comparison == Comparison::Eq)
    }
}

impl SearchRequest {
    /// The most characters of a text that are looked up. Thirty-two words and as many articles are used of them.
    pub const MAX_TEXT: usize = 1_000;
}

/// A catalogue query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchRequest {
    /// What the client typed; may hold anything, including articles. At most [`SearchRequest::MAX_TEXT`] characters are read.
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
    /// Rows that score less are left out, and so are rows that score less than half of what the best one does; 0 keeps every
    /// row that holds a word of the text.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub min_score: f32,
    /// Columns whose values are to be counted over all rows that match: brand, category, attributes; of numbers the range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facets: Vec<Field>,
    /// Rows like the one with this id, instead of rows for a text; the row itself is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similar_to: Option<String>,
}

fn is_zero(number: &f32) -> bool {
    *number == 0.0
}

/// What a catalogue answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchResults {
    /// The catalogue generation that answered.
    pub generation: String,
    /// Rows that match in all, of which `hits` is a page.
    pub total: u64,
    /// Best first.
    pub hits: Vec<Hit>,
    /// As asked for, in that order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facets: Vec<Facet>,
    /// Whether every hit is for what the text names («ремкомплект для ключа»), and none is it («ключ»).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_accessories: bool,
}

/// The values of a column over the rows that match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facet {
    /// The column.
    pub field: Field,
    /// Values and their numbers of rows, the most frequent first, 100 at most; empty for numbers. A category is named in the
    /// request's language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(String, u64)>,
    /// The smallest and the largest number; `None` for texts and where no row has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(f64, f64)>,
}

/// A code in the text that a row may be meant by, though it is not the row's article number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NearArticle {
    /// The code as typed.
    pub code: String,
    /// How it fits.
    pub by: ArticleMatch,
}

/// How a code fits an article number without being it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArticleMatch {
    /// The number, or a part of it after a separator, begins with the code.
    Beginning,
    /// The number differs from the code by one character.
    Similar,
}

/// A row found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hit {
    /// The row.
    pub product: Product,
    /// 0 to 1: how well the row answers the query, comparable between queries. 1.0 is an exact article; for words
    /// it is the weighted share of the query's meaningful words that the row holds.
    pub score: f32,
    /// Set when the text named the row by an article number, but not by its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<NearArticle>,
}
