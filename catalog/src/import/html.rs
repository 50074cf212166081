//! Reads the tables of HTML pages, which shops and accounting programs save with the name `.xls`, and the text of
//! descriptions.
//!
//! The tokenizer is html5gum. A table inside a cell is a table of its own; nothing is laid out or loaded.

use html5gum::{DefaultEmitter, Token, Tokenizer};

use super::{
    cells::Collect,
    guard::MAX_CELLS,
    workbook::{self, Sheet, Style, Value},
};

/// Deepest nesting of tables; the content of deeper ones belongs to the table around them.
const MAX_DEPTH: usize = 16;
/// Most tables of a page that are read.
const MAX_TABLES: usize = 1_000;
/// Widest cell in columns.
const MAX_SPAN: u32 = 256;
/// Tallest cell in rows, as in HTML.
const MAX_HEIGHT: u32 = 65_534;

/// The tables of a page, in the order of their ends.
///
/// # Errors
/// There are more cells than are read.
pub(super) fn tables(page: &str) -> Result<Vec<Sheet>, String> {
    let mut open: Vec<Table> = Vec::new();
    let mut done: Vec<Sheet> = Vec::new();
    let (mut hidden, mut total) = (false, 0_u64);
    for token in tokens(page) {
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                b"script" | b"style" | b"title" => hidden = !tag.self_closing,
                b"table" if open.len() < MAX_DEPTH => open.push(Table::default()),
                name => {
                    let Some(table) = open.last_mut() else { continue };
                    let attribute = |wanted: &str| {
                        let mut all = tag.attributes.iter();
                        let found = all.find(|(key, _)| key.as_slice() == wanted.as_bytes());
                        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
                    };
                    let span = |key| attribute(key).and_then(|text| text.trim().parse().ok()).unwrap_or(1);
                    match name {
                        b"tr" => table.row()?,
                        b"td" | b"th" => {
                            let number = attribute("x:num").and_then(|text| text.parse().ok());
                            let style = attribute("style").and_then(|style| number_format(&style));
                            table.cell(span("colspan"), span("rowspan"), number, style)?;
                        }
                        b"br" | b"p" | b"div" | b"li" => table.text("\n"),
                        _ => {}
                    }
                }
            },
            Token::EndTag(tag) => match tag.name.as_slice() {
                b"script" | b"style" | b"title" => hidden = false,
                b"table" => {
                    if let Some(table) = open.pop() {
                        total += finish(table, &mut done)?;
                    }
                }
                b"td" | b"th" | b"tr" => open.last_mut().map_or(Ok(()), Table::end_cell)?,
                _ => {}
            },
            Token::String(text) if !hidden => {
                if let Some(table) = open.last_mut() {
                    table.text(&one_line(&text.value));
                }
            }
            _ => {}
        }
        if done.len() >= MAX_TABLES {
            return Ok(done);
        }
        if total > MAX_CELLS {
            return Err("more cells than are read".into());
        }
    }
    while let Some(table) = open.pop() {
        finish(table, &mut done)?;
    }
    Ok(done)
}

fn tokens(page: &str) -> impl Iterator<Item = Token> + '_ {
    let mut emitter = DefaultEmitter::default();
    // What looks like a tag in a script or a style is none.
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(page, emitter).filter_map(Result::ok)
}

/// Line breaks of the file are blanks.
fn one_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).replace(['\n', '\r'], " ")
}

fn finish(mut table: Table, done: &mut Vec<Sheet>) -> Result<u64, String> {
    table.end_cell()?;
    let total = table.cells.total;
    let sheet = table.cells.finish(format!("table {}", done.len() + 1));
    if !sheet.rows.is_empty() {
        done.push(sheet);
    }
    Ok(total)
}

/// A table that is being read.
#[derive(Default)]
struct Table {
    cells: Collect,
    /// Number of the row, from 1; 0 before the first.
    row: u32,
    column: u32,
    /// For each column, the last row that a cell reaches into.
    reaching: Vec<u32>,
    cell: Option<Cell>,
}

struct Cell {
    column: u32,
    text: String,
    number: Option<f64>,
    style: Option<Style>,
}

impl Table {
    fn row(&mut self) -> Result<(), String> {
        self.end_cell()?;
        self.row = self.row.saturating_add(1);
        self.column = 0;
        Ok(())
    }

