//! The data of a preview: the sheet with its columns, surprises and changes.

use serde_json::{Value, json};
use tolmach_app::catalog_drafts::{
    Draft, Level, NOTHING, Preview, SeenSheet, Surprise, field_of, is_doubtful, is_named, surprises,
};
use tolmach_catalog::{
    changes::{ItemSummary, PriceChange},
    import::{ATTRIBUTE, ColumnMapping, SampleRow},
};
use tolmach_engine::language::Language;

use super::upload::Shown;
use crate::{context::Visit, gate::encode, texts};

/// Rows of a sheet on one page.
const ROWS: usize = 25;
/// From which relative difference on a price is marked.
const FAR: f64 = 0.3;

pub(super) fn shown(visit: &Visit, draft: &Draft, preview: &Preview, href: &str, shown: &Shown) -> Value {
    let sheets = preview.sheets();
    let main = sheets.iter().enumerate().max_by_key(|(number, seen)| {
        (seen.report.map_or(0, |report| report.items), std::cmp::Reverse(*number))
    });
    let asked = shown.sheet.and_then(|number| number.checked_sub(1)).filter(|number| *number < sheets.len());
    let current = asked.or(main.map(|(number, _)| number)).unwrap_or_default();
    let found = surprises(preview);
    let count = |level| found.iter().filter(|surprise| surprise.level == level).count();
    let blocked = preview.blocked_by();
    let blocking = if blocked == Some("columns") { preview.doubts() } else { count(Level::Bad) };
    let tab = shown.tab.as_deref().filter(|tab| TABS.contains(tab)).unwrap_or_else(|| first_tab(preview));
    let (rows, all) = changed(visit.language, preview, tab);
    let over = if all > rows.len() { all } else { 0 };
    let tabs: Vec<Value> = TABS
        .iter()
        .map(|key| {
            json!({
                "key": key, "count": changed(visit.language, preview, key).1,
                "href": format!("{href}?sheet={}&tab={key}", current + 1), "current": *key == tab,
            })
        })
        .collect();
    let several = draft.lists().count() > 1;
    let named = |seen: &SeenSheet<'_>| match draft.lists().nth(seen.list).filter(|_| several) {
        Some(file) => format!("{}: {}", file.name, seen.name()),
        None => seen.name().to_owned(),
    };
    let menu: Vec<Value> = sheets
        .iter()
        .enumerate()
        .map(|(number, seen)| {
            json!({
                "name": named(seen), "items": seen.report.map_or(0, |report| report.items),
                "ignored": seen.report.is_some_and(|report| report.ignored.is_some()), "current": number == current,
                "href": format!("{href}?sheet={}&tab={tab}", number + 1),
            })
        })
        .collect();
    let changes = &preview.changes;
    let (items, report) = (preview.report.items, &preview.report);
    let read: usize = report.sheets.iter().map(|sheet| sheet.rows).sum();
    let place = Place { href, number: current, tab, row: shown.row };
    json!({
        "items": items, "new": changes.new, "gone": changes.gone, "changed_price": changes.changed_price,
        "changed_other": changes.changed_other, "unchanged": changes.unchanged, "rows_read": read,
        "doubts": preview.doubts(), "blocking": blocking, "to_check": count(Level::Warn), "ready": blocked.is_none(),
        "blocked_by": blocked.unwrap_or_default(),
        "surprises": found.iter().map(|surprise| told(visit.language, surprise)).collect::<Vec<_>>(),
        "sheets": if menu.len() > 1 { menu } else { Vec::new() },
        "sheet": sheet(sheets.get(current), sheets.get(current).map(named).unwrap_or_default(), preview, &place),
        "tab": tab, "tabs": tabs, "rows_shown": rows.len(), "rows_more": over, "rows": rows,
    })
}

const TABS: [&str; 5] = ["price", "new", "gone", "suppliers", "golden"];

