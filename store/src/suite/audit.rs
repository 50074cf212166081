//! The audit log: rows come back as they were written, by page and by filter.

use tolmach_runtime::ports::{
    Actor, AuditEntry, AuditQuery, AuditResult, Invitation, Login, Logins, NoteRow, Order, Page, Via, Write,
    Written,
};

use super::{
    accounts::{account, login},
    retention::Catalogue,
    *,
};
use crate::sql::audit::statement;

fn entry(at: i64, actor: Actor, action: &str, object: &str) -> AuditEntry {
    let result = AuditResult::Done;
    AuditEntry {
        seq: 0,
        at,
        actor,
        action: action.to_owned(),
        object: object.to_owned(),
        result,
        details: json!({ "rows": at }),
    }
}

pub(crate) async fn keeps_an_audit_log(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert!(store.audit(&AuditQuery::last(10)).await.expect("read").is_empty());
    let anna = Actor { id: "-100:анна".to_owned(), via: Via::Staff("telegram".to_owned()) };
    let refused = AuditEntry {
        result: AuditResult::Failed("the parent\0 is another".to_owned()),
        ..entry(3, Actor::cli("root"), "release.publish", "r2")
    };
    let written = [
        entry(1, Actor::system(), "release.publish", "r1"),
        entry(2, anna.clone(), "handoff.take", "web:1"),
        refused,
        entry(4, anna.clone(), "handoff.return", "web:1"),
    ];
    for entry in &written {
        store.record(entry.clone()).await.expect("written");
    }
    let read = async |query: AuditQuery| {
        let rows = place.open().await.audit(&query).await.expect("read");
        rows.into_iter().map(|row| row.at).collect::<Vec<_>>()
    };
    assert_eq!(read(AuditQuery::last(10)).await, [4, 3, 2, 1]);
    assert_eq!(read(AuditQuery { order: Order::OldestFirst, ..AuditQuery::last(2) }).await, [1, 2]);
    assert_eq!(read(AuditQuery { actor: Some(anna.id.clone()), ..AuditQuery::last(10) }).await, [4, 2]);
    assert_eq!(
        read(AuditQuery { action: Some("release.".to_owned()), ..AuditQuery::last(10) }).await,
        [3, 1]
    );
    assert!(
        read(AuditQuery { action: Some("release_".to_owned()), ..AuditQuery::last(10) }).await.is_empty()
    );
    assert_eq!(read(AuditQuery { object: Some("web:1".to_owned()), ..AuditQuery::last(1) }).await, [4]);
    assert_eq!(read(AuditQuery { since: Some(3), ..AuditQuery::last(10) }).await, [4, 3]);

    let all = store.audit(&AuditQuery::last(10)).await.expect("read");
    let next = Page { limit: 2, after: Some(all[1].seq) };
    assert_eq!(read(AuditQuery { page: next, ..AuditQuery::last(10) }).await, [2, 1]);
    assert_eq!(AuditEntry { seq: 0, ..all[2].clone() }, written[1]);
    assert_eq!(all[1].result, AuditResult::Failed("the parent\u{FFFD} is another".to_owned()));
}

/// A change is stored with its row, or nothing of it is.
pub(crate) async fn makes_a_change_with_its_row_or_not_at_all(place: &dyn TestDatabase) {
    let store = place.open().await;
    let row = |action: &str| entry(5, Actor::system(), action, "Анна");
    let rows = async || store.audit(&AuditQuery::last(10)).await.expect("read").len();
    store
        .invite(&Invitation { id: "link".to_owned(), role: "owner".to_owned(), until: 9 })
        .await
        .expect("stored");
    let anna = account("Анна");
    let login = |id: &str| -> Login { login(id, &anna, 5) };
    let used = || Write::UseInvitation("link".to_owned());
    let made =
        vec![used(), Write::Account(anna.clone()), Write::AddLogin(login("a")), Write::AddLogin(login("b"))];
    assert_eq!(store.change(made, row("made")).await.expect("answered"), Written::Done { logins: 0 });
    assert_eq!(rows().await, 1);

    // The link is used, so that neither the second account nor a row is there.
    let late = vec![Write::Account(account("Борис")), used()];
    assert_eq!(store.change(late, row("late")).await.expect("answered"), Written::Gone);
    assert_eq!(store.account_named("Борис").await.expect("read"), None);
    let taken = vec![Write::EndLogins(Logins::Of(anna.id)), Write::Account(account("анна"))];
    assert_eq!(store.change(taken, row("taken")).await.expect("answered"), Written::NameTaken);
    let stale = vec![
        Write::EndLogins(Logins::Of(anna.id)),
        Write::Account(tolmach_runtime::ports::Account { version: 7, ..anna.clone() }),
    ];
    assert_eq!(store.change(stale, row("stale")).await.expect("answered"), Written::Conflict);
    let note = |chat: &str| {
        let (chat, author, body) = (chat.to_owned(), "Анна".to_owned(), "перезвонить".to_owned());
        Write::Note(NoteRow { seq: 0, chat, at: 5, author, body })
    };
    assert_eq!(store.change(vec![note("web:none")], row("note")).await.expect("answered"), Written::Gone);
    assert_eq!(store.logins(anna.id).await.expect("read").len(), 2, "no login was ended");
    assert_eq!(rows().await, 1, "and no row tells of it");

    run(&*store, CHAT, "a", vec![]).await;
    let (id, inbound) = text(CHAT, "staff", "да");
    let ends = Write::EndLogins(Logins::OthersOf(anna.id, "a".to_owned()));
    let all = vec![note(CHAT), ends, Write::Receive { at: 6, id, inbound: Box::new(inbound) }];
    // Beside others in one group.
    let (changed, refused) = futures_util::future::join(
        store.change(all, row("all")),
        store.change(vec![Write::Account(account("АННА"))], row("refused")),
    )
    .await;
    assert_eq!(changed.expect("answered"), Written::Done { logins: 1 });
    assert_eq!(refused.expect("answered"), Written::NameTaken);
    let log = store.audit(&AuditQuery::last(10)).await.expect("read");
    let told: Vec<&str> = log.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(told, ["all", "made"]);
    assert_eq!(log[0].details, json!({ "rows": 5, "after": { "logins_ended": 1 } }));
    assert_eq!(store.notes(CHAT).await.expect("read").len(), 1);
    assert_eq!(store.next(CHAT).await.expect("read").rows.len(), 1);
}

