//! Runs dialog tests in parallel in a temporary folder. Tests share the catalogues, and each has its own database.

use std::{
    collections::HashMap,
    num::NonZero,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::OnceCell, task::JoinSet};
use tolmach_catalog::{EmbeddedCatalog, Source, TitleEmbedder};
use tolmach_engine::{Platform, bundle::Bundle, catalog::Product};
use tolmach_llm::{embedder::MeaningEmbedder, offline::OfflineLlm};
use tolmach_runtime::{
    Coalescing, Models, NoticeLimits, QueryPorts, ReleaseRegistry, Runtime, RuntimePorts, Staff, Trainer,
    ports::{Actor, Catalog, Channel, Clock, Store},
    testing::{
        self, Catalogue, Dialog, Environment, Extent, FailingCatalog, ManualClock, Recorder, Scripted,
        products,
    },
};
use tolmach_store::sqlite::{self, Durability, SqliteStore};

use super::{Error, Ran, Test};
use crate::{diagnostics::Diagnosed, samples};

/// The time at which tests start: a Monday morning, milliseconds since the Unix epoch.
const MONDAY: i64 = 1_795_424_400_000;

/// A test environment. It can run the tests of several bundles in turn, and is cheap to clone.
#[derive(Clone)]
pub struct DialogTestRunner(Arc<Shared>);

struct Shared {
    /// What the bundles are compiled against. Its model roles all have the test's scripted model.
    platform: Platform,
    folder: tempfile::TempDir,
    /// Imported once, by the first test that needs it.
    samples: OnceCell<Arc<EmbeddedCatalog>>,
    empty: Arc<EmbeddedCatalog>,
    /// Catalogues of tests that bring rows along, by their rows as JSON: tests with the same rows share one.
    own: Mutex<HashMap<String, OwnCatalogue>>,
    /// Shared, so that the examples of a bundle are trained once.
    trainer: Arc<Trainer>,
    databases: AtomicUsize,
}

/// A catalogue that the first test with its rows makes.
type OwnCatalogue = Arc<OnceCell<Arc<EmbeddedCatalog>>>;

impl DialogTestRunner {
    /// A runner for bundles of this platform with a temporary folder, which is removed with the last clone.
    ///
    /// # Errors
    /// When the folder or the empty catalogue in it cannot be created.
    pub fn new(platform: &Platform) -> Result<DialogTestRunner, Error> {
        let folder = tempfile::tempdir().map_err(Error::NoFolder)?;
        let empty = Arc::new(EmbeddedCatalog::open(folder.path().join("empty"), Arc::new(TitleEmbedder))?);
        let databases = AtomicUsize::new(0);
        let trainer = Arc::new(Trainer::new(Arc::new(MeaningEmbedder)));
        let (platform, samples, own) = (platform.clone(), OnceCell::new(), Mutex::default());
        Ok(DialogTestRunner(Arc::new(Shared { platform, folder, samples, empty, own, trainer, databases })))
    }

