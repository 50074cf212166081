//! The JSON Schemas of the files of a bundle, for editors: written into its folder, where the first lines of its files name them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tolmach_engine::{
    resources::QuickAnswer,
    schema::{company_schema, flow_schema, list_schema},
};
use tolmach_nodes::KINDS;
use tolmach_runtime::{GoldenQuestion, testing::test_schema};

/// A schema.
#[derive(Clone, Debug)]
pub struct SchemaFile {
    /// What it is of, as the command names it.
    pub name: &'static str,
    /// The files of a bundle that it is of.
    pub files: &'static str,
    /// The schema.
    pub schema: Value,
}

impl SchemaFile {
    /// The name of its own file.
    pub fn file(&self) -> String {
        format!("{}.schema.json", self.name)
    }

    /// Its text.
    pub fn text(&self) -> String {
        format!("{:#}\n", self.schema)
    }
}

/// Every schema, in the order in which a bundle is usually read.
pub fn schemas() -> Vec<SchemaFile> {
    let of = |name, files, schema| SchemaFile { name, files, schema };
    let faq = "Questions that many clients ask, each with its answer.";
    let golden = "What must be found in every new catalogue.";
    vec![
        of("flow", "*.yaml", flow_schema(KINDS)),
        of("test", "tests/*.test.yaml", test_schema()),
        of("company", "company.yaml", company_schema()),
        of("faq", "faq/*.yaml", list_schema::<QuickAnswer>("Quick answers of Tolmach", faq)),
        of("golden", "golden/*.yaml", list_schema::<GoldenQuestion>("Golden questions of Tolmach", golden)),
    ]
}

/// A schema cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written", path.display())]
pub struct Unwritable {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Writes every schema into a folder; returns the files that were not the same before.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write(folder: &Path) -> Result<Vec<PathBuf>, Unwritable> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| Unwritable { path, source }
    };
    let mut changed = Vec::new();
    for schema in schemas() {
        let (path, text) = (folder.join(schema.file()), schema.text());
        if fs::read_to_string(&path).is_ok_and(|known| known == text) {
            continue;
        }
        fs::write(&path, text).map_err(failed(&path))?;
        changed.push(path);
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tolmach_engine::config;

    use tolmach_testkit::schema::{self, Unnamed};

    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    fn schema(name: &str) -> Value {
        schemas().into_iter().find(|schema| schema.name == name).expect("a schema").schema
    }

    /// Editors take what a schema does not name for a mistake only where it says so.
    fn faults(schema: &Value, value: &Value) -> Vec<String> {
        schema::faults(schema, schema, value, Unnamed::Allowed)
    }

    /// The YAML of a text as the program reads it.
    fn yaml(text: &str) -> Value {
        let tree = config::parse("x.yaml", text, &mut Vec::new()).expect("YAML");
        config::read("x.yaml", &tree, &mut Vec::new()).expect("a value")
    }

    /// Run with UPDATE_GENERATED=1 to write the files anew.
    #[test]
    fn the_committed_schemas_are_true() {
        let folder = root().join("flows");
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            write(&folder).unwrap();
        }
        for schema in schemas() {
            let committed = fs::read_to_string(folder.join(schema.file())).unwrap_or_default();
            assert!(
                committed == schema.text(),
                "flows/{} is stale: run `UPDATE_GENERATED=1 cargo test -p tolmach-app`",
                schema.file()
            );
        }
    }

    /// Whatever the program accepts, an editor must accept.
    #[test]
    fn every_file_of_the_demo_and_of_the_talk_satisfies_its_schema() {
        let by_name: BTreeMap<&str, Value> =
            schemas().into_iter().map(|schema| (schema.name, schema.schema)).collect();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (folder, name) in [
            ("flows", "flow"),
            ("flows/tests", "test"),
            ("flows/faq", "faq"),
            ("flows/golden", "golden"),
            ("server/tests/talk", "test"),
            ("runtime/src/testing/examples", "test"),
        ] {
            let Ok(entries) = fs::read_dir(root().join(folder)) else { continue };
            for path in entries.map(|entry| entry.unwrap().path()) {
                let file = path.file_name().unwrap().to_string_lossy().into_owned();
                let name = match file.as_str() {
                    "company.yaml" => "company",
                    "shop.yaml" => "flow",
                    _ => name,
                };
                if !file.ends_with(".yaml") {
                    continue;
                }
                let found = faults(&by_name[name], &yaml(&fs::read_to_string(&path).unwrap()));
                assert_eq!(found, Vec::<String>::new(), "{}", path.display());
                *seen.entry(name).or_default() += 1;
            }
        }
        assert!(seen["test"] > 15 && seen["flow"] > 2 && seen["company"] == 1 && seen["faq"] > 0, "{seen:?}");
    }

    /// What the program refuses because of its form, an editor must mark.
    #[test]
    fn broken_files_do_not() {
        for (name, text) in [
            ("flow", "flow: x\nstart: a\nnodes: { a: { say: { txt: hi } } }\n"),
            ("flow", "flow: x\nnodes: { a: { say: { text: hi } } }\n"),
            ("flow", "flow: x\nstart: a\nnodes: { a: { say: { text: hi }, ask: { text: hi, into: a } } }\n"),
            ("flow", "flow: x\nstart: a\nnodes: { a: { say: { text: { de: hi } } } }\n"),
            ("test", "name: x\nsteps: []\n"),
            ("test", "- steps: [{ client: hi }]\n"),
            ("test", "- name: x\n  steps: [{ clent: hi }]\n"),
            ("test", "- name: x\n  steps: [{ client: [] }]\n"),
            ("test", "- name: x\n  steps: [{ press: { label: a, of: 0 } }]\n"),
            ("test", "- name: x\n  steps: [{ press: { label: a, times: 9 } }]\n"),
            ("test", "- name: x\n  steps: [{ staff: leave }]\n"),
            ("test", "- name: x\n  steps: [{ client: a, press: b }]\n"),
            ("test", "- name: x\n  steps: [{ expect: { ends: true } }]\n"),
            ("test", "- name: x\n  steps: [{ after: soon }]\n"),
            ("test", "- name: x\n  steps: [{ client: a, expect: { path: {} } }]\n"),
            ("test", "- name: x\n  steps: [{ client: a, expect: { understood: { confidence: 5 } } }]\n"),
            ("test", "- name: x\n  given: { catalogue: some }\n  steps: [{ client: a }]\n"),
            ("test", "- name: x\n  given: { catalogue: [{ price: 5 }] }\n  steps: [{ client: a }]\n"),
            ("test", "- name: x\n  given: { now: tomorrow }\n  steps: [{ client: a }]\n"),
            ("test", "- name: x\n  given: { llm: online }\n  steps: [{ client: a }]\n"),
            ("test", "- name: x\n  given: { client: { name: Ann } }\n  steps: [{ client: a }]\n"),
            ("company", "- name\n"),
            ("company", "hours: { de: 9 }\n"),
            ("faq", "- questions: when\n  answer: now\n"),
            ("faq", "- questions: [when]\n"),
            ("golden", "- query: pump\n  expect: [P-1]\n  within: 0\n"),
        ] {
            assert!(!faults(&schema(name), &yaml(text)).is_empty(), "{name} takes\n{text}");
        }
    }
}
