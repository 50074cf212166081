//! Finds tables with a price for each pair of sizes, one table for each product, and makes items of their cells.
//!
//! A table is a line of sizes with rows below that begin with a size and hold prices under the line. Tables stand below or
//! beside each other; the text above one is the product's name. A table of discounts or delivery prices is none.

use tolmach_engine::catalog::{Attribute, Localized, Product};

use super::{
    columns::{Column, letters},
    currency, header,
    item::Items,
    money::{self, Place, PriceColumn, Stated},
    names::{self, HeadingMeaning},
    profile::{is_absent, is_dash, number},
    report::SizeTable,
    sections::{is_letterhead, is_note},
    workbook::{Row, Sheet, Value},
};

/// Fewest columns and rows of a table.
const FEWEST: usize = 2;
/// Maximum length of a size, and of a row's label that is a name, in characters.
const SIZE: usize = 16;
const LABEL: usize = 120;
/// How often a row is looked at on average before a sheet is taken for another kind of list.
const LOOKS: usize = 20;
/// Number of columns that the labels of rows may stand before the first size.
const LABEL_AWAY: u32 = 3;
/// Number of rows above a table in which its name is looked for.
const ABOVE: usize = 4;

/// A table that was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    /// Name of the product; empty if the labels of the rows are names.
    title: String,
    section: String,
    /// Names of the sizes down and across, if the table says them.
    down: Option<String>,
    across: Option<String>,
    /// Column of the row labels.
    label: u32,
    /// Columns with their sizes.
    sizes: Vec<(u32, String)>,
    /// Indices of the first row below the line of sizes and of the row behind the last.
    rows: (usize, usize),
    currency: Option<Stated>,
    /// The prices are in conditional units («у.е.»).
    conditional: bool,
}

/// The tables of a sheet from above, those in the same rows from the left. None of a sheet in which tables do not hold most
/// of the numbers.
pub(super) fn find(sheet: &Sheet) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut section = String::new();
    let mut index = 0;
    let mut free_from = 0;
    let mut budget = sheet.rows.len().saturating_mul(LOOKS);
    while index < sheet.rows.len() && budget > 0 {
        let beside = beside(sheet, index, &mut budget);
        let Some(end) = beside.iter().map(|table| table.rows.1).max() else {
            index += 1;
            continue;
        };
        for mut table in beside {
            describe(sheet, &mut table, index, free_from, &mut section);
            tables.push(table);
        }
        index = end;
        free_from = end;
    }
    let named = |table: &Table| !table.title.is_empty() || table.named_rows(sheet);
    tables.retain(|table| named(table) && !table.is_other(sheet));
    let first = tables.first().and_then(|table| sheet.rows.get(table.rows.0.saturating_sub(1)));
    let first = first.map_or(0, |row| row.number);
    let stated = money::of_sheet(None, sheet, first);
    let conditional = money::above_is_conditional(sheet, first.saturating_sub(1));
    for table in tables.iter_mut().filter(|table| table.currency.is_none()) {
        table.conditional |= stated.is_none() && conditional;
        table.currency = stated.filter(|_| !table.conditional);
    }
    let numbers = |rows: &[Row]| -> usize {
        rows.iter().flat_map(|row| &row.cells).filter(|(_, value)| number(value).is_some()).count()
    };
    let held: usize = tables.iter().map(|table| table.prices(sheet) + table.sizes.len() + table.len()).sum();
    if held * 10 < numbers(&sheet.rows) * 6 { Vec::new() } else { tables }
}

