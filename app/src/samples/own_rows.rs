//! A catalogue without the samples, for bundles of other companies on a data folder that has them.

use std::sync::Arc;

use async_trait::async_trait;
use tolmach_catalog::EmbeddedCatalog;
use tolmach_engine::catalog::{SearchRequest, SearchResults};
use tolmach_runtime::ports::{self, Catalog};

/// A catalogue that is empty as long as nothing but samples has been imported. An import shows at once, because it removes
/// the samples.
pub struct OwnRows {
    embedded: Arc<EmbeddedCatalog>,
    searched: Arc<dyn Catalog>,
}

impl OwnRows {
    /// `searched` answers, from the generations that `embedded` keeps.
    pub fn new(embedded: Arc<EmbeddedCatalog>, searched: Arc<dyn Catalog>) -> OwnRows {
        OwnRows { embedded, searched }
    }

    /// Whether rows that are no samples serve.
    fn has_any(&self) -> bool {
        self.embedded.manifest().is_some_and(|manifest| manifest.sources.iter().any(|source| !source.demo))
    }
}

#[async_trait]
impl Catalog for OwnRows {
    async fn search(&self, request: &SearchRequest) -> ports::Result<SearchResults> {
        // Notices an import by another process.
        self.embedded.refresh().await;
        if self.has_any() { self.searched.search(request).await } else { Ok(SearchResults::default()) }
    }

    fn generation(&self) -> Option<(String, u64)> {
        self.searched.generation().filter(|_| self.has_any())
    }

    async fn holds_article(&self, text: &str) -> bool {
        self.has_any() && self.searched.holds_article(text).await
    }

    fn holds_word(&self, word: &str) -> bool {
        self.has_any() && self.searched.holds_word(word)
    }

    async fn current(&self) -> Option<String> {
        self.embedded.refresh().await;
        if self.has_any() { self.searched.current().await } else { None }
    }
}
