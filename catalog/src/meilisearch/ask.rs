//! One search on the server: builds the requests and interprets the responses.
//!
//! The text is parsed by the embedded catalogue's rules against the same generation (article numbers, stop words,
//! units, typing errors), so the server gets terms that rows contain. Every request filters by the generation. Fallback
//! is handled by the caller.

use std::{
    collections::{BTreeMap, HashSet},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use meilisearch_sdk::{
    indexes::Index,
    search::{MatchingStrategies, SearchQuery, SearchResults as Answer, Selectors},
    similar::SimilarQuery,
};
use serde::Deserialize;
use tolmach_engine::{
    catalog::{Facet, Field, Hit, SearchRequest, SearchResults},
    language::Language,
};

use super::{
    super::{
        generation::Generation,
        query::{self, QueryWord},
        rank::{idf, things},
        search::{near_score, unwanted},
    },
    document::{self, EMBEDDER, FACET_VALUES},
    filter,
    http::{Http, MirrorError},
};

/// Limits of rows found by similarity: their maximum number, and the minimum similarity alone and together with words.
/// The latter is low because it also applies to the server's score of a row that has the words only in its description.
const MAX_SIMILAR: usize = 200;
const MIN_SIMILARITY: f64 = 0.15;
const NEAR_BESIDE_WORDS: f64 = 0.1;
/// Maximum number of words in a query; Meilisearch ignores the rest.
const MOST_WORDS: usize = 10;
/// Maximum number of rows named by article number.
const MOST_NAMED: usize = 1000;
/// Maximum number of rows that are left out because they have what is not wanted.
const MOST_LEFT_OUT: usize = 1000;

/// The attributes of a document that are retrieved.
#[derive(Deserialize)]
struct RetrievedRow {
    row: u32,
    product: String,
}

/// A search in a generation on the server.
pub(super) struct ServerSearch<'a> {
    pub index: &'a Index<Http>,
    pub generation: &'a Generation,
    pub request: &'a SearchRequest,
    /// The query's vector, if vectors are to be used.
    pub vector: Option<&'a [f32]>,
    /// Set when a request found nothing. Either there is nothing, or the live index now contains another generation.
    pub empty: AtomicBool,
}

/// Matching rows, with facets not yet sorted.
#[derive(Default)]
struct Found {
    total: usize,
    hits: Vec<(u32, Hit)>,
    counts: BTreeMap<String, BTreeMap<String, u64>>,
    ranges: BTreeMap<String, (f64, f64)>,
}

/// Parameters of one request.
#[derive(Clone, Default)]
struct RequestParams<'a> {
    said: Option<&'a QueryTerms>,
    /// Semantic ratio sent to the server; 0 means no vectors.
    ratio: f32,
    /// Whether rows with only some of the words match.
    some: bool,
    threshold: Option<f64>,
}

