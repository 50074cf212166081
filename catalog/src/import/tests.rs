//! Price lists modelled on real ones, and files that are damaged, malicious or not price lists.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use rust_xlsxwriter::{Format, Workbook, Worksheet};
use tempfile::TempDir;
use tolmach_engine::catalog::Product;
use zip::write::SimpleFileOptions;

use super::{
    Error, Imported, cfb, guard, read,
    workbook::{self, Row, Sheet, Value},
};

mod formats;
mod joined;
mod layouts;
mod meanings;
mod sizes;
mod suppliers;

// The generator of the samples, to compare the committed files with its output.
#[path = "../../examples/make_samples/goods/mod.rs"]
mod goods;
#[path = "../../examples/make_samples/pictures/mod.rs"]
mod pictures;
#[path = "../../examples/make_samples/write.rs"]
mod write;

struct Files(TempDir);

impl Files {
    fn new() -> Files {
        Files(TempDir::new().unwrap())
    }

    fn bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn book(&self, fill: impl FnOnce(&mut Workbook)) -> PathBuf {
        let mut workbook = Workbook::new();
        fill(&mut workbook);
        self.bytes("price.xlsx", &workbook.save_to_buffer().unwrap())
    }

    fn zip(&self, name: &str, entries: &[(&str, &str)]) -> PathBuf {
        let path = self.0.path().join(name);
        let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for (entry, text) in entries {
            archive.start_file(*entry, SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.finish().unwrap();
        path
    }
}

/// Writes rows of texts. A text that is a decimal number is written as a number, one in quotation marks as text.
fn fill(sheet: &mut Worksheet, rows: &[&[&str]]) {
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number).unwrap(),
                Err(_) if cell.is_empty() => continue,
                Err(_) => sheet.write_string(row, column, cell.trim_matches('"')).unwrap(),
            };
        }
    }
}

fn rows(rows: &[&[&str]]) -> Imported {
    let files = Files::new();
    read(&files.book(|book| fill(book.add_worksheet(), rows))).unwrap()
}

fn item(imported: &Imported, index: usize) -> &Product {
    &imported.items[index]
}

