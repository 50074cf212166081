//! A workbook as it is read: the filled cells of its visible sheets.

use tolmach_engine::{link::without_credentials, visible::visible};

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
