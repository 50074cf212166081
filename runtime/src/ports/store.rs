//! What is remembered. One port, and one commit a turn.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tolmach_engine::{
    effect::{Author, Button, Effect, Lead, Outgoing, Press},
    event::Event,
};

use super::{AuditStore, Day, Inbound, Job, QuarantinedTask, Removed, Retention, Task};

/// As many events of a chat as [`Store::next`] gives at once.
pub const MAX_PENDING: u32 = 20;

/// A chat's key: its [`super::Address`] as text.
pub type ChatKey = String;

/// An event that waits for its turn.
#[derive(Clone, Debug)]
pub struct InboxRow {
    /// Order within the store.
    pub seq: i64,
    /// The chat.
    pub chat: ChatKey,
    /// The event; its id was made when it was received.
    pub event: Event,
    /// For a press: the id of the button.
    pub button: Option<String>,
}

/// What is stored of a chat between turns.
#[derive(Clone, Debug, Default)]
pub struct Chat {
    /// The session as JSON; `None` for a chat that has not had a turn.
    pub session: Option<String>,
    /// Grows by one with every commit; 0 before the first.
    pub version: i64,
}

/// What there is to do for a chat.
#[derive(Clone, Debug, Default)]
pub struct Next {
    /// The oldest waiting events, at most [`BURST`].
    pub rows: Vec<InboxRow>,
    /// The chat as it stands.
    pub chat: Chat,
    /// Whether its outbox holds undelivered messages.
    pub owed: bool,
}

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

/// One turn, to be stored whole or not at all.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The chat.
    pub chat: ChatKey,
    /// The inbox rows that this turn consumes, at least one.
    pub inbox: Vec<i64>,
    /// The event of the turn: the row's own, or what several rows were merged into.
    pub event: Event,
    /// The version the turn started from.
    pub version: i64,
    /// The session after the turn, as JSON.
    pub session: String,
    /// The flow and the node inside which the chat waits from now on; `None` when it does not.
    pub waits: Option<(String, String)>,
    /// Since when a person has the chat, milliseconds since the Unix epoch; `None` when the bot has it.
    pub handed: Option<i64>,
    /// What the client said, if the turn began so, and what the bot says; in order.
    pub messages: Vec<MessageRow>,
    /// Everything to do, in order.
    pub effects: Vec<Effect>,
    /// Messages to the staff, with the addresses they go to.
    pub notices: Vec<NoticeRow>,
    /// The turn's trace, as JSON.
    pub trace: String,
    /// The release that the turn ran on.
    pub release: String,
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

/// Something said, for the history of a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRow {
    /// Order within the store; 0 when not stored yet.
    #[serde(default)]
    pub seq: i64,
    /// Who said it.
    pub who: Author,
    /// The client's text, or the bot's message as JSON of [`tolmach_engine::effect::Outgoing`].
    pub body: String,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// Stored.
    Stored,
    /// Another process committed a turn of this chat since it was loaded, or consumed the inbox row: nothing was stored.
    Conflict,
}

/// A lead as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadRow {
    /// Its id.
    pub id: String,
    /// The chat it came from.
    pub chat: ChatKey,
    /// Its content.
    pub lead: Lead,
    /// Milliseconds since the Unix epoch.
    pub created: i64,
    /// Milliseconds since the Unix epoch.
    pub updated: i64,
}

/// A turn as stored.
#[derive(Clone, Debug)]
pub struct StoredTurn {
    /// Order within the store.
    pub seq: i64,
    /// The chat.
    pub chat: ChatKey,
    /// When its event was received, milliseconds since the Unix epoch.
    pub at: i64,
    /// The event that started it.
    pub event: Event,
    /// The release it ran on.
    pub release: String,
    /// The trace, as JSON.
    pub trace: String,
}

/// The text files of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Content hash.
    pub id: String,
    /// Paths and texts, as JSON.
    pub files: String,
}

/// A release that was made the current one, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Order within the store; 0 when not stored yet. The last one's release is the current one.
    #[serde(default)]
    pub seq: i64,
    /// The release.
    pub release: String,
    /// The release that was current before; `None` for the first.
    pub parent: Option<String>,
    /// Who did it.
    pub author: String,
    /// Why.
    pub note: String,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// Forwards or back.
    pub kind: PublicationKind,
    /// Where chats go that wait on the parent: `flow.node` there, to `flow.node` here or to `restart`.
    #[serde(default)]
    pub moves: BTreeMap<String, String>,
}

