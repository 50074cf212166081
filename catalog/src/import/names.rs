//! Maps a heading to its meaning, by the names common in Russian, Ukrainian and English price lists.
//!
//! Looks at one heading at a time, without values and neighbouring columns.

use super::{columns::Column, value};

/// The meaning of a column heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadingMeaning {
    /// It fills a field. The rank says how good a name it is for the field, 0 being the best.
    Field(Column, u8),
    /// Not about the product, or not for clients: row numbers, order quantities, discounts.
    Nothing,
    /// Another property of the product.
    Other,
}

/// Determines the meaning of a heading.
pub(super) fn meaning(heading: &str) -> HeadingMeaning {
    let lower = heading.to_lowercase().replace('ё', "е");
    let plain = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let words: Vec<&str> = plain.split(' ').collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let starts =
        |wanted: &[&str]| words.iter().any(|word| wanted.iter().any(|start| word.starts_with(start)));
    let is = |wanted: &[&str]| wanted.contains(&plain.as_str());
    let field = HeadingMeaning::Field;

    // «Код для заказа» and "Order No." are article numbers; other columns with these words are for the client's order.
    if starts(&["заказ", "замов", "order"])
        && (has(&["код", "номер", "no", "number", "code", "nr"]) || lower.contains('№'))
    {
        return field(Column::Article, 1);
    }
    if is(&["п п", "n п п", "no п п", "no", "n", "nn", "пп", "npp", "nr", "line", "line no", "пор номер"])
        || lower.trim() == "№"
        || lower.trim() == "#"
        || starts(&["скид", "discount", "знижк", "сумма", "сума", "amount", "заказ", "замов", "order"])
        || is(&["поставщик", "постачальник", "supplier", "supplier name", "наименование поставщика"])
        || starts(&["наценк", "націнк", "маржа", "margin", "бонус", "комисси"])
    {
        return HeadingMeaning::Nothing;
    }
    // Columns that share a word with a field but mean something else.
    if starts(&[
        "штрих",
        "barcode",
        "ean",
        "gtin",
        "страна",
        "країн",
        "country",
        "упак",
        "pack",
        "гарант",
        "warranty",
    ]) || starts(&[
        "вес",
        "вага",
        "weight",
        "объем",
        "обсяг",
        "volume",
        "кратн",
        "кратіст",
        "тнвэд",
        "moq",
    ]) || is(&["тн вэд", "код тн вэд", "код тнвэд", "hs code", "код уктзед", "код укт зед"])
    {
        return HeadingMeaning::Other;
    }
    if starts(&["валют", "currenc"]) {
        return field(Column::Currency, 0);
    }
    if let Some(rank) = price(heading, &plain, &words) {
        return field(Column::Price, rank);
    }
    if starts(&[
        "фото",
        "изображ",
        "картин",
        "зображ",
        "світлин",
        "рисунок",
        "photo",
        "image",
        "picture",
        "img",
    ]) {
        return field(Column::Photo, u8::from(!has(&["url", "ссылка", "link", "посилання"])));
    }
    if starts(&["артикул", "sku"]) || is(&["арт", "article", "article no", "article number", "product uid"])
    {
        // The supplier's own article number ranks above the manufacturer's.
        return field(
            Column::Article,
            u8::from(starts(&["производител", "виробник", "завод", "manufacturer"])),
        );
    }
    if starts(&["каталожн"])
        || lower.trim_end().ends_with('#')
        || is(&[
            "part no",
            "part number",
            "part",
            "item no",
            "item number",
            "item code",
            "product code",
            "item id",
        ])
        || is(&[
            "product id",
            "vendor code",
            "catalog no",
            "catalogue no",
            "ref",
            "reference",
            "mpn",
            "model no",
        ])
        || is(&["model number", "stock code", "cat no", "ref no", "article code", "style", "oem"])
    {
        return field(Column::Article, 1);
    }
    if has(&["код", "code", "шифр"]) || is(&["номенклатурный номер", "id", "номер"])
    {
        return field(Column::Article, 2);
    }
    if starts(&["остат", "налич", "залиш", "наявн", "stock", "availab", "склад", "in stock"])
    {
        return field(
            Column::Stock,
            u8::from(!starts(&["остат", "налич", "залиш", "наявн", "stock", "availab"])),
        );
    }
    if starts(&["колич", "кільк", "qty", "quantity"])
        || is(&["кол во", "кол", "к во", "к сть", "balance", "on hand", "кол во шт"])
    {
        return field(Column::Stock, 1);
    }
    if words.len() <= 4
        && has(&["ед", "од", "unit", "units", "uom", "единица", "единицы", "одиниця", "одиниці", "measure"])
        || is(&["еи", "изм"])
    {
        return field(Column::Unit, 0);
    }
    if starts(&["бренд", "производител", "изготовител", "виробник", "brand", "manufacturer"])
    {
        return field(Column::Brand, 0);
    }
    if is(&["марка", "торговая марка", "торгова марка", "тм", "vendor", "maker", "producer", "make"])
    {
        return field(Column::Brand, 1);
    }
    let english = has(&["en", "eng", "english", "англ", "английский", "английском", "англійською"]);
    let either = |native, foreign, rank| field(if english { foreign } else { native }, rank);
    if starts(&["категор", "categor"]) {
        return either(Column::Category, Column::CategoryEn, 0);
    }
    if starts(&["групп", "груп", "раздел", "розділ", "group", "section", "department"]) {
        return either(Column::Category, Column::CategoryEn, 1);
    }
    // A name of a person or company is not a product name.
    let person =
        starts(&["buyer", "contact", "client", "customer", "company", "покупател", "контакт", "клиент"])
            || is(&["first name", "last name", "full name", "user name"]);
    if person && starts(&["name", "наимен", "назва", "title"]) {
        return HeadingMeaning::Other;
    }
    if starts(&["наимен", "наймен", "номенклатур", "назва", "title", "name"]) {
        return either(Column::Name, Column::NameEn, 0);
    }
    if starts(&["описан", "опис", "description"]) {
        return either(Column::Description, Column::DescriptionEn, 0);
    }
    if starts(&["характерист", "specification", "specs", "details", "комментар"]) {
        return either(Column::Description, Column::DescriptionEn, 1);
    }
    if starts(&["товар", "продукц", "ассортимент", "асортимент", "позиц", "издели", "виріб", "вироб"])
        || is(&["product", "products", "item", "items", "goods"])
    {
        return either(Column::Name, Column::NameEn, 1);
    }
    if is(&["model", "модель", "тип", "type", "обозначение", "позначення", "марка насоса"])
    {
        return either(Column::Name, Column::NameEn, 2);
    }
    HeadingMeaning::Other
}

