//! Every change that the panel makes is in the audit log, with what was before and what is there now.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use tolmach_testkit::smtp::Smtp;

use super::{Client, PASSWORD, catalogue::waited, client::field, create};
use crate::{page::Page, support::Home};

/// Every changing route, with the action of the row that it writes. Routes without one change nothing, and say why.
const ROUTES: [(&str, Result<&str, &str>); 67] = [
    ("/admin/login", Ok("account.login")),
    ("/admin/login/code", Ok("account.code")),
    ("/admin/logout", Ok("account.logout")),
    ("/admin/setup/{token}", Ok("account.create")),
    ("/admin/account/settings", Ok("account.settings")),
    ("/admin/account/password", Ok("account.password")),
    ("/admin/account/factor/begin", Err("shows a secret that a code must confirm")),
    ("/admin/account/factor/confirm", Ok("account.second_factor")),
    ("/admin/account/factor/codes", Ok("account.recovery_codes")),
    ("/admin/account/factor/off", Ok("account.second_factor")),
    ("/admin/account/sessions/end", Ok("account.end_login")),
    ("/admin/account/sessions/{id}/end", Ok("account.end_login")),
    ("/admin/account/tokens", Ok("account.token")),
    ("/admin/account/tokens/{id}/end", Ok("account.end_token")),
    ("/admin/inbox/{chat}/take", Ok("handoff.take")),
    ("/admin/inbox/{chat}/reply", Ok("handoff.say")),
    ("/admin/inbox/{chat}/return", Ok("handoff.return")),
    ("/admin/inbox/{chat}/note", Ok("chat.note")),
    ("/admin/inbox/{chat}/test", Err("writes the dialog as a test, to be read")),
    ("/admin/inbox/{chat}/wrong", Err("proposes a change, to be read")),
    ("/admin/leads/{id}", Ok("lead.set")),
    ("/admin/catalogue/rollback", Ok("catalog.rollback")),
    ("/admin/catalogue/uploads", Ok("catalog.upload")),
    ("/admin/catalogue/uploads/{id}", Ok("catalog.columns")),
    ("/admin/catalogue/uploads/{id}/publish", Ok("catalog.import")),
    ("/admin/catalogue/uploads/{id}/discard", Ok("catalog.discard")),
    ("/admin/flows", Ok("draft.begin")),
    ("/admin/flows/try", Err("begins a draft as the route before, where there is none")),
    ("/admin/flows/proposals/measure", Err("plays dialogs and chats through, to be read")),
    ("/admin/flows/proposals/take", Err("stands in the history of the draft")),
    ("/admin/texts/document", Err("stands in the history of the draft")),
    ("/admin/texts/company", Err("stands in the history of the draft")),
    ("/admin/texts/answers", Err("stands in the history of the draft")),
    ("/admin/texts/images", Err("stands in the history of the draft")),
    ("/admin/texts/images/change", Err("stands in the history of the draft")),
    ("/admin/flows/rollback", Ok("release.rollback")),
    ("/admin/flows/{id}/publish", Ok("release.publish")),
    ("/admin/flows/{id}/discard", Ok("draft.discard")),
    ("/admin/flows/{id}/tests", Err("plays dialogs through, to be read")),
    ("/admin/flows/{id}/save", Err("stands in the history of the draft")),
    ("/admin/flows/{id}/undo", Err("stands in the history of the draft")),
    ("/admin/flows/{id}/redo", Err("stands in the history of the draft")),
    ("/admin/flows/{id}/create", Err("stands in the history of the draft")),
    ("/admin/flows/{id}/delete", Err("stands in the history of the draft")),
    ("/admin/flows/{id}/rename", Err("changes what a draft is called, before anybody else sees it")),
    ("/admin/flows/{id}/update", Err("stands in the history of the draft")),
    ("/admin/api/leads/{id}", Ok("lead.set")),
    ("/admin/api/drafts", Ok("draft.begin")),
    ("/admin/api/drafts/{id}/file", Err("stands in the history of the draft")),
    ("/admin/api/drafts/{id}/publish", Ok("release.publish")),
    ("/admin/api/drafts/{id}/discard", Ok("draft.discard")),
    ("/admin/api/check", Err("answers a question")),
    ("/admin/api/complete", Err("answers a question")),
    ("/admin/api/hover", Err("answers a question")),
    ("/admin/people/invite", Ok("account.invite")),
    ("/admin/people/invitations/{id}/withdraw", Ok("account.uninvite")),
    ("/admin/people/{id}/role", Ok("account.set")),
    ("/admin/people/{id}/disable", Ok("account.set")),
    ("/admin/people/{id}/factor", Ok("account.second_factor")),
    ("/admin/people/{id}/sessions", Ok("account.sessions")),
    ("/admin/people/{id}/tokens/end", Ok("account.end_token")),
    ("/admin/settings/{section}", Ok("settings.change")),
    ("/admin/settings/{section}/test", Ok("settings.test")),
    ("/admin/jobs/{id}/retry", Ok("task.retry")),
    ("/admin/jobs/{id}/discard", Ok("task.discard")),
    ("/admin/data/{table}/set", Ok("data.set")),
    ("/admin/data/{table}/delete", Ok("data.delete")),
];

