//! Converts sheets to products: chooses the sheets to read and classifies their rows.
//!
//! A row that is an item is read in `item`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Error, Imported, Options,
    columns::{Column, Mapping, NONE, letters, nearest},
    header::{self, Header},
    item::{Items, short},
    report::{ATTRIBUTE, ColumnMapping, Report, SheetReport, Warning},
    workbook::{Row, Sheet, Value, Workbook},
};

const NO_NAME: &str = "no name";
/// Maximum length of a section name in characters; a longer text alone in its row is a note.
const LONGEST_SECTION: usize = 120;

/// Reads every sheet that has a header; an error if there are more than `most` items.
pub(super) fn collect(
    workbook: Workbook,
    file: String,
    options: &Options,
    most: usize,
) -> Result<Imported, Error> {
    let mapping = options.remembered.clone().corrected(&options.given);
    let headers: Vec<Option<Header>> =
        workbook.sheets.iter().map(|sheet| header::find(sheet, &mapping)).collect();
    let gone = unresolved(&headers, &mapping);
    if let Some((column, heading)) = gone.iter().find(|(column, _)| options.given.0.contains_key(column)) {
        return Err(unknown_heading(file, *column, heading, &workbook.sheets, &headers));
    }
    let mut items = Items::at_most(most, &options.currency);
    let notes: Vec<String> = headers.iter().flatten().flat_map(|header| header.notes.clone()).collect();
    let mut report = Report { file: file.clone(), ..Report::default() };
    for (sheet, header) in workbook.sheets.iter().zip(headers) {
        let found = match header {
            Some(header) => read_sheet(sheet, header, &mut items),
            None if sheet.rows.is_empty() => ignored(&sheet.name, "it is empty"),
            None => ignored(&sheet.name, "no header row with a column of names"),
        };
        report.sheets.push(found);
    }
    report.sheets.extend(workbook.skipped.iter().map(|(name, reason)| ignored(name, reason)));
    if report.sheets.iter().all(|sheet| sheet.header_row.is_none()) {
        return Err(Error::NoHeader {
            file,
            looked: header::LOOKED_AT as usize,
            seen: row_preview(&workbook.sheets),
        });
    }
    if items.too_many {
        return Err(Error::TooManyItems { file, limit: most });
    }
    if items.items.is_empty() {
        let reasons: Vec<String> = report
            .sheets
            .iter()
            .flat_map(|sheet| &sheet.skipped)
            .map(|(reason, skipped)| format!("{} rows skipped, {reason}", skipped.count))
            .collect();
        let why = if reasons.is_empty() { "there are no rows below it".into() } else { reasons.join("; ") };
        return Err(Error::NoItems { file, why });
    }
    report.items = items.items.len();
    report.warnings = workbook.warnings.into_iter().map(Warning::whole).collect();
    let lost: Vec<Warning> = gone.iter().map(|(column, heading)| lost(*column, heading, &report)).collect();
    report.warnings.extend(lost);
    report.warnings.extend(notes.into_iter().collect::<BTreeSet<_>>().into_iter().map(Warning::whole));
    report.warnings.extend(items.warnings.into_list());
    Ok(Imported { items: items.items, report })
}

/// Warning about a remembered column that the file does not have, with the column used instead.
fn lost(column: Column, heading: &str, report: &Report) -> Warning {
    let found = report.main_sheet().and_then(|sheet| {
        let (_, found) = sheet.fields().find(|(field, _)| *field == column.name())?;
        Some(format!("\"{}\" (column {}) was taken", header::one_line(&found.header), found.column))
    });
    let found = found.unwrap_or_else(|| "no other was found".to_owned());
    Warning::whole(format!("the remembered column \"{heading}\" for {column} is not in this file; {found}"))
}

fn ignored(name: &str, reason: &str) -> SheetReport {
    SheetReport { name: name.to_owned(), ignored: Some(reason.to_owned()), ..SheetReport::default() }
}

/// The columns of a mapping that no sheet has.
fn unresolved(headers: &[Option<Header>], mapping: &Mapping) -> Vec<(Column, String)> {
    let found = |column: &Column| headers.iter().flatten().any(|header| !header.missing.contains(column));
    let wanted = mapping.0.iter().filter(|(_, wanted)| *wanted != NONE);
    wanted.filter(|(column, _)| !found(column)).map(|(column, wanted)| (*column, wanted.clone())).collect()
}

