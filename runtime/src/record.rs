//! Turn records: what is stored of a turn so that it can be replayed to the same effects.

use serde::{Deserialize, Serialize};
use tolmach_engine::{
    Input, Next, Release, Session,
    effect::{Effect, Query, QueryOutcome},
    event::Event,
    step,
    trace::Trace,
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

impl Record {
    /// Replays the turn through the engine, with the recorded outcomes as answers to its queries.
    ///
    /// # Errors
    /// When the replay asks more queries than were recorded, takes another path or has other effects.
    pub fn replay(&self, release: &Release, event: &Event) -> Result<(), Difference> {
        let mut outcomes = self.trace.outcomes.iter().cloned();
        let mut stepped = step(release, self.before.clone(), Input::Event(event.clone()));
        loop {
            match stepped.next {
                Next::Query(query) => {
                    let outcome =
                        outcomes.next().ok_or_else(|| Difference::ExtraQuery(query.name().to_owned()))?;
                    stepped = step(release, stepped.session, Input::Outcome(outcome));
                }
                Next::Done { effects, trace }
                    if effects == self.effects && trace.visits == self.trace.visits =>
                {
                    return Ok(());
                }
                Next::Done { effects, trace } => {
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

    /// The queries of the turn with their outcomes, found by a replay. Ends at the first query without a recorded
    /// outcome.
    pub fn exchanges(&self, release: &Release, event: &Event) -> Vec<(Query, QueryOutcome)> {
        let mut exchanges = Vec::new();
        let mut outcomes = self.trace.outcomes.iter().cloned();
        let mut stepped = step(release, self.before.clone(), Input::Event(event.clone()));
        while let Next::Query(query) = stepped.next {
            let Some(outcome) = outcomes.next() else { break };
            exchanges.push((query, outcome.clone()));
            stepped = step(release, stepped.session, Input::Outcome(outcome));
        }
        exchanges
    }
}
