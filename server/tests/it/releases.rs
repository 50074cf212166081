//! The life cycle of a release: publish, edit, diff, roll back, export and import.

use std::{
    fs,
    io::{Cursor, Write},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use tolmach_engine::bundle::Bundle;
use tolmach_runtime::ports::prelude::*;
use tolmach_runtime::ports::{self, Publication, PublicationKind, PublishOutcome, Store};
use tolmach_store::sqlite::{Options, SqliteStore};

use crate::{
    page::Page,
    support::{Home, Ran, Server},
};

const FLOW: &str = "\
flow: shop
start: hello
slots: { size: { type: number } }
on: { command: { size: size } }
nodes:
  hello:
    say: { text: { ru: Первый привет, en: First hello } }
  size:
    ask: { text: { ru: Какой размер?, en: What size? }, into: size }
    next: { done: sized, cancelled: wait, gave_up: wait }
  sized:
    say: { text: { ru: 'Размер {{slots.size}}', en: 'Size {{slots.size}}' } }
";

const TEST: &str = "\
- name: a greeting
  given: { catalogue: empty, language: en }
  steps:
    - client: hello
      expect: { path: [hello] }
";

/// A shop of three nodes with the sample catalogue.
fn shop() -> Home {
    let home = Home::ready();
    home.write("flows/shop.yaml", FLOW);
    home.write("flows/tests/shop.test.yaml", TEST);
    home
}

fn edit(home: &Home, from: &str, to: &str) {
    let text = fs::read_to_string(home.path("flows/shop.yaml")).expect("read");
    assert!(text.contains(from), "{from} is not in {text}");
    home.write("flows/shop.yaml", text.replace(from, to));
}

fn release(home: &Home, args: &[&str]) -> Ran {
    home.tolmach(&[&["release"], args].concat()).run()
}

fn serve(home: &Home) -> Server {
    home.tolmach(&["run", "--listen", "127.0.0.1:0"]).env("TOLMACH_DEBOUNCE_MS", "0").serve()
}

fn publications(home: &Home) -> Vec<Value> {
    release(home, &["list", "--json"]).ok().json().as_array().expect("a list").clone()
}

#[track_caller]
fn says(message: &Value, text: &str) {
    assert!(message["text"].as_str().is_some_and(|said| said.contains(text)), "«{text}» is not in {message}");
}

/// Waits until a running server serves the release, and checks the time this took.
async fn taken_up(server: &Server, id: &str, since: Instant) -> Value {
    let health = server.health_until(|health| health["release"]["id"] == id).await;
    assert!(since.elapsed() < Duration::from_secs(2), "taken up after {:?}", since.elapsed());
    health
}

#[tokio::test]
async fn a_chat_in_a_form_survives_a_publication_and_a_rollback() {
    let home = shop();
    let server = serve(&home);
    let first = publications(&home);
    assert_eq!(
        (first.len(), &first[0]["note"], &first[0]["parent"]),
        (1, &json!("first start"), &Value::Null)
    );
    let first = first[0]["release"].as_str().expect("an id").to_owned();
    let mut in_form = Page::new(&server, "en").await;
    says(&in_form.ask("1", "/size").await, "What size?");

    // Change the greeting and the question, and add a node.
    edit(&home, "First hello", "Second hello");
    edit(&home, "'Size {{", "'New size {{");
    edit(&home, "nodes:\n", "nodes:\n  bye:\n    say: { text: { ru: Пока, en: Bye } }\n");
    edit(&home, "command: { size: size }", "command: { size: size, bye: bye }");
    let diff = release(&home, &["diff"]).ok().stdout;
    for part in [
        "shop: added bye; changed hello, sized",
        "--- a/shop.yaml",
        "-    say: { text: { ru: Первый",
        "+  bye:",
    ] {
        assert!(diff.contains(part), "«{part}» is not in:\n{diff}");
    }
    let planned = release(&home, &["publish", "--dry-run"]).ok().stdout;
    let waits = format!("1 chat waits at shop.size of {}: finishes on that release", &first[..12]);
    assert!(planned.contains(&waits) && planned.contains("--dry-run"), "{planned}");
    assert_eq!(publications(&home).len(), 1);
    let published = Instant::now();
    let said = release(&home, &["publish", "--note", "a warmer greeting", "--author", "Анна"]).ok().stdout;
    assert!(said.contains("dialog tests: 1 passed") && said.contains("published release"), "{said}");
    let list = publications(&home);
    let second = list[0]["release"].as_str().expect("an id").to_owned();
    assert_eq!((&list[0]["author"], &list[0]["parent"]), (&json!("Анна"), &json!(first)));
    let health = taken_up(&server, &second, published + Duration::from_millis(900)).await;
    assert_eq!(health["release"]["note"], "a warmer greeting");
    assert!(health["release"]["since"].as_str().is_some_and(|since| since.ends_with("UTC")), "{health}");

    // The form finishes on its release; the dialog then continues on the new one.
    says(&in_form.ask("2", "7").await, "Size 7");
    assert_eq!(in_form.shown.last().map(|message| message["text"].clone()), Some(json!("Size 7")));
    says(&in_form.ask("3", "hello").await, "Second hello");
    assert!(release(&home, &["diff"]).ok().stdout.contains("are the same"));
    let again = release(&home, &["publish"]).ok().stdout;
    assert!(again.contains("nothing changed"), "{again}");

    // Roll back while the server runs.
    let back = Instant::now();
    let said = release(&home, &["rollback", "--note", "too warm"]).ok().stdout;
    assert!(said.contains("rolled back to release") && said.contains("1 chat moves"), "{said}");
    taken_up(&server, &first, back).await;
    says(&in_form.ask("4", "hello").await, "First hello");
    let list = release(&home, &["list"]).ok().stdout;
    assert!(
        list.lines().next().is_some_and(|line| line.starts_with("* ") && line.contains("too warm")),
        "{list}"
    );
    let shown = release(&home, &["show", &second[..8], "--json"]).ok().json();
    assert_eq!((&shown["current"], &shown["flows"]["shop"]), (&json!(false), &json!(4)));
    server.terminate();

    // A restart does not undo the rollback, and prints that the folder differs.
    let server = serve(&home);
    assert_eq!(server.health().await["release"]["id"], json!(first));
    assert!(server.printed().contains("differs from it; to serve the folder: tolmach release publish"));
    release(&home, &["show", "zz"]).fails_with(&["there is no release `zz`", "release list"]);
    release(&home, &["rollback", "zz"]).fails_with(&["there is no release `zz`"]);
    assert_eq!(publications(&home).len(), 3);
}

#[tokio::test]
async fn waiting_chats_are_moved_to_another_node() {
    let home = shop();
    let server = serve(&home);
    let mut moved = Page::new(&server, "en").await;
    says(&moved.ask("1", "/size").await, "What size?");
    edit(&home, "size: size }", "size: how_big }");
    edit(&home, "\n  size:\n", "\n  how_big:\n");
    edit(&home, "'Size {{", "'Moved size {{");
    let publish = |moves: &[&str]| {
        let moves = moves.iter().flat_map(|one| ["--move", one]);
        release(&home, &["publish"].into_iter().chain(moves).collect::<Vec<_>>())
    };
    for (wrong, words) in [
        ("shop.sise=shop.how_big", &["no node shop.sise", "current release", "did you mean: shop.size"][..]),
        ("shop.size=shop.how_bgi", &["no node shop.how_bgi", "did you mean: shop.how_big"]),
        ("shop.size=shop.sized", &["shop.sized of the new release is `say`"]),
        ("shop.hello=restart", &["shop.hello of the current release is `say`"]),
        ("shop.size", &["flow.node=flow.node"]),
    ] {
        publish(&[wrong]).fails_with(words);
    }
    assert_eq!(publications(&home).len(), 1);
    let said = publish(&["shop.size=shop.how_big"]).ok().stdout;
    assert!(said.contains("1 chat waits at shop.size") && said.contains("moves to shop.how_big"), "{said}");
    let id = publications(&home)[0]["release"].as_str().expect("an id").to_owned();
    server.health_until(|health| health["release"]["id"] == id.as_str()).await;
    says(&moved.ask("2", "7").await, "Moved size 7");

    // The same with `restart`: the client's answer is handled as a new message.
    says(&moved.ask("3", "/size").await, "What size?");
    edit(&home, "First hello", "Third hello");
    let said = publish(&["shop.how_big=restart"]).ok().stdout;
    assert!(said.contains("begins at the flow's start"), "{said}");
    let id = publications(&home)[0]["release"].as_str().expect("an id").to_owned();
    server.health_until(|health| health["release"]["id"] == id.as_str()).await;
    says(&moved.ask("4", "7").await, "Third hello");
}

#[test]
fn concurrent_edits_of_a_release_do_not_overwrite_each_other() {
    let home = shop();
    let said = release(&home, &["publish", "--note", "the start"]).ok().stdout;
    assert!(said.contains("published release") && said.contains("chats in progress: none"), "{said}");
    release(&home, &["export", "current", "hers"]).ok();
    let edit_in = |folder: &str, file: &str, to: &str| {
        let path = format!("{folder}/{file}");
        let text = fs::read_to_string(home.path(&path)).expect("read");
        home.write(&path, text.replace("First hello", to));
    };
    edit_in("flows", "shop.yaml", "His hello");
    home.write("flows/prompts/his.md", "---\ntemperature: 0.5\n---\nНичего.\n");
    release(&home, &["publish", "--note", "his greeting", "--author", "Пётр"]).ok();
    edit_in("hers", "shop.yaml", "Her hello");
    release(&home, &["publish", "hers", "--note", "hers"]).fails_with(&[
        "hers is based on release",
        "Пётр published",
        "his greeting",
        "changed on both sides: shop.yaml",
        "release diff",
        "--parent",
    ]);
    assert_eq!(publications(&home).len(), 2);
    let first = publications(&home)[1]["release"].as_str().expect("an id").to_owned();
    release(&home, &["publish", "hers", "--parent", &first])
        .fails_with(&["is not the current release", "Пётр"]);
    // After a review, she publishes over it explicitly.
    release(&home, &["publish", "hers", "--note", "hers", "--parent", "current"]).ok();
    assert_eq!(publications(&home)[0]["note"], "hers");
    // Her folder is now based on her release; his is not.
    edit_in("flows", "shop.yaml", "");
    home.write("flows/shop.yaml", FLOW.replace("First hello", "His second hello"));
    release(&home, &["publish"]).fails_with(&["flows is based on release", "hers"]);
    home.write("hers/shop.yaml", FLOW.replace("First hello", "Her second hello"));
    release(&home, &["publish", "hers"]).ok();
}

#[test]
fn a_bundle_that_is_broken_or_fails_its_tests_is_not_published() {
    let home = shop();
    release(&home, &["publish"]).ok();
    edit(&home, "start: hello", "start: helo");
    release(&home, &["publish"]).fails_with(&["do not compile", "shop.yaml:2:8", "unknown-target", "hello"]);
    edit(&home, "start: helo", "start: size");
    let ran = release(&home, &["publish"]).fails_with(&["1 dialog test fails: «", "; nothing was published"]);
    assert!(
        ran.stdout.contains("FAIL  a greeting") && ran.stdout.contains("shop.test.yaml"),
        "{}",
        ran.stdout
    );
    home.write("flows/tests/shop.test.yaml", "- name: typo\n  steps:\n    - comand: start\n");
    release(&home, &["publish"]).fails_with(&["shop.test.yaml:3:7", "unknown-field"]);
    assert_eq!(publications(&home).len(), 1);
    release(&home, &["rollback"]).fails_with(&["is the first release"]);
    release(&home, &["publish", "missing"]).fails_with(&["there is no folder missing"]);
    // Without a flows folder, the built-in bundle is not published instead.
    fs::rename(home.path("flows"), home.path("moved")).expect("moved");
    release(&home, &["publish"]).fails_with(&["there is no folder flows here", "--flows"]);
    release(&home, &["diff"]).fails_with(&["there is no folder flows here"]);
    home.tolmach(&["run", "--flows", "missing"]).run().fails_with(&["there is no folder missing"]);
    let server = serve(&home);
    assert!(!server.printed().contains("differs"), "{}", server.printed());
    let empty = Home::new();
    release(&empty, &["list"]).fails_with(&["holds no database yet"]);
    release(&empty, &["publish"]).fails_with(&["there is no folder flows here"]);
    release(&empty, &["publish", "--release", "abc"]).fails_with(&["holds no database"]);
    release(&empty, &["import", "nowhere.zip"]).fails_with(&["there is no nowhere.zip"]);
    assert!(empty.names().is_empty(), "nothing was made: {:?}", empty.names());
}

#[test]
fn a_release_is_exported_and_imported_as_a_folder_and_an_archive() {
    let home = shop();
    release(&home, &["publish", "--note", "the first", "--author", "Анна"]).ok();
    let id = publications(&home)[0]["release"].as_str().expect("an id").to_owned();
    release(&home, &["export", "current", "out"]).ok();
    release(&home, &["export", &id[..10], "out.zip"]).ok();
    let card: Value =
        serde_json::from_slice(&fs::read(home.path("out/release.json")).expect("read")).expect("JSON");
    assert_eq!(
        (&card["id"], &card["note"], &card["author"]),
        (&json!(id), &json!("the first"), &json!("Анна"))
    );
    let other = Home::new();
    for name in ["out", "out.zip"] {
        let path = home.path(name);
        let path = path.to_str().expect("a name");
        let said = release(&other, &["import", path]).ok().stdout;
        assert!(said.contains(&id[..12]) && said.contains("release publish --release"), "{said}");
    }
    assert!(release(&other, &["list"]).ok().stdout.contains("nothing is published yet"));
    release(&other, &["publish", "--release", &id[..12], "--note", "brought here"]).ok();
    assert_eq!(publications(&other)[0]["release"], json!(id), "the same release in another place");

    // Existing files are not overwritten.
    release(&home, &["export", "current", "out"]).ok();
    release(&home, &["export", "current", "out.zip"]).fails_with(&["out.zip exists already"]);
    release(&home, &["export", "current", "tolmach-data"]).fails_with(&["not empty", "no exported release"]);
    home.write("out/shop.yaml", FLOW.replace("First", "Edited"));
    release(&home, &["export", "current", "out"]).fails_with(&["was edited since"]);
    release(&other, &["import", home.path("out").to_str().expect("a name")])
        .fails_with(&["the files were changed or damaged", &id[..12]]);
    release(&home, &["import", "flows"]).fails_with(&["no release.json", "release publish flows"]);
    release(&home, &["import", "nowhere.zip"]).fails_with(&["there is no nowhere.zip"]);
}

#[test]
fn a_damaged_or_hostile_archive_is_refused() {
    let home = shop();
    release(&home, &["publish"]).ok();
    release(&home, &["export", "current", "good.zip"]).ok();
    let good = fs::read(home.path("good.zip")).expect("read");
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xFF;
    let id = publications(&home)[0]["release"].as_str().expect("an id").to_owned();
    let card = json!({ "id": id }).to_string();
    let zip = |files: &[(&str, &[u8])]| {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("begun");
            archive.write_all(bytes).expect("written");
        }
        archive.finish().expect("ended").into_inner()
    };
    let card = ("release.json", card.as_bytes());
    let flow = ("shop.yaml", FLOW.as_bytes());
    let changed = FLOW.replace("First", "Other");
    let bomb = vec![b' '; 5 * 1024 * 1024];
    for (name, bytes, words) in [
        ("cut", good[..good.len() / 2].to_vec(), &["damaged or no zip archive"][..]),
        ("no zip", b"hello".to_vec(), &["damaged or no zip archive"]),
        ("flipped", flipped, &["bad.zip"]),
        ("changed", zip(&[card, ("shop.yaml", changed.as_bytes())]), &["the files were changed or damaged"]),
        ("no card", zip(&[flow]), &["no release.json"]),
        (
            "climbing",
            zip(&[card, flow, ("../evil.yaml", b"x")]),
            &["../evil.yaml", "leads out of the folder"],
        ),
        ("huge", zip(&[card, flow, ("prompts/huge.md", &bomb)]), &["prompts/huge.md is too large"]),
        ("no text", zip(&[card, ("shop.yaml", b"\xff\xfe")]), &["shop.yaml is not UTF-8"]),
    ] {
        home.write("bad.zip", bytes);
        let ran = release(&home, &["import", "bad.zip"]).fails_with(words);
        assert!(!ran.stdout.contains("taken in"), "{name}");
    }
    assert!(!home.path("../evil.yaml").exists());
    assert!(release(&home, &["import", "good.zip"]).ok().stdout.contains("kept already"));
}

