//! Faults of other servers: the language model, Telegram, the mail server.

use serde_json::json;
use tolmach_testkit::{
    faults::{Answer, Scripted},
    model::NAME,
    smtp::{Fault, Smtp, Step},
    telegram::{ChatFault, Inner, TOKEN, Telegram},
};

use super::*;
use crate::{model::KEY, staff};

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_model_delays_the_answer_but_does_not_lose_it() {
    let good = json!({ "choices": [{ "index": 0, "finish_reason": "stop",
        "message": { "role": "assistant", "content": "{\"text\": \"Да\"}" } }] });
    // The fault, and a word of its text in /health.
    let faults = [
        (Answer::Hang, "no answer"),
        (Answer::Drip(good, Duration::from_millis(50)), "no answer"),
        (Answer::Cut, "connection"),
        (Answer::Garbage, "connection"),
        (Answer::Text(200, "<html>log in first</html>"), "not"),
        (Answer::Header(429, "retry-after: 3600", json!({ "error": { "message": KEY } })), "429"),
        (Answer::Json(503, json!({ "error": { "message": KEY } })), "503"),
    ];
    let home = Home::ready();
    for (answer, word) in faults {
        let provider = Scripted::start(vec![answer.clone()]).await;
        let server = run(&home)
            .env("TOLMACH_LLM_BASE_URL", &format!("{}/v1", provider.url))
            .env("TOLMACH_LLM_MODEL", NAME)
            .env("TOLMACH_LLM_API_KEY", KEY)
            .env("TOLMACH_LLM_TIMEOUT_SECONDS", "1")
            .env("TOLMACH_LOG", "trace")
            .serve();
        let mut page = Page::new(&server, "ru").await;
        let asked =
            tokio::time::timeout(Duration::from_secs(15), page.ask("1", "нужен перфоратор до 20 тысяч"));
        let offer = asked.await.unwrap_or_else(|_| panic!("{answer:?}: no answer in time"));
        assert!(!offer["cards"].as_array().expect("cards").is_empty(), "{answer:?}: {offer}");
        assert!(!provider.seen().is_empty(), "{answer:?}: it was asked");
        let (status, health) = server.status().await;
        assert_eq!((status, health["status"].as_str()), (200, Some("degraded")), "{answer:?}: {health}");
        let why = health["model"]["degraded"].as_str().unwrap_or_default();
        assert!(why.contains("offline answers") && why.contains(word), "{answer:?}: {why}");
        let (_, printed) = server.terminate();
        assert!(!printed.contains(KEY) && !health.to_string().contains(KEY), "{answer:?}: the key is told");
    }
}

async fn until(telegram: &Telegram, what: &str, holds: impl Fn(&Inner) -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds(&telegram.inner()) {
        let inner = telegram.inner();
        assert!(Instant::now() < deadline, "{what}: {:?} {:?}", inner.shown, inner.refused);
        drop(inner);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a Telegram chat shows.
fn shown(inner: &Inner, chat: i64) -> Vec<String> {
    let of = inner.shown.iter().filter(|message| message["chat"] == chat);
    of.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_fault_in_one_chat_does_not_delay_others() {
    const WELL: i64 = 1;
    const TROUBLED: [(i64, ChatFault); 3] =
        [(11, ChatFault::Hang), (12, ChatFault::Garbage), (13, ChatFault::Limited(2))];
    /// Rate-limited for an hour.
    const LONG: i64 = 14;
    const LEFT: i64 = 15;
    let home = shop();
    let telegram = Telegram::start().await;
    let server = run(&home)
        .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
        .env("TOLMACH_TELEGRAM_API_URL", &telegram.url)
        .serve();
    telegram.inner().chat_faults.extend(TROUBLED);
    telegram.inner().chat_faults.insert(LONG, ChatFault::Limited(3600));
    telegram.inner().blocked.insert(LEFT);
    let troubled: Vec<i64> = TROUBLED.iter().map(|(chat, _)| *chat).collect();
    for n in 1..=2 {
        for chat in troubled.iter().chain(&[LONG, LEFT, WELL]) {
            telegram.writes(*chat, &format!("hello {n}"));
        }
    }
    until(&telegram, "the others are answered", |inner| shown(inner, WELL).len() == 2).await;
    until(&telegram, "each was tried", |inner| {
        troubled
            .iter()
            .chain(&[LONG, LEFT])
            .all(|chat| inner.seen.iter().any(|(_, ask)| ask["chat_id"] == *chat))
    })
    .await;
    assert_eq!(telegram.inner().shown.len(), 2);
    for chat in &troubled {
        telegram.inner().chat_faults.remove(chat);
    }
    let both = ["message 1", "message 2"];
    until(&telegram, "what waited arrives", |inner| {
        troubled.iter().all(|chat| shown(inner, *chat).len() == both.len())
    })
    .await;
    // A chat with an hour's rate limit gets no requests, and one that blocked the bot is not retried.
    telegram.writes(WELL, "hello 3");
    until(&telegram, "the others go on", |inner| shown(inner, WELL).len() == 3).await;
    let tries =
        |inner: &Inner, chat: i64| inner.seen.iter().filter(|(_, ask)| ask["chat_id"] == chat).count();
    assert_eq!(tries(&telegram.inner(), LONG), 1);
    assert!(tries(&telegram.inner(), LEFT) <= 2, "at most one try a message");
    let (code, printed) = server.terminate();
    assert_eq!(code, Some(0), "{printed}");
    assert!(!printed.contains(&TOKEN[5..]), "the token is in the output");
    let inner = telegram.inner();
    for chat in troubled {
        assert_eq!(shown(&inner, chat), both, "{chat}");
    }
    assert_eq!(shown(&inner, WELL), ["message 1", "message 2", "message 3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_do_not_notice_a_faulty_mail_server() {
    let home = staff::home();
    let smtp = Smtp::start().await;
    let server = staff::with_mail(&home, smtp.port).env("TOLMACH_DEBOUNCE_MS", "0").serve();
    // Mails accepted so far. A mail that was accepted before the fault is sent again with the same id.
    let mut known = 0;
    for (step, fault, copies) in [
        (Step::From, Fault::Say("451 4.3.0 try again later"), 1),
        (Step::To, Fault::Say("452 4.2.2 the mailbox is full"), 1),
        (Step::Data, Fault::HangUp, 1),
        (Step::Receipt, Fault::HangUp, 1),
        (Step::Receipt, Fault::TakeAndHangUp, 2),
        (Step::Greeting, Fault::Silence, 1),
    ] {
        if step == Step::Greeting {
            // This fault affects new connections only.
            smtp.fails(Step::From, Fault::HangUp);
        }
        smtp.fails(step, fault.clone());
        // Clients are answered while mail is being sent.
        staff::ask_lead(&server).await;
        let mails = staff::mails(&smtp, known + copies).await;
        known += copies;
        assert_eq!(mails.len(), known, "{step:?} {fault:?}");
        assert!(smtp.inner().faults.is_empty(), "{step:?} {fault:?}: it was met");
        if let [.., first, second] = mails.as_slice() {
            assert_eq!(first.id() == second.id(), copies == 2, "{step:?} {fault:?}");
        }
    }
    let health = server.health_until(|health| health["email"]["state"] == "working").await;
    assert_eq!(health["email"]["error"], Value::Null);
    assert_eq!(smtp.inner().complaints, Vec::<String>::new());
}
