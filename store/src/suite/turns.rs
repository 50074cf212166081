//! What a turn stores besides its messages: several consumed events, the waiting place, analytics events, notices.
//!
//! The basics of a turn are in the suite itself.

use std::collections::BTreeMap;

use tolmach_engine::effect::Goal;
use tolmach_runtime::ports::{
    AnalyticsEventKind, Chat, MessageQuery, NoticeRow, TakenOverChat, TurnQuery, WaitingPlace,
};

use super::*;

pub(crate) async fn consumes_several_events_in_one_turn(place: &dyn TestDatabase) {
    let store = place.open().await;
    let many = (0..25).map(|n| text(CHAT, &format!("k{n:02}"), &n.to_string())).collect();
    store.receive(5, many).await.expect("received");
    let Next { rows, chat, .. } = store.next(CHAT).await.expect("read");
    assert_eq!(rows.len(), MAX_PENDING as usize);
    assert!(rows.windows(2).all(|two| two[0].seq < two[1].seq), "the oldest first");
    let mut coalescing = turn(&rows[0], chat.version, vec![say("да")]);
    coalescing.inbox = rows.iter().take(3).map(|row| row.seq).collect();
    // A row that does not exist, and below one that is already consumed: nothing of the turn is stored.
    let mut wrong = coalescing.clone();
    wrong.inbox.push(9_999);
    assert_eq!(store.commit(wrong).await.expect("answered"), CommitOutcome::Conflict);
    assert_eq!(store.next(CHAT).await.expect("read").rows.len(), MAX_PENDING as usize);
    assert_eq!(store.commit(coalescing.clone()).await.expect("answered"), CommitOutcome::Stored);
    let mut late = turn(&rows[3], 1, vec![]);
    late.inbox = vec![rows[3].seq, rows[2].seq];
    assert_eq!(store.commit(late).await.expect("answered"), CommitOutcome::Conflict, "one is consumed");
    assert_eq!(waiting(&*store, CHAT).await, Some(EventKind::Message { text: "3".to_owned() }));
    assert_eq!(store.next(CHAT).await.expect("read").rows.len(), MAX_PENDING as usize);
}

pub(crate) async fn keeps_which_message_an_event_is(place: &dyn TestDatabase) {
    let store = place.open().await;
    let sent = |key: &str, sent| {
        let (id, inbound) = text(CHAT, key, key);
        (id, Inbound { sent, ..inbound })
    };
    let all = vec![
        sent("нужен генератр", Some(Sent::written("5"))),
        sent("не из мессенджера", None),
        sent("нужен генератор", Some(Sent::edited("5"))),
    ];
    store.receive(5, all).await.expect("received");
    let rows = store.next(CHAT).await.expect("read").rows;
    let read: Vec<_> = rows.iter().map(|row| row.event.sent.clone()).collect();
    assert_eq!(read, [vec![Sent::written("5")], vec![], vec![Sent::edited("5")]]);
    assert!(rows.iter().all(|row| row.edits.is_empty()));
    // A message is consumed with its edit, and what came between them waits on.
    let mut commit = turn(&rows[0], 0, vec![say("да")]);
    commit.inbox = vec![rows[0].seq, rows[2].seq];
    assert_eq!(store.commit(commit.clone()).await.expect("answered"), CommitOutcome::Stored);
    let left = store.next(CHAT).await.expect("read").rows;
    assert_eq!(left.iter().map(|row| row.seq).collect::<Vec<_>>(), [rows[1].seq]);
    // The turn's event keeps it too, for replays.
    let turns = store.turns(&TurnQuery::of(CHAT, 10)).await.expect("read");
    assert_eq!(turns[0].event.sent, [Sent::written("5")]);
}

