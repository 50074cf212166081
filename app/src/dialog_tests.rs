//! Dialog tests of a bundle: running them and measuring their coverage of the flows.

#[cfg(test)]
mod examples;
mod runner;

use std::{collections::BTreeMap, io, path::Path};

use tolmach_engine::{Platform, Release, bundle::Bundle, compile, diagnostic::Diagnostic};
use tolmach_runtime::{
    ports,
    testing::{self, Coverage, Dialog, Failure, Gap, Share, Turned},
};

use crate::{diagnostics::Diagnosed, samples};

pub use runner::DialogTestRunner;

/// The result of one test.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its file, relative to the bundle.
    pub file: String,
    /// Its name.
    pub name: String,
    /// The habit of clients that it is about.
    pub kind: Option<String>,
    /// `None` when it passed.
    pub failure: Option<Failure>,
    /// How many turns of the client were understood as meant.
    pub turns: Turned,
    /// The same with a model that says what the client means, wherever it is asked and the test tells it.
    pub with_model: Turned,
    coverage: Coverage,
}

/// The results of a bundle's tests in source order, and their coverage.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The result of each test.
    pub tests: Vec<Ran>,
    /// Share of nodes that were reached.
    pub nodes: Share,
    /// Share of exits that were taken.
    pub exits: Share,
    /// Nodes that were not reached and exits that were not taken, by location.
    pub gaps: Vec<Gap>,
}

impl Summary {
    /// How many tests passed.
    pub fn passed(&self) -> usize {
        self.tests.iter().filter(|one| one.failure.is_none()).count()
    }

    /// How many tests failed.
    pub fn failed(&self) -> usize {
        self.failures().count()
    }

    /// The tests that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Ran> {
        self.tests.iter().filter(|one| one.failure.is_some())
    }

    /// The turns of the tests that name a kind, by kind.
    pub fn by_kind(&self) -> BTreeMap<&str, Understood> {
        let mut kinds: BTreeMap<&str, Understood> = BTreeMap::new();
        for one in &self.tests {
            let Some(kind) = &one.kind else { continue };
            let sum = kinds.entry(kind).or_default();
            sum.dialogs += 1;
            sum.passed += usize::from(one.failure.is_none());
            sum.turns.all += one.turns.all;
            sum.turns.met += one.turns.met;
            sum.with_model += one.with_model.met;
        }
        kinds
    }
}

/// How much of the dialogs of one kind was understood as meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Understood {
    /// Dialogs.
    pub dialogs: usize,
    /// Dialogs that were understood from beginning to end.
    pub passed: usize,
    /// Turns of the client.
    pub turns: Turned,
    /// Those that were understood with a model that says what the client means.
    pub with_model: usize,
}

/// A test of a bundle that was read but has not run.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its file, relative to the bundle.
    pub file: String,
    /// The parsed dialog.
    pub dialog: Dialog,
}

