//! Flows that call other systems: only allowed hosts are called, and missing hosts are reported.

use tolmach_runtime::ports::Store;
use tolmach_runtime::ports::TurnQuery;
use tolmach_runtime::ports::prelude::*;
use tolmach_store::sqlite::{Options, SqliteStore};

use crate::{page::Page, support::Home};

const FLOW: &str = "\
flow: shop
start: hello
on: { command: { start: hello, stock: stock } }
slots:
  left: { type: number }
nodes:
  hello:
    say: { text: Hello }
  stock:
    http: { url: 'https://Stock.example.com:8443/left', into: { left: /left } }
    next: { ok: notify_staff, failed: sorry }
  notify_staff:
    say: { text: '{{slots.left}} left' }
  sorry:
    say: { text: The warehouse does not answer. }
";

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_not_allowed_is_not_called() {
    let home = Home::ready();
    home.write("flows/shop.yaml", FLOW);
    let note = "stock.example.com may not be asked, so that shop.stock fails";
    let checked = home.tolmach(&["check", "--deny-warnings"]).run().ok().stdout;
    assert!(checked.contains("no problems") && checked.contains(note), "{checked}");
    let json = home.tolmach(&["check", "--format", "json"]).run().ok().json();
    assert!(json["notes"][0].as_str().is_some_and(|text| text.contains(note)), "{json}");
    assert_eq!(json["diagnostics"], serde_json::json!([]));
    let listed = home
        .tolmach(&["check"])
        .env("TOLMACH_HTTP_HOSTS", "other.example.com, STOCK.example.com")
        .run()
        .ok()
        .stdout;
    assert!(!listed.contains("may not be asked"), "{listed}");

    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_HTTP_HOSTS", "other.example.com")
        .serve();
    assert!(server.printed().contains(note), "{}", server.printed());
    let mut page = Page::new(&server, "en").await;
    assert_eq!(page.ask("1", "/stock").await["text"], "The warehouse does not answer.");
    server.terminate();
    let store = SqliteStore::open(Options::new(home.path("tolmach-data/tolmach.db"))).await.expect("opened");
    let turns = store.turns(&TurnQuery::since(0, 0, 10)).await.expect("read");
    let trace = &turns.last().expect("a turn").trace;
    assert!(trace.contains("stock.example.com is not among the hosts that may be asked"), "{trace}");
    store.close().await.expect("closed");

    // A file gives credentials and the variable adds a host. A published release is checked too.
    home.write("tolmach.toml", "[http.hosts.\"stock.example.com\"]\nauthorization = \"Bearer s3cret\"\n");
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_HTTP_HOSTS", "stock.example.com")
        .serve();
    assert!(!server.printed().contains("may not be asked"), "{}", server.printed());
}
