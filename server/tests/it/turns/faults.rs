//! Faults of every port on the real store: what clients and staff get, and what is traced.

mod fakes;

use tolmach_llm::fallback::FallbackLlm;
use tolmach_runtime::ports::TurnQuery;
use tolmach_runtime::ports::prelude::*;

use super::*;
use fakes::{Fault, Faulty, Script};

/// One command per port, and one that calls them all.
const FLOW: &str = "\
flow: shop
start: count
slots:
  n: { type: number, default: 0 }
  left: { type: number }
  results: { type: products }
on:
  command: { search: search, stock: stock, about: about, place: place, all: all, lead: lead }
  error: sorry
limits: { turn: 2s, llm_call: 1s }
nodes:
  count:
    set: { n: slots.n + 1 }
    next: notify_staff
  notify_staff:
    say: { text: 'message {{slots.n}}' }
  search:
    search: { query: anything, into: results }
    next: { found: found, empty: nothing }
  found:
    say: { text: found }
  nothing:
    say: { text: nothing found }
  stock:
    http: { url: 'https://stock.example.com/left', into: { left: /left }, deadline: 1s }
    next: { ok: in_stock, failed: no_stock }
  in_stock:
    say: { text: '{{slots.left}} left' }
  no_stock:
    say: { text: the warehouse does not answer }
  about:
    answer: { prompt: about, knowledge: [company] }
    next: { done: wait, failed: no_words }
  no_words:
    say: { text: no words }
  place:
    classify:
      intents: { goods: { examples: [pump] }, people: { examples: [manager] } }
    next: { goods: goods, people: goods, unsure: unsure }
  goods:
    say: { text: goods }
  unsure:
    say: { text: unsure }
  all:
    http: { url: 'https://stock.example.com/left', into: { left: /left }, deadline: 60s }
    next: { ok: all_about, failed: all_about }
  all_about:
    answer: { prompt: about, knowledge: [company] }
    next: { done: all_search, failed: all_search }
  all_search:
    search: { query: anything, into: results }
    next: { found: found, empty: nothing }
  lead:
    notify: { subject: Lead, text: a lead }
    next: told
  told:
    say: { text: told }
  sorry:
    say: { text: sorry }
";

/// The time limit of anything that does not hang.
const TIMEOUT: Duration = Duration::from_secs(30);

struct Shop {
    runtime: Arc<Runtime>,
    /// The store without faults.
    store: Arc<SqliteStore>,
    channel: Arc<Scripted>,
    script: Arc<Script>,
    _folder: tempfile::TempDir,
}

