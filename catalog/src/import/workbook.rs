//! A workbook as it is read: the filled cells of its visible sheets.

use std::collections::BTreeSet;

use tolmach_engine::{link::without_credentials, visible::visible};

use super::{currency, zeros};

/// A workbook's visible sheets, in order.
#[derive(Debug, Default)]
pub(super) struct Workbook {
    pub sheets: Vec<Sheet>,
    /// Names of sheets that were not read, with the reason.
    pub skipped: Vec<(String, String)>,
    pub warnings: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub name: String,
    /// Rows with at least one filled cell, in order.
    pub rows: Vec<Row>,
    /// What number formats say besides the numbers.
    pub styles: Styles,
    /// Rows that the reader of a shop's export left out, with the reason.
    pub left_out: Vec<(&'static str, u32)>,
}

/// What a number format says besides the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// The currency that it shows.
    pub currency: Option<&'static str>,
    /// The number of decimals that it always shows.
    pub decimals: Option<u8>,
}

impl Style {
    /// What a number format says; `None` if nothing.
    pub fn of(format: &str) -> Option<Style> {
        let style = Style { currency: currency::of_format(format), decimals: zeros::decimals(format) };
        (style != Style::default()).then_some(style)
    }
}

/// The styles of the cells whose number format says something.
#[derive(Debug, Default)]
pub(super) struct Styles {
    /// Row (from 1), column (from 0) and style.
    cells: Vec<(u32, u32, Style)>,
    unsorted: bool,
}

impl Styles {
    pub fn add(&mut self, row: u32, column: u32, style: Style) {
        self.unsorted |= self.cells.last().is_some_and(|(r, c, _)| (*r, *c) >= (row, column));
        self.cells.push((row, column, style));
    }

    /// To be called when all are added, before the first [`Styles::get`].
    pub fn sort(&mut self) {
        if std::mem::take(&mut self.unsorted) {
            self.cells.sort_by_key(|(row, column, _)| (*row, *column));
        }
    }

    /// The style of a cell, the default one if its format says nothing.
    pub fn get(&self, row: u32, column: u32) -> Style {
        let found = self.cells.binary_search_by_key(&(row, column), |(row, column, _)| (*row, *column));
        found.ok().and_then(|at| self.cells.get(at)).map_or_else(Style::default, |(_, _, style)| *style)
    }

    /// The currencies that formats of a column show, below a row.
    pub fn currencies(&self, column: u32, below: u32) -> BTreeSet<&'static str> {
        let cells = self.cells.iter().filter(|(row, at, _)| *at == column && *row > below);
        cells.filter_map(|(_, _, style)| style.currency).collect()
    }
}

impl Sheet {
    /// The rows below the row with a number.
    pub fn below(&self, number: u32) -> &[Row] {
        self.rows.get(self.rows.partition_point(|row| row.number <= number)..).unwrap_or_default()
    }
}

#[derive(Debug, Default)]
pub(super) struct Row {
    /// From 1, as a spreadsheet program shows it.
    pub number: u32,
    /// Column (from 0) and value, sorted by column; texts are trimmed and never empty.
    pub cells: Vec<(u32, Value)>,
}

impl Row {
    pub fn get(&self, column: u32) -> Option<&Value> {
        self.cells.iter().find(|(at, _)| *at == column).map(|(_, value)| value)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    /// A date as `2026-11-26`; never a price or a stock, although it is stored as a number.
    Date(String),
}

impl Value {
    /// The value as text. Whole numbers have no decimal point, because article numbers are often stored as numbers.
    pub fn text(&self) -> String {
        match self {
            Value::Text(text) | Value::Date(text) => text.clone(),
            Value::Number(number) => format!("{number}"),
        }
    }
}

/// Longest text of a cell in characters; the rest is not read. No field of a product takes so many.
pub(super) const MAX_CELL: usize = 5_000;

/// Normalises a text: no invisible characters, no credentials in addresses, single spaces, no empty lines. `None` if
/// nothing is left.
pub(super) fn text(text: &str) -> Option<Value> {
    let text = text.char_indices().nth(MAX_CELL).map_or(text, |(end, _)| text.split_at(end).0);
    let text = visible(text);
    let text = without_credentials(&text);
    let tidy = text
        .split(['\n', '\r'])
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    (!tidy.is_empty()).then_some(Value::Text(tidy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_shows_what_it_holds() {
        let check = |cell: &str, expected: Option<&str>| {
            assert_eq!(text(cell).map(|value| value.text()).as_deref(), expected, "{cell:?}");
        };
        check(" Насос \u{202e}тсохв\u{2069}\u{200b} ", Some("Насос тсохв"));
        check("\u{feff}\u{200e}", None);
        check("раз\r\n\u{1b}[2Jдва\tтри", Some("раз\n[2Jдва три"));
        check("фото https://shop:secret@photos.example/1.jpg", Some("фото https://photos.example/1.jpg"));
        check("https://photos.example/@1.jpg", Some("https://photos.example/@1.jpg"));
    }
}
