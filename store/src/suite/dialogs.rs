//! Lists of chats: queues, filters, pages, and notes.

use tolmach_engine::effect::Notice;
use tolmach_runtime::ports::{ChatOverview, DialogQuery, HandoffChange, NoteRow, Queue, Waiting};

use super::*;

async fn turn_of(store: &dyn Store, at: i64, chat: &str, overview: ChatOverview, commands: Vec<Command>) {
    store.receive(at, vec![text(chat, &format!("{chat}{at}"), "?")]).await.expect("received");
    let row = oldest(store, chat).await;
    let version = store.chat(chat).await.expect("read").version;
    let taken_over_at = overview.awaited_since.or(overview.holder.as_ref().map(|_| at));
    let commit = Commit {
        overview,
        taken_over_at,
        trace:
            json!({ "trace": { "visits": [{ "flow": "main", "node": format!("n{at}"), "kind": "say" }] } })
                .to_string(),
        ..turn(&row, version, commands)
    };
    store.commit(commit).await.expect("committed");
}

fn said(who: Author) -> ChatOverview {
    ChatOverview { said: Some(who), language: "ru".to_owned(), ..ChatOverview::default() }
}

async fn listed(store: &dyn Store, query: &DialogQuery) -> Vec<String> {
    let rows =
        store.dialogs(&DialogQuery { limit: query.limit.max(10), ..query.clone() }).await.expect("read");
    rows.into_iter().map(|row| row.chat).collect()
}

pub(crate) async fn lists_chats_by_queue_and_filter(place: &dyn TestDatabase) {
    let store = place.open().await;
    let lead = Command::Lead(Lead { source: "form".to_owned(), ..Lead::default() });
    turn_of(&*store, 10, "web:1", said(Author::Bot), vec![]).await;
    turn_of(&*store, 20, "telegram:2", said(Author::Client), vec![lead]).await;
    let awaited = |since| ChatOverview { awaited_since: Some(since), ..said(Author::Bot) };
    turn_of(&*store, 30, "web:3", awaited(30), vec![]).await;
    turn_of(&*store, 40, "web:4", awaited(25), vec![]).await;
    let held = ChatOverview {
        holder: Some("Анна".to_owned()),
        language: "en".to_owned(),
        client: "Ann Lee".to_owned(),
        ..said(Author::Staff)
    };
    turn_of(&*store, 50, "web:5", held, vec![]).await;
    // A turn in which nobody speaks leaves who spoke last.
    let timer = ChatOverview { said: None, ..said(Author::Bot) };
    turn_of(&*store, 60, "telegram:2", timer, vec![]).await;

    let store = place.open().await;
    let all = DialogQuery::default();
    assert_eq!(listed(&*store, &all).await, ["telegram:2", "web:5", "web:4", "web:3", "web:1"]);
    let queue = |queue| DialogQuery { queue, ..DialogQuery::default() };
    assert_eq!(listed(&*store, &queue(Queue::Awaited)).await, ["web:4", "web:3"]);
    assert_eq!(listed(&*store, &queue(Queue::HeldBy("Анна".to_owned()))).await, ["web:5"]);
    assert_eq!(listed(&*store, &queue(Queue::Unanswered)).await, ["telegram:2"]);
    let channel = DialogQuery { channel: Some("telegram".to_owned()), ..all.clone() };
    assert_eq!(listed(&*store, &channel).await, ["telegram:2"]);
    let language = DialogQuery { language: Some("en".to_owned()), ..all.clone() };
    assert_eq!(listed(&*store, &language).await, ["web:5"]);
    assert_eq!(listed(&*store, &DialogQuery { with_lead: Some(true), ..all.clone() }).await, ["telegram:2"]);
    let without = DialogQuery { with_lead: Some(false), limit: 20, ..all.clone() };
    assert_eq!(listed(&*store, &without).await, ["web:5", "web:4", "web:3", "web:1"]);
    let page = DialogQuery { after: Some((40, "web:4".to_owned())), ..all.clone() };
    assert_eq!(listed(&*store, &page).await, ["web:3", "web:1"]);
    let page = DialogQuery { after: Some((25, "web:4".to_owned())), ..queue(Queue::Awaited) };
    assert_eq!(listed(&*store, &page).await, ["web:3"]);

    let row = store.dialog("web:5").await.expect("read").expect("known");
    assert_eq!((row.client.as_str(), row.holder.as_deref()), ("Ann Lee", Some("Анна")));
    assert_eq!((row.said, row.has_lead, row.taken_over_at), (Some(Author::Staff), false, Some(50)));
    assert_eq!(row.last.map(|message| message.body).as_deref(), Some("привет"));
    assert_eq!(store.dialog("web:9").await.expect("read"), None);
    assert_eq!(store.waiting("Анна").await.expect("read"), Waiting { awaited: 2, mine: 1, new_leads: 1 });
}

