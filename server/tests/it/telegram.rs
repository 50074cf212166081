//! The bot against a Bot API that refuses what Telegram refuses and forgets an update only when it is confirmed.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{fake, page::Page, staff, support::Home};

const TOKEN: &str = "7700112233:AAHsecretSecretSecretSecretSecret42";
const CLIENT: i64 = 5_001_002_003;
/// A group of the staff.
const GROUP: i64 = -1001;

#[derive(Clone, Default)]
struct Telegram {
    inner: Arc<Mutex<Inner>>,
    news: Arc<Notify>,
}

#[derive(Default)]
struct Inner {
    /// Not confirmed yet.
    updates: Vec<Value>,
    last_update: i64,
    /// What the client was sent.
    sent: Vec<Value>,
    menus: Vec<Value>,
    pressed: usize,
    refused: Vec<String>,
    /// Whether sending fails as it does when Telegram is down.
    down: bool,
}

impl Telegram {
    async fn start(&self) -> String {
        let telegram = self.clone();
        fake::serve(move |path, _, body| {
            let telegram = telegram.clone();
            async move { telegram.answer(&path, &body).await }
        })
        .await
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    async fn answer(&self, path: &str, request: &Value) -> (StatusCode, Value) {
        let (token, method) = path.trim_start_matches("/bot").split_once('/').unwrap_or_default();
        let result = match method.to_lowercase().as_str() {
            _ if token != TOKEN => Err((401, "Unauthorized".to_owned())),
            "getme" => Ok(
                json!({ "id": 7_700_112_233_i64, "is_bot": true, "first_name": "Shop", "username": "shop_bot" }),
            ),
            "setmycommands" => {
                self.inner().menus.push(request.clone());
                Ok(json!(true))
            }
            "getupdates" => Ok(self.updates(request).await),
            "sendmessage" | "sendphoto" => self.send(request),
            "answercallbackquery" => {
                self.inner().pressed += 1;
                Ok(json!(true))
            }
            other => Err((404, format!("Not Found: {other}"))),
        };
        match result {
            Ok(result) => (StatusCode::OK, json!({ "ok": true, "result": result })),
            Err((code, why)) => {
                self.inner().refused.push(why.clone());
                let status = StatusCode::from_u16(code).expect("a status");
                (status, json!({ "ok": false, "error_code": code, "description": why }))
            }
        }
    }

    /// Held open until there is something, for as long as was asked.
    async fn updates(&self, request: &Value) -> Value {
        let deadline = Instant::now() + Duration::from_secs(request["timeout"].as_u64().unwrap_or_default());
        if let Some(offset) = request["offset"].as_i64() {
            self.inner().updates.retain(|update| update["update_id"].as_i64() >= Some(offset));
        }
        loop {
            let news = self.news.notified();
            let found = self.inner().updates.clone();
            if !found.is_empty() || Instant::now() >= deadline {
                return json!(found);
            }
            let _ = tokio::time::timeout(deadline.saturating_duration_since(Instant::now()), news).await;
        }
    }

    fn send(&self, request: &Value) -> Result<Value, (u16, String)> {
        let bad = |why: &str| Err((400, format!("Bad Request: {why}")));
        let mut inner = self.inner();
        if inner.down {
            return Err((502, "Bad Gateway".to_owned()));
        }
        if request["chat_id"] != CLIENT && request["chat_id"] != GROUP {
            return bad("chat not found");
        }
        let photo = request["photo"].is_string();
        let text = request[if photo { "caption" } else { "text" }].as_str().unwrap_or_default();
        if !photo && text.trim().is_empty() {
            return bad("message text is empty");
        }
        if text.encode_utf16().count() > if photo { 1024 } else { 4096 } {
            return bad("message is too long");
        }
        let rows = request["reply_markup"]["inline_keyboard"].as_array().into_iter().flatten();
        for button in rows.filter_map(Value::as_array).flatten() {
            if button["callback_data"].as_str().is_some_and(|data| !(1..=64).contains(&data.len())) {
                return bad("BUTTON_DATA_INVALID");
            }
        }
        inner.sent.push(request.clone());
        let id = inner.sent.len();
        Ok(
            json!({ "message_id": id, "date": 1, "chat": { "id": CLIENT, "type": "private", "first_name": "Анна" } }),
        )
    }

    fn push(&self, content: Value) {
        let mut inner = self.inner();
        inner.last_update += 1;
        let mut update = content;
        update["update_id"] = inner.last_update.into();
        inner.updates.push(update);
        drop(inner);
        self.news.notify_waiters();
    }

    fn writes(&self, text: &str) {
        let mut message = json!({
            "message_id": 1000, "date": 1, "text": text, "from": client(),
            "chat": { "id": CLIENT, "type": "private", "first_name": "Анна" },
        });
        if let Some(command) = text.strip_prefix('/') {
            message["entities"] =
                json!([{ "type": "bot_command", "offset": 0, "length": command.len() + 1 }]);
        }
        self.push(json!({ "message": message }));
    }

    /// One of the staff writes in their group, in reply to what the bot wrote there last or to nobody.
    fn staff_writes(&self, text: &str, reply: bool) {
        let group = json!({ "id": GROUP, "type": "group", "title": "Продажи" });
        let mut message = json!({
            "message_id": 2000, "date": 1, "text": text, "chat": group,
            "from": { "id": 99, "is_bot": false, "first_name": "Пётр" },
        });
        if reply {
            let notice = self.inner().sent.iter().rfind(|sent| sent["chat_id"] == GROUP).cloned();
            let text = notice.expect("a notice")["text"].as_str().expect("a text").replace("&quot;", "\"");
            message["reply_to_message"] = json!({
                "message_id": 1999, "date": 1, "chat": group, "text": text,
                "from": { "id": 7_700_112_233_i64, "is_bot": true, "first_name": "Shop", "username": "shop_bot" },
            });
        }
        self.push(json!({ "message": message }));
    }

    /// Presses the last button of this label.
    fn presses(&self, label: &str) {
        let data = self.inner().sent.iter().rev().find_map(|message| {
            let rows =
                message["reply_markup"]["inline_keyboard"].as_array()?.iter().filter_map(Value::as_array);
            rows.flatten().find(|button| button["text"] == label)?["callback_data"]
                .as_str()
                .map(str::to_owned)
        });
        let data = data.unwrap_or_else(|| panic!("no button «{label}» was sent"));
        let message = json!({
            "message_id": 1, "date": 1, "text": "…",
            "chat": { "id": CLIENT, "type": "private", "first_name": "Анна" },
        });
        self.push(json!({ "callback_query": {
            "id": "77", "from": client(), "chat_instance": "1", "data": data, "message": message,
        } }));
    }

    /// Waits until something sent holds this; returns how many messages had been sent by then.
    async fn until_sent(&self, part: &str) -> usize {
        self.until(|inner| inner.sent.iter().any(|message| message.to_string().contains(part))).await;
        self.inner().sent.len()
    }

    async fn until(&self, holds: impl Fn(&Inner) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(40);
        while !holds(&self.inner()) {
            let inner = self.inner();
            assert!(Instant::now() < deadline, "sent: {:?}\nrefused: {:?}", inner.sent, inner.refused);
            drop(inner);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn client() -> Value {
    json!({ "id": CLIENT, "is_bot": false, "first_name": "Анна", "language_code": "ru" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_telegram_leaves_a_contact() {
    let home = Home::ready();
    let telegram = Telegram::default();
    let url = telegram.start().await;
    let serve = || {
        home.tolmach(&["run", "--listen", "127.0.0.1:0"])
            .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
            .env("TOLMACH_TELEGRAM_API_URL", &url)
            .env("TOLMACH_LOG", "trace")
            .serve()
    };
    let server = serve();
    telegram.until(|inner| !inner.menus.is_empty()).await;
    assert!(telegram.inner().menus.iter().any(|menu| menu["commands"].to_string().contains("\"start\"")));

    telegram.writes("/start");
    telegram.until_sent("Здравствуйте, Анна!").await;
    telegram.writes("нужен перфоратор до 20 тысяч");
    telegram.until_sent("RH-10537").await;
    telegram.presses("Связаться с менеджером");
    telegram.until_sent("имя и телефон").await;
    assert_eq!(telegram.inner().pressed, 1, "the wheel on the button ends");
    let health = server.health_until(|health| health["telegram"]["state"] == "polling").await;
    assert_eq!(health["telegram"]["trouble"], Value::Null);
    telegram.until(|inner| inner.updates.is_empty()).await;
    // Not killed: between Telegram's answer and our note of it, a message may be sent twice, as Telegram knows no ids.
    let (_, mut printed) = server.terminate();

    // Written while nobody listened; the form still waits for it.
    telegram.writes("8 999 123-45-67");
    let server = serve();
    telegram.until_sent("Как к вам обращаться").await;
    telegram.inner().down = true;
    telegram.writes("Анна");
    // Telegram refuses to send, but the update is stored, so it is confirmed.
    telegram
        .until(|inner| inner.updates.is_empty() && inner.refused.iter().any(|why| why == "Bad Gateway"))
        .await;
    telegram.inner().down = false;
    telegram.until_sent("Спасибо, Анна!").await;
    let (code, said) = server.terminate();
    assert_eq!(code, Some(0), "{said}");

    printed += &said;
    assert!(printed.contains("TRACE") && !printed.contains(&TOKEN[11..]), "the token is in the output");
    let leads = home.tolmach(&["leads", "--json"]).run().ok().json();
    assert_eq!(leads.as_array().map(Vec::len), Some(1), "{leads}");
    assert_eq!(leads[0]["chat"], format!("telegram:{CLIENT}"));
    assert_eq!(leads[0]["lead"]["contact"], json!({ "name": "Анна", "phone": "+79991234567" }));
    let inner = telegram.inner();
    assert!(inner.refused.iter().all(|why| why == "Bad Gateway"), "{:?}", inner.refused);
    // Each thing was said once.
    for part in ["Здравствуйте, Анна!", "имя и телефон", "Как к вам обращаться", "Спасибо, Анна!"]
    {
        let times = inner.sent.iter().filter(|message| message.to_string().contains(part)).count();
        assert_eq!(times, 1, "«{part}»");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_follows_the_release() {
    let home = Home::ready();
    let telegram = Telegram::default();
    let url = telegram.start().await;
    let flow = "flow: shop\nstart: hello\non: { command: { start: hello } }\nnodes:\n  hello:\n    say: { text: Hello }\n";
    home.write("flows/shop.yaml", flow);
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
        .env("TOLMACH_TELEGRAM_API_URL", &url)
        .env("TOLMACH_STAFF_TELEGRAM", "-1001")
        .serve();
    assert!(server.printed().contains("default: 1 by telegram\n"), "{}", server.printed());
    telegram.until(|inner| !inner.menus.is_empty()).await;
    home.write("flows/shop.yaml", flow.replace("{ start: hello }", "{ start: hello, prices: hello }"));
    home.tolmach(&["release", "publish"]).run().ok();
    let has = |menu: &Value| menu["commands"].to_string().contains("\"prices\"");
    telegram.until(|inner| inner.menus.last().is_some_and(has)).await;
    assert!(!has(&telegram.inner().menus[0]));
}

/// An update that was not confirmed comes again, and is known.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_comes_twice_is_answered_once() {
    let home = Home::ready();
    let telegram = Telegram::default();
    let url = telegram.start().await;
    let serve = || {
        home.tolmach(&["run", "--listen", "127.0.0.1:0"])
            .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
            .env("TOLMACH_TELEGRAM_API_URL", &url)
            .serve()
    };
    let server = serve();
    telegram.writes("/help");
    telegram.until_sent("Что я умею").await;
    telegram.until(|inner| inner.updates.is_empty()).await;
    server.terminate();
    // As if the confirmation had been lost with the process.
    telegram.inner().last_update -= 1;
    telegram.writes("/help");
    telegram.writes("/catalog");
    let server = serve();
    telegram.until_sent("Выберите раздел").await;
    telegram.until(|inner| inner.updates.is_empty()).await;
    server.terminate();
    let sent = telegram.inner().sent.clone();
    assert_eq!(sent.len(), 2, "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_answers_from_the_group_of_the_staff() {
    let home = Home::ready();
    home.write("flows/shop.yaml", staff::FLOW);
    let telegram = Telegram::default();
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
        .env("TOLMACH_TELEGRAM_API_URL", &telegram.start().await)
        .env("TOLMACH_STAFF_TELEGRAM", &GROUP.to_string())
        .serve();
    let mut page = Page::new(&server, "ru").await;
    page.ask("1", "/person").await;
    telegram.until_sent("Нужен человек").await;
    telegram.staff_writes("кто возьмёт?", false);
    telegram.staff_writes("Добрый день, это Пётр", true);
    assert_eq!(page.reply().await["text"], "Добрый день, это Пётр");
    page.say("2", "здравствуйте, Пётр").await;
    telegram.staff_writes("/return", true);
    assert_eq!(page.reply().await["text"], "Снова бот.");
    telegram.until(|inner| inner.updates.is_empty()).await;
    let inner = telegram.inner();
    assert_eq!(inner.sent.len(), 1, "the group gets the notice and nothing else: {:?}", inner.sent);
    assert_eq!(inner.refused, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_leaves_the_web_chat_working() {
    let home = Home::ready();
    let telegram = Telegram::default();
    let wrong = "7700112233:AAHwrongWrongWrongWrongWrongWrong1";
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_TELEGRAM_TOKEN", wrong)
        .env("TOLMACH_TELEGRAM_API_URL", &telegram.start().await)
        .env("TOLMACH_LOG", "trace")
        .serve();
    let health = server
        .health_until(|health| {
            health["telegram"]["state"].as_str().is_some_and(|state| state.starts_with("off"))
        })
        .await;
    assert!(health["telegram"]["trouble"].as_str().is_some_and(|why| why.contains("token")), "{health}");
    let page = Page::new(&server, "ru").await;
    assert_eq!(page.shown.len(), 2);
    let (_, printed) = server.terminate();
    assert!(!printed.contains(&wrong[11..]) && !health.to_string().contains(&wrong[11..]), "{printed}");
    assert!(printed.contains("telegram bot is off"), "{printed}");
}
