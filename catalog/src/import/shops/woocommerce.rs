//! WooCommerce: variations are rows of their own below a parent that is no item, and refer to it.
//!
//! Headings are English, or Russian where the shop is. Reference:
//! <https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema>.

use std::collections::{HashMap, HashSet};

use super::{
    super::{
        html,
        table::{Record, Table},
        workbook::{Row, Sheet},
    },
    Export,
};

const TYPE: &[&str] = &["type", "тип"];
const SKU: &[&str] = &["sku", "артикул"];
const NAME: &[&str] = &["name", "имя", "название"];
const PUBLISHED: &[&str] = &["published", "опубликован", "опубликовано"];
const REGULAR: &[&str] = &["regular price", "базовая цена", "обычная цена"];
const SALE: &[&str] = &["sale price", "акционная цена", "цена распродажи"];
const SALE_STARTS: &[&str] = &["date sale price starts", "дата начала действия скидки"];
const SALE_ENDS: &[&str] = &["date sale price ends", "дата окончания действия скидки"];
const PARENT: &[&str] = &["parent", "родительский", "родитель"];
const STOCK: &[&str] = &["stock", "запасы", "остатки"];
const IN_STOCK: &[&str] = &["in stock?", "наличие", "в наличии?"];
const CATEGORIES: &[&str] = &["categories", "категории"];
const IMAGES: &[&str] = &["images", "изображения"];
const BRANDS: &[&str] = &["brands", "бренды"];
const DESCRIPTION: &[&str] = &["description", "описание"];
const SHORT: &[&str] = &["short description", "краткое описание"];
const BARCODE: &[&str] = &["gtin, upc, ean, or isbn", "gtin, upc, ean или isbn"];
const WEIGHT: &[&str] = &["weight (kg)", "вес (kg)", "вес (кг)"];
/// Attributes of a product that are looked for.
const MAX_ATTRIBUTES: usize = 40;

const HEADINGS: &[&str] = &["SKU", "Name", "Price", "Stock", "Brand", "Category", "Description", "Image Src"];

pub(super) fn rewrite(export: &Export<'_>) -> Option<(&'static str, Sheet)> {
    if !export.has(&[TYPE, NAME, PUBLISHED, REGULAR]) {
        return None;
    }
    let is_variation = |row: &Row| export.text(row, TYPE).to_lowercase().contains("variation");
    // Variations name their parent by its article or its number.
    let own = |row: &Row| [export.text(row, SKU), format!("id:{}", export.text(row, &["id"]))];
    let mut parents: HashMap<String, &Row> = HashMap::new();
    let mut referred: HashSet<String> = HashSet::new();
    for row in export.rows {
        if is_variation(row) {
            referred.insert(export.text(row, PARENT));
        } else {
            parents.extend(own(row).into_iter().filter(|name| !name.is_empty()).map(|name| (name, row)));
        }
    }
    let unpublished = |row: &Row| {
        let state = export.text(row, PUBLISHED);
        !state.is_empty() && state != "1"
    };
    let mut table = Table::new(HEADINGS);
    for row in export.rows {
        let kind = export.text(row, TYPE).to_lowercase();
        let parent = if is_variation(row) { parents.get(&export.text(row, PARENT)).copied() } else { None };
        if unpublished(row) || parent.is_some_and(unpublished) {
            table.leave_out("not published", row.number);
        } else if kind.contains("variable") && own(row).iter().any(|name| referred.contains(name)) {
            table.leave_out("a product whose variations are the items", row.number);
        } else if kind.contains("grouped") {
            table.leave_out("a group of products", row.number);
        } else {
            table.add(row.number, item(export, row, parent));
        }
    }
    Some(("WooCommerce", table.finish(String::new())))
}

fn item(export: &Export<'_>, row: &Row, parent: Option<&Row>) -> Record {
    let of = |names: &[&str]| export.text(row, names);
    let mut record = Record::default();
    record.text("SKU", &of(SKU));
    let attributes = attributes(export, row);
    let parents_name = parent.map(|parent| export.text(parent, NAME)).unwrap_or_default();
    let own_name = of(NAME);
    if parent.is_some() && (own_name.is_empty() || own_name == parents_name) {
        let values = attributes.iter().map(|(_, value)| value.as_str());
        record
            .text("Name", &[parents_name.as_str()].into_iter().chain(values).collect::<Vec<_>>().join(", "));
    }
    record.text("Name", &own_name);
    // A sale price holds now unless dates bound it: whether they have passed is not for an import to say.
    let dated = !of(SALE_STARTS).is_empty() || !of(SALE_ENDS).is_empty();
    if !dated {
        record.number("Price", &of(SALE), None);
    }
    record.number("Price", &of(REGULAR), None);
    record.text("Stock", &stock(&of(STOCK), &of(IN_STOCK)));
    for (name, value) in attributes {
        record.text(&name, &value);
    }
    common(export, row, &mut record);
    if let Some(parent) = parent {
        common(export, parent, &mut record);
    }
    record
}

/// What a variation has from its parent where it says nothing itself.
fn common(export: &Export<'_>, row: &Row, record: &mut Record) {
    let of = |names: &[&str]| export.text(row, names);
    record.text("Brand", &of(BRANDS));
    // «A > B, C»: the last step of the first path.
    let paths = of(CATEGORIES);
    let path = paths.split(", ").next().unwrap_or_default();
    record.text("Category", path.rsplit('>').next().unwrap_or_default().trim());
    // Line breaks are written as `\n`.
    record.text("Description", &html::plain(&of(DESCRIPTION)).replace("\\n", "\n"));
    record.text("Description", &html::plain(&of(SHORT)).replace("\\n", "\n"));
    record.text("Image Src", of(IMAGES).split(", ").next().unwrap_or_default());
    record.text("Barcode", &of(BARCODE));
    record.text("Weight, kg", &of(WEIGHT));
    for (name, value) in attributes(export, row) {
        record.text(&name, &value);
    }
}

/// The numbered attributes: «Attribute 1 name», «Attribute 1 value(s)».
fn attributes(export: &Export<'_>, row: &Row) -> Vec<(String, String)> {
    let pair = |number: usize| {
        let names = [format!("attribute {number} name"), format!("название атрибута {number}")];
        let values = [format!("attribute {number} value(s)"), format!("значения атрибутов {number}")];
        let of = |headings: &[String; 2]| export.text(row, &[headings[0].as_str(), headings[1].as_str()]);
        let (name, value) = (of(&names), of(&values));
        (!name.is_empty() && !value.is_empty()).then_some((name, value))
    };
    (1..=MAX_ATTRIBUTES).filter_map(pair).collect()
}

/// The quantity, or whether there is some.
fn stock(quantity: &str, state: &str) -> String {
    match state {
        _ if !quantity.is_empty() => quantity.to_owned(),
        "1" => "in stock".to_owned(),
        "0" => "out of stock".to_owned(),
        other => other.to_owned(),
    }
}
