//! Several processes on one PostgreSQL database, and the lock of an SQLite file.

use std::time::Duration;

use serde_json::json;
use tolmach_runtime::ports::prelude::*;
use tolmach_runtime::ports::{Store, Task};
use tolmach_store::sqlite::{self, SqliteStore};
use tolmach_testkit::{
    postgres::{Cluster, Options},
    smtp::Smtp,
};

use crate::{
    page::Page,
    staff::FLOW,
    support::{Home, Tolmach},
};

fn database() -> Option<String> {
    let cluster = Cluster::shared().expect("PostgreSQL")?;
    Some(cluster.database().expect("a database"))
}

fn shop() -> Home {
    let home = Home::ready();
    home.write("flows/shop.yaml", FLOW);
    home
}

fn run(home: &Home, url: &str, role: &str) -> Tolmach {
    home.tolmach(&["run", "--listen", "127.0.0.1:0", "--role", role])
        .env("TOLMACH_DATABASE_URL", url)
        .env("TOLMACH_DEBOUNCE_MS", "0")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_is_open_at_two_servers_is_one_chat() {
    let Some(url) = database() else { return };
    let home = shop();
    let (first, second) = (run(&home, &url, "all").serve(), run(&home, &url, "bot").serve());
    let mut here = Page::new(&first, "ru").await;
    // A chat that has not begun is in no database that the other server could see.
    here.ask("begin", "привет").await;
    let mut there = Page::back(&second, &here.token).await;
    for n in 0..8 {
        // Each server receives every other message, and the other server shows it too.
        let (asks, sees) = if n % 2 == 0 { (&mut here, &mut there) } else { (&mut there, &mut here) };
        assert_eq!(asks.ask(&format!("m{n}"), "/start").await["text"], "Здравствуйте!", "message {n}");
        assert_eq!(sees.reply().await["text"], "Здравствуйте!", "message {n} at the other server");
    }
    assert_eq!(here.dialog(), there.dialog(), "both show the same, in the same order");
    assert_eq!(here.dialog().len(), 4 + 16, "the greeting, then questions and answers in turn");
    // One server is killed during a turn; the other continues at once.
    here.send_message("last", "/start").await;
    first.kill();
    there.send_message("after", "/lead").await;
    while there.reply().await["text"] != "Передал." {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_process_receives_and_a_worker_process_runs_tasks() {
    let Some(url) = database() else { return };
    let home = shop();
    let smtp = Smtp::start().await;
    let with_mail = |tolmach: Tolmach| {
        tolmach
            .env("TOLMACH_STAFF_EMAIL", "sales@example.com")
            .env("TOLMACH_SMTP_HOST", "127.0.0.1")
            .env("TOLMACH_SMTP_PORT", &smtp.port.to_string())
            .env("TOLMACH_SMTP_TLS", "none")
            .env("TOLMACH_SMTP_FROM", "shop@example.com")
    };
    // The bot process has no mail server, so the worker must have sent the mail.
    let bot = run(&home, &url, "bot").env("TOLMACH_STAFF_EMAIL", "sales@example.com").serve();
    assert_eq!(bot.health().await["jobs"], json!(null), "tasks are not its work");
    let mut page = Page::new(&bot, "ru").await;
    assert_eq!(page.ask("1", "/lead").await["text"], "Передал.");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(smtp.inner().mails.len(), 0, "nobody works yet");
    let worker = with_mail(run(&home, &url, "worker")).start();
    worker.until("Ctrl-C");
    for _ in 0..2000 {
        if !smtp.inner().mails.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(smtp.inner().mails.len(), 1, "the notice that waited");
    // The worker fires the client's timeout, and the bot process shows the message.
    assert_eq!(page.reply().await["text"], "Вы ещё здесь?");
    assert_eq!(worker.interrupt(), Some(0));
    let (code, said) = bot.terminate();
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_is_reported_and_restarted() {
    let Some(mut cluster) = Cluster::start(Options { fsync: false }).expect("PostgreSQL") else { return };
    let url = cluster.database().expect("a database");
    let home = shop();
    let server = run(&home, &url, "all").serve();
    server.health_until(|health| health["jobs"]["state"] == "working").await;
    let mut page = Page::new(&server, "ru").await;
    cluster.crash().expect("crashed");
    server.health_until(|health| health["status"] == "failed").await;
    page.send_message("while", "/lead").await;
    let refused = page.receive().await.expect("open");
    assert_eq!(refused["code"], "unavailable", "it is not acknowledged: {refused}");
    cluster.go_on().expect("started again");
    // As the page does: an unacknowledged message is sent again with its id.
    loop {
        page.send_message("while", "/lead").await;
        if page.receive().await.expect("open")["type"] == "ack" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    assert_eq!(page.reply().await["text"], "Передал.", "what was said meanwhile is answered");
    let wanted = |health: &serde_json::Value| {
        health["jobs"]["restarts"].as_u64() > Some(0) && health["jobs"]["state"] == "working"
    };
    let health = server.health_until(wanted).await;
    assert_eq!(health["status"], "ok", "{health}");
    assert!(health["jobs"]["error"].is_string(), "why it died is told: {health}");
}

#[test]
fn a_database_file_has_one_server() {
    let home = shop();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    home.tolmach(&["run", "--listen", "127.0.0.1:0"]).run().fails_with(&[
        "another tolmach (process ",
        "tolmach.db",
        "TOLMACH_DATABASE_URL",
    ]);
    drop(server);
    home.tolmach(&["run", "--listen", "127.0.0.1:0", "--role", "worker"])
        .run()
        .fails_with(&["--role worker", "one PostgreSQL"]);
    // The lock is released even when the process is killed.
    home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve().kill();
    home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_price_list_is_imported_and_the_staff_is_notified() {
    let home = shop();
    let smtp = Smtp::start().await;
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_STAFF_EMAIL", "sales@example.com")
        .env("TOLMACH_SMTP_HOST", "127.0.0.1")
        .env("TOLMACH_SMTP_PORT", &smtp.port.to_string())
        .env("TOLMACH_SMTP_TLS", "none")
        .env("TOLMACH_SMTP_FROM", "shop@example.com")
        .serve();
    home.write(
        "prices.csv",
        "Артикул;Наименование;Цена\nA-1;Насос дренажный «Родник»;9900\nA-2;Шланг 20 м;1500\n",
    );
    home.write("empty.csv", "");
    for file in ["prices.csv", "empty.csv"] {
        let said = home.tolmach(&["catalog", "import", "--later", file]).run().ok().stdout;
        assert!(said.contains("a running server imports"), "{said}");
    }
    home.tolmach(&["catalog", "import", "--later", "no.csv"])
        .run()
        .fails_with(&["no.csv", "cannot be found"]);
    server.health_until(|health| health["catalogue"]["items"] == 2).await;
    for _ in 0..2000 {
        if smtp.inner().mails.len() >= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut told: Vec<String> =
        smtp.inner().mails.iter().map(|mail| mail.headers["subject"].clone()).collect();
    told.sort();
    assert_eq!(told, ["Прайс-лист загружен", "Прайс-лист не загружен"]);
    assert_eq!(home.tolmach(&["jobs", "list"]).run().ok().stdout, "no task is quarantined\n");
    home.tolmach(&["jobs", "retry", "x"]).run().fails_with(&["no task x", "tolmach jobs list"]);
}

/// Regression test: running tasks and a stopping worker once waited for each other.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_running_tasks_stops_on_request() {
    let home = shop();
    home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve().terminate();
    let store =
        SqliteStore::open(sqlite::Options::new(home.path("tolmach-data/tolmach.db"))).await.expect("opened");
    for n in 0..400 {
        let task = Task::Timer { chat: format!("web:{n}"), name: "inactivity".to_owned() };
        store.push(task.into(), 0).await.expect("pushed");
    }
    store.close().await.expect("closed");
    for round in 0..4 {
        let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
        tokio::time::sleep(Duration::from_millis(30 + 40 * round)).await;
        let (code, said) = server.terminate();
        assert_eq!(code, Some(0), "{said}");
    }
}

/// What somebody saves at one process holds in the others a moment later.
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_changed_hold_in_other_processes() {
    let Some(url) = database() else { return };
    let home = shop();
    let smtp = Smtp::start().await;
    let other = run(&home, &url, "all").env("TOLMACH_STAFF_EMAIL", "sales@example.com").serve();
    let bot = run(&home, &url, "bot").env("TOLMACH_STAFF_EMAIL", "sales@example.com").serve();
    assert_eq!(other.health().await["email"], json!(null));
    let mut page = Page::new(&bot, "ru").await;
    assert_eq!(page.ask("1", "/lead").await["text"], "Передал.");
    let port = smtp.port.to_string();
    let set =
        ["config", "set", "smtp.host", "127.0.0.1", "smtp.port", &port, "smtp.tls", "none", "smtp.from"];
    let whole: Vec<&str> = set.iter().copied().chain(["shop@example.com"]).collect();
    let by_command = |arguments: &[&str]| home.tolmach(arguments).env("TOLMACH_DATABASE_URL", &url).run();
    by_command(&set[..4]).fails_with(&["from is no address"]);
    by_command(&set).fails_with(&["smtp.from"]);
    by_command(&whole).ok();
    // The mail that has waited goes out.
    for _ in 0..200 {
        if !smtp.inner().mails.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(smtp.inner().mails.len(), 1, "{}", other.printed());
    for server in [&other, &bot] {
        assert_ne!(server.health().await["email"], json!(null));
    }
}
