//! The value of a slot of type `products`.

use serde::{Deserialize, Serialize};

use crate::catalog::{Product, SearchRequest};

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
}
