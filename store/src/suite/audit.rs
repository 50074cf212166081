//! The audit log: rows come back as they were written, by page and by filter.

use tolmach_runtime::ports::{Actor, AuditEntry, AuditQuery, AuditResult, Order, Page, Via};

use super::*;

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
