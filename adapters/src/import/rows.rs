//! Rows below a header to products.
//!
//! Nothing is invented here: a value that is not understood is left out and said so.

use std::collections::{BTreeMap, HashMap};

use tolmach_engine::catalog::{Localized, Product};

use super::{
    Error, Imported,
    cells::{Row, Sheet, Value, Workbook},
    header::{self, Column, Header},
    report::{ColumnMapping, Report, SheetReport, column_letters},
    value::{self, Amount},
};

/// Warnings of one kind that are spelled out; the rest are counted.
const SPELLED_OUT: usize = 10;

/// Reads every sheet that has a header.
pub(super) fn collect(workbook: Workbook, file: String) -> Result<Imported, Error> {
    let mut items = Items::default();
    let mut report = Report { file: file.clone(), ..Report::default() };
    for sheet in &workbook.sheets {
        let found = if sheet.rows.is_empty() {
            SheetReport {
                name: sheet.name.clone(),
                ignored: Some("it is empty".into()),
                ..SheetReport::default()
            }
        } else {
            match header::find(sheet) {
                Some(header) => read_sheet(sheet, &header, &mut items),
                None => SheetReport {
                    name: sheet.name.clone(),
                    ignored: Some("no header row with a column of names".into()),
                    ..SheetReport::default()
                },
            }
        };
        report.sheets.push(found);
    }
    report.sheets.extend(workbook.skipped.into_iter().map(|(name, reason)| SheetReport {
        name,
        ignored: Some(reason),
        ..SheetReport::default()
    }));
    if report.sheets.iter().all(|sheet| sheet.header_row.is_none()) {
        return Err(Error::NoHeader {
            file,
            looked: header::LOOKED_AT as usize,
            seen: glimpse(&workbook.sheets),
        });
    }
    if items.items.is_empty() {
        let reasons: Vec<String> = report
            .sheets
            .iter()
            .flat_map(|sheet| &sheet.skipped)
            .map(|(reason, count)| format!("{count} rows skipped, {reason}"))
            .collect();
        let why = if reasons.is_empty() { "there are no rows below it".into() } else { reasons.join("; ") };
        return Err(Error::NoItems { file, why });
    }
    report.items = items.items.len();
    report.warnings = workbook.warnings;
    report.warnings.extend(items.warnings.into_lines());
    Ok(Imported { items: items.items, report })
}