pub(crate) async fn tells_the_news_and_the_turns(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert_eq!(store.last_news().await.expect("read"), 0);
    for (at, chat) in [(10, CHAT), (20, "web:2"), (30, CHAT), (40, CHAT)] {
        turn_of(&*store, at, chat, said(Author::Client), vec![]).await;
    }
    let news = store.news(0, 100).await.expect("read");
    let chats: Vec<_> = news.iter().map(|news| news.chat.as_str()).collect();
    assert_eq!(chats, [CHAT, "web:2", CHAT, CHAT]);
    assert_eq!(store.last_news().await.expect("read"), news[3].seq);
    assert_eq!(store.news(news[2].seq, 100).await.expect("read"), news[3..]);
    let before: Vec<String> =
        store.said_before(news[3].seq, 2).await.expect("read").into_iter().map(|said| said.chat).collect();
    assert_eq!(before, [CHAT, "web:2"]);
    let lines = store.turn_lines(CHAT, 10, 40, 10).await.expect("read");
    let nodes: Vec<_> = lines.iter().map(|line| line.visits[0].node.as_str()).collect();
    assert_eq!(nodes, ["n10", "n30"]);
    assert_eq!(store.turn_lines(CHAT, 0, 99, 1).await.expect("read")[0].at, 40, "the last of them");
    assert!(lines.iter().all(|line| line.handoff.is_empty()));
    // Who has the chat changes: by the flow, and back.
    let notice = Notice { group: "sales".to_owned(), about_chat: true, ..Notice::default() };
    let called = Command::HandOff { reason: "нужен \"человек\"".to_owned() };
    for (at, commands) in [(50, vec![Command::Notify(notice), called]), (60, vec![Command::EndHandoff])] {
        store.receive(at, vec![text(CHAT, &format!("h{at}"), "?")]).await.expect("received");
        let row = oldest(&*store, CHAT).await;
        let version = store.chat(CHAT).await.expect("read").version;
        let commit = turn(&row, version, commands);
        let trace = json!({ "trace": { "visits": [] }, "effects": commit.effects }).to_string();
        store.commit(Commit { trace, ..commit }).await.expect("committed");
    }
    let lines = store.turn_lines(CHAT, 50, 99, 10).await.expect("read");
    let changes: Vec<_> = lines.into_iter().flat_map(|line| line.handoff).collect();
    let begun = HandoffChange::Begun {
        reason: "нужен \"человек\"".to_owned(),
        groups: vec!["sales".to_owned()],
    };
    assert_eq!(changes, [begun, HandoffChange::Ended]);
}

pub(crate) async fn keeps_notes(place: &dyn TestDatabase) {
    let store = place.open().await;
    let note = |body: &str| NoteRow {
        seq: 0,
        chat: CHAT.to_owned(),
        at: 7,
        author: "Анна".to_owned(),
        body: body.to_owned(),
    };
    assert!(!store.add_note(&note("рано")).await.expect("answered"), "there is no such chat");
    run(&*store, CHAT, "a", vec![]).await;
    for body in ["первая", "вторая\0"] {
        assert!(store.add_note(&note(body)).await.expect("stored"));
    }
    let notes = place.open().await.notes(CHAT).await.expect("read");
    let bodies: Vec<_> = notes.iter().map(|note| note.body.as_str()).collect();
    assert_eq!(bodies, ["первая", "вторая\u{FFFD}"]);
    assert_eq!((notes[0].at, notes[0].author.as_str()), (7, "Анна"));
    assert_eq!(store.notes("web:2").await.expect("read"), []);
}
