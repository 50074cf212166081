//! Finds the header of a sheet and decides which column fills which field.
//!
//! The meaning of a heading is decided in `names`, the fit of values in `fit`. A person's mapping overrides both.

use std::collections::BTreeMap;

use super::{
    columns::{Column, Mapping, NONE, from_letters},
    fit::Values,
    guess,
    money::{self, Stated},
    names::{self, HeadingMeaning, PriceKind},
    value,
    workbook::{Row, Sheet, Value},
};

/// The header is searched in the rows up to this number.
pub(super) const LOOKED_AT: u32 = 1000;
/// Maximum length of a heading in characters; a longer cell is a sentence.
pub(super) const LONGEST_HEADING: usize = 80;

/// A header that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    /// Number of its last row, from 1; 0 for a sheet without a header whose columns a person named.
    pub row: u32,
    /// The column of each field.
    pub columns: BTreeMap<Column, u32>,
    /// The headings of all columns.
    pub headings: BTreeMap<u32, String>,
    /// Currency of prices, from the price heading, the text above the header, the sheet's name or a note.
    pub currency: Option<Stated>,
    /// Confidence for each mapped field, 0 to 1.
    pub confidence: BTreeMap<Column, f64>,
    /// Fields for which the mapping names a heading that this sheet does not have.
    pub missing: Vec<Column>,
    /// What a person should know about the choice of columns.
    pub notes: Vec<String>,
    /// A person's mapping, to be applied to headers further down.
    mapping: Mapping,
}

impl Header {
    /// Whether the heading of a field's column is in English, in which case its texts may be.
    pub fn is_english(&self, column: Column) -> bool {
        self.columns
            .get(&column)
            .and_then(|at| self.headings.get(at))
            .is_some_and(|heading| is_english(heading))
    }

    fn price_heading(&self) -> Option<&String> {
        self.columns.get(&Column::Price).and_then(|at| self.headings.get(at))
    }

    /// The columns that become attributes of the product, with their headings as one line.
    pub fn attributes(&self) -> impl Iterator<Item = (u32, String)> {
        let used = |at: &u32| self.columns.values().any(|used| used == at);
        self.headings.iter().filter(move |(at, _)| !used(at)).filter_map(|(at, heading)| {
            // Other prices are not for clients, and pictures are not text.
            match names::meaning(heading) {
                HeadingMeaning::Nothing
                | HeadingMeaning::Number
                | HeadingMeaning::Field(Column::Price | Column::Photo | Column::Currency, _) => None,
                HeadingMeaning::Field(..) | HeadingMeaning::Other | HeadingMeaning::Unknown => {
                    Some((*at, one_line(heading)))
                }
            }
        })
    }

    /// A header further down, in a sheet with several tables; `None` if the row is not one. All its cells must be
    /// headings.
    pub fn changed(&self, row: &Row) -> Option<Header> {
        let headings = headings(row);
        if headings.len() != row.cells.len() || headings.len() < 2 {
            return None;
        }
        let mut columns = best_names(&headings);
        let numeric = |text: &String| text.chars().any(|c| c.is_ascii_digit());
        if worth(&columns) < 3 || columns.values().any(|at| headings.get(at).is_some_and(numeric)) {
            return None;
        }
        columns.retain(|column, at| *column != Column::Price || !guess::is_internal(&headings, *at));
        let mapping = self.mapping.clone();
        let mut changed = Header { row: row.number, columns, headings, mapping, ..Header::default() };
        correct(&mut changed, &self.mapping, &mut BTreeMap::new());
        changed.currency = money::of_sheet(changed.price_heading(), &Sheet::default(), 0).or(self.currency);
        changed.columns.contains_key(&Column::Name).then_some(changed)
    }
}

/// Finds the header of a sheet and its columns. `None` if there is no header row and no mapping that replaces it, or
/// if no column can be the name.
pub(super) fn find(sheet: &Sheet, mapping: &Mapping) -> Option<Header> {
    let mut unsure = false;
    let mut header = match detect(sheet) {
        Some(found) if resolves_all(&found.headings, mapping) => found,
        found => match named(sheet, mapping).or(found) {
            Some(found) => found,
            None => {
                unsure = true;
                at_row(sheet, guess::lone_name(sheet)?)?
            }
        },
    };
    let values = Values::below(&sheet.rows, header.row);
    let mut ranks = choose(&mut header, &values);
    guess::complete(&mut header, &values, &mut ranks);
    correct(&mut header, mapping, &mut ranks);
    header.mapping = mapping.clone();
    header.columns.get(&Column::Name)?;
    if unsure && !guess::is_list(&header) {
        return None;
    }
    header.currency = money::of_sheet(header.price_heading(), sheet, header.row);
    header.notes = guess::notes(&header, &values);
    header.confidence = header
        .columns
        .iter()
        .map(|(column, at)| (*column, confidence(*column, *at, ranks.get(column).copied(), &values)))
        .collect();
    Some(header)
}

