//! What models cost: prices per million tokens, and amounts of money in exact decimal arithmetic.
//!
//! A price is not stored with a call. Tokens are, and prices are set beside them when somebody asks, so that a price that was typed
//! wrong is mended for the past, too. What has no price is unknown and never zero.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};
use tolmach_runtime::ports::{FigurePeriod, Tokens};

/// A decimal number with at most six digits after the point, in millionths: exact, and below a billion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(u64);

impl Decimal {
    /// Reads `0.15` or `12`.
    ///
    /// # Errors
    /// What is expected.
    pub fn parse(text: &str) -> Result<Decimal, String> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, 9) || !digits(part, 6) {
            return Err(format!(
                "`{text}` is no price; write a number such as 0.15, with at most six digits after the point"
            ));
        }
        let number = |text: &str| text.parse::<u64>().map_err(|why| why.to_string());
        Ok(Decimal(number(whole)? * 1_000_000 + number(&format!("{part:0<6}"))?))
    }
}

/// What a model costs from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The model's name at its provider.
    pub model: String,
    /// For a million tokens that it reads.
    pub input: Decimal,
    /// For a million tokens that it reads from a cache of the provider; as `input` where there is none.
    pub cached: Option<Decimal>,
    /// For a million tokens that it writes.
    pub output: Decimal,
    /// The code of the currency: three capital Latin letters, such as `USD`.
    pub currency: String,
    /// From when on, milliseconds since the Unix epoch; `None` for ever.
    pub from: Option<i64>,
}

impl Price {
    /// What tokens cost.
    pub fn of(&self, tokens: &Tokens) -> Amount {
        let fresh = tokens.input.saturating_sub(tokens.cached);
        let parts = [
            (fresh, self.input),
            (tokens.cached, self.cached.unwrap_or(self.input)),
            (tokens.output, self.output),
        ];
        let units = parts.iter().map(|(tokens, price)| u128::from(*tokens) * u128::from(price.0)).sum();
        Amount { units, currency: self.currency.clone() }
    }
}

/// An amount of money, exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// In millionths of millionths of the currency's unit: tokens times a price in millionths for a million of them.
    units: u128,
    /// The code of the currency.
    pub currency: String,
}

/// Units of an [`Amount`] in one unit of its currency.
const ONE: u128 = 1_000_000_000_000;

impl Amount {
    /// About how much it is, to be compared. Never shown and never added up.
    #[expect(clippy::cast_precision_loss, reason = "only ratios are made of it")]
    pub fn number(&self) -> f64 {
        self.units as f64 / ONE as f64
    }

    /// The number as people want it: two digits after the point, and below one as many more as it takes to show two digits that are
    /// not zero. Half a digit is rounded up; what is not zero is never shown as zero.
    pub fn rounded(&self) -> String {
        let mut places: u32 = 2;
        while places < 12 && self.units > 0 && self.units < ONE / 10_u128.pow(places - 1) {
            places += 1;
        }
        let step = 10_u128.pow(12 - places);
        let scaled = (self.units + step / 2) / step;
        let one = 10_u128.pow(places);
        let part = format!("{:0width$}", scaled % one, width = places as usize);
        let part = part.trim_end_matches('0');
        format!("{}.{part:0<2}", scaled / one)
    }
}

/// All digits.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:012}", self.units % ONE);
        match part.trim_end_matches('0') {
            "" => write!(f, "{}", self.units / ONE),
            part => write!(f, "{}.{part}", self.units / ONE),
        }
    }
}

impl schemars::JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "description": "An amount of money, exact: the number is a text.",
            "properties": { "amount": { "type": "string" }, "currency": { "type": "string" } },
            "required": ["amount", "currency"],
        })
    }
}

/// `{ "amount": "0.1206", "currency": "USD" }`: a number of JSON would not be exact.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Amount", 2)?;
        fields.serialize_field("amount", &self.to_string())?;
        fields.serialize_field("currency", &self.currency)?;
        fields.end()
    }
}

