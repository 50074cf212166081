//! Tests of what is specific to a file. Everything else is in the conformance suite.

use std::{fs, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tolmach_engine::{
    effect::{Command, Effect, Outgoing},
    event::{Client, EventKind},
};
use tolmach_runtime::ports::prelude::*;
use tolmach_runtime::ports::{
    Actor, Address, AuditEntry, AuditResult, ChatOverview, Commit, Erased, Erasure, Inbound, Store, Task,
    TurnFigures, WaitingPlace,
};
use uuid::Uuid;

use super::*;
use crate::{
    sql::retention::Retain,
    suite::{Catalogue, TestDatabase, conformance, retention},
};

mod upgrades;

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(TempDir::new().expect("a temporary folder"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("deep/tolmach.db")
    }

    async fn store(&self) -> SqliteStore {
        SqliteStore::open(Options::new(self.file())).await.expect("opened")
    }

    /// Runs SQL on a separate connection, as another program would.
    async fn sql(&self, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(self.file()).create_if_missing(true);
        let mut connection = options.connect().await.expect("connected");
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("ran");
        connection.close().await.expect("closed");
    }
}

#[async_trait]
impl TestDatabase for Folder {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store().await)
    }

    async fn tasks(&self) -> Vec<(Task, i64)> {
        let sql = "SELECT CAST(job AS TEXT), run_at FROM Jobs
            WHERE status = 'Pending' AND job_type = 'tolmach' ORDER BY run_at, CAST(job AS TEXT)";
        let options = SqliteConnectOptions::new().filename(self.file());
        let mut connection = options.connect().await.expect("connected");
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&mut connection).await.expect("read");
        connection.close().await.expect("closed");
        rows.into_iter().map(|(task, at)| (serde_json::from_str(&task).expect("a task"), at)).collect()
    }

    async fn end_tasks(&self, at: i64) {
        let options = SqliteConnectOptions::new().filename(self.file());
        let mut connection = options.connect().await.expect("connected");
        sqlx::raw_sql(
            "INSERT INTO Workers (id, worker_type, storage_name, last_seen) VALUES ('w', 'tolmach', '', 1)",
        )
        .execute(&mut connection)
        .await
        .expect("made");
        let sql = "UPDATE Jobs SET status = 'Done', done_at = $1, lock_by = 'w'";
        sqlx::query(sql).bind(at).execute(&mut connection).await.expect("ended");
        connection.close().await.expect("closed");
    }

    async fn columns(&self) -> Vec<(String, Vec<String>)> {
        let sql = "SELECT lower(t.name), group_concat(lower(c.name)) FROM sqlite_schema AS t
            JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table' GROUP BY t.name";
        let options = SqliteConnectOptions::new().filename(self.file());
        let mut connection = options.connect().await.expect("connected");
        let rows: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&mut connection).await.expect("read");
        connection.close().await.expect("closed");
        rows.into_iter().map(|(table, of)| (table, of.split(',').map(str::to_owned).collect())).collect()
    }

    async fn dump(&self) -> Vec<(String, String)> {
        let mut dump = Vec::new();
        let options = SqliteConnectOptions::new().filename(self.file());
        for (table, columns) in self.columns().await {
            // Their checksums are no texts.
            if table.ends_with("migrations") {
                continue;
            }
            // The blocks of an index are no texts.
            let texts: Vec<_> =
                columns.iter().map(|name| format!("coalesce(CAST(\"{name}\" AS BLOB), X'')")).collect();
            let sql = format!("SELECT {} FROM \"{table}\"", texts.join(" || '|' || "));
            let mut connection = options.connect().await.expect("connected");
            let rows: Vec<(Vec<u8>,)> =
                sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut connection).await.expect("read");
            connection.close().await.expect("closed");
            let rows = rows.into_iter().map(|(row,)| String::from_utf8_lossy(&row).into_owned() + "\n");
            dump.push((table, rows.collect()));
        }
        dump
    }
}

#[async_trait]
impl Catalogue for Folder {
    fn retain(&self) -> &'static Retain {
        &SQLITE.retain
    }

    async fn tables(&self) -> Vec<String> {
        let options = SqliteConnectOptions::new().filename(self.file());
        let mut connection = options.connect().await.expect("connected");
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'";
        sqlx::query_scalar(sql).fetch_all(&mut connection).await.expect("read")
    }

    async fn plan(&self, sql: &'static str, values: Vec<Value>) -> Vec<String> {
        let options = SqliteConnectOptions::new().filename(self.file());
        let mut connection = options.connect().await.expect("connected");
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let plan: Vec<(i64, i64, i64, String)> =
            bound!(sqlx::query_as(sql), values).fetch_all(&mut connection).await.expect("planned");
        plan.into_iter().map(|(.., step)| step).collect()
    }

    async fn scanned(&self, sql: &'static str, values: Vec<Value>, ordered: bool) -> Vec<String> {
        let steps = self.plan(sql, values).await.into_iter().filter(|step| {
            let bounded = ordered || step.contains(" USING ") || step.contains("VIRTUAL TABLE");
            step.starts_with("SCAN ") && !bounded || step.contains("TEMP B-TREE")
        });
        steps.map(|step| step.trim_start_matches("SCAN ").to_owned()).collect()
    }
}

