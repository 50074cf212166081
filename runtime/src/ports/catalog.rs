//! Product search.

use async_trait::async_trait;
use tolmach_engine::catalog::{SearchRequest, SearchResults};

/// A searchable catalogue. Every answer comes from one generation; a switch of generations never fails a search.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Finds products. An empty text with filters lists the rows that pass them; an empty text without filters finds
    /// nothing.
    ///
    /// # Errors
    /// When the catalogue cannot be searched.
    async fn search(&self, request: &SearchRequest) -> super::Result<SearchResults>;

    /// The id of the serving generation and its number of rows; `None` before the first import.
    fn generation(&self) -> Option<(String, u64)>;

    /// Whether a text holds an article number of the catalogue, alone or among other words. Never so for a short number
    /// («125»), which is rather a size.
    async fn holds_article(&self, text: &str) -> bool;

    /// Whether a word, in lower case, is one of those that names of goods are written with; it is then no misspelling.
    fn holds_word(&self, _word: &str) -> bool {
        false
    }

    /// The id of the generation that would answer now. Unlike [`Catalog::generation`] it detects a switch by another
    /// process.
    async fn current(&self) -> Option<String> {
        self.generation().map(|(id, _)| id)
    }
}
