//! Sentences about rows, from the rows alone: what one is and costs, how several differ, which one to take and why.

use tolmach_engine::{
    card::card, catalog::Product, context::Order, language::Language, measure::Dimension, phrases::Phrase,
    text::money,
};

use super::reading::Reading;
use crate::phrases;

/// The most further columns that a description lists.
const MOST_ATTRIBUTES: usize = 12;
/// The most lines of a comparison.
const MOST_DIFFERENCES: usize = 12;

/// «Насос X (PF-1) — 9 490 ₽, в наличии: 19 шт.», a line each; with what is known of it where that is asked.
pub(super) fn of_rows(rows: &[Product], reading: &Reading, language: Language) -> String {
    let mut lines: Vec<String> = rows.iter().map(|row| line(row, language)).collect();
    if let [row] = rows {
        if reading.details || !reading.include.is_empty() {
            lines.extend(details(row, language));
        }
        if reading.photo && row.photo.is_none() {
            lines.push(phrases::NO_PHOTO.get(language).to_owned());
        }
    }
    lines.join("\n")
}

/// A row in one line: name, article, price, stock.
pub(super) fn line(row: &Product, language: Language) -> String {
    let card = card(row, language);
    let mut line = named(row, language);
    line.push_str(&format!(" — {}", card.price));
    if !card.stock.is_empty() {
        line.push_str(&format!(", {}", card.stock));
    }
    line.push('.');
    line
}

/// «Насос X (PF-1)».
pub(super) fn named(row: &Product, language: Language) -> String {
    let name = row.name.get(language);
    if row.article.is_empty() { name.to_owned() } else { format!("{name} ({})", row.article) }
}

fn details(row: &Product, language: Language) -> Vec<String> {
    let description = row.description.get(language);
    let mut lines = Vec::new();
    if !description.is_empty() {
        lines.push(description.to_owned());
    }
    let attributes = row.attributes.iter().take(MOST_ATTRIBUTES);
    lines.extend(attributes.map(|attribute| format!("{}: {}", attribute.name, attribute.value)));
    if lines.is_empty() {
        lines.push(phrases::NO_DETAILS.get(language).to_owned());
    }
    lines
}

/// How rows differ: a line for each field and attribute whose values are not all the same, and a sentence on price.
pub(super) fn comparison(rows: &[Product], language: Language) -> String {
    let mut lines: Vec<String> =
        rows.iter().enumerate().map(|(at, row)| format!("{}. {}", at + 1, named(row, language))).collect();
    lines.push(String::new());
    let cards: Vec<_> = rows.iter().map(|row| card(row, language)).collect();
    let mut differing: Vec<(String, Vec<String>)> = vec![
        (phrases::PRICE.get(language).to_owned(), cards.iter().map(|card| card.price.clone()).collect()),
        (phrases::STOCK.get(language).to_owned(), cards.iter().map(|card| bare_stock(&card.stock)).collect()),
        (phrases::BRAND.get(language).to_owned(), cards.iter().map(|card| card.brand.clone()).collect()),
    ];
    differing.extend(quantities(rows, language));
    let mut names: Vec<&str> = Vec::new();
    for attribute in rows.iter().flat_map(|row| &row.attributes) {
        if !names.contains(&attribute.name.as_str()) {
            names.push(&attribute.name);
        }
    }
    differing.extend(names.into_iter().map(|name| {
        let of = |row: &Product| row.attribute(name).unwrap_or_default().to_owned();
        (name.to_owned(), rows.iter().map(of).collect())
    }));
    differing.retain(|(_, values)| values.iter().any(|value| value != &values[0]));
    if differing.is_empty() {
        lines.push(phrases::ALIKE.get(language).to_owned());
        return lines.join("\n");
    }
    for (name, values) in differing.into_iter().take(MOST_DIFFERENCES) {
        let values: Vec<&str> =
            values.iter().map(|value| if value.is_empty() { "—" } else { value.as_str() }).collect();
        lines.push(format!("{name}: {}", values.join(" · ")));
    }
    if let Some(sentence) = cheapest_of(rows, language) {
        lines.push(String::new());
        lines.push(sentence);
    }
    lines.join("\n")
}

/// «20 шт» of «в наличии: 20 шт», under a heading that says the rest.
fn bare_stock(stock: &str) -> String {
    stock.split_once(": ").map_or(stock, |(_, count)| count).to_owned()
}