/// A changing route that only a channel's failure gives something to do: `inbox` looks at its row, `chat.deliver_again`.
const AGAIN: &str = "/admin/inbox/{chat}/messages/{message}/again";

/// What no row may hold: what clients and staff wrote, contacts, and secrets.
const PRIVATE: [&str; 7] = [
    "shop@example.com",
    "sales@example.com",
    "9165550142",
    "916 555",
    "секретный ответ",
    "секретная заметка",
    PASSWORD,
];

const LIST: &str = "Артикул;Наименование;Цена;Остаток\nA-1;Насос;1000;5\nA-2;Кран;200;7\n";

struct Walk {
    client: Client,
    /// Rows that a walk has seen, by the route that wrote them.
    written: BTreeMap<&'static str, Value>,
    home: Home,
    seen: usize,
}

impl Walk {
    /// Notes the row that a request to a route has written.
    fn note(&mut self, route: &'static str) {
        let (_, action) = ROUTES.into_iter().find(|(path, _)| *path == route).expect("a route of the list");
        let rows = rows(&self.home);
        let new = &rows[..rows.len() - self.seen];
        self.seen = rows.len();
        match action {
            Err(_) => assert!(new.is_empty(), "{route} changes nothing: {new:?}"),
            Ok(action) => {
                let row = new.iter().find(|row| row["action"] == action);
                let row = row.unwrap_or_else(|| panic!("{route} wrote no row {action}: {new:?}"));
                self.written.insert(route, row.clone());
            }
        }
    }

    async fn post(&mut self, route: &'static str, path: &str, fields: &[(&str, &str)]) -> super::Reply {
        let reply = self.client.post(path, fields).await;
        assert!(reply.status < 400, "{route}: {} {}", reply.status, reply.body);
        self.note(route);
        reply
    }
}

fn rows(home: &Home) -> Vec<Value> {
    let listed = home.tolmach(&["audit", "list", "--json", "--limit", "1000"]).run().ok().json();
    listed.as_array().expect("a list").clone()
}

