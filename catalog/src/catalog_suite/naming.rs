//! Search cases: what the thing is, what it is for, and what names and columns say of it.

use tolmach_engine::catalog::{Attribute, Localized, Product};

use super::{CatalogFixture, articles, first, product, request, sorted, tools};

fn named(article: &str, name: &str) -> Product {
    product(article, name, "", 10.0, 1.0)
}

pub(crate) async fn puts_the_thing_before_what_is_for_it(place: &dyn CatalogFixture) {
    let items = [
        ("A1", "Ремкомплект для ключа рожкового"),
        ("A2", "Набор торцевых головок к ключу"),
        ("K1", "Ключ рожковый 10х12"),
        ("T1", "Трос буксировочный 5м 3т"),
        ("J1", "Домкрат винтовой 2 т"),
        ("F1", "Фильтр угольный для вытяжки"),
    ];
    place.import("garage", items.map(|(article, name)| named(article, name)).to_vec()).await;
    first(place, "ключ рожковый", "K1").await;
    first(place, "рожковый ключ", "K1").await;
    first(place, "ремкомплект для ключа", "A1").await;
    // A rare number does not outweigh the word that says what is wanted.
    first(place, "домкрат 3т", "J1").await;
    assert!(!place.search(request("ключ рожковый")).await.only_accessories);
    let hood = place.search(request("вытяжка")).await;
    assert!(hood.only_accessories && articles(&hood) == ["F1"], "{hood:?}");
}

pub(crate) async fn compares_numbers_by_value_and_unit(place: &dyn CatalogFixture) {
    let items = [
        ("M10", "Метчик М 10х1,5"),
        ("M8", "Метчик М8х1,25"),
        ("D20", "Труба Ф20х350/410"),
        ("D25", "Труба Ф25х350/410"),
        ("H60", "Вытяжка 600 мм"),
        ("H50", "Вытяжка 500 мм"),
        ("W22", "Диск 7,5х22,5"),
        ("W20", "Диск 7,5х20"),
        ("H5", "Молоток 500 г"),
        ("H8", "Молоток 0,8 кг"),
    ];
    place.import("sizes", items.map(|(article, name)| named(article, name)).to_vec()).await;
    for (wanted, expected) in [
        ("метчик м10х1,5", "M10"),
        ("метчик м8", "M8"),
        ("труба 20", "D20"),
        ("труба ф25", "D25"),
        ("вытяжка 60 см", "H60"),
        ("диск 22,5", "W22"),
        ("молоток 0,5 кг", "H5"),
        ("молоток 800 гр", "H8"),
    ] {
        first(place, wanted, expected).await;
    }
}

pub(crate) async fn leaves_out_what_is_not_wanted(place: &dyn CatalogFixture) {
    let items = [
        ("D1", "Шуруповёрт с аккумулятором"),
        ("D2", "Шуруповёрт без аккумулятора"),
        ("D3", "Шуруповёрт сетевой"),
    ];
    place.import("drills", items.map(|(article, name)| named(article, name)).to_vec()).await;
    for wanted in ["шуруповёрт без аккумулятора", "шуруповёрт кроме аккумуляторов"]
    {
        let found = place.search(request(wanted)).await;
        assert_eq!(sorted(&found), ["D2", "D3"], "{wanted}");
        assert_eq!(found.total, 2, "{wanted}");
    }
}

pub(crate) async fn reads_one_root_in_many_spellings(place: &dyn CatalogFixture) {
    let items = [
        ("C1", "Сверло Cobalt 5 мм"),
        ("N1", "Полотно ножовочное"),
        ("R1", "Напиток Red Bull 250 мл"),
        ("U1", "Викрутка хрестова"),
        ("U2", "Фільтр паливний"),
        ("L1", "Лопата штыковая"),
    ];
    place.import("roots", items.map(|(article, name)| named(article, name)).to_vec()).await;
    for (wanted, expected) in [
        ("кобальтовое сверло", "C1"),
        ("полотно для ножовки", "N1"),
        ("redbull", "R1"),
        ("отвертка", "U1"),
        ("фильтр топливный", "U2"),
    ] {
        first(place, wanted, expected).await;
    }
}

pub(crate) async fn stems_latin_words_by_the_language_of_the_row(place: &dyn CatalogFixture) {
    let name = |article: &str, name: &str| Product {
        name: Localized { ru: String::new(), en: name.to_owned() },
        ..named(article, "")
    };
    let items = vec![
        name("G1", "Schrauben mit Schlüssel"),
        name("G2", "Bohrer für Beton"),
        name("P1", "Wiertarki udarowe dla majsterkowicza"),
        name("P2", "Śruba oraz nakrętka"),
        name("E1", "Cordless drills"),
    ];
    place.import("europe", items).await;
    for (wanted, expected) in
        [("schraube", "G1"), ("schlüsseln", "G1"), ("wiertarka", "P1"), ("nakrętki", "P2"), ("drill", "E1")]
    {
        first(place, wanted, expected).await;
    }
}

pub(crate) async fn finds_what_columns_say(place: &dyn CatalogFixture) {
    let mut items = tools();
    let attribute = |name: &str, value: &str| Attribute { name: name.into(), value: value.into() };
    items[2].attributes =
        vec![attribute("Применяемость", "Каравелла"), attribute("Штрихкод", "4600000000017")];
    items[3].attributes = vec![attribute("OEM", "55-20013; 55-20014")];
    place.import("tools", items).await;
    first(place, "каравелла", "Т91204").await;
    first(place, "подшипник каравелла", "Т91204").await;
    for (number, expected) in [("4600000000017", "Т91204"), ("55-20014", "091204")] {
        let found = place.search(request(number)).await;
        assert_eq!(articles(&found), [expected], "{number}");
        assert!(found.hits[0].near.is_none() && found.hits[0].score >= 0.99, "{found:?}");
    }
}
