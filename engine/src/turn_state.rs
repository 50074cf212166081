//! The state of a turn in progress.

use std::collections::VecDeque;

use crate::{
    effect::{Action, Author, Button, Choice, ClassifyRequest, Command, Effect, Outgoing, Press, Query},
    event::{Event, EventKind, MAX_TEXT},
    language::Language,
    personal::PersonalValues,
    session::{Frame, Session, Waiting},
    text::cut,
    trace::Trace,
    wording,
};

/// Digits of the shortest phone number.
const PHONE_DIGITS: usize = 7;

/// Where a turn was before a `refer` node ran.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Referring {
    /// The flows that ran.
    pub(crate) frames: Vec<Frame>,
    /// The node that waited, with what it remembers; `None` when none did.
    pub(crate) waited: Option<Waiting>,
}

/// A part of a message that is a wish of its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wish {
    pub(crate) text: String,
    /// The flow and the node that read it.
    pub(crate) flow: String,
    pub(crate) node: String,
    /// The exit of that node that it leaves by; `None` to enter the flow at its start.
    pub(crate) exit: Option<String>,
    /// Whether the words are the client's, so that its answer may begin with them.
    pub(crate) said: bool,
}

/// A turn in progress.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TurnState {
    pub(crate) event: Event,
    /// What the client wrote or pressed, normalised once for all comparisons of the turn.
    pub(crate) words: String,
    /// What the trace says of the event before the first node is visited.
    pub(crate) notes: Vec<String>,
    /// The node being run, with what it remembers.
    pub(crate) current: Waiting,
    /// Nodes visited so far.
    pub(crate) visited: u32,
    /// Calls of language models so far.
    pub(crate) model_calls: u32,
    /// Tokens that the language models of these calls may write.
    pub(crate) tokens: u32,
    /// The flow of an older node that only shows a further page; the dialog stays where it is.
    pub(crate) paging_flow: Option<String>,
    /// The client is inactive: the question that this turn interrupts is not asked again.
    pub(crate) client_inactive: bool,
    /// The query asked is whether the client's message is an intent that interrupts.
    pub(crate) classifying_interrupt: bool,
    /// The node of `on.refer` has been asked of the message.
    pub(crate) referred: bool,
    /// The `refer` node of `on.refer` runs; where the turn goes if the message speaks of nothing that was shown.
    pub(crate) referring: Option<Box<Referring>>,
    /// Further wishes of the message, to be answered when this one is.
    pub(crate) wishes: VecDeque<Wish>,
    /// Wishes answered in this turn.
    pub(crate) answered: u32,
    /// What the next text begins with: the words of the wish that it answers.
    pub(crate) heading: Option<String>,
    /// The least confidence at which an intent interrupts the question that waits, where that is more than the flow's own.
    pub(crate) least_confidence: f32,
    /// The client's message as it was added to the history, if it was.
    pub(crate) remembered: Option<String>,
    /// The client's message holds the value of a personal slot, however it is written.
    pub(crate) personal_message: bool,
    /// The dialog has ended.
    pub(crate) ended: bool,
    /// The error path has been taken.
    pub(crate) failed: bool,
    /// The trace also tells the values of conditions, and what nodes understood.
    pub(crate) explained: bool,
    /// Buttons made so far.
    pub(crate) buttons: u32,
    pub(crate) effects: Vec<Effect>,
    pub(crate) trace: Trace,
}

impl TurnState {
    pub(crate) fn new(mut event: Event) -> TurnState {
        let left_out = event.cut();
        let notes = match left_out {
            0 => Vec::new(),
            _ => {
                vec![format!("{left_out} characters after the first {MAX_TEXT} of the message were not read")]
            }
        };
        let words = wording::normalized(event.kind.text());
        TurnState {
            event,
            words,
            notes,
            current: Waiting::default(),
            visited: 0,
            model_calls: 0,
            tokens: 0,
            paging_flow: None,
            client_inactive: false,
            classifying_interrupt: false,
            referred: false,
            referring: None,
            wishes: VecDeque::new(),
            answered: 0,
            heading: None,
            least_confidence: 0.0,
            remembered: None,
            personal_message: false,
            ended: false,
            failed: false,
            explained: false,
            buttons: 0,
            effects: Vec::new(),
            trace: Trace::default(),
        }
    }

    /// Reads a part of the message, or an earlier one, as if it were all that the client wrote.
    pub(crate) fn read_as(&mut self, text: String) {
        self.words = wording::normalized(&text);
        self.referred = false;
        self.event.kind = EventKind::Message { text };
    }

