//! `tolmach check`: reports every problem of a bundle in one run.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use serde::Serialize;
use tolmach_app::{check, diagnostics};
use tolmach_engine::diagnostic::{Code, Diagnostic, Severity};
use tolmach_runtime::read_bundle;

use crate::{assemble::bundle_folder, config::Config, out::counted};

/// Check a bundle of flows and report every problem.
#[derive(Debug, Args)]
pub struct Check {
    /// The bundle's folder [default: the configured flows folder]
    dir: Option<PathBuf>,
    /// How to print diagnostics
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// Exit with code 1 for warnings too
    #[arg(long)]
    deny_warnings: bool,
}

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Text for people
    Text,
    /// JSON for tools
    Json,
}

/// The JSON output. Fields may be added, but are not removed and do not change their meaning.
#[derive(Serialize)]
struct Json<'a> {
    diagnostics: Vec<JsonDiagnostic<'a>>,
    errors: usize,
    warnings: usize,
    /// The flows by id; empty if any flow has an error.
    flows: Vec<JsonFlow<'a>>,
    /// Parts of the flows that cannot work with this configuration.
    notes: Vec<String>,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    severity: Severity,
    code: Code,
    /// The path in the bundle.
    file: &'a str,
    /// From 1; 0 when the diagnostic is about the whole file.
    line: u32,
    column: u32,
    end_line: u32,
    /// The column after the last character.
    end_column: u32,
    message: &'a str,
    help: &'a str,
    nearest: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonFlow<'a> {
    flow: &'a str,
    nodes: usize,
}

impl Check {
    pub fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let folder = self.dir.map_or_else(|| bundle_folder(config), Ok)?;
        let bundle = read_bundle(&folder)?;
        let checked = check::check(&bundle, &config.platform());
        let (errors, warnings) = (checked.errors(), checked.warnings());
        let check::Checked { diagnostics, release } = checked;
        let flows = || release.iter().flat_map(|release| release.flows.values());
        let notes: Vec<String> = release
            .iter()
            .flat_map(|release| check::host_notes(release, |host| config.may_ask(host)))
            .collect();
        match self.format {
            Form::Json => {
                let flows =
                    flows().map(|flow| JsonFlow { flow: &flow.id, nodes: flow.nodes.len() }).collect();
                let diagnostics = diagnostics.iter().map(JsonDiagnostic::of).collect();
                let json = Json { diagnostics, errors, warnings, flows, notes };
                println!("{}", serde_json::to_string_pretty(&json)?);
            }
            Form::Text if diagnostics.is_empty() => {
                let nodes: usize = flows().map(|flow| flow.nodes.len()).sum();
                let files = bundle.flows().count();
                let (files, nodes) = (counted(files, "flow file"), counted(nodes, "node"));
                println!("{}: {files}, {nodes}, no problems", folder.display());
                notes.iter().for_each(|note| println!("note: {note}"));
            }
            Form::Text => {
                println!("{}", diagnostics::explained(&bundle, &folder, &diagnostics));
                println!("\n{}, {}", counted(errors, "error"), counted(warnings, "warning"));
                notes.iter().for_each(|note| println!("note: {note}"));
            }
        }
        let good = errors == 0 && (warnings == 0 || !self.deny_warnings);
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl JsonDiagnostic<'_> {
    fn of(diagnostic: &Diagnostic) -> JsonDiagnostic<'_> {
        JsonDiagnostic {
            severity: diagnostic.severity,
            code: diagnostic.code,
            file: &diagnostic.file,
            line: diagnostic.span.line,
            column: diagnostic.span.column,
            end_line: diagnostic.span.end_line,
            end_column: diagnostic.span.end_column,
            message: &diagnostic.message,
            help: &diagnostic.help,
            nearest: diagnostic.nearest.as_deref(),
        }
    }
}
