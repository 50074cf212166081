//! Reads delimited text. Encoding and separator are detected from the content.
//!
//! Fields may be quoted as in RFC 4180. Every value is text; types are not guessed.

use std::path::Path;

use super::{
    Error, encoding,
    workbook::{self, Row, Sheet, Workbook},
};

/// Maximum number of rows examined to detect the separator.
const SAMPLE: usize = 200;

pub(super) fn read(path: &Path, file: &str) -> Result<Workbook, Error> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::Unreadable { file: file.into(), why: error.to_string() })?;
    let (text, guessed) = encoding::decode(&bytes);
    drop(bytes);
    if text.trim().is_empty() {
        return Err(Error::Empty { file: file.into() });
    }
    let separator = separator(&text);
    let (rows, unclosed) = rows(&text, separator, usize::MAX);
    if let Some(line) = unclosed {
        return Err(Error::Corrupt {
            file: file.into(),
            why: format!("a quotation mark that opens in line {line} is never closed"),
        });
    }
    let rows = rows
        .into_iter()
        .map(|(number, fields)| Row {
            number,
            cells: (0..)
                .zip(&fields)
                .filter_map(|(column, field)| Some((column, workbook::text(field)?)))
                .collect(),
        })
        .filter(|row| !row.cells.is_empty())
        .collect();
    let mut workbook = Workbook {
        sheets: vec![Sheet { name: file.into(), rows, ..Sheet::default() }],
        ..Workbook::default()
    };
    if let Some(encoding) = guessed {
        workbook.warnings.push(format!("the text is not UTF-8; it was read as {encoding}"));
    }
    Ok(workbook)
}

/// The separator that gives the most rows of equal width greater than 1.
fn separator(text: &str) -> char {
    let consistency = |separator: char| {
        let mut widths = std::collections::BTreeMap::new();
        for (_, fields) in rows(text, separator, SAMPLE).0 {
            if fields.len() > 1 {
                *widths.entry(fields.len()).or_insert(0_usize) += 1;
            }
        }
        widths.into_iter().map(|(width, count)| (count, width)).max().unwrap_or_default()
    };
    // `max_by_key` returns the last of equal candidates, so the most likely separator is last.
    [',', '|', '\t', ';'].into_iter().max_by_key(|separator| consistency(*separator)).unwrap_or(';')
}

type Fields = (u32, Vec<String>);

/// Rows with their line numbers, and the line of an unclosed quotation mark, if any.
fn rows(text: &str, separator: char, limit: usize) -> (Vec<Fields>, Option<u32>) {
    let mut found = Vec::new();
    let (mut fields, mut field) = (Vec::new(), String::new());
    let (mut line, mut row_line, mut quoted_since) = (1_u32, 1_u32, None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\n' {
            line += 1;
        }
        match (c, quoted_since) {
            ('"', Some(_)) if chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            ('"', Some(_)) => quoted_since = None,
            (_, Some(_)) => field.push(c),
            ('"', None) if field.trim().is_empty() => {
                field.clear();
                quoted_since = Some(line);
            }
            ('\r', None) => {}
            ('\n', None) => {
                fields.push(std::mem::take(&mut field));
                found.push((row_line, std::mem::take(&mut fields)));
                row_line = line;
                if found.len() >= limit {
                    return (found, None);
                }
            }
            (c, None) if c == separator => fields.push(std::mem::take(&mut field)),
            (_, None) => field.push(c),
        }
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field);
        found.push((row_line, fields));
    }
    (found, quoted_since)
}
