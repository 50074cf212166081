//! Lists whose layout says less than usual: without headings, over several sheets, with headings beside their values.

use rust_xlsxwriter::{Format, Workbook};

use super::{Files, fill, item, rows};
use crate::import::{Error, Imported, Mapping, Options, ReadBy, read, read_with};

/// Reads a workbook of sheets with their names.
fn book(sheets: &[(&str, &[&[&str]])]) -> Result<Imported, Error> {
    mapped(sheets, "")
}

fn mapped(sheets: &[(&str, &[&[&str]])], given: &str) -> Result<Imported, Error> {
    let files = Files::new();
    let given = if given.is_empty() { Mapping::default() } else { given.parse().unwrap() };
    let path = files.book(|book| {
        for (name, rows) in sheets {
            fill(book.add_worksheet().set_name(*name).unwrap(), rows);
        }
    });
    read_with(&path, &Options { given, ..Options::default() })
}

fn seen(imported: &Imported) -> Vec<String> {
    let one = |item: &tolmach_engine::catalog::Product| {
        format!("{}|{}|{}|{:?}", item.category.ru, item.article, item.name.ru, item.price)
    };
    imported.items.iter().map(one).collect()
}

const BARE: &[&[&str]] = &[
    &["Торговый дом «Ключ и вал»"],
    &["", "тел. 200-00-00, e-mail: shop@example.com"],
    &["", "", "Цены с налогом", "45735"],
    &["Ручной инструмент"],
    &["", "К-10401", "Ключ рожковый 10х12 мм", "104.5"],
    &["", "К-10402", "Ключ рожковый 12х14 мм", "126.4"],
    &["", "99020", "Молоток слесарный 500 г", "418.99"],
    &["Измерения"],
    &["", "55101", "Рулетка 5 м с фиксатором", "95"],
    &["", "55102", "Штангенциркуль 0-150 мм", "1540.25"],
];

#[test]
fn columns_without_headings_speak_for_themselves() {
    let imported = rows(BARE);
    assert_eq!(
        seen(&imported),
        [
            "Ручной инструмент|К-10401|Ключ рожковый 10х12 мм|Some(104.5)",
            "Ручной инструмент|К-10402|Ключ рожковый 12х14 мм|Some(126.4)",
            "Ручной инструмент|99020|Молоток слесарный 500 г|Some(418.99)",
            "Измерения|55101|Рулетка 5 м с фиксатором|Some(95.0)",
            "Измерения|55102|Штангенциркуль 0-150 мм|Some(1540.25)",
        ]
    );
    let sheet = &imported.report.sheets[0];
    assert_eq!((&sheet.read_by, sheet.header_row, sheet.above.count), (&ReadBy::Content, Some(3), 3));
    assert!(sheet.fields().all(|(_, column)| column.confidence.is_some_and(|sure| sure > 0.7)), "{sheet}");
    assert!(sheet.to_string().contains("no header, columns by their values"), "{sheet}");
    // A person corrects one column, and the others are still found.
    let imported = mapped(&[("1", BARE)], "article=-").unwrap();
    assert_eq!((item(&imported, 0).article.as_str(), item(&imported, 0).price), ("", Some(104.5)));
}

#[test]
fn every_kind_of_column_is_recognised_by_its_values() {
    let list: Vec<Vec<String>> = (0..24_u32)
        .map(|n| {
            let brand = ["Дрекс", "Volton", "Стамис"][n as usize % 3];
            let code = 460_000_000_000_u64 + u64::from(n) * 7919;
            let sum: u64 = code
                .to_string()
                .bytes()
                .zip([1, 3].into_iter().cycle())
                .map(|(b, w)| u64::from(b - b'0') * w)
                .sum();
            vec![
                format!("{}", n + 1),
                format!("\"00{}\"", 700 + n * 13),
                format!("Дрель {brand} {} Вт", 500 + n * 10),
                if n < 12 { "Сетевые дрели" } else { "Дрели с аккумулятором" }.to_owned(),
                brand.to_owned(),
                "шт".to_owned(),
                format!("\"{code}{}\"", (10 - sum % 10) % 10),
                format!("{}", 1500 + n * 337),
                format!("{}", [0, 3, 12, 0, 7, 1][n as usize % 6]),
                format!("https://photos.example/{n}.jpg"),
            ]
        })
        .collect();
    let list: Vec<Vec<&str>> = list.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let list: Vec<&[&str]> = list.iter().map(Vec::as_slice).collect();
    let imported = rows(&list);
    let sheet = &imported.report.sheets[0];
    let fields: Vec<String> =
        sheet.fields().map(|(field, column)| format!("{field}={}", column.column)).collect();
    assert_eq!(
        fields,
        ["article=B", "name=C", "category=D", "brand=E", "unit=F", "price=H", "stock=I", "photo=J"],
        "{sheet}"
    );
    let drill = item(&imported, 1);
    assert_eq!(
        (drill.article.as_str(), drill.stock, drill.attributes[0].name.as_str()),
        ("00713", Some(3.0), "EAN")
    );
}

