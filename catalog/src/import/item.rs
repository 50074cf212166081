//! Converts a row below a header to a product.
//!
//! Values are never guessed: one that is not understood is left out with a warning.

use std::collections::{BTreeMap, HashMap};

use tolmach_engine::catalog::{Attribute, Localized, Product};

use super::{
    columns::{Column, letters},
    header::Header,
    money::{Place, PriceColumn, Stated},
    report::{CurrencyUse, Warnings},
    value::{self, Amount},
    workbook::{Row, Sheet, Value},
};

/// Maximum number of attributes per product.
const ATTRIBUTES: usize = 40;
/// Maximum lengths in characters. What is longer is cut, and the report says so; an address is left out.
const ARTICLE: usize = 100;
const NAME: usize = 500;
const DESCRIPTION: usize = 4_000;
const BRAND: usize = 100;
const CATEGORY: usize = 200;
const UNIT: usize = 30;
const ATTRIBUTE_NAME: usize = 100;
const ATTRIBUTE_VALUE: usize = 200;
const ADDRESS: usize = 2_000;

/// The warning about items without a price.
pub(super) const ON_REQUEST: &str = "items without a price, offered on request";

/// Products and warnings collected from all sheets.
pub(super) struct Items {
    pub items: Vec<Product>,
    /// The row of each product, numbered from 1.
    pub rows: Vec<u32>,
    pub warnings: Warnings,
    /// Maximum number of products. Further ones are only noticed: see [`Items::too_many`].
    most: usize,
    pub too_many: bool,
    /// Number of uses of each id, to make ids of repeated articles unique.
    ids: HashMap<String, usize>,
    /// Sheet and row of the first use of each normalised article number.
    articles: HashMap<String, (String, u32)>,
    /// The company's currency; empty for none.
    company: String,
    /// What is known of the price column below the header that was used last, with the sheet and the row of that header.
    prices: Option<(String, u32, PriceColumn)>,
    /// Number of prices by currency and place, since the last [`Items::currencies`].
    currencies: BTreeMap<(String, Place), usize>,
}

impl Items {
    /// None yet, and at most so many. Prices without a currency have the company's.
    pub fn at_most(most: usize, company: &str) -> Items {
        Items {
            items: Vec::new(),
            rows: Vec::new(),
            warnings: Warnings::default(),
            most,
            too_many: false,
            ids: HashMap::new(),
            articles: HashMap::new(),
            company: company.to_owned(),
            prices: None,
            currencies: BTreeMap::new(),
        }
    }

    /// Reads a row as an item. Returns whether it has a price.
    pub fn read(
        &mut self,
        row: &Row,
        header: &Header,
        attributes: &[(u32, String)],
        sheet: &Sheet,
        section: &str,
    ) -> bool {
        if self.items.len() >= self.most {
            self.too_many = true;
            return true;
        }
        let cell = |column| header.columns.get(&column).and_then(|at| row.get(*at));
        let text = |column| cell(column).map(Value::text).unwrap_or_default();
        let line = |column| text(column).replace('\n', " ");
        let place = self.warnings.at(&sheet.name, row.number);
        let localized = |native: Column, foreign: Column, read: &dyn Fn(Column) -> String| {
            let (native_text, foreign_text) = (read(native), read(foreign));
            // With an English heading and no column in the other language, a text without Cyrillic letters is English.
            if foreign_text.is_empty()
                && header.is_english(native)
                && !native_text.chars().any(crate::words::is_cyrillic)
            {
                Localized { ru: String::new(), en: native_text }
            } else {
                Localized { ru: native_text, en: foreign_text }
            }
        };
        let mut product = Product {
            article: shown(row, header, sheet).unwrap_or_else(|| line(Column::Article)),
            name: localized(Column::Name, Column::NameEn, &line),
            description: localized(Column::Description, Column::DescriptionEn, &text),
            brand: line(Column::Brand),
            category: localized(Column::Category, Column::CategoryEn, &line),
            unit: line(Column::Unit),
            photo: cell(Column::Photo).and_then(|value| value::web_address(&value.text())),
            attributes: attributes
                .iter()
                .filter_map(|(at, name)| attribute(row.get(*at)?, name))
                .take(ATTRIBUTES)
                .collect(),
            ..Product::default()
        };
        if product.category.is_empty() {
            product.category.ru = section.to_owned();
        }
        self.cut(&mut product, &place);
        if let Some(Value::Date(date)) = cell(Column::Article) {
            self.warnings.add(
                "articles that are dates in the file, perhaps not what they were",
                format!("{place}: {date}"),
            );
        }
        if let Some(value) = cell(Column::Price) {
            let column = self.price_column(sheet, header);
            product.price = self.price(value, &column, &place);
            if product.price.is_some() {
                self.set_currency(&mut product, column.currency(row, header, sheet), &place);
            }
        }
        if product.price.is_none() && header.columns.contains_key(&Column::Price) {
            let said = cell(Column::Price).map_or_else(|| "empty".to_owned(), short);
            let what = format!("{} {}", product.article, said);
            self.warnings.add(ON_REQUEST, format!("{place}: {}", what.trim()));
        }
        product.stock = cell(Column::Stock).and_then(|value| self.stock(value, &place));
        let id =
            if product.article.is_empty() { format!("row-{}", row.number) } else { product.article.clone() };
        self.add(product, id, row.number, &sheet.name, &place)
    }

