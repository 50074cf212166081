//! Maps a heading to its meaning, by the names common in Russian, Ukrainian, Kazakh, English, German and Polish price
//! lists.
//!
//! Looks at one heading at a time, without values and neighbouring columns. The tables are in `names/fields.rs` and
//! `names/prices.rs`.

mod fields;
mod heading;
mod prices;

use std::sync::LazyLock;

use super::columns::Column;
use heading::{Heading, Phrases, Rules};

pub(super) use heading::is_currency_sign;
pub(super) use prices::PriceKind;

/// The meaning of a column heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadingMeaning {
    /// It fills a field. The rank says how good a name it is for the field, 0 being the best.
    Field(Column, u8),
    /// Not about the product, or not for clients: order quantities, discounts, suppliers.
    Nothing,
    /// «№», "Nr": row numbers, or article numbers. The values decide.
    Number,
    /// Another property of the product that is known to be no field.
    Other,
    /// Not in the tables: another property, or a field under a name of the supplier's own.
    Unknown,
}

static BEFORE_PRICES: LazyLock<Rules<HeadingMeaning>> = LazyLock::new(|| Rules::new(fields::BEFORE_PRICES));
static AFTER_PRICES: LazyLock<Rules<HeadingMeaning>> = LazyLock::new(|| Rules::new(fields::AFTER_PRICES));

static ENGLISH: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(fields::ENGLISH));
static NAMES_OR_ARTICLES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(fields::NAMES_OR_ARTICLES));

/// Determines the meaning of a heading.
pub(super) fn meaning(text: &str) -> HeadingMeaning {
    let heading = Heading::new(text);
    if let Some(found) = BEFORE_PRICES.meaning(&heading) {
        return found;
    }
    if let Some(kind) = prices::kind(text, &heading) {
        return HeadingMeaning::Field(Column::Price, kind.rank());
    }
    if prices::is_discount(&heading) {
        return HeadingMeaning::Nothing;
    }
    let found = AFTER_PRICES.meaning(&heading).unwrap_or(HeadingMeaning::Unknown);
    if !heading.has(&ENGLISH) {
        return found;
    }
    match found {
        HeadingMeaning::Field(Column::Name, rank) => HeadingMeaning::Field(Column::NameEn, rank),
        HeadingMeaning::Field(Column::Category, rank) => HeadingMeaning::Field(Column::CategoryEn, rank),
        HeadingMeaning::Field(Column::Description, rank) => {
            HeadingMeaning::Field(Column::DescriptionEn, rank)
        }
        other => other,
    }
}

/// The kind of price of a heading; `None` if it is no price.
pub(super) fn price_kind(text: &str) -> Option<PriceKind> {
    let heading = Heading::new(text);
    match BEFORE_PRICES.meaning(&heading) {
        Some(_) => None,
        None => prices::kind(text, &heading),
    }
}

