//! Decides which column is what by the values alone, for a list without headings.
//!
//! Columns of numbers are assigned together: of the readings of all of them the best one counts, and one that is nearly as
//! good is a question to the person who imports. Scores are from 0 to 1 and are weights, not probabilities.

mod scores;

use std::collections::BTreeMap;

pub(super) use scores::guesses;
use scores::{article_score, group_scores, is_count, is_group, name_score, price_score, stock_score};

use super::{
    columns::{Column, Mapping, NONE, from_letters, letters},
    contrast::evidence,
    header::{Header, ReadBy},
    heading_rows::headings,
    names::{self, HeadingMeaning, PriceKind},
    profile::{Profile, is_absent, is_known_heading, number, profiles},
    sections::{is_letterhead, is_note},
    summary::is_measured,
    workbook::{Row, Sheet, Value},
};

/// Fewest items that say what their columns are.
const FEWEST: usize = 3;
/// Number of items from which names and prices suffice; fewer need another known column.
const ENOUGH: usize = 10;
/// Columns of numbers and codes that are assigned together; further ones stay unused.
const ASSIGNED: usize = 12;
/// What a reading with a price is better by.
const PRICED: f64 = 0.25;
/// A reading is near if it is worse than the best one by less.
const NEAR: f64 = 0.12;

/// What the values of a sheet say about its columns.
pub(super) enum Reading {
    /// The columns are clear.
    Clear(Box<Header>),
    /// Two readings are near.
    Unclear(Question),
    /// Not a price list.
    Nothing,
}

/// Two columns that can both fill a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    pub field: Column,
    /// The columns with their first values, better first.
    pub columns: [(u32, Vec<String>); 2],
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [(first, one), (second, other)] = &self.columns;
        let (first, second, field) = (letters(*first), letters(*second), self.field);
        write!(
            f,
            "two columns can be the {field}, {first} ({}) and {second} ({}): give --map {field}={first} or --map \
             {field}={second}",
            one.join("; "),
            other.join("; ")
        )
    }
}

/// Reads a sheet without a header. Fields of the mapping that are letters are taken as said.
pub(super) fn read(sheet: &Sheet, mapping: &Mapping) -> Reading {
    // Rows without a number are headings, notes or contacts, unless the whole list has none.
    let numbered =
        |row: &&Row| row.cells.len() > 1 && row.cells.iter().any(|(_, value)| number(value).is_some());
    let any = sheet.rows.iter().filter(numbered).count() >= FEWEST;
    let columns = profiles(sheet.rows.iter().filter(|row| !any || numbered(row)));
    let columns: Vec<&Profile> = columns.iter().filter(|column| column.filled >= 0.2).collect();
    let said = |column: &Column| mapping.0.get(column).map(String::as_str);
    let said_at = |column: &Column| said(column).and_then(from_letters);
    let taken: Vec<u32> = mapping.0.keys().filter_map(said_at).collect();
    let free: Vec<&Profile> = columns.iter().copied().filter(|column| !taken.contains(&column.at)).collect();
    let mut found = Found::default();
    let name = match said_at(&Column::Name) {
        Some(at) => at,
        None => match found.names(&free) {
            Ok(Some(at)) => at,
            Ok(None) => return Reading::Nothing,
            Err(question) if is_list(&free) => return Reading::Unclear(question),
            Err(_) => return Reading::Nothing,
        },
    };
    found.take(Column::Name, name, 1.0);
    found.plain(&free);
    let open = |column: &Column| said(column).is_none();
    if let Some(question) = found.numbers(&free, name, &open) {
        return Reading::Unclear(question);
    }
    found.groups(&free, name);
    found.columns.retain(|column, _| *column == Column::Name || open(column));
    for column in mapping.0.keys() {
        match (said(column), said_at(column)) {
            (Some(NONE), _) => {
                found.columns.remove(column);
            }
            (_, Some(at)) => found.take(*column, at, 1.0),
            _ => {}
        }
    }
    let at = |column: Column| found.columns.get(&column).map(|(at, _)| *at);
    if at(Column::Price).or(at(Column::Article)).is_none() {
        return Reading::Nothing;
    }
    // In a short list the rows of a letterhead count.
    let rows = columns.iter().map(|column| column.count).max().unwrap_or_default();
    let most = if rows < 30 { 0.7 } else { 0.9 };
    let typical: Vec<u32> =
        columns.iter().filter(|column| column.filled >= most).map(|column| column.at).collect();
    let price = at(Column::Price).filter(|price| typical.contains(price));
    let is_item = |row: &Row| {
        let named = matches!(row.get(name), Some(Value::Text(text)) if text.chars().any(char::is_alphabetic));
        let priced = price.is_none_or(|price| {
            row.get(price).is_some_and(|value| number(value).is_some() || is_absent(&value.text()))
        });
        named && priced && row.cells.len() > 1
    };
    let is_whole = |row: &Row| is_item(row) && typical.iter().all(|at| row.get(*at).is_some());
    let Some(start) = start(sheet, &is_whole, &is_item) else { return Reading::Nothing };
    let items = sheet.below(start.above).iter().filter(|row| is_item(row)).count();
    let currency = columns.iter().any(|column| Some(column.at) == price && column.currencies >= 0.5);
    let goods = [Column::Article, Column::Unit, Column::Stock, Column::Photo];
    let goods = goods.iter().any(|column| found.columns.get(column).is_some_and(|(_, sure)| *sure >= 0.7));
    let spoken = currency || goods || !found.attributes.is_empty();
    // Headings of which none is known are rather those of another table.
    let foreign = !start.headings.is_empty() && !start.headings.values().any(|text| is_known_heading(text));
    let sure = items >= ENOUGH || spoken && !foreign;
    if mapping.is_empty() && (items < FEWEST || at(Column::Price).is_none() || !sure) {
        return Reading::Nothing;
    }
    let mut header = Header {
        row: start.above,
        lines: u32::from(!start.headings.is_empty()),
        read_by: ReadBy::Content,
        columns: found.columns.iter().map(|(column, (at, _))| (*column, *at)).collect(),
        confidence: found
            .columns
            .iter()
            .map(|(column, (_, sure))| (*column, (sure * 100.0).round() / 100.0))
            .collect(),
        headings: start.headings,
        ..Header::default()
    };
    obey(&mut header, mapping);
    let missing = |(_, wanted): &(&Column, &String)| *wanted != NONE && from_letters(wanted).is_none();
    header.missing = mapping.0.iter().filter(missing).map(|(column, _)| *column).collect();
    for (at, heading) in found.attributes {
        header.headings.entry(at).or_insert(heading);
    }
    header.questions = found.questions;
    if header.columns.contains_key(&Column::Name) {
        Reading::Clear(Box::new(header))
    } else {
        Reading::Nothing
    }
}