fn refused(path: &Path, expected: &[&str]) -> Error {
    let error = read(path).unwrap_err();
    let text = error.to_string();
    let name = path.file_name().unwrap().to_str().unwrap();
    for part in expected.iter().chain([&name]) {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
    error
}

#[test]
fn reads_a_price_heading_of_a_currency_and_sections_with_group_codes() {
    let mut list: Vec<Vec<String>> = vec![
        vec!["Артикул".into(), "Номенклатура".into(), " € без ПДВ".into()],
        vec!["Загальний прайс".into()],
        vec!["008_Серія А".into(), "PG1".into()],
    ];
    list.extend(
        (0..25).map(|n| vec![format!("{}", 4_100_000 + n), format!("Насос {n}/6"), format!("{}", 100 + n)]),
    );
    list.push(vec!["009_BIG".into(), "PG14".into()]);
    list.push(vec!["4200001".into(), "Насос великий".into(), "по запиту".into()]);
    let files = Files::new();
    let imported = read(&files.book(|book| {
        let list: Vec<Vec<&str>> = list.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let list: Vec<&[&str]> = list.iter().map(Vec::as_slice).collect();
        fill(book.add_worksheet(), &list);
        fill(book.add_worksheet().set_name("discounts").unwrap(), &[&["PG1", "30"], &["PG2", "40"]]);
    }))
    .unwrap();
    assert_eq!(imported.items.len(), 26);
    let first = item(&imported, 0);
    assert_eq!(
        (first.article.as_str(), first.price, first.currency.as_str()),
        ("4100000", Some(100.0), "EUR")
    );
    assert_eq!(first.category.ru, "008_Серія А");
    let last = item(&imported, 25);
    assert_eq!((last.price, last.category.ru.as_str()), (None, "009_BIG"));
    assert_eq!(imported.report.sheets[0].sections, 3);
    assert!(imported.report.sheets[1].ignored.is_some());
}

#[test]
fn items_without_articles_get_ids_by_row() {
    let imported = rows(&[
        &["Наименование", "Изображение", "Цена", "Остаток", "Упаковка", "Описание", "Заказ"],
        &[
            "10,4 - Перчатки (С)",
            "",
            "11.9",
            "21183",
            "Количество: 500 пар\nВес: 18 кг",
            "Вес: 38\nДлина: 22",
        ],
        &["Плёнка", "", "388,6 руб.", "293"],
    ]);
    let first = item(&imported, 0);
    assert_eq!((first.id.as_str(), first.article.as_str(), first.stock), ("row-2", "", Some(21183.0)));
    assert_eq!(first.description.ru, "Вес: 38\nДлина: 22");
    assert_eq!(item(&imported, 1).price, Some(388.6));
    assert_eq!(item(&imported, 1).currency, "RUB");
}

#[test]
fn articles_are_text() {
    let imported = rows(&[
        &["SKU", "Title", "Price, USD"],
        &["123", "Number", "1"],
        &["\"00123\"", "Text with zeros", "2"],
        &["\"12E5\"", "Not a power of ten", "3"],
    ]);
    let articles: Vec<&str> = imported.items.iter().map(|item| item.article.as_str()).collect();
    assert_eq!(articles, ["123", "00123", "12E5"]);
    assert_eq!(item(&imported, 0).name.en, "Number");
    assert_eq!(item(&imported, 0).currency, "USD");
}

#[test]
fn tells_russian_and_english_names_apart() {
    let imported = rows(&[&["Name", "Наименование", "Article", "Price"], &["Hammer", "Молоток", "A-1", "5"]]);
    assert_eq!(
        (item(&imported, 0).name.ru.as_str(), item(&imported, 0).name.en.as_str()),
        ("Молоток", "Hammer")
    );
    let imported =
        rows(&[&["Код", "Найменування", "Name EN", "Ціна, грн"], &["A-1", "Молоток", "Hammer", "5"]]);
    assert_eq!(
        (item(&imported, 0).name.en.as_str(), item(&imported, 0).currency.as_str()),
        ("Hammer", "UAH")
    );
}

#[test]
fn unclear_values_are_reported_and_never_guessed() {
    let imported = rows(&[
        &["Артикул", "Наименование", "Цена, руб.", "Остаток"],
        &["A-1", "Молоток", "-5", "-2"],
        &["A-1", "Молоток ещё раз", "100-150", "уточняйте"],
        &["Артикул", "Наименование", "Цена, руб.", "Остаток"],
        &["A-2", "", "7", "1"],
        &["A-3", "Пила", "0", "есть"],
        &["", "Итого:", "107", ""],
    ]);
    let ids: Vec<&str> = imported.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["A-1", "A-1~2", "A-3"]);
    assert!(imported.items.iter().all(|item| item.price.is_none()));
    assert_eq!(
        imported.items.iter().map(|item| item.stock).collect::<Vec<_>>(),
        [Some(0.0), None, Some(1.0)]
    );
    let sheet = &imported.report.sheets[0];
    assert_eq!(
        (
            &sheet.skipped["no name"].rows,
            &sheet.skipped["a total"].rows,
            &sheet.skipped["the header again"].rows
        ),
        (&vec![5], &vec![7], &vec![4])
    );
    let warnings = imported.report.to_string();
    for kind in
        ["negative prices", "negative stock", "prices that are not", "stock that is not", "repeated articles"]
    {
        assert!(warnings.contains(kind), "{kind} in {warnings}");
    }
    // The report can be shown as text and survives a JSON round trip.
    assert!(imported.report.to_string().contains("Наименование               -> name"));
    let json = serde_json::to_string(&imported.report).unwrap();
    assert_eq!(serde_json::from_str::<super::Report>(&json).unwrap(), imported.report);
}

#[test]
fn skips_hidden_sheets() {
    let files = Files::new();
    let imported = read(&files.book(|book| {
        fill(book.add_worksheet(), &[&["Name", "Price"], &["New", "1"]]);
        let old = book.add_worksheet().set_name("old").unwrap();
        fill(old, &[&["Name", "Price"], &["Old", "1"]]);
        old.set_hidden(true);
    }))
    .unwrap();
    assert_eq!(imported.items.len(), 1);
    assert_eq!(imported.report.sheets[1].ignored.as_deref(), Some("the sheet is hidden"));
}

