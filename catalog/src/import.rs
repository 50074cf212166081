//! Reads a price list, a workbook, delimited text, an HTML table or an XML catalogue, into products and a report of how it was understood.
//!
//! Nothing is stored, and the catalogue is not involved: [`read`] takes a path and returns plain data. [`child`] runs
//! it in a separate process with resource limits; all uploaded files are read that way.

mod cells;
mod cfb;
pub mod child;
mod columns;
mod commerceml;
mod content;
mod contrast;
mod csv;
mod currency;
mod encoding;
mod fit;
mod guard;
mod guess;
mod header;
mod heading_rows;
mod html;
mod item;
mod markup;
mod money;
mod names;
mod profile;
pub mod remembered;
mod report;
mod rows;
mod sample;
mod sections;
mod sheets;
mod shops;
mod sizes;
mod spreadsheetml;
mod stock;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod value;
mod workbook;
mod xml;
mod yml;
mod zeros;

use std::path::Path;

use serde::{Deserialize, Serialize};
use tolmach_engine::catalog::Product;

pub use columns::{BETWEEN, Column, Mapping};
pub use report::{
    ATTRIBUTE, Alternative, ColumnMapping, CurrencyUse, OddRow, ReadBy, Report, SheetReport, SizeTable,
    Skipped, Warning,
};
pub use sample::{SampleRow, SheetSample};

/// A person's choice of columns for a price list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Columns named for this file. A heading that the file does not have is an error.
    #[serde(default)]
    pub given: Mapping,
    /// Columns remembered for the supplier. A heading that the file no longer has is a warning.
    #[serde(default)]
    pub remembered: Mapping,
    /// ISO 4217 code of the company's currency, for prices of a list that states none; empty for none.
    #[serde(default)]
    pub currency: String,
    /// Whether the first rows of the sheets are wanted, too.
    #[serde(default)]
    pub sample: bool,
}

/// The contents of a price list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// The products in file order. Ids are unique within the file and have no source prefix: `<article>`, `<article>~2`
    /// for a repeated article number, `row-<n>` for a row without one.
    pub items: Vec<Product>,
    /// How the file was understood.
    pub report: Report,
}

/// Why nothing was read from a file. Every message names the file, the problem and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub enum Error {
    /// The file cannot be opened or read.
    #[error("{file}: cannot be read: {why}. Check the path and the permissions.")]
    Unreadable {
        /// The file's name.
        file: String,
        /// The underlying error.
        why: String,
    },
    /// The file has no bytes or no cells.
    #[error("{file}: the file is empty. Save the price list again and check that it opens.")]
    Empty {
        /// The file's name.
        file: String,
    },
    /// The file is not in a supported format.
    #[error("{file}: not a price list: {found}. Save it as .xlsx, .xls, .xlsb, .ods or .csv.")]
    NotAWorkbook {
        /// The file's name.
        file: String,
        /// What the file looks like.
        found: String,
    },
    /// The format is supported, but the content is malformed.
    #[error(
        "{file}: the file is damaged or incomplete ({why}). Open it in a spreadsheet program and save it again as .xlsx."
    )]
    Corrupt {
        /// The file's name.
        file: String,
        /// The underlying error.
        why: String,
    },
    /// The file is encrypted.
    #[error("{file}: the file is protected with a password. Save a copy without one.")]
    Protected {
        /// The file's name.
        file: String,
    },
    /// The file exceeds a size limit.
    #[error(
        "{file}: too large: {what}, and at most {limit} is read. Copy the rows of the price list alone into a new workbook \
         and save it as .xlsx."
    )]
    TooLarge {
        /// The file's name.
        file: String,
        /// The size that exceeds the limit.
        what: String,
        /// The limit.
        limit: String,
    },
    /// There are more items than the limit.
    #[error(
        "{file}: more than {limit} items, the most that is imported. Leave out what is not sold, or raise `rows` under \
         [import] in the configuration."
    )]
    TooManyItems {
        /// The file's name.
        file: String,
        /// The limit.
        limit: usize,
    },
    /// The reading process exceeded its memory limit.
    #[error(
        "{file}: reading it takes more than {limit} MiB of memory, so it was stopped. Copy the rows of the price list alone \
         into a new workbook and save it as .xlsx."
    )]
    Heavy {
        /// The file's name.
        file: String,
        /// The limit in MiB.
        limit: u64,
    },
    /// The reading process exceeded its time limit.
    #[error(
        "{file}: reading it takes longer than {limit} s, so it was stopped. Copy the rows of the price list alone into \
         a new workbook and save it as .xlsx."
    )]
    Slow {
        /// The file's name.
        file: String,
        /// The limit in seconds.
        limit: u64,
    },
    /// The reading process ended without a valid response.
    #[error(
        "{file}: the file cannot be read: the process that reads it {how}. It is probably damaged: open it in a spreadsheet \
         program and save it again as .xlsx."
    )]
    Ended {
        /// The file's name.
        file: String,
        /// How it ended.
        how: String,
    },
    /// The reading process could not be started.
    #[error(
        "{file}: nothing was read: the process that reads price lists cannot be started ({why}). Check that the program's \
         file is still where it was started from, and that the machine has memory and processes left."
    )]
    NotStarted {
        /// The file's name.
        file: String,
        /// The underlying error.
        why: String,
    },
    /// No sheet has a header row.
    #[error(
        "{file}: no header row found. Looked in the first {looked} rows of every sheet for a column of names \
         (Наименование, Номенклатура, Name, Title …) beside a column of articles, prices or stock. \
         The sheets begin: {seen}. Name the columns in one row, or say which they are: --map name=HEADING,price=HEADING."
    )]
    NoHeader {
        /// The file's name.
        file: String,
        /// Number of rows examined in each sheet.
        looked: usize,
        /// The first rows of the sheets.
        seen: String,
    },
    /// There are no headings, and two readings of the columns are near.
    #[error("{file}: no headings in sheet \"{sheet}\", and {question}.")]
    Unclear {
        /// The file's name.
        file: String,
        /// The sheet's name.
        sheet: String,
        /// The two columns, and what to give for each.
        question: String,
    },
    /// A heading named in [`Options::given`] does not exist.
    #[error("{file}: no column \"{heading}\" for {column}{near} {seen}")]
    UnknownHeading {
        /// The file's name.
        file: String,
        /// The field it was named for.
        column: Column,
        /// The heading that was named.
        heading: String,
        /// The nearest heading as a question, with a semicolon in front; empty if none is close.
        near: String,
        /// The existing headings.
        seen: String,
    },
    /// There is a header, but no row below it is an item.
    #[error("{file}: a header but no items: {why}. Check that rows below the header have a name.")]
    NoItems {
        /// The file's name.
        file: String,
        /// Which rows were skipped and why.
        why: String,
    },
}

