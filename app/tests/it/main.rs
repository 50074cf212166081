//! Use cases on a real database file: their changes and their audit rows.

#![expect(clippy::unwrap_used, reason = "a test ends at the first unexpected result")]

mod images;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use tempfile::TempDir;
use tolmach_app::{catalog, files::FileFolder, leads, release, retention, samples, tasks, uploads::Uploads};
use tolmach_catalog::{EmbeddedCatalog, TitleEmbedder};
use tolmach_engine::{bundle::Bundle, channel::Capabilities};
use tolmach_runtime::ports::prelude::*;
use tolmach_runtime::{
    leads::{LeadChange, LeadStatus},
    ports::{
        self, Actor, AuditEntry, AuditQuery, AuditResult, AuditStore, Order, Store, Task, Via, Write, Written,
    },
};
use tolmach_store::sqlite::{Options, SqliteStore};

const FLOW: &str = "\
flow: shop
start: hello
nodes:
  hello:
    say: { text: { ru: Привет, en: Hello } }
";

async fn store(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(Options::new(folder.path().join("tolmach.db"))).await.unwrap()
}

fn files(folder: &TempDir) -> FileFolder {
    FileFolder::of(folder.path(), 1 << 20, &[])
}

/// Action, object and result of each row, oldest first.
async fn audited(store: &dyn Store) -> Vec<(String, String, AuditResult)> {
    let query = AuditQuery { order: Order::OldestFirst, ..AuditQuery::last(100) };
    let rows = store.audit(&query).await.unwrap();
    rows.into_iter().map(|row| (row.action, row.object, row.result)).collect()
}

fn row(action: &str, object: &str, failure: Option<&str>) -> (String, String, AuditResult) {
    let result = failure.map_or(AuditResult::Done, |why| AuditResult::Failed(why.to_owned()));
    (action.to_owned(), object.to_owned(), result)
}

#[tokio::test]
async fn a_first_start_publishes_once() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let bundle = Bundle { files: [("shop.yaml".to_owned(), FLOW.to_owned())].into() };
    let actor = Actor { id: "anna".to_owned(), via: Via::System };
    let publish =
        async || release::publish_first(&store, &actor, 5, Path::new("flows"), &bundle).await.unwrap();
    assert!(publish().await);
    // A second process that starts at the same time publishes nothing.
    assert!(!publish().await);
    let current = release::current(&store).await.unwrap().unwrap();
    assert_eq!((current.author.as_str(), current.at), ("anna", 5));
    assert_eq!(audited(&store).await, [row("release.publish", &bundle.id(), None)]);
    let shown = release::show(&store, &tolmach_nodes::platform(), &bundle.id()[..6]).await.unwrap();
    assert_eq!((shown.current, shown.flows.get("shop")), (true, Some(&1)));
    assert!(matches!(release::resolve(&store, "zz").await, Err(release::Error::Unknown(id)) if id == "zz"));
}

#[tokio::test]
async fn failures_are_audited_and_calls_without_changes_are_not() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let anna = Actor::cli("anna");
    let why = tasks::retry(&store, &anna, 5, "t1").await.unwrap_err().to_string();
    assert!(why.contains("no task t1 is quarantined"), "{why}");
    let done = LeadChange { status: Some(LeadStatus::Won), note: Some("secret".to_owned()), assignee: None };
    let unknown = leads::change(&store, &anna, 6, "l1", done).await.unwrap_err();
    assert!(matches!(unknown, leads::Error::Unknown(_)), "{unknown}");
    let nothing =
        release::roll_back(&store, &tolmach_nodes::platform(), &anna, 7, release::Rollback::default())
            .await
            .unwrap_err();
    assert!(matches!(nothing, release::Error::NothingPublished), "{nothing}");
    let (days, uploads) = (retention::Days { messages: 1, ..Default::default() }, Uploads::of(folder.path()));
    let removed =
        retention::run(&store, &uploads, &files(&folder), &Actor::system(), 8, &days).await.unwrap();
    assert_eq!(removed.all(), 0);
    assert_eq!(
        audited(&store).await,
        [
            row("task.retry", "t1", Some(&why)),
            row("lead.set", "l1", Some(&unknown.to_string())),
            row("release.rollback", "", Some("nothing is published yet")),
        ]
    );
    let rows = store.audit(&AuditQuery::last(100)).await.unwrap();
    assert!(
        rows.iter().all(|row| row.actor == anna && !row.details.to_string().contains("secret")),
        "{rows:?}"
    );
}

