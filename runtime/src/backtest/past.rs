//! A turn that has been, and what can be remembered of it.

use std::collections::HashMap;

use tolmach_engine::{
    Release,
    effect::{Query, QueryOutcome},
    event::{Event, EventKind},
    trace::{Asked, Visit},
};

use super::{is_private, waits_privately};
use crate::{Record, ports::StoredTurn};

/// A recorded turn.
#[derive(Clone, Debug)]
pub struct Past {
    pub(super) event: Event,
    pub(super) record: Record,
    /// What was asked, in the order of the outcomes.
    pub(super) asked: Vec<Asked>,
    /// What the client wrote is personal data.
    pub(super) private: bool,
}

impl Past {
    /// A turn from the store, with the release that it ran on where that is still known. Without it, what a client
    /// wrote while a node waited is taken for personal data.
    ///
    /// # Errors
    /// When the stored trace cannot be read.
    pub fn new(turn: &StoredTurn, release: Option<&Release>) -> serde_json::Result<Past> {
        let record: Record = serde_json::from_str(&turn.trace)?;
        let asked = match release {
            _ if record.trace.asked.len() == record.trace.outcomes.len() => record.trace.asked.clone(),
            Some(release) => {
                let exchanges = record.exchanges(release, &turn.event).into_iter();
                exchanges
                    .map(|(query, _)| Asked { query: query.name().to_owned(), key: query.key() })
                    .collect()
            }
            None => record.trace.outcomes.iter().map(asked_by).collect(),
        };
        let private = match release {
            Some(release) => {
                let first = record.trace.visits.first();
                waits_privately(release, &record.before)
                    || first.is_some_and(|visit| is_private(release, &visit.flow, &visit.node))
            }
            None => record.before.taken_over_at.is_some() || record.before.waits_at().is_some(),
        };
        Ok(Past { event: turn.event.clone(), record, asked, private })
    }

    /// The nodes that it visited, in order.
    pub fn visits(&self) -> &[Visit] {
        &self.record.trace.visits
    }

    /// What the client wrote, unless it is personal data or was meant for a person.
    pub fn message(&self) -> Option<&str> {
        match &self.event.kind {
            EventKind::Message { text } if !self.private => Some(text),
            _ => None,
        }
    }

    /// What the client did, in words; what is private only by its kind.
    pub(super) fn wrote(&self, private: bool) -> String {
        let hidden = || "«…»".to_owned();
        match &self.event.kind {
            EventKind::Message { .. } if private => hidden(),
            EventKind::Contact { .. } => hidden(),
            EventKind::Message { text } => format!("«{}»", tolmach_engine::text::shorten(text, 120)),
            EventKind::Press { label, .. } => format!("[{label}]"),
            // What follows a command may be anything, and no command of ours needs it to be understood.
            EventKind::Command { name, .. } => format!("/{name}"),
            EventKind::Unsupported { what } => format!("({what})"),
            EventKind::Timer { name } => format!("(timer {name})"),
            EventKind::Staff { .. } => "(staff)".to_owned(),
        }
    }
}

/// The query that an outcome tells of; a failure tells of none.
fn asked_by(outcome: &QueryOutcome) -> Asked {
    let query = match outcome {
        QueryOutcome::Classify { .. } => "classify",
        QueryOutcome::LlmClassify(_) => "llm_classify",
        QueryOutcome::Generate(_) => "generate",
        QueryOutcome::Search(_) => "search",
        QueryOutcome::Http(_) => "http",
        QueryOutcome::Failed { .. } => "",
    };
    Asked { query: query.to_owned(), key: String::new() }
}

/// The recorded outcomes of a chat.
pub(super) struct Memory<'p> {
    turns: Vec<Vec<Recorded<'p>>>,
    /// By query and key; the last outcome counts.
    chat: HashMap<(&'p str, &'p str), &'p QueryOutcome>,
    /// Queries answered by the outcome of another query of the same name.
    pub(super) approximate: usize,
    /// Queries for which there was nothing.
    pub(super) not_recorded: usize,
}

struct Recorded<'p> {
    asked: &'p Asked,
    outcome: &'p QueryOutcome,
    used: bool,
}

impl<'p> Memory<'p> {
    /// Of the turns of one chat.
    pub(super) fn of(turns: &'p [Past]) -> Memory<'p> {
        let recorded = |past: &'p Past| -> Vec<Recorded<'p>> {
            let pairs = past.asked.iter().zip(&past.record.trace.outcomes);
            pairs.map(|(asked, outcome)| Recorded { asked, outcome, used: false }).collect()
        };
        let turns: Vec<Vec<Recorded<'p>>> = turns.iter().map(recorded).collect();
        let all = turns.iter().flatten().filter(|one| !one.asked.key.is_empty());
        let chat = all.map(|one| ((one.asked.query.as_str(), one.asked.key.as_str()), one.outcome)).collect();
        Memory { turns, chat, approximate: 0, not_recorded: 0 }
    }

    /// The outcome of a query in the turn of this number: its own of that turn or of another of the chat, else one of
    /// another such query of that turn, else a failure.
    pub(super) fn outcome(&mut self, turn: usize, query: &Query) -> QueryOutcome {
        let (name, key) = (query.name(), query.key());
        let turn = self.turns.get_mut(turn).map(Vec::as_mut_slice).unwrap_or_default();
        let exact = |one: &Recorded<'_>| one.asked.query == name && one.asked.key == key;
        // The same query may have been asked twice with different luck, so each outcome is given once first.
        let unused = turn.iter_mut().find(|one| !one.used && exact(one));
        if let Some(one) = unused {
            one.used = true;
            return one.outcome.clone();
        }
        if let Some(outcome) = self.chat.get(&(name, key.as_str())) {
            return (*outcome).clone();
        }
        let alike = |one: &Recorded<'_>| one.asked.query == name;
        let unused = turn.iter().position(|one| !one.used && alike(one));
        if let Some(one) = unused.or_else(|| turn.iter().position(alike)).and_then(|at| turn.get_mut(at)) {
            one.used = true;
            self.approximate += 1;
            return one.outcome.clone();
        }
        self.not_recorded += 1;
        QueryOutcome::Failed {
            reason: format!("{name}: the turn asked nothing like this, so no outcome was recorded"),
        }
    }
}
