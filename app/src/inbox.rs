//! The inbox: chats in lists, one chat with its turns, notes of staff, and what the bot would say.
//!
//! Taking a chat and writing to its client is in [`crate::handoff`], saving a dialog as a test in [`crate::saved_test`].

mod delivery;
mod explain;
mod shown;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use tolmach_engine::{Session, event::EventKind, text::shorten};
use tolmach_runtime::{
    Runtime,
    leads::LeadRow,
    ports::{
        self, Actor, DeliveryState, DialogQuery, DialogRow, LeadQuery, MAX_FOUND, MessageQuery, MessageRow,
        NoteRow, Order, Page, Store, TurnLine, Write, Written,
    },
    texts,
};

use crate::audit::Change;

pub use delivery::deliver_again;
pub use explain::{Explained, Prompt, PromptPart, explain};
pub use shown::{ChatShown, ConversationShown, MessageShown, StepShown, TurnExplained, TurnShown};

/// Messages that are shown of a chat at once.
pub const SHOWN: u32 = 60;
/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 2_000;

/// Why something about a chat cannot be shown or done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such chat, or nothing of it is kept any more.
    #[error("there is no chat {0}")]
    UnknownChat(String),
    /// There is no such turn of the chat.
    #[error("there is no turn {1} of the chat {0}; old turns are removed after a time")]
    UnknownTurn(String, i64),
    /// There is no such message of the bot or the staff in the chat, or nothing is known of its delivery any more.
    #[error("there is no such message of the bot or the staff in the chat whose delivery is known")]
    UnknownMessage,
    /// The message has arrived.
    #[error("the message was delivered meanwhile; nothing was sent again")]
    Arrived,
    /// The stored turn cannot be read.
    #[error("the stored turn cannot be read: {0}")]
    Unreadable(String),
    /// The note is empty.
    #[error("the note is empty")]
    EmptyNote,
    /// The note is too long.
    #[error("the note has {0} characters; at most {LONGEST_NOTE} are kept")]
    LongNote(usize),
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

/// What people read of a message: its text, and the names of its products and files.
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
    /// How the delivery of the bot's and the staff's messages stands, by the `seq` of the message.
    pub deliveries: BTreeMap<i64, DeliveryState>,
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
    // What happened after the last message that is known, such as a person taking the chat, brings no message.
    let known = match part {
        Part::After(seq) => {
            let query = MessageQuery { before: Some(seq.saturating_add(1)), ..MessageQuery::of(chat, 0, 1) };
            store.messages(&query).await?.first().map(|message| message.at)
        }
        Part::Last | Part::Before(_) => None,
    };
    let turns = match (known.or(messages.first().map(|first| first.at)), messages.last()) {
        (Some(from), last) => {
            let until = match (before, last) {
                (Some(_), Some(last)) => last.at.saturating_add(1),
                _ => i64::MAX,
            };
            store.turn_lines(chat, from, until, SHOWN).await?
        }
        (None, _) => Vec::new(),
    };
    let deliveries = match (messages.first(), messages.last()) {
        (Some(first), Some(last)) => store.deliveries(chat, first.seq, last.seq).await?,
        _ => Vec::new(),
    };
    let deliveries = deliveries.into_iter().map(|row| (row.message, row.state)).collect();
    Ok(Conversation { row, messages, earlier, turns, deliveries })
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
