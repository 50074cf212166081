//! `tolmach explain`: what a code of a diagnostic means, at length.

use std::{collections::BTreeMap, process::ExitCode};

use anyhow::bail;
use clap::Args;
use tolmach_engine::diagnostic::{Code, Explanation, Severity};

/// Explain a code that `check` prints, with an example; without a code, list all.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, such as cut-text
    code: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let Some(name) = &self.code else {
            if self.json {
                let all: Vec<Explanation> = Code::ALL.iter().map(|code| code.explanation()).collect();
                println!("{}", serde_json::to_string_pretty(&all)?);
            } else {
                print!("{}", list());
            }
            return Ok(ExitCode::SUCCESS);
        };
        let explanation = match Code::named(name) {
            Ok(code) => code.explanation(),
            Err(Some(nearest)) => bail!("there is no code `{name}`; did you mean {nearest}?"),
            Err(None) => bail!("there is no code `{name}`; `tolmach explain` lists all"),
        };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&explanation)?);
        } else {
            print!("{}", told(&explanation));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list() -> String {
    let width = Code::ALL.iter().map(|code| code.text().len()).max().unwrap_or_default();
    let line = |code: &Code| {
        format!("{:width$}  {:7}  {}\n", code.text(), word(code.severity()), code.meaning().trim())
    };
    Code::ALL.iter().map(line).collect()
}

fn told(explanation: &Explanation) -> String {
    let Explanation { code, severity, meaning, about, broken, mended } = explanation;
    format!(
        "{}[{code}]: {meaning}\n\n{about}\n\nRaises it:\n{}\nMended:\n{}",
        word(*severity),
        files(broken),
        files(mended)
    )
}

fn files(files: &BTreeMap<&str, &str>) -> String {
    let file = |(path, text): (&&str, &&str)| {
        let lines: String = text.lines().map(|line| format!("    {line}\n")).collect();
        format!("\n  {path}\n\n{lines}")
    };
    files.iter().map(file).collect()
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