/// The tables whose line of sizes is a row.
fn beside(sheet: &Sheet, index: usize, budget: &mut usize) -> Vec<Table> {
    let Some(line) = sheet.rows.get(index) else { return Vec::new() };
    let mut runs: Vec<Vec<(u32, String)>> = Vec::new();
    for (at, value) in &line.cells {
        let Some(size) = size(value) else { continue };
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|(last, _)| last + 1 == *at) => run.push((*at, size)),
            _ => runs.push(vec![(*at, size)]),
        }
    }
    let mut tables: Vec<Table> = Vec::new();
    for sizes in runs {
        let Some((first, _)) = sizes.first() else { continue };
        // The labels stand right before the sizes or a few columns away; a table may share those of the one to its left.
        let filled = |at: &u32| below(sheet, index).is_some_and(|row| row.get(*at).is_some());
        let taken = tables
            .iter()
            .filter_map(|table| table.sizes.last())
            .map(|(at, _)| at + 1)
            .max()
            .unwrap_or_default();
        let own = (taken.max(first.saturating_sub(LABEL_AWAY))..*first).rev().find(filled);
        let label = own.or(tables.first().map(|table| table.label));
        let Some(label) = label else { continue };
        let corner = line.get(label);
        let headed = corner.is_some_and(|corner| {
            let field = names::meaning(&corner.text());
            matches!(field, HeadingMeaning::Field(Column::Price | Column::Stock | Column::Article, _))
        });
        if headed || corner.is_some_and(|corner| size(corner).is_some()) || !plausible(&sizes) {
            continue;
        }
        let rows = sheet.rows.get(index + 1..).unwrap_or_default();
        let named = rows.first().and_then(|row| row.get(label)).is_some_and(|value| size(value).is_none());
        let goes_on = |row: &&Row| is_row(row, label, &sizes, named);
        let height = rows.iter().take(*budget).take_while(goes_on).count();
        *budget = budget.saturating_sub(height);
        let table = Table {
            title: String::new(),
            section: String::new(),
            down: None,
            across: None,
            label,
            sizes,
            rows: (index + 1, index + 1 + height),
            currency: None,
            conditional: false,
        };
        if height >= FEWEST
            && table.prices(sheet) * 10 >= height * table.sizes.len() * 2
            && table.is_labelled(sheet, line)
        {
            tables.push(table);
        }
    }
    tables
}

fn below(sheet: &Sheet, index: usize) -> Option<&Row> {
    sheet.rows.get(index + 1)
}

/// Whether sizes are a line of sizes: at least two different ones, numbers among them in ascending order.
fn plausible(sizes: &[(u32, String)]) -> bool {
    let numbers: Vec<f64> =
        sizes.iter().filter_map(|(_, size)| size.replace(',', ".").parse().ok()).collect();
    let ascending = numbers.windows(2).all(|pair| matches!(pair, [low, high] if low < high));
    let different = sizes.windows(2).all(|pair| matches!(pair, [(_, one), (_, other)] if one != other));
    sizes.len() >= FEWEST && ascending && different && numbers.iter().all(|number| *number > 0.0)
}

/// Whether a row goes on a table: a label, and prices or nothing under the sizes. A name among sizes, and the sizes
/// repeated, begin another table.
fn is_row(row: &Row, label: u32, sizes: &[(u32, String)], named: bool) -> bool {
    let Some(label) = row.get(label) else { return false };
    let sized = size(label).is_some();
    let text = label.text();
    let labelled = sized || named && text.chars().count() <= LABEL && text.chars().any(char::is_alphabetic);
    let cells = || sizes.iter().filter_map(|(at, size)| Some((row.get(*at)?, size)));
    let fits = |(value, _): (&Value, &String)| number(value).is_some() || is_absent(&value.text());
    let priced = sized || cells().any(|(value, _)| number(value).is_some());
    let repeated = cells().count() == sizes.len() && cells().all(|(value, size)| value.text() == *size);
    labelled && priced && !repeated && cells().all(fits)
}

/// A size: a number, or a short text with a digit such as `М6`, `DN 15`, `20 мм`, `10x1,5`.
fn size(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) if *number > 0.0 => Some(value.text()),
        Value::Text(text) => {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            let fits = text.chars().count() <= SIZE
                && text.chars().any(|c| c.is_ascii_digit())
                && letters <= 4
                && text.split_whitespace().count() <= 2;
            (fits && currency::named(text).is_none()).then(|| text.clone())
        }
        Value::Number(_) | Value::Date(_) => None,
    }
}

