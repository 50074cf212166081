//! What a person should look at before a list is published, the most important first.

use tolmach_catalog::import::{ATTRIBUTE, ColumnMapping, SheetReport, Warning};

use super::{Preview, columns::NOTHING};

/// Confidence below which a column has to be confirmed.
pub const SURE: f64 = 0.7;
/// Rows that a surprise names.
const PLACES: usize = 3;

/// How bad a surprise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The list cannot be published.
    Bad,
    /// It should be looked at.
    Warn,
    /// It is good to know.
    Info,
}

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Surprise {
    /// How bad it is.
    pub level: Level,
    /// What it is, as a key of texts; `other` for something that is only there in English.
    pub kind: &'static str,
    /// How often.
    pub count: usize,
    /// Where: cells, rows or a file.
    pub places: String,
    /// What is wrong, in English, for `other`.
    pub what: String,
    /// The file and the sheet that it is about, as numbers of the preview's; `None` for the whole list.
    pub sheet: Option<usize>,
    /// The letters of a column.
    pub column: String,
    /// The fields that it is about.
    pub fields: [String; 2],
    /// The first example.
    pub example: Option<String>,
    /// A price before and after, with its currency.
    pub prices: Option<(f64, f64, String)>,
    /// What the column may be said to be, the best guess first.
    pub fixes: Vec<String>,
}

impl Surprise {
    fn new(level: Level, kind: &'static str, count: usize) -> Surprise {
        Surprise {
            level,
            kind,
            count,
            places: String::new(),
            what: String::new(),
            sheet: None,
            column: String::new(),
            fields: [NOTHING.to_owned(), NOTHING.to_owned()],
            example: None,
            prices: None,
            fixes: Vec::new(),
        }
    }
}

/// Whether a column has to be looked at: its values fit what it was taken for badly, and nobody has confirmed it.
pub fn is_doubtful(column: &ColumnMapping) -> bool {
    !is_named(column) && column.confidence.is_some_and(|confidence| confidence < SURE)
}

/// Whether a person has said what a column is.
pub fn is_named(column: &ColumnMapping) -> bool {
    matches!(column.why.as_str(), "as said" | "left out as said")
}

/// The surprises of a preview.
pub fn surprises(preview: &Preview) -> Vec<Surprise> {
    let mut found = Vec::new();
    if let Some(why) = &preview.not_understood {
        found.push(Surprise { what: why.clone(), ..Surprise::new(Level::Bad, "other", 0) });
    }
    for (number, sheet) in preview.report.sheets.iter().enumerate().filter(|(_, sheet)| sheet.items > 0) {
        columns(&mut found, number, sheet);
    }
    let failing = preview.failing().count();
    if failing > 0 {
        found.push(Surprise::new(Level::Bad, "golden", failing));
    }
    if let Some(why) = &preview.golden_error {
        found.push(Surprise { what: why.clone(), ..Surprise::new(Level::Bad, "other", 0) });
    }
    if preview.changes.jumped > 0 {
        let largest = preview
            .changes
            .examples
            .changed_price
            .iter()
            .find(|change| change.old.is_some() && change.new.is_some());
        found.push(Surprise {
            example: largest.map(|change| format!("{} {}", change.article, change.name).trim().to_owned()),
            prices: largest.and_then(|change| Some((change.old?, change.new?, change.currency.clone()))),
            ..Surprise::new(Level::Warn, "price_jump", preview.changes.jumped)
        });
    }
    found.extend(preview.report.warnings.iter().filter_map(warned));
    odd(&mut found, preview);
    if preview.demo_rows > 0 {
        found.push(Surprise::new(Level::Info, "demo", preview.demo_rows));
    }
    if preview.photos_elsewhere > 0 {
        found.push(Surprise::new(Level::Info, "photo_elsewhere", preview.photos_elsewhere));
    }
    if let Some(photos) = preview.photos.as_ref() {
        if photos.unknown > 0 {
            found.push(Surprise {
                places: photos.file.clone(),
                ..Surprise::new(Level::Info, "photo_unmatched", photos.unknown)
            });
        }
        if photos.unusable > 0 {
            found.push(Surprise {
                places: photos.file.clone(),
                what: "photos that cannot be used".to_owned(),
                example: photos.examples.first().cloned(),
                ..Surprise::new(Level::Warn, "other", photos.unusable)
            });
        }
    }
    found.sort_by_key(|surprise| surprise.level);
    found
}

/// Columns that are doubtful, and a price that no column was taken for though one looks like it.
fn columns(found: &mut Vec<Surprise>, number: usize, sheet: &SheetReport) {
    for column in sheet.columns.iter().filter(|column| is_doubtful(column)) {
        let first = column.field.clone().unwrap_or_else(|| NOTHING.to_owned());
        let other = column.alternatives.first().map(|other| other.field.clone());
        let second = other.clone().unwrap_or_else(|| "attribute".to_owned());
        let mut fixes = vec![first.clone(), second.clone(), NOTHING.to_owned()];
        fixes.dedup();
        found.push(Surprise {
            sheet: Some(number),
            places: format!("{}{}", column.column, sheet.header_row.unwrap_or(1).max(1)),
            column: column.column.clone(),
            fields: [first, second],
            example: Some(column.examples.join(", ")).filter(|text| !text.is_empty()),
            fixes,
            ..Surprise::new(Level::Bad, "column_doubt", 1)
        });
    }
    for field in ["price", "article"] {
        if sheet.columns.iter().any(|column| column.field.as_deref() == Some(field)) {
            continue;
        }
        let like = sheet.columns.iter().find(|column| {
            let free = column.field.as_deref().is_none_or(|taken| taken == ATTRIBUTE);
            free && !is_named(column) && column.alternatives.first().is_some_and(|other| other.field == field)
        });
        if let Some(column) = like {
            found.push(Surprise {
                sheet: Some(number),
                places: column.column.clone(),
                column: column.column.clone(),
                fields: [field.to_owned(), NOTHING.to_owned()],
                example: Some(column.examples.join(", ")).filter(|text| !text.is_empty()),
                fixes: vec![field.to_owned()],
                ..Surprise::new(Level::Warn, "column_missing", 1)
            });
        }
    }
}

