//! `tolmach check`: everything that is wrong with a bundle, in one run.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use tolmach_engine::compile;
use tolmach_nodes::KINDS;
use tolmach_runtime::{read_bundle, testing};

use crate::{assemble::bundle_folder, config::Config, findings};

/// Check a bundle of flows and say everything that is wrong with it.
#[derive(Debug, Args)]
pub struct Check {
    /// The bundle's folder [default: the configured one]
    dir: Option<PathBuf>,
    /// How to print findings
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

/// A form of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// For tools
    Json,
}

impl Check {
    pub fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let folder = self.dir.map_or_else(|| bundle_folder(config), Ok)?;
        let bundle = read_bundle(&folder)?;
        let compiled = compile(&bundle, KINDS);
        let mut findings = compiled.findings;
        for (file, text) in bundle.tests() {
            findings.extend(testing::read(file, text).1);
        }
        let errors = findings.iter().filter(|finding| finding.is_error()).count();
        match self.format {
            Form::Json => println!("{}", serde_json::to_string_pretty(&findings)?),
            Form::Text if findings.is_empty() => {
                let nodes: usize = compiled
                    .release
                    .iter()
                    .flat_map(|release| release.flows.values())
                    .map(|flow| flow.nodes.len())
                    .sum();
                println!(
                    "{}: {} flow files, {nodes} nodes, nothing to mend",
                    folder.display(),
                    bundle.flows().count()
                );
            }
            Form::Text => {
                println!("{}", findings::explained(&bundle, &folder, &findings));
                println!("\n{errors} errors, {} warnings", findings.len() - errors);
            }
        }
        Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
