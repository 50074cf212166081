//! A language model behind an OpenAI-compatible API: its answers, its inventions, and its absence.

use serde_json::{Value, json};
use tolmach_testkit::model::{Behaviour, Model, NAME};

use crate::{page::Page, support::Home};

pub const KEY: &str = "sk-secret-of-the-shop-0123456789";

/// A provider whose model answers with [`reply`].
pub async fn provider() -> Model {
    Model::start(KEY, reply).await
}

/// A label for a classification request; otherwise a text that contains an invention.
fn reply(request: &Value) -> String {
    let schema = &request["response_format"]["json_schema"]["schema"]["properties"];
    if schema["label"].is_object() {
        return json!({ "label": "none" }).to_string();
    }
    let text = "Модель советует [1]. Сегодня всего за 777 рублей! Пишите, если нужна помощь.";
    json!({ "text": text }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn inventions_of_the_model_are_not_sent() {
    let home = Home::ready();
    let provider = provider().await;
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_LLM_BASE_URL", &provider.url)
        .env("TOLMACH_LLM_MODEL", NAME)
        .env("TOLMACH_LLM_API_KEY", KEY)
        .env("TOLMACH_LLM_TIMEOUT_SECONDS", "5")
        .env("TOLMACH_LOG", "trace")
        .serve();
    let mut page = Page::new(&server, "ru").await;
    let offer = page.ask("1", "нужен перфоратор до 20 тысяч").await;
    let text = offer["text"].as_str().expect("a text");
    assert!(text.starts_with("Модель советует Перфоратор"), "the row's name stands for its number: {text}");
    assert!(text.contains("Пишите, если нужна помощь.") && !text.contains("777"), "{text}");
    assert!(!offer["cards"].as_array().expect("cards").is_empty());
    let asked = provider.asked();
    assert!(asked.iter().any(|request| request["messages"].to_string().contains("перфоратор")), "{asked:?}");
    assert_eq!(server.health().await["status"], "ok");

    provider.set_behaviour(Behaviour::Down);
    let offer = page.ask("2", "нужен сварочный инвертор").await;
    assert!(!offer["cards"].as_array().expect("cards").is_empty(), "{offer}");
    assert!(
        offer["text"].as_str().is_some_and(|text| !text.contains("Модель") && !text.is_empty()),
        "{offer}"
    );
    let health = server.health().await;
    assert_eq!(health["status"], "degraded", "{health}");
    assert!(health["model"]["degraded"].as_str().is_some_and(|why| why.contains("503")), "{health}");

    provider.set_behaviour(Behaviour::Well);
    let offer = page.ask("3", "нужен дренажный насос").await;
    assert!(offer["text"].as_str().is_some_and(|text| text.starts_with("Модель советует")), "{offer}");
    assert_eq!(server.health().await["status"], "ok");

    provider.set_behaviour(Behaviour::KeyRefused);
    let offer = page.ask("4", "нужен бензиновый генератор").await;
    assert!(!offer["cards"].as_array().expect("cards").is_empty(), "{offer}");
    let health = server.health().await;
    assert!(health["model"]["degraded"].as_str().is_some_and(|why| why.contains("key")), "{health}");
    let (code, printed) = server.terminate();
    assert_eq!(code, Some(0));
    assert!(!printed.contains(KEY) && !health.to_string().contains(KEY), "the key is in the output");
    assert!(printed.contains(NAME), "{printed}");
    for request in &asked {
        assert!(!request.to_string().contains(KEY), "the key is in a prompt");
    }
}

/// Nothing listens at the model's address: clients notice nothing.
#[tokio::test(flavor = "multi_thread")]
async fn clients_are_answered_without_the_model() {
    let home = Home::ready();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let ran = home
        .tolmach(&["chat", "--lang", "ru"])
        .env("TOLMACH_LLM_BASE_URL", &format!("http://{free}/v1"))
        .env("TOLMACH_LLM_MODEL", NAME)
        .stdin("нужен перфоратор до 20 тысяч\n")
        .run()
        .ok();
    assert!(ran.stdout.contains("Перфоратор"), "{}", ran.stdout);
}

/// A label and a reply that invent nothing.
fn plain(request: &Value) -> String {
    let schema = &request["response_format"]["json_schema"]["schema"]["properties"];
    if schema["label"].is_object() {
        return json!({ "label": "none" }).to_string();
    }
    json!({ "text": "Сейчас посмотрим. Перезвоним на [телефон]." }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_elsewhere_sees_no_contact() {
    for language in ["ru", "en"] {
        let home = Home::ready();
        let provider = Model::start(KEY, plain).await;
        let server = home
            .tolmach(&["run", "--listen", "127.0.0.1:0"])
            .env("TOLMACH_LLM_BASE_URL", &provider.url)
            .env("TOLMACH_LLM_MODEL", NAME)
            .env("TOLMACH_LLM_API_KEY", KEY)
            .env("TOLMACH_LOG", "trace")
            .serve();
        let mut page = Page::new(&server, language).await;
        let messages = match language {
            "ru" => [
                "нужен перфоратор 8 (916) 555-01-42",
                "а доставка в Казань есть anna.k@example.com",
                "+7 916\n555-01-42 это вотсап, карта 4111 1111 1111 1111, какие есть болгарки?",
                "расскажите про гарантию подробнее, я @anna_kuznetsova",
            ],
            _ => [
                "I need a rotary hammer +7 916 555 01 42",
                "do you deliver to Kazan anna.k@example.com",
                "+7 916\n555-01-42 is whatsapp, card 4111 1111 1111 1111, which grinders do you have?",
                "tell me more about the warranty, I am @anna_kuznetsova",
            ],
        };
        for (number, text) in messages.iter().enumerate() {
            let reply = page.ask(&number.to_string(), text).await;
            assert!(!reply["text"].to_string().contains("[телефон]"), "a placeholder is shown: {reply}");
        }
        let asked = provider.asked();
        assert!(asked.len() >= 3, "the model is asked: {}", asked.len());
        let history = asked.iter().filter(|request| request["messages"].to_string().contains("[")).count();
        assert!(history > 0, "placeholders stand in the prompts: {asked:?}");
        for request in &asked {
            let text = request.to_string();
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            assert!(!digits.contains("9165550142"), "the phone number: {text}");
            for secret in ["anna.k", "4111", "kuznetsova", "555-01", "555 01"] {
                assert!(!text.contains(secret), "«{secret}» is in {text}");
            }
        }
        // The stored chat replays, and no log line holds the contact.
        let (_, printed) = server.terminate();
        assert!(!printed.contains("555-01-42") && !printed.contains("anna.k@"), "{printed}");
        let replayed = home.tolmach(&["replay", "--since", "1d", "--json"]).run().ok().json();
        assert_eq!(replayed["differ"], json!([]), "{replayed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reading_direction_cannot_be_turned_round() {
    let home = Home::ready();
    let provider = Model::start(KEY, |request| {
        let schema = &request["response_format"]["json_schema"]["schema"]["properties"];
        match schema["label"].is_object() {
            true => json!({ "label": "none" }).to_string(),
            false => json!({ "text": "Смотрите\u{202e} ниже." }).to_string(),
        }
    })
    .await;
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_LLM_BASE_URL", &provider.url)
        .env("TOLMACH_LLM_MODEL", NAME)
        .env("TOLMACH_LLM_API_KEY", KEY)
        .serve();
    let mut page = Page::new(&server, "ru").await;
    let offer = page.ask("1", "нужен пер\u{202e}фо\u{200b}ратор\u{2066} до 20 тысяч").await;
    assert!(!offer["cards"].as_array().expect("cards").is_empty(), "the words are read: {offer}");
    assert!(!offer.to_string().contains('\u{202e}'), "what a model writes is shown as it is read: {offer}");
    let again = Page::back(&server, &page.token).await;
    let seen = serde_json::to_string(&again.shown).expect("JSON");
    assert!(seen.contains("нужен перфоратор до 20 тысяч"), "the staff and the client see plain text: {seen}");
    assert!(!seen.contains(['\u{202e}', '\u{200b}', '\u{2066}']), "{seen}");
    server.terminate();
}
