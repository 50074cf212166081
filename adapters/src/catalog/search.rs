//! Ranking: articles first, then rows by words, by vectors, or by both.
//!
//! Reads a loaded generation only; texts are understood in [`super::query`].

use std::cmp::Ordering;

use tolmach_engine::{
    catalog::{Hit, SearchRequest, SearchResults},
    language::Language,
};

use super::{
    filter::Filters,
    generation::Generation,
    index::saturate,
    query::{self, Alternatives},
};

/// Rows that hold less than this share of what the best row holds are not worth a client's while.
const WORTH_SHOWING: f32 = 0.5;
/// Rows that a vector may add at most, and how near they must be: at all, and beside the nearest one. What counts as near
/// differs between embedders, so the first bound is low.
const NEAREST: usize = 200;
const NEAR: f32 = 0.15;
const NEAR_THE_BEST: f32 = 0.5;

/// A row on its way into the answer.
#[derive(Clone, Copy)]
struct Candidate {
    row: u32,
    /// Orders rows.
    rank: f32,
    /// What the client's flow sees.
    score: f32,
    preferred: bool,
}

/// Answers a request; `vector` is the query's, when vectors are to be used.
pub(super) fn search(
    generation: &Generation,
    request: &SearchRequest,
    vector: Option<&[f32]>,
) -> tantivy::Result<SearchResults> {
    let filters = Filters::new(generation, &request.filters);
    let query = query::parse(&request.text, generation)?;
    let mut candidates: Vec<Candidate> = Vec::new();
    if query.is_empty() {
        if !request.filters.is_empty() {
            let rows = 0..u32::try_from(generation.index.rows()).unwrap_or(u32::MAX);
            candidates = rows
                .filter(|row| filters.pass(*row))
                .map(|row| Candidate { row, rank: 1.0, score: 1.0, preferred: false })
                .collect();
        }
    } else {
        let ratio = if vector.is_some() { request.semantic_ratio.clamp(0.0, 1.0) } else { 0.0 };
        if ratio < 1.0 {
            candidates = by_words(generation, &query.words, request.language, &filters)?;
        }
        if let (Some(vectors), Some(vector)) = (&generation.vectors, vector)
            && ratio > 0.0
            && query.has_plain_words
        {
            candidates = fuse(candidates, vectors.compare(vector), ratio, &filters);
        }
        let named = query.articles.iter().filter(|row| filters.pass(**row)).copied().collect::<Vec<_>>();
        candidates.retain(|candidate| !named.contains(&candidate.row));
        // Above every score by words, in the order in which the text names them.
        candidates.extend((0_u16..).zip(named).map(|(place, row)| Candidate {
            row,
            rank: f32::MAX / (1.0 + f32::from(place)),
            score: 1.0,
            preferred: true,
        }));
    }
    Ok(page(generation, candidates, request))
}

fn page(generation: &Generation, mut candidates: Vec<Candidate>, request: &SearchRequest) -> SearchResults {
    let (skip, limit) = (request.offset as usize, request.limit.clamp(1, 100) as usize);
    let wanted = skip.saturating_add(limit);
    let total = candidates.len() as u64;
    // A broad query matches thousands of rows, of which a page shows a few: only those need to be in order.
    if wanted < candidates.len() {
        candidates.select_nth_unstable_by(wanted, best_first);
        candidates.truncate(wanted);
    }
    candidates.sort_unstable_by(best_first);
    let hits = candidates
        .into_iter()
        .skip(skip)
        .filter_map(|candidate| {
            let product = generation.products.get(candidate.row as usize)?.clone();
            Some(Hit { product, score: candidate.score.clamp(0.0, 1.0) })
        })
        .collect();
    SearchResults { generation: generation.manifest.id.clone(), total, hits, facets: Vec::new() }
}

/// A total order, so that pages neither overlap nor leave a row out.
fn best_first(a: &Candidate, b: &Candidate) -> Ordering {
    b.rank.total_cmp(&a.rank).then(b.preferred.cmp(&a.preferred)).then(a.row.cmp(&b.row))
}

/// Sums over the words of a query, a row each; kept apart from [`Candidate`] to be read and written fast.
#[derive(Clone, Copy, Default)]
struct Sums {
    relevance: f32,
    held: f32,
    in_name: [bool; 2],
}

/// Rows by BM25F with, as score, the idf-weighted share of the words that they hold.
fn by_words(
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
    let best = touched.iter().map(|row| sums_of(*row).held).fold(0.0, f32::max);
    let preferred = match language {
        Language::Ru => 0,
        Language::En => 1,
    };
    let candidates = touched
        .into_iter()
        .map(|row| (row, sums_of(row)))
        .filter(|(_, sums)| sums.held >= best * WORTH_SHOWING)
        .map(|(row, sums)| {
            let share = sums.held / weight_of_all.max(f32::MIN_POSITIVE);
            // All words first: a row that holds every word outranks one that repeats some of them.
            let whole = if share > 0.999 { 1000.0 } else { 0.0 };
            Candidate {
                row,
                rank: whole + sums.relevance,
                score: share,
                preferred: sums.in_name.get(preferred).copied().unwrap_or(false),
            }
        })
        .collect();
    Ok(candidates)
}

/// Rare words tell more (the idf of BM25, which stays above zero for words that most rows hold).
pub(super) fn idf(rows: usize, holders: usize) -> f32 {
    let (rows, holders) = (rows as f32, holders as f32);
    (1.0 + (rows - holders + 0.5) / (holders + 0.5)).ln()
}

/// Mixes scores of words with nearness of vectors.
fn fuse(
    by_words: Vec<Candidate>,
    nearness: impl Iterator<Item = f32>,
    ratio: f32,
    filters: &Filters<'_>,
) -> Vec<Candidate> {
    let nearness: Vec<f32> = nearness.collect();
    let near = |row: u32| nearness.get(row as usize).copied().unwrap_or_default().clamp(0.0, 1.0);
    let most_relevant = by_words.iter().map(|candidate| candidate.rank).fold(f32::MIN_POSITIVE, f32::max);
    let best = nearness.iter().copied().fold(0.0, f32::max);
    let bound = NEAR.max(best * NEAR_THE_BEST);
    let mut nearest: Vec<u32> = (0..)
        .zip(&nearness)
        .filter(|(row, nearness)| **nearness >= bound && filters.pass(*row))
        .map(|(row, _)| row)
        .collect();
    if nearest.len() > NEAREST {
        nearest.select_nth_unstable_by(NEAREST, |a, b| near(*b).total_cmp(&near(*a)).then(a.cmp(b)));
        nearest.truncate(NEAREST);
    }
    let mut fused: Vec<Candidate> = by_words
        .into_iter()
        .map(|candidate| {
            let nearness = near(candidate.row);
            let relevance = (candidate.score + candidate.rank / most_relevant) / 2.0;
            Candidate {
                rank: (1.0 - ratio) * relevance + ratio * nearness,
                // The share of the words stays what it is; nearness may only add to it.
                score: candidate.score.max((1.0 - ratio) * candidate.score + ratio * nearness),
                ..candidate
            }
        })
        .collect();
    let known: std::collections::HashSet<u32> = fused.iter().map(|candidate| candidate.row).collect();
    fused.extend(nearest.into_iter().filter(|row| !known.contains(row)).map(|row| Candidate {
        row,
        rank: ratio * near(row),
        score: ratio * near(row),
        preferred: false,
    }));
    fused
}
