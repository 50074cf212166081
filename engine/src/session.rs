//! The session: the state of a chat between turns. Plain data, so that it can be stored, compared and replayed.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    context::Context,
    effect::{Author, Utterance},
    event::Client,
    language::Language,
    slot,
};

/// The most utterances in the history.
const HISTORY: usize = 12;
/// The most characters of an utterance in the history.
pub(crate) const UTTERANCE: usize = 500;

/// The most bytes of a session, about as they are stored: it is read, cloned and written in every turn.
pub const MAX_BYTES: usize = 1_000_000;

/// The state of one chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The chat's key in the runtime. It never changes for the same client of a channel.
    #[serde(default)]
    pub chat: String,
    /// The release it runs on.
    pub release: String,
    /// The client's language.
    pub language: Language,
    /// Whether a message or a choice of the client has shown the language; before that the one of their application is used.
    #[serde(default)]
    pub language_known: bool,
    /// The client chose the language; messages no longer change it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub language_chosen: bool,
    /// A message in another language has been seen; a second one changes the language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_doubt: Option<Language>,
    /// What the channel knows of the client.
    #[serde(default)]
    pub client: Client,
    /// The client's arm in each experiment. Outlives dialogs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arms: BTreeMap<String, String>,
    /// When staff took the chat over, or last wrote in it, milliseconds since the Unix epoch; the bot is silent.
    #[serde(default, alias = "handed", skip_serializing_if = "Option::is_none")]
    pub taken_over_at: Option<i64>,
    /// The staff member who has the chat, by the name that their channel gives; `None` while nobody answered a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over_by: Option<String>,
    /// Since when the client waits for a person, milliseconds since the Unix epoch: since the chat was handed off, or since the
    /// first message that staff have not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited_since: Option<i64>,
    /// How long the handoff lasts after the last message of staff, milliseconds, where a node has set it.
    #[serde(default, alias = "patience", alias = "timeout", skip_serializing_if = "Option::is_none")]
    pub handoff_timeout: Option<i64>,
    /// The group of staff that a node called; `None` for the default group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff_group: Option<String>,
    /// Flows being run, the outermost first; empty before the first turn and after `end`.
    #[serde(default)]
    pub frames: Vec<Frame>,
    /// The button that the client pressed last, if nothing else came from them since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_press: Option<LastPress>,
    /// What was said lately, oldest first.
    #[serde(default)]
    pub history: VecDeque<Utterance>,
    /// What the conversation is about. Outlives dialogs.
    #[serde(default, skip_serializing_if = "Context::is_empty")]
    pub context: Context,
    /// The client's last messages, oldest first, in a channel in which messages can be edited.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub sent: VecDeque<SentMessage>,
    /// The question that the client's last message was a reply to, in such a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied: Option<Replied>,
}

/// A message of the client's that may still be edited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMessage {
    /// The channel's own id of it.
    pub id: String,
    /// When it was first received, milliseconds since the Unix epoch.
    pub at: i64,
    /// A hash of its words, to tell whether an edit changes them; no text, because that may be personal.
    pub words: String,
    /// What stands of it in the history; empty where nothing does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// A question that a message was a reply to, as it waited before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Replied {
    /// The channel's own ids of the messages.
    pub ids: Vec<String>,
    /// How many flows ran.
    pub depth: usize,
    /// The flow that asked.
    pub flow: String,
    /// The node that waited, with what it remembered.
    pub waiting: Waiting,
}

/// A press that may come once more: a double tap, or an update that a channel repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastPress {
    /// The button's id.
    pub id: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// A flow being run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The flow.
    pub flow: String,
    /// Its slots: every declared one, unset ones `null`.
    pub slots: Map<String, Value>,
    /// The slot that the last search filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<String>,
    /// The node that waits for the client or, below another frame, for the flow that it called; without one the next
    /// message enters at `start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Interrupted questions; the last one is asked again first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interrupted: Vec<Interrupted>,
}

/// An interrupted question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interrupted {
    /// The node of this frame that waited.
    pub waiting: Waiting,
    /// The frames of the flows that it had called; the last one waits for the client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<Frame>,
    /// Whether a command of this turn interrupted it: it comes back in the same turn or not at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_command: bool,
}

/// A node that waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its name.
    pub node: String,
    /// What it remembers.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub state: Value,
    /// Whether it waits for a time while the dialog goes on, and is not dropped when a question is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lasting: bool,
}

impl Session {
    /// Where the chat waits inside a node: flow and node.
    pub fn waits_at(&self) -> Option<(&str, &str)> {
        let frame = self.frames.last()?;
        Some((&frame.flow, &frame.waiting.as_ref()?.node))
    }

