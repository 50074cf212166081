//! Why rows stand where they stand among the results of a search: for people who look after the catalogue.
//!
//! Reads a text as [`crate::search`] does, and looks its words up for the rows shown alone.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    generation::Generation,
    query::{self, QueryWord},
};
use crate::words;

/// Why a row was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reasons {
    /// Whether the text names the row by its article number.
    pub article: bool,
    /// Words of the text that the row has.
    pub held: Vec<HeldWord>,
    /// Words of the text that the row does not have.
    pub missing: Vec<String>,
}

/// A word of the text that a row has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldWord {
    /// As it was typed.
    pub typed: String,
    /// The word stem of the row that it was taken for, if that is another one: a misspelling, a word of the same root or of
    /// another language.
    pub taken_for: Option<String>,
}

/// The reasons for rows, by id.
pub(super) fn reasons(
    generation: &Generation,
    text: &str,
    ids: &[String],
) -> tantivy::Result<HashMap<String, Reasons>> {
    let query = query::parse(text, generation)?;
    let rows: HashMap<u32, &String> =
        ids.iter().filter_map(|id| Some((generation.row_of(id)?, id))).collect();
    let mut found: HashMap<u32, Reasons> = rows
        .keys()
        .map(|row| (*row, Reasons { article: query.articles.contains(row), ..Reasons::default() }))
        .collect();
    for word in query.words.iter().filter(|word| !word.typed.is_empty()) {
        let held = holders(generation, word, &rows)?;
        for (row, reasons) in &mut found {
            match held.get(row) {
                Some(term) => {
                    let taken_for = Some(*term).filter(|term| !is_of(&word.typed, term)).cloned();
                    reasons.held.push(HeldWord { typed: word.typed.clone(), taken_for });
                }
                None => reasons.missing.push(word.typed.clone()),
            }
        }
    }
    Ok(found.into_iter().filter_map(|(row, reasons)| Some(((*rows.get(&row)?).clone(), reasons))).collect())
}

/// The rows that have a word, with the best of its terms that they have.
fn holders<'w>(
    generation: &Generation,
    word: &'w QueryWord,
    rows: &HashMap<u32, &String>,
) -> tantivy::Result<HashMap<u32, &'w String>> {
    let mut terms: Vec<&(String, f32)> = word.terms.iter().collect();
    terms.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut held = HashMap::new();
    for (term, _) in terms {
        generation.index.visit(term, |holder| {
            if rows.contains_key(&holder.row) {
                held.entry(holder.row).or_insert(term);
            }
        })?;
    }
    Ok(held)
}

/// Letters at the end of a word by which its forms may differ, and the fewest that they must share.
const ENDING: usize = 2;
const SHARED: usize = 4;

/// Whether a term is a form of the typed word, or begins with it.
fn is_of(typed: &str, term: &str) -> bool {
    let stem = words::stem(typed);
    let shared = typed.chars().zip(term.chars()).take_while(|(a, b)| a == b).count();
    let shorter = typed.chars().count().min(term.chars().count());
    term.starts_with(&stem) || typed.starts_with(term) || shared >= SHARED.max(shorter.saturating_sub(ENDING))
}
