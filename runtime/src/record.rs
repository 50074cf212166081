//! Turn records: what is stored of a turn so that it can be replayed to the same effects.

use std::time::Instant;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tolmach_engine::{
    Release, Session, Step,
    effect::{Command, Effect, Query, QueryOutcome},
    event::Event,
    explain,
    language::Language,
    personal::PersonalValues,
    redact::personal_values,
    resume, start,
    trace::{Trace, Understood, Visit},
};

/// The record of a turn. With the event and the release the turn can be replayed offline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The session before the turn.
    pub before: Session,
    /// The visited nodes and the outcomes of all queries.
    pub trace: Trace,
    /// The effects of the turn.
    pub effects: Vec<Effect>,
    /// How long each query took, milliseconds, in the order of the trace's outcomes; empty in records of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub millis: Vec<u64>,
}

/// What a visit of a node cost; see [`Record::costs`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VisitCost {
    /// The time of its queries, milliseconds; `None` where it was not recorded.
    pub asked: Option<u64>,
    /// The time of its own computing, microseconds, measured by running the turn again. Nodes that ran between two queries
    /// share the time of that part alike.
    pub computed: u64,
    /// The numbers of its queries among all of the turn.
    pub queries: Vec<usize>,
}

/// How a replay differs from the record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The replay asked more queries than were recorded.
    #[error("the replay asked a query that the turn did not: {0}")]
    ExtraQuery(String),
    /// The replay took another path or had other effects.
    #[error("the replay went {replayed}, the turn went {recorded}")]
    Changed {
        /// What the turn did.
        recorded: String,
        /// What the replay did.
        replayed: String,
    },
}

/// Whether two turns visited the same nodes to the same exits. Notes explain, in words that change with the program.
fn same_way(a: &Trace, b: &Trace) -> bool {
    let bare =
        |visit: &Visit| Visit { notes: Vec::new(), understood: Understood::default(), ..visit.clone() };
    a.visits.iter().map(bare).eq(b.visits.iter().map(bare))
}

impl Record {
    /// Replays the turn through the engine, with the recorded outcomes as answers to its queries.
    ///
    /// # Errors
    /// When the replay asks more queries than were recorded, takes another path or has other effects.
    pub fn replay(&self, release: &Release, event: &Event) -> Result<(), Difference> {
        if self.trace.abandoned.is_some() {
            // Nothing of it came from the release, and what it did could happen again.
            return Ok(());
        }
        self.replay_from(release, start(release, self.before.clone(), event.clone())).map(drop)
    }

    /// Replays the turn and returns its trace as [`explain`] tells it.
    ///
    /// # Errors
    /// As [`Record::replay`].
    pub fn explained(&self, release: &Release, event: &Event) -> Result<Trace, Difference> {
        if self.trace.abandoned.is_some() {
            return Ok(self.trace.clone());
        }
        self.replay_from(release, explain(release, self.before.clone(), event.clone()))
    }

    fn replay_from(&self, release: &Release, mut step: Step) -> Result<Trace, Difference> {
        let mut outcomes = self.trace.outcomes.iter().cloned();
        loop {
            match step {
                Step::Query { query, suspended } => {
                    let outcome =
                        outcomes.next().ok_or_else(|| Difference::ExtraQuery(query.name().to_owned()))?;
                    step = resume(release, suspended, outcome);
                }
                Step::Done { effects, trace, .. }
                    if effects == self.effects && same_way(&trace, &self.trace) =>
                {
                    return Ok(trace);
                }
                Step::Done { effects, trace, .. } => {
                    let say = |trace: &Trace, effects: &[Effect]| {
                        format!("{} with {} effects", trace.path().join(" → "), effects.len())
                    };
                    return Err(Difference::Changed {
                        recorded: say(&self.trace, &self.effects),
                        replayed: say(&trace, &effects),
                    });
                }
            }
        }
    }