impl Table {
    fn lines<'a>(&self, sheet: &'a Sheet) -> &'a [Row] {
        sheet.rows.get(self.rows.0..self.rows.1).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.rows.1 - self.rows.0
    }

    /// Number of prices.
    fn prices(&self, sheet: &Sheet) -> usize {
        let price =
            |row: &&Row| self.sizes.iter().filter(|(at, _)| row.get(*at).and_then(number).is_some()).count();
        self.lines(sheet).iter().map(|row| price(&row)).sum()
    }

    /// Whether the labels of the rows are names rather than sizes.
    fn named_rows(&self, sheet: &Sheet) -> bool {
        let sizes = self
            .lines(sheet)
            .iter()
            .filter_map(|row| row.get(self.label))
            .filter(|value| size(value).is_some());
        sizes.count() * 2 < self.len()
    }

    /// Whether the labels of the rows are different sizes. Names are labels only under a heading for names or sizes, or when
    /// the sizes above cannot be amounts: else the rows are items with several numbers.
    fn is_labelled(&self, sheet: &Sheet, line: &Row) -> bool {
        let labels: Vec<String> =
            self.lines(sheet).iter().filter_map(|row| row.get(self.label)).map(Value::text).collect();
        let different = labels.windows(2).all(|pair| matches!(pair, [one, other] if one != other));
        if !self.named_rows(sheet) {
            return different;
        }
        let corner = line.get(self.label).map(Value::text);
        let headed = corner.is_some_and(|corner| {
            axis(&corner).is_some()
                || matches!(names::meaning(&corner), HeadingMeaning::Field(Column::Name, _))
        });
        let texts = self.sizes.iter().all(|(_, size)| size.replace(',', ".").parse::<f64>().is_err());
        different && (headed || texts)
    }

    /// Whether the table is about something else than prices of goods.
    fn is_other(&self, sheet: &Sheet) -> bool {
        let corner = sheet
            .rows
            .get(self.rows.0.saturating_sub(1))
            .and_then(|row| row.get(self.label))
            .map(Value::text);
        let said = [
            Some(self.title.clone()),
            Some(sheet.name.clone()),
            corner,
            self.down.clone(),
            self.across.clone(),
        ];
        let words =
            ["скид", "знижк", "discount", "rabat", "достав", "deliver", "shipping", "тариф", "бонус", "сумм"];
        said.iter().flatten().any(|text| words.iter().any(|word| text.to_lowercase().contains(word)))
    }
}

/// Looks for the names of a table and of its sizes in the rows above, down to the end of the table before.
fn describe(sheet: &Sheet, table: &mut Table, line: usize, free_from: usize, section: &mut String) {
    let last = table.sizes.last().map_or(table.label, |(at, _)| *at);
    let first = table.sizes.first().map_or(table.label, |(at, _)| *at);
    let names_rows = table.named_rows(sheet);
    if let Some(corner) = sheet.rows.get(line).and_then(|row| row.get(table.label)) {
        let corner = header::one_line(&corner.text());
        match corner.split_once(['\\', '/']) {
            Some((down, across)) if !down.trim().is_empty() && !across.trim().is_empty() => {
                (table.down, table.across) = (Some(down.trim().to_owned()), Some(across.trim().to_owned()));
            }
            _ if axis(&corner).is_some() => table.down = Some(corner),
            _ if names_rows && matches!(names::meaning(&corner), HeadingMeaning::Field(Column::Name, _)) => {}
            _ => table.title = corner,
        }
    }
    let above = sheet.rows.get(free_from.max(line.saturating_sub(ABOVE))..line).unwrap_or_default();
    let mut before = sheet.rows.get(line).map_or(0, |row| row.number);
    let mut titled = if table.title.is_empty() { None } else { Some(before) };
    for row in above.iter().rev() {
        // An empty row may stand between the name and the table, a gap may not.
        if before > row.number + 2 {
            break;
        }
        before = row.number;
        let texts: Vec<(u32, String)> = row
            .cells
            .iter()
            .filter(|(at, _)| (table.label..=last).contains(at))
            .filter_map(|(at, value)| match value {
                Value::Text(text) => Some((*at, header::one_line(text))),
                _ => None,
            })
            .collect();
        // Beside a name of the sizes down stands that of the sizes across.
        let of_axes = texts.iter().any(|(at, text)| *at < first && axis(text).is_some());
        for (at, text) in texts {
            let named = if is_money(&text) { currency::named(&text) } else { currency::mentioned(&text) };
            table.currency = table.currency.or(named.map(|code| Stated { code, place: Place::Tables }));
            table.conditional |= currency::is_conditional(&text);
            if axis(&text).is_some() || of_axes && at >= first {
                let name = if at < first { &mut table.down } else { &mut table.across };
                name.get_or_insert(text);
            } else if table.title.is_empty()
                && let Some(title) = without_money(&text).filter(|title| !is_note(title))
            {
                title.clone_into(&mut table.title);
                titled = Some(row.number);
            } else if row.cells.len() == 1 && titled == Some(row.number + 1) && !is_letterhead(&text) {
                *section = text;
                break;
            }
        }
    }
    table.section.clone_from(section);
    if table.title.is_empty() && !names_rows && !is_default_name(&sheet.name) {
        table.title.clone_from(&sheet.name);
    }
}

