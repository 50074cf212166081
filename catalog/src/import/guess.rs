//! Columns whose headings alone do not tell what they are, and what a person should know about the choice.
//!
//! Completes what `header` chose by headings; layout and rows are not judged here.

use std::collections::BTreeMap;

use super::{
    columns::{Column, letters},
    contrast::evidence,
    fit::Values,
    header::{Header, one_line},
    heading_rows::{LONGEST_HEADING, LOOKED_AT},
    names::{self, HeadingMeaning, PriceKind},
    workbook::{Sheet, Value},
};

/// Whether the heading of a column is a price that clients must not see.
pub(super) fn is_internal(headings: &BTreeMap<u32, String>, at: u32) -> bool {
    headings.get(&at).and_then(|heading| names::price_kind(heading)) == Some(PriceKind::Internal)
}

/// The first row that names a column of names beside headings that are not known, and has rows below; whether its other
/// columns are what a list needs, their values tell.
pub(super) fn lone_name(sheet: &Sheet) -> Option<u32> {
    let last = sheet.rows.last().map_or(0, |last| last.number);
    let rows = sheet.rows.iter().take_while(|row| row.number <= LOOKED_AT.min(last.saturating_sub(1)));
    let mut rows = rows.filter(|row| row.cells.len() >= 2);
    let found = rows.find(|row| {
        let meanings = row.cells.iter().map(|(_, value)| match value {
            Value::Text(text) if text.chars().count() <= LONGEST_HEADING => Some(names::meaning(text)),
            _ => None,
        });
        let meanings: Option<Vec<HeadingMeaning>> = meanings.collect();
        meanings.is_some_and(|all| all.contains(&HeadingMeaning::Field(Column::Name, 0)))
            && !evidence(row, sheet.below(row.number).iter()).is_item()
    });
    found.map(|row| row.number)
}

/// Whether a list has more than names: articles, prices or stock.
pub(super) fn is_list(header: &Header) -> bool {
    [Column::Article, Column::Price, Column::Stock].iter().any(|column| header.columns.contains_key(column))
}

/// Fills fields that no heading filled: articles under «№», «Модель» or an unknown heading, prices under an unknown one
/// whose cells show money.
pub(super) fn complete(header: &mut Header, values: &Values<'_>, ranks: &mut BTreeMap<Column, u8>) {
    if !header.columns.contains_key(&Column::Article) {
        let found = pick(header, |at, heading| {
            names::may_be_articles(heading)
                && values.filled(at) > 0.3
                && values.fit(Column::Article, at) > 0.7
        })
        .map(|at| (at, 2))
        .or_else(|| {
            pick(header, |at, heading| {
                names::meaning(heading) == HeadingMeaning::Number
                    && values.filled(at) > 0.5
                    && !values.counts_rows(at)
                    && values.fit(Column::Article, at) > 0.8
            })
            .map(|at| (at, 2))
        })
        .or_else(|| {
            pick(header, |at, heading| {
                names::meaning(heading) == HeadingMeaning::Unknown
                    && values.filled(at) > 0.8
                    && values.reads_like_articles(at)
                    && !values.counts_rows(at)
                    && looks_coded(values, at)
            })
            .map(|at| (at, UNKNOWN))
        });
        if let Some((at, rank)) = found {
            header.columns.insert(Column::Article, at);
            ranks.insert(Column::Article, rank);
        }
    }
    let any_price = header.headings.values().any(|heading| names::price_kind(heading).is_some());
    if !header.columns.contains_key(&Column::Price) && !any_price {
        let found = pick(header, |at, heading| {
            names::meaning(heading) == HeadingMeaning::Unknown
                && values.filled(at) > 0.5
                && values.numeric(at) > 0.8
                && values.in_money(at) > 0.5
        });
        if let Some(at) = found {
            header.columns.insert(Column::Price, at);
            ranks.insert(Column::Price, UNKNOWN);
        }
    }
}

/// The rank of a column that was taken by its values alone.
const UNKNOWN: u8 = 3;

/// The first free column that passes the test.
fn pick(header: &Header, test: impl Fn(u32, &str) -> bool) -> Option<u32> {
    let free = |at: &u32| !header.columns.values().any(|used| used == at);
    header.headings.iter().find(|(at, heading)| free(at) && test(**at, heading)).map(|(at, _)| *at)
}

/// Whether values are codes and no measures: letters beside digits, leading zeros, or five digits and more on average.
fn looks_coded(values: &Values<'_>, at: u32) -> bool {
    values.numeric(at) < 0.5 || values.length(at) >= 5.0 && values.with_cents(at) < 0.1
}

/// Whether numbers have the two decimals of money. Under a heading that is not known they may still be measures.
pub(super) fn reads_like_prices(values: &Values<'_>, at: u32) -> bool {
    values.filled(at) > 0.5
        && values.numeric(at) > 0.9
        && !values.counts_rows(at)
        && values.with_cents(at) > 0.3
}

/// What a person should know: prices that are not shown, and columns that were taken by their values. Columns that only
/// look like a field are proposed in `summary`.
pub(super) fn notes(header: &Header) -> Vec<String> {
    let mut notes = Vec::new();
    let named = |at: u32| {
        let heading = header.headings.get(&at).map(|heading| one_line(heading)).unwrap_or_default();
        format!("\"{heading}\" (column {})", letters(at))
    };
    let price = header.columns.get(&Column::Price).copied();
    let internal: Vec<u32> =
        header.headings.keys().copied().filter(|at| is_internal(&header.headings, *at)).collect();
    match price {
        None if !internal.is_empty() => {
            let list: Vec<String> = internal.iter().map(|at| named(*at)).collect();
            let letter = internal.first().map(|at| letters(*at)).unwrap_or_default();
            notes.push(format!(
                "the only prices are those for dealers or of purchase: {}. They are not shown, and every item is on \
                 request. If clients may see one: --map price={letter}",
                list.join(", ")
            ));
        }
        Some(at) if kind(header, at) == Some(PriceKind::Wholesale) => notes.push(format!(
            "the only price is a wholesale or former one: {}. It is shown to clients; to offer the items on request \
             instead: --map price=-",
            named(at)
        )),
        _ => {}
    }
    if let Some(at) = price.filter(|at| is_unknown(header, *at)) {
        notes.push(format!(
            "{} has no known heading and was taken for the price by its values; if it is none: --map price=-",
            named(at)
        ));
    }
    if let Some(at) = header.columns.get(&Column::Article).copied().filter(|at| is_unknown(header, *at)) {
        notes.push(format!(
            "{} has no known heading and was taken for article numbers by its values; if it has none: --map article=-",
            named(at)
        ));
    }
    notes
}

fn is_unknown(header: &Header, at: u32) -> bool {
    header.headings.get(&at).is_some_and(|heading| names::meaning(heading) == HeadingMeaning::Unknown)
}

fn kind(header: &Header, at: u32) -> Option<PriceKind> {
    header.headings.get(&at).and_then(|heading| names::price_kind(heading))
}
