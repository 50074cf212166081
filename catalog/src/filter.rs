//! Evaluates the filters of a request against the rows of a generation.
//!
//! The flow compiler checks which comparisons a field allows; a clause that is invalid here passes no row.

use tolmach_engine::{
    catalog::{Comparison, Field, Filter, FilterValue},
    measure::Dimension,
};

use super::generation::Generation;
use crate::words;

/// Compiled filters. A clause on brand or category is evaluated once per distinct value, not per row.
pub(super) struct Filters<'a> {
    generation: &'a Generation,
    clauses: Vec<Clause>,
}

enum Clause {
    /// Evaluated on the product.
    Row(Filter),
    /// Compared with the row's measures, which are parsed when the generation is loaded.
    Measure { dimension: Dimension, comparison: Comparison, value: f64 },
    /// Evaluated per distinct brand or category: `pass` is indexed by the value's number.
    Listed { field: Field, pass: Vec<bool> },
    /// Passes the listed rows, or all others if `pass` is false.
    Rows { rows: Vec<u32>, pass: bool },
    /// An invalid clause: passes no row.
    Nothing,
}

impl<'a> Filters<'a> {
    pub fn new(generation: &'a Generation, filters: &[Filter]) -> Filters<'a> {
        Filters { generation, clauses: filters.iter().map(|filter| clause(generation, filter)).collect() }
    }

    /// Whether there are no filters, so that every row passes.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// Whether a row passes all filters.
    pub fn pass(&self, row: u32) -> bool {
        let Some(product) = self.generation.products.get(row as usize) else { return false };
        self.clauses.iter().all(|clause| match clause {
            Clause::Row(filter) => filter.passes(product),
            Clause::Measure { dimension, comparison, value } => {
                let mut of_row =
                    self.generation.measures_of(row).filter(|measure| measure.dimension == *dimension);
                match comparison {
                    Comparison::Ne => of_row.all(|measure| comparison.holds(measure.value, *value)),
                    _ => of_row.any(|measure| comparison.holds(measure.value, *value)),
                }
            }
            Clause::Listed { field, pass } => {
                let of_row = match field {
                    Field::Brand => &self.generation.brands.of_row,
                    _ => &self.generation.categories.of_row,
                };
                of_row.get(row as usize).and_then(|value| pass.get(*value as usize)).copied().unwrap_or(false)
            }
            Clause::Rows { rows, pass } => rows.contains(&row) == *pass,
            Clause::Nothing => false,
        })
    }
}

fn clause(generation: &Generation, filter: &Filter) -> Clause {
    let equal = match filter.comparison {
        Comparison::Eq => true,
        Comparison::Ne => false,
        _ if filter.field.is_number() || matches!(filter.field, Field::Attribute(_)) => true,
        _ => return Clause::Nothing,
    };
    match (&filter.field, &filter.value) {
        (Field::Measure(dimension), FilterValue::Number(value)) => {
            Clause::Measure { dimension: *dimension, comparison: filter.comparison, value: *value }
        }
        (Field::Price | Field::Stock | Field::Attribute(_), _) => Clause::Row(filter.clone()),
        (Field::Brand, FilterValue::Text(wanted)) => {
            let values = generation.brands.values.iter().map(|brand| vec![brand.as_str()]);
            Clause::Listed {
                field: Field::Brand,
                pass: values.map(|brand| means(&brand, wanted) == equal).collect(),
            }
        }
        (Field::Category, FilterValue::Text(wanted)) => {
            let values =
                generation.categories.values.iter().map(|both| vec![both.ru.as_str(), both.en.as_str()]);
            Clause::Listed {
                field: Field::Category,
                pass: values.map(|both| means(&both, wanted) == equal).collect(),
            }
        }
        (Field::Article, FilterValue::Text(wanted)) => {
            let rows =
                generation.articles.get(&words::normalise_article(wanted)).unwrap_or_default().to_vec();
            Clause::Rows { rows, pass: equal }
        }
        _ => Clause::Nothing,
    }
}

/// Whether one of the texts equals the wanted one, ignoring case, or contains all its words in any form («насос»
/// matches «Насосы бытовые»).
pub(super) fn means(texts: &[&str], wanted: &str) -> bool {
    let wanted_words = words::index_terms(wanted);
    texts.iter().filter(|text| !text.is_empty()).any(|text| {
        if text.to_lowercase() == wanted.trim().to_lowercase() {
            return true;
        }
        let terms = words::index_terms(text);
        !wanted_words.is_empty() && wanted_words.iter().all(|word| terms.contains(word))
    })
}
