//! The message of the turn as a running node reads it: answers, interruptions, and wishes of their own in it.

use serde::Deserialize;

use super::TurnContext;
use crate::{event::EventKind, fault::Fault, text::Text, turn_state::Wish, wording};

impl TurnContext<'_> {
    /// Whether a text in the client's language is, word for word, the message. The words of a text without variables are
    /// normalised once a release.
    ///
    /// # Errors
    /// A variable that the text shows is unset.
    pub fn is_said(&self, text: &Text) -> Result<bool, Fault> {
        let template = text.in_language(self.language());
        match template.constant_words() {
            Some(words) => Ok(words == self.words()),
            None => Ok(wording::normalized(&self.template(template)?) == self.words()),
        }
    }

    /// Whether the node was asked, by `on.refer`, whether the message speaks of what was shown: then
    /// [`crate::kind::NodeOutcome::NotAnswered`] leaves the turn as if it had not been asked.
    pub fn may_decline(&self) -> bool {
        self.turn_state.referring.is_some()
    }

    /// Whether a question waited when the message came.
    pub fn question_waits(&self) -> bool {
        self.turn_state.referring.as_ref().is_some_and(|referring| referring.waited.is_some())
    }

    /// Reads a part of the message from here on, as if it were all that the client wrote.
    pub fn read_as(&mut self, text: &str) {
        self.turn_state.read_as(text.to_owned());
    }

    /// The same for a message that this node then declines: whoever reads it next reads only that.
    pub fn read_on_as(&mut self, text: &str) {
        self.turn_state.read_as(text.to_owned());
        self.turn_state.referred = true;
    }

    /// Adds a part of the message that is a wish of its own: it is answered when the present one is, by an exit of this node
    /// or, without one, from the start of the flow. What does not fit into the turn is answered in a later one.
    pub fn also_wants(&mut self, text: &str, exit: Option<&str>) {
        self.add_wish(text, exit, true);
    }

    /// The same for a wish that the message implies in other words: its answer does not begin with them.
    pub fn also_implies(&mut self, text: &str) {
        self.add_wish(text, None, false);
    }

    fn add_wish(&mut self, text: &str, exit: Option<&str>, said: bool) {
        self.turn_state.wishes.push_back(Wish {
            text: text.to_owned(),
            flow: self.flow.to_owned(),
            node: self.turn_state.current.node.clone(),
            exit: exit.map(str::to_owned),
            said,
        });
    }

    /// Whether a further wish of the message is read, after another was answered.
    pub fn is_further_wish(&self) -> bool {
        self.turn_state.answered > 0
    }

    /// Takes a wish that `takes` accepts out of those that are to be answered next: the node that runs answers it.
    pub fn take_wish(&mut self, takes: impl Fn(&str) -> bool) -> Option<String> {
        let at = self.turn_state.wishes.iter().position(|wish| takes(&wish.text))?;
        self.turn_state.wishes.remove(at).map(|wish| wish.text)
    }

    /// Whether the message is, word for word, an example of an intent that interrupts. A question that takes any text
    /// should not take such a message as its answer.
    pub fn interrupts(&self) -> bool {
        matches!(self.turn_state.event.kind, EventKind::Message { .. })
            && self.interrupting.is_some_and(|intents| intents.matching(self.words()).is_some())
    }

    /// Takes the client's message for a press of the button with this label: from here on the label is the message, for
    /// texts, queries and conditions. The history keeps what was written.
    pub fn take_as_press(&mut self, label: &str) {
        if let EventKind::Message { text } = &mut self.turn_state.event.kind {
            label.clone_into(text);
            self.turn_state.words = wording::normalized(label);
        }
    }

    /// Lets an intent interrupt the question that waits only with this confidence (0 to 1) or more; where the flow's own
    /// bound is higher, that holds. For a node that returns [`crate::kind::NodeOutcome::NotAnswered`] for a message that it
    /// will take as an answer unless it is plainly something else.
    pub fn require_confidence(&mut self, least: f32) {
        self.turn_state.least_confidence = least;
    }

    /// Whether `is` holds of a word in the examples of the intents that may interrupt; words of fewer than four characters
    /// are not asked about.
    pub fn any_example_word(&self, is: impl Fn(&str) -> bool) -> bool {
        self.interrupting.is_some_and(|intents| intents.examples.words().any(is))
    }

    /// What this node remembered when it was interrupted, where its question has not been asked again since.
    pub fn interrupted_state<T: for<'de> Deserialize<'de>>(&self) -> Option<T> {
        let frame = self.session.frames.last()?;
        let node = &self.turn_state.current.node;
        let interrupted = frame.interrupted.iter().rfind(|interrupted| interrupted.waiting.node == *node)?;
        T::deserialize(&interrupted.waiting.state).ok()
    }
}
