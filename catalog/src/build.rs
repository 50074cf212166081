//! Builds a generation next to the serving one: merge, embed, write, verify, switch, clean up.
//!
//! Readers see nothing of a build until the pointer is switched, so a build may be killed at any point.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use tolmach_engine::catalog::Product;
use tolmach_runtime::ports::Embedder;

use super::{
    Error, ImportOutcome, Progress, Source, SourceSummary, Stage,
    budget::{self, BuildLimits},
    generation::{self, Content, Generation, Item, Manifest, UNFINISHED},
    golden::{self, Answered, Question, Questions},
    vectors::Vectors,
};
use crate::words;

/// Number of finished generations kept in addition to the serving one.
const KEPT: usize = 2;
/// Maximum number of texts per call to the embedder.
const BATCH: usize = 256;
/// Approximate number of rows that [`verify`] looks up in the new generation.
const SAMPLED: usize = 40;

type Report = Arc<dyn Fn(Progress) + Send + Sync>;

/// Implements [`super::EmbeddedCatalog::import`].
pub(super) async fn import(
    folder: PathBuf,
    embedder: Option<Arc<dyn Embedder>>,
    source: Source,
    items: Vec<Product>,
    limits: BuildLimits,
    questions: Option<Questions>,
    report: Report,
) -> Result<(ImportOutcome, Generation), Error> {
    check(&source, &items)?;
    let demo = source.demo;
    let merging = {
        let (folder, report) = (folder.clone(), report.clone());
        move || Build::begin(&folder, &source, items, limits, &report)
    };
    let mut build = blocking(merging).await?;
    if let Some(embedder) = embedder {
        build.embed(&*embedder, &report).await?;
    }
    // Golden questions are about the real catalogue; demo rows cannot be expected to answer them.
    let questions = questions.filter(|_| !demo);
    blocking(move || build.finish(&folder, questions, &report)).await
}

/// Implements [`super::EmbeddedCatalog::trial`].
pub(super) async fn trial(
    folder: PathBuf,
    source: Source,
    items: Vec<Product>,
    limits: BuildLimits,
    questions: Vec<Question>,
    scratch: PathBuf,
    report: Report,
) -> Result<Vec<Answered>, Error> {
    check(&source, &items)?;
    blocking(move || {
        let build = Build::merge(&folder, &source, items, limits, &report, None)?;
        let built = build.write_and_verify(&scratch, &report);
        let answers = built.and_then(|generation| {
            golden::answers(&generation, &questions).map_err(|why| Error::Unverified { why })
        });
        if let Err(error) = fs::remove_dir_all(&scratch)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the files of a trial catalogue cannot be removed");
        }
        answers
    })
    .await
}

/// Runs blocking work on tokio's blocking thread pool.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(Error::disk("catalogue work", error)),
    }
}

/// Implements [`super::EmbeddedCatalog::roll_back`].
pub(super) fn roll_back(folder: &Path) -> Result<Generation, Error> {
    let _lock = lock(folder)?;
    let serving = generation::current(folder)?.ok_or(Error::NoEarlier)?;
    let earlier =
        generation::finished(folder)?.into_iter().rfind(|id| *id < serving).ok_or(Error::NoEarlier)?;
    let generation = Generation::load(folder, &earlier)?;
    generation::point(folder, &earlier)?;
    Ok(generation)
}

fn check(source: &Source, items: &[Product]) -> Result<(), Error> {
    let length = source.name.chars().count();
    if !(1..=100).contains(&length) || source.name.contains(|c: char| c == '/' || c.is_control()) {
        return Err(Error::BadSource { name: source.name.clone() });
    }
    if items.is_empty() {
        return Err(Error::NoRows { source_name: source.name.clone() });
    }
    Ok(())
}

