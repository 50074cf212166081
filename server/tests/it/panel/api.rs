//! The API: every route stands in its document and gives what the document says; each does what its person may.

mod administration;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tolmach_app::accounts::{Permission, Role};
use tolmach_testkit::schema::{Unnamed, faults};

use super::{
    Panel,
    catalogue::waited,
    tokens::{Answer, Program, token},
};
use crate::page::Page;

/// A panel with a chat, a lead and a draft, and a program of each role.
struct Shop {
    panel: Panel,
    owner: Program,
    chat: String,
    lead: String,
    draft: String,
}

async fn shop() -> Shop {
    let panel = Panel::configured("[limits.address]\nrequests = 1000000\n").await;
    let mut page = Page::new(&panel.server, "ru").await;
    page.ask("m1", "позовите менеджера").await;
    page.ask("m2", "Анна, 8 916 555 01 42").await;
    let owner = Program::new(&panel.address, &token(&panel.home, "Olga", "all", &[]));
    let chats = owner.get("/admin/api/chats").await.json();
    let chat = chats["items"][0]["chat"].as_str().expect("a chat").to_owned();
    let leads = owner.get("/admin/api/leads").await.json();
    let lead = leads["items"][0]["id"].as_str().expect("a lead").to_owned();
    let draft = owner.post("/admin/api/drafts", &json!({ "title": "Delivery" })).await.json();
    let draft = draft["id"].as_str().expect("a draft").to_owned();
    Shop { panel, owner, chat, lead, draft }
}

