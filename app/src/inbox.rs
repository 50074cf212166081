//! The inbox: chats in lists, one chat with its turns, notes of staff, and what the bot would say.
//!
//! Taking a chat and writing to its client is in [`crate::handoff`].

use serde::Serialize;
use serde_json::json;
use tolmach_engine::{
    Session,
    effect::{Query, QueryOutcome},
    event::{Event, EventKind},
    text::shorten,
    trace::Trace,
};
use tolmach_runtime::{
    Record, Runtime,
    leads::LeadRow,
    ports::{
        self, Actor, DialogQuery, DialogRow, LeadQuery, MAX_FOUND, MessageQuery, MessageRow, ModelCallQuery,
        ModelCallRow, NoteRow, Order, Page, Store, StoredTurn, TurnLine, TurnQuery, Write, Written,
    },
    testing::{self, Saved, SavedTurn},
    texts,
};

use crate::audit::Change;

/// Messages that are shown of a chat at once.
pub const SHOWN: u32 = 60;
/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 2_000;
/// The most turns of a dialog that is saved as a test.
const LONGEST_TEST: u32 = 200;

/// Why something about a chat cannot be shown or done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such chat, or nothing of it is kept any more.
    #[error("there is no chat {0}")]
    UnknownChat(String),
    /// There is no such turn of the chat.
    #[error("there is no turn {1} of the chat {0}; old turns are removed after a time")]
    UnknownTurn(String, i64),
    /// The stored turn cannot be read.
    #[error("the stored turn cannot be read: {0}")]
    Unreadable(String),
    /// The note is empty.
    #[error("the note is empty")]
    EmptyNote,
    /// The note is too long.
    #[error("the note has {0} characters; at most {LONGEST_NOTE} are kept")]
    LongNote(usize),
    /// The dialog is too long for a test.
    #[error("the dialog has more than {LONGEST_TEST} turns; a test of so many shows nothing")]
    LongDialog,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// The chats that pass the filters; see [`DialogQuery`].
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn Store, query: &DialogQuery) -> ports::Result<Vec<DialogRow>> {
    store.dialogs(query).await
}

/// A chat in which a text was found, with the message.
#[derive(Debug)]
pub struct Found {
    /// The chat.
    pub row: DialogRow,
    /// What people read of the message.
    pub text: String,
}

/// What a search in texts has found.
#[derive(Debug)]
pub struct Search {
    /// Chats with the newest message of each that holds the words, newest first.
    pub found: Vec<Found>,
    /// Whether these are all; otherwise there may be more chats with such messages.
    pub complete: bool,
}

/// Looks for the words of a text in all messages: see [`ports::DialogStore::find_said`].
///
/// # Errors
/// When the database is unavailable.
pub async fn search(store: &dyn Store, text: &str) -> ports::Result<Search> {
    let said = store.find_said(text, MAX_FOUND).await?;
    let found =
        said.found.into_iter().map(|(row, message)| Found { row, text: shown_text(&message) }).collect();
    Ok(Search { found, complete: !said.more })
}

/// What people read of a message: its text, and the names of its products.
pub fn shown_text(message: &MessageRow) -> String {
    texts::shown(message.who, &message.body)
}

/// A part of a chat's transcript.
#[derive(Debug)]
pub struct Conversation {
    /// The chat as the list shows it.
    pub row: DialogRow,
    /// Messages, oldest first, at most [`SHOWN`].
    pub messages: Vec<MessageRow>,
    /// Whether there are older ones.
    pub earlier: bool,
    /// The turns that the messages belong to, oldest first.
    pub turns: Vec<TurnLine>,
}

/// Which part of a transcript is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The end.
    Last,
    /// What comes before a message.
    Before(i64),
    /// What comes after a message.
    After(i64),
}

/// A part of a chat's transcript with its turns.
///
/// # Errors
/// When there is no such chat, or the database is unavailable.
pub async fn conversation(store: &dyn Store, chat: &str, part: Part) -> Result<Conversation, Error> {
    let row = store.dialog(chat).await?.ok_or_else(|| Error::UnknownChat(chat.to_owned()))?;
    let (after, before) = match part {
        Part::Last => (0, None),
        Part::Before(seq) => (0, Some(seq)),
        Part::After(seq) => (seq, None),
    };
    let limit = SHOWN.saturating_add(1);
    let query = MessageQuery { chat: chat.to_owned(), after, before, limit };
    let mut messages = store.messages(&query).await?;
    let earlier = messages.len() > usize::try_from(SHOWN).unwrap_or(usize::MAX);
    if earlier {
        messages.remove(0);
    }
    let turns = match (messages.first(), messages.last()) {
        (Some(first), Some(last)) => {
            let until = if before.is_some() { last.at.saturating_add(1) } else { i64::MAX };
            store.turn_lines(chat, first.at, until, SHOWN).await?
        }
        _ => Vec::new(),
    };
    Ok(Conversation { row, messages, earlier, turns })
}

