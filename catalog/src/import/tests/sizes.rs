//! Tables with a price for each pair of sizes.

use super::{Files, fill, item, rows};
use crate::import::{Imported, ReadBy, read};

fn names(imported: &Imported) -> Vec<String> {
    imported.items.iter().map(|item| format!("{} {:?}", item.name.ru, item.price)).collect()
}

#[test]
fn each_cell_of_a_table_of_sizes_is_an_item() {
    let imported = rows(&[
        &["Крепёж оптом"],
        &["Цены в руб."],
        &[],
        &["Болт с шестигранной головкой"],
        &["Длина, мм", "Диаметр, мм"],
        &["", "6", "8", "10"],
        &["20", "1.5", "2.5", ""],
        &["30", "1.8", "", "5.5"],
        &["35"],
        &["40", "", "3.4", "-"],
        &["Винт", "3", "4"],
        &["10", "0.5", "0.7"],
        &["16", "0.6", "0.9"],
    ]);
    assert_eq!(
        names(&imported),
        [
            "Болт с шестигранной головкой 6х20 Some(1.5)",
            "Болт с шестигранной головкой 8х20 Some(2.5)",
            "Болт с шестигранной головкой 6х30 Some(1.8)",
            "Болт с шестигранной головкой 10х30 Some(5.5)",
            "Болт с шестигранной головкой 8х40 Some(3.4)",
            "Винт 3х10 Some(0.5)",
            "Винт 4х10 Some(0.7)",
            "Винт 3х16 Some(0.6)",
            "Винт 4х16 Some(0.9)",
        ]
    );
    let bolt = item(&imported, 0);
    let attributes: Vec<(&str, &str)> =
        bolt.attributes.iter().map(|attribute| (attribute.name.as_str(), attribute.value.as_str())).collect();
    assert_eq!(attributes, [("Диаметр", "6 мм"), ("Длина", "20 мм")]);
    assert_eq!((bolt.currency.as_str(), bolt.id.as_str()), ("RUB", "cell-B7"));
    let sheet = &imported.report.sheets[0];
    assert_eq!(
        (&sheet.read_by, sheet.tables.len(), sheet.tables[1].rows),
        (&ReadBy::Sizes, 2, (12, 13)),
        "{sheet}"
    );
    assert!(sheet.to_string().contains("rows 7-10, B-D: 5 items"), "{sheet}");
}

#[test]
fn tables_stand_beside_each_other() {
    let imported = rows(&[
        &["Анкер клиновой", "", "", "", "Анкер забивной"],
        &["", "8", "10", "", "", "6", "8"],
        &["50", "5", "6", "", "25", "3", "4"],
        &["75", "7", "8", "", "30", "3.5", "4.5"],
        &["100", "9", "10", "", "40", "", "5"],
    ]);
    assert_eq!(imported.items.len(), 11, "{:?}", names(&imported));
    assert_eq!(item(&imported, 0).name.ru, "Анкер клиновой 8х50");
    assert_eq!(names(&imported)[10], "Анкер забивной 8х40 Some(5.0)");
}

#[test]
fn the_labels_of_rows_may_be_names() {
    let imported = rows(&[
        &["Наименование", "20", "25", "32"],
        &["Труба армированная", "41.5", "60", "95"],
        &["Труба неармированная", "30", "44", "70"],
        &["Муфта", "5", "6.5", ""],
    ]);
    assert_eq!(imported.items.len(), 8);
    assert_eq!(names(&imported)[3], "Труба неармированная 20 Some(30.0)");
}

#[test]
fn a_table_is_named_by_its_corner_or_its_sheet() {
    let imported = rows(&[
        &["ООО «Крепёж»"],
        &["Цена за 1 шт., руб."],
        &[],
        &["Гайка шестигранная", "М6", "М8"],
        &["цинк", "0.5", "0.7"],
        &["без покрытия", "0.4", "0.6"],
    ]);
    assert_eq!(names(&imported)[1], "Гайка шестигранная цинк М8 Some(0.7)");
    assert_eq!(item(&imported, 0).category.ru, "", "the supplier's name is no category");
    let files = Files::new();
    let imported = read(&files.book(|book| {
        let rows: &[&[&str]] =
            &[&["Диаметр, мм", "Длина, мм"], &["", "1000", "2000"], &["6", "50", "100"], &["8", "80", ""]];
        fill(book.add_worksheet().set_name("Шпилька резьбовая").unwrap(), rows);
    }))
    .unwrap();
    assert_eq!(
        names(&imported),
        [
            "Шпилька резьбовая 6х1000 Some(50.0)",
            "Шпилька резьбовая 6х2000 Some(100.0)",
            "Шпилька резьбовая 8х1000 Some(80.0)",
        ]
    );
}

#[test]
fn labels_may_stand_apart_and_names_of_sizes_may_be_unknown() {
    let imported = rows(&[
        &["Канат стальной"],
        &["Диаметр, мм", "", "Маркировка"],
        &["", "", "1770", "1960"],
        &["\"8,3\"", "", "45.5", "50.1"],
        &["\"9,1\"", "", "55", "60.5"],
    ]);
    assert_eq!(names(&imported)[0], "Канат стальной 8,3х1770 Some(45.5)");
    assert_eq!(item(&imported, 0).attributes[0].name, "Маркировка");
    let imported = rows(&[
        &["Уголок стальной"],
        &["Размер", "6 м", "9 м"],
        &["25х25х3", "500", "750"],
        &["32х32х4", "700", "1050"],
    ]);
    assert_eq!(names(&imported)[1], "Уголок стальной 25х25х3, 9 м Some(750.0)");
}

#[test]
fn sizes_beside_a_price_are_not_prices() {
    let imported = rows(&[
        &["Артикул", "Наименование", "Цена", "36", "37", "38"],
        &["S-1", "Ботинки рабочие", "2000", "1", "", "3"],
        &["S-2", "Сапоги резиновые", "3000", "", "2", "1"],
    ]);
    assert_eq!(names(&imported), ["Ботинки рабочие Some(2000.0)", "Сапоги резиновые Some(3000.0)"]);
}

#[test]
fn discounts_and_ordinary_lists_are_no_tables_of_sizes() {
    let files = Files::new();
    let imported = read(&files.book(|book| {
        fill(
            book.add_worksheet(),
            &[
                &["Артикул", "Наименование", "Цена"],
                &["A-1", "Кран шаровой", "120"],
                &["A-2", "Муфта", "200"],
            ],
        );
        fill(
            book.add_worksheet().set_name("Скидки").unwrap(),
            &[&["Сумма заказа", "10000", "50000"], &["1", "3", "5"], &["2", "4", "7"], &["3", "5", "9"]],
        );
    }))
    .unwrap();
    assert_eq!(imported.items.len(), 2, "{}", imported.report);
}
