//! Answers a search request on a loaded generation: rows named by article number first, then rows by keywords, vectors,
//! or both; also rows similar to one, facets and pages.
//!
//! Texts are parsed in [`super::query`], rows are ranked in [`super::rank`].

use tolmach_engine::catalog::{Hit, SearchRequest, SearchResults};

use super::{
    candidate::{Candidate, Wanted, best_first},
    facets,
    filter::Filters,
    fuse::{SimilarRows, fuse},
    generation::Generation,
    query::{self, Alternatives, Query},
    rank,
};
use crate::words;

/// For similar rows: maximum number of words taken from the row's name, and the weight of a word with digits (a size)
/// relative to 1.
const OF_ONE_ROW: usize = 24;
const SIZES: f32 = 0.5;
/// Answers a request. `vector` is the query's vector, if vectors are to be used.
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
        let near = SimilarRows::new(vectors, vector, &filters);
        candidates = fuse(candidates, &near, ratio, wanted, left_out);
    } else {
        let bar = wanted.bar(candidates.iter().map(|candidate| candidate.score).fold(0.0, f32::max));
        candidates.retain(|candidate| candidate.score >= bar);
    }
    // Rows named by article number come first, in text order.
    candidates.extend((0_u16..).zip(named).map(|(place, row)| Candidate {
        row,
        rank: f32::MAX / (1.0 + f32::from(place)),
        score: 1.0,
        preferred: true,
    }));
    Ok(page(generation, candidates, request))
}

/// The words to search by for rows similar to one: the rarest words of its name, sizes at a lower weight.
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
    // A broad query matches thousands of rows, of which a page shows a few: only those are sorted.
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