#[tokio::test]
async fn retention_removes_unused_uploads_with_their_files_and_says_what_it_removed() {
    const DAY: i64 = 86_400_000;
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let (file, uploads) = (folder.path().join("price.csv"), Uploads::of(folder.path()));
    std::fs::write(&file, "article;name\n1;pump\n").unwrap();
    let anna = Actor::cli("anna");
    let old = uploads.add(&store, &anna, DAY, &file).await.unwrap();
    let young = uploads.add(&store, &anna, 9 * DAY, &file).await.unwrap();
    // A copy whose row was never stored.
    store.remove_upload(uploads.add(&store, &anna, DAY, &file).await.unwrap().id).await.unwrap();
    store.begin_task("t1", &Task::Retain, 1).await.unwrap();
    store.quarantine("t1", "it ended the process", 2).await.unwrap();
    // Files that staff sent go with the messages of their time, and with their chats.
    let web = Capabilities { name: "web", files: true, ..Capabilities::UNLIMITED };
    let sent = FileFolder::of(folder.path(), 1 << 20, &[web]);
    for day in [1, 8] {
        let mut file = sent.arrive("web:1", "a.pdf").await.unwrap();
        file.write(b"%PDF-1.7").await.unwrap();
        sent.keep(vec![file.end(day * DAY).await.unwrap()]).await.unwrap();
    }
    let days = retention::Days { uploads: 7, quarantine: 5, messages: 7, ..Default::default() };
    let removed = retention::run(&store, &uploads, &sent, &Actor::system(), 10 * DAY, &days).await.unwrap();
    let tables: Vec<_> = removed.tables().collect();
    assert_eq!(tables, [("files", 2), ("quarantine", 1), ("uploads", 2)]);
    assert_eq!(
        sent.of_chat("web:1").await.unwrap(),
        [],
        "the younger one belongs to a chat that is not kept"
    );
    assert!(uploads.file(&store, old.id).await.is_err());
    assert!(uploads.file(&store, young.id).await.is_ok());
    assert_eq!(std::fs::read_dir(folder.path().join("uploads")).unwrap().count(), 1);
    let audit = store.audit(&AuditQuery::last(1)).await.unwrap();
    assert_eq!(audit[0].action, "retention.run");
    assert_eq!(audit[0].details, serde_json::json!({ "files": 2, "quarantine": 1, "uploads": 2 }));
    let kept = retention::Days::default();
    let removed =
        retention::run(&store, &uploads, &files(&folder), &Actor::system(), 1000 * DAY, &kept).await.unwrap();
    assert_eq!(removed.all(), 0, "0 days keep everything");
}

#[tokio::test]
async fn retrying_a_task_is_audited_with_its_actor() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    store.begin_task("t1", &Task::Retain, 1).await.unwrap();
    store.quarantine("t1", "it ended the process", 2).await.unwrap();
    assert_eq!(tasks::quarantined(&store, 10).await.unwrap().len(), 1);
    tasks::retry(&store, &Actor::cli("anna"), 5, "t1").await.unwrap();
    assert_eq!(tasks::quarantined(&store, 10).await.unwrap(), []);
    assert_eq!(audited(&store).await, [row("task.retry", "t1", None)]);
}

/// An audit log whose database is unavailable.
struct Away;

#[async_trait]
impl AuditStore for Away {
    async fn change(&self, _: Vec<Write>, _: AuditEntry) -> ports::Result<Written> {
        Err(ports::Error::unavailable("audit", "the database is away"))
    }

    async fn record(&self, _: AuditEntry) -> ports::Result<()> {
        Err(ports::Error::unavailable("audit", "the database is away"))
    }

    async fn audit(&self, _: &AuditQuery) -> ports::Result<Vec<AuditEntry>> {
        Err(ports::Error::unavailable("audit", "the database is away"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_audit_log_does_not_undo_a_change() {
    let folder = TempDir::new().unwrap();
    let catalogue = EmbeddedCatalog::open(folder.path().join("catalog"), Arc::new(TitleEmbedder)).unwrap();
    let actor = Actor::system();
    let first = samples::import_into(&catalogue, Some(&Away), &actor, 5).await.unwrap();
    let second = samples::import_into(&catalogue, None, &actor, 6).await.unwrap();
    let back = catalog::roll_back(&catalogue, Some(&Away), &actor, 7).await.unwrap();
    assert_eq!((back.generation, back.left), (first.generation, Some(second.generation)));
    let kept = catalog::generations(&catalogue).unwrap();
    assert_eq!(kept.iter().filter(|generation| generation.serving).count(), 1);
}
