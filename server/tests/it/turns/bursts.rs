//! Coalescing: messages sent in quick succession are answered once.

use std::time::Instant;

use super::*;
use tolmach_engine::event::Sent;
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

fn message(id: &str, text: &str) -> Inbound {
    Inbound { sent: Some(Sent::written(id)), ..inbound("a", &format!("message {id}"), text) }
}

fn edit(id: &str, update: u32, text: &str) -> Inbound {
    Inbound { sent: Some(Sent::edited(id)), ..inbound("a", &format!("edit {id} {update}"), text) }
}

async fn transcript(bot: &Bot) -> Vec<String> {
    let said = bot.store.messages(&MessageQuery::of("test:a", 0, 100)).await.unwrap();
    said.into_iter().filter(|one| one.who == Author::Client).map(|one| one.body).collect()
}

/// The client mends a message while the bot still waits for more: only the mended text is ever read.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_within_the_window_replaces_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path(), true).await;
    bot.runtime.receive(vec![message("5", "нужен генератр")]).await.unwrap();
    tokio::time::sleep(WINDOW / 4).await;
    bot.runtime.receive(vec![message("6", "до 20 тысяч")]).await.unwrap();
    bot.runtime.receive(vec![edit("5", 1, "нужен генератор")]).await.unwrap();
    bot.runtime.settle().await;
    assert_eq!(bot.channel.texts(), ["1: нужен генератор\nдо 20 тысяч"]);
    assert_eq!(transcript(&bot).await, ["нужен генератор", "до 20 тысяч"]);
    assert!(bot.store.next("test:a").await.unwrap().rows.is_empty(), "the edit is consumed");
}

/// Later it is a correction: answered, marked in the transcript, and ignored where it says the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_edit_is_a_correction() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path(), false).await;
    for inbound in [
        message("5", "нужен генератр"),
        edit("5", 1, "Нужен  генератр!"),
        edit("4", 2, "то, чего бот не видел"),
        edit("5", 3, "нужен генератор"),
        edit("5", 4, "нужен генератор."),
    ] {
        bot.runtime.receive(vec![inbound]).await.unwrap();
        bot.runtime.settle().await;
    }
    assert_eq!(bot.channel.texts(), ["1: нужен генератр", "2: нужен генератор"]);
    assert_eq!(transcript(&bot).await, ["нужен генератр", "✎ нужен генератор"]);
    let turns = bot.store.turns(&TurnQuery::of("test:a", 100)).await.unwrap();
    let mut notes = Vec::new();
    for turn in &turns {
        let record: Record = serde_json::from_str(&turn.trace).unwrap();
        let replayed =
            bot.runtime.releases().with_release(&turn.release, |release| record.replay(release, &turn.event));
        assert_eq!(replayed.await.unwrap(), Some(Ok(())));
        notes.push(
            [record.trace.notes, record.trace.visits.into_iter().flat_map(|visit| visit.notes).collect()]
                .concat(),
        );
    }
    assert_eq!(notes[0], Vec::<String>::new());
    assert_eq!(notes[1], ["an edit was ignored: its words are the same"]);
    assert_eq!(notes[2], ["an edit was ignored: the message is not among the last ones"]);
    assert!(notes[3][0].starts_with("corrects the message «нужен генератр» of "), "{notes:?}");
    assert_eq!(notes[4], ["an edit was ignored: its words are the same"]);
    // The history has the wish once, as it was meant.
    let session = bot.store.chat("test:a").await.unwrap().session.unwrap();
    let session: tolmach_engine::Session = serde_json::from_str(&session).unwrap();
    let by_client = session.history.iter().filter(|said| said.who == Author::Client);
    assert_eq!(by_client.map(|said| said.text.as_str()).collect::<Vec<_>>(), ["нужен генератор"]);
}
