//! Answering a request: articles first, then rows by words, by vectors, or by both; pages, facets, rows like one.
//!
//! Reads a loaded generation only; texts are understood in [`super::query`], rows are weighed in [`super::rank`].

use std::cmp::Ordering;

use tolmach_engine::catalog::{Hit, SearchRequest, SearchResults};

use super::{
    facets,
    filter::Filters,
    fuse::{Near, fuse},
    generation::Generation,
    query::{self, Alternatives, Query},
    rank,
};
use crate::words;

/// Rows that score less than this share of the best row's score are not worth a client's while.
const WORTH_SHOWING: f32 = 0.5;
/// Words of a row by which rows like it are looked for, and what its sizes count for beside its words.
const OF_ONE_ROW: usize = 24;
const SIZES: f32 = 0.5;
/// A row on its way into the answer.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub row: u32,
    /// Orders rows; 0 to about 1, apart from rows whose article is named.
    pub rank: f32,
    /// What the client's flow sees.
    pub score: f32,
    pub preferred: bool,
}

/// What a request wants to see of its rows.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// So many of the best need to be in order: those of the page and of the pages before it.
    pub rows: usize,
    min_score: f32,
}

impl Wanted {
    fn of(request: &SearchRequest) -> Wanted {
        let (skip, limit) = (request.offset as usize, request.limit.clamp(1, 100) as usize);
        Wanted { rows: skip.saturating_add(limit), min_score: request.min_score }
    }

    /// The least score that is worth showing beside the best one; 0 where every row is.
    pub fn bar(self, best: f32) -> f32 {
        if self.min_score > 0.0 { self.min_score.max(best * WORTH_SHOWING) } else { 0.0 }
    }
}

/// Answers a request; `vector` is the query's, when vectors are to be used.
pub(super) fn search(
    generation: &Generation,
    request: &SearchRequest,
    vector: Option<&[f32]>,
) -> tantivy::Result<SearchResults> {
    let filters = Filters::new(generation, &request.filters);
    let like = request.similar_to.as_ref().map(|id| generation.row_of(id));
    let query = match like {
        Some(None) => return Ok(page(generation, Vec::new(), request)),
        Some(Some(row)) => {
            Query { words: words_of(generation, row), has_plain_words: true, ..Query::default() }
        }
        None => query::parse(&request.text, generation)?,
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    if query.is_empty() {
        if !request.filters.is_empty() {
            let rows = 0..u32::try_from(generation.index.rows()).unwrap_or(u32::MAX);
            candidates = rows
                .filter(|row| filters.pass(*row))
                .map(|row| Candidate { row, rank: 1.0, score: 1.0, preferred: false })
                .collect();
        }
        return Ok(page(generation, candidates, request));
    }
    let of_row = like.flatten().and_then(|row| generation.vectors.as_ref()?.get(row as usize));
    let vector = of_row.as_deref().or(vector);
    let ratio = if vector.is_some() { request.semantic_ratio.clamp(0.0, 1.0) } else { 0.0 };
    if ratio < 1.0 {
        candidates = rank::by_words(generation, &query.words, request.language, &filters)?;
    }
    let named = query.articles.iter().filter(|row| filters.pass(**row)).copied().collect::<Vec<_>>();
    let left_out = |row: u32| Some(Some(row)) == like || named.contains(&row);
    candidates.retain(|candidate| !left_out(candidate.row));
    let wanted = Wanted::of(request);
    if let (Some(vectors), Some(vector)) = (&generation.vectors, vector)
        && ratio > 0.0
        && query.has_plain_words
    {
        let near = Near::new(vectors, vector, &filters);
        candidates = fuse(candidates, &near, ratio, wanted, left_out);
    } else {
        let bar = wanted.bar(candidates.iter().map(|candidate| candidate.score).fold(0.0, f32::max));
        candidates.retain(|candidate| candidate.score >= bar);
    }
    // Above every score by words, in the order in which the text names them.
    candidates.extend((0_u16..).zip(named).map(|(place, row)| Candidate {
        row,
        rank: f32::MAX / (1.0 + f32::from(place)),
        score: 1.0,
        preferred: true,
    }));
    Ok(page(generation, candidates, request))
}

/// What a row's name would be searched by: its rarest words, and its sizes for less.
fn words_of(generation: &Generation, row: u32) -> Vec<Alternatives> {
    let names = &generation.names;
    let mut terms: Vec<u32> = names.of(row).to_vec();
    terms.sort_by_key(|term| (names.rows_with(*term).len(), *term));
    terms.dedup();
    let terms = terms.into_iter().map(|term| names.term(term)).filter(|term| !term.is_empty());
    let weighed = terms.map(|term| vec![(term.to_owned(), if words::has_digit(term) { SIZES } else { 1.0 })]);
    weighed.take(OF_ONE_ROW).collect()
}

fn page(generation: &Generation, mut candidates: Vec<Candidate>, request: &SearchRequest) -> SearchResults {
    let (skip, wanted) = (request.offset as usize, Wanted::of(request).rows);
    let total = candidates.len() as u64;
    let facets = facets::count(generation, &candidates, request);
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
    SearchResults { generation: generation.manifest.id.clone(), total, hits, facets }
}

/// A total order, so that pages neither overlap nor leave a row out.
pub(super) fn best_first(a: &Candidate, b: &Candidate) -> Ordering {
    order(b).cmp(&order(a))
}

/// Rank, preference and row in one number, because choosing from thousands of candidates is mostly comparing. Ranks are not
/// negative, and the bits of such numbers are in their order; rows are fewer than two thousand million.
fn order(candidate: &Candidate) -> u64 {
    let rank = u64::from(candidate.rank.to_bits());
    rank << 32 | u64::from(candidate.preferred) << 31 | u64::from(!candidate.row & (u32::MAX >> 1))
}
