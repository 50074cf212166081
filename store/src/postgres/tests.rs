//! Tests of what is specific to a server. Everything else is in the conformance suite.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, ConnectOptions};
use tolmach_engine::event::{Client, EventKind};
use tolmach_runtime::ports::prelude::*;
use tolmach_runtime::ports::{Address, Inbound, Store, Task};
use tolmach_testkit::postgres::Cluster;
use uuid::Uuid;

use super::*;
use crate::{
    sql::{Value, bound, retention::Retain, statements::POSTGRES},
    suite::{Catalogue, Shared, TestDatabase, conformance, retention, sharing},
};

struct Database {
    url: String,
    cluster: &'static Cluster,
}

/// An empty database; `None` if PostgreSQL is not installed.
fn place() -> Option<Database> {
    let cluster = Cluster::shared().expect("PostgreSQL")?;
    Some(Database { url: cluster.database().expect("a database"), cluster })
}

impl Database {
    async fn store(&self) -> PostgresStore {
        PostgresStore::open(Options::parse(&self.url).expect("read")).await.expect("opened")
    }

    /// A separate connection, as another program would open it.
    async fn connection(&self) -> PgConnection {
        open::parse(&self.url).expect("read").connect().await.expect("connected")
    }

    async fn sql(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.connection().await).await.expect("ran");
    }

    async fn refused(&self, url: &str, says: &[&str]) -> String {
        let error = PostgresStore::open(Options::parse(url).expect("read")).await.err().expect("refused");
        let error = error.to_string();
        for part in says {
            assert!(error.contains(part), "{part:?} in: {error}");
        }
        assert!(!error.contains("throw-away") && !error.contains("hush"), "no password: {error}");
        error
    }
}

#[async_trait]
impl TestDatabase for Database {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store().await)
    }

    async fn tasks(&self) -> Vec<(Task, i64)> {
        let sql = "SELECT convert_from(job, 'UTF8') AS task, CAST(extract(epoch FROM run_at) AS BIGINT)
            FROM apalis.jobs WHERE status = 'Pending' AND job_type = 'tolmach' ORDER BY run_at, convert_from(job, 'UTF8') COLLATE \"C\"";
        let rows: Vec<(String, i64)> =
            sqlx::query_as(sql).fetch_all(&mut self.connection().await).await.expect("read");
        rows.into_iter().map(|(task, at)| (serde_json::from_str(&task).expect("a task"), at)).collect()
    }

    async fn end_tasks(&self, at: i64) {
        self.sql(
            "INSERT INTO apalis.workers (id, worker_type, storage_name, last_seen)
            VALUES ('w', 'tolmach', '', to_timestamp(1))",
        )
        .await;
        let sql = "UPDATE apalis.jobs SET status = 'Done', done_at = to_timestamp($1), lock_by = 'w'";
        let ended = sqlx::query(sql).bind(at as f64).execute(&mut self.connection().await).await;
        ended.expect("ended");
    }

    async fn columns(&self) -> Vec<(String, Vec<String>)> {
        let sql =
            "SELECT CAST(table_name AS TEXT), string_agg(column_name, ',') FROM information_schema.columns
            WHERE table_schema IN ('public', 'apalis') GROUP BY table_schema, table_name";
        let rows: Vec<(String, String)> =
            sqlx::query_as(sql).fetch_all(&mut self.connection().await).await.expect("read");
        rows.into_iter().map(|(table, of)| (table, of.split(',').map(str::to_owned).collect())).collect()
    }

    async fn dump(&self) -> Vec<(String, String)> {
        let sql =
            "SELECT CAST(table_name AS TEXT), format('SELECT concat_ws(''|'', %s) FROM %I.%I', string_agg(
                CASE data_type WHEN 'bytea' THEN format('convert_from(%I, ''UTF8'')', column_name)
                ELSE format('CAST(%I AS TEXT)', column_name) END, ', '), table_schema, table_name)
            FROM information_schema.columns
            WHERE table_schema IN ('public', 'apalis') AND (table_name NOT LIKE '%migrations')
            GROUP BY table_schema, table_name";
        let mut connection = self.connection().await;
        let tables: Vec<(String, String)> =
            sqlx::query_as(sql).fetch_all(&mut connection).await.expect("read");
        let mut dump = Vec::new();
        for (table, sql) in tables {
            let rows: Vec<(String,)> =
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.expect("read");
            dump.push((table, rows.into_iter().map(|(row,)| row + "\n").collect()));
        }
        dump
    }
}

