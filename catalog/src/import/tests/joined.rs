//! What cells mean, in lists whose layout is unusual: currencies and prices for dealers without headings, over several
//! sheets and in tables of sizes.

use super::{Files, fill, item, rows};
use crate::import::{Options, read, read_with};

/// Items without headings, below some lines.
fn bare(above: &[&str], headings: &[&str]) -> Vec<Vec<String>> {
    let line = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<String>>();
    let mut list: Vec<Vec<String>> = above.iter().map(|text| line(&[*text])).collect();
    if !headings.is_empty() {
        list.push(line(headings));
    }
    list.extend((1..=14).map(|number| {
        line(&[
            &format!("Хомут червячный усиленный {number}"),
            &format!("{}.50", number * 3),
            &format!("{}", 10 + number * 7 % 5),
        ])
    }));
    list
}

fn imported(list: &[Vec<String>], currency: &str) -> crate::import::Imported {
    let files = Files::new();
    let list: Vec<Vec<&str>> = list.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let list: Vec<&[&str]> = list.iter().map(Vec::as_slice).collect();
    let path = files.book(|book| fill(book.add_worksheet(), &list));
    read_with(&path, &Options { currency: currency.into(), ..Options::default() }).unwrap()
}

#[test]
fn the_line_above_items_without_headings_states_their_currency() {
    let euros = imported(&bare(&["Цены в евро"], &[]), "RUB");
    assert_eq!((item(&euros, 0).price, item(&euros, 0).currency.as_str()), (Some(3.5), "EUR"));
    let used = &euros.report.sheets[0].currencies[0];
    assert_eq!((used.prices, used.source.as_str()), (14, "from row 1, above the header: «Цены в евро»"));
    let units = imported(&bare(&["Цены указаны в у.е."], &[]), "RUB");
    assert!(units.items.iter().all(|item| item.price.is_none() && item.currency.is_empty()));
    let company = imported(&bare(&[], &[]), "RUB");
    assert_eq!(item(&company, 0).currency, "RUB");
}

#[test]
fn a_price_for_dealers_is_neither_taken_nor_proposed_for_its_values() {
    let list = imported(&bare(&[], &["Что у нас есть", "Закуп", "Вес"]), "");
    assert_eq!((list.items.len(), item(&list, 0).price), (14, None));
    let purchase = &list.report.sheets[0].columns[1];
    assert_eq!((&purchase.field, purchase.why.as_str()), (&None, "a price for dealers or of purchase"));
    assert!(purchase.alternatives.iter().all(|other| other.field != "price"), "{purchase:?}");
    assert!(list.report.to_string().contains("the only prices are those for dealers"), "{}", list.report);
}

#[test]
fn a_measure_is_no_price_for_its_values() {
    let list = imported(&bare(&[], &["Наименование", "Длина рулона", "Марка стали"]), "");
    assert_eq!(item(&list, 0).price, None, "{}", list.report);
    assert_eq!(item(&list, 0).attributes[0].value, "3.5");
}

#[test]
fn a_column_is_proposed_once() {
    let report = rows(&[
        &["Артикул", "Наименование", "Во что обойдётся", "Вес"],
        &["T-1", "Тиски слесарные", "5400.50", "1.5"],
        &["T-2", "Верстак складной", "7900.25", "2.5"],
        &["T-3", "Струбцина", "120.75", "3.5"],
    ])
    .report;
    let text = report.to_string();
    assert_eq!(text.matches("--map price=").count(), 1, "{text}");
    assert!(!text.contains("or price 80 %; 1.5"), "{text}");
}

#[test]
fn tables_of_sizes_have_the_currency_of_their_cells_their_title_or_the_company() {
    let table: &[&[&str]] = &[
        &["Шпилька резьбовая"],
        &["", "20", "30", "40"],
        &["М6", "1,500", "2,00", "5 EUR"],
        &["М8", "2,50", "3,00", "12 у.е."],
    ];
    let seen = |list: &[&[&str]], currency: &str| -> Vec<(Option<f64>, String)> {
        let files = Files::new();
        let path = files.book(|book| fill(book.add_worksheet(), list));
        let options = Options { currency: currency.into(), ..Options::default() };
        let imported = read_with(&path, &options).unwrap();
        imported.items.iter().map(|item| (item.price, item.currency.clone())).collect()
    };
    let mixed = seen(table, "UAH");
    let uah = |price: f64| (Some(price), "UAH".to_owned());
    assert_eq!(mixed[..3], [uah(1.5), uah(2.0), (Some(5.0), "EUR".to_owned())]);
    assert_eq!(mixed[3..], [uah(2.5), uah(3.0), (None, String::new())]);
    let mut titled: Vec<&[&str]> = vec![&["Цены в тенге"]];
    titled.extend(table);
    assert_eq!(seen(&titled, "UAH")[0], (Some(1.5), "KZT".to_owned()));
    let mut units: Vec<&[&str]> = vec![&["Цены в у.е."]];
    units.extend(table);
    assert_eq!(seen(&units, "UAH")[0], (None, String::new()));
    let mut said: Vec<&[&str]> = vec![&["Шпилька резьбовая, цена в руб. за шт."]];
    said.extend(table.iter().skip(1));
    assert_eq!(seen(&said, "UAH")[0], (Some(1.5), "RUB".to_owned()));
}

#[test]
fn a_sheet_behind_the_header_has_a_currency_of_its_own() {
    let files = Files::new();
    let path = files.book(|book| {
        let headed: &[&[&str]] = &[
            &["Цены в гривне"],
            &["Артикул", "Наименование", "Цена"],
            &["Z-1", "Замок навесной", "90"],
            &["Z-2", "Замок врезной", "120"],
        ];
        let behind: &[&[&str]] = &[
            &["Цены в долларах США"],
            &["Z-3", "Замок кодовый", "9"],
            &["Z-4", "Замок электронный", "12"],
            &["Z-5", "Замок велосипедный", "7"],
        ];
        fill(book.add_worksheet(), headed);
        fill(book.add_worksheet(), behind);
    });
    let imported = read(&path).unwrap();
    let seen: Vec<&str> = imported.items.iter().map(|item| item.currency.as_str()).collect();
    assert_eq!(seen, ["UAH", "UAH", "USD", "USD", "USD"]);
}
