//! The report as text for a terminal of at least 100 columns.

use std::fmt::{self, Display, Formatter};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Alternative, ColumnMapping, OddRow, ReadBy, Report, SheetReport, Skipped, Warning};

/// Width of a line in columns of a terminal.
const WIDTH: usize = 100;
/// Number of columns of headings, and of what an odd row is about.
const HEADING: usize = 26;
const ITEM: usize = 34;
/// Number of sections and of tables named in a line, and of sheets in full; the serialised form has more.
const NAMED: usize = 3;
const SHEETS: usize = 4;
/// Confidence from which a column is not in question.
const SURE: f64 = 0.85;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let on_request: usize = self.sheets.iter().map(|sheet| sheet.on_request).sum();
        let sections: usize = self.sheets.iter().map(|sheet| sheet.sections).sum();
        let nothing: usize = self.sheets.iter().map(SheetReport::nothing).sum();
        writeln!(
            f,
            "{}: {} items, {on_request} of them on request; {sections} section rows; {nothing} other rows gave nothing",
            self.file, self.items
        )?;
        // Of a workbook of many sheets the first ones are shown in full.
        let mut full = 0;
        for sheet in &self.sheets {
            full += usize::from(sheet.ignored.is_none());
            if sheet.ignored.is_none() && full > SHEETS {
                line(f, &format!("  sheet \"{}\": {}", sheet.name, sheet.counts()))?;
            } else {
                write!(f, "{sheet}")?;
            }
        }
        for warning in &self.warnings {
            writeln!(f, "  note: {warning}")?;
        }
        if !self.odd.is_empty() {
            writeln!(f, "  look at these rows ({} of {} that look odd):", self.odd.len(), self.odd_rows)?;
            let several = self.sheets.iter().filter(|sheet| sheet.ignored.is_none()).count() > 1;
            for odd in &self.odd {
                odd.write(f, several)?;
            }
        }
        Ok(())
    }
}

impl SheetReport {
    /// Number of rows that gave neither an item nor a section.
    pub fn nothing(&self) -> usize {
        self.above.count + self.skipped.values().map(|skipped| skipped.count).sum::<usize>()
    }

    fn counts(&self) -> String {
        let columns = match (&self.read_by, self.header_row) {
            (ReadBy::Content, _) => "no header, columns by their values".to_owned(),
            (ReadBy::Continued(from), _) => format!("columns of the header in sheet \"{from}\""),
            (ReadBy::Sizes, _) => format!("{} tables of sizes", self.tables.len()),
            (ReadBy::Heading, Some(row @ 1..)) => format!("header in row {row}"),
            (ReadBy::Heading, _) => "no header".to_owned(),
        };
        format!("{} items, {} section rows, {columns}", self.items, self.sections)
    }
}

impl Display for SheetReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.ignored {
            let rows = if self.rows > 0 { format!(" ({} rows)", self.rows) } else { String::new() };
            return writeln!(f, "  sheet \"{}\": not read{rows}, {reason}", self.name);
        }
        line(f, &format!("  sheet \"{}\": {}", self.name, self.counts()))?;
        let sure = |column: &&ColumnMapping| column.confidence.is_some_and(|sure| sure >= SURE);
        let settled: Vec<&str> =
            self.columns.iter().filter(sure).filter_map(|column| column.field.as_deref()).collect();
        for column in &self.columns {
            column.write(f, &settled)?;
        }
        for table in self.tables.iter().take(NAMED) {
            let axis = |axis: &Option<String>, or: &str| axis.clone().unwrap_or_else(|| or.to_owned());
            line(
                f,
                &format!(
                    "    rows {}-{}, {}-{}: {} items, {} by {}: {}",
                    table.rows.0,
                    table.rows.1,
                    table.columns.0,
                    table.columns.1,
                    table.items,
                    axis(&table.down, "rows"),
                    axis(&table.across, "columns"),
                    table.title
                ),
            )?;
        }
        if self.tables.len() > NAMED {
            writeln!(f, "    and {} more tables", self.tables.len() - NAMED)?;
        }
        for used in &self.currencies {
            let code = if used.code.is_empty() { "none stated" } else { &used.code };
            line(f, &format!("    currency {code}, {} prices: {}", used.prices, used.source))?;
        }
        if self.above.count > 0 {
            writeln!(f, "    skipped {}: above the list ({})", self.above.count, self.above)?;
        }
        for (reason, skipped) in &self.skipped {
            writeln!(f, "    skipped {}: {reason} ({skipped})", skipped.count)?;
        }
        if self.sections > 0 {
            let named: Vec<String> = self
                .section_rows
                .iter()
                .take(NAMED)
                .map(|(row, name)| format!("row {row} {}", cut(name, 28)))
                .collect();
            let more = if self.sections > NAMED { ", …" } else { "" };
            line(f, &format!("    sections {}: {}{more}", self.sections, named.join(", ")))?;
        }
        Ok(())
    }
}

