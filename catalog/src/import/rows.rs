//! Converts sheets to products: chooses the sheets to read and reads their rows.
//!
//! Rows are told apart in `sections`; a row that is an item is read in `item`.

use std::collections::BTreeSet;

use super::{
    Error, Imported, Options,
    columns::{Column, Mapping, NONE, nearest},
    header::{self, Header},
    heading_rows::LOOKED_AT,
    item::{Items, short},
    report::{ReadBy, Report, SheetReport, Warning, odd_rows},
    sections::{Habits, Kind, NO_NAME, kind},
    sheets::{self, Plan},
    sizes::{self, Table},
    summary,
    workbook::{Row, Sheet, Workbook},
};

/// Reads every sheet that has a header; an error if there are more than `most` items.
pub(super) fn collect(
    workbook: Workbook,
    file: String,
    options: &Options,
    most: usize,
) -> Result<Imported, Error> {
    let mapping = options.remembered.clone().corrected(&options.given);
    let plans = sheets::plan(&workbook, &mapping);
    let headers: Vec<&Header> = plans.iter().filter_map(Plan::header).collect();
    let gone = unresolved(&headers, &mapping);
    if let Some((column, heading)) = gone.iter().find(|(column, _)| options.given.0.contains_key(column)) {
        return Err(unknown_heading(file, *column, heading, &workbook.sheets, &headers));
    }
    let mut items = Items::at_most(most, &options.currency);
    let notes: Vec<String> = headers.iter().flat_map(|header| header.notes.clone()).collect();
    let mut report = Report { file: file.clone(), ..Report::default() };
    let (mut parts, mut questions, mut unclear) = (Vec::new(), Vec::new(), None);
    for (sheet, plan) in workbook.sheets.iter().zip(plans) {
        let from = items.items.len();
        let found = match plan {
            Plan::Items(header) => {
                let (found, asked) = read_sheet(sheet, *header, &mapping, &mut items);
                questions.extend(asked.into_iter().map(|asked| format!("sheet \"{}\": {asked}", sheet.name)));
                found
            }
            Plan::Sizes(tables) => read_sizes(sheet, &tables, &mut items),
            Plan::Ignored(reason) => ignored(sheet, reason),
            Plan::Unclear(question) => {
                unclear.get_or_insert_with(|| (sheet.name.clone(), question.to_string()));
                ignored(sheet, &question.to_string())
            }
        };
        parts.push((sheet.name.clone(), from..items.items.len()));
        report.sheets.push(found);
    }
    let skipped = |(name, reason): &(String, String)| SheetReport {
        name: name.clone(),
        ignored: Some(reason.clone()),
        ..SheetReport::default()
    };
    report.sheets.extend(workbook.skipped.iter().map(skipped));
    if items.items.is_empty()
        && let Some((sheet, question)) = unclear
    {
        return Err(Error::Unclear { file, sheet, question });
    }
    if report.sheets.iter().all(|sheet| sheet.header_row.is_none()) {
        return Err(Error::NoHeader {
            file,
            looked: LOOKED_AT as usize,
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
    report.warnings.extend(questions.into_iter().map(Warning::whole));
    report.warnings.extend(items.warnings.into_list());
    (report.odd, report.odd_rows) = odd_rows(&items.items, &items.rows, &parts, &report.warnings);
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

fn ignored(sheet: &Sheet, reason: &str) -> SheetReport {
    SheetReport {
        name: sheet.name.clone(),
        ignored: Some(reason.to_owned()),
        rows: sheet.rows.len(),
        ..SheetReport::default()
    }
}

/// The columns of a mapping that no sheet has.
fn unresolved(headers: &[&Header], mapping: &Mapping) -> Vec<(Column, String)> {
    let found = |column: &Column| headers.iter().any(|header| !header.missing.contains(column));
    let wanted = mapping.0.iter().filter(|(column, wanted)| *wanted != NONE && **column != Column::Nothing);
    wanted.filter(|(column, _)| !found(column)).map(|(column, wanted)| (*column, wanted.clone())).collect()
}

fn unknown_heading(
    file: String,
    column: Column,
    heading: &str,
    sheets: &[Sheet],
    headers: &[&Header],
) -> Error {
    let headings: Vec<String> = headers
        .iter()
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

fn read_sheet(
    sheet: &Sheet,
    mut header: Header,
    mapping: &Mapping,
    items: &mut Items,
) -> (SheetReport, Vec<String>) {
    let (columns, mut questions) = summary::columns(sheet, &header, mapping);
    questions.append(&mut header.questions);
    let mut report = SheetReport {
        name: sheet.name.clone(),
        read_by: header.read_by.clone(),
        header_row: Some(header.row),
        rows: sheet.rows.len() + sheet.left_out.len(),
        columns,
        ..SheetReport::default()
    };
    for row in sheet.rows.iter().take_while(|row| row.number + header.lines <= header.row) {
        report.above.add(row.number);
    }
    let below = sheet.below(header.row);
    let habits = Habits::of(below, &header);
    let mut attributes: Vec<(u32, String)> = header.attributes().collect();
    let heading = header.price_heading().cloned();
    let mut section = String::new();
    for (reason, row) in &sheet.left_out {
        report.skip(reason, *row);
    }
    for (index, row) in below.iter().enumerate() {
        match kind(row, &header, &habits, below.get(index + 1..).unwrap_or_default()) {
            Kind::Item => {
                let read = items.read(row, &header, &attributes, sheet, &section);
                report.items += 1;
                report.on_request += usize::from(!read);
            }
            Kind::Section(name) => {
                report.section(row.number, &name);
                section = name;
            }
            Kind::Header(changed) => {
                header = *changed;
                attributes = header.attributes().collect();
                report.skip("another header", row.number);
            }
            Kind::Skipped(reason) => {
                if reason == NO_NAME && row.cells.len() > 1 {
                    let place = items.warnings.at(&sheet.name, row.number);
                    items.warnings.add("rows without a name, left out", nameless(row, &place));
                }
                report.skip(reason, row.number);
            }
        }
    }
    report.currencies = items.currencies(sheet, heading.as_ref());
    (report, questions)
}

/// Reads a sheet of tables with a price for each pair of sizes.
fn read_sizes(sheet: &Sheet, tables: &[Table], items: &mut Items) -> SheetReport {
    let from = items.items.len();
    let (tables, on_request) = sizes::read(sheet, tables, items);
    let mut report = SheetReport {
        name: sheet.name.clone(),
        read_by: ReadBy::Sizes,
        header_row: Some(0),
        rows: sheet.rows.len(),
        items: items.items.len() - from,
        on_request,
        currencies: items.currencies(sheet, None),
        ..SheetReport::default()
    };
    let held = |number: u32| tables.iter().any(|table| (table.rows.0..=table.rows.1).contains(&number));
    for row in sheet.rows.iter().filter(|row| !held(row.number)) {
        report.skip("names and sizes of the tables, and what stands around them", row.number);
    }
    report.tables = tables;
    report
}

/// Describes a row without a name by its first cells.
fn nameless(row: &Row, place: &str) -> String {
    let seen: Vec<String> = row.cells.iter().take(3).map(|(_, value)| short(value)).collect();
    format!("{place}: {}", seen.join(" | "))
}
