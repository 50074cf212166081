//! Answers to frequent queries, kept in memory while the generation that gave them serves.
//!
//! An answer is kept under the generation that stands in it and is given only when the catalogue says, asked anew at that
//! moment, that this generation serves; so a switch needs no clearing, and another process's switch is noticed as soon as a
//! search would notice it. Nothing is shared between processes, and two that miss at once both search.

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

/// Answers kept at most.
const ENTRIES: usize = 2000;
/// Bytes of answers and their requests, written out as JSON, kept at most.
const BYTES: usize = 16 << 20;
/// A larger answer is not kept: it would push out too many others.
const LARGEST: usize = BYTES / 16;
/// An answer that was given while something was away (no vectors, a fallback) must not outlive that by long.
const LONGEST: Duration = Duration::from_secs(300);

/// A catalogue that remembers what it answered.
pub struct Cached<C: ?Sized> {
    answers: Mutex<Answers>,
    hits: AtomicU64,
    misses: AtomicU64,
    inner: Arc<C>,
}

/// How the cache did since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Searches that were answered from memory.
    pub hits: u64,
    /// Searches that the catalogue answered.
    pub misses: u64,
    /// Answers kept now.
    pub entries: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

struct Answers {
    by_request: LruCache<String, Answer>,
    bytes: usize,
}

struct Answer {
    results: SearchResults,
    bytes: usize,
    at: Instant,
}

impl<C: Catalog + ?Sized> Cached<C> {
    /// Nothing is remembered yet.
    pub fn new(inner: Arc<C>) -> Cached<C> {
        let most = NonZeroUsize::new(ENTRIES).unwrap_or(NonZeroUsize::MIN);
        let answers = Mutex::new(Answers { by_request: LruCache::new(most), bytes: 0 });
        Cached { answers, hits: AtomicU64::new(0), misses: AtomicU64::new(0), inner }
    }

    /// How it did so far.
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
        // What has no generation is the answer of an empty catalogue, which costs nothing to give again.
        let Ok(written) = serde_json::to_vec(results) else { return };
        let bytes = request.len() + written.len();
        if results.generation.is_empty() || bytes > LARGEST {
            return;
        }
        let answer = Answer { results: results.clone(), bytes, at: Instant::now() };
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

    async fn current(&self) -> Option<String> {
        self.inner.current().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::RwLock;

    use tolmach_engine::catalog::{Hit, Product};

    use super::*;

    /// Answers every request with a row that is called after the serving generation; counts.
    struct Numbered {
        serving: RwLock<u64>,
        asked: AtomicU64,
        /// Bytes of filling in each answer.
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
            // The answer is given late: a switch may come between it and the keeping.
            tokio::task::yield_now().await;
            let product =
                Product { id: generation.to_string(), unit: "x".repeat(self.filling), ..Product::default() };
            let hits = vec![Hit { product, score: 1.0 }];
            Ok(SearchResults { generation: generation.to_string(), total: 1, hits, facets: vec![] })
        }

        fn generation(&self) -> Option<(String, u64)> {
            Some((self.serving().to_string(), 1))
        }
    }

    fn request(n: u64) -> SearchRequest {
        SearchRequest { text: format!("насос {n}"), limit: 10, ..SearchRequest::default() }
    }

    #[tokio::test]
    async fn the_same_request_is_answered_from_memory_until_the_switch() {
        let inner = Numbered::new(0);
        let cached = Cached::new(Arc::clone(&inner));
        let first = cached.search(&request(1)).await.unwrap();
        assert_eq!(cached.search(&request(1)).await.unwrap(), first);
        assert_eq!(inner.asked.load(Relaxed), 1);
        // Anything else about the request makes it another one.
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
    async fn no_row_of_an_older_generation_is_seen_once_the_switch_has_returned() {
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
    async fn it_stays_within_its_bounds() {
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
