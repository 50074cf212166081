//! Reads the filled cells of every visible sheet as text, numbers and dates.
//!
//! The meaning of columns is decided elsewhere.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use calamine::{Data, DataRef, Ods, Reader, SheetType, SheetVisible, Xls, Xlsb, Xlsx};

use super::{
    Error, csv,
    guard::{self, Format, MAX_CELLS},
    markup, shops,
    workbook::{Row, Sheet, Style, Styles, Value, Workbook, text},
    zeros::Zeros,
};

/// Cells beyond this column are ignored. No price list is wider, but stray formatting far to the right is common.
const MAX_COLUMNS: u32 = 256;

pub(super) fn read(path: &Path, file: &str) -> Result<Workbook, Error> {
    let format = guard::inspect(path, file)?;
    if matches!(format, Format::Text | Format::Markup) {
        let mut workbook =
            if format == Format::Text { csv::read(path, file) } else { markup::read(path, file) }?;
        shops::rewrite(&mut workbook);
        return Ok(workbook);
    }
    // calamine indexes into damaged files without bounds checks. Such a panic means a malformed file, not a bug here.
    let outcome = catch_unwind(AssertUnwindSafe(|| workbook(path, file, format)));
    let mut workbook = outcome.unwrap_or_else(|_| {
        Err(Error::Corrupt { file: file.into(), why: "its structure contradicts itself".into() })
    })?;
    if format == Format::Xls {
        repair_encoding(&mut workbook);
    }
    if workbook.sheets.iter().all(|sheet| sheet.rows.is_empty()) && workbook.skipped.is_empty() {
        return Err(Error::Empty { file: file.into() });
    }
    shops::rewrite(&mut workbook);
    Ok(workbook)
}

fn workbook(path: &Path, file: &str, format: Format) -> Result<Workbook, Error> {
    let source = File::open(path)
        .map(BufReader::new)
        .map_err(|error| Error::Unreadable { file: file.into(), why: error.to_string() })?;
    let failed = |error: String| {
        if error.to_lowercase().contains("password") {
            Error::Protected { file: file.into() }
        } else {
            Error::Corrupt { file: file.into(), why: error }
        }
    };
    match format {
        Format::Xlsx => {
            let mut book = Xlsx::new(source).map_err(|error| failed(error.to_string()))?;
            sheets(&mut book, file, |book, name, collect| {
                let mut cells = book.worksheet_cells_reader(name).map_err(|error| error.to_string())?;
                let codes: Vec<String> = cells
                    .styles()
                    .iter()
                    .map(|style| style.number_format.as_ref().map(|format| format.format_code.to_string()))
                    .map(Option::unwrap_or_default)
                    .collect();
                let formats = Formats::new(codes.iter().map(String::as_str));
                while let Some((cell, style)) =
                    cells.next_cell_with_style_id().map_err(|error| error.to_string())?
                {
                    let value = value_ref(cell.get_value());
                    collect.add_formatted(cell.get_position(), value, formats.get(style))?;
                }
                Ok(())
            })
        }
        Format::Xlsb => {
            let mut book = Xlsb::new(source).map_err(|error| failed(error.to_string()))?;
            sheets(&mut book, file, |book, name, collect| {
                let mut cells = book.worksheet_cells_reader(name).map_err(|error| error.to_string())?;
                while let Some(cell) = cells.next_cell().map_err(|error| error.to_string())? {
                    collect.add(cell.get_position(), value_ref(cell.get_value()))?;
                }
                Ok(())
            })
        }
        // calamine reads these two formats completely when opening them; the guard has limited their size.
        Format::Xls => {
            let mut book = Xls::new(source).map_err(|error| failed(error.to_string()))?;
            sheets(&mut book, file, dense)
        }
        Format::Ods | Format::Text | Format::Markup => {
            let mut book = Ods::new(source).map_err(|error| failed(error.to_string()))?;
            sheets(&mut book, file, dense)
        }
    }
}