/// Whether a sheet has the name that a spreadsheet program gave it, or the file's.
fn is_default_name(name: &str) -> bool {
    let word: String = name.to_lowercase().chars().take_while(|c| c.is_alphabetic()).collect();
    let given =
        ["лист", "sheet", "аркуш", "tabelle", "arkusz", "table", "tdsheet", "прайс", "price", "worksheet"];
    given.contains(&word.as_str()) || name.contains('.')
}

/// Whether a text only says that prices follow: «Цена, руб. за шт.»
fn is_money(text: &str) -> bool {
    matches!(names::meaning(text), HeadingMeaning::Field(Column::Price | Column::Currency, _))
}

/// A title without what it says about prices: «Болт DIN 933, цена за шт.»; `None` if it says nothing else.
fn without_money(text: &str) -> Option<&str> {
    if !is_money(text) {
        return Some(text);
    }
    let mut parts = text.match_indices([',', '(', ';']);
    let title = parts.find_map(|(at, _)| {
        let (title, rest) = text.split_at_checked(at)?;
        is_money(rest).then_some(title.trim())
    });
    title.filter(|title| !title.is_empty() && !is_money(title))
}

/// The name of a size that a text is, without the unit: «Диаметр, мм».
fn axis(text: &str) -> Option<&str> {
    let lower = text.to_lowercase();
    let words = [
        "диам",
        "длин",
        "шири",
        "высот",
        "толщ",
        "размер",
        "сечен",
        "разм",
        "довж",
        "товщ",
        "розмір",
        "перер",
        "ду",
        "dn",
        "diam",
        "length",
        "width",
        "height",
        "thick",
        "size",
        "länge",
        "durchm",
        "średn",
        "długo",
        "l",
        "d",
        "ø",
        "h",
        "b",
    ];
    let first = lower.split(|c: char| !c.is_alphabetic() && c != 'ø').find(|word| !word.is_empty())?;
    let short = text.split_whitespace().count() <= 3;
    // One letter is the whole word.
    let is = |word: &str| if word.chars().count() <= 2 { first == word } else { first.starts_with(word) };
    (short && words.into_iter().any(is)).then(|| text.split([',', '(']).next().unwrap_or(text).trim())
}

/// Reads the tables of a sheet into items; returns what was read of each, and how many items have no price.
pub(super) fn read(sheet: &Sheet, tables: &[Table], items: &mut Items) -> (Vec<SizeTable>, usize) {
    let mut on_request = 0;
    let mut read = Vec::new();
    for table in tables {
        let before = items.items.len();
        let cells = table.lines(sheet).iter();
        let cells = cells.flat_map(|row| table.sizes.iter().filter_map(|(at, _)| row.get(*at)));
        let prices = PriceColumn::of_table(cells, table.conditional && table.currency.is_none());
        for row in table.lines(sheet) {
            let Some(label) = row.get(table.label).map(Value::text) else { continue };
            for (at, size) in &table.sizes {
                // No price, no item: the size is not made.
                let Some(cell) = row.get(*at).filter(|cell| !is_dash(&cell.text())) else { continue };
                let product = table.product(&label, size, sheet);
                on_request += usize::from(!items.read_cell(
                    product,
                    cell,
                    (row.number, *at),
                    sheet,
                    &prices,
                    table.currency,
                ));
            }
        }
        let first = sheet.rows.get(table.rows.0).map_or(0, |row| row.number);
        let last = sheet.rows.get(table.rows.1 - 1).map_or(0, |row| row.number);
        let edge = |found: Option<&(u32, String)>| found.map_or_else(String::new, |(at, _)| letters(*at));
        read.push(SizeTable {
            title: table.title.clone(),
            rows: (first, last),
            columns: (edge(table.sizes.first()), edge(table.sizes.last())),
            down: table.down.clone(),
            across: table.across.clone(),
            items: items.items.len() - before,
        });
    }
    (read, on_request)
}

