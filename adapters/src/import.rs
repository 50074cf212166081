//! Price lists, read: a workbook or a CSV file becomes products and a report of how it was understood.
//!
//! It stores nothing and knows nothing of the catalogue. [`read`] takes a path and gives plain data, so that it can run in
//! a process of its own with a memory limit.

mod cells;
mod cfb;
mod csv;
mod guard;
mod header;
mod report;
mod rows;
#[cfg(test)]
mod tests;
mod value;

use std::path::Path;

use serde::{Deserialize, Serialize};
use tolmach_engine::catalog::Product;

pub use report::{ColumnMapping, Report, SheetReport};

/// What a price list held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// The products, in the file's order. Their ids are unique within the file and lack the source: `<article>`,
    /// `<article>~2` for a repeated article, `row-<n>` for a row without one.
    pub items: Vec<Product>,
    /// How the file was understood.
    pub report: Report,
}

/// Why a file gave nothing. Every message names the file, says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{file}: cannot be read: {why}. Check the path and the permissions.")]
    Unreadable {
        /// The file's name.
        file: String,
        /// The system's words.
        why: String,
    },
    /// No bytes, or no cells.
    #[error("{file}: the file is empty. Save the price list again and check that it opens.")]
    Empty {
        /// The file's name.
        file: String,
    },
    /// Not a format that is read.
    #[error("{file}: not a price list: {found}. Save it as .xlsx, .xls, .xlsb, .ods or .csv.")]
    NotAWorkbook {
        /// The file's name.
        file: String,
        /// What it looks like.
        found: String,
    },
    /// The right format, but broken.
    #[error(
        "{file}: the file is damaged or incomplete ({why}). Open it in a spreadsheet program and save it again as .xlsx."
    )]
    Corrupt {
        /// The file's name.
        file: String,
        /// What was found.
        why: String,
    },
    /// Encrypted.
    #[error("{file}: the file is protected with a password. Save a copy without one.")]
    Protected {
        /// The file's name.
        file: String,
    },
    /// Larger than a price list can reasonably be.
    #[error("{file}: too large: {what}, and at most {limit} is read. {mend}")]
    TooLarge {
        /// The file's name.
        file: String,
        /// What is too large.
        what: String,
        /// The bound.
        limit: String,
        /// What to do.
        mend: &'static str,
    },
    /// No sheet has a row of column names.
    #[error(
        "{file}: no header row found. Looked in the first {looked} rows of every sheet for a column of names \
         (Наименование, Номенклатура, Name, Title …) beside a column of articles, prices or stock. \
         The sheets begin: {seen}. Name the columns in one row."
    )]
    NoHeader {
        /// The file's name.
        file: String,
        /// Rows looked at in each sheet.
        looked: usize,
        /// The first rows as they were seen.
        seen: String,
    },
    /// A header, but nothing under it.
    #[error("{file}: a header but no items: {why}. Check that rows below the header have a name.")]
    NoItems {
        /// The file's name.
        file: String,
        /// What was skipped.
        why: String,
    },
}

/// Reads a price list: .xlsx, .xlsm, .xls, .xlsb, .ods or delimited text, told apart by content, not by extension.
///
/// Blocks on the file and the processor; call it off the async threads. It does not panic: damaged files are errors.
pub fn read(path: &Path) -> Result<Imported, Error> {
    let file = path
        .file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let workbook = cells::read(path, &file)?;
    rows::collect(workbook, file)
}