/// Whether a heading of names is one of article numbers when another column holds the names: «Модель», "Type".
pub(super) fn may_be_articles(text: &str) -> bool {
    Heading::new(text).is(&NAMES_OR_ARTICLES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(heading: &str, expected: Option<Column>) {
        let found = match meaning(heading) {
            HeadingMeaning::Field(column, _) => Some(column),
            _ => None,
        };
        assert_eq!(found, expected, "{heading}");
    }

    #[test]
    fn understands_headings_of_fields() {
        check("Артикул", Some(Column::Article));
        check("Код товара", Some(Column::Article));
        check("Part No.", Some(Column::Article));
        check("Item #", Some(Column::Article));
        check("Order No.", Some(Column::Article));
        check("Код для заказа", Some(Column::Article));
        check("product_uid", Some(Column::Article));
        check("product_title", Some(Column::Name));
        check("Номенклатура", Some(Column::Name));
        check("Назва", Some(Column::Name));
        check("name_en", Some(Column::NameEn));
        check("Наименование (англ.)", Some(Column::NameEn));
        check("Цена, руб. с НДС", Some(Column::Price));
        check(" € без ПДВ", Some(Column::Price));
        check("ціна, грн", Some(Column::Price));
        check("Позиция прайса", Some(Column::Name));
        check("Валюта", Some(Column::Currency));
        check("Остаток на складе", Some(Column::Stock));
        check("Кол-во", Some(Column::Stock));
        check("Кол-во в упаковке", None);
        check("Ед. изм.", Some(Column::Unit));
        check("Од. виміру", Some(Column::Unit));
        check("Производитель", Some(Column::Brand));
        check("Страна-производитель", None);
        check("Фото (URL)", Some(Column::Photo));
        check("Штрихкод", None);
        check("Заказ", None);
        check("№ п/п", None);
        check("№", None);
    }

    #[test]
    fn understands_what_suppliers_write_in_six_languages() {
        let fields: &[(Column, &[&str])] = &[
            (
                Column::Article,
                &[
                    "Номер запчасти",
                    "Кат. №",
                    "№ по каталогу",
                    "Кат. номер",
                    "Каталожный номер",
                    "OEM",
                    "OEM номер",
                    "P/N",
                    "Партномер",
                    "Арт. продавца",
                    "Ном. №",
                    "ID товара",
                    "Номер деталі",
                    "Каталог нөмірі",
                    "Тауар коды",
                    "Part Number",
                    "Mfr. Part No.",
                    "Artikel-Nr.",
                    "Art.-Nr.",
                    "Bestellnummer",
                    "Teilenummer",
                    "Indeks",
                    "Nr kat.",
                    "Kod produktu",
                    "Numer katalogowy",
                    "Symbol",
                ],
            ),
            (
                Column::Name,
                &[
                    "Атауы",
                    "Найменування",
                    "Bezeichnung",
                    "Artikelbezeichnung",
                    "Nazwa towaru",
                    "Тауар",
                    "Полное наименование",
                    "Product name",
                ],
            ),
            (
                Column::Price,
                &[
                    "РРЦ",
                    "SRP",
                    "MSRP",
                    "Розн.",
                    "Тариф",
                    "Cena",
                    "Preis",
                    "Цена со скидкой",
                    "Price (after discount)",
                    "Цена без скидки",
                    "Бағасы, тг",
                    "Listenpreis",
                    "Cena detaliczna",
                    "UVP",
                    "Роздріб",
                    "Цена реализации шт",
                    "Price per unit (before discount)",
                    "Опт 1, руб.",
                    "Nettopreis",
                    "Discount price",
                ],
            ),
            (
                Column::Stock,
                &[
                    "Доступно",
                    "Вільно",
                    "Свободный остаток",
                    "Stan",
                    "Bestand",
                    "Lagerbestand",
                    "Қалдық",
                    "Stan magazynowy",
                    "Остаток за вычетом резерва",
                    "Qty available",
                ],
            ),
            (Column::Unit, &["Өлшем бірлігі", "Einheit", "J.m.", "UoM", "Од. вим."]),
            (
                Column::Brand,
                &["Өндіруші", "Hersteller", "Producent", "Торговая марка", "Наименование производителя"],
            ),
            (Column::Category, &["Санаты", "Warengruppe", "Kategoria", "Товарная группа"]),
            (Column::Currency, &["Валюта цены", "Währung", "Waluta", "Currency code"]),
            (Column::Description, &["Сипаттамасы", "Beschreibung", "Opis", "Краткое описание"]),
            (Column::Photo, &["Зображення", "Bild", "Zdjęcie", "Сурет", "Image Src"]),
        ];
        for (field, headings) in fields {
            for heading in *headings {
                check(heading, Some(*field));
            }
        }
        for heading in [
            "Наличник",
            "Складной",
            "Фоторамка",
            "Группа безопасности",
            "Брендированная",
            "Единичный",
            "Номерной",
            "Ценник",
            "Оптика",
            "Stockings",
            "Скидка, %",
            "Discount percentage",
            "Rabatt",
            "Знижка",
            "Штрихкод",
            "EAN",
            "Гарантия",
            "Гарантія, міс.",
            "Gewicht",
            "Kraj pochodzenia",
            "Мин. заказ",
            "Mindestmenge",
            "Срок поставки",
            "НДС, %",
            "Резерв",
            "В пути",
            "Ожидается",
            "Unterwegs",
            "Поставщик",
            "Lieferant",
            "Группа цен",
            "Скидка от цены",
        ] {
            check(heading, None);
        }
        assert_eq!(meaning("№"), HeadingMeaning::Number);
        assert_eq!(meaning("Nr"), HeadingMeaning::Number);
        assert_eq!(meaning("Давление"), HeadingMeaning::Unknown);
    }

    #[test]
    fn separates_internal_columns_from_attributes() {
        for heading in ["Заказ", "Скидка, %", "Сумма", "№ п/п", "Резерв", "Поставщик", "Наценка"]
        {
            assert_eq!(meaning(heading), HeadingMeaning::Nothing, "{heading}");
        }
        for heading in ["Вес, кг", "Штрихкод", "Упаковка"] {
            assert_eq!(meaning(heading), HeadingMeaning::Other, "{heading}");
        }
        assert_eq!(meaning("Мощность, кВт"), HeadingMeaning::Unknown);
    }

    #[test]
    fn ranks_the_retail_price_first() {
        let rank = |heading: &str| match meaning(heading) {
            HeadingMeaning::Field(Column::Price, rank) => rank,
            other => panic!("{heading}: {other:?}"),
        };
        assert!(rank("Розничная цена") < rank("Цена") && rank("Цена") < rank("Цена дилерская"));
        assert!(rank("Ціна роздрібна, грн") < rank("Ціна гуртова, грн"));
        assert!(rank("Розница") < rank("Опт") && rank("Розничная") < rank("Закупочная"));
    }

    #[test]
    fn knows_the_prices_that_clients_must_not_see() {
        for heading in [
            "Дилерская цена",
            "Цена закупки (шт)",
            "Закупочная",
            "Себестоимость",
            "Ціна закупівельна",
            "Дилерська",
            "Сатып алу бағасы",
            "Dealer price",
            "Cost",
            "Purchase price",
            "Your price",
            "Einkaufspreis",
            "EK",
            "Händlerpreis",
            "Cena zakupu",
            "Цена для партнёров",
            "Цена поставщика",
            "Trade price",
        ] {
            assert_eq!(price_kind(heading), Some(PriceKind::Internal), "{heading}");
        }
        for (heading, kind) in [
            ("Розничная цена", PriceKind::Retail),
            ("Цена", PriceKind::List),
            ("Цена по акции", PriceKind::Promotion),
            ("Цена за упаковку", PriceKind::Promotion),
            ("Оптовая цена", PriceKind::Wholesale),
            ("Cena hurtowa", PriceKind::Wholesale),
            ("Ескі баға", PriceKind::Wholesale),
            ("UVP", PriceKind::Retail),
        ] {
            assert_eq!(price_kind(heading), Some(kind), "{heading}");
        }
    }
}
