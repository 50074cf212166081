//! Tasks: pushed in the transaction that needs them, and counted before they run.

use tolmach_runtime::ports::{NoticeRow, QuarantineQuery, QuarantinedTask, Task};

use super::*;

fn deliver(chat: &str) -> Task {
    Task::Deliver { chat: chat.to_owned() }
}

fn timer(name: &str) -> Task {
    Task::Timer { chat: CHAT.to_owned(), name: name.to_owned() }
}

pub(crate) async fn pushes_tasks(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert_eq!(place.tasks().await, []);
    store.push(Task::Report.into(), 0).await.expect("pushed");
    store.push(Task::Reindex { file: "прайс 'a'.xlsx".to_owned() }.into(), 1_000).await.expect("pushed");
    // Times are rounded up to seconds, so that no task runs too early.
    let (one, two) = (store.push(Task::Retain.into(), 1_001), store.push(Task::Retain.into(), 2_999));
    let (one, two) = tokio::join!(one, two);
    one.and(two).expect("pushed");
    let file = Task::Reindex { file: "прайс 'a'.xlsx".to_owned() };
    let expected = [(Task::Report, 0), (file, 1), (Task::Retain, 2), (Task::Retain, 3)];
    assert_eq!(place.tasks().await, expected);
}

pub(crate) async fn pushes_a_delivery_task_for_each_notice_address(place: &dyn TestDatabase) {
    let store = place.open().await;
    store.receive(7_500, vec![text(CHAT, "a", "?")]).await.expect("received");
    let row = oldest(&*store, CHAT).await;
    let notice = |number: usize, chat: &str| NoticeRow {
        effect: format!("{}.{number}.0", row.event.id),
        chat: chat.to_owned(),
        message: Outgoing { text: "Анна".to_owned(), ..Outgoing::default() },
    };
    let mut commit = turn(&row, 0, vec![say("спасибо")]);
    commit.notices =
        vec![notice(1, "telegram:-1"), notice(1, "email:a@example.com"), notice(2, "telegram:-1")];
    let late = Commit { version: 7, ..commit.clone() };
    assert_eq!(store.commit(late).await.expect("answered"), CommitOutcome::Conflict);
    assert_eq!(place.tasks().await, [], "a refused turn asks for nothing");
    store.commit(commit).await.expect("committed");
    assert_eq!(place.tasks().await, [(deliver("email:a@example.com"), 7), (deliver("telegram:-1"), 7)]);
}

pub(crate) async fn pushes_a_delivery_task_for_a_postponed_message(place: &dyn TestDatabase) {
    let store = place.open().await;
    let row = run(&*store, CHAT, "a", vec![say("1"), say("2")]).await;
    assert_eq!(store.unfinished(5, &web()).await.expect("read"), [CHAT]);
    store.postpone(&format!("{}.0", row.event.id), 9_001, "503").await.expect("put off");
    store.postpone("unknown", 9_001, "503").await.expect("nothing to put off");
    assert_eq!(place.tasks().await, [(deliver(CHAT), 10)]);
    // The second message is due, but it waits behind the first.
    assert_eq!(store.unfinished(9_000, &web()).await.expect("read"), Vec::<String>::new());
    assert_eq!(store.unfinished(9_001, &web()).await.expect("read"), [CHAT]);
    store.delivered(vec![format!("{}.0", row.event.id)]).await.expect("marked");
    assert_eq!(store.unfinished(5, &web()).await.expect("read"), [CHAT]);
}