#[test]
fn reads_delimited_text_in_utf8_and_windows_1251() {
    let files = Files::new();
    let text = "Артикул;Наименование;Цена, руб.\r\n007;\"Болт \"\"М8\"\"; оцинкованный\";1 992,64\r\n";
    let imported = read(&files.bytes("utf8.csv", format!("\u{feff}{text}").as_bytes())).unwrap();
    let bolt = item(&imported, 0);
    assert_eq!((bolt.article.as_str(), bolt.name.ru.as_str()), ("007", "Болт \"М8\"; оцинкованный"));
    assert_eq!(bolt.price, Some(1992.64));
    let (old, _, _) = encoding_rs::WINDOWS_1251.encode(text);
    assert_eq!(read(&files.bytes("cp1251.csv", &old)).unwrap().items, imported.items);
    let plain = "product_uid,product_title\n100001,\"12-Gauge Angle, Galvanized\"\n100002,Deck Screw\n";
    let imported = read(&files.bytes("plain.csv", plain.as_bytes())).unwrap();
    assert_eq!(item(&imported, 0).name.en, "12-Gauge Angle, Galvanized");
    assert_eq!(item(&imported, 1).article, "100002");
    refused(&files.bytes("open.csv", b"name;price\n\"never closed;1\n"), &["line 2", "never closed"]);
}

#[test]
fn detects_an_encoding_that_the_file_does_not_name() {
    let garbled = |text: &str| {
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(text);
        Value::Text(bytes.iter().map(|byte| char::from(*byte)).collect())
    };
    let row = |number, text| Row { number, cells: vec![(0, garbled(text))] };
    let mut workbook = workbook::Workbook {
        sheets: vec![Sheet {
            name: "1".into(),
            rows: vec![row(1, "Наименование"), row(2, "Гайка М8, ёмкость")],
            ..Sheet::default()
        }],
        ..workbook::Workbook::default()
    };
    super::cells::repair_encoding(&mut workbook);
    assert_eq!(workbook.sheets[0].rows[1].cells[0].1, Value::Text("Гайка М8, ёмкость".into()));
    assert_eq!(workbook.warnings.len(), 1);
    let western = Row { number: 1, cells: vec![(0, Value::Text("Müller Crème brûlée".into()))] };
    workbook.sheets[0].rows = vec![western];
    super::cells::repair_encoding(&mut workbook);
    assert_eq!(workbook.sheets[0].rows[0].cells[0].1, Value::Text("Müller Crème brûlée".into()));
}

#[test]
fn a_sparse_sheet_costs_only_its_filled_cells() {
    let files = Files::new();
    let imported = read(&files.book(|book| {
        let sheet = book.add_worksheet();
        fill(sheet, &[&["Name", "Price"], &["Pump", "1"]]);
        sheet.write_string(1_048_575, 16_383, "far away").unwrap();
    }))
    .unwrap();
    assert_eq!(imported.items.len(), 1);
}

#[test]
fn refuses_a_memory_bomb_before_opening_it() {
    let files = Files::new();
    let content = "<office:document-content><table:table table:name=\"1\">\
        <table:table-row table:number-rows-repeated=\"1048576\">\
        <table:table-cell office:value-type=\"float\" office:value=\"1\" table:number-columns-repeated=\"16384\"/>\
        </table:table-row></table:table></office:document-content>";
    let sheet = files.zip("bomb.ods", &[("content.xml", content)]);
    refused(&sheet, &["too large", "17179869184 cells"]);
    // A Dimensions record of 65,536 rows and 65,535 columns.
    let mut record = vec![0x00, 0x02, 14, 0];
    record.extend([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0, 0]);
    assert!(cfb::survey(&record).cells > guard::MAX_CELLS);
    // Two numbers at opposite corners of the largest sheet.
    let number = |row: u16, column: u16| {
        let mut record = vec![0x03, 0x02, 14, 0];
        record.extend(row.to_le_bytes().into_iter().chain(column.to_le_bytes()).chain([0; 10]));
        record
    };
    let survey = cfb::survey(&[number(0, 0), number(65_535, 65_535)].concat());
    assert_eq!(survey.cells, 65_536 * 65_536);
}

#[test]
fn accepts_large_repeats_of_empty_cells() {
    let files = Files::new();
    let row = |name: &str, price: &str| {
        format!(
            "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>{name}</text:p></table:table-cell>\
             <table:table-cell office:value-type=\"string\"><text:p>{price}</text:p></table:table-cell>\
             <table:table-cell table:number-columns-repeated=\"16382\"/></table:table-row>"
        )
    };
    let content = format!(
        "<office:document-content><table:table table:name=\"1\">{}{}\
         <table:table-row table:number-rows-repeated=\"1048574\">\
         <table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>\
         </table:table></office:document-content>",
        row("Name", "Price"),
        row("Pump", "12,50 EUR")
    );
    let sheet = files.zip(
        "price.ods",
        &[
            ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
            ("META-INF/manifest.xml", "<manifest:manifest/>"),
            ("content.xml", &content),
        ],
    );
    let imported = read(&sheet).unwrap();
    assert_eq!((item(&imported, 0).name.en.as_str(), item(&imported, 0).price), ("Pump", Some(12.5)));
}

