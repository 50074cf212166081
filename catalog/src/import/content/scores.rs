//! How well the values of a column fit a field, from 0 to 1. Scores are weights for comparison, not probabilities.

use super::FEWEST;
use crate::import::{columns::Column, profile::Profile};

/// What the values of a column may be, best first, with a score above 0.5.
pub(in super::super) fn guesses(column: &Profile, name: Option<u32>) -> Vec<(Column, f64)> {
    let right = name.is_some_and(|name| column.at > name);
    let mut all = vec![
        (Column::Name, name_score(column)),
        (Column::Article, article_score(column, right)),
        (Column::Price, price_score(column, right)),
        (Column::Stock, stock_score(column, right)),
        (Column::Unit, f64::from(column.units)),
        (Column::Photo, f64::from(column.addresses)),
    ];
    if column.barcodes >= 0.8 || is_count(column) {
        return Vec::new();
    }
    if is_group(column) {
        all.extend(group_scores(column));
    }
    all.retain(|(_, score)| *score > 0.5);
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}

/// Whether the values are few short texts that are repeated.
pub(in super::super) fn is_group(column: &Profile) -> bool {
    let few = column.distinct >= 2 && column.different < 0.5;
    few && column.texts >= 0.8 && column.length <= 60.0 && column.units < 0.8
}

/// How well few repeated texts fit as brands, which stand in the names too or are single foreign words, and as categories,
/// which stand in blocks; the better first.
pub(in super::super) fn group_scores(column: &Profile) -> [(Column, f64); 2] {
    let one = |yes: bool| f64::from(u8::from(yes));
    let single = column.words < 1.4 && column.length <= 15.0;
    let brand = (0.3
        + 0.5 * f64::from(column.contained)
        + 0.2 * one(single)
        + 0.2 * one(single && column.cyrillic < 0.7)
        - 0.1 * one(column.grouped >= 0.6))
    .min(1.0);
    let category =
        (0.25 + 0.4 * f64::from(column.grouped) + 0.15 * one(column.cyrillic >= 0.7) + 0.1 * one(!single)
            - 0.3 * one(column.contained >= 0.4))
        .max(0.0);
    let (brand, category) = ((Column::Brand, brand), (Column::Category, category));
    if brand.1 >= category.1 { [brand, category] } else { [category, brand] }
}

/// Whether a column counts its rows.
pub(in super::super) fn is_count(column: &Profile) -> bool {
    column.counting >= 0.9 && column.whole >= 0.9 && column.count >= FEWEST
}

pub(in super::super) fn name_score(column: &Profile) -> f64 {
    if column.texts < 0.7 || column.addresses > 0.5 || column.units > 0.8 {
        return 0.0;
    }
    let varied = 0.3 + 0.7 * (column.different / 0.7).min(1.0);
    let worded = (0.35 + 0.25 * column.words).min(1.0) * (0.4 + column.length / 25.0).min(1.0);
    let codes = if column.strict_codes > 0.6 { 0.3 } else { 1.0 };
    f64::from(column.texts * varied * worded * codes)
}

pub(in super::super) fn article_score(column: &Profile, right: bool) -> f64 {
    if column.codes < 0.7 || column.barcodes >= 0.8 {
        return 0.0;
    }
    // Whole numbers of the same length, or long ones, are rather numbers of things than amounts of them.
    let kind = if column.strict_codes >= 0.3 {
        1.0
    } else if column.fractions > 0.05 {
        0.2
    } else if column.same_digits >= 0.8 && column.median >= 1000.0 {
        0.9
    } else if column.median >= 100_000.0 {
        0.85
    } else if column.median >= 1000.0 && column.different > 0.95 {
        0.65
    } else {
        0.4
    };
    let place = if right { 0.1 } else { 0.0 };
    (f64::from(column.codes * (column.different / 0.9).min(1.0)) * kind - place).max(0.0)
}

pub(in super::super) fn price_score(column: &Profile, right: bool) -> f64 {
    let amounts =
        column.numbers >= 0.3 && column.numbers + column.absent >= 0.85 && column.strict_codes <= 0.3;
    // Numbers of eight digits are numbers of things.
    if !amounts || column.median <= 0.0 || column.median >= 1e7 {
        return 0.0;
    }
    let one = |yes: bool| f64::from(u8::from(yes));
    let score = 0.4
        + 0.25 * f64::from((column.fractions * 4.0).min(1.0))
        + 0.15 * one(right)
        + 0.1 * one(column.spread >= 3.0)
        + 0.1 * one(column.median >= 100.0)
        + 0.2 * one(column.currencies >= 0.5)
        - 0.3 * one(column.zeros > 0.3);
    score.clamp(0.0, 1.0)
}

pub(in super::super) fn stock_score(column: &Profile, right: bool) -> f64 {
    if column.stock_words >= 0.6 || column.stock_words > 0.05 && column.stock_words + column.whole >= 0.9 {
        return 0.95;
    }
    if column.whole + column.absent < 0.95 || column.strict_codes > 0.05 {
        return 0.0;
    }
    let one = |yes: bool| f64::from(u8::from(yes));
    // Without a zero it may as well be the number in a package.
    0.3 + 0.3 * one(column.zeros > 0.02)
        + 0.15 * one(column.different < 0.6 && column.distinct >= 5)
        + 0.1 * one(column.median < 1000.0)
        + 0.05 * one(right)
}
