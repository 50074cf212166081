//! What is kept of a turn, and the proof that it is enough: a record replays to the same effects.

use serde::{Deserialize, Serialize};
use tolmach_engine::{
    Release, Session, Step,
    effect::{Effect, Query, QueryOutcome},
    event::Event,
    resume, start,
    trace::Trace,
};

/// A turn's record: with the event and the release it replays offline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The session as it was before the turn.
    pub before: Session,
    /// What happened, with the outcomes of all queries.
    pub trace: Trace,
    /// The effects that the turn had.
    pub effects: Vec<Effect>,
}

/// How a replay differs from the record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The walk asked for more outcomes than were recorded.
    #[error("the replay asked a query that the turn did not: {0}")]
    ExtraQuery(String),
    /// Another path or other effects.
    #[error("the replay went {replayed}, the turn went {recorded}")]
    Changed {
        /// What the turn did.
        recorded: String,
        /// What the replay did.
        replayed: String,
    },
}

impl Record {
    /// Runs the turn again through the engine, with the recorded outcomes instead of the world.
    pub fn replay(&self, release: &Release, event: &Event) -> Result<(), Difference> {
        let mut outcomes = self.trace.outcomes.iter().cloned();
        let mut step = start(release, self.before.clone(), event.clone());
        loop {
            match step {
                Step::Query { query, suspended } => {
                    let outcome =
                        outcomes.next().ok_or_else(|| Difference::ExtraQuery(query.name().to_owned()))?;
                    step = resume(release, suspended, outcome);
                }
                Step::Done { effects, trace, .. }
                    if effects == self.effects && trace.visits == self.trace.visits =>
                {
                    return Ok(());
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

    /// What the turn asked and what came back, found by walking it again.
    pub fn exchanges(&self, release: &Release, event: &Event) -> Vec<(Query, QueryOutcome)> {
        let mut exchanges = Vec::new();
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
