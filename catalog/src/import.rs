//! Price lists, read: a workbook or a CSV file becomes products and a report of how it was understood.
//!
//! It stores nothing and knows nothing of the catalogue. [`read`] takes a path and gives plain data; [`child`] runs it in a
//! process of its own with limits, which is how every file that a person brings is read.

mod cells;
mod cfb;
pub mod child;
mod columns;
mod csv;
mod fit;
mod guard;
mod header;
mod item;
mod names;
pub mod remembered;
mod report;
mod rows;
#[cfg(test)]
mod tests;
mod value;
mod zeros;

use std::path::Path;

use serde::{Deserialize, Serialize};
use tolmach_engine::catalog::Product;

pub use columns::{Column, Mapping};
pub use report::{ATTRIBUTE, ColumnMapping, Report, SheetReport, Skipped, Warning};

/// What a person says of a price list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Columns named for this file: one that it does not have is an error.
    #[serde(default)]
    pub given: Mapping,
    /// Columns remembered of the supplier: one that the file does not have any more is a warning.
    #[serde(default)]
    pub remembered: Mapping,
}

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
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
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
    #[error(
        "{file}: too large: {what}, and at most {limit} is read. Copy the rows of the price list alone into a new workbook \
         and save it as .xlsx."
    )]
    TooLarge {
        /// The file's name.
        file: String,
        /// What is too large.
        what: String,
        /// The bound.
        limit: String,
    },
    /// Reading it took more memory than it may.
    #[error(
        "{file}: reading it takes more than {limit} MiB of memory, so it was stopped. Copy the rows of the price list alone \
         into a new workbook and save it as .xlsx."
    )]
    Heavy {
        /// The file's name.
        file: String,
        /// The bound, in MiB.
        limit: u64,
    },
    /// Reading it took longer than it may.
    #[error(
        "{file}: reading it takes longer than {limit} s, so it was stopped. Copy the rows of the price list alone into \
         a new workbook and save it as .xlsx."
    )]
    Slow {
        /// The file's name.
        file: String,
        /// The bound, in seconds.
        limit: u64,
    },
    /// The process that read it ended without an answer.
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
    /// The process that reads files could not be started.
    #[error(
        "{file}: nothing was read: the process that reads price lists cannot be started ({why}). Check that the program's \
         file is still where it was started from, and that the machine has memory and processes left."
    )]
    NotStarted {
        /// The file's name.
        file: String,
        /// The system's words.
        why: String,
    },
    /// No sheet has a row of column names.
    #[error(
        "{file}: no header row found. Looked in the first {looked} rows of every sheet for a column of names \
         (Наименование, Номенклатура, Name, Title …) beside a column of articles, prices or stock. \
         The sheets begin: {seen}. Name the columns in one row, or say which they are: --map name=HEADING,price=HEADING."
    )]
    NoHeader {
        /// The file's name.
        file: String,
        /// Rows looked at in each sheet.
        looked: usize,
        /// The first rows as they were seen.
        seen: String,
    },
    /// A column that a person named is not there.
    #[error("{file}: no column \"{heading}\" for {column}{near} {seen}")]
    UnknownHeading {
        /// The file's name.
        file: String,
        /// The field.
        column: Column,
        /// What was named.
        heading: String,
        /// The nearest heading as a question, with a semicolon in front; empty when none is near.
        near: String,
        /// The headings that are there.
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
    read_with(path, &Options::default())
}

/// The same, with what a person says of the file's columns.
pub fn read_with(path: &Path, options: &Options) -> Result<Imported, Error> {
    let file = name_of(path);
    let workbook = cells::read(path, &file)?;
    rows::collect(workbook, file, options)
}

/// A file's name without folders, as messages give it.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
