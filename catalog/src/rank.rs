//! Ranks rows by keywords: BM25F for all matching rows, then a second pass over the best ones.
//!
//! Vectors, paging and the meaning of filters are handled elsewhere.

use std::collections::HashMap;

use tolmach_engine::language::Language;

use super::{
    candidate::{Candidate, move_best_first},
    filter::Filters,
    generation::Generation,
    index::saturate,
    names::QueryTerms,
    query::QueryWord,
    scratch::Scratch,
};
use crate::words;

/// Number of rows in the second pass. More has no visible effect and costs microseconds per row.
const RERANKED: usize = 300;
/// Weights of the second pass, fitted by coordinate ascent on judged searches of a hardware store. Only the order of
/// the resulting ranks has a meaning.
const RELEVANCE: f32 = 0.6;
const SHARE: f32 = 1.2;
const ADJACENCY: f32 = 0.3;
const TYPICAL: f32 = 0.03;
const LENGTH: f32 = -0.03;
/// A row that is what was asked for stands before one that is for it or with it.
const HEADED: f32 = 0.6;
/// Deduction for a row that is only for what was asked for.
const COMPLEMENT: f32 = 0.4;
/// How surely the last noun of an English name says what the row is. A Russian name says it surely by its first noun.
const LATIN: f32 = 0.1;
/// Addend to the factor of the first pass for a row that is what was asked for, so that it takes part in the second one.
const HEADED_FIRST: f32 = 1.0;
/// Pseudo-relevance feedback: number of best rows taken as models, and number of words taken from them.
const MODELS: usize = 20;
const TYPICAL_WORDS: usize = 15;

/// Keyword candidates in no order, ranked by BM25F and a second pass. The score is the idf-weighted share of the
/// query's words that the row contains.
pub(super) fn by_words(
    generation: &Generation,
    words: &[QueryWord],
    language: Language,
    filters: &Filters<'_>,
) -> tantivy::Result<Vec<Candidate>> {
    let mut scratch = generation.scratch_pool.acquire(generation.index.rows());
    // After an error the buffer is not zero any more, so it is dropped and not returned to the pool.
    let mut candidates = summed(generation, words, language, filters, &mut scratch)?;
    rerank(generation, words, &mut candidates, &mut scratch.typical);
    generation.scratch_pool.release(scratch);
    Ok(candidates)
}

/// Candidates in no order, ranked by BM25F alone. `scratch` is zero and empty before the call and after a
/// successful one.
fn summed(
    generation: &Generation,
    words: &[QueryWord],
    language: Language,
    filters: &Filters<'_>,
    scratch: &mut Scratch,
) -> tantivy::Result<Vec<Candidate>> {
    let rows = generation.index.rows();
    let Scratch { sums: all, touched, postings, .. } = scratch;
    let mut weight_of_all = 0.0;
    for QueryWord { terms, may_be_head, .. } in words {
        for (term, weight) in terms {
            generation.index.visit(term, |holder| {
                let Some(sums) = all.get_mut(holder.row as usize) else { return };
                if sums.factor == 0.0 {
                    postings.push(holder.row);
                }
                sums.frequency += holder.frequency;
                sums.factor = sums.factor.max(*weight);
                sums.share = sums.share.max(*weight * holder.share);
                if *may_be_head && holder.is_head {
                    sums.headed = sums.headed.max(headed_by(term));
                }
                sums.in_name = [sums.in_name[0] | holder.in_name[0], sums.in_name[1] | holder.in_name[1]];
            })?;
        }
        let idf = idf(rows, postings.len());
        weight_of_all += idf;
        for row in postings.drain(..) {
            let Some(sums) = all.get_mut(row as usize) else { continue };
            if sums.held == 0.0 {
                touched.push(row);
            }
            let factor = std::mem::take(&mut sums.factor);
            sums.relevance += idf * saturate(std::mem::take(&mut sums.frequency)) * factor;
            sums.held += idf * std::mem::take(&mut sums.share);
        }
    }
    let preferred = match language {
        Language::Ru => 0,
        Language::En => 1,
    };
    let mut candidates: Vec<Candidate> = Vec::with_capacity(touched.len());
    let every_row_passes = filters.is_empty();
    for row in touched.drain(..) {
        let sums = all.get_mut(row as usize).map(std::mem::take).unwrap_or_default();
        if every_row_passes || filters.pass(row) {
            let share = sums.held / weight_of_all.max(f32::MIN_POSITIVE);
            candidates.push(Candidate {
                row,
                // Prefer rows that contain every word to rows that repeat some of them.
                rank: sums.relevance * (1.0 + share) * (1.0 + HEADED_FIRST * sums.headed),
                score: share,
                headed: sums.headed,
                preferred: sums.in_name.get(preferred).copied().unwrap_or(false),
            });
        }
    }
    Ok(candidates)
}

