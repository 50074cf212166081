//! Builds the dependencies of a process from the configuration, and collects notes about them for the start-up output.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, bail};
use tolmach_adapters::http::HttpClient;
use tolmach_app::{
    check::{advice, host_notes},
    diagnostics, release,
    samples::{self, OwnRows},
    text::{short, when},
};
use tolmach_catalog::{Cached, EmbeddedCatalog, Question, Questions, TitleEmbedder, meilisearch::Mirror};
use tolmach_engine::{
    Platform, Release,
    bundle::Bundle,
    catalog::{Localized, SearchRequest},
    compile,
    language::Language,
};
use tolmach_llm::{embedder::MeaningEmbedder, fallback::FallbackLlm, meter::StoredMeter};
use tolmach_nodes::request_for;
use tolmach_runtime::{
    BundleError, Coalescing, GoldenQuestion, Models, NoticeLimits, QueryPorts, ReleaseRegistry, Runtime,
    RuntimePorts, Shared, Staff, Trainer, golden_questions,
    ports::{Catalog, Channel, Clock, Http, Llm, Meter, NoMeter, Publication, Store, SystemClock},
    read_bundle,
};
use tolmach_store::JobPool;

use crate::{
    actor,
    clock::now,
    config::Config,
    database::Database,
    private,
    settings::{ServedModels, language_models, or_offline},
};

/// Dependencies that are shared by the runtime and other parts of the process, such as /health.
pub struct Assembled {
    pub store: Arc<dyn Store>,
    /// The connection pool for the task worker.
    pub jobs: JobPool,
    pub catalog: Arc<EmbeddedCatalog>,
    /// The Meilisearch mirror, if one is configured.
    pub mirror: Option<Arc<Mirror>>,
    /// The catalogue that searches use: a cache over the mirror or the embedded catalogue.
    pub cached: Arc<Cached<dyn Catalog>>,
    /// The model without a role, if there is one.
    pub model: Option<Arc<FallbackLlm>>,
    /// Keeps what is spent on models.
    pub meter: Arc<dyn Meter>,
    /// The ports of queries; the models in them may be replaced.
    pub queries: QueryPorts,
    /// The client of `http` nodes.
    pub http: Arc<HttpClient>,
    /// Lines for the start-up output: a heading and a text.
    pub notes: Vec<(&'static str, String)>,
    /// The company's name, for page titles.
    pub company: Localized,
    /// The flows folder and its bundle; `None` when there is no readable folder.
    pub folder: Option<(PathBuf, Bundle)>,
    platform: Platform,
    serving: Serving,
    notices: NoticeLimits,
}

/// What a runtime is given beside what is assembled.
pub struct Outside {
    pub channels: Shared<Vec<Arc<dyn Channel>>>,
    pub coalescing: Shared<Coalescing>,
    pub staff: Shared<Staff>,
    pub notices: Shared<NoticeLimits>,
}

/// Which release a process runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serving {
    /// The current published release; if nothing is published yet, the folder is published first.
    Published,
    /// The flows folder as a draft.
    Draft,
}

