//! Describes for the report what the columns of a sheet were taken for, and proposes columns for fields that have none.

use std::collections::BTreeMap;

use super::{
    columns::{Column, Mapping, letters},
    content,
    fit::Values,
    guess,
    header::{self, Header, ReadBy},
    names::{self, HeadingMeaning},
    profile::{Profile, profiles},
    report::{ATTRIBUTE, Alternative, ColumnMapping},
    workbook::Sheet,
};

/// Maximum number of fields named that a column could fill as well.
const ALTERNATIVES: usize = 2;
/// Score from which an unused column is proposed for a field that has none.
const PROPOSED: f64 = 0.7;

/// The columns of a sheet, and a question for each field that has no column although one looks like it.
pub(super) fn columns(
    sheet: &Sheet,
    header: &Header,
    mapping: &Mapping,
) -> (Vec<ColumnMapping>, Vec<String>) {
    let profiles = profiles(sheet.below(header.row).iter());
    let profile = |at: u32| profiles.iter().find(|profile| profile.at == at);
    let name = header.columns.get(&Column::Name).copied();
    let attributes: BTreeMap<u32, String> = header.attributes().collect();
    // A person may have mapped a column without a heading, and a column with neither may hold something.
    let filled = profiles.iter().filter(|profile| profile.filled >= 0.1).map(|profile| profile.at);
    let all: std::collections::BTreeSet<u32> =
        header.headings.keys().chain(header.columns.values()).copied().chain(filled).collect();
    let columns = all.into_iter().map(|at| {
        let field = header.columns.iter().find(|(_, used)| **used == at).map(|(column, _)| *column);
        let attribute = attributes.contains_key(&at).then(|| ATTRIBUTE.to_owned());
        // A heading that is known to be no field leaves nothing to guess.
        let settled = field.is_none()
            && header.headings.get(&at).is_some_and(|heading| {
                let meaning = names::meaning(heading);
                matches!(meaning, HeadingMeaning::Nothing | HeadingMeaning::Number | HeadingMeaning::Other)
            });
        let guesses = profile(at).filter(|_| !settled);
        let guesses = guesses.map(|profile| content::guesses(profile, name)).unwrap_or_default();
        let other = |(column, confidence): (Column, f64)| {
            let confidence = (confidence * 100.0).round() / 100.0;
            // A price that clients must not see is not even proposed.
            let hidden = column == Column::Price && guess::is_internal(&header.headings, at);
            (Some(column) != field && !hidden)
                .then(|| Alternative { field: column.name().to_owned(), confidence })
        };
        ColumnMapping {
            column: letters(at),
            header: header.headings.get(&at).cloned().unwrap_or_default(),
            field: field.map(|column| column.name().to_owned()).or(attribute),
            confidence: field.and_then(|column| header.confidence.get(&column).copied()),
            why: why(header, at, field, mapping),
            alternatives: guesses.into_iter().filter_map(other).take(ALTERNATIVES).collect(),
            examples: profile(at).map(|profile| profile.examples.clone()).unwrap_or_default(),
        }
    });
    (columns.collect(), proposals(header, &profiles, &Values::below(&sheet.rows, header.row), mapping))
}

/// Why a column fills a field or is left out; empty where its heading says it.
fn why(header: &Header, at: u32, field: Option<Column>, mapping: &Mapping) -> String {
    let heading = header.headings.get(&at).map(|heading| names::meaning(heading));
    match field {
        Some(field) if mapping.0.contains_key(&field) => "as said".to_owned(),
        Some(_) if header.moved.values().any(|to| *to == at) => "heading beside it".to_owned(),
        Some(field) => match (&header.read_by, heading) {
            (ReadBy::Heading | ReadBy::Continued(_), Some(HeadingMeaning::Field(said, _)))
                if said == field || field == Column::NameEn || field == Column::Name =>
            {
                String::new()
            }
            _ => "by its values".to_owned(),
        },
        None if header.left_out.contains(&at) => "left out as said".to_owned(),
        None => match heading {
            Some(HeadingMeaning::Field(Column::Price, _)) if guess::is_internal(&header.headings, at) => {
                "a price for dealers or of purchase".to_owned()
            }
            Some(HeadingMeaning::Field(Column::Price, _)) => "another price".to_owned(),
            Some(HeadingMeaning::Number) => "numbers of rows".to_owned(),
            Some(HeadingMeaning::Nothing) => "not about the goods".to_owned(),
            Some(_) => String::new(),
            None => "no heading".to_owned(),
        },
    }
}

