//! How a price list was understood, for people and for the admin pages.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// Rows and warnings of one kind that are spelled out; the rest are counted.
pub(super) const SPELLED_OUT: usize = 10;

/// What a column is taken for that is no field of its own: [`tolmach_engine::catalog::Product::attributes`].
pub const ATTRIBUTE: &str = "attribute";

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The file's name, without folders.
    pub file: String,
    /// Items read from all sheets.
    pub items: usize,
    /// Each sheet, in order.
    pub sheets: Vec<SheetReport>,
    /// What a person should look at.
    pub warnings: Vec<Warning>,
}

/// One thing to look at, and where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// What it is.
    pub kind: String,
    /// How often.
    pub count: usize,
    /// The first of them, with sheet and row; empty for what concerns the whole file.
    pub examples: Vec<String>,
}

/// One sheet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheetReport {
    /// Its name.
    pub name: String,
    /// Why nothing was read from it; `None` for a sheet that was read.
    pub ignored: Option<String>,
    /// The header's row as a spreadsheet program numbers it; the last one of a header of two rows, 0 for none.
    pub header_row: Option<u32>,
    /// What each named column was taken for.
    pub columns: Vec<ColumnMapping>,
    /// Items read.
    pub items: usize,
    /// Rows that name a section.
    pub sections: usize,
    /// Items without a price.
    pub on_request: usize,
    /// Rows that gave no item, by reason.
    pub skipped: BTreeMap<String, Skipped>,
}

/// Rows that gave no item for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// How many.
    pub count: usize,
    /// The first of them, as a spreadsheet program numbers them.
    pub rows: Vec<u32>,
}

/// A column and its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnMapping {
    /// Its letters, as a spreadsheet program shows them.
    pub column: String,
    /// Its heading in the file; empty where a person named a column that has none.
    pub header: String,
    /// The field of a product that it fills, [`ATTRIBUTE`], or `None` for a column that is not used.
    pub field: Option<String>,
    /// 0 to 1, how sure that is; `None` for columns that fill no field.
    pub confidence: Option<f64>,
}

impl Report {
    /// The sheet with the most items, whose columns stand for the file's.
    pub fn main_sheet(&self) -> Option<&SheetReport> {
        // The first of equals: `max_by_key` gives the last.
        self.sheets.iter().rev().max_by_key(|sheet| sheet.items)
    }
}

impl SheetReport {
    /// The columns that fill a field.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &ColumnMapping)> {
        let fields = self.columns.iter().filter_map(|column| Some((column.field.as_deref()?, column)));
        fields.filter(|(field, _)| *field != ATTRIBUTE)
    }

    pub(super) fn skip(&mut self, reason: &str, row: u32) {
        let skipped = self.skipped.entry(reason.to_owned()).or_default();
        skipped.count += 1;
        if skipped.rows.len() < SPELLED_OUT {
            skipped.rows.push(row);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} items", self.file, self.items)?;
        for sheet in &self.sheets {
            write!(f, "{sheet}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "  note: {warning}")?;
        }
        Ok(())
    }
}

impl fmt::Display for SheetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.ignored {
            return writeln!(f, "  sheet \"{}\": not read, {reason}", self.name);
        }
        let header = match self.header_row {
            Some(row @ 1..) => format!("header in row {row}"),
            _ => "no header".to_owned(),
        };
        writeln!(
            f,
            "  sheet \"{}\": {} items, {} section rows, {header}",
            self.name, self.items, self.sections
        )?;
        for column in &self.columns {
            let header = column.header.replace('\n', " ");
            let field = column.field.as_deref().unwrap_or("not used");
            let sure = column.confidence.map_or_else(String::new, |sure| format!(" ({:.0} %)", sure * 100.0));
            writeln!(f, "    {:<3} {header} -> {field}{sure}", column.column)?;
        }
        for (reason, skipped) in &self.skipped {
            writeln!(f, "    skipped {}: {reason} ({skipped})", skipped.count)?;
        }
        Ok(())
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<String> = self.rows.iter().map(u32::to_string).collect();
        let more = if self.count > self.rows.len() { " …" } else { "" };
        write!(f, "{} {}{more}", if self.count == 1 { "row" } else { "rows" }, rows.join(", "))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.examples.is_empty() {
            return f.write_str(&self.kind);
        }
        write!(f, "{} ({})", self.kind, self.count)?;
        for example in self.examples.iter().take(SHOWN) {
            write!(f, "\n      {example}")?;
        }
        match self.count.saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n      and {more} more"),
        }
    }
}

/// Examples that a person is shown; tools get all that are spelled out.
const SHOWN: usize = 3;

/// Warnings as they are gathered, by kind.
#[derive(Default)]
pub(super) struct Warnings(BTreeMap<&'static str, Warning>);

impl Warnings {
    pub fn add(&mut self, kind: &'static str, example: String) {
        let warning = self.0.entry(kind).or_default();
        warning.count += 1;
        if warning.examples.len() < SPELLED_OUT {
            warning.examples.push(example);
        }
    }

    pub fn into_list(self) -> impl Iterator<Item = Warning> {
        self.0.into_iter().map(|(kind, warning)| Warning { kind: kind.to_owned(), ..warning })
    }
}

impl Warning {
    /// One that concerns the whole file.
    pub(super) fn whole(kind: impl Into<String>) -> Warning {
        Warning { kind: kind.into(), count: 1, examples: Vec::new() }
    }
}
