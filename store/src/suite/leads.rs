//! Leads: turns create and update them, staff change them, and a chat has at most one open lead.

use tolmach_runtime::{
    leads::{LeadChange, LeadEvent, LeadRow, LeadStatus},
    ports::{Actor, AuditEntry, AuditQuery, AuditResult, LeadChanged, LeadQuery, Order, Page},
};

use super::*;

fn lead(phone: &str) -> Command {
    let contact = [("phone".to_owned(), phone.to_owned())].into();
    Command::Lead(Lead { source: "form".to_owned(), contact, ..Lead::default() })
}

fn status(status: LeadStatus) -> LeadChange {
    LeadChange { status: Some(status), ..LeadChange::default() }
}

async fn newest(store: &dyn Store) -> LeadRow {
    store.leads(&LeadQuery::newest(1)).await.expect("read").remove(0)
}

async fn change(store: &dyn Store, id: &str, change: LeadChange) -> LeadChanged {
    store.change_lead(id, change, &Actor::cli("ольга"), 9, None).await.expect("answered")
}

pub(crate) async fn changes_a_lead(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert_eq!(change(&*store, "none", status(LeadStatus::Won)).await, LeadChanged::Unknown);
    run(&*store, CHAT, "a", vec![lead("+7")]).await;
    let created = newest(&*store).await;
    assert_eq!((created.status, created.closed, created.assignee.as_deref()), (LeadStatus::New, None, None));
    assert!(created.sources.contains_key("contact.phone"), "{created:?}");

    let note = Some("перезвонить".to_owned());
    let take = LeadChange { note, ..status(LeadStatus::Taken) };
    let LeadChanged::Changed(taken) = change(&*store, &created.id, take).await else { panic!("changed") };
    assert_eq!((taken.status, taken.assignee.as_deref()), (LeadStatus::Taken, Some("ольга")));
    let stored = place.open().await;
    assert_eq!(newest(&*stored).await, *taken, "another process reads the same");
    run(&*store, CHAT, "b", vec![lead("+8")]).await;
    let updated = newest(&*store).await;
    assert_eq!(
        (updated.id.as_str(), updated.status),
        (created.id.as_str(), LeadStatus::Taken),
        "it is still open"
    );
    assert_eq!(updated.lead.contact["phone"], "+8");

    let history = stored.lead_history(&created.id).await.expect("read");
    let events: Vec<_> = history.iter().map(|row| (row.actor.id.as_str(), row.event.clone())).collect();
    let assigned = LeadEvent::Assigned { from: None, to: Some("ольга".to_owned()) };
    let expected = [
        (CHAT, LeadEvent::Created { source: "form".to_owned() }),
        ("ольга", LeadEvent::Status { from: LeadStatus::New, to: LeadStatus::Taken }),
        ("ольга", assigned),
        ("ольга", LeadEvent::Note { text: "перезвонить".to_owned() }),
        (CHAT, LeadEvent::Updated { fields: vec!["contact.phone".to_owned()] }),
    ];
    assert_eq!(events, expected);
    assert!(history.windows(2).all(|two| two[0].seq < two[1].seq));
}

pub(crate) async fn opens_another_lead_once_one_is_closed(place: &dyn TestDatabase) {
    let store = place.open().await;
    run(&*store, CHAT, "a", vec![lead("+7")]).await;
    let first = newest(&*store).await;
    let closed = change(&*store, &first.id, status(LeadStatus::Won)).await;
    assert!(matches!(closed, LeadChanged::Changed(row) if row.closed == Some(9)));
    run(&*store, CHAT, "b", vec![lead("+8")]).await;
    let second = newest(&*store).await;
    assert_ne!(first.id, second.id);
    assert_eq!((second.status, second.lead.contact["phone"].as_str()), (LeadStatus::New, "+8"));
    // The first one cannot be reopened while the second one is open.
    let refused = change(&*store, &first.id, status(LeadStatus::Taken)).await;
    assert_eq!(refused, LeadChanged::AnotherOpen(second.id.clone()));
    let of_chat =
        LeadQuery { chat: Some(CHAT.to_owned()), order: Order::OldestFirst, ..LeadQuery::newest(9) };
    let statuses: Vec<_> = store.leads(&of_chat).await.expect("read").iter().map(|row| row.status).collect();
    assert_eq!(statuses, [LeadStatus::Won, LeadStatus::New], "a refused change leaves everything as it was");
    change(&*store, &second.id, status(LeadStatus::Duplicate)).await;
    let reopened = change(&*store, &first.id, status(LeadStatus::New)).await;
    assert!(matches!(reopened, LeadChanged::Changed(row) if row.closed.is_none()));
}

