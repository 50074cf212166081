//! The audit log: actors of publications, imports and handoffs, as printed by `tolmach audit list`.

use std::fs;

use serde_json::{Value, json};

use crate::{
    page::Page,
    staff,
    support::{Home, Ran},
};

fn run(home: &Home, args: &[&str]) -> Ran {
    // Without a git user name, the system's user is the actor.
    home.tolmach(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("USER", "root")
        .run()
}

fn rows(home: &Home, args: &[&str]) -> Vec<Value> {
    let listed = run(home, &[&["audit", "list", "--json"], args].concat()).ok().json();
    listed.as_array().expect("a list").clone()
}

/// Action, actor and result of rows, oldest first.
fn told(rows: &[Value]) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told =
        |row: &Value| (text(&row["action"]), text(&row["actor"]["id"]), text(&row["result"]["result"]));
    rows.iter().rev().map(told).collect()
}

fn expected(rows: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    rows.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

/// Publishing, importing and rolling back, on the database that `home` is configured for.
pub fn releases_and_price_lists(home: &Home) {
    run(home, &["release", "publish", "--author", "Анна", "--note", "the first"]).ok();
    let first = run(home, &["release", "list", "--json"]).ok().json()[0]["release"].clone();
    let text = fs::read_to_string(home.path("flows/shop.yaml")).expect("read");
    home.write("flows/shop.yaml", text.replace("Снова бот.", "Снова я."));
    // No change, so no row.
    run(home, &["release", "publish", "--dry-run"]).ok();
    run(home, &["release", "publish", "--author", "Пётр"]).ok();
    run(home, &["release", "publish", "--author", "Пётр"]).ok();
    home.write("flows/shop.yaml", text.replace("start: hello", "start: helo"));
    run(home, &["release", "publish", "--author", "Пётр"]).fails_with(&["do not compile"]);
    home.write("flows/shop.yaml", text.replace("Снова бот.", "Снова я."));
    run(home, &["release", "rollback", "--note", "too early"]).ok();
    run(home, &["release", "export", "current", "out.zip"]).ok();
    run(home, &["release", "import", "out.zip"]).ok();
    run(home, &["release", "import", "none.zip"]).fails_with(&["there is no none.zip"]);
    let releases = rows(home, &["--action", "release."]);
    assert_eq!(
        told(&releases),
        expected(&[
            ("release.publish", "Анна", "done"),
            ("release.publish", "Пётр", "done"),
            ("release.publish", "Пётр", "failed"),
            ("release.rollback", "root", "done"),
            ("release.import", "root", "failed"),
        ])
    );
    let publish = releases.last().expect("a row");
    assert_eq!((&publish["object"], &publish["actor"]["via"]), (&first, &json!("cli")), "{publish}");
    assert_eq!(publish["details"]["note"], "the first");
    assert_eq!(releases[1]["object"], first, "rolled back to the first: {}", releases[1]);
    assert_eq!(releases[2]["result"]["why"], "the flows do not compile; nothing changed");
    assert_eq!(rows(home, &["--actor", "Анна"]).len(), 1);
    assert_eq!(rows(home, &["--object", first.as_str().expect("an id")]).len(), 2);

    home.write("supplier.csv", "Артикул;Наименование;Цена\nA-1;Насос;5\nA-2;Кран;7\n");
    run(home, &["catalog", "import", "supplier.csv"]).ok();
    home.write("broken.csv", "no table");
    run(home, &["catalog", "import", "broken.csv"]).fails_with(&["broken.csv"]);
    run(home, &["catalog", "rollback"]).ok();
    let lists = rows(home, &["--action", "catalog."]);
    assert_eq!(
        told(&lists),
        expected(&[
            ("catalog.import", "root", "done"),
            ("catalog.import", "root", "failed"),
            ("catalog.rollback", "root", "done"),
        ])
    );
    let imported = &lists[2];
    assert_eq!(
        (&imported["object"], &imported["details"]["items"]),
        (&json!("supplier"), &json!(2)),
        "{imported}"
    );
    assert_eq!(lists[1]["object"], "broken");
    assert_eq!(rows(home, &["--limit", "2"]).len(), 2);
    let table = run(home, &["audit", "list"]).ok().stdout;
    assert!(table.contains("catalog.rollback") && table.contains("failed: "), "{table}");
}

#[test]
fn publications_and_imports_are_audited() {
    releases_and_price_lists(&staff::home());
}

#[test]
fn an_import_creates_the_audit_log_and_an_invalid_file_creates_nothing() {
    let home = Home::new();
    home.write("broken.csv", "no table");
    run(&home, &["catalog", "import", "broken.csv"]).fails_with(&["broken.csv"]);
    assert_eq!(home.names(), ["broken.csv"]);
    run(&home, &["audit", "list"]).fails_with(&["holds no database yet"]);
    home.write("supplier.csv", "Артикул;Наименование;Цена\nA-1;Насос;5\n");
    run(&home, &["catalog", "import", "supplier.csv"]).ok();
    assert_eq!(told(&rows(&home, &[])), expected(&[("catalog.import", "root", "done")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn handoffs_are_audited_without_message_texts() {
    let home = staff::home();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = Page::new(&server, "ru").await;
    assert_eq!(page.ask("1", "/start").await["text"], "Здравствуйте!");
    run(&home, &["handoff", "take", "web:"]).ok();
    run(&home, &["handoff", "say", "web:", "Пароль 12345, это Пётр"]).ok();
    run(&home, &["handoff", "return", "web:"]).ok();
    run(&home, &["handoff", "return", "web:"]).fails_with(&["already"]);
    run(&home, &["handoff", "say", "Пароль 12345", "web:"]).fails_with(&["no chat"]);
    server.terminate();
    let rows = rows(&home, &["--action", "handoff."]);
    assert_eq!(
        told(&rows),
        expected(&[
            ("handoff.take", "root", "done"),
            ("handoff.say", "root", "done"),
            ("handoff.return", "root", "done"),
            ("handoff.return", "root", "failed"),
            ("handoff.say", "root", "failed"),
        ])
    );
    assert!(rows[4]["object"].as_str().is_some_and(|chat| chat.starts_with("web:")), "{}", rows[4]);
    let all = self::rows(&home, &[]);
    assert!(!Value::from(all.clone()).to_string().contains("12345"), "{all:?}");
    let first = all.last().expect("a row");
    assert_eq!(
        (&first["action"], &first["actor"]["via"]),
        (&json!("release.publish"), &json!("system")),
        "{first}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_import_is_audited_with_the_actor_who_queued_it() {
    let home = staff::home();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    home.write("later.csv", "Артикул;Наименование;Цена\nA-1;Насос;5\n");
    run(&home, &["catalog", "import", "later.csv", "--later"]).ok();
    server.health_until(|health| health["catalogue"]["items"] == 1).await;
    server.terminate();
    let lists = rows(&home, &["--object", "later"]);
    let by: Vec<(&Value, &Value)> =
        lists.iter().rev().map(|row| (&row["action"], &row["actor"]["via"])).collect();
    assert_eq!(
        by,
        [(&json!("catalog.import_later"), &json!("cli")), (&json!("catalog.import"), &json!("cli")),],
        "the server acts in the name of whoever asked it"
    );
}