fn place() -> Option<Folder> {
    Some(Folder::new())
}

conformance!(place);
retention!(place);

fn message(key: &str) -> (Uuid, Inbound) {
    let inbound = Inbound {
        address: Address::new("web", "1"),
        key: key.to_owned(),
        client: Client::default(),
        kind: EventKind::Message { text: "насос".to_owned() },
        button: None,
        origin: None,
        sent: None,
    };
    (Uuid::now_v7(), inbound)
}

async fn check_refused(path: PathBuf, says: &[&str]) {
    let error = SqliteStore::open(Options::new(&path)).await.err().expect("refused").to_string();
    assert!(error.contains(&path.display().to_string()), "names the path: {error}");
    for part in says {
        assert!(error.contains(part), "{part:?} in: {error}");
    }
}

/// Whether any file of the database holds these bytes.
fn on_disk(folder: &Folder, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.file().parent().expect("a folder")).expect("listed") {
        let path = entry.expect("an entry").path();
        let content = fs::read(&path).expect("read");
        if content.windows(bytes.len()).any(|window| window == bytes) {
            found.push(path.file_name().expect("a name").to_string_lossy().into_owned());
        }
    }
    found
}

const PHONE: &str = "+79165550142";

async fn erase(store: &SqliteStore) -> Purged {
    let receipt = AuditEntry {
        seq: 0,
        at: 9,
        actor: Actor::system(),
        action: "client.erase".to_owned(),
        object: "erased:1".to_owned(),
        result: AuditResult::Done,
        details: serde_json::json!({}),
    };
    let (chat, pseudonym) = ("web:1".to_owned(), "erased:1".to_owned());
    let erasure = Erasure { chat, pseudonym, receipt, before: Erased::default() };
    assert!(store.erase_client(erasure).await.expect("erased").all() > 0);
    store.purge().await.expect("purged")
}