/// Fields that clients need, without a column, though the values of an unused one look like it.
fn proposals(header: &Header, profiles: &[Profile], values: &Values<'_>, mapping: &Mapping) -> Vec<String> {
    let name = header.columns.get(&Column::Name).copied();
    let used = |at: u32| header.columns.values().any(|used| *used == at);
    let unknown = |at: u32| {
        let heading = header.headings.get(&at).map(|heading| names::meaning(heading));
        matches!(heading, None | Some(HeadingMeaning::Unknown))
            && !header.headings.get(&at).is_some_and(|heading| is_measured(heading))
    };
    let headed = |field: Column| {
        let mut headings = header.headings.values();
        headings
            .any(|heading| matches!(names::meaning(heading), HeadingMeaning::Field(said, _) if said == field))
    };
    let open = |field: &Column| {
        !header.columns.contains_key(field) && !mapping.0.contains_key(field) && !headed(*field)
    };
    [Column::Article, Column::Price]
        .into_iter()
        .filter(open)
        .filter_map(|field| {
            let fits = |profile: &&Profile| !used(profile.at) && unknown(profile.at) && profile.filled >= 0.5;
            let mut found: Vec<(f64, &Profile)> = profiles
                .iter()
                .filter(fits)
                .filter_map(|profile| {
                    let guesses = content::guesses(profile, name);
                    let money = field == Column::Price && guess::reads_like_prices(values, profile.at);
                    match guesses.first() {
                        Some((best, score)) if *best == field && *score >= PROPOSED => {
                            Some((*score, profile))
                        }
                        _ => money.then_some((PROPOSED, profile)),
                    }
                })
                .collect();
            found.sort_by(|a, b| b.0.total_cmp(&a.0));
            let named: Vec<String> = found
                .iter()
                .take(2)
                .map(|(score, profile)| {
                    let heading = header
                        .headings
                        .get(&profile.at)
                        .map(|text| format!(" \"{}\"", header::one_line(text)));
                    let letters = letters(profile.at);
                    format!(
                        "column {letters}{} looks like it ({:.0} %): --map {field}={letters}",
                        heading.unwrap_or_default(),
                        score * 100.0
                    )
                })
                .collect();
            (!named.is_empty())
                .then(|| format!("no column was taken for the {field}; {}", named.join(", or ")))
        })
        .collect()
}

/// Whether a heading is about a quantity of the thing itself: «Вес, кг», `Length, mm`, «Штрихкод».
pub(super) fn is_measured(heading: &str) -> bool {
    let lower = heading.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    let units = [
        "кг", "г", "мм", "см", "м", "м2", "м3", "л", "мл", "вт", "квт", "в", "а", "kg", "g", "mm", "cm", "l",
        "w", "kw", "v",
    ];
    let starts = [
        "штрих",
        "ean",
        "gtin",
        "barcode",
        "вес",
        "масса",
        "объем",
        "об'єм",
        "длин",
        "ширин",
        "высот",
        "диам",
        "размер",
        "мощн",
        "weight",
        "length",
        "width",
        "height",
        "size",
        "power",
        "gewicht",
        "waga",
        "упак",
        "кратн",
        "pack",
        "год",
    ];
    words.any(|word| units.contains(&word) || starts.iter().any(|start| word.starts_with(start)))
}
