//! The embedded catalogue: products stored on disk in generations and searched in process, by keywords and by vectors.
//!
//! A new generation is built next to the serving one, verified, and switched to atomically; the two previous ones are
//! kept. Reading price lists belongs to [`crate::import`]; presenting results belongs to the engine.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tolmach_engine::catalog::{Product, SearchRequest, SearchResults};
use tolmach_runtime::{
    Shared, cpu,
    ports::{self, Catalog, Embedder},
};

use crate::{
    budget::BuildLimits,
    build,
    explain::{self, Reasons},
    generation::{self, Generation, Manifest},
    golden::{self, Answered, Question, Questions},
    query, search,
};

/// A named origin of rows, usually one supplier. A new import of a source replaces all of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// 1 to 100 characters without slashes and control characters; the first part of its products' ids.
    pub name: String,
    /// Whether the rows are demo data, which is dropped when a real source is imported.
    pub demo: bool,
}

/// Result of an import. Counts are in rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOutcome {
    /// Id of the new, now serving generation.
    pub generation: String,
    /// Rows of the generation, all sources together.
    pub rows: u64,
    /// Rows of the imported source.
    pub imported: u64,
    /// Previous rows of that source, replaced by this import.
    pub replaced: u64,
    /// Names of demo sources whose rows were dropped.
    pub dropped_demo: Vec<String>,
}

/// Progress of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The current stage.
    pub stage: Stage,
    /// Rows processed in this stage.
    pub done: u64,
    /// Rows of the new generation.
    pub total: u64,
}

/// The stages of a build, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Merging the new rows with the rows of other sources.
    Merging,
    /// Computing vectors; skipped for a catalogue without vectors.
    Embedding,
    /// Building the keyword index.
    Indexing,
    /// Looking up sampled rows in the new generation.
    Verifying,
}

/// Errors of opening or building the catalogue. After any of them the serving generation is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another import holds the lock.
    #[error("another import into {folder} is running: wait until it has ended and try again")]
    Busy {
        /// The catalogue's folder.
        folder: PathBuf,
    },
    /// The import has no rows.
    #[error("source \"{source_name}\" has no rows: nothing was changed")]
    NoRows {
        /// Name of the source.
        source_name: String,
    },
    /// The source name cannot be part of an id.
    #[error("source name {name:?} must have 1 to 100 characters, no slash, and no control characters")]
    BadSource {
        /// The rejected name.
        name: String,
    },
    /// The new generation would exceed a limit.
    #[error(
        "the catalogue would be too large: {what}, and at most {limit} is built. Leave out what is not sold, or raise the \
         limit in the configuration."
    )]
    TooLarge {
        /// The size that exceeds the limit.
        what: String,
        /// The limit, with its setting.
        limit: String,
    },
    /// There is no earlier generation to roll back to.
    #[error("there is no earlier generation to go back to")]
    NoEarlier,
    /// A file operation failed.
    #[error("{what}: {why}")]
    Disk {
        /// The operation, with the path.
        what: String,
        /// The underlying error.
        why: String,
    },
    /// A stored generation cannot be read.
    #[error("catalogue generation {generation} cannot be read ({why}): import the price list again")]
    Broken {
        /// Id of the generation.
        generation: String,
        /// The underlying error.
        why: String,
    },
    /// The new generation failed verification.
    #[error("the new catalogue generation failed its check and was dropped: {why}")]
    Unverified {
        /// The check that failed.
        why: String,
    },
    /// The new generation does not answer some golden questions.
    #[error(
        "the new catalogue does not answer {} golden questions, so the old one goes on serving:\n  {}\nmend the price list or the questions, or import with --force",
        lines.len(), lines.join("\n  ")
    )]
    Golden {
        /// One line per unanswered question, with what was found instead.
        lines: Vec<String>,
    },
    /// The golden questions cannot be loaded.
    #[error("the golden questions cannot be read, so the old catalogue goes on serving: {why}")]
    NoQuestions {
        /// The underlying error.
        why: String,
    },
    /// The embedder failed.
    #[error("vectors could not be made: {0}")]
    Embedding(#[from] ports::Error),
}

impl Error {
    pub(crate) fn disk(what: impl Into<String>, why: impl ToString) -> Error {
        Error::Disk { what: what.into(), why: why.to_string() }
    }
}

/// The catalogue stored in a folder. Several processes may open the same folder: each notices switches made by the
/// others.
pub struct EmbeddedCatalog {
    folder: PathBuf,
    embedder: Arc<dyn Embedder>,
    vectors: bool,
    limits: Shared<BuildLimits>,
    check_every: Duration,
    questions: Option<Questions>,
    serving: RwLock<Option<Arc<Generation>>>,
    checked: Mutex<Instant>,
}

