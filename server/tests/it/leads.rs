//! The life cycle of a lead on the command line.

use serde_json::{Value, json};

use crate::{page::Page, support::Home};

/// Creates a chat that leaves its phone number; returns the page and the lead's id.
async fn lead(home: &Home) -> (Page, String) {
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = Page::new(&server, "ru").await;
    page.ask("1", "ищу перфоратор").await;
    page.press("2", "Связаться с менеджером").await;
    page.ask("3", "Анна 8 999 123-45-67").await;
    server.terminate();
    let leads = home.tolmach(&["leads", "--json"]).run().ok().json();
    (page, leads[0]["id"].as_str().expect("a lead").to_owned())
}

#[tokio::test]
async fn a_closed_lead_is_followed_by_a_new_one() {
    let home = Home::ready();
    let (page, id) = lead(&home).await;
    let set = |more: &[&str]| {
        let args = [&["leads", "set", &id[..20], "--by", "Ольга", "--json"], more].concat();
        home.tolmach(&args).run()
    };
    let taken = set(&["--status", "taken", "--note", "перезвонить"]).ok().json();
    assert_eq!((&taken["status"], &taken["assignee"]), (&json!("taken"), &json!("Ольга")));
    let listed =
        home.tolmach(&["leads", "list", "--status", "new,taken", "--assignee", "Ольга"]).run().ok().stdout;
    assert!(listed.contains("(taken, Ольга) Анна") && listed.contains("+79991234567"), "{listed}");
    let none = home.tolmach(&["leads", "list", "--status", "won", "--json"]).run().ok().json();
    assert_eq!(none, json!([]));

    let shown = home.tolmach(&["leads", "show", &id]).run().ok().stdout;
    for word in [
        "new -> taken",
        "note: перезвонить",
        "assigned to Ольга (was nobody)",
        "created by form",
        "+79991234567  (form,",
    ] {
        assert!(shown.contains(word), "«{word}» is not in:\n{shown}");
    }
    set(&["--status", "won"]).ok();

    // The same client asks again: a new lead.
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = Page::back(&server, &page.token).await;
    page.press("4", "Связаться с менеджером").await;
    page.press("5", "Указать другой").await;
    page.ask("6", "Анна 8 999 123-45-68").await;
    server.terminate();
    let leads = home.tolmach(&["leads", "--json"]).run().ok().json();
    let seen: Vec<(&Value, &Value)> = leads
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (&row["status"], &row["lead"]["contact"]["phone"]))
        .collect();
    assert_eq!(seen, [(&json!("new"), &json!("+79991234568")), (&json!("won"), &json!("+79991234567"))]);
    // A chat has at most one open lead.
    set(&["--status", "taken"])
        .fails_with(&["has another open one", leads[0]["id"].as_str().unwrap_or_default()]);
    let audit = home.tolmach(&["audit", "list", "--action", "lead.", "--json"]).run().ok().json();
    let results: Vec<&Value> =
        audit.as_array().expect("a list").iter().map(|row| &row["result"]["result"]).collect();
    assert_eq!(results, ["failed", "done", "done"], "{audit}");
    assert!(!audit.to_string().contains("перезвонить"), "a note is for the lead's history: {audit}");
}

#[test]
fn invalid_changes_are_reported() {
    let home = Home::ready();
    home.write(
        "flows/shop.yaml",
        "flow: shop\nstart: hello\nlanguages: [ru]\nnodes:\n  hello:\n    say: { text: Здравствуйте! }\n",
    );
    home.tolmach(&["release", "publish"]).run().ok();
    let leads = |args: &[&str]| home.tolmach(&[&["leads"], args].concat()).run();
    leads(&["set", "nope", "--status", "won"]).fails_with(&["there is no lead `nope`", "tolmach leads"]);
    leads(&["show", ""]).fails_with(&["there is no lead ``"]);
    leads(&["set", "nope"]).fails_with(&["nothing to change", "--status"]);
    let wrong = leads(&["set", "nope", "--status", "sold"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("new, taken, won, lost, spam, duplicate"), "{}", wrong.stderr);
}
