//! Price lists of unusual layout, and mappings of columns by a person.

use rust_xlsxwriter::{Format, Workbook};
use tolmach_engine::catalog::Product;

use super::{Files, fill, item, refused, rows};
use crate::import::{Error, Imported, Mapping, Options, read_with, remembered};

/// Reads a workbook of one sheet with mappings of columns.
fn mapped(list: &[&[&str]], given: &str, remembered: &str) -> Result<Imported, Error> {
    let files = Files::new();
    let mapping = |text: &str| if text.is_empty() { Mapping::default() } else { text.parse().unwrap() };
    let options = Options { given: mapping(given), remembered: mapping(remembered), ..Options::default() };
    read_with(&files.book(|book| fill(book.add_worksheet(), list)), &options)
}

fn fields(imported: &Imported) -> Vec<String> {
    let sheet = imported.report.main_sheet().unwrap();
    sheet.fields().map(|(field, column)| format!("{field}={}", column.header)).collect()
}

fn attributes(product: &Product) -> Vec<(&str, &str)> {
    product.attributes.iter().map(|attribute| (attribute.name.as_str(), attribute.value.as_str())).collect()
}

#[test]
fn reads_a_header_of_two_rows_below_a_long_letterhead() {
    let files = Files::new();
    let imported = super::read(&files.book(|book| {
        let sheet = book.add_worksheet();
        for row in 0..70 {
            sheet.write_string(row, 0, "ООО «Снабжение», прайс, артикул и цена по телефону").unwrap();
        }
        sheet.write_string(70, 0, "Цены указаны в евро").unwrap();
        let plain = Format::new();
        for (column, name) in [(0, "№ п/п"), (1, "Артикул"), (2, "Наименование товара"), (3, "Ед.")]
        {
            sheet.merge_range(72, column, 73, column, name, &plain).unwrap();
        }
        sheet.merge_range(72, 4, 72, 6, "Цена", &plain).unwrap();
        sheet.merge_range(72, 7, 72, 8, "Остатки", &plain).unwrap();
        for (column, name) in [(4, "Опт"), (5, "Розница"), (6, "Дилер"), (7, "Москва"), (8, "Тверь")]
        {
            sheet.write_string(73, column, name).unwrap();
        }
        sheet.merge_range(74, 0, 74, 8, "Насосы погружные", &plain).unwrap();
        for row in 75..79_u32 {
            sheet.write_number(row, 0, row - 74).unwrap();
            sheet.write_string(row, 1, format!("TS-{row:04}")).unwrap();
            sheet.write_string(row, 2, format!("Насос {row}")).unwrap();
            sheet.write_string(row, 3, "шт").unwrap();
            for column in 4..9 {
                sheet.write_number(row, column, f64::from(column) * 100.0).unwrap();
            }
        }
        sheet.write_string(79, 2, "Итого позиций:").unwrap();
        sheet.write_number(79, 4, 4).unwrap();
        sheet.write_string(81, 0, "Предложение действует неделю. Цены могут измениться.").unwrap();
    }))
    .unwrap();
    let sheet = &imported.report.sheets[0];
    assert_eq!((sheet.header_row, sheet.items, sheet.sections), (Some(74), 4, 1));
    assert_eq!(sheet.skipped["a total"].rows, [80]);
    assert_eq!(sheet.skipped["a note"].rows, [82]);
    let pump = item(&imported, 0);
    assert_eq!((pump.article.as_str(), pump.price, pump.currency.as_str()), ("TS-0075", Some(500.0), "EUR"));
    assert_eq!(
        (pump.stock, pump.unit.as_str(), pump.category.ru.as_str()),
        (Some(700.0), "шт", "Насосы погружные")
    );
    // Purchase prices and row numbers are not attributes.
    assert_eq!(attributes(pump), [("Остатки Тверь", "800")]);
    let price = sheet.fields().find(|(field, _)| *field == "price").unwrap().1;
    assert_eq!((price.header.as_str(), price.confidence), ("Цена Розница", Some(1.0)));
}

