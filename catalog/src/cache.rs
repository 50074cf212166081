//! In-memory cache of search results for frequent requests.
//!
//! An entry records the generation that produced it. It is returned only if the catalogue, queried at that moment,
//! reports the same generation as serving. So a switch needs no cache invalidation, and a switch made by another
//! process is noticed as soon as a search would notice it. The cache is per process, and concurrent misses of one
//! request are not merged: each runs the search.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use lru::LruCache;
use tolmach_engine::catalog::{SearchRequest, SearchResults};
use tolmach_runtime::ports::{self, Catalog};

/// Maximum number of entries.
const ENTRIES: usize = 2000;
/// Maximum total size of requests and results, in bytes of their JSON.
const BYTES: usize = 16 << 20;
/// Maximum size of one entry, in bytes; a larger one would evict too many others.
const LARGEST: usize = BYTES / 16;
/// Maximum age of an entry. Results computed while a dependency was down (no vectors, a fallback) must not be served
/// for long.
const LONGEST: Duration = Duration::from_secs(300);

/// Catalogue wrapper that caches search results, least recently used entries evicted first.
pub struct Cached<C: ?Sized> {
    answers: Mutex<Entries>,
    hits: AtomicU64,
    misses: AtomicU64,
    inner: Arc<C>,
}

/// Cache statistics since the process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Searches answered from the cache.
    pub hits: u64,
    /// Searches passed on to the catalogue that succeeded.
    pub misses: u64,
    /// Entries in the cache now.
    pub entries: u64,
    /// Their total size, in bytes of JSON.
    pub bytes: u64,
}

struct Entries {
    by_request: LruCache<String, Entry>,
    bytes: usize,
}

struct Entry {
    results: SearchResults,
    bytes: usize,
    at: Instant,
}

impl<C: Catalog + ?Sized> Cached<C> {
    /// Wraps a catalogue with an empty cache.
    pub fn new(inner: Arc<C>) -> Cached<C> {
        let most = NonZeroUsize::new(ENTRIES).unwrap_or(NonZeroUsize::MIN);
        let answers = Mutex::new(Entries { by_request: LruCache::new(most), bytes: 0 });
        Cached { answers, hits: AtomicU64::new(0), misses: AtomicU64::new(0), inner }
    }

    /// Current statistics.
    pub fn counts(&self) -> Counts {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        Counts {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            entries: answers.by_request.len() as u64,
            bytes: answers.bytes as u64,
        }
    }

    fn known(&self, request: &str, generation: &str) -> Option<SearchResults> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.by_request.get(request)?;
        let good = answer.results.generation == generation && answer.at.elapsed() < LONGEST;
        good.then(|| answer.results.clone())
    }

    fn keep(&self, request: String, results: &SearchResults) {
        // Results without a generation come from an empty catalogue and are cheap to compute again.
        let Ok(written) = serde_json::to_vec(results) else { return };
        let bytes = request.len() + written.len();
        if results.generation.is_empty() || bytes > LARGEST {
            return;
        }
        let answer = Entry { results: results.clone(), bytes, at: Instant::now() };
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.bytes += bytes;
        if let Some((_, gone)) = answers.by_request.push(request, answer) {
            answers.bytes -= gone.bytes;
        }
        while answers.bytes > BYTES {
            let Some((_, gone)) = answers.by_request.pop_lru() else { break };
            answers.bytes -= gone.bytes;
        }
    }
}

#[async_trait]
impl<C: Catalog + ?Sized> Catalog for Cached<C> {
    async fn search(&self, request: &SearchRequest) -> ports::Result<SearchResults> {
        let key = serde_json::to_string(request).ok();
        if let (Some(key), Some(generation)) = (&key, self.inner.current().await)
            && let Some(results) = self.known(key, &generation)
        {
            self.hits.fetch_add(1, Relaxed);
            return Ok(results);
        }
        let results = self.inner.search(request).await?;
        self.misses.fetch_add(1, Relaxed);
        if let Some(key) = key {
            self.keep(key, &results);
        }
        Ok(results)
    }

    fn generation(&self) -> Option<(String, u64)> {
        self.inner.generation()
    }

    async fn holds_article(&self, text: &str) -> bool {
        self.inner.holds_article(text).await
    }

    fn holds_word(&self, word: &str) -> bool {
        self.inner.holds_word(word)
    }

