//! Decides which currency holds for a price, and says where it was read.
//!
//! What names a currency is known to `currency`.

use super::{
    columns::Column,
    currency,
    header::{Header, one_line},
    value::{self, Marks},
    workbook::{Row, Sheet, Value},
};

/// Length to which a text of the list is cut in the report, in characters.
const QUOTED: usize = 50;

/// A currency and where the list states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stated {
    /// ISO 4217 code.
    pub code: &'static str,
    pub place: Place,
}

/// Where a currency was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Cells,
    CurrencyColumn,
    Format,
    Heading,
    /// A line above the header, with its row.
    Above(u32),
    /// A note below the header, with its row.
    Note(u32),
    /// Lines above tables of sizes.
    Tables,
    SheetName,
    Company,
    /// Nowhere.
    Unstated,
}

impl Place {
    /// For the report: "from …", with the words of the list.
    pub fn describe(self, sheet: &Sheet, heading: Option<&String>) -> String {
        let quoted = |text: String| {
            let text: String = one_line(&text).chars().take(QUOTED).collect();
            format!("«{text}»")
        };
        let said_in = |number: u32| {
            let row = sheet.rows.iter().find(|row| row.number == number);
            let text = row.and_then(|row| row.cells.iter().find(|(_, value)| said_by(value).is_some()));
            text.map_or_else(String::new, |(_, value)| format!(": {}", quoted(value.text())))
        };
        match self {
            Place::Cells => "from the price cells".to_owned(),
            Place::CurrencyColumn => "from the column of currencies".to_owned(),
            Place::Format => "from the number format of the prices".to_owned(),
            Place::Heading => match heading {
                Some(heading) => format!("from the heading {}", quoted(heading.clone())),
                None => "from the heading of the prices".to_owned(),
            },
            Place::Above(row) => format!("from row {row}, above the header{}", said_in(row)),
            Place::Note(row) => format!("from the note in row {row}{}", said_in(row)),
            Place::Tables => "from the lines above the tables".to_owned(),
            Place::SheetName => "from the name of the sheet".to_owned(),
            Place::Company => "the company's (import.currency); the list states none".to_owned(),
            Place::Unstated => "the list states none, nor does import.currency".to_owned(),
        }
    }
}

/// The currency that the price heading, the lines above the header, the sheet's name or its notes state.
pub(super) fn of_sheet(heading: Option<&String>, sheet: &Sheet, header: u32) -> Option<Stated> {
    let stated = |code, place| Stated { code, place };
    let found = heading.and_then(|heading| currency::named(heading)).map(|code| stated(code, Place::Heading));
    found
        .or_else(|| {
            let above = sheet.rows.iter().take_while(|row| row.number < header);
            above.filter_map(|row| Some(stated(said(row)?, Place::Above(row.number)))).last()
        })
        .or_else(|| currency::mentioned(&sheet.name).map(|code| stated(code, Place::SheetName)))
        .or_else(|| {
            let below = sheet.rows.iter().filter(|row| row.number > header && row.cells.len() == 1);
            below.filter_map(|row| Some(stated(said(row)?, Place::Note(row.number)))).next()
        })
}

/// The currency that a line gives for all prices: «Цены указаны в евро», "Currency: USD", «руб.».
fn said(row: &Row) -> Option<&'static str> {
    row.cells.iter().find_map(|(_, value)| said_by(value))
}

fn said_by(value: &Value) -> Option<&'static str> {
    let Value::Text(text) = value else { return None };
    let lower = text.to_lowercase();
    let about = PRICE_WORDS.iter().any(|word| lower.contains(word));
    if !about {
        let short = text.chars().count() <= 12 && !text.chars().any(char::is_numeric);
        // «руб.» alone in a cell; a word such as «Лира» may be a name.
        return currency::mentioned(text).filter(|_| short && is_mark(&lower));
    }
    // «Цены в USD, оплата в рублях по курсу 95 руб./$»: the first part is about the prices.
    let end = NOT_PRICES.iter().filter_map(|word| lower.find(word)).min().unwrap_or(lower.len());
    // Lower case hides ISO codes, and may move bytes; characters keep their places nearly always.
    let length = lower.get(..end).map_or(0, |part| part.chars().count());
    let part: String = text.chars().take(length).collect();
    currency::mentioned(&part)
}

/// Whether a line down to a row, above the list, says that prices are in conditional units.
pub(super) fn above_is_conditional(sheet: &Sheet, last: u32) -> bool {
    let above = sheet.rows.iter().take_while(|row| row.number <= last);
    above.flat_map(|row| &row.cells).any(|(_, value)| {
        matches!(value, Value::Text(text) if currency::is_conditional(text)
            && PRICE_WORDS.iter().any(|word| text.to_lowercase().contains(word)))
    })
}

