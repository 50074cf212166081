//! Turns on the real store: order, duplicates, failure, recovery, releases. Channels and catalogues are scripted.

mod bursts;
mod faults;
mod greeting;
mod poison;
mod staff;

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tolmach_engine::{
    bundle::Bundle,
    catalog::{SearchRequest, SearchResults},
    channel::Capabilities,
    effect::{Author, Outgoing},
    event::{Client, EventKind},
    kind::KindSpec,
    platform::Platform,
};
use tolmach_llm::{embedder::MeaningEmbedder, offline::OfflineLlm};
use tolmach_nodes::KINDS;
use tolmach_runtime::ports::prelude::*;
use tolmach_runtime::{
    Coalescing, Models, NoticeLimits, QueryPorts, Record, ReleaseRegistry, Runtime, RuntimePorts, Staff,
    Tasks, Trainer,
    ports::{
        self, Address, Catalog, Channel, Clock, Delivery, Inbound, Intake, NoHttp, Store, SystemClock,
        TurnQuery,
    },
};
use tolmach_store::sqlite::{Options, SqliteStore};

const FLOW: &str = "\
flow: counter
start: count
slots:
  n: { type: number, default: 0 }
  size: { type: number }
  results: { type: products }
on: { command: { size: size, slow: slow }, error: sorry }
limits: { turn: 1s }
nodes:
  count:
    set: { n: slots.n + 1 }
    next: notify_staff
  notify_staff:
    say: { text: 'message {{slots.n}}' }
  size:
    ask: { text: what size, into: size }
    next: { done: sized, cancelled: wait, gave_up: wait }
  sized:
    say: { text: 'size {{slots.size}}' }
  slow:
    search: { query: anything, into: results }
    next: { found: wait, empty: wait }
  sorry:
    say: { text: sorry }
";

/// A channel that answers deliveries by a script, and then accepts all of them.
#[derive(Default)]
struct Scripted {
    script: Mutex<VecDeque<Delivery>>,
    /// Chats and texts, in one list: two would be out of step where two chats are delivered to at once.
    delivered: Mutex<Vec<(String, String)>>,
}

impl Scripted {
    fn texts(&self) -> Vec<String> {
        self.delivered.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
    }

    /// The texts of one chat, in order.
    fn texts_of(&self, chat: &str) -> Vec<String> {
        let delivered = self.delivered.lock().unwrap();
        delivered.iter().filter(|(to, _)| to == chat).map(|(_, text)| text.clone()).collect()
    }
}

#[async_trait]
impl Channel for Scripted {
    fn name(&self) -> &str {
        "test"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { name: "test", ..Capabilities::UNLIMITED }
    }

    fn read_update(&self, update: &str) -> Option<Inbound> {
        update.starts_with("readable").then(|| inbound("a", "its own", update))
    }

    async fn deliver(&self, to: &Address, _: &str, message: &Outgoing) -> Delivery {
        let scripted = self.script.lock().unwrap().pop_front().unwrap_or(Delivery::Done);
        if scripted == Delivery::Done {
            self.delivered.lock().unwrap().push((to.id.clone(), message.whole_text()));
        }
        scripted
    }
}

/// A catalogue that never answers.
struct Hanging;

#[async_trait]
impl Catalog for Hanging {
    async fn search(&self, _: &SearchRequest) -> ports::Result<SearchResults> {
        std::future::pending().await
    }

    async fn holds_article(&self, _: &str) -> bool {
        false
    }

    fn generation(&self) -> Option<(String, u64)> {
        None
    }
}

struct Bot {
    runtime: Arc<Runtime>,
    store: Arc<SqliteStore>,
    channel: Arc<Scripted>,
}

impl Bot {
    async fn start(folder: &Path) -> Bot {
        Bot::with(folder, KINDS, FLOW, Coalescing::OFF, Staff::new()).await
    }

