//! The lines of a pasted list, looked up in the catalogue one by one, and what is said of them.

use serde::{Deserialize, Serialize};
use tolmach_engine::{
    catalog::{SearchRequest, SearchResults},
    context::{Order, OrderLine},
    language::Language,
};

use super::{
    found::SURE,
    list::{MOST_LINES, Wanted},
    telling,
};
use crate::phrases;

/// The score below which a line is not found.
const LIKELY: f32 = 0.6;

/// A list that is being looked up.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Listing {
    wanted: Vec<Wanted>,
    /// The first lines, looked up. Only what the answer needs is kept: the state is written for each line.
    found: Vec<Option<Looked>>,
    /// Lines that were not read.
    left_out: usize,
}

/// A line as it was found.
#[derive(Debug, Serialize, Deserialize)]
struct Looked {
    line: OrderLine,
    /// «, 9 490 ₽»
    price: String,
    /// Whether it is surely what was meant.
    sure: bool,
}

impl Listing {
    pub(super) fn of((wanted, left_out): (Vec<Wanted>, usize)) -> Listing {
        Listing { wanted, found: Vec::new(), left_out }
    }

    /// How many lines it has.
    pub(super) fn len(&self) -> usize {
        self.wanted.len()
    }

    /// The search for the next line; `None` when all were looked up.
    pub(super) fn next(&self, language: Language) -> Option<SearchRequest> {
        let text = self.wanted.get(self.found.len())?.what.clone();
        Some(SearchRequest { text, language, limit: 1, ..SearchRequest::default() })
    }

    /// Takes in what the search for a line found.
    pub(super) fn take(&mut self, results: SearchResults, language: Language) {
        let Some(wanted) = self.wanted.get(self.found.len()) else { return };
        let hit = results.hits.into_iter().next().filter(|hit| hit.score >= LIKELY);
        self.found.push(hit.map(|hit| Looked {
            line: OrderLine::of(&hit.product, language, wanted.quantity.or(Some(1.0)), &wanted.said),
            price: telling::price_of(&hit.product, language),
            sure: hit.score >= SURE && hit.near.is_none(),
        }));
    }

    /// Whether no line is in the catalogue.
    pub(super) fn is_foreign(&self) -> bool {
        self.found.iter().all(Option::is_none)
    }

    /// Puts every line into an order, also those that were not found; returns what is said of them, and how many were found,
    /// are unsure and were not found.
    pub(super) fn put_into(self, order: &mut Order, language: Language) -> (String, [usize; 3]) {
        let (mut sure, mut unsure, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for (wanted, found) in self.wanted.into_iter().zip(self.found) {
            let line = match found {
                Some(Looked { line, price, sure: true }) => {
                    sure.push(format!("• {}{price}", line.text()));
                    line
                }
                Some(Looked { line, .. }) => {
                    unsure.push(format!("• «{}» → {}", wanted.what, line.text()));
                    line
                }
                None => {
                    let Wanted { what, quantity, said } = wanted;
                    let line = OrderLine { name: what, quantity, said, ..OrderLine::default() };
                    missing.push(format!("• {}", line.text()));
                    line
                }
            };
            order.add(line);
        }
        let mut paragraphs = Vec::new();
        for (heading, lines) in
            [(phrases::LIST_FOUND, &sure), (phrases::LIST_UNSURE, &unsure), (phrases::LIST_MISSING, &missing)]
        {
            if !lines.is_empty() {
                paragraphs.push(format!("{}\n{}", heading.get(language), lines.join("\n")));
            }
        }
        if self.left_out > 0 {
            paragraphs.push(phrases::LIST_CUT.get(language).replace("{}", &MOST_LINES.to_string()));
        }
        (paragraphs.join("\n\n"), [sure.len(), unsure.len(), missing.len()])
    }
}
