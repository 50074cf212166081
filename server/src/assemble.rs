//! Wires the parts from the configuration, and says what it did.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tolmach_adapters::{
    catalog::EmbeddedCatalog,
    embedder::HashEmbedder,
    ladder::Ladder,
    offline::OfflineLlm,
    openai::{self, OpenAiLlm},
    sqlite::{self, SqliteStore},
};
use tolmach_engine::{bundle::Bundle, catalog::Localized, compile, language::Language};
use tolmach_nodes::KINDS;
use tolmach_runtime::{
    Parts, Runtime, Shelf, World,
    ports::{Catalog, Channel, Clock, Llm, NoHttp, Store, SystemClock},
    read_bundle,
};

use crate::{config::Config, embedded, findings, samples};

/// The parts that outlive a runtime's construction and that /health looks at.
pub struct Assembled {
    pub store: Arc<SqliteStore>,
    pub catalog: Arc<EmbeddedCatalog>,
    pub model: Option<Arc<Ladder>>,
    pub world: World,
    /// What was done and found, a line each, for the first screen.
    pub notes: Vec<(&'static str, String)>,
    /// The company's name, for headings.
    pub company: Localized,
    bundle: Bundle,
}

impl Assembled {
    /// Opens everything; the first time it makes the data folder and imports the samples.
    pub async fn open(config: &Config) -> anyhow::Result<Assembled> {
        let mut notes = Vec::new();
        // What the configuration and the flows may have wrong is found before anything is made.
        let model = language_model(config)?;
        not_a_file(&config.data_dir)?;
        let new = !config.data_dir.is_dir();
        let (folder, copied) = flows_folder(config)?;
        let bundle = read_bundle(&folder)?;
        let (summary, company) = summary(&bundle, &folder)?;

        data_folder(&config.data_dir)?;
        let how = if new { " (made now)" } else { "" };
        notes.push(("data", format!("{}{how}", config.data_dir.display())));
        let how = if copied { " (the built-in bundle, copied now)" } else { "" };
        notes.push(("flows", format!("{}{how}: {summary}", folder.display())));

        let store = SqliteStore::open(sqlite::Options::new(config.data_dir.join("tolmach.db"))).await?;
        let catalog = open_catalog(config)?;
        notes.push(("catalogue", catalogue_note(&catalog).await?));

        let llm: Arc<dyn Llm> = match &model {
            Some(ladder) => Arc::clone(ladder) as Arc<dyn Llm>,
            None => Arc::new(OfflineLlm),
        };
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
        let world = World {
            http: Arc::new(NoHttp),
            catalog: Arc::clone(&catalog) as Arc<dyn Catalog>,
            embedder: Arc::new(HashEmbedder),
            llm,
            roles: BTreeMap::new(),
        };
        Ok(Assembled { store: Arc::new(store), catalog, model, world, notes, company, bundle })
    }

    /// A runtime over these channels, with the bundle published.
    pub async fn runtime(&self, channels: Vec<Arc<dyn Channel>>) -> anyhow::Result<Arc<Runtime>> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        let shelf = Shelf::new(KINDS, Arc::clone(&store), Arc::clone(&self.world.embedder));
        let parts = Parts { store, world: self.world.clone(), clock: Arc::clone(&clock), channels };
        let runtime = Runtime::new(parts, shelf);
        match runtime.shelf().publish(&self.bundle, clock.now()).await? {
            Ok(_) => Ok(runtime),
            Err(findings) => bail!("{}", findings::explained(&self.bundle, Path::new("."), &findings)),
        }
    }
}

/// The catalogue of the data folder.
pub fn open_catalog(config: &Config) -> anyhow::Result<Arc<EmbeddedCatalog>> {
    Ok(Arc::new(EmbeddedCatalog::open(config.data_dir.join("catalog"), Arc::new(HashEmbedder))?))
}

/// Makes the data folder where there is none.
pub fn data_folder(path: &Path) -> anyhow::Result<()> {
    not_a_file(path)?;
    fs::create_dir_all(path).with_context(|| format!("the data folder {} cannot be made", path.display()))
}

fn not_a_file(path: &Path) -> anyhow::Result<()> {
    if path.exists() && !path.is_dir() {
        bail!("the data folder {} is a file; name another with --data", path.display());
    }
    Ok(())
}

/// The folder with the flows, for commands that only look at it; says so when it had to be made.
pub fn bundle_folder(config: &Config) -> anyhow::Result<PathBuf> {
    let (folder, copied) = flows_folder(config)?;
    if copied {
        eprintln!("there is no folder flows here; the built-in bundle was copied to {}", folder.display());
    }
    Ok(folder)
}

/// The folder with the flows, and whether the built-in bundle was copied there now.
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
        embedded::write_flows(&copy)?;
    }
    Ok((copy, missing))
}

/// What the bundle is, in a line, and the company's name; an error when it does not compile.
fn summary(bundle: &Bundle, folder: &Path) -> anyhow::Result<(String, Localized)> {
    let compiled = compile(bundle, KINDS);
    match compiled.release {
        Some(release) => {
            let nodes: usize = release.flows.values().map(|flow| flow.nodes.len()).sum();
            let flows: Vec<&str> = release.flows.keys().map(String::as_str).collect();
            let warnings = match compiled.findings.len() {
                0 => String::new(),
                n => format!(", {n} warnings (tolmach check)"),
            };
            let name = |language| {
                let name = release.company.get(&language).and_then(|company| company.get("name")?.as_str());
                name.unwrap_or_default().to_owned()
            };
            let company = Localized { ru: name(Language::Ru), en: name(Language::En) };
            let summary =
                format!("{}, {nodes} nodes, release {}{warnings}", flows.join(", "), &release.id[..12]);
            Ok((summary, company))
        }
        None => {
            bail!("the flows do not compile\n\n{}", findings::explained(bundle, folder, &compiled.findings))
        }
    }
}

async fn catalogue_note(catalog: &EmbeddedCatalog) -> anyhow::Result<String> {
    let started = Instant::now();
    if let Some((_, rows)) = catalog.generation() {
        return Ok(format!("{rows} items"));
    }
    let switch = samples::import_into(catalog).await.context("the samples could not be imported")?;
    let seconds = started.elapsed().as_secs_f32();
    Ok(format!(
        "{} sample items imported in {seconds:.1} s (your own: tolmach catalog import FILE)",
        switch.rows
    ))
}

fn language_model(config: &Config) -> anyhow::Result<Option<Arc<Ladder>>> {
    if config.llm.model.is_empty() {
        if !config.llm.api_key.is_empty() {
            bail!(
                "llm.api_key is set but llm.model is not; name the model, e.g. TOLMACH_LLM_MODEL=gpt-4o-mini"
            );
        }
        return Ok(None);
    }
    let mut options =
        openai::Options::new(&config.llm.base_url, config.llm.api_key.clone(), &config.llm.model);
    options.deadline = Duration::from_secs(config.llm.timeout_seconds);
    let first = OpenAiLlm::new(options)?;
    Ok(Some(Arc::new(Ladder::new(Arc::new(first), Arc::new(OfflineLlm)))))
}