#[test]
fn reads_a_ukrainian_list() {
    let imported = rows(&[
        &[
            "Код",
            "Найменування товару",
            "Виробник",
            "Од. виміру",
            "Ціна роздрібна, грн",
            "Ціна гуртова, грн",
            "Наявність",
            "Країна",
        ],
        &["\"00017\"", "Насос свердловинний", "Wilo", "шт", "4990.5", "4000", "в наявності", "Німеччина"],
        &["\"00018\"", "Кран кульовий", "Wilo", "шт", "за запитом", "10", "під замовлення", ""],
    ]);
    let (pump, valve) = (item(&imported, 0), item(&imported, 1));
    assert_eq!((pump.article.as_str(), pump.price, pump.currency.as_str()), ("00017", Some(4990.5), "UAH"));
    assert_eq!((pump.stock, pump.brand.as_str()), (Some(1.0), "Wilo"));
    assert_eq!(attributes(pump), [("Країна", "Німеччина")]);
    assert_eq!((valve.price, valve.stock), (None, Some(0.0)));
    assert_eq!(attributes(valve), []);
    assert_eq!(imported.report.sheets[0].on_request, 1);
}

#[test]
fn takes_the_name_from_the_description_of_an_english_list() {
    let imported = rows(&[
        &["ACME Industrial", "", "", ""],
        &["All prices in USD", "", "", ""],
        &["Item", "Description", "UOM", "List Price", "Dealer Price", "Weight, kg"],
        &["AC-0001", "Hand winch 500 kg", "pcs", "$10.50", "7", "1.2"],
        &["AC-0002", "Chain hoist 1 t", "pcs", "1,210.00", "900", "3"],
    ]);
    let winch = item(&imported, 0);
    assert_eq!((winch.article.as_str(), winch.name.en.as_str()), ("AC-0001", "Hand winch 500 kg"));
    assert_eq!((winch.price, item(&imported, 1).price), (Some(10.5), Some(1210.0)));
    assert_eq!(item(&imported, 1).currency, "USD", "said above the header");
    assert_eq!(attributes(winch), [("Weight, kg", "1.2")]);
}

#[test]
fn finds_names_under_an_unknown_heading() {
    let imported = rows(&[
        &["Арт.", "Чем торгуем", "Цена", "Остаток"],
        &["A1", "Шуруп универсальный 4х40", "2.5", "5"],
        &["A2", "Дюбель распорный 6х30", "1.2", "7"],
    ]);
    assert_eq!(item(&imported, 1).name.ru, "Дюбель распорный 6х30");
    let sheet = &imported.report.sheets[0];
    let confidence =
        |wanted: &str| sheet.fields().find(|(field, _)| *field == wanted).unwrap().1.confidence.unwrap();
    assert!(confidence("name") < 0.5 && confidence("article") > 0.9, "{sheet}");
}

#[test]
fn chooses_the_column_that_distinguishes_products_as_the_name() {
    let imported = rows(&[
        &["Тип", "Модель", "Описание", "Цена USD"],
        &["Дрель", "DR-500", "Дрель ударная 500 Вт", "55"],
        &["Дрель", "DR-700", "Дрель ударная 700 Вт", "75"],
        &["Дрель", "DR-900", "Дрель ударная 900 Вт", "95"],
    ]);
    let drill = item(&imported, 1);
    assert_eq!((drill.article.as_str(), drill.name.ru.as_str()), ("DR-700", "Дрель ударная 700 Вт"));
    let imported = rows(&[
        &["Наименование", "Артикул", "Технические характеристики", "", "Цена"],
        &["", "", "Напор, м", "Мощность, кВт", ""],
        &["ЦНС 38-44", "11-001", "44", "7.5", "120000"],
    ]);
    let pump = item(&imported, 0);
    assert_eq!(pump.description.ru, "");
    assert_eq!(attributes(pump).len(), 2, "{pump:?}");
}

#[test]
fn keeps_leading_zeros_of_a_number_format_in_articles() {
    let files = Files::new();
    let imported = super::read(&files.book(|book: &mut Workbook| {
        let sheet = book.add_worksheet();
        fill(sheet, &[&["Артикул", "Наименование", "Цена"], &["", "Болт", "5.5"], &["", "Гайка", "3"]]);
        let zeros = Format::new().set_num_format("000000");
        sheet.write_number_with_format(1, 0, 42, &zeros).unwrap();
        sheet.write_number_with_format(2, 0, 1_234_567, &zeros).unwrap();
    }))
    .unwrap();
    assert_eq!(
        (item(&imported, 0).article.as_str(), item(&imported, 1).article.as_str()),
        ("000042", "1234567")
    );
}

