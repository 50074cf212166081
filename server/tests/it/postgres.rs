//! The end-to-end tests on a PostgreSQL server, and failures that only a server has.

use tolmach_testkit::postgres::Cluster;

use crate::{
    audit, crash,
    page::Page,
    staff,
    support::{Home, Server},
};

/// The cluster and a new database on it; `None` if PostgreSQL is not installed.
fn database() -> Option<(&'static Cluster, String)> {
    let cluster = Cluster::shared().expect("PostgreSQL")?;
    Some((cluster, cluster.database().expect("a database")))
}

fn on(home: Home, url: &str) -> Home {
    home.write("tolmach.toml", format!("[database]\nurl = \"{url}\"\n"));
    home
}

#[tokio::test]
async fn a_first_start_needs_only_the_url() {
    let Some((_, url)) = database() else { return };
    let home = Home::new();
    let tolmach = |args: &[&str]| home.tolmach(args).env("TOLMACH_DATABASE_URL", &url);
    let serve = || -> Server { tolmach(&["run", "--listen", "127.0.0.1:0"]).serve() };
    let server = serve();
    assert!(server.printed().contains("the built-in bundle, copied now"), "{}", server.printed());
    let mut page = Page::new(&server, "ru").await;
    page.ask("1", "ищу перфоратор").await;
    page.press("2", "Связаться с менеджером").await;
    page.ask("3", "8 999 123-45-67").await;
    server.kill();
    let server = serve();
    let mut page = Page::back(&server, &page.token).await;
    let thanks = page.ask("4", "Пётр").await;
    assert!(thanks["text"].as_str().is_some_and(|text| text.contains("Спасибо, Пётр")), "{thanks}");
    assert_eq!(server.health().await["status"], "ok");
    let (code, said) = server.terminate();
    assert_eq!(code, Some(0), "{said}");
    assert!(!home.path("tolmach-data/tolmach.db").exists(), "there is no file beside it");
    let leads = tolmach(&["leads", "--json"]).run().ok().json();
    assert_eq!(leads[0]["lead"]["contact"]["name"], "Пётр", "{leads}");
    // Every command that reads the database uses this one.
    for (args, word) in [
        (&["release", "list"][..], "first start"),
        (&["handoff", "list"], "no chat is taken over by the staff"),
        (&["goals"], "lead"),
        (&["replay", "--since", "1d"], "turns of 1 chats replayed, 0 differ"),
    ] {
        let said = tolmach(args).run().ok().stdout.to_lowercase();
        assert!(said.contains(word), "{args:?}: «{word}» is not in: {said}");
    }
}

#[tokio::test]
async fn the_contact_form_survives() {
    let Some((_, url)) = database() else { return };
    crash::contact_form(&on(Home::ready(), &url)).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_answered_once() {
    let Some((_, url)) = database() else { return };
    crash::acknowledged(&on(Home::ready(), &url)).await;
}

#[test]
fn a_refusing_server_is_named_and_nothing_is_created() {
    let Some((cluster, url)) = database() else { return };
    let home = Home::new();
    let tcp = cluster.over_tcp(&url);
    for (url, words) in [
        (
            tcp.replace("throw-away", "hunter2"),
            &["tolmach@127.0.0.1", "password is wrong", "database.url"][..],
        ),
        (tcp.replace("/test", "/missing"), &["no such database", "createdb"]),
    ] {
        for args in [&["run", "--listen", "127.0.0.1:0"][..], &["leads"], &["chat"]] {
            let tolmach = home.tolmach(args).env("TOLMACH_DATABASE_URL", &url).stdin("насос\n");
            let ran = tolmach.run().fails_with(words);
            assert!(!ran.stderr.contains("hunter2") && !ran.stderr.contains("throw-away"), "{}", ran.stderr);
        }
    }
    assert!(home.names().is_empty(), "nothing was made: {:?}", home.names());
}

#[test]
fn publications_and_imports_are_audited() {
    let Some((_, url)) = database() else { return };
    audit::releases_and_price_lists(&on(staff::home(), &url));
}
