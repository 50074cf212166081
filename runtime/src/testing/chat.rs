//! A client's chat in a dialog test: the buttons that it shows, and the messages that the client wrote.

use std::collections::{BTreeMap, VecDeque};

use tolmach_engine::{
    effect::{Action, Outgoing},
    experiment::{Arm, drawn},
};

use super::step::{MOST_EARLIER, PressStep};
use crate::ports::Address;

/// The chat of one client.
pub(super) struct Chat {
    /// The client's name in the test; `None` for the only client.
    pub(super) name: Option<String>,
    pub(super) address: Address,
    /// How many messages the client has written.
    pub(super) written: usize,
    /// How many turns of the chat were looked at.
    pub(super) turns: usize,
    /// The messages with buttons of the steps that showed any, oldest first.
    shown: VecDeque<Vec<Shown>>,
}

/// A message with buttons.
struct Shown {
    text: String,
    /// Labels and ids.
    buttons: Vec<(String, String)>,
}

/// What a step names is not there, or is ambiguous.
#[derive(Debug)]
pub(super) struct NotThere {
    pub(super) wanted: String,
    pub(super) found: String,
}

/// How many addresses are tried for the arms of experiments: enough for an arm of a thousandth, or four of a tenth.
const SEATS: u32 = 200_000;

fn address(name: Option<&str>, seat: u32) -> Address {
    let mut id = name.map_or("chat".to_owned(), |name| format!("chat-{name}"));
    if seat > 0 {
        id.push_str(&format!(".{seat}"));
    }
    Address::new("test", id)
}

impl Chat {
    pub(super) fn new(name: Option<&str>) -> Chat {
        Chat {
            name: name.map(str::to_owned),
            address: address(name, 0),
            written: 0,
            turns: 0,
            shown: VecDeque::new(),
        }
    }

    /// Takes an address whose client is drawn into these arms; returns whether one was found.
    ///
    /// Arms are drawn from the address, so that nothing but the address has to differ from other tests.
    pub(super) fn seat(&mut self, experiments: &BTreeMap<&str, Vec<Arm<'_>>>, arms: &[(&str, &str)]) -> bool {
        let fits = |address: &Address| {
            let chat = address.to_string();
            arms.iter().all(|(experiment, arm)| {
                experiments.get(experiment).is_some_and(|all| drawn(experiment, &chat, all) == Some(*arm))
            })
        };
        let found = (0..SEATS).map(|seat| address(self.name.as_deref(), seat)).find(fits);
        let is_found = found.is_some();
        self.address = found.unwrap_or_else(|| self.address.clone());
        is_found
    }

    /// Shows the messages of a step.
    pub(super) fn show(&mut self, messages: &[Outgoing]) {
        let shown: Vec<Shown> = messages
            .iter()
            .map(|message| Shown { text: message.text.clone(), buttons: pressable(message) })
            .filter(|shown| !shown.buttons.is_empty())
            .collect();
        if !shown.is_empty() {
            if self.shown.len() == MOST_EARLIER {
                self.shown.pop_front();
            }
            self.shown.push_back(shown);
        }
    }

    /// The id of a message of the client's, counted back from the last, which is 1.
    pub(super) fn message(&self, of: usize) -> Result<String, NotThere> {
        match (self.written + 1).checked_sub(of) {
            Some(number @ 1..) => Ok(number.to_string()),
            _ => Err(NotThere {
                wanted: format!("message {of} of the client, counted back from the last"),
                found: format!("{} messages of the client", self.written),
            }),
        }
    }

    /// Label and id of the button with this label, or of the only one whose label contains it.
    pub(super) fn button(&self, press: &PressStep) -> Result<(&str, &str), NotThere> {
        let label = press.label.as_str();
        let shown = self.buttons_of(press)?;
        if let Some((label, id)) = shown.iter().find(|(known, _)| *known == label) {
            return Ok((label, id));
        }
        let part = label.to_lowercase();
        let mut fitting = shown.iter().filter(|(known, _)| known.to_lowercase().contains(&part));
        match (fitting.next(), fitting.next()) {
            (Some((label, id)), None) => Ok((label, id)),
            (first, _) => {
                let labels: Vec<&str> = shown.iter().map(|(label, _)| *label).collect();
                let one = if first.is_some() { "only one button with" } else { "a button" };
                let found = format!("buttons {labels:?}");
                Err(NotThere { wanted: format!("{one} «{label}»"), found })
            }
        }
    }

    fn buttons_of(&self, press: &PressStep) -> Result<Vec<(&str, &str)>, NotThere> {
        let Some(under) = &press.under else {
            let at = self.shown.len().checked_sub(press.of);
            let step = at.and_then(|at| self.shown.get(at)).map(Vec::as_slice).unwrap_or_default();
            return Ok(step.iter().flat_map(labelled).collect());
        };
        let part = under.to_lowercase();
        let messages = || self.shown.iter().rev().flat_map(|step| step.iter().rev());
        match messages().find(|shown| shown.text.to_lowercase().contains(&part)) {
            Some(shown) => Ok(labelled(shown).collect()),
            None => {
                let texts: Vec<&str> = messages().map(|shown| shown.text.as_str()).take(5).collect();
                let wanted = format!("a message with buttons that says «{under}»");
                Err(NotThere { wanted, found: format!("messages with buttons: {texts:?}") })
            }
        }
    }
}

fn labelled(shown: &Shown) -> impl Iterator<Item = (&str, &str)> {
    shown.buttons.iter().map(|(label, id)| (label.as_str(), id.as_str()))
}

fn pressable(message: &Outgoing) -> Vec<(String, String)> {
    let id = |action: &Action| match action {
        Action::Press { id, .. } => Some(id.clone()),
        Action::Open { .. } => None,
    };
    message.buttons.iter().filter_map(|button| Some((button.label.clone(), id(&button.action)?))).collect()
}