/// Every combination of the filters, with at least one.
fn filters() -> Vec<AuditQuery> {
    let mut all = Vec::new();
    for which in 1..32_u32 {
        let has = |bit: u32| which & (1 << bit) != 0;
        for order in [Order::NewestFirst, Order::OldestFirst] {
            all.push(AuditQuery {
                actor: has(0).then(|| "anna".to_owned()),
                action: has(1).then(|| "settings.".to_owned()),
                object: has(2).then(|| "models".to_owned()),
                since: has(3).then_some(10),
                until: has(4).then_some(50),
                order,
                page: Page::first(5),
            });
        }
    }
    all
}

pub(crate) async fn filters_the_audit_log_by_indexes<P: TestDatabase + Catalogue>(place: &P) {
    let store = place.open().await;
    for n in 0..60 {
        let actor = Actor::cli(["anna", "boris", "anna\u{10FFFF}"][n as usize % 3]);
        let action = ["settings.save", "settings.reset", "settingsx", "release.publish"][n as usize % 4];
        let object = ["models", "sites", "модели", "Models", "mail"][n as usize % 5];
        // Clocks of several processes: the times are not in the order of the rows.
        store.record(entry((n * 7) % 60, actor, action, object)).await.expect("written");
    }
    let all = store.audit(&AuditQuery { order: Order::OldestFirst, ..AuditQuery::last(100) }).await.unwrap();
    for query in filters() {
        let fits = |row: &&AuditEntry| {
            query.actor.as_ref().is_none_or(|actor| *actor == row.actor.id)
                && query.action.as_ref().is_none_or(|action| row.action.starts_with(action.as_str()))
                && query.object.as_ref().is_none_or(|object| *object == row.object)
                && query.since.is_none_or(|since| row.at >= since)
                && query.until.is_none_or(|until| row.at < until)
        };
        let mut expected: Vec<i64> = all.iter().filter(fits).map(|row| row.seq).collect();
        if query.order == Order::NewestFirst {
            expected.reverse();
        }
        // Page by page to the end.
        let (mut read, mut query) = (Vec::new(), query);
        loop {
            let rows = store.audit(&query).await.expect("read");
            let Some(last) = rows.last() else { break };
            query.page.after = Some(last.seq);
            read.extend(rows.iter().map(|row| row.seq));
        }
        assert_eq!(read, expected, "{query:?}");
    }
    // The index of a filter is taken, the narrowest one or one that the database knows to be as good, and what comes in the order of
    // pages is not sorted.
    for query in filters() {
        let (sql, values, sorts) = statement(&query);
        let indexes = [
            ("audit_object", query.object.is_some()),
            ("audit_actor", query.actor.is_some()),
            ("audit_action", query.action.is_some()),
            ("audit_at", query.since.is_some() || query.until.is_some()),
        ];
        let plan = place.plan(sql, values).await;
        let taken = |index: &str| plan.iter().any(|step| step.contains(index));
        let sorted = plan.iter().any(|step| step.contains("TEMP B-TREE") || step.contains("Sort"));
        let fits = indexes.iter().any(|(index, given)| *given && taken(index));
        assert!(fits && (sorts || !sorted), "{plan:?} for {query:?}");
    }
}