    async fn current(&self) -> Option<String> {
        self.inner.current().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::RwLock;

    use tolmach_engine::catalog::{Hit, Product};

    use super::*;

    /// Entries every request with one row whose id is the number of the serving generation; counts the calls.
    struct Numbered {
        serving: RwLock<u64>,
        asked: AtomicU64,
        /// Padding in each answer, in bytes.
        filling: usize,
    }

    impl Numbered {
        fn new(filling: usize) -> Arc<Numbered> {
            Arc::new(Numbered { serving: RwLock::new(1), asked: AtomicU64::new(0), filling })
        }

        fn switch(&self) -> u64 {
            let mut serving = self.serving.write().unwrap();
            *serving += 1;
            *serving
        }

        fn serving(&self) -> u64 {
            *self.serving.read().unwrap()
        }
    }

    #[async_trait]
    impl Catalog for Numbered {
        async fn search(&self, _request: &SearchRequest) -> ports::Result<SearchResults> {
            let generation = self.serving();
            self.asked.fetch_add(1, Relaxed);
            // Yield here, so that a switch can happen between the search and the cache insertion.
            tokio::task::yield_now().await;
            let product =
                Product { id: generation.to_string(), unit: "x".repeat(self.filling), ..Product::default() };
            let hits = vec![Hit { product, score: 1.0, near: None }];
            Ok(SearchResults {
                generation: generation.to_string(),
                total: 1,
                hits,
                facets: vec![],
                only_accessories: false,
            })
        }

        async fn holds_article(&self, _text: &str) -> bool {
            false
        }

        fn generation(&self) -> Option<(String, u64)> {
            Some((self.serving().to_string(), 1))
        }
    }

    fn request(n: u64) -> SearchRequest {
        SearchRequest { text: format!("насос {n}"), limit: 10, ..SearchRequest::default() }
    }

    #[tokio::test]
    async fn caches_a_request_until_the_generation_switches() {
        let inner = Numbered::new(0);
        let cached = Cached::new(Arc::clone(&inner));
        let first = cached.search(&request(1)).await.unwrap();
        assert_eq!(cached.search(&request(1)).await.unwrap(), first);
        assert_eq!(inner.asked.load(Relaxed), 1);
        // Any difference in the request makes it a different cache key.
        cached.search(&SearchRequest { offset: 10, ..request(1) }).await.unwrap();
        cached.search(&SearchRequest { semantic_ratio: 0.1, ..request(1) }).await.unwrap();
        assert_eq!(inner.asked.load(Relaxed), 3);
        inner.switch();
        assert_eq!(cached.search(&request(1)).await.unwrap().generation, "2");
        assert_eq!(inner.asked.load(Relaxed), 4);
        let counts = cached.counts();
        assert_eq!((counts.hits, counts.misses, counts.entries), (1, 4, 3));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn returns_no_row_of_an_older_generation_after_a_switch() {
        let inner = Numbered::new(0);
        let cached = Arc::new(Cached::new(Arc::clone(&inner)));
        let mut searching = Vec::new();
        for task in 0..8_u64 {
            let (inner, cached) = (Arc::clone(&inner), Arc::clone(&cached));
            searching.push(tokio::spawn(async move {
                for n in 0..3000 {
                    let at_least = inner.serving();
                    let results = cached.search(&request((task + n) % 7)).await.unwrap();
                    let answered: u64 = results.generation.parse().unwrap();
                    assert!(answered >= at_least, "{answered} after the switch to {at_least}");
                    assert!(results.hits.iter().all(|hit| hit.product.id == results.generation));
                }
            }));
        }
        for _ in 0..200 {
            inner.switch();
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
        for task in searching {
            task.await.unwrap();
        }
        let counts = cached.counts();
        assert!(counts.hits > 1000 && counts.misses > 100, "both paths were taken: {counts:?}");
    }

    #[tokio::test]
    async fn stays_within_its_entry_and_byte_limits() {
        let cached = Cached::new(Numbered::new(100));
        for n in 0..ENTRIES as u64 + 500 {
            cached.search(&request(n)).await.unwrap();
        }
        assert_eq!(cached.counts().entries, ENTRIES as u64);
        let kept =
            cached.answers.lock().unwrap().by_request.iter().map(|(_, answer)| answer.bytes).sum::<usize>();
        assert_eq!(cached.counts().bytes, kept as u64);

        let cached = Cached::new(Numbered::new(100 << 10));
        for n in 0..400 {
            cached.search(&request(n)).await.unwrap();
        }
        let counts = cached.counts();
        assert!(counts.bytes <= BYTES as u64 && counts.entries > 100, "{counts:?}");

        let cached = Cached::new(Numbered::new(2 << 20));
        cached.search(&request(1)).await.unwrap();
        assert_eq!(cached.counts().entries, 0, "one answer that is too large is not kept");
    }
}
