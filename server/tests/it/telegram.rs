//! The Telegram bot against a fake Bot API, which validates requests like Telegram and drops an update only after it
//! was confirmed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tolmach_testkit::telegram::{Inner, TOKEN, Telegram, bot, person, private};

use crate::{
    page::Page,
    panel::{Client, PASSWORD, Panel},
    staff,
    support::Home,
};

const CLIENT: i64 = 5_001_002_003;
/// A staff group.
const GROUP: i64 = -1001;

/// A staff member writes in the group, as a reply to the bot's last message there or not.
fn staff_writes(telegram: &Telegram, text: &str, reply: bool) {
    let group = json!({ "id": GROUP, "type": "group", "title": "Продажи" });
    let mut message = json!({
        "message_id": 2000, "date": 1, "text": text, "chat": group,
        "from": { "id": 99, "is_bot": false, "first_name": "Пётр" },
    });
    if reply {
        let notice = telegram.inner().shown.iter().rfind(|shown| shown["chat"] == GROUP).cloned();
        let text = notice.expect("a notice")["text"].clone();
        message["reply_to_message"] =
            json!({ "message_id": 1999, "date": 1, "chat": group, "text": text, "from": bot() });
    }
    telegram.push(json!({ "message": message }));
}

/// The client presses the last button with this label.
fn presses(telegram: &Telegram, label: &str) {
    let data = telegram.inner().shown.iter().rev().find_map(|message| {
        let rows = message["markup"]["inline_keyboard"].as_array()?.iter().filter_map(Value::as_array);
        rows.flatten().find(|button| button["text"] == label)?["callback_data"].as_str().map(str::to_owned)
    });
    let data = data.unwrap_or_else(|| panic!("no button «{label}» was sent"));
    let message = json!({ "message_id": 1, "date": 1, "text": "…", "chat": private(CLIENT) });
    telegram.push(json!({ "callback_query": {
        "id": "77", "from": person(CLIENT), "chat_instance": "1", "data": data, "message": message,
    } }));
}

/// Waits until a visible message contains this.
async fn until_shown(telegram: &Telegram, part: &str) {
    until(telegram, |inner| inner.shown.iter().any(|message| message.to_string().contains(part))).await;
}

