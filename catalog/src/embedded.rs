//! The embedded catalogue: products on disk in generations, found by words and by vectors, in process.
//!
//! A generation is built beside the serving one, checked, and switched to at once; the last two before it are kept. Reading
//! price lists belongs to [`crate::import`]; what a client is shown belongs to the engine.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tolmach_engine::catalog::{Product, SearchRequest, SearchResults};
use tolmach_runtime::ports::{self, Catalog, Embedder};

use crate::{
    build,
    generation::{self, Generation, Manifest},
    golden::Questions,
    search,
};

/// Where rows come from; a new import of a source replaces its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// 1 to 100 characters without a slash; the first part of its products' ids.
    pub name: String,
    /// Rows of a demo source go as soon as a real one is imported.
    pub demo: bool,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOutcome {
    /// The generation that serves now.
    pub generation: String,
    /// Its rows in all.
    pub rows: u64,
    /// Rows of the imported source.
    pub imported: u64,
    /// Rows of that source that were replaced.
    pub replaced: u64,
    /// Demo sources whose rows were dropped.
    pub dropped_demo: Vec<String>,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Rows done in this stage.
    pub done: u64,
    /// Rows in all.
    pub total: u64,
}

/// The stages of a build, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Joining the new rows with those that stay.
    Merging,
    /// Vectors; skipped when built without.
    Embedding,
    /// The words' index.
    Indexing,
    /// Looking sampled rows up in what was built.
    Verifying,
}

/// Why the catalogue could not be opened or built. The serving generation is untouched by every one of them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another import runs.
    #[error("another import into {folder} is running: wait until it has ended and try again")]
    Busy {
        /// The catalogue's folder.
        folder: PathBuf,
    },
    /// Nothing to import.
    #[error("source \"{source_name}\" has no rows: nothing was changed")]
    NoRows {
        /// The source.
        source_name: String,
    },
    /// A name that cannot be part of an id.
    #[error("source name {name:?} must have 1 to 100 characters, no slash, and no control characters")]
    BadSource {
        /// The name given.
        name: String,
    },
    /// There is no earlier generation to go back to.
    #[error("there is no earlier generation to go back to")]
    NoEarlier,
    /// The disk refused.
    #[error("{what}: {why}")]
    Disk {
        /// What was attempted, with the path.
        what: String,
        /// The system's words.
        why: String,
    },
    /// A generation does not read back.
    #[error("catalogue generation {generation} cannot be read ({why}): import the price list again")]
    Broken {
        /// Its id.
        generation: String,
        /// What is wrong.
        why: String,
    },
    /// The new generation did not pass its check.
    #[error("the new catalogue generation failed its check and was dropped: {why}")]
    Unverified {
        /// What was not found.
        why: String,
    },
    /// The new generation does not find what must be found.
    #[error(
        "the new catalogue does not answer {} golden questions, so the old one goes on serving:\n  {}\nmend the price list or the questions, or import with --force",
        lines.len(), lines.join("\n  ")
    )]
    Golden {
        /// A question each, with what was found instead.
        lines: Vec<String>,
    },
    /// The golden questions cannot be asked.
    #[error("the golden questions cannot be read, so the old catalogue goes on serving: {why}")]
    NoQuestions {
        /// What is wrong with them.
        why: String,
    },
    /// Vectors could not be made.
    #[error("vectors could not be made: {0}")]
    Embedding(#[from] ports::Error),
}

impl Error {
    pub(crate) fn disk(what: impl Into<String>, why: impl ToString) -> Error {
        Error::Disk { what: what.into(), why: why.to_string() }
    }
}

/// The catalogue in a folder. Several processes may hold one folder: each notices a switch made by another.
pub struct EmbeddedCatalog {
    folder: PathBuf,
    embedder: Arc<dyn Embedder>,
    vectors: bool,
    check_every: Duration,
    questions: Option<Questions>,
    serving: RwLock<Option<Arc<Generation>>>,
    checked: Mutex<Instant>,
}

impl EmbeddedCatalog {
    /// Opens the folder, which is made when it does not exist; it may hold no generation yet.
    pub fn open(folder: impl Into<PathBuf>, embedder: Arc<dyn Embedder>) -> Result<EmbeddedCatalog, Error> {
        let folder = folder.into();
        generation::prepare(&folder)?;
        let serving = match generation::current(&folder)? {
            Some(id) => Some(Arc::new(Generation::load(&folder, &id)?)),
            None => None,
        };
        Ok(EmbeddedCatalog {
            folder,
            embedder,
            vectors: true,
            check_every: Duration::from_secs(1),
            questions: None,
            serving: RwLock::new(serving),
            checked: Mutex::new(Instant::now()),
        })
    }

    /// Builds further generations without vectors: faster, and searched by words alone.
    #[must_use]
    pub fn without_vectors(mut self) -> EmbeddedCatalog {
        self.vectors = false;
        self
    }