    /// Adds the product of a cell in a table of sizes, whose price the cell is. Returns whether it has a price.
    pub fn read_cell(
        &mut self,
        mut product: Product,
        value: &Value,
        (row, column): (u32, u32),
        sheet: &Sheet,
        prices: &PriceColumn,
        stated: Option<Stated>,
    ) -> bool {
        if self.items.len() >= self.most {
            self.too_many = true;
            return true;
        }
        let place = self.warnings.at(&sheet.name, row);
        self.cut(&mut product, &place);
        product.price = self.price(value, prices, &place);
        if product.price.is_some() {
            let format = sheet.styles.get(row, column).currency;
            self.set_currency(&mut product, prices.currency_in_table(value, format, stated), &place);
        }
        self.add(product, format!("cell-{}{row}", letters(column)), row, &sheet.name, &place)
    }

    /// Cuts texts that are longer than their field takes.
    fn cut(&mut self, product: &mut Product, place: &str) {
        let Product { article, name, description, brand, category, unit, photo, attributes, .. } = product;
        let fields = [
            ("article", article, ARTICLE),
            ("name", &mut name.ru, NAME),
            ("name", &mut name.en, NAME),
            ("description", &mut description.ru, DESCRIPTION),
            ("description", &mut description.en, DESCRIPTION),
            ("brand", brand, BRAND),
            ("category", &mut category.ru, CATEGORY),
            ("category", &mut category.en, CATEGORY),
            ("unit", unit, UNIT),
        ];
        for (field, text, most) in fields {
            if shorten(text, most) {
                self.warnings.add(CUT, format!("{place}: {field}, {most} characters are kept"));
            }
        }
        for Attribute { name, value } in attributes {
            shorten(name, ATTRIBUTE_NAME);
            if shorten(value, ATTRIBUTE_VALUE) {
                self.warnings.add(CUT, format!("{place}: {name}, {ATTRIBUTE_VALUE} characters are kept"));
            }
        }
        if photo.take_if(|address| address.len() > ADDRESS).is_some() {
            self.warnings.add("addresses of photos that are too long, left out", place.to_owned());
        }
    }

    /// What is known of the price column below a header, computed once for each header.
    fn price_column(&mut self, sheet: &Sheet, header: &Header) -> PriceColumn {
        match &self.prices {
            Some((name, row, column)) if *name == sheet.name && *row == header.row => *column,
            _ => {
                let column = PriceColumn::of(sheet, header);
                self.prices = Some((sheet.name.clone(), header.row, column));
                column
            }
        }
    }

    /// Gives a product with a price the currency that was found, or takes the price away if it is in no known one.
    fn set_currency(&mut self, product: &mut Product, found: Result<Option<Stated>, String>, place: &str) {
        match found {
            Ok(stated) => product.currency = self.currency(stated),
            Err(text) => {
                product.price = None;
                let what = format!("{place}: {}", short(&Value::Text(text)));
                self.warnings.add("prices in units that are no known currency, offered on request", what);
            }
        }
    }

