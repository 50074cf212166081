//! Telegram: updates by long polling, messages by the Bot API.
//!
//! teloxide-core gives the types of the API. Its way of sending, and teloxide's dispatcher, polling and Throttle, are
//! not used: polling confirms updates before their handlers finish, Throttle freezes the whole bot on one 429, and
//! a server error makes each request sleep ten seconds and lose its status code. Here an update is confirmed after
//! its inbox row is committed, and a refusal is told apart from a fault by its code.
//!
//! Only private chats are served, and those of the staff differently: see `staff`. Pacing is Telegram's own `retry_after`, which the outbox honours per chat.
//! The token is in every address of the API, so no error text holds an address.
//!
//! Not here: webhooks, files, dialogs in groups, and what a message means.

mod api;
mod deliver;
mod inbound;
mod poll;
mod render;
mod staff;

use tolmach_engine::catalog::Localized;

pub use api::{Bot, Options};
pub use deliver::TelegramChannel;
pub use poll::poll;

pub(crate) const WHAT: &str = "telegram";

/// The channel's name in addresses.
pub const NAME: &str = "telegram";

/// An entry of the bot's menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuCommand {
    /// Without the slash: Latin lower case, digits and underscores, at most 32.
    pub name: String,
    /// What it does, at most 256 characters.
    pub description: Localized,
}

#[cfg(test)]
mod tests;
