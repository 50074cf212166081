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
        &["40", "", "3.4", "-"],
        &[],
        &["Винт"],
        &["Длина\\Диаметр", "М3", "М4"],
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
            "Винт М3х10 Some(0.5)",
            "Винт М4х10 Some(0.7)",
            "Винт М3х16 Some(0.6)",
            "Винт М4х16 Some(0.9)",
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
        (&ReadBy::Sizes, 2, (13, 14)),
        "{sheet}"
    );
    assert!(sheet.to_string().contains("rows 7-9, B-D: 5 items"), "{sheet}");
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
