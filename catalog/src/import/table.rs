//! Builds a sheet from records that name their fields: shop exports and XML catalogues.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::workbook::{self, Row, Sheet, Style, Styles, Value};

/// Widest table; further attributes are left out and counted.
const MAX_COLUMNS: usize = 256;

/// A sheet under construction. Its header is row 1.
#[derive(Debug, Default)]
pub(super) struct Table {
    headings: Vec<String>,
    places: HashMap<String, u32>,
    rows: Vec<Row>,
    styles: Styles,
    filled: BTreeSet<u32>,
    left_out: Vec<(&'static str, u32)>,
    /// Values of columns beyond the widest table.
    pub dropped: usize,
}

/// The fields of one row.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    fields: Vec<(String, Value, Option<Style>)>,
}

impl Record {
    /// Adds a text under a heading; nothing for an empty one. A heading that is there already keeps its first value.
    pub fn text(&mut self, heading: &str, text: &str) {
        if let Some(value) = workbook::text(text) {
            self.value(heading, value, None);
        }
    }

    /// Adds a number as a program writes it, with a point, or else its text.
    pub fn number(&mut self, heading: &str, text: &str, style: Option<Style>) {
        match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => self.value(heading, Value::Number(number), style),
            _ => self.text(heading, text),
        }
    }

    /// Adds a value with what its format says.
    pub fn value(&mut self, heading: &str, value: Value, style: Option<Style>) {
        let there = self.fields.iter().any(|(name, ..)| name == heading);
        if !heading.is_empty() && !there && self.fields.len() < MAX_COLUMNS {
            self.fields.push((heading.to_owned(), value, style));
        }
    }

    /// Adds the fields of another record that this one does not have.
    pub fn inherit(&mut self, other: &Record) {
        for (heading, value, style) in &other.fields {
            self.value(heading, value.clone(), *style);
        }
    }
}

impl Table {
    /// A table whose first columns have these headings, in this order.
    pub fn new(headings: &[&str]) -> Table {
        let mut table = Table::default();
        for heading in headings {
            table.place(heading);
        }
        table
    }

    fn place(&mut self, heading: &str) -> Option<u32> {
        if let Some(at) = self.places.get(heading) {
            return Some(*at);
        }
        if self.headings.len() >= MAX_COLUMNS {
            return None;
        }
        let at = u32::try_from(self.headings.len()).ok()?;
        self.headings.push(heading.to_owned());
        self.places.insert(heading.to_owned(), at);
        Some(at)
    }

    /// Adds a record as the row of this number, which is above that of the row before.
    pub fn add(&mut self, number: u32, record: Record) {
        let mut cells = BTreeMap::new();
        for (heading, value, style) in record.fields {
            let Some(at) = self.place(&heading) else {
                self.dropped += 1;
                continue;
            };
            if let Some(style) = style {
                self.styles.add(number, at, style);
            }
            self.filled.insert(at);
            cells.insert(at, value);
        }
        if !cells.is_empty() {
            self.rows.push(Row { number, cells: cells.into_iter().collect() });
        }
    }

    /// Notes a row of the file that is no item.
    pub fn leave_out(&mut self, reason: &'static str, number: u32) {
        self.left_out.push((reason, number));
    }

    /// The sheet, with the headings of the columns that have values.
    pub fn finish(mut self, name: String) -> Sheet {
        let headings = (0..).zip(&self.headings).filter(|(at, _)| self.filled.contains(at));
        let header = headings.map(|(at, heading)| (at, Value::Text(heading.clone()))).collect();
        let mut rows = vec![Row { number: 1, cells: header }];
        rows.append(&mut self.rows);
        self.styles.sort();
        Sheet { name, rows, styles: self.styles, left_out: self.left_out }
    }
}