#[test]
fn every_bad_file_gets_one_clear_message() {
    let files = Files::new();
    refused(&files.0.path().join("missing.xlsx"), &["cannot be read", "Check the path"]);
    refused(&files.bytes("empty.xlsx", b""), &["empty"]);
    refused(&files.bytes("blank.csv", b"  \n\n"), &["empty"]);
    refused(&files.bytes("offer.xlsx", b"%PDF-1.7 ..."), &["PDF", "Save it as .xlsx"]);
    refused(&files.bytes("export.xls", b"<html><table></table></html>"), &["web page without a table"]);
    refused(&files.bytes("noise.xls", &[1, 0, 2, 0, 3]), &["binary"]);
    refused(&files.zip("photos.zip", &[("a.jpg", "x")]), &["zip archive without a workbook"]);
    refused(&files.zip("letter.docx", &[("word/document.xml", "x")]), &["text document"]);
    let whole = files.book(|book| fill(book.add_worksheet(), &[&["Name", "Price"], &["Pump", "1"]]));
    let whole = fs::read(whole).unwrap();
    refused(&files.bytes("cut.xlsx", &whole[..whole.len() / 2]), &["damaged", "save it again"]);
    refused(&files.bytes("cut.xls", &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0]), &["damaged"]);
    refused(&files.bytes("secret.xlsx", &compound("EncryptedPackage", &[0; 4096])), &["password"]);
    let error = refused(
        &files.bytes("prose.csv", "Уважаемые клиенты;рады\n".as_bytes()),
        &["no header row", "Уважаемые клиенты"],
    );
    assert!(matches!(error, Error::NoHeader { .. }));
    let error = refused(&files.bytes("header.csv", "Наименование;Цена\n".as_bytes()), &["no items"]);
    assert!(matches!(error, Error::NoItems { .. }));
}

/// A compound file with one stream of at least 4,096 bytes, as in [MS-CFB]: allocation table, directory, stream.
fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    let sectors = stream.len().div_ceil(512);
    let mut file = vec![0_u8; 512 * (3 + sectors)];
    file[..8].copy_from_slice(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    let end = 0xFFFF_FFFE_u32.to_le_bytes();
    put(26, &3_u16.to_le_bytes());
    put(30, &9_u16.to_le_bytes());
    put(32, &6_u16.to_le_bytes());
    put(44, &1_u32.to_le_bytes());
    put(48, &1_u32.to_le_bytes());
    put(68, &end);
    put(76, &[0xFF; 436]);
    put(76, &0_u32.to_le_bytes());
    put(512, &[0xFF; 512]);
    put(512, &0xFFFF_FFFD_u32.to_le_bytes());
    put(516, &end);
    for sector in 0..sectors {
        let next = if sector + 1 == sectors { end } else { (sector as u32 + 3).to_le_bytes() };
        put(512 + 4 * (sector + 2), &next);
    }
    for (entry, name) in ["Root Entry", name].into_iter().enumerate() {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        put(1024 + entry * 128, &name);
    }
    put(1024 + 116, &end);
    put(1024 + 128 + 116, &2_u32.to_le_bytes());
    put(1024 + 128 + 120, &(stream.len() as u32).to_le_bytes());
    put(1536, stream);
    file
}

