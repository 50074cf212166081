//! What is stored of one client: all of it is read, and all of it is erased.

use tolmach_engine::{
    effect::{Goal, Lead},
    event::EventKind,
};
use tolmach_runtime::ports::{
    Actor, AuditEntry, AuditQuery, AuditResult, ClientTable, DialogFact, Erased, Erasure, ModelCall,
    ModelCallQuery, ModelCallRow, Needle, NoteRow, NoticeRow, Purged, Purpose,
};

use super::*;

/// Stands in every row of the client's; no other row may hold it.
const PHONE: &str = "+79165550142";
const OTHER: &str = "web:2";

/// Tables that hold nothing of clients, or only what goes with rows of another table, and why.
const NOT_OF_CLIENTS: [(&str, &str); 25] = [
    ("message_words", "SQLite's index of messages, whose triggers keep it"),
    ("message_words_data", "a part of it"),
    ("message_words_idx", "a part of it"),
    ("message_words_config", "a part of it"),
    ("releases", "texts of flows"),
    ("publications", "who published which release"),
    ("images", "pictures of releases and drafts"),
    ("accounts", "people of the staff"),
    ("intent_hours", "sums of what clients meant, by the hour"),
    ("model_hours", "sums of what model calls used, by the hour"),
    ("logins", "their sessions"),
    ("invitations", "links that make accounts"),
    ("access_tokens", "by what programs act for them"),
    ("flow_drafts", "changed flows and texts"),
    ("draft_files", "their files"),
    ("draft_changes", "their changes"),
    ("draft_people", "who of the staff is in them"),
    ("settings", "how the program is set up"),
    ("setting_secrets", "its keys and passwords"),
    ("once", "keys such as the day of a report"),
    ("uploads", "price lists that staff handed over"),
    ("workers", "processes that take tasks"),
    ("_sqlx_migrations", "the history of the tables"),
    ("_apalis_migrations", "the same for the queue"),
    ("sqlite_sequence", "last numbers of rows"),
];

fn contact_lead(phone: &str) -> Command {
    let contact = [("phone".to_owned(), phone.to_owned())].into();
    Command::Lead(Lead { source: "form".to_owned(), contact, ..Lead::default() })
}

/// A chat with a row in every table that a store fills.
async fn fill(store: &dyn Store, chat: &str, phone: &str) {
    let mut row = receive(store, chat, &format!("{chat} {phone} 1")).await;
    row.event.kind = EventKind::Message { text: format!("звоните {phone}") };
    let goal = Goal { name: "quote".to_owned(), value: Some(5.0), arms: [].into() };
    let commands = vec![
        say(&format!("Запомнил {phone}")),
        button("b1", "next"),
        start("inactivity", 900),
        contact_lead(phone),
        Command::Goal(goal),
    ];
    let mut commit = turn(&row, store.chat(chat).await.expect("read").version, commands);
    commit.figures = TurnFigures { facts: vec![DialogFact::Spoke], ..TurnFigures::default() };
    commit.session = json!({ "slots": { "phone": phone } }).to_string();
    commit.messages[0].body = format!("звоните {phone}");
    commit.trace = json!({ "before": { "slots": { "phone": phone } } }).to_string();
    let notice = |number: u32, about: Option<&str>| NoticeRow {
        effect: format!("{}.9.{number}", row.event.id.simple()),
        chat: "email:sales@example.com".to_owned(),
        message: Outgoing {
            text: format!("Заявка: {phone}"),
            about: about.map(str::to_owned),
            ..Outgoing::default()
        },
    };
    commit.notices = vec![notice(0, Some(chat)), notice(1, None)];
    assert_eq!(store.commit(commit).await.expect("committed"), CommitOutcome::Stored);
    // An event that waits, one of its own that is known by its text, a slow turn, a quarantined one, a task, a cost.
    store
        .receive(9, vec![text(chat, &format!("{chat} 2"), &format!("ещё раз {phone}"))])
        .await
        .expect("received");
    let task = Task::Turn { chat: chat.to_owned(), turn: Uuid::now_v7() };
    for id in ["slow", "stuck"] {
        store.begin_task(&format!("{id} {chat}"), &task, 9).await.expect("counted");
    }
    store.quarantine(&format!("stuck {chat}"), "it never ended", 9).await.expect("put aside");
    store.push(task.into(), 9).await.expect("pushed");
    let call = ModelCall {
        chat: chat.to_owned(),
        turn: row.event.id,
        release: "r1".to_owned(),
        flow: "shop".to_owned(),
        node: "offer".to_owned(),
        purpose: Purpose::Generate,
        role: "default".to_owned(),
    };
    let spent = ModelCallRow {
        seq: 0,
        id: Uuid::now_v7(),
        at: 9,
        call,
        model: "m".to_owned(),
        attempt: 1,
        millis: 5,
        failure: None,
        usage: Some(json!({ "prompt_tokens": 120 })),
    };
    store.record_model_calls(vec![spent]).await.expect("written");
    let taken = AuditEntry {
        result: AuditResult::Failed(format!("the bot has {chat} already")),
        ..entry("handoff.return", chat, json!({ "chat": chat }))
    };
    store.record(taken).await.expect("written");
    let note = NoteRow {
        seq: 0,
        chat: chat.to_owned(),
        at: 9,
        author: "ольга".to_owned(),
        body: format!("звонить на {phone}"),
    };
    assert!(store.add_note(&note).await.expect("noted"));
    store.lease(vec![chat.to_owned()]).await.expect("leased");
}

