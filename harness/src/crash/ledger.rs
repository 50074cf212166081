//! The ledger: what happened, in the order in which the harness saw it, and the check of it. Pure.
//!
//! Every client message has a unique text. The bundle answers the n-th message of a chat with n and that text, so the
//! replies tell which messages were consumed, how often, and in which order.

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

/// A ledger entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A client sent a message.
    Wrote { chat: i64, text: String },
    /// A client received a message.
    Shown { chat: i64, text: String },
    /// A mail arrived.
    Mail { id: String, text: String },
    /// A process was killed or paused.
    Down { process: usize, signal: Interruption },
    /// A process serves, after its start or its pause.
    Up { process: usize },
}

/// A signal sent to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// SIGKILL.
    Kill,
    /// SIGSTOP.
    Stop,
}

/// All entries, with the time since the start of the run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<(Duration, Entry)>,
    progress: Progress,
}

/// What is still expected, updated with each entry.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Messages without a reply: chat and text.
    unanswered: HashSet<(i64, String)>,
    /// Texts of urgent messages without a mail.
    unmailed: HashSet<String>,
    /// Number of messages by chat.
    written: HashMap<i64, u64>,
    /// Number of messages consumed before the last nudge, by chat.
    nudged: HashMap<i64, u64>,
}

impl Ledger {
    /// Appends an entry.
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
            Entry::Shown { chat, text } => match BotMessage::parse(text) {
                Some(BotMessage::Reply { text, .. }) => {
                    progress.unanswered.remove(&(*chat, text.to_owned()));
                }
                Some(BotMessage::Nudge { after, .. }) => drop(progress.nudged.insert(*chat, after)),
                None => {}
            },
            Entry::Mail { text, .. } => drop(progress.unmailed.remove(text)),
            Entry::Down { .. } | Entry::Up { .. } => {}
        }
        self.entries.push((at, entry));
    }

    /// All entries in order.
    pub fn entries(&self) -> &[(Duration, Entry)] {
        &self.entries
    }

    /// Number of effects that are still expected: replies, mails, and a nudge after the last message of every chat.
    pub fn missing(&self) -> usize {
        let Progress { unanswered, unmailed, written, nudged } = &self.progress;
        let silent = written.iter().filter(|(chat, count)| nudged.get(chat) != Some(count));
        unanswered.len() + unmailed.len() + silent.count()
    }

    /// The entries of a chat as readable text, including the signals to processes.
    pub fn of_chat(&self, chat: i64) -> String {
        let lines = self.entries.iter().filter_map(|(at, entry)| {
            let line = match entry {
                Entry::Wrote { chat: of, text } if *of == chat => format!("client  {text}"),
                Entry::Shown { chat: of, text } if *of == chat => format!("shown   {text}"),
                Entry::Down { process, signal } => format!("        -- process {process}: {signal} --"),
                Entry::Up { process } => format!("        -- process {process} serves --"),
                _ => return None,
            };
            Some(format!("{:>9.3}  {line}\n", at.as_secs_f64()))
        });
        lines.collect()
    }
}

/// Whether the bundle sends this message to the staff.
pub fn is_urgent(text: &str) -> bool {
    text.ends_with('!')
}

/// A parsed message of the bundle.
#[derive(Clone, Copy, Debug, PartialEq)]
enum BotMessage<'a> {
    /// The reply to the n-th message.
    Reply { n: u64, text: &'a str },
    /// The k-th nudge, sent when `after` messages had been consumed.
    Nudge { k: u64, after: u64 },
}

impl BotMessage<'_> {
    fn parse(text: &str) -> Option<BotMessage<'_>> {
        if let Some(rest) = text.strip_prefix("reply ") {
            let (n, text) = rest.split_once(' ')?;
            return Some(BotMessage::Reply { n: n.parse().ok()?, text });
        }
        let (k, after) = text.strip_prefix("nudge ")?.split_once(" after ")?;
        Some(BotMessage::Nudge { k: k.parse().ok()?, after: after.parse().ok()? })
    }
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Interruption::Kill => "killed",
            Interruption::Stop => "stopped",
        })
    }
}

/// A period in which a process was down or paused, as positions in the ledger. One that never came back is away until
/// the end.
#[derive(Clone, Copy, Debug)]
struct Absence {
    signal: Interruption,
    from: usize,
    to: usize,
}

fn absences(entries: &[(Duration, Entry)]) -> Vec<Absence> {
    let mut absences: Vec<Absence> = Vec::new();
    let mut open: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, (_, entry)) in entries.iter().enumerate() {
        match entry {
            Entry::Down { process, signal } => {
                open.entry(*process).or_default().push(absences.len());
                absences.push(Absence { signal: *signal, from: at, to: entries.len() });
            }
            Entry::Up { process } => {
                open.remove(process).into_iter().flatten().for_each(|absence| absences[absence].to = at);
            }
            _ => {}
        }
    }
    absences
}