fn unknown_heading(
    file: String,
    column: Column,
    heading: &str,
    sheets: &[Sheet],
    headers: &[Option<Header>],
) -> Error {
    let headings: Vec<String> = headers
        .iter()
        .flatten()
        .flat_map(|header| header.headings.values())
        .map(|text| header::one_line(text))
        .collect();
    let near = nearest(heading, headings.iter().map(String::as_str));
    let seen = if headings.is_empty() {
        format!("No header row was found either; the sheets begin: {}", row_preview(sheets))
    } else {
        let mut seen = headings.clone();
        seen.dedup();
        seen.truncate(40);
        format!("The headings are: {}", seen.join(" | "))
    };
    let near = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
    Error::UnknownHeading { file, column, heading: heading.to_owned(), near, seen }
}

/// The first rows of the first sheets, shortened, for error messages.
fn row_preview(sheets: &[Sheet]) -> String {
    let row = |row: &Row| {
        let cells: Vec<String> = row
            .cells
            .iter()
            .take(6)
            .map(|(_, value)| value.text().replace('\n', " ").chars().take(30).collect())
            .collect();
        format!("[{}]", cells.join(" | "))
    };
    let sheets: Vec<String> = sheets
        .iter()
        .take(3)
        .map(|sheet| {
            let rows: Vec<String> = sheet.rows.iter().take(3).map(row).collect();
            format!("\"{}\" {}", sheet.name, if rows.is_empty() { "is empty".into() } else { rows.join(" ") })
        })
        .collect();
    sheets.join("; ")
}

fn read_sheet(sheet: &Sheet, mut header: Header, items: &mut Items) -> SheetReport {
    let mut report = SheetReport {
        name: sheet.name.clone(),
        header_row: Some(header.row),
        columns: columns(&header),
        ..SheetReport::default()
    };
    let below: Vec<&Row> = sheet.rows.iter().filter(|row| row.number > header.row).collect();
    let articles = Articles::of(&below, &header);
    let mut attributes: Vec<(u32, String)> = header.attributes().collect();
    let mut section = String::new();
    for (reason, row) in &sheet.left_out {
        report.skip(reason, *row);
    }
    for row in below {
        match kind(row, &header, articles) {
            Kind::Item => {
                let read = items.read(row, &header, &attributes, sheet, &section);
                report.items += 1;
                report.on_request += usize::from(!read);
            }
            Kind::Section(name) => {
                section = name;
                report.sections += 1;
            }
            Kind::Header(changed) => {
                header = *changed;
                attributes = header.attributes().collect();
                report.skip("another header", row.number);
            }
            Kind::Skipped(reason) => {
                if reason == NO_NAME && row.cells.len() > 1 {
                    items.warnings.add("rows without a name, left out", nameless(row, &sheet.name));
                }
                report.skip(reason, row.number);
            }
        }
    }
    report.currencies = items.currencies();
    report
}

fn columns(header: &Header) -> Vec<ColumnMapping> {
    let attributes: BTreeMap<u32, String> = header.attributes().collect();
    // A person may have mapped a column without a heading.
    let all: std::collections::BTreeSet<u32> =
        header.headings.keys().chain(header.columns.values()).copied().collect();
    all.into_iter()
        .map(|at| {
            let field = header.columns.iter().find(|(_, used)| **used == at).map(|(column, _)| *column);
            let attribute = attributes.contains_key(&at).then(|| ATTRIBUTE.to_owned());
            ColumnMapping {
                column: letters(at),
                header: header.headings.get(&at).cloned().unwrap_or_default(),
                field: field.map(|column| column.name().to_owned()).or(attribute),
                confidence: field.and_then(|column| header.confidence.get(&column).copied()),
            }
        })
        .collect()
}

/// Describes a row without a name by its first cells.
fn nameless(row: &Row, sheet: &str) -> String {
    let seen: Vec<String> = row.cells.iter().take(3).map(|(_, value)| short(value)).collect();
    format!("sheet \"{sheet}\" row {}: {}", row.number, seen.join(" | "))
}