/// Publishes a release that this version of the program does not compile.
async fn publish_unusable(home: &Home, flow: String) -> String {
    let options = Options::new(home.path("tolmach-data/tolmach.db"));
    let store = SqliteStore::open(options).await.expect("opened");
    let bundle = Bundle { files: [("shop.yaml".to_owned(), flow)].into() };
    let files = serde_json::to_string(&bundle).expect("JSON");
    store.keep_release(&ports::Bundle { id: bundle.id(), files }, 5).await.expect("kept");
    let parent = store.current_release().await.expect("read").map(|current| current.release);
    let publication = Publication {
        seq: 0,
        release: bundle.id(),
        parent: parent.clone(),
        author: "Анна".to_owned(),
        note: String::new(),
        at: 5,
        kind: PublicationKind::Publish,
        moves: Default::default(),
    };
    let outcome = store.publish(publication, parent).await.expect("answered");
    assert!(matches!(outcome, PublishOutcome::Stored(_)), "{outcome:?}");
    store.close().await.expect("closed");
    bundle.id()
}

async fn reports_unusable(server: &Server) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !server.printed().contains("cannot be used by this program") {
        assert!(Instant::now() < deadline, "{}", server.printed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A release of a version that did not bound its sources: a recursive parser would end the process.
#[tokio::test]
async fn a_stored_release_that_is_too_complex_changes_nothing() {
    let home = shop();
    let server = serve(&home);
    let good = server.health().await["release"].clone();
    let sum = format!("1{}", " + 1".repeat(5000));
    let flow = FLOW.replace("start: hello", "start: which").replace(
        "nodes:\n",
        &format!("nodes:\n  which:\n    branch: [{{ when: '{sum} > 1', to: hello }}, {{ else: hello }}]\n"),
    );
    publish_unusable(&home, flow).await;
    reports_unusable(&server).await;
    assert_eq!(server.health().await["release"], good);
    let mut page = Page::new(&server, "en").await;
    says(&page.ask("1", "hello").await, "First hello");
    server.terminate();
    let run = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).run();
    run.fails_with(&["cannot use the published release", "too-complex"]);
}

#[tokio::test]
async fn a_release_that_cannot_be_used_changes_nothing() {
    let home = shop();
    let server = serve(&home);
    let mut page = Page::new(&server, "en").await;
    let good = server.health().await["release"].clone();
    let unusable = publish_unusable(&home, FLOW.replace("say:", "oldkind:")).await;
    reports_unusable(&server).await;
    assert_eq!(server.health().await["release"], good);
    says(&page.ask("1", "hello").await, "First hello");
    server.terminate();
    let run = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).run();
    run.fails_with(&["cannot use the published release", "unknown-kind", "release publish"]);
    // Both a rollback and a new publication solve it.
    let said = release(&home, &["rollback"]).ok().stdout;
    assert!(said.contains("rolled back to release"), "{said}");
    release(&home, &["rollback", &unusable]).fails_with(&[
        "no longer compiles",
        "nothing changed",
        "unknown-kind",
    ]);
    assert_eq!(serve(&home).health().await["release"]["id"], good["id"]);
    let shown = release(&home, &["show", &unusable]).ok().stdout;
    assert!(shown.contains("this program does not compile it"), "{shown}");
}