/// Whether a text is a code, a sign or an abbreviation of a currency, with «в» or "in" in front at most.
fn is_mark(lower: &str) -> bool {
    let rest = ["в ", "in ", "w "].iter().find_map(|start| lower.strip_prefix(start)).unwrap_or(lower);
    let marks = [
        "руб",
        "рублях",
        "грн",
        "тг",
        "тенге",
        "долл",
        "евро",
        "usd",
        "eur",
        "rub",
        "uah",
        "kzt",
        "byn",
        "pln",
        "gbp",
        "chf",
        "czk",
    ];
    let bare = rest.trim_matches(|c: char| !c.is_alphabetic());
    bare.is_empty() || marks.contains(&bare)
}

const PRICE_WORDS: &[&str] = &[
    "цен",
    "цін",
    "прайс",
    "стоимост",
    "варт",
    "валют",
    "баға",
    "price",
    "currenc",
    "preis",
    "währung",
    "cena",
    "ceny",
    "cennik",
    "walut",
];

/// What follows is about paying or exchange rates.
const NOT_PRICES: &[&str] = &[
    "оплат",
    "курс",
    "расчет",
    "доставк",
    "payment",
    "exchange",
    "zahlbar",
    "zahlung",
    "kurs",
    "płat",
    "плат",
];

/// What is known of the column of prices below a header.
#[derive(Clone, Copy, Debug)]
pub(super) struct PriceColumn {
    pub marks: Marks,
    /// 1000 under «Цена, тыс. руб.».
    pub factor: f64,
    /// The number formats show different currencies, so that they tell rows apart.
    formats_differ: bool,
    /// The heading, or a line above it, speaks of conditional units («у.е.») and no currency.
    conditional: bool,
}

impl PriceColumn {
    pub fn of(sheet: &Sheet, header: &Header) -> PriceColumn {
        let at = header.columns.get(&Column::Price).copied();
        let heading = at.and_then(|at| header.headings.get(&at)).map_or("", String::as_str);
        let below = sheet.rows.iter().filter(|row| row.number > header.row);
        let values = below.filter_map(|row| row.get(at?));
        PriceColumn {
            marks: Marks::of(values),
            factor: value::heading_factor(heading),
            formats_differ: at.is_some_and(|at| sheet.styles.currencies(at, header.row).len() > 1),
            conditional: currency::named(heading).is_none()
                && (currency::is_conditional(heading)
                    || header.currency.is_none()
                        && above_is_conditional(sheet, header.row.saturating_sub(header.lines))),
        }
    }

    /// What is known of the prices of a table of sizes.
    pub fn of_table<'a>(cells: impl Iterator<Item = &'a Value>, conditional: bool) -> PriceColumn {
        PriceColumn { marks: Marks::of(cells), factor: 1.0, formats_differ: false, conditional }
    }

    /// The currency of a price in a table of sizes: of its cell, its number format, or stated for the table.
    ///
    /// # Errors
    /// The text of conditional units.
    pub fn currency_in_table(
        &self,
        value: &Value,
        format: Option<&'static str>,
        table: Option<Stated>,
    ) -> Result<Option<Stated>, String> {
        if let Value::Text(text) = value {
            if let Some(code) = currency::named(text) {
                return Ok(Some(Stated { code, place: Place::Cells }));
            }
            if currency::is_conditional(text) {
                return Err(text.clone());
            }
        }
        let format = format.map(|code| Stated { code, place: Place::Format });
        if self.conditional && format.is_none() {
            return Err("у.е.".to_owned());
        }
        Ok(table.filter(|table| table.place == Place::Tables).or(format).or(table))
    }

    /// The currency of a price.
    ///
    /// # Errors
    /// The text of a currency that is none, or of conditional units.
    pub fn currency(&self, row: &Row, header: &Header, sheet: &Sheet) -> Result<Option<Stated>, String> {
        let cell = |column| header.columns.get(&column).and_then(|at| row.get(*at));
        let stated = |code, place| Ok(Some(Stated { code, place }));
        if let Some(Value::Text(text)) = cell(Column::Price) {
            if let Some(code) = currency::named(text) {
                return stated(code, Place::Cells);
            }
            if currency::is_conditional(text) {
                return Err(text.clone());
            }
        }
        if let Some(value) = cell(Column::Currency) {
            let text = value.text();
            if let Some(code) = currency::named(&text) {
                return stated(code, Place::CurrencyColumn);
            }
            if text.chars().any(char::is_alphabetic) {
                return Err(text);
            }
        }
        let format = header
            .columns
            .get(&Column::Price)
            .and_then(|at| sheet.styles.get(row.number, *at).currency)
            .map(|code| Stated { code, place: Place::Format });
        let heading = header.currency.filter(|stated| stated.place == Place::Heading);
        if self.formats_differ && format.is_some() {
            return Ok(format);
        }
        if heading.is_none() && self.conditional {
            return Err("у.е.".to_owned());
        }
        Ok(heading.or(format).or(header.currency))
    }
}