/// What several calls cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Cost {
    /// By currency, in order of their codes. Currencies are not added up.
    pub amounts: Vec<Amount>,
    /// Calls of models that have no price.
    pub unpriced: u64,
    /// Answered calls whose provider did not tell the tokens.
    pub unknown: u64,
}

impl Cost {
    /// Adds another.
    pub fn add(&mut self, other: &Cost) {
        self.unpriced += other.unpriced;
        self.unknown += other.unknown;
        for amount in &other.amounts {
            match self.amounts.binary_search_by(|known| known.currency.cmp(&amount.currency)) {
                Ok(at) => self.amounts[at].units += amount.units,
                Err(at) => self.amounts.insert(at, amount.clone()),
            }
        }
    }
}

/// The prices of all models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices(Vec<Price>);

impl Prices {
    /// Prices, checked.
    ///
    /// # Errors
    /// A model has no name or two prices from one moment on, or a currency is no code: what is expected.
    pub fn new(prices: Vec<Price>) -> Result<Prices, String> {
        for (at, price) in prices.iter().enumerate() {
            let Price { model, currency, .. } = price;
            if model.trim().is_empty() {
                return Err("a price names no model".to_owned());
            }
            if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
                return Err(format!("{model}: `{currency}` is no currency; write a code such as USD"));
            }
            if prices[..at].iter().any(|other| other.model == *model && other.from == price.from) {
                return Err(format!(
                    "{model} has two prices from one day on; remove one, or say `from` when it began"
                ));
            }
        }
        Ok(Prices(prices))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The price at a moment of a model as the meter names it, `provider/name`.
    pub fn of(&self, model: &str, at: i64) -> Option<&Price> {
        let name = model.split_once('/').map_or(model, |(_, name)| name);
        let begun = |price: &&Price| price.from.is_none_or(|from| from <= at);
        let fits = |price: &&Price| price.model == name || price.model == model;
        self.0.iter().filter(fits).filter(begun).max_by_key(|price| price.from)
    }

    /// What one attempt cost; `None` where the model has no price or the tokens are not known.
    pub fn cost(&self, model: &str, at: i64, usage: Option<&serde_json::Value>) -> Option<Amount> {
        Some(self.of(model, at)?.of(&Tokens::reported(usage?)?))
    }