pub(crate) async fn keeps_one_open_lead_per_chat(place: &dyn TestDatabase) {
    let stores = [place.open().await, place.open().await];
    // Staff close leads while turns of the same chat bring new values: no value is lost, and no chat has two open
    // leads.
    let mut row = run(&*stores[0], CHAT, "0", vec![lead("+0")]).await;
    for round in 1..15 {
        let id = newest(&*stores[0]).await.id;
        row = receive(&*stores[0], CHAT, &round.to_string()).await;
        let version = stores[0].chat(CHAT).await.expect("read").version;
        let commit = stores[0].commit(turn(&row, version, vec![lead(&format!("+{round}"))]));
        let system = Actor::system();
        let close = stores[1].change_lead(&id, status(LeadStatus::Lost), &system, 9, None);
        let (committed, closed) = futures_util::future::join(commit, close).await;
        assert_eq!(committed.expect("committed"), CommitOutcome::Stored);
        assert!(matches!(closed.expect("answered"), LeadChanged::Changed(_)));
        let all = stores[1].leads(&LeadQuery::newest(100)).await.expect("read");
        assert!(all.iter().filter(|row| row.status.is_open()).count() <= 1, "{all:?}");
        let phones: Vec<_> = all.iter().map(|row| row.lead.contact["phone"].clone()).collect();
        assert!(phones.contains(&format!("+{round}")), "{phones:?}");
    }
    drop(row);
}

pub(crate) async fn finds_leads_by_status_and_page(place: &dyn TestDatabase) {
    let store = place.open().await;
    for (number, to) in
        [LeadStatus::New, LeadStatus::Taken, LeadStatus::Won, LeadStatus::Spam].into_iter().enumerate()
    {
        let chat = format!("web:{number}");
        run(&*store, &chat, &chat, vec![lead("+7")]).await;
        let id = newest(&*store).await.id;
        change(&*store, &id, status(to)).await;
    }
    let chats = async |query: LeadQuery| -> Vec<String> {
        store.leads(&query).await.expect("read").into_iter().map(|row| row.chat).collect()
    };
    let open = LeadQuery { status: vec![LeadStatus::New, LeadStatus::Taken], ..LeadQuery::newest(10) };
    assert_eq!(chats(open).await, ["web:1", "web:0"]);
    let mine = LeadQuery { assignee: Some("ольга".to_owned()), ..LeadQuery::newest(10) };
    assert_eq!(chats(mine).await, ["web:1"]);
    let one = |status| LeadQuery { status: vec![status], ..LeadQuery::newest(10) };
    assert_eq!(chats(one(LeadStatus::Won)).await, ["web:2"]);
    let taken = LeadQuery { assignee: Some("анна".to_owned()), ..one(LeadStatus::Taken) };
    assert_eq!(chats(taken).await, Vec::<String>::new());
    let of_chat = LeadQuery { chat: Some("web:3".to_owned()), ..LeadQuery::newest(10) };
    assert_eq!(chats(of_chat).await, ["web:3"]);
    let mut counts = store.lead_counts().await.expect("read");
    counts.sort_unstable();
    let each: Vec<_> = counts.iter().map(|count| (count.status, count.leads, count.unassigned)).collect();
    let (new, taken) = ((LeadStatus::New, 1, 1), (LeadStatus::Taken, 1, 0));
    assert_eq!(each[..2], [new, taken]);
    assert_eq!(
        each[2..].iter().map(|count| count.0).collect::<Vec<_>>(),
        [LeadStatus::Won, LeadStatus::Spam]
    );
    let nobody = LeadQuery { assignee: Some(LeadQuery::NOBODY.to_owned()), ..one(LeadStatus::New) };
    assert_eq!(chats(nobody).await, ["web:0"]);
    let first = store.leads(&LeadQuery::newest(2)).await.expect("read");
    let next = Page { limit: 2, after: first.last().map(|row| row.seq) };
    assert_eq!(chats(LeadQuery { page: next, ..LeadQuery::newest(2) }).await, ["web:1", "web:0"]);
    assert_eq!(
        chats(LeadQuery { since: Some(i64::MAX), ..LeadQuery::newest(2) }).await,
        Vec::<String>::new()
    );
    let id = &first[0].id;
    let like = store.leads_like(id.split_at(8).0).await.expect("read");
    assert!(like.iter().any(|row| row.id == *id), "{like:?}");
    assert_eq!(store.leads_like(id).await.expect("read"), first[..1], "the whole id");
    assert_eq!(store.leads_like("%").await.expect("read"), []);
}

