//! `tolmach schema`: the JSON Schemas with which editors complete and check the files of a bundle.

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value};
use tolmach_app::schemas::{self, SchemaFile};
use tolmach_engine::diagnostic::nearest;

use crate::{assemble::bundle_folder, config::Config};

/// Write the schemas with which editors check flows, tests and the other files of a bundle.
#[derive(Debug, Args)]
pub struct Schema {
    /// The folder to write them into [default: the configured flows folder]
    dir: Option<PathBuf>,
    /// Print the schema of one kind of file instead: flow, test, company, faq or golden
    #[arg(long, value_name = "KIND", conflicts_with_all = ["dir", "json"])]
    print: Option<String>,
    /// Print all schemas as one JSON object instead, by kind
    #[arg(long, conflicts_with = "dir")]
    json: bool,
}

impl Schema {
    pub fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let all = schemas::schemas();
        if let Some(kind) = &self.print {
            let Some(schema) = all.iter().find(|schema| schema.name == kind) else {
                let names: Vec<&str> = all.iter().map(|schema| schema.name).collect();
                let near = nearest(kind, names.iter().copied());
                let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
                bail!("there is no schema of `{kind}`; use one of: {}{near}", names.join(", "));
            };
            print!("{}", schema.text());
            return Ok(ExitCode::SUCCESS);
        }
        if self.json {
            let by_kind: Map<String, Value> =
                all.into_iter().map(|schema| (schema.name.to_owned(), schema.schema)).collect();
            println!("{:#}", Value::Object(by_kind));
            return Ok(ExitCode::SUCCESS);
        }
        let folder = self.dir.map_or_else(|| bundle_folder(config), Ok)?;
        if !folder.is_dir() {
            bail!(
                "there is no folder {}; name the folder of a bundle, or make one: tolmach new {0}",
                folder.display()
            );
        }
        let changed = schemas::write(&folder)?;
        for path in &changed {
            println!("{} written", path.display());
        }
        if changed.is_empty() {
            println!("the schemas in {} are current", folder.display());
        }
        print!("{}", modelines(&all));
        Ok(ExitCode::SUCCESS)
    }
}

/// The first lines by which an editor finds the schemas.
fn modelines(all: &[SchemaFile]) -> String {
    let mut text = String::from(
        "\nEditors with a YAML language server read the schema from the first line of a file:\n",
    );
    for schema in all {
        let up = if schema.files.contains('/') { "../" } else { "" };
        let line = format!("# yaml-language-server: $schema={up}{}", schema.file());
        text.push_str(&format!("  {:<19} {line}\n", schema.files));
    }
    text
}
