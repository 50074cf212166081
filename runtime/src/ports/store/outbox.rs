//! Messages on their way to clients and to the staff.

use async_trait::async_trait;
use tolmach_engine::effect::{Action, Button, Outgoing, Press};

use super::ChatKey;
use crate::ports::Result;

/// A message to be delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// The effect's id.
    pub effect: String,
    /// The chat.
    pub chat: ChatKey,
    /// The message, as JSON of [`tolmach_engine::effect::Outgoing`].
    pub payload: String,
    /// Attempts made so far.
    pub attempts: i64,
    /// Not before this time, milliseconds since the Unix epoch.
    pub due: i64,
}

/// A message to one of the staff: delivered like a message to a client, in the order of its own address.
#[derive(Clone, Debug, PartialEq)]
pub struct NoticeRow {
    /// `<effect id>.<number of the recipient>`.
    pub effect: String,
    /// The recipient: an [`super::Address`] as text.
    pub chat: ChatKey,
    /// What is said.
    pub message: Outgoing,
}

/// Undelivered messages, in the order of their address.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Puts messages to the staff into the outbox and has them delivered; an effect that is known is skipped.
    async fn post(&self, notices: Vec<NoticeRow>, at: i64) -> Result<()>;

    /// A chat's undelivered messages, oldest first.
    async fn outbox(&self, chat: &str) -> Result<Vec<OutboxRow>>;

    /// Marks messages as delivered (or dropped for good).
    async fn delivered(&self, effects: Vec<String>) -> Result<()>;

    /// Puts a message off until `due`, counts the attempt and pushes a task to deliver then.
    async fn put_off(&self, effect: &str, due: i64) -> Result<()>;
}

/// The buttons of an effect that come back as presses.
pub fn presses(buttons: &[Button]) -> impl Iterator<Item = (&str, &Press)> {
    buttons.iter().filter_map(|button| match &button.action {
        Action::Press { id, press } => Some((id.as_str(), press)),
        Action::Open { .. } => None,
    })
}