async fn until(telegram: &Telegram, holds: impl Fn(&Inner) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !holds(&telegram.inner()) {
        let inner = telegram.inner();
        assert!(Instant::now() < deadline, "shown: {:?}\nrefused: {:?}", inner.shown, inner.refused);
        drop(inner);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The requests of a method that the Bot API received.
fn asked(inner: &Inner, method: &str) -> Vec<Value> {
    let of = inner.seen.iter().filter(|(seen, _)| seen == method);
    of.map(|(_, request)| request.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_telegram_leaves_a_contact() {
    let home = Home::ready();
    let telegram = Telegram::start().await;
    let serve = || {
        home.tolmach(&["run", "--listen", "127.0.0.1:0"])
            .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
            .env("TOLMACH_TELEGRAM_API_URL", &telegram.url)
            .env("TOLMACH_LOG", "trace")
            .serve()
    };
    let server = serve();
    until(&telegram, |inner| !asked(inner, "setmycommands").is_empty()).await;
    assert!(
        asked(&telegram.inner(), "setmycommands")
            .iter()
            .any(|menu| menu["commands"].to_string().contains("\"start\""))
    );

    telegram.writes(CLIENT, "/start");
    until_shown(&telegram, "Здравствуйте, Анна!").await;
    telegram.writes(CLIENT, "нужен перфоратор до 20 тысяч");
    until_shown(&telegram, "Перфоратор").await;
    // The pictures of the samples are uploaded: they lie on no host that Telegram could ask.
    let picture = |inner: &Inner| inner.shown.iter().find_map(|shown| shown["photo"].as_object().cloned());
    until(&telegram, |inner| picture(inner).is_some()).await;
    let uploaded = picture(&telegram.inner()).expect("an upload");
    assert_eq!(uploaded["media"], "image/png");
    assert!(uploaded["bytes"].as_u64().is_some_and(|bytes| (200..20_000).contains(&bytes)), "{uploaded:?}");
    presses(&telegram, "Связаться с менеджером");
    until_shown(&telegram, "имя и телефон").await;
    assert_eq!(asked(&telegram.inner(), "answercallbackquery").len(), 1, "the wheel on the button ends");
    let health = server.health_until(|health| health["telegram"]["state"] == "polling").await;
    assert_eq!(health["telegram"]["error"], Value::Null);
    until(&telegram, |inner| inner.updates.is_empty()).await;
    // A regular stop. A kill between Telegram's reply and our record of it may send a message twice, because Telegram
    // has no idempotency keys.
    let (_, mut printed) = server.terminate();

    // Written while the server was down; the form still waits for it.
    telegram.writes(CLIENT, "8 999 123-45-67");
    let server = serve();
    until_shown(&telegram, "Как к вам обращаться").await;
    telegram.inner().down = true;
    telegram.writes(CLIENT, "Анна");
    // Telegram refuses to send, but the update is stored and therefore confirmed.
    until(&telegram, |inner| {
        inner.updates.is_empty() && inner.refused.iter().any(|why| why == "Bad Gateway")
    })
    .await;
    telegram.inner().down = false;
    until_shown(&telegram, "Спасибо, Анна!").await;
    let (code, said) = server.terminate();
    assert_eq!(code, Some(0), "{said}");

    printed += &said;
    assert!(printed.contains("TRACE") && !printed.contains(&TOKEN[5..]), "the token is in the output");
    let leads = home.tolmach(&["leads", "--json"]).run().ok().json();
    assert_eq!(leads.as_array().map(Vec::len), Some(1), "{leads}");
    assert_eq!(leads[0]["chat"], format!("telegram:{CLIENT}"));
    assert_eq!(leads[0]["lead"]["contact"], json!({ "name": "Анна", "phone": "+79991234567" }));
    let inner = telegram.inner();
    assert!(inner.refused.iter().all(|why| why == "Bad Gateway"), "{:?}", inner.refused);
    // Each message was sent once.
    for part in ["Здравствуйте, Анна!", "имя и телефон", "Как к вам обращаться", "Спасибо, Анна!"]
    {
        let times = inner.shown.iter().filter(|message| message.to_string().contains(part)).count();
        assert_eq!(times, 1, "«{part}»");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_follows_the_release() {
    let home = Home::ready();
    let telegram = Telegram::start().await;
    let flow = "flow: shop\nstart: hello\non: { command: { start: hello } }\nnodes:\n  hello:\n    say: { text: Hello }\n";
    home.write("flows/shop.yaml", flow);
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
        .env("TOLMACH_TELEGRAM_API_URL", &telegram.url)
        .env("TOLMACH_STAFF_TELEGRAM", "-1001")
        .serve();
    assert!(server.printed().contains("default: 1 by telegram\n"), "{}", server.printed());
    until(&telegram, |inner| !asked(inner, "setmycommands").is_empty()).await;
    home.write("flows/shop.yaml", flow.replace("{ start: hello }", "{ start: hello, prices: hello }"));
    home.tolmach(&["release", "publish"]).run().ok();
    let has = |menu: &Value| menu["commands"].to_string().contains("\"prices\"");
    until(&telegram, |inner| asked(inner, "setmycommands").last().is_some_and(has)).await;
    assert!(!has(&asked(&telegram.inner(), "setmycommands")[0]));
}

/// An unconfirmed update is delivered again and recognized as a duplicate.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_comes_twice_is_answered_once() {
    let home = Home::ready();
    let telegram = Telegram::start().await;
    let serve = || {
        home.tolmach(&["run", "--listen", "127.0.0.1:0"])
            .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
            .env("TOLMACH_TELEGRAM_API_URL", &telegram.url)
            .serve()
    };
    let server = serve();
    telegram.writes(CLIENT, "/help");
    until_shown(&telegram, "Что я умею").await;
    until(&telegram, |inner| inner.updates.is_empty()).await;
    server.terminate();
    // Simulate a confirmation that was lost with the process.
    telegram.inner().last_update -= 1;
    telegram.writes(CLIENT, "/help");
    telegram.writes(CLIENT, "/catalog");
    let server = serve();
    until_shown(&telegram, "Выберите раздел").await;
    until(&telegram, |inner| inner.updates.is_empty()).await;
    server.terminate();
    let sent = telegram.inner().shown.clone();
    assert_eq!(sent.len(), 2, "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staff_member_answers_from_the_staff_group() {
    let home = Home::ready();
    home.write("flows/shop.yaml", staff::FLOW);
    let telegram = Telegram::start().await;
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
        .env("TOLMACH_TELEGRAM_API_URL", &telegram.url)
        .env("TOLMACH_STAFF_TELEGRAM", &GROUP.to_string())
        .serve();
    let mut page = Page::new(&server, "ru").await;
    page.ask("1", "/person").await;
    until_shown(&telegram, "Нужен человек").await;
    staff_writes(&telegram, "кто возьмёт?", false);
    staff_writes(&telegram, "Добрый день, это Пётр", true);
    let reply = page.reply().await;
    assert_eq!((&reply["text"], &reply["who"]), (&json!("Добрый день, это Пётр"), &json!("staff")));
    let listed = home.tolmach(&["handoff", "list", "--json"]).run().ok().json();
    let said = listed[0]["messages"].as_array().expect("messages").iter().rfind(|one| one["who"] == "staff");
    assert_eq!(said.map(|said| &said["name"]), Some(&json!("Пётр (99)")), "{listed}");
    page.send_message("2", "здравствуйте, Пётр").await;
    // Whoever has the chat reads the client's words where they can answer them.
    until_shown(&telegram, "здравствуйте, Пётр").await;
    staff_writes(&telegram, "/return", true);
    assert_eq!(page.reply().await["text"], "Снова бот.");
    until(&telegram, |inner| inner.updates.is_empty()).await;
    let inner = telegram.inner();
    assert_eq!(inner.shown.len(), 2, "the group gets these two and nothing else: {:?}", inner.shown);
    assert_eq!(inner.refused, Vec::<String>::new());
    drop(inner);
    // Who did it stands in the audit log, without what was said.
    let audit = home.tolmach(&["audit", "list", "--action", "handoff.", "--json"]).run().ok().json();
    let rows: Vec<(&Value, &Value, &Value)> = audit
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .map(|row| (&row["action"], &row["actor"]["id"], &row["actor"]["via"]))
        .collect();
    let (peter, via) = (json!("Пётр (99)"), json!("staff:telegram"));
    let expected = [(&json!("handoff.say"), &peter, &via), (&json!("handoff.return"), &peter, &via)];
    assert_eq!(rows, expected, "{audit}");
    assert!(!audit.to_string().contains("Добрый"), "{audit}");
}

/// The token is saved in the panel and holds after a restart; a group that is added then may answer at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_bot_and_its_staff_are_set_up_in_the_panel() {
    let home = Home::ready();
    home.write("flows/shop.yaml", staff::FLOW);
    let telegram = Telegram::start().await;
    let panel = Panel::in_home(home, &[]).await;
    let mut olga = panel.logged_in("Olga").await;
    olga.get("/admin/settings/channels").await;
    let wrong = [("seen", "0"), ("telegram.token", "no token at all")];
    let refused = olga.post("/admin/settings/channels", &wrong).await;
    assert!(refused.status == 422 && refused.body.contains("the token is not one"), "{}", refused.body);
    let bot = [("seen", "0"), ("telegram.token", TOKEN), ("telegram.api_url", telegram.url.as_str())];
    let saved = olga.post("/admin/settings/channels", &bot).await;
    assert_eq!(saved.location.as_deref(), Some("/admin/settings/channels?saved=restart"), "{}", saved.body);
    let Panel { server, home, .. } = panel;
    assert!(server.health().await["telegram"].is_null());
    server.terminate();

    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut olga = Client::new(&server.address);
    assert_eq!(olga.log_in("Olga", PASSWORD).await.status, 303);
    olga.get("/admin/settings/staff").await;
    let group = GROUP.to_string();
    let staff = [
        ("seen", "0"),
        ("staff.rows", "1"),
        ("staff.0.name", "default"),
        ("staff.0.telegram", group.as_str()),
    ];
    assert_eq!(olga.post("/admin/settings/staff", &staff).await.status, 303);
    let mut page = Page::new(&server, "ru").await;
    page.ask("1", "/person").await;
    until_shown(&telegram, "Нужен человек").await;
    staff_writes(&telegram, "Добрый день, это Пётр", true);
    assert_eq!(page.reply().await["text"], "Добрый день, это Пётр");
    let told = olga.get("/admin/settings/channels").await.body + &server.printed();
    assert!(!told.contains(TOKEN), "the token is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_leaves_the_web_chat_working() {
    let home = Home::ready();
    let telegram = Telegram::start().await;
    let wrong = "7700112233:AAHwrongWrongWrongWrongWrongWrong1";
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_TELEGRAM_TOKEN", wrong)
        .env("TOLMACH_TELEGRAM_API_URL", &telegram.url)
        .env("TOLMACH_LOG", "trace")
        .serve();
    let health = server
        .health_until(|health| {
            health["telegram"]["state"].as_str().is_some_and(|state| state.starts_with("off"))
        })
        .await;
    assert!(health["telegram"]["error"].as_str().is_some_and(|why| why.contains("token")), "{health}");
    let mut page = Page::new(&server, "ru").await;
    page.ask("1", "/help").await;
    let (_, printed) = server.terminate();
    assert!(!printed.contains(&wrong[11..]) && !health.to_string().contains(&wrong[11..]), "{printed}");
    assert!(printed.contains("telegram bot is off"), "{printed}");
}

/// Within the burst the edit is the message; an answered message that is edited to another wish is answered anew.
#[tokio::test(flavor = "multi_thread")]
async fn edited_messages_are_read_as_they_were_meant() {
    let home = Home::ready();
    let telegram = Telegram::start().await;
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
        .env("TOLMACH_TELEGRAM_API_URL", &telegram.url)
        .serve();
    telegram.writes(CLIENT, "/start");
    until_shown(&telegram, "Здравствуйте, Анна!").await;
    let id = telegram.writes(CLIENT, "нужен генератр");
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    telegram.edits(CLIENT, id, "нужен генератор", 1);
    until_shown(&telegram, "енератор").await;
    telegram.edits(CLIENT, id, "нужен насос", 30);
    until_shown(&telegram, "асос").await;
    drop(server);
    let turns = home.tolmach(&["replay", &format!("telegram:{CLIENT}"), "--trace"]).run().ok().stdout;
    assert!(turns.contains("3 turns replayed, 0 differ"), "{turns}");
    assert!(turns.contains("corrects the message «нужен генератор» of "), "{turns}");
}
