//! Report of how a price list was understood, for the console and the admin pages.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

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
}

/// Report on one sheet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheetReport {
    /// Name of the sheet.
    pub name: String,
    /// Why the sheet was not read; `None` for a sheet that was read.
    pub ignored: Option<String>,
    /// Row number of the header, from 1; for a header of two rows, the second. 0 if a person named the columns of a
    /// sheet without a header; `None` for a sheet that was not read.
    pub header_row: Option<u32>,
    /// The meaning found for each column.
    pub columns: Vec<ColumnMapping>,
    /// Number of items read.
    pub items: usize,
    /// Number of rows that name a section.
    pub sections: usize,
    /// Number of items without a price.
    pub on_request: usize,
    /// Rows that gave no item, by reason.
    pub skipped: BTreeMap<String, Skipped>,
    /// The currencies of the prices, the most frequent first.
    #[serde(default)]
    pub currencies: Vec<CurrencyUse>,
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

    pub(super) fn skip(&mut self, reason: &str, row: u32) {
        let skipped = self.skipped.entry(reason.to_owned()).or_default();
        skipped.count += 1;
        if skipped.rows.len() < MAX_EXAMPLES {
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
        for CurrencyUse { code, source, prices } in &self.currencies {
            let code = if code.is_empty() { "no currency" } else { code };
            writeln!(f, "    {prices} prices in {code}: {source}")?;
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

/// Number of examples in the text form; the serialised form has all that were collected.
const SHOWN: usize = 3;

/// Collects warnings by kind.
#[derive(Default)]
pub(super) struct Warnings(BTreeMap<&'static str, Warning>);

impl Warnings {
    pub fn add(&mut self, kind: &'static str, example: String) {
        let warning = self.0.entry(kind).or_default();
        warning.count += 1;
        if warning.examples.len() < MAX_EXAMPLES {
            warning.examples.push(example);
        }
    }

    pub fn into_list(self) -> impl Iterator<Item = Warning> {
        self.0.into_iter().map(|(kind, warning)| Warning { kind: kind.to_owned(), ..warning })
    }
}

impl Warning {
    /// A warning about the whole file.
    pub(super) fn whole(kind: impl Into<String>) -> Warning {
        Warning { kind: kind.into(), count: 1, examples: Vec::new() }
    }
}