/// Why tests could not be run. A test that fails is no error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The flows do not compile.
    #[error("the flows do not compile\n\n{0}")]
    DoNotCompile(Box<Diagnosed>),
    /// A test file has errors.
    #[error("the tests cannot be read\n\n{0}")]
    Unreadable(Box<Diagnosed>),
    /// The temporary folder for databases and catalogues cannot be created.
    #[error("no temporary folder can be made")]
    NoFolder(#[source] io::Error),
    /// The sample catalogue cannot be built.
    #[error(transparent)]
    Samples(#[from] samples::Error),
    /// The empty catalogue cannot be opened.
    #[error(transparent)]
    Catalog(#[from] tolmach_catalog::Error),
    /// A test's database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
    /// A task that ran tests panicked.
    #[error("a test stopped unexpectedly")]
    BrokeOff(#[source] tokio::task::JoinError),
}

/// Runs the tests of a bundle in a temporary folder: all, or those whose name contains `only`; each up to its first failure or
/// `to_the_end`. A bundle without tests
/// gives an empty summary. `folder` is the bundle's path as shown in diagnostics.
///
/// # Errors
/// When the bundle or a test file has errors, or the test environment cannot be created. A test that fails is no error.
pub async fn run_all(
    bundle: &Bundle,
    platform: &Platform,
    folder: &Path,
    only: Option<&str>,
    to_the_end: bool,
) -> Result<Summary, Error> {
    let (release, tests) = load(bundle, platform, folder, only)?;
    let tests = DialogTestRunner::new(platform)?.run(bundle, tests, to_the_end).await?;
    let mut all = Coverage::default();
    tests.iter().for_each(|one| all.merge(one.coverage.clone()));
    let (nodes, exits, gaps) = all.of(&release);
    Ok(Summary { tests, nodes, exits, gaps })
}

/// Compiles a bundle and reads its tests: all, or those whose name contains `only`. `folder` is the bundle's path as
/// shown in diagnostics.
///
/// # Errors
/// [`Error::DoNotCompile`] and [`Error::Unreadable`].
pub fn load(
    bundle: &Bundle,
    platform: &Platform,
    folder: &Path,
    only: Option<&str>,
) -> Result<(Release, Vec<Test>), Error> {
    let compiled = compile(bundle, platform);
    let Some(release) = compiled.release else {
        return Err(Error::DoNotCompile(Diagnosed::boxed(bundle, folder, compiled.diagnostics)));
    };
    let mut tests = Vec::new();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for (file, text) in bundle.tests() {
        let (read, found) = testing::read(file, text);
        diagnostics.extend(found);
        tests.extend(read.into_iter().map(|dialog| Test { file: file.to_owned(), dialog }));
    }
    if !diagnostics.is_empty() {
        return Err(Error::Unreadable(Diagnosed::boxed(bundle, folder, diagnostics)));
    }
    tests.retain(|test| only.is_none_or(|only| test.dialog.name.contains(only)));
    Ok((release, tests))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: &str = "\
flow: shop
start: hello
on: { command: { bye: bye } }
nodes:
  hello:
    say: { text: { ru: Привет, en: Hello } }
  bye:
    say: { text: { ru: Пока, en: Bye } }
";

    const TESTS: &str = "\
- name: a greeting
  given: { catalogue: empty, language: en }
  steps: [{ client: hello, expect: { path: [hello] } }]
- name: a wrong way
  given: { catalogue: empty, language: en }
  steps: [{ client: hello, expect: { path: [bye] } }]
";

    fn bundle(flow: &str, tests: &str) -> Bundle {
        let files = [("shop.yaml", flow), ("tests/shop.test.yaml", tests)];
        Bundle { files: files.map(|(name, text)| (name.to_owned(), text.to_owned())).into() }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tests_run_in_order_and_report_coverage() {
        let bundle = bundle(FLOW, TESTS);
        let all =
            run_all(&bundle, &tolmach_nodes::platform(), Path::new("flows"), None, false).await.unwrap();
        assert_eq!((all.passed(), all.failed(), all.tests[0].name.as_str()), (1, 1, "a greeting"));
        assert_eq!(all.failures().next().map(|ran| ran.name.as_str()), Some("a wrong way"));
        assert_eq!((all.nodes.reached, all.nodes.all), (1, 2));
        assert_eq!(all.gaps.iter().filter(|gap| gap.exit.is_none()).count(), 1, "{:?}", all.gaps);
        let one = run_all(&bundle, &tolmach_nodes::platform(), Path::new("flows"), Some("greeting"), false)
            .await
            .unwrap();
        assert_eq!((one.passed(), one.failed()), (1, 0));
    }

    #[tokio::test]
    async fn flows_or_tests_with_errors_return_their_diagnostics() {
        let why = run_all(
            &bundle("flow: shop\n", TESTS),
            &tolmach_nodes::platform(),
            Path::new("flows"),
            None,
            false,
        )
        .await
        .unwrap_err();
        assert!(
            matches!(why, Error::DoNotCompile(_)) && why.to_string().contains("flows/shop.yaml"),
            "{why}"
        );
        let why = run_all(
            &bundle(FLOW, "- name: x\n  steps: 5\n"),
            &tolmach_nodes::platform(),
            Path::new("flows"),
            None,
            false,
        )
        .await
        .unwrap_err();
        assert!(matches!(&why, Error::Unreadable(wrong) if !wrong.diagnostics.is_empty()), "{why}");
    }
}
