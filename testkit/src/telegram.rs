//! A fake Bot API. It validates requests as Telegram does, repeats updates until an offset confirms them, and allows
//! one polling client at a time.

mod markup;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::http;
use markup::{check_markup, visible};

/// The only valid token.
pub const TOKEN: &str = "4242:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao";

/// The bot's user object, as in messages that it wrote.
pub fn bot() -> Value {
    json!({ "id": 4242, "is_bot": true, "first_name": "Бот", "username": "shop_bot" })
}

/// The user object of a person; the id equals that of their private chat.
pub fn person(id: i64) -> Value {
    json!({ "id": id, "is_bot": false, "first_name": "Анна", "language_code": "ru" })
}

/// The chat object of the private chat with a person.
pub fn private(id: i64) -> Value {
    json!({ "id": id, "type": "private", "first_name": "Анна" })
}

/// The server. It outlives restarts of the bot.
#[derive(Clone)]
pub struct Telegram {
    /// Base URL, such as `http://127.0.0.1:1234`.
    pub url: String,
    inner: Arc<Mutex<Inner>>,
    news: Arc<Notify>,
}

/// A scripted error: status code, description, `retry_after` in seconds.
pub type Fault = (u16, &'static str, Option<u64>);

/// How sending to a chat fails, as long as it is in [`Inner::chat_faults`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ChatFault {
    /// No answer until this is removed.
    Hang,
    /// An answer that is not from the Bot API.
    Garbage,
    /// 429 with this `retry_after` in seconds.
    Limited(u64),
}

/// State of the server.
#[derive(Default)]
pub struct Inner {
    /// Updates that are not confirmed yet.
    pub updates: Vec<Value>,
    /// Id of the last update.
    pub last_update: i64,
    /// How many messages people wrote; their ids count up from 1000, as in one chat.
    pub written: i64,
    /// Every request: lower-case method and body.
    pub seen: Vec<(String, Value)>,
    /// Messages that were accepted: `chat`, `text` without markup, `photo` (a URL, or the description of an upload),
    /// `document` (the description of an upload), `markup`, and whether it was `html`.
    pub shown: Vec<Value>,
    /// Descriptions of all errors that were returned.
    pub refused: Vec<String>,
    /// Errors for the next send requests; `None` lets one through.
    pub faults: VecDeque<Option<Fault>>,
    /// Errors for the next `getUpdates` requests.
    pub poll_faults: VecDeque<Fault>,
    /// Chats to which sending fails.
    pub chat_faults: HashMap<i64, ChatFault>,
    /// Chats that have blocked the bot.
    pub blocked: HashSet<i64>,
    /// Whether every HTML text with markup is rejected.
    pub rejects_markup: bool,
    /// Whether sending fails with 502.
    pub down: bool,
    /// Number of `getUpdates` requests. A new one ends the one before with a conflict.
    polls: u64,
}

type Refusal = (u16, String, Option<u64>);

impl Telegram {
    /// Starts a server without updates. Chat 404 does not exist.
    pub async fn start() -> Telegram {
        let mut telegram = Telegram { url: String::new(), inner: Arc::default(), news: Arc::default() };
        let own = telegram.clone();
        telegram.url = http::serve(move |path, _, request| {
            let own = own.clone();
            async move { own.answer(&path, request).await }
        })
        .await;
        telegram
    }

    /// Locks the state.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    /// Adds an update. Without an `update_id` it gets the next one.
    pub fn push(&self, mut update: Value) {
        let mut inner = self.inner();
        let id = update["update_id"].as_i64().unwrap_or(inner.last_update + 1);
        update["update_id"] = id.into();
        inner.last_update = id;
        inner.updates.push(update);
        drop(inner);
        self.news.notify_waiters();
    }

    /// Adds an update with a text message from a person; returns the id of the message.
    pub fn writes(&self, chat: i64, text: &str) -> i64 {
        let id = {
            let mut inner = self.inner();
            inner.written += 1;
            999 + inner.written
        };
        self.push(json!({ "message": message(chat, id, text) }));
        id
    }

