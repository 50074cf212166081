//! Decides how each sheet of a workbook is read: by a header of its own, by the header of a sheet before it, as tables of
//! sizes, or by its content.
//!
//! The rows are read in `rows`.

use std::collections::HashSet;

use super::{
    columns::{Column, Mapping},
    content::{self, Question, Reading},
    fit::Values,
    guess,
    header::{self, Header, ReadBy},
    money,
    sizes::{self, Table},
    value::{self, Amount},
    workbook::{Sheet, Value, Workbook},
};

/// How a sheet is read.
pub(super) enum Plan {
    /// As rows of items.
    Items(Box<Header>),
    /// As tables with a price for each pair of sizes.
    Sizes(Vec<Table>),
    /// Not at all, and why.
    Ignored(&'static str),
    /// Not before a person answers.
    Unclear(Question),
}

impl Plan {
    pub fn header(&self) -> Option<&Header> {
        match self {
            Plan::Items(header) => Some(header),
            Plan::Sizes(_) | Plan::Ignored(_) | Plan::Unclear(_) => None,
        }
    }
}

/// One plan for each sheet.
pub(super) fn plan(workbook: &Workbook, mapping: &Mapping) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for sheet in &workbook.sheets {
        let before = |read_by: ReadBy| {
            let mut before = workbook.sheets.iter().zip(&plans).rev();
            before.find_map(|(sheet, plan)| {
                let header = plan.header().filter(|header| header.read_by == read_by)?;
                Some((sheet.name.as_str(), header))
            })
        };
        let plan = one(sheet, mapping, [before(ReadBy::Heading), before(ReadBy::Content)]);
        plans.push(plan);
    }
    let contents = contents(workbook, &plans);
    for (plan, contents) in plans.iter_mut().zip(contents) {
        if contents {
            *plan = Plan::Ignored("a list of contents: its rows are names of sheets and sections");
        }
    }
    plans
}

/// `before` are the last sheets with a header, and without one, that were read.
fn one(sheet: &Sheet, mapping: &Mapping, before: [Option<(&str, &Header)>; 2]) -> Plan {
    let [headed, bare] = before;
    if sheet.rows.is_empty() {
        return Plan::Ignored("it is empty");
    }
    let found = header::find(sheet, mapping);
    let priced = |header: &Header| header.columns.contains_key(&Column::Price);
    if mapping.is_empty() && !found.as_ref().is_some_and(priced) {
        let tables = sizes::find(sheet);
        if !tables.is_empty() {
            return Plan::Sizes(tables);
        }
    }
    match found {
        Some(header) if header.row > 0 => return Plan::Items(Box::new(header)),
        // A person named letters; the values tell the other columns, and where the list begins.
        Some(mut header) => {
            if let Reading::Clear(read) = content::read(sheet, mapping) {
                header = *read;
                header.mapping = mapping.clone();
                header.currency = money::of_sheet(header.price_heading(), sheet, header.row + 1);
                header.notes = guess::notes(&header);
            }
            return Plan::Items(Box::new(header));
        }
        None => {}
    }
    let read = content::read(sheet, mapping);
    // The values may say that the columns stand in another order here.
    let name = |header: &Header| header.columns.get(&Column::Name).copied();
    let other = |header: &Header| matches!(&read, Reading::Clear(read) if name(read) != name(header));
    if let Some((from, header)) = headed.filter(|(_, header)| !other(header))
        && let Some(header) = continued(sheet, from, header)
    {
        return Plan::Items(Box::new(header));
    }
    match read {
        Reading::Clear(mut header) => {
            header.mapping = mapping.clone();
            header.currency = money::of_sheet(header.price_heading(), sheet, header.row + 1);
            header.notes = guess::notes(&header);
            Plan::Items(header)
        }
        Reading::Unclear(question) => Plan::Unclear(question),
        Reading::Nothing => {
            // Too few rows to speak for themselves.
            if let Some((name, header)) = bare
                && let Some(header) = continued(sheet, name, header)
            {
                return Plan::Items(Box::new(header));
            }
            Plan::Ignored("no header row with a column of names, and no columns that speak for themselves")
        }
    }
}