pub(crate) async fn pushes_one_task_per_timer(place: &dyn TestDatabase) {
    let store = place.open().await;
    run(&*store, CHAT, "a", vec![start("inactivity", 100_000)]).await;
    run(&*store, CHAT, "b", vec![start("inactivity", 200_000)]).await;
    assert_eq!(place.tasks().await, [(timer("inactivity"), 100)], "put off: the task that is out will see");
    run(&*store, CHAT, "c", vec![start("inactivity", 50_000), start("remind", 70_000)]).await;
    let out = [(timer("inactivity"), 50), (timer("remind"), 70), (timer("inactivity"), 100)];
    assert_eq!(place.tasks().await, out);
    let cancel = Command::CancelTimer { name: "remind".to_owned() };
    run(&*store, CHAT, "d", vec![start("inactivity", 200_000), cancel]).await;
    assert_eq!(place.tasks().await, out, "nothing is pushed for what is stopped or put off");
    // The first task runs before the timer is due, so another one is pushed.
    assert!(!store.fire_timer(CHAT, "inactivity", 50_000).await.expect("looked at"));
    assert_eq!(waiting(&*store, CHAT).await, None);
    assert_eq!(place.tasks().await.last(), Some(&(timer("inactivity"), 200)));
    assert_eq!(place.tasks().await.len(), 4);
    // Any other task finds that one is pending.
    assert!(!store.fire_timer(CHAT, "inactivity", 100_000).await.expect("looked at"));
    assert!(!store.fire_timer(CHAT, "remind", 70_000).await.expect("looked at"));
    assert!(!store.fire_timer("web:2", "inactivity", 300_000).await.expect("looked at"));
    assert_eq!(place.tasks().await.len(), 4);
    let fires = (0..5).map(|_| store.fire_timer(CHAT, "inactivity", 200_000));
    let fired = futures_util::future::try_join_all(fires).await.expect("looked at");
    assert_eq!(fired.iter().filter(|fired| **fired).count(), 1, "{fired:?}");
    assert_eq!(waiting(&*store, CHAT).await, Some(EventKind::Timer { name: "inactivity".to_owned() }));
    assert_eq!(place.tasks().await.len(), 4);
    // A timer fired by polling still has a pending task; the next start of the timer gets a task of its own all the
    // same.
    let row = oldest(&*store, CHAT).await;
    store.commit(turn(&row, 4, vec![start("inactivity", 300_000)])).await.expect("committed");
    assert_eq!(store.fire_timers(300_000, &web()).await.expect("fired"), [CHAT]);
    let row = oldest(&*store, CHAT).await;
    store.commit(turn(&row, 5, vec![start("inactivity", 400_000)])).await.expect("committed");
    let times: Vec<i64> = place.tasks().await.into_iter().map(|(_, at)| at).collect();
    assert_eq!(times, [50, 70, 100, 200, 300, 400]);
}

pub(crate) async fn counts_and_quarantines_tasks(place: &dyn TestDatabase) {
    let store = place.open().await;
    let task = deliver(CHAT);
    for starts in 1..=3 {
        assert_eq!(store.begin_task("t1", &task, starts).await.expect("counted"), starts);
    }
    assert_eq!(store.begin_task("t2", &Task::Retain, 4).await.expect("counted"), 1);
    store.end_task("t2").await.expect("forgotten");
    store.end_task("t2").await.expect("forgetting twice is harmless");
    assert_eq!(store.begin_task("t2", &Task::Retain, 5).await.expect("counted"), 1);
    assert_eq!(store.quarantined(&QuarantineQuery::last(10)).await.expect("read"), []);
    store.quarantine("t1", "ends the process\0", 9).await.expect("put away");
    store.quarantine("unknown", "?", 9).await.expect("nothing to put away");
    let kept = QuarantinedTask {
        id: "t1".to_owned(),
        task: task.clone(),
        starts: 3,
        why: "ends the process\u{FFFD}".to_owned(),
        at: 9,
    };
    assert_eq!(
        store.quarantined(&QuarantineQuery::last(10)).await.expect("read"),
        std::slice::from_ref(&kept)
    );
    store.quarantine("t2", "later", 10).await.expect("put away");
    let ids: Vec<_> = store
        .quarantined(&QuarantineQuery::last(10))
        .await
        .expect("read")
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(ids, ["t2", "t1"], "the last first");
    assert_eq!(store.quarantined(&QuarantineQuery::last(1)).await.expect("read").len(), 1);
    let older = QuarantineQuery { before: Some(10), limit: 10 };
    assert_eq!(
        store.quarantined(&older).await.expect("read"),
        std::slice::from_ref(&kept),
        "the page before"
    );
    assert!(store.retry_task("t1", 2_001).await.expect("answered"));
    assert!(!store.retry_task("t1", 2_001).await.expect("answered"), "it is out already");
    assert_eq!(place.tasks().await, [(task.clone(), 3)]);
    assert_eq!(store.begin_task("t1", &task, 11).await.expect("counted"), 1, "counted anew");
}

pub(crate) async fn grants_and_renews_leases(place: &dyn TestDatabase) {
    let store = place.open().await;
    let chats = vec!["web:1".to_owned(), "web:2".to_owned()];
    for _ in 0..2 {
        assert_eq!(store.lease(chats.clone()).await.expect("leased"), chats, "one's own are prolonged");
    }
    assert_eq!(store.lease(vec![]).await.expect("leased"), Vec::<String>::new());
    receive(&*store, "web:1", "a").await;
    assert_eq!(store.unfinished(5, &web()).await.expect("read"), ["web:1"], "one's own are no obstacle");
    store.release_lease(chats.clone()).await.expect("given back");
    store.release_lease(chats).await.expect("giving back twice is harmless");
    store.release_lease(vec![]).await.expect("nothing to give back");
}