impl Table {
    fn product(&self, label: &str, size: &str, sheet: &Sheet) -> Product {
        let label = header::one_line(label);
        let names = self.named_rows(sheet);
        let russian =
            [&self.title, &label].into_iter().any(|text| text.chars().any(crate::words::is_cyrillic));
        let times = if russian { 'х' } else { 'x' };
        // The diameter comes first, whichever way the table has it.
        // Sizes of several parts stand beside each other: `25х25х3, 6 м`.
        let plain = |size: &str| size.chars().skip(1).all(|c| c.is_ascii_digit() || ".,/-".contains(c));
        let both = match self.diameters_down(&label) {
            _ if !plain(size) || !plain(&label) => format!("{label}, {size}"),
            true => format!("{label}{times}{size}"),
            false => format!("{size}{times}{label}"),
        };
        let name = if names {
            format!("{} {label} {size}", self.kind_of(&label)).trim().to_owned()
        } else {
            format!("{} {both}", self.title)
        };
        let attribute = |axis_name: Option<&String>, value: &str| {
            let default = if russian { "Размер" } else { "Size" };
            let name = axis_name.map_or(default, |name| axis(name).unwrap_or(name)).to_owned();
            Attribute { name, value: with_unit(value, axis_name.and_then(|name| unit_of(name))) }
        };
        let (down, across) = (self.down.as_ref(), self.across.as_ref());
        let attributes = match (down, across) {
            (_, across) if names => vec![attribute(across, size)],
            (None, None) => vec![attribute(None, &both)],
            (down, across) => vec![attribute(across, size), attribute(down, &label)],
        };
        let text = |text: String| match russian {
            true => Localized { ru: text, en: String::new() },
            false => Localized { ru: String::new(), en: text },
        };
        let category = Localized { ru: self.section.clone(), en: String::new() };
        Product { name: text(name), category, attributes, ..Product::default() }
    }

    fn diameters_down(&self, label: &str) -> bool {
        let starts =
            |text: &str, words: &[&str]| words.iter().any(|word| text.to_lowercase().starts_with(word));
        let axis = |axis: &Option<String>| {
            axis.as_ref()
                .is_some_and(|axis| starts(axis, &["диам", "diam", "durchm", "średn", "ду", "dn", "ø"]))
        };
        let thread = starts(label, &["м", "m", "ø", "d", "ду"]) && label.chars().any(|c| c.is_ascii_digit());
        axis(&self.down) || thread && !axis(&self.across)
    }

    /// What to put before a row's label that is a name: the title, unless the label says it.
    fn kind_of(&self, label: &str) -> &str {
        let word = self.title.split(' ').next().unwrap_or_default().to_lowercase();
        if label.to_lowercase().starts_with(&word) { "" } else { &self.title }
    }
}

/// The unit that the name of a size gives: «Диаметр, мм».
fn unit_of(axis_name: &str) -> Option<&str> {
    let (_, unit) = axis_name.split_once([',', '('])?;
    Some(unit.trim().trim_end_matches(')')).filter(|unit| !unit.is_empty() && unit.chars().count() <= 5)
}

fn with_unit(value: &str, unit: Option<&str>) -> String {
    match unit {
        Some(unit) if value.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')) => {
            format!("{value} {unit}")
        }
        _ => value.to_owned(),
    }
}
