//! What the program offers flows: the channels' limits, and the model roles of the configuration.

use crate::support::Home;

const ROLES: &str = "\
[llm]
base_url = 'http://127.0.0.1:9/v1'
model = 'small'
roles.writer.model = 'large'
";

const FLOW: &str = "\
flow: shop
start: hello
nodes:
  hello:
    say: { text: { ru: Привет, en: Hello } }
";

#[test]
fn the_platform_of_tests_has_the_limits_that_the_channels_declare() {
    assert_eq!(tolmach_nodes::platform().channels, tolmach_channels::ALL);
}

#[test]
fn a_published_release_is_served_when_its_role_is_no_longer_configured() {
    let home = Home::ready();
    home.write("tolmach.toml", ROLES);
    home.write("flows/shop.yaml", FLOW);
    home.write("flows/prompts/offer.md", "---\nmodel: writer\n---\nBe brief.\n");
    home.tolmach(&["check"]).run().ok();
    home.tolmach(&["release", "publish"]).run().ok();
    home.tolmach(&["chat", "--script", "-"]).stdin("hello\n").run().ok();

    home.write("tolmach.toml", "");
    let checked = home.tolmach(&["check"]).run();
    assert!(checked.code == Some(1) && checked.stdout.contains("unknown-role"), "{checked:?}");
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    drop(server);
    let shown = home.tolmach(&["release", "show", "current", "--json"]).run().ok().json();
    assert_eq!(shown["usable"], true, "{shown}");

    home.write("flows/shop.yaml", FLOW.replace("Hello", "Good day"));
    let diff = home.tolmach(&["release", "diff"]).run().ok().stdout;
    assert!(diff.contains("changed hello"), "{diff}");
    home.tolmach(&["release", "publish"]).run().fails_with(&["writer"]);
    home.tolmach(&["replay", "--since", "1d"]).run().ok();
}
