//! Weighing rows by the words that they hold: BM25F first, then a closer look at the best.
//!
//! It knows nothing of filters' meaning, of vectors and of pages.

use std::collections::HashMap;

use tolmach_engine::language::Language;

use super::{
    filter::Filters,
    generation::Generation,
    index::saturate,
    query::Alternatives,
    search::{Candidate, best_first},
};
use crate::words;

/// Rows looked at closely. More changes nothing that a client sees, and costs microseconds a row.
const CLOSELY: usize = 300;
/// What the parts of the closer look weigh; found on judged searches of a hardware store, by coordinate ascent. They rank;
/// only the order that they make has a meaning.
const RELEVANCE: f32 = 0.6;
const SHARE: f32 = 1.2;
const ADJACENCY: f32 = 0.3;
const TYPICAL: f32 = 0.03;
const LENGTH: f32 = -0.03;
/// Rows that say what is typical of an answer, and the words taken from them.
const MODELS: usize = 20;
const TYPICAL_WORDS: usize = 15;

/// Sums over the words of a query, a row each; kept apart from [`Candidate`] to be read and written fast.
#[derive(Clone, Copy, Default)]
struct Sums {
    relevance: f32,
    held: f32,
    in_name: [bool; 2],
}

/// Rows by BM25F with, as score, the idf-weighted share of the words that they hold.
pub(super) fn by_words(
    generation: &Generation,
    words: &[Alternatives],
    language: Language,
    filters: &Filters<'_>,
) -> tantivy::Result<Vec<Candidate>> {
    let rows = generation.index.rows();
    let mut sums = vec![Sums::default(); rows];
    let mut touched: Vec<u32> = Vec::new();
    let mut of_word = vec![(0.0_f32, 0.0_f32); rows];
    let mut holders: Vec<u32> = Vec::new();
    let mut weight_of_all = 0.0;
    for alternatives in words {
        for (term, counts_for) in alternatives {
            generation.index.visit(term, |holder| {
                let Some((frequency, factor)) = of_word.get_mut(holder.row as usize) else { return };
                if *factor == 0.0 {
                    holders.push(holder.row);
                }
                *frequency += holder.frequency;
                *factor = factor.max(*counts_for);
                if let Some(sums) = sums.get_mut(holder.row as usize) {
                    sums.in_name = [sums.in_name[0] | holder.in_name[0], sums.in_name[1] | holder.in_name[1]];
                }
            })?;
        }
        let idf = idf(rows, holders.len());
        weight_of_all += idf;
        for row in holders.drain(..) {
            let (Some(word), Some(sums)) = (of_word.get_mut(row as usize), sums.get_mut(row as usize)) else {
                continue;
            };
            let (frequency, factor) = std::mem::take(word);
            if sums.held == 0.0 {
                touched.push(row);
            }
            sums.relevance += idf * saturate(frequency) * factor;
            sums.held += idf * factor;
        }
    }
    touched.retain(|row| filters.pass(*row));
    let sums_of = |row: u32| sums.get(row as usize).copied().unwrap_or_default();
    let preferred = match language {
        Language::Ru => 0,
        Language::En => 1,
    };
    let mut candidates: Vec<Candidate> = touched
        .into_iter()
        .map(|row| {
            let sums = sums_of(row);
            let share = sums.held / weight_of_all.max(f32::MIN_POSITIVE);
            Candidate {
                row,
                // A row that holds every word is worth more than one that repeats some of them.
                rank: sums.relevance * (1.0 + share),
                score: share,
                preferred: sums.in_name.get(preferred).copied().unwrap_or(false),
            }
        })
        .collect();
    look_closely(generation, words, &mut candidates);
    Ok(candidates)
}

/// Ranks the best rows by more than their words: whether the words stand together, and whether the row is typical of what
/// was found. All ranks come out between 0 and about 1, and the others stay below.
fn look_closely(generation: &Generation, words: &[Alternatives], candidates: &mut [Candidate]) {
    let names = &generation.names;
    let query: Vec<Vec<u32>> = words
        .iter()
        .map(|word| word.iter().filter_map(|(term, _)| names.id(term)).collect::<Vec<u32>>())
        .filter(|ids| !ids.is_empty())
        .collect();
    let best = candidates.iter().map(|candidate| candidate.rank).fold(f32::MIN_POSITIVE, f32::max);
    let typical = typicality(generation, &query, first(candidates, MODELS));
    let typical = |row: u32| typical.get(row as usize).copied().unwrap_or_default();
    candidates.iter_mut().for_each(|candidate| candidate.rank /= best);
    let closely = first(candidates, CLOSELY).len();
    let (close, others) = candidates.split_at_mut(closely);
    let mut least = f32::MAX;
    for candidate in close {
        let length = names.of(candidate.row).len().max(1) as f32;
        let adjacency = if query.len() > 1 { names.adjacency(candidate.row, &query) } else { 0.0 };
        let rank = RELEVANCE * candidate.rank
            + SHARE * candidate.score
            + ADJACENCY * adjacency
            + TYPICAL * typical(candidate.row)
            + LENGTH * length.ln();
        candidate.rank = (rank / (RELEVANCE + SHARE + ADJACENCY + TYPICAL)).max(0.001);
        least = least.min(candidate.rank);
    }
    for candidate in others {
        candidate.rank *= least * 0.999;
    }
}

/// The best so many candidates, moved to the front.
fn first(candidates: &mut [Candidate], count: usize) -> &[Candidate] {
    if count < candidates.len() {
        candidates.select_nth_unstable_by(count, best_first);
    }
    candidates.get(..count.min(candidates.len())).unwrap_or_default()
}

/// For each row how much of what is typical of the best rows its name holds, 0 to 1.
fn typicality(generation: &Generation, query: &[Vec<u32>], models: &[Candidate]) -> Vec<f32> {
    let mut of_rows = vec![0.0_f32; generation.index.rows()];
    for (term, weight) in typical_words(generation, query, models) {
        for row in generation.names.rows_with(term) {
            if let Some(sum) = of_rows.get_mut(*row as usize) {
                *sum += weight;
            }
        }
    }
    let most = of_rows.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    of_rows.iter_mut().for_each(|sum| *sum /= most);
    of_rows
}

/// Words that the best rows share beyond the query, with a weight each (relevance feedback, as in Lavrenko and Croft, 2001).
fn typical_words(generation: &Generation, query: &[Vec<u32>], models: &[Candidate]) -> Vec<(u32, f32)> {
    let names = &generation.names;
    let rows = generation.index.rows();
    let mut weights: HashMap<u32, f32> = HashMap::new();
    for model in models {
        for term in names.of(model.row) {
            *weights.entry(*term).or_default() += model.rank;
        }
    }
    weights.retain(|term, _| {
        let text = names.term(*term);
        !text.is_empty() && !words::has_digit(text) && !query.iter().any(|ids| ids.contains(term))
    });
    let mut weighed: Vec<(u32, f32)> = weights
        .into_iter()
        .map(|(term, weight)| (term, weight * idf(rows, names.rows_with(term).len())))
        .collect();
    weighed.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    weighed.truncate(TYPICAL_WORDS);
    weighed
}

/// Rare words tell more (the idf of BM25, which stays above zero for words that most rows hold).
pub(super) fn idf(rows: usize, holders: usize) -> f32 {
    let (rows, holders) = (rows as f32, holders as f32);
    (1.0 + (rows - holders + 0.5) / (holders + 0.5)).ln()
}
