//! Reads YML, the catalogue format of Yandex Market that shops also give to resellers: `yml_catalog` with `offers`.
//!
//! Reference: <https://yandex.ru/support/marketplace/assortment/fields/>.

use std::collections::HashMap;

use super::{
    Error, currency, html,
    table::{Record, Table},
    workbook::{Style, Workbook},
    xml::{self, Node},
};

// Headings of the fields, as `names` knows them.
const ARTICLE: &str = "Артикул";
const NAME: &str = "Наименование";
const PRICE: &str = "Цена";
const CURRENCY: &str = "Валюта";
const STOCK: &str = "Остаток";
const BRAND: &str = "Производитель";
const CATEGORY: &str = "Категория";
const DESCRIPTION: &str = "Описание";
const PHOTO: &str = "Фото URL";
const HEADINGS: &[&str] = &[ARTICLE, NAME, PRICE, CURRENCY, STOCK, BRAND, CATEGORY, DESCRIPTION, PHOTO];

pub(super) fn read(text: &str, file: &str) -> Result<Workbook, Error> {
    let mut table = Table::new(HEADINGS);
    let mut categories: HashMap<String, String> = HashMap::new();
    let mut number = 1_u32;
    xml::records(text, file, &["category", "offer"], |node| {
        if node.name == "category" {
            categories.insert(node.attribute("id").to_owned(), node.text.trim().to_owned());
            return;
        }
        number = number.saturating_add(1);
        if node.text_of("deleted") == "true" || node.attribute("deleted") == "true" {
            table.leave_out("a deleted offer", number);
            return;
        }
        let category = categories.get(node.text_of("categoryId")).map_or("", String::as_str);
        table.add(number, offer(&node, category));
    })?;
    let dropped = table.dropped;
    let mut workbook = Workbook { sheets: vec![table.finish("offers".into())], ..Workbook::default() };
    if dropped > 0 {
        workbook.warnings.push(format!("{dropped} values of parameters beyond column 256 were left out"));
    }
    Ok(workbook)
}

fn offer(node: &Node, category: &str) -> Record {
    let mut record = Record::default();
    let of = |name| node.text_of(name);
    record.text(ARTICLE, first(&[of("vendorCode"), of("shop-sku"), of("article"), node.attribute("id")]));
    // Offers of the type `vendor.model` have no name, but the parts of one.
    let made = [of("typePrefix"), of("vendor"), of("model")].join(" ");
    record.text(NAME, first(&[of("name"), of("title"), made.trim()]));
    let code = currency::named(of("currencyId"));
    record.number(PRICE, of("price"), code.map(|code| Style { currency: Some(code), decimals: None }));
    record.text(CURRENCY, of("currencyId"));
    let counts = ["count", "stock_quantity", "quantity_in_stock", "quantity", "available_quantity", "amount"];
    let counted = counts.into_iter().map(of).find(|text| text.parse::<f64>().is_ok());
    match (counted, first(&[node.attribute("available"), of("available")])) {
        (Some(count), _) => record.number(STOCK, count, None),
        (None, "true") => record.text(STOCK, "есть"),
        // Not in stock; brought on order.
        (None, "false") => record.text(STOCK, "под заказ"),
        (None, _) => {}
    }
    record.text(BRAND, first(&[of("vendor"), of("brand")]));
    record.text(CATEGORY, first(&[category, of("category"), of("market_category")]));
    record.text(DESCRIPTION, &html::plain(of("description")));
    record.text(PHOTO, of("picture"));
    record.number("Закупочная цена", of("purchase_price"), None);
    record.text("Штрихкод", of("barcode"));
    record.text("Страна", of("country_of_origin"));
    record.text("Вес, кг", of("weight"));
    record.text("Габариты, см", of("dimensions"));
    if of("manufacturer_warranty") == "true" {
        record.text("Гарантия производителя", "есть");
    }
    for parameter in node.all("param") {
        let (name, unit) = (parameter.attribute("name"), parameter.attribute("unit"));
        let heading = if unit.is_empty() { name.to_owned() } else { format!("{name}, {unit}") };
        record.text(&heading, &html::plain(&parameter.text));
    }
    record
}

/// The first text that is not empty; empty if all are.
pub(super) fn first<'a>(texts: &[&'a str]) -> &'a str {
    texts.iter().find(|text| !text.is_empty()).copied().unwrap_or_default()
}
