//! The outbox: messages to clients and to staff that are still to be delivered.

use async_trait::async_trait;
use tolmach_engine::effect::{Action, Button, Outgoing, Press};

use super::ChatKey;
use crate::ports::Result;

/// An undelivered message.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// The effect's id.
    pub effect: String,
    /// The chat.
    pub chat: ChatKey,
    /// The message, as JSON of [`tolmach_engine::effect::Outgoing`].
    pub payload: String,
    /// Failed attempts so far.
    pub attempts: i64,
    /// When it may be delivered, milliseconds since the Unix epoch.
    pub due: i64,
}

/// A message to one staff recipient. It is delivered like a message to a client, in the order of its own address.
#[derive(Clone, Debug, PartialEq)]
pub struct NoticeRow {
    /// `<effect id>.<number of the recipient>`.
    pub effect: String,
    /// The recipient: a [`crate::ports::Address`] as text.
    pub chat: ChatKey,
    /// The message.
    pub message: Outgoing,
}

/// Stores messages until they are delivered, in order for each address.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Adds messages to staff to the outbox and pushes tasks that deliver them. Effect ids that are known are skipped.
    /// `at` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// When the database is unavailable, or when an address or effect id contains U+0000.
    async fn post(&self, notices: Vec<NoticeRow>, at: i64) -> Result<()>;

    /// A chat's undelivered messages, oldest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn outbox(&self, chat: &str) -> Result<Vec<OutboxRow>>;

    /// Marks messages as delivered, also those that were dropped. Unknown ids are ignored.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn delivered(&self, effects: Vec<String>) -> Result<()>;

    /// Postpones a message until `due`, milliseconds since the Unix epoch, counts the attempt and pushes a task that
    /// delivers it then.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn postpone(&self, effect: &str, due: i64) -> Result<()>;
}

/// The buttons that send a press back when used, each with its id. Link buttons are left out.
pub fn presses(buttons: &[Button]) -> impl Iterator<Item = (&str, &Press)> {
    buttons.iter().filter_map(|button| match &button.action {
        Action::Press { id, press } => Some((id.as_str(), press)),
        Action::Open { .. } => None,
    })
}