/// The first rows of each sheet, shortened, for an author who wonders what was seen.
fn glimpse(sheets: &[Sheet]) -> String {
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

/// What all sheets gave so far.
#[derive(Default)]
struct Items {
    items: Vec<Product>,
    /// Uses of each id, so that a repeated article gets an id of its own.
    ids: HashMap<String, usize>,
    articles: HashMap<String, (String, u32)>,
    warnings: Warnings,
}

/// Warnings by kind.
#[derive(Default)]
struct Warnings(BTreeMap<&'static str, (usize, Vec<String>)>);

impl Warnings {
    fn add(&mut self, kind: &'static str, detail: String) {
        let (count, spelled) = self.0.entry(kind).or_default();
        *count += 1;
        if spelled.len() < SPELLED_OUT {
            spelled.push(detail);
        }
    }

    fn into_lines(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|(kind, (count, spelled))| {
            let more = count - spelled.len();
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            format!("{kind} ({count}): {}{more}", spelled.join("; "))
        })
    }
}

fn read_sheet(sheet: &Sheet, header: &Header, items: &mut Items) -> SheetReport {
    let mut report = SheetReport {
        name: sheet.name.clone(),
        header_row: Some(header.row),
        columns: header
            .headings
            .iter()
            .map(|(at, heading)| ColumnMapping {
                column: column_letters(*at),
                header: heading.clone(),
                field: header
                    .columns
                    .iter()
                    .find(|(_, used)| *used == at)
                    .map(|(column, _)| column.label().into()),
            })
            .collect(),
        ..SheetReport::default()
    };
    let below: Vec<&Row> = sheet.rows.iter().filter(|row| row.number > header.row).collect();
    let numeric = articles_are_numbers(&below, header);
    let mut section = String::new();
    for row in below {
        match kind(row, header, numeric) {
            Kind::Item => {
                read_item(row, header, sheet, &section, items);
                report.items += 1;
            }
            Kind::Section(name) => {
                section = name;
                report.sections += 1;
            }
            Kind::Skipped(reason) => *report.skipped.entry(reason.into()).or_default() += 1,
        }
    }
    report
}

enum Kind {
    Item,
    Section(String),
    Skipped(&'static str),
}

fn kind(row: &Row, header: &Header, numeric: bool) -> Kind {
    let cell = |column| header.columns.get(&column).and_then(|at| row.get(*at));
    let texts: Vec<&str> = row
        .cells
        .iter()
        .filter_map(|(_, value)| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let repeats = row
        .cells
        .iter()
        .filter(|(at, value)| matches!(value, Value::Text(text) if header.headings.get(at) == Some(text)))
        .count();
    if repeats >= 2 && repeats == row.cells.len() {
        return Kind::Skipped("the header again");
    }
    let first = texts.first().map(|text| text.to_lowercase()).unwrap_or_default();
    let total = ["итог", "всего", "total", "grand total", "subtotal", "разом", "всього", "усього"]
        .iter()
        .any(|word| {
            first
                .strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphabetic() && !"оа".contains(c)))
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
        return Kind::Section(text.replace('\n', " "));
    }
    // A heading may carry a group code in the next column; where articles are numbers, words in their place give it away.
    if cell(Column::Price).is_none()
        && cell(Column::Stock).is_none()
        && let Some(Value::Text(text)) = article
        && text.chars().any(char::is_alphabetic)
        && (numeric
            || text.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).count() >= 2)
    {
        return Kind::Section(text.replace('\n', " "));
    }
    match cell(Column::Name) {
        Some(Value::Text(_) | Value::Number(_)) => Kind::Item,
        _ => Kind::Skipped("no name"),
    }
}

/// Whether nearly all articles of priced rows are plain numbers.
fn articles_are_numbers(rows: &[&Row], header: &Header) -> bool {
    let (Some(article), Some(price)) =
        (header.columns.get(&Column::Article), header.columns.get(&Column::Price))
    else {
        return false;
    };
    let (mut numbers, mut all) = (0_usize, 0_usize);
    for row in rows.iter().filter(|row| row.get(*price).is_some()) {
        let Some(value) = row.get(*article) else { continue };
        all += 1;
        numbers += usize::from(value.text().chars().all(|c| c.is_ascii_digit()));
    }
    all >= 20 && numbers * 10 >= all * 9
}

fn read_item(row: &Row, header: &Header, sheet: &Sheet, section: &str, items: &mut Items) {
    let cell = |column| header.columns.get(&column).and_then(|at| row.get(*at));
    let text = |column| cell(column).map(Value::text).unwrap_or_default();
    let line = |column| text(column).replace('\n', " ");
    let place = || format!("sheet \"{}\" row {}", sheet.name, row.number);
    let localized = |native: Column, foreign: Column, read: &dyn Fn(Column) -> String| {
        let (native_text, foreign_text) = (read(native), read(foreign));
        // Under an English heading without a Russian column beside it, a text without Cyrillic letters is English.
        if foreign_text.is_empty()
            && header.is_english(native)
            && !native_text.chars().any(crate::words::is_cyrillic)
        {
            Localized { ru: String::new(), en: native_text }
        } else {
            Localized { ru: native_text, en: foreign_text }
        }
    };
    let mut product = Product {
        article: line(Column::Article),
        name: localized(Column::Name, Column::NameEn, &line),
        description: localized(Column::Description, Column::DescriptionEn, &text),
        brand: line(Column::Brand),
        category: localized(Column::Category, Column::CategoryEn, &line),
        unit: line(Column::Unit),
        ..Product::default()
    };
    if product.category.is_empty() {
        product.category.ru = section.to_owned();
    }
    if let Some(value) = cell(Column::Price) {
        match value::price(value) {
            Amount::Is(price) if price > 0.0 => product.price = Some(price),
            Amount::Is(price) if price < 0.0 => {
                items.warnings.add("negative prices, left out", format!("{}: {price}", place()));
            }
            // A price of zero is how many accounting programs write "no price".
            Amount::Is(_) | Amount::Unsaid => {}
            Amount::Unclear => {
                items.warnings.add(
                    "prices that are not understood, left out",
                    format!("{}: {}", place(), value.text()),
                );
            }
        }
        if product.price.is_some() {
            let named = if let Value::Text(text) = value { value::currency(text) } else { None };
            product.currency = named.or(header.currency).unwrap_or_default().to_owned();
        }
    }
    if let Some(value) = cell(Column::Stock) {
        match value::stock(value) {
            Amount::Is(stock) if stock >= 0.0 => product.stock = Some(stock),
            Amount::Is(stock) => {
                items.warnings.add("negative stock, taken as 0", format!("{}: {stock}", place()));
                product.stock = Some(0.0);
            }
            Amount::Unsaid => {}
            Amount::Unclear => {
                items
                    .warnings
                    .add("stock that is not understood, left out", format!("{}: {}", place(), value.text()));
            }
        }
    }
    if header.columns.contains_key(&Column::Photo) {
        product.photo = Some(line(Column::Photo)).filter(|address| is_web_address(address));
    }
    let id = if product.article.is_empty() { format!("row-{}", row.number) } else { product.article.clone() };
    if !product.article.is_empty() {
        let twin = crate::words::normalise_article(&product.article);
        match items.articles.get(&twin) {
            Some((sheet, first)) => items.warnings.add(
                "repeated articles, kept as separate items",
                format!("{}: {}, first in sheet \"{sheet}\" row {first}", place(), product.article),
            ),
            None => {
                items.articles.insert(twin, (sheet.name.clone(), row.number));
            }
        }
    }
    let uses = items.ids.entry(id.clone()).or_default();
    *uses += 1;
    product.id = if *uses == 1 { id } else { format!("{id}~{uses}") };
    items.items.push(product);
}

/// An absolute http(s) address without spaces.
fn is_web_address(text: &str) -> bool {
    text.strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}