    /// Runs tests of a bundle in parallel, as many at once as there are cores, each up to its first failure or `to_the_end`; then
    /// those that say what their clients mean run once more with a model that knows it. Results are in the given order.
    ///
    /// # Errors
    /// When the bundle does not compile, a catalogue or database cannot be created, or a test panics. A test that fails
    /// is no error.
    pub async fn run(&self, bundle: &Bundle, tests: Vec<Test>, to_the_end: bool) -> Result<Vec<Ran>, Error> {
        let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(tests.len());
        let (tests, bundle) = (Arc::new(tests), Arc::new(bundle.clone()));
        let next = Arc::new(AtomicUsize::new(0));
        let mut set: JoinSet<Result<Vec<(usize, Ran)>, Error>> = JoinSet::new();
        for _ in 0..workers {
            let (runner, tests, bundle, next) = (self.clone(), tests.clone(), bundle.clone(), next.clone());
            set.spawn(async move {
                let mut ran = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(Test { file, dialog }) = tests.get(number) else { return Ok(ran) };
                    let extent = if to_the_end { Extent::ToTheEnd } else { Extent::FirstFailure };
                    let outcome = runner.one(&bundle, dialog, extent).await?;
                    let with_model = if to_the_end && dialog.steps.iter().any(|step| step.means.is_some()) {
                        runner.one(&bundle, dialog, Extent::WithModel).await?.turns
                    } else {
                        outcome.turns
                    };
                    let one = Ran {
                        file: file.clone(),
                        name: dialog.name.value.clone(),
                        kind: dialog.kind.as_ref().map(|kind| kind.value.clone()),
                        failure: outcome.failure,
                        turns: outcome.turns,
                        with_model,
                        coverage: outcome.coverage,
                    };
                    ran.push((number, one));
                }
            });
        }
        let mut all = Vec::new();
        while let Some(ended) = set.join_next().await {
            all.extend(ended.map_err(Error::BrokeOff)??);
        }
        all.sort_by_key(|(number, _)| *number);
        Ok(all.into_iter().map(|(_, ran)| ran).collect())
    }

    async fn one(
        &self,
        bundle: &Bundle,
        dialog: &Dialog,
        extent: Extent,
    ) -> Result<testing::TestOutcome, Error> {
        let number = self.0.databases.fetch_add(1, Ordering::SeqCst);
        let file = self.0.folder.path().join(format!("{number}.db"));
        let mut options = sqlite::Options::new(file.clone());
        // The database is discarded after the test, so it need not survive a crash.
        options.durability = Durability::Normal;
        let store = Arc::new(SqliteStore::open(options).await?);
        let scripted = Scripted::new(&dialog.given, Arc::new(OfflineLlm));
        let roles = self.0.platform.model_roles.iter().flatten();
        let queries = QueryPorts {
            http: scripted.http(),
            catalog: self.catalogue(&dialog.given.catalogue, bundle).await?,
            trainer: Arc::clone(&self.0.trainer),
            models: Models {
                default: scripted.llm(),
                roles: roles.map(|role| (role.clone(), scripted.llm())).collect(),
            }
            .into(),
        };
        let clock = Arc::new(ManualClock::new(MONDAY));
        let recorder = Arc::new(Recorder::new("test"));
        let ports = RuntimePorts {
            store: Arc::clone(&store) as Arc<dyn Store>,
            queries: queries.clone(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            channels: vec![Arc::clone(&recorder) as Arc<dyn Channel>].into(),
            coalescing: Coalescing { window: Duration::from_millis(700), wait: false }.into(),
            staff: Staff::new().into(),
            notices: NoticeLimits::UNLIMITED.into(),
        };
        let releases = ReleaseRegistry::new(
            self.0.platform.clone(),
            Arc::clone(&store) as Arc<dyn Store>,
            queries.trainer,
        );
        let runtime = Runtime::new(ports, releases);
        let release = match runtime.releases().activate_draft(bundle, clock.now()).await? {
            Ok(release) => release,
            Err(diagnostics) => {
                return Err(Error::DoNotCompile(Diagnosed::boxed(bundle, Path::new(""), diagnostics)));
            }
        };
        if let Some(moment) = &dialog.given.now {
            let start = runtime
                .releases()
                .with_release(&release, |release| moment.at(&release.resources.time_zone))
                .await?
                .flatten();
            clock.advance(start.unwrap_or(MONDAY) - clock.now());
        }
        let stage = Environment {
            runtime: &runtime,
            recorder: &recorder,
            clock: &clock,
            scripted: &scripted,
            release: &release,
        };
        let outcome = testing::run(dialog, &stage, extent).await?;
        store.close().await?;
        // Watch mode runs for hours: remove the database to save disk space.
        drop(std::fs::remove_file(file));
        Ok(outcome)
    }

    async fn catalogue(&self, which: &Catalogue, bundle: &Bundle) -> Result<Arc<dyn Catalog>, Error> {
        let of_the_bundle = if samples::belong_to(bundle) { Catalogue::Samples } else { Catalogue::Empty };
        Ok(match if matches!(which, Catalogue::OfTheBundle) { &of_the_bundle } else { which } {
            Catalogue::Samples => {
                let made = self.0.samples.get_or_try_init(|| async {
                    let folder = self.0.folder.path().join("samples");
                    let catalogue = Arc::new(EmbeddedCatalog::open(folder, Arc::new(TitleEmbedder))?);
                    samples::import_into(&catalogue, None, &Actor::system(), MONDAY).await?;
                    Ok::<_, Error>(catalogue)
                });
                Arc::clone(made.await?) as Arc<dyn Catalog>
            }
            Catalogue::Empty | Catalogue::OfTheBundle => Arc::clone(&self.0.empty) as Arc<dyn Catalog>,
            Catalogue::Failing => Arc::new(FailingCatalog),
            Catalogue::Rows(rows) => self.own_catalogue(products(rows)).await? as Arc<dyn Catalog>,
        })
    }

    /// A catalogue of these rows.
    async fn own_catalogue(&self, rows: Vec<Product>) -> Result<Arc<EmbeddedCatalog>, Error> {
        let key = serde_json::to_string(&rows).unwrap_or_default();
        let cell = {
            let mut own = self.0.own.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(own.entry(key).or_default())
        };
        let made = cell.get_or_try_init(|| async {
            let number = self.0.databases.fetch_add(1, Ordering::SeqCst);
            let folder = self.0.folder.path().join(format!("rows-{number}"));
            let catalogue = Arc::new(EmbeddedCatalog::open(folder, Arc::new(TitleEmbedder))?);
            catalogue.import(Source { name: "test".to_owned(), demo: false }, rows, |_| {}).await?;
            Ok::<_, Error>(catalogue)
        });
        made.await.map(Arc::clone)
    }
}
