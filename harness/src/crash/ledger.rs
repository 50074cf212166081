//! What happened, in the order in which the harness saw it, and the judge of it. Pure.
//!
//! Every message of a client has a text of its own. The bundle answers the n-th message that a chat consumed with n and
//! that text, so what clients were shown says what was consumed, how often, and in which order.

mod judge;
mod lateness;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    time::Duration,
};

pub use judge::{Broken, Rules, Verdict, judge};
pub use lateness::lateness;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A client wrote.
    Wrote { chat: i64, text: String },
    /// A client was shown something.
    Shown { chat: i64, text: String },
    /// A mail arrived.
    Mail { id: String, text: String },
    /// A process was ended, or made to stand still.
    Down { process: usize, blow: Blow },
    /// It serves, for the first time or again.
    Up { process: usize },
}

/// What was done to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL.
    Kill,
    /// SIGSTOP.
    Stop,
}

/// Everything that happened, with the time since the beginning.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<(Duration, Entry)>,
    progress: Progress,
}

/// What is still expected, kept along so that the end of a run is seen as it comes.
#[derive(Clone, Debug, Default)]
struct Progress {
    unanswered: HashSet<(i64, String)>,
    unmailed: HashSet<String>,
    written: HashMap<i64, u64>,
    nudged: HashMap<i64, u64>,
}

impl Ledger {
    /// Notes it.
    pub fn note(&mut self, at: Duration, entry: Entry) {
        let progress = &mut self.progress;
        match &entry {
            Entry::Wrote { chat, text } => {
                *progress.written.entry(*chat).or_default() += 1;
                progress.unanswered.insert((*chat, text.clone()));
                if is_urgent(text) {
                    progress.unmailed.insert(text.clone());
                }
            }
            Entry::Shown { chat, text } => match Said::parse(text) {
                Some(Said::Reply { text, .. }) => drop(progress.unanswered.remove(&(*chat, text.to_owned()))),
                Some(Said::Nudge { after, .. }) => drop(progress.nudged.insert(*chat, after)),
                None => {}
            },
            Entry::Mail { text, .. } => drop(progress.unmailed.remove(text)),
            Entry::Down { .. } | Entry::Up { .. } => {}
        }
        self.entries.push((at, entry));
    }

    /// In order.
    pub fn entries(&self) -> &[(Duration, Entry)] {
        &self.entries
    }

    /// How much is still to come: answers, mails, and a nudge for the last silence of every chat.
    pub fn missing(&self) -> usize {
        let Progress { unanswered, unmailed, written, nudged } = &self.progress;
        let silent = written.iter().filter(|(chat, count)| nudged.get(chat) != Some(count));
        unanswered.len() + unmailed.len() + silent.count()
    }

    /// What concerns a chat, for people; blows as well, since they explain.
    pub fn of_chat(&self, chat: i64) -> String {
        let lines = self.entries.iter().filter_map(|(at, entry)| {
            let line = match entry {
                Entry::Wrote { chat: of, text } if *of == chat => format!("client  {text}"),
                Entry::Shown { chat: of, text } if *of == chat => format!("shown   {text}"),
                Entry::Down { process, blow } => format!("        -- process {process}: {blow} --"),
                Entry::Up { process } => format!("        -- process {process} serves --"),
                _ => return None,
            };
            Some(format!("{:>9.3}  {line}\n", at.as_secs_f64()))
        });
        lines.collect()
    }
}

/// Whether the bundle tells the staff of this message.
pub fn is_urgent(text: &str) -> bool {
    text.ends_with('!')
}

/// What the bundle says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Said<'a> {
    /// To the n-th message.
    Reply { n: u64, text: &'a str },
    /// The k-th silence, noted when so many messages were consumed.
    Nudge { k: u64, after: u64 },
}

impl Said<'_> {
    fn parse(text: &str) -> Option<Said<'_>> {
        if let Some(rest) = text.strip_prefix("reply ") {
            let (n, text) = rest.split_once(' ')?;
            return Some(Said::Reply { n: n.parse().ok()?, text });
        }
        let (k, after) = text.strip_prefix("nudge ")?.split_once(" after ")?;
        Some(Said::Nudge { k: k.parse().ok()?, after: after.parse().ok()? })
    }
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Blow::Kill => "killed",
            Blow::Stop => "stopped",
        })
    }
}

/// A stretch in which a process was away or stood still, by positions in the ledger; one that never came back is away to
/// the end.
#[derive(Clone, Copy, Debug)]
struct Absence {
    blow: Blow,
    from: usize,
    to: usize,
}

fn absences(entries: &[(Duration, Entry)]) -> Vec<Absence> {
    let mut absences: Vec<Absence> = Vec::new();
    let mut open: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, (_, entry)) in entries.iter().enumerate() {
        match entry {
            Entry::Down { process, blow } => {
                open.entry(*process).or_default().push(absences.len());
                absences.push(Absence { blow: *blow, from: at, to: entries.len() });
            }
            Entry::Up { process } => {
                open.remove(process).into_iter().flatten().for_each(|absence| absences[absence].to = at);
            }
            _ => {}
        }
    }
    absences
}
