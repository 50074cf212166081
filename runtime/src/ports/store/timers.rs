//! Timers of chats.

use async_trait::async_trait;
use serde::Serialize;

use super::ChatKey;
use crate::ports::Result;

/// A timer that a turn has started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TimerRow {
    /// The chat.
    pub chat: ChatKey,
    /// Its name within the chat.
    pub name: String,
    /// When it is due, milliseconds since the Unix epoch.
    pub due: i64,
}

/// Timers that turns have started. A due timer becomes an event in the inbox. Times are in milliseconds since the Unix
/// epoch.
#[async_trait]
pub trait TimerStore: Send + Sync {
    /// The timers that are due first, at most `limit`.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn timers(&self, limit: u32) -> Result<Vec<TimerRow>>;

    /// Turns the timers of these channels that are due by `now` into waiting events, each once; returns their chats.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn fire_timers(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>>;

    /// Turns one timer into a waiting event if it is due by `now`; returns whether it was. If it is due later, a task
    /// for it is pushed unless one is pending.
    ///
    /// # Errors
    /// When the database is unavailable, or when `chat` or `name` contains U+0000.
    async fn fire_timer(&self, chat: &str, name: &str, now: i64) -> Result<bool>;

    /// When the next timer of these channels is due; `None` without timers.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn next_timer(&self, channels: &[String]) -> Result<Option<i64>>;
}