/// What a publication was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicationKind {
    /// A release of somebody's making.
    Publish,
    /// Back to an earlier release.
    Rollback,
}

/// How a publication ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishOutcome {
    /// Stored, under this `seq`.
    Stored(i64),
    /// Another release is current than was expected: nothing was stored.
    Conflict {
        /// The current release.
        current: Option<String>,
    },
}

/// Chats that wait inside a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingPlace {
    /// The release they are pinned to.
    pub release: String,
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
    /// How many.
    pub chats: u64,
}

/// A chat that a person has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TakenOverChat {
    /// The chat.
    pub chat: ChatKey,
    /// Since when, milliseconds since the Unix epoch.
    pub since: i64,
}

/// A mark that a turn made for analytics.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalyticsEvent {
    /// The effect that made it.
    pub effect: String,
    /// The chat.
    pub chat: ChatKey,
    /// What was marked.
    pub what: AnalyticsEventKind,
    /// The release that the turn ran on.
    pub release: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// What a [`Mark`] marks.
#[derive(Clone, Debug, PartialEq)]
pub enum AnalyticsEventKind {
    /// A conversion.
    Goal {
        /// The goal.
        name: String,
        /// What it is worth, if anything was said of that.
        value: Option<f64>,
        /// The client's arms at that moment, by experiment.
        arms: BTreeMap<String, String>,
    },
    /// The client was put into an arm.
    Arm {
        /// The experiment.
        experiment: String,
        /// The arm.
        arm: String,
    },
}

/// Durable memory. Every method is atomic; a method that returned Ok survives a crash of the process.
#[async_trait]
pub trait Store: AuditStore + Send + Sync {
    /// Stores what was received, skipping known (channel, key) pairs; returns the chats that have something new.
    /// Event ids are given by the caller, one an item.
    async fn receive(&self, at: i64, inbound: Vec<(uuid::Uuid, Inbound)>) -> super::Result<Vec<ChatKey>>;

    /// What there is to do for a chat, at one moment.
    async fn next(&self, chat: &str) -> super::Result<Next>;

    /// Puts messages to the staff into the outbox and has them delivered; an effect that is known is skipped.
    async fn post(&self, notices: Vec<NoticeRow>, at: i64) -> super::Result<()>;

    /// The chat as it stands.
    async fn chat(&self, chat: &str) -> super::Result<Chat>;

    /// Stores a turn: inbox rows consumed, session replaced if its version is still the one given, messages, trace,
    /// buttons, outbox, notices, leads, timers and marks. Tasks are pushed for the addresses of notices and for timers.
    async fn commit(&self, commit: Commit) -> super::Result<CommitOutcome>;

    /// The chats of these channels that have waiting events, or whose oldest undelivered message is due by `now`, and
    /// that no other living process has leased.
    async fn unfinished(&self, now: i64, channels: &[String]) -> super::Result<Vec<ChatKey>>;

    /// Takes chats for this process for 10 seconds, or prolongs that; returns those it has now. A process that has a
    /// chat may yet meet another in it, after a pause of the one or a lost connection: [`Store::commit`] tells.
    async fn lease(&self, chats: Vec<ChatKey>) -> super::Result<Vec<ChatKey>>;

    /// Lets other processes have chats.
    async fn give_back(&self, chats: Vec<ChatKey>) -> super::Result<()>;

    /// Waits until other processes have received or stored something for chats, and returns these. What happens while
    /// nobody waits, or while a connection is lost, may be missed: [`Store::unfinished`] finds it.
    async fn changed(&self) -> Vec<ChatKey>;

    /// A chat's undelivered messages, oldest first.
    async fn outbox(&self, chat: &str) -> super::Result<Vec<OutboxRow>>;

    /// Marks messages as delivered (or dropped for good).
    async fn delivered(&self, effects: Vec<String>) -> super::Result<()>;

    /// Puts a message off until `due`, counts the attempt and pushes a task to deliver then.
    async fn put_off(&self, effect: &str, due: i64) -> super::Result<()>;

    /// What a button of this chat stands for.
    async fn button(&self, chat: &str, id: &str) -> super::Result<Option<Press>>;

    /// Turns timers due by `now` into waiting events, once each; returns their chats.
    async fn fire_timers(&self, now: i64, channels: &[String]) -> super::Result<Vec<ChatKey>>;

    /// Turns one timer into a waiting event if it is due by `now`, and says whether it was; if it is due later, a task
    /// is pushed unless one is out.
    async fn fire_timer(&self, chat: &str, name: &str, now: i64) -> super::Result<bool>;

