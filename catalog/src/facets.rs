//! Facet counts: the values of a column among the matching rows, with the number of rows of each.
//!
//! Counts are over all matching rows, not over a page.

use std::collections::HashMap;

use tolmach_engine::catalog::{Facet, Field, SearchRequest};

use super::{candidate::Candidate, generation::Generation};

/// Maximum number of values per facet.
const VALUES: usize = 100;

/// Counts the facets of a request, in the request's order.
pub(super) fn count(generation: &Generation, rows: &[Candidate], request: &SearchRequest) -> Vec<Facet> {
    request.facets.iter().map(|field| facet(generation, rows, field, request)).collect()
}

fn facet(generation: &Generation, rows: &[Candidate], field: &Field, request: &SearchRequest) -> Facet {
    let products = || rows.iter().filter_map(|row| generation.products.get(row.row as usize));
    let (values, range) = match field {
        Field::Price => (Vec::new(), range(products().filter_map(|product| product.price))),
        Field::Stock => (Vec::new(), range(products().filter_map(|product| product.stock))),
        Field::Measure(dimension) => {
            let measures = rows.iter().flat_map(|row| generation.measures_of(row.row));
            let of_field = measures.filter(|measure| measure.dimension == *dimension);
            (Vec::new(), range(of_field.map(|measure| measure.value)))
        }
        Field::Brand => (tally(products().map(|product| product.brand.as_str())), None),
        Field::Article => (tally(products().map(|product| product.article.as_str())), None),
        Field::Category => (tally(products().map(|product| product.category.get(request.language))), None),
        Field::Attribute(name) => {
            (tally(products().map(|product| product.attribute(name).unwrap_or_default())), None)
        }
    };
    Facet { field: field.clone(), values, range }
}

fn range(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.fold(None, |range, number| {
        let (least, most) = range.unwrap_or((number, number));
        Some((least.min(number), most.max(number)))
    })
}

/// Counts values ignoring case, most frequent first. A value is shown in the spelling that occurs first.
fn tally<'a>(values: impl Iterator<Item = &'a str>) -> Vec<(String, u64)> {
    let mut counts: HashMap<String, (&str, u64)> = HashMap::new();
    for value in values.map(str::trim).filter(|value| !value.is_empty()) {
        counts.entry(value.to_lowercase()).or_insert((value, 0)).1 += 1;
    }
    let mut counts: Vec<(String, u64)> =
        counts.into_values().map(|(value, rows)| (value.to_owned(), rows)).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.truncate(VALUES);
    counts
}
