//! The catalogue: what serves, a search as a client makes it, and one item.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_app::catalog::{self, Generation, Item, Narrowed, Query, SearchError, Wanted};
use tolmach_app::catalog_drafts::UploadShown;
use tolmach_engine::catalog::SearchResults;

use super::{Answer, Call, Nothing};
use crate::{error::Failure, form::filled};

/// The last item that a search leads to.
const LAST: u32 = 1_000;
const ITEMS: u32 = 20;
const MOST_ITEMS: u32 = 100;

pub(crate) async fn state(call: Call<Nothing>) -> Answer<Vec<Generation>> {
    let catalogue = call.panel.options.drafts.catalog();
    catalogue.refresh().await;
    catalog::generations(catalogue).map_err(failed)
}

fn failed(error: tolmach_catalog::Error) -> Failure {
    tracing::warn!(%error, "the catalogue cannot be read for the API");
    Failure::Unavailable
}

/// What is looked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Search {
    /// What a client would type.
    q: Option<String>,
    /// The article of an item; items like it are looked for, instead of a text.
    similar: Option<String>,
    /// Only of this category, in either language.
    category: Option<String>,
    /// Only of this brand.
    brand: Option<String>,
    /// How much meaning counts beside words, 0 to 1; 0.3 where nothing is said.
    semantic_ratio: Option<f32>,
    /// At most so many, 100 at most; 20 where nothing is said.
    limit: Option<u32>,
    /// Items to skip, 1,000 at most.
    offset: Option<u32>,
}

pub(crate) async fn search(call: Call<Search>) -> Answer<SearchResults> {
    let Search { q, similar, category, brand, semantic_ratio, limit, offset } = &call.query;
    let wanted = match (filled(similar), filled(q)) {
        (Some(article), _) => Wanted::Similar(article.to_owned()),
        (None, Some(text)) => Wanted::Text(text.to_owned()),
        (None, None) => return Err(Failure::Bad("error.no_query")),
    };
    let (limit, offset) = (limit.unwrap_or(ITEMS), offset.unwrap_or_default());
    let semantic_ratio = semantic_ratio.unwrap_or(0.3);
    if !(1..=MOST_ITEMS).contains(&limit) || offset > LAST || !(0.0..=1.0).contains(&semantic_ratio) {
        return Err(Failure::Bad("error.limit"));
    }
    let min_score = if matches!(wanted, Wanted::Similar(_)) { 0.0 } else { 0.12 };
    let query = Query { wanted, limit, semantic_ratio, min_score, facets: Vec::new() };
    let narrowed = Narrowed {
        category: filled(category).map(str::to_owned),
        brand: filled(brand).map(str::to_owned),
        offset,
    };
    match catalog::search_within(&*call.panel.options.catalog, &query, &narrowed).await {
        Ok(found) => Ok(found.results),
        Err(SearchError::NoArticle(_)) => Err(Failure::NotFound),
        Err(SearchError::Catalog(error)) => Err(error.into()),
    }
}

pub(crate) async fn item(call: Call<Nothing>) -> Answer<Item> {
    let article = call.place("article");
    if article.trim().is_empty() || article.chars().count() > 200 {
        return Err(Failure::NotFound);
    }
    let catalogue = call.panel.options.drafts.catalog();
    catalogue.refresh().await;
    catalog::item(catalogue, article).await.map_err(failed)?.ok_or(Failure::NotFound)
}

pub(crate) async fn uploads(call: Call<Nothing>) -> Answer<Vec<UploadShown>> {
    Ok(call.panel.options.drafts.shown().await?)
}
