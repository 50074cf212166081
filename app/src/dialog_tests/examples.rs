//! The examples of the test reference, run.

use std::path::Path;

use tolmach_engine::bundle::Bundle;
use tolmach_runtime::testing::{EXAMPLE_FLOW, EXAMPLES, reference};

use super::run_all;

fn bundle() -> Bundle {
    let files = [
        ("shop.yaml", EXAMPLE_FLOW),
        ("prompts/about.md", "Answer politely."),
        ("knowledge/shop.md", "# Parking\n\nCars may be left behind the house.\n"),
        ("images/shop.png", "tolmach-image 0123456789abcdef0123456789abcdef image/png 1234 640x480\n"),
        ("tests/examples.test.yaml", EXAMPLES),
    ];
    Bundle { files: files.map(|(name, text)| (name.to_owned(), text.to_owned())).into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_reference_passes() {
    let platform = tolmach_nodes::platform();
    let checked = crate::check::check(&bundle(), &platform);
    let said: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(said, Vec::<String>::new());
    let all = run_all(&bundle(), &platform, Path::new(""), None, false).await.unwrap();
    let failed: Vec<_> = all.failures().map(|one| (&one.name, &one.failure)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(all.passed() > 30, "{}", all.passed());
}

/// Run with UPDATE_GENERATED=1 to write the file anew.
#[test]
fn the_committed_test_reference_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/test-reference.md");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, reference()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let stale = "docs/test-reference.md is stale: run `UPDATE_GENERATED=1 cargo test -p tolmach-app`";
    assert!(committed == reference(), "{stale}");
}