impl ServerSearch<'_> {
    /// Runs the search.
    ///
    /// # Errors
    /// A request failed, a response is malformed, or the search cannot be expressed ([`MirrorError::Local`]).
    pub async fn answer(&self) -> Result<SearchResults, MirrorError> {
        if let Some(id) = &self.request.similar_to {
            return self.like(id).await;
        }
        let query = query::parse(&self.request.text, self.generation)
            .map_err(|error| MirrorError::Local(format!("the query could not be read: {error}")))?;
        let filters = filter::expression(self.generation, &self.request.filters);
        let (skip, limit) = self.page();
        if query.is_empty() {
            if self.request.filters.is_empty() {
                return Ok(self.results(Found::default()));
            }
            return Ok(
                self.results(self.search_page(&RequestParams::default(), &filters, skip, limit).await?)
            );
        }
        let near = query.near.iter().map(|(row, _)| *row);
        let named: Vec<u32> = query.articles.iter().copied().chain(near).collect();
        let mut left_out: Vec<u32> = unwanted(self.generation, &query).into_iter().collect();
        left_out.sort_unstable();
        left_out.truncate(MOST_LEFT_OUT);
        left_out.extend(&named);
        let rest = if left_out.is_empty() {
            filters.clone()
        } else {
            format!("{filters} AND NOT {}", filter::rows(&left_out))
        };
        let mut named = self.named(&named, &filters).await?;
        for (row, hit) in &mut named.hits {
            hit.near = query.near.iter().find(|(near, _)| near == row).map(|(_, how)| how.clone());
            hit.score = hit.near.as_ref().map_or(hit.score, |near| near_score(near.by));
        }
        let taken = named.hits.len();
        let (skip, limit) = (skip.saturating_sub(taken), limit.saturating_sub(taken.saturating_sub(skip)));
        let by_words = self.by_words(&query.words, query.has_plain_words, &rest, skip, limit).await?;
        let found = self.joined(named, by_words);
        let things = things(self.generation, &query.words);
        let only_accessories = !found.hits.is_empty()
            && found.hits.iter().all(|(row, _)| self.generation.names.only_complements(*row, &things));
        Ok(SearchResults { only_accessories, ..self.results(found) })
    }

    fn page(&self) -> (usize, usize) {
        (self.request.offset as usize, self.request.limit.clamp(1, 100) as usize)
    }

    /// All rows that the text names by article number and that pass the filters, in text order.
    async fn named(&self, rows: &[u32], filters: &str) -> Result<Found, MirrorError> {
        if rows.is_empty() {
            return Ok(Found::default());
        }
        let filters = format!("{filters} AND {}", filter::rows(rows));
        let mut found = self.search_page(&RequestParams::default(), &filters, 0, MOST_NAMED).await?;
        found.hits.sort_by_key(|(row, _)| rows.iter().position(|named| named == row));
        Ok(found)
    }

    /// Rows by words and vectors. If no row contains every word, rows with at least half of the words.
    async fn by_words(
        &self,
        words: &[QueryWord],
        plain: bool,
        filters: &str,
        skip: usize,
        limit: usize,
    ) -> Result<Found, MirrorError> {
        let vector = self.vector.is_some() && plain;
        let ratio = if vector { self.request.semantic_ratio.clamp(0.0, 1.0) } else { 0.0 };
        let said = said(words, self.generation)?;
        if said.terms.is_empty() && !vector {
            return Ok(Found::default());
        }
        // The server cannot match words that no row contains, but the vector can.
        let alone = ratio >= 1.0 || said.terms.is_empty();
        let threshold = vector.then_some(if alone { MIN_SIMILARITY } else { NEAR_BESIDE_WORDS });
        let all = RequestParams {
            said: Some(&said),
            ratio: if alone && vector { 1.0 } else { ratio },
            some: false,
            threshold,
        };
        let found = self.search_page(&all, filters, skip, limit).await?;
        if found.total > 0 || alone || said.terms.len() < 2 {
            return Ok(found);
        }
        // The server's score starts with the number of matched words: m of n words score more than (m − 1) / n.
        let (words, half) = (said.terms.len(), said.terms.len().div_ceil(2));
        let threshold = Some((half - 1) as f64 / words as f64 + 1e-6);
        self.search_page(&RequestParams { ratio: 0.0, some: true, threshold, ..all }, filters, skip, limit)
            .await
    }

    /// Runs one request. `limit` may be 0 to get only the total and the facets.
    async fn search_page(
        &self,
        params: &RequestParams<'_>,
        filters: &str,
        skip: usize,
        limit: usize,
    ) -> Result<Found, MirrorError> {
        let (page, per_page) = page_with(skip, limit.max(1));
        let names = self.facet_names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let said = params.said.filter(|said| !said.terms.is_empty());
        // The trailing space marks the last word as complete; otherwise the server treats it as a prefix.
        let text =
            said.map(|said| format!("{} ", document::written(said.terms.iter().map(|term| &term.text))));
        let mut query = SearchQuery::new(self.index);
        query.with_filter(filters).with_page(page).with_hits_per_page(per_page);
        query.with_attributes_to_retrieve(Selectors::Some(&["row", "product"]));
        query.with_show_ranking_score_details(true);
        let matching = if params.some { MatchingStrategies::FREQUENCY } else { MatchingStrategies::ALL };
        query.with_matching_strategy(matching);
        match &text {
            Some(text) => query.with_query(text),
            None if params.ratio > 0.0 => &mut query,
            None => query.with_sort(&["row:asc"]),
        };
        if params.ratio > 0.0
            && let Some(vector) = self.vector
        {
            query.with_hybrid(EMBEDDER, params.ratio).with_vector(vector);
        }
        if let Some(threshold) = params.threshold {
            query.with_ranking_score_threshold(threshold);
        }
        if !names.is_empty() {
            query.with_facets(Selectors::Some(&names));
        }
        let answer: Answer<RetrievedRow> = query.execute().await?;
        let Some(total) = answer.total_hits else {
            return Err(MirrorError::Unavailable("the server's answer has no total".to_owned()));
        };
        self.empty.fetch_or(total == 0, Relaxed);
        let mut found = Found { total, ..Found::default() };
        for (name, counts) in answer.facet_distribution.unwrap_or_default() {
            found.counts.insert(name, counts.into_iter().map(|(value, rows)| (value, rows as u64)).collect());
        }
        for (name, range) in answer.facet_stats.unwrap_or_default() {
            found.ranges.insert(name, (range.min, range.max));
        }
        let before = skip - (page - 1) * per_page;
        for hit in answer.hits.into_iter().skip(before).take(limit) {
            let near = hit
                .ranking_score_details
                .as_ref()
                .and_then(|rules| rules.get("vectorSort")?.get("similarity")?.as_f64());
            let score = self.score(params, hit.result.row, near.unwrap_or_default() as f32);
            found.hits.push(shown(&hit.result, score)?);
        }
        Ok(found)
    }

    /// Rows similar to another one, by vectors.
    async fn like(&self, id: &str) -> Result<SearchResults, MirrorError> {
        if self.generation.vectors.is_none() {
            return Err(MirrorError::Local("the generation has no vectors".to_owned()));
        }
        let filters = filter::expression(self.generation, &self.request.filters);
        let id = document::id(id);
        let mut query = SimilarQuery::new(self.index, &id, EMBEDDER);
        query.with_filter(&filters).with_offset(0).with_limit(MAX_SIMILAR);
        query.with_attributes_to_retrieve(Selectors::Some(&["row", "product"]));
        query.with_show_ranking_score(true).with_ranking_score_threshold(MIN_SIMILARITY);
        let answer = match query.execute::<RetrievedRow>().await.map_err(MirrorError::from) {
            Ok(answer) => answer.hits,
            // An unknown row has no similar rows.
            Err(MirrorError::Missing(code)) if code == "not_found_similar_id" => Vec::new(),
            Err(error_text) => return Err(error_text),
        };
        self.empty.fetch_or(answer.is_empty(), Relaxed);
        let mut all = Found { total: answer.len(), ..Found::default() };
        for hit in &answer {
            let score = hit.ranking_score.unwrap_or_default() as f32;
            all.hits.push(shown(&hit.result, score)?);
        }
        count(&mut all, &self.request.facets, self.request.language);
        let (skip, limit) = self.page();
        all.hits = all.hits.into_iter().skip(skip).take(limit).collect();
        Ok(self.results(all))
    }

    /// A score comparable between queries: the share of the query's words that the row contains. Similarity can only
    /// raise it.
    fn score(&self, params: &RequestParams<'_>, row: u32, near: f32) -> f32 {
        let Some(said) = params.said else { return 1.0 };
        let (share, ratio) = (said.share(row), self.request.semantic_ratio.clamp(0.0, 1.0));
        // With vectors alone words do not count, as in the embedded catalogue.
        let share = if ratio >= 1.0 && params.ratio > 0.0 { 0.0 } else { share };
        share.max((1.0 - ratio) * share + ratio * near.max(0.0)).clamp(0.0, 1.0)
    }

    fn facet_names(&self) -> Vec<String> {
        self.request.facets.iter().map(|field| document::facet_of(field, self.request.language)).collect()
    }

    /// Joins rows named by article number with the others, which follow. No row is in both.
    fn joined(&self, named: Found, mut rest: Found) -> Found {
        let (skip, limit) = self.page();
        let mut hits: Vec<_> = named.hits.into_iter().skip(skip).take(limit).collect();
        hits.append(&mut rest.hits);
        rest.hits = hits;
        rest.total += named.total;
        for (name, counts) in named.counts {
            let all = rest.counts.entry(name).or_default();
            for (value, rows) in counts {
                *all.entry(value).or_default() += rows;
            }
        }
        for (name, range) in named.ranges {
            widen(&mut rest.ranges, name, range);
        }
        rest
    }

    fn results(&self, mut found: Found) -> SearchResults {
        let facets = self.request.facets.iter().map(|field| {
            let name = document::facet_of(field, self.request.language);
            let range = found.ranges.get(&name).copied().filter(|_| field.is_number());
            let mut values: Vec<(String, u64)> = match field.is_number() {
                true => Vec::new(),
                false => found.counts.remove(&name).unwrap_or_default().into_iter().collect(),
            };
            values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            values.truncate(FACET_VALUES);
            Facet { field: field.clone(), values, range }
        });
        let facets = facets.collect();
        SearchResults {
            generation: self.generation.manifest.id.clone(),
            total: found.total as u64,
            hits: found.hits.into_iter().map(|(_, hit)| hit).collect(),
            facets,
            only_accessories: false,
        }
    }
}

