//! `tolmach client`: what is kept of a client is shown, exported and erased, also beside a running server.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::{Value, json};

use crate::{
    page::Page,
    support::{Home, Server},
};

/// A client who leaves a phone number, in a chat that goes on.
async fn talk(server: &Server, phone: &str) -> Page {
    let mut page = Page::new(server, "ru").await;
    page.ask("1", "ищу перфоратор до 20 тысяч").await;
    page.press("2", "Связаться с менеджером").await;
    page.ask("3", &format!("Анна {phone}, anna@example.com")).await;
    page
}

fn client(home: &Home, args: &[&str]) -> crate::support::Ran {
    home.tolmach(&[&["client"], args].concat()).run()
}

/// The files of the data folder, other than the program's own, that hold one of these texts.
fn files_with(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_with(&path, texts));
            continue;
        }
        let bytes = fs::read(&path).expect("read");
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        found.extend(
            texts.iter().filter(|text| holds(text)).map(|text| format!("{}: {text}", path.display())),
        );
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_shown_exported_and_erased_beside_a_running_server() {
    let home = Home::ready();
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_STAFF_EMAIL", "sales@example.com")
        .serve();
    let page = talk(&server, "8 916 555-01-42").await;
    let mut other = talk(&server, "8 916 555-01-43").await;

    let shown = client(&home, &["show", "+7 (916) 555-01-42", "--json"]).ok().json();
    assert_eq!(shown.as_array().map(Vec::len), Some(1), "{shown}");
    let chat = shown[0]["chat"].as_str().expect("a chat").to_owned();
    assert_eq!(shown[0]["leads"].as_array().map(Vec::len), Some(1), "{shown}");
    for table in ["leads", "messages", "chats"] {
        assert!(shown[0]["found_in"][table].as_u64() > Some(0), "{table}: {shown}");
    }
    assert_eq!(client(&home, &["show", &chat]).ok().stdout.lines().next(), Some(chat.as_str()));
    let both = client(&home, &["show", "ANNA@example.com", "--json"]).ok().json();
    assert_eq!(both.as_array().map(Vec::len), Some(2), "{both}");
    client(&home, &["show", "8 916 555-01-44"]).fails_with(&["nothing is kept"]);
    client(&home, &["show", "anna"]).fails_with(&["no chat's key, phone number or e-mail address"]);

    // The export holds everything, for its owner only, and replaces nothing unasked.
    let file = home.path("anna.json");
    let out = file.to_str().expect("a path");
    client(&home, &["export", "89165550142", "--out", out]).ok();
    assert_eq!(fs::metadata(&file).expect("written").permissions().mode() & 0o777, 0o600);
    client(&home, &["export", "89165550142", "--out", out]).fails_with(&["exists", "--force"]);
    client(&home, &["export", "89165550142", "--out", out, "--force"]).ok();
    let export: Value = serde_json::from_slice(&fs::read(&file).expect("read")).expect("JSON");
    assert_eq!((&export["format"], &export["version"]), (&json!("tolmach-client"), &json!(1)));
    let tables = &export["chats"][0]["tables"];
    for table in
        ["chats", "inbox", "messages", "turns", "buttons", "outbox", "leads", "lead_history", "audit"]
    {
        assert!(tables[table].is_array(), "{table} is not in {tables}");
    }
    assert_eq!(tables["leads"][0]["lead"]["contact"]["phone"], "+79165550142");
    assert!(!export.to_string().contains("+79165550143"), "another client's data");

    // Nothing happens without --yes, nor to several at once without --all.
    client(&home, &["erase", "89165550142"]).fails_with(&["nothing is erased yet", "--yes"]);
    client(&home, &["erase", "anna@example.com", "--yes"]).fails_with(&["2 chats match", "--all", &chat]);
    let erased = client(&home, &["erase", "89165550142", "--yes", "--json"]).ok().json();
    assert_eq!(erased["purged"], "overwritten", "{erased}");
    let receipt = &erased["receipts"][0];
    assert!(receipt["rows"]["messages"].as_u64() > Some(3), "{receipt}");

    assert_eq!(
        files_with(&home.path("tolmach-data"), &["+79165550142", "916 555-01-42", &chat]),
        Vec::<String>::new()
    );
    client(&home, &["show", "89165550142"]).fails_with(&["nothing is kept"]);
    client(&home, &["show", &chat]).fails_with(&["it was erased on", receipt["id"].as_str().expect("an id")]);
    let audit = home.tolmach(&["audit", "list", "--action", "client.", "--json"]).run().ok().json();
    let rows = audit.as_array().expect("a list");
    let done: Vec<&Value> = rows.iter().filter(|row| row["result"]["result"] == "done").collect();
    assert!(
        done.iter().all(|row| row["object"] == receipt["id"]),
        "export and erasure are one client's: {audit}"
    );
    for text in ["5550142", "555-01-42", "anna@", "Анна", &chat] {
        assert!(!audit.to_string().contains(text), "«{text}» is in {audit}");
    }

    // Nobody else is touched, and the client may come back as a new one.
    other.ask("4", "а болгарки есть?").await;
    let mut again = Page::back(&server, &page.token).await;
    assert_eq!(again.shown.len(), 0, "{:?}", again.shown);
    again.ask("9", "ищу дрель").await;
    let (code, printed) = server.terminate();
    assert_eq!(code, Some(0));
    assert!(!printed.contains("panicked") && !printed.contains("ERROR"), "{printed}");
}

/// The process that erases is killed at any moment: what it has not erased is erased by the next one.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_was_killed_is_given_again() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    talk(&server, "8 916 555-01-42").await;
    server.terminate();
    for pause in [0, 5, 20, 60] {
        let running = home.tolmach(&["client", "erase", "89165550142", "--yes"]).start();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        drop(running);
    }
    let last = client(&home, &["erase", "89165550142", "--yes"]);
    assert!(last.code == Some(0) || last.stderr.contains("nothing is kept"), "{last:?}");
    assert_eq!(files_with(&home.path("tolmach-data"), &["+79165550142"]), Vec::<String>::new());
    let receipts = home.tolmach(&["audit", "list", "--action", "client.erase", "--json"]).run().ok().json();
    let done = receipts.as_array().expect("a list").iter().filter(|row| row["result"]["result"] == "done");
    assert_eq!(done.count(), 1, "{receipts}");
}
