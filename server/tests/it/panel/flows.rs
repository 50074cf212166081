//! Flows and texts over HTTP: a draft from its beginning to its publication and back, two editors, what the compiler knows, and what
//! each role may change.

use serde_json::{Value, json};

use super::{Client, Panel, client::field};
use crate::{page::Page, support::Home};

const SHOP: &str = "\
flow: shop
start: hello
slots:
  budget: { type: number }
on:
  command: { start: hello, size: size }
nodes:
  hello:
    say: { text: { ru: Здравствуйте!, en: Hello! } }
  size:
    ask: { text: { ru: Какой бюджет?, en: What is the budget? }, into: budget }
    next: { done: thanks, cancelled: hello, gave_up: hello }
  thanks:
    say: { text: { ru: Спасибо, en: Thanks } }
";
const TESTS: &str = "\
- name: a greeting
  given: { catalogue: empty, language: en }
  steps: [{ client: hello, expect: { path: [hello] } }]
";

pub(super) async fn shop() -> Panel {
    let home = Home::ready();
    home.write("flows/shop.yaml", SHOP);
    home.write("flows/prompts/offer.en.md", "Answer\nbriefly\nand kindly\n");
    home.write("flows/company.yaml", "name: Pump\n");
    home.write("flows/tests/shop.test.yaml", TESTS);
    Panel::in_home(home, &[]).await
}

/// Begins a draft; returns its address.
pub(super) async fn begin(client: &mut Client, title: &str) -> String {
    client.get("/admin/flows").await;
    let begun = client.post("/admin/flows", &[("title", title)]).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let address = begun.location.expect("a draft");
    client.get(&address).await;
    address
}

async fn save(client: &mut Client, draft: &str, file: &str, base: i64, text: &str) -> (u16, Value) {
    let body = json!({ "file": file, "base": base, "text": text, "line": 3 });
    client.json(&format!("{draft}/save"), &body).await
}