    async fn with(
        folder: &Path,
        kinds: &'static [&'static KindSpec],
        flow: &str,
        coalescing: Coalescing,
        staff: Staff,
    ) -> Bot {
        Bot::asking(folder, kinds, flow, coalescing, staff, Arc::new(NoHttp)).await
    }

    /// One with limits on what a chat sends to the staff, and with this clock.
    async fn limited(
        folder: &Path,
        kinds: &'static [&'static KindSpec],
        flow: &str,
        staff: Staff,
        clock: Arc<dyn Clock>,
    ) -> Bot {
        let limits = NoticeLimits::default();
        Bot::made(folder, kinds, flow, Coalescing::OFF, (staff, limits), Arc::new(NoHttp), clock).await
    }

    /// One that asks this other system.
    async fn asking(
        folder: &Path,
        kinds: &'static [&'static KindSpec],
        flow: &str,
        coalescing: Coalescing,
        staff: Staff,
        http: Arc<dyn ports::Http>,
    ) -> Bot {
        let staff = (staff, NoticeLimits::UNLIMITED);
        Bot::made(folder, kinds, flow, coalescing, staff, http, Arc::new(SystemClock)).await
    }

    async fn made(
        folder: &Path,
        kinds: &'static [&'static KindSpec],
        flow: &str,
        coalescing: Coalescing,
        (staff, notices): (Staff, NoticeLimits),
        http: Arc<dyn ports::Http>,
        clock: Arc<dyn Clock>,
    ) -> Bot {
        let store = Arc::new(SqliteStore::open(Options::new(folder.join("tolmach.db"))).await.unwrap());
        let channel = Arc::new(Scripted::default());
        let queries = QueryPorts {
            http,
            catalog: Arc::new(Hanging),
            trainer: Arc::new(Trainer::new(Arc::new(MeaningEmbedder))),
            models: Models::only(Arc::new(OfflineLlm)).into(),
        };
        let releases = ReleaseRegistry::new(
            Platform { kinds, ..tolmach_nodes::platform() },
            Arc::clone(&store) as Arc<dyn Store>,
            Arc::clone(&queries.trainer),
        );
        let ports = RuntimePorts {
            store: Arc::clone(&store) as Arc<dyn Store>,
            queries,
            clock,
            channels: vec![Arc::clone(&channel) as Arc<dyn Channel>].into(),
            coalescing: coalescing.into(),
            staff: staff.into(),
            notices: notices.into(),
        };
        let bot = Bot { runtime: Runtime::new(ports, releases), store, channel };
        bot.publish(flow).await;
        bot
    }

    async fn publish(&self, flow: &str) {
        let bundle = Bundle { files: [("counter.yaml".to_owned(), flow.to_owned())].into() };
        self.runtime.releases().activate_draft(&bundle, 0).await.unwrap().unwrap();
    }

    async fn say(&self, key: &str, text: &str) {
        self.runtime.receive(vec![inbound("a", key, text)]).await.unwrap();
        self.runtime.settle().await;
    }
}

