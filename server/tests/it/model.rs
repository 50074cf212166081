//! A language model behind an OpenAI-compatible address, its inventions, and its absence.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{fake, page::Page, support::Home};

pub const KEY: &str = "sk-secret-of-the-shop-0123456789";

/// How the provider behaves.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Well,
    Down,
    KeyRefused,
}

#[derive(Clone)]
pub struct Provider {
    mood: Arc<Mutex<Mood>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Provider {
    pub async fn start() -> (Provider, String) {
        let provider = Provider { mood: Arc::new(Mutex::new(Mood::Well)), asked: Arc::default() };
        let own = provider.clone();
        let url = fake::serve(move |path, headers, body| {
            let provider = own.clone();
            async move {
                let key =
                    headers.get("authorization").and_then(|value| value.to_str().ok().map(str::to_owned));
                let refusal = |code: u16, why: &str| {
                    (
                        StatusCode::from_u16(code).expect("a status"),
                        json!({ "error": { "message": why, "code": why } }),
                    )
                };
                let mood = *provider.mood.lock().expect("not poisoned");
                if key != Some(format!("Bearer {KEY}")) || mood == Mood::KeyRefused {
                    return refusal(401, "invalid_api_key");
                }
                if path != "/v1/chat/completions"
                    || body["model"] != "test-model"
                    || !body["messages"].is_array()
                {
                    return refusal(404, "model_not_found");
                }
                if mood == Mood::Down {
                    return refusal(503, "overloaded");
                }
                let content = reply(&body);
                provider.asked.lock().expect("not poisoned").push(body);
                (
                    StatusCode::OK,
                    json!({
                        "id": "1", "object": "chat.completion", "created": 1, "model": "test-model",
                        "choices": [{ "index": 0, "finish_reason": "stop",
                                      "message": { "role": "assistant", "content": content } }],
                        "usage": { "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120 },
                    }),
                )
            }
        })
        .await;
        (provider, format!("{url}/v1"))
    }

    fn becomes(&self, mood: Mood) {
        *self.mood.lock().expect("not poisoned") = mood;
    }
}

/// A label where one is asked for, and a text with an invention in it otherwise.
fn reply(request: &Value) -> String {
    let schema = &request["response_format"]["json_schema"]["schema"]["properties"];
    if schema["label"].is_object() {
        return json!({ "label": "none" }).to_string();
    }
    let text = "Модель советует [1]. Сегодня всего за 777 рублей! Пишите, если нужна помощь.";
    json!({ "text": text }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_speaks_but_invents_nothing() {
    let home = Home::ready();
    let (provider, url) = Provider::start().await;
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_LLM_BASE_URL", &url)
        .env("TOLMACH_LLM_MODEL", "test-model")
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
    let asked = provider.asked.lock().expect("not poisoned").clone();
    assert!(asked.iter().any(|request| request["messages"].to_string().contains("перфоратор")), "{asked:?}");
    assert_eq!(server.health().await["status"], "ok");

    provider.becomes(Mood::Down);
    let offer = page.ask("2", "нужен сварочный инвертор").await;
    assert!(!offer["cards"].as_array().expect("cards").is_empty(), "{offer}");
    assert!(
        offer["text"].as_str().is_some_and(|text| !text.contains("Модель") && !text.is_empty()),
        "{offer}"
    );
    let health = server.health().await;
    assert_eq!(health["status"], "degraded", "{health}");
    assert!(health["model"]["degraded"].as_str().is_some_and(|why| why.contains("503")), "{health}");

    provider.becomes(Mood::Well);
    let offer = page.ask("3", "нужен дренажный насос").await;
    assert!(offer["text"].as_str().is_some_and(|text| text.starts_with("Модель советует")), "{offer}");
    assert_eq!(server.health().await["status"], "ok");

    provider.becomes(Mood::KeyRefused);
    let offer = page.ask("4", "нужен бензиновый генератор").await;
    assert!(!offer["cards"].as_array().expect("cards").is_empty(), "{offer}");
    let health = server.health().await;
    assert!(health["model"]["degraded"].as_str().is_some_and(|why| why.contains("key")), "{health}");
    let (code, printed) = server.terminate();
    assert_eq!(code, Some(0));
    assert!(!printed.contains(KEY) && !health.to_string().contains(KEY), "the key is in the output");
    assert!(printed.contains("test-model"), "{printed}");
    for request in &asked {
        assert!(!request.to_string().contains(KEY), "the key is in a prompt");
    }
}

/// Nobody listens at the address: clients notice nothing.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_model_the_consultant_answers() {
    let home = Home::ready();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let ran = home
        .tolmach(&["chat", "--lang", "ru"])
        .env("TOLMACH_LLM_BASE_URL", &format!("http://{free}/v1"))
        .env("TOLMACH_LLM_MODEL", "test-model")
        .stdin("нужен перфоратор до 20 тысяч\n")
        .run()
        .ok();
    assert!(ran.stdout.contains("RH-10537"), "{}", ran.stdout);
}