    /// Adds an update of a person's message that got another text `seconds` after it was sent: the same `message_id` and
    /// `date`, and an `edit_date` (<https://core.telegram.org/bots/api#message>).
    pub fn edits(&self, chat: i64, id: i64, text: &str, seconds: i64) {
        let mut message = message(chat, id, text);
        message["edit_date"] = json!(1 + seconds);
        self.push(json!({ "edited_message": message }));
    }

    async fn answer(&self, path: &str, request: Value) -> (u16, Value) {
        let (token, method) = path.trim_start_matches("/bot").split_once('/').unwrap_or_default();
        let method = method.to_lowercase();
        self.inner().seen.push((method.clone(), request.clone()));
        if method.starts_with("send") && self.trouble(&request).await {
            return (200, json!("<html>a proxy's page</html>"));
        }
        let result = match method.as_str() {
            _ if token != TOKEN => Err((401, "Unauthorized".to_owned(), None)),
            "getme" => Ok(bot()),
            "getupdates" => self.updates(&request).await,
            "sendmessage" | "sendphoto" | "senddocument" => self.send(&method, &request),
            "answercallbackquery" | "setmycommands" => Ok(json!(true)),
            _ => Err((404, "Not Found".to_owned(), None)),
        };
        match result {
            Ok(result) => (200, json!({ "ok": true, "result": result })),
            Err((code, description, after)) => {
                self.inner().refused.push(description.clone());
                let mut body = json!({ "ok": false, "error_code": code, "description": description });
                if let Some(after) = after {
                    body["parameters"] = json!({ "retry_after": after });
                }
                (code, body)
            }
        }
    }

    /// Long polling: waits until there is an update, the timeout ends, or another client polls.
    async fn updates(&self, request: &Value) -> Result<Value, Refusal> {
        if let Some((code, why, after)) = self.inner().poll_faults.pop_front() {
            return Err((code, why.to_owned(), after));
        }
        let mine = {
            let mut inner = self.inner();
            inner.polls += 1;
            inner.polls
        };
        self.news.notify_waiters();
        let woken = self.news.notified();
        let ready = |inner: &mut Inner| {
            if inner.polls != mine {
                let why = "Conflict: terminated by other getUpdates request; make sure that only one bot instance \
                           is running";
                return Err((409, why.to_owned(), None));
            }
            if let Some(offset) = request["offset"].as_i64() {
                inner.updates.retain(|update| update["update_id"].as_i64() >= Some(offset));
            }
            // Only kinds that are asked for are sent; the others are gone.
            if let Some(kinds) = request["allowed_updates"].as_array().filter(|kinds| !kinds.is_empty()) {
                let asked = |update: &Value| {
                    kinds.iter().filter_map(Value::as_str).any(|kind| update.get(kind).is_some())
                };
                let known = ["message", "edited_message", "callback_query"];
                inner
                    .updates
                    .retain(|update| asked(update) || !known.iter().any(|kind| update.get(*kind).is_some()));
            }
            let limit = usize::try_from(request["limit"].as_u64().unwrap_or(100)).expect("small");
            Ok(inner.updates.iter().take(limit).cloned().collect::<Vec<_>>())
        };
        let found = ready(&mut self.inner())?;
        if !found.is_empty() {
            return Ok(json!(found));
        }
        let hold = Duration::from_secs(request["timeout"].as_u64().unwrap_or(0));
        drop(tokio::time::timeout(hold, woken).await);
        Ok(json!(ready(&mut self.inner())?))
    }

