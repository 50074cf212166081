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

/// How the delivery of a message stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is still to be delivered.
    Waiting {
        /// Failed attempts so far.
        attempts: i64,
        /// Why the last one failed.
        failure: Option<String>,
        /// When the next one may be made, milliseconds since the Unix epoch.
        due: i64,
    },
    /// The channel has it.
    Delivered,
    /// It was given up: it did not arrive and will not, unless it is sent again.
    Failed {
        /// Why.
        why: String,
    },
}

/// The delivery of a message of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The `seq` of the message.
    pub message: i64,
    /// How it stands.
    pub state: DeliveryState,
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

    /// Marks messages as delivered. Unknown ids are ignored.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn delivered(&self, effects: Vec<String>) -> Result<()>;

    /// Gives messages up, each with the reason: they are attempted no more. Unknown ids are ignored.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn give_up(&self, effects: Vec<(String, String)>) -> Result<()>;

    /// Postpones a message until `due`, milliseconds since the Unix epoch, counts the attempt, keeps why it failed, and
    /// pushes a task that delivers it then.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn postpone(&self, effect: &str, due: i64, why: &str) -> Result<()>;

    /// How the delivery of a chat's messages stands, for those with a `seq` from `first` to `last`, at most 200. Messages
    /// of clients have none, nor have old ones whose delivery is no longer kept.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn deliveries(&self, chat: &str, first: i64, last: i64) -> Result<Vec<DeliveryRow>>;

    /// Makes a message that was given up wait again, under the id of its effect, and pushes a task that delivers it.
    /// Returns whether it was given up; in any other state it stays as it is.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn deliver_again(&self, chat: &str, message: i64, now: i64) -> Result<bool>;
}

/// The buttons that send a press back when used, each with its id. Link buttons are left out.
pub fn presses(buttons: &[Button]) -> impl Iterator<Item = (&str, &Press)> {
    buttons.iter().filter_map(|button| match &button.action {
        Action::Press { id, press } => Some((id.as_str(), press)),
        Action::Open { .. } => None,
    })
}