impl ColumnMapping {
    /// Writes a line. Fields that a column fills for sure are no alternatives for another.
    fn write(&self, f: &mut Formatter<'_>, settled: &[&str]) -> fmt::Result {
        let field = self.field.as_deref().unwrap_or("not used");
        let sure = self.confidence.map_or_else(String::new, |sure| format!("{:>3.0} %", sure * 100.0));
        let heading = if self.header.is_empty() { "(no heading)" } else { &self.header };
        let mut said = Vec::new();
        if !self.why.is_empty() {
            said.push(self.why.clone());
        }
        let open = |other: &&Alternative| {
            self.confidence.is_none_or(|sure| sure < SURE) && !settled.contains(&other.field.as_str())
        };
        for other in self.alternatives.iter().filter(open) {
            said.push(format!("or {} {:.0} %", other.field, other.confidence * 100.0));
        }
        let examples = self.examples.join("; ");
        if !examples.is_empty() {
            said.push(examples.replace('\n', " "));
        }
        let heading = pad(&heading.replace('\n', " "), HEADING);
        line(f, &format!("    {:<3} {heading} -> {field:<14} {sure:<5}  {}", self.column, said.join("; ")))
    }
}

impl OddRow {
    fn write(&self, f: &mut Formatter<'_>, several: bool) -> fmt::Result {
        let sheet = if several { format!("\"{}\" ", cut(&self.sheet, 14)) } else { String::new() };
        let place = format!("{sheet}row {}", self.row);
        let start = format!("    {place:<9} {}  ", pad(&self.item, ITEM));
        // What is odd must not be cut: what does not fit goes onto a second line.
        let (first, rest) = broken(&self.why, WIDTH.saturating_sub(start.width()));
        line(f, &format!("{start}{first}"))?;
        if rest.is_empty() { Ok(()) } else { line(f, &format!("{}{rest}", " ".repeat(start.width()))) }
    }
}

impl Display for Skipped {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rows: Vec<String> = self.rows.iter().map(u32::to_string).collect();
        let more = if self.count > self.rows.len() { " …" } else { "" };
        write!(f, "{} {}{more}", if self.count == 1 { "row" } else { "rows" }, rows.join(", "))
    }
}

impl Display for Warning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.examples.is_empty() {
            return f.write_str(&self.kind);
        }
        write!(f, "{} ({})", self.kind, self.count)?;
        // The rows are listed with what is odd about them; here their numbers suffice.
        let mut rows: Vec<String> = self.rows.iter().map(|(_, row)| row.to_string()).collect();
        rows.dedup();
        let more = if self.count > rows.len() { " …" } else { "" };
        write!(f, ": {} {}{more}", if self.count == 1 { "row" } else { "rows" }, rows.join(", "))
    }
}

/// Writes a line, cut to the width.
fn line(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    writeln!(f, "{}", cut(text, WIDTH).trim_end())
}

/// Cuts a text to a width, with an ellipsis.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let kept: String = text
        .chars()
        .take_while(|c| {
            let own = c.width().unwrap_or_default();
            let fits = own <= left;
            left = left.saturating_sub(own);
            fits
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// Splits a text at the last space that lets the first part fit a width.
fn broken(text: &str, width: usize) -> (&str, &str) {
    if text.width() <= width {
        return (text, "");
    }
    let fits = |(at, _): &(usize, &str)| text.get(..*at).is_some_and(|start| start.width() <= width);
    match text.match_indices(' ').take_while(fits).last() {
        Some((at, _)) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, ""),
    }
}

/// A text of exactly this width: cut, or filled with spaces.
fn pad(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let spaces = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(spaces))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_aligned_and_not_wider_than_the_terminal() {
        assert_eq!(broken("цена не понята", 9), ("цена не", "понята"));
        assert_eq!((cut("Наименование", 6), pad("Цена", 6)), ("Наиме…".to_owned(), "Цена  ".to_owned()));
        let column = |letters: &str, heading: &str| ColumnMapping {
            column: letters.into(),
            header: heading.into(),
            field: Some("name".into()),
            confidence: Some(1.0),
            why: "its heading".into(),
            alternatives: Vec::new(),
            examples: vec!["Кран шаровой латунный с ручкой «бабочка»".repeat(3)],
        };
        let columns = vec![column("A", "Наименование 商品"), column("B", "Name\nof the goods")];
        let sheet = SheetReport { name: "1".into(), header_row: Some(1), columns, ..SheetReport::default() };
        let report = Report { file: "a.csv".into(), sheets: vec![sheet], ..Report::default() };
        let text = report.to_string();
        assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
        let arrows: Vec<usize> =
            text.lines().filter_map(|line| Some(line.get(..line.find("->")?)?.width())).collect();
        assert_eq!(arrows, [35, 35], "{text}");
    }
}