/// The terms of a query that are sent to the server.
struct QueryTerms {
    terms: Vec<Term>,
    /// Total idf weight of all words, including those that no row contains.
    weight: f32,
}

/// A term that at least one row contains.
struct Term {
    text: String,
    weight: f32,
    rows: HashSet<u32>,
}

impl QueryTerms {
    /// The weighted share of the query's words that a row contains, as in the embedded catalogue.
    fn share(&self, row: u32) -> f32 {
        let held = self.terms.iter().filter(|term| term.rows.contains(&row)).map(|term| term.weight);
        held.sum::<f32>() / f32::max(self.weight, f32::MIN_POSITIVE)
    }
}

/// The most probable term for each word. No terms if no row contains any of the words.
fn said(words: &[QueryWord], generation: &Generation) -> Result<QueryTerms, MirrorError> {
    let mut said = QueryTerms { terms: Vec::new(), weight: 0.0 };
    for QueryWord { terms, .. } in words {
        let mut rows = HashSet::new();
        // Of equally weighted terms take the first, which is the most frequent.
        let likeliest = terms.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((term, factor)) = likeliest else {
            said.weight += idf(generation.index.rows(), 0);
            continue;
        };
        let visited = generation.index.visit(term, |holder| {
            rows.insert(holder.row);
        });
        visited.map_err(|error| MirrorError::Local(format!("the words could not be read: {error}")))?;
        let weight = idf(generation.index.rows(), rows.len());
        said.weight += weight;
        if said.terms.len() < MOST_WORDS {
            said.terms.push(Term { text: term.clone(), weight: weight * factor, rows });
        }
    }
    Ok(said)
}

