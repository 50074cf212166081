//! What headings and cells mean: kinds of prices, stocks, currencies and marks.

use rust_xlsxwriter::Format;

use super::{Files, fill, item, rows};
use crate::import::{Options, read, read_with};

#[test]
fn a_price_for_dealers_is_never_shown() {
    for heading in [
        "Дилерская цена",
        "Закупка, руб.",
        "Dealer price",
        "Cena zakupu",
        "Einkaufspreis",
        "Дилерлік баға",
        "Ціна закупівельна",
    ] {
        let imported = rows(&[
            &["Артикул", "Наименование", heading],
            &["T-1", "Тиски слесарные", "4100"],
            &["T-2", "Струбцина", "700"],
        ]);
        assert!(
            imported.items.iter().all(|item| item.price.is_none() && item.attributes.is_empty()),
            "{heading}"
        );
        let said = imported.report.to_string();
        assert!(said.contains("--map price=C") && said.contains(heading), "{said}");
    }
}

#[test]
fn a_lone_wholesale_price_is_shown_with_a_note() {
    let imported = rows(&[&["Артикул", "Наименование", "Оптовая цена"], &["T-1", "Тиски", "4100"]]);
    assert_eq!(item(&imported, 0).price, Some(4100.0));
    assert!(imported.report.to_string().contains("wholesale"));
}

#[test]
fn columns_of_numbers_and_models_are_articles_where_their_values_are() {
    let imported = rows(&[
        &["№", "Наименование", "Цена"],
        &["44712", "Сальник", "50"],
        &["39001", "Манжета", "60"],
        &["51277", "Пыльник", "70"],
    ]);
    assert_eq!(item(&imported, 0).article, "44712");
    let imported = rows(&[
        &["№", "Наименование", "Цена"],
        &["1", "Сальник", "50"],
        &["2", "Манжета", "60"],
        &["3", "Шайба", "70"],
    ]);
    assert_eq!((item(&imported, 0).article.as_str(), item(&imported, 0).attributes.len()), ("", 0));
    let imported = rows(&[
        &["Модель", "Наименование", "Цена"],
        &["VX-30", "Насос погружной Вега", "50"],
        &["VX-40", "Насос погружной Вега", "60"],
    ]);
    assert_eq!(
        (item(&imported, 1).article.as_str(), item(&imported, 1).name.ru.as_str()),
        ("VX-40", "Насос погружной Вега")
    );
}

#[test]
fn unknown_headings_over_plain_columns_are_proposed() {
    let imported = rows(&[
        &["Наш шифрик", "Наименование", "Почём"],
        &["ЛД-401", "Лебёдка ручная", "5 400 руб."],
        &["ЛД-402", "Лебёдка барабанная", "7 900 руб."],
        &["ЛД-500", "Таль цепная", "12 000 руб."],
    ]);
    assert_eq!((item(&imported, 0).article.as_str(), item(&imported, 0).price), ("ЛД-401", Some(5400.0)));
    let said = imported.report.to_string();
    assert!(said.contains("--map price=-") && said.contains("--map article=-"), "{said}");
    // Numbers alone may be measures: asked, not taken.
    let imported = rows(&[
        &["Артикул", "Наименование", "Почём"],
        &["L-1", "Лебёдка", "5400.50"],
        &["L-2", "Таль", "7900.25"],
        &["L-3", "Блок", "120.75"],
    ]);
    assert_eq!(item(&imported, 0).price, None);
    assert!(imported.report.to_string().contains("--map price=C"));
}

