//! `tolmach suggest`: proposals for client messages without an intent.

use serde_json::{Value, json};

use crate::support::Home;

const SHOP: &str = "\
flow: shop
start: route
languages: [en]
slots:
  contact: { type: contact, personal: true }
nodes:
  route:
    classify:
      min_confidence: 1.0
      intents:
        delivery:
          description: delivery of an order
          examples: [do you deliver to other cities, how much is delivery, when will my parcel arrive]
        goods:
          description: looks for tools
          examples: [I need a drill, do you have pumps, how much is a generator]
        manager: { description: wants a person, examples: [call a manager, a person please] }
    next: { delivery: sorry, goods: sorry, manager: contact, unsure: sorry }
  contact:
    collect_contact: { into: contact }
    next: { done: sorry, cancelled: sorry, gave_up: sorry }
  sorry:
    say: { text: I do not know. }
";

fn suggest(home: &Home, more: &[&str]) -> Value {
    home.tolmach(&[&["suggest", "--json"], more].concat()).run().ok().json()
}

#[test]
fn unsure_messages_become_examples_and_intents() {
    let home = Home::ready();
    home.write("flows/shop.yaml", SHOP);
    for (name, lines) in [
        ("one", "are you hiring\nAre you hiring?\nwill a courier bring my parcel\n"),
        ("two", "are you hiring drivers\nis your shop hiring\nmy e-mail is john@example.com\n"),
        ("three", "call a manager\nmy secret words\n"),
    ] {
        home.tolmach(&["chat", "--lang", "en", "--chat", name]).stdin(lines).run().ok();
    }
    let report = suggest(&home, &[]);
    assert_eq!(
        (&report["messages"], &report["different"], &report["private"]),
        (&json!(5), &json!(4), &json!(1)),
        "{report}"
    );
    let jobs = &report["clusters"][0];
    assert_eq!((&jobs["node"], &jobs["count"]), (&json!("shop.route"), &json!(4)), "{report}");
    assert_eq!(jobs["example"], "Are you hiring?");
    assert_eq!(jobs["add"], "new_intent", "{report}");
    let delivery = &report["clusters"][1];
    assert_eq!((&delivery["add"], &delivery["likeliest"]["intent"]), (&json!("example"), &json!("delivery")));
    assert_eq!(delivery["yaml"], "- \"will a courier bring my parcel\"");

    let said = home.tolmach(&["suggest"]).run().ok().stdout;
    for part in [
        "5 messages ended in `unsure`, 4 different, in 2 groups",
        "4 messages at shop.route: «Are you hiring?»",
        "add as an example of `delivery`",
        "messages not shown, personal data or meant for a person: 1",
    ] {
        assert!(said.contains(part), "«{part}» is not in:\n{said}");
    }
    for private in ["john", "secret"] {
        assert!(!said.contains(private) && !report.to_string().contains(private), "{said}");
    }

    let first = suggest(&home, &["--limit", "1", "--node", "shop.route", "--since", "1h"]);
    assert_eq!((first["clusters"].as_array().map(Vec::len), &first["more"]), (Some(1), &json!(1)), "{first}");
    home.tolmach(&["suggest", "--node", "shop.rout"]).run().fails_with(&["shop.rout", "FLOW.NODE"]);
    assert_eq!(home.tolmach(&["suggest", "--since", "soon"]).run().code, Some(2));

    // A message that was added as an example is not proposed again.
    let line = "examples: [do you deliver to other cities,";
    home.write("flows/shop.yaml", SHOP.replace(line, &format!("{line} will a courier bring my parcel,")));
    home.tolmach(&["release", "publish", "--note", "delivery"]).run().ok();
    let report = suggest(&home, &[]);
    assert_eq!((&report["messages"], report["clusters"].as_array().map(Vec::len)), (&json!(4), Some(1)));
}

#[test]
fn nothing_to_suggest_is_said() {
    let home = Home::ready();
    home.write("flows/shop.yaml", SHOP);
    home.tolmach(&["chat", "--lang", "en"]).stdin("call a manager\n").run().ok();
    assert_eq!(home.tolmach(&["suggest"]).run().ok().stdout, "no message ended in `unsure`\n");
    assert_eq!(suggest(&home, &[])["clusters"], json!([]));
}