pub(crate) async fn a_lead_changes_with_its_row(place: &dyn TestDatabase) {
    let store = place.open().await;
    run(&*store, CHAT, "a", vec![lead("+7")]).await;
    let id = newest(&*store).await.id;
    let entry = |object: &str| AuditEntry {
        seq: 0,
        at: 9,
        actor: Actor::cli("ольга"),
        action: "lead.set".to_owned(),
        object: object.to_owned(),
        result: AuditResult::Done,
        details: json!({}),
    };
    let take = LeadChange { note: Some("перезвонить".to_owned()), ..status(LeadStatus::Taken) };
    let taken = store.change_lead(&id, take, &Actor::cli("ольга"), 9, Some(entry(&id))).await;
    assert!(matches!(taken, Ok(LeadChanged::Changed(_))), "{taken:?}");
    let unknown = store
        .change_lead("none", status(LeadStatus::Won), &Actor::cli("ольга"), 9, Some(entry("none")))
        .await;
    assert_eq!(unknown.expect("answered"), LeadChanged::Unknown);
    let rows = store.audit(&AuditQuery::last(10)).await.expect("read");
    assert_eq!(rows.len(), 1, "of what was changed: {rows:?}");
    let expected = json!({
        "before": { "status": "new", "assignee": null },
        "after": { "status": "taken", "assignee": "ольга", "note": true },
    });
    assert_eq!(rows[0].details, expected, "without the note's text");
}

pub(crate) async fn finds_leads_by_a_text(place: &dyn TestDatabase) {
    let store = place.open().await;
    for (chat, name, phone, summary) in [
        ("web:1", "Анна ПЕТРОВА", "+79165550142", "Насос для скважины"),
        ("web:2", "Ann O'Neil", "+447700900359", "50% off_"),
        ("web:3", "Ёлкин", "+79160000000", "насос"),
    ] {
        let contact =
            [("phone", phone), ("name", name)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let lead = Lead {
            source: "form".to_owned(),
            contact: contact.into(),
            summary: summary.to_owned(),
            details: [("city".to_owned(), json!("Тверь"))].into(),
        };
        run(&*store, chat, chat, vec![Command::Lead(lead)]).await;
    }
    let newest = store.leads(&LeadQuery::newest(1)).await.expect("read").remove(0);
    change(&*store, &newest.id, status(LeadStatus::Won)).await;
    let found = async |text: &str, status: Vec<LeadStatus>| {
        let query = LeadQuery { text: Some(text.to_owned()), status, ..LeadQuery::newest(10) };
        let rows = store.leads(&query).await.expect("read");
        rows.into_iter().map(|lead| lead.chat).collect::<Vec<_>>()
    };
    for (text, chats) in [
        ("НАСОС", ["web:3", "web:1"].as_slice()),
        ("петров", &["web:1"]),
        ("ёлк", &["web:3"]),
        ("8 (916) 555-01-42", &["web:1"]),
        ("916 555-01-42", &["web:1"]),
        ("0142", &["web:1"]),
        ("+7 916", &["web:3", "web:1"]),
        ("%", &["web:2"]),
        ("o'neil", &["web:2"]),
        ("off_", &["web:2"]),
        ("тверь", &["web:3", "web:2", "web:1"]),
        ("contact", &[]),
        ("\0", &[]),
    ] {
        assert_eq!(found(text, vec![]).await, chats, "{text:?}");
    }
    assert_eq!(found("насос", vec![LeadStatus::New]).await, ["web:1"]);
    assert_eq!(found("насос", vec![LeadStatus::Won, LeadStatus::New]).await, ["web:3", "web:1"]);
    assert_eq!(found(&"9".repeat(10_000), vec![]).await, Vec::<String>::new());
}
