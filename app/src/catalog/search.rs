//! Catalogue search as a client gets it, for checking what clients are shown.

use tolmach_engine::catalog::{Field, SearchRequest, SearchResults};
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
