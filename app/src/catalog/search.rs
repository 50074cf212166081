//! Catalogue search as a client gets it, for checking what clients are shown.

use tolmach_engine::catalog::{
    Comparison, Field, Filter, FilterValue, Product, SearchRequest, SearchResults,
};
use tolmach_nodes::request_for;
use tolmach_runtime::ports::{self, Catalog};

/// A search request.
#[derive(Clone, Debug)]
pub struct Query {
    /// The text or the article to search for.
    pub wanted: Wanted,
    /// The maximum number of rows.
    pub limit: u32,
    /// 0 searches by words only, 1 by vectors only.
    pub semantic_ratio: f32,
    /// The least score of a row that counts as found; 0 keeps every row that holds a word or is near.
    pub min_score: f32,
    /// Columns whose values are counted: field names or headings of a price list.
    pub facets: Vec<String>,
}

/// What to search for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A query as a client would type it.
    Text(String),
    /// Rows similar to the one with this article.
    Similar(String),
}

/// The result of a search.
#[derive(Clone, Debug)]
pub struct Found {
    /// The request that the query was parsed to.
    pub request: SearchRequest,
    /// The rows, best first.
    pub results: SearchResults,
}

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// No row has the given article.
    #[error("no row has the article {0}")]
    NoArticle(String),
    /// The catalogue failed.
    #[error(transparent)]
    Catalog(#[from] ports::Error),
}

/// Searches as the `search` node does.
///
/// # Errors
/// When no row has the given article, or the catalogue fails.
pub async fn search(catalog: &dyn Catalog, query: &Query) -> Result<Found, SearchError> {
    search_within(catalog, query, &Narrowed::default()).await
}

/// What a person has chosen beside a query.
#[derive(Clone, Debug, Default)]
pub struct Narrowed {
    /// Only rows of this category, in either language.
    pub category: Option<String>,
    /// Only rows of this brand.
    pub brand: Option<String>,
    /// Rows to skip.
    pub offset: u32,
}

/// As [`search`], among the rows of a category or a brand, or from a later row on.
///
/// # Errors
/// As [`search`].
pub async fn search_within(
    catalog: &dyn Catalog,
    query: &Query,
    narrowed: &Narrowed,
) -> Result<Found, SearchError> {
    let mut request = match &query.wanted {
        Wanted::Text(text) => request_for(text),
        Wanted::Similar(article) => {
            let named = SearchRequest { text: article.clone(), limit: 1, ..SearchRequest::default() };
            let first = catalog.search(&named).await?.hits.into_iter().next();
            let row = first.filter(|hit| hit.score >= 1.0 && !hit.product.article.is_empty());
            let row = row.ok_or_else(|| SearchError::NoArticle(article.clone()))?;
            SearchRequest { similar_to: Some(row.product.id), ..SearchRequest::default() }
        }
    };
    let chosen = [(Field::Category, &narrowed.category), (Field::Brand, &narrowed.brand)];
    request.filters.extend(chosen.into_iter().filter_map(|(field, value)| {
        let value = FilterValue::Text(value.clone()?);
        Some(Filter { field, comparison: Comparison::Eq, value })
    }));
    request.offset = narrowed.offset;
    request.limit = query.limit;
    request.semantic_ratio = query.semantic_ratio;
    request.min_score = query.min_score;
    let column = |name: &String| Field::named(name).unwrap_or_else(|| Field::Attribute(name.clone()));
    request.facets = query.facets.iter().map(column).collect();
    let results = catalog.search(&request).await?;
    Ok(Found { request, results })
}

/// Whether any row holds a word of a request's text, or is named by it. Where none does, what was found is near by meaning alone.
///
/// # Errors
/// When the catalogue fails.
pub async fn holds_words(catalog: &dyn Catalog, request: &SearchRequest) -> ports::Result<bool> {
    let words = SearchRequest {
        semantic_ratio: 0.0,
        min_score: 0.0,
        offset: 0,
        limit: 1,
        facets: Vec::new(),
        ..request.clone()
    };
    Ok(catalog.search(&words).await?.total > 0)
}

/// The row with an article, written as in the catalogue; `None` if there is none.
///
/// # Errors
/// When the catalogue fails.
pub async fn row(catalog: &dyn Catalog, article: &str) -> ports::Result<Option<Product>> {
    if article.trim().is_empty() {
        return Ok(None);
    }
    let request = SearchRequest { text: article.to_owned(), limit: 10, ..SearchRequest::default() };
    let hits = catalog.search(&request).await?.hits;
    Ok(hits.into_iter().map(|hit| hit.product).find(|product| product.article == article))
}
