//! Lists of chats: queues, filters, pages, and notes.

use tolmach_engine::effect::{Card, Notice};
use tolmach_runtime::ports::{
    Actor, AuditEntry, AuditResult, ChatOverview, DialogQuery, Erased, Erasure, HandoffChange, MAX_FOUND,
    NoteRow, Queue, Retention, Waiting,
};

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

/// A turn in which one message is said.
async fn say_in(store: &dyn Store, chat: &str, who: Author, body: &str) {
    let count = store.last_news().await.expect("read");
    let row = receive(store, chat, &format!("{chat} {count}")).await;
    let version = store.chat(chat).await.expect("read").version;
    let messages = vec![MessageRow { seq: 0, who, body: body.to_owned(), at: 7 }];
    let outcome = store.commit(Commit { messages, ..turn(&row, version, vec![]) }).await.expect("committed");
    assert_eq!(outcome, CommitOutcome::Stored);
}

fn outgoing(text: &str, cards: &[&str]) -> String {
    let cards = cards.iter().map(|name| Card { name: (*name).to_owned(), ..Card::default() }).collect();
    json!(Outgoing { text: text.to_owned(), cards, ..Outgoing::default() }).to_string()
}

async fn chats_with(store: &dyn Store, text: &str) -> Vec<String> {
    let found = store.find_said(text, MAX_FOUND).await.expect("answered");
    assert!(!found.more, "{text}");
    found.found.into_iter().map(|(row, _)| row.chat).collect()
}

pub(crate) async fn finds_words_in_messages(place: &dyn TestDatabase) {
    let store = place.open().await;
    say_in(&*store, "web:1", Author::Client, "Пришлите СЧЁТ-фактуру на ёлки, артикул АБ-12").await;
    say_in(&*store, "web:2", Author::Bot, &outgoing("Вот \"счет\" и договор\0", &["Насос ВИХРЬ 12"])).await;
    say_in(&*store, "web:3", Author::Staff, &outgoing("Anna@Example.com напишет про счета", &[])).await;
    say_in(&*store, "web:4", Author::Client, "{\"text\":\"счет\"}").await;
    say_in(&*store, "web:1", Author::Client, "и ещё счёт").await;
    // No JSON: nobody reads anything of it.
    say_in(&*store, "web:5", Author::Bot, "счет").await;
    let store = place.open().await;
    for (text, chats) in [
        ("счёт", ["web:1", "web:4", "web:3", "web:2"].as_slice()),
        ("  СЧЕТ!  ", &["web:1", "web:4", "web:3", "web:2"]),
        ("счета", &["web:3"]),
        ("чет", &[]),
        ("насос вихрь", &["web:2"]),
        ("вихр 12", &["web:2"]),
        ("аб 12", &["web:1"]),
        ("АБ-12", &["web:1"]),
        ("Елки фактур", &["web:1"]),
        ("ещё фактур", &[]),
        ("example.COM", &["web:3"]),
        // A single letter is a word and no beginning.
        ("и", &["web:1", "web:2"]),
        ("с", &[]),
        ("text", &["web:4"]),
        ("cards", &[]),
        ("", &[]),
        (" «—» ", &[]),
    ] {
        assert_eq!(chats_with(&*store, text).await, chats, "{text:?}");
    }
    let newest = store.find_said("счет", 1).await.expect("answered");
    assert!(newest.more, "of four chats one was asked for");
    assert_eq!(newest.found[0].1.body, "и ещё счёт", "the newest message of the chat");
}

/// Messages as versions before the index have stored them.
pub(crate) const MESSAGES_OF_BEFORE: &str = r#"INSERT INTO messages (chat, who, body, at) VALUES
    ('web:1', 'client', 'Пришлите СЧЁТ на ёлки', 1), ('web:2', 'bot', '{"text":"Вот счёт\u0000","cards":[]}', 2),
    ('web:3', 'staff', '{"text":"Нашёл:","cards":[{"name":"Насос ВИХРЬ-12"},{"name":"Помпа"}]}', 3), ('web:4', 'bot', 'счет', 4);
INSERT INTO chats (key, session, version, updated) VALUES
    ('web:1', '{}', 1, 1), ('web:2', '{}', 1, 2), ('web:3', '{}', 1, 3), ('web:4', '{}', 1, 4);
INSERT INTO leads (id, chat, open, status, lead, sources, created, updated) VALUES ('l1', 'web:1', 1, 'new',
    '{"source":"form","contact":{"name":"Анна ЁЛКИНА","phone":"+79165550142"},"summary":"НАСОС","details":{"city":"Тверь"}}', '{}', 1, 1)"#;

