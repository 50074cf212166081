//! Tells items from sections, totals, notes and further headers.
//!
//! A section is a row that is empty in the columns that items fill. A row with an article, a unit or a barcode is an item,
//! on request if it has no price.

use super::{
    columns::Column,
    header::Header,
    profile::number,
    workbook::{Row, Value},
};

pub(super) const NO_NAME: &str = "no name";
/// Maximum length of a section name in characters; a longer text alone in its row is a note.
const LONGEST_SECTION: usize = 120;
/// Number of rows with a price from which a habit of the list can be seen.
const ENOUGH: usize = 20;

/// Classification of a row below a header.
pub(super) enum Kind {
    Item,
    Section(String),
    /// Header of another table in the same sheet.
    Header(Box<Header>),
    Skipped(&'static str),
}

/// What the items of a sheet have in common: which columns they fill, and how their article numbers look.
pub(super) struct Habits {
    /// Columns that at least 90 % of the rows with a price fill.
    filled: Vec<u32>,
    /// Number of rows with a price.
    priced: usize,
    /// At least 90 % of the article numbers are digits only, of at least [`ENOUGH`].
    numeric: bool,
    /// At least 90 % of the rows have an article number.
    articles: bool,
    /// At least 85 % of the rows with several cells say something in the price column, if only «по запросу».
    prices: bool,
}

impl Habits {
    pub fn of(rows: &[Row], header: &Header) -> Habits {
        let column = |column| header.columns.get(&column).copied();
        let (article, price) = (column(Column::Article), column(Column::Price));
        let mut counts: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
        let (mut numeric, mut articles, mut priced, mut several) = (0_usize, 0_usize, 0_usize, 0_usize);
        for row in rows {
            several += usize::from(row.cells.len() > 1);
            if price.is_none_or(|price| row.get(price).is_none()) {
                continue;
            }
            priced += 1;
            for (at, _) in &row.cells {
                *counts.entry(*at).or_default() += 1;
            }
            if let Some(value) = article.and_then(|at| row.get(at)) {
                articles += 1;
                numeric += usize::from(value.text().chars().all(|c| c.is_ascii_digit()));
            }
        }
        Habits {
            filled: counts
                .into_iter()
                .filter(|(_, count)| count * 10 >= priced * 9)
                .map(|(at, _)| at)
                .collect(),
            priced,
            numeric: articles >= ENOUGH && numeric * 10 >= articles * 9,
            articles: priced >= 2 && articles * 10 >= priced * 9,
            prices: priced >= ENOUGH && priced * 20 >= several * 17,
        }
    }

    /// Whether a row of at most two texts is the section of a list whose items all have numeric articles and something in
    /// the price column: «008_Серія А» with the group's code beside it.
    fn is_group_with_code(&self, row: &Row, header: &Header) -> bool {
        let Some(Value::Text(article)) = header.columns.get(&Column::Article).and_then(|at| row.get(*at))
        else {
            return false;
        };
        let name = header.columns.get(&Column::Name).and_then(|at| row.get(*at)).map(Value::text);
        // A group's code beside its name has no small letters; the name of an item has.
        let named =
            name.is_some_and(|name| name.chars().any(char::is_lowercase) || name.chars().count() > 12);
        self.numeric
            && self.prices
            && !named
            && row.cells.len() <= 2
            && article.chars().any(char::is_alphabetic)
            && row.cells.iter().all(|(_, value)| matches!(value, Value::Text(_)))
    }

    /// Whether a row is a group of an accounting program: a name, with the total of the stock of its items beside it at
    /// most, and nothing else that items have.
    fn is_group_with_total(&self, row: &Row, header: &Header, below: &[Row]) -> bool {
        let name = header.columns.get(&Column::Name);
        let others = |(at, value): &(u32, Value)| Some(at) != name && number(value).is_none();
        if !self.articles || row.cells.iter().any(others) {
            return false;
        }
        let missing = self.filled.iter().filter(|at| row.get(**at).is_none()).count();
        // The article and the price are missing in any case.
        match header.columns.get(&Column::Stock).and_then(|at| Some((*at, number(row.get(*at)?)?))) {
            Some((stock, total)) => {
                missing >= 3 && self.priced >= ENOUGH || self.is_sum(total, stock, header, below)
            }
            None => {
                let totals = |(at, _): &(u32, Value)| Some(at) == name || !self.filled.contains(at);
                missing >= 2 && row.cells.iter().all(totals)
            }
        }
    }

