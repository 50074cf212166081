//! Answers a search request on a loaded generation: rows named by article number first, then rows by keywords, vectors,
//! or both; also rows similar to one, facets and pages.
//!
//! Texts are parsed in [`super::query`], rows are ranked in [`super::rank`].

use std::collections::HashSet;

use tolmach_engine::catalog::{ArticleMatch, Hit, NearArticle, SearchRequest, SearchResults};

use super::{
    candidate::{Candidate, Wanted, best_first, move_best_first},
    facets,
    filter::Filters,
    fuse::{SimilarRows, fuse},
    generation::Generation,
    query::{self, Query, QueryWord},
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
        Some(None) => return Ok(page(generation, Vec::new(), request).0),
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
                .map(|row| Candidate { row, rank: 1.0, score: 1.0, preferred: false, headed: 0.0 })
                .collect();
        }
        return Ok(page(generation, candidates, request).0);
    }
    let of_row = like.flatten().and_then(|row| generation.vectors.as_ref()?.get(row as usize));
    let vector = of_row.as_deref().or(vector);
    let ratio = if vector.is_some() { request.semantic_ratio.clamp(0.0, 1.0) } else { 0.0 };
    if ratio < 1.0 {
        candidates = rank::by_words(generation, &query.words, request.language, &filters)?;
    }
    let named: Vec<u32> = query.articles.iter().filter(|row| filters.pass(**row)).copied().collect();
    let near: Vec<&(u32, NearArticle)> = query.near.iter().filter(|(row, _)| filters.pass(*row)).collect();
    let unwanted = unwanted(generation, &query);
    let left_out = |row: u32| {
        Some(Some(row)) == like
            || named.contains(&row)
            || near.iter().any(|(near, _)| *near == row)
            || unwanted.contains(&row)
    };
    if like.is_some() || !(named.is_empty() && near.is_empty() && unwanted.is_empty()) {
        candidates.retain(|candidate| !left_out(candidate.row));
    }
    let wanted = Wanted::of(request);
    if let (Some(vectors), Some(vector)) = (&generation.vectors, vector)
        && ratio > 0.0
        && query.has_plain_words
    {
        let similar = SimilarRows::new(vectors, vector, &filters);
        candidates = fuse(candidates, &similar, ratio, wanted, left_out);
    } else {
        let bar = wanted.bar(candidates.iter().map(|candidate| candidate.score).fold(0.0, f32::max));
        if bar > 0.0 {
            candidates.retain(|candidate| candidate.score >= bar);
        }
    }
    // Rows named by article number come first, in text order, then those that a code may mean.
    let first =
        |row: u32, rank: f32, score: f32| Candidate { row, rank, score, preferred: true, headed: 0.0 };
    let places = |rank: f32| (0_u16..).map(move |place| rank / (1.0 + f32::from(place)));
    candidates.extend(places(f32::MAX).zip(&named).map(|(rank, row)| first(*row, rank, 1.0)));
    candidates
        .extend(places(NEAR_RANK).zip(&near).map(|(rank, (row, how))| first(*row, rank, near_score(how.by))));
    let (mut results, rows) = page(generation, candidates, request);
    for (hit, row) in results.hits.iter_mut().zip(&rows) {
        hit.near = near.iter().find(|(near, _)| near == row).map(|(_, how)| how.clone());
    }
    let things = rank::things(generation, &query.words);
    results.only_accessories =
        !rows.is_empty() && rows.iter().all(|row| generation.names.only_complements(*row, &things));
    Ok(results)
}

/// Rank of rows that a code may mean: below exact articles, above words.
const NEAR_RANK: f32 = 1e20;

/// The score of a row that a code may mean.
pub(super) fn near_score(how: ArticleMatch) -> f32 {
    match how {
        ArticleMatch::Beginning => 0.9,
        ArticleMatch::Similar => 0.6,
    }
}

/// Rows that have all words of something that is not wanted («без аккумулятора»), other than as what they lack themselves.
pub(super) fn unwanted(generation: &Generation, query: &Query) -> HashSet<u32> {
    let names = &generation.names;
    let mut rows = HashSet::new();
    for group in &query.unwanted {
        let ids: Vec<u32> = group.iter().filter_map(|stem| names.id(stem)).collect();
        if ids.len() < group.len() {
            continue;
        }
        let Some(first) = ids.first() else { continue };
        rows.extend(names.rows_with(*first).iter().filter(|row| names.has_all(**row, &ids)));
    }
    rows
}

/// The words to search by for rows similar to one: the rarest words of its name, sizes at a lower weight.
fn words_of(generation: &Generation, row: u32) -> Vec<QueryWord> {
    let names = &generation.names;
    let mut terms: Vec<u32> = names.of(row).to_vec();
    terms.sort_by_key(|term| (names.rows_with(*term).len(), *term));
    terms.dedup();
    let terms = terms.into_iter().map(|term| names.term(term)).filter(|term| !term.is_empty());
    let weight = |term: &str| if words::has_digit(term) { SIZES } else { 1.0 };
    let weighed =
        terms.map(|term| QueryWord { terms: vec![(term.to_owned(), weight(term))], ..QueryWord::default() });
    weighed.take(OF_ONE_ROW).collect()
}

/// The wanted page of the candidates, and the rows on it.
fn page(
    generation: &Generation,
    mut candidates: Vec<Candidate>,
    request: &SearchRequest,
) -> (SearchResults, Vec<u32>) {
    let (skip, wanted) = (request.offset as usize, Wanted::of(request).rows);
    let total = candidates.len() as u64;
    let facets = facets::count(generation, &candidates, request);
    // A broad query matches thousands of rows, of which a page shows a few: only those are sorted.
    if wanted < candidates.len() {
        move_best_first(&mut candidates, wanted);
        candidates.truncate(wanted);
    }
    candidates.sort_unstable_by(best_first);
    let shown = candidates.into_iter().skip(skip);
    let (rows, hits) = shown
        .filter_map(|Candidate { row, score, .. }| {
            let product = generation.products.get(row as usize)?.clone();
            Some((row, Hit { product, score: score.clamp(0.0, 1.0), near: None }))
        })
        .unzip();
    let generation = generation.manifest.id.clone();
    (SearchResults { generation, total, hits, facets, only_accessories: false }, rows)
}
