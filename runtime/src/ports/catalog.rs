//! Products, found.

use async_trait::async_trait;
use tolmach_engine::catalog::{SearchRequest, SearchResults};

/// A searchable catalogue. Answers from one generation at a time; a switch never fails a search.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Finds products. An empty text with filters lists what passes them; an empty text without filters finds nothing.
    async fn search(&self, request: &SearchRequest) -> super::Result<SearchResults>;

    /// The serving generation and its number of rows; `None` before the first import.
    fn generation(&self) -> Option<(String, u64)>;

    /// The id of the generation that would answer now. Where another process may have switched it, it is looked up anew,
    /// which [`Catalog::generation`] does not do.
    async fn current(&self) -> Option<String> {
        self.generation().map(|(id, _)| id)
    }
}