#[test]
fn currencies_come_from_formats_lines_and_columns() {
    let files = Files::new();
    let imported = read(&files.book(|book| {
        let sheet = book.add_worksheet();
        fill(
            sheet,
            &[&["Art.-Nr.", "Bezeichnung", "Preis"], &["K-1", "Klemme", ""], &["K-2", "Klemme breit", ""]],
        );
        sheet
            .write_number_with_format(1, 2, 4.5, &Format::new().set_num_format("[$€-407] #,##0.00"))
            .unwrap();
        sheet.write_number_with_format(2, 2, 9.0, &Format::new().set_num_format("[$CHF] #,##0.00")).unwrap();
    }))
    .unwrap();
    assert_eq!((item(&imported, 0).currency.as_str(), item(&imported, 1).currency.as_str()), ("EUR", "CHF"));
    assert!(imported.report.to_string().contains("currency EUR, 1 prices: from the number format"));
    for (line, code) in [
        ("Цены указаны в долларах США, оплата в рублях по курсу ЦБ", "USD"),
        ("Alle Preise in EUR zzgl. MwSt.", "EUR"),
        ("Ціни в грн з ПДВ", "UAH"),
        ("Бағалар теңгемен көрсетілген, баға ҚҚС қоса", "KZT"),
        ("Ceny netto w PLN", "PLN"),
        ("Цены в белорусских рублях", "BYN"),
        ("Prices in UZS", "UZS"),
    ] {
        let imported = rows(&[&[line], &["Артикул", "Наименование", "Цена"], &["K-1", "Клемма", "5"]]);
        assert_eq!(item(&imported, 0).currency, code, "{line}");
        assert!(imported.report.to_string().contains("from row 1"));
    }
    let imported = rows(&[
        &["Артикул", "Наименование", "Цена", "Валюта"],
        &["K-1", "Клемма", "5", "евро"],
        &["K-2", "Клемма", "6", "CZK"],
        &["K-3", "Клемма", "7", "у.е."],
    ]);
    let seen: Vec<(Option<f64>, &str)> =
        imported.items.iter().map(|item| (item.price, item.currency.as_str())).collect();
    assert_eq!(seen, [(Some(5.0), "EUR"), (Some(6.0), "CZK"), (None, "")]);
    assert!(imported.report.to_string().contains("no known currency"));
}

#[test]
fn prices_in_conditional_units_are_on_request() {
    let list = "Цены указаны в у.е.\nАртикул;Наименование;Цена\nK-1;Клемма;5\n";
    let files = Files::new();
    let options = Options { currency: "RUB".into(), ..Options::default() };
    let imported = read_with(&files.bytes("list.csv", list.as_bytes()), &options).unwrap();
    assert_eq!(item(&imported, 0).price, None, "not five roubles");
}

#[test]
fn a_list_without_a_currency_has_the_companys() {
    let files = Files::new();
    let path =
        files.bytes("list.csv", "Артикул;Наименование;Цена\nK-1;Клемма;5\nK-2;Зажим;7 EUR\n".as_bytes());
    let options = Options { currency: "RUB".into(), ..Options::default() };
    let imported = read_with(&path, &options).unwrap();
    assert_eq!((item(&imported, 0).currency.as_str(), item(&imported, 1).currency.as_str()), ("RUB", "EUR"));
    assert!(
        imported.report.to_string().contains("currency RUB, 1 prices: the company's"),
        "{}",
        imported.report
    );
    let imported = read(&path).unwrap();
    assert!(imported.report.to_string().contains("nor does import.currency"));
}

#[test]
fn the_column_decides_about_marks_and_the_format_about_articles() {
    let files = Files::new();
    let csv = "Артикул;Наименование;Цена\nM-1;Лак;281.125\nM-2;Грунт;17.9\nM-3;Олифа;60.3375\n";
    let imported = read(&files.bytes("list.csv", csv.as_bytes())).unwrap();
    assert_eq!(item(&imported, 0).price, Some(281.125));
    let imported = read(&files.book(|book| {
        let sheet = book.add_worksheet();
        fill(sheet, &[&["Артикул", "Наименование", "Цена"], &["", "Отвод", ""]]);
        sheet.write_number_with_format(1, 0, 33.5, &Format::new().set_num_format("0.000")).unwrap();
        sheet.write_number_with_format(1, 2, 10.125, &Format::new().set_num_format("0.00")).unwrap();
    }))
    .unwrap();
    assert_eq!((item(&imported, 0).article.as_str(), item(&imported, 0).price), ("33.500", Some(10.125)));
}

#[test]
fn free_stock_comes_before_reserves() {
    let imported = rows(&[
        &["Артикул", "Наименование", "Цена", "Остаток", "Резерв", "Свободный остаток", "В пути"],
        &["R-1", "Ролик", "5", "10", "4", "6", "20"],
        &["R-2", "Ось", "5", "2", "", "под заказ, 10 дней", ""],
    ]);
    assert_eq!((item(&imported, 0).stock, item(&imported, 1).stock), (Some(6.0), Some(0.0)));
    assert!(!imported.items[0].attributes.iter().any(|attribute| attribute.name == "Резерв"));
}