/// A workbook stream with one sheet, texts in Windows-1251 bytes and no CODEPAGE record, as in [MS-XLS].
fn old_workbook(rows: &[&[&str]]) -> Vec<u8> {
    let record = |kind: u16, data: &[u8]| {
        let mut record = [kind.to_le_bytes(), (data.len() as u16).to_le_bytes()].concat();
        record.extend(data);
        record
    };
    let bof = |kind: u8| record(0x0809, &[0, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let end = record(0x000A, &[]);
    let sheet_at = bof(5).len() + 4 + 9 + end.len();
    let mut stream = bof(5);
    stream.extend(record(0x0085, &[&(sheet_at as u32).to_le_bytes()[..], &[0, 0, 1, 0, b'1']].concat()));
    stream.extend(&end);
    stream.extend(bof(0x10));
    for (row, cells) in (0_u16..).zip(rows) {
        for (column, cell) in (0_u16..).zip(*cells) {
            let place = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
            stream.extend(match cell.parse::<f64>() {
                Ok(number) => record(0x0203, &[&place[..], &number.to_le_bytes()].concat()),
                Err(_) => {
                    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(cell);
                    record(0x0204, &[&place[..], &(bytes.len() as u16).to_le_bytes(), &[0], &bytes].concat())
                }
            });
        }
    }
    stream.extend(&end);
    stream.resize(stream.len().max(4096), 0);
    stream
}

#[test]
fn an_old_workbook_without_an_encoding_is_read() {
    let files = Files::new();
    let stream = old_workbook(&[
        &["Артикул", "Наименование", "Цена, руб.", "Остаток"],
        &["Г-8", "Гайка оцинкованная", "12.5", "40"],
    ]);
    let imported = read(&files.bytes("price.xls", &compound("Workbook", &stream))).unwrap();
    let nut = item(&imported, 0);
    assert_eq!((nut.article.as_str(), nut.name.ru.as_str()), ("Г-8", "Гайка оцинкованная"));
    assert_eq!((nut.price, nut.stock, nut.currency.as_str()), (Some(12.5), Some(40.0), "RUB"));
    assert!(imported.report.warnings[0].kind.contains("Windows-1251"));
}

#[test]
fn refuses_an_archive_that_unpacks_beyond_the_limit() {
    let files = Files::new();
    let path = files.zip("price.xlsx", &[("xl/workbook.xml", "x"), ("xl/sheet.xml", &" ".repeat(1 << 20))]);
    let outcome = guard::zipped(fs::File::open(path).unwrap(), "price.xlsx", 1 << 16);
    assert!(matches!(outcome, Err(Error::TooLarge { .. })), "{outcome:?}");
}

#[test]
fn damaged_workbooks_are_errors_and_never_a_panic() {
    let files = Files::new();
    let whole = fs::read(files.book(|book| {
        let bold = Format::new().set_bold();
        let sheet = book.add_worksheet();
        fill(sheet, &[&["Артикул", "Наименование", "Цена"], &["A-1", "Насос", "1"]]);
        sheet.merge_range(5, 0, 5, 2, "Раздел", &bold).unwrap();
    }))
    .unwrap();
    for place in (0..whole.len()).step_by(97) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0xFF;
        // Some damage goes unnoticed; none may panic.
        let _ = read(&files.bytes("damaged.xlsx", &damaged));
    }
}

#[test]
fn the_committed_samples_are_what_the_program_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog-samples");
    for (name, made) in [("tolmach-samples.xlsx", write::samples()), ("messy-price.xlsx", write::messy())] {
        let committed = fs::read(folder.join(name)).unwrap();
        assert!(
            committed == made.unwrap(),
            "{name}: run `cargo run -p tolmach-catalog --example make_samples`"
        );
    }
    let made = pictures::pictures().unwrap();
    for (name, bytes) in &made {
        let committed = fs::read(folder.join("photos").join(name)).unwrap();
        assert!(committed == *bytes, "{name}: run `cargo run -p tolmach-catalog --example make_samples`");
    }
    let size: usize = made.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size < 150_000, "the pictures take {size} bytes of each binary");
    assert_eq!(fs::read_dir(folder.join("photos")).unwrap().count(), made.len(), "no picture is left over");
}

#[test]
fn the_tidy_sample_is_read_whole() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog-samples/tolmach-samples.xlsx");
    let imported = read(&path).unwrap();
    assert!(imported.items.len() >= 1500);
    assert_eq!(imported.report.warnings, []);
    for item in &imported.items {
        assert!(!item.article.is_empty() && !item.name.ru.is_empty() && !item.name.en.is_empty(), "{item:?}");
        assert!(!item.brand.is_empty() && !item.category.en.is_empty() && item.photo.is_some(), "{item:?}");
        assert!(item.price.is_some_and(|price| price > 0.0) && item.currency == "RUB", "{item:?}");
    }
}

#[test]
fn the_messy_sample_is_understood() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog-samples/messy-price.xlsx");
    let imported = read(&path).unwrap();
    let sheet = &imported.report.sheets[0];
    assert_eq!((sheet.header_row, sheet.sections), (Some(8), 15));
    let price = sheet.columns.iter().find(|column| column.field.as_deref() == Some("price")).unwrap();
    assert_eq!(price.header, "Цена, руб. розница");
    assert!((140..170).contains(&imported.items.len()), "{}", imported.items.len());
    assert!(imported.items.iter().all(|item| item.article.starts_with('0') && !item.category.ru.is_empty()));
    assert!(imported.items.iter().any(|item| item.price.is_none()), "some are on request");
    assert!(imported.items.iter().any(|item| item.id.ends_with("~2")), "some are listed twice");
    assert!(sheet.skipped["a total"].count >= 10);
    assert!(imported.report.sheets[1].ignored.is_some());
}