    /// The record with placeholders in place of personal values, of those too that the turn set: for listings and
    /// exports. It does not replay.
    #[must_use]
    pub fn redacted(&self, release: &Release, event: &Event) -> Record {
        let mut values = personal_values(release, &self.before);
        let after = self.session_after(release, event);
        values.extend(after.map(|session| personal_values(release, &session)).unwrap_or_default());
        let contacts = self.effects.iter().filter_map(|effect| match &effect.command {
            Command::Lead(lead) => Some(&lead.contact),
            _ => None,
        });
        contacts.for_each(|contact| values.add_contact(contact));
        let language = self.before.language;
        Record {
            before: self.before.redacted(release),
            trace: redacted(&self.trace, &values, language),
            effects: redacted(&self.effects, &values, language),
            millis: self.millis.clone(),
        }
    }

    /// The session after the turn, found by running it again.
    fn session_after(&self, release: &Release, event: &Event) -> Option<Session> {
        if self.trace.abandoned.is_some() {
            return None;
        }
        let mut outcomes = self.trace.outcomes.iter().cloned();
        let mut step = start(release, self.before.clone(), event.clone());
        loop {
            match step {
                Step::Query { suspended, .. } => step = resume(release, suspended, outcomes.next()?),
                Step::Done { session, .. } => return Some(session),
            }
        }
    }

    /// What each visit of the trace cost. The turn is run again for it, with the recorded outcomes.
    pub fn costs(&self, release: &Release, event: &Event) -> Vec<VisitCost> {
        let mut costs = vec![VisitCost { asked: Some(0), ..VisitCost::default() }; self.trace.visits.len()];
        if self.trace.abandoned.is_some() {
            return costs;
        }
        let mut outcomes = self.trace.outcomes.iter().cloned();
        let mut from = 0;
        let mut begun = Instant::now();
        let mut step = start(release, self.before.clone(), event.clone());
        let mut asked = 0;
        loop {
            let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            let until = match &step {
                Step::Query { suspended, .. } => suspended.visited(),
                Step::Done { .. } => costs.len(),
            };
            // The node that asked goes on with the answer, so the part begins with it.
            let ran = costs.get_mut(from..until).unwrap_or_default();
            let share = took / u64::try_from(ran.len()).unwrap_or(1).max(1);
            ran.iter_mut().for_each(|cost| cost.computed = cost.computed.saturating_add(share));
            let (Step::Query { suspended, .. }, Some(outcome)) = (step, outcomes.next()) else {
                return costs;
            };
            from = until.saturating_sub(1);
            // A node that passes leaves no visit, and its query counts for the one before.
            let at = from.min(costs.len().saturating_sub(1));
            if let Some(cost) = costs.get_mut(at) {
                let millis = self.millis.get(asked).copied();
                cost.asked = cost.asked.zip(millis).map(|(sum, millis)| sum.saturating_add(millis));
                cost.queries.push(asked);
            }
            asked += 1;
            begun = Instant::now();
            step = resume(release, suspended, outcome);
        }
    }

    /// What the turn asked and what came back, found by walking it again.
    pub fn exchanges(&self, release: &Release, event: &Event) -> Vec<(Query, QueryOutcome)> {
        let mut exchanges = Vec::new();
        if self.trace.abandoned.is_some() {
            return exchanges;
        }
        let mut outcomes = self.trace.outcomes.iter().cloned();
        let mut step = start(release, self.before.clone(), event.clone());
        while let Step::Query { query, suspended } = step {
            let Some(outcome) = outcomes.next() else { break };
            exchanges.push((query, outcome.clone()));
            step = resume(release, suspended, outcome);
        }
        exchanges
    }
}

/// A value with every text in it redacted. What does not read back afterwards is left out as a whole.
fn redacted<T: Serialize + DeserializeOwned + Default>(
    value: &T,
    values: &PersonalValues,
    language: Language,
) -> T {
    let redacted = serde_json::to_value(value).and_then(|mut json| {
        values.redact_json(&mut json, language);
        serde_json::from_value(json)
    });
    redacted.unwrap_or_default()
}
