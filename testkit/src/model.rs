//! A fake of an OpenAI-compatible model endpoint that checks the key and the model name and can simulate outages.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http;

/// The only model name that is found.
pub const NAME: &str = "test-model";

/// Behaviour of the provider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behaviour {
    /// Answers normally.
    Well,
    /// 503, as if overloaded.
    Down,
    /// 401, as for a revoked key.
    KeyRefused,
}

/// The fake provider.
#[derive(Clone)]
pub struct Model {
    /// Base URL, ending in `/v1`.
    pub url: String,
    mood: Arc<Mutex<Behaviour>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Model {
    /// Starts a provider that requires this key. `reply` makes the content of an answer from the request body.
    pub async fn start(key: &str, reply: fn(&Value) -> String) -> Model {
        let (mood, asked) = (Arc::new(Mutex::new(Behaviour::Well)), Arc::<Mutex<Vec<Value>>>::default());
        let mut model = Model { url: String::new(), mood, asked };
        let (own, bearer) = (model.clone(), format!("Bearer {key}"));
        let url = http::serve(move |path, headers, body| {
            let known = headers.get("authorization").is_some_and(|given| given == bearer.as_str());
            let answer = own.answer(known, &path, body, reply);
            async move { answer }
        })
        .await;
        model.url = format!("{url}/v1");
        model
    }

    /// Sets the behaviour from now on.
    pub fn set_behaviour(&self, mood: Behaviour) {
        *self.mood.lock().expect("not poisoned") = mood;
    }

    /// Bodies of all requests that were answered with 200.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().expect("not poisoned").clone()
    }

    fn answer(&self, known: bool, path: &str, request: Value, reply: fn(&Value) -> String) -> (u16, Value) {
        let refusal = |code: u16, why: &str| (code, json!({ "error": { "message": why, "code": why } }));
        let mood = *self.mood.lock().expect("not poisoned");
        if !known || mood == Behaviour::KeyRefused {
            return refusal(401, "invalid_api_key");
        }
        if path != "/v1/chat/completions" || request["model"] != NAME || !request["messages"].is_array() {
            return refusal(404, "model_not_found");
        }
        if mood == Behaviour::Down {
            return refusal(503, "overloaded");
        }
        let content = reply(&request);
        self.asked.lock().expect("not poisoned").push(request);
        let body = json!({
            "id": "1", "object": "chat.completion", "created": 1, "model": NAME,
            "choices": [{ "index": 0, "finish_reason": "stop",
                          "message": { "role": "assistant", "content": content } }],
            "usage": { "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120 },
        });
        (200, body)
    }
}
