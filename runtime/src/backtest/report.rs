//! The result of a backtest, as plain data for people and tools.

use serde::Serialize;
use tolmach_engine::trace::{Trace, Visit};

use super::{Marks, RecordedTurn};

/// What a draft would have changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Number of chats run.
    pub chats: usize,
    /// Number of turns run.
    pub turns: usize,
    /// Number of turns that visit the same nodes.
    pub same: usize,
    /// Number of turns that visit other nodes.
    pub changed: usize,
    /// The changed paths, most frequent first.
    pub paths: Vec<ChangedPath>,
    /// The turns that visit other nodes or ask models more or less often, in the order in which they were run; at most
    /// [`MAX_CHANGED`].
    pub changed_turns: Vec<ChangedTurn>,
    /// Chats that led to a lead.
    pub leads: Leads,
    /// For each goal, the chats that reached it.
    pub goals: Vec<Goal>,
    /// Queries to language models.
    pub model_calls: Calls,
    /// Faults in the draft that the recorded turn did not have.
    pub faults: Vec<Fault>,
    /// The same in turns with a query that had no recorded outcome: that may be the only cause of the fault.
    pub doubtful_faults: Vec<Fault>,
    /// Number of queries answered by the outcome of another query of the same name.
    pub approximate: usize,
    /// Number of queries without a recorded outcome; they failed.
    pub not_recorded: usize,
}

/// The most turns that a report names one by one.
pub const MAX_CHANGED: usize = 200;

/// A turn that a draft changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedTurn {
    /// Its chat.
    pub chat: String,
    /// Its `seq` in the store.
    pub turn: i64,
    /// When it was, milliseconds since the Unix epoch.
    pub at: i64,
    /// The client's action; `«…»` for private text.
    pub wrote: String,
    /// The nodes that the recorded turn visited.
    pub before: Vec<String>,
    /// The nodes that the draft visits.
    pub after: Vec<String>,
    /// Queries to language models.
    pub model_calls: Calls,
}

/// A path that differs in the draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedPath {
    /// The nodes that the recorded turn visited.
    pub before: Vec<String>,
    /// The nodes that the draft visits.
    pub after: Vec<String>,
    /// Number of turns.
    pub turns: usize,
    /// A chat with such a turn.
    pub chat: String,
    /// The client's action in that turn; `«…»` for private text.
    pub wrote: String,
}

/// Chats that led to a lead, or reached a goal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Leads {
    /// Number of chats in the recorded turns.
    pub before: usize,
    /// Number of chats with the draft.
    pub after: usize,
    /// Chats that no longer do with the draft.
    pub lost: Vec<String>,
    /// Chats that only do with the draft.
    pub new: Vec<String>,
}

/// Chats that reached a goal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Goal {
    /// The goal's name.
    pub name: String,
    /// Chats that reached it.
    #[serde(flatten)]
    pub chats: Leads,
}

/// Numbers of queries to language models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// In the recorded turns.
    pub before: usize,
    /// With the draft.
    pub after: usize,
}

/// A fault that only the draft has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The flow.
    pub flow: String,
    /// The node that fails.
    pub node: String,
    /// The fault's message.
    pub fault: String,
    /// Number of turns.
    pub turns: usize,
    /// A chat with such a turn.
    pub chat: String,
}

impl Report {
    /// Whether the draft loses a lead or adds a fault, and so should not be published.
    pub fn is_worse(&self) -> bool {
        !self.leads.lost.is_empty() || !self.faults.is_empty()
    }

    /// Adds a turn. `missing` is its number of queries without a recorded outcome, `model_calls` those to models.
    pub(super) fn turn(
        &mut self,
        chat: &str,
        past: &RecordedTurn,
        draft: &Trace,
        private: bool,
        missing: usize,
        model_calls: Calls,
    ) {
        self.turns += 1;
        let recorded = &past.record.trace;
        let nodes = |trace: &Trace| -> Vec<String> { trace.path().into_iter().map(str::to_owned).collect() };
        let (before, after) = (nodes(recorded), nodes(draft));
        if (before != after || model_calls.before != model_calls.after)
            && self.changed_turns.len() < MAX_CHANGED
        {
            self.changed_turns.push(ChangedTurn {
                chat: chat.to_owned(),
                turn: past.seq,
                at: past.event.at,
                wrote: past.wrote(private),
                before: before.clone(),
                after: after.clone(),
                model_calls,
            });
        }
        if before == after {
            self.same += 1;
        } else {
            self.changed += 1;
            match self.paths.iter_mut().find(|path| path.before == before && path.after == after) {
                Some(path) => path.turns += 1,
                None => {
                    let (chat, wrote) = (chat.to_owned(), past.wrote(private));
                    self.paths.push(ChangedPath { before, after, turns: 1, chat, wrote });
                }
            }
        }
        for visit in &draft.visits {
            let Some(fault) = &visit.fault else { continue };
            let had = |old: &Visit| old.flow == visit.flow && old.node == visit.node && old.fault.is_some();
            if recorded.visits.iter().any(had) {
                continue;
            }
            let faults = if missing == 0 { &mut self.faults } else { &mut self.doubtful_faults };
            let same =
                |one: &&mut Fault| one.flow == visit.flow && one.node == visit.node && one.fault == *fault;
            match faults.iter_mut().find(same) {
                Some(one) => one.turns += 1,
                None => faults.push(Fault {
                    flow: visit.flow.clone(),
                    node: visit.node.clone(),
                    fault: fault.clone(),
                    turns: 1,
                    chat: chat.to_owned(),
                }),
            }
        }
    }

    /// Adds the leads and goals of a chat.
    pub(super) fn marks(&mut self, chat: &str, before: Marks, after: Marks) {
        self.leads.count(chat, before.lead, after.lead);
        for name in before.goals.union(&after.goals) {
            let known = self.goals.iter().position(|goal| goal.name == *name);
            let at = known.unwrap_or_else(|| {
                self.goals.push(Goal { name: name.clone(), ..Goal::default() });
                self.goals.len() - 1
            });
            if let Some(goal) = self.goals.get_mut(at) {
                goal.chats.count(chat, before.goals.contains(name), after.goals.contains(name));
            }
        }
    }

    /// Sorts the lists for reading: most frequent first, goals by name.
    pub(super) fn sort(&mut self) {
        self.paths.sort_by(|a, b| b.turns.cmp(&a.turns).then_with(|| a.before.cmp(&b.before)));
        self.goals.sort_by(|a, b| a.name.cmp(&b.name));
        for faults in [&mut self.faults, &mut self.doubtful_faults] {
            faults.sort_by(|a, b| b.turns.cmp(&a.turns).then_with(|| a.node.cmp(&b.node)));
        }
    }
}

impl Leads {
    fn count(&mut self, chat: &str, before: bool, after: bool) {
        self.before += usize::from(before);
        self.after += usize::from(after);
        match (before, after) {
            (true, false) => self.lost.push(chat.to_owned()),
            (false, true) => self.new.push(chat.to_owned()),
            _ => {}
        }
    }
}