/// Second pass: ranks the best rows also by word proximity, by similarity to the other results and by name length.
/// Their ranks are from 0.001 to about 1.3; all other candidates rank below them.
fn rerank(generation: &Generation, words: &[QueryWord], candidates: &mut [Candidate], scratch: &mut [f32]) {
    let names = &generation.names;
    let query = words
        .iter()
        .map(|word| word.terms.iter().filter_map(|(term, _)| names.id(term)).collect::<Vec<u32>>())
        .filter(|ids| !ids.is_empty());
    let query = QueryTerms::new(query.collect());
    let things = things(generation, words);
    let best = candidates.iter().map(|candidate| candidate.rank).fold(f32::MIN_POSITIVE, f32::max);
    let closely = first(candidates, RERANKED).len();
    let (close, others) = candidates.split_at_mut(closely);
    let typical = typical_words(generation, &query.words, first(close, MODELS));
    let typical = typicality(generation, &typical, close, scratch);
    let mut least = f32::MAX;
    for (candidate, typical) in close.iter_mut().zip(typical) {
        candidate.rank /= best;
        let length = names.of(candidate.row).len().max(1) as f32;
        let adjacency = if query.words.len() > 1 { names.adjacency(candidate.row, &query) } else { 0.0 };
        let rank = RELEVANCE * candidate.rank
            + SHARE * candidate.score
            + ADJACENCY * adjacency
            + TYPICAL * typical
            + HEADED * candidate.headed
            - if names.only_complements(candidate.row, &things) { COMPLEMENT } else { 0.0 }
            + LENGTH * length.ln();
        candidate.rank = (rank / (RELEVANCE + SHARE + ADJACENCY + TYPICAL)).max(0.001);
        least = least.min(candidate.rank);
    }
    for candidate in others {
        candidate.rank *= least * 0.999 / best;
    }
}

/// The terms in names that say what is wanted.
pub(super) fn things(generation: &Generation, words: &[QueryWord]) -> Vec<u32> {
    let wanted = words.iter().filter(|word| word.may_be_head).flat_map(|word| &word.terms);
    wanted.filter_map(|(term, _)| generation.names.id(term)).collect()
}

/// How surely the head noun of a row says what it is.
fn headed_by(term: &str) -> f32 {
    if term.chars().any(words::is_cyrillic) { 1.0 } else { LATIN }
}

/// Moves the best `count` candidates to the front and returns them.
fn first(candidates: &mut [Candidate], count: usize) -> &[Candidate] {
    move_best_first(candidates, count);
    candidates.get(..count.min(candidates.len())).unwrap_or_default()
}

/// For each row, how many of the typical words its name contains, by weight, relative to the best row of the catalogue
/// (0 to 1). `scratch` is zero before and after.
fn typicality(
    generation: &Generation,
    typical: &[(u32, f32)],
    rows: &[Candidate],
    scratch: &mut [f32],
) -> Vec<f32> {
    let mut most = f32::MIN_POSITIVE;
    for (term, weight) in typical {
        for row in generation.names.rows_with(*term) {
            if let Some(sum) = scratch.get_mut(*row as usize) {
                *sum += weight;
                if *sum > most {
                    most = *sum;
                }
            }
        }
    }
    let of = |row: u32| scratch.get(row as usize).copied().unwrap_or_default() / most;
    let found = rows.iter().map(|candidate| of(candidate.row)).collect();
    if !typical.is_empty() {
        scratch.fill(0.0);
    }
    found
}

/// Words that the best rows share beyond the query, with weights (pseudo-relevance feedback, as in Lavrenko and Croft,
/// 2001).
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

/// Inverse document frequency as in BM25, in the variant that stays positive for words that most rows contain.
pub(super) fn idf(rows: usize, postings: usize) -> f32 {
    let (rows, postings) = (rows as f32, postings as f32);
    (1.0 + (rows - postings + 0.5) / (postings + 0.5)).ln()
}