/// What was noticed while the rows were read. What is only there for the command line is left out.
fn warned(warning: &Warning) -> Option<Surprise> {
    let kind = warning.kind.as_str();
    if kind.contains("--map") {
        return None;
    }
    let (level, key) = match kind {
        "items without a price, offered on request" => (Level::Warn, "on_request"),
        "texts that are longer than their field takes, cut" => (Level::Info, "cut"),
        "addresses of photos that are too long, left out" => (Level::Info, "photo_address"),
        "prices in units that are no known currency, offered on request" => (Level::Warn, "currency"),
        "negative prices, left out" => (Level::Warn, "negative_price"),
        "negative stock, taken as 0" => (Level::Warn, "negative_stock"),
        "repeated articles, kept as separate items" => (Level::Warn, "duplicate"),
        "rows without a name, left out" => (Level::Warn, "no_name"),
        _ => (Level::Info, "other"),
    };
    let mut places: Vec<String> = warning.rows.iter().take(PLACES).map(|(_, row)| row.to_string()).collect();
    if warning.count > places.len() && !places.is_empty() {
        places.push("…".to_owned());
    }
    let example = warning.examples.first().map(|example| {
        let said = example.split_once(": ").map_or(example.as_str(), |(_, said)| said);
        said.to_owned()
    });
    Some(Surprise {
        places: places.join(", "),
        what: if key == "other" { kind.to_owned() } else { String::new() },
        example: example.filter(|_| key != "on_request"),
        ..Surprise::new(level, key, if warning.rows.is_empty() { 0 } else { warning.count })
    })
}

/// Rows that look odd beside the others.
fn odd(found: &mut Vec<Surprise>, preview: &Preview) {
    for (start, key) in [("price ", "price_far"), ("a very long name", "name_long")] {
        let rows: Vec<_> = preview.report.odd.iter().filter(|row| row.why.starts_with(start)).collect();
        if let Some(first) = rows.first() {
            let places: Vec<String> = rows.iter().map(|row| row.row.to_string()).collect();
            found.push(Surprise {
                places: places.join(", "),
                example: Some(first.item.clone()),
                ..Surprise::new(Level::Warn, key, rows.len())
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use tolmach_catalog::{changes::PriceChange, import::Alternative};

    use super::*;

    fn column(letters: &str, field: Option<&str>, confidence: Option<f64>, why: &str) -> ColumnMapping {
        ColumnMapping {
            column: letters.into(),
            header: "Гар.".into(),
            field: field.map(str::to_owned),
            confidence,
            why: why.into(),
            alternatives: vec![Alternative { field: "price".into(), confidence: 0.6 }],
            examples: vec!["24".into(), "12".into()],
        }
    }

    #[test]
    fn what_blocks_stands_first_and_a_confirmed_column_does_not() {
        let mut preview = Preview::default();
        let columns = vec![
            column("A", Some("article"), Some(0.6), "as said"),
            column("B", Some("name"), Some(0.9), ""),
            column("G", Some("stock"), Some(0.54), ""),
        ];
        preview.report.sheets =
            vec![SheetReport { items: 3, columns, header_row: Some(3), ..SheetReport::default() }];
        preview.report.items = 3;
        preview.report.warnings = vec![Warning {
            kind: "negative stock, taken as 0".into(),
            count: 9,
            examples: vec!["sheet \"1\" row 7: -2".into()],
            rows: vec![("1".into(), 7)],
        }];
        preview.changes.jumped = 2;
        preview.changes.examples.changed_price = vec![PriceChange {
            article: "P".into(),
            name: "Насос".into(),
            old: Some(1.0),
            new: Some(2.0),
            currency: "RUB".into(),
        }];
        let found = surprises(&preview);
        let seen: Vec<_> =
            found.iter().map(|one| (one.level, one.kind, one.count, one.places.as_str())).collect();
        assert_eq!(
            seen,
            [
                (Level::Bad, "column_doubt", 1, "G3"),
                (Level::Warn, "price_jump", 2, ""),
                (Level::Warn, "negative_stock", 9, "7, …"),
            ]
        );
        assert_eq!(found[0].fixes, ["stock", "price", NOTHING]);
        assert_eq!(found[1].prices, Some((1.0, 2.0, "RUB".into())));
        assert_eq!(found[2].example.as_deref(), Some("-2"));
        assert_eq!((preview.doubts(), preview.blocked_by()), (1, Some("columns")));
    }
}