    fn cell(
        &mut self,
        columns: u32,
        rows: u32,
        number: Option<f64>,
        style: Option<Style>,
    ) -> Result<(), String> {
        self.end_cell()?;
        self.row = self.row.max(1);
        // A cell of a row above takes this place.
        while self.reaching.get(self.column as usize).is_some_and(|last| *last >= self.row) {
            self.column += 1;
        }
        let (columns, rows) = (columns.clamp(1, MAX_SPAN), rows.clamp(1, MAX_HEIGHT));
        self.cell = Some(Cell { column: self.column, text: String::new(), number, style });
        let end = self.column.saturating_add(columns);
        for at in self.column..end.min(MAX_SPAN) {
            let at = at as usize;
            if self.reaching.len() <= at {
                self.reaching.resize(at + 1, 0);
            }
            if let Some(last) = self.reaching.get_mut(at) {
                *last = self.row.saturating_add(rows - 1);
            }
        }
        self.column = end;
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(cell) = &mut self.cell
            && cell.text.len() < 4 * workbook::MAX_CELL
        {
            cell.text.push_str(text);
        }
    }

    fn end_cell(&mut self) -> Result<(), String> {
        let Some(cell) = self.cell.take() else { return Ok(()) };
        let at = (self.row.saturating_sub(1), cell.column);
        let number = cell.number.filter(|number| number.is_finite()).map(Value::Number);
        self.cells.add_styled(at, number.or_else(|| workbook::text(&cell.text)), cell.style)
    }
}

/// What `mso-number-format` of a cell's style says.
fn number_format(style: &str) -> Option<Style> {
    let (_, format) = style.split_once("mso-number-format:")?;
    let format = format.split(';').next()?.trim().trim_matches(['"', '\'']).replace('\\', "");
    Style::of(&format)
}

/// The text of a description in HTML: tags are left out, blocks and breaks are lines. A text without tags is unchanged.
pub(super) fn plain(html: &str) -> String {
    if !["</", "/>", "<br", "<p>", "<li>"].iter().any(|tag| html.contains(tag)) && !html.contains('&') {
        return html.to_owned();
    }
    let mut text = String::new();
    let mut hidden = false;
    for token in tokens(html) {
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                b"script" | b"style" => hidden = !tag.self_closing,
                b"td" | b"th" => text.push(' '),
                name if is_block(name) => text.push('\n'),
                _ => {}
            },
            Token::EndTag(tag) => match tag.name.as_slice() {
                b"script" | b"style" => hidden = false,
                name if is_block(name) => text.push('\n'),
                _ => {}
            },
            Token::String(part) if !hidden => text.push_str(&one_line(&part.value)),
            _ => {}
        }
    }
    text
}

fn is_block(name: &[u8]) -> bool {
    const BLOCKS: [&[u8]; 14] =
        [b"br", b"p", b"div", b"li", b"tr", b"ul", b"ol", b"table", b"h1", b"h2", b"h3", b"h4", b"h5", b"hr"];
    BLOCKS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a page's tables as `column:text`, tables after each other.
    fn check(page: &str, expected: &[&str]) {
        let row = |row: &workbook::Row| {
            let cells =
                row.cells.iter().map(|(at, value)| format!("{at}:{}", value.text().replace('\n', "/")));
            cells.collect::<Vec<_>>().join(" ")
        };
        let found: Vec<String> =
            tables(page).unwrap().iter().flat_map(|sheet| sheet.rows.iter().map(row)).collect();
        assert_eq!(found, expected, "{page}");
    }

    #[test]
    fn reads_tables_with_merged_cells_and_missing_end_tags() {
        check(
            "<style>td{}</style><table><tr><th>A<th>B<tr><td>1<td>2 &amp; 3<br>4</table>",
            &["0:A 1:B", "0:1 1:2 & 3/4"],
        );
        check(
            "<table><tr><td rowspan=2>A</td><td colspan=2>B</td><td>C</td></tr><tr><td>b</td><td>c</td><td>d</td></tr>\
             <tr><td>e</td></tr></table>",
            &["0:A 1:B 3:C", "1:b 2:c 3:d", "0:e"],
        );
        check("<table><tr><td>x<table><tr><td>y</td></tr></table></td></tr></table>", &["0:y", "0:x"]);
    }

    #[test]
    fn makes_text_of_descriptions() {
        let check = |html: &str, expected: &str| {
            let text = workbook::text(&plain(html)).map(|value| value.text()).unwrap_or_default();
            assert_eq!(text, expected, "{html}");
        };
        check(
            "<p>Lamp &ndash;\n<b>18 W</b></p><ul><li>IP44</li></ul><script>x()</script>",
            "Lamp – 18 W\nIP44",
        );
        check("3 < 5", "3 < 5");
    }
}