    /// Waits while sending to the chat hangs. Returns whether to answer with garbage.
    async fn trouble(&self, request: &Value) -> bool {
        let chat = number(&request["chat_id"]).unwrap_or_default();
        loop {
            let trouble = self.inner().chat_faults.get(&chat).copied();
            if trouble != Some(ChatFault::Hang) {
                return trouble == Some(ChatFault::Garbage);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn send(&self, method: &str, request: &Value) -> Result<Value, Refusal> {
        let mut inner = self.inner();
        if inner.down {
            return Err((502, "Bad Gateway".to_owned(), None));
        }
        if let Some(Some((code, why, after))) = inner.faults.pop_front() {
            return Err((code, why.to_owned(), after));
        }
        let chat = number(&request["chat_id"]).ok_or_else(|| bad("chat_id is empty"))?;
        if let Some(ChatFault::Limited(after)) = inner.chat_faults.get(&chat) {
            let why = format!("Too Many Requests: retry after {after}");
            return Err((429, why, Some(*after)));
        }
        if inner.blocked.contains(&chat) {
            return Err((403, "Forbidden: bot was blocked by the user".to_owned(), None));
        }
        if chat == 404 {
            return Err(bad("chat not found"));
        }
        let (text, limit, long) = match method {
            "sendphoto" | "senddocument" => (&request["caption"], 1024, "message caption is too long"),
            _ => (&request["text"], 4096, "message is too long"),
        };
        let text = text.as_str().unwrap_or_default();
        let html = request["parse_mode"] == "HTML";
        if html && inner.rejects_markup && text.contains(['<', '&']) {
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
        let markup = written_out(&request["reply_markup"])?;
        check_markup(&markup)?;
        let photo = &request["photo"];
        let document = &request["document"];
        match (method, if method == "sendphoto" { photo } else { document }) {
            ("sendphoto", Value::Null) => return Err(bad("there is no photo in the request")),
            ("senddocument", Value::Null) => return Err(bad("there is no document in the request")),
            (_, Value::Object(file)) if file["bytes"].as_u64() == Some(0) => {
                return Err(bad("file must be non-empty"));
            }
            // Of a bot's uploads: 10 MB for photos, 50 MB for other files (core.telegram.org/bots/api#sending-files).
            ("senddocument", Value::Object(file)) if file["bytes"].as_u64() > Some(50 << 20) => {
                return Err((413, "Request Entity Too Large".to_owned(), None));
            }
            ("senddocument", Value::Object(file)) if file["file"].as_str().is_none_or(str::is_empty) => {
                return Err(bad("there is no document in the request"));
            }
            ("senddocument", Value::Object(_)) => {}
            ("senddocument", _) => return Err(bad("wrong file identifier/HTTP URL specified")),
            _ => {}
        }
        match photo {
            _ if method != "sendphoto" => {}
            Value::Object(file) if file["bytes"].as_u64() > Some(10 << 20) => {
                return Err((413, "Request Entity Too Large".to_owned(), None));
            }
            Value::Object(file)
                if file["media"].as_str().is_some_and(|media| media.starts_with("image/")) => {}
            Value::Object(_) => return Err(bad("IMAGE_PROCESS_FAILED")),
            Value::String(url) if url.starts_with("https://") && url.ends_with(".jpg") => {}
            _ => return Err(bad("wrong file identifier/HTTP URL specified")),
        }
        inner.shown.push(json!({
            "chat": chat, "text": visible, "photo": photo, "document": document, "markup": markup, "html": html,
        }));
        Ok(json!({ "message_id": inner.shown.len(), "date": 1, "chat": private(chat) }))
    }
}

/// A text message of a person.
fn message(chat: i64, id: i64, text: &str) -> Value {
    let mut message = json!({
        "message_id": id, "date": 1, "text": text, "from": person(chat), "chat": private(chat),
    });
    if text.starts_with('/') {
        let length = text.split(' ').next().unwrap_or_default().len();
        message["entities"] = json!([{ "type": "bot_command", "offset": 0, "length": length }]);
    }
    message
}

/// A number, or a number as a string, as in a form.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The markup as JSON; in a form it is a string.
fn written_out(markup: &Value) -> Result<Value, Refusal> {
    match markup {
        Value::String(text) => {
            serde_json::from_str(text).map_err(|_| bad("can't parse reply keyboard markup JSON object"))
        }
        other => Ok(other.clone()),
    }
}

fn bad(why: &str) -> Refusal {
    (400, format!("Bad Request: {why}"), None)
}