fn entry(action: &str, object: &str, details: serde_json::Value) -> AuditEntry {
    AuditEntry {
        seq: 0,
        at: 9,
        actor: Actor::cli("ольга"),
        action: action.to_owned(),
        object: object.to_owned(),
        result: AuditResult::Done,
        details,
    }
}

fn erasure(chat: &str, before: Erased) -> Erasure {
    let (chat, pseudonym) = (chat.to_owned(), "erased:1".to_owned());
    let receipt = entry("client.erase", &pseudonym, json!({ "by": "chat" }));
    Erasure { chat, pseudonym, receipt, before }
}

async fn counts(store: &dyn Store, chat: &str) -> Vec<(ClientTable, usize)> {
    let mut counts = Vec::new();
    for table in ClientTable::ALL {
        let rows = store.client_rows(chat, table).await.expect("read");
        if !rows.is_empty() {
            counts.push((table, rows.len()));
        }
    }
    counts
}

pub(crate) async fn reads_every_row_of_a_client(place: &dyn TestDatabase) {
    let store = place.open().await;
    fill(&*store, CHAT, PHONE).await;
    fill(&*store, OTHER, "+79160000000").await;
    let counts = counts(&*store, CHAT).await;
    let missing: Vec<_> = ClientTable::ALL
        .into_iter()
        .filter(|table| *table != ClientTable::Leases && !counts.iter().any(|(of, _)| of == table))
        .collect();
    assert_eq!(missing, [], "the test fills every table");
    let outbox = store.client_rows(CHAT, ClientTable::Outbox).await.expect("read");
    assert_eq!(outbox.len(), 4, "two messages to the client, and two notices about them: {outbox:?}");
    assert_eq!(outbox[2]["payload"]["text"], format!("Заявка: {PHONE}"), "JSON is nested");
    let all: String = serde_json::to_string(&outbox).expect("JSON");
    assert!(!all.contains("+79160000000"), "{all}");
}

pub(crate) async fn finds_a_client_by_a_contact(place: &dyn TestDatabase) {
    let store = place.open().await;
    fill(&*store, CHAT, "8 (916) 555-01-42").await;
    fill(&*store, OTHER, "Anna@Example.com").await;
    let places = async |needle: Needle| {
        let found = store.mentions(&needle).await.expect("read");
        let mut places: Vec<(String, String)> =
            found.into_iter().map(|found| (found.chat, found.table)).collect();
        places.sort();
        places.dedup();
        places
    };
    let expected = |chat: &str| {
        ["chats", "inbox", "leads", "messages", "turns"]
            .map(|table| (chat.to_owned(), table.to_owned()))
            .to_vec()
    };
    assert_eq!(places(Needle::Digits("9165550142".to_owned())).await, expected(CHAT));
    assert_eq!(places(Needle::Text("anna@example.com".to_owned())).await, expected(OTHER));
    assert_eq!(places(Needle::Digits(String::new())).await, []);
    assert_eq!(places(Needle::Text("%".to_owned())).await, []);
}

pub(crate) async fn erases_every_row_of_a_client(place: &dyn TestDatabase) {
    let store = place.open().await;
    fill(&*store, CHAT, PHONE).await;
    fill(&*store, OTHER, "+79160000000").await;
    let others = counts(&*store, OTHER).await;
    let before = counts(&*store, CHAT).await;
    let erased = store.erase_client(erasure(CHAT, Erased::default())).await.expect("erased");
    let told: Vec<_> = erased.0.iter().map(|(table, rows)| (*table, *rows as usize)).collect();
    assert_eq!(told, before, "the receipt counts every row");
    assert_eq!(counts(&*store, CHAT).await, []);
    assert_eq!(counts(&*store, OTHER).await, others, "another client's rows stay");
    let dump = place.dump().await;
    for (table, text) in &dump {
        assert!(!text.contains(PHONE) && !text.contains("9165550142"), "the phone is in {table}: {text}");
        assert!(!text.contains(CHAT), "the chat is in {table}: {text}");
    }
    let audit = store.audit(&AuditQuery::last(10)).await.expect("read");
    let facts: Vec<_> = audit.iter().map(|row| (row.action.as_str(), row.object.as_str())).collect();
    assert_eq!(facts[0], ("client.erase", "erased:1"));
    assert!(facts.contains(&("handoff.return", "erased:1")), "the fact stays: {facts:?}");
    assert_eq!(audit[0].details["rows"]["turns"], 1);
    let spent = store.model_calls(&ModelCallQuery::last(10)).await.expect("read");
    assert_eq!(spent.len(), 2, "what was spent stays counted");
    assert!(spent.iter().any(|row| row.call.chat.is_empty() && row.call.turn.is_nil()));
    // Again, and for a chat that never was: nothing is written.
    let again = store.erase_client(erasure(CHAT, Erased::default())).await.expect("answered");
    assert_eq!(again.all(), 0);
    assert_eq!(store.audit(&AuditQuery::last(10)).await.expect("read").len(), audit.len());
    assert!(matches!(store.purge().await.expect("purged"), Purged::Overwritten | Purged::ByServer));
}