/// Reads a price list: .xlsx, .xlsm, .xls, .xlsb, .ods, delimited text, HTML tables, SpreadsheetML, YML or CommerceML.
/// The format is detected from the content, not
/// the file name.
///
/// Blocks on I/O and CPU, so call it off the async threads. Damaged files give errors, not panics.
///
/// # Errors
/// The file is unreadable, empty, too large, malformed or protected, has no header and no columns that speak for
/// themselves, has columns without headings that can be read in two ways, or has no items. Never
/// [`Error::Heavy`], [`Error::Slow`], [`Error::Ended`] or [`Error::NotStarted`], which only [`child`] returns, nor
/// [`Error::UnknownHeading`].
pub fn read(path: &Path) -> Result<Imported, Error> {
    read_with(path, &Options::default())
}

/// Like [`read`], with a person's choice of columns.
///
/// # Errors
/// Those of [`read`], and [`Error::UnknownHeading`] if no sheet has a heading of [`Options::given`].
pub fn read_with(path: &Path, options: &Options) -> Result<Imported, Error> {
    read_at_most(path, options, MAX_ROWS)
}

/// The maximum number of items of a list, and of rows of a catalogue, unless another one is configured.
pub const MAX_ROWS: usize = 1_000_000;

/// Like [`read_with`], with another maximum number of items.
///
/// # Errors
/// Those of [`read_with`].
pub fn read_at_most(path: &Path, options: &Options, rows: usize) -> Result<Imported, Error> {
    let file = name_of(path);
    let workbook = cells::read(path, &file)?;
    rows::collect(workbook, file, options, rows)
}

/// Like [`read_at_most`], with the first rows of every sheet. They are there as well where the columns could not be understood.
pub fn read_sampled(
    path: &Path,
    options: &Options,
    rows: usize,
) -> (Result<Imported, Error>, Vec<SheetSample>) {
    let file = name_of(path);
    match cells::read(path, &file) {
        Ok(workbook) => {
            let samples = sample::samples(&workbook);
            (rows::collect(workbook, file, options, rows), samples)
        }
        Err(error) => (Err(error), Vec::new()),
    }
}

/// File name without folders, for messages.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
