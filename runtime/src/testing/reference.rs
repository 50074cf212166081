//! The reference of dialog tests as Markdown, from the types that read them, with an example of each field that a test runs.

use serde_json::Value;
use tolmach_engine::{reference::field_tables, schema::list_schema};

use super::dialog::Dialog;

/// The flow that the examples talk to.
pub const EXAMPLE_FLOW: &str = include_str!("examples/shop.yaml");
/// The examples: a test for each field, named `given.FIELD`, `step.FIELD` or `expect.FIELD`.
pub const EXAMPLES: &str = include_str!("examples/examples.test.yaml");

/// The schema of a test file.
pub fn test_schema() -> Value {
    list_schema::<Dialog>(
        "Dialog tests of Tolmach",
        "A list of tests: what clients do, and what must come of it.",
    )
}

const HEAD: &str = "\
# Test reference

Written by the program from its own types: run `UPDATE_GENERATED=1 cargo test -p tolmach-app` after a change. For a way in, read
the [guide](guide.md).

A **dialog test** is an entry of a file `tests/NAME.test.yaml` of a bundle. `tolmach test` runs them on the real runtime with a
clock, a language model and other systems of their own: nothing costs money, waits or leaves the machine. Each example below is
run by a test; all talk to the flow at the [end](#the-flow-of-the-examples).

A test that fails shows the expectation and what was found, the dialog up to there, and why the nodes of the step took the exits
that they took: the conditions of a branch with the values in them, the scores of a classifier with the bound that was missed, the
rows of a search. A step without `fault` fails if a node has one.
";

/// The parts of a test: the name of the definition, the title, what the examples are named after, and a few words.
const PARTS: [(&str, &str, &str, &str); 3] = [
    ("Given", "Given", "given", "Where the test begins."),
    (
        "Step",
        "Steps",
        "step",
        "A step is exactly one of `client`, `edit`, `press`, `command`, `contact`, `photo`, `voice`, `sends`, `staff` and `after`; \
         beside it may stand `who`, `means` and `expect`.",
    ),
    (
        "Expect",
        "Expectations",
        "expect",
        "What has to hold after a step, of everything that happened in it. What is not written is not checked, except that no node \
         may have a fault.",
    ),
];

/// The whole reference.
pub fn reference() -> String {
    let schema = test_schema();
    let mut page = HEAD.to_owned();
    page.push_str("\n## A test\n\n| field | meaning |\n|---|---|\n");
    for (name, field) in fields(&schema["$defs"]["Dialog"]) {
        page.push_str(&format!("| `{name}` | {} |\n", described(field).replace('|', "\\|")));
    }
    for (definition, title, prefix, words) in PARTS {
        page.push_str(&format!("\n## {title}\n\n{words}\n"));
        for (name, field) in fields(&schema["$defs"][definition]) {
            // `expect` has a part of its own.
            if definition == "Step" && name == "expect" {
                continue;
            }
            page.push_str(&format!("\n### {prefix}: {name}\n\n{}\n", described(field)));
            let tables =
                forms(&schema, field).map(|form| field_tables(&schema, form)).find(|text| !text.is_empty());
            page.extend(tables.map(|tables| format!("\n{tables}")));
            if let Some(example) = example(&format!("{prefix}.{name}")) {
                page.push_str(&format!("\n```yaml\n{example}```\n"));
            }
        }
    }
    page.push_str(&format!("\n## The flow of the examples\n\n```yaml\n{EXAMPLE_FLOW}```\n"));
    page
}

fn fields(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object["properties"].as_object().into_iter().flatten().map(|(name, field)| (name.as_str(), field))
}

fn described(field: &Value) -> String {
    field["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The maps with fields of their own that a field may be, or may be a list or a map of.
fn forms<'s>(schema: &'s Value, field: &'s Value) -> impl Iterator<Item = &'s Value> {
    let mut open = vec![field];
    let mut found = Vec::new();
    while let Some(form) = open.pop() {
        if let Some(name) = form["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            open.push(&schema["$defs"][name]);
        }
        open.extend(["anyOf", "oneOf"].into_iter().filter_map(|key| form[key].as_array()).flatten());
        open.extend(
            ["items", "additionalProperties"]
                .into_iter()
                .map(|key| &form[key])
                .filter(|part| part.is_object()),
        );
        if form["properties"].is_object() {
            found.push(form);
        }
    }
    found.into_iter()
}

/// The text of the example with this name.
fn example(name: &str) -> Option<&'static str> {
    let head = format!("- name: {name}\n");
    let begin = EXAMPLES.find(&head)?;
    let rest = EXAMPLES.get(begin..)?;
    let end = rest.get(1..)?.find("\n- name: ").map_or(rest.len(), |at| at + 2);
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field without documentation or without an example would be unknown to everybody who reads the reference.
    #[test]
    fn every_field_has_documentation_and_an_example() {
        let schema = test_schema();
        for (definition, _, prefix, _) in PARTS {
            let names: Vec<&str> = fields(&schema["$defs"][definition]).map(|(name, _)| name).collect();
            assert!(names.len() > 5, "{definition}: {names:?}");
            for (name, field) in fields(&schema["$defs"][definition]) {
                assert!(!described(field).is_empty(), "{prefix}.{name} is not documented");
                if (definition, name) != ("Step", "expect") {
                    let shown = example(&format!("{prefix}.{name}"));
                    assert!(shown.is_some_and(|text| text.contains(&format!("{name}:"))), "{prefix}.{name}");
                }
                for form in forms(&schema, field) {
                    for (inner, field) in fields(form).filter(|(_, field)| field["deprecated"] != true) {
                        let language = ["ru", "en"].contains(&inner);
                        assert!(
                            language || !described(field).is_empty(),
                            "{prefix}.{name}.{inner} is not documented"
                        );
                    }
                }
            }
        }
    }
}