#[test]
fn reads_group_rows_with_totals_as_sections() {
    let imported = rows(&[
        &["Номенклатура", "Артикул", "Ед. изм.", "Свободный остаток", "Розничная", "Закупочная"],
        &["Инструмент ручной", "", "", "340"],
        &["Молоток 500 г", "ML-500", "шт", "40", "450", "200"],
        &["Отвёртка PH2", "OT-2", "шт", "300", "120", "60"],
        &["Электроинструмент", "", "", "7"],
        &["Дрель ударная", "DR-1", "шт", "7", "4500", "3000"],
        &["Итого", "", "", "347"],
    ]);
    let seen: Vec<(&str, &str, Option<f64>)> = imported
        .items
        .iter()
        .map(|item| (item.article.as_str(), item.category.ru.as_str(), item.price))
        .collect();
    assert_eq!(
        seen,
        [
            ("ML-500", "Инструмент ручной", Some(450.0)),
            ("OT-2", "Инструмент ручной", Some(120.0)),
            ("DR-1", "Электроинструмент", Some(4500.0)),
        ]
    );
    assert_eq!(attributes(item(&imported, 0)), [], "the purchase price stays with the shop");
}

#[test]
fn reads_several_tables_on_a_sheet() {
    let imported = rows(&[
        &["Насосы"],
        &["Артикул", "Наименование", "Цена, руб."],
        &["N-1", "Насос А", "100"],
        &["N-2", "Насос Б", "200"],
        &["Краны"],
        &["Артикул", "Наименование", "Материал", "Цена, EUR", "Остаток"],
        &["K-1", "Кран А", "латунь", "50", "3"],
        &["Артикул", "Наименование", "Материал", "Цена, EUR", "Остаток"],
        &["K-2", "Кран Б", "сталь", "60", "4"],
    ]);
    let seen: Vec<String> = imported
        .items
        .iter()
        .map(|item| format!("{} {} {:?} {}", item.article, item.category.ru, item.price, item.currency))
        .collect();
    assert_eq!(
        seen,
        [
            "N-1  Some(100.0) RUB",
            "N-2  Some(200.0) RUB",
            "K-1 Краны Some(50.0) EUR",
            "K-2 Краны Some(60.0) EUR",
        ]
    );
    assert_eq!(attributes(item(&imported, 2)), [("Материал", "латунь")]);
}

#[test]
fn reads_dates_and_rounds_numbers() {
    let files = Files::new();
    let imported = super::read(&files.book(|book: &mut Workbook| {
        let sheet = book.add_worksheet();
        fill(sheet, &[&["Артикул", "Наименование", "Цена", "Годен до", "Вес"], &["", "Клей", "5.5", "", ""]]);
        let date = Format::new().set_num_format("dd.mm.yyyy");
        sheet.write_number_with_format(1, 0, 45_992, &date).unwrap();
        sheet.write_number_with_format(1, 3, 45_992, &date).unwrap();
        sheet.write_number(1, 4, 0.1 + 0.2).unwrap();
    }))
    .unwrap();
    assert_eq!(attributes(item(&imported, 0)), [("Годен до", "2025-12-01"), ("Вес", "0.3")]);
    let warning = &imported.report.warnings[0];
    assert!(
        warning.kind.contains("articles that are dates") && warning.examples[0].contains("row 2"),
        "{warning}"
    );
}

const ODD: &[&[&str]] = &[
    &["Список", "для", "партнёров"],
    &["product_uid", "product_title", "Цена опт", "Цена розн"],
    &["100001", "Angle bracket", "1", "2"],
    &["100002", "Deck screw", "3", "4"],
];

#[test]
fn a_mapping_overrides_the_detected_columns() {
    let plain = mapped(ODD, "", "").unwrap();
    assert_eq!(item(&plain, 0).price, Some(2.0));
    let by_heading = mapped(ODD, "price=цена опт", "").unwrap();
    assert_eq!(item(&by_heading, 0).price, Some(1.0), "compared without case");
    let by_letter = mapped(ODD, "price=C,article=-", "").unwrap();
    assert_eq!((item(&by_letter, 0).price, item(&by_letter, 0).article.as_str()), (Some(1.0), ""));
    assert_eq!(fields(&by_letter), ["name=product_title", "price=Цена опт"]);
    // The mapping is remembered by headings, so that a new column does not shift it.
    let wanted = "price=C,article=-".parse().unwrap();
    assert_eq!(remembered::by_headings(&wanted, &by_letter.report).to_string(), "article=-,price=Цена опт");
}

