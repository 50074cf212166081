//! Measures how well the values below a header fit a field.
//!
//! What follows from the measures is decided in `header`.

use std::collections::{BTreeMap, HashSet};

use super::{
    columns::Column,
    currency,
    value::{self, Amount},
    workbook::{Row, Value},
};

/// Number of rows examined, from the top.
const SAMPLE: usize = 1000;

/// The values of each column below a header.
pub(super) struct Values<'a> {
    columns: BTreeMap<u32, Vec<&'a Value>>,
    rows: usize,
}

impl<'a> Values<'a> {
    /// Collects rows with at least two filled cells; rows with one are sections and notes.
    pub fn below(rows: &'a [Row], header: u32) -> Values<'a> {
        let mut columns: BTreeMap<u32, Vec<&Value>> = BTreeMap::new();
        let mut seen = 0;
        for row in rows.iter().filter(|row| row.number > header && row.cells.len() > 1).take(SAMPLE) {
            seen += 1;
            for (at, value) in &row.cells {
                columns.entry(*at).or_default().push(value);
            }
        }
        Values { columns, rows: seen }
    }

    fn of(&self, at: u32) -> &[&'a Value] {
        self.columns.get(&at).map_or(&[], Vec::as_slice)
    }

    /// The columns that have values.
    pub fn columns(&self) -> impl Iterator<Item = u32> {
        self.columns.keys().copied()
    }

    /// The share of rows that have a value in this column, 0 to 1.
    pub fn filled(&self, at: u32) -> f32 {
        share(self.of(at).len(), self.rows)
    }

    /// The share of rows that have a value in this column that is not its heading, repeated on every page.
    pub fn filled_below(&self, at: u32, heading: &str) -> f32 {
        let values = self.of(at).iter().filter(|value| !heading.contains(&value.text()));
        share(values.count(), self.rows)
    }

    /// The share of the column's values that are plausible for the field, 0 to 1; 0 for an empty column.
    pub fn fit(&self, column: Column, at: u32) -> f32 {
        let values = self.of(at);
        let fitting = |test: &dyn Fn(&Value) -> bool| {
            share(values.iter().filter(|value| test(value)).count(), values.len())
        };
        match column {
            Column::Price => {
                let is = |value: &Value| matches!(value::price(value), Amount::Known(price) if price >= 0.0);
                // «По запросу» counts as a price only in a column that has prices.
                let said = |value: &Value| {
                    is(value) || value::price(value) == Amount::NotGiven && value.text().chars().count() <= 30
                };
                if values.iter().any(|value| is(value)) { fitting(&said) } else { 0.0 }
            }
            Column::Stock => fitting(&|value| !matches!(value::stock(value), Amount::Invalid)),
            Column::Article => {
                let short =
                    |value: &Value| !matches!(value, Value::Date(_)) && value.text().chars().count() <= 40;
                fitting(&short).min(self.different(at))
            }
            Column::Name | Column::NameEn | Column::Description | Column::DescriptionEn => {
                fitting(&|value| matches!(value, Value::Text(text) if text.chars().any(char::is_alphabetic)))
            }
            Column::Unit => fitting(
                &|value| matches!(value, Value::Text(text) if text.chars().count() <= 12 && text.chars().any(char::is_alphabetic)),
            ),
            Column::Nothing => 0.0,
            Column::Photo => fitting(&|value| value::web_address(&value.text()).is_some()),
            Column::Currency => fitting(&|value| currency::named(&value.text()).is_some()),
            Column::Brand | Column::Category | Column::CategoryEn => {
                fitting(&|value| matches!(value, Value::Text(text) if text.chars().count() <= 80))
            }
        }
    }

    /// The share of values that are distinct, 0 to 1.
    pub fn different(&self, at: u32) -> f32 {
        let values = self.of(at);
        let different: HashSet<String> = values.iter().map(|value| value.text()).collect();
        share(different.len(), values.len())
    }

    /// Whether at least 60% of the values look like product names: texts with a space or of at least 12 characters.
    pub fn reads_like_names(&self, at: u32) -> bool {
        let values = self.of(at);
        let like = values.iter().filter(|value| {
            matches!(value, Value::Text(text) if text.chars().filter(|c| c.is_alphabetic()).count() >= 4
                && (text.contains(' ') || text.chars().count() >= 12))
        });
        !values.is_empty() && like.count() * 10 >= values.len() * 6
    }

    /// Whether at least 80% of the values look like article numbers (one word with a digit) and most are distinct.
    pub fn reads_like_articles(&self, at: u32) -> bool {
        let values = self.of(at);
        let like = values.iter().filter(|value| {
            let text = value.text();
            text.chars().count() <= 30 && !text.contains(' ') && text.chars().any(|c| c.is_ascii_digit())
        });
        !values.is_empty() && like.count() * 10 >= values.len() * 8 && self.fit(Column::Article, at) > 0.8
    }

    /// Whether the values count the rows: each number is one more than the one before it, in at least 80% of them.
    pub fn counts_rows(&self, at: u32) -> bool {
        let numbers: Vec<f64> =
            self.of(at).iter().filter_map(|value| value.text().trim_end_matches('.').parse().ok()).collect();
        let steps = numbers.windows(2).filter(|pair| matches!(pair, [a, b] if *b == *a + 1.0)).count();
        let whole = self.of(at).len();
        numbers.first().is_some_and(|first| *first <= 2.0) && (steps + 1) * 10 >= whole * 8
    }

    /// The share of values that are numbers above zero, or texts of one with a currency, 0 to 1.
    pub fn numeric(&self, at: u32) -> f32 {
        let values = self.of(at);
        let is = |value: &&&Value| {
            matches!(value::price(value), Amount::Known(number) if number > 0.0)
                && value.text().chars().filter(|c| c.is_alphabetic()).count() <= 6
        };
        share(values.iter().filter(is).count(), values.len())
    }

    /// The share of values that name a currency, 0 to 1.
    pub fn in_money(&self, at: u32) -> f32 {
        let values = self.of(at);
        let is = |value: &&&Value| matches!(value, Value::Text(text) if currency::named(text).is_some());
        share(values.iter().filter(is).count(), values.len())
    }

    /// The share of the numbers in a column that have two decimals, 0 to 1.
    pub fn with_cents(&self, at: u32) -> f32 {
        let values = self.of(at);
        let is = |value: &&&Value| {
            let text = value.text();
            text.rsplit_once(['.', ',']).is_some_and(|(_, decimals)| decimals.len() == 2)
        };
        share(values.iter().filter(is).count(), values.len())
    }

    /// Mean length of the values in characters.
    pub fn length(&self, at: u32) -> f32 {
        let values = self.of(at);
        let sum: usize = values.iter().map(|value| value.text().chars().count()).sum();
        share(sum, values.len())
    }
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}