fn dense<RS: Read + Seek, R: Reader<RS>>(
    book: &mut R,
    name: &str,
    collect: &mut Collect,
) -> Result<(), String>
where
    R::Error: std::fmt::Display,
{
    let range = book.worksheet_range(name).map_err(|error| error.to_string())?;
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let position =
            (top + u32::try_from(row).unwrap_or(u32::MAX), left + u32::try_from(column).unwrap_or(u32::MAX));
        collect.add(position, self::value(value))?;
    }
    Ok(())
}

fn sheets<RS, R>(
    book: &mut R,
    file: &str,
    read: impl Fn(&mut R, &str, &mut Collect) -> Result<(), String>,
) -> Result<Workbook, Error>
where
    RS: Read + Seek,
    R: Reader<RS>,
{
    let mut workbook = Workbook::default();
    let mut total = 0;
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.visible != SheetVisible::Visible {
            workbook.skipped.push((sheet.name, "the sheet is hidden".into()));
            continue;
        }
        if sheet.typ != SheetType::WorkSheet {
            workbook.skipped.push((sheet.name, "not a sheet of cells".into()));
            continue;
        }
        let mut collect = Collect { total, ..Collect::default() };
        match read(book, &sheet.name, &mut collect) {
            Ok(()) => {}
            Err(why) => {
                guard::check_cells(file, collect.total)?;
                return Err(Error::Corrupt {
                    file: file.into(),
                    why: format!("sheet \"{}\": {why}", sheet.name),
                });
            }
        }
        total = collect.total;
        workbook.sheets.push(collect.finish(sheet.name));
    }
    Ok(workbook)
}

/// The number formats of a workbook, by their numbers.
pub(super) struct Formats(Vec<(Option<Zeros>, Option<Style>)>);

impl Formats {
    pub fn new<'a>(codes: impl Iterator<Item = &'a str>) -> Formats {
        Formats(codes.map(|code| (Zeros::parse(code), Style::of(code))).collect())
    }

    fn get(&self, number: usize) -> Option<&(Option<Zeros>, Option<Style>)> {
        self.0.get(number)
    }
}

/// Collects cells, in any order, into sorted rows.
#[derive(Default)]
pub(super) struct Collect {
    rows: Vec<Row>,
    styles: Styles,
    pub total: u64,
    unsorted: bool,
}

impl Collect {
    /// Adds a cell; a number whose format shows leading zeros becomes the text that it shows.
    fn add_formatted(
        &mut self,
        (row, column): (u32, u32),
        mut value: Option<Value>,
        format: Option<&(Option<Zeros>, Option<Style>)>,
    ) -> Result<(), String> {
        if let (Some(Value::Number(number)), Some((zeros, style))) = (&value, format) {
            if let Some(style) = style.filter(|_| column < MAX_COLUMNS) {
                self.styles.add(row.saturating_add(1), column, style);
            }
            if let Some(shown) = zeros.as_ref().and_then(|zeros| zeros.show(*number)) {
                value = Some(Value::Text(shown));
            }
        }
        self.add((row, column), value)
    }

    /// Adds a cell with what its number format says.
    pub fn add_styled(
        &mut self,
        at: (u32, u32),
        value: Option<Value>,
        style: Option<Style>,
    ) -> Result<(), String> {
        if let Some(style) = style.filter(|_| at.1 < MAX_COLUMNS) {
            self.styles.add(at.0.saturating_add(1), at.1, style);
        }
        self.add(at, value)
    }

    /// Adds a cell at a row and column, both from 0.
    ///
    /// # Errors
    /// There are more cells than are read.
    pub fn add(&mut self, (row, column): (u32, u32), value: Option<Value>) -> Result<(), String> {
        self.total += 1;
        if self.total > MAX_CELLS {
            return Err("more cells than are read".into());
        }
        let Some(value) = value.filter(|_| column < MAX_COLUMNS) else { return Ok(()) };
        let number = row.saturating_add(1);
        match self.rows.last_mut() {
            Some(last) if last.number == number => {
                self.unsorted |= last.cells.last().is_some_and(|(before, _)| *before >= column);
                last.cells.push((column, value));
            }
            before => {
                self.unsorted |= before.is_some_and(|before| before.number > number);
                self.rows.push(Row { number, cells: vec![(column, value)] });
            }
        }
        Ok(())
    }

