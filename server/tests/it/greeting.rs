//! Pages that are only opened: the greeting is shown, and nothing is stored.

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tolmach_testkit::postgres::Cluster;

use crate::{
    page::Page,
    support::{Home, Server},
};

const SHOP: &str = "\
flow: shop
entry: true
start: hello
on: { command: { start: hello } }
slots: { found: { type: products } }
nodes:
  hello:
    search: { query: drill, limit: 1, into: found }
    next: { found: greet, empty: greet }
  greet:
    say:
      text: { ru: Магазин слушает, en: The shop listens }
      buttons: [{ label: { ru: Доставка, en: Delivery }, to: delivery }]
    next: choose
  choose:
    experiment: { name: greeting, arms: { short: 1, long: 1 } }
    next: { short: brief, long: detailed }
  brief:
    say: { text: { ru: Спрашивайте, en: Ask away } }
  detailed:
    say: { text: { ru: Спрашивайте о чём угодно, en: Ask about anything } }
  delivery:
    say: { text: { ru: Возим везде, en: We deliver everywhere } }
";

/// Tables that a chat writes to.
const TABLES: [&str; 8] = ["chats", "inbox", "messages", "turns", "buttons", "outbox", "timers", "marks"];

fn home() -> Home {
    let home = Home::ready();
    home.write("flows/shop.yaml", SHOP);
    home
}

fn count_of(table: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"))
}

/// Opens pages in both languages, some of them again, and looks at their greetings; returns the last page.
async fn open_pages(server: &Server) -> Page {
    let mut texts = Vec::new();
    for number in 0..40 {
        let mut page = Page::new(server, if number % 2 == 0 { "en" } else { "ru" }).await;
        let shown = page.shown.clone();
        page.send(json!({ "type": "nonsense" })).await;
        assert_eq!(page.receive().await.expect("open")["code"], "bad_frame");
        let mut again = Page::back(server, &page.token).await;
        again.send(json!({ "type": "hello", "language": "en" })).await;
        again.reply().await;
        texts.push(shown.iter().map(|message| message["text"].to_string()).collect::<Vec<_>>().join(" "));
    }
    for text in ["The shop listens", "Магазин слушает", "Ask away", "Спрашивайте о чём угодно"]
    {
        assert!(texts.iter().any(|greeting| greeting.contains(text)), "«{text}» is in none of {texts:?}");
    }
    Page::new(server, "en").await
}

/// Presses the greeting's button as the first thing, and checks what the chat shows then.
async fn press(mut page: Page, server: &Server) {
    let before = page.shown.clone();
    let answer = page.press("1", "Delivery").await;
    assert_eq!(answer["text"], "We deliver everywhere");
    let texts =
        |messages: &[Value]| messages.iter().map(|message| message["text"].clone()).collect::<Vec<_>>();
    let [start, greeting @ .., pressed, _] = page.shown.as_slice() else { panic!("{:?}", page.shown) };
    assert_eq!((&start["text"], &pressed["text"]), (&json!("/start"), &json!("Delivery")));
    assert_eq!(texts(greeting), texts(&before), "what is stored is what was shown");
    assert_eq!(greeting[0]["buttons"], before[0]["buttons"]);
    assert_eq!(Page::back(server, &page.token).await.shown, page.shown);
}

#[tokio::test]
async fn opened_pages_leave_no_row_in_a_file() {
    let home = home();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let page = open_pages(&server).await;
    let rows = async || {
        let url = format!("sqlite:{}?mode=ro", home.path("tolmach-data/tolmach.db").display());
        let mut connection = SqliteConnection::connect(&url).await.expect("opened");
        let mut rows = 0;
        for table in TABLES {
            let count = sqlx::query_scalar(count_of(table)).fetch_one(&mut connection);
            let count: i64 = count.await.expect("counted");
            rows += count;
        }
        rows
    };
    assert_eq!(rows().await, 0);
    press(page, &server).await;
    assert!(rows().await > 0);
    server.terminate();
    let replayed = home.tolmach(&["replay", "--since", "1d"]).run().ok().stdout;
    assert!(replayed.contains(" 0 differ"), "{replayed}");
}

#[tokio::test]
async fn opened_pages_leave_no_row_in_postgresql() {
    let Some(cluster) = Cluster::shared().expect("PostgreSQL") else { return };
    let home = home();
    let url = cluster.database().expect("a database");
    let serve = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).env("TOLMACH_DATABASE_URL", &url);
    let server = serve.serve();
    let page = open_pages(&server).await;
    let mut connection = PgConnection::connect(&url).await.expect("connected");
    let mut rows = 0;
    for table in TABLES {
        let count = sqlx::query_scalar(count_of(table)).fetch_one(&mut connection);
        let count: i64 = count.await.expect("counted");
        rows += count;
    }
    assert_eq!(rows, 0);
    press(page, &server).await;
    server.terminate();
}

#[tokio::test]
async fn a_first_message_follows_the_stored_greeting() {
    let home = home();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = Page::new(&server, "en").await;
    let greeting = page.shown.clone();
    let reply = page.ask("1", "hello").await;
    assert_eq!(reply["text"], greeting[0]["text"], "any message enters at the start");
    let who: Vec<_> = page.dialog().into_iter().map(|(who, _)| who).take(4).collect();
    assert_eq!(who, ["client", "bot", "bot", "client"]);
}
