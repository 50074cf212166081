//! `tolmach check`: reports every problem of a bundle in one run.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::Serialize;
use tolmach_app::{check, diagnostics};
use tolmach_engine::diagnostic::{Code, Diagnostic, Fix, Severity};
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
    /// Apply the mends that are certain, print what they change, and check again
    #[arg(long)]
    fix: bool,
    /// The same as `--format json`
    #[arg(long)]
    json: bool,
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
    /// With `--fix`, what was changed before this check.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<JsonFixed<'a>>,
}

#[derive(Serialize)]
struct JsonFixed<'a> {
    changes: Vec<JsonChange<'a>>,
    /// Files that were written.
    written: &'a [String],
    /// Files that changed on disk after they were read, and were left alone.
    changed_meanwhile: &'a [String],
}

#[derive(Serialize)]
struct JsonChange<'a> {
    code: Code,
    file: &'a str,
    line: u32,
    message: &'a str,
    /// The changed lines.
    before: &'a str,
    after: &'a str,
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
    /// The change that mends it, where it is certain: `replacement` takes the place of the text between the two places.
    fix: Option<&'a Fix>,
}

#[derive(Serialize)]
struct JsonFlow<'a> {
    flow: &'a str,
    nodes: usize,
}

impl Check {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let form = if self.json { Form::Json } else { self.format };
        let folder = self.dir.map_or_else(|| bundle_folder(config), Ok)?;
        let mut bundle = read_bundle(&folder)?;
        let platform = config.platform();
        let fixed = match self.fix {
            true => {
                let fixed = check::fixed(&bundle, &platform);
                let written = fixed
                    .write(&folder)
                    .with_context(|| format!("the files of {} cannot be written", folder.display()))?;
                bundle = read_bundle(&folder)?;
                Some((fixed, written))
            }
            false => None,
        };
        let mut checked = check::check(&bundle, &platform);
        if let Some(release) = &checked.release {
            let advice = check::advice(release, &config.staff()).await?;
            checked.diagnostics.extend(advice);
        }
        let (errors, warnings) = (checked.errors(), checked.warnings());
        let check::Checked { diagnostics, release } = checked;
        let flows = || release.iter().flat_map(|release| release.flows.values());
        let notes: Vec<String> = release
            .iter()
            .flat_map(|release| check::host_notes(release, |host| config.may_ask(host)))
            .collect();
        if let Some((fixed, written)) = fixed.as_ref().filter(|_| form == Form::Text) {
            print!("{}", told(fixed, written));
        }
        match form {
            Form::Json => {
                let flows =
                    flows().map(|flow| JsonFlow { flow: &flow.id, nodes: flow.nodes.len() }).collect();
                let diagnostics = diagnostics.iter().map(JsonDiagnostic::of).collect();
                let fixed = fixed.as_ref().map(|(fixed, written)| JsonFixed::of(fixed, written));
                let json = Json { diagnostics, errors, warnings, flows, notes, fixed };
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
                // Errors before warnings: they are what has to be understood first.
                let first = diagnostics.iter().find(|one| one.is_error()).or(diagnostics.first());
                if let Some(first) = first {
                    println!("`tolmach explain {}` tells more", first.code.text());
                }
                let certain = diagnostics.iter().filter(|one| one.fix.is_some()).count();
                if certain > 0 && !self.fix {
                    println!("`tolmach check --fix` mends {certain} of them");
                }
            }
        }
        let good = errors == 0 && (warnings == 0 || !self.deny_warnings);
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What was changed, as a small diff.
fn told(fixed: &check::Fixed, written: &check::Written) -> String {
    let mut text = String::new();
    let is_written = |change: &&check::Change| written.written.contains(&change.diagnostic.file);
    for change in fixed.changes.iter().filter(is_written) {
        let Diagnostic { file, span, code, .. } = &change.diagnostic;
        text.push_str(&format!("fixed[{}] {file}:{}\n", code.text(), span.line));
        change.before.lines().for_each(|line| text.push_str(&format!("- {line}\n")));
        change.after.lines().for_each(|line| text.push_str(&format!("+ {line}\n")));
    }
    for file in &written.changed_meanwhile {
        text.push_str(&format!("{file} has changed meanwhile and was left alone\n"));
    }
    let count = fixed.changes.iter().filter(is_written).count();
    match (count, written.changed_meanwhile.is_empty()) {
        (0, true) => text.push_str("nothing can be mended for certain\n\n"),
        _ => text.push_str(&format!("{} applied\n\n", counted(count, "fix").replace("fixs", "fixes"))),
    }
    text
}

impl<'a> JsonFixed<'a> {
    fn of(fixed: &'a check::Fixed, written: &'a check::Written) -> JsonFixed<'a> {
        let change = |change: &'a check::Change| JsonChange {
            code: change.diagnostic.code,
            file: &change.diagnostic.file,
            line: change.diagnostic.span.line,
            message: &change.diagnostic.message,
            before: &change.before,
            after: &change.after,
        };
        let is_written = |change: &&check::Change| written.written.contains(&change.diagnostic.file);
        JsonFixed {
            changes: fixed.changes.iter().filter(is_written).map(change).collect(),
            written: &written.written,
            changed_meanwhile: &written.changed_meanwhile,
        }
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
            fix: diagnostic.fix.as_ref(),
        }
    }
}
