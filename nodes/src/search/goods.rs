//! Several goods in one message: «покажите мультиметры и рулетки» is a search for each.

use serde::{Deserialize, Serialize};
use tolmach_engine::catalog::{Product, SearchRequest, SearchResults};

use crate::{extract, refer::names};

/// The most goods of a message that are searched for one by one.
const MOST: usize = 3;
/// Rows of each that are shown.
const SHOWN: u32 = 3;
/// The most words of one of them.
const LONGEST: usize = 8;
/// Letters of a word that may name goods.
const SHORTEST: usize = 4;
/// What stands between two goods.
const JOINS: &[&str] = &[
    " а также ",
    " и ещё ",
    " и еще ",
    " плюс ",
    " и ",
    " as well as ",
    " and also ",
    " and ",
    " + ",
    ", ",
    "\n",
];

/// Goods that are searched for one by one, after a search for all of them at once.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Goods {
    /// What the search for all of them found.
    pub(super) together: SearchResults,
    /// Their names in the message.
    parts: Vec<String>,
    /// The rows of those that have been searched for.
    found: Vec<Vec<Product>>,
}

impl Goods {
    /// The goods that a text names, if it names several and no row that was found for all of it is each of them.
    pub(super) fn of(text: &str, together: &SearchResults) -> Option<Goods> {
        let mut parts = vec![text.to_owned()];
        for join in JOINS {
            parts =
                parts.iter().flat_map(|part| part.split(join)).map(|part| part.trim().to_owned()).collect();
        }
        parts.retain(|part| !part.is_empty());
        let named =
            parts.iter().all(|part| words(part).next().is_some() && words(part).nth(LONGEST).is_none());
        if !(2..=MOST).contains(&parts.len()) || !named {
            return None;
        }
        let is_all = |row: &Product| parts.iter().all(|part| words(part).any(|word| names(row, word)));
        let one = together.hits.iter().any(|hit| is_all(&hit.product));
        (!one).then(|| Goods { together: together.clone(), parts, found: Vec::new() })
    }

    /// The search for the next of them.
    pub(super) fn next(&self, request: &SearchRequest) -> Option<SearchRequest> {
        let text = self.parts.get(self.found.len())?.clone();
        Some(SearchRequest { text, limit: SHOWN, ..request.clone() })
    }

    /// Takes the rows of the next one in; `false` where they are not what it names, so that the message names one thing.
    pub(super) fn take(&mut self, results: SearchResults, min_score: f32) -> bool {
        let Some(part) = self.parts.get(self.found.len()) else { return false };
        let rows: Vec<Product> =
            results.hits.into_iter().filter(|hit| hit.score >= min_score).map(|hit| hit.product).collect();
        let is_it = rows.first().is_some_and(|row| words(part).any(|word| names(row, word)));
        self.found.push(rows);
        is_it && !results.only_accessories
    }

    /// The rows of all of them, a good after the other.
    pub(super) fn rows(self) -> Vec<Product> {
        let mut rows: Vec<Product> = Vec::new();
        for row in self.found.into_iter().flatten() {
            if !rows.iter().any(|known| known.id == row.id) {
                rows.push(row);
            }
        }
        rows
    }

    /// What they are, for the trace.
    pub(super) fn told(&self) -> String {
        self.parts
            .iter()
            .map(|part| format!("«{}»", extract::without_contact(part)))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The words of a part that may name goods.
fn words(part: &str) -> impl Iterator<Item = &str> {
    part.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= SHORTEST && word.chars().all(char::is_alphabetic))
}