#[test]
fn two_near_readings_are_a_question() {
    let list: &[&[&str]] = &[
        &["A-1", "Кран шаровой латунный", "110.5", "99.4"],
        &["A-2", "Муфта переходная медная", "45.2", "40.7"],
        &["A-3", "Угольник соединительный", "78.9", "71"],
        &["A-4", "Тройник с резьбой", "98.3", "88.5"],
    ];
    let error = mapped(&[("Прайс", list)], "").unwrap_err();
    assert!(matches!(error, Error::Unclear { .. }));
    let text = error.to_string();
    for part in ["\"Прайс\"", "the price", "C (110.5; 45.2; 78.9)", "--map price=C", "--map price=D"] {
        assert!(text.contains(part), "no {part} in: {text}");
    }
    let imported = mapped(&[("Прайс", list)], "price=D").unwrap();
    assert_eq!((item(&imported, 1).article.as_str(), item(&imported, 1).price), ("A-2", Some(40.7)));
}

#[test]
fn of_two_columns_of_articles_one_is_taken_and_the_other_named() {
    let list: Vec<Vec<String>> = (0..12)
        .map(|n| {
            let (own, maker) = (format!("{}", 4000 + n * 7), format!("OM-{n}-77"));
            vec![own, maker, format!("Фильтр масляный {n} для авто"), format!("{}.5", 90 + n)]
        })
        .collect();
    let list: Vec<Vec<&str>> = list.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let list: Vec<&[&str]> = list.iter().map(Vec::as_slice).collect();
    // A sheet of one row goes on like the one before it.
    let imported =
        book(&[("1", &list), ("2", &[&["5000", "OM-90-1", "Фильтр салонный угольный", "99.5"]])]).unwrap();
    assert_eq!(
        (imported.items.len(), item(&imported, 12).article.as_str()),
        (13, "OM-90-1"),
        "{}",
        imported.report
    );
    let warning = &imported.report.warnings[0].kind;
    for part in ["B (OM-0-77; ", "A (4000; ", "--map article=A", "the first was taken"] {
        assert!(warning.contains(part), "no {part} in: {warning}");
    }
}

#[test]
fn a_purchase_price_is_not_taken_for_its_values() {
    let list: &[&[&str]] = &[
        &["Шифр1", "Чем торгуем", "Закупочная"],
        &["A-1", "Кран шаровой латунный", "110.5"],
        &["A-2", "Муфта переходная медная", "45.2"],
        &["A-3", "Угольник соединительный", "78.9"],
        &["A-4", "Тройник с резьбой", "98.3"],
    ];
    let imported = book(&[("1", list)]).unwrap();
    assert_eq!((imported.items.len(), item(&imported, 0).article.as_str()), (4, "A-1"));
    assert!(imported.items.iter().all(|item| item.price.is_none()), "{:?}", imported.items);
}

#[test]
fn sheets_of_other_things_are_not_read_for_their_values() {
    let imported = book(&[
        ("Товары", &[&["Артикул", "Наименование", "Цена"], &["A-1", "Кран", "5"]]),
        ("Скидки", &[&["PG1", "30"], &["PG2", "40"], &["PG3", "45"], &["PG4", "50"]]),
        ("Погода", &[&["Место", "Градусы"], &["Тверь", "15"], &["Псков", "18"], &["Орёл", "21"]]),
        (
            "Климат",
            &[
                &["Станция", "Градусы", "Давление"],
                &["Тверь", "15.5", "1013"],
                &["Псков", "18", "1009"],
                &["Орёл", "21", "1011"],
            ],
        ),
    ])
    .unwrap();
    assert_eq!(imported.items.len(), 1, "{}", imported.report);
}

