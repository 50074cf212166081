//! What a conversation is about: the rows that the client saw last, the one they speak of, what they have chosen and what
//! they still want. Part of the session, so that it is stored, traced and replayed with it. It outlives the end of a dialog,
//! because a client who said goodbye may come back with «беру второй» five minutes later.
//!
//! Everything here has a bound, because a session is read and written in every turn.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    card::card,
    card::unit,
    catalog::{Product, SearchRequest},
    language::Language,
    results::Found,
    text::shorten,
};

/// The most rows of a page that are kept; the first ones. A client counts no further.
pub const MAX_ROWS: usize = 20;
/// The most earlier searches that a client can go back to.
const MAX_EARLIER: usize = 4;
/// The most lines of an order.
pub const MAX_LINES: usize = 50;
/// The most words, numbers and quantities that narrow a search down.
const MAX_NARROWED: usize = 8;
/// The most wishes that wait for an answer.
const MAX_PENDING: usize = 6;
/// The most characters of a wish, and of the words by which a line was ordered.
const MAX_WORDS: usize = 300;
/// The most characters of a row's description, which is what a card shows.
const MAX_DESCRIPTION: usize = 300;
/// The most further columns of a row, and characters of each.
const MAX_ATTRIBUTES: usize = 24;
const MAX_ATTRIBUTE: usize = 120;
/// How long rows are spoken of after they were shown, milliseconds: a day.
const LASTS: i64 = 24 * 60 * 60 * 1000;

/// What a conversation is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// What the client was shown last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// The searches before it, the newest last, without their rows.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    pub earlier: VecDeque<SearchRequest>,
    /// What rows must be like beside the query, as the client narrowed the search down, one word, number or quantity each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub narrowed: Vec<String>,
    /// The row that is spoken of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focus: Option<Product>,
    /// What the client has chosen.
    #[serde(skip_serializing_if = "Order::is_empty")]
    pub order: Order,
    /// Wishes of the client that were understood and not answered yet, the oldest first.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    pub pending: VecDeque<String>,
    /// How many leads the dialog has made.
    #[serde(skip_serializing_if = "is_zero")]
    pub leads: u32,
    /// How the client speaks, for the staff.
    #[serde(skip_serializing_if = "Tone::is_plain")]
    pub tone: Tone,
}

const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A page of rows as the client saw it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The search that found them, its filters and page included.
    pub request: SearchRequest,
    /// How many rows match in all.
    pub total: u64,
    /// The rows in order, at most [`MAX_ROWS`], with long texts shortened.
    pub rows: Vec<Product>,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// Goods that the client has chosen: a draft, until it travels into a lead.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// In the order of choosing, at most [`MAX_LINES`].
    pub lines: Vec<OrderLine>,
    /// Where it is to go, as the client wrote it; empty when unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What else the client wishes of it, in their words; empty for nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub wishes: String,
}

/// A line of an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderLine {
    /// The row's id; empty for a line that was not found in the catalogue.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The article.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub article: String,
    /// The name in the client's language, or what the client wrote.
    pub name: String,
    /// How many; `None` when the client has not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<f64>,
    /// The unit of sale.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The price of one when it was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// The price's currency, ISO 4217.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub currency: String,
    /// The client's words by which it was chosen.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// How the client speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tone {
    /// They are in a hurry.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    /// They are angry or rude.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub upset: bool,
}

impl Tone {
    /// Whether there is nothing to tell.
    pub fn is_plain(&self) -> bool {
        *self == Tone::default()
    }
}

