//! `tolmach test`: the dialog tests of a bundle, and what of the flows they went through.

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use tolmach_adapters::{
    catalog::EmbeddedCatalog,
    embedder::HashEmbedder,
    offline::OfflineLlm,
    sqlite::{self, Durability, SqliteStore},
};
use tolmach_engine::{Release, bundle::Bundle, compile};
use tolmach_nodes::KINDS;
use tolmach_runtime::{
    Burst, Parts, Runtime, Shelf, World,
    ports::{Catalog, Channel, Clock, NoHttp, Store},
    read_bundle,
    testing::{self, Catalogue, Coverage, Dialog, FailingCatalog, Failure, ManualClock, Recorder},
};

use crate::{assemble::bundle_folder, config::Config, findings, samples};

/// Run the dialog tests of a bundle.
#[derive(Debug, Args)]
pub struct Test {
    /// The bundle's folder [default: the configured one]
    dir: Option<PathBuf>,
    /// Only tests whose name holds this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

/// Tests begin on a Monday morning.
const MONDAY: i64 = 1_795_424_400_000;

struct Ran {
    file: String,
    name: String,
    failure: Option<Failure>,
}

impl Test {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let folder = self.dir.clone().map_or_else(|| bundle_folder(config), Ok)?;
        let bundle = read_bundle(&folder)?;
        let compiled = compile(&bundle, KINDS);
        let Some(release) = compiled.release else {
            bail!(
                "the flows do not compile\n\n{}",
                findings::explained(&bundle, &folder, &compiled.findings)
            );
        };
        let dialogs = self.dialogs(&bundle, &folder)?;
        let started = Instant::now();
        let bench = Bench::new(&bundle, &dialogs).await?;
        let mut coverage = Coverage::default();
        let mut ran = Vec::new();
        for (number, (file, dialog)) in dialogs.iter().enumerate() {
            let outcome = bench.run(number, dialog).await?;
            coverage.merge(outcome.coverage);
            let one =
                Ran { file: (*file).to_owned(), name: dialog.name.value.clone(), failure: outcome.failure };
            if !self.json {
                show(&one, &folder);
            }
            ran.push(one);
        }
        let failed = ran.iter().filter(|one| one.failure.is_some()).count();
        if self.json {
            println!("{}", serde_json::to_string_pretty(&as_json(&ran, &coverage, &release))?);
        } else {
            summary(&ran, failed, &coverage, &release, &folder, started.elapsed().as_secs_f32());
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn dialogs<'b>(
        &self,
        bundle: &'b Bundle,
        folder: &std::path::Path,
    ) -> anyhow::Result<Vec<(&'b str, Dialog)>> {
        let mut dialogs = Vec::new();
        let mut findings = Vec::new();
        for (file, text) in bundle.tests() {
            let (read, found) = testing::read(file, text);
            findings.extend(found);
            dialogs.extend(read.into_iter().map(|dialog| (file, dialog)));
        }
        if !findings.is_empty() {
            bail!("the tests cannot be read\n\n{}", findings::explained(bundle, folder, &findings));
        }
        if let Some(only) = &self.only {
            dialogs.retain(|(_, dialog)| dialog.name.contains(only));
        }
        if dialogs.is_empty() {
            bail!("{} has no tests to run; write tests/NAME.test.yaml", folder.display());
        }
        Ok(dialogs)
    }
}

/// What the tests share: the catalogues, built once. Each test has a database of its own.
struct Bench {
    folder: tempfile::TempDir,
    bundle: Bundle,
    samples: Arc<EmbeddedCatalog>,
    empty: Arc<EmbeddedCatalog>,
}

impl Bench {
    async fn new(bundle: &Bundle, dialogs: &[(&str, Dialog)]) -> anyhow::Result<Bench> {
        let folder = tempfile::tempdir().context("no temporary folder can be made")?;
        let open = |name: &str| EmbeddedCatalog::open(folder.path().join(name), Arc::new(HashEmbedder));
        let (samples, empty) = (Arc::new(open("samples")?), Arc::new(open("empty")?));
        if dialogs.iter().any(|(_, dialog)| dialog.given.catalogue == Catalogue::Samples) {
            samples::import_into(&samples).await?;
        }
        Ok(Bench { folder, bundle: bundle.clone(), samples, empty })
    }