/// The first tab with something in it.
fn first_tab(preview: &Preview) -> &'static str {
    let (changes, failing) = (&preview.changes, preview.failing().count());
    let counts = [changes.changed_price, changes.new, changes.gone, preview.disagreements.count, failing];
    if failing > 0 {
        return "golden";
    }
    TABS.into_iter().zip(counts).find(|(_, count)| *count > 0).map_or("price", |(tab, _)| tab)
}

/// The rows of a tab, and how many there are in all.
fn changed(language: Language, preview: &Preview, tab: &str) -> (Vec<Value>, usize) {
    let changes = &preview.changes;
    let examples = &changes.examples;
    let items = |items: &[ItemSummary]| items.iter().map(item).collect();
    match tab {
        "price" => {
            let rows = examples.changed_price.iter().map(|change| price(language, change)).collect();
            (rows, changes.changed_price)
        }
        "new" => (items(&examples.new), changes.new),
        "gone" => (items(&examples.gone), changes.gone),
        "suppliers" => {
            let rows = preview.disagreements.examples.iter().map(|one| {
                json!({
                    "article": one.article, "name": one.name, "price": one.price, "other": one.other,
                    "other_price": one.other_price, "currency": one.currency,
                })
            });
            (rows.collect(), preview.disagreements.count)
        }
        _ => {
            let rows: Vec<Value> = preview
                .failing()
                .map(|one| {
                    json!({
                        "asked": one.asked, "expected": one.articles.join(", "), "found": one.found.join(", "),
                    })
                })
                .collect();
            let all = rows.len();
            (rows, all)
        }
    }
}

fn item(item: &ItemSummary) -> Value {
    json!({ "article": item.article, "name": item.name, "price": item.price, "currency": item.currency })
}

fn price(language: Language, change: &PriceChange) -> Value {
    let share = match (change.old, change.new) {
        (Some(old), Some(new)) if old > 0.0 => Some((new - old) / old),
        _ => None,
    };
    let by = share.map(|share| {
        let sign = if share > 0.0 { "+" } else { "" };
        let number = texts::decimal(language, share * 100.0, 1);
        match language {
            Language::Ru => format!("{sign}{number}\u{a0}%"),
            Language::En => format!("{sign}{number}%"),
        }
    });
    json!({
        "article": change.article, "name": change.name, "old": change.old, "new": change.new,
        "currency": change.currency, "by": by.unwrap_or_default(), "far": share.is_some_and(|share| share.abs() > FAR),
    })
}

fn told(language: Language, surprise: &Surprise) -> Value {
    let level = match surprise.level {
        Level::Bad => "bad",
        Level::Warn => "warn",
        Level::Info => "info",
    };
    let priced = |amount: f64, currency: &str| texts::priced(language, amount, currency);
    let prices = surprise.prices.as_ref();
    let fixes: Vec<Value> =
        surprise.fixes.iter().map(|field| json!({ "column": surprise.column, "field": field })).collect();
    let [first, second] = &surprise.fields;
    json!({
        "level": level, "kind": surprise.kind, "n": surprise.count, "where": surprise.places, "what": surprise.what,
        "column": surprise.column, "first": first, "second": second, "example": surprise.example,
        "old": prices.map(|(old, _, currency)| priced(*old, currency)),
        "new": prices.map(|(_, new, currency)| priced(*new, currency)),
        "sheet": surprise.sheet.map_or(0, |sheet| sheet + 1), "fixes": fixes,
    })
}

/// Where on the preview a person is.
struct Place<'p> {
    href: &'p str,
    /// The number of the sheet, from 0.
    number: usize,
    tab: &'p str,
    row: Option<u32>,
}

