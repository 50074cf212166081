//! `tolmach schema`: the schemas that editors use.

use super::shop;

#[test]
fn schemas_are_written_and_printed() {
    let home = shop("");
    let first = home.tolmach(&["schema"]).run().ok();
    for part in [
        "flow.schema.json written",
        "test.schema.json written",
        "# yaml-language-server: $schema=../test.schema.json",
        "# yaml-language-server: $schema=company.schema.json",
    ] {
        assert!(first.stdout.contains(part), "«{part}» is not in:\n{}", first.stdout);
    }
    let again = home.tolmach(&["schema"]).run().ok();
    assert!(again.stdout.contains("are current") && !again.stdout.contains("written"), "{}", again.stdout);
    // The schemas are no part of the bundle.
    home.tolmach(&["check"]).run().ok();
    home.tolmach(&["schema", "elsewhere"]).run().fails_with(&["there is no folder elsewhere"]);
    assert!(!home.path("elsewhere").exists(), "nothing is made for a misspelt name");
    std::fs::create_dir(home.path("elsewhere")).expect("made");
    home.tolmach(&["schema", "elsewhere"]).run().ok();
    let written = std::fs::read_to_string(home.path("elsewhere/faq.schema.json")).expect("written");
    let printed = home.tolmach(&["schema", "--print", "faq"]).run().ok();
    assert_eq!(printed.stdout, written);
    let all = home.tolmach(&["schema", "--json"]).run().json();
    assert!(["flow", "test", "company", "faq", "golden"].iter().all(|name| all[name].is_object()), "{all}");
    let wrong = home.tolmach(&["schema", "--print", "tests"]).run();
    assert!(wrong.code == Some(1) && wrong.stderr.contains("did you mean test?"), "{wrong:?}");
}