#[async_trait]
impl Catalogue for Database {
    fn retain(&self) -> &'static Retain {
        &POSTGRES.retain
    }

    async fn tables(&self) -> Vec<String> {
        let sql =
            "SELECT CASE schemaname WHEN 'public' THEN tablename ELSE schemaname || '.' || tablename END
            FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
        sqlx::query_scalar(sql).fetch_all(&mut self.connection().await).await.expect("read")
    }

    /// A small table is always read from end to end, unless that is made expensive.
    async fn plan(&self, sql: &'static str, values: Vec<Value>) -> Vec<String> {
        let mut connection = self.connection().await;
        sqlx::raw_sql("SET enable_seqscan = off").execute(&mut connection).await.expect("set");
        let sql = AssertSqlSafe(format!("EXPLAIN {sql}"));
        let plan: Vec<(String,)> =
            bound!(sqlx::query_as(sql), values).fetch_all(&mut connection).await.expect("planned");
        plan.into_iter().map(|(step,)| step).collect()
    }

    async fn scanned(&self, sql: &'static str, values: Vec<Value>, _: bool) -> Vec<String> {
        let plan = self.plan(sql, values).await;
        let tables = plan.iter().filter_map(|step| step.split("Seq Scan on ").nth(1));
        tables.map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned()).collect()
    }
}

#[async_trait]
impl Shared for Database {
    async fn open_with(&self, lease: Duration) -> Arc<dyn Store> {
        let options = Options { lease, ..Options::parse(&self.url).expect("read") };
        Arc::new(PostgresStore::open(options).await.expect("opened"))
    }
}

conformance!(place);
retention!(place);
sharing!(place);

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

#[tokio::test]
async fn says_why_it_cannot_connect() {
    let Some(database) = place() else { return };
    let tcp = database.cluster.over_tcp(&database.url);
    let wrong = tcp.replace("throw-away", "hush");
    database.refused(&wrong, &["tolmach@127.0.0.1", "the password is wrong", "database.url"]).await;
    let missing = tcp.replace("/test", "/missing");
    database.refused(&missing, &["no such database", "createdb"]).await;
    database.refused("postgres://a:hush@127.0.0.1:1/talk", &["a@127.0.0.1:1/talk", "nobody answers"]).await;
    database.refused(&format!("{tcp}?sslmode=require"), &["sslmode"]).await;
}

#[tokio::test]
async fn says_that_rights_are_missing() {
    let Some(database) = place() else { return };
    database
        .sql(
            "REVOKE CREATE ON SCHEMA public FROM public;
            DO $$ BEGIN CREATE ROLE stranger LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        )
        .await;
    let stranger = database.url.replace("tolmach@", "stranger@");
    database.refused(&stranger, &["stranger@", "GRANT CREATE"]).await;
}

