//! Durable turns through the whole runtime: received, run, committed to SQLite on disk, delivered, marked. No model.

#![expect(clippy::panic, reason = "a measurement stops at the first failure")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::{sync::mpsc, task::JoinSet};
use tolmach_adapters::{
    catalog::EmbeddedCatalog,
    embedder::HashEmbedder,
    offline::OfflineLlm,
    sqlite::{Durability, Options, SqliteStore},
};
use tolmach_engine::{
    bundle::Bundle,
    effect::Outgoing,
    event::{Client, Kind},
};
use tolmach_nodes::KINDS;
use tolmach_runtime::{
    Burst, Parts, Runtime, Shelf, World,
    ports::{Address, Channel, Delivery, Inbound, Intake, NoHttp, Store, SystemClock},
};

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
    branch: [{ when: slots.n < 0, to: tell }, { else: tell }]
  tell:
    say: { text: 'Сообщение {{slots.n}}', buttons: [{ label: Ещё, to: tell }] }
";

const CHATS: usize = 200;
const SECONDS: u64 = 8;

/// Tells each chat that its reply arrived.
#[derive(Default)]
struct Replies(Mutex<HashMap<String, mpsc::UnboundedSender<()>>>);

#[async_trait]
impl Channel for Replies {
    fn name(&self) -> &str {
        "bench"
    }

    async fn deliver(&self, to: &Address, _: &str, _: &Outgoing) -> Delivery {
        if let Some(reply) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&to.id) {
            let _ = reply.send(());
        }
        Delivery::Done
    }
}

#[tokio::main]
async fn main() {
    println!("durable turns on SQLite on disk, {CHATS} chats, no model call, {SECONDS} s a row");
    println!(
        "  {:<8} {:>10} {:>10} {:>9} {:>9} {:>9}",
        "flush", "offered/s", "turns/s", "p50 ms", "p99 ms", "max ms"
    );
    for durability in [Durability::Full, Durability::Normal] {
        for offered in [Some(1000), None] {
            row(durability, offered).await;
        }
    }
    println!(
        "  target: 1000 turns/s or more, p99 under 10 ms; latency is from the message's arrival to its reply's delivery"
    );
}

async fn row(durability: Durability, offered: Option<u64>) {
    let folder = tempfile::tempdir().unwrap_or_else(|why| panic!("no temporary folder: {why}"));
    let mut options = Options::new(folder.path().join("bench.db"));
    options.durability = durability;
    let store = Arc::new(SqliteStore::open(options).await.unwrap_or_else(|why| panic!("{why}")));
    let replies = Arc::new(Replies::default());
    let runtime = runtime(&store, &replies, folder.path()).await;
    let started = Instant::now();
    let end = started + Duration::from_secs(SECONDS);
    let mut chats = JoinSet::new();
    for chat in 0..CHATS {
        let (send, receive) = mpsc::unbounded_channel();
        replies.0.lock().unwrap_or_else(PoisonError::into_inner).insert(chat.to_string(), send);
        // Each chat has a beat of its own, spread evenly: clients do not write in step.
        let beat = offered.map(|offered| Duration::from_secs_f64(CHATS as f64 / offered as f64));
        let first = started + beat.map_or(Duration::ZERO, |beat| beat.mul_f64(chat as f64 / CHATS as f64));
        chats.spawn(client(Arc::clone(&runtime), chat, receive, beat, first, end));
    }
    let mut millis: Vec<f64> = chats.join_all().await.concat();
    runtime.settle().await;
    store.close().await.unwrap_or_else(|why| panic!("{why}"));
    millis.sort_by(f64::total_cmp);
    let at =
        |share: f64| millis.get(((millis.len() - 1) as f64 * share) as usize).copied().unwrap_or_default();
    let name = if durability == Durability::Full { "full" } else { "normal" };
    let offered = offered.map_or("max".to_owned(), |offered| offered.to_string());
    println!(
        "  {name:<8} {offered:>10} {:>10.0} {:>9.2} {:>9.2} {:>9.2}",
        millis.len() as f64 / SECONDS as f64,
        at(0.5),
        at(0.99),
        at(1.0)
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
            kind: Kind::Message { text: "сколько стоит перфоратор?".to_owned() },
            button: None,
        };
        runtime.receive(vec![inbound]).await.unwrap_or_else(|why| panic!("{why}"));
        replies.recv().await;
        millis.push(sent.elapsed().as_secs_f64() * 1e3);
    }
    millis
}

async fn runtime(store: &Arc<SqliteStore>, replies: &Arc<Replies>, folder: &std::path::Path) -> Arc<Runtime> {
    let catalog = EmbeddedCatalog::open(folder.join("catalog"), Arc::new(HashEmbedder))
        .unwrap_or_else(|why| panic!("{why}"));
    let world = World {
        http: Arc::new(NoHttp),
        catalog: Arc::new(catalog),
        embedder: Arc::new(HashEmbedder),
        llm: Arc::new(OfflineLlm),
        roles: Default::default(),
    };
    let store = Arc::clone(store) as Arc<dyn Store>;
    let shelf = Shelf::new(KINDS, Arc::clone(&store), Arc::clone(&world.embedder));
    let channels: Vec<Arc<dyn Channel>> = vec![Arc::clone(replies) as Arc<dyn Channel>];
    let parts = Parts {
        store,
        world,
        clock: Arc::new(SystemClock),
        channels,
        burst: Burst::OFF,
        staff: Default::default(),
    };
    let runtime = Runtime::new(parts, shelf);
    let bundle = Bundle { files: [("bench.yaml".to_owned(), FLOW.to_owned())].into() };
    let published = runtime.shelf().publish(&bundle, 0).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(published.is_ok(), "the bench's flow compiles: {published:?}");
    runtime
}
