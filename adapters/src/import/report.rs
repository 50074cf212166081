//! How a price list was understood, for people and for the admin pages.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The file's name, without folders.
    pub file: String,
    /// Items read from all sheets.
    pub items: usize,
    /// Each sheet, in order.
    pub sheets: Vec<SheetReport>,
    /// What a person should look at, with the sheet and row.
    pub warnings: Vec<String>,
}

/// One sheet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheetReport {
    /// Its name.
    pub name: String,
    /// Why nothing was read from it; `None` for a sheet that was read.
    pub ignored: Option<String>,
    /// The header's row as a spreadsheet program numbers it; the last one of a header of two rows.
    pub header_row: Option<u32>,
    /// What each named column was taken for.
    pub columns: Vec<ColumnMapping>,
    /// Items read.
    pub items: usize,
    /// Rows that name a section.
    pub sections: usize,
    /// Rows that gave no item, by reason.
    pub skipped: BTreeMap<String, usize>,
}

/// A column and its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnMapping {
    /// Its letters, as a spreadsheet program shows them.
    pub column: String,
    /// Its heading in the file.
    pub header: String,
    /// The field of a product that it fills, or `None` for a column that is not used.
    pub field: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} items", self.file, self.items)?;
        for sheet in &self.sheets {
            if let Some(reason) = &sheet.ignored {
                writeln!(f, "  sheet \"{}\": not read, {reason}", sheet.name)?;
                continue;
            }
            writeln!(
                f,
                "  sheet \"{}\": {} items, {} section rows, header in row {}",
                sheet.name,
                sheet.items,
                sheet.sections,
                sheet.header_row.unwrap_or_default()
            )?;
            for column in &sheet.columns {
                let header = column.header.replace('\n', " ");
                let field = column.field.as_deref().unwrap_or("not used");
                writeln!(f, "    {:<3} {header} -> {field}", column.column)?;
            }
            for (reason, count) in &sheet.skipped {
                writeln!(f, "    skipped {count}: {reason}")?;
            }
        }
        for warning in &self.warnings {
            writeln!(f, "  note: {warning}")?;
        }
        Ok(())
    }
}

/// Letters of a column counted from 0: A, B … Z, AA.
pub(super) fn column_letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or_default()));
        if column < 26 {
            return letters.iter().rev().collect();
        }
        column = column / 26 - 1;
    }
}