/// Takes the exclusive import lock of the folder. The OS releases it when the process ends, even after a crash.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("import.lock");
    let failed = |error: std::io::Error| Error::disk(format!("locking {}", path.display()), error);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Busy { folder: folder.into() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// A build in progress. It holds the import lock until it is dropped.
struct Build {
    limits: BuildLimits,
    manifest: Manifest,
    items: Vec<Item>,
    vectors: Option<Vectors>,
    /// Vectors of the serving generation, to be reused: the embedder's name, and the vectors by the text they were made
    /// from.
    known: (Option<String>, HashMap<String, Vec<f32>>),
    switch: ImportOutcome,
    /// `None` for a trial.
    _lock: Option<File>,
}

impl Build {
    fn begin(
        folder: &Path,
        source: &Source,
        items: Vec<Product>,
        limits: BuildLimits,
        report: &Report,
    ) -> Result<Build, Error> {
        generation::prepare(folder)?;
        let lock = lock(folder)?;
        remove_unfinished(folder)?;
        Build::merge(folder, source, items, limits, report, Some(lock))
    }

    /// Merges the new rows with the serving ones; writes nothing.
    fn merge(
        folder: &Path,
        source: &Source,
        items: Vec<Product>,
        limits: BuildLimits,
        report: &Report,
        lock: Option<File>,
    ) -> Result<Build, Error> {
        let mut known = (None, HashMap::new());
        let mut merged: Vec<Item> = Vec::new();
        let mut demos: BTreeMap<String, bool> = BTreeMap::new();
        if let Some(id) = generation::current(folder)? {
            let serving = Generation::load(folder, &id)?;
            demos.extend(serving.manifest.sources.iter().map(|source| (source.name.clone(), source.demo)));
            if let Some(vectors) = &serving.vectors {
                let texts = serving.products.iter().enumerate();
                known.1 = texts
                    .filter_map(|(row, product)| Some((embedded_text(product), vectors.get(row)?)))
                    .collect();
                known.0 = serving.manifest.embedder.clone();
            }
            merged = generation::read_items(&generation::generations(folder).join(&id))
                .map_err(|why| Error::Broken { generation: id, why })?;
        }
        let rows_before = merged.len();
        merged.retain(|item| item.source != source.name);
        let replaced = (rows_before - merged.len()) as u64;
        let dropped_demo: Vec<String> = if source.demo {
            vec![]
        } else {
            demos
                .iter()
                .filter(|(name, demo)| **demo && **name != source.name)
                .map(|(name, _)| name.clone())
                .collect()
        };
        merged.retain(|item| !dropped_demo.contains(&item.source));
        let imported = items.len() as u64;
        merged.extend(with_ids(&source.name, items));
        budget::check(merged.iter().map(|item| &item.product), limits)?;
        demos.insert(source.name.clone(), source.demo);
        let id = uuid::Uuid::now_v7().to_string();
        let manifest = Manifest {
            id: id.clone(),
            created: now(),
            rows: merged.len() as u64,
            sources: summaries(&merged, &demos),
            embedder: None,
        };
        let rows = manifest.rows;
        report(Progress { stage: Stage::Merging, done: rows, total: rows });
        let switch = ImportOutcome { generation: id, rows, imported, replaced, dropped_demo };
        Ok(Build { limits, manifest, items: merged, vectors: None, known, switch, _lock: lock })
    }

    async fn embed(&mut self, embedder: &dyn Embedder, report: &Report) -> Result<(), Error> {
        let mut vectors = Vectors::new(embedder.dimensions());
        let known = std::mem::take(&mut self.known.1);
        let reusable = self.known.0.as_deref() == Some(embedder.name());
        for batch in self.items.chunks(BATCH) {
            let texts: Vec<String> = batch.iter().map(|item| embedded_text(&item.product)).collect();
            let is_known = |text: &String| reusable && known.contains_key(text);
            let new: Vec<String> = texts.iter().filter(|text| !is_known(text)).cloned().collect();
            let mut fresh = if new.is_empty() { vec![] } else { embedder.embed(&new).await? }.into_iter();
            for text in &texts {
                let vector = if is_known(text) { known.get(text).cloned() } else { fresh.next() };
                if !vector.is_some_and(|vector| vectors.push(&vector)) {
                    return Err(Error::Unverified {
                        why: format!("{} gave fewer or shorter vectors than it promises", embedder.name()),
                    });
                }
            }
            let done = vectors.rows() as u64;
            report(Progress { stage: Stage::Embedding, done, total: self.manifest.rows });
        }
        self.manifest.embedder = Some(embedder.name().to_owned());
        self.vectors = Some(vectors);
        Ok(())
    }

    fn finish(
        self,
        folder: &Path,
        questions: Option<Questions>,
        report: &Report,
    ) -> Result<(ImportOutcome, Generation), Error> {
        let generations = generation::generations(folder);
        let unfinished = generations.join(format!("{UNFINISHED}{}", self.manifest.id));
        let total = self.manifest.rows;
        let built = self.write_and_verify(&unfinished, report).and_then(|generation| {
            ask(&generation, questions)?;
            fs::rename(&unfinished, generations.join(&self.manifest.id))
                .and_then(|()| generation::sync_folder(&generations))
                .map_err(|error| Error::disk(format!("naming generation {}", self.manifest.id), error))?;
            generation::point(folder, &self.manifest.id)?;
            Ok(generation)
        });
        let generation = match built {
            Ok(generation) => generation,
            Err(error) => {
                // The next build removes leftovers as well; a failure to clean up must not hide the original error.
                let _ = fs::remove_dir_all(&unfinished);
                return Err(error);
            }
        };
        report(Progress { stage: Stage::Verifying, done: total, total });
        remove_old(folder);
        Ok((self.switch, generation))
    }

    fn write_and_verify(&self, path: &Path, report: &Report) -> Result<Generation, Error> {
        let total = self.manifest.rows;
        fs::create_dir(path).map_err(|error| Error::disk(format!("making {}", path.display()), error))?;
        let content = Content {
            manifest: &self.manifest,
            items: &self.items,
            vectors: self.vectors.as_ref(),
            limits: self.limits,
        };
        generation::write(path, &content, &|done| report(Progress { stage: Stage::Indexing, done, total }))?;
        report(Progress { stage: Stage::Verifying, done: 0, total });
        let generation = Generation::load_from(path).map_err(|why| Error::Unverified { why })?;
        verify(&generation, &self.items)?;
        Ok(generation)
    }
}

/// Text that a row's vector is made from: names, brand and category. The long description is left out, because clients
/// do not search with its words.
fn embedded_text(product: &Product) -> String {
    let Product { name, category, brand, .. } = product;
    [&name.ru, &name.en, brand, &category.ru, &category.en]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Prefixes every id with the source and makes ids unique with a `~2`, `~3` … suffix, because rows are referred to by
/// id.
fn with_ids(source: &str, items: Vec<Product>) -> Vec<Item> {
    let mut taken = HashSet::new();
    let mut named = Vec::with_capacity(items.len());
    for (place, mut product) in items.into_iter().enumerate() {
        let own = if product.id.is_empty() { format!("row-{}", place + 1) } else { product.id };
        let mut id = format!("{source}/{own}");
        let mut twin = 2;
        while !taken.insert(id.clone()) {
            id = format!("{source}/{own}~{twin}");
            twin += 1;
        }
        product.id = id;
        named.push(Item { source: source.to_owned(), product });
    }
    named
}

fn summaries(items: &[Item], demos: &BTreeMap<String, bool>) -> Vec<SourceSummary> {
    let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
    for item in items {
        *rows.entry(&item.source).or_default() += 1;
    }
    rows.into_iter()
        .map(|(name, rows)| SourceSummary {
            name: name.to_owned(),
            demo: demos.get(name).copied().unwrap_or(false),
            rows,
        })
        .collect()
}

/// Checks that sampled rows are found by their article number and by the first 8 terms of each name.
fn verify(generation: &Generation, items: &[Item]) -> Result<(), Error> {
    let unverified = |why: String| Error::Unverified { why };
    if generation.products.len() != items.len() {
        return Err(unverified(format!("{} rows of {}", generation.products.len(), items.len())));
    }
    let step = (items.len() / SAMPLED).max(1);
    for (row, item) in (0_u32..).zip(items).step_by(step) {
        let product = &item.product;
        let article = words::normalise_article(&product.article);
        if !article.is_empty() && !generation.articles.get(&article).is_some_and(|rows| rows.contains(&row)) {
            return Err(unverified(format!("article {} does not find its row", product.article)));
        }
        for name in [&product.name.ru, &product.name.en] {
            for term in words::index_terms(name).iter().take(8) {
                let mut found = false;
                generation
                    .index
                    .visit(term, |holder| found |= holder.row == row)
                    .map_err(|error| unverified(error.to_string()))?;
                // Terms of 40 bytes and more are not checked: the index may drop overlong tokens.
                if !found && term.len() < 40 {
                    return Err(unverified(format!("\"{term}\" does not find {}", product.id)));
                }
            }
        }
    }
    Ok(())
}

/// Checks the golden questions against the new generation before it serves.
fn ask(generation: &Generation, questions: Option<Questions>) -> Result<(), Error> {
    let Some(questions) = questions else { return Ok(()) };
    let questions = questions().map_err(|why| Error::NoQuestions { why })?;
    let answers = golden::answers(generation, &questions).map_err(|why| Error::Unverified { why })?;
    let lines: Vec<String> = answers.iter().filter(|one| one.fails()).map(ToString::to_string).collect();
    if lines.is_empty() { Ok(()) } else { Err(Error::Golden { lines }) }
}

fn remove_unfinished(folder: &Path) -> Result<(), Error> {
    let path = generation::generations(folder);
    let failed = |error: std::io::Error| Error::disk(format!("tidying {}", path.display()), error);
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_dir_all(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Removes generations beyond [`KEPT`]. Old generations only cost disk space, so a failure is logged as a warning.
fn remove_old(folder: &Path) {
    let (Ok(mut ids), Ok(Some(serving))) = (generation::finished(folder), generation::current(folder)) else {
        return;
    };
    ids.retain(|id| *id != serving);
    let surplus = ids.len().saturating_sub(KEPT);
    for id in ids.into_iter().take(surplus) {
        if let Err(error) = fs::remove_dir_all(generation::generations(folder).join(&id)) {
            tracing::warn!(%error, catalog.generation = %id, "an old catalogue generation cannot be removed");
        }
    }
}

fn now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