/// Many messages with the phone number, some of them larger than a page.
async fn talk(store: &SqliteStore) {
    for number in 0..40 {
        let (id, mut inbound) = message(&number.to_string());
        let long = "насос ".repeat(number * 60);
        inbound.kind = EventKind::Message { text: format!("{long}{PHONE}") };
        store.receive(5, vec![(id, inbound)]).await.expect("received");
        let row = store.next("web:1").await.expect("read").rows.remove(0);
        let commit = Commit {
            chat: row.chat.clone(),
            inbox: vec![row.seq],
            version: store.chat("web:1").await.expect("read").version,
            session: format!("{{\"phone\":\"{PHONE}{long}\"}}"),
            waits: None,
            taken_over_at: None,
            overview: ChatOverview::default(),
            figures: TurnFigures::default(),
            spoke: true,
            messages: vec![],
            effects: vec![],
            notices: vec![],
            // What is held back for the staff holds the client's words as well.
            staff: Some(format!("{{\"held\":\"{PHONE}{long}\"}}")),
            trace: format!("{{\"phone\":\"{PHONE}{long}\"}}"),
            release: "r".to_owned(),
            event: row.event,
        };
        store.commit(commit).await.expect("committed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_is_not_in_the_files() {
    let folder = Folder::new();
    let (store, server) = (folder.store().await, folder.store().await);
    talk(&server).await;
    assert!(!on_disk(&folder, PHONE.as_bytes()).is_empty());
    // A server reads and writes meanwhile.
    assert!(server.next("web:1").await.expect("read").rows.is_empty());
    assert_eq!(erase(&store).await, Purged::Overwritten);
    assert_eq!(on_disk(&folder, PHONE.as_bytes()), Vec::<String>::new());
    server.receive(6, vec![message("later")]).await.expect("received");
    assert_eq!(server.next("web:1").await.expect("read").rows.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_kept_deleted_bytes_is_rewritten_once() {
    let folder = Folder::new();
    let store = folder.store().await;
    talk(&store).await;
    store.close().await.expect("closed");
    // As an earlier version did it: bytes of deleted rows stay.
    folder
        .sql("PRAGMA secure_delete = OFF; PRAGMA user_version = 0; DELETE FROM turns; UPDATE chats SET session = '{}'")
        .await;
    assert!(!on_disk(&folder, PHONE.as_bytes()).is_empty(), "the test has something to find");
    let store = folder.store().await;
    assert_eq!(erase(&store).await, Purged::Overwritten);
    assert_eq!(on_disk(&folder, PHONE.as_bytes()), Vec::<String>::new());
    let options = SqliteConnectOptions::new().filename(folder.file());
    let mut connection = options.connect().await.expect("connected");
    let mark: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await.expect("read");
    assert_eq!(mark, 1, "the next erasure has nothing to rewrite");
}

#[tokio::test]
async fn acknowledged_writes_survive_a_crash() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.receive(5, vec![message("a"), message("b")]).await.expect("received");
    let row = store.next("web:1").await.expect("read").rows.remove(0);
    let effect = format!("{}.0", row.event.id);
    let send = Command::Send(Outgoing { text: "да".to_owned(), ..Outgoing::default() });
    let commit = Commit {
        chat: row.chat,
        inbox: vec![row.seq],
        event: row.event,
        version: 0,
        session: "{}".to_owned(),
        waits: None,
        taken_over_at: None,
        overview: ChatOverview::default(),
        figures: TurnFigures::default(),
        spoke: true,
        messages: vec![],
        effects: vec![Effect { id: effect.clone(), command: send }],
        notices: vec![],
        staff: None,
        trace: "{}".to_owned(),
        release: "r".to_owned(),
    };
    store.commit(commit).await.expect("committed");
    // Simulate a crash: copy the database and its WAL as they are on the disk, without a checkpoint.
    let copy = Folder::new();
    fs::create_dir_all(copy.file().parent().expect("a folder")).expect("made");
    for ending in ["", "-wal"] {
        let name = format!("tolmach.db{ending}");
        fs::copy(folder.file().with_file_name(&name), copy.file().with_file_name(&name)).expect("copied");
    }
    let restarted = copy.store().await;
    assert_eq!(restarted.chat("web:1").await.expect("read").version, 1);
    assert_eq!(restarted.outbox("web:1").await.expect("read")[0].effect, effect);
    let row = restarted.next("web:1").await.expect("read").rows.remove(0);
    assert_eq!(row.event.kind, EventKind::Message { text: "насос".to_owned() });
    let again = restarted.receive(6, vec![message("a"), message("b")]).await.expect("received");
    assert_eq!(again, Vec::<String>::new(), "known updates stay known");
}

#[tokio::test]
async fn closing_runs_queued_writes() {
    let folder = Folder::new();
    let store = Arc::new(folder.store().await);
    let keys: Vec<String> = (0..100).map(|n| format!("k{n}")).collect();
    let writes = futures_util::future::join_all(keys.iter().map(|key| store.receive(5, vec![message(key)])));
    let (written, closed) = tokio::join!(writes, store.close());
    closed.expect("closed");
    let acknowledged = written.iter().filter(|answer| answer.is_ok()).count();
    assert!(acknowledged > 0);
    let log = folder.file().with_file_name("tolmach.db-wal");
    assert!(!log.exists(), "the log is folded into the file");
    let error = store.receive(5, vec![message("late")]).await.expect_err("closed").to_string();
    assert!(error.contains("is closed"), "{error}");
    assert!(store.ping().await.is_err());
    store.close().await.expect("closing twice is harmless");
    let mut stored = 0;
    let reopened = folder.store().await;
    for (key, answer) in keys.iter().zip(&written) {
        let news = reopened.receive(6, vec![message(key)]).await.expect("received");
        assert_eq!(news.is_empty(), answer.is_ok(), "{key} is stored exactly if that was said");
        stored += usize::from(news.is_empty());
    }
    assert_eq!(stored, acknowledged);
}

#[tokio::test]
async fn one_bad_operation_does_not_fail_the_others() {
    let folder = Folder::new();
    let store = folder.store().await;
    // A fault that affects only one row, as a damaged page would.
    folder
        .sql(
            "CREATE TRIGGER fault BEFORE INSERT ON inbox WHEN new.key = 'bad'
            BEGIN SELECT raise(ABORT, 'bad row'); END",
        )
        .await;
    let keys: Vec<String> =
        (0..20).map(|n| if n == 7 { "bad".to_owned() } else { format!("k{n}") }).collect();
    let answers =
        futures_util::future::join_all(keys.iter().map(|key| store.receive(5, vec![message(key)]))).await;
    for (key, answer) in keys.iter().zip(answers) {
        assert_eq!(answer.is_err(), key == "bad", "{key}");
    }
}

#[tokio::test]
async fn a_locked_file_is_reported_as_unavailable() {
    let folder = Folder::new();
    let timeout = Duration::from_millis(50);
    let store = SqliteStore::open(Options { busy_timeout: timeout, ..Options::new(folder.file()) })
        .await
        .expect("opened");
    let mut other = SqliteConnectOptions::new().filename(folder.file()).connect().await.expect("connected");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("locked");
    let error = store.receive(5, vec![message("a")]).await.expect_err("locked out");
    assert!(matches!(error, Error::Unavailable { .. }), "worth trying again: {error}");
    assert!(error.to_string().contains("locked by another process"), "{error}");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("released");
    assert_eq!(store.receive(5, vec![message("a")]).await.expect("received"), ["web:1"]);
}

#[tokio::test]
async fn both_durabilities_work() {
    let folder = Folder::new();
    for durability in [Durability::Full, Durability::Normal] {
        let options = Options { durability, ..Options::new(folder.file()) };
        let store = SqliteStore::open(options).await.expect("opened");
        store.receive(5, vec![message(&format!("{durability:?}"))]).await.expect("received");
        store.close().await.expect("closed");
    }
}

#[tokio::test]
async fn says_what_is_wrong_with_the_file() {
    let folder = Folder::new();
    let at = |name: &str| folder.0.path().join(name);
    check_refused(folder.0.path().to_owned(), &["is a folder", "tolmach.db"]).await;
    fs::write(at("notes.txt"), "это не база данных, а список покупок".repeat(100)).expect("written");
    check_refused(at("notes.txt"), &["not an SQLite database", "another path"]).await;
    let under_a_file = at("notes.txt").join("tolmach.db");
    let error = SqliteStore::open(Options::new(under_a_file)).await.err().expect("refused").to_string();
    assert!(error.contains("cannot create the folder") && error.contains("notes.txt"), "{error}");
}

#[tokio::test]
async fn does_not_touch_the_database_of_another_program() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file().parent().expect("a folder")).expect("made");
    folder.sql("CREATE TABLE bookmarks (url TEXT)").await;
    let before = fs::read(folder.file()).expect("read");
    check_refused(folder.file(), &["another program"]).await;
    assert_eq!(fs::read(folder.file()).expect("read"), before);
}

#[tokio::test]
async fn does_not_open_a_database_of_a_newer_version() {
    let folder = Folder::new();
    folder.store().await.close().await.expect("closed");
    folder
        .sql(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            VALUES (9999, 'from the future', true, x'00', 1)",
        )
        .await;
    check_refused(folder.file(), &["newer version", "9999"]).await;
}

#[tokio::test]
async fn a_damaged_file_is_named() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.receive(5, vec![message("a")]).await.expect("received");
    store.close().await.expect("closed");
    let mut bytes = fs::read(folder.file()).expect("read");
    // The file header (100 bytes) survives; everything behind it is overwritten.
    bytes.iter_mut().skip(100).for_each(|byte| *byte = 0xA5);
    fs::write(folder.file(), bytes).expect("written");
    check_refused(folder.file(), &["damaged", "backup"]).await;
}