impl EmbeddedCatalog {
    /// Opens the catalogue in a folder and creates the folder if needed. The catalogue may have no generation yet.
    ///
    /// # Errors
    /// [`Error::Disk`] if the folder cannot be created or the pointer cannot be read; [`Error::Broken`] if the serving
    /// generation cannot be loaded.
    pub fn open(folder: impl Into<PathBuf>, embedder: Arc<dyn Embedder>) -> Result<EmbeddedCatalog, Error> {
        let folder = folder.into();
        generation::prepare(&folder)?;
        let serving = match generation::current(&folder)? {
            Some(id) => Some(Generation::load(&folder, &id)?),
            None => None,
        };
        Ok(EmbeddedCatalog::of(folder, embedder, serving))
    }

    fn of(folder: PathBuf, embedder: Arc<dyn Embedder>, serving: Option<Generation>) -> EmbeddedCatalog {
        EmbeddedCatalog {
            folder,
            embedder,
            vectors: true,
            limits: Shared::default(),
            check_every: Duration::from_secs(1),
            questions: None,
            serving: RwLock::new(serving.map(Arc::new)),
            checked: Mutex::new(Instant::now()),
        }
    }

    /// Builds further generations without vectors: imports are faster, and searches use keywords only.
    #[must_use]
    pub fn without_vectors(mut self) -> EmbeddedCatalog {
        self.vectors = false;
        self
    }

    /// Opens one of the kept generations for searching, whichever serves. A search does not follow later switches.
    ///
    /// # Errors
    /// [`Error::Disk`] if the folder cannot be read; [`Error::Broken`] if the generation cannot be loaded.
    pub fn open_generation(
        folder: impl Into<PathBuf>,
        id: &str,
        embedder: Arc<dyn Embedder>,
    ) -> Result<EmbeddedCatalog, Error> {
        let folder = folder.into();
        let generation = Generation::load(&folder, id)?;
        Ok(EmbeddedCatalog::of(folder, embedder, Some(generation)).check_every(Duration::MAX))
    }

    /// Sets the limits of further builds.
    #[must_use]
    pub fn with_limits(self, limits: BuildLimits) -> EmbeddedCatalog {
        self.set_limits(limits);
        self
    }

    /// The same while it serves.
    pub fn set_limits(&self, limits: BuildLimits) {
        self.limits.set(limits);
    }

    /// Sets golden questions that every further real (not demo) generation must answer before it serves; `None`
    /// disables the check.
    #[must_use]
    pub fn with_questions(mut self, questions: Option<Questions>) -> EmbeddedCatalog {
        self.questions = questions;
        self
    }

    /// Sets how often searches check for a switch made by another process. Default: 1 s.
    #[must_use]
    pub fn check_every(mut self, interval: Duration) -> EmbeddedCatalog {
        self.check_every = interval;
        self
    }

    /// The catalogue's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Manifest of the serving generation; `None` before the first import.
    pub fn manifest(&self) -> Option<Manifest> {
        self.serving().map(|generation| generation.manifest.clone())
    }

    /// A value of every row of the serving generation, in its order.
    pub fn map_products<T>(&self, of: impl FnMut(&Product) -> T) -> Vec<T> {
        self.serving().map_or_else(Vec::new, |generation| generation.products.iter().map(of).collect())
    }

    /// Manifests of the kept generations, newest first, each with whether it serves.
    ///
    /// # Errors
    /// [`Error::Disk`] if the folder or the pointer cannot be read; [`Error::Broken`] if a manifest cannot be read.
    pub fn kept(&self) -> Result<Vec<(Manifest, bool)>, Error> {
        let serving = generation::current(&self.folder)?;
        let ids = generation::finished(&self.folder)?;
        ids.iter()
            .rev()
            .map(|id| Ok((generation::manifest(&self.folder, id)?, Some(id) == serving.as_ref())))
            .collect()
    }