pub(crate) async fn keeps_what_a_chat_holds_back_from_staff(place: &dyn TestDatabase) {
    let store = place.open().await;
    for (key, staff) in [("a", Some("[\"я\"]")), ("b", Some("[2]")), ("c", None)] {
        let row = receive(&*store, CHAT, key).await;
        let Chat { version, .. } = store.chat(CHAT).await.expect("read");
        let commit = Commit { staff: staff.map(str::to_owned), ..turn(&row, version, vec![]) };
        let late = Commit { version: 7, staff: Some("[9]".to_owned()), ..commit.clone() };
        assert_eq!(store.commit(late).await.expect("answered"), CommitOutcome::Conflict);
        assert_eq!(store.commit(commit).await.expect("committed"), CommitOutcome::Stored);
        assert_eq!(store.chat(CHAT).await.expect("read").staff.as_deref(), staff);
        assert_eq!(store.next(CHAT).await.expect("read").chat.staff.as_deref(), staff);
    }
}

pub(crate) async fn counts_chats_by_waiting_place(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert_eq!(store.waiting_places().await.expect("read"), []);
    for (chat, release, node) in [
        ("web:1", "r1", Some("size")),
        ("web:2", "r1", Some("colour")),
        ("web:3", "r1", Some("size")),
        ("web:4", "r2", Some("size")),
        ("web:5", "r1", None),
    ] {
        let row = receive(&*store, chat, chat).await;
        let mut commit = turn(&row, 0, vec![]);
        commit.release = release.to_owned();
        commit.waits = node.map(|node| ("shop".to_owned(), node.to_owned()));
        store.commit(commit).await.expect("committed");
    }
    let waits = |release: &str, node: &str, chats| WaitingPlace {
        release: release.to_owned(),
        flow: "shop".to_owned(),
        node: node.to_owned(),
        chats,
    };
    let places = store.waiting_places().await.expect("read");
    assert_eq!(places, [waits("r1", "size", 2), waits("r1", "colour", 1), waits("r2", "size", 1)]);
    assert_eq!(store.chats_at_rest().await.expect("read"), 1);
    // The next turn of a chat replaces its waiting place.
    run(&*store, "web:2", "b", vec![]).await;
    let places = store.waiting_places().await.expect("read");
    assert_eq!(places, [waits("r1", "size", 2), waits("r2", "size", 1)]);
    assert_eq!(store.chats_at_rest().await.expect("read"), 2);
}

pub(crate) async fn lists_taken_over_chats(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert_eq!(store.chats_like("").await.expect("read"), Vec::<String>::new());
    for (chat, taken_over_at) in [("web:1", Some(900)), ("web:2", None), ("web:3", Some(400))] {
        let row = receive(&*store, chat, chat).await;
        store.commit(Commit { taken_over_at, ..turn(&row, 0, vec![]) }).await.expect("committed");
    }
    let taken_over = |chat: &str, since| TakenOverChat { chat: chat.to_owned(), since };
    assert_eq!(store.taken_over().await.expect("read"), [taken_over("web:3", 400), taken_over("web:1", 900)]);
    run(&*store, "web:3", "b", vec![]).await;
    assert_eq!(store.taken_over().await.expect("read"), [taken_over("web:1", 900)]);
    store.receive(9, vec![text("web:33", "c", "c")]).await.expect("received");
    for (part, chats) in
        [("", &["web:1", "web:2", "web:3"][..]), ("b:3", &["web:3"]), ("web:1", &["web:1"]), ("%", &[])]
    {
        assert_eq!(store.chats_like(part).await.expect("read"), chats, "«{part}»");
    }
}

