//! Tests against a fake Bot API on the loopback and a real store.

mod sending;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Notify, watch};
use tolmach_engine::{
    catalog::Localized,
    effect::{Action, Button, Card, Choice, Outgoing, Press, SentFile},
    event::{EventKind, Sent},
};
use tolmach_runtime::ports::prelude::*;
use tolmach_runtime::ports::{
    self, Address, Channel, Delivery, Error, Files, Inbound, Intake, Next, Photo, Photos, Result,
    UnreadUpdate,
};
use tolmach_testkit::telegram::{TOKEN, Telegram};
use uuid::Uuid;

use super::*;
use tolmach_runtime::secret::Secret;
use tolmach_store::sqlite::{self, SqliteStore};

fn bot(fake: &Telegram) -> Arc<Bot> {
    let mut options = Options::new(Secret::new(TOKEN));
    options.api_url.clone_from(&fake.url);
    options.hold = Duration::from_secs(1);
    Arc::new(Bot::new(options).expect("valid options"))
}

fn to(chat: i64) -> Address {
    Address::new(NAME, chat.to_string())
}

fn text(text: &str) -> Outgoing {
    Outgoing { text: text.to_owned(), ..Outgoing::default() }
}

async fn deliver(fake: &Telegram, message: &Outgoing) -> Delivery {
    TelegramChannel::new(bot(fake)).deliver(&to(7), "e1", message).await
}

fn shown(fake: &Telegram) -> Vec<String> {
    fake.inner().shown.iter().map(|message| message["text"].as_str().expect("text").to_owned()).collect()
}

/// An intake that records events and can store them, fail, or never return.
#[derive(Default)]
struct FakeIntake {
    received: Mutex<Vec<Inbound>>,
    aside: Mutex<Vec<UnreadUpdate>>,
    calls: Mutex<usize>,
    came: Notify,
    store: Option<Arc<SqliteStore>>,
    errors: Mutex<Vec<Error>>,
    never_returns: bool,
}

#[async_trait]
impl Intake for FakeIntake {
    async fn put_aside(&self, update: UnreadUpdate) -> Result<()> {
        self.aside.lock().expect("not poisoned").push(update);
        Ok(())
    }

