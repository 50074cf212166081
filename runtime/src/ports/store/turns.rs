//! Sessions and turns: committed atomically, read again for replays.

use async_trait::async_trait;
use tolmach_engine::{
    effect::{Effect, Press},
    event::Event,
};

use super::{ChatKey, ChatOverview, MessageRow, NoticeRow, TurnFigures};
use crate::ports::{Page, Result};

/// The stored state of a chat between turns.
#[derive(Clone, Debug, Default)]
pub struct Chat {
    /// The session as JSON; `None` for a chat that has not had a turn.
    pub session: Option<String>,
    /// The number of committed turns; 0 before the first.
    pub version: i64,
    /// What the runtime remembers of the chat's messages to staff, as JSON; `None` for nothing.
    pub staff: Option<String>,
}

/// One turn, to be stored atomically.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The chat.
    pub chat: ChatKey,
    /// The inbox rows that this turn consumes, at least one.
    pub inbox: Vec<i64>,
    /// The event of the turn: that of the only row, or several rows merged into one event.
    pub event: Event,
    /// The chat's version when the turn started.
    pub version: i64,
    /// The session after the turn, as JSON.
    pub session: String,
    /// The flow and node at which the chat waits after the turn; `None` when it waits at none.
    pub waits: Option<(String, String)>,
    /// Since when staff have taken over the chat, milliseconds since the Unix epoch; `None` when the bot has it.
    pub taken_over_at: Option<i64>,
    /// What lists show of the chat.
    pub overview: ChatOverview,
    /// What the panel counts.
    pub figures: TurnFigures,
    /// Whether something was said in this turn that makes the chat worth keeping: see
    /// [`crate::ports::Retention::silent_chats`].
    pub spoke: bool,
    /// The client's messages in this turn, then the bot's or the staff's, one for each command that sends, in their order.
    pub messages: Vec<MessageRow>,
    /// The effects of the turn, in order.
    pub effects: Vec<Effect>,
    /// Messages to staff, with their recipients.
    pub notices: Vec<NoticeRow>,
    /// The new value of [`Chat::staff`].
    pub staff: Option<String>,
    /// The turn's [`crate::Record`], as JSON.
    pub trace: String,
    /// The release that the turn ran on.
    pub release: String,
}

/// The result of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// Stored.
    Stored,
    /// Another turn of this chat was committed since it was loaded, or an inbox row was consumed: nothing was stored.
    Conflict,
}

/// A stored turn.
#[derive(Clone, Debug)]
pub struct StoredTurn {
    /// Order within the store.
    pub seq: i64,
    /// The chat.
    pub chat: ChatKey,
    /// When its event was received, milliseconds since the Unix epoch.
    pub at: i64,
    /// Its event.
    pub event: Event,
    /// The release that it ran on.
    pub release: String,
    /// Its [`crate::Record`], as JSON.
    pub trace: String,
}

/// Which stored turns are wanted; an unset field excludes none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnQuery {
    /// Of this chat.
    pub chat: Option<ChatKey>,
    /// With an event received at or after this time, milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// Which part, the oldest first.
    pub page: Page,
}

impl TurnQuery {
    /// The first `limit` turns of a chat.
    pub fn of(chat: impl Into<ChatKey>, limit: u32) -> TurnQuery {
        TurnQuery { chat: Some(chat.into()), since: None, page: Page::first(limit) }
    }

    /// The first `limit` turns of all chats since a time, above a `seq`.
    pub fn since(at: i64, after: i64, limit: u32) -> TurnQuery {
        TurnQuery { chat: None, since: Some(at), page: Page { limit, after: Some(after) } }
    }
}

/// Sessions and committed turns.
#[async_trait]
pub trait TurnStore: Send + Sync {
    /// The stored state of a chat; the default for an unknown chat.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn chat(&self, chat: &str) -> Result<Chat>;

    /// Stores a turn: consumes the inbox rows, replaces the session if its version is still the given one, and stores
    /// messages, trace, buttons, outbox, notices, leads, timers and analytics events. Pushes tasks for timers and for
    /// the addresses of notices.
    ///
    /// # Errors
    /// When the database is unavailable, or when the session, the trace or a button id, timer name or address contains
    /// U+0000.
    async fn commit(&self, commit: Commit) -> Result<CommitOutcome>;

    /// The action of a button of this chat; `None` for an unknown button.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn button(&self, chat: &str, id: &str) -> Result<Option<Press>>;

    /// Stored turns, oldest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn turns(&self, query: &TurnQuery) -> Result<Vec<StoredTurn>>;
}
