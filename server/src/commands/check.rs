//! `tolmach check`: everything that is wrong with a bundle, in one run.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use tolmach_engine::{bundle::Bundle, compile, finding::Finding};
use tolmach_nodes::KINDS;
use tolmach_runtime::{read_bundle, testing};

use crate::{assemble::bundle_folder, config::Config};

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
                println!("{}", explained(&bundle, &folder, &findings));
                println!("\n{errors} errors, {} warnings", findings.len() - errors);
            }
        }
        Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Findings with the lines they are about, as text.
pub fn explained(bundle: &Bundle, folder: &Path, findings: &[Finding]) -> String {
    let mut parts = Vec::with_capacity(findings.len());
    for finding in findings {
        let mut shown = finding.clone();
        if finding.file != "." {
            shown.file = folder.join(&finding.file).display().to_string();
        } else {
            shown.file = folder.display().to_string();
        }
        let text = shown.to_string();
        let line = bundle
            .files
            .get(&finding.file)
            .and_then(|text| text.lines().nth((finding.place.line as usize).checked_sub(1)?));
        let Some(line) = line else {
            parts.push(text);
            continue;
        };
        let number = finding.place.line.to_string();
        let gap = " ".repeat(number.len());
        let indent = " ".repeat((finding.place.column as usize).saturating_sub(1));
        let source = format!("{gap} |\n{number} | {line}\n{gap} | {indent}^");
        // The source stands between the place and the advice.
        let (head, rest) = match text.match_indices('\n').nth(1) {
            Some((at, _)) => text.split_at(at),
            None => (text.as_str(), ""),
        };
        parts.push(format!("{head}\n{source}{rest}"));
    }
    parts.join("\n\n")
}