fn shown(shown: &RetrievedRow, score: f32) -> Result<(u32, Hit), MirrorError> {
    let product = serde_json::from_str(&shown.product)
        .map_err(|_| MirrorError::Unverified("a row that is no product".to_owned()))?;
    Ok((shown.row, Hit { product, score, near: None }))
}

/// The smallest server page that contains the wanted rows, and its number from 1. The server counts the total exactly
/// only with page-based requests, while our pages may start at any row.
fn page_with(skip: usize, limit: usize) -> (usize, usize) {
    let end = skip + limit - 1;
    let per_page =
        (limit..skip + limit).find(|per_page| skip / per_page == end / per_page).unwrap_or(skip + limit);
    (skip / per_page + 1, per_page)
}

/// Computes facets over the rows at hand, because the server has none for similar rows.
fn count(found: &mut Found, facets: &[Field], language: Language) {
    for field in facets {
        let name = document::facet_of(field, language);
        for (_, Hit { product, .. }) in &found.hits {
            let numbers: Vec<f64> = match field {
                Field::Price => product.price.into_iter().collect(),
                Field::Stock => product.stock.into_iter().collect(),
                Field::Measure(dimension) => {
                    let measures = product.measures();
                    measures
                        .iter()
                        .filter(|measure| measure.dimension == *dimension)
                        .map(|m| m.value)
                        .collect()
                }
                _ => Vec::new(),
            };
            for number in numbers {
                widen(&mut found.ranges, name.clone(), (number, number));
            }
            let text = match field {
                Field::Brand => product.brand.as_str(),
                Field::Category => product.category.get(language),
                Field::Article => product.article.as_str(),
                Field::Attribute(name) => product.attribute(name).unwrap_or_default(),
                Field::Price | Field::Stock | Field::Measure(_) => "",
            };
            if !text.is_empty() {
                *found.counts.entry(name.clone()).or_default().entry(text.to_owned()).or_default() += 1;
            }
        }
    }
}

fn widen(ranges: &mut BTreeMap<String, (f64, f64)>, name: String, (low, high): (f64, f64)) {
    let range = ranges.entry(name).or_insert((low, high));
    *range = (range.0.min(low), range.1.max(high));
}

#[cfg(test)]
mod tests {
    use super::page_with;

    #[test]
    fn the_server_page_contains_the_wanted_rows() {
        assert_eq!(page_with(0, 10), (1, 10));
        assert_eq!(page_with(30, 10), (4, 10));
        for skip in 0..120 {
            for limit in 1..=40 {
                let (page, per_page) = page_with(skip, limit);
                let begins = (page - 1) * per_page;
                assert!(
                    begins <= skip && skip + limit <= begins + per_page,
                    "{skip} {limit}: {page} {per_page}"
                );
            }
        }
    }
}