/// The quantities that the names state, a dimension each, as the first row writes its unit.
fn quantities(rows: &[Product], language: Language) -> Vec<(String, Vec<String>)> {
    let mut of_rows: Vec<Vec<(Dimension, String)>> = Vec::new();
    for row in rows {
        let name = row.name.get(language);
        let found = tolmach_engine::measure::find(name);
        of_rows.push(
            found
                .into_iter()
                .map(|found| (found.measure.dimension, name.get(found.whole).unwrap_or_default().to_owned()))
                .collect(),
        );
    }
    let mut dimensions: Vec<Dimension> = Vec::new();
    for (dimension, _) in of_rows.iter().flatten() {
        if !dimensions.contains(dimension) {
            dimensions.push(*dimension);
        }
    }
    let value = |of_row: &Vec<(Dimension, String)>, dimension: Dimension| {
        let values: Vec<&str> =
            of_row.iter().filter(|(known, _)| *known == dimension).map(|(_, value)| value.as_str()).collect();
        values.join(", ")
    };
    let lines = dimensions.into_iter().map(|dimension| {
        (
            called(dimension).get(language).to_owned(),
            of_rows.iter().map(|row| value(row, dimension)).collect(),
        )
    });
    lines.collect()
}

/// A dimension in words.
const fn called(dimension: Dimension) -> Phrase {
    match dimension {
        Dimension::Power => Phrase::new("Мощность", "Power"),
        Dimension::Voltage => Phrase::new("Напряжение", "Voltage"),
        Dimension::Current => Phrase::new("Ток", "Current"),
        Dimension::Charge => Phrase::new("Ёмкость", "Charge"),
        Dimension::Energy => Phrase::new("Энергия", "Energy"),
        Dimension::Torque => Phrase::new("Момент", "Torque"),
        Dimension::Length => Phrase::new("Размер", "Size"),
        Dimension::Area => Phrase::new("Площадь", "Area"),
        Dimension::Volume => Phrase::new("Объём", "Volume"),
        Dimension::Mass => Phrase::new("Масса", "Mass"),
        Dimension::Pressure => Phrase::new("Давление", "Pressure"),
        Dimension::Flow => Phrase::new("Расход", "Flow"),
        Dimension::Frequency => Phrase::new("Частота", "Frequency"),
        Dimension::Light => Phrase::new("Световой поток", "Light"),
        Dimension::Speed => Phrase::new("Обороты", "Speed"),
    }
}

/// Which row costs least, and by how much less than the dearest.
fn cheapest_of(rows: &[Product], language: Language) -> Option<String> {
    let priced: Vec<(usize, f64)> =
        rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.price?))).collect();
    let order = |a: &&(usize, f64), b: &&(usize, f64)| a.1.total_cmp(&b.1);
    let (low, high) = (priced.iter().min_by(order)?, priced.iter().max_by(order)?);
    let currency = &rows.get(low.0)?.currency;
    if high.1 - low.1 < 0.01 || rows.iter().any(|row| row.currency != *currency) {
        return None;
    }
    let text = phrases::CHEAPER_BY.get(language);
    let text = text.replace("{place}", &(low.0 + 1).to_string());
    Some(text.replace("{sum}", &money(high.1 - low.1, currency)))
}

/// Which of the rows to take, and why: the first that is in stock, since rows are in the order in which they answer the
/// query; without any in stock the first.
pub(super) fn recommended(rows: &[Product], language: Language) -> Option<(Product, String)> {
    let in_stock = rows.iter().find(|row| row.stock.is_some_and(|stock| stock > 0.0));
    let (row, why) = match in_stock {
        Some(row) => (row, phrases::NEAREST_IN_STOCK),
        None => (rows.first()?, phrases::NEAREST),
    };
    let recommended = phrases::I_RECOMMEND.get(language).replace("{}", &line(row, language));
    let mut text = format!("{recommended} {}", why.get(language));
    let cheaper = |other: &&Product| {
        other.id != row.id
            && other.currency == row.currency
            && other.price.zip(row.price).is_some_and(|(other, price)| other < price)
            && other.stock.is_none_or(|stock| stock > 0.0)
    };
    let cheapest = rows
        .iter()
        .filter(cheaper)
        .min_by(|a, b| a.price.partial_cmp(&b.price).unwrap_or(std::cmp::Ordering::Equal));
    if let Some(other) = cheapest {
        text.push('\n');
        text.push_str(&phrases::CHEAPER_IS.get(language).replace("{}", &line(other, language)));
    }
    Some((row.clone(), text))
}

/// An order as the client reads it back.
pub(super) fn order(order: &Order, language: Language) -> String {
    let mut lines = vec![phrases::IN_ORDER.get(language).to_owned()];
    lines.extend(order.lines.iter().map(|line| format!("• {}", line.text())));
    if let Some((sum, currency)) = order.sum() {
        lines.push(phrases::ORDER_SUM.get(language).replace("{}", &money(sum, currency)));
    }
    if !order.place.is_empty() {
        lines.push(phrases::ORDER_PLACE.get(language).replace("{}", &order.place));
    }
    lines.join("\n")
}

/// « — 9 490 ₽» after a line of an order; nothing for a row without a price.
pub(super) fn price_of(row: &Product, language: Language) -> String {
    row.price.map(|_| format!(", {}", card(row, language).price)).unwrap_or_default()
}