fn sheet(seen: Option<&SeenSheet<'_>>, name: String, preview: &Preview, place: &Place<'_>) -> Value {
    let empty: &[SampleRow] = &[];
    let report = seen.and_then(|seen| seen.report);
    let sample = seen.and_then(|seen| seen.sample);
    let header_row = report.and_then(|report| report.header_row).unwrap_or_default();
    let begins = place.row.unwrap_or(header_row + 1);
    let all = sample.map_or(empty, |sample| sample.rows.as_slice());
    let from = all.partition_point(|row| row.number < begins);
    let shown = all.get(from..).unwrap_or_default();
    let next = shown.get(ROWS).map(|row| row.number);
    let shown = shown.get(..ROWS).unwrap_or(shown);
    let letters = sample.map(|sample| sample.columns.as_slice()).unwrap_or_default();
    let ignored = report.and_then(|report| report.ignored.as_ref());
    let known =
        |letter: &str| report.and_then(|report| report.columns.iter().find(|one| one.column == letter));
    let columns: Vec<Value> = match ignored {
        Some(_) => Vec::new(),
        None => letters.iter().map(|letter| column(letter, known(letter))).collect(),
    };
    let odd: Vec<(u32, bool)> = preview
        .report
        .odd
        .iter()
        .filter(|odd| report.is_some_and(|report| report.name == odd.sheet))
        .map(|odd| (odd.row, odd.why.starts_with("price")))
        .collect();
    let rows: Vec<Value> = shown
        .iter()
        .map(|row| {
            let section = report.and_then(|report| {
                report.section_rows.iter().find(|(number, _)| *number == row.number).map(|(_, name)| name)
            });
            let skipped = row.number <= header_row
                || report.is_some_and(|report| {
                    report.skipped.values().any(|skipped| skipped.rows.contains(&row.number))
                });
            let cells: Vec<Value> = letters
                .iter()
                .zip(&row.cells)
                .map(|(letter, text)| {
                    let found = known(letter);
                    let field = found.and_then(|one| one.field.as_deref()).unwrap_or_default();
                    let odd = odd.iter().any(|(number, price)| {
                        *number == row.number && field == if *price { "price" } else { "name" }
                    });
                    json!({ "text": text, "odd": odd, "class": class(found) })
                })
                .collect();
            json!({ "number": row.number, "section": section, "skipped": skipped, "cells": cells })
        })
        .collect();
    let href =
        |row: u32| format!("{}?sheet={}&tab={}&row={row}", place.href, place.number + 1, encode(place.tab));
    json!({
        "number": place.number + 1, "name": name, "ignored": ignored, "header_row": header_row,
        "columns_count": columns.len(), "columns": columns, "rows": rows,
        "from": shown.first().map_or(0, |row| row.number), "to": shown.last().map_or(0, |row| row.number),
        "total": sample.map_or(0, |sample| sample.total), "next_href": next.map(href),
    })
}

fn column(letter: &str, found: Option<&ColumnMapping>) -> Value {
    let field = found.map_or(NOTHING, field_of);
    let sure = match found {
        Some(found) if is_named(found) => "named",
        Some(found) if is_doubtful(found) => "doubt",
        Some(found) if found.field.is_some() => "sure",
        _ => "off",
    };
    let percent = found.and_then(|found| found.confidence).map(|confidence| (confidence * 100.0).round());
    let why = found.map(|found| found.why.as_str()).filter(|why| !why.is_empty());
    json!({
        "letter": letter, "header": found.map(|found| found.header.as_str()).unwrap_or_default(), "field": field,
        "percent": percent.filter(|_| sure == "sure" || sure == "doubt"), "sure": sure, "why": why,
    })
}

fn class(found: Option<&ColumnMapping>) -> &'static str {
    let doubt = found.is_some_and(is_doubtful);
    match found.map(field_of) {
        Some("article") => "mono",
        Some("price" | "stock") if doubt => "num doubt",
        Some("price" | "stock") => "num",
        None | Some(NOTHING) => "off",
        Some(ATTRIBUTE) => "",
        Some(_) if doubt => "doubt",
        Some(_) => "",
    }
}