fn code(secret: &str) -> String {
    let secret: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
    let bytes: [u8; 20] = bytes.try_into().expect("20 bytes");
    let totp = totp_rs::Builder::new().with_secret(bytes).build().expect("a secret");
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a time");
    totp.generate(now.as_secs()).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_in_the_log_with_before_and_after() {
    let listed: BTreeSet<String> = tolmach_admin::routes()
        .into_iter()
        .filter(|(method, ..)| *method != Method::GET)
        .map(|(_, path, _)| path)
        .collect();
    let known: BTreeSet<String> =
        ROUTES.iter().map(|(path, _)| *path).chain([AGAIN]).map(str::to_owned).collect();
    assert_eq!(listed, known, "whoever adds a changing route says here which row it writes");

    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let printed = server.printed();
    let link = printed.split_whitespace().find(|word| word.contains("/admin/setup/")).expect("a link");
    let setup = link.split_once("/admin").map(|(_, path)| format!("/admin{path}")).expect("a path");
    let mut page = Page::new(&server, "ru").await;
    page.ask("m1", "позовите менеджера").await;
    page.ask("m2", "Анна, 8 916 555 01 42").await;

    let mut client = Client::new(&server.address);
    client.get(&setup).await;
    let seen = rows(&home).len();
    let mut walk = Walk { client, written: BTreeMap::new(), home, seen };
    let owner = [("name", "Olga"), ("password", PASSWORD), ("again", PASSWORD)];
    walk.post("/admin/setup/{token}", &setup, &owner).await;
    account(&mut walk, &server.address).await;
    chats(&mut walk).await;
    catalogue(&mut walk).await;
    flows(&mut walk).await;
    api(&mut walk).await;
    manage(&mut walk, &server.address).await;
    // Where a form leads back to, the page says what was done.
    for (page, told) in [
        ("/admin/account", ["look", "password", "sessions", "factor_off", "token"].as_slice()),
        ("/admin/catalogue", &["catalogue.rolled_back", "upload.discarded", "upload.several"]),
        ("/admin/people", &["role", "disabled", "enabled", "factor", "sessions", "withdrawn"]),
        ("/admin/jobs", &["retried", "discarded"]),
        ("/admin/data/notes", &["deleted"]),
    ] {
        for saved in told {
            let shown = walk.client.get(&format!("{page}?saved={saved}")).await;
            assert!(
                shown.status == 200 && shown.body.contains("role=\"status\""),
                "{page} {saved}: {}",
                shown.status
            );
        }
    }
    walk.post("/admin/logout", "/admin/logout", &[]).await;

    for (route, action) in ROUTES {
        let Ok(action) = action else { continue };
        let row = walk.written.get(route).unwrap_or_else(|| panic!("the walk did not take {route}"));
        assert_eq!(row["result"]["result"], "done", "{row}");
        assert_eq!(row["action"], action, "{row}");
        let details = row["details"].as_object().expect("details");
        let (before, after) = (details.get("before"), details.get("after"));
        assert!(
            before.is_some() && after.is_some(),
            "{route} says what was before and what is there now: {row}"
        );
        assert_ne!(before, after, "{route}: {row}");
    }
    let lead = &walk.written["/admin/leads/{id}"]["details"];
    assert_eq!(
        (&lead["before"]["status"], &lead["after"]["status"]),
        (&"new".into(), &"taken".into()),
        "{lead}"
    );
    let holder = &walk.written["/admin/inbox/{chat}/take"]["details"];
    assert_eq!(holder["after"]["holder"], "Olga", "{holder}");
    let all = serde_json::to_string(&rows(&walk.home)).expect("JSON");
    for private in PRIVATE {
        assert!(!all.contains(private), "{private} is in the log");
    }
}

async fn account(walk: &mut Walk, address: &str) {
    walk.client.get("/admin/account").await;
    let look = [("all", "1"), ("language", "en"), ("theme", "dark")];
    walk.post("/admin/account/settings", "/admin/account/settings", &look).await;
    // Two other browsers, of which one is ended by itself and the other with all others.
    for route in ["/admin/account/sessions/{id}/end", "/admin/account/sessions/end"] {
        let mut other = Client::new(address);
        assert_eq!(other.log_in("Olga", PASSWORD).await.status, 303);
        walk.note("/admin/login");
        let page = walk.client.get("/admin/account").await.body;
        let id = page.split("/admin/account/sessions/").nth(1).and_then(|rest| rest.split('/').next());
        let path = route.replace("{id}", id.expect("another login"));
        walk.post(route, &path, &[]).await;
        assert_eq!(other.get("/admin/account").await.status, 303, "it was ended");
        walk.client.get("/admin/account").await;
    }
    const NEW: &str = "another key of the store";
    let wanted = [("old", PASSWORD), ("new", NEW), ("again", NEW)];
    walk.post("/admin/account/password", "/admin/account/password", &wanted).await;

    let token = [("name", "ci"), ("days", "9")];
    let made = walk.post("/admin/account/tokens", "/admin/account/tokens", &token).await.body;
    let id = made.split("/admin/account/tokens/").nth(1).and_then(|rest| rest.split('/').next());
    let end = format!("/admin/account/tokens/{}/end", id.expect("a token"));
    walk.post("/admin/account/tokens/{id}/end", &end, &[]).await;

    let begun = walk.post("/admin/account/factor/begin", "/admin/account/factor/begin", &[]).await.body;
    let secret = begun.split("<code class=\"nowrap\">").nth(1).and_then(|rest| rest.split('<').next());
    let code = code(secret.expect("a secret"));
    walk.post("/admin/account/factor/confirm", "/admin/account/factor/confirm", &[("code", &code)]).await;
    let made =
        walk.post("/admin/account/factor/codes", "/admin/account/factor/codes", &[("password", NEW)]).await;
    let recovery =
        made.body.split("<li><code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code");
    let mut phone = Client::new(address);
    let begun = phone.log_in("Olga", NEW).await;
    assert!(begun.location.is_some_and(|to| to.starts_with("/admin/login/code")));
    walk.note("/admin/login");
    phone.get("/admin/login/code").await;
    let passed = phone.post("/admin/login/code", &[("code", recovery)]).await;
    assert_eq!(passed.status, 303, "{}", passed.body);
    walk.note("/admin/login/code");
    walk.post("/admin/account/factor/off", "/admin/account/factor/off", &[("password", NEW)]).await;
    let all = serde_json::to_string(&rows(&walk.home)).expect("JSON");
    for private in [NEW, secret.expect("a secret"), recovery, &code] {
        assert!(!all.contains(private), "a secret is in the log");
    }
}

async fn chats(walk: &mut Walk) {
    let inbox = walk.client.get("/admin/inbox?queue=all").await.body;
    let chat = inbox.split("data-chat=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a chat");
    let at = |what: &str| format!("/admin/inbox/{chat}/{what}");
    walk.post("/admin/inbox/{chat}/take", &at("take"), &[]).await;
    walk.post("/admin/inbox/{chat}/reply", &at("reply"), &[("text", "секретный ответ")]).await;
    walk.post("/admin/inbox/{chat}/note", &at("note"), &[("text", "секретная заметка")]).await;
    walk.post("/admin/inbox/{chat}/return", &at("return"), &[]).await;
    walk.post("/admin/inbox/{chat}/test", &at("test"), &[]).await;
    let page = walk.client.get(&format!("/admin/inbox/{chat}")).await.body;
    let turn = page
        .split("/turns/")
        .nth(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    let turn = turn.or_else(|| field(&page, "turn")).expect("a turn");
    walk.post("/admin/inbox/{chat}/wrong", &at("wrong"), &[("turn", &turn), ("intent", "product")]).await;

    let board = walk.client.get("/admin/leads").await.body;
    let id = board.split("data-lead=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a lead");
    walk.post(
        "/admin/leads/{id}",
        &format!("/admin/leads/{id}"),
        &[("status", "taken"), ("note", "секретная заметка")],
    )
    .await;
}

/// Changes rows of the database beside the server, as a task in quarantine is there by itself only after three crashes.
async fn beside(home: &Home, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(home.path("tolmach-data/tolmach.db"));
    let mut database = options.connect().await.expect("the database");
    sqlx::query(sql).execute(&mut database).await.expect("done");
}

async fn manage(walk: &mut Walk, address: &str) {
    create(&walk.home, "Mila", "manager");
    beside(
        &walk.home,
        "UPDATE accounts SET totp = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' WHERE name = 'Mila';
        INSERT INTO quarantine (id, task, starts, why, at) VALUES ('t1', '{\"kind\":\"retain\"}', 3, 'crashed', 5), ('t2', '{\"kind\":\"retain\"}', 3, 'crashed', 6)",
    )
    .await;
    walk.seen = rows(&walk.home).len();
    let page = walk.client.get("/admin/people").await.body;
    let id = page
        .split("/admin/people/")
        .find(|rest| rest.contains("/role\""))
        .and_then(|rest| rest.split('/').next());
    let at = |what: &str| format!("/admin/people/{}/{what}", id.expect("another account"));
    let invited =
        walk.post("/admin/people/invite", "/admin/people/invite", &[("role", "analyst")]).await.body;
    let token = invited
        .split("/admin/setup/")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a link")
        .to_owned();
    assert_eq!(token.len(), 64);
    let open = invited
        .split("/admin/people/invitations/")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .expect("a link");
    let withdraw = format!("/admin/people/invitations/{open}/withdraw");
    walk.post("/admin/people/invitations/{id}/withdraw", &withdraw, &[]).await;
    walk.post("/admin/people/{id}/factor", &at("factor"), &[]).await;
    let mut other = Client::new(address);
    assert_eq!(other.log_in("Mila", PASSWORD).await.status, 303);
    walk.seen = rows(&walk.home).len();
    walk.post("/admin/people/{id}/sessions", &at("sessions"), &[]).await;
    assert_eq!(other.get("/admin/inbox").await.status, 303, "it was ended");
    super::tokens::token(&walk.home, "Mila", "ci", &[]);
    walk.seen = rows(&walk.home).len();
    walk.post("/admin/people/{id}/tokens/end", &at("tokens/end"), &[]).await;
    walk.post("/admin/people/{id}/role", &at("role"), &[("role", "administrator")]).await;
    walk.post("/admin/people/{id}/disable", &at("disable"), &[("disabled", "1")]).await;
    walk.post("/admin/jobs/{id}/retry", "/admin/jobs/t1/retry", &[]).await;
    walk.post("/admin/jobs/{id}/discard", "/admin/jobs/t2/discard", &[]).await;

    let smtp = Smtp::start().await;
    let port = smtp.port.to_string();
    let mail = [
        ("seen", "0"),
        ("smtp.host", "127.0.0.1"),
        ("smtp.port", &port),
        ("smtp.tls", "none"),
        ("smtp.from", "shop@example.com"),
    ];
    walk.client.get("/admin/settings").await;
    walk.post("/admin/settings/{section}", "/admin/settings/mail", &mail).await;
    let test = [("seen", "1"), ("test", "mail"), ("test.to", "sales@example.com")];
    walk.post("/admin/settings/{section}/test", "/admin/settings/mail/test", &test).await;

    // The only note, by the value of its key.
    let key = "[\"1\"]".to_owned();
    let query = super::client::encoded(&[("key", &key), ("edit", "body")]);
    let edit = walk.client.get(&format!("/admin/data/notes/row?{query}")).await.body;
    let seen = field(&edit, "seen").expect("a mark");
    let set = [
        ("key", key.as_str()),
        ("column", "body"),
        ("seen", &seen),
        ("value", "иначе"),
        ("reason", "опечатка"),
    ];
    walk.post("/admin/data/{table}/set", "/admin/data/notes/set", &set).await;
    let delete = [("key", key.as_str()), ("confirm", "notes"), ("reason", "просьба клиента")];
    walk.post("/admin/data/{table}/delete", "/admin/data/notes/delete", &delete).await;
    let all = serde_json::to_string(&rows(&walk.home)).expect("JSON");
    assert!(!all.contains(&token) && all.contains("опечатка") && all.contains("просьба клиента"), "{all}");
}

async fn flows(walk: &mut Walk) {
    walk.client.get("/admin/flows").await;
    let mut begin = async |title: &str| {
        let begun = walk.client.post("/admin/flows", &[("title", title)]).await.location.expect("a draft");
        walk.note("/admin/flows");
        begun
    };
    let (kept, thrown) = (begin("Kinder").await, begin("Not needed").await);
    walk.post("/admin/flows/{id}/discard", &format!("{thrown}/discard"), &[]).await;
    let made = [("folder", "knowledge"), ("name", "rent.en")];
    walk.post("/admin/flows/{id}/create", &format!("{kept}/create"), &made).await;
    let text = [("file", "knowledge/rent.en.md"), ("base", "1"), ("text", "## Rent\nFrom a day.\n")];
    walk.post("/admin/flows/{id}/save", &format!("{kept}/save"), &text).await;
    walk.post("/admin/flows/{id}/rename", &format!("{kept}/rename"), &[("title", "Rent")]).await;
    walk.post("/admin/flows/{id}/publish", &format!("{kept}/publish"), &[]).await;
    let list = walk.client.get("/admin/flows").await.body;
    let first = list.split("/admin/flows/releases/").nth(3).and_then(|rest| rest.split('"').next());
    let page = walk.client.get(&format!("/admin/flows/releases/{}", first.expect("two releases"))).await.body;
    let back = ["release", "seen"].map(|name| field(&page, name).expect("a field"));
    let back = [("release", back[0].as_str()), ("seen", back[1].as_str())];
    walk.post("/admin/flows/rollback", "/admin/flows/rollback", &back).await;
}

/// The same by the API, as a script of the panel asks it.
async fn api(walk: &mut Walk) {
    let board = walk.client.get("/admin/leads").await.body;
    let lead = board.split("data-lead=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a lead");
    let mut ask = async |route: &'static str, path: &str, body: Value| {
        let (status, answer) = walk.client.json(path, &body).await;
        assert_eq!(status, 200, "{route}: {answer}");
        walk.note(route);
        answer
    };
    let note = serde_json::json!({ "status": "won", "note": "секретная заметка" });
    ask("/admin/api/leads/{id}", &format!("/admin/api/leads/{lead}"), note).await;
    for end in ["publish", "discard"] {
        let title = serde_json::json!({ "title": "By a program" });
        let draft = ask("/admin/api/drafts", "/admin/api/drafts", title).await;
        let at = |what: &str| format!("/admin/api/drafts/{}/{what}", draft["id"].as_str().expect("an id"));
        let text = "## Parking\nBehind the house.\n";
        let file = serde_json::json!({ "path": "knowledge/parking.en.md", "base": 0, "text": text });
        ask("/admin/api/drafts/{id}/file", &at("file"), file).await;
        let route = ROUTES.iter().find(|(path, _)| *path == format!("/admin/api/drafts/{{id}}/{end}"));
        ask(route.expect("a route").0, &at(end), serde_json::json!({})).await;
    }
}

async fn catalogue(walk: &mut Walk) {
    walk.client.get("/admin/catalogue").await;
    let mut drafts = Vec::new();
    for supplier in ["Снаб", "Торг"] {
        let reply = walk.client.upload(supplier, &[("прайс.csv", LIST.as_bytes())]).await;
        drafts.push(reply.location.unwrap_or_else(|| panic!("no draft: {}", reply.body)));
        walk.note("/admin/catalogue/uploads");
        waited(&mut walk.client, drafts.last().expect("a draft")).await;
    }
    let columns = [("sheet", "1"), ("column.D", "none")];
    walk.post("/admin/catalogue/uploads/{id}", &drafts[0], &columns).await;
    waited(&mut walk.client, &drafts[0]).await;
    walk.post("/admin/catalogue/uploads/{id}/discard", &format!("{}/discard", drafts[1]), &[]).await;
    let published = walk.client.post(&format!("{}/publish", drafts[0]), &[]).await;
    assert_eq!(published.status, 303, "{}", published.body);
    let page = waited(&mut walk.client, &drafts[0]).await;
    assert!(page.body.contains("data-state=\"published\""), "{}", page.body);
    walk.note("/admin/catalogue/uploads/{id}/publish");
    let page = walk.client.get("/admin/catalogue").await.body;
    let earlier = field(&page, "generation").expect("an earlier generation");
    walk.post("/admin/catalogue/rollback", "/admin/catalogue/rollback", &[("generation", &earlier)]).await;
}
