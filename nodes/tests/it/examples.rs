//! Every kind's own example compiles without a finding and does what it says.

use tolmach_engine::{compile, schema::flow_schema};
use tolmach_nodes::KINDS;

use crate::support::{Chat, bundle, release};

#[test]
fn examples_compile_and_run() {
    for kind in KINDS {
        let mut files = vec![("example.yaml", kind.example)];
        files.extend(kind.besides);
        let findings = compile(&bundle(&files), KINDS).findings;
        assert!(findings.is_empty(), "{}: {}", kind.name, findings[0]);
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

/// The schema that editors use is the one of the types. Run with UPDATE_GENERATED=1 to write it anew.
#[test]
fn the_committed_schema_is_true() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../flows/flow.schema.json");
    let generated = format!("{}\n", serde_json::to_string_pretty(&flow_schema(KINDS)).unwrap());
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == generated,
        "flows/flow.schema.json is stale: run `UPDATE_GENERATED=1 cargo test -p tolmach-nodes`"
    );
}
