//! Databases of the version before the audit log are opened, migrated and served.

use std::fs;

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use tolmach_testkit::postgres::Cluster;

use crate::{
    page::Page,
    support::{Home, Server, Tolmach},
};

/// The token of a chat that had asked for help before it gave a colour.
const TOKEN: &str = "76d1a60f5c8b47ed94f0aaf9fdbcd5ebdf357c02b84f4a52a0fb36d37b4b2a94";

/// The flow that the databases' chats run on.
const FLOW: &str =
    "flow: shop\nstart: hello\nlanguages: [ru]\nnodes:\n  hello:\n    say: { text: Здравствуйте! }\n";

async fn sqlite_home() -> Home {
    let home = Home::ready();
    let file = home.path("tolmach-data/tolmach.db");
    for name in ["tolmach.db", "tolmach.db-wal", "tolmach.db-shm"] {
        let _ = fs::remove_file(home.path("tolmach-data").join(name));
    }
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a file");
    sqlx::raw_sql(include_str!("../fixtures/before_audit.sqlite.sql"))
        .execute(&mut connection)
        .await
        .expect("loaded");
    connection.close().await.expect("closed");
    home
}

/// Checks that apply to both databases. `tolmach` builds a command on one.
fn looks_whole(tolmach: impl Fn(&[&str]) -> Tolmach) {
    let leads = tolmach(&["leads", "--json"]).run().ok().json();
    let leads = leads.as_array().expect("a list");
    let phones: Vec<&Value> = leads.iter().map(|row| &row["lead"]["contact"]["phone"]).collect();
    assert_eq!(phones, ["+79120001122", "+79123456789"], "{leads:?}");
    assert!(leads.iter().all(|row| row["status"] == "new" && row["assignee"].is_null()), "{leads:?}");

    let releases = tolmach(&["release", "list", "--json"]).run().ok().json();
    let authors: Vec<&Value> =
        releases.as_array().expect("a list").iter().map(|one| &one["author"]).collect();
    assert_eq!(authors, ["Ольга", "start"], "{releases}");
    let handoffs = tolmach(&["handoff", "list", "--json"]).run().ok().json();
    let handoffs = handoffs.as_array().expect("a list");
    assert_eq!(handoffs.len(), 2, "{handoffs:?}");
    assert!(handoffs.iter().all(|chat| chat["messages"][0]["who"].is_string()), "{handoffs:?}");
    tolmach(&["goals"]).run().ok();
    // Recorded turns still replay to the same effects, but for the default question of a form, which then asked for an
    // e-mail that was not among its fields.
    let chats = handoffs.iter().chain(leads).filter_map(|row| row["chat"].as_str());
    let mut turns = 0;
    for chat in chats {
        let replayed = tolmach(&["replay", chat, "--json"]).run().json();
        let differ = replayed["differ"].as_array().expect("a list");
        let asks =
            |turn: &Value| turn["path"].as_array().and_then(|path| path.last()) == Some(&json!("contact"));
        let worded = |turn: &Value| {
            turn["why"].as_str().is_some_and(|why| why.contains("contact with 2 effects, the turn went"))
        };
        assert!(differ.iter().all(|turn| asks(turn) && worded(turn)), "{replayed}");
        turns += replayed["turns"].as_u64().unwrap_or_default();
    }
    assert!(turns > 12, "{turns}");
    let audit = tolmach(&["audit", "list", "--json"]).run().ok().json();
    assert_eq!(audit, json!([]), "nobody did anything since");

    // A lead from before the migration can be changed.
    let id = leads[0]["id"].as_str().expect("an id");
    let set = ["leads", "set", id, "--status", "won", "--note", "оплачен", "--by", "Ольга", "--json"];
    assert_eq!(tolmach(&set).run().ok().json()["status"], "won");
    let shown = tolmach(&["leads", "show", id, "--json"]).run().ok().json();
    assert!(
        shown["closed"].is_i64() && shown["history"].as_array().is_some_and(|rows| rows.len() == 2),
        "{shown}"
    );
    let audit = tolmach(&["audit", "list", "--json"]).run().ok().json();
    assert_eq!(
        (&audit[0]["action"], &audit[0]["actor"]["id"]),
        (&json!("lead.set"), &json!("Ольга")),
        "{audit}"
    );
}

async fn serves(server: &Server) {
    assert_eq!(server.health().await["status"], "ok");
    let mut page = Page::new(server, "ru").await;
    let asked = page.ask("1", "хочу купить насос").await;
    assert_eq!(asked["text"], "Какой цвет?");
}

#[tokio::test]
async fn a_sqlite_database_of_the_previous_version_is_migrated_and_served() {
    let home = sqlite_home().await;
    home.write("flows/shop.yaml", FLOW);
    looks_whole(|args| home.tolmach(args));
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    serves(&server).await;
    // A page that was open before the migration gets its history once and in order, and continues.
    let mut page = Page::back(&server, TOKEN).await;
    let said: Vec<String> = page.dialog().into_iter().map(|(_, text)| text).collect();
    assert!(said.len() > 8 && said.iter().any(|text| text == "Спасибо!"), "{said:?}");
    let numbers: Vec<i64> = page.shown.iter().filter_map(|message| message["seq"].as_i64()).collect();
    assert!(numbers.windows(2).all(|two| two[0] < two[1]), "{numbers:?}");
    let help = page.ask("9", "/help").await;
    assert!(help["seq"].as_i64() > numbers.last().copied(), "{help}");
    let (code, said) = server.terminate();
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn a_postgresql_database_of_the_previous_version_is_migrated_and_served() {
    let Some(cluster) = Cluster::shared().expect("PostgreSQL") else { return };
    let url = cluster.database().expect("a database");
    let mut connection = PgConnection::connect(&url).await.expect("connected");
    sqlx::raw_sql(include_str!("../fixtures/before_audit.postgres.sql"))
        .execute(&mut connection)
        .await
        .expect("loaded");
    connection.close().await.expect("closed");
    let home = Home::ready();
    home.write("flows/shop.yaml", FLOW);
    let tolmach = |args: &[&str]| home.tolmach(args).env("TOLMACH_DATABASE_URL", &url);
    looks_whole(tolmach);
    let server = tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    serves(&server).await;
    let (code, said) = server.terminate();
    assert_eq!(code, Some(0), "{said}");
}
