//! Reads SpreadsheetML 2003: XML workbooks that accounting programs save with the names `.xls` and `.xml`.
//!
//! Reference: "XML Spreadsheet Reference", Microsoft, 2001.

use std::collections::HashMap;

use quick_xml::{Reader, events::Event};

use super::{
    Error,
    cells::Collect,
    guard::{self, MAX_CELLS},
    workbook::{self, Style, Value, Workbook},
    xml,
};

/// Rows beyond this are read as if they were there, so that an index cannot overflow.
const MAX_ROW: u32 = 1 << 20;
/// Longest text of a cell in bytes; the rest is not read.
const MAX_TEXT: usize = 4 * workbook::MAX_CELL;

pub(super) fn read(text: &str, file: &str) -> Result<Workbook, Error> {
    let corrupt = |why: String| Error::Corrupt { file: file.into(), why };
    let mut reader = Reader::from_str(text);
    let mut book = Book::default();
    loop {
        let outcome = match reader.read_event().map_err(|error| corrupt(error.to_string()))? {
            Event::Eof => return Ok(book.workbook),
            Event::Start(start) => {
                book.start(start.local_name().as_ref(), &xml::attributes(&start));
                Ok(())
            }
            Event::Empty(start) => {
                book.start(start.local_name().as_ref(), &xml::attributes(&start));
                book.end(start.local_name().as_ref())
            }
            Event::End(end) => book.end(end.local_name().as_ref()),
            Event::Text(part) => book.text(&part),
            Event::CData(part) => book.text(&part),
            Event::GeneralRef(part) => book.text(&xml::resolved(&part)),
            _ => Ok(()),
        };
        // The only failure is the limit of cells.
        outcome.map_err(|_| {
            guard::too_large(file, "its sheets have more cells".into(), format!("{MAX_CELLS} cells"))
        })?;
    }
}

#[derive(Default)]
struct Book {
    workbook: Workbook,
    /// What the number formats of styles say, by their ids.
    formats: HashMap<String, Style>,
    style: String,
    name: String,
    hidden: bool,
    cells: Collect,
    /// The next row and column, from 0.
    row: u32,
    column: u32,
    cell: Cell,
    in_data: bool,
    in_visible: bool,
}

#[derive(Default)]
struct Cell {
    style: Option<Style>,
    kind: String,
    text: String,
    /// Columns that the cell is merged with.
    across: u32,
}

impl Book {
    fn start(&mut self, name: &str, attributes: &[(String, String)]) {
        let attribute =
            |wanted: &str| attributes.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.trim());
        let number = |wanted: &str| attribute(wanted).and_then(|text| text.parse::<u32>().ok());
        match name {
            "Style" => self.style = attribute("ID").unwrap_or_default().to_owned(),
            "NumberFormat" => {
                if let Some(style) = attribute("Format").and_then(Style::of) {
                    self.formats.insert(self.style.clone(), style);
                }
            }
            "Worksheet" => {
                self.name = attribute("Name").unwrap_or("Sheet").to_owned();
                (self.row, self.hidden) = (0, false);
            }
            "Row" => {
                // Indexes count from 1 and never go back.
                if let Some(index) = number("Index") {
                    self.row = self.row.max(index.saturating_sub(1)).min(MAX_ROW);
                }
                self.column = 0;
            }
            "Cell" => {
                if let Some(index) = number("Index") {
                    self.column = self.column.max(index.saturating_sub(1));
                }
                let style = attribute("StyleID").and_then(|id| self.formats.get(id)).copied();
                self.cell = Cell { style, across: number("MergeAcross").unwrap_or(0), ..Cell::default() };
            }
            "Data" => {
                self.in_data = true;
                self.cell.kind = attribute("Type").unwrap_or("String").to_owned();
            }
            "Visible" => self.in_visible = true,
            _ => {}
        }
    }

    fn text(&mut self, part: &str) -> Result<(), String> {
        if self.in_data && self.cell.text.len() < MAX_TEXT {
            self.cell.text.push_str(part);
        } else if self.in_visible && part.contains("Hidden") {
            self.hidden = true;
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), String> {
        match name {
            "Data" => self.in_data = false,
            "Visible" => self.in_visible = false,
            "Cell" => {
                let Cell { style, kind, text, across } = std::mem::take(&mut self.cell);
                let number = || text.trim().parse().ok().filter(|number: &f64| number.is_finite());
                let value = match kind.as_str() {
                    "Number" => number().map(Value::Number),
                    "DateTime" => text.get(..10).map(|day| Value::Date(day.to_owned())),
                    "Error" => None,
                    _ => workbook::text(&text),
                };
                self.cells.add_styled((self.row, self.column), value, style)?;
                self.column = self.column.saturating_add(across).saturating_add(1);
            }
            "Row" => self.row = self.row.saturating_add(1).min(MAX_ROW),
            "Worksheet" => {
                let total = self.cells.total;
                let sheet = std::mem::take(&mut self.cells).finish(std::mem::take(&mut self.name));
                self.cells.total = total;
                if self.hidden {
                    self.workbook.skipped.push((sheet.name, "the sheet is hidden".into()));
                } else {
                    self.workbook.sheets.push(sheet);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
