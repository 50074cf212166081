//! Chats as programs are told of them: by the API, and by `tolmach inbox`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tolmach_engine::{
    effect::Author,
    event::{Event, EventKind},
    trace::Visit,
};
use tolmach_runtime::ports::{DeliveryState, DialogRow, MessageRow, NoteRow, TurnLine};

use super::{Conversation, Explained, Found, Search, shown_text};

/// A chat in a list.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ChatShown {
    /// Its key, such as `web:1`.
    pub chat: String,
    /// How the channel calls the client; `null` where it does not know, and for those who do not see contacts.
    pub client: Option<String>,
    /// The client's language; empty where it is not known.
    pub language: String,
    /// When its last turn began, milliseconds since the Unix epoch.
    pub updated: i64,
    /// Since when the client waits for a person, milliseconds since the Unix epoch.
    pub awaited_since: Option<i64>,
    /// Since when staff have the chat, milliseconds since the Unix epoch.
    pub taken_over_at: Option<i64>,
    /// The staff member who has it.
    pub holder: Option<String>,
    /// Whether it has an open lead.
    pub has_lead: bool,
    /// Its last message.
    pub last: Option<MessageShown>,
    /// What people read of the newest message that holds the words, where words were looked for.
    pub found: Option<String>,
}

impl ChatShown {
    /// A chat, with the client's name where `contacts` may be seen.
    pub fn of(row: &DialogRow, contacts: bool) -> ChatShown {
        ChatShown {
            chat: row.chat.clone(),
            client: Some(row.client.clone()).filter(|client| contacts && !client.is_empty()),
            language: row.language.clone(),
            updated: row.updated,
            awaited_since: row.awaited_since,
            taken_over_at: row.taken_over_at,
            holder: row.holder.clone(),
            has_lead: row.has_lead,
            last: row.last.as_ref().map(|last| MessageShown::of(last, None)),
            found: None,
        }
    }

    /// Chats that a search has found.
    pub fn found(search: &Search, contacts: bool) -> Vec<ChatShown> {
        let chat = |found: &Found| ChatShown {
            found: Some(found.text.clone()),
            ..ChatShown::of(&found.row, contacts)
        };
        search.found.iter().map(chat).collect()
    }
}

/// A message of a chat.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MessageShown {
    /// Its number.
    pub seq: i64,
    /// Who said it.
    pub who: Author,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// What people read of it: its text, and the names of its products and files.
    pub text: String,
    /// `waiting`, `delivered` or `failed`; `null` for a client's message, and where nothing is known any more.
    pub delivery: Option<&'static str>,
}

impl MessageShown {
    fn of(row: &MessageRow, delivery: Option<&DeliveryState>) -> MessageShown {
        let delivery = delivery.map(|state| match state {
            DeliveryState::Waiting { .. } => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed { .. } => "failed",
        });
        MessageShown { seq: row.seq, who: row.who, at: row.at, text: shown_text(row), delivery }
    }
}

/// A node that a turn visited.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StepShown {
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
    /// Its kind.
    pub kind: String,
    /// The exit taken, or `wait`; `null` when the node failed.
    pub exit: Option<String>,
    /// Decisions and scores. Values of personal slots are replaced.
    pub notes: Vec<String>,
    /// Why the node failed.
    pub fault: Option<String>,
}

impl StepShown {
    fn of(visit: &Visit) -> StepShown {
        StepShown {
            flow: visit.flow.clone(),
            node: visit.node.clone(),
            kind: visit.kind.clone(),
            exit: visit.exit.clone(),
            notes: visit.notes.clone(),
            fault: visit.fault.clone(),
        }
    }
}

/// A turn in a chat's history.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TurnShown {
    /// Its number.
    pub seq: i64,
    /// When its event was received, milliseconds since the Unix epoch.
    pub at: i64,
    /// What the client wrote, or the label that they pressed; `null` for a timer and the like.
    pub wrote: Option<String>,
    /// The release that it ran on.
    pub release: String,
    /// The nodes that it visited.
    pub steps: Vec<StepShown>,
}

impl TurnShown {
    fn of(line: &TurnLine) -> TurnShown {
        // Notes of a stored turn are shown of one turn alone, explained: see `TurnExplained`.
        let bare = |visit: &Visit| StepShown { notes: Vec::new(), fault: None, ..StepShown::of(visit) };
        TurnShown {
            seq: line.seq,
            at: line.at,
            wrote: wrote(&line.event),
            release: line.release.clone(),
            steps: line.visits.iter().map(bare).collect(),
        }
    }
}

