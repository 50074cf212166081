//! Recorded turns, and answers to queries from their recorded outcomes.

use std::collections::HashMap;

use tolmach_engine::{
    Release,
    effect::{Query, QueryOutcome, ScoredLabel},
    event::{Event, EventKind},
    trace::{Asked, Visit},
};

use super::{is_private, waits_privately};
use crate::{Record, ports::StoredTurn};

/// A recorded turn, ready to be run on a draft.
#[derive(Clone, Debug)]
pub struct RecordedTurn {
    /// Its `seq` in the store.
    pub(super) seq: i64,
    pub(super) event: Event,
    pub(super) record: Record,
    /// The queries, in the order of their outcomes.
    pub(super) asked: Vec<Asked>,
    /// Whether the client's text is personal data or was meant for staff.
    pub(super) private: bool,
}

impl RecordedTurn {
    /// Reads a stored turn. `release` is the release that it ran on, if still known. Without it, text written while any
    /// node waited counts as private.
    ///
    /// # Errors
    /// When the stored trace cannot be parsed.
    pub fn new(turn: &StoredTurn, release: Option<&Release>) -> serde_json::Result<RecordedTurn> {
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
        Ok(RecordedTurn { seq: turn.seq, event: turn.event.clone(), record, asked, private })
    }

    /// What happened to the chat.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// What is stored of it. Personal values stand in it.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The visited nodes, in order.
    pub fn visits(&self) -> &[Visit] {
        &self.record.trace.visits
    }

    /// The client's message, unless it is personal data or was meant for staff.
    pub fn message(&self) -> Option<&str> {
        match &self.event.kind {
            EventKind::Message { text } if !self.private => Some(text),
            _ => None,
        }
    }

    /// The client's action as text for the report. Private messages and contacts are replaced by `«…»`.
    pub(super) fn wrote(&self, private: bool) -> String {
        let hidden = || "«…»".to_owned();
        match &self.event.kind {
            EventKind::Message { .. } if private => hidden(),
            EventKind::Contact { .. } => hidden(),
            EventKind::Message { text } => format!("«{}»", tolmach_engine::text::shorten(text, 120)),
            EventKind::Press { label, .. } => format!("[{label}]"),
            // The text after a command may be private, and the report does not need it.
            EventKind::Command { name, .. } => format!("/{name}"),
            EventKind::Unsupported { what } => format!("({what})"),
            EventKind::Timer { name } => format!("(timer {name})"),
            EventKind::Staff { .. } => "(staff)".to_owned(),
        }
    }
}

/// The query that an outcome belongs to; without a name for a failure, and without a key.
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

/// The recorded outcomes of a chat, which answer the draft's queries.
pub(super) struct RecordedOutcomes<'p> {
    turns: Vec<Vec<Recorded<'p>>>,
    /// By query name and key; later outcomes replace earlier ones.
    chat: HashMap<(&'p str, &'p str), &'p QueryOutcome>,
    /// The number of queries answered by the outcome of another query of the same name.
    pub(super) approximate: usize,
    /// The number of queries for which no outcome was recorded.
    pub(super) not_recorded: usize,
}

struct Recorded<'p> {
    asked: &'p Asked,
    outcome: &'p QueryOutcome,
    used: bool,
}

impl<'p> RecordedOutcomes<'p> {
    /// Collects the outcomes of the turns of one chat.
    pub(super) fn of(turns: &'p [RecordedTurn]) -> RecordedOutcomes<'p> {
        let recorded = |past: &'p RecordedTurn| -> Vec<Recorded<'p>> {
            let pairs = past.asked.iter().zip(&past.record.trace.outcomes);
            pairs.map(|(asked, outcome)| Recorded { asked, outcome, used: false }).collect()
        };
        let turns: Vec<Vec<Recorded<'p>>> = turns.iter().map(recorded).collect();
        let all = turns.iter().flatten().filter(|one| !one.asked.key.is_empty());
        let chat = all.map(|one| ((one.asked.query.as_str(), one.asked.key.as_str()), one.outcome)).collect();
        RecordedOutcomes { turns, chat, approximate: 0, not_recorded: 0 }
    }

    /// Whether a text that the chat's turns classified held an article number of the catalogue then.
    pub(super) fn held_article(&self, query: &Query) -> bool {
        let recorded = self.chat.get(&(query.name(), query.key().as_str())).copied();
        matches!(recorded, Some(QueryOutcome::Classify { labels })
            if labels.first().is_some_and(|label| label.example == ScoredLabel::ARTICLE))
    }

    /// Answers a query in turn number `turn`: by the outcome of the same query in that turn or else elsewhere in the
    /// chat, else by that of another query of the same name in that turn, else by a failure.
    pub(super) fn outcome(&mut self, turn: usize, query: &Query) -> QueryOutcome {
        let (name, key) = (query.name(), query.key());
        let turn = self.turns.get_mut(turn).map(Vec::as_mut_slice).unwrap_or_default();
        let exact = |one: &Recorded<'_>| one.asked.query == name && one.asked.key == key;
        // The same query may have been asked twice with different outcomes, so each is used once before any is
        // repeated.
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