#[test]
fn a_sheet_with_its_columns_in_another_order_is_read_by_its_values() {
    let pipes: Vec<Vec<String>> = (1..15)
        .map(|n| vec![format!("Труба полимерная {n} мм"), format!("TR-{n}0"), format!("{}", 3 + n * 12)])
        .collect();
    let pipes: Vec<Vec<&str>> = pipes.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let pipes: Vec<&[&str]> = pipes.iter().map(Vec::as_slice).collect();
    let first: &[&[&str]] = &[&["Артикул", "Наименование", "Цена"], &["A-1", "Кран шаровой", "5.5"]];
    let imported = book(&[("Краны", first), ("Трубы", &pipes)]).unwrap();
    let pipe = item(&imported, 1);
    assert_eq!(
        (pipe.article.as_str(), pipe.name.ru.as_str(), pipe.price),
        ("TR-10", "Труба полимерная 1 мм", Some(15.0))
    );
}

#[test]
fn a_single_column_of_numbers_is_the_price_and_packs_are_no_stock() {
    let list: Vec<Vec<String>> =
        (0..12).map(|n| vec![format!("Стол письменный модель {n}"), format!("{}", 5000 + n * 150)]).collect();
    let list: Vec<Vec<&str>> = list.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let list: Vec<&[&str]> = list.iter().map(Vec::as_slice).collect();
    let imported = rows(&list);
    assert_eq!((imported.items.len(), item(&imported, 1).price), (12, Some(5150.0)));
    let list: Vec<Vec<String>> = (0..30)
        .map(|n| {
            let pack = [1, 5, 10, 20, 50][n % 5];
            vec![
                format!("T{}", 1000 + n),
                format!("Сверло по металлу {n} мм"),
                format!("{pack}"),
                format!("{}.7", 15 + n),
            ]
        })
        .collect();
    let list: Vec<Vec<&str>> = list.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let list: Vec<&[&str]> = list.iter().map(Vec::as_slice).collect();
    let imported = rows(&list);
    assert_eq!((item(&imported, 1).stock, item(&imported, 1).price), (None, Some(16.7)));
}

#[test]
fn names_stand_beside_their_merged_heading() {
    let files = Files::new();
    let imported = read(&files.book(|book: &mut Workbook| {
        let sheet = book.add_worksheet();
        let plain = Format::new();
        for top in [0_u32, 6] {
            sheet.merge_range(top, 0, top, 2, "Наименование товара", &plain).unwrap();
            sheet.write_string(top, 3, "Ед.").unwrap();
            sheet.merge_range(top, 4, top, 5, "Цена, руб.", &plain).unwrap();
            sheet.merge_range(top + 1, 0, top + 1, 5, "Трубы", &plain).unwrap();
            for row in top + 2..top + 5 {
                sheet.merge_range(row, 1, row, 2, &format!("Труба {row} мм"), &plain).unwrap();
                sheet.write_string(row, 3, "м").unwrap();
                sheet.write_number(row, 5, f64::from(row) + 0.5).unwrap();
            }
        }
    }))
    .unwrap();
    assert_eq!(imported.items.len(), 6, "{}", imported.report);
    let pipe = item(&imported, 5);
    assert_eq!((pipe.name.ru.as_str(), pipe.price, pipe.unit.as_str()), ("Труба 10 мм", Some(10.5), "м"));
    assert_eq!((pipe.category.ru.as_str(), pipe.currency.as_str()), ("Трубы", "RUB"));
    let sheet = &imported.report.sheets[0];
    assert_eq!((sheet.sections, sheet.skipped["the header again"].rows.as_slice()), (2, &[7][..]), "{sheet}");
}