pub(crate) async fn finds_messages_of_before(store: &dyn Store) {
    for (text, chats) in [
        ("счет", ["web:1"].as_slice()),
        ("елки", &["web:1"]),
        ("вихрь 12", &["web:3"]),
        ("помпа нашел", &["web:3"]),
        ("cards", &[]),
    ] {
        let mut found = store.find_said(text, MAX_FOUND).await.expect("answered").found;
        // What PostgreSQL cannot read as JSON it cannot find.
        found.retain(|(row, _)| row.chat != "web:2");
        let found: Vec<String> = found.into_iter().map(|(row, _)| row.chat).collect();
        assert_eq!(found, chats, "{text}");
    }
}

pub(crate) async fn finds_leads_of_before(store: &dyn Store) {
    for (text, count) in [("ёлкина", 1), ("насос", 1), ("тверь", 1), ("8 916 555-01-42", 1), ("contact", 0)]
    {
        let query = LeadQuery { text: Some(text.to_owned()), ..LeadQuery::newest(10) };
        assert_eq!(store.leads(&query).await.expect("read").len(), count, "{text}");
    }
}

/// Signs of the index's own language are no part of it.
pub(crate) async fn a_search_in_messages_is_just_words(place: &dyn TestDatabase) {
    let store = place.open().await;
    say_in(&*store, "web:1", Author::Client, "a b and not or near text 2 x").await;
    for hostile in [
        "a AND b",
        "a NOT b",
        "a OR b",
        "NEAR(a b)",
        "\"a",
        "a\"",
        "'a",
        "a:*",
        "a*",
        "text:a",
        "text : a",
        "-a",
        "^a",
        "a & !b",
        "a | b",
        "(a",
        "a)",
        "a <-> b",
        "{a}",
        "a\\",
        "a;b",
        "a' OR '1'='1",
        "a%",
        "a\0b",
        "a + b",
        "'a':* & 'b'",
        "\u{202E}a",
    ] {
        let found = store.find_said(hostile, MAX_FOUND).await;
        assert!(found.is_ok(), "{hostile:?}: {found:?}");
        let expected = !hostile.contains('1');
        let found = found.is_ok_and(|found| !found.found.is_empty());
        assert_eq!(found, expected, "{hostile:?}");
    }
    for long in ["щ".repeat(10_000), "b ".repeat(5_000), "\"".repeat(10_000), "a*".repeat(5_000)] {
        let found = store.find_said(&long, u32::MAX).await.expect("answered");
        assert_eq!(found.found.is_empty(), !long.contains(['a', 'b']));
    }
    // A message of any kind can be stored.
    for text in
        ["щ".repeat(70_000), "\u{301}\u{FFFF}\u{200D}".to_owned(), "я ".repeat(30_000), "Ǆ İ ß".to_owned()]
    {
        say_in(&*store, "web:2", Author::Client, &text).await;
    }
    assert_eq!(chats_with(&*store, &"щ".repeat(64)).await, ["web:2"]);
}

/// Words leave the index with their message, whatever removes it.
pub(crate) async fn words_leave_with_their_message(place: &dyn TestDatabase) {
    let store = place.open().await;
    for (chat, body) in [("web:1", "абрикос"), ("web:2", "апельсин"), ("web:3", "арбуз")]
    {
        say_in(&*store, chat, Author::Client, body).await;
    }
    store.erase_history("web:1", 10).await.expect("erased");
    assert_eq!(chats_with(&*store, "аб").await, Vec::<String>::new());
    let receipt = AuditEntry {
        seq: 0,
        at: 9,
        actor: Actor::system(),
        action: "client.erase".to_owned(),
        object: "erased:1".to_owned(),
        result: AuditResult::Done,
        details: json!({}),
    };
    let (chat, pseudonym, before) = ("web:2".to_owned(), "erased:1".to_owned(), Erased::default());
    store.erase_client(Erasure { chat, pseudonym, receipt, before }).await.expect("erased");
    assert_eq!(chats_with(&*store, "апельсин").await, Vec::<String>::new());
    assert_eq!(chats_with(&*store, "арбуз").await, ["web:3"]);
    let keep = Retention { messages: Some(8), ..Retention::default() };
    store.retain(&keep, 10).await.expect("removed");
    assert_eq!(chats_with(&*store, "арбуз").await, Vec::<String>::new());
    for (table, text) in place.dump().await {
        for word in ["брикос", "пельсин", "рбуз"] {
            assert!(!text.contains(word), "{word} is in {table}");
        }
    }
}
