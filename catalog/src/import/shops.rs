//! Rewrites the exports of shop programs, in which a row is not always an item, to plain lists.
//!
//! An export is known by its headings. Every other list is left as it is.

mod prom;
mod shopify;
mod woocommerce;

use std::collections::BTreeMap;

use super::workbook::{Row, Sheet, Value, Workbook};

/// Rewrites the sheets that are shop exports.
pub(super) fn rewrite(workbook: &mut Workbook) {
    for sheet in &mut workbook.sheets {
        let Some(export) = Export::of(sheet) else { continue };
        let found =
            [shopify::rewrite, woocommerce::rewrite, prom::rewrite].iter().find_map(|read| read(&export));
        if let Some((program, mut rewritten)) = found {
            rewritten.name = std::mem::take(&mut sheet.name);
            workbook.warnings.push(format!("read as an export of {program}"));
            *sheet = rewritten;
        }
    }
}

/// A sheet whose first row is its header.
struct Export<'a> {
    /// Columns by their headings, folded. Of equal headings the first.
    columns: BTreeMap<String, u32>,
    /// All headings in order, as written.
    headings: Vec<(u32, String)>,
    rows: &'a [Row],
}

impl<'a> Export<'a> {
    fn of(sheet: &'a Sheet) -> Option<Export<'a>> {
        let (first, rows) = sheet.rows.split_first()?;
        let headings: Vec<(u32, String)> =
            first.cells.iter().map(|(at, value)| (*at, value.text())).collect();
        let mut columns = BTreeMap::new();
        for (at, heading) in &headings {
            columns.entry(fold(heading)).or_insert(*at);
        }
        Some(Export { columns, headings, rows })
    }

    /// The column of the first heading that is there.
    fn column(&self, names: &[&str]) -> Option<u32> {
        names.iter().find_map(|name| self.columns.get(*name).copied())
    }

    /// Whether each field has one of its headings.
    fn has(&self, fields: &[&[&str]]) -> bool {
        fields.iter().all(|names| self.column(names).is_some())
    }

    /// The text under the first heading that is there; empty if there is none.
    fn text(&self, row: &Row, names: &[&str]) -> String {
        self.column(names).and_then(|at| row.get(at)).map(Value::text).unwrap_or_default()
    }
}

/// A heading in lower case, with `_` as a blank.
fn fold(heading: &str) -> String {
    heading.to_lowercase().replace('_', " ").trim().to_owned()
}
