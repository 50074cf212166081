//! The first rows of every sheet as text, so that a person can correct columns on the sheet itself.

use serde::{Deserialize, Serialize};

use super::{columns::letters, workbook::Workbook};

/// Maximum number of sheets, of rows of each, of columns, of cells in all, and of characters of a cell.
const SHEETS: usize = 20;
const ROWS: usize = 100;
const COLUMNS: u32 = 40;
const CELLS: usize = 20_000;
const CHARACTERS: usize = 60;

/// The beginning of a sheet: at most 100 rows and 40 columns, and 20,000 cells of all sheets together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetSample {
    /// The sheet's name.
    pub name: String,
    /// Letters of its columns, from A to the last one that a row of the sample fills.
    pub columns: Vec<String>,
    /// Rows that hold something, in order.
    pub rows: Vec<SampleRow>,
    /// Number of rows of the whole sheet that hold something.
    pub total: usize,
}

/// A row of a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleRow {
    /// Its number, from 1.
    pub number: u32,
    /// The text of every column, cut to 60 characters; empty for an empty cell.
    pub cells: Vec<String>,
}

/// The beginnings of the sheets of a workbook.
pub(super) fn samples(workbook: &Workbook) -> Vec<SheetSample> {
    let mut left = CELLS;
    let mut samples = Vec::new();
    for sheet in workbook.sheets.iter().take(SHEETS) {
        let shown = sheet.rows.get(..ROWS).unwrap_or(&sheet.rows);
        let last = |row: &super::workbook::Row| row.cells.last().map_or(0, |(at, _)| at + 1);
        let width = shown.iter().map(last).max().unwrap_or_default().min(COLUMNS);
        let mut rows = Vec::new();
        for row in shown {
            if width as usize > left {
                break;
            }
            left -= width as usize;
            let cell = |at: u32| row.get(at).map(|value| cut(&value.text())).unwrap_or_default();
            rows.push(SampleRow { number: row.number, cells: (0..width).map(cell).collect() });
        }
        samples.push(SheetSample {
            name: sheet.name.clone(),
            columns: (0..width).map(letters).collect(),
            rows,
            total: sheet.rows.len(),
        });
    }
    samples
}

fn cut(text: &str) -> String {
    let line = text.replace('\n', " ");
    match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::super::workbook::{Row, Sheet, Value};
    use super::*;

    #[test]
    fn a_sample_is_bounded_and_keeps_empty_cells() {
        let row = |number: u32, cells: &[(u32, &str)]| Row {
            number,
            cells: cells.iter().map(|(at, text)| (*at, Value::Text((*text).to_owned()))).collect(),
        };
        let long = "ё".repeat(100);
        let mut rows = vec![row(2, &[(0, "Код"), (2, "Цена\nруб")]), row(5, &[(1, &long), (300, "far")])];
        rows.extend((6..1000).map(|number| row(number, &[(0, "x")])));
        let sheet = Sheet { name: "Лист".into(), rows, ..Sheet::default() };
        let workbook = Workbook { sheets: vec![sheet], ..Workbook::default() };
        let [sample] = samples(&workbook).try_into().unwrap();
        assert_eq!((sample.total, sample.rows.len(), sample.columns.len()), (996, ROWS, 40));
        assert_eq!(sample.rows[0].cells[..4], ["Код", "", "Цена руб", ""]);
        assert_eq!(sample.rows[0].number, 2);
        assert_eq!(sample.rows[1].cells[1], format!("{}…", "ё".repeat(CHARACTERS)));
    }

    #[test]
    fn many_wide_sheets_share_one_bound() {
        let row = |number: u32| Row { number, cells: (0..200).map(|at| (at, Value::Number(1.0))).collect() };
        let sheet = || Sheet { rows: (1..200).map(row).collect(), ..Sheet::default() };
        let workbook = Workbook { sheets: (0..50).map(|_| sheet()).collect(), ..Workbook::default() };
        let samples = samples(&workbook);
        let cells: usize = samples.iter().flat_map(|sheet| &sheet.rows).map(|row| row.cells.len()).sum();
        assert!(samples.len() == SHEETS && cells <= CELLS && cells > CELLS - 41, "{cells}");
    }
}