/// The header in a row.
fn at_row(sheet: &Sheet, number: u32) -> Option<Header> {
    let row = sheet.rows.iter().find(|row| row.number == number)?;
    Some(Header { row: number, headings: headings(row), ..Header::default() })
}

/// The best header candidate in the first rows; its columns are not chosen yet.
fn detect(sheet: &Sheet) -> Option<Header> {
    let mut best: Option<(usize, Header)> = None;
    let mut first: Option<Header> = None;
    let single = |row: &Row| {
        let headings = headings(row);
        (worth(&best_names(&headings)), headings)
    };
    for (index, row) in sheet.rows.iter().enumerate().take_while(|(_, row)| row.number <= LOOKED_AT) {
        let (mut score, headings) = single(row);
        let mut header = Header { row: row.number, headings, ..Header::default() };
        if let Some(next) = sheet.rows.get(index + 1).filter(|next| next.number == row.number + 1)
            && let Some(joined) = joined(&header.headings, next)
        {
            let columns = best_names(&joined);
            let together = worth(&columns);
            // Two rows are one header only if together they map more fields than either alone. A letterhead above adds
            // nothing.
            if together > score && together > single(next).0
                || together == score && score > 0 && continues(&header, row, next)
            {
                score = together;
                header = Header { row: next.number, headings: joined, ..Header::default() };
            }
        }
        if score > best.as_ref().map_or(0, |(score, _)| *score) {
            // In a sheet with several tables the first header counts, not the widest.
            if score > 2 && first.as_ref().is_none_or(|first| !has_prices(sheet, first, header.row)) {
                first = Some(header.clone());
            }
            best = Some((score, header));
        }
    }
    let (_, best) = best?;
    Some(first.filter(|first| has_prices(sheet, first, best.row)).unwrap_or(best))
}

/// Whether there are prices between a header and a row further down.
fn has_prices(sheet: &Sheet, header: &Header, until: u32) -> bool {
    let Some(price) = best_names(&header.headings).get(&Column::Price).copied() else { return false };
    let between = sheet.rows.iter().filter(|row| (header.row + 1..until).contains(&row.number));
    between
        .filter_map(|row| row.get(price))
        .any(|value| matches!(value::price(value), value::Amount::Known(_)))
}

/// Score of a header candidate by its fields; 0 if the row cannot be a header.
fn worth(columns: &BTreeMap<Column, u32>) -> usize {
    let has = |wanted: &[Column]| wanted.iter().filter(|column| columns.contains_key(column)).count();
    let more =
        has(&[Column::Article, Column::Price, Column::Stock, Column::Unit, Column::Brand, Column::Category]);
    match columns.contains_key(&Column::Name) {
        true if more >= 1 => columns.len() + 1,
        // No known name column: the values will tell which column it is.
        false if columns.contains_key(&Column::Price) && more >= 2 => 1,
        _ => 0,
    }
}

fn headings(row: &Row) -> BTreeMap<u32, String> {
    row.cells
        .iter()
        .filter_map(|(column, value)| match value {
            Value::Text(text) if text.chars().count() <= LONGEST_HEADING => Some((*column, text.clone())),
            _ => None,
        })
        .collect()
}

/// Joins the headings of a row with those of the row below. A heading merged over several columns extends to the right
/// while there are headings below and none next to it. `None` if the lower row has anything but texts.
fn joined(upper: &BTreeMap<u32, String>, lower: &Row) -> Option<BTreeMap<u32, String>> {
    if lower.cells.iter().any(|(_, value)| !matches!(value, Value::Text(_))) {
        return None;
    }
    let lower = headings(lower);
    let mut joined = upper.clone();
    for (column, below) in &lower {
        let mut at = *column;
        while !upper.contains_key(&at) && at > 0 && lower.contains_key(&(at - 1)) {
            at -= 1;
        }
        let heading = match upper.get(&at) {
            Some(above) => format!("{above} {below}"),
            None => below.clone(),
        };
        joined.insert(*column, heading);
    }
    Some(joined)
}