impl Assembled {
    /// Opens the database, the catalogue and the models. On the first start also creates the data folder and imports
    /// the samples.
    ///
    /// # Errors
    /// When the configuration or the flows are invalid, the database cannot be opened, or the data folder or catalogue
    /// cannot be created.
    pub async fn open(config: &Config, serving: Serving) -> anyhow::Result<Assembled> {
        let mut notes = Vec::new();
        // Find errors in the configuration and the flows before anything is created.
        language_models(config, &(Arc::new(NoMeter) as Arc<dyn Meter>))?;
        let http = Arc::new(config.http_client()?);
        let mirror = config.mirror()?;
        not_a_file(&config.data_dir)?;
        let new = !config.data_dir.is_dir();
        let database = Database::of(config)?;
        let mut opened = None;
        let mut published = None;
        // Connect to a database server first: if it cannot be used, nothing must be created.
        if database.is_server() || serving == Serving::Published && database.exists() {
            let (store, jobs) = database.open_with_jobs().await?;
            if serving == Serving::Published {
                published = release::current(&*store).await?;
            }
            opened = Some((store, jobs));
        }
        let (folder, company, flows) = match (&published, &opened) {
            (Some(publication), Some((store, _))) => published_release(config, &**store, publication).await?,
            _ => {
                let (path, copied) = flows_folder(config)?;
                let bundle = read_bundle(&path)?;
                let (summary, company) = summary(config, &bundle, &path).await?;
                let how = if copied { " (the built-in bundle, copied now)" } else { "" };
                let note = format!("{}{how}: {summary}", path.display());
                (Some((path, bundle)), company, note)
            }
        };

        data_folder(&config.data_dir)?;
        let how = if new { " (made now)" } else { "" };
        notes.push(("data", format!("{}{how}", config.data_dir.display())));
        notes.push(("flows", flows));

        let (store, jobs) = match opened {
            Some(opened) => opened,
            None => database.open_with_jobs().await?,
        };
        let catalog = open_catalog(config)?;
        let own = !samples::belong_to_company(&company.ru);
        notes.push(("catalogue", catalogue_note(&catalog, &*store, own).await?));
        let mirror =
            mirror.map(|options| Mirror::new(Arc::clone(&catalog), options)).transpose()?.map(Arc::new);
        if mirror.is_some() {
            notes.push(("search", format!("by Meilisearch, index {}", config.meilisearch.index)));
        }
        let searched: Arc<dyn Catalog> = match &mirror {
            Some(mirror) => Arc::clone(mirror) as Arc<dyn Catalog>,
            None => Arc::clone(&catalog) as Arc<dyn Catalog>,
        };
        let searched: Arc<dyn Catalog> =
            if own { Arc::new(OwnRows::new(Arc::clone(&catalog), searched)) } else { searched };
        let cached = Arc::new(Cached::new(searched));

        let meter: Arc<dyn Meter> = Arc::new(StoredMeter::new(Arc::clone(&store), Arc::new(SystemClock)));
        let ServedModels { default: model, roles } = language_models(config, &meter)?;
        notes.push((
            "model",
            match &model {
                Some(ladder) => ladder.name().to_owned(),
                None => {
                    "offline composer (set TOLMACH_LLM_MODEL and TOLMACH_LLM_API_KEY for a language model)"
                        .to_owned()
                }
            },
        ));
        let queries = QueryPorts {
            http: Arc::clone(&http) as Arc<dyn Http>,
            catalog: Arc::clone(&cached) as Arc<dyn Catalog>,
            trainer: Arc::new(Trainer::new(Arc::new(MeaningEmbedder))),
            models: Shared::new(Models { default: or_offline(model.as_ref()), roles }),
        };
        let platform = config.platform();
        Ok(Assembled {
            store,
            jobs,
            catalog,
            mirror,
            cached,
            model,
            meter,
            queries,
            http,
            notes,
            company,
            folder,
            platform,
            serving,
            notices: config.limits.notices(),
        })
    }

    /// Creates a runtime with these channels and activates the release to serve.
    ///
    /// # Errors
    /// When the release cannot be used, or the database is unavailable.
    pub async fn runtime(
        &self,
        channels: Vec<Arc<dyn Channel>>,
        coalescing: Coalescing,
        staff: Staff,
    ) -> anyhow::Result<Arc<Runtime>> {
        self.runtime_by(Arc::new(SystemClock), channels, coalescing, staff).await
    }

    /// Creates a runtime on what may be replaced while it runs.
    ///
    /// # Errors
    /// As [`Assembled::runtime`].
    pub async fn live_runtime(&self, outside: Outside) -> anyhow::Result<Arc<Runtime>> {
        self.runtime_of(Arc::new(SystemClock), outside).await
    }

    /// The same by another clock.
    ///
    /// # Errors
    /// As [`Assembled::runtime`].
    pub async fn runtime_by(
        &self,
        clock: Arc<dyn Clock>,
        channels: Vec<Arc<dyn Channel>>,
        coalescing: Coalescing,
        staff: Staff,
    ) -> anyhow::Result<Arc<Runtime>> {
        let outside = Outside {
            channels: channels.into(),
            coalescing: coalescing.into(),
            staff: staff.into(),
            notices: self.notices.into(),
        };
        self.runtime_of(clock, outside).await
    }