/// Where a heading is known after all, it counts: a purchase price is no price for clients, whatever it looks like.
fn obey(header: &mut Header, mapping: &Mapping) {
    let said = |column: &Column| mapping.0.contains_key(column);
    let prices = header.headings.values().filter_map(|heading| names::price_kind(heading));
    let best = prices.map(PriceKind::rank).min().unwrap_or_default();
    let shown = |rank: u8| rank <= best.max(1) && rank < PriceKind::Internal.rank();
    for (at, heading) in &header.headings {
        let wrong = |column: &Column| match names::meaning(heading) {
            HeadingMeaning::Field(field, rank) => field != *column || field == Column::Price && !shown(rank),
            HeadingMeaning::Nothing => true,
            HeadingMeaning::Number => *column != Column::Article,
            HeadingMeaning::Other => *column != Column::Name,
            HeadingMeaning::Unknown => *column == Column::Price && is_measured(heading),
        };
        header.columns.retain(|column, used| used != at || said(column) || !wrong(column));
    }
    for (at, heading) in &header.headings {
        if let HeadingMeaning::Field(field, rank) = names::meaning(heading)
            && (field != Column::Price || shown(rank))
            && !said(&field)
            && !header.columns.values().any(|used| used == at)
        {
            header.columns.entry(field).or_insert(*at);
        }
    }
    header.confidence.retain(|column, _| header.columns.contains_key(column));
}

/// The columns found so far.
#[derive(Default)]
struct Found {
    columns: BTreeMap<Column, (u32, f64)>,
    /// Attributes with a name of their own.
    attributes: Vec<(u32, String)>,
    /// Choices between columns that are nearly as good.
    questions: Vec<String>,
}

impl Found {
    fn take(&mut self, column: Column, at: u32, sure: f64) {
        self.columns.retain(|_, (used, _)| *used != at);
        self.columns.insert(column, (at, sure));
    }

    fn is_free(&self, at: u32) -> bool {
        !self.columns.values().any(|(used, _)| *used == at)
            && !self.attributes.iter().any(|(used, _)| *used == at)
    }