/// What stands beside a chat.
#[derive(Debug)]
pub struct Beside {
    /// Its open lead, or its last one.
    pub lead: Option<LeadRow>,
    /// What staff noted, oldest first.
    pub notes: Vec<NoteRow>,
    /// What the bot remembers; `None` when the session cannot be read.
    pub session: Option<Session>,
}

/// What stands beside a chat.
///
/// # Errors
/// When the database is unavailable.
pub async fn beside(store: &dyn Store, chat: &str) -> Result<Beside, Error> {
    let query = LeadQuery {
        status: Vec::new(),
        assignee: None,
        chat: Some(chat.to_owned()),
        since: None,
        text: None,
        order: Order::NewestFirst,
        page: Page::first(10),
    };
    let leads = store.leads(&query).await?;
    let open = leads.iter().position(|lead| lead.status.is_open()).unwrap_or(0);
    let session = store.chat(chat).await?.session.and_then(|json| serde_json::from_str(&json).ok());
    Ok(Beside { lead: leads.into_iter().nth(open), notes: store.notes(chat).await?, session })
}

/// A turn as it is explained.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// Its `seq`.
    pub seq: i64,
    /// When its event was received, milliseconds since the Unix epoch.
    pub at: i64,
    /// Its event.
    pub event: Event,
    /// The release that it ran on.
    pub release: String,
    /// The trace; more than is stored where the turn replays.
    pub trace: Trace,
    /// What was asked, and what came back.
    pub exchanges: Vec<(Query, QueryOutcome)>,
    /// Attempts of model calls.
    pub calls: Vec<ModelCallRow>,
    /// Why it cannot be explained beyond what is stored.
    pub unexplained: Option<String>,
}

/// Explains a turn of a chat: the stored turn is run again from its record, with the recorded outcomes; nothing is asked. Values
/// of personal slots and contacts are replaced.
///
/// # Errors
/// When there is no such turn, it cannot be read, or the database is unavailable.
pub async fn explain(runtime: &Runtime, chat: &str, seq: i64) -> Result<Explained, Error> {
    let store = runtime.store();
    let query = TurnQuery {
        chat: Some(chat.to_owned()),
        since: None,
        page: Page { limit: 1, after: Some(seq.saturating_sub(1)) },
    };
    let turn = store.turns(&query).await?.into_iter().find(|turn| turn.seq == seq);
    let turn = turn.ok_or_else(|| Error::UnknownTurn(chat.to_owned(), seq))?;
    let record = record(&turn)?;
    let run = |release: &tolmach_engine::Release| {
        let explained = record.explained(release, &turn.event);
        let exchanges = record.exchanges(release, &turn.event);
        let (trace, why) = match explained {
            Ok(trace) => (trace, None),
            Err(why) => (record.trace.clone(), Some(why.to_string())),
        };
        let shown = Record { trace, ..record.clone() }.redacted(release, &turn.event);
        (shown.trace, exchanges, why)
    };
    let (trace, exchanges, unexplained) = match runtime.releases().with_release(&turn.release, run).await? {
        Some(explained) => explained,
        None => (
            record.trace.clone(),
            Vec::new(),
            Some("its release is not kept, or no longer compiles".to_owned()),
        ),
    };
    let calls = ModelCallQuery {
        chat: Some(chat.to_owned()),
        since: Some(turn.at.saturating_sub(1_000)),
        order: Order::OldestFirst,
        page: Page::first(100),
    };
    let mut calls = store.model_calls(&calls).await?;
    calls.retain(|call| call.call.turn == turn.event.id);
    let StoredTurn { seq, at, event, release, .. } = turn;
    Ok(Explained { seq, at, event, release, trace, exchanges, calls, unexplained })
}

fn record(turn: &StoredTurn) -> Result<Record, Error> {
    serde_json::from_str(&turn.trace).map_err(|why| Error::Unreadable(why.to_string()))
}

/// Adds a note about a chat and writes a `chat.note` row of the audit log, without the text.
///
/// # Errors
/// When the note is empty or too long, there is no such chat, or the database is unavailable.
pub async fn note(store: &dyn Store, actor: &Actor, now: i64, chat: &str, text: &str) -> Result<(), Error> {
    let text = text.trim();
    let mut change = Change::new(actor, "chat.note", now);
    change.on(chat);
    let characters = text.chars().count();
    let noted = async {
        match characters {
            0 => return Err(Error::EmptyNote),
            count if count > LONGEST_NOTE => return Err(Error::LongNote(count)),
            _ => {}
        }
        let notes = store.notes(chat).await?.len();
        change.before(json!({ "notes": notes }));
        change.after(json!({ "notes": notes + 1, "characters": characters }));
        let (author, body) = (actor.id.clone(), text.to_owned());
        let note = NoteRow { seq: 0, chat: chat.to_owned(), at: now, author, body };
        match change.write(store, vec![Write::Note(note)]).await? {
            Written::Done { .. } => Ok(()),
            _ => Err(Error::UnknownChat(chat.to_owned())),
        }
    };
    let noted: Result<(), Error> = noted.await;
    // A chat's key may be anything that somebody typed; an unknown one does not enter the log.
    if matches!(noted, Err(Error::UnknownChat(_))) {
        change.on("");
    }
    if let Err(why) = &noted {
        change.end_with(store, Some(reason(why))).await;
    }
    noted
}