    /// The currency of a price, the company's if none is stated.
    fn currency(&mut self, stated: Option<Stated>) -> String {
        let (code, place) = match stated {
            Some(Stated { code, place }) => (code.to_owned(), place),
            None if self.company.is_empty() => (String::new(), Place::Unstated),
            None => (self.company.clone(), Place::Company),
        };
        *self.currencies.entry((code.clone(), place)).or_default() += 1;
        code
    }

    /// The currencies of the prices since the last call, the most frequent first.
    /// `heading` is that of the sheet's prices.
    pub fn currencies(&mut self, sheet: &Sheet, heading: Option<&String>) -> Vec<CurrencyUse> {
        let used = std::mem::take(&mut self.currencies).into_iter();
        let mut used: Vec<CurrencyUse> = used
            .map(|((code, place), prices)| CurrencyUse {
                code,
                source: place.describe(sheet, heading),
                prices,
            })
            .collect();
        used.sort_by_key(|used| std::cmp::Reverse(used.prices));
        used
    }

    fn price(&mut self, value: &Value, column: &PriceColumn, place: &str) -> Option<f64> {
        if column.marks.doubtful && value::is_ambiguous(value) {
            self.warnings.add(
                "prices whose mark could part decimals or thousands, read as thousands",
                format!("{place}: {}", short(value)),
            );
        }
        match value::price_in(value, column.marks) {
            Amount::Known(price) if price > 0.0 => return Some(price * column.factor),
            Amount::Known(price) if price < 0.0 => {
                self.warnings.add("negative prices, left out", format!("{place}: {price}"));
            }
            // Many accounting programs write a missing price as zero.
            Amount::Known(_) | Amount::NotGiven => {}
            Amount::Invalid => {
                self.warnings
                    .add("prices that are not understood, left out", format!("{place}: {}", short(value)));
            }
        }
        None
    }

    fn stock(&mut self, value: &Value, place: &str) -> Option<f64> {
        match value::stock(value) {
            Amount::Known(stock) if stock >= 0.0 => return Some(stock),
            Amount::Known(stock) => {
                self.warnings.add("negative stock, taken as 0", format!("{place}: {stock}"));
                return Some(0.0);
            }
            Amount::NotGiven => {}
            Amount::Invalid => {
                self.warnings
                    .add("stock that is not understood, left out", format!("{place}: {}", short(value)));
            }
        }
        None
    }

    fn add(&mut self, mut product: Product, id: String, row: u32, sheet: &str, place: &str) -> bool {
        if !product.article.is_empty() {
            let twin = crate::words::normalise_article(&product.article);
            match self.articles.get(&twin) {
                Some((first_sheet, first)) => self.warnings.add(
                    "repeated articles, kept as separate items",
                    format!("{place}: {}, first in sheet \"{first_sheet}\" row {first}", product.article),
                ),
                None => {
                    self.articles.insert(twin, (sheet.to_owned(), row));
                }
            }
        }
        let uses = self.ids.entry(id.clone()).or_default();
        *uses += 1;
        product.id = if *uses == 1 { id } else { format!("{id}~{uses}") };
        let priced = product.price.is_some();
        self.items.push(product);
        self.rows.push(row);
        priced
    }
}

/// An article number as its cell shows it: 90.75 in the format 0.000 is the article 90.750.
fn shown(row: &Row, header: &Header, sheet: &Sheet) -> Option<String> {
    let at = *header.columns.get(&Column::Article)?;
    let Some(Value::Number(number)) = row.get(at) else { return None };
    let decimals = sheet.styles.get(row.number, at).decimals?;
    Some(format!("{number:.*}", usize::from(decimals)))
}

fn attribute(value: &Value, name: &str) -> Option<Attribute> {
    let text = value.text().replace('\n', "; ");
    // A value of dashes only means "none".
    if !text.chars().any(char::is_alphanumeric) {
        return None;
    }
    Some(Attribute { name: name.to_owned(), value: text })
}

const CUT: &str = "texts that are longer than their field takes, cut";

/// Cuts a text to so many characters; returns whether it was longer.
fn shorten(text: &mut String, most: usize) -> bool {
    let end = text.char_indices().nth(most).map(|(end, _)| end);
    if let Some(end) = end {
        text.truncate(end);
        text.truncate(text.trim_end().len());
    }
    end.is_some()
}

/// A value shortened for a warning: one line of at most 60 characters.
pub(super) fn short(value: &Value) -> String {
    value.text().replace('\n', " ").chars().take(60).collect()
}