pub(crate) async fn stores_analytics_events(place: &dyn TestDatabase) {
    let store = place.open().await;
    let arm = Command::Arm { experiment: "greeting".to_owned(), arm: "warm".to_owned() };
    let arms: BTreeMap<String, String> = [("greeting".to_owned(), "warm".to_owned())].into();
    let goal = |value| Goal { name: "lead".to_owned(), value, arms: arms.clone() };
    let first = run(&*store, CHAT, "a", vec![arm, Command::Goal(goal(Some(12.5)))]).await;
    run(&*store, "web:2", "b", vec![Command::Goal(goal(None))]).await;
    let marks = store.analytics_since(0).await.expect("read");
    assert_eq!(marks.len(), 3);
    assert_eq!((marks[0].chat.as_str(), marks[0].release.as_str(), marks[0].at), (CHAT, "r1", 5));
    assert_eq!(marks[0].effect, format!("{}.0", first.event.id));
    assert_eq!(
        marks[0].what,
        AnalyticsEventKind::Arm { experiment: "greeting".to_owned(), arm: "warm".to_owned() }
    );
    let goal = |value| AnalyticsEventKind::Goal { name: "lead".to_owned(), value, arms: arms.clone() };
    assert_eq!((&marks[1].what, &marks[2].what), (&goal(Some(12.5)), &goal(None)));
    assert_eq!(store.analytics_since(6).await.expect("read"), []);
    // A refused turn stores no analytics events.
    let row = receive(&*store, CHAT, "c").await;
    let late = turn(&row, 0, vec![Command::Arm { experiment: "x".to_owned(), arm: "y".to_owned() }]);
    assert_eq!(store.commit(late).await.expect("answered"), CommitOutcome::Conflict);
    assert_eq!(store.analytics_since(0).await.expect("read").len(), 3);
}

pub(crate) async fn sends_notices_to_their_addresses(place: &dyn TestDatabase) {
    let store = place.open().await;
    let row = receive(&*store, CHAT, "a").await;
    let notice = |number: usize, chat: &str| NoticeRow {
        effect: format!("{}.1.{number}", row.event.id),
        chat: chat.to_owned(),
        message: Outgoing {
            subject: "заявка".to_owned(), text: "Анна".to_owned(), ..Outgoing::default()
        },
    };
    let mut commit = turn(&row, 0, vec![say("спасибо")]);
    commit.notices = vec![notice(0, "telegram:-100"), notice(1, "email:sales@example.com")];
    let late = Commit { version: 7, ..commit.clone() };
    assert_eq!(store.commit(late).await.expect("answered"), CommitOutcome::Conflict);
    assert_eq!(outbox(&*store, "telegram:-100").await, Vec::<String>::new());
    store.commit(commit).await.expect("committed");
    assert_eq!(outbox(&*store, CHAT).await, ["спасибо"]);
    assert_eq!(outbox(&*store, "telegram:-100").await, ["Анна"]);
    let mail = store.outbox("email:sales@example.com").await.expect("read");
    assert_eq!(mail[0].effect, format!("{}.1.1", row.event.id));
    assert!(mail[0].payload.contains("заявка"), "{}", mail[0].payload);
    let email = vec!["email".to_owned()];
    assert_eq!(store.unfinished(5, &email).await.expect("read"), ["email:sales@example.com"]);
}

pub(crate) async fn pages_turns_of_all_chats(place: &dyn TestDatabase) {
    let store = place.open().await;
    for n in 0..6 {
        let chat = if n % 2 == 0 { CHAT } else { "web:2" };
        store.receive(10 * n, vec![text(chat, &n.to_string(), "a")]).await.expect("received");
        let row = oldest(&*store, chat).await;
        store.commit(turn(&row, n / 2, vec![])).await.expect("committed");
    }
    let all = store.turns(&TurnQuery::since(0, 0, 100)).await.expect("read");
    let seen: Vec<_> = all.iter().map(|turn| (turn.chat.as_str(), turn.at)).collect();
    let expected = [(CHAT, 0), ("web:2", 10), (CHAT, 20), ("web:2", 30), (CHAT, 40), ("web:2", 50)];
    assert_eq!(seen, expected);
    let late = store.turns(&TurnQuery::since(20, 0, 2)).await.expect("read");
    assert_eq!(late.iter().map(|turn| turn.at).collect::<Vec<_>>(), [20, 30]);
    let rest = store.turns(&TurnQuery::since(20, late[1].seq, 100)).await.expect("read");
    assert_eq!(rest.iter().map(|turn| turn.at).collect::<Vec<_>>(), [40, 50]);
    let of_chat = store.turns(&TurnQuery::of("web:2", 100)).await.expect("read");
    assert_eq!(of_chat.iter().map(|turn| turn.seq).collect::<Vec<_>>(), [all[1].seq, all[3].seq, all[5].seq]);
}

