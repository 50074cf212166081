//! Text output of a price list's content and changes.

use std::path::PathBuf;

use comfy_table::{ContentArrangement, Table, presets};
use tolmach_catalog::{
    changes::{Changes, Disagreements, ItemSummary},
    import::Mapping,
    photos::PhotoReport,
};
use tolmach_engine::catalog::Product;

/// The maximum number of examples printed per kind of change.
const LINES: usize = 5;

/// The counts of changes in one line.
pub fn summary(changes: &Changes) -> String {
    format!(
        "{} new, {} with another price, {} changed otherwise, {} gone, {} unchanged",
        changes.new, changes.changed_price, changes.changed_other, changes.gone, changes.unchanged
    )
}

/// Prints examples of changes.
pub fn changes(changes: &Changes) {
    for change in changes.examples.changed_price.iter().take(LINES) {
        let (old, new) = (price(change.old, ""), price(change.new, &change.currency));
        println!("    price  {}: {old} -> {new}", titled(&change.article, &change.name));
    }
    for (word, list) in [("new", &changes.examples.new), ("gone", &changes.examples.gone)] {
        for ItemSummary { article, name, price: own, currency } in list.iter().take(LINES) {
            println!("    {word:<5}  {}: {}", titled(article, name), price(*own, currency));
        }
    }
}

/// Prints articles for which another supplier has a different price.
pub fn disagreements(found: &Disagreements) {
    if found.count == 0 {
        return;
    }
    let articles = if found.count == 1 { "article has" } else { "articles have" };
    println!("  {} {articles} another price in another supplier's list; both stay:", found.count);
    for one in found.examples.iter().take(LINES) {
        println!(
            "    {}: {} here, {} from \"{}\"",
            titled(&one.article, &one.name),
            price(Some(one.price), &one.currency),
            price(Some(one.other_price), &one.currency),
            one.other
        );
    }
}

/// Prints the report on an archive of photos.
pub fn photos(photos: Option<&(PathBuf, PhotoReport)>) {
    let Some((_, taken)) = photos else { return };
    let PhotoReport { file, items, pictures, unknown, further, unusable, examples } = taken;
    println!(
        "  photos in {file}: {pictures} for {items} items, {further} further ones, {unknown} of no article here"
    );
    if *unusable > 0 {
        println!("    {unusable} cannot be used: {}", examples.join("; "));
    }
}

/// Prints how many items have their photo on another host, if any.
pub fn photos_elsewhere(count: usize) {
    if count > 0 {
        println!(
            "  {} a photo on another host: Telegram shows it, the chat page does not, because the host would see your \
             clients' addresses; bring photos in a zip (--photos)",
            if count == 1 { "1 item has".to_owned() } else { format!("{count} items have") }
        );
    }
}

/// Prints the stored column mapping that was used, if any.
pub fn remembered(mapping: &Mapping, source: &str) {
    if !mapping.is_empty() {
        println!("  columns remembered of \"{source}\": {mapping} (--map auto forgets them)");
    }
}

/// The first `count` rows as a table; `None` for 0.
pub fn rows(items: &[Product], count: usize) -> Option<String> {
    if count == 0 {
        return None;
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(100);
    table.set_header(["article", "name", "price", "stock", "unit", "brand", "category"]);
    for item in items.iter().take(count) {
        let either = |ru: &str, en: &str| short(if ru.is_empty() { en } else { ru });
        table.add_row([
            short(&item.article),
            either(&item.name.ru, &item.name.en),
            price(item.price, &item.currency),
            item.stock.map(|stock| stock.to_string()).unwrap_or_default(),
            short(&item.unit),
            short(&item.brand),
            either(&item.category.ru, &item.category.en),
        ]);
    }
    Some(table.to_string())
}

fn price(price: Option<f64>, currency: &str) -> String {
    price.map_or_else(|| "on request".to_owned(), |price| format!("{price} {currency}").trim_end().to_owned())
}

fn titled(article: &str, name: &str) -> String {
    format!("{article} {}", short(name)).trim().to_owned()
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