    pub fn finish(mut self, name: String) -> Sheet {
        if self.unsorted {
            self.rows.sort_by_key(|row| row.number);
            self.rows.dedup_by(|later, earlier| {
                let same = later.number == earlier.number;
                if same {
                    earlier.cells.append(&mut later.cells);
                }
                same
            });
            for row in &mut self.rows {
                row.cells.sort_by_key(|(column, _)| *column);
                row.cells.dedup_by_key(|(column, _)| *column);
            }
        }
        self.styles.sort();
        Sheet { name, rows: self.rows, styles: self.styles, ..Sheet::default() }
    }
}

fn value_ref(data: &DataRef<'_>) -> Option<Value> {
    match data {
        DataRef::SharedString(text) => self::text(text),
        other => value(&Data::from(other.clone())),
    }
}

fn value(data: &Data) -> Option<Value> {
    match data {
        Data::Int(number) => Some(Value::Number(*number as f64)),
        Data::Float(number) => number.is_finite().then(|| Value::Number(tidy(*number))),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => self::text(text),
        Data::Bool(truth) => Some(Value::Text(truth.to_string())),
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            Some(Value::Date(format!("{year:04}-{month:02}-{day:02}")))
        }
        Data::DateTime(duration) => Some(Value::Date(format!("{}", duration.as_f64()))),
        Data::Error(_) | Data::Empty => None,
    }
}

/// Rounds to 15 significant digits, as spreadsheet programs do: 18.17 may be stored as 18.170000000000002.
fn tidy(number: f64) -> f64 {
    if number.fract() == 0.0 { number } else { format!("{number:.14e}").parse().unwrap_or(number) }
}

/// Repairs an .xls without a CODEPAGE record, which is decoded as Western European: «Ãàéêà» for «Гайка».
pub(super) fn repair_encoding(workbook: &mut Workbook) {
    let (mut garbled, mut cyrillic) = (0_usize, 0_usize);
    for_each_text(workbook, |text| {
        for c in text.chars() {
            match c {
                '\u{C0}'..='\u{FF}' | '\u{A8}' | '\u{B8}' => garbled += 1,
                '\u{0400}'..='\u{04FF}' => cyrillic += 1,
                _ => {}
            }
        }
    });
    // Western names have few such letters among plain ones; garbled Russian has words of nothing else and no Cyrillic.
    let mut runs = 0_usize;
    for_each_text(workbook, |text| {
        runs += usize::from(text.split(|c: char| !c.is_alphabetic()).any(|word| {
            word.chars().count() >= 3 && word.chars().all(|c| ('\u{C0}'..='\u{FF}').contains(&c))
        }));
    });
    if cyrillic * 10 > garbled || runs < 2 {
        return;
    }
    for_each_text(workbook, |text| {
        if let Some(bytes) = western_bytes(text) {
            *text = encoding_rs::WINDOWS_1251.decode_without_bom_handling(&bytes).0.into_owned();
        }
    });
    workbook.warnings.push("the file does not name its encoding; its texts were read as Windows-1251".into());
}

fn for_each_text(workbook: &mut Workbook, mut visit: impl FnMut(&mut String)) {
    for sheet in &mut workbook.sheets {
        visit(&mut sheet.name);
        for (_, value) in sheet.rows.iter_mut().flat_map(|row| &mut row.cells) {
            if let Value::Text(text) = value {
                visit(text);
            }
        }
    }
}

/// Encodes back to the Latin-1 or Windows-1252 bytes; `None` if a character is in neither.
fn western_bytes(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|c| match u8::try_from(u32::from(c)) {
            Ok(byte) => Some(byte),
            Err(_) => {
                let mut buffer = [0; 4];
                let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
                bytes.first().copied().filter(|_| !lossy)
            }
        })
        .collect()
}