    /// Replaces the rows of `source`, keeps those of other sources (demo sources are dropped by the first real one),
    /// and switches to the new generation.
    ///
    /// `items` come from [`crate::import::read`]; their ids get the source's name as prefix. `progress` may be called
    /// from other threads: once per 1,000 rows indexed, per 256 rows embedded, and at stage changes. Dropping the
    /// future does not switch to a half-built generation.
    ///
    /// # Errors
    /// Any [`Error`] but [`Error::NoEarlier`]; the previous generation goes on serving.
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
            *self.limits.get(),
            self.questions.clone(),
            Arc::new(progress),
        )
        .await?;
        self.serve(generation);
        Ok(switch)
    }

    /// The golden questions as they stand now.
    ///
    /// # Errors
    /// [`Error::NoQuestions`] if they cannot be read.
    pub fn questions(&self) -> Result<Vec<Question>, Error> {
        let Some(questions) = &self.questions else { return Ok(Vec::new()) };
        questions().map_err(|why| Error::NoQuestions { why })
    }

    /// How the serving generation answers questions; nothing before the first import.
    ///
    /// # Errors
    /// [`Error::Unverified`] if a search fails.
    pub async fn answers(&self, questions: Vec<Question>) -> Result<Vec<Answered>, Error> {
        let Some(generation) = self.serving() else { return Ok(Vec::new()) };
        let asked = move || golden::answers(&generation, &questions);
        build::blocking(move || asked().map_err(|why| Error::Unverified { why })).await
    }

    /// How a generation with these rows would answer questions. It is built in the folder `scratch`, which must not be there
    /// yet, without vectors, and is removed; nothing of it serves, and an import may run at the same time.
    ///
    /// # Errors
    /// Those of [`EmbeddedCatalog::import`] but [`Error::Busy`], [`Error::Golden`] and [`Error::NoQuestions`].
    pub async fn trial(
        &self,
        source: Source,
        items: Vec<Product>,
        questions: Vec<Question>,
        scratch: PathBuf,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Vec<Answered>, Error> {
        let (folder, limits) = (self.folder.clone(), *self.limits.get());
        build::trial(folder, source, items, limits, questions, scratch, Arc::new(progress)).await
    }

    /// Why the rows with these ids stand where they stand among the results of a request; nothing for a row that the serving
    /// generation does not have.
    ///
    /// # Errors
    /// When the index fails.
    pub async fn reasons(
        &self,
        request: &SearchRequest,
        ids: Vec<String>,
    ) -> ports::Result<HashMap<String, Reasons>> {
        let Some(generation) = self.serving() else { return Ok(HashMap::new()) };
        let text = request.text.clone();
        cpu::run(move || explain::reasons(&generation, &text, &ids))
            .await?
            .map_err(|error| ports::Error::unavailable("catalogue search", error))
    }

    /// Rows with an article number in every kept generation, newest first: its manifest, whether it serves, and the row, with
    /// its source; `None` where it has none. Article numbers are compared as written.
    ///
    /// # Errors
    /// [`Error::Disk`] or [`Error::Broken`] if a generation cannot be read.
    pub async fn history(
        &self,
        article: &str,
    ) -> Result<Vec<(Manifest, bool, Option<(String, Product)>)>, Error> {
        let (folder, article) = (self.folder.clone(), article.to_owned());
        let kept = self.kept()?;
        build::blocking(move || {
            kept.into_iter()
                .map(|(manifest, serves)| {
                    let row = generation::find_item(&folder, &manifest.id, &article)?;
                    Ok((manifest, serves, row.map(|item| (item.source, item.product))))
                })
                .collect()
        })
        .await
    }

    /// Switches back to the generation built before the serving one and returns its id. Calling it again goes back
    /// further.
    ///
    /// # Errors
    /// [`Error::NoEarlier`] if there is none; [`Error::Busy`] during an import; [`Error::Disk`] or [`Error::Broken`] if
    /// it cannot be loaded.
    pub async fn roll_back(&self) -> Result<String, Error> {
        let folder = self.folder.clone();
        let generation = build::blocking(move || build::roll_back(&folder)).await?;
        let id = generation.manifest.id.clone();
        self.serve(generation);
        Ok(id)
    }

    /// Loads the generation named by the pointer if it is not the loaded one; called by every search, with an effect at
    /// most once per check interval. Only the caller that notices a switch waits for the load; others go on with the
    /// loaded generation. Failures are logged.
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

    /// Embeds the query. `None` if the request asks for no vectors, its text is empty, the generation's vectors are of
    /// another embedder, or the embedder fails.
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
    async fn search(&self, request: &SearchRequest) -> ports::Result<SearchResults> {
        self.refresh().await;
        let Some(generation) = self.serving() else { return Ok(SearchResults::default()) };
        let vector = self.vector_of(request, &generation).await;
        let request = request.clone();
        cpu::run(move || search::search(&generation, &request, vector.as_deref()))
            .await?
            .map_err(|error| ports::Error::unavailable("catalogue search", error))
    }

    fn generation(&self) -> Option<(String, u64)> {
        self.serving().map(|generation| (generation.manifest.id.clone(), generation.manifest.rows))
    }

    async fn holds_article(&self, text: &str) -> bool {
        self.refresh().await;
        self.serving().is_some_and(|generation| query::holds_article(text, &generation))
    }

    fn holds_word(&self, word: &str) -> bool {
        self.serving().is_some_and(|generation| generation.names.spellings.knows(word))
    }

    async fn current(&self) -> Option<String> {
        self.refresh().await;
        self.generation().map(|(id, _)| id)
    }
}