fn id(draft: &str) -> &str {
    draft.rsplit('/').next().expect("an id")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_written_checked_published_and_taken_back() {
    let panel = shop().await;
    let mut client = panel.logged_in("Anton").await;
    let mut running = Page::new(&panel.server, "en").await;
    running.ask("r1", "/size").await;
    let draft = begin(&mut client, "Politer").await;

    // A mistake is a diagnostic with its place and its fix, and blocks the publication with a sentence.
    let wrong = SHOP.replace("into: budget", "into: budgett");
    let (status, saved) = save(&mut client, &draft, "shop.yaml", 0, &wrong).await;
    assert_eq!((status, saved["revision"].as_i64()), (200, Some(1)), "{saved}");
    let typing = json!({ "draft": id(&draft), "file": "shop.yaml", "text": wrong });
    let (status, checked) = client.json("/admin/api/check", &typing).await;
    assert_eq!((status, &checked["ok"]), (200, &json!(false)), "{checked}");
    let unknown = checked["diagnostics"].as_array().expect("a list");
    let unknown = unknown.iter().find(|one| one["code"] == "unknown-slot").expect("the mistake");
    assert_eq!((unknown["line"].as_i64(), &unknown["severity"]), (Some(11), &json!("error")), "{unknown}");
    assert_eq!(unknown["fix"]["label"], "Write budget");
    assert_eq!(unknown["fix"]["edits"][0]["text"], "budget");
    let page = client.get(&format!("{draft}/publish")).await;
    assert!(page.body.contains("Fix the errors") && page.body.contains("1\u{a0}error"), "{}", page.body);
    let refused = client.post(&format!("{draft}/publish"), &[]).await;
    assert!(refused.status == 200 && refused.body.contains("the flows have errors"), "{}", refused.body);

    // A test that fails blocks it, too, with what was expected and what came.
    let other = SHOP.replace("start: hello\nslots", "start: thanks\nslots");
    save(&mut client, &draft, "shop.yaml", 1, &other).await;
    let tests = client.post(&format!("{draft}/tests"), &[]).await;
    assert!(
        tests.body.contains("1\u{a0}dialog fails") && tests.body.contains("a greeting"),
        "{}",
        tests.body
    );
    let refused = client.post(&format!("{draft}/publish"), &[]).await;
    assert!(refused.body.contains("go another way") && refused.body.contains("expected"), "{}", refused.body);

    // What differs is shown, and taken back by one press.
    let changes = client.get(&format!("{draft}/changes")).await;
    assert!(changes.body.contains("- start: hello") && changes.body.contains("+ start: thanks"));
    client.get(&draft).await;
    assert_eq!(client.post(&format!("{draft}/undo"), &[]).await.status, 303);
    let polite = SHOP.replace("Hello!", "Good day!");
    let (status, saved) = save(&mut client, &draft, "shop.yaml", 3, &polite).await;
    assert_eq!((status, saved["revision"].as_i64()), (200, Some(4)), "{saved}");
    let history = client.get(&format!("{draft}/history")).await;
    assert_eq!(history.body.matches("<li class=\"card\">").count(), 4, "{}", history.body);

    // The plan names the chat that waits; the publication goes through, and the bot answers by it at once.
    let plan = client.get(&format!("{draft}/publish")).await;
    assert!(plan.body.contains("shop.size") && plan.body.contains("Everything is ready"), "{}", plan.body);
    let done = client.post(&format!("{draft}/publish"), &[("note", "Politer"), ("move", "")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let mut fresh = Page::new(&panel.server, "en").await;
    assert!(fresh.ask("f1", "hi").await.to_string().contains("Good day!"));
    assert!(running.ask("r2", "500").await.to_string().contains("Thanks"), "a running chat goes on");
    let flows = client.get(done.location.as_deref().expect("the list")).await;
    assert!(flows.body.contains("is published") && flows.body.contains("Politer"), "{}", flows.body);
    let late = save(&mut client, &draft, "shop.yaml", 4, SHOP).await;
    assert_eq!(late.0, 422, "{}", late.1);
    assert!(late.1["error"].as_str().is_some_and(|why| why.contains("closed")), "{}", late.1);

    // The way back: only from what the person has seen.
    let earlier = flows.body.split("/admin/flows/releases/").nth(2).expect("two releases");
    let earlier = format!("/admin/flows/releases/{}", earlier.split('"').next().expect("an end"));
    let page = client.get(&earlier).await;
    let release = field(&page.body, "release").expect("a release");
    let seen = field(&page.body, "seen").expect("what is seen");
    let stale = client.post("/admin/flows/rollback", &[("release", &release), ("seen", "00000000")]).await;
    assert!(stale.status == 422 && stale.body.contains("Look at the list again"), "{}", stale.body);
    client.get(&earlier).await;
    let back = client.post("/admin/flows/rollback", &[("release", &release), ("seen", &seen)]).await;
    assert_eq!(back.status, 303, "{}", back.body);
    let mut fresh = Page::new(&panel.server, "en").await;
    assert!(fresh.ask("g1", "hi").await.to_string().contains("Hello!"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_editors_see_each_other_and_overwrite_nothing() {
    let panel = shop().await;
    let (mut anton, mut mila) = (panel.logged_in("Anton").await, panel.logged_in("Mila").await);
    let draft = begin(&mut anton, "Texts").await;
    mila.get(&draft).await;
    let file = "prompts/offer.en.md";
    assert_eq!(save(&mut anton, &draft, file, 0, "ANSWER\nbriefly\nand kindly\n").await.0, 200);
    let (status, merged) = save(&mut mila, &draft, file, 0, "Answer\nbriefly\nand KINDLY\n").await;
    assert_eq!((status, &merged["by"]), (200, &json!("Anton")), "{merged}");
    assert_eq!(merged["text"], "ANSWER\nbriefly\nand KINDLY\n");
    let state = anton.get(&format!("{draft}/state?file={file}&revision=1&line=2")).await;
    let state: Value = serde_json::from_str(&state.body).expect("JSON");
    assert_eq!(state["text"], merged["text"]);
    assert_eq!(state["people"], json!([{ "name": "Mila", "file": file, "line": 3 }]));
    assert_eq!(state["files"], json!([{ "path": file, "state": "changed" }]));
    let (status, conflict) = save(&mut anton, &draft, file, 1, "ANSWER\nbriefly\nand gladly\n").await;
    assert_eq!(status, 409, "{conflict}");
    assert_eq!((&conflict["by"], &conflict["theirs"]), (&json!("Mila"), &merged["text"]));
    assert!(conflict["merged"].as_str().is_some_and(|text| text.contains("<<<<<<< Anton")), "{conflict}");
    // Without a script the form says so, and stores nothing either.
    anton.get(&draft).await;
    let fields = [("file", file), ("base", "1"), ("text", "ANSWER\r\nbriefly\r\nand gladly\r\n")];
    let refused = anton.post(&format!("{draft}/save"), &fields).await;
    assert!(refused.status == 422 && refused.body.contains("at the same time"), "{}", refused.body);
    anton.get(&draft).await;
    let fields = [("file", file), ("base", "2"), ("text", "ANSWER\r\nbriefly\r\nand gladly\r\n")];
    assert_eq!(anton.post(&format!("{draft}/save"), &fields).await.status, 303);
    let state = mila.get(&format!("{draft}/state?file={file}&revision=0")).await;
    assert!(state.body.contains("ANSWER\\nbriefly\\nand gladly\\n"), "{}", state.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managers_change_texts_alone() {
    let panel = shop().await;
    let mut mila = panel.logged_in("Mila").await;
    let texts = mila.get("/admin/texts").await;
    assert!(texts.body.contains("prompts/offer.en.md") && texts.body.contains("company"), "{}", texts.body);
    let draft = begin(&mut mila, "Mine").await;
    let page = mila.get(&format!("{draft}?file=shop.yaml")).await;
    assert!(page.body.contains("data-readonly") && page.body.contains("read only"), "{}", page.body);
    let (status, refused) = save(&mut mila, &draft, "shop.yaml", 0, "flow: shop\n").await;
    assert_eq!(status, 422, "{refused}");
    assert!(refused["error"].as_str().is_some_and(|why| why.contains("analysts")), "{refused}");
    for (file, made) in [("tests", 422), ("", 422), ("knowledge", 303)] {
        mila.get(&draft).await;
        let made_of = mila.post(&format!("{draft}/create"), &[("folder", file), ("name", "rent.en")]).await;
        assert_eq!(made_of.status, made, "{file}: {}", made_of.body);
    }
    assert_eq!(save(&mut mila, &draft, "knowledge/rent.en.md", 1, "## Rental\nFrom a day.\n").await.0, 200);
    mila.get(&format!("{draft}/publish")).await;
    let done = mila.post(&format!("{draft}/publish"), &[]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    // The way back is not theirs.
    assert_eq!(mila.post("/admin/flows/rollback", &[("release", "x"), ("seen", "x")]).await.status, 403);
    // The audit log tells both.
    let rows = panel.home.tolmach(&["audit", "list", "--json"]).run().stdout;
    assert!(rows.contains("draft.begin") && rows.contains("release.publish"), "{rows}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_compiler_answers_while_one_types() {
    let panel = shop().await;
    let mut client = panel.logged_in("Anton").await;
    let draft = begin(&mut client, "Typing").await;
    let text = format!("{SHOP}  more:\n    say: {{ te");
    let at = text.encode_utf16().count();
    let typing = json!({ "draft": id(&draft), "file": "shop.yaml", "text": text, "offset": at });
    let (status, found) = client.json("/admin/api/complete", &typing).await;
    assert_eq!((status, found["from"].as_u64()), (200, Some(at as u64 - 2)), "{found}");
    assert_eq!(found["items"][0]["label"], "text", "{found}");
    let at = SHOP.split("ask").next().expect("before").encode_utf16().count() + 1;
    let asked = json!({ "draft": id(&draft), "file": "shop.yaml", "text": SHOP, "offset": at });
    let (_, meaning) = client.json("/admin/api/hover", &asked).await;
    assert!(meaning["doc"].as_str().is_some_and(|doc| doc.starts_with("Asks a question")), "{meaning}");
    // What is no text, too large, or of no draft is refused with a sentence.
    for (body, status) in [
        (json!({}), 422),
        (json!({ "draft": "x", "file": "a", "text": "" }), 422),
        (json!({ "draft": "00000000-0000-7000-8000-000000000000", "file": "a", "text": "" }), 404),
        (json!({ "draft": id(&draft), "file": "shop.yaml", "text": "x".repeat(600 * 1024) }), 422),
        (json!({ "draft": id(&draft), "file": "shop.yaml", "text": "x".repeat(3 << 20) }), 422),
    ] {
        let (got, answer) = client.json("/admin/api/check", &body).await;
        assert_eq!(got, status, "{answer}");
        assert!(answer["error"].as_str().is_some_and(|why| !why.is_empty()), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_tried_on_what_really_happened() {
    let panel = shop().await;
    let mut page = Page::new(&panel.server, "en").await;
    page.ask("w1", "hi there").await;
    page.ask("w2", "/size").await;
    let mut client = panel.logged_in("Anton").await;
    let inbox = client.get("/admin/inbox?queue=all").await.body;
    let chat =
        inbox.split("data-chat=\"").nth(1).expect("a chat").split('"').next().expect("a key").to_owned();
    // The turn leads into a draft of one's own, at the node.
    let trace = client.get(&format!("/admin/inbox/{chat}/turns/2")).await;
    assert!(trace.body.contains("Try it in a draft"), "{}", trace.body);
    let asked = client.get(&format!("/admin/inbox/{chat}/turns/3")).await;
    assert!(asked.body.contains("Why not another way?") && asked.body.contains("gave_up"), "{}", asked.body);
    let fields = [("chat", chat.as_str()), ("turn", "2"), ("at", "shop.hello")];
    let begun = client.post("/admin/flows/try", &fields).await.location.expect("a draft");
    let draft = begun.split('?').next().expect("an address").to_owned();
    assert!(begun.ends_with("#L8") && begun.contains("file=shop.yaml"), "{begun}");
    let again = client.post("/admin/flows/try", &fields).await.location.expect("a draft");
    assert_eq!(again, begun, "the same draft");

    let tried = format!("{draft}/turn?chat={chat}&turn=3");
    let same = client.get(&tried).await;
    assert!(same.body.contains("the same") && !same.body.contains("With the draft"), "{}", same.body);
    let other = SHOP.replace("What is the budget?", "How much may it cost?");
    save(&mut client, &draft, "shop.yaml", 0, &other).await;
    let changed = client.get(&tried).await;
    for part in ["differs", "What is the budget?", "How much may it cost?"] {
        assert!(changed.body.contains(part), "{part}: {}", changed.body);
    }
    // The list names each turn that goes another way, and only those.
    let chats = client.get(&format!("{draft}/chats?days=1")).await;
    assert!(chats.body.contains("Nothing changes"), "words are no way: {}", chats.body);
    let other = SHOP.replace("start: hello\nslots", "start: thanks\nslots");
    save(&mut client, &draft, "shop.yaml", 1, &other).await;
    let chats = client.get(&format!("{draft}/chats?days=1")).await;
    assert_eq!(chats.body.matches("?chat&#x3D;").count(), 1, "{}", chats.body);
    assert!(chats.body.contains("hi there") && chats.body.contains("<code>thanks</code>"), "{}", chats.body);
    // A draft that does not compile is told so, a turn that is not there is no page.
    save(&mut client, &draft, "shop.yaml", 2, "flow: shop\n").await;
    assert!(client.get(&tried).await.body.contains("Fix them"));
    assert!(client.get(&format!("{draft}/chats")).await.body.contains("Fix them"));
    assert_eq!(client.get(&format!("{draft}/turn?chat={chat}&turn=99")).await.status, 404);
    // Nothing was sent and nothing stored.
    let shown = page.shown.len();
    assert_eq!(Page::back(&panel.server, &page.token).await.shown.len(), shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_pages_show_of_drafts_is_told_by_commands_too() {
    let panel = shop().await;
    let mut page = Page::new(&panel.server, "en").await;
    page.ask("w1", "hi there").await;
    let mut client = panel.logged_in("Anton").await;
    let draft = begin(&mut client, "Politer").await;
    let other =
        SHOP.replace("start: hello\nslots", "start: thanks\nslots").replace("into: budget", "into: budge");
    save(&mut client, &draft, "shop.yaml", 0, &other).await;
    let told = |arguments: &[&str]| panel.home.tolmach(arguments).run();
    let list: Value = told(&["draft", "list", "--json"]).ok().json();
    assert_eq!((&list[0]["title"], &list[0]["id"]), (&json!("Politer"), &json!(id(&draft))), "{list}");
    assert!(told(&["draft", "list"]).ok().stdout.contains("Politer"));
    let shown: Value = told(&["draft", "show", id(&draft), "--json"]).ok().json();
    assert_eq!(shown["changed"], json!(["shop.yaml"]));
    assert_eq!(shown["problems"][0]["code"], "unknown-slot", "{shown}");
    let text = told(&["draft", "show", &id(&draft)[..20]]).ok().stdout;
    assert!(text.contains("error[unknown-slot] shop.yaml:11:"), "{text}");
    let diff = told(&["draft", "diff", id(&draft)]).ok().stdout;
    assert!(diff.contains("-    2 start: hello") && diff.contains("+    2 start: thanks"), "{diff}");
    let broken = told(&["draft", "chats", id(&draft)]);
    assert!(broken.code == Some(1) && broken.stderr.contains("fix them"), "{broken:?}");
    let refused = told(&["draft", "publish", id(&draft)]);
    assert!(refused.code == Some(1) && refused.stderr.contains("unknown-slot"), "{refused:?}");

    save(&mut client, &draft, "shop.yaml", 1, &SHOP.replace("start: hello\nslots", "start: thanks\nslots"))
        .await;
    let chats: Value = told(&["draft", "chats", id(&draft), "--json"]).ok().json();
    assert_eq!(chats["changed_turns"][0]["after"], json!(["thanks"]), "{chats}");
    let (chat, turn) = (&chats["changed_turns"][0]["chat"], &chats["changed_turns"][0]["turn"]);
    let tried: Value =
        told(&["draft", "turn", id(&draft), chat.as_str().expect("a key"), &turn.to_string()]).ok().json();
    assert_eq!((&tried["same"], &tried["after"]["replies"]), (&json!(false), &json!(["Thanks"])), "{tried}");
    told(&["draft", "export", id(&draft), "copy"]).ok();
    assert!(told(&["draft", "export", id(&draft), "copy"]).stderr.contains("exists already"));
    assert!(told(&["test", "copy"]).stdout.contains("1 failed"), "the draft is a bundle as any other");
    let undone = told(&["draft", "undo", id(&draft), "--author", "Anton"]).ok().stdout;
    assert!(undone.contains("the last change of shop.yaml is undone"), "{undone}");
    assert!(told(&["draft", "show", id(&draft)]).ok().stdout.contains("nothing is changed"));
    let other = told(&["draft", "redo", id(&draft), "--author", "Olga"]);
    assert!(other.code == Some(1) && other.stderr.contains("nothing to redo"), "{other:?}");
    let redone: Value = told(&["draft", "redo", id(&draft), "--author", "Anton", "--json"]).ok().json();
    assert!(
        redone["file"] == "shop.yaml"
            && redone["text"].as_str().is_some_and(|text| text.contains("start: thanks")),
        "{redone}"
    );
    told(&["draft", "discard", id(&draft), "--author", "Olga"]).ok();
    assert!(told(&["draft", "show", id(&draft)]).ok().stdout.contains("thrown away"));
    assert!(told(&["draft", "show", "none"]).stderr.contains("tolmach draft list"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proposals_are_measured_and_taken_over_by_one_press() {
    let home = Home::ready();
    let flow = "\
flow: shop
start: route
nodes:
  route:
    classify:
      intents:
        rent: { examples: [аренда виброплиты, сдаёте в аренду, взять напрокат] }
        price: { examples: [сколько стоит, какая цена, прайс] }
    next: { rent: rent, price: price, unsure: help }
  rent: { say: { text: { ru: Сдаём } } }
  price: { say: { text: { ru: Цены } } }
  help: { say: { text: { ru: Не понял } } }
";
    home.write("flows/shop.yaml", flow.replace("start: route", "start: route\nlanguages: [ru]"));
    let panel = Panel::in_home(home, &[]).await;
    for client in 0..3 {
        let mut page = Page::new(&panel.server, "ru").await;
        page.ask(&format!("p{client}"), "а можно взять технику на выходные").await;
    }
    let mut anton = panel.logged_in("Anton").await;
    let page = anton.get("/admin/flows/proposals").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("взять технику на выходные"), "{}", page.body);
    let fields = [("node", "shop.route"), ("intent", "rent"), ("text", "а можно взять технику на выходные")];
    let effect = anton.post("/admin/flows/proposals/measure", &fields).await;
    assert!(effect.body.contains("0 as the flows are now, 3 with the example"), "{}", effect.body);
    anton.get("/admin/flows/proposals").await;
    let taken = anton.post("/admin/flows/proposals/take", &fields).await.location.expect("a draft");
    assert!(taken.ends_with("#L8"), "{taken}");
    let draft = taken.split('?').next().expect("an address");
    let changes = anton.get(&format!("{draft}/changes")).await;
    assert!(changes.body.contains("&quot;а можно взять технику на выходные&quot;]"), "{}", changes.body);
    anton.get("/admin/flows/proposals").await;
    for wrong in [("intent", "none"), ("node", "shop.none"), ("node", "x")] {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, if *name == wrong.0 { wrong.1 } else { *value }))
            .collect();
        let refused = anton.post("/admin/flows/proposals/take", &fields).await;
        assert!(refused.status == 422 && refused.body.contains("no list of examples"), "{}", refused.body);
        anton.get("/admin/flows/proposals").await;
    }
    // A new intent with a way of its own: measured, written once, and refused where its name is taken.
    let page = anton.get("/admin/flows/proposals").await;
    assert!(page.body.contains("<option value=\"help\">help</option>"), "{}", page.body);
    let fields = [
        ("node", "shop.route"),
        ("intent", "weekend"),
        ("to", "rent"),
        ("text", "а можно взять технику на выходные\r\nна выходные сдаёте?\r\n"),
    ];
    let effect = anton.post("/admin/flows/proposals/measure", &fields).await;
    assert!(effect.body.contains("0 as the flows are now, 3 with the example"), "{}", effect.body);
    anton.get("/admin/flows/proposals").await;
    assert!(anton.post("/admin/flows/proposals/take", &fields).await.location.is_some());
    let changes = anton.get(&format!("{draft}/changes")).await;
    assert!(changes.body.contains("weekend: { examples: ["), "{}", changes.body);
    assert!(changes.body.contains("next: { weekend: rent, rent: rent,"), "{}", changes.body);
    anton.get("/admin/flows/proposals").await;
    let again = anton.post("/admin/flows/proposals/take", &fields).await;
    assert!(again.status == 422 && again.body.contains("its name is taken"), "{}", again.body);
}

/// A document of an office with these paragraphs.
fn docx(paragraphs: &[(&str, &str)]) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let body: String = paragraphs
        .iter()
        .map(|(level, text)| {
            let level = if level.is_empty() {
                String::new()
            } else {
                format!("<w:pPr><w:outlineLvl w:val=\"{level}\"/></w:pPr>")
            };
            format!("<w:p>{level}<w:r><w:t>{text}</w:t></w:r></w:p>")
        })
        .collect();
    zip.start_file("word/document.xml", options).expect("begun");
    zip.write_all(format!("<w:document><w:body>{body}</w:body></w:document>").as_bytes()).expect("written");
    zip.finish().expect("ended").into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_becomes_passages_that_the_bot_leans_on() {
    let home = Home::ready();
    let flow = "\
flow: shop
start: about
languages: [en]
nodes:
  about:
    answer: { prompt: about, knowledge: [company] }
    next: { done: wait, failed: none }
  none:
    say: { text: { en: I do not know } }
";
    home.write("flows/shop.yaml", flow);
    home.write("flows/prompts/about.en.md", "Answer from the passages.\n");
    home.write("flows/knowledge/company.en.md", "## Address\nWe are in Tula, Lenina street 5.\n");
    let panel = Panel::in_home(home, &[]).await;
    let mut mila = panel.logged_in("Mila").await;
    mila.get("/admin/texts").await;
    let document = docx(&[
        ("0", "Address"),
        ("", "We are in Samara, Polevaya street 9."),
        ("0", "Rental of compactors"),
        ("", "A vibrating compactor is rented from 1 day, 1500 roubles a day, with a deposit."),
    ]);
    let token = mila.token.clone();
    let fields = [("csrf", token.as_str()), ("name", "company"), ("language", "en")];
    let read = mila.send_parts("/admin/texts/document", &fields, &[("About us.docx", &document)]).await;
    assert_eq!(read.status, 303, "{}", read.body);
    let place = read.location.expect("the passages");
    let shown = mila.get(&place).await;
    for part in ["2\u{a0}passages", "Rental of compactors", "Polevaya street 9"] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    let found = mila.get(&format!("{place}&q=compactor+deposit")).await;
    assert!(found.body.contains("with these words: 1") && !found.body.contains("Polevaya"), "{}", found.body);
    let draft = place.split("/passages").next().expect("an address").to_owned();
    let changes = mila.get(&format!("{draft}/changes")).await;
    assert!(changes.body.contains("- We are in Tula, Lenina street 5."), "{}", changes.body);
    mila.get(&format!("{draft}/publish")).await;
    assert_eq!(mila.post(&format!("{draft}/publish"), &[]).await.status, 303);
    let mut page = Page::new(&panel.server, "en").await;
    let reply = page.ask("a1", "how much is the rental of a compactor a day?").await.to_string();
    assert!(reply.contains("1500 roubles"), "{reply}");

    // What is no document is refused with a sentence, and no draft is begun for it.
    mila.get("/admin/texts").await;
    let drafts = mila.get("/admin/flows").await.body.matches("<li>").count();
    for (name, file, why) in [
        ("company", b"MZ\x90\x00".as_slice(), "no DOCX document"),
        ("company", b"\xd0\xcf\x11\xe0", "old format"),
        ("company", b"", "is empty"),
        ("company", &document[..document.len() / 2], "damaged"),
        ("../evil", &document, "letters, digits"),
    ] {
        let token = mila.token.clone();
        let fields = [("csrf", token.as_str()), ("name", name), ("language", "en")];
        let refused = mila.send_parts("/admin/texts/document", &fields, &[("x.docx", file)]).await;
        assert!(refused.status == 422 && refused.body.contains(why), "{why}: {}", refused.body);
        mila.get("/admin/texts").await;
    }
    let stranger = [("csrf", "none"), ("name", "company"), ("language", "en")];
    assert_eq!(
        mila.send_parts("/admin/texts/document", &stranger, &[("x.docx", &document)]).await.status,
        403
    );
    assert_eq!(mila.get("/admin/flows").await.body.matches("<li>").count(), drafts);
}
