//! `tolmach test`: runs the dialog tests of a bundle and reports their coverage.

mod show;
mod watch;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_app::dialog_tests;
use tolmach_engine::bundle::Bundle;
use tolmach_runtime::read_bundle;

use crate::{assemble::bundle_folder, config::Config};

pub use show::failures;

/// Run the dialog tests of a bundle.
#[derive(Debug, Args)]
pub struct Test {
    /// The bundle's folder [default: the configured flows folder]
    dir: Option<PathBuf>,
    /// Tests from this folder instead of the bundle's own: every file *.test.yaml
    #[arg(long, value_name = "DIR", conflicts_with = "watch")]
    tests: Option<PathBuf>,
    /// Only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
    /// Count how many turns of clients are understood as meant, by the `kind` of the tests: every test runs to its end, and
    /// none fails the command
    #[arg(long, conflicts_with = "watch")]
    report: bool,
    /// Fail if less than N percent of the nodes or of the exits was reached
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
    /// Keep running, and run tests again when a file of the bundle changes; Ctrl-C ends it
    #[arg(long, conflicts_with_all = ["json", "min_coverage"])]
    watch: bool,
}

impl Test {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let folder = self.dir.clone().map_or_else(|| bundle_folder(config), Ok)?;
        if self.watch {
            return watch::watch(config.platform(), &folder, self.only.as_deref()).await;
        }
        let mut bundle = read_bundle(&folder)?;
        if let Some(tests) = &self.tests {
            replace_tests(&mut bundle, tests)?;
        }
        let started = Instant::now();
        let summary =
            dialog_tests::run_all(&bundle, &config.platform(), &folder, self.only.as_deref(), self.report)
                .await?;
        if summary.tests.is_empty() {
            let named =
                self.only.as_ref().map_or(String::new(), |only| format!(" whose name holds «{only}»"));
            bail!("{} has no tests{named} to run; write tests/NAME.test.yaml", folder.display());
        }
        if self.report {
            if self.json {
                println!("{}", serde_json::to_string_pretty(&show::report_json(&summary))?);
            } else {
                print!("{}", show::report(&summary)?);
            }
            return Ok(ExitCode::SUCCESS);
        }
        let places = show::Places { bundle: &folder, tests: self.tests.as_deref() };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&show::as_json(&summary))?);
        } else {
            print!("{}", show::all(&summary, places, started.elapsed().as_secs_f32()));
            // With a selection of tests the gaps are not meaningful.
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

/// Puts the test files of a folder in place of a bundle's own.
fn replace_tests(bundle: &mut Bundle, folder: &Path) -> anyhow::Result<()> {
    bundle.files.retain(|file, _| !file.starts_with("tests/"));
    let unreadable = || format!("the tests of {} cannot be read", folder.display());
    for entry in std::fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name.ends_with(".test.yaml") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            bundle.files.insert(format!("tests/{name}"), text);
        }
    }
    Ok(())
}