impl Context {
    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        *self == Context::default()
    }

    /// Forgets rows that were shown too long ago to be meant by «второй».
    pub(crate) fn expire(&mut self, now: i64) {
        if self.shown.as_ref().is_some_and(|shown| now.saturating_sub(shown.at) > LASTS) {
            self.shown = None;
            self.earlier.clear();
            self.narrowed.clear();
            self.focus = None;
            self.pending.clear();
            self.tone = Tone::default();
            self.order = Order::default();
            self.leads = 0;
        }
    }

    /// The client sees the rows of a search.
    pub(crate) fn show(&mut self, found: &Found, now: i64) {
        if found.items.is_empty() {
            return;
        }
        let rows: Vec<Product> = found.items.iter().take(MAX_ROWS).map(brief).collect();
        let before = self.shown.take();
        if let Some(before) = before
            && before.request != found.request
            && !self.earlier.contains(&before.request)
        {
            if self.earlier.len() == MAX_EARLIER {
                self.earlier.pop_front();
            }
            self.earlier.push_back(before.request);
        }
        self.focus = match rows.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
        self.shown = Some(Shown { request: found.request.clone(), total: found.total, rows, at: now });
    }

    /// Begins a new search: what narrowed the one before does not matter any more.
    pub fn begin_search(&mut self) {
        self.narrowed.clear();
    }

    /// Narrows the search down; the oldest narrowing is forgotten where there are too many.
    pub fn narrow(&mut self, to: Vec<String>) {
        self.narrowed = to;
        let over = self.narrowed.len().saturating_sub(MAX_NARROWED);
        self.narrowed.drain(..over);
    }

    /// Speaks of a row from now on.
    pub fn focus_on(&mut self, row: &Product) {
        self.focus = Some(brief(row));
    }

    /// Remembers a wish that is not answered in this turn; a wish too many drops the oldest.
    pub(crate) fn want(&mut self, wish: &str) {
        if self.pending.len() == MAX_PENDING {
            self.pending.pop_front();
        }
        self.pending.push_back(shorten(wish, MAX_WORDS));
    }

    /// The variables of templates and conditions.
    pub(crate) fn variables(&self, language: Language) -> Value {
        let row = |row: &Product| {
            let card = card(row, language);
            json!({
                "id": row.id, "name": card.name, "article": card.article, "brand": card.brand,
                "price": row.price, "price_text": card.price, "stock": row.stock, "stock_text": card.stock,
                "category": row.category.get(language),
            })
        };
        let shown = self.shown.as_ref().map(|shown| {
            json!({
                "query": shown.request.text, "total": shown.total, "count": shown.rows.len(),
                "items": shown.rows.iter().map(row).collect::<Vec<_>>(),
            })
        });
        json!({
            "shown": shown,
            "focus": self.focus.as_ref().map(row),
            "order": {
                "lines": self.order.lines.len(), "text": self.order.text(),
                "place": self.order.place, "wishes": self.order.wishes,
            },
            "pending": self.pending,
            "leads": self.leads,
            "urgent": self.tone.urgent,
            "upset": self.tone.upset,
        })
    }
}

impl Order {
    /// Whether nothing was chosen or said of it.
    pub fn is_empty(&self) -> bool {
        *self == Order::default()
    }

    /// Adds a line, or the quantity to the line of the same row. Returns whether there was room.
    pub fn add(&mut self, mut line: OrderLine) -> bool {
        line.said = shorten(&line.said, MAX_WORDS);
        line.name = shorten(&line.name, MAX_WORDS);
        let same = |known: &&mut OrderLine| !line.id.is_empty() && known.id == line.id;
        if let Some(known) = self.lines.iter_mut().find(same) {
            known.quantity = line.quantity.or(known.quantity);
            known.said = line.said;
            return true;
        }
        if self.lines.len() == MAX_LINES {
            return false;
        }
        self.lines.push(line);
        true
    }

    /// Adds a wish in the client's words.
    pub fn wish(&mut self, words: &str) {
        let joined =
            if self.wishes.is_empty() { words.to_owned() } else { format!("{}; {words}", self.wishes) };
        self.wishes = shorten(&joined, MAX_WORDS);
    }

    /// The lines as a person reads them: name, article and quantity, a line each.
    pub fn text(&self) -> String {
        self.lines.iter().map(OrderLine::text).collect::<Vec<_>>().join("\n")
    }

    /// What the lines with a price and a quantity cost together, with the currency; `None` when a line has no price, or where
    /// there are two currencies.
    pub fn sum(&self) -> Option<(f64, &str)> {
        let currency = self.lines.first()?.currency.as_str();
        let mut sum = 0.0;
        for line in &self.lines {
            if line.currency != currency {
                return None;
            }
            sum += line.price? * line.quantity.unwrap_or(1.0);
        }
        Some((sum, currency))
    }
}

