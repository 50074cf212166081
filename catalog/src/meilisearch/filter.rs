//! Filters of a request in the server's language.
//!
//! Values are numbers or hashes of ours, so nothing that a client wrote stands in an expression. What may be compared with
//! what was decided when the flow was compiled; a clause that makes no sense passes no row, as in the embedded catalogue.

use tolmach_engine::catalog::{Comparison, Field, Filter, FilterValue};

use super::{
    super::{filter::means, generation::Generation},
    document::{key, number_of, plain, text_of},
};
use crate::words;

/// Passes no row: rows count from zero.
const NOTHING: &str = "row < 0";

/// One expression for all: rows of this generation that pass every filter.
pub(super) fn expression(generation: &Generation, filters: &[Filter]) -> String {
    let mut clauses = vec![format!("generation = \"{}\"", generation.manifest.id)];
    clauses.extend(filters.iter().map(|filter| clause(generation, filter)));
    clauses.join(" AND ")
}

/// Rows with one of these articles, which are normalised.
pub(super) fn articles<'a>(articles: impl Iterator<Item = &'a str>) -> String {
    format!("article_key IN [{}]", articles.map(key).collect::<Vec<_>>().join(", "))
}

/// Rows with these numbers.
pub(super) fn rows(rows: &[u32]) -> String {
    format!("row IN [{}]", numbers(rows.iter().copied()))
}

fn clause(generation: &Generation, filter: &Filter) -> String {
    let equal = match filter.comparison {
        Comparison::Eq => true,
        Comparison::Ne => false,
        _ if filter.field.is_number() || matches!(filter.field, Field::Attribute(_)) => true,
        _ => return NOTHING.to_owned(),
    };
    let signed = |clause: String| if equal { clause } else { format!("NOT {clause}") };
    match (&filter.field, &filter.value) {
        (field, FilterValue::Number(value)) => match number_of(field) {
            Some(attribute) if value.is_finite() => number(&attribute, filter.comparison, *value),
            _ => NOTHING.to_owned(),
        },
        (Field::Brand, FilterValue::Text(wanted)) => {
            let pass = generation.brands.values.iter().map(|brand| means(&[brand], wanted));
            signed(listed("brand_key", pass))
        }
        (Field::Category, FilterValue::Text(wanted)) => {
            let pass = generation.categories.values.iter().map(|both| means(&[&both.ru, &both.en], wanted));
            signed(listed("category_key", pass))
        }
        (Field::Article, FilterValue::Text(wanted)) => {
            signed(format!("article_key = {}", key(&words::normalise_article(wanted))))
        }
        (Field::Attribute(name), FilterValue::Text(wanted)) => {
            let found = format!("{} = {}", text_of(name), key(&plain(wanted)));
            // Of texts every comparison but "equal" is "not equal", as for the engine.
            if filter.comparison == Comparison::Eq { found } else { format!("NOT {found}") }
        }
        (Field::Price | Field::Stock | Field::Measure(_), FilterValue::Text(_)) => NOTHING.to_owned(),
    }
}

/// Of several values one within the bounds is enough, so both bounds are one condition. Equality allows for units, as
/// [`Comparison::holds`] does.
fn number(attribute: &str, comparison: Comparison, value: f64) -> String {
    let (below, above) = (value - value.abs() * 1e-6, value + value.abs() * 1e-6);
    match comparison {
        Comparison::Eq => format!("{attribute} {below} TO {above}"),
        Comparison::Ne => format!("NOT {attribute} {below} TO {above}"),
        Comparison::Lt => format!("{attribute} < {below}"),
        Comparison::Le => format!("{attribute} <= {above}"),
        Comparison::Gt => format!("{attribute} > {above}"),
        Comparison::Ge => format!("{attribute} >= {below}"),
    }
}

/// Rows whose distinct value is one of those that pass.
fn listed(attribute: &str, pass: impl Iterator<Item = bool>) -> String {
    format!(
        "{attribute} IN [{}]",
        numbers((0_u32..).zip(pass).filter(|(_, pass)| *pass).map(|(value, _)| value))
    )
}

fn numbers(values: impl Iterator<Item = u32>) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join(", ")
}
