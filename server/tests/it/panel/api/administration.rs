//! Administration by the API: what is read has no secret, and a publication moves waiting chats as it is asked to.

use serde_json::{Value, json};

use super::{Panel, Program, token};
use crate::{page::Page, support::Home};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administration_is_read_without_secrets_and_waiting_chats_are_moved_as_asked() {
    let home = Home::ready();
    home.write(
        "tolmach.toml",
        "[limits.address]\nrequests = 1000000\n[smtp]\nhost = \"mail.example.com\"\nfrom = \"bot@example.com\"\nusername = \"bot\"\npassword = \"top-secret-of-the-mail\"\n",
    );
    home.write(
        "flows/shop.yaml",
        "flow: shop\nstart: size\nslots: { size: { type: text } }\nnodes:\n  size:\n    ask: { text: { ru: Размер?, en: Size? }, into: size }\n    next: { done: thanks, cancelled: thanks, gave_up: thanks }\n  thanks:\n    say: { text: { ru: Спасибо, en: Thanks } }\n",
    );
    let panel = Panel::in_home(home, &[]).await;
    let owner = Program::new(&panel.address, &token(&panel.home, "Olga", "all", &[]));
    let told = |arguments: &[&str]| panel.home.tolmach(arguments).run().ok().json();

    // People: as the command lists them, with tokens, and no hash of anything.
    let people = owner.get("/admin/api/people").await;
    let listed = told(&["admin", "list", "--json"]);
    assert_eq!(people.json(), listed);
    let olga = listed.as_array().expect("people").iter().find(|one| one["name"] == "Olga").expect("Olga");
    let one = owner.get(&format!("/admin/api/people/{}", olga["id"].as_str().expect("an id"))).await;
    assert_eq!(one.json(), told(&["admin", "show", "Olga"]));
    assert_eq!(one.json()["tokens"][0]["name"], "all");
    assert_eq!(owner.get("/admin/api/people/Olga").await.status, 404, "an id only");
    // The database: a table, a row; of what is masked only that it is there.
    let rows = owner.get("/admin/api/data/accounts?column=name&contains=lg").await;
    let table = &rows.json()["table"]["columns"];
    let secret =
        table.as_array().expect("columns").iter().position(|one| one["name"] == "password").expect("it");
    let row = &rows.json()["rows"][0];
    assert_eq!((&row["values"][secret], &row["hidden"][secret]), (&Value::Null, &json!(true)), "{row}");
    assert_eq!(rows.json()["rows"].as_array().map(Vec::len), Some(1));
    for answer in [&people, &one, &rows] {
        assert!(!answer.text.contains("argon2") && !answer.text.contains(&owner.token), "{answer:?}");
    }
    // Settings: as the command shows those that may change, never the password.
    let settings = owner.get("/admin/api/settings").await;
    assert!(!settings.text.contains("top-secret"), "{settings:?}");
    let shown = told(&["config", "show", "--json"]);
    for setting in settings.json().as_array().expect("settings") {
        assert!(shown.as_array().expect("settings").contains(setting), "{setting}");
    }
    let password = settings
        .json()
        .as_array()
        .and_then(|all| all.iter().find(|one| one["key"] == "smtp.password").cloned());
    let password = password.expect("the password's row");
    assert!(password["value"].as_str().is_some_and(|value| value.starts_with("set")), "{password}");
    let system = owner.get("/admin/api/system").await.json();
    let status = told(&["status", "--json"]);
    assert_eq!(
        (&system["version"], &system["release"]["id"]),
        (&status["version"], &status["release"]["id"])
    );
    assert_eq!(
        owner.get("/admin/api/experiments?days=30").await.json(),
        told(&["goals", "--since", "30d", "--json"])
    );
    for (path, key) in [
        ("/admin/api/experiments?days=0", "error.limit"),
        ("/admin/api/data/accounts?column=password&is=x", "data.no_column"),
        ("/admin/api/data/accounts?is=x", "error.filter"),
        ("/admin/api/data/accounts?column=name&is=x&contains=y", "error.filter"),
        ("/admin/api/data/accounts?offset=4000000000", "error.limit"),
        ("/admin/api/data/accounts/row?key=x", "error.key"),
    ] {
        let refused = owner.get(path).await;
        assert_eq!((refused.status, refused.json()["key"].as_str()), (422, Some(key)), "{path}: {refused:?}");
    }
    assert_eq!(owner.get("/admin/api/data/nothing").await.status, 404);

    // A chat waits at a node that goes: a dry run tells where, and the publication moves it.
    let mut page = Page::new(&panel.server, "en").await;
    page.ask("m1", "hello").await;
    assert_eq!(page.ask("m2", "again").await["text"], "Size?");
    let draft = owner.post("/admin/api/drafts", &json!({ "title": "Bigger" })).await.json();
    let draft = format!("/admin/api/drafts/{}", draft["id"].as_str().expect("an id"));
    let flow = owner.get(&format!("{draft}/file?path=shop.yaml")).await.json()["text"]
        .as_str()
        .expect("a text")
        .to_owned();
    let flow = flow.replace("start: size", "start: how_big").replace("  size:\n", "  how_big:\n");
    let write = json!({ "path": "shop.yaml", "base": 0, "text": flow });
    assert_eq!(owner.post(&format!("{draft}/file"), &write).await.status, 200);
    let publish = format!("{draft}/publish");
    let planned = owner.post(&publish, &json!({ "dry_run": true })).await.json();
    let waits = &planned["plan"]["waiting"][0];
    assert_eq!(
        (&waits["node"], &waits["chats"], &waits["becomes"]),
        (&json!("shop.size"), &json!(1), &json!("finish")),
        "{planned}"
    );
    let refused = owner.post(&publish, &json!({ "moves": { "shop.size": "shop.none" } })).await;
    assert_eq!((refused.status, &refused.json()["key"]), (422, &json!("release.failed")), "{refused:?}");
    assert!(refused.json()["detail"].as_str().expect("why").contains("unknown-node"), "{refused:?}");
    let moves = json!({ "shop.size": "shop.how_big" });
    let planned = owner.post(&publish, &json!({ "dry_run": true, "moves": moves })).await.json();
    let id = draft.rsplit('/').next().expect("an id");
    let moved = "shop.size=shop.how_big";
    assert_eq!(told(&["draft", "publish", id, "--dry-run", "--move", moved, "--json"]), planned);
    let waits = &planned["plan"]["waiting"][0];
    assert_eq!((&waits["becomes"], &waits["to"]), (&json!("move"), &json!("shop.how_big")), "{planned}");
    assert_eq!(owner.post(&publish, &json!({ "moves": moves })).await.json()["state"], "published");
    panel.server.health_until(|health| health["release"] != status["release"]["id"]).await;
    assert_eq!(page.ask("m3", "38").await["text"], "Thanks");
}