impl OrderLine {
    /// A line for a row.
    pub fn of(row: &Product, language: Language, quantity: Option<f64>, said: &str) -> OrderLine {
        OrderLine {
            id: row.id.clone(),
            article: row.article.clone(),
            name: row.name.get(language).to_owned(),
            quantity,
            unit: unit(&row.unit, language).to_owned(),
            price: row.price,
            currency: row.currency.clone(),
            said: said.to_owned(),
        }
    }

    /// «Насос X (PF-1) — 2».
    pub fn text(&self) -> String {
        let mut text = self.name.clone();
        if !self.article.is_empty() {
            text.push_str(&format!(" ({})", self.article));
        }
        if let Some(quantity) = self.quantity {
            text.push_str(&format!(" — {quantity}"));
            if !self.unit.is_empty() {
                text.push_str(&format!(" {}", self.unit));
            }
        }
        text
    }
}

/// A row with its long texts shortened.
fn brief(row: &Product) -> Product {
    let mut row = row.clone();
    row.description.ru = shorten(&row.description.ru, MAX_DESCRIPTION);
    row.description.en = shorten(&row.description.en, MAX_DESCRIPTION);
    row.attributes.truncate(MAX_ATTRIBUTES);
    for attribute in &mut row.attributes {
        attribute.value = shorten(&attribute.value, MAX_ATTRIBUTE);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, rows: usize) -> Found {
        let row = |n: usize| Product { id: format!("s/{n}"), price: Some(10.0), ..Product::default() };
        let items: Vec<Product> = (0..rows).map(row).collect();
        let request = SearchRequest { text: text.to_owned(), ..SearchRequest::default() };
        Found { query: text.to_owned(), total: rows as u64, items, request, remark: None }
    }

    #[test]
    fn pages_and_earlier_searches_are_bounded() {
        let mut context = Context::default();
        for n in 0..20 {
            context.show(&found(&format!("насос {n}"), 50), 0);
        }
        assert_eq!(context.shown.as_ref().unwrap().rows.len(), MAX_ROWS);
        assert_eq!(context.earlier.len(), MAX_EARLIER);
        assert_eq!(context.earlier.back().unwrap().text, "насос 18");
        for n in 0..200 {
            context.want(&format!("{n} {}", "х".repeat(5_000)));
            context.order.wish("побыстрее");
            context.order.add(OrderLine { id: n.to_string(), ..OrderLine::default() });
        }
        assert_eq!((context.pending.len(), context.order.lines.len()), (MAX_PENDING, MAX_LINES));
        let text = serde_json::to_string(&context).unwrap();
        assert!(text.len() < 40_000, "{}", text.len());
        assert_eq!(serde_json::from_str::<Context>(&text).unwrap(), context);
    }

    #[test]
    fn one_row_is_what_is_spoken_of() {
        let mut context = Context::default();
        context.show(&found("насос", 3), 0);
        assert_eq!(context.focus, None);
        context.show(&found("насос 5", 1), 0);
        assert_eq!(context.focus.as_ref().unwrap().id, "s/0");
        // Nothing found is nothing shown: the rows before stay what is spoken of.
        context.show(&found("слон", 0), 0);
        assert_eq!(context.shown.as_ref().unwrap().request.text, "насос 5");
        context.expire(LASTS + 1);
        assert!(context.is_empty());
    }

    #[test]
    fn a_row_that_is_chosen_again_changes_its_quantity() {
        let mut order = Order::default();
        let row = Product {
            id: "s/1".to_owned(),
            article: "A-1".to_owned(),
            price: Some(5.0),
            ..Product::default()
        };
        let line = |quantity| OrderLine::of(&row, Language::Ru, quantity, "беру");
        assert!(order.add(line(None)) && order.add(line(Some(3.0))));
        assert_eq!((order.text(), order.sum()), (" (A-1) — 3".to_owned(), Some((15.0, ""))));
    }
}