    /// The column of names; a second column of texts is a description or the name in another language.
    fn names(&mut self, free: &[&Profile]) -> Result<Option<u32>, Question> {
        let mut texts: Vec<(&Profile, f64)> =
            free.iter().map(|column| (*column, name_score(column))).collect();
        texts.retain(|(column, score)| *score >= 0.3 && column.filled >= 0.5);
        texts.sort_by(|a, b| b.1.total_cmp(&a.1));
        let Some((mut best, mut sure)) = texts.first().copied() else { return Ok(None) };
        if let Some((second, score)) = texts.get(1).copied()
            && score >= sure * 0.8
        {
            let (shorter, longer) =
                if best.length <= second.length { (best, second) } else { (second, best) };
            let cyrillic = |column: &Profile| column.cyrillic > 0.7;
            if cyrillic(best) != cyrillic(second) && best.cyrillic.min(second.cyrillic) < 0.2 {
                let (russian, english) = if cyrillic(best) { (best, second) } else { (second, best) };
                self.take(Column::NameEn, english.at, score);
                best = russian;
            } else if longer.length > 60.0 && longer.length > shorter.length * 2.0 {
                self.take(Column::Description, longer.at, 0.8);
                best = shorter;
            } else {
                let columns = [best, second].map(|column| (column.at, column.examples.clone()));
                return Err(Question { field: Column::Name, columns });
            }
            sure = score;
        }
        self.columns.insert(Column::Name, (best.at, sure));
        Ok(Some(best.at))
    }

    /// Columns that their values alone give away.
    fn plain(&mut self, free: &[&Profile]) {
        for column in free {
            if !self.is_free(column.at) {
                continue;
            }
            if column.addresses >= 0.8 {
                if !self.columns.contains_key(&Column::Photo) {
                    self.take(Column::Photo, column.at, f64::from(column.addresses));
                }
            } else if column.barcodes >= 0.8 {
                self.attributes.push((column.at, "EAN".to_owned()));
            } else if column.units >= 0.8 && !self.columns.contains_key(&Column::Unit) {
                self.take(Column::Unit, column.at, f64::from(column.units));
            } else if column.currencies >= 0.9 && column.numbers < 0.1 && column.length <= 8.0 {
                self.take(Column::Currency, column.at, f64::from(column.currencies));
            }
        }
    }

    /// Article numbers, prices and stock, together.
    fn numbers(&mut self, free: &[&Profile], name: u32, open: &dyn Fn(&Column) -> bool) -> Option<Question> {
        let usable = |column: &&&Profile| self.is_free(column.at) && !is_count(column);
        let columns: Vec<&Profile> = free.iter().filter(usable).take(ASSIGNED).copied().collect();
        let score = |column: Column, at: usize| {
            let Some(profile) = columns.get(at).filter(|_| open(&column)) else { return 0.0 };
            let right = profile.at > name;
            match column {
                Column::Article => article_score(profile, right) - 0.5,
                Column::Price => price_score(profile, right) - 0.45,
                _ => stock_score(profile, right) - 0.65,
            }
        };
        // An index beyond the columns is no column.
        let all = 0..=columns.len();
        let readings = all.clone().flat_map(|article| {
            let all = 0..=columns.len();
            all.clone().flat_map(move |price| all.clone().map(move |stock| [article, price, stock]))
        });
        let different = |[article, price, stock]: &[usize; 3]| {
            let none = columns.len();
            (*article == none || article != price && article != stock) && (*price == none || price != stock)
        };
        let fields = [Column::Article, Column::Price, Column::Stock];
        let total = |reading: &[usize; 3]| -> f64 {
            // A list of prices has a price: one column of numbers is rather that than an article.
            let priced = if reading[1] < columns.len() { PRICED } else { 0.0 };
            priced + fields.iter().zip(reading).map(|(field, at)| score(*field, *at)).sum::<f64>()
        };
        let mut readings: Vec<([usize; 3], f64)> =
            readings.filter(different).map(|reading| (reading, total(&reading))).collect();
        readings.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (best, most) = readings.first().copied()?;
        let price = |reading: &[usize; 3]| columns.get(reading[1]).copied();
        if let Some(chosen) = price(&best)
            && let Some((other, _)) = readings.iter().find_map(|(reading, score)| {
                let other = price(reading).filter(|other| other.at != chosen.at)?;
                (most - score < NEAR).then_some((other, score))
            })
        {
            let columns = [chosen, other].map(|column| (column.at, column.examples.clone()));
            return Some(Question { field: Column::Price, columns });
        }
        // Either article finds its row, so one is taken and the other named.
        let article = |reading: &[usize; 3]| columns.get(reading[0]).copied();
        if let Some(chosen) = article(&best)
            && let Some(other) = readings.iter().find_map(|(reading, score)| {
                let other = article(reading).filter(|other| other.at != chosen.at)?;
                (most - score < NEAR && reading[1] == best[1]).then_some(other)
            })
        {
            let columns = [chosen, other].map(|column| (column.at, column.examples.clone()));
            let question = Question { field: Column::Article, columns };
            self.questions.push(format!("{question}; the first was taken"));
        }
        for (field, at) in fields.iter().zip(best) {
            if let Some(column) = columns.get(at)
                && score(*field, at) > 0.0
            {
                let right = column.at > name;
                let sure = match field {
                    Column::Article => article_score(column, right),
                    Column::Price => price_score(column, right),
                    _ => stock_score(column, right),
                };
                self.take(*field, column.at, sure);
            }
        }
        None
    }