    /// The period in parts in each of which every price is one.
    pub fn parts(&self, period: &FigurePeriod) -> Vec<FigurePeriod> {
        let inside = |at: &i64| *at > period.from && *at < period.until;
        let mut bounds: Vec<i64> = self.0.iter().filter_map(|price| price.from).filter(inside).collect();
        bounds.push(period.until);
        bounds.sort_unstable();
        bounds.dedup();
        let mut from = period.from;
        let part = |until: i64| FigurePeriod { from: std::mem::replace(&mut from, until), until };
        bounds.into_iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn price(model: &str, numbers: [&str; 3], from: Option<i64>) -> Price {
        let [input, cached, output] = numbers.map(|number| Decimal::parse(number).ok());
        Price {
            model: model.to_owned(),
            input: input.unwrap(),
            cached,
            output: output.unwrap(),
            currency: "USD".to_owned(),
            from,
        }
    }

    #[test]
    fn prices_are_exact_decimals() {
        assert_eq!(Decimal::parse("0.15"), Ok(Decimal(150_000)));
        assert_eq!(Decimal::parse("12"), Ok(Decimal(12_000_000)));
        assert_eq!(Decimal::parse("0.000001"), Ok(Decimal(1)));
        for bad in ["", ".5", "1.", "-1", "+1", "1e3", "0,15", "1.0000001", "12345678901", "NaN", " 1"] {
            assert!(Decimal::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn cached_tokens_have_their_own_price_where_there_is_one() {
        let tokens = Tokens { input: 1_000_000, cached: 400_000, output: 1_000 };
        assert_eq!(price("m", ["0.15", "0.075", "0.6"], None).of(&tokens).to_string(), "0.1206");
        assert_eq!(price("m", ["0.15", "", "0.6"], None).of(&tokens).to_string(), "0.1506");
    }

    #[test]
    fn ten_times_a_tenth_is_one_and_no_amount_becomes_zero() {
        let of = |input: u64| price("m", ["0.1", "", "0"], None).of(&Tokens { input, ..Tokens::default() });
        let mut all = Cost::default();
        for _ in 0..10 {
            all.add(&Cost { amounts: vec![of(1_000_000)], unpriced: 1, unknown: 0 });
        }
        assert_eq!((all.amounts[0].to_string().as_str(), all.unpriced), ("1", 10));
        let rounded = |input| of(input).rounded();
        assert_eq!(rounded(0), "0.00");
        assert_eq!(rounded(10_000_000), "1.00");
        assert_eq!(rounded(12_345_000_000), "1234.50");
        assert_eq!(rounded(9_999_999), "1.00");
        assert_eq!(rounded(123_456), "0.012");
        assert_eq!(rounded(1_000), "0.0001");
        assert_eq!(rounded(1), "0.0000001");
        assert_eq!(rounded(7_654_321), "0.77");
    }

    #[test]
    fn currencies_are_not_added_up() {
        let amount = |units, currency: &str| Amount { units, currency: currency.to_owned() };
        let mut all = Cost { amounts: vec![amount(1, "USD")], ..Cost::default() };
        all.add(&Cost { amounts: vec![amount(2, "RUB"), amount(3, "USD")], ..Cost::default() });
        assert_eq!(all.amounts, [amount(2, "RUB"), amount(4, "USD")]);
    }

    #[test]
    fn a_price_holds_from_its_day_on() {
        let prices = Prices::new(vec![
            price("m", ["1", "", "1"], None),
            price("m", ["2", "", "2"], Some(100)),
            price("org/other", ["3", "", "3"], Some(50)),
        ])
        .unwrap();
        let input = |model, at| prices.of(model, at).map(|price| price.input.0 / 1_000_000);
        assert_eq!([input("openai-compatible/m", 99), input("openai-compatible/m", 100)], [Some(1), Some(2)]);
        assert_eq!(
            [input("openai-compatible/org/other", 49), input("openai-compatible/org/other", 50)],
            [None, Some(3)]
        );
        assert_eq!(input("openai-compatible/mm", 100), None);
        let parts = prices.parts(&FigurePeriod { from: 0, until: 100 });
        assert_eq!(
            parts.iter().map(|part| (part.from, part.until)).collect::<Vec<_>>(),
            [(0, 50), (50, 100)]
        );
        assert_eq!(prices.parts(&FigurePeriod { from: 100, until: 200 }).len(), 1);
    }

    #[test]
    fn what_is_not_known_costs_nothing_that_could_be_said() {
        let prices = Prices::new(vec![price("m", ["1", "", "1"], None)]).unwrap();
        let usage = json!({ "prompt_tokens": 1_000_000, "completion_tokens": 0 });
        assert_eq!(prices.cost("p/m", 0, Some(&usage)).unwrap().to_string(), "1");
        assert_eq!(prices.cost("p/other", 0, Some(&usage)), None);
        assert_eq!(prices.cost("p/m", 0, Some(&json!({}))), None);
        assert_eq!(prices.cost("p/m", 0, None), None);
    }

    #[test]
    fn prices_that_contradict_each_other_are_refused() {
        let twice = vec![price("m", ["1", "", "1"], None), price("m", ["2", "", "1"], None)];
        assert!(Prices::new(twice).unwrap_err().contains("two prices"));
        let mut odd = price("m", ["1", "", "1"], None);
        odd.currency = "usd".to_owned();
        assert!(Prices::new(vec![odd]).unwrap_err().contains("USD"));
        assert!(Prices::new(vec![price(" ", ["1", "", "1"], None)]).is_err());
    }
}
