//! Telegram: receives updates by long polling and sends messages through the Bot API.
//!
//! teloxide-core provides the API types. Its sending code, and teloxide's dispatcher, polling and Throttle, are not
//! used: the polling confirms updates before their handlers finish, Throttle pauses the whole bot after one 429, and on
//! a server error each request sleeps for ten seconds and loses the status code. Here an update is confirmed only after
//! its inbox row is committed, and the status code tells a permanent refusal from a temporary failure.
//!
//! Only private chats are served; chats of the staff are handled separately, see `staff`. Rate limiting relies on
//! Telegram's `retry_after`, which the outbox honours per chat. The token is part of every API URL, so error texts
//! never contain a URL.
//!
//! Not here: webhooks, files of clients, dialogs in groups, and the interpretation of messages.

mod api;
mod deliver;
mod inbound;
mod poll;
mod render;
mod staff;
mod units;

use tolmach_engine::{catalog::Localized, channel::Capabilities};

pub use api::{Bot, Options};
pub use deliver::TelegramChannel;
pub use poll::poll;

pub(crate) const WHAT: &str = "telegram";

/// The channel's name in addresses.
pub const NAME: &str = "telegram";

/// What Telegram shows; see core.telegram.org/bots/api.
pub const CAPABILITIES: Capabilities = Capabilities {
    name: NAME,
    max_buttons: 100,
    // Telegram has no limit; phones show about as many.
    max_label: 40,
    max_cards: None,
    albums: false,
    edits: false,
    typing: false,
    contact_sharing: true,
    files: true,
    max_text: 4096,
    max_caption: 1024,
    max_callback_data: 64,
};

/// A command in the bot's menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuCommand {
    /// Name without the slash: lower-case Latin letters, digits and underscores, at most 32 characters.
    pub name: String,
    /// Description, at most 256 characters per language.
    pub description: Localized,
}

#[cfg(test)]
mod tests;
