//! Backtest: feeds the recorded events of chats to a draft, to show what the draft would have done.
//!
//! The session evolves through the draft. Examples are classified anew; every other query is answered by recorded
//! outcomes, and fails where none was recorded. No other system is asked and no effect is carried out. Rendering the
//! report is up to the caller.

mod past;
mod report;

use std::{collections::BTreeSet, sync::Arc};

use tolmach_engine::{
    Release, Session, Step,
    effect::{Command, Effect, Query, QueryOutcome, ScoredLabel},
    resume, start,
    trace::{Asked, Trace},
};

use crate::{
    Record,
    intents::{Intents, Trainer},
    ports,
};
use past::RecordedOutcomes;

pub use past::RecordedTurn;
pub use report::{Calls, ChangedPath, ChangedTurn, Fault, Goal, Leads, MAX_CHANGED, Report};

/// A draft and the results so far.
pub struct Backtest {
    release: Release,
    intents: Intents,
    trainer: Arc<Trainer>,
    report: Report,
}

/// A recorded turn run on a draft, by itself.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The turn on the draft; its session before is the recorded one. Personal values stand in it.
    pub record: Record,
    /// What it asked, and what was answered.
    pub exchanges: Vec<(Query, QueryOutcome)>,
    /// Number of queries answered by the outcome of another query of the same name.
    pub approximate: usize,
    /// Number of queries without a recorded outcome; they failed.
    pub not_recorded: usize,
}

/// The result of running one turn on the draft.
struct Walked {
    session: Session,
    effects: Vec<Effect>,
    trace: Trace,
    asked: Vec<Asked>,
    exchanges: Vec<(Query, QueryOutcome)>,
    /// Number of queries without a recorded outcome.
    missing: usize,
}

impl Backtest {
    /// A backtest of a draft, without any turns so far.
    ///
    /// # Errors
    /// When the draft's examples cannot be embedded.
    pub async fn new(draft: Release, trainer: Arc<Trainer>) -> ports::Result<Backtest> {
        let intents = Intents::of(&draft, &trainer).await?;
        Ok(Backtest { release: draft, intents, trainer, report: Report::default() })
    }

    /// Runs the turns of one chat, oldest first, on the draft. Recorded timers fire at their recorded times; timers
    /// that only the draft would start never fire.
    pub async fn chat(&mut self, chat: &str, turns: &[RecordedTurn]) {
        let Some(first) = turns.first() else { return };
        let mut session = first.record.before.clone();
        let mut memory = RecordedOutcomes::of(turns);
        let (mut before, mut after) = (Marks::default(), Marks::default());
        self.report.chats += 1;
        for (number, past) in turns.iter().enumerate() {
            let private = past.private || waits_privately(&self.release, &session);
            let walked = self.walk(session, past, number, &mut memory).await;
            before.take(&past.record.effects);
            after.take(&walked.effects);
            let made = Calls { before: calls(&past.asked), after: calls(&walked.asked) };
            self.report.turn(chat, past, &walked.trace, private, walked.missing, made);
            self.report.model_calls.before += made.before;
            self.report.model_calls.after += made.after;
            session = walked.session;
        }
        self.report.approximate += memory.approximate;
        self.report.not_recorded += memory.not_recorded;
        self.report.marks(chat, before, after);
    }

    /// Runs one turn on the draft by itself, from the session that it began with.
    pub async fn turn(&self, past: &RecordedTurn) -> Tried {
        let turns = std::slice::from_ref(past);
        let mut memory = RecordedOutcomes::of(turns);
        let before = past.record.before.clone();
        let walked = self.walk(before.clone(), past, 0, &mut memory).await;
        let record = Record { before, trace: walked.trace, effects: walked.effects, millis: Vec::new() };
        let (approximate, not_recorded) = (memory.approximate, memory.not_recorded);
        Tried { record, exchanges: walked.exchanges, approximate, not_recorded }
    }

    /// The draft.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// The sorted report.
    pub fn finish(mut self) -> Report {
        self.report.sort();
        self.report
    }

    async fn walk(
        &self,
        session: Session,
        past: &RecordedTurn,
        number: usize,
        memory: &mut RecordedOutcomes<'_>,
    ) -> Walked {
        let missing = memory.not_recorded;
        let (mut asked, mut exchanges) = (Vec::new(), Vec::new());
        let mut step = start(&self.release, session, past.event.clone());
        loop {
            match step {
                Step::Query { query, suspended } => {
                    asked.push(Asked { query: query.name().to_owned(), key: query.key() });
                    let outcome = self.answer(&query, number, memory).await;
                    exchanges.push((query, outcome.clone()));
                    step = resume(&self.release, suspended, outcome);
                }
                Step::Done { session, effects, trace } => {
                    let missing = memory.not_recorded - missing;
                    return Walked { session, effects, trace, asked, exchanges, missing };
                }
            }
        }
    }

    async fn answer(&self, query: &Query, number: usize, memory: &mut RecordedOutcomes<'_>) -> QueryOutcome {
        match query {
            // Recorded outcomes belong to the old examples, and classifying with the draft's own is cheap.
            Query::Classify(request) => {
                // Only the catalogue of that time knows whether the text held an article number.
                if let Some(label) = self.intents.article_label(&request.set)
                    && memory.held_article(query)
                {
                    return QueryOutcome::Classify { labels: vec![ScoredLabel::of_article(label)] };
                }
                match self.intents.nearest(request, &self.trainer).await {
                    Ok(outcome) => outcome,
                    Err(why) => QueryOutcome::Failed { reason: why.to_string() },
                }
            }
            query => memory.outcome(number, query),
        }
    }
}

/// Whether a chat led to a lead, and the goals that it reached.
#[derive(Default)]
pub(crate) struct Marks {
    lead: bool,
    goals: BTreeSet<String>,
}

impl Marks {
    fn take(&mut self, effects: &[Effect]) {
        for effect in effects {
            match &effect.command {
                Command::Lead(_) => self.lead = true,
                Command::Goal(goal) => {
                    self.goals.insert(goal.name.clone());
                }
                _ => {}
            }
        }
    }
}

fn calls(asked: &[Asked]) -> usize {
    asked.iter().filter(|asked| matches!(asked.query.as_str(), "llm_classify" | "generate")).count()
}

/// Whether the next message of a chat is private: the waiting node collects personal data, or staff have taken over the
/// chat.
fn waits_privately(release: &Release, session: &Session) -> bool {
    session.taken_over_at.is_some()
        || session.waits_at().is_some_and(|(flow, node)| is_private(release, flow, node))
}

fn is_private(release: &Release, flow: &str, node: &str) -> bool {
    let Some(flow) = release.flow(flow) else { return false };
    flow.nodes.get(node).is_some_and(|entry| entry.node.collects_personal_data(&flow.slots))
}