#[tokio::test]
async fn a_folder_without_permission_is_named() {
    let folder = Folder::new();
    let closed = folder.0.path().join("closed");
    fs::create_dir(&closed).expect("made");
    let mut rights = fs::metadata(&closed).expect("read").permissions();
    rights.set_readonly(true);
    fs::set_permissions(&closed, rights).expect("set");
    // Root can write anywhere except in the kernel's file systems.
    let closed = if fs::write(closed.join("probe"), "").is_ok() { PathBuf::from("/proc") } else { closed };
    check_refused(closed.join("tolmach.db"), &["may be written", "folder"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_nobody_waits_for_stops() {
    let folder = Folder::new();
    drop(folder.store().await);
    let readers = open::open(&Options::new(folder.file())).await.expect("opened").readers;
    let endless = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
        SELECT CAST(count(*) AS TEXT) FROM c WHERE x < $1";
    // More than there are connections.
    for _ in 0..6 {
        let read = wanted::fetch(&readers, endless.to_owned(), vec![Value::Integer(0)]);
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(50), read).await;
        assert!(given_up.is_err(), "it has no end");
    }
    for _ in 0..8 {
        let read = wanted::fetch(&readers, "SELECT 'x'".to_owned(), vec![]).await.expect("read");
        assert_eq!(read, [("x".to_owned(),)]);
    }
    // A connection that goes on would be waited for.
    readers.close().await;
}
