//! Tells a line of headings from an item by the rows below it.
//!
//! Words do not suffice: «Наличник» begins like «Наличие». A line of headings differs from the rows below: words stand over
//! numbers, and nothing in it looks like the values of its column.

use std::collections::BTreeMap;

use super::{
    profile::{is_absent, is_code, number},
    workbook::{Row, Value},
};

/// Number of rows below that are compared.
const COMPARED: usize = 20;
/// Number of rows in which they are looked for.
const LOOKED_AT: usize = 100;

/// What the cells of a row have in common with the rows below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// Number of cells that look like the values below: a number over numbers, a code over codes, a repeated text.
    pub like: usize,
    /// Number of cells with words over numbers or codes.
    pub unlike: usize,
}

impl Evidence {
    /// Whether the row may be a line of headings.
    pub fn is_heading(self) -> bool {
        self.unlike >= self.like.max(1)
    }

    /// Whether the row is one of many alike.
    pub fn is_item(self) -> bool {
        self.like > self.unlike
    }
}

#[derive(Default)]
struct Column<'a> {
    count: usize,
    numbers: usize,
    codes: usize,
    texts: BTreeMap<&'a str, usize>,
}

/// Compares a row with the rows below it, of which those with at least two cells count.
pub(super) fn evidence<'a>(row: &Row, below: impl Iterator<Item = &'a Row>) -> Evidence {
    evidence_of(row, below, |_| true)
}

/// Whether a row that begins like headings is an item: it looks like the rows below, and none of the cells that would be
/// headings of fields stands over other values. Sizes in a header are numbers over numbers too.
pub(super) fn is_item<'a, I>(row: &Row, below: I, fields: &BTreeMap<super::columns::Column, u32>) -> bool
where
    I: Iterator<Item = &'a Row> + Clone,
{
    let of_fields = |at: u32| fields.values().any(|field| *field == at);
    evidence(row, below.clone()).is_item() && evidence_of(row, below, of_fields).unlike == 0
}

fn evidence_of<'a>(
    row: &Row,
    below: impl Iterator<Item = &'a Row>,
    counts: impl Fn(u32) -> bool,
) -> Evidence {
    let mut columns: BTreeMap<u32, Column<'a>> = BTreeMap::new();
    // A header that is repeated on every page does not look like its items.
    for row in
        below.take(LOOKED_AT).filter(|other| other.cells.len() > 1 && other.cells != row.cells).take(COMPARED)
    {
        for (at, value) in &row.cells {
            let column = columns.entry(*at).or_default();
            column.count += 1;
            let numeric = number(value).is_some();
            column.numbers += usize::from(numeric);
            match value {
                Value::Text(text) => {
                    column.codes += usize::from(!numeric && is_code(text));
                    *column.texts.entry(text).or_default() += 1;
                }
                Value::Number(_) | Value::Date(_) => {}
            }
        }
    }
    let mut evidence = Evidence::default();
    for (at, value) in row.cells.iter().filter(|(at, _)| counts(*at)) {
        let Some(column) = columns.get(at) else { continue };
        let most = |part: usize| part * 10 >= column.count * 6;
        let text = value.text();
        let numeric = number(value).is_some();
        let digits = text.chars().any(|c| c.is_ascii_digit());
        let repeated = column.texts.get(text.as_str()).is_some_and(|count| *count * 5 >= column.count);
        if most(column.numbers) {
            match value {
                _ if numeric || is_absent(&text) => evidence.like += 1,
                Value::Text(_) if repeated => evidence.like += 1,
                Value::Text(_) => evidence.unlike += 1,
                Value::Number(_) | Value::Date(_) => {}
            }
        } else if most(column.codes + column.numbers) {
            if is_code(&text) {
                evidence.like += 1;
            } else if !digits {
                evidence.unlike += 1;
            }
        } else if repeated && column.count > 1 {
            evidence.like += 1;
        }
    }
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Row> {
        let cell = |text: &&str| match text.parse() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text((*text).to_owned()),
        };
        (1..)
            .zip(rows)
            .map(|(number, cells)| Row {
                number,
                cells: (0..)
                    .zip(*cells)
                    .filter(|(_, text)| !text.is_empty())
                    .map(|(at, text)| (at, cell(text)))
                    .collect(),
            })
            .collect()
    }

    fn first(list: &[&[&str]]) -> Evidence {
        let rows = rows(list);
        evidence(&rows[0], rows[1..].iter())
    }

    #[test]
    fn words_over_numbers_are_headings() {
        let list: &[&[&str]] =
            &[&["", "", "Опт", "Розница"], &["A-1", "Кран", "5", "7"], &["A-2", "Люк", "1", "2"]];
        assert!(first(list).is_heading());
    }

    #[test]
    fn a_row_like_those_below_is_an_item() {
        let item = |list: &[&[&str]]| assert!(first(list).is_item(), "{list:?}");
        item(&[&["N-1", "Наличник белый", "", "867"], &["N-2", "Добор", "M", "555"]]);
        item(&[&["N-1", "Складной стол", "шт", "по запросу"], &["N-2", "Стул", "шт", "555"]]);
        item(&[&["N-1", "Группа безопасности"], &["N-2", "Кран"]]);
    }
}
