//! The details of a lead as people read them.

use serde_json::{Map, Value};
use tolmach_engine::{
    language::Language,
    text::{money_in, shorten},
    typed::show,
};

/// The articles of a search that are named; the rest is counted.
const NAMED: usize = 5;
/// The longest text, in characters.
const LONGEST: usize = 500;

/// What a detail is, besides a slot's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What a search has found.
    Found,
    /// What the client chose.
    Order,
    /// The value of a slot.
    Slot,
}

/// What a detail is.
pub fn kind(value: &Value) -> Kind {
    match value.as_object() {
        Some(fields)
            if fields.contains_key("total")
                && ["articles", "items"].iter().any(|name| fields.contains_key(*name)) =>
        {
            Kind::Found
        }
        Some(fields) if fields.get("lines").is_some_and(Value::is_array) => Kind::Order,
        _ => Kind::Slot,
    }
}

/// A detail as one line, at most 500 characters.
pub fn told(value: &Value, language: Language) -> String {
    shorten(&text(value, language), LONGEST)
}

fn text(value: &Value, language: Language) -> String {
    match (kind(value), value) {
        (Kind::Found, Value::Object(fields)) => found(fields, language),
        (Kind::Order, Value::Object(fields)) => {
            let lines = fields.get("lines").and_then(Value::as_array).into_iter().flatten();
            let lines = lines.filter_map(Value::as_object).map(|line| ordered(line, language));
            let rest =
                ["place", "wishes"].into_iter().filter_map(|name| word(fields, name)).map(str::to_owned);
            lines.chain(rest).collect::<Vec<_>>().join("; ")
        }
        (_, value) => match (show(value, language), value) {
            (Ok(text), _) => text,
            // A row of the catalogue.
            (Err(_), Value::Object(fields))
                if ["article", "name"].iter().all(|name| fields.contains_key(*name)) =>
            {
                match fields.get("name") {
                    Some(Value::Object(names)) => {
                        let name =
                            word(names, language.code()).or_else(|| names.values().find_map(Value::as_str));
                        with_article(name.unwrap_or_default(), fields)
                    }
                    _ => named(fields),
                }
            }
            (Err(_), Value::Object(fields)) => {
                let all = fields.iter().filter(|(_, value)| !value.is_null());
                all.map(|(name, value)| format!("{name}: {}", text(value, language)))
                    .collect::<Vec<_>>()
                    .join(", ")
            }
            (Err(_), Value::Array(items)) => {
                items.iter().map(|item| text(item, language)).collect::<Vec<_>>().join(", ")
            }
            (Err(_), _) => String::new(),
        },
    }
}

fn word<'v>(fields: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    fields.get(name).and_then(Value::as_str).filter(|word| !word.is_empty())
}

fn named(fields: &Map<String, Value>) -> String {
    with_article(word(fields, "name").unwrap_or_default(), fields)
}

fn with_article(name: &str, fields: &Map<String, Value>) -> String {
    word(fields, "article").map_or_else(|| name.to_owned(), |article| format!("{name} ({article})"))
}

fn found(fields: &Map<String, Value>, language: Language) -> String {
    let total = fields.get("total").and_then(Value::as_u64).unwrap_or_default();
    let lists = ["articles", "items"].into_iter().filter_map(|name| fields.get(name)?.as_array());
    let articles: Vec<&str> =
        lists.flatten().filter_map(|item| item.as_str().or_else(|| item.get("article")?.as_str())).collect();
    let first = articles.get(..NAMED).unwrap_or(&articles).join(", ");
    let (of, first) =
        match (language, usize::try_from(total).is_ok_and(|total| total > articles.len().min(NAMED))) {
            (Language::Ru, true) => (format!(" — найдено {total}"), format!("{first}…")),
            (Language::En, true) => (format!(" — {total} found"), format!("{first}…")),
            (_, false) => (String::new(), first),
        };
    let query = match word(fields, "query") {
        Some(query) if language == Language::Ru => format!("«{query}»"),
        Some(query) => format!("“{query}”"),
        None => String::new(),
    };
    let head = format!("{query}{of}");
    let head = head.trim_start_matches(" — ");
    if head.is_empty() { first } else { format!("{head}: {first}") }
}

/// A line of an order: `Pump (PN-1) × 2 pcs, 8 450 ₽`.
fn ordered(line: &Map<String, Value>, language: Language) -> String {
    let mut text = named(line);
    if let Some(quantity) = line.get("quantity").and_then(Value::as_f64) {
        let unit = word(line, "unit").map_or_else(String::new, |unit| format!(" {unit}"));
        let quantity = tolmach_engine::typed::show(&quantity.into(), language).unwrap_or_default();
        text.push_str(&format!(" × {quantity}{unit}"));
    }
    if let Some(price) = line.get("price").and_then(Value::as_f64) {
        let currency = word(line, "currency").unwrap_or_default();
        text.push_str(&format!(", {}", money_in(price, currency, language)));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_sentences_and_no_json() {
        let found = json!({ "query": "бензопила", "total": 24, "articles": ["A-1", "A-2", "A-3", "A-4", "A-5", "A-6"] });
        let order = json!({ "place": "Тверь", "lines": [
            { "article": "PN-1", "name": "Насос", "quantity": 2.0, "unit": "шт", "price": 8450.0, "currency": "RUB" },
            { "name": "ещё что-то", "said": "и ещё что-то" },
        ] });
        let cases = [
            (&found, Language::Ru, "«бензопила» — найдено 24: A-1, A-2, A-3, A-4, A-5…"),
            (&found, Language::En, "“бензопила” — 24 found: A-1, A-2, A-3, A-4, A-5…"),
            (&json!({ "query": "", "total": 1, "articles": ["A-1"] }), Language::En, "A-1"),
            (&order, Language::Ru, "Насос (PN-1) × 2 шт, 8\u{a0}450\u{a0}₽; ещё что-то; Тверь"),
            (&json!(["red", "blue"]), Language::En, "red, blue"),
            (&json!(true), Language::Ru, "да"),
            (&json!(1.5), Language::Ru, "1,5"),
            (&json!({ "article": "PN-1", "name": "Pump", "price": 5 }), Language::En, "Pump (PN-1)"),
            (
                &json!({ "query": "pump", "total": 1, "items": [{ "article": "PN-1", "name": { "en": "Pump" } }] }),
                Language::En,
                "“pump”: PN-1",
            ),
            (&json!({ "article": "PN-1", "name": { "ru": "Насос" } }), Language::En, "Насос (PN-1)"),
            (&json!({ "name": "Ann", "phone": "+1" }), Language::En, "name: Ann, phone: +1"),
            (
                &json!({ "street": "Lenina", "house": 5, "floor": null }),
                Language::En,
                "house: 5, street: Lenina",
            ),
            (&json!(null), Language::En, ""),
        ];
        for (value, language, expected) in cases {
            assert_eq!(told(value, language), expected, "{value}");
        }
        assert!(told(&json!("х".repeat(10_000)), Language::Ru).chars().count() <= 500);
    }
}
