//! Coalescing: messages sent in quick succession are answered once.

use std::time::Instant;

use super::*;
use tolmach_runtime::ports::{MessageQuery, TurnQuery};

const WINDOW: Duration = Duration::from_millis(200);

async fn bot(folder: &Path, wait: bool) -> Bot {
    let flow = FLOW.replace("'message {{slots.n}}'", "'{{slots.n}}: {{message.text}}'");
    Bot::with(folder, KINDS, &flow, Coalescing { window: WINDOW, wait }, Staff::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_within_the_window_are_one_turn() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path(), false).await;
    let all = [("1", "a"), ("2", "b"), ("3", "/size"), ("4", "7"), ("5", "8")];
    bot.runtime.receive(all.iter().map(|(key, text)| inbound("a", key, text)).collect()).await.unwrap();
    bot.runtime.settle().await;
    assert_eq!(bot.channel.texts()[..2], ["1: a\nb", "what size"]);
    // The history has every message, and the turn replays from what was stored.
    let said = bot.store.messages(&MessageQuery::of("test:a", 0, 100)).await.unwrap();
    let client: Vec<&str> =
        said.iter().filter(|one| one.who == Author::Client).map(|one| one.body.as_str()).collect();
    assert_eq!(client, ["a", "b", "/size", "7", "8"]);
    let turns = bot.store.turns(&TurnQuery::of("test:a", 100)).await.unwrap();
    assert_eq!(turns.len(), 3);
    for turn in turns {
        let record: Record = serde_json::from_str(&turn.trace).unwrap();
        let replayed =
            bot.runtime.releases().with_release(&turn.release, |release| record.replay(release, &turn.event));
        assert_eq!(replayed.await.unwrap(), Some(Ok(())));
        assert_eq!(record.before.chat, "test:a");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_waits_for_further_messages_up_to_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path(), true).await;
    let started = Instant::now();
    bot.runtime.receive(vec![inbound("a", "x", "alone")]).await.unwrap();
    bot.runtime.settle().await;
    assert!(started.elapsed() >= WINDOW, "answered after {:?}", started.elapsed());
    assert_eq!(bot.channel.texts(), ["1: alone"]);
    // Each message comes within the window of the one before; the first one waits for at most five windows.
    let started = Instant::now();
    let mut pieces = 0;
    while bot.channel.texts().len() < 2 {
        assert!(started.elapsed() < WINDOW * 20, "never answered");
        bot.runtime
            .receive(vec![inbound("a", &pieces.to_string(), &format!("piece {pieces}"))])
            .await
            .unwrap();
        pieces += 1;
        tokio::time::sleep(WINDOW / 4).await;
    }
    assert!(started.elapsed() >= WINDOW * 4, "answered after {:?}", started.elapsed());
    assert!(
        pieces > 2 && bot.channel.texts()[1].starts_with("2: piece 0\npiece 1"),
        "{:?}",
        bot.channel.texts()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_ends_the_wait() {
    let folder = tempfile::tempdir().unwrap();
    let long = Coalescing { window: Duration::from_secs(60), wait: true };
    let bot = Bot::with(folder.path(), KINDS, FLOW, long, Staff::new()).await;
    bot.runtime.receive(vec![inbound("a", "1", "hello")]).await.unwrap();
    bot.runtime.receive(vec![inbound("a", "2", "/size")]).await.unwrap();
    let settled = tokio::time::timeout(Duration::from_secs(20), bot.runtime.settle());
    settled.await.expect("the wait is over");
    assert_eq!(bot.channel.texts(), ["message 1", "what size"]);
    // A server that stops answers the waiting messages at once.
    bot.runtime.receive(vec![inbound("a", "3", "5")]).await.unwrap();
    assert!(bot.runtime.close(Duration::from_secs(20)).await);
    assert_eq!(bot.channel.texts(), ["message 1", "what size", "size 5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_received_by_another_process_are_processed() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path(), false).await;
    let timers = tokio::spawn(Arc::clone(&bot.runtime).run_maintenance(Tasks::Here));
    let other = SqliteStore::open(Options::new(folder.path().join("tolmach.db"))).await.unwrap();
    let received = vec![(uuid::Uuid::now_v7(), inbound("a", "1", "from elsewhere"))];
    other.receive(0, received).await.unwrap();
    let answered = tokio::time::timeout(Duration::from_secs(20), async {
        while bot.channel.texts().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    answered.await.expect("answered");
    assert_eq!(bot.channel.texts(), ["1: from elsewhere"]);
    timers.abort();
}