pub(crate) async fn a_turn_in_progress_does_not_bring_an_erased_chat_back(place: &dyn TestDatabase) {
    let (store, other) = (place.open().await, place.open().await);
    fill(&*store, CHAT, PHONE).await;
    // The turn of the waiting event is under way when the chat is erased by another process.
    let row = oldest(&*store, CHAT).await;
    let version = store.chat(CHAT).await.expect("read").version;
    let late = turn(&row, version, vec![say(PHONE), contact_lead(PHONE), start("inactivity", 900)]);
    other.erase_client(erasure(CHAT, Erased::default())).await.expect("erased");
    assert_eq!(store.commit(late).await.expect("answered"), CommitOutcome::Conflict);
    // What that turn has spent is counted without the chat.
    let mut spent = other.model_calls(&ModelCallQuery::last(1)).await.expect("read").remove(0);
    spent.id = Uuid::now_v7();
    spent.call.chat = CHAT.to_owned();
    store.record_model_calls(vec![spent]).await.expect("written");
    assert_eq!(counts(&*store, CHAT).await, []);
    // A message that comes later begins a new chat.
    run(&*store, CHAT, "new", vec![say("Здравствуйте!")]).await;
    assert_eq!(store.chat(CHAT).await.expect("read").version, 1);
}

pub(crate) async fn erasing_beside_turns_leaves_nothing_of_them(place: &dyn TestDatabase) {
    let (store, other) = (place.open().await, place.open().await);
    for round in 0..25 {
        let row = receive(&*store, CHAT, &format!("k{round}")).await;
        let version = store.chat(CHAT).await.expect("read").version;
        let commit = store.commit(turn(&row, version, vec![contact_lead(PHONE), start("inactivity", 900)]));
        let erase = other.erase_client(erasure(CHAT, Erased::default()));
        let (committed, erased) = futures_util::future::join(commit, erase).await;
        let (committed, erased) = (committed.expect("answered"), erased.expect("erased"));
        assert!(erased.all() > 0, "the event at least was there");
        // Whichever came first, nothing of the turn is left.
        assert_eq!(counts(&*store, CHAT).await, [], "round {round}, {committed:?}");
    }
}

pub(crate) async fn erases_a_long_history_in_steps(place: &dyn TestDatabase) {
    let store = place.open().await;
    for number in 0..7 {
        run(&*store, CHAT, &number.to_string(), vec![say("да")]).await;
    }
    let first = store.erase_history(CHAT, 3).await.expect("erased");
    assert_eq!((first.0[&ClientTable::Turns], first.0[&ClientTable::Messages]), (3, 3));
    let left = store.turns(&TurnQuery::of(CHAT, 10)).await.expect("read");
    assert_eq!(left.len(), 4, "the oldest go first");
    // A process that ended here is followed by another one.
    let mut before = Erased::default();
    before.extend(&first);
    before.extend(&store.erase_history(CHAT, 100).await.expect("erased"));
    let erased = store.erase_client(erasure(CHAT, before)).await.expect("erased");
    assert_eq!((erased.0[&ClientTable::Turns], erased.0[&ClientTable::Messages]), (7, 7));
    let receipt = store.audit(&AuditQuery::last(1)).await.expect("read").remove(0);
    assert_eq!(receipt.details["rows"]["turns"], 7);
    assert_eq!(counts(&*store, CHAT).await, []);
}

/// A table that is added later must be exported and erased, or be named as one without rows about clients.
pub(crate) async fn every_table_is_known_to_the_erasure(place: &dyn TestDatabase) {
    let _store = place.open().await;
    let tables = place.columns().await;
    assert!(tables.len() > 15, "the catalogue of the database is read: {tables:?}");
    for (table, columns) in tables {
        let name = if table == "jobs" { "tasks" } else { &table };
        let of_clients = ClientTable::ALL.iter().any(|known| known.name() == name);
        let of_others = NOT_OF_CLIENTS.iter().any(|(known, _)| *known == name);
        assert!(of_clients != of_others, "say whether the table {table} holds rows about clients");
        if of_others {
            let suspicious: Vec<_> = columns
                .iter()
                .filter(|column| {
                    ["chat", "client", "contact", "phone", "email", "body", "event"]
                        .contains(&column.as_str())
                })
                .collect();
            assert!(suspicious.is_empty(), "the table {table} has columns {suspicious:?}");
        }
    }
}
