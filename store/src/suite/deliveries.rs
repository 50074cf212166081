//! How deliveries stand: waiting, delivered, given up, and sent again.

use tolmach_runtime::ports::DeliveryState;

use super::*;

/// A turn in which the client speaks and the bot says these texts.
async fn said(store: &dyn Store, chat: &str, key: &str, texts: &[&str]) -> InboxRow {
    let row = receive(store, chat, key).await;
    let version = store.chat(chat).await.expect("read").version;
    let mut commit = turn(&row, version, texts.iter().map(|text| say(text)).collect());
    let bodies: Vec<String> = commit
        .effects
        .iter()
        .map(|effect| match &effect.command {
            Command::Send(outgoing) => serde_json::to_string(outgoing).expect("written"),
            _ => String::new(),
        })
        .collect();
    let says = bodies.into_iter().map(|body| MessageRow { seq: 0, who: Author::Bot, body, at: 8 });
    commit.messages.extend(says);
    assert_eq!(store.commit(commit).await.expect("committed"), CommitOutcome::Stored);
    row
}

async fn states(store: &dyn Store, chat: &str) -> Vec<(i64, DeliveryState)> {
    let rows = store.deliveries(chat, 0, i64::MAX).await.expect("read");
    rows.into_iter().map(|row| (row.message, row.state)).collect()
}

pub(crate) async fn gives_messages_up_and_delivers_them_again(place: &dyn TestDatabase) {
    let store = place.open().await;
    let one = said(&*store, CHAT, "a", &["1", "2", "3"]).await;
    said(&*store, "web:2", "b", &["чужое"]).await;
    let messages = store.messages(&MessageQuery::of(CHAT, 0, 10)).await.expect("read");
    let seqs: Vec<i64> = messages.iter().map(|message| message.seq).collect();
    let effect = |n: usize| format!("{}.{n}", one.event.id);
    let waiting = |attempts, failure: Option<&str>, due| DeliveryState::Waiting {
        attempts,
        failure: failure.map(str::to_owned),
        due,
    };
    // The client's own message has no delivery.
    let new = waiting(0, None, 5);
    let all = [(seqs[1], new.clone()), (seqs[2], new.clone()), (seqs[3], new.clone())];
    assert_eq!(states(&*store, CHAT).await, all);

    store.delivered(vec![effect(0)]).await.expect("marked");
    store.postpone(&effect(1), 50, "no answer in time").await.expect("put off");
    let lost = vec![(effect(2), "403: blocked\0".to_owned()), ("unknown".to_owned(), "?".to_owned())];
    store.give_up(lost).await.expect("given up");
    let failed = |why: &str| DeliveryState::Failed { why: why.to_owned() };
    let now = states(&*store, CHAT).await;
    let expected = [
        (seqs[1], DeliveryState::Delivered),
        (seqs[2], waiting(1, Some("no answer in time"), 50)),
        (seqs[3], failed("403: blocked\u{FFFD}")),
    ];
    assert_eq!(now, expected);
    assert_eq!(outbox(&*store, CHAT).await, ["2"], "what was given up is attempted no more");
    let one_of_them = store.deliveries(CHAT, seqs[3], seqs[3]).await.expect("read");
    assert_eq!(one_of_them.len(), 1);

    // Only what was given up is sent again, once, and of its own chat only.
    assert!(!store.deliver_again(CHAT, seqs[1], 60).await.expect("asked"), "it was delivered");
    assert!(!store.deliver_again(CHAT, seqs[2], 60).await.expect("asked"), "it waits");
    assert!(!store.deliver_again("web:2", seqs[3], 60).await.expect("asked"), "it is of another chat");
    assert!(!store.deliver_again(CHAT, seqs[0], 60).await.expect("asked"), "it is the client's");
    let tasks = place.tasks().await.len();
    assert!(store.deliver_again(CHAT, seqs[3], 60).await.expect("asked"));
    assert!(!store.deliver_again(CHAT, seqs[3], 61).await.expect("asked"));
    assert_eq!(place.tasks().await.len(), tasks + 1, "one task delivers it");
    assert_eq!(states(&*store, CHAT).await[2], (seqs[3], waiting(0, None, 60)));
    let rows = store.outbox(CHAT).await.expect("read");
    let again: Outgoing = serde_json::from_str(&rows[1].payload).expect("whole");
    assert_eq!((rows[1].effect.as_str(), again.text.as_str()), (effect(2).as_str(), "3"));
    store.delivered(vec![effect(1), effect(2)]).await.expect("marked");
    let states = states(&*store, CHAT).await;
    assert!(states.iter().all(|(_, state)| *state == DeliveryState::Delivered), "{states:?}");
    // A late failure of an attempt that another process made does not undo it.
    store.give_up(vec![(effect(2), "late".to_owned())]).await.expect("ignored");
    assert!(!store.deliver_again(CHAT, seqs[3], 70).await.expect("asked"));
}