    /// Few repeated short texts: brands stand in the names as well, categories stand in blocks.
    fn groups(&mut self, free: &[&Profile], name: u32) {
        for column in free {
            if !self.is_free(column.at) || column.at == name || !is_group(column) {
                continue;
            }
            for (field, score) in group_scores(column) {
                if score >= 0.6 && !self.columns.contains_key(&field) {
                    self.take(field, column.at, score);
                    break;
                }
            }
        }
    }
}

/// Whether there is a column of prices or articles, so that it is worth asking about the others.
fn is_list(columns: &[&Profile]) -> bool {
    let rows = columns.iter().map(|column| column.count).max().unwrap_or_default();
    let says = |column: &&Profile| price_score(column, true) >= 0.6 || article_score(column, false) >= 0.8;
    rows >= FEWEST && columns.iter().any(says)
}

/// Where the items of a sheet without a header begin.
struct Start {
    /// Number of the last row that is not read.
    above: u32,
    /// Headings that say nothing to us, in the row above the first item.
    headings: BTreeMap<u32, String>,
}

/// The first item is the first row that fills what nearly all rows fill, or one of the items right above it that do not.
/// The lone texts right above it are sections if there
/// are more of them in the same column further down, and a letterhead otherwise.
fn start(sheet: &Sheet, is_whole: &dyn Fn(&Row) -> bool, is_item: &dyn Fn(&Row) -> bool) -> Option<Start> {
    let mut first = sheet.rows.iter().position(is_whole)?;
    while let Some([above, row]) = first.checked_sub(1).and_then(|above| sheet.rows.get(above..=first))
        && above.number + 1 == row.number
        && is_item(above)
    {
        first -= 1;
    }
    let lone = |row: &Row| match row.cells.as_slice() {
        [(at, Value::Text(text))] if !is_note(text) => Some(*at),
        _ => None,
    };
    let below = sheet.rows.get(first..).unwrap_or_default();
    let sections: std::collections::BTreeSet<u32> = below.iter().filter_map(lone).collect();
    let above = sheet.rows.get(..first).unwrap_or_default();
    let sections_above = above
        .iter()
        .rev()
        .take_while(|row| {
            lone(row).is_some_and(|at| sections.contains(&at)) && !is_letterhead(&lone_text(row))
        })
        .count();
    let line = first - sections_above;
    let before = line.checked_sub(1).and_then(|last| sheet.rows.get(last));
    let headings = match before {
        Some(row) if row.cells.len() > 1 && evidence(row, below.iter()).is_heading() => headings(row),
        _ => BTreeMap::new(),
    };
    Some(Start { above: before.map_or(0, |row| row.number), headings })
}

/// Number of the last row above the items of a sheet without a header whose columns are known.
pub(super) fn above_items(sheet: &Sheet, columns: &BTreeMap<Column, u32>) -> Option<u32> {
    let is_item = |row: &Row| {
        let cell = |column| columns.get(&column).and_then(|at| row.get(*at));
        let price =
            cell(Column::Price).is_some_and(|value| number(value).is_some() || is_absent(&value.text()));
        let named = cell(Column::Name).is_some_and(|value| matches!(value, Value::Text(_)));
        named && (price || cell(Column::Article).is_some() || cell(Column::Stock).is_some())
    };
    start(sheet, &is_item, &is_item).map(|start| start.above)
}

/// The text of a row's only cell.
fn lone_text(row: &Row) -> String {
    row.cells.first().map(|(_, value)| value.text()).unwrap_or_default()
}