/// Whether the next row continues the header: it has nothing in the name and article columns, where an item would, and
/// does not start in the same column, where a section would.
fn continues(header: &Header, row: &Row, next: &Row) -> bool {
    let columns = best_names(&header.headings);
    let empty = |column| columns.get(&column).is_none_or(|at| next.get(*at).is_none());
    empty(Column::Name)
        && empty(Column::Article)
        && next.cells.first().map(|(at, _)| at) != row.cells.first().map(|(at, _)| at)
}

/// Candidate columns for each field by heading alone, best rank first, then from the left.
fn candidates(headings: &BTreeMap<u32, String>) -> BTreeMap<Column, Vec<(u8, u32)>> {
    let mut all: BTreeMap<Column, Vec<(u8, u32)>> = BTreeMap::new();
    for (at, heading) in headings {
        if let HeadingMeaning::Field(column, rank) = names::meaning(heading) {
            all.entry(column).or_default().push((rank, *at));
        }
    }
    all.values_mut().for_each(|found| found.sort_unstable());
    all
}

fn best_names(headings: &BTreeMap<u32, String>) -> BTreeMap<Column, u32> {
    let mut columns: BTreeMap<Column, u32> = candidates(headings)
        .into_iter()
        .filter_map(|(column, found)| Some((column, found.first()?.1)))
        .collect();
    settle_languages(&mut columns, headings, &BTreeMap::new());
    columns
}

/// Chooses the columns by headings first, and by values if these contradict. Returns the rank of each chosen heading.
fn choose(header: &mut Header, values: &Values<'_>) -> BTreeMap<Column, u8> {
    let mut all = candidates(&header.headings);
    let mut ranks = BTreeMap::new();
    for (column, found) in &mut all {
        if *column == Column::Name {
            // Of «Тип» and «Модель», the one that distinguishes products is the name.
            found.sort_by_key(|(rank, at)| (*rank, values.different(*at) < 0.5 && *rank > 0, *at));
        }
        let quality = |at: u32| values.fit(*column, at) * (values.filled(at) * 2.0).min(1.0);
        // A price for dealers is never shown, and another kind must never replace a missing retail price.
        let open = |rank: u8, first: u8| {
            *column != Column::Price || rank <= first.max(1) && rank < PriceKind::Internal.rank()
        };
        let Some((first, _)) = found.first() else { continue };
        let best = found
            .iter()
            .filter(|(rank, _)| open(*rank, *first))
            .map(|(_, at)| quality(*at))
            .fold(0.0, f32::max);
        let chosen = found.iter().find(|(rank, at)| open(*rank, *first) && quality(*at) >= best * 0.5);
        // Numbers under «Характеристики» are attributes, not a description.
        let numbers = |at: u32| {
            matches!(column, Column::Description | Column::DescriptionEn)
                && values.filled(at) > 0.0
                && values.fit(*column, at) < 0.3
        };
        if let Some((rank, at)) = chosen.filter(|(_, at)| !numbers(*at)) {
            header.columns.insert(*column, *at);
            ranks.insert(*column, *rank);
        }
    }
    settle_languages(&mut header.columns, &header.headings, &all);
    settle_names(header, values, &mut ranks);
    ranks
}

/// Assigns columns in two languages, and handles lists that have one language only.
fn settle_languages(
    columns: &mut BTreeMap<Column, u32>,
    headings: &BTreeMap<u32, String>,
    all: &BTreeMap<Column, Vec<(u8, u32)>>,
) {
    let english = |at: u32| headings.get(&at).is_some_and(|heading| is_english(heading));
    for (native, foreign) in [
        (Column::Name, Column::NameEn),
        (Column::Description, Column::DescriptionEn),
        (Column::Category, Column::CategoryEn),
    ] {
        // «Наименование» next to "Name": the second is the English one, whichever was chosen first.
        if let (Some(at), None) = (columns.get(&native).copied(), columns.get(&foreign))
            && let Some((_, other)) = all
                .get(&native)
                .into_iter()
                .flatten()
                .find(|(rank, other)| *other != at && *rank < 2 && english(*other) != english(at))
        {
            let (russian, foreign_at) = if english(at) { (*other, at) } else { (at, *other) };
            columns.insert(native, russian);
            columns.insert(foreign, foreign_at);
        }
        // The only column is English: it fills the main field.
        if !columns.contains_key(&native)
            && let Some(at) = columns.remove(&foreign)
        {
            columns.insert(native, at);
        }
    }
    // Many English lists have the name under "Description".
    if !columns.contains_key(&Column::Name)
        && let Some(at) = columns.remove(&Column::Description)
    {
        columns.insert(Column::Name, at);
    }
}