fn wrote(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::Message { text } => Some(text.clone()),
        EventKind::Press { label, .. } => Some(label.clone()),
        _ => None,
    }
}

/// A note of staff.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NoteShown {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Who wrote it.
    pub author: String,
    /// The text.
    pub text: String,
}

/// A part of a chat's transcript with its turns.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ConversationShown {
    /// The chat.
    pub chat: ChatShown,
    /// Messages, oldest first.
    pub messages: Vec<MessageShown>,
    /// What to send as `before` for the messages before these; `null` where there are none.
    pub before: Option<i64>,
    /// The turns that the messages belong to, oldest first.
    pub turns: Vec<TurnShown>,
    /// What staff noted, oldest first.
    pub notes: Vec<NoteShown>,
}

impl ConversationShown {
    /// A part of a transcript, with the client's name where `contacts` may be seen.
    pub fn of(part: &Conversation, notes: &[NoteRow], contacts: bool) -> ConversationShown {
        let message = |row: &MessageRow| MessageShown::of(row, part.deliveries.get(&row.seq));
        let note =
            |note: &NoteRow| NoteShown { at: note.at, author: note.author.clone(), text: note.body.clone() };
        ConversationShown {
            chat: ChatShown::of(&part.row, contacts),
            messages: part.messages.iter().map(message).collect(),
            before: part.messages.first().map(|first| first.seq).filter(|_| part.earlier),
            turns: part.turns.iter().map(TurnShown::of).collect(),
            notes: notes.iter().map(note).collect(),
        }
    }
}

/// A turn explained. Values of personal slots and contacts are replaced.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TurnExplained {
    /// Its number.
    pub seq: i64,
    /// When its event was received, milliseconds since the Unix epoch.
    pub at: i64,
    /// What the client wrote, or the label that they pressed; `null` for a timer and the like.
    pub wrote: Option<String>,
    /// The release that it ran on.
    pub release: String,
    /// The nodes that it visited.
    pub steps: Vec<StepShown>,
    /// What models were asked, in order; empty for those who do not see prompts.
    pub prompts: Vec<PromptShown>,
    /// Attempts of model calls.
    pub calls: Vec<CallShown>,
    /// Why it cannot be explained beyond what is stored.
    pub unexplained: Option<String>,
}

/// What a model was asked.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PromptShown {
    /// Its parts, in order.
    pub parts: Vec<PromptPartShown>,
}

/// A part of a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PromptPartShown {
    /// `instructions`, `labels`, `rows`, `passages`, `history` or `question`.
    pub part: &'static str,
    /// Its text.
    pub text: String,
}

/// An attempt of a model call.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CallShown {
    /// When it began, milliseconds since the Unix epoch.
    pub at: i64,
    /// The flow and the node that asked.
    pub place: String,
    /// `classify` or `generate`.
    pub purpose: &'static str,
    /// Provider and model.
    pub model: String,
    /// How long it took, milliseconds.
    pub millis: u64,
    /// Why it failed.
    pub failure: Option<String>,
    /// Tokens, as the provider told them.
    pub usage: Option<Value>,
}

impl TurnExplained {
    /// A turn, with what models were asked where `prompts` may be seen.
    pub fn of(turn: &Explained, prompts: bool) -> TurnExplained {
        let prompt = |prompt: &super::Prompt| PromptShown {
            parts: prompt
                .0
                .iter()
                .map(|(part, text)| PromptPartShown { part: part.name(), text: text.clone() })
                .collect(),
        };
        let calls = turn.calls.iter().map(|row| CallShown {
            at: row.at,
            place: format!("{}.{}", row.call.flow, row.call.node),
            purpose: row.call.purpose.name(),
            model: row.model.clone(),
            millis: row.millis,
            failure: row.failure.clone(),
            usage: row.usage.clone(),
        });
        TurnExplained {
            seq: turn.seq,
            at: turn.at,
            wrote: wrote(&turn.event),
            release: turn.release.clone(),
            steps: turn.trace.visits.iter().map(StepShown::of).collect(),
            prompts: turn.prompts.iter().filter(|_| prompts).flatten().map(prompt).collect(),
            calls: calls.collect(),
            unexplained: turn.unexplained.clone(),
        }
    }
}
