//! How a socket begins: where it was opened, the `hello` frame, tokens.

use axum::extract::ws::{Message, WebSocket};
use tolmach_engine::{
    event::{Client, Origin},
    language::Language,
};
use uuid::Uuid;

use super::{End, size};
use crate::web::{
    DEFAULT_SITE, Guard, Site, Visitor,
    frame::{FromPage, ToPage},
};

/// Where a socket was opened, and by whom.
pub(super) struct Visit {
    pub(super) visitor: Visitor,
    pub(super) origin: Origin,
    pub(super) site: Site,
    /// See [`crate::web::frame::MessageView::new`].
    pub(super) photos: &'static str,
}

impl Visit {
    /// What is known about a client whose page asks for a language.
    pub(super) fn client(&self, language: Option<String>) -> Client {
        let asked = language.as_deref().and_then(Language::from_code);
        let offered = &self.site.languages;
        let only = offered.first().filter(|_| offered.len() == 1).copied();
        let language = asked.filter(|language| offered.contains(language)).or(only);
        Client { language, entry: self.site.entry.clone(), ..Client::default() }
    }
}

/// What a page said first.
pub(super) struct Hello {
    pub(super) token: String,
    pub(super) language: Option<String>,
    /// `seq` of the last message that the page has seen.
    pub(super) after: i64,
}

/// Waits for the `hello` frame. Any other frame gets an error frame.
///
/// # Errors
/// When the page disconnects, or sends too many frames.
pub(super) async fn hello(socket: &mut WebSocket, guard: &Guard, visitor: &Visitor) -> Result<Hello, End> {
    loop {
        let message = socket.recv().await.ok_or(End::Gone)?.map_err(|_| End::Gone)?;
        guard.frame(visitor, None, size(&message)).map_err(|_| End::TOO_FAST)?;
        let code = match message {
            Message::Text(text) => match serde_json::from_str(text.as_str()) {
                Ok(FromPage::Hello { token, language, after }) => {
                    // A token that this server cannot have issued starts a new chat.
                    let known = token
                        .filter(|token| token.len() == 64 && token.chars().all(|c| c.is_ascii_hexdigit()));
                    return Ok(Hello { token: known.unwrap_or_else(new_token), language, after });
                }
                Ok(FromPage::Message { .. } | FromPage::Press { .. } | FromPage::Older { .. }) => {
                    "hello_first"
                }
                Err(_) => "bad_frame",
            },
            Message::Binary(_) => "bad_frame",
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return Err(End::Gone),
        };
        let error = serde_json::to_string(&ToPage::Error { code, id: None }).map_err(|_| End::Gone)?;
        socket.send(Message::Text(error.into())).await.map_err(|_| End::Gone)?;
    }
}

fn new_token() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// The chat id of a token on a site: 128 bits of a hash of both. They identify the chat and do not reveal the token.
pub(super) fn address_of(site: &str, token: &str) -> String {
    let name = if site == DEFAULT_SITE { String::new() } else { format!("{site} ") };
    let hash = blake3::hash(format!("tolmach web chat {name}{token}").as_bytes()).to_hex();
    hash.chars().take(32).collect()
}