/// Corrects the name and article columns by their values: "Item" may be the article number next to a "Description", and
/// the name may have an unknown heading.
fn settle_names(header: &mut Header, values: &Values<'_>, ranks: &mut BTreeMap<Column, u8>) {
    let at = |column| header.columns.get(&column).copied();
    if let (Some(name), Some(description), None) =
        (at(Column::Name), at(Column::Description), at(Column::Article))
        && ranks.get(&Column::Name).is_some_and(|rank| *rank > 0)
        && values.reads_like_articles(name)
        && values.reads_like_names(description)
    {
        header.columns.remove(&Column::Description);
        header.columns.insert(Column::Article, name);
        header.columns.insert(Column::Name, description);
        ranks.extend([(Column::Article, 2), (Column::Name, 2)]);
    }
    if header.columns.contains_key(&Column::Name) {
        return;
    }
    let free = |at: &u32| !header.columns.values().any(|used| used == at);
    let longest = values
        .columns()
        .filter(|at| free(at) && values.filled(*at) > 0.6 && values.reads_like_names(*at))
        .max_by(|a, b| values.length(*a).total_cmp(&values.length(*b)));
    if let Some(found) = longest {
        header.columns.insert(Column::Name, found);
        ranks.insert(Column::Name, 3);
    }
}

/// Applies a person's mapping.
fn correct(header: &mut Header, mapping: &Mapping, ranks: &mut BTreeMap<Column, u8>) {
    for (column, wanted) in &mapping.0 {
        if wanted == NONE {
            header.columns.remove(column);
            continue;
        }
        let Some(at) = resolve(&header.headings, wanted) else {
            header.missing.push(*column);
            continue;
        };
        header.columns.retain(|_, used| *used != at);
        header.columns.insert(*column, at);
        ranks.insert(*column, 0);
    }
}

/// The column that a person named: by heading, ignoring case, or else by letters.
pub(super) fn resolve(headings: &BTreeMap<u32, String>, wanted: &str) -> Option<u32> {
    let plain = |text: &str| one_line(text).to_lowercase();
    let wanted_heading = plain(wanted);
    headings
        .iter()
        .find(|(_, heading)| plain(heading) == wanted_heading)
        .map(|(at, _)| *at)
        .or_else(|| from_letters(wanted))
}

fn resolves_all(headings: &BTreeMap<u32, String>, mapping: &Mapping) -> bool {
    mapping.0.values().all(|wanted| wanted == NONE || resolve(headings, wanted).is_some())
}

/// The first row, or two rows, with all headings of a mapping. A mapping with letters only, the name among them, allows
/// a sheet without a header.
fn named(sheet: &Sheet, mapping: &Mapping) -> Option<Header> {
    let by_heading = |wanted: &String| wanted != NONE && from_letters(wanted).is_none();
    if !mapping.0.values().any(by_heading) {
        let name = mapping.0.get(&Column::Name).is_some_and(|wanted| wanted != NONE);
        return (name && detect(sheet).is_none()).then(Header::default);
    }
    sheet.rows.iter().enumerate().find_map(|(index, row)| {
        let single = headings(row);
        if resolves_all(&single, mapping) {
            return Some(Header { row: row.number, headings: single, ..Header::default() });
        }
        let next = sheet.rows.get(index + 1).filter(|next| next.number == row.number + 1)?;
        let joined = joined(&single, next).filter(|joined| resolves_all(joined, mapping))?;
        Some(Header { row: next.number, headings: joined, ..Header::default() })
    })
}

/// Confidence of a column, 0 to 1, from the rank of its heading and the fit of its values.
fn confidence(column: Column, at: u32, rank: Option<u8>, values: &Values<'_>) -> f64 {
    let name = match (rank, column) {
        (Some(0) | None, _) | (Some(1), Column::Price | Column::Stock) => 1.0,
        (Some(1), _) | (Some(2), Column::Article) => 0.85,
        (Some(2), _) => 0.7,
        (Some(_), _) => 0.4,
    };
    // The fit of a column without values is unknown.
    let fit = if values.filled(at) > 0.0 { values.fit(column, at) } else { 0.4 };
    let whole: f64 = name * (0.4 + 0.6 * f64::from(fit));
    (whole * 100.0).round() / 100.0
}

fn is_english(heading: &str) -> bool {
    !heading.chars().any(crate::words::is_cyrillic)
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