#[test]
fn a_header_spans_the_sheets_behind_it() {
    let imported = book(&[
        (
            "Содержание",
            &[&["№", "Наименование", "Остаток"], &["1", "Краны"], &["2", "Муфты"], &["3", "Латунные"]],
        ),
        (
            "Краны",
            &[
                &["Код", "Название", "Цвет", "Цена, EUR"],
                &["Латунные"],
                &["K-1", "Кран шаровой", "синий", "5.5"],
                &["K-2", "Кран угловой", "", "7"],
            ],
        ),
        (
            "Муфты",
            &[
                &["М-1", "Муфта прямая", "белый", "2.5"],
                &["Переходные"],
                &["М-2", "Муфта переходная", "", "по запросу"],
            ],
        ),
        ("Контакты", &[&["Пишите нам", "shop@example.com"], &["Звоните", "200-00-00"]]),
    ])
    .unwrap();
    assert_eq!(
        seen(&imported),
        [
            "Латунные|K-1|Кран шаровой|Some(5.5)",
            "Латунные|K-2|Кран угловой|Some(7.0)",
            "|М-1|Муфта прямая|Some(2.5)",
            "Переходные|М-2|Муфта переходная|None",
        ]
    );
    let sheets = &imported.report.sheets;
    assert!(sheets[0].ignored.as_deref().is_some_and(|why| why.contains("contents")), "{}", imported.report);
    assert_eq!(sheets[2].read_by, ReadBy::Continued("Краны".into()));
    assert_eq!(
        (item(&imported, 2).currency.as_str(), item(&imported, 2).attributes[0].value.as_str()),
        ("EUR", "белый")
    );
    assert!(sheets[3].ignored.is_some());
}

#[test]
fn a_row_with_an_article_or_a_unit_is_never_a_section() {
    let imported = rows(&[
        &["Артикул", "Товар", "Ед. изм.", "Штрихкод"],
        &["GX 550", "Глюкометр домашний", "шт", "\"4006381333931\""],
        &["SOFT CARE", "Паста для чувствительных зубов", "шт", "\"4006381333948\""],
        &["GIFT SET TWO", "Набор подарочный", "шт"],
        &["Хирургия"],
        &["T-9 Twin", "Стетоскоп", "шт", "77034"],
    ]);
    let categories: Vec<&str> = imported.items.iter().map(|item| item.category.ru.as_str()).collect();
    assert_eq!(categories, ["", "", "", "Хирургия"]);
    let imported = rows(&[
        &["Наименование", "Артикул", "Ед.", "Цена"],
        &["Краны"],
        &["Кран", "A 1", "шт", "10"],
        &["Вентиль латунный", "AB CD", "шт", ""],
        &["Заглушка", "", "шт", ""],
        &["Муфта", "A3", "шт", "30"],
    ]);
    assert_eq!(
        seen(&imported),
        [
            "Краны|A 1|Кран|Some(10.0)",
            "Краны|AB CD|Вентиль латунный|None",
            "Краны||Заглушка|None",
            "Краны|A3|Муфта|Some(30.0)",
        ]
    );
    let sheet = &imported.report.sheets[0];
    assert_eq!((sheet.on_request, sheet.section_rows.as_slice()), (2, &[(2, "Краны".to_owned())][..]));
}

#[test]
fn a_group_with_its_code_differs_from_an_item_without_a_price() {
    let mut list: Vec<Vec<String>> = vec![["Артикул", "Номенклатура", "Цена"].map(String::from).to_vec()];
    list.push(vec!["012_Серия Б".into(), "PG7".into()]);
    list.extend((0..25).map(|n| vec![format!("{}", 71_000 + n), format!("Насос {n}"), "5".into()]));
    list.push(vec!["КМ 12".into(), "Кран".into()]);
    let list: Vec<Vec<&str>> = list.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let list: Vec<&[&str]> = list.iter().map(Vec::as_slice).collect();
    let imported = rows(&list);
    let last = item(&imported, 25);
    assert_eq!(
        (last.article.as_str(), last.price, last.category.ru.as_str()),
        ("КМ 12", None, "012_Серия Б")
    );
}

#[test]
fn an_item_with_stock_is_no_group_unless_the_stock_is_a_total() {
    let imported = rows(&[
        &["Товар", "Артикул", "Цена", "Остаток"],
        &["Лампа без артикула", "", "", "3"],
        &["Лампа", "L-1", "50", "10"],
        &["Кабели", "", "", "12"],
        &["Кабель", "C-1", "20", "5"],
        &["Шнур", "C-2", "30", "7"],
    ]);
    let names: Vec<&str> = imported.items.iter().map(|item| item.name.ru.as_str()).collect();
    assert_eq!(names, ["Лампа без артикула", "Лампа", "Кабель", "Шнур"]);
    assert_eq!(imported.report.sheets[0].sections, 1);
    let imported = rows(&[
        &["Товар", "Артикул", "Цена", "Штрихкод"],
        &["Лампа", "L-1", "50", "4006381333931"],
        &["Шнур", "L-2", "30", "4006381333948"],
        &["Патрон", "", "", "4006381333955"],
    ]);
    assert_eq!((imported.items.len(), imported.report.sheets[0].sections), (3, 0), "a barcode makes an item");
}

