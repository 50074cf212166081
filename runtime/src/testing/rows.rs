//! Catalogue rows that a dialog test brings along.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use tolmach_engine::{
    catalog::{Attribute, Localized, Product},
    language::Language,
    span::Spanned,
};

/// A row of the catalogue of a test.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What it is called: a text, or `{ ru: …, en: … }`.
    pub name: RowText,
    /// The article number, as a text: `"007"`.
    #[serde(default)]
    pub article: String,
    /// The price of one; without it the row is on request.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub price: Option<f64>,
    /// The price's currency, ISO 4217.
    #[serde(default = "rub")]
    pub currency: String,
    /// Pieces in stock; unknown unless said.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub stock: Option<f64>,
    /// The manufacturer.
    #[serde(default)]
    pub brand: String,
    /// The section of the price list: a text, or `{ ru: …, en: … }`.
    #[serde(default)]
    pub category: RowText,
    /// The unit of sale.
    #[serde(default)]
    pub unit: String,
    /// A sentence or more about it: a text, or `{ ru: …, en: … }`.
    #[serde(default)]
    pub description: RowText,
    /// Further columns by their headings: `{ "Мощность, кВт": "5" }`.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

fn rub() -> String {
    "RUB".to_owned()
}

/// A text of a row, in one language or in both.
#[derive(Clone, Debug, Default)]
pub struct RowText(pub Localized);

impl<'de> Deserialize<'de> for RowText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RowText, D::Error> {
        struct TextVisitor;

        impl<'de> de::Visitor<'de> for TextVisitor {
            type Value = RowText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, or { ru: …, en: … }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RowText, E> {
                let text = text.to_owned();
                Ok(RowText(match Language::detect(&text) {
                    Some(Language::En) => Localized { en: text, ..Localized::default() },
                    _ => Localized { ru: text, ..Localized::default() },
                }))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<RowText, A::Error> {
                Localized::deserialize(de::value::MapAccessDeserializer::new(map)).map(RowText)
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}

impl JsonSchema for RowText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RowText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "ru": { "type": "string" }, "en": { "type": "string" } },
                    "additionalProperties": false
                }
            ]
        })
    }
}

/// The rows as a catalogue keeps them.
pub fn products(rows: &[Spanned<Row>]) -> Vec<Product> {
    let product = |(at, row): (usize, &Spanned<Row>)| {
        let Row { name, article, price, currency, stock, brand, category, unit, description, attributes } =
            row.value.clone();
        let key = if article.is_empty() { format!("row-{}", at + 1) } else { article.clone() };
        Product {
            id: format!("test/{key}"),
            article,
            name: name.0,
            description: description.0,
            brand,
            category: category.0,
            unit,
            price,
            currency,
            stock,
            photo: None,
            attributes: attributes.into_iter().map(|(name, value)| Attribute { name, value }).collect(),
        }
    };
    rows.iter().enumerate().map(product).collect()
}
