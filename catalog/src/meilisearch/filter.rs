//! Translates the filters of a request into Meilisearch filter expressions.
//!
//! Values are numbers or hashes, so no text of a client appears in an expression. The flow compiler checks which
//! comparisons a field allows; a clause that is invalid here passes no row, as in the embedded catalogue.

use tolmach_engine::catalog::{Comparison, Field, Filter, FilterValue};

use super::{
    super::{filter::means, generation::Generation},
    document::{key, number_of, plain, text_of},
};
use crate::words;

/// Passes no row, because rows are numbered from zero.
const NOTHING: &str = "row < 0";

/// The filter expression for rows of this generation that pass every filter.
pub(super) fn expression(generation: &Generation, filters: &[Filter]) -> String {
    let mut clauses = vec![format!("generation = \"{}\"", generation.manifest.id)];
    clauses.extend(filters.iter().map(|filter| clause(generation, filter)));
    clauses.join(" AND ")
}

/// The expression for rows with these numbers.
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
            // For texts, every comparison other than "equal" means "not equal", as in the engine.
            if filter.comparison == Comparison::Eq { found } else { format!("NOT {found}") }
        }
        (Field::Price | Field::Stock | Field::Measure(_), FilterValue::Text(_)) => NOTHING.to_owned(),
    }
}

/// For several values, one within the bounds is enough, so both bounds form one condition. Equality has the relative
/// tolerance of [`Comparison::holds`], because units are converted.
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

/// The expression for rows whose distinct value passes.
fn listed(attribute: &str, pass: impl Iterator<Item = bool>) -> String {
    format!(
        "{attribute} IN [{}]",
        numbers((0_u32..).zip(pass).filter(|(_, pass)| *pass).map(|(value, _)| value))
    )
}

fn numbers(values: impl Iterator<Item = u32>) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join(", ")
}
