//! Finds the rows of a sheet that are headings.
//!
//! Which column fills which field is decided in `header`.

use std::collections::BTreeMap;

use super::{
    columns::Column,
    contrast::{evidence, is_item},
    header::{Header, best_names},
    names::{self, HeadingMeaning},
    profile::is_known_heading,
    value,
    workbook::{Row, Sheet, Value},
};

/// The header is searched in the rows up to this number.
pub(super) const LOOKED_AT: u32 = 1000;
/// Maximum length of a heading in characters; a longer cell is a sentence.
pub(super) const LONGEST_HEADING: usize = 80;

/// The best header candidate in the first rows; its columns are not chosen yet.
pub(super) fn detect(sheet: &Sheet) -> Option<Header> {
    let mut best: Option<(usize, Header)> = None;
    let mut first: Option<Header> = None;
    let single = |row: &Row| {
        let headings = headings(row);
        (worth(&best_names(&headings)), headings)
    };
    for (index, row) in sheet.rows.iter().enumerate().take_while(|(_, row)| row.number <= LOOKED_AT) {
        let (mut score, headings) = single(row);
        let below = || sheet.rows.iter().skip(index + 1);
        // An item whose texts begin like headings.
        if score > 0 && is_item(row, below(), &best_names(&headings)) {
            score = 0;
        }
        let mut header = Header { row: row.number, lines: 1, headings, ..Header::default() };
        if let Some(next) = sheet.rows.get(index + 1).filter(|next| next.number == row.number + 1)
            && let Some(joined) = joined(&header.headings, next)
        {
            let columns = best_names(&joined);
            // Whether the next row consists of headings is looked at only where it matters.
            let together = match worth(&columns) {
                together
                    if together >= score && together > 0 && second_line(next, &joined, below().skip(1)) =>
                {
                    together
                }
                _ => 0,
            };
            // Two rows are one header only if together they map more fields than either alone. A letterhead above adds
            // nothing.
            if together > score && together > single(next).0
                || together == score && score > 0 && continues(&header, row, next)
            {
                score = together;
                header = Header { row: next.number, lines: 2, headings: joined, ..Header::default() };
            }
        }
        if score > best.as_ref().map_or(0, |(score, _)| *score) {
            // In a sheet with several tables the first header counts, not the widest.
            if score > 2 && first.as_ref().is_none_or(|first| !has_prices(sheet, first, header.row)) {
                first = Some(header.clone());
            }
            best = Some((score, header));
        }
    }
    let (_, best) = best?;
    Some(first.filter(|first| has_prices(sheet, first, best.row)).unwrap_or(best))
}

/// Whether there are prices between a header and a row further down.
fn has_prices(sheet: &Sheet, header: &Header, until: u32) -> bool {
    let Some(price) = best_names(&header.headings).get(&Column::Price).copied() else { return false };
    let between = sheet.rows.iter().filter(|row| (header.row + 1..until).contains(&row.number));
    between
        .filter_map(|row| row.get(price))
        .any(|value| matches!(value::price(value), value::Amount::Known(_)))
}

/// Score of a header candidate by its fields; 0 if the row cannot be a header.
pub(super) fn worth(columns: &BTreeMap<Column, u32>) -> usize {
    let has = |wanted: &[Column]| wanted.iter().filter(|column| columns.contains_key(column)).count();
    let more =
        has(&[Column::Article, Column::Price, Column::Stock, Column::Unit, Column::Brand, Column::Category]);
    match columns.contains_key(&Column::Name) {
        true if more >= 1 => columns.len() + 1,
        // No known name column: the values will tell which column it is.
        false if columns.contains_key(&Column::Price) && more >= 2 => 1,
        _ => 0,
    }
}

pub(super) fn headings(row: &Row) -> BTreeMap<u32, String> {
    row.cells
        .iter()
        .filter_map(|(column, value)| match value {
            Value::Text(text) if text.chars().count() <= LONGEST_HEADING => Some((*column, text.clone())),
            _ => None,
        })
        .collect()
}

/// Joins the headings of a row with those of the row below. A heading merged over several columns extends to the right
/// while there are headings below and none next to it. `None` if the lower row has anything but texts.
pub(super) fn joined(upper: &BTreeMap<u32, String>, lower: &Row) -> Option<BTreeMap<u32, String>> {
    if lower.cells.iter().any(|(_, value)| !matches!(value, Value::Text(_))) {
        return None;
    }
    let lower = headings(lower);
    let mut joined = upper.clone();
    for (column, below) in &lower {
        let mut at = *column;
        while !upper.contains_key(&at) && at > 0 && lower.contains_key(&(at - 1)) {
            at -= 1;
        }
        let heading = match upper.get(&at) {
            Some(above) => format!("{above} {below}"),
            None => below.clone(),
        };
        joined.insert(*column, heading);
    }
    Some(joined)
}

/// Whether a row is the second line of a header: its cells are headings by contrast with the rows below.
fn second_line<'a>(row: &Row, joined: &BTreeMap<u32, String>, below: impl Iterator<Item = &'a Row>) -> bool {
    let evidence = evidence(row, below);
    if let [(at, value)] = row.cells.as_slice() {
        // A lone cell is a section, unless it says more about prices or stock: «Цена» over «руб.».
        let said = names::meaning(&value.text());
        return evidence.unlike > 0
            && !matches!(said, HeadingMeaning::Field(Column::Category | Column::Name, _))
            && joined.get(at).is_some_and(|heading| {
                matches!(names::meaning(heading), HeadingMeaning::Field(Column::Price | Column::Stock, _))
            });
    }
    let known = || row.cells.iter().all(|(_, value)| is_known_heading(&value.text()));
    evidence.is_heading() || evidence.like == 0 && known()
}

/// Whether the next row continues the header: it has nothing in the name and article columns, where an item would, and
/// does not start in the same column, where a section would.
fn continues(header: &Header, row: &Row, next: &Row) -> bool {
    let columns = best_names(&header.headings);
    let empty = |column| columns.get(&column).is_none_or(|at| next.get(*at).is_none());
    empty(Column::Name)
        && empty(Column::Article)
        && next.cells.first().map(|(at, _)| at) != row.cells.first().map(|(at, _)| at)
}