#[test]
fn a_mapping_makes_a_sheet_readable() {
    let unknown: &[&[&str]] =
        &[&["Для своих"], &["Шифр1", "Что", "Почём"], &["\"007\"", "Болт", "5"], &["\"008\"", "Гайка", "6"]];
    assert!(matches!(mapped(unknown, "", ""), Err(Error::NoHeader { .. })));
    let imported = mapped(unknown, "article=Шифр1,name=Что,price=Почём", "").unwrap();
    assert_eq!((item(&imported, 0).article.as_str(), item(&imported, 1).price), ("007", Some(6.0)));
    assert_eq!(imported.report.sheets[0].header_row, Some(2));
    let bare: &[&[&str]] = &[&["\"007\"", "Болт", "5"], &["\"008\"", "Гайка", "6"]];
    let imported = mapped(bare, "article=A,name=B,price=C", "").unwrap();
    assert_eq!((imported.items.len(), item(&imported, 0).name.ru.as_str()), (2, "Болт"), "no header at all");
}

#[test]
fn reports_a_mapped_heading_that_does_not_exist() {
    let error = mapped(ODD, "price=Цена розница", "").unwrap_err();
    assert!(matches!(error, Error::UnknownHeading { .. }));
    let text = error.to_string();
    for part in
        ["price.xlsx", "\"Цена розница\"", "did you mean \"Цена розн\"?", "product_uid | product_title"]
    {
        assert!(text.contains(part), "no {part} in: {text}");
    }
    // A remembered heading may disappear: the file is read all the same.
    let imported = mapped(ODD, "", "price=Цена 2024,article=product_uid").unwrap();
    assert_eq!(item(&imported, 0).price, Some(2.0));
    let warning = &imported.report.warnings[0].kind;
    assert!(
        warning.contains("\"Цена 2024\" for price") && warning.contains("\"Цена розн\" (column D)"),
        "{warning}"
    );
}

#[test]
fn removes_control_characters_from_messages() {
    let files = Files::new();
    let error =
        refused(&files.bytes("odd.csv", "Привет\u{1b}[31m;\u{7}мир\n".as_bytes()), &["Привет[31m | мир"]);
    assert!(!error.to_string().chars().any(char::is_control));
}

#[test]
fn columns_that_a_person_leaves_out_are_no_attributes_and_are_remembered_by_heading() {
    let list: &[&[&str]] = &[
        &["Артикул", "Наименование", "Цена", "Цвет", "Упаковка"],
        &["A-1", "Насос скважинный", "100", "синий", "коробка"],
        &["A-2", "Кран шаровой", "20", "серый", "пакет"],
    ];
    let plain = mapped(list, "", "").unwrap();
    assert_eq!(attributes(&plain.items[0]), [("Цвет", "синий"), ("Упаковка", "коробка")]);
    let without = mapped(list, "none=D", "").unwrap();
    assert_eq!(attributes(&without.items[0]), [("Упаковка", "коробка")]);
    let sheet = without.report.main_sheet().unwrap();
    assert_eq!(
        (sheet.columns[3].field.as_deref(), sheet.columns[3].why.as_str()),
        (None, "left out as said")
    );
    let mapping: Mapping = "none=D|Упаковка".parse().unwrap();
    let remembered = remembered::by_headings(&mapping, &without.report);
    assert_eq!(remembered.to_string(), "none=Цвет|Упаковка");
    // A column that a later list does not have is no mistake; a field that is left out has no column.
    let later = mapped(list, "none=Цвет|Вес", "none=Цена").unwrap();
    assert_eq!(attributes(&later.items[0]), [("Упаковка", "коробка")]);
    let nothing = mapped(list, "", "none=Цена|Цвет|Упаковка").unwrap();
    assert_eq!((nothing.items[0].price, attributes(&nothing.items[0]).len()), (None, 0));
}
