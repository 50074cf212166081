//! Report of how a price list was understood, for the console and the admin pages.

mod odd;
mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(super) use odd::find as odd_rows;

/// Maximum number of rows or examples listed per kind; the rest are only counted.
pub(super) const MAX_EXAMPLES: usize = 10;

/// The `field` of a column that becomes one of [`tolmach_engine::catalog::Product::attributes`].
pub const ATTRIBUTE: &str = "attribute";

/// Report on a whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Name of the file, without folders.
    pub file: String,
    /// Number of items read from all sheets.
    pub items: usize,
    /// One report per sheet: sheets that were considered, in file order, then those that were skipped.
    pub sheets: Vec<SheetReport>,
    /// Issues that a person should check.
    pub warnings: Vec<Warning>,
    /// Rows that look odd, at most 12: of each reason the first ones.
    pub odd: Vec<OddRow>,
    /// Number of all oddities; a row may have several.
    pub odd_rows: usize,
}

/// A row that looks odd beside the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OddRow {
    /// Name of the sheet.
    pub sheet: String,
    /// Row number, from 1.
    pub row: u32,
    /// The item's article and name, shortened.
    pub item: String,
    /// What is odd.
    pub why: String,
}

/// An issue with its number of occurrences.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// Description of the issue.
    pub kind: String,
    /// Number of occurrences.
    pub count: usize,
    /// The first occurrences, at most 10, with sheet and row; empty for an issue of the whole file.
    pub examples: Vec<String>,
    /// The sheets and rows of the examples.
    pub rows: Vec<(String, u32)>,
}

/// Report on one sheet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheetReport {
    /// Name of the sheet.
    pub name: String,
    /// Why the sheet was not read; `None` for a sheet that was read.
    pub ignored: Option<String>,
    /// How its columns were found.
    pub read_by: ReadBy,
    /// Row number of the header, from 1; for a header of two rows, the second. For a sheet without a header the last row
    /// above its items, 0 if there is none; `None` for a sheet that was not read.
    pub header_row: Option<u32>,
    /// Number of rows that hold something.
    pub rows: usize,
    /// The rows above the list that are no header: a letterhead.
    pub above: Skipped,
    /// The meaning found for each column.
    pub columns: Vec<ColumnMapping>,
    /// Number of items read.
    pub items: usize,
    /// Number of rows that name a section.
    pub sections: usize,
    /// The first of them, at most 10: row number and name.
    pub section_rows: Vec<(u32, String)>,
    /// Tables of sizes.
    pub tables: Vec<SizeTable>,
    /// The currencies of prices, the most frequent first.
    pub currencies: Vec<CurrencyUse>,
    /// Number of items without a price.
    pub on_request: usize,
    /// Rows that gave no item, by reason.
    pub skipped: BTreeMap<String, Skipped>,
}

/// A currency of a sheet's prices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyUse {
    /// ISO 4217 code; empty if none is stated and none configured.
    pub code: String,
    /// Where it was read, as a part of a sentence.
    pub source: String,
    /// Number of prices.
    pub prices: usize,
}

/// Rows that gave no item for the same reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Number of rows.
    pub count: usize,
    /// The first of them, at most 10, numbered from 1.
    pub rows: Vec<u32>,
}

/// How the columns of a sheet were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadBy {
    /// By the headings of the sheet, or by columns that a person named.
    #[default]
    Heading,
    /// By the values, because there are no headings.
    Content,
    /// By the header of an earlier sheet, which is named.
    Continued(String),
    /// As tables of sizes.
    Sizes,
}

/// A table with a price for each pair of sizes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SizeTable {
    /// The text above the table: the product.
    pub title: String,
    /// Numbers of the first and the last row with prices.
    pub rows: (u32, u32),
    /// Letters of the first and the last column with prices.
    pub columns: (String, String),
    /// What the sizes of the rows are, if the table says it.
    pub down: Option<String>,
    /// What the sizes of the columns are, if the table says it.
    pub across: Option<String>,
    /// Number of items: of cells that are not empty.
    pub items: usize,
}

/// A field that a column could fill as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// Name of the field.
    pub field: String,
    /// How well the values fit it, 0 to 1.
    pub confidence: f64,
}

/// A column and its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnMapping {
    /// Letters of the column, as in a spreadsheet program.
    pub column: String,
    /// Heading in the file; empty if a person named a column without one.
    pub header: String,
    /// Name of the product field it fills, [`ATTRIBUTE`], or `None` for an unused column.
    pub field: Option<String>,
    /// Confidence, 0 to 1; `None` for a column that fills no field.
    pub confidence: Option<f64>,
    /// Why the column was taken so, or is not used.
    pub why: String,
    /// What else its values could be, the best first, at most two.
    pub alternatives: Vec<Alternative>,
    /// Its first values, at most three.
    pub examples: Vec<String>,
}

impl Report {
    /// The sheet with the most items, the first one if several have as many; `None` if there are no sheets.
    pub fn main_sheet(&self) -> Option<&SheetReport> {
        // `max_by_key` returns the last of equal elements, hence the reversal.
        self.sheets.iter().rev().max_by_key(|sheet| sheet.items)
    }
}

impl SheetReport {
    /// The columns that fill a field, with the field's name.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &ColumnMapping)> {
        let fields = self.columns.iter().filter_map(|column| Some((column.field.as_deref()?, column)));
        fields.filter(|(field, _)| *field != ATTRIBUTE)
    }

    pub(super) fn section(&mut self, row: u32, name: &str) {
        self.sections += 1;
        if self.section_rows.len() < MAX_EXAMPLES {
            self.section_rows.push((row, name.to_owned()));
        }
    }

    pub(super) fn skip(&mut self, reason: &str, row: u32) {
        self.skipped.entry(reason.to_owned()).or_default().add(row);
    }
}

impl Skipped {
    pub(super) fn add(&mut self, row: u32) {
        self.count += 1;
        if self.rows.len() < MAX_EXAMPLES {
            self.rows.push(row);
        }
    }
}

/// Collects warnings by kind.
#[derive(Default)]
pub(super) struct Warnings {
    kinds: BTreeMap<&'static str, Warning>,
    place: (String, u32),
}

impl Warnings {
    /// Says which row the warnings are about from now on; returns it as text.
    pub fn at(&mut self, sheet: &str, row: u32) -> String {
        if self.place.0 != sheet {
            sheet.clone_into(&mut self.place.0);
        }
        self.place.1 = row;
        format!("sheet \"{sheet}\" row {row}")
    }

    pub fn add(&mut self, kind: &'static str, example: String) {
        let warning = self.kinds.entry(kind).or_default();
        warning.count += 1;
        if warning.examples.len() < MAX_EXAMPLES {
            warning.examples.push(example);
            warning.rows.push(self.place.clone());
        }
    }

    pub fn into_list(self) -> impl Iterator<Item = Warning> {
        self.kinds.into_iter().map(|(kind, warning)| Warning { kind: kind.to_owned(), ..warning })
    }
}

impl Warning {
    /// A warning about the whole file.
    pub(super) fn whole(kind: impl Into<String>) -> Warning {
        Warning { kind: kind.into(), count: 1, ..Warning::default() }
    }
}