    /// Checks that a value may replace another one in the session.
    ///
    /// # Errors
    /// The session would have more than [`MAX_BYTES`].
    pub(crate) fn check_room(&self, new: &Value, old: &Value) -> Result<(), String> {
        let grown = bytes(new).saturating_sub(bytes(old));
        let whole = self.frames.iter().map(Frame::bytes).sum::<usize>();
        if grown > 0 && whole.saturating_add(grown) > MAX_BYTES {
            return Err(format!("the session would have more than {MAX_BYTES} bytes"));
        }
        Ok(())
    }

    /// Resets the dialog: slots, questions, history. What is known of the client stays.
    pub(crate) fn reset(&mut self) {
        self.frames.clear();
        self.history.clear();
        self.sent.iter_mut().for_each(|sent| sent.said.clear());
        self.replied = None;
    }

    /// Drops the question that waits in the innermost flow, and those that were interrupted there; a wait for a time that
    /// lasts stays.
    pub(crate) fn clear_waiting(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.interrupted.retain(|interrupted| interrupted.waiting.lasting);
            let lasting = frame.waiting.take().filter(|waiting| waiting.lasting);
            frame
                .interrupted
                .extend(lasting.map(|waiting| Interrupted { waiting, ..Interrupted::default() }));
        }
    }

    /// Adds something said to the history, shortened; returns what was added. `text` holds no personal value.
    pub(crate) fn remember(&mut self, who: Author, text: &str) -> Option<String> {
        if text.trim().is_empty() {
            return None;
        }
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        let text = crate::text::shorten(text, UTTERANCE);
        self.history.push_back(Utterance { who, text: text.clone() });
        Some(text)
    }
}

impl Frame {
    /// A flow about to begin, its slots at their defaults.
    pub fn new(flow: &str, slots: &BTreeMap<String, slot::Declaration>) -> Frame {
        let mut frame = Frame { flow: flow.to_owned(), ..Frame::default() };
        frame.fit_slots(slots);
        frame
    }

    /// Its slots and what its nodes remember, with the frames that it keeps, in bytes.
    fn bytes(&self) -> usize {
        let slots = self.slots.iter().map(|(name, value)| name.len() + bytes(value)).sum::<usize>();
        let states =
            self.waiting.iter().chain(self.interrupted.iter().map(|interrupted| &interrupted.waiting));
        let above = self.interrupted.iter().flat_map(|interrupted| &interrupted.above);
        slots
            + states.map(|waiting| bytes(&waiting.state)).sum::<usize>()
            + above.map(Frame::bytes).sum::<usize>()
    }

    /// Adapts the slots to their declarations: new ones get their default, undeclared ones and values that no longer fit are
    /// removed.
    pub(crate) fn fit_slots(&mut self, slots: &BTreeMap<String, slot::Declaration>) {
        self.slots.retain(|name, value| {
            slots.get(name).is_some_and(|declaration| declaration.accept(value.clone()).is_ok())
        });
        for (name, declaration) in slots {
            if !self.slots.contains_key(name) {
                let default = declaration.default.as_ref();
                // One that does not fit is an error of the release, which never runs.
                let default = default.and_then(|default| declaration.accept(default.value.clone()).ok());
                let default = default.unwrap_or_default();
                self.slots.insert(name.clone(), default);
            }
        }
    }
}

/// The length of a value's JSON in bytes, but for the escapes of its texts.
fn bytes(value: &Value) -> usize {
    /// A number, a truth value, or the signs around a text or a field.
    const SMALL: usize = 8;
    match value {
        Value::String(text) => text.len() + SMALL,
        Value::Array(items) => SMALL + items.iter().map(bytes).sum::<usize>(),
        Value::Object(fields) => {
            SMALL + fields.iter().map(|(name, value)| name.len() + SMALL + bytes(value)).sum::<usize>()
        }
        _ => SMALL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_makes_the_session_too_large_is_refused() {
        let mut session = Session { frames: vec![Frame::default()], ..Session::default() };
        let half = Value::String("x".repeat(MAX_BYTES / 2));
        assert_eq!(session.check_room(&half, &Value::Null), Ok(()));
        session.frames[0].slots.insert("a".to_owned(), half.clone());
        assert!(session.check_room(&half, &Value::Null).is_err());
        // In place of the one that is there it fits, and so does a smaller one.
        assert_eq!(session.check_room(&half, &half), Ok(()));
        assert_eq!(session.check_room(&Value::Null, &half), Ok(()));
    }

    #[test]
    fn a_session_of_an_earlier_version_reads() {
        let stored = r#"{ "release": "r1", "language": "ru", "handed": 5, "patience": 7, "turn_state": {} }"#;
        let session: Session = serde_json::from_str(stored).unwrap();
        assert_eq!((session.taken_over_at, session.handoff_timeout), (Some(5), Some(7)));
        assert!(!serde_json::to_string(&session).unwrap().contains("turn_state"));
    }
}