#[tokio::test]
async fn does_not_touch_the_tables_of_another_program() {
    let Some(database) = place() else { return };
    database.sql("CREATE TABLE chats (room TEXT)").await;
    database.refused(&database.url, &["another program", "another database"]).await;
    let tables: (i64,) = sqlx::query_as("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        .fetch_one(&mut database.connection().await)
        .await
        .expect("read");
    assert_eq!(tables.0, 1, "nothing was made");
}

#[tokio::test]
async fn does_not_open_a_database_of_a_newer_version() {
    let Some(database) = place() else { return };
    database.store().await.close().await.expect("closed");
    database
        .sql(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            VALUES (9999, 'from the future', true, '', 1)",
        )
        .await;
    database.refused(&database.url, &["newer version", "9999"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_that_start_at_once_migrate_once() {
    let Some(database) = place() else { return };
    let starts = (0..6).map(|_| database.store());
    let stores = futures_util::future::join_all(starts).await;
    for store in &stores {
        store.ping().await.expect("alive");
    }
}

/// Ends every connection of the program to this database, as a restart of the server would.
async fn disconnect(database: &Database) {
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'tolmach' AND pid <> pg_backend_pid()";
    let options = open::parse(&database.url).expect("read").application_name("keeper");
    let mut keeper = options.connect().await.expect("connected");
    sqlx::query(sql).execute(&mut keeper).await.expect("ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconnects_after_its_connections_are_lost() {
    let Some(database) = place() else { return };
    let store = Arc::new(database.store().await);
    let mut stored = Vec::new();
    for round in 0..5 {
        // Readers and the writer are connected by now. Some of their connections end idle, some in use.
        let keys: Vec<String> = (0..40).map(|n| format!("{round}-{n}")).collect();
        let writes = keys.iter().map(|key| {
            let (store, key) = (Arc::clone(&store), key.clone());
            tokio::spawn(async move {
                let answer = store.receive(5, vec![message(&key)]).await;
                let read = store.chat("web:1").await;
                // Reads retry by themselves; one that loses every connection fails as unavailable.
                assert!(matches!(read, Ok(_) | Err(Error::Unavailable { .. })), "{read:?}");
                (key, answer)
            })
        });
        let writes: Vec<_> = writes.collect();
        disconnect(&database).await;
        for write in writes {
            let (key, answer) = write.await.expect("ran");
            match answer {
                Ok(_) => stored.push(key),
                Err(error) => assert!(matches!(error, Error::Unavailable { .. }), "{error}"),
            }
        }
        disconnect(&database).await;
        // The writer is idle, so it notices the loss when it begins a transaction, and no write fails.
        let key = format!("idle-{round}");
        store.receive(5, vec![message(&key)]).await.expect("received");
        stored.push(key);
    }
    for key in stored {
        let again = store.receive(6, vec![message(&key)]).await.expect("received");
        assert_eq!(again, Vec::<String>::new(), "{key} was acknowledged, so it is known");
    }
    // No transaction is stuck, and a write without a reply can be repeated.
    store.receive(7, vec![message("afterwards")]).await.expect("received");
}

#[tokio::test]
async fn reconnects_after_a_crash_of_the_server() {
    let Some(mut cluster) =
        Cluster::start(tolmach_testkit::postgres::Options { fsync: true }).expect("PostgreSQL")
    else {
        return;
    };
    let mut options = Options::parse(&cluster.database().expect("a database")).expect("read");
    options.connect_timeout = std::time::Duration::from_secs(2);
    let store = PostgresStore::open(options).await.expect("opened");
    store.receive(5, vec![message("a")]).await.expect("received");
    cluster.crash().expect("crashed");
    let error = store.receive(5, vec![message("b")]).await.expect_err("away");
    assert!(matches!(error, Error::Unavailable { .. }), "worth trying again: {error}");
    assert!(store.ping().await.is_err());
    cluster.go_on().expect("started");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while let Err(error) = store.receive(5, vec![message("b")]).await {
        assert!(std::time::Instant::now() < until, "{error}");
    }
    assert_eq!(store.receive(6, vec![message("a")]).await.expect("received"), Vec::<String>::new());
    let rows = store.next("web:1").await.expect("read").rows;
    assert_eq!(rows.len(), 2, "what was acknowledged is there");
    store.close().await.expect("closed");
}

#[tokio::test]
async fn upgrading_makes_messages_and_leads_of_before_searchable() {
    let Some(database) = place() else { return };
    let mut before = sqlx::migrate::Migrator::DEFAULT;
    before.migrations = open::MIGRATIONS.iter().filter(|one| one.version < 6).cloned().collect();
    before.run_direct(None, &mut database.connection().await, false).await.expect("migrated");
    database.sql(crate::suite::MESSAGES_OF_BEFORE).await;
    crate::suite::finds_messages_of_before(&database.store().await).await;
    crate::suite::finds_leads_of_before(&database.store().await).await;
}

#[tokio::test]
async fn upgrading_reads_the_tokens_of_calls_of_before() {
    let Some(database) = place() else { return };
    let mut before = sqlx::migrate::Migrator::DEFAULT;
    before.migrations = open::MIGRATIONS.iter().filter(|one| one.version < 8).cloned().collect();
    before.run_direct(None, &mut database.connection().await, false).await.expect("migrated");
    database.sql(crate::suite::CALLS_OF_BEFORE).await;
    crate::suite::counts_calls_of_before(&database.store().await).await;
}

#[tokio::test]
async fn one_bad_operation_does_not_fail_the_others() {
    let Some(database) = place() else { return };
    let store = database.store().await;
    database
        .sql(
            "CREATE FUNCTION fault() RETURNS trigger AS $$ BEGIN
                IF new.key = 'bad' THEN RAISE 'bad row'; END IF; RETURN new;
            END $$ LANGUAGE plpgsql;
            CREATE TRIGGER fault BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION fault()",
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
