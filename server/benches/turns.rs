//! Durable turns through the whole runtime: receive, run, commit to a database on disk, deliver, mark as delivered. No
//! language model.

#![expect(clippy::panic, reason = "a measurement stops at the first failure")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::{sync::mpsc, task::JoinSet};
use tolmach_catalog::{EmbeddedCatalog, TitleEmbedder};
use tolmach_engine::{
    bundle::Bundle,
    channel::Capabilities,
    effect::Outgoing,
    event::{Client, EventKind},
};
use tolmach_llm::{embedder::MeaningEmbedder, offline::OfflineLlm};
use tolmach_runtime::{
    Coalescing, Models, QueryPorts, ReleaseRegistry, Runtime, RuntimePorts, Trainer,
    ports::{Address, Channel, Delivery, Inbound, Intake, NoHttp, Store, SystemClock},
};
use tolmach_store::{
    postgres::PostgresStore,
    sqlite::{Durability, Options, SqliteStore},
};
use tolmach_testkit::postgres::{self, Cluster};

const FLOW: &str = "\
flow: bench
start: count
slots: { n: { type: number, default: 0 } }
on: { inactivity: { after: 30m, to: count } }
nodes:
  count:
    set: { n: slots.n + 1 }
    next: gate
  gate:
    branch: [{ when: slots.n < 0, to: notify_staff }, { else: notify_staff }]
  notify_staff:
    say: { text: 'Сообщение {{slots.n}}', buttons: [{ label: Ещё, to: notify_staff }] }
";

const CHATS: usize = 200;
const SECONDS: u64 = 6;

/// A channel that notifies each chat's task when its reply is delivered.
#[derive(Default)]
struct Replies(Mutex<HashMap<String, mpsc::UnboundedSender<()>>>);

#[async_trait]
impl Channel for Replies {
    fn name(&self) -> &str {
        "bench"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { name: "bench", ..Capabilities::UNLIMITED }
    }

    async fn deliver(&self, to: &Address, _: &str, _: &Outgoing) -> Delivery {
        if let Some(reply) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&to.id) {
            let _ = reply.send(());
        }
        Delivery::Done
    }
}

/// The database of a measurement.
#[derive(Clone, Copy)]
enum Place<'a> {
    Sqlite(Durability),
    Postgres(&'a Cluster),
}

#[tokio::main]
async fn main() {
    println!(
        "durable turns, {CHATS} chats, no model call, {SECONDS} s a row; latency from the message's arrival to its reply's delivery"
    );
    println!("a bare flush of this disk: {}", flushes());
    println!(
        "  {:<16} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8}",
        "database", "offered/s", "turns/s", "p50 ms", "p95 ms", "p99 ms", "max ms"
    );
    let cluster = Cluster::start(postgres::Options { fsync: true }).unwrap_or_else(|why| panic!("{why}"));
    let mut rows = vec![
        (Place::Sqlite(Durability::Full), vec![Some(1000), Some(5000), None]),
        (Place::Sqlite(Durability::Normal), vec![Some(1000), Some(5000), None]),
    ];
    match &cluster {
        Some(cluster) => rows.push((Place::Postgres(cluster), vec![Some(500), Some(1500), None])),
        None => println!("  there is no PostgreSQL on this machine: its rows are left out"),
    }
    for (place, offers) in rows {
        for offered in offers {
            row(place, offered).await;
        }
    }
    println!(
        "  targets: SQLite 5000 turns/s, p50 under 1 ms and p99 under 5 ms; PostgreSQL 1500 turns/s. A Python engine with an \
         SQLite checkpoint: 160 to 220 turns/s, p50 4 to 6 ms"
    );
}

