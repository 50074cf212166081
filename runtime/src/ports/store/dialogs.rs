//! Lists of chats, for those who answer.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tolmach_engine::{
    effect::{Author, Command, Effect},
    event::Event,
    trace::Visit,
};

use super::{ChatKey, MessageRow};
use crate::ports::Result;

/// What a list shows of a chat, as its last turn left it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatOverview {
    /// Who spoke last in the turn; `None` when nobody did: the earlier one stands.
    pub said: Option<Author>,
    /// Since when the client waits for a person, milliseconds since the Unix epoch.
    pub awaited_since: Option<i64>,
    /// The staff member who has the chat.
    pub holder: Option<String>,
    /// The client's language.
    pub language: String,
    /// How the channel calls the client; empty when it does not know.
    pub client: String,
}

/// A chat in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct DialogRow {
    /// The chat.
    pub chat: ChatKey,
    /// When its last turn began, milliseconds since the Unix epoch.
    pub updated: i64,
    /// See [`ChatOverview::said`].
    pub said: Option<Author>,
    /// See [`ChatOverview::awaited_since`].
    pub awaited_since: Option<i64>,
    /// Since when staff have the chat, milliseconds since the Unix epoch.
    pub taken_over_at: Option<i64>,
    /// See [`ChatOverview::holder`].
    pub holder: Option<String>,
    /// See [`ChatOverview::language`]; empty for a chat of before.
    pub language: String,
    /// See [`ChatOverview::client`].
    pub client: String,
    /// Whether it has an open lead.
    pub has_lead: bool,
    /// Its last message; `None` when it has none.
    pub last: Option<MessageRow>,
}

/// Which chats are listed, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Queue {
    /// All, the last active first.
    #[default]
    All,
    /// Those whose client waits for a person, the longest first.
    Awaited,
    /// Those that a staff member has, the last active first.
    HeldBy(String),
    /// Those in which the client spoke last, the last active first.
    Unanswered,
}

/// Filters for chats. An unset field does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialogQuery {
    /// Which, and in which order.
    pub queue: Queue,
    /// Of this channel.
    pub channel: Option<String>,
    /// With a client of this language.
    pub language: Option<String>,
    /// With an open lead, or without one.
    pub with_lead: Option<bool>,
    /// The last row of the page before: its time by which the queue is ordered, and its chat.
    pub after: Option<(i64, ChatKey)>,
    /// The most rows.
    pub limit: u32,
}

/// Numbers of chats and leads that somebody should look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Chats whose client waits for a person.
    pub awaited: u64,
    /// Chats that the asking staff member has.
    pub mine: u64,
    /// New leads.
    pub new_leads: u64,
}

/// A message of any chat, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Order within the store.
    pub seq: i64,
    /// The chat.
    pub chat: ChatKey,
    /// Who said it.
    pub who: Author,
}

/// Messages in which words were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundSaid {
    /// Chats with the newest such message of each, newest first.
    pub found: Vec<(DialogRow, MessageRow)>,
    /// Whether there may be more chats with such messages.
    pub more: bool,
}

/// The most chats that one search finds.
pub const MAX_FOUND: u32 = 50;

/// A turn without its record.
#[derive(Clone, Debug)]
pub struct TurnLine {
    /// Order within the store.
    pub seq: i64,
    /// When its event was received, milliseconds since the Unix epoch.
    pub at: i64,
    /// Its event.
    pub event: Event,
    /// The release that it ran on.
    pub release: String,
    /// The nodes that it visited.
    pub visits: Vec<Visit>,
    /// What it changed of who has the chat, in order.
    pub handoff: Vec<HandoffChange>,
}

/// A change of who has a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandoffChange {
    /// From the bot to a person.
    Begun {
        /// Why, as the flow says it.
        reason: String,
        /// The groups that were told.
        groups: Vec<String>,
    },
    /// Back to the bot.
    Ended,
}

impl HandoffChange {
    /// What the effects of a turn changed.
    pub fn of(effects: &[Effect]) -> Vec<HandoffChange> {
        let mut groups = Vec::new();
        let change = |effect: &Effect| match &effect.command {
            Command::Notify(notice) if notice.about_chat => {
                groups.push(notice.group.clone());
                None
            }
            Command::HandOff { reason } => {
                Some(HandoffChange::Begun { reason: reason.clone(), groups: std::mem::take(&mut groups) })
            }
            Command::EndHandoff => Some(HandoffChange::Ended),
            _ => None,
        };
        effects.iter().filter_map(change).collect()
    }
}

/// A note of staff about a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoteRow {
    /// Order within the store; 0 when not stored yet.
    pub seq: i64,
    /// The chat.
    pub chat: ChatKey,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Who wrote it.
    pub author: String,
    /// The text.
    pub body: String,
}

/// Lists of chats and what staff note about them.
#[async_trait]
pub trait DialogStore: Send + Sync {
    /// Chats that pass the filters. A chat is listed once it has had a turn.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn dialogs(&self, query: &DialogQuery) -> Result<Vec<DialogRow>>;

    /// One chat as the list shows it; `None` for an unknown one.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn dialog(&self, chat: &str) -> Result<Option<DialogRow>>;

    /// The numbers for a staff member.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn waiting(&self, holder: &str) -> Result<Waiting>;

    /// Messages of all chats above a `seq`, oldest first. On a database with several writers a message may appear after one
    /// with a higher `seq`.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn news(&self, after: i64, limit: u32) -> Result<Vec<News>>;

    /// Chats with a message that holds all words of a text, each in any case and as the beginning of a word: see
    /// [`crate::texts`]. Whatever else stands in the text has no meaning. At most `limit` chats, and never more than
    /// [`MAX_FOUND`]; of words that stand in very many messages the newest 5,000 of these are looked at.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn find_said(&self, text: &str, limit: u32) -> Result<FoundSaid>;

    /// The highest `seq` of a message; 0 without any.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn last_news(&self) -> Result<i64>;

    /// The last `limit` turns of a chat that were received from `from` to before `until`, milliseconds since the Unix epoch;
    /// oldest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn turn_lines(&self, chat: &str, from: i64, until: i64, limit: u32) -> Result<Vec<TurnLine>>;

    /// Adds a note. Nothing is added to a chat that has had no turn or was erased; returns whether it was.
    ///
    /// # Errors
    /// When the database is unavailable, or when `chat` contains U+0000.
    async fn add_note(&self, note: &NoteRow) -> Result<bool>;

    /// The last 200 notes about a chat, oldest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn notes(&self, chat: &str) -> Result<Vec<NoteRow>>;
}
