//! Retention: what is old is deleted, in bites; what somebody still needs is not.

use std::collections::BTreeSet;

use tolmach_runtime::{
    leads::{LeadChange, LeadStatus},
    ports::{
        Actor, AuditEntry, AuditQuery, AuditResult, LeadQuery, MessageQuery, QuarantineQuery, Removed,
        Retention, Task, TurnQuery,
    },
};

use super::*;
use crate::sql::{
    Value,
    retention::{EXCEPTIONS, Retain},
};

/// What the cases here need to know of the database itself.
#[async_trait]
pub(crate) trait Catalogue {
    fn retain(&self) -> &'static Retain;

    /// The names of all tables, with their schema where that is not the default one.
    async fn tables(&self) -> Vec<String>;

    /// The steps by which a statement would be run, as the database tells them.
    async fn plan(&self, sql: &'static str, values: Vec<Value>) -> Vec<String>;

    /// The tables that a statement reads or writes row by row from end to end. `ordered` says that the first rows by
    /// primary key are meant to be read.
    async fn scanned(&self, sql: &'static str, values: Vec<Value>, ordered: bool) -> Vec<String>;
}

macro_rules! retention {
    ($place:path) => {
        $crate::suite::conformance!($place:
            deletes_old_rows, keeps_what_was_given_up_longer, deletes_old_tasks, deletes_silent_chats, deletes_idle_chats,
            deletes_old_buttons, deletes_closed_leads_with_their_history, deletes_old_notes_of_what_happened,
            deletes_what_was_never_delivered, decides_for_every_table, finds_old_rows_by_indexes,
            filters_the_audit_log_by_indexes);
    };
}
pub(crate) use retention;

fn counts(removed: &Removed) -> Vec<(&'static str, u64)> {
    removed.tables().collect()
}

/// Deletes in small bites until nothing is left to delete.
async fn retain(store: &dyn Store, keep: Retention) -> Removed {
    let mut all = Removed::default();
    loop {
        let removed = store.retain(&keep, 2).await.expect("deleted");
        if removed.all() == 0 {
            return all;
        }
        all.extend(&removed);
    }
}

const DAY: i64 = 86_400_000;

/// Commits the turn of one event on this day; `spoke` is false for a chat that was only opened.
async fn turn_on(store: &dyn Store, day: i64, chat: &str, spoke: bool, commands: Vec<Command>) -> InboxRow {
    let key = format!("{chat}-{day}-{spoke}");
    store.receive(day * DAY, vec![text(chat, &key, "?")]).await.expect("received");
    let row = oldest(store, chat).await;
    let version = store.chat(chat).await.expect("read").version;
    let commit = Commit { spoke, ..turn(&row, version, commands) };
    assert_eq!(store.commit(commit).await.expect("committed"), CommitOutcome::Stored);
    row
}

async fn delivered(store: &dyn Store, chat: &str) {
    let rows = store.outbox(chat).await.expect("read");
    store.delivered(rows.into_iter().map(|row| row.effect).collect()).await.expect("marked");
}

async fn is_known(store: &dyn Store, chat: &str) -> bool {
    store.chat(chat).await.expect("read").version > 0
}

pub(crate) async fn deletes_silent_chats(place: &dyn TestDatabase) {
    let store = place.open().await;
    // Opened on day 1, with a greeting of one button and a timer that nothing serves any more.
    for chat in ["web:silent", "web:spoke", "web:waits", "web:pending"] {
        turn_on(&*store, 1, chat, false, vec![button("b", "x"), start("inactivity", DAY + 9)]).await;
        delivered(&*store, chat).await;
    }
    turn_on(&*store, 2, "web:spoke", true, vec![]).await;
    turn_on(&*store, 2, "web:spoke", false, vec![]).await;
    store.receive(2 * DAY, vec![text("web:waits", "w", "?")]).await.expect("received");
    turn_on(&*store, 2, "web:pending", false, vec![start("remind", 50 * DAY)]).await;
    let before = |day: i64| Retention { silent_chats: Some(day * DAY), ..Retention::default() };
    assert_eq!(retain(&*store, before(1)).await, Removed::default(), "the day is not over");
    let removed = retain(&*store, before(20)).await;
    let expected =
        [("buttons", 1), ("chats", 1), ("messages", 1), ("timer_tasks", 1), ("timers", 1), ("turns", 1)];
    assert_eq!(counts(&removed), expected);
    assert!(!is_known(&*store, "web:silent").await);
    assert_eq!(store.button("web:silent", "b").await.expect("read"), None);
    for chat in ["web:spoke", "web:waits", "web:pending"] {
        assert!(is_known(&*store, chat).await, "{chat}");
        assert!(store.button(chat, "b").await.expect("read").is_some(), "{chat}");
    }
    // A client who comes back finds a new chat.
    turn_on(&*store, 21, "web:silent", true, vec![]).await;
    assert_eq!(store.chat("web:silent").await.expect("read").version, 1);
    assert_eq!(retain(&*store, before(99)).await.of("chats"), 1, "only the one whose timer is overdue now");
    assert!(is_known(&*store, "web:silent").await && !is_known(&*store, "web:pending").await);
}

pub(crate) async fn deletes_idle_chats(place: &dyn TestDatabase) {
    let store = place.open().await;
    let lead = || Command::Lead(Lead { source: "form".to_owned(), ..Lead::default() });
    for (chat, commands) in [
        ("web:idle", vec![say("1"), button("b", "x")]),
        ("web:lead", vec![lead()]),
        ("web:closed", vec![lead()]),
        ("web:undelivered", vec![say("1")]),
        ("web:busy", vec![]),
    ] {
        turn_on(&*store, 1, chat, true, commands).await;
        if chat != "web:undelivered" {
            delivered(&*store, chat).await;
        }
    }
    for day in 2..6 {
        turn_on(&*store, day, "web:idle", true, vec![]).await;
    }
    turn_on(&*store, 90, "web:busy", true, vec![]).await;
    let row = receive(&*store, "web:taken", "t").await;
    store.commit(Commit { taken_over_at: Some(5), ..turn(&row, 0, vec![]) }).await.expect("committed");
    let of_chat = LeadQuery { chat: Some("web:closed".to_owned()), ..LeadQuery::newest(1) };
    let id = store.leads(&of_chat).await.expect("read").remove(0).id;
    let won = LeadChange { status: Some(LeadStatus::Won), ..LeadChange::default() };
    store.change_lead(&id, won, &Actor::cli("ольга"), 9, None).await.expect("closed");
    let removed = retain(&*store, Retention { chats: Some(50 * DAY), ..Retention::default() }).await;
    assert_eq!(counts(&removed), [("buttons", 1), ("chats", 2), ("messages", 6), ("turns", 6)]);
    for (chat, kept) in [
        ("web:idle", false),
        ("web:closed", false),
        ("web:lead", true),
        ("web:undelivered", true),
        ("web:busy", true),
        ("web:taken", true),
    ] {
        assert_eq!(is_known(&*store, chat).await, kept, "{chat}");
        let messages = store.messages(&MessageQuery::of(chat, 0, 9)).await.expect("read");
        assert_eq!(!messages.is_empty(), kept, "{chat}");
    }
    assert_eq!(
        store.leads(&LeadQuery::newest(9)).await.expect("read").len(),
        2,
        "leads have an age of their own"
    );
}

pub(crate) async fn deletes_old_buttons(place: &dyn TestDatabase) {
    let store = place.open().await;
    for (day, id) in [(1, "z"), (2, "y"), (3, "x"), (4, "w"), (5, "a")] {
        turn_on(&*store, day, CHAT, true, vec![button(id, "x")]).await;
    }
    // A button that is sent again is as young as its last message.
    turn_on(&*store, 6, CHAT, true, vec![button("z", "again")]).await;
    let removed = retain(&*store, Retention { buttons: Some(5 * DAY), ..Retention::default() }).await;
    assert_eq!(counts(&removed), [("buttons", 3)]);
    for (id, kept) in [("z", true), ("y", false), ("x", false), ("w", false), ("a", true)] {
        assert_eq!(store.button(CHAT, id).await.expect("read").is_some(), kept, "{id}");
    }
}

pub(crate) async fn deletes_closed_leads_with_their_history(place: &dyn TestDatabase) {
    let store = place.open().await;
    for (chat, closed) in [("web:1", Some(10)), ("web:2", Some(30)), ("web:3", None), ("web:4", Some(12))] {
        let source = |n: i64| Lead { source: "form".to_owned(), summary: n.to_string(), ..Lead::default() };
        let leads = (0..3).map(|n| Command::Lead(source(n))).collect();
        turn_on(&*store, 1, chat, true, leads).await;
        let Some(closed) = closed else { continue };
        let id = store.leads(&LeadQuery::newest(1)).await.expect("read").remove(0).id;
        let lost = LeadChange { status: Some(LeadStatus::Lost), ..LeadChange::default() };
        store.change_lead(&id, lost, &Actor::cli("ольга"), closed * DAY, None).await.expect("closed");
    }
    let removed = retain(&*store, Retention { leads: Some(20 * DAY), ..Retention::default() }).await;
    assert_eq!(counts(&removed), [("lead_history", 8), ("leads", 2)]);
    let leads = store.leads(&LeadQuery::newest(9)).await.expect("read");
    let chats: Vec<_> = leads.iter().map(|lead| lead.chat.as_str()).collect();
    assert_eq!(chats, ["web:3", "web:2"], "an open one has no age");
    for lead in leads {
        assert!(store.lead_history(&lead.id).await.expect("read").len() >= 3, "{lead:?}");
    }
}

pub(crate) async fn deletes_old_notes_of_what_happened(place: &dyn TestDatabase) {
    let store = place.open().await;
    let arm = || Command::Arm { experiment: "greeting".to_owned(), arm: "warm".to_owned() };
    for n in 1..=5 {
        turn_on(&*store, n, CHAT, true, vec![arm()]).await;
        let entry = AuditEntry {
            seq: 0,
            at: n * DAY,
            actor: Actor::system(),
            action: "test".to_owned(),
            object: n.to_string(),
            result: AuditResult::Done,
            details: json!({}),
        };
        store.record(entry).await.expect("written");
        store.push_once(&format!("k{n}"), Task::Retain, n * DAY).await.expect("pushed");
        for id in [format!("started{n}"), format!("aside{n}")] {
            store.begin_task(&id, &Task::Retain, n * DAY).await.expect("counted");
        }
        store.quarantine(&format!("aside{n}"), "?", n * DAY).await.expect("put away");
    }
    let old = Some(4 * DAY);
    let keep = Retention { analytics: old, audit: old, tasks: old, quarantine: old, ..Retention::default() };
    let removed = retain(&*store, keep).await;
    let expected = [("audit", 3), ("marks", 3), ("once", 3), ("quarantine", 3), ("task_starts", 3)];
    assert_eq!(counts(&removed), expected);
    assert_eq!(store.analytics_since(0).await.expect("read").len(), 2);
    assert_eq!(store.audit(&AuditQuery::last(9)).await.expect("read").len(), 2);
    assert_eq!(store.quarantined(&QuarantineQuery::last(9)).await.expect("read").len(), 2);
    assert_eq!(store.begin_task("started5", &Task::Retain, 9).await.expect("counted"), 2, "still counted");
}

pub(crate) async fn deletes_what_was_never_delivered(place: &dyn TestDatabase) {
    let store = place.open().await;
    for (day, chat) in [(1, "gone:1"), (1, "gone:2"), (2, "gone:1"), (8, "gone:1"), (9, CHAT)] {
        turn_on(&*store, day, chat, true, vec![say(&day.to_string())]).await;
    }
    let delivered = Retention { outbox: Some(90 * DAY), ..Retention::default() };
    assert_eq!(retain(&*store, delivered).await, Removed::default(), "what waits is no delivered message");
    let removed = retain(&*store, Retention { undelivered: Some(5 * DAY), ..Retention::default() }).await;
    assert_eq!(counts(&removed), [("outbox", 3)]);
    assert_eq!(
        (outbox(&*store, "gone:1").await, outbox(&*store, CHAT).await),
        (vec!["8".to_owned()], vec!["9".to_owned()])
    );
}

/// Whoever adds a table decides how long its rows are kept.
pub(crate) async fn decides_for_every_table<P: TestDatabase + Catalogue>(place: &P) {
    place.open().await;
    let retain = place.retain();
    let parts = retain.chats.parts.iter().map(|(table, _)| *table);
    let ruled: BTreeSet<&str> =
        retain.rules.iter().map(|rule| rule.table).chain(parts).chain(["chats"]).collect();
    let tables = place.tables().await;
    for table in &tables {
        let excepted = EXCEPTIONS.iter().any(|(name, why)| name == table && !why.is_empty());
        assert!(
            ruled.contains(table.as_str()) != excepted,
            "{table}: name it in one retention rule, or say in EXCEPTIONS why it needs none"
        );
    }
    let missing: Vec<_> = ruled.iter().filter(|table| !tables.iter().any(|one| one == *table)).collect();
    assert!(missing.is_empty(), "rules for tables that do not exist: {missing:?}");
    assert!(tables.len() > 20, "{tables:?}");
}

pub(crate) async fn finds_old_rows_by_indexes<P: TestDatabase + Catalogue>(place: &P) {
    place.open().await;
    let numbers = || vec![Value::Integer(5), Value::Integer(100)];
    let rows = || Value::Text(json!([["web:1"], ["web:2"]]).to_string());
    let unindexed = "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE attempts = $1 LIMIT $2)";
    assert_eq!(place.scanned(unindexed, numbers(), false).await, ["outbox"], "it would be noticed");
    let retain = place.retain();
    let mut statements: Vec<_> = retain.rules.iter().map(|rule| (rule.sql, numbers())).collect();
    statements.extend([(retain.chats.idle, numbers()), (retain.chats.silent, numbers())]);
    statements.extend(retain.chats.parts.iter().map(|(_, sql)| (*sql, vec![rows(), Value::Integer(100)])));
    statements.push((retain.chats.chats, vec![rows()]));
    for (sql, values) in statements {
        let ordered = sql.contains("ORDER BY seq LIMIT");
        let scanned = place.scanned(sql, values, ordered).await;
        // Leases: a row for each chat that is being worked on. The queue's tables have their own indexes. Of drafts there are
        // fifty that are open and a hundred that are closed.
        let small =
            ["flow_drafts", "draft_files", "draft_changes", "leases", "jobs", "workers", "Jobs", "Workers"];
        let scanned: Vec<_> = scanned.iter().filter(|table| !small.contains(&table.as_str())).collect();
        assert!(scanned.is_empty(), "{scanned:?} are read from end to end by: {sql}");
    }
}

pub(crate) async fn deletes_old_rows(place: &dyn TestDatabase) {
    let store = place.open().await;
    let mut said = Vec::new();
    for n in 0..6 {
        store.receive(10 * n, vec![text(CHAT, &n.to_string(), "?")]).await.expect("received");
        let row = oldest(&*store, CHAT).await;
        let mut commit = turn(&row, n, vec![say(&n.to_string())]);
        commit.messages[0].at = 10 * n;
        store.commit(commit).await.expect("committed");
        said.push(format!("{}.0", row.event.id));
    }
    // One message stays undelivered, and one event stays without a turn.
    store.delivered(said.split_off(1)).await.expect("marked");
    store.receive(1, vec![text("web:2", "waits", "?")]).await.expect("received");
    let nothing = store.retain(&Retention::default(), 100).await.expect("deleted");
    assert_eq!(nothing, Removed::default(), "nothing is old that may be kept forever");
    let all = Some(30);
    let keep = Retention { inbox: all, outbox: all, turns: all, messages: all, ..Retention::default() };
    let first = store.retain(&keep, 2).await.expect("deleted");
    assert_eq!(counts(&first), [("inbox", 2), ("messages", 2), ("outbox", 2), ("turns", 2)]);
    let second = store.retain(&keep, 2).await.expect("deleted");
    assert_eq!(counts(&second), [("inbox", 1), ("messages", 1), ("turns", 1)]);
    assert_eq!((second.all(), store.retain(&keep, 2).await.expect("deleted").all()), (3, 0));
    assert_eq!(outbox(&*store, CHAT).await, ["0"], "what is not delivered stays");
    assert!(waiting(&*store, "web:2").await.is_some());
    let times = |rows: Vec<MessageRow>| rows.into_iter().map(|row| row.at).collect::<Vec<_>>();
    assert_eq!(times(store.messages(&MessageQuery::of(CHAT, 0, 100)).await.expect("read")), [30, 40, 50]);
    assert_eq!(store.turns(&TurnQuery::of(CHAT, 100)).await.expect("read").len(), 3);
    let (old, known) = (text(CHAT, "2", "?"), text(CHAT, "3", "?"));
    assert_eq!(store.receive(99, vec![known]).await.expect("received"), Vec::<String>::new());
    assert_eq!(store.receive(99, vec![old]).await.expect("received"), [CHAT], "it is forgotten");
    assert_eq!(store.chat(CHAT).await.expect("read").version, 6, "the chat itself stays");
}

/// Staff may still send it again, so it goes by the time of what was not delivered.
pub(crate) async fn keeps_what_was_given_up_longer(place: &dyn TestDatabase) {
    let store = place.open().await;
    let row = run(&*store, CHAT, "a", vec![say("lost"), say("seen")]).await;
    store.give_up(vec![(format!("{}.0", row.event.id), "blocked".to_owned())]).await.expect("given up");
    store.delivered(vec![format!("{}.1", row.event.id)]).await.expect("marked");
    let keep = Retention { outbox: Some(100), ..Retention::default() };
    assert_eq!(counts(&store.retain(&keep, 10).await.expect("deleted")), [("outbox", 1)]);
    let keep = Retention { outbox: Some(100), undelivered: Some(5), ..Retention::default() };
    assert_eq!(store.retain(&keep, 10).await.expect("deleted").all(), 0, "it is not that old");
    let keep = Retention { undelivered: Some(6), ..Retention::default() };
    assert_eq!(counts(&store.retain(&keep, 10).await.expect("deleted")), [("outbox", 1)]);
}

pub(crate) async fn deletes_old_tasks(place: &dyn TestDatabase) {
    let store = place.open().await;
    for _ in 0..3 {
        store.push(Task::Retain.into(), 0).await.expect("pushed");
    }
    place.end_tasks(50).await;
    store.push(Task::Report.into(), 0).await.expect("pushed");
    let keep = |tasks| Retention { tasks, ..Retention::default() };
    assert_eq!(store.retain(&keep(Some(50_000)), 100).await.expect("deleted").of("tasks"), 0);
    let removed = store.retain(&keep(Some(51_000)), 2).await.expect("deleted");
    // The old worker is deleted only after the last task that refers to it.
    assert_eq!((removed.of("tasks"), removed.of("workers")), (2, 0));
    let removed = store.retain(&keep(Some(51_000)), 2).await.expect("deleted");
    assert_eq!((removed.of("tasks"), removed.of("workers")), (1, 1));
    assert_eq!(store.retain(&keep(Some(51_000)), 2).await.expect("deleted").all(), 0);
    assert_eq!(place.tasks().await, [(Task::Report, 0)], "what is to be done stays");
}
