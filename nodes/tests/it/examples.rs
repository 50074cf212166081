//! Every kind's own example compiles without a diagnostic and does what it says.

use tolmach_engine::{
    compile,
    reference::{diagnostics_page, reference},
    schema::flow_schema,
};
use tolmach_nodes::KINDS;

use crate::support::{Chat, bundle, release};

#[test]
fn examples_compile_and_run() {
    for kind in KINDS {
        let mut files = vec![("example.yaml", kind.example)];
        files.extend(kind.example_files);
        let diagnostics = compile(&bundle(&files), &tolmach_nodes::platform()).diagnostics;
        assert!(diagnostics.is_empty(), "{}: {}", kind.name, diagnostics[0]);
        assert!(kind.example.contains(&format!("{}:", kind.name)), "{} does not show itself", kind.name);

        let mut chat = Chat::new(release(&files));
        let (messages, path) = kind.example_path;
        let mut visited = Vec::new();
        for message in messages {
            chat.says(message);
            for node in chat.path() {
                if visited.last().is_none_or(|last| last != node) {
                    visited.push(node.to_owned());
                }
            }
        }
        assert_eq!(visited, path, "{}: {:?}", kind.name, chat.trace);
    }
}

#[test]
fn documented_exits_are_those_of_the_example() {
    for kind in KINDS {
        let mut files = vec![("example.yaml", kind.example)];
        files.extend(kind.example_files);
        let release = release(&files);
        let flow = &release.flows["example"];
        let entry = flow.nodes.values().find(|entry| entry.kind.name == kind.name).unwrap();
        let exits: Vec<String> = entry.node.exits().into_iter().map(|exit| exit.name).collect();
        let fixed: Vec<&str> =
            kind.exits.iter().map(|(name, _)| *name).filter(|name| !name.starts_with('<')).collect();
        let own = exits.iter().filter(|exit| !fixed.contains(&exit.as_str())).count();
        let placeholder = kind.exits.iter().any(|(name, _)| name.starts_with('<'));
        assert_eq!(own > 0, placeholder, "{}: {exits:?}", kind.name);
        assert!(fixed.iter().all(|name| exits.iter().any(|exit| exit == name)), "{}: {exits:?}", kind.name);
    }
}

#[test]
fn every_field_of_every_kind_is_documented() {
    let schema = flow_schema(KINDS);
    let bodies = schema["properties"]["nodes"]["additionalProperties"]["properties"].as_object().unwrap();
    for (kind, body) in bodies {
        assert!(body["description"].is_string(), "{kind} has no documentation");
        for (field, schema) in body["properties"].as_object().into_iter().flatten() {
            assert!(schema["description"].is_string(), "{kind}.{field} has no documentation");
        }
    }
}

/// The schema that editors use is the one of the types.
#[test]
fn the_committed_schema_is_true() {
    is_true("flows/flow.schema.json", &serde_json::to_string_pretty(&flow_schema(KINDS)).unwrap());
}

/// The reference that people read is the one of the types.
#[test]
fn the_committed_reference_is_true() {
    is_true("docs/flow-reference.md", reference(KINDS, tolmach_nodes::PHRASES).trim_end());
}

/// The long explanations that people read are those of the program.
#[test]
fn the_committed_diagnostics_are_true() {
    is_true("docs/diagnostics.md", diagnostics_page().trim_end());
}

/// Run with UPDATE_GENERATED=1 to write the file anew.
fn is_true(file: &str, generated: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let generated = format!("{generated}\n");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == generated, "{file} is stale: run `UPDATE_GENERATED=1 cargo test -p tolmach-nodes`");
}
