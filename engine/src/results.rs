//! The value of a slot of type `products`.

use serde::{Deserialize, Serialize};

use crate::catalog::{NearArticle, Product, SearchRequest, SearchResults};

/// What `search` stores in a slot of type `products`: one page of results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// What was searched for.
    pub query: String,
    /// How many rows match in all.
    pub total: u64,
    /// The rows of this page, best first.
    pub items: Vec<Product>,
    /// The request, so that the next page can be asked for.
    pub request: SearchRequest,
    /// What to say of the rows before they are shown, if they are not simply what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<Remark>,
}

/// Why rows are not simply what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// The text has a code that is no article number; rows with a number like it come first.
    NearArticle(NearArticle),
    /// The rows are for what was asked for, and none is it.
    OnlyAccessories,
}

impl Remark {
    /// What is to be said of the results of a search.
    pub fn of(results: &SearchResults) -> Option<Remark> {
        let near = results.hits.first().and_then(|hit| hit.near.clone());
        near.map(Remark::NearArticle).or(results.only_accessories.then_some(Remark::OnlyAccessories))
    }
}
