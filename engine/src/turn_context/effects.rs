//! What a running node does: messages, commands, timers, notes.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::TurnContext;
use crate::{
    card::card,
    catalog::Product,
    effect::{Button, Card, Choice, Command, Outgoing},
    experiment::{self, Arm},
    language::Language,
    phrases,
    results::Found,
    timers,
};

impl TurnContext<'_> {
    /// Adds a line of explanation to the trace. Personal values in it are replaced.
    pub fn note(&mut self, note: String) {
        let note = self.redacted(&note);
        if let Some(visit) = self.turn_state.trace.visits.last_mut() {
            visit.notes.push(note);
        }
    }

    /// Sends a text with buttons.
    pub fn say(&mut self, text: String, buttons: Vec<Button>) {
        self.send(Outgoing { text, buttons, ..Outgoing::default() });
    }

    /// Sends a message; its language is set here.
    pub fn send(&mut self, message: Outgoing) {
        self.turn_state.send(self.session, &self.personal, message);
    }

    /// Adds a command to the turn.
    pub fn command(&mut self, command: Command) {
        self.turn_state.push(command);
    }

    /// Starts a timer that fires after so many milliseconds. It replaces a running one of the same name.
    pub fn start_timer(&mut self, name: &str, after: i64) {
        let due = self.turn_state.event.at.saturating_add(after);
        self.command(Command::StartTimer { name: name.to_owned(), due });
    }

    /// Starts the timer of this node, which fires at a moment (milliseconds since the Unix epoch) whatever the dialog does
    /// meanwhile; for a node of [`crate::kind::Node::lasts`].
    pub fn start_lasting_timer(&mut self, due: i64) {
        let name = timers::lasting(self.flow, &self.turn_state.current.node);
        self.command(Command::StartTimer { name, due });
    }

    /// When a moment on the company's clock is, in milliseconds since the Unix epoch.
    pub fn millis_of(&self, at: DateTime) -> i64 {
        let zoned = self.resources.time_zone.to_ambiguous_timestamp(at).compatible();
        zoned.map_or(self.turn_state.event.at, |at| at.as_millisecond())
    }

    /// Cancels a timer.
    pub fn cancel_timer(&mut self, name: &str) {
        self.command(Command::CancelTimer { name: name.to_owned() });
    }

    /// An idempotency key for what this visit sends to other systems. A repeated turn has the same one.
    pub fn effect_key(&self) -> String {
        format!("{}-{}", self.turn_state.event.id.simple(), self.turn_state.trace.visits.len())
    }

    /// Starts a handoff to a group of staff: the bot is silent until they end it, or until `timeout` milliseconds after
    /// their last message.
    pub fn hand_off(&mut self, group: &str, reason: String, timeout: i64) {
        self.session.taken_over_at = Some(self.turn_state.event.at);
        self.session.taken_over_by = None;
        self.session.awaited_since.get_or_insert(self.turn_state.event.at);
        self.session.handoff_timeout = Some(timeout);
        self.session.handoff_group = Some(group.to_owned());
        self.command(Command::HandOff { reason });
        self.start_timer(timers::HANDOFF, timeout);
    }

    /// The client's arm in an experiment, if they were put into one.
    pub fn arm(&self, experiment: &str) -> Option<&str> {
        self.session.arms.get(experiment).map(String::as_str)
    }

    /// Assigns the client to an arm of an experiment. The assignment never changes.
    pub fn set_arm(&mut self, experiment: &str, arm: &str) {
        self.session.arms.insert(experiment.to_owned(), arm.to_owned());
        self.command(Command::Arm { experiment: experiment.to_owned(), arm: arm.to_owned() });
    }

    /// All arms of the client, by experiment.
    pub fn arms(&self) -> &BTreeMap<String, String> {
        &self.session.arms
    }

    /// The arm of an experiment that this client is drawn into: the same in every turn and release with these arms.
    pub fn drawn_arm<'a>(&self, experiment: &str, arms: &[Arm<'a>]) -> Option<&'a str> {
        experiment::drawn(experiment, &self.session.chat, arms)
    }

    /// The client chose a language: messages no longer change it.
    pub fn choose_language(&mut self, language: Language) {
        self.session.language = language;
        self.session.language_known = true;
        self.session.language_chosen = true;
        self.session.language_doubt = None;
    }

    /// The language follows the client's messages again, beginning with the next one.
    pub fn free_language(&mut self) {
        self.session.language_chosen = false;
        self.session.language_known = false;
        self.session.language_doubt = None;
    }

    /// A button that comes back as a press of this node.
    pub fn button(&mut self, label: String, choice: Choice) -> Button {
        let node = self.turn_state.current.node.clone();
        self.turn_state.button(self.release, self.flow, &node, label, choice)
    }

    /// Products as cards in the client's language.
    pub fn cards(&self, products: &[Product]) -> Vec<Card> {
        products.iter().map(|product| card(product, self.language())).collect()
    }

    /// The button for the page after `found`'s items, where there is one.
    pub fn more_button(&mut self, found: &Found) -> Option<Button> {
        let shown = u64::from(found.request.offset) + found.items.len() as u64;
        if shown >= found.total || found.items.is_empty() {
            return None;
        }
        let mut request = found.request.clone();
        request.offset = u32::try_from(shown).unwrap_or(u32::MAX);
        let label = self.phrase(phrases::MORE).to_owned();
        Some(self.button(label, Choice::More { request: Box::new(request) }))
    }
}
