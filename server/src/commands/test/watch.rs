//! `tolmach test --watch`: runs the affected tests after each change, until Ctrl-C.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::IsTerminal,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use tolmach_app::dialog_tests::{self, DialogTestRunner, Ran, Summary};
use tolmach_engine::{Platform, bundle::Bundle};
use tolmach_runtime::read_bundle;

use super::show;

/// How often the folder is read.
const POLL: Duration = Duration::from_millis(200);

/// Runs the tests of `folder` whose name contains `only`, now and after each change.
///
/// # Errors
/// When the test environment cannot be created.
pub async fn watch(platform: Platform, folder: &Path, only: Option<&str>) -> anyhow::Result<ExitCode> {
    let runner = DialogTestRunner::new(&platform)?;
    let mut watcher = Watcher { platform, runner, results: BTreeMap::new(), only };
    let mut seen: Option<Result<Bundle, String>> = None;
    let ended = tokio::signal::ctrl_c();
    tokio::pin!(ended);
    loop {
        let now = read_bundle(folder).map_err(|why| why.to_string());
        if seen.as_ref() != Some(&now) {
            let before = seen.as_ref().and_then(|seen| seen.as_ref().ok());
            let text = match &now {
                Ok(bundle) => tokio::select! {
                    text = watcher.run(before, bundle, folder) => text,
                    _ = &mut ended => break,
                },
                // The folder may be in the middle of a change: report the error and continue.
                Err(why) => format!("error: {why}\n"),
            };
            if std::io::stdout().is_terminal() {
                print!("\u{1b}[2J\u{1b}[3J\u{1b}[H");
            }
            print!("{text}");
            seen = Some(now);
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            _ = &mut ended => break,
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Watcher<'a> {
    platform: Platform,
    runner: DialogTestRunner,
    /// The last results by file.
    results: BTreeMap<String, Vec<Ran>>,
    only: Option<&'a str>,
}

impl Watcher<'_> {
    /// Runs the tests that the change from `before` may affect; returns the text to print.
    async fn run(&mut self, before: Option<&Bundle>, bundle: &Bundle, folder: &Path) -> String {
        let changed = before.and_then(|before| changed_tests(before, bundle));
        match self.run_changed(changed, bundle, folder).await {
            Ok(text) => text,
            Err(why) => {
                // The earlier results do not apply to the current files.
                self.results.clear();
                format!("{why:#}\n")
            }
        }
    }

    async fn run_changed(
        &mut self,
        changed: Option<BTreeSet<String>>,
        bundle: &Bundle,
        folder: &Path,
    ) -> anyhow::Result<String> {
        let started = Instant::now();
        let (_, mut tests) = dialog_tests::load(bundle, &self.platform, folder, self.only)?;
        self.results.retain(|file, _| tests.iter().any(|test| test.file == *file));
        tests.retain(|test| {
            let changed = changed.as_ref().is_none_or(|changed| changed.contains(&test.file));
            changed || !self.results.contains_key(&test.file)
        });
        let again = tests.len();
        for test in &tests {
            self.results.remove(&test.file);
        }
        for ran in self.runner.run(bundle, tests, false).await? {
            self.results.entry(ran.file.clone()).or_default().push(ran);
        }
        let summary =
            Summary { tests: self.results.values().flatten().cloned().collect(), ..Summary::default() };
        let colour = std::io::stdout().is_terminal();
        let count = show::count(&summary, started.elapsed().as_secs_f32(), colour);
        let ran = if again == summary.tests.len() { String::new() } else { format!(" ({again} run again)") };
        Ok(format!(
            "{}{count}{ran}; waiting for a change, Ctrl-C ends\n",
            show::failures(&summary, folder, colour)
        ))
    }
}

/// The test files that differ; `None` if another file differs too, so that every test may be affected.
fn changed_tests(before: &Bundle, now: &Bundle) -> Option<BTreeSet<String>> {
    let paths: BTreeSet<&String> = before.files.keys().chain(now.files.keys()).collect();
    let tests: BTreeSet<&str> = before.tests().chain(now.tests()).map(|(file, _)| file).collect();
    let changed = paths.into_iter().filter(|path| before.files.get(*path) != now.files.get(*path));
    changed.map(|path| tests.contains(path.as_str()).then(|| path.clone())).collect()
}