/// The header of an earlier sheet, if the values of this one fit under it.
fn continued(sheet: &Sheet, from: &str, header: &Header) -> Option<Header> {
    let values = Values::below(&sheet.rows, 0);
    let fits = |column: &Column, at: u32| values.filled(at) >= 0.5 && values.fit(*column, at) >= 0.6;
    let name = header.columns.get(&Column::Name)?;
    if !fits(&Column::Name, *name) {
        return None;
    }
    let counted = [Column::Article, Column::Price, Column::Stock];
    let sure =
        header.columns.iter().filter(|(column, at)| counted.contains(column) && fits(column, **at)).count();
    let against =
        header.columns.iter().any(|(column, at)| values.filled(*at) >= 0.3 && values.fit(*column, *at) < 0.3);
    if sure == 0 || against {
        return None;
    }
    // Columns that the header does not know would be lost: then it is another list.
    let unknown = |at: u32| values.filled(at) >= 0.5 && !header.headings.contains_key(&at);
    if header.read_by == ReadBy::Heading && values.columns().any(unknown) {
        return None;
    }
    let row = content::above_items(sheet, &header.columns)?;
    let mut continued = header.clone();
    (continued.row, continued.lines) = (row, 0);
    continued.read_by = ReadBy::Continued(from.to_owned());
    continued.currency = money::of_sheet(header.price_heading(), sheet, row + 1).or(header.currency);
    Some(continued)
}

/// Which sheets are tables of contents: without prices and articles, while others have them, and most of their names are
/// names of sheets or of sections.
fn contents(workbook: &Workbook, plans: &[Plan]) -> Vec<bool> {
    let has = |sheet: &Sheet, plan: &Plan| match plan {
        Plan::Items(header) => header.columns.get(&Column::Price).is_some_and(|price| {
            let mut cells = sheet.below(header.row).iter().filter_map(|row| row.get(*price));
            cells.any(|value| matches!(value::price(value), Amount::Known(price) if price > 0.0))
        }),
        Plan::Sizes(_) => true,
        Plan::Ignored(_) | Plan::Unclear(_) => false,
    };
    let priced: Vec<bool> = workbook.sheets.iter().zip(plans).map(|(sheet, plan)| has(sheet, plan)).collect();
    if !priced.contains(&true) {
        return vec![false; plans.len()];
    }
    let plain =
        |text: &str| -> String { text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect() };
    let mut known: HashSet<String> = workbook.sheets.iter().map(|sheet| plain(&sheet.name)).collect();
    for (sheet, _) in workbook.sheets.iter().zip(&priced).filter(|(_, priced)| **priced) {
        known.extend(sheet.rows.iter().filter_map(|row| match row.cells.as_slice() {
            [(_, Value::Text(text))] => Some(plain(text)),
            _ => None,
        }));
    }
    let is = |sheet: &Sheet, header: &Header| {
        let Some(name) = header.columns.get(&Column::Name) else { return false };
        let names = sheet.below(header.row).iter().filter_map(|row| row.get(*name));
        let (mut all, mut hits) = (0_usize, 0_usize);
        for value in names {
            all += 1;
            hits += usize::from(known.contains(&plain(&value.text())));
        }
        let called = ["содержан", "оглавлен", "зміст", "contents", "toc", "inhalt", "spis"];
        let called = called.iter().any(|word| sheet.name.to_lowercase().starts_with(word));
        let articles = header.columns.contains_key(&Column::Article);
        all > 0 && (hits * 2 > all || called && !articles)
    };
    workbook
        .sheets
        .iter()
        .zip(plans)
        .zip(priced)
        .map(|((sheet, plan), priced)| !priced && plan.header().is_some_and(|header| is(sheet, header)))
        .collect()
}
