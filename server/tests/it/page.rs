//! A client of the web channel's protocol, as the chat page is one.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::support::Server;

/// A connected page.
pub struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The token that opens the chat again.
    pub token: String,
    /// All messages that the page shows, in order.
    pub shown: Vec<Value>,
    greeting: Greeting,
}

/// How far the greeting of a new chat is.
#[derive(Clone, Copy, PartialEq)]
enum Greeting {
    /// There is none, or the client has written since.
    Over,
    /// Shown; nothing of it is stored.
    Shown,
    /// The stored messages take its place.
    Stored,
}

impl Page {
    /// Opens a new chat and waits for its greeting.
    pub async fn new(server: &Server, language: &str) -> Page {
        let mut page = Page::connect(server).await;
        page.hello(json!({ "language": language })).await;
        page.reply().await;
        page
    }

    /// Opens an existing chat with its whole history.
    pub async fn back(server: &Server, token: &str) -> Page {
        let mut page = Page::connect(server).await;
        let mut part = page.hello(json!({ "token": token })).await;
        while part["earlier"] == true {
            page.send(json!({ "type": "older", "before": page.shown[0]["seq"] })).await;
            while part["type"] != "older" {
                part = page.receive().await.expect("open");
            }
            page.shown.splice(0..0, part["messages"].as_array().expect("messages").iter().cloned());
            part["type"] = Value::Null;
        }
        page
    }

    /// Connects without saying hello.
    pub async fn connect(server: &Server) -> Page {
        Page::connect_to(server, "/ws").await
    }

    /// A socket at a path that has not said hello.
    pub async fn connect_to(server: &Server, path: &str) -> Page {
        let (socket, _) = connect_async(format!("ws://{}{path}", server.address)).await.expect("connected");
        Page { socket, token: String::new(), shown: Vec::new(), greeting: Greeting::Over }
    }

    pub async fn hello(&mut self, mut hello: Value) -> Value {
        hello["type"] = "hello".into();
        self.send(hello).await;
        let welcome = self.receive().await.expect("open");
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        self.token = welcome["token"].as_str().expect("a token").to_owned();
        self.shown.extend(welcome["messages"].as_array().expect("messages").iter().cloned());
        welcome
    }

    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        // If the server is gone, the missing reply shows it.
        let _ = self.socket.send(Message::text(text)).await;
    }

    pub async fn send_message(&mut self, id: &str, text: &str) {
        if text == "/start" && self.greeting == Greeting::Shown {
            // The greeting is what is asked for.
            self.shown.clear();
            self.greeting = Greeting::Over;
        }
        self.send(json!({ "type": "message", "id": id, "text": text })).await;
    }

    /// Sends a message and waits for the bot's reply.
    pub async fn ask(&mut self, id: &str, text: &str) -> Value {
        self.send_message(id, text).await;
        self.reply().await
    }

    /// Presses a button with this label in the last message that has one, and waits for the bot's reply.
    pub async fn press(&mut self, id: &str, label: &str) -> Value {
        let button = self
            .shown
            .iter()
            .rev()
            .flat_map(|message| message["buttons"].as_array().into_iter().flatten())
            .find(|button| button["label"] == label)
            .unwrap_or_else(|| panic!("no button «{label}» in {:?}", self.shown))["id"]
            .clone();
        self.send(json!({ "type": "press", "id": id, "button": button, "label": label })).await;
        self.reply().await
    }

    /// The next message of the bot or of the staff. What was shown as the greeting already is not one.
    pub async fn reply(&mut self) -> Value {
        loop {
            let frame = self.receive().await.expect("open");
            assert_ne!(frame["type"], "error", "{frame}");
            let last = frame["messages"].as_array().and_then(|messages| messages.last());
            match (frame["type"].as_str(), last) {
                (Some("greeting"), Some(last)) => return last.clone(),
                (Some("message"), _) if frame["who"] != "client" && self.greeting == Greeting::Over => {
                    return frame;
                }
                _ => {}
            }
        }
    }

    /// The next frame; `None` when the server is gone. Fails after a timeout.
    pub async fn receive(&mut self) -> Option<Value> {
        loop {
            let next =
                tokio::time::timeout(Duration::from_secs(30), self.socket.next()).await.expect("not silent");
            match next?.ok()? {
                Message::Text(text) => {
                    let frame: Value = serde_json::from_str(&text).expect("JSON");
                    if frame["type"] == "greeting" {
                        self.greeting = Greeting::Shown;
                        self.shown = frame["messages"].as_array().expect("messages").clone();
                    }
                    if frame["type"] == "message" {
                        if self.greeting == Greeting::Shown {
                            self.shown.clear();
                            self.greeting = Greeting::Stored;
                        }
                        if frame["who"] == "client" && frame["text"] != "/start" {
                            self.greeting = Greeting::Over;
                        }
                        let mut message = frame.clone();
                        // Messages of the history in `welcome` do not have this field; otherwise they are the same.
                        message.as_object_mut().expect("an object").remove("type");
                        self.shown.push(message);
                    }
                    return Some(frame);
                }
                Message::Ping(_) | Message::Pong(_) => {}
                _ => return None,
            }
        }
    }

    /// Author and text of all messages so far.
    pub fn dialog(&self) -> Vec<(String, String)> {
        let text = |message: &Value, field: &str| message[field].as_str().expect("a text").to_owned();
        self.shown.iter().map(|message| (text(message, "who"), text(message, "text"))).collect()
    }
}
