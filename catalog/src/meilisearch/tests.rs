//! Tests of the mirror: the conformance suite of every catalogue, and server failures. They run on a fake server; the
//! suite and the refusals run on a real one if TOLMACH_TEST_MEILISEARCH_URL is set.

mod faults;
mod refusals;

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use tempfile::TempDir;
use tolmach_engine::catalog::{Localized, Product, SearchRequest, SearchResults};
use tolmach_runtime::{ports::Catalog, secret::Secret};
use tolmach_testkit::meilisearch::Meilisearch;

use super::{Mirror, Options, State};
use crate::{
    EmbeddedCatalog, Source,
    catalog_suite::{self, CatalogFixture},
    embedder::HashEmbedder,
};

const KEY: &str = "a-key-of-the-tests";

/// A mirror with its server and folder.
pub(super) struct Fixture {
    folder: TempDir,
    embedded: Arc<EmbeddedCatalog>,
    mirror: Arc<Mirror>,
    /// `None` for a real server.
    fake: Option<Meilisearch>,
    imported: AtomicBool,
    /// Number of concurrent searches, and whether there was ever more than one.
    searching: AtomicU64,
    crowded: AtomicBool,
}

fn embedded(folder: &TempDir) -> Arc<EmbeddedCatalog> {
    let catalog = EmbeddedCatalog::open(folder.path().join("catalog"), Arc::new(HashEmbedder)).unwrap();
    Arc::new(catalog.check_every(Duration::ZERO))
}

/// Short timeouts, so that tests of failures are fast. A real server gets longer ones.
fn options(url: &str, key: &str) -> Options {
    let index = format!("tolmach-test-{}", uuid::Uuid::now_v7().simple());
    Options {
        search: Duration::from_millis(500),
        request: Duration::from_secs(2),
        task: Duration::from_secs(5),
        look: Duration::from_millis(100),
        pauses: (Duration::from_millis(20), Duration::from_millis(100)),
        ..Options::new(url, Secret::new(key), index)
    }
}

impl Fixture {
    async fn on_fake() -> Fixture {
        let fake = Meilisearch::start(KEY).await;
        let options = options(&fake.url, KEY);
        Fixture::with(options, Some(fake))
    }

    fn with(options: Options, fake: Option<Meilisearch>) -> Fixture {
        let folder = TempDir::new().unwrap();
        let embedded = embedded(&folder);
        let mirror = Arc::new(Mirror::new(Arc::clone(&embedded), options).unwrap());
        Fixture {
            folder,
            embedded,
            mirror,
            fake,
            imported: AtomicBool::new(false),
            searching: AtomicU64::new(0),
            crowded: AtomicBool::new(false),
        }
    }

    fn fake(&self) -> &Meilisearch {
        self.fake.as_ref().expect("a fake")
    }

    /// Imports into the embedded catalogue only, without publishing.
    async fn import_here(&self, article: &str) -> String {
        let name = Localized { ru: format!("Насос {article}"), en: format!("Pump {article}") };
        let one = Product { id: article.into(), article: article.into(), name, ..Product::default() };
        self.embedded.import(source("shop"), vec![one], |_| {}).await.unwrap().generation
    }

    /// The article number of the first row for «насос».
    async fn found(&self) -> String {
        self.mirror.search(&request("насос")).await.unwrap().hits[0].product.article.clone()
    }

    /// Waits up to 10 s for the mirror to reach a state.
    async fn until(&self, what: impl Fn(&State) -> bool) {
        let waiting = async {
            while !what(&self.mirror.state()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), waiting).await;
        assert!(waited.is_ok(), "{:?}", self.mirror.state());
    }

    async fn until_serving(&self, generation: &str) {
        self.until(|state| *state == State::Serving(generation.to_owned())).await;
    }
}

fn source(name: &str) -> Source {
    Source { name: name.into(), demo: false }
}

fn request(text: &str) -> SearchRequest {
    SearchRequest { text: text.into(), limit: 10, ..SearchRequest::default() }
}

/// The real server if one is configured, otherwise a fake.
async fn place() -> Fixture {
    let Ok(url) = env::var("TOLMACH_TEST_MEILISEARCH_URL") else { return Fixture::on_fake().await };
    let key = env::var("TOLMACH_TEST_MEILISEARCH_KEY").unwrap_or_default();
    let slow_options = Options {
        search: Duration::from_secs(10),
        request: Duration::from_secs(30),
        task: Duration::from_secs(300),
        ..options(&url, &key)
    };
    Fixture::with(slow_options, None)
}

#[async_trait]
impl CatalogFixture for Fixture {
    async fn import(&self, name: &str, items: Vec<Product>) -> String {
        let switch = self.embedded.import(source(name), items, |_| {}).await.unwrap();
        self.mirror.reconcile().await.unwrap();
        self.imported.store(true, SeqCst);
        switch.generation
    }

    async fn roll_back(&self) -> String {
        let generation = self.embedded.roll_back().await.unwrap();
        self.mirror.reconcile().await.unwrap();
        generation
    }

    async fn search(&self, request: SearchRequest) -> SearchResults {
        if self.searching.fetch_add(1, SeqCst) > 0 {
            self.crowded.store(true, SeqCst);
        }
        let results = self.mirror.search(&request).await.unwrap();
        self.searching.fetch_sub(1, SeqCst);
        results
    }

    async fn end(&self) {
        let counts = self.mirror.counts();
        if self.imported.load(SeqCst) {
            assert!(counts.server > 0, "the server answers: {counts:?} {:?}", self.mirror.state());
            // The embedded catalogue may answer only between an import and its publication.
            assert!(
                self.crowded.load(SeqCst) || counts.embedded == 0,
                "{counts:?} {:?}",
                self.mirror.state()
            );
        }
        super::publish::drop_all(&self.mirror.publisher).await;
    }
}

mod suite {
    use super::{catalog_suite, place};

    catalog_suite::conformance!(place);
}