/// Classification of a row below a header.
enum Kind {
    Item,
    Section(String),
    /// Header of another table in the same sheet.
    Header(Box<Header>),
    Skipped(&'static str),
}

fn kind(row: &Row, header: &Header, articles: Articles) -> Kind {
    let cell = |column| header.columns.get(&column).and_then(|at| row.get(*at));
    let texts: Vec<&str> = row
        .cells
        .iter()
        .filter_map(|(_, value)| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if is_header_again(row, header) {
        return Kind::Skipped("the header again");
    }
    let first = texts.first().map(|text| text.to_lowercase()).unwrap_or_default();
    let total =
        ["итог", "всего", "total", "grand total", "subtotal", "разом", "всього", "усього", "підсум", "сумма"]
            .iter()
            .any(|word| {
                first
                    .strip_prefix(word)
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphabetic() && !"оаок".contains(c)))
            });
    if total && cell(Column::Article).is_none_or(|article| article.text().to_lowercase() == first) {
        return Kind::Skipped("a total");
    }
    if row.cells.len() >= 3
        && row.cells.iter().zip(1..).all(|((_, value), place)| value.text() == place.to_string())
    {
        return Kind::Skipped("numbers of the columns");
    }
    let article = cell(Column::Article);
    if row.cells.len() == 1
        && let [text] = texts.as_slice()
        && text.chars().any(char::is_alphabetic)
    {
        let name = text.replace('\n', " ");
        // A sentence such as «Цены действительны до конца месяца. НДС включён.» is a note.
        let sentence = name.ends_with(['.', '!', '?']) && name.split(' ').count() > 4;
        if sentence || name.chars().count() > LONGEST_SECTION {
            return Kind::Skipped("a note");
        }
        return Kind::Section(name);
    }
    // A section may have a group code in the next column. Words in the article column give it away if article numbers
    // are numeric.
    if cell(Column::Price).is_none()
        && cell(Column::Stock).is_none()
        && let Some(Value::Text(text)) = article
        && text.chars().any(char::is_alphabetic)
        && (articles.numeric
            || text.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).count() >= 2)
    {
        return Kind::Section(text.replace('\n', " "));
    }
    // Accounting programs print a group as a row with the group's stock, but without article number, price and unit,
    // which all products have.
    if articles.everywhere
        && article.is_none()
        && cell(Column::Price).is_none()
        && cell(Column::Unit).is_none()
        && let Some(Value::Text(name)) = cell(Column::Name)
    {
        return Kind::Section(name.replace('\n', " "));
    }
    // A row with a number in the price or stock column cannot be a header.
    let unpriced =
        |column| !cell(column).is_some_and(|value| value.text().chars().any(|c| c.is_ascii_digit()));
    if unpriced(Column::Price)
        && unpriced(Column::Stock)
        && let Some(changed) = header.changed(row)
    {
        return Kind::Header(Box::new(changed));
    }
    match cell(Column::Name) {
        // A number or date alone in its row is a page number or the printing date.
        Some(Value::Text(_)) => Kind::Item,
        Some(Value::Number(_)) if row.cells.len() > 1 => Kind::Item,
        _ => Kind::Skipped(NO_NAME),
    }
}

/// Whether the row repeats the headings, as on every printed page.
fn is_header_again(row: &Row, header: &Header) -> bool {
    let repeats = row.cells.iter().filter(|(at, value)| {
        let Value::Text(text) = value else { return false };
        // Of a header with two rows, either row may be repeated alone.
        header.headings.get(at).is_some_and(|heading| {
            heading == text
                || heading.starts_with(&format!("{text} "))
                || heading.ends_with(&format!(" {text}"))
        })
    });
    let repeats = repeats.count();
    repeats >= 2 && repeats == row.cells.len()
}

/// Properties of the article numbers of rows with prices.
#[derive(Clone, Copy)]
struct Articles {
    /// At least 90% of them are digits only, out of at least 20.
    numeric: bool,
    /// At least 90% of the rows have one.
    everywhere: bool,
}

impl Articles {
    fn of(rows: &[&Row], header: &Header) -> Articles {
        let (Some(article), Some(price)) =
            (header.columns.get(&Column::Article), header.columns.get(&Column::Price))
        else {
            return Articles { numeric: false, everywhere: false };
        };
        let (mut numbers, mut articles, mut priced) = (0_usize, 0_usize, 0_usize);
        for row in rows.iter().filter(|row| row.get(*price).is_some()) {
            priced += 1;
            let Some(value) = row.get(*article) else { continue };
            articles += 1;
            numbers += usize::from(value.text().chars().all(|c| c.is_ascii_digit()));
        }
        Articles {
            numeric: articles >= 20 && numbers * 10 >= articles * 9,
            everywhere: priced >= 2 && articles * 10 >= priced * 9,
        }
    }
}
