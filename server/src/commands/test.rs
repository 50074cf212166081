//! `tolmach test`: the dialog tests of a bundle, and what of the flows they went through.

mod bench;
mod show;
mod watch;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use anyhow::bail;
use clap::Args;
use tolmach_engine::{Release, bundle::Bundle, compile, diagnostic::Diagnostic};
use tolmach_runtime::{
    read_bundle,
    testing::{self, Coverage, Dialog, Failure, Gap, Share},
};

use crate::{assemble::bundle_folder, config::Config, diagnostics};
use bench::Bench;

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
    /// Fail when less than this per cent of the nodes, or of the exits, was reached
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
    /// Stay, and run again whenever a file of the bundle changes; Ctrl-C ends it
    #[arg(long, conflicts_with_all = ["json", "min_coverage"])]
    watch: bool,
}

/// A test that ran.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its file, relative to the bundle.
    pub file: String,
    /// Its name.
    pub name: String,
    /// `None` when it passed.
    pub failure: Option<Failure>,
    coverage: Coverage,
}

/// How the tests of a bundle ended, in the order in which they are written.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The tests.
    pub tests: Vec<Ran>,
    /// Nodes that were reached.
    pub nodes: Share,
    /// Exits that were taken.
    pub exits: Share,
    /// What was not, by place.
    pub gaps: Vec<Gap>,
}

impl Summary {
    /// How many passed.
    pub fn passed(&self) -> usize {
        self.tests.len() - self.failed()
    }

    /// How many failed.
    pub fn failed(&self) -> usize {
        self.tests.iter().filter(|one| one.failure.is_some()).count()
    }

    /// The failures as text for people, paths under `folder`.
    pub fn failures(&self, folder: &Path, colour: bool) -> String {
        let failed = self.tests.iter().filter(|one| one.failure.is_some());
        failed.map(|one| show::test(one, folder, colour)).collect()
    }
}

/// Runs the tests of a bundle whose name holds `only`, or all, in a temporary folder. A bundle without tests gives an
/// empty summary. `folder` is what diagnostics and failures call the bundle.
///
/// # Errors
/// When the bundle or a test file has errors: the text holds the diagnostics. A test that fails is no error.
pub async fn run_all(bundle: &Bundle, folder: &Path, only: Option<&str>) -> anyhow::Result<Summary> {
    let release = compiled(bundle, folder)?;
    let mut tests = read_tests(bundle, folder)?;
    tests.retain(|(_, dialog)| only.is_none_or(|only| dialog.name.contains(only)));
    let tests = Bench::new()?.run(bundle, tests).await?;
    let mut all = Coverage::default();
    tests.iter().for_each(|one| all.merge(one.coverage.clone()));
    let (nodes, exits, gaps) = all.of(&release);
    Ok(Summary { tests, nodes, exits, gaps })
}

impl Test {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let folder = self.dir.clone().map_or_else(|| bundle_folder(config), Ok)?;
        if self.watch {
            return watch::watch(&folder, self.only.as_deref()).await;
        }
        let bundle = read_bundle(&folder)?;
        let started = Instant::now();
        let summary = run_all(&bundle, &folder, self.only.as_deref()).await?;
        if summary.tests.is_empty() {
            let named =
                self.only.as_ref().map_or(String::new(), |only| format!(" whose name holds «{only}»"));
            bail!("{} has no tests{named} to run; write tests/NAME.test.yaml", folder.display());
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&show::as_json(&summary))?);
        } else {
            print!("{}", show::all(&summary, &folder, started.elapsed().as_secs_f32()));
            // Of a few tests the gaps say nothing.
            print!("{}", show::coverage(&summary, &folder, self.only.is_none()));
        }
        let wanted = usize::from(self.min_coverage.unwrap_or(0));
        let covered = summary.nodes.percent() >= wanted && summary.exits.percent() >= wanted;
        if !covered && !self.json {
            println!("the coverage is below {wanted} %");
        }
        Ok(if summary.failed() == 0 && covered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn compiled(bundle: &Bundle, folder: &Path) -> anyhow::Result<Release> {
    let compiled = compile(bundle, &tolmach_nodes::platform());
    compiled.release.ok_or_else(|| {
        let diagnostics = diagnostics::explained(bundle, folder, &compiled.diagnostics);
        anyhow::anyhow!("the flows do not compile\n\n{diagnostics}")
    })
}

/// The tests of a bundle, each with its file.
fn read_tests(bundle: &Bundle, folder: &Path) -> anyhow::Result<Vec<(String, Dialog)>> {
    let mut tests = Vec::new();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for (file, text) in bundle.tests() {
        let (read, found) = testing::read(file, text);
        diagnostics.extend(found);
        tests.extend(read.into_iter().map(|dialog| (file.to_owned(), dialog)));
    }
    if !diagnostics.is_empty() {
        bail!("the tests cannot be read\n\n{}", diagnostics::explained(bundle, folder, &diagnostics));
    }
    Ok(tests)
}
