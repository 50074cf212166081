//! A Bot API that refuses what Telegram refuses, and hands updates out until an offset confirms them.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, Uri},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify};

pub(super) const TOKEN: &str = "4242:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao";

#[derive(Clone)]
pub(super) struct Fake {
    pub(super) url: String,
    inner: Arc<Mutex<Inner>>,
    news: Arc<Notify>,
}

#[derive(Default)]
pub(super) struct Inner {
    /// Not confirmed yet.
    pub(super) updates: Vec<Value>,
    /// Every request, with its method.
    pub(super) seen: Vec<(String, Value)>,
    /// Messages that clients see.
    pub(super) shown: Vec<Value>,
    /// Answers to the next sending requests: code, description, seconds to wait; `None` lets one through.
    pub(super) faults: VecDeque<Option<(u16, &'static str, Option<u64>)>>,
    /// The same for requests for updates.
    pub(super) poll_faults: VecDeque<(u16, &'static str, Option<u64>)>,
    pub(super) blocked: HashSet<i64>,
    /// Whether markup is refused whatever it is.
    pub(super) hates_markup: bool,
}

type Refusal = (u16, String, Option<u64>);

impl Fake {
    pub(super) async fn start() -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let fake = Fake { url, inner: Arc::default(), news: Arc::default() };
        let router = Router::new().fallback(answer).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        fake
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    pub(super) fn push(&self, update: Value) {
        self.inner().updates.push(update);
        self.news.notify_waiters();
    }

    async fn updates(&self, request: &Value) -> Result<Value, Refusal> {
        if let Some((code, why, after)) = self.inner().poll_faults.pop_front() {
            return Err((code, why.to_owned(), after));
        }
        let woken = self.news.notified();
        let ready = |inner: &mut Inner| {
            if let Some(offset) = request["offset"].as_i64() {
                inner.updates.retain(|update| update["update_id"].as_i64() >= Some(offset));
            }
            let limit = usize::try_from(request["limit"].as_u64().unwrap_or(100)).expect("small");
            inner.updates.iter().take(limit).cloned().collect::<Vec<_>>()
        };
        let found = ready(&mut self.inner());
        if !found.is_empty() {
            return Ok(json!(found));
        }
        let hold = Duration::from_secs(request["timeout"].as_u64().unwrap_or(0));
        drop(tokio::time::timeout(hold, woken).await);
        Ok(json!(ready(&mut self.inner())))
    }

    fn send(&self, method: &str, request: &Value) -> Result<Value, Refusal> {
        let mut inner = self.inner();
        if let Some(Some((code, why, after))) = inner.faults.pop_front() {
            return Err((code, why.to_owned(), after));
        }
        let chat = request["chat_id"].as_i64().ok_or_else(|| bad("chat_id is empty"))?;
        if inner.blocked.contains(&chat) {
            return Err((403, "Forbidden: bot was blocked by the user".to_owned(), None));
        }
        if chat == 404 {
            return Err(bad("chat not found"));
        }
        let (text, limit, long) = match method {
            "sendphoto" => (&request["caption"], 1024, "message caption is too long"),
            _ => (&request["text"], 4096, "message is too long"),
        };
        let text = text.as_str().unwrap_or_default();
        let html = request["parse_mode"] == "HTML";
        if html && inner.hates_markup && text.contains(['<', '&']) {
            return Err(bad("can't parse entities: Unsupported start tag \"b\" at byte offset 0"));
        }
        let visible = if html {
            visible(text).map_err(|why| bad(&format!("can't parse entities: {why}")))?
        } else {
            text.to_owned()
        };
        if method == "sendmessage" && visible.trim().is_empty() {
            return Err(bad("message text is empty"));
        }
        if visible.encode_utf16().count() > limit {
            return Err(bad(long));
        }
        check_markup(&request["reply_markup"])?;
        if method == "sendphoto"
            && !request["photo"]
                .as_str()
                .is_some_and(|url| url.starts_with("https://") && url.ends_with(".jpg"))
        {
            return Err(bad("wrong file identifier/HTTP URL specified"));
        }
        inner.shown.push(json!({
            "chat": chat, "text": visible, "photo": request["photo"], "markup": request["reply_markup"], "html": html,
        }));
        Ok(
            json!({ "message_id": inner.shown.len(), "date": 1, "chat": { "id": chat, "type": "private", "first_name": "А" } }),
        )
    }
}

fn bad(why: &str) -> Refusal {
    (400, format!("Bad Request: {why}"), None)
}

async fn answer(State(fake): State<Fake>, uri: Uri, body: Bytes) -> (StatusCode, Json<Value>) {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (token, method) = uri.path().trim_start_matches("/bot").split_once('/').unwrap_or_default();
    let method = method.to_lowercase();
    fake.inner().seen.push((method.clone(), request.clone()));
    let result = match method.as_str() {
        _ if token != TOKEN => Err((401, "Unauthorized".to_owned(), None)),
        "getme" => Ok(json!({ "id": 4242, "is_bot": true, "first_name": "Бот", "username": "shop_bot" })),
        "getupdates" => fake.updates(&request).await,
        "sendmessage" | "sendphoto" => fake.send(&method, &request),
        "answercallbackquery" | "setmycommands" => Ok(json!(true)),
        _ => Err((404, "Not Found".to_owned(), None)),
    };
    match result {
        Ok(result) => (StatusCode::OK, Json(json!({ "ok": true, "result": result }))),
        Err((code, description, after)) => {
            let mut body = json!({ "ok": false, "error_code": code, "description": description });
            if let Some(after) = after {
                body["parameters"] = json!({ "retry_after": after });
            }
            (StatusCode::from_u16(code).expect("a status"), Json(body))
        }
    }
}

fn check_markup(markup: &Value) -> Result<(), Refusal> {
    for button in
        markup["inline_keyboard"].as_array().into_iter().flatten().filter_map(Value::as_array).flatten()
    {
        if button["text"].as_str().is_none_or(str::is_empty) {
            return Err(bad("can't parse inline keyboard button: text is empty"));
        }
        if let Some(data) = button["callback_data"].as_str()
            && !(1..=64).contains(&data.len())
        {
            return Err(bad("BUTTON_DATA_INVALID"));
        }
        if let Some(url) = button["url"].as_str()
            && !url.starts_with("http")
        {
            return Err(bad("BUTTON_URL_INVALID"));
        }
    }
    Ok(())
}

/// The text that a reader sees, or what Telegram's parser complains of.
fn visible(html: &str) -> Result<String, String> {
    let (mut text, mut open, mut rest) = (String::new(), Vec::new(), html);
    while let Some(at) = rest.find(['<', '&']) {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        if after.starts_with('&') {
            let entity = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
            let (name, c) =
                entity.into_iter().find(|(name, _)| after.starts_with(name)).unwrap_or(("&", '&'));
            text.push(c);
            rest = after.strip_prefix(name).unwrap_or_default();
            continue;
        }
        let (tag, after) = after.split_once('>').ok_or("Unclosed start tag")?;
        let tag = tag.trim_start_matches('<');
        match tag.strip_prefix('/') {
            Some(name) if open.pop() == Some(name) => {}
            Some(name) => return Err(format!("Unexpected end tag \"{name}\"")),
            None if ["b", "i", "u", "s", "code", "pre"].contains(&tag) => open.push(tag),
            None => return Err(format!("Unsupported start tag \"{tag}\"")),
        }
        rest = after;
    }
    text.push_str(rest);
    open.pop().map_or(Ok(text), |tag| Err(format!("Can't find end tag corresponding to start tag \"{tag}\"")))
}

#[test]
fn the_fake_is_as_strict_as_telegram() {
    assert_eq!(visible("<b>a</b> &lt;&amp;").as_deref(), Ok("a <&"));
    for broken in ["<b>a", "a</b>", "<b><i>a</b></i>", "<div>a</div>", "a < b"] {
        assert!(visible(broken).is_err(), "{broken}");
    }
}