    async fn run(&self, number: usize, dialog: &Dialog) -> anyhow::Result<testing::Outcome> {
        let mut options = sqlite::Options::new(self.folder.path().join(format!("{number}.db")));
        // A test's database does not outlive the test.
        options.durability = Durability::Normal;
        let store = Arc::new(SqliteStore::open(options).await?);
        let catalog: Arc<dyn Catalog> = match dialog.given.catalogue {
            Catalogue::Samples => Arc::clone(&self.samples) as Arc<dyn Catalog>,
            Catalogue::Empty => Arc::clone(&self.empty) as Arc<dyn Catalog>,
            Catalogue::Failing => Arc::new(FailingCatalog),
        };
        let world = World {
            http: Arc::new(NoHttp),
            catalog,
            embedder: Arc::new(HashEmbedder),
            llm: Arc::new(OfflineLlm),
            roles: Default::default(),
        };
        let clock = Arc::new(ManualClock::new(MONDAY));
        let recorder = Arc::new(Recorder::new("test"));
        let parts = Parts {
            store: Arc::clone(&store) as Arc<dyn Store>,
            world: world.clone(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            channels: vec![Arc::clone(&recorder) as Arc<dyn Channel>],
            // What is received together is one message of the client's; the test's clock waits for nobody.
            burst: Burst { window: Duration::from_millis(700), wait: false },
            staff: Default::default(),
        };
        let shelf = Shelf::new(KINDS, Arc::clone(&store) as Arc<dyn Store>, world.embedder);
        let runtime = Runtime::new(parts, shelf);
        if runtime.shelf().publish(&self.bundle, clock.now()).await?.is_err() {
            bail!("the flows do not compile");
        }
        let outcome = testing::run(dialog, &runtime, &recorder, &clock).await?;
        store.close().await?;
        Ok(outcome)
    }
}

fn show(ran: &Ran, folder: &std::path::Path) {
    let Some(failure) = &ran.failure else {
        println!("  ok    {}", ran.name);
        return;
    };
    println!("  FAIL  {}", ran.name);
    println!("        {}:{} {}", folder.join(&ran.file).display(), failure.step, failure.what);
    for difference in &failure.differences {
        println!("        - expected {}", difference.expected);
        println!("        + found    {}", difference.found.replace('\n', "\n          "));
    }
}

fn summary(
    ran: &[Ran],
    failed: usize,
    coverage: &Coverage,
    release: &Release,
    folder: &std::path::Path,
    seconds: f32,
) {
    let (nodes, exits, gaps) = coverage.of(release);
    println!("\n{} passed, {failed} failed in {seconds:.1} s", ran.len() - failed);
    println!(
        "coverage: {} of {} nodes ({} %), {} of {} exits ({} %)",
        nodes.reached,
        nodes.all,
        nodes.percent(),
        exits.reached,
        exits.all,
        exits.percent()
    );
    for gap in gaps {
        let what =
            gap.exit.map_or_else(|| "never visited".to_owned(), |exit| format!("exit `{exit}` never taken"));
        println!("  {}:{} {}: {what}", folder.join(&gap.file).display(), gap.place, gap.node);
    }
}

fn as_json(ran: &[Ran], coverage: &Coverage, release: &Release) -> serde_json::Value {
    let (nodes, exits, gaps) = coverage.of(release);
    let tests: Vec<_> = ran
        .iter()
        .map(|one| {
            let failure = one.failure.as_ref().map(|failure| {
                let differences: Vec<_> = failure
                    .differences
                    .iter()
                    .map(|d| json!({ "line": d.place.line, "expected": d.expected, "found": d.found }))
                    .collect();
                json!({ "line": failure.step.line, "step": failure.what, "differences": differences })
            });
            json!({ "file": one.file, "name": one.name, "passed": failure.is_none(), "failure": failure })
        })
        .collect();
    json!({ "tests": tests, "coverage": { "nodes": nodes, "exits": exits, "gaps": gaps } })
}

/// Runs the dialog tests of a bundle for a command that goes on only if they pass: prints the ones that fail, and
/// returns how many passed and how many failed. A bundle without tests passes.
pub async fn run_all(bundle: &Bundle, folder: &std::path::Path) -> anyhow::Result<(usize, usize)> {
    if bundle.tests().next().is_none() {
        return Ok((0, 0));
    }
    let all = Test { dir: None, only: None, json: false };
    let dialogs = all.dialogs(bundle, folder)?;
    let bench = Bench::new(bundle, &dialogs).await?;
    let mut failed = 0;
    for (number, (file, dialog)) in dialogs.iter().enumerate() {
        let failure = bench.run(number, dialog).await?.failure;
        if failure.is_some() {
            failed += 1;
            show(&Ran { file: (*file).to_owned(), name: dialog.name.value.clone(), failure }, folder);
        }
    }
    Ok((dialogs.len() - failed, failed))
}