    async fn runtime_of(&self, clock: Arc<dyn Clock>, outside: Outside) -> anyhow::Result<Arc<Runtime>> {
        let Outside { channels, coalescing, staff, notices } = outside;
        let at = clock.now();
        let store = Arc::clone(&self.store);
        let releases = ReleaseRegistry::new(
            self.platform.clone(),
            Arc::clone(&store),
            Arc::clone(&self.queries.trainer),
        );
        let ports = RuntimePorts {
            store,
            queries: self.queries.clone(),
            clock,
            channels,
            coalescing,
            staff,
            notices,
        };
        let runtime = Runtime::new(ports, releases);
        let folder = self.folder.as_ref().map(|(path, bundle)| (path.as_path(), bundle));
        match (self.serving, folder) {
            (Serving::Draft, Some((path, bundle))) => {
                release::serve_draft(&runtime, &self.platform, at, path, bundle).await.map(drop)?;
            }
            _ => release::serve_published(&runtime, &actor::first_start(), at, folder).await?,
        }
        Ok(runtime)
    }
}

/// The folder with its bundle, the company's name and a note, for a process that serves a published release.
async fn published_release(
    config: &Config,
    store: &dyn Store,
    publication: &Publication,
) -> anyhow::Result<(Option<(PathBuf, Bundle)>, Localized, String)> {
    let (release, warnings) = release::published(store, &config.platform(), publication).await?;
    let warnings = warnings.len() + advice(&release, &config.staff()).await?.len();
    let (summary, company) = (described(config, &release, warnings), company(&release));
    let Some(path) = existing_folder(config) else { return Ok((None, company, summary)) };
    let at = path.display();
    match read_bundle(&path) {
        Ok(bundle) if bundle.id() == publication.release => {
            let note = format!("{at}: {summary}");
            Ok((Some((path, bundle)), company, note))
        }
        Ok(bundle) => {
            let on = when(publication.at);
            let note = format!(
                "{summary}, as published on {on}\n  {:<10} {at} differs from it; to serve the folder: tolmach release \
                 publish",
                ""
            );
            Ok((Some((path, bundle)), company, note))
        }
        // A missing configured folder is an error. A folder that cannot be read does not prevent serving.
        Err(why @ (BundleError::Missing(_) | BundleError::NotAFolder(_))) => Err(why.into()),
        Err(why) => Ok((None, company, format!("{summary}\n  {:<10} {why}", ""))),
    }
}

/// Opens the catalogue of the data folder. Imports are checked with the golden questions of the flows.
///
/// # Errors
/// When it cannot be opened.
pub fn open_catalog(config: &Config) -> anyhow::Result<Arc<EmbeddedCatalog>> {
    Ok(Arc::new(open(config)?.with_questions(Some(golden(config)))))
}

/// Opens the catalogue without golden questions, for `import --force`.
///
/// # Errors
/// When it cannot be opened.
pub fn open_catalog_unquestioned(config: &Config) -> anyhow::Result<Arc<EmbeddedCatalog>> {
    Ok(Arc::new(open(config)?))
}

/// Opens a kept generation of the catalogue for searching.
///
/// # Errors
/// When it cannot be opened.
pub fn open_generation(config: &Config, id: &str) -> anyhow::Result<EmbeddedCatalog> {
    let folder = config.data_dir.join("catalog");
    Ok(EmbeddedCatalog::open_generation(folder, id, Arc::new(TitleEmbedder))?)
}

fn open(config: &Config) -> anyhow::Result<EmbeddedCatalog> {
    let catalog = EmbeddedCatalog::open(config.data_dir.join("catalog"), Arc::new(TitleEmbedder))?;
    Ok(catalog.with_limits(config.import.build()))
}

/// The golden questions of the flows folder, read at each import.
fn golden(config: &Config) -> Questions {
    let config = config.clone();
    Arc::new(move || {
        let Some(folder) = existing_folder(&config) else { return Ok(Vec::new()) };
        let bundle = read_bundle(&folder).map_err(|error| error.to_string())?;
        let (questions, diagnostics) = golden_questions(&bundle);
        if !diagnostics.is_empty() {
            return Err(diagnostics::explained(&bundle, &folder, &diagnostics));
        }
        let question = |golden: GoldenQuestion| Question {
            request: SearchRequest { limit: golden.within.value, ..request_for(&golden.query) },
            asked: golden.query.value,
            articles: golden.expect.value,
        };
        Ok(questions.into_iter().map(question).collect())
    })
}

/// Creates the data folder if it does not exist, and makes it readable by this user only.
///
/// # Errors
/// When it is a file or cannot be created. Permissions that cannot be changed are a warning only: some file systems have
/// none.
pub fn data_folder(path: &Path) -> anyhow::Result<()> {
    not_a_file(path)?;
    fs::create_dir_all(path).with_context(|| format!("the data folder {} cannot be made", path.display()))?;
    if let Err(why) = private::folder(path) {
        let folder = path.display();
        eprintln!(
            "warning: the data folder {folder} may be read by other users, and that cannot be changed: {why}"
        );
    }
    Ok(())
}