#[test]
fn the_first_item_is_no_second_line_of_headings() {
    for name in [
        "Наличник плоский",
        "Складной стул",
        "Фоторамка",
        "Группа безопасности",
        "Единица измерения длины",
        "Brand plate",
        "Stock pot",
    ] {
        for price in ["867.00", "по запросу", "\"12,50\""] {
            let imported = rows(&[
                &["Артикул", "Наименование номенклатуры", "Модель", "Цена розница"],
                &["SC-1", name, "", price],
                &["SC-2", "Добор 10*100", "", "555"],
                &["SC-3", "Дверь белая", "M3", "16320"],
            ]);
            let names: Vec<&str> = imported.items.iter().map(|item| item.name.ru.as_str()).collect();
            assert_eq!(names, [name, "Добор 10*100", "Дверь белая"], "{name} {price}");
        }
    }
}

#[test]
fn a_lone_section_below_the_header_is_no_heading() {
    for section in ["Складные ножи", "Насосы", "Фото и видео", "Бренд недели"]
    {
        let imported = rows(&[
            &["", "Артикул", "Наименование", "Модель", "Цена"],
            &[section],
            &["", "N-1", "Нож туристический", "K", "500"],
            &["", "N-2", "Нож кухонный", "", "300"],
        ]);
        let seen: Vec<(&str, &str)> =
            imported.items.iter().map(|item| (item.category.ru.as_str(), item.name.ru.as_str())).collect();
        assert_eq!(seen, [(section, "Нож туристический"), (section, "Нож кухонный")]);
    }
    // A lone cell that says more about the prices is one.
    let imported = rows(&[
        &["Артикул", "Наименование", "Цена"],
        &["", "", "USD"],
        &["N-1", "Нож", "5"],
        &["N-2", "Ложка", "3"],
    ]);
    assert_eq!((imported.items.len(), item(&imported, 0).currency.as_str()), (2, "USD"));
}

#[test]
fn the_preview_says_what_is_odd_and_what_looks_like_a_price() {
    let mut list: Vec<Vec<String>> =
        vec![["Арт.", "Наименование", "Сколько", "Остаток"].map(String::from).to_vec()];
    list.extend((0..30).map(|n| {
        vec![
            format!("B-{n}"),
            format!("Болт оцинкованный {n}"),
            format!("{}", 5.25 + f64::from(n)),
            format!("{}", n % 4),
        ]
    }));
    list[7][3] = "уточняйте".into();
    list[9][1] = "1200".into();
    list[11][0].clear();
    let list: Vec<Vec<&str>> = list.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let list: Vec<&[&str]> = list.iter().map(Vec::as_slice).collect();
    let report = rows(&list).report;
    let question = "no column was taken for the price; column C \"Сколько\" looks like it";
    assert!(
        report.warnings[0].kind.contains(question) && report.warnings[0].kind.contains("--map price=C"),
        "{report}"
    );
    let odd: Vec<(u32, &str)> = report.odd.iter().map(|odd| (odd.row, odd.why.as_str())).collect();
    assert_eq!(
        odd,
        [
            (8, "stock that is not understood: уточняйте"),
            (10, "the name has no letters"),
            (12, "no article, while the others have one"),
        ]
    );
}

#[test]
fn the_report_says_where_the_currency_was_read() {
    let origin = |list: &[&[&str]]| {
        let report = rows(list).report;
        let used = &report.sheets[0].currencies[0];
        format!("{} {}", used.code, used.source)
    };
    assert_eq!(origin(&[&["Name", "Price, EUR"], &["Pump", "5"]]), "EUR from the heading «Price, EUR»");
    assert_eq!(
        origin(&[&["Цены в евро"], &["Название", "Цена"], &["Насос", "5"]]),
        "EUR from row 1, above the header: «Цены в евро»"
    );
    assert_eq!(origin(&[&["Name", "Price"], &["Pump", "5 $"]]), "USD from the price cells");
    assert!(origin(&[&["Name", "Price"], &["Pump", "5"]]).contains("the list states none"));
}