    async fn receive(&self, inbound: Vec<Inbound>) -> Result<()> {
        *self.calls.lock().expect("not poisoned") += 1;
        if let Some(error) = self.errors.lock().expect("not poisoned").pop() {
            return Err(error);
        }
        if let Some(store) = &self.store {
            store.receive(1, inbound.iter().map(|one| (Uuid::now_v7(), one.clone())).collect()).await?;
        }
        self.received.lock().expect("not poisoned").extend(inbound);
        self.came.notify_one();
        if self.never_returns {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

impl FakeIntake {
    fn received(&self) -> Vec<Inbound> {
        self.received.lock().expect("not poisoned").clone()
    }
}

/// Polls until the fake server has no unconfirmed updates.
async fn poll_all(fake: &Telegram, door: &Arc<FakeIntake>) {
    let (stop, stopped) = watch::channel(false);
    let polling = tokio::spawn(poll(bot(fake), Arc::clone(door) as Arc<dyn Intake>, stopped));
    let confirmed = async {
        while !fake.inner().updates.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), confirmed).await.expect("all were confirmed");
    stop.send(true).expect("polling");
    polling.await.expect("ended").expect("stopped in peace");
}

fn message(id: i64, content: Value) -> Value {
    let mut message = json!({
        "message_id": id, "date": 1_700_000_000,
        "chat": { "id": 7, "type": "private", "first_name": "Анна" },
        "from": {
            "id": 7, "is_bot": false, "first_name": "Анна", "last_name": "Ли", "username": "anna",
            "language_code": "en-US"
        },
    });
    message.as_object_mut().expect("an object").extend(content.as_object().expect("an object").clone());
    json!({ "update_id": id, "message": message })
}

#[tokio::test]
async fn converts_updates_to_events() {
    let fake = Telegram::start().await;
    let voice = json!({ "duration": 1, "file_id": "f", "file_unique_id": "u", "file_size": 10, "mime_type": "audio/ogg" });
    let markup = json!({ "inline_keyboard": [[{ "text": "Ещё", "callback_data": "b1" }]] });
    let asked = message(1, json!({ "text": "Что ищете?", "reply_markup": markup }))["message"].clone();
    let press =
        json!({ "id": "q1", "from": asked["from"], "chat_instance": "1", "data": "b1", "message": asked });
    let mut edited = message(12, json!({ "text": "исправлено" }));
    edited["edited_message"] = edited["message"].take();
    edited.as_object_mut().expect("an object").remove("message");
    let mut group = message(13, json!({ "text": "в группе" }));
    group["message"]["chat"] = json!({ "id": -5, "type": "group", "title": "Группа" });
    // Deeper than parsers of JSON go.
    let deep =
        message(17, json!({ "text": "глубоко", "x": (0..300).fold(json!(1), |inner, _| json!([inner])) }));
    for update in [
        message(1, json!({ "text": "нужен насос" })),
        message(
            2,
            json!({ "text": "/start promo 7", "entities": [{ "type": "bot_command", "offset": 0, "length": 6 }] }),
        ),
        message(3, json!({ "text": "/Help@shop_bot" })),
        message(4, json!({ "text": "/ просто косая" })),
        message(
            5,
            json!({ "contact": { "phone_number": "+79990000000", "first_name": "Анна", "user_id": 7 } }),
        ),
        message(6, json!({ "voice": voice })),
        json!({ "update_id": 7, "callback_query": press }),
        edited,
        group,
        json!({ "update_id": 14, "something_new": { "a": 1 } }),
        message(15, json!({ "hologram": { "file_id": "h" } })),
        message(16, json!({ "text": "раз", "date": "когда-то" })),
        deep,
        message(
            18,
            json!({ "contact": { "phone_number": "+79991112233", "first_name": "Пётр", "user_id": 8 } }),
        ),
        message(19, json!({ "contact": { "phone_number": "+79991112233", "first_name": "Пётр" } })),
        json!({ "update_id": 20, "message": 5 }),
    ] {
        fake.push(update);
    }
    let door = Arc::new(FakeIntake::default());
    poll_all(&fake, &door).await;
    let received = door.received();
    let kinds: Vec<_> = received.iter().map(|one| one.kind.clone()).collect();
    let unread = EventKind::Unsupported { what: "message".to_owned() };
    let command =
        |name: &str, rest: &str| EventKind::Command { name: name.to_owned(), rest: rest.to_owned() };
    assert_eq!(
        kinds,
        [
            EventKind::Message { text: "нужен насос".to_owned() },
            command("start", "promo 7"),
            command("help", ""),
            EventKind::Message { text: "/ просто косая".to_owned() },
            EventKind::Contact { phone: "+79990000000".to_owned(), name: "Анна".to_owned() },
            EventKind::Unsupported { what: "voice".to_owned() },
            EventKind::Press { label: "Ещё".to_owned(), press: None },
            EventKind::Message { text: "исправлено".to_owned() },
            unread.clone(),
            unread.clone(),
            unread,
            EventKind::Message { text: "Пётр +79991112233".to_owned() },
            EventKind::Message { text: "Пётр +79991112233".to_owned() },
        ]
    );
    let first = &received[0];
    assert_eq!((first.address.to_string().as_str(), first.key.as_str()), ("telegram:7", "4242:1"));
    let client = &first.client;
    assert_eq!(
        (client.first_name.as_str(), client.last_name.as_str(), client.username.as_str()),
        ("Анна", "Ли", "anna")
    );
    assert_eq!(client.language.map(|language| language.code()), Some("en"));
    assert_eq!(received[6].button.as_deref(), Some("b1"));
    // A message has its id, and so has an edit of it; what is no message has none.
    let sent: Vec<_> = received.iter().map(|one| one.sent.clone()).collect();
    assert_eq!((&sent[0], &sent[1]), (&Some(Sent::written("1")), &None));
    assert_eq!((&sent[7], &sent[10]), (&Some(Sent::edited("12")), &None));
    let answered = fake
        .inner()
        .seen
        .iter()
        .any(|(method, request)| method == "answercallbackquery" && request["callback_query_id"] == "q1");
    assert!(answered, "the wheel on the button is stopped");
    // What could not be read is kept as it came, with the chat where that is known.
    let aside = door.aside.lock().expect("not poisoned");
    let kept: Vec<_> = aside.iter().map(|one| (one.id.as_str(), one.chat.as_deref())).collect();
    let chat = Some("telegram:7");
    assert_eq!(kept, [("4242-14", None), ("4242-16", chat), ("4242-17", chat), ("4242-20", None)]);
    assert!(aside[0].update.contains("something_new") && aside[2].update.len() > 600, "{aside:?}");
}

/// Edits of texts are read for an hour; those of anything else never.
#[tokio::test]
async fn edits_of_recent_texts_are_read() {
    let fake = Telegram::start().await;
    let id = fake.writes(7, "нужен генератр");
    fake.edits(7, id, "нужен генератор", 60 * 60);
    fake.edits(7, id, "нужен насос", 60 * 60 + 1);
    let photo = json!({ "photo": [{ "file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 1 }],
        "caption": "вот такой", "edit_date": 1_700_000_001 });
    let mut media = message(90, photo);
    media["edited_message"] = media["message"].take();
    media.as_object_mut().expect("an object").remove("message");
    fake.push(media);
    let door = Arc::new(FakeIntake::default());
    poll_all(&fake, &door).await;
    let received = door.received();
    let read: Vec<_> = received.iter().map(|one| (one.kind.text(), one.sent.clone())).collect();
    let id = id.to_string();
    assert_eq!(
        read,
        [("нужен генератр", Some(Sent::written(&*id))), ("нужен генератор", Some(Sent::edited(&*id)))]
    );
    let asked = fake
        .inner()
        .seen
        .iter()
        .find(|(method, _)| method == "getupdates")
        .map(|(_, request)| request.clone());
    assert!(asked.is_some_and(|request| request["allowed_updates"].to_string().contains("edited_message")));
}

/// One press in three updates is stored once: the intake knows it by its key.
#[tokio::test]
async fn one_callback_in_several_updates_has_one_key() {
    let fake = Telegram::start().await;
    let asked = message(1, json!({ "text": "Что ищете?" }))["message"].clone();
    let press = |id: &str| json!({ "id": id, "from": asked["from"], "chat_instance": "1", "data": "b1", "message": asked });
    for (update, query) in [(7, "q1"), (8, "q1"), (9, "q1"), (10, "q2")] {
        fake.push(json!({ "update_id": update, "callback_query": press(query) }));
    }
    let door = Arc::new(FakeIntake::default());
    poll_all(&fake, &door).await;
    let keys: Vec<String> = door.received().into_iter().map(|one| one.key).collect();
    assert_eq!(keys, ["4242:press:q1", "4242:press:q1", "4242:press:q1", "4242:press:q2"]);
}

#[tokio::test]
async fn a_kill_before_confirmation_loses_and_repeats_no_message() {
    let folder = TempDir::new().expect("a folder");
    let file = sqlite::Options::new(folder.path().join("bot.db"));
    let store = Arc::new(SqliteStore::open(file).await.expect("opened"));
    let fake = Telegram::start().await;
    for id in 1..=150 {
        fake.push(message(id, json!({ "text": format!("сообщение {id}") })));
    }
    let door = Arc::new(FakeIntake {
        store: Some(Arc::clone(&store)),
        never_returns: true,
        ..FakeIntake::default()
    });
    let (_stop, stopped) = watch::channel(false);
    let killed = tokio::spawn(poll(bot(&fake), Arc::clone(&door) as Arc<dyn Intake>, stopped));
    door.came.notified().await;
    killed.abort();
    assert_eq!(fake.inner().updates.len(), 150, "nothing is confirmed before it is acknowledged");
    let door = Arc::new(FakeIntake { store: Some(Arc::clone(&store)), ..FakeIntake::default() });
    poll_all(&fake, &door).await;
    assert_eq!(door.received().len(), 150, "the first hundred came twice");
    let probe: Vec<_> = door.received().into_iter().map(|one| (Uuid::now_v7(), one)).collect();
    assert_eq!(store.receive(2, probe).await.expect("received"), Vec::<String>::new(), "all are known");
    let mut texts = Vec::new();
    loop {
        let Next { mut rows, chat, .. } = store.next("telegram:7").await.expect("read");
        if rows.is_empty() {
            break;
        }
        let row = rows.remove(0);
        let EventKind::Message { text } = row.event.kind.clone() else { panic!("a message") };
        texts.push(text);
        let commit = tolmach_runtime::ports::Commit {
            chat: row.chat,
            inbox: vec![row.seq],
            event: row.event,
            version: chat.version,
            session: "{}".to_owned(),
            waits: None,
            taken_over_at: None,
            overview: tolmach_runtime::ports::ChatOverview::default(),
            figures: tolmach_runtime::ports::TurnFigures::default(),
            spoke: true,
            messages: vec![],
            effects: vec![],
            notices: vec![],
            staff: None,
            trace: "{}".to_owned(),
            release: "r".to_owned(),
        };
        store.commit(commit).await.expect("committed");
    }
    let expected: Vec<String> = (1..=150).map(|id| format!("сообщение {id}")).collect();
    assert_eq!(texts, expected, "each once, in order");
}

#[tokio::test]
async fn retries_unavailable_stores_and_skips_refused_updates() {
    let fake = Telegram::start().await;
    fake.push(message(1, json!({ "text": "раз" })));
    fake.push(message(2, json!({ "text": "два" })));
    // Popped from the end: first a temporary failure, then the batch is refused, then its first event.
    let errors = vec![
        Error::refused("database", "bad"),
        Error::refused("database", "bad"),
        Error::unavailable("database", "busy"),
    ];
    let door = Arc::new(FakeIntake { errors: Mutex::new(errors), ..FakeIntake::default() });
    poll_all(&fake, &door).await;
    let kinds: Vec<_> = door.received().into_iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [EventKind::Message { text: "два".to_owned() }]);
    assert_eq!(*door.calls.lock().expect("not poisoned"), 4);
}

#[tokio::test]
async fn keeps_polling_through_telegram_failures() {
    let fake = Telegram::start().await;
    let conflict =
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    fake.inner().poll_faults.extend([
        (502, "Bad Gateway", None),
        (409, conflict, None),
        (429, "Too Many Requests", Some(1)),
    ]);
    fake.push(message(1, json!({ "text": "раз" })));
    let door = Arc::new(FakeIntake::default());
    poll_all(&fake, &door).await;
    assert_eq!(door.received().len(), 1);
}

#[tokio::test]
async fn reports_a_conflict_between_two_pollers() {
    let fake = Telegram::start().await;
    let (first, second) = (bot(&fake), bot(&fake));
    let (_stop, stopped) = watch::channel(false);
    let door = Arc::new(FakeIntake::default());
    for bot in [&first, &second] {
        tokio::spawn(poll(Arc::clone(bot), Arc::clone(&door) as Arc<dyn Intake>, stopped.clone()));
    }
    let told = async {
        while ![&first, &second]
            .iter()
            .any(|bot| bot.polling_error().is_some_and(|why| why.contains("another program")))
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("a conflict");
    // Each message arrives, whichever of the two receives it.
    (1..=20).for_each(|id| fake.push(message(id, json!({ "text": "раз" }))));
    let received = async {
        while !fake.inner().updates.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), received).await.expect("all were confirmed");
    assert!(door.received().len() >= 20);
}

#[tokio::test]
async fn explains_a_conflict_and_a_bad_token() {
    let fake = Telegram::start().await;
    let conflict = (409, "Conflict: terminated by other getUpdates request", None);
    fake.inner().poll_faults.extend(std::iter::repeat_n(conflict, 100));
    let bot = bot(&fake);
    let (stop, stopped) = watch::channel(false);
    let polling = tokio::spawn(poll(Arc::clone(&bot), Arc::new(FakeIntake::default()), stopped));
    let polling_error = async {
        loop {
            if let Some(polling_error) = bot.polling_error() {
                return polling_error;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let polling_error =
        tokio::time::timeout(Duration::from_secs(10), polling_error).await.expect("a polling_error");
    assert!(
        polling_error.contains("another program") && polling_error.contains("stop it"),
        "{polling_error}"
    );
    drop(stop);
    polling.await.expect("ended").expect("a dropped switch stops it too");

    let revoked = TOKEN.replace('A', "B");
    let mut options = Options::new(Secret::new(&revoked));
    options.api_url.clone_from(&fake.url);
    let bot = Arc::new(Bot::new(options).expect("looks like a token"));
    let (_stop, stopped) = watch::channel(false);
    let error = poll(Arc::clone(&bot), Arc::new(FakeIntake::default()), stopped).await.expect_err("refused");
    for text in [
        error.to_string(),
        format!("{error:?}"),
        format!("{bot:?}"),
        bot.polling_error().expect("a polling_error"),
    ] {
        assert!(!text.contains(&revoked), "{text}");
    }
    assert!(error.to_string().contains("BotFather"), "{error}");
}

#[tokio::test]
async fn never_reveals_the_token() {
    let mut options = Options::new(Secret::new(TOKEN));
    options.api_url = "https://user:secret@api.example.com".to_owned();
    let error = Bot::new(options).expect_err("refused").to_string();
    assert!(error.contains("user name or a password") && !error.contains("secret"), "{error}");
    for url in ["http://127.0.0.1:1", "http://no-such-host.invalid"] {
        let mut options = Options::new(Secret::new(TOKEN));
        options.api_url = url.to_owned();
        assert!(!format!("{options:?}").contains(TOKEN));
        let bot = Arc::new(Bot::new(options).expect("valid"));
        let error = bot.username().await.expect_err("nobody there");
        let delivery = TelegramChannel::new(bot).deliver(&to(7), "e", &text("раз")).await;
        for text in [error.to_string(), format!("{error:?}"), format!("{delivery:?}")] {
            assert!(!text.contains("AAF7"), "{text}");
        }
        assert!(matches!(delivery, Delivery::Later { .. }));
    }
    for token in
        ["", "abc", "4242", "4242:short", "4242:has spaces inside", "x:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao"]
    {
        let error = Bot::new(Options::new(Secret::new(token))).expect_err("refused").to_string();
        assert!(error.contains("BotFather") && (token.is_empty() || !error.contains(token)), "{error}");
    }
}