    /// When the next timer falls due, milliseconds since the Unix epoch.
    async fn next_timer(&self, channels: &[String]) -> super::Result<Option<i64>>;

    /// The last `limit` messages of a chat with `seq` above `after`, oldest first.
    async fn messages(&self, chat: &str, after: i64, limit: u32) -> super::Result<Vec<MessageRow>>;

    /// Leads, newest first.
    async fn leads(&self, limit: u32) -> super::Result<Vec<LeadRow>>;

    /// Stored turns of a chat, oldest first.
    async fn turns(&self, chat: &str, limit: u32) -> super::Result<Vec<StoredTurn>>;

    /// Stored turns of all chats since `at`, in the order of their `seq`, those above `after` only.
    async fn turns_since(&self, at: i64, after: i64, limit: u32) -> super::Result<Vec<StoredTurn>>;

    /// Where chats wait inside nodes, the most first.
    async fn waiting_places(&self) -> super::Result<Vec<WaitingPlace>>;

    /// How many chats do not wait inside a node.
    async fn chats_at_rest(&self) -> super::Result<u64>;

    /// The keys of at most 10 chats that have had a turn and whose key holds this text, the last active first.
    async fn chats_like(&self, part: &str) -> super::Result<Vec<ChatKey>>;

    /// The chats that a person has, longest first.
    async fn handed(&self) -> super::Result<Vec<TakenOverChat>>;

    /// Marks since `at`, oldest first.
    async fn analytics_since(&self, at: i64) -> super::Result<Vec<AnalyticsEvent>>;

    /// Makes a kept release the current one, if the current one is still `expected`; two that publish at once
    /// cannot overwrite each other.
    async fn publish(
        &self,
        publication: Publication,
        expected: Option<String>,
    ) -> super::Result<PublishOutcome>;

    /// The last publication, whose release is the current one; `None` before the first.
    async fn current_release(&self) -> super::Result<Option<Publication>>;

    /// The last publications, newest first.
    async fn publications(&self, limit: u32) -> super::Result<Vec<Publication>>;

    /// The ids of kept releases that begin so, at most 10.
    async fn releases_like(&self, prefix: &str) -> super::Result<Vec<String>>;

    /// Keeps a release; nothing happens when it is kept already.
    async fn keep_release(&self, bundle: &Bundle, at: i64) -> super::Result<()>;

    /// A kept release.
    async fn release(&self, id: &str) -> super::Result<Option<Bundle>>;

    /// Whether the database answers: for /health.
    async fn ping(&self) -> super::Result<()>;

    /// Pushes a task to be done at `at`.
    async fn push(&self, job: Job, at: i64) -> super::Result<()>;

    /// Pushes a task to be done at `at` unless something was pushed under this key before; returns whether it was new.
    /// Keys are known for as long as done tasks are kept.
    async fn push_once(&self, key: &str, task: Task, at: i64) -> super::Result<bool>;

    /// What happened since `at`, in numbers.
    async fn day(&self, at: i64) -> super::Result<Day>;

    /// Counts that a task is begun, before it is; returns how often it was.
    async fn begin_task(&self, id: &str, task: &Task, now: i64) -> super::Result<i64>;

    /// Forgets a task that is done.
    async fn end_task(&self, id: &str) -> super::Result<()>;

    /// Keeps a task that was begun from being tried any more.
    async fn quarantine(&self, id: &str, why: &str, now: i64) -> super::Result<()>;

    /// The tasks in quarantine, the last first.
    async fn quarantined(&self, limit: u32) -> super::Result<Vec<QuarantinedTask>>;

    /// Takes a task out of quarantine and pushes it again; `false` when it is not there.
    async fn retry_task(&self, id: &str, now: i64) -> super::Result<bool>;

    /// Deletes what is older than is to be kept, at most `limit` rows of each kind, the oldest first; there may be
    /// more when as many were deleted.
    async fn retain(&self, keep: &Retention, limit: u32) -> super::Result<Removed>;

    /// Carries out what is queued and closes the database. Later calls fail as unavailable.
    async fn close(&self) -> super::Result<()>;
}

/// The buttons of an effect that come back as presses.
pub fn presses(buttons: &[Button]) -> impl Iterator<Item = (&str, &Press)> {
    buttons.iter().filter_map(|button| match &button.action {
        tolmach_engine::effect::Action::Press { id, press } => Some((id.as_str(), press)),
        tolmach_engine::effect::Action::Open { .. } => None,
    })
}