/// Rank of a price heading, retail prices first; `None` if it is not a price.
fn price(heading: &str, plain: &str, words: &[&str]) -> Option<u8> {
    let starts =
        |wanted: &[&str]| words.iter().any(|word| wanted.iter().any(|start| word.starts_with(start)));
    let named = starts(&[
        "цена",
        "цены",
        "ціна",
        "ціни",
        "price",
        "стоимост",
        "вартіст",
        "cost",
        "ррц",
        "мрц",
        "rrp",
        "msrp",
        "розница",
        "розничн",
        "опт",
        "оптов",
        "закупоч",
        "закупів",
        "дилерск",
        "роздріб",
        "роздрібн",
        "гурт",
        "себестоим",
        "собіварт",
        "базовая",
        "базова",
        "retail",
        "wholesale",
        "dealer",
    ]) || plain.starts_with("прайс");
    let money = value::currency(heading).is_some()
        && plain.chars().count() <= 24
        && !plain.chars().any(char::is_numeric);
    if !named && !money {
        return None;
    }
    Some(if starts(&["розн", "роздр", "retail", "ррц", "rrp", "msrp", "рекоменд"]) {
        0
    } else if starts(&[
        "опт",
        "гурт",
        "закуп",
        "себес",
        "акци",
        "дилер",
        "партнер",
        "wholesale",
        "dealer",
        "cost",
    ]) || starts(&["old", "стар", "мин", "мін", "purchase", "trade", "b2b", "спец", "вхід", "вход"])
    {
        2
    } else {
        1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(heading: &str, expected: Option<Column>) {
        let found = match meaning(heading) {
            HeadingMeaning::Field(column, _) => Some(column),
            HeadingMeaning::Nothing | HeadingMeaning::Other => None,
        };
        assert_eq!(found, expected, "{heading}");
    }

    #[test]
    fn understands_headings_in_three_languages() {
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
    fn separates_internal_columns_from_attributes() {
        for heading in ["Заказ", "Скидка, %", "Сумма", "№ п/п", "№"] {
            assert_eq!(meaning(heading), HeadingMeaning::Nothing, "{heading}");
        }
        for heading in ["Вес, кг", "Штрихкод", "Мощность, кВт", "Упаковка"] {
            assert_eq!(meaning(heading), HeadingMeaning::Other, "{heading}");
        }
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
}
