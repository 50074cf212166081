//! Finds the header of a sheet and decides which column fills which field.
//!
//! The meaning of a heading is decided in `names`, the fit of values in `fit`. A person's mapping overrides both.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    columns::{BETWEEN, Column, Mapping, NONE, from_letters},
    contrast::is_item,
    fit::Values,
    guess,
    heading_rows::{detect, headings, joined, worth},
    money::{self, Stated},
    names::{self, HeadingMeaning, PriceKind},
    workbook::{Row, Sheet},
};

pub(super) use super::report::ReadBy;

/// A header that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    /// Number of its last row, from 1; 0 for a sheet without a header whose columns a person named.
    pub row: u32,
    /// Number of rows that the header takes.
    pub lines: u32,
    /// The column of each field.
    pub columns: BTreeMap<Column, u32>,
    /// Columns that a person left out.
    pub left_out: BTreeSet<u32>,
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
    /// Columns of headings that stand beside their values, by the column of the heading in the file.
    pub moved: BTreeMap<u32, u32>,
    /// How the columns were found.
    pub read_by: ReadBy,
    /// Choices between columns without headings that are nearly as good.
    pub questions: Vec<String>,
    /// A person's mapping, to be applied to headers further down.
    pub mapping: Mapping,
}

impl Header {
    /// Whether the heading of a field's column is in English, in which case its texts may be.
    pub fn is_english(&self, column: Column) -> bool {
        self.columns
            .get(&column)
            .and_then(|at| self.headings.get(at))
            .is_some_and(|heading| is_english(heading))
    }

    pub fn price_heading(&self) -> Option<&String> {
        self.columns.get(&Column::Price).and_then(|at| self.headings.get(at))
    }

    /// The columns that become attributes of the product, with their headings as one line.
    pub fn attributes(&self) -> impl Iterator<Item = (u32, String)> {
        let used = |at: &u32| self.left_out.contains(at) || self.columns.values().any(|used| used == at);
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

    /// The heading over a cell of a line of headings, wherever its values stand.
    pub fn heading(&self, at: u32) -> Option<&String> {
        self.headings.get(self.moved.get(&at).unwrap_or(&at))
    }

    /// A header further down, in a sheet with several tables; `None` if the row is not one. All its cells must be
    /// headings, and it must differ from the rows below.
    pub fn changed(&self, row: &Row, below: &[Row]) -> Option<Header> {
        let headings = headings(row);
        if headings.len() != row.cells.len() || headings.len() < 2 {
            return None;
        }
        let columns = best_names(&headings);
        let numeric = |text: &String| text.chars().any(|c| c.is_ascii_digit());
        if worth(&columns) < 3 || columns.values().any(|at| headings.get(at).is_some_and(numeric)) {
            return None;
        }
        if is_item(row, below.iter(), &columns) {
            return None;
        }
        let mapping = self.mapping.clone();
        let mut changed = Header { row: row.number, lines: 1, headings, mapping, ..Header::default() };
        move_to_values(&mut changed, &Values::below(below.get(..MOVED_BY).unwrap_or(below), 0));
        changed.columns = best_names(&changed.headings);
        let internal =
            changed.columns.get(&Column::Price).is_some_and(|at| guess::is_internal(&changed.headings, *at));
        if internal {
            changed.columns.remove(&Column::Price);
        }
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
    move_to_values(&mut header, &values);
    let mut ranks = choose(&mut header, &values);
    guess::complete(&mut header, &values, &mut ranks);
    correct(&mut header, mapping, &mut ranks);
    header.mapping = mapping.clone();
    header.columns.get(&Column::Name)?;
    if unsure && !guess::is_list(&header) {
        return None;
    }
    header.currency = money::of_sheet(header.price_heading(), sheet, header.row);
    header.notes = guess::notes(&header);
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
    Some(Header { row: number, lines: 1, headings: headings(row), ..Header::default() })
}

/// Number of rows below a header further down that say where the values of its headings stand.
const MOVED_BY: usize = 20;

/// Moves a heading over an empty column to the values beside it that have no heading: it is merged over both, or was
/// centred by hand.
fn move_to_values(header: &mut Header, values: &Values<'_>) {
    let empty = |(at, heading): &(&u32, &String)| values.filled_below(**at, heading) < 0.1;
    let moves: Vec<u32> = header.headings.iter().filter(empty).map(|(at, _)| *at).collect();
    for at in moves.into_iter().rev() {
        let Some(heading) = header.headings.get(&at) else { continue };
        let next = header.headings.range(at + 1..).next().map_or(at + 1 + MERGED, |(next, _)| *next);
        let free = |to: &u32| !header.headings.contains_key(to) && values.filled(*to) >= 0.3;
        let fits = |to: &u32| match names::meaning(heading) {
            HeadingMeaning::Field(column, _) => values.fit(column, *to) >= 0.5,
            HeadingMeaning::Nothing
            | HeadingMeaning::Number
            | HeadingMeaning::Other
            | HeadingMeaning::Unknown => true,
        };
        let right = (at + 1..next.min(at + 1 + MERGED)).find(|to| free(to) && fits(to));
        let found = right.or_else(|| at.checked_sub(1).filter(|to| free(to) && fits(to)));
        if let Some(to) = found
            && let Some(heading) = header.headings.remove(&at)
        {
            header.headings.insert(to, heading);
            header.moved.insert(at, to);
        }
    }
}

/// Number of columns to the right of a heading that it may be merged over.
const MERGED: u32 = 8;

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

pub(super) fn best_names(headings: &BTreeMap<u32, String>) -> BTreeMap<Column, u32> {
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
        if *column == Column::Nothing {
            // A column that this sheet does not have is left out anyway.
            header.left_out =
                wanted.split(BETWEEN).filter_map(|one| resolve(&header.headings, one)).collect();
            let left_out = &header.left_out;
            header.columns.retain(|_, used| !left_out.contains(used));
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

/// The columns that must be there: not those to be left out.
fn named_columns(mapping: &Mapping) -> impl Iterator<Item = &String> {
    mapping.0.iter().filter(|(column, _)| **column != Column::Nothing).map(|(_, wanted)| wanted)
}

fn resolves_all(headings: &BTreeMap<u32, String>, mapping: &Mapping) -> bool {
    named_columns(mapping).all(|wanted| wanted == NONE || resolve(headings, wanted).is_some())
}

/// The first row, or two rows, with all headings of a mapping. A mapping with letters only, the name among them, allows
/// a sheet without a header.
fn named(sheet: &Sheet, mapping: &Mapping) -> Option<Header> {
    let by_heading = |wanted: &String| wanted != NONE && from_letters(wanted).is_none();
    if !named_columns(mapping).any(by_heading) {
        let name = mapping.0.get(&Column::Name).is_some_and(|wanted| wanted != NONE);
        return (name && detect(sheet).is_none()).then(Header::default);
    }
    sheet.rows.iter().enumerate().find_map(|(index, row)| {
        let single = headings(row);
        if resolves_all(&single, mapping) {
            return Some(Header { row: row.number, lines: 1, headings: single, ..Header::default() });
        }
        let next = sheet.rows.get(index + 1).filter(|next| next.number == row.number + 1)?;
        let joined = joined(&single, next).filter(|joined| resolves_all(joined, mapping))?;
        Some(Header { row: next.number, lines: 2, headings: joined, ..Header::default() })
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