async fn document(program: &Program) -> Value {
    let answer = program.get("/admin/api/openapi.json").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The schema of what an operation answers.
fn answered<'d>(document: &'d Value, method: &str, path: &str) -> &'d Value {
    let schema =
        &document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"];
    assert!(!schema.is_null(), "{method} {path} has no schema");
    schema
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_documented_and_answers_as_its_document_says() {
    let shop = shop().await;
    let Shop { owner, chat, lead, draft, .. } = &shop;
    let document = document(owner).await;
    assert_eq!(document["openapi"], "3.1.0");
    let listed: BTreeSet<(String, String)> = tolmach_admin::routes()
        .into_iter()
        .filter(|(_, path, _)| path.starts_with("/admin/api/"))
        .map(|(method, path, _)| (method.as_str().to_lowercase(), path))
        .collect();
    let paths = document["paths"].as_object().expect("paths");
    let documented: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").keys();
            methods.map(|method| (method.clone(), path.clone()))
        })
        .collect();
    assert_eq!(listed, documented);
    assert!(listed.len() > 25, "{}", listed.len());

    let found = owner.get("/admin/api/catalogue/search?q=%D0%BD%D0%B0%D1%81%D0%BE%D1%81").await.json();
    let article = found["hits"][0]["product"]["article"].as_str().expect("an item").to_owned();
    let turns = owner.get(&format!("/admin/api/chats/{chat}")).await.json();
    let turn = turns["turns"][0]["seq"].as_i64().expect("a turn").to_string();
    let second = owner.post("/admin/api/drafts", &json!({ "title": "Thrown away" })).await.json();
    let second = second["id"].as_str().expect("a draft").to_owned();
    let flow = owner.get(&format!("/admin/api/drafts/{draft}")).await.json()["files"][0].clone();
    let text = "## Rent\nFrom a day.\n";
    let file = "knowledge/rent.en.md";
    let typing =
        json!({ "draft": draft, "file": "shop.yaml", "text": "flow: shop\nstart: x\n", "offset": 1 });
    let people = owner.get("/admin/api/people").await.json();
    let person = people.as_array().expect("people").iter().find(|one| one["name"] == "Olga").expect("Olga");
    let person = person["id"].as_str().expect("an id").to_owned();
    let row = format!("?key=%5B%22{person}%22%5D");
    // Every route, in an order in which each has something to answer.
    let asked: Vec<(&str, &str, Option<Value>)> = vec![
        ("/admin/api/openapi.json", "", None),
        ("/admin/api/me", "", None),
        ("/admin/api/figures", "?period=day", None),
        ("/admin/api/figures", "", None),
        ("/admin/api/spending", "?days=7", None),
        ("/admin/api/chats", "?queue=all&limit=1", None),
        ("/admin/api/chats/{chat}", "", None),
        ("/admin/api/chats/{chat}/turns/{turn}", "", None),
        ("/admin/api/leads", "?status=new", None),
        ("/admin/api/leads/{id}", "", None),
        ("/admin/api/leads/{id}", "", Some(json!({ "status": "taken", "assignee": "mila", "note": "Call" }))),
        ("/admin/api/leads/{id}", "", None),
        ("/admin/api/catalogue", "", None),
        ("/admin/api/catalogue/search", "?q=pump&limit=3", None),
        ("/admin/api/catalogue/items/{article}", "", None),
        ("/admin/api/catalogue/uploads", "", None),
        ("/admin/api/drafts", "", None),
        ("/admin/api/drafts", "", Some(json!({ "title": "Rent" }))),
        ("/admin/api/drafts/{id}/file", "", Some(json!({ "path": file, "base": 0, "text": text }))),
        ("/admin/api/drafts/{id}/file", "?path=knowledge/rent.en.md", None),
        ("/admin/api/drafts/{id}", "", None),
        ("/admin/api/drafts/{id}/images", "", None),
        ("/admin/api/check", "", Some(typing.clone())),
        ("/admin/api/complete", "", Some(typing.clone())),
        ("/admin/api/hover", "", Some(typing)),
        ("/admin/api/drafts/{id}/publish", "", Some(json!({ "dry_run": true }))),
        ("/admin/api/drafts/{id}/publish", "", Some(json!({ "note": "Rent" }))),
        ("/admin/api/drafts/{id}/discard", "", Some(json!({}))),
        ("/admin/api/releases", "?limit=1", None),
        ("/admin/api/releases/{id}", "", None),
        ("/admin/api/releases/{id}/diff", "", None),
        ("/admin/api/tasks", "", None),
        ("/admin/api/people", "", None),
        ("/admin/api/people/{id}", "", None),
        ("/admin/api/experiments", "?days=365", None),
        ("/admin/api/system", "", None),
        ("/admin/api/settings", "", None),
        ("/admin/api/data", "", None),
        ("/admin/api/data/{table}", "?column=name&is=Olga", None),
        ("/admin/api/data/{table}", "", None),
        ("/admin/api/data/{table}/row", &row, None),
        ("/admin/api/log", "", None),
        ("/admin/api/audit", "?limit=50", None),
    ];
    let mut seen = BTreeSet::new();
    for (route, query, body) in asked {
        let id = match route {
            route if route.contains("/leads/") => lead.clone(),
            route if route.contains("/releases/") => "current".to_owned(),
            route if route.contains("/people/") => person.clone(),
            route if route.ends_with("/discard") => second.clone(),
            _ => draft.clone(),
        };
        let path = route
            .replace("{chat}", chat)
            .replace("{turn}", &turn)
            .replace("{article}", &article)
            .replace("{table}", "accounts")
            .replace("{id}", &id);
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let answer = owner.send(method.clone(), &format!("{path}{query}"), body.as_ref()).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
        assert!(answer.headers["content-type"].to_str().expect("text").starts_with("application/json"));
        let method = method.as_str().to_lowercase();
        let wrong = faults(&document, answered(&document, &method, route), &answer.json(), Unnamed::Fault);
        assert_eq!(wrong, Vec::<String>::new(), "{method} {route}{query}: {}", answer.text);
        // An example of the document is as its schema says.
        if let Some(sent) = body {
            let content = &document["paths"][route][&method]["requestBody"]["content"]["application/json"];
            for sent in [&sent, &content["example"]] {
                assert_eq!(
                    faults(&document, &content["schema"], sent, Unnamed::Fault),
                    Vec::<String>::new(),
                    "{route}: {sent}"
                );
            }
        }
        seen.insert((method, route.to_owned()));
    }
    assert_eq!(seen, listed, "every route was asked");
    assert!(flow.is_string());
    // What was published is there, by the draft of a token, whose row names it.
    let rows = owner.get("/admin/api/audit?action=release.publish&limit=1").await.json();
    assert_eq!(rows["items"][0]["actor"], json!({ "id": "Olga", "via": "staff:api/all" }), "{rows}");
    let rows = owner.get("/admin/api/audit?action=lead.set&limit=1").await.json();
    assert_eq!(rows["items"][0]["actor"]["via"], "staff:api/all", "{rows}");
    let audit = shop.panel.logged_in("Olga").await.get("/admin/audit").await.body;
    assert!(audit.contains("API, by the token all"), "{audit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_may_what_its_role_may_and_a_reading_one_changes_nothing() {
    let shop = shop().await;
    let home = &shop.panel.home;
    for (name, role) in [
        ("Olga", Role::Owner),
        ("Adam", Role::Administrator),
        ("Mila", Role::Manager),
        ("Anton", Role::Analyst),
    ] {
        let whole = Program::new(&shop.panel.address, &token(home, name, "whole", &[]));
        let reads = Program::new(&shop.panel.address, &token(home, name, "reads", &["--read-only"]));
        for (method, path, needs) in tolmach_admin::routes() {
            let Some(what) = needs.filter(|_| path.starts_with("/admin/api/")) else { continue };
            let address = super::roles::filled(&path);
            let body = (method == Method::POST).then(|| json!({}));
            let answer = whole.send(method.clone(), &address, body.as_ref()).await;
            let said = format!("{method} {path} as {role:?}: {} {}", answer.status, answer.text);
            assert_eq!(answer.status == 403, !role.may(what), "{said}");
            assert!(answer.status < 500 && answer.status != 401, "{said}");
            let answer = reads.send(method.clone(), &address, body.as_ref()).await;
            let changes = method == Method::POST
                && !["check", "complete", "hover"].iter().any(|word| path.ends_with(word));
            let said = format!("{method} {path} as reading {role:?}: {} {}", answer.status, answer.text);
            assert_eq!(answer.status == 403, !role.may(what) || changes, "{said}");
            if changes && role.may(what) {
                assert_eq!(answer.json()["key"], "error.read_only", "{said}");
            }
        }
    }
    // Analysts do not see who a client is.
    assert!(!Role::Analyst.may(Permission::SeeLeads));
    let anton = Program::new(&shop.panel.address, &token(home, "Anton", "names", &[]));
    for path in ["/admin/api/chats".to_owned(), format!("/admin/api/chats/{}", shop.chat)] {
        let told = anton.get(&path).await.json();
        let chat = if told["chat"].is_object() { &told["chat"] } else { &told["items"][0] };
        assert!(chat["chat"].is_string() && chat["client"].is_null(), "{chat}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_bounded_and_go_on_by_their_cursor() {
    let shop = shop().await;
    let owner = &shop.owner;
    for number in 0..3 {
        let note = json!({ "note": format!("note {number}") });
        assert_eq!(owner.post(&format!("/admin/api/leads/{}", shop.lead), &note).await.status, 200);
    }
    let mut page = Page::new(&shop.panel.server, "ru").await;
    page.ask("n1", "здравствуйте").await;
    for (path, least) in [("/admin/api/audit", 6), ("/admin/api/chats", 2), ("/admin/api/leads", 1)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..100 {
            let read = owner.get(&format!("{path}?limit=1{cursor}")).await.json();
            let items = read["items"].as_array().expect("items").clone();
            assert!(items.len() <= 1, "{read}");
            seen.extend(items);
            let Some(next) = read["next"].as_str() else { break };
            cursor = format!("&cursor={}", next.replace(':', "%3A"));
        }
        assert!(seen.len() >= least, "{path}: {seen:?}");
        let apart: BTreeSet<String> = seen.iter().map(Value::to_string).collect();
        assert_eq!(apart.len(), seen.len(), "{path}: nothing is shown twice");
        let all = owner.get(&format!("{path}?limit=200")).await.json();
        assert_eq!(all["items"].as_array().expect("items").len(), seen.len(), "{path}");
        assert!(all["next"].is_null(), "{all}");
    }
    let refused = async |path: &str, key: &str| {
        let answer: Answer = owner.get(path).await;
        assert_eq!((answer.status, answer.json()["key"].as_str()), (422, Some(key)), "{path}: {answer:?}");
    };
    refused("/admin/api/audit?limit=0", "error.limit").await;
    refused("/admin/api/leads?limit=201", "error.limit").await;
    refused("/admin/api/leads?limit=many", "error.query").await;
    refused("/admin/api/leads?status=unheard", "error.query").await;
    refused("/admin/api/audit?cursor=x", "error.cursor").await;
    refused("/admin/api/chats?cursor=x", "error.cursor").await;
    refused("/admin/api/spending?days=9999", "error.limit").await;
    refused("/admin/api/catalogue/search", "error.no_query").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_body_is_said_and_two_writers_lose_nothing() {
    let shop = shop().await;
    let (owner, draft) = (&shop.owner, &shop.draft);
    let lead = format!("/admin/api/leads/{}", shop.lead);
    let refused = owner.post(&lead, &json!({ "state": "won" })).await;
    assert_eq!((refused.status, &refused.json()["key"]), (422, &json!("error.json")), "{refused:?}");
    assert!(
        refused.json()["detail"].as_str().expect("a detail").contains("unknown field `state`"),
        "{refused:?}"
    );
    assert_eq!(owner.post(&lead, &json!({})).await.json()["key"], "error.nothing");
    assert_eq!(
        owner.post(&lead, &json!({ "assignee": "Nobody" })).await.json()["key"],
        "error.unknown_person"
    );
    let short = format!("/admin/api/leads/{}", &shop.lead[..8]);
    assert_eq!(owner.post(&short, &json!({ "status": "won" })).await.status, 404, "a whole id only");
    let form = [("content-type", "text/plain")];
    let refused = owner.send_with(Method::POST, &lead, None, &form).await;
    assert_eq!(refused.json()["key"], "error.no_json", "{refused:?}");

    // Both write the same new file having seen nothing of each other's.
    let mila = Program::new(&shop.panel.address, &token(&shop.panel.home, "Mila", "ci", &[]));
    let path = format!("/admin/api/drafts/{draft}/file");
    let write = |text: &str| json!({ "path": "knowledge/rent.en.md", "base": 0, "text": text });
    assert_eq!(owner.post(&path, &write("## Rent\nFrom a day.\n")).await.status, 200);
    let lost = mila.post(&path, &write("## Rent\nFrom a week.\n")).await;
    assert_eq!((lost.status, &lost.json()["key"]), (409, &json!("draft.conflict")), "{lost:?}");
    let both = &lost.json()["conflict"];
    assert!(both["mine"].as_str().expect("mine").contains("a week"), "{both}");
    assert!(both["theirs"].as_str().expect("theirs").contains("a day"), "{both}");
    // What the compiler says of a publication is what a program is told.
    let broken = json!({ "path": "broken.yaml", "base": 0, "text": "flow: broken\nstart: nowhere\n" });
    assert_eq!(mila.post(&path, &broken).await.status, 422, "flows are for analysts");
    assert_eq!(owner.post(&path, &broken).await.status, 200);
    let refused = owner.post(&format!("/admin/api/drafts/{draft}/publish"), &json!({})).await;
    assert_eq!((refused.status, &refused.json()["key"]), (422, &json!("release.failed")), "{refused:?}");
    assert!(refused.json()["detail"].as_str().expect("a detail").contains("broken.yaml"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readable_page_lists_every_route_and_its_examples_are_true() {
    let shop = shop().await;
    let mut mila = shop.panel.logged_in("Mila").await;
    assert!(mila.get("/admin/account").await.body.contains("href=\"/admin/account/api\""));
    let page = mila.get("/admin/account/api").await.body;
    for (method, path, _) in tolmach_admin::routes() {
        if path.starts_with("/admin/api/") {
            assert!(page.contains(&format!("<code>{method}</code> <code>{path}</code>")), "{method} {path}");
        }
    }
    assert!(page.contains("not for your role"), "{page}");
    // Every example is a request that is understood: what it names may not be there.
    let examples = page
        .split("$TOLMACH_TOKEN&quot; &quot;$TOLMACH_URL")
        .skip(1)
        .filter_map(|rest| rest.split("&quot;").next());
    let mut asked = 0;
    for path in examples.filter(|path| path.starts_with("/admin/api/")) {
        let path = path.replace("&amp;", "&").replace("&#x3D;", "=");
        let answer = shop.owner.get(&path).await;
        assert!([200, 404].contains(&answer.status), "{path}: {answer:?}");
        asked += 1;
    }
    assert!(asked > 15, "{asked}: {page}");
    let document = mila.get("/admin/api/openapi.json").await;
    assert!(document.status == 200 && document.body.starts_with('{'), "{}", document.body);
    mila.post("/admin/account/settings", &[("all", "1"), ("language", "ru")]).await;
    assert!(mila.get("/admin/account/api").await.body.contains("Лид с историей"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_print_what_the_api_answers() {
    let shop = shop().await;
    let Shop { owner, chat, lead, draft, .. } = &shop;
    let home = &shop.panel.home;
    let told = |arguments: &[&str]| home.tolmach(arguments).run().ok().json();
    let chats = told(&["inbox", "list", "--json"]);
    assert_eq!(chats, owner.get("/admin/api/chats").await.json()["items"]);
    let found = told(&["inbox", "list", "--text", "позовите", "--json"]);
    assert_eq!(
        found,
        owner.get("/admin/api/chats?q=%D0%BF%D0%BE%D0%B7%D0%BE%D0%B2%D0%B8%D1%82%D0%B5").await.json()["items"]
    );
    assert_eq!(
        (found.as_array().map(Vec::len), &found[0]["found"]),
        (Some(1), &json!("позовите менеджера")),
        "{found}"
    );
    assert_eq!(told(&["inbox", "list", "--text", "такого нет", "--json"]), json!([]));
    assert_eq!(
        told(&["inbox", "show", chat, "--json"]),
        owner.get(&format!("/admin/api/chats/{chat}")).await.json()
    );
    assert_eq!(told(&["leads", "--json"]), owner.get("/admin/api/leads").await.json()["items"]);
    assert_eq!(
        told(&["leads", "show", lead, "--json"]),
        owner.get(&format!("/admin/api/leads/{lead}")).await.json()
    );
    assert_eq!(told(&["catalog", "list", "--json"]), owner.get("/admin/api/catalogue").await.json());
    assert_eq!(told(&["draft", "list", "--json"]), owner.get("/admin/api/drafts").await.json());
    assert_eq!(
        told(&["draft", "show", draft, "--json"]),
        owner.get(&format!("/admin/api/drafts/{draft}")).await.json()
    );
    assert_eq!(told(&["release", "list", "--json"]), owner.get("/admin/api/releases").await.json()["items"]);
    assert_eq!(told(&["release", "show", "--json"]), owner.get("/admin/api/releases/current").await.json());
    assert_eq!(
        told(&["release", "diff", "current", "current", "--json"]),
        owner.get("/admin/api/releases/current/diff").await.json()
    );
    let figures = told(&["figures", "--period", "week", "--json"]);
    let same = owner.get("/admin/api/figures?period=week").await.json();
    for name in ["from", "dialogs", "leads", "steps", "intents", "cost"] {
        assert_eq!(figures[name], same[name], "{name}");
    }
    assert_eq!(
        told(&["spending", "--json"])["models"],
        owner.get("/admin/api/spending").await.json()["models"]
    );
    let mut mila = shop.panel.logged_in("Mila").await;
    mila.get("/admin/catalogue").await;
    let list = "Артикул;Наименование;Цена\nA-1;Насос;1000\n";
    let upload = mila.upload("Снаб", &[("a.csv", list.as_bytes())]).await.location.expect("an upload");
    waited(&mut mila, &upload).await;
    let uploads = told(&["catalog", "uploads", "--json"]);
    assert_eq!(uploads, owner.get("/admin/api/catalogue/uploads").await.json());
    assert_eq!(
        (&uploads[0]["supplier"], &uploads[0]["state"]),
        (&json!("Снаб"), &json!("preview")),
        "{uploads}"
    );
    let found = owner.get("/admin/api/catalogue/search?q=%D0%BD%D0%B0%D1%81%D0%BE%D1%81").await.json();
    let article = found["hits"][0]["product"]["article"].as_str().expect("an item");
    assert_eq!(
        told(&["catalog", "item", article, "--json"]),
        owner.get(&format!("/admin/api/catalogue/items/{article}")).await.json()
    );
    home.tolmach(&["catalog", "item", "no such article"]).run().fails_with(&["no item has the article"]);
    let file = json!({ "path": "knowledge/rent.en.md", "base": 0, "text": "## Rent\nFrom a day.\n" });
    assert_eq!(owner.post(&format!("/admin/api/drafts/{draft}/file"), &file).await.status, 200);
    let history = told(&["draft", "history", draft, "--json"]);
    assert_eq!(
        (&history[0]["path"], &history[0]["author"], &history[0]["added"]),
        (&json!("knowledge/rent.en.md"), &json!("Olga"), &json!(2)),
        "{history}"
    );
    let planned = told(&["draft", "publish", draft, "--dry-run", "--json"]);
    assert_eq!(planned["state"], "planned", "{planned}");
    let listed = told(&["audit", "list", "--json", "--limit", "5"]);
    assert_eq!(listed, owner.get("/admin/api/audit?limit=5").await.json()["items"]);

    // The log is in the memory of the server: it is asked, with a token of the environment.
    let url = format!("http://{}", shop.panel.address);
    let read = home.tolmach(&["log", "--url", &url, "--json"]).env("TOLMACH_TOKEN", &owner.token).run().ok();
    let lines = read.json();
    assert!(lines["last"].is_u64() && lines["lines"].is_array(), "{lines}");
    home.tolmach(&["log", "--url", &url]).env("TOLMACH_TOKEN", &owner.token).run().ok();
    home.tolmach(&["log", "--url", &url]).run().fails_with(&["TOLMACH_TOKEN is not set"]);
    let wrong = home.tolmach(&["log", "--url", &url]).env("TOLMACH_TOKEN", "tlm_wrong").run();
    wrong.fails_with(&["401", "Authorization: Bearer"]);

    home.write("flows/golden/pumps.yaml", format!("- query: насос\n  expect: [{article}]\n"));
    let golden = told(&["catalog", "golden", "--json"]);
    assert_eq!((&golden[0]["asked"], &golden[0]["place"]), (&json!("насос"), &json!(1)), "{golden}");
    home.write("flows/golden/pumps.yaml", "- query: насос\n  expect: [NO-SUCH, PN-0]\n");
    assert!(home.tolmach(&["catalog", "golden"]).run().ok().stdout.contains("not in the catalogue"));
}
