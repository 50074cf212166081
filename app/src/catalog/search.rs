//! A search as a client's, for people who want to see what clients are shown.

use tolmach_engine::catalog::{Field, SearchRequest, SearchResults};
use tolmach_nodes::request_for;
use tolmach_runtime::ports::{self, Catalog};

/// What is searched for, and how.
#[derive(Clone, Debug)]
pub struct Query {
    /// What is wanted.
    pub wanted: Wanted,
    /// Rows at most.
    pub limit: u32,
    /// 0 searches by words alone, 1 by vectors alone.
    pub semantic_ratio: f32,
    /// Columns whose values are counted: a field's name or a heading of a price list.
    pub facets: Vec<String>,
}

/// What a search is for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// What a client would type.
    Text(String),
    /// Rows like the one with this article.
    Similar(String),
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// How the query was understood.
    pub request: SearchRequest,
    /// The rows, best first.
    pub results: SearchResults,
}

/// Why a search cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// No row to be similar to.
    #[error("no row has the article {0}")]
    NoArticle(String),
    /// The catalogue does not answer.
    #[error(transparent)]
    Catalog(#[from] ports::Error),
}

/// Searches as the `search` node does.
///
/// # Errors
/// When no row has the article to compare with, or the catalogue does not answer.
pub async fn search(catalog: &dyn Catalog, query: &Query) -> Result<Found, SearchError> {
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
    request.limit = query.limit;
    request.semantic_ratio = query.semantic_ratio;
    let column = |name: &String| Field::named(name).unwrap_or_else(|| Field::Attribute(name.clone()));
    request.facets = query.facets.iter().map(column).collect();
    let results = catalog.search(&request).await?;
    Ok(Found { request, results })
}