fn not_a_file(path: &Path) -> anyhow::Result<()> {
    if path.exists() && !path.is_dir() {
        bail!("the data folder {} is a file; name another with --data", path.display());
    }
    Ok(())
}

/// The flows folder, for commands that only read it. Prints a note if the built-in bundle was copied.
///
/// # Errors
/// When the built-in bundle cannot be copied.
pub fn bundle_folder(config: &Config) -> anyhow::Result<PathBuf> {
    let (folder, copied) = flows_folder(config)?;
    if copied {
        eprintln!("there is no folder flows here; the built-in bundle was copied to {}", folder.display());
    }
    Ok(folder)
}

/// The flows folder, and whether the built-in bundle was copied there by this call.
///
/// # Errors
/// When the built-in bundle cannot be copied.
pub fn flows_folder(config: &Config) -> anyhow::Result<(PathBuf, bool)> {
    if let Some(folder) = &config.flows {
        return Ok((folder.clone(), false));
    }
    let beside = PathBuf::from("flows");
    if beside.is_dir() {
        return Ok((beside, false));
    }
    let copy = config.data_dir.join("flows");
    let missing = !copy.exists();
    if missing {
        data_folder(&config.data_dir)?;
        samples::write_flows(&copy)?;
    }
    Ok((copy, missing))
}

/// The flows folder if it exists. A configured folder is returned even if it is missing.
pub fn existing_folder(config: &Config) -> Option<PathBuf> {
    let usual = || {
        let copy = config.data_dir.join("flows");
        [PathBuf::from("flows"), copy].into_iter().find(|folder| folder.is_dir())
    };
    config.flows.clone().or_else(usual)
}

/// A one-line summary of the bundle, and the company's name; an error when the bundle does not compile.
async fn summary(config: &Config, bundle: &Bundle, folder: &Path) -> anyhow::Result<(String, Localized)> {
    let compiled = compile(bundle, &config.platform());
    match compiled.release {
        Some(release) => {
            let warnings = compiled.diagnostics.len() + advice(&release, &config.staff()).await?.len();
            Ok((described(config, &release, warnings), company(&release)))
        }
        None => {
            bail!(
                "the flows do not compile\n\n{}",
                diagnostics::explained(bundle, folder, &compiled.diagnostics)
            )
        }
    }
}

fn described(config: &Config, release: &Release, warnings: usize) -> String {
    let nodes: usize = release.flows.values().map(|flow| flow.nodes.len()).sum();
    let flows: Vec<&str> = release.flows.keys().map(String::as_str).collect();
    let warnings = match warnings {
        0 => String::new(),
        n => format!(", {n} warnings (tolmach check)"),
    };
    let hosts: String = host_notes(release, |host| config.may_ask(host))
        .iter()
        .map(|note| format!("\n  {:<10} {note}", ""))
        .collect();
    format!("{}, {nodes} nodes, release {}{warnings}{hosts}", flows.join(", "), short(&release.id))
}

fn company(release: &Release) -> Localized {
    let name = |language| {
        let name = release.resources.company.get(&language).and_then(|company| company.get("name")?.as_str());
        name.unwrap_or_default().to_owned()
    };
    Localized { ru: name(Language::Ru), en: name(Language::En) }
}

/// What the catalogue holds. The samples are imported at the first start of the demo; a bundle of an `own` company begins with
/// an empty catalogue.
async fn catalogue_note(catalog: &EmbeddedCatalog, store: &dyn Store, own: bool) -> anyhow::Result<String> {
    let started = Instant::now();
    match catalog.manifest() {
        Some(manifest) if !own || manifest.sources.iter().any(|source| !source.demo) => {
            return Ok(format!("{} items", manifest.rows));
        }
        _ if own => return Ok("empty; your price list: tolmach catalog import FILE".to_owned()),
        _ => {}
    }
    let switch = samples::import_into(catalog, Some(store), &actor::first_start(), now())
        .await
        .context("the samples could not be imported")?;
    let seconds = started.elapsed().as_secs_f32();
    Ok(format!(
        "{} sample items imported in {seconds:.1} s (your own: tolmach catalog import FILE)",
        switch.rows
    ))
}