    /// Asks these questions of every further generation before switching to it; `None` asks nothing.
    #[must_use]
    pub fn with_questions(mut self, questions: Option<Questions>) -> EmbeddedCatalog {
        self.questions = questions;
        self
    }

    /// How often a search looks for a switch made by another process; one second unless set.
    #[must_use]
    pub fn check_every(mut self, interval: Duration) -> EmbeddedCatalog {
        self.check_every = interval;
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What serves now: counts, sources, when it was built. `None` before the first import.
    pub fn manifest(&self) -> Option<Manifest> {
        self.serving().map(|generation| generation.manifest.clone())
    }

    /// The generations that are kept, the newest first, and which of them serves.
    pub fn kept(&self) -> Result<Vec<(Manifest, bool)>, Error> {
        let serving = generation::current(&self.folder)?;
        let ids = generation::finished(&self.folder)?;
        ids.iter()
            .rev()
            .map(|id| Ok((generation::manifest(&self.folder, id)?, Some(id) == serving.as_ref())))
            .collect()
    }

    /// Replaces the rows of `source`, keeps those of others (apart from demo sources once a real one comes), and switches.
    ///
    /// `items` come from [`crate::import::read`]: their ids get the source's name in front. `progress` is called from
    /// other threads, at most some hundred times. Dropping the future leaves the serving generation as it is.
    pub async fn import(
        &self,
        source: Source,
        items: Vec<Product>,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<ImportOutcome, Error> {
        let embedder = self.vectors.then(|| self.embedder.clone());
        let (switch, generation) = build::import(
            self.folder.clone(),
            embedder,
            source,
            items,
            self.questions.clone(),
            Arc::new(progress),
        )
        .await?;
        self.serve(generation);
        Ok(switch)
    }

    /// Goes back to the generation built before the serving one; its id. Calling it again goes back further.
    pub async fn roll_back(&self) -> Result<String, Error> {
        let folder = self.folder.clone();
        let generation = build::blocking(move || build::roll_back(&folder)).await?;
        let id = generation.manifest.id.clone();
        self.serve(generation);
        Ok(id)
    }

    /// Loads the generation that the pointer names, if that is another one than is loaded. Searches do so by themselves. Only
    /// the one that notices waits for it; others go on with the loaded one.
    pub async fn refresh(&self) {
        {
            let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
            if checked.elapsed() < self.check_every {
                return;
            }
            *checked = Instant::now();
        }
        let serving = self.serving().map(|generation| generation.manifest.id.clone());
        let current = match generation::current(&self.folder) {
            Ok(current) => current,
            Err(error) => {
                tracing::warn!(%error, "the catalogue's pointer cannot be read; the loaded generation goes on serving");
                return;
            }
        };
        let Some(id) = current.filter(|id| Some(id) != serving.as_ref()) else { return };
        let folder = self.folder.clone();
        match build::blocking(move || Generation::load(&folder, &id)).await {
            Ok(generation) => self.serve(generation),
            Err(error) => {
                tracing::warn!(%error, "the new catalogue generation cannot be loaded; the old one goes on serving");
            }
        }
    }

    /// The query's vector, where one is asked for and can be compared with those of the generation.
    pub(crate) async fn vector_of(
        &self,
        request: &SearchRequest,
        generation: &Generation,
    ) -> Option<Vec<f32>> {
        if request.semantic_ratio <= 0.0
            || request.text.trim().is_empty()
            || !generation.has_vectors_of(&*self.embedder)
        {
            return None;
        }
        match self.embedder.embed(std::slice::from_ref(&request.text)).await {
            Ok(vectors) => vectors.into_iter().next(),
            Err(error) => {
                tracing::warn!(%error, "no vector for a query; searching by words alone");
                None
            }
        }
    }

    pub(crate) fn serving(&self) -> Option<Arc<Generation>> {
        self.serving.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn serve(&self, generation: Generation) {
        *self.serving.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(generation));
    }
}

#[async_trait]
impl Catalog for EmbeddedCatalog {
    // A search takes a millisecond or two, less than handing it to another thread and back would add under load.
    async fn search(&self, request: &SearchRequest) -> ports::Result<SearchResults> {
        self.refresh().await;
        let Some(generation) = self.serving() else { return Ok(SearchResults::default()) };
        let vector = self.vector_of(request, &generation).await;
        search::search(&generation, request, vector.as_deref())
            .map_err(|error| ports::Error::unavailable("catalogue search", error))
    }

    fn generation(&self) -> Option<(String, u64)> {
        self.serving().map(|generation| (generation.manifest.id.clone(), generation.manifest.rows))
    }

    async fn current(&self) -> Option<String> {
        self.refresh().await;
        self.generation().map(|(id, _)| id)
    }
}