/// The latency of a flush to disk, for comparison.
fn flushes() -> String {
    let file = tempfile::tempfile().unwrap_or_else(|why| panic!("no temporary file: {why}"));
    let mut millis = Vec::new();
    for n in 0..500u64 {
        use std::os::unix::fs::FileExt;
        file.write_all_at(&[n as u8; 4096], n % 100 * 4096).unwrap_or_else(|why| panic!("{why}"));
        let started = Instant::now();
        file.sync_data().unwrap_or_else(|why| panic!("{why}"));
        millis.push(started.elapsed().as_secs_f64() * 1e3);
    }
    millis.sort_by(f64::total_cmp);
    format!("p50 {:.2} ms, p99 {:.2} ms", at(&millis, 0.5), at(&millis, 0.99))
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted.get((sorted.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or_default()
}

async fn open(place: Place<'_>, folder: &std::path::Path) -> Arc<dyn Store> {
    match place {
        Place::Sqlite(durability) => {
            let mut options = Options::new(folder.join("bench.db"));
            options.durability = durability;
            Arc::new(SqliteStore::open(options).await.unwrap_or_else(|why| panic!("{why}")))
        }
        Place::Postgres(cluster) => {
            let url = cluster.database().unwrap_or_else(|why| panic!("{why}"));
            let options = tolmach_store::postgres::Options::parse(&url).unwrap_or_else(|why| panic!("{why}"));
            Arc::new(PostgresStore::open(options).await.unwrap_or_else(|why| panic!("{why}")))
        }
    }
}

async fn row(place: Place<'_>, offered: Option<u64>) {
    let folder = tempfile::tempdir().unwrap_or_else(|why| panic!("no temporary folder: {why}"));
    let store = open(place, folder.path()).await;
    let replies = Arc::new(Replies::default());
    let runtime = runtime(&store, &replies, folder.path()).await;
    let started = Instant::now();
    let end = started + Duration::from_secs(SECONDS);
    let mut chats = JoinSet::new();
    for chat in 0..CHATS {
        let (send, receive) = mpsc::unbounded_channel();
        replies.0.lock().unwrap_or_else(PoisonError::into_inner).insert(chat.to_string(), send);
        // Each chat sends at its own phase, spread evenly, because clients are not synchronized.
        let beat = offered.map(|offered| Duration::from_secs_f64(CHATS as f64 / offered as f64));
        let first = started + beat.map_or(Duration::ZERO, |beat| beat.mul_f64(chat as f64 / CHATS as f64));
        chats.spawn(client(Arc::clone(&runtime), chat, receive, beat, first, end));
    }
    let mut millis: Vec<f64> = chats.join_all().await.concat();
    runtime.settle().await;
    store.close().await.unwrap_or_else(|why| panic!("{why}"));
    millis.sort_by(f64::total_cmp);
    let name = match place {
        Place::Sqlite(Durability::Full) => "SQLite, full",
        Place::Sqlite(Durability::Normal) => "SQLite, normal",
        Place::Postgres(_) => "PostgreSQL",
    };
    let offered = offered.map_or("max".to_owned(), |offered| offered.to_string());
    println!(
        "  {name:<16} {offered:>9} {:>9.0} {:>8.2} {:>8.2} {:>8.2} {:>8.2}",
        millis.len() as f64 / SECONDS as f64,
        at(&millis, 0.5),
        at(&millis, 0.95),
        at(&millis, 0.99),
        at(&millis, 1.0)
    );
}

async fn client(
    runtime: Arc<Runtime>,
    chat: usize,
    mut replies: mpsc::UnboundedReceiver<()>,
    beat: Option<Duration>,
    first: Instant,
    end: Instant,
) -> Vec<f64> {
    let mut millis = Vec::new();
    let mut next = first;
    for number in 0.. {
        if let Some(beat) = beat {
            tokio::time::sleep_until(next.into()).await;
            next += beat;
        }
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        let inbound = Inbound {
            address: Address::new("bench", chat.to_string()),
            key: format!("{chat}:{number}"),
            client: Client::default(),
            kind: EventKind::Message { text: "сколько стоит перфоратор?".to_owned() },
            button: None,
            origin: None,
            sent: None,
        };
        runtime.receive(vec![inbound]).await.unwrap_or_else(|why| panic!("{why}"));
        replies.recv().await;
        millis.push(sent.elapsed().as_secs_f64() * 1e3);
    }
    millis
}

async fn runtime(store: &Arc<dyn Store>, replies: &Arc<Replies>, folder: &std::path::Path) -> Arc<Runtime> {
    let catalog = EmbeddedCatalog::open(folder.join("catalog"), Arc::new(TitleEmbedder))
        .unwrap_or_else(|why| panic!("{why}"));
    let queries = QueryPorts {
        http: Arc::new(NoHttp),
        catalog: Arc::new(catalog),
        trainer: Arc::new(Trainer::new(Arc::new(MeaningEmbedder))),
        models: Models::only(Arc::new(OfflineLlm)).into(),
    };
    let store = Arc::clone(store);
    let releases =
        ReleaseRegistry::new(tolmach_nodes::platform(), Arc::clone(&store), Arc::clone(&queries.trainer));
    let channels: Vec<Arc<dyn Channel>> = vec![Arc::clone(replies) as Arc<dyn Channel>];
    let ports = RuntimePorts {
        store,
        queries,
        clock: Arc::new(SystemClock),
        channels: channels.into(),
        coalescing: Coalescing::OFF.into(),
        staff: Default::default(),
        notices: Default::default(),
    };
    let runtime = Runtime::new(ports, releases);
    let bundle = Bundle { files: [("bench.yaml".to_owned(), FLOW.to_owned())].into() };
    let published = runtime.releases().activate_draft(&bundle, 0).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(published.is_ok(), "the bench's flow compiles: {published:?}");
    runtime
}
