//! Shopify: a row a variant. Further variants and pictures of a product have its handle and nothing else of it.
//!
//! Reference: <https://help.shopify.com/en/manual/products/import-export/using-csv>.

use std::collections::HashMap;

use super::{
    super::{
        html,
        table::{Record, Table},
        workbook::{Row, Sheet},
    },
    Export,
};

/// What the first row of a product says for all its variants.
#[derive(Default)]
struct Product {
    title: String,
    /// Names of the options.
    options: Vec<String>,
    common: Record,
    /// Why the product is not for sale.
    left_out: Option<&'static str>,
}

const HEADINGS: &[&str] =
    &["SKU", "Title", "Price", "Stock", "Vendor", "Category", "Description", "Image Src"];

pub(super) fn rewrite(export: &Export<'_>) -> Option<(&'static str, Sheet)> {
    if !export.has(&[&["handle"], &["title"], &["variant price", "variant sku", "option1 value"]]) {
        return None;
    }
    let mut table = Table::new(HEADINGS);
    let mut products: HashMap<String, Product> = HashMap::new();
    for row in export.rows {
        let handle = export.text(row, &["handle"]);
        if !export.text(row, &["title"]).is_empty() || !products.contains_key(&handle) {
            products.insert(handle.clone(), product(export, row));
        }
        let Some(product) = products.get(&handle) else { continue };
        let variant = ["variant sku", "variant price", "option1 value"];
        if let Some(reason) = product.left_out {
            table.leave_out(reason, row.number);
        } else if variant.iter().all(|name| export.text(row, &[name]).is_empty()) {
            table.leave_out("a further picture of a product", row.number);
        } else {
            table.add(row.number, item(export, row, product));
        }
    }
    Some(("Shopify", table.finish(String::new())))
}

fn product(export: &Export<'_>, row: &Row) -> Product {
    let of = |names: &[&str]| export.text(row, names);
    let mut common = Record::default();
    common.text("Vendor", &of(&["vendor"]));
    // The shop's own category, or the last step of the standard one («A > B > C»).
    let standard = of(&["product category", "standard product type"]);
    common.text("Category", &of(&["type", "custom product type"]));
    common.text("Category", standard.rsplit('>').next().unwrap_or_default().trim());
    common.text("Description", &html::plain(&of(&["body (html)", "body html", "body"])));
    common.text("Image Src", &of(&["image src"]));
    common.text("Tags", &of(&["tags"]));
    for (at, heading) in &export.headings {
        // «Material (product.metafields.custom.material)»
        if let Some((name, _)) = heading.split_once(" (product.metafields.")
            && let Some(value) = row.get(*at)
        {
            common.text(name, &html::plain(&value.text()));
        }
    }
    let published = of(&["published"]).to_lowercase();
    let left_out = match of(&["status"]).to_lowercase().as_str() {
        "draft" => Some("a draft"),
        "archived" => Some("archived"),
        // Exports of before 2021 have no status.
        "" if published == "false" => Some("not published"),
        _ => None,
    };
    let options = (1..=3).map(|number| of(&[&format!("option{number} name")])).collect();
    Product { title: of(&["title"]), options, common, left_out }
}

fn item(export: &Export<'_>, row: &Row, product: &Product) -> Record {
    let of = |names: &[&str]| export.text(row, names);
    let mut record = Record::default();
    let mut title = product.title.clone();
    for (number, name) in (1..).zip(&product.options) {
        let value = of(&[&format!("option{number} value")]);
        // A product without variants has one option of this value.
        if value.is_empty() || value == "Default Title" {
            continue;
        }
        title = format!("{title}, {value}");
        record.text(if name.is_empty() { "Option" } else { name }, &value);
    }
    // An apostrophe keeps spreadsheet programs from reading a number.
    record.text("SKU", of(&["variant sku"]).trim_start_matches('\''));
    record.text("Title", &title);
    record.number("Price", &of(&["variant price"]), None);
    record.number("Stock", &of(&["variant inventory qty"]), None);
    record.text("Image Src", &of(&["variant image"]));
    record.text("Barcode", of(&["variant barcode"]).trim_start_matches('\''));
    record.inherit(&product.common);
    record
}