fn inbound(chat: &str, key: &str, text: &str) -> Inbound {
    let kind = match text.strip_prefix('/') {
        Some(name) => EventKind::Command { name: name.to_owned(), rest: String::new() },
        None => EventKind::Message { text: text.to_owned() },
    };
    Inbound {
        address: Address::new("test", chat),
        key: key.to_owned(),
        client: Client::default(),
        kind,
        button: None,
        origin: None,
        sent: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_answered_in_order_and_duplicates_once() {
    let folder = tempfile::tempdir().unwrap();
    let bot = Bot::start(folder.path()).await;
    for n in 0..30 {
        // Every update is delivered twice, as channels do when they are unsure.
        let again = || inbound("a", &n.to_string(), "hello");
        bot.runtime.receive(vec![again(), again()]).await.unwrap();
        bot.runtime.receive(vec![again()]).await.unwrap();
    }
    bot.runtime.settle().await;
    let expected: Vec<String> = (1..=30).map(|n| format!("message {n}")).collect();
    assert_eq!(bot.channel.texts(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postponed_message_holds_later_ones_back() {
    let folder = tempfile::tempdir().unwrap();
    let bot = Bot::start(folder.path()).await;
    let later = Delivery::Later { after: Duration::ZERO, why: "busy".into() };
    bot.channel.script.lock().unwrap().push_back(later);
    bot.say("1", "one").await;
    bot.say("2", "two").await;
    assert_eq!(bot.channel.texts(), Vec::<String>::new(), "nothing overtakes the first");
    let tending = tokio::spawn(Arc::clone(&bot.runtime).run_maintenance(Tasks::Here));
    let delivered = tokio::time::timeout(Duration::from_secs(20), async {
        while bot.channel.texts().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    delivered.await.expect("the first is tried again after its pause");
    assert_eq!(bot.channel.texts(), ["message 1", "message 2"]);
    tending.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_is_dropped_and_a_lost_client_ends_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let bot = Bot::start(folder.path()).await;
    bot.channel.script.lock().unwrap().push_back(Delivery::Refused { why: "too odd".into() });
    bot.say("1", "one").await;
    bot.say("2", "two").await;
    assert_eq!(bot.channel.texts(), ["message 2"]);
    bot.channel.script.lock().unwrap().push_back(Delivery::Gone { why: "blocked".into() });
    bot.say("3", "three").await;
    assert!(bot.store.outbox("test:a").await.unwrap().is_empty(), "nothing waits for a client who left");
    bot.say("4", "four").await;
    assert_eq!(bot.channel.texts(), ["message 2", "message 4"], "one who comes back is answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_received_before_a_crash_is_answered_after_it() {
    let folder = tempfile::tempdir().unwrap();
    {
        let bot = Bot::start(folder.path()).await;
        let later = Delivery::Later { after: Duration::from_secs(3600), why: "away".into() };
        bot.channel.script.lock().unwrap().push_back(later);
        bot.say("1", "committed, not delivered").await;
        // Stored, but the process ends before the turn.
        let received = vec![(uuid::Uuid::now_v7(), inbound("b", "2", "received, not answered"))];
        bot.store.receive(0, received).await.unwrap();
    }
    let bot = Bot::start(folder.path()).await;
    assert_eq!(bot.runtime.recover().await.unwrap(), 1, "chat a waits for its hour");
    bot.runtime.settle().await;
    assert_eq!(bot.channel.texts(), ["message 1"], "chat b is answered");
    assert_eq!(bot.store.outbox("test:a").await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_stays_on_its_release_while_it_waits() {
    let folder = tempfile::tempdir().unwrap();
    let bot = Bot::start(folder.path()).await;
    bot.say("1", "/size").await;
    bot.publish(
        &FLOW
            .replace("'size {{slots.size}}'", "'new size {{slots.size}}'")
            .replace("'message", "'new message"),
    )
    .await;
    bot.say("2", "7").await;
    bot.say("3", "hello").await;
    assert_eq!(bot.channel.texts(), ["what size", "size 7", "new message 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_hangs_ends_in_the_error_path() {
    let folder = tempfile::tempdir().unwrap();
    let bot = Bot::start(folder.path()).await;
    bot.say("1", "/slow").await;
    assert_eq!(bot.channel.texts(), ["sorry"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_turn_replays_to_the_same_effects() {
    let folder = tempfile::tempdir().unwrap();
    let bot = Bot::start(folder.path()).await;
    for (key, text) in [("1", "hello"), ("2", "/size"), ("3", "many"), ("4", "5"), ("5", "/slow")] {
        bot.say(key, text).await;
    }
    let turns = bot.store.turns(&TurnQuery::of("test:a", 100)).await.unwrap();
    assert_eq!(turns.len(), 5);
    for turn in turns {
        let record: Record = serde_json::from_str(&turn.trace).unwrap();
        let replayed =
            bot.runtime.releases().with_release(&turn.release, |release| record.replay(release, &turn.event));
        assert_eq!(replayed.await.unwrap(), Some(Ok(())));
        // A record that was changed does not replay.
        let mut other = record.clone();
        other.effects.clear();
        let replayed =
            bot.runtime.releases().with_release(&turn.release, |release| other.replay(release, &turn.event));
        assert!(matches!(replayed.await.unwrap(), Some(Err(_))));
    }
}