    /// Reads the message as it is meant where it is written otherwise, with a note in the trace. Contacts stand in no note.
    pub(crate) fn take_reading(&mut self, personal: &PersonalValues, language: Language) {
        let Some(reading) = self.event.reading.take() else { return };
        let bare =
            !reading.contains('@') && reading.chars().filter(char::is_ascii_digit).count() < PHONE_DIGITS;
        self.note(match bare {
            true => format!("read as «{}»", personal.redact(&reading, language)),
            false => "read with other spellings".to_owned(),
        });
        self.words = wording::normalized(&reading);
        self.event.kind = EventKind::Message { text: reading };
    }

    /// Adds a line of explanation to the trace: to the node that runs or, before the first one, to that one.
    pub(crate) fn note(&mut self, note: String) {
        self.trace.visits.last_mut().map_or(&mut self.notes, |visit| &mut visit.notes).push(note);
    }

    /// Adds a command to the turn.
    pub(crate) fn push(&mut self, command: Command) {
        let id = format!("{}.{}", self.event.id.simple(), self.effects.len());
        self.effects.push(Effect { id, command });
    }

    /// The query that classifies a text by a set of examples. What is too long for it is cut, with a note in the trace.
    pub(crate) fn classify(&mut self, set: String, text: &str) -> Query {
        let read = cut(text, ClassifyRequest::MAX_TEXT);
        if read.len() < text.len() {
            let notes = self.trace.visits.last_mut().map_or(&mut self.notes, |visit| &mut visit.notes);
            notes.push(format!("the first {} characters were classified", read.chars().count()));
        }
        Query::Classify(ClassifyRequest { set, text: read.to_owned(), message: None })
    }

    /// Sends a message in the client's language and adds it to the history.
    pub(crate) fn send(&mut self, session: &mut Session, personal: &PersonalValues, mut message: Outgoing) {
        message.language = session.language;
        let mut said = message.text.clone();
        for card in &message.cards {
            said.push_str(&format!("\n• {} — {}", card.name, card.price));
        }
        for file in &message.files {
            said.push_str(&format!("\n[{}]", file.name));
        }
        let author = if message.staff.is_some() { Author::Staff } else { Author::Bot };
        session.remember(author, &personal.redact(&said, session.language));
        // Two wishes of a message may have one answer.
        let said = |effect: &Effect| matches!(&effect.command, Command::Send(sent) if of_wish(&sent.text, &message.text) && sent.cards == message.cards);
        let heading = self.heading.take();
        if self.answered > 0 && self.effects.iter().any(said) {
            return;
        }
        if let Some(heading) = heading.filter(|_| !message.text.is_empty()) {
            message.text.insert_str(0, &heading);
        }
        self.push(Command::Send(message));
    }

    /// A button that comes back as a press of a node.
    pub(crate) fn button(
        &mut self,
        release: &str,
        flow: &str,
        node: &str,
        label: String,
        choice: Choice,
    ) -> Button {
        let id = format!("{}.{}", self.event.id.simple(), self.buttons);
        self.buttons += 1;
        let press = Press {
            release: release.to_owned(),
            id: String::new(),
            flow: flow.to_owned(),
            node: node.to_owned(),
            choice,
        };
        Button { label, action: Action::Press { id, press } }
    }
}

/// Whether a text was sent already, with or without the words of a wish before it.
fn of_wish(sent: &str, text: &str) -> bool {
    sent == text
        || !text.is_empty() && sent.strip_suffix(text).is_some_and(|heading| heading.ends_with("»: "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Client;

    fn check(text: &str, reading: &str, note: &str) {
        let kind = EventKind::Message { text: text.to_owned() };
        let (id, reading) = (uuid::Uuid::from_u128(1), Some(reading.to_owned()));
        let event = Event {
            id,
            at: 5,
            client: Client::default(),
            origin: None,
            sent: Vec::new(),
            reading: reading.clone(),
            kind,
        };
        let mut turn_state = TurnState::new(event);
        assert_eq!(turn_state.event.kind.text(), text);
        turn_state.take_reading(&PersonalValues::default(), Language::Ru);
        assert_eq!(Some(turn_state.event.kind.text()), reading.as_deref());
        assert_eq!(turn_state.words, wording::normalized(&reading.unwrap_or_default()));
        assert_eq!(turn_state.notes, [note]);
    }

    #[test]
    fn a_reading_replaces_the_message_and_is_noted_without_contacts() {
        check("nuzhen nasos", "нужен насос", "read as «нужен насос»");
        check("moi nomer 8 921 123-45-67", "мой номер 8 921 123-45-67", "read with other spellings");
        check("pochta oleg@example.com", "почта oleg@example.com", "read with other spellings");
    }
}