impl Shop {
    /// `ladder` says whether the model has a fallback.
    async fn open(ladder: bool) -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let store =
            Arc::new(SqliteStore::open(Options::new(folder.path().join("tolmach.db"))).await.unwrap());
        let (channel, script) = (Arc::new(Scripted::default()), Arc::new(Script::default()));
        let plain = || Arc::new(Faulty { inner: (), script: Arc::clone(&script) });
        let queries = QueryPorts {
            http: plain(),
            catalog: plain(),
            trainer: Arc::new(Trainer::new(Arc::new(Faulty {
                inner: MeaningEmbedder,
                script: Arc::clone(&script),
            }))),
            models: Models::only(if ladder {
                Arc::new(FallbackLlm::new(plain(), Arc::new(OfflineLlm)))
            } else {
                plain()
            })
            .into(),
        };
        let faulty: Arc<dyn Store> =
            Arc::new(Faulty { inner: Arc::clone(&store), script: Arc::clone(&script) });
        let releases = ReleaseRegistry::new(
            tolmach_nodes::platform(),
            Arc::clone(&faulty),
            Arc::clone(&queries.trainer),
        );
        let boss = vec![Address::new("test", "boss")];
        let ports = RuntimePorts {
            store: faulty,
            queries,
            clock: Arc::new(SystemClock),
            channels: vec![Arc::new(Faulty { inner: Arc::clone(&channel), script: Arc::clone(&script) })
                as Arc<dyn Channel>]
            .into(),
            coalescing: Coalescing::OFF.into(),
            staff: Staff::from([("default".to_owned(), boss)]).into(),
            notices: NoticeLimits::UNLIMITED.into(),
        };
        let runtime = Runtime::new(ports, releases);
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let files = [
            file("shop.yaml", FLOW),
            file("prompts/about.md", "Answer questions about the company.\n"),
            file("knowledge/company.md", "## Delivery\nWe deliver everywhere.\n"),
        ];
        let published = runtime.releases().activate_draft(&Bundle { files: files.into() }, 0).await.unwrap();
        published.unwrap_or_else(|diagnostics| panic!("{diagnostics:?}"));
        Shop { runtime, store, channel, script, _folder: folder }
    }

    async fn receive(&self, chat: &str, key: &str, text: &str) -> ports::Result<()> {
        let mut inbound = inbound(chat, key, text);
        if let EventKind::Command { name, rest } = &mut inbound.kind
            && let Some((command, words)) = name.clone().split_once(' ')
        {
            command.clone_into(name);
            words.clone_into(rest);
        }
        self.runtime.receive(vec![inbound]).await
    }

    async fn settled(&self) {
        tokio::time::timeout(TIMEOUT, self.runtime.settle()).await.expect("the work ends");
    }

    /// The messages that a chat was sent, in order.
    fn got(&self, chat: &str) -> Vec<String> {
        self.channel.texts_of(chat)
    }

    async fn until_got(&self, chat: &str, count: usize) {
        let got = tokio::time::timeout(TIMEOUT, async {
            while self.got(chat).len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(got.await.is_ok(), "{chat} got {:?} only", self.got(chat));
    }

    /// Checks that the chat has this many turns, and that its inbox and outbox are empty.
    async fn is_whole(&self, chat: &str, turns: usize) {
        let address = format!("test:{chat}");
        assert_eq!(self.store.turns(&TurnQuery::of(&address, 100)).await.unwrap().len(), turns);
        assert_eq!(self.store.outbox(&address).await.unwrap(), []);
        assert!(self.store.next(&address).await.unwrap().rows.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_query_is_answered_and_traced_and_the_next_one_succeeds() {
    let shop = Shop::open(false).await;
    let faults =
        [(Fault::Hang, "time is used up"), (Fault::Unavailable, "away"), (Fault::Refused, "fault: no")];
    // The call, the client's message, the reply when the call fails, and the reply when it succeeds.
    let calls = [
        ("search", "/search", "sorry", "nothing found"),
        ("http", "/stock", "the warehouse does not answer", "7 left"),
        ("answer", "/about", "no words", "The model says yes."),
        // If the embedder fails, the language model classifies.
        ("embed", "/place some pump", "goods", "goods"),
        ("decide", "/place lovely weather", "unsure", "goods"),
    ];
    for (call, text, bad, good) in calls {
        for (fault, why) in faults {
            let chat = format!("{call} {fault:?}");
            shop.script.fails(call, fault, 1);
            shop.receive(&chat, &format!("{chat} 1"), text).await.unwrap();
            shop.settled().await;
            assert!(shop.script.is_spent(), "{chat}: the fault was met");
            shop.receive(&chat, &format!("{chat} 2"), text).await.unwrap();
            shop.settled().await;
            assert_eq!(shop.got(&chat), [bad, good], "{chat}");
            let turns = shop.store.turns(&TurnQuery::of(format!("test:{chat}"), 10)).await.unwrap();
            assert!(turns[0].trace.contains(why), "{chat}: {}", turns[0].trace);
            assert!(!turns[1].trace.contains(why), "{chat}: {}", turns[1].trace);
        }
        // A slow call within the time limit is no fault.
        let chat = format!("{call} slow");
        shop.script.fails(call, Fault::Slow(Duration::from_millis(100)), 1);
        shop.receive(&chat, &chat, text).await.unwrap();
        shop.settled().await;
        assert_eq!(shop.got(&chat), [good], "{chat}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_in_which_everything_hangs_ends_at_the_turns_limit() {
    let shop = Shop::open(false).await;
    for call in ["http", "answer", "search"] {
        shop.script.fails(call, Fault::Hang, 1);
    }
    let started = std::time::Instant::now();
    shop.receive("a", "1", "/all").await.unwrap();
    shop.receive("b", "2", "hello").await.unwrap();
    shop.until_got("b", 1).await;
    assert!(shop.got("a").is_empty(), "another chat did not wait for it");
    shop.settled().await;
    assert_eq!(shop.got("a"), ["sorry"]);
    // The node's own deadline is a minute; the turn's is two seconds.
    assert!(started.elapsed() < Duration::from_secs(20), "after {:?}", started.elapsed());
    shop.is_whole("a", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fallback_answers_when_the_model_hangs() {
    let shop = Shop::open(true).await;
    for fault in [Fault::Hang, Fault::Unavailable, Fault::Refused] {
        let chat = format!("{fault:?}");
        shop.script.fails("answer", fault, 1);
        shop.receive(&chat, &chat, "/about delivery").await.unwrap();
        shop.settled().await;
        assert!(shop.script.is_spent());
        let turns = shop.store.turns(&TurnQuery::of(format!("test:{chat}"), 10)).await.unwrap();
        assert!(turns[0].trace.contains("by offline"), "{chat}: {}", turns[0].trace);
    }
}

/// Any store call may fail, before or after its work is done: each message is answered once and in order.
#[tokio::test(flavor = "multi_thread")]
async fn store_faults_lose_duplicate_and_reorder_nothing() {
    let calls = [
        ("next", Fault::Unavailable, 3),
        ("next", Fault::Refused, 1),
        ("lease", Fault::Unavailable, 2),
        ("commit", Fault::Unavailable, 3),
        ("commit", Fault::Lost, 1),
        ("commit", Fault::Slow(Duration::from_millis(300)), 1),
        ("delivered", Fault::Unavailable, 3),
        ("delivered", Fault::Lost, 2),
        ("release_lease", Fault::Unavailable, 1),
    ];
    let shop = Shop::open(false).await;
    for (call, fault, times) in calls {
        let chat = format!("{call} {fault:?}");
        shop.script.fails(call, fault, times);
        for n in 1..=3 {
            shop.receive(&chat, &format!("{chat} {n}"), "hello").await.unwrap();
        }
        shop.until_got(&chat, 3).await;
        shop.settled().await;
        assert!(shop.script.is_spent(), "{chat}: the faults were met");
        assert_eq!(shop.got(&chat), ["message 1", "message 2", "message 3"], "{chat}");
        shop.is_whole(&chat, 3).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unacknowledged_message_is_resent_and_stored_once() {
    let shop = Shop::open(false).await;
    let tending = tokio::spawn(Arc::clone(&shop.runtime).run_maintenance(Tasks::Here));
    for fault in [Fault::Unavailable, Fault::Lost] {
        let chat = format!("{fault:?}");
        shop.script.fails("receive", fault, 2);
        assert!(shop.receive(&chat, &chat, "hello").await.is_err(), "it is not acknowledged");
        assert!(shop.receive(&chat, &chat, "hello").await.is_err());
        shop.receive(&chat, &chat, "hello").await.unwrap();
        shop.until_got(&chat, 1).await;
        shop.settled().await;
        assert_eq!(shop.got(&chat), ["message 1"], "{chat}");
        shop.is_whole(&chat, 1).await;
    }
    tending.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_commit_blocks_only_its_own_chat() {
    let shop = Shop::open(false).await;
    shop.script.fails("commit", Fault::Hang, 1);
    shop.receive("a", "1", "hello").await.unwrap();
    let met = tokio::time::timeout(TIMEOUT, async {
        while !shop.script.is_spent() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    met.await.expect("it hangs");
    shop.receive("a", "2", "hello").await.unwrap();
    shop.receive("b", "3", "hello").await.unwrap();
    shop.until_got("b", 1).await;
    assert!(shop.got("a").is_empty(), "nothing is said before it is stored");
    shop.script.release();
    shop.until_got("a", 2).await;
    shop.settled().await;
    assert_eq!(shop.got("a"), ["message 1", "message 2"]);
    shop.is_whole("a", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_fault_in_one_chat_does_not_affect_others() {
    let shop = Shop::open(false).await;
    let tending = tokio::spawn(Arc::clone(&shop.runtime).run_maintenance(Tasks::Here));
    shop.script.fails("deliver a", Fault::Hang, 1);
    shop.script.fails("deliver c", Fault::Unavailable, 2);
    // The postponement cannot be stored at first.
    shop.script.fails("postpone", Fault::Unavailable, 1);
    for n in 1..=2 {
        for chat in ["a", "b", "c"] {
            shop.receive(chat, &format!("{chat}{n}"), "hello").await.unwrap();
        }
    }
    shop.until_got("b", 2).await;
    assert!(shop.got("a").is_empty());
    shop.until_got("c", 2).await;
    shop.script.release();
    shop.until_got("a", 2).await;
    shop.settled().await;
    for chat in ["a", "b", "c"] {
        assert_eq!(shop.got(chat), ["message 1", "message 2"], "{chat}");
        shop.is_whole(chat, 2).await;
    }
    tending.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_notices_are_sent_once_and_no_client_waits_for_them() {
    let shop = Shop::open(false).await;
    let tending = tokio::spawn(Arc::clone(&shop.runtime).run_maintenance(Tasks::Here));
    // The commit's result is lost, marking as delivered fails, and the delivery to the staff hangs.
    shop.script.fails("commit", Fault::Lost, 1);
    shop.script.fails("delivered", Fault::Unavailable, 2);
    shop.script.fails("deliver boss", Fault::Hang, 1);
    shop.receive("a", "1", "/lead").await.unwrap();
    shop.until_got("a", 1).await;
    shop.receive("a", "2", "hello").await.unwrap();
    shop.until_got("a", 2).await;
    assert!(shop.got("boss").is_empty());
    shop.script.release();
    shop.until_got("boss", 1).await;
    shop.settled().await;
    assert_eq!(shop.got("a"), ["told", "message 1"]);
    assert_eq!(shop.got("boss").len(), 1);
    assert!(shop.got("boss")[0].starts_with("Lead\n\na lead"), "{:?}", shop.got("boss"));
    assert!(shop.script.is_spent());
    tending.abort();
}