#[tokio::test]
async fn a_draft_is_served_as_it_is_saved() {
    let home = shop();
    let dev =
        home.tolmach(&["run", "--dev", "--listen", "127.0.0.1:0"]).env("TOLMACH_DEBOUNCE_MS", "0").serve();
    let before = dev.health().await["release"]["id"].clone();
    assert_eq!(dev.health().await["release"]["note"], Value::Null, "nothing is published");
    let mut page = Page::new(&dev, "en").await;
    says(&page.ask("1", "hello").await, "First hello");
    edit(&home, "First hello", "Edited hello");
    let saved = Instant::now();
    let health = dev.health_until(|health| health["release"]["id"] != before).await;
    assert!(saved.elapsed() < Duration::from_secs(2), "served after {:?}", saved.elapsed());
    says(&page.ask("2", "hello").await, "Edited hello");

    // A broken edit is reported, and the last good release keeps serving.
    edit(&home, "start: hello", "start: helo");
    let deadline = Instant::now() + Duration::from_secs(10);
    while !dev.printed().contains("unknown-target") {
        assert!(Instant::now() < deadline, "{}", dev.printed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(dev.health().await["release"], health["release"]);
    says(&page.ask("3", "hello").await, "Edited hello");
    let said = dev.printed();
    assert!(said.contains("reloaded: release ") && said.contains(" 3 nodes, 0 warnings, in "), "{said}");
    assert!(said.contains("not reloaded: release "), "{said}");
    dev.terminate();
    assert!(release(&home, &["list"]).ok().stdout.contains("nothing is published yet"));
}
