//! Timers of chats.

use async_trait::async_trait;

use super::ChatKey;
use crate::ports::Result;

/// Timers that a turn started and that fall due as events.
#[async_trait]
pub trait TimerStore: Send + Sync {
    /// Turns timers due by `now` into waiting events, once each; returns their chats.
    async fn fire_timers(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>>;

    /// Turns one timer into a waiting event if it is due by `now`, and says whether it was; if it is due later, a task
    /// is pushed unless one is out.
    async fn fire_timer(&self, chat: &str, name: &str, now: i64) -> Result<bool>;

    /// When the next timer falls due, milliseconds since the Unix epoch.
    async fn next_timer(&self, channels: &[String]) -> Result<Option<i64>>;
}