/// A caller that got no reply repeats its commit, perhaps through another process.
pub(crate) async fn stores_a_repeated_turn_once(place: &dyn TestDatabase) {
    let (store, other) = (place.open().await, place.open().await);
    let row = receive(&*store, CHAT, "a").await;
    let lead = Command::Lead(Lead { source: "form".to_owned(), ..Lead::default() });
    let goal = Command::Goal(Goal { name: "lead".to_owned(), value: None, arms: BTreeMap::new() });
    let commit = turn(&row, 0, vec![say("да"), lead, goal, start("inactivity", 100), button("b1", "stop")]);
    assert_eq!(store.commit(commit.clone()).await.expect("answered"), CommitOutcome::Stored);
    for by in [&store, &other] {
        assert_eq!(by.commit(commit.clone()).await.expect("answered"), CommitOutcome::Conflict);
        assert_eq!(by.receive(6, vec![text(CHAT, "a", "a")]).await.expect("received"), Vec::<String>::new());
    }
    assert_eq!(outbox(&*other, CHAT).await, ["да", "?"]);
    assert_eq!(other.messages(&MessageQuery::of(CHAT, 0, 10)).await.expect("read").len(), 1);
    assert_eq!(other.leads(&LeadQuery::newest(10)).await.expect("read").len(), 1);
    assert_eq!(other.analytics_since(0).await.expect("read").len(), 1);
    assert_eq!(other.turns(&TurnQuery::of(CHAT, 10)).await.expect("read").len(), 1);
}

pub(crate) async fn stores_concurrent_duplicates_once(place: &dyn TestDatabase) {
    let stores = [place.open().await, place.open().await];
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..8 {
        let store = Arc::clone(&stores[caller % 2]);
        tasks.spawn(async move {
            let mut told = 0;
            for n in 0..25 {
                // All callers bring the same updates, in different orders.
                let n = if caller % 4 < 2 { n } else { 24 - n };
                let (chat, key) = (format!("web:{}", n % 5), format!("k{n}"));
                told += store.receive(5, vec![text(&chat, &key, &key)]).await.expect("received").len();
            }
            told
        });
    }
    let mut told = 0;
    while let Some(task) = tasks.join_next().await {
        told += task.expect("brought");
    }
    assert_eq!(told, 25, "each update is told to one of its bringers");
    for n in 0..5 {
        let rows = stores[0].next(&format!("web:{n}")).await.expect("read").rows;
        assert_eq!(rows.len(), 5);
    }
}

pub(crate) async fn keeps_acknowledged_writes_after_closing(place: &dyn TestDatabase) {
    let store = place.open().await;
    receive(&*store, CHAT, "a").await;
    let queued = (0..20).map(|n| store.receive(5, vec![text("web:2", &n.to_string(), "?")]));
    let (queued, closed) = tokio::join!(futures_util::future::join_all(queued), store.close());
    closed.expect("closed");
    let stored = queued.iter().filter(|answer| answer.is_ok()).count();
    let late = store.receive(5, vec![text(CHAT, "late", "?")]).await.expect_err("closed");
    assert!(matches!(late, tolmach_runtime::ports::Error::Unavailable { .. }), "{late}");
    assert!(store.ping().await.is_err() && store.chat(CHAT).await.is_err());
    store.close().await.expect("closing twice is harmless");
    let again = place.open().await;
    assert_eq!(waiting(&*again, CHAT).await, Some(EventKind::Message { text: "a".to_owned() }));
    let rows = again.next("web:2").await.expect("read").rows.len();
    assert_eq!(rows, stored, "stored exactly if that was said");
}

pub(crate) async fn orders_keys_bytewise(place: &dyn TestDatabase) {
    let store = place.open().await;
    let chats = ["web:B", "web:_", "web:a", "web:é", "web:я"];
    for chat in ["web:я", "web:a", "web:_", "web:é", "web:B"] {
        receive(&*store, chat, chat).await;
    }
    assert_eq!(store.unfinished(5, &web()).await.expect("read"), chats);
}