    /// Whether the stock of the items that follow adds up to a total.
    fn is_sum(&self, total: f64, stock: u32, header: &Header, below: &[Row]) -> bool {
        let article =
            |row: &Row| header.columns.get(&Column::Article).is_some_and(|at| row.get(*at).is_some());
        let (mut sum, mut groups) = (0.0, 0);
        for (index, row) in below.iter().take(SUMMED).enumerate() {
            if article(row) {
                groups = 0;
                sum += row.get(stock).and_then(number).unwrap_or_default();
            } else {
                groups += 1;
            }
            if groups > NESTED {
                return false;
            }
            let last = below.get(index + 1).is_none_or(|next| !article(next));
            if last && article(row) && (sum - total).abs() < 0.001 {
                return true;
            }
            if sum > total + 0.001 {
                return false;
            }
        }
        false
    }
}

/// Number of groups that may stand in each other.
const NESTED: usize = 8;
/// Number of rows that may add up to the total of a group.
const SUMMED: usize = 300;

/// Classifies a row; `below` are the rows after it.
pub(super) fn kind(row: &Row, header: &Header, habits: &Habits, below: &[Row]) -> Kind {
    let cell = |column| header.columns.get(&column).and_then(|at| row.get(*at));
    let texts: Vec<&str> = row
        .cells
        .iter()
        .filter_map(|(_, value)| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if is_header_again(row, header) {
        return Kind::Skipped("the header again");
    }
    let first = texts.first().map(|text| text.to_lowercase()).unwrap_or_default();
    if is_total(&first) && cell(Column::Article).is_none_or(|article| article.text().to_lowercase() == first)
    {
        return Kind::Skipped("a total");
    }
    if row.cells.len() >= 3
        && row.cells.iter().zip(1..).all(|((_, value), place)| value.text() == place.to_string())
    {
        return Kind::Skipped("numbers of the columns");
    }
    if row.cells.len() == 1
        && let [text] = texts.as_slice()
        && text.chars().any(char::is_alphabetic)
    {
        return if is_note(text) { Kind::Skipped("a note") } else { Kind::Section(text.replace('\n', " ")) };
    }
    let unpriced = cell(Column::Price).is_none() && cell(Column::Stock).is_none();
    if unpriced
        && habits.is_group_with_code(row, header)
        && let Some(article) = cell(Column::Article)
    {
        return Kind::Section(article.text().replace('\n', " "));
    }
    if cell(Column::Article).is_none()
        && cell(Column::Price).is_none()
        && let Some(Value::Text(name)) = cell(Column::Name)
        && habits.is_group_with_total(row, header, below)
    {
        return Kind::Section(name.replace('\n', " "));
    }
    // A row with a number in the price or stock column cannot be a header.
    let no_number =
        |column| !cell(column).is_some_and(|value| value.text().chars().any(|c| c.is_ascii_digit()));
    if no_number(Column::Price)
        && no_number(Column::Stock)
        && let Some(changed) = header.changed(row, below)
    {
        return Kind::Header(Box::new(changed));
    }
    match cell(Column::Name) {
        // A number or date alone in its row is a page number or the printing date.
        Some(Value::Text(_)) => Kind::Item,
        Some(Value::Number(_)) if row.cells.len() > 1 => Kind::Item,
        _ => Kind::Skipped(NO_NAME),
    }
}

/// Whether a lower-case text begins with a word for a total.
fn is_total(first: &str) -> bool {
    ["итог", "всего", "total", "grand total", "subtotal", "разом", "всього", "усього", "підсум", "сумма"]
        .iter()
        .any(|word| {
            first
                .strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphabetic() && !"оаок".contains(c)))
        })
}

/// Whether a text alone in its row is a sentence, such as «Цены действительны до конца месяца. НДС включён.»
pub(super) fn is_note(text: &str) -> bool {
    let name = text.replace('\n', " ");
    let sentence = name.ends_with(['.', '!', '?']) && name.split(' ').count() > 4;
    sentence || name.chars().count() > LONGEST_SECTION
}

/// Whether a text above a list is about the supplier and not about the goods.
pub(super) fn is_letterhead(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words = ["@", "www", "http", "прайс", "price list", "тел.", "телефон", "phone", "инн ", "склад:"];
    let starts = ["ооо", "оао", "зао", "тов ", "ип ", "чп ", "адрес", "address", "цены", "ціни", "г. "];
    is_note(text)
        || words.iter().any(|word| lower.contains(word))
        || starts.iter().any(|start| lower.starts_with(start))
}

/// Whether the row repeats the headings, as on every printed page.
fn is_header_again(row: &Row, header: &Header) -> bool {
    let repeats = row.cells.iter().filter(|(at, value)| {
        let Value::Text(text) = value else { return false };
        // Of a header with two rows, either row may be repeated alone.
        header.heading(*at).is_some_and(|heading| {
            heading == text
                || heading.starts_with(&format!("{text} "))
                || heading.ends_with(&format!(" {text}"))
        })
    });
    let repeats = repeats.count();
    repeats >= 2 && repeats == row.cells.len()
}