fn reason(error: &Error) -> String {
    match error {
        Error::UnknownChat(_) => "there is no such chat".to_owned(),
        other => other.to_string(),
    }
}

/// Writes a chat's dialog as a dialog test, in YAML, whole or until a turn. The client's messages stand in it as they were
/// written.
///
/// # Errors
/// When there is no such chat, it is too long, a turn cannot be read, or the database is unavailable.
pub async fn as_test(
    runtime: &Runtime,
    chat: &str,
    until: Option<i64>,
    script: bool,
) -> Result<String, Error> {
    let store = runtime.store();
    let mut stored = store.turns(&TurnQuery::of(chat, LONGEST_TEST.saturating_add(1))).await?;
    if stored.is_empty() {
        return Err(Error::UnknownChat(chat.to_owned()));
    }
    if let Some(until) = until {
        stored.retain(|turn| turn.seq <= until);
    }
    if stored.len() > usize::try_from(LONGEST_TEST).unwrap_or(usize::MAX) {
        return Err(Error::LongDialog);
    }
    let mut turns = Vec::new();
    for turn in stored {
        let record = record(&turn)?;
        let exchanges = runtime
            .releases()
            .with_release(&turn.release, |release| record.exchanges(release, &turn.event))
            .await?;
        turns.push(SavedTurn { event: turn.event, record, exchanges: exchanges.unwrap_or_default() });
    }
    let last: Session = match store.chat(chat).await?.session {
        Some(session) => serde_json::from_str(&session).map_err(|why| Error::Unreadable(why.to_string()))?,
        None => Session::default(),
    };
    let first = turns.iter().find_map(|turn| match &turn.event.kind {
        EventKind::Message { text } => Some(shorten(&text.replace('\n', " "), 60)),
        _ => None,
    });
    Ok(testing::write(&Saved {
        name: &first.unwrap_or_else(|| "a saved dialog".to_owned()),
        language: last.client.language,
        // The catalogue in use is none of a test.
        cards: false,
        script,
        turns: &turns,
        last: &last,
    }))
}

/// What a person says about a turn that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Right {
    /// The intent that was meant.
    pub intent: Option<String>,
    /// The article that was meant.
    pub article: Option<String>,
    /// What should have been answered.
    pub reply: Option<String>,
}

/// A change of the bundle that would put a turn right. Nothing is changed by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// `example` or `test`.
    pub kind: &'static str,
    /// Where it belongs.
    pub path: String,
    /// The lines.
    pub yaml: String,
}

/// What the client said in a turn, and what would put it right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposals {
    /// The client's words.
    pub said: String,
    /// Empty when nothing follows from what was said about the turn.
    pub proposals: Vec<Proposal>,
}

/// Proposes an example for the intent that was meant, and a dialog test that holds what is right.
///
/// # Errors
/// When there is no such turn, it cannot be read, or the database is unavailable.
pub async fn propose(runtime: &Runtime, chat: &str, seq: i64, right: &Right) -> Result<Proposals, Error> {
    let turn = explain(runtime, chat, seq).await?;
    let said = match &turn.event.kind {
        EventKind::Message { text } => text.clone(),
        EventKind::Press { label, .. } => label.clone(),
        _ => String::new(),
    };
    let mut proposals = Vec::new();
    if said.trim().is_empty() {
        return Ok(Proposals { said, proposals });
    }
    let classified = turn.trace.visits.iter().find(|visit| visit.kind == "classify");
    if let (Some(intent), Some(visit)) = (&right.intent, classified)
        && visit.exit.as_ref() != Some(intent)
    {
        let path = format!("{}.{}, intents.{intent}.examples", visit.flow, visit.node);
        proposals.push(Proposal { kind: "example", path, yaml: format!("- {}", yaml_text(&said)) });
    }
    let mut expect = Vec::new();
    if let Some(intent) = &right.intent {
        expect.push(format!("understood: {{ intent: {} }}", yaml_text(intent)));
    }
    if let Some(article) = &right.article {
        expect.push(format!("cards: {{ some: {} }}", yaml_text(article)));
    }
    if let Some(reply) = &right.reply {
        expect.push(format!("says: {}", yaml_text(reply)));
    }
    if !expect.is_empty() {
        let name = yaml_text(&shorten(&said.replace('\n', " "), 60));
        let yaml = format!(
            "- name: {name}\n  steps:\n    - client: {}\n      expect:\n        {}\n",
            yaml_text(&said),
            expect.join("\n        ")
        );
        proposals.push(Proposal { kind: "test", path: format!("tests/turn-{seq}.test.yaml"), yaml });
    }
    Ok(Proposals { said, proposals })
}

/// A text as a YAML value: in quotes, as JSON has it.
fn yaml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
