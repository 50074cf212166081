//! The prices of language models.

use anyhow::Context;
use jiff::{civil::Date, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};
use tolmach_app::spending::{Decimal, Price, Prices};

use super::Llm;

/// What a model costs from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPrice {
    /// The model's name, as in `llm.model` or in a role.
    pub model: String,
    /// The price of a million tokens that it reads: a number such as `0.15`.
    pub input: Number,
    /// The price of a million tokens that it reads from a cache of the provider; as `input` if unset.
    #[serde(default)]
    pub cached_input: Option<Number>,
    /// The price of a million tokens that it writes.
    pub output: Number,
    /// The code of the currency, such as `USD`.
    pub currency: String,
    /// The first day of this price, such as `"2026-11-01"` (UTC); if unset, it holds for every day before another price.
    #[serde(default)]
    pub from: Option<String>,
}

/// A number as it is written, which is exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Number;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number such as 0.15")
            }

            // The shortest text that is read as this number again is what was written.
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Number, E> {
                Ok(Number(number.to_string()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number.to_string()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number.to_string()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                Ok(Number(text.trim().to_owned()))
            }
        }

        deserializer.deserialize_any(Written)
    }
}

impl Llm {
    /// The prices of the models.
    ///
    /// # Errors
    /// When one is no price, or two contradict each other.
    pub fn prices(&self) -> anyhow::Result<Prices> {
        let prices = self.prices.iter().enumerate().map(|(at, price)| {
            price.read().with_context(|| format!("llm.prices, entry {} ({})", at + 1, price.model))
        });
        let prices = prices.collect::<anyhow::Result<_>>()?;
        Prices::new(prices).map_err(|why| anyhow::anyhow!("llm.prices: {why}"))
    }
}

impl ModelPrice {
    fn read(&self) -> anyhow::Result<Price> {
        let decimal = |name: &str, number: &Number| {
            Decimal::parse(&number.0).map_err(|why| anyhow::anyhow!("{name}: {why}"))
        };
        let from = self.from.as_deref().map(|text| -> anyhow::Result<i64> {
            let day: Date = text
                .parse()
                .with_context(|| format!("from: `{text}` is no day; write one such as \"2026-11-01\""))?;
            Ok(day.to_zoned(TimeZone::UTC)?.timestamp().as_millisecond())
        });
        Ok(Price {
            model: self.model.trim().to_owned(),
            input: decimal("input", &self.input)?,
            cached: self.cached_input.as_ref().map(|number| decimal("cached_input", number)).transpose()?,
            output: decimal("output", &self.output)?,
            currency: self.currency.trim().to_owned(),
            from: from.transpose()?,
        })
    }
}
