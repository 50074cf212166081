//! The last lines of this process's log, kept in memory for the panel. What a line says is what the log says.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

/// How bad a line is, the worst first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something failed.
    Error,
    /// Something works in a lesser way.
    Warn,
    /// Something happened.
    Info,
    /// For whoever looks for a cause.
    Debug,
    /// Every step.
    Trace,
}

impl Level {
    /// All levels, the worst first.
    pub const ALL: [Level; 5] = [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }

    /// The level of this name.
    pub fn parse(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct LogLine {
    /// Its number since the start of the process, from 1.
    pub seq: u64,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// How bad it is.
    pub level: Level,
    /// The part of the program that wrote it, such as `tolmach_runtime::work`.
    pub target: String,
    /// What it says, its fields included.
    pub text: String,
}

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only this level and worse.
    pub level: Option<Level>,
    /// Only parts of the program whose name contains this.
    pub target: Option<String>,
    /// Only lines that contain this, in any case.
    pub text: Option<String>,
    /// Only lines after this number.
    pub after: u64,
    /// The most lines; the newest are taken.
    pub limit: usize,
}

/// The last lines of a log: at most a number of lines of at most a number of bytes.
#[derive(Debug)]
pub struct LogRing {
    capacity: usize,
    lines: Mutex<(u64, VecDeque<LogLine>)>,
}

/// The most bytes of the text of a line; what is longer is cut.
pub const LONGEST_LINE: usize = 2_000;

impl LogRing {
    /// An empty ring.
    pub fn new(capacity: usize) -> LogRing {
        LogRing { capacity, lines: Mutex::default() }
    }

    /// How many lines it keeps at most.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Adds a line; the oldest one leaves a full ring.
    pub fn add(&self, at: i64, level: Level, target: &str, mut text: String) {
        if text.len() > LONGEST_LINE {
            let mut end = LONGEST_LINE;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            text.push('…');
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.0 += 1;
        let seq = lines.0;
        if lines.1.len() >= self.capacity {
            lines.1.pop_front();
        }
        lines.1.push_back(LogLine { seq, at, level, target: target.to_owned(), text });
    }

    /// The number of the last line, and the newest lines that fit, the oldest of them first.
    pub fn read(&self, query: &LogQuery) -> (u64, Vec<LogLine>) {
        let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
        let (target, text) = (lower(&query.target), lower(&query.text));
        let fits = |line: &&LogLine| {
            let holds = |part: &Option<String>, whole: &str| {
                part.as_ref().is_none_or(|part| whole.to_lowercase().contains(part.as_str()))
            };
            query.level.is_none_or(|level| line.level <= level)
                && holds(&target, &line.target)
                && holds(&text, &line.text)
        };
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = lines.1.iter().rev().take_while(|line| line.seq > query.after);
        let mut found: Vec<LogLine> = newest.filter(fits).take(query.limit).cloned().collect();
        found.reverse();
        (lines.0, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ring: &LogRing, query: LogQuery) -> Vec<String> {
        ring.read(&query).1.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_ring_keeps_the_last_lines_and_cuts_long_ones() {
        let ring = LogRing::new(3);
        for number in 1..=5 {
            ring.add(number, Level::Info, "a", format!("line {number}"));
        }
        let all = LogQuery { limit: 100, ..LogQuery::default() };
        assert_eq!(texts(&ring, all.clone()), ["line 3", "line 4", "line 5"]);
        assert_eq!(ring.read(&LogQuery { limit: 1, ..all.clone() }).1[0].seq, 5, "the newest");
        assert_eq!(texts(&ring, LogQuery { after: 4, ..all.clone() }), ["line 5"]);
        ring.add(6, Level::Info, "a", "щ".repeat(5_000));
        let (last, lines) = ring.read(&LogQuery { after: 5, ..all });
        assert!(last == 6 && lines[0].text.len() <= LONGEST_LINE + 3 && lines[0].text.ends_with('…'));
    }

    #[test]
    fn lines_are_found_by_level_target_and_text() {
        let ring = LogRing::new(10);
        ring.add(1, Level::Error, "tolmach_store::sql", "Диск ПОЛОН".to_owned());
        ring.add(2, Level::Info, "tolmach_runtime", "a turn".to_owned());
        ring.add(3, Level::Debug, "tolmach_store", "a read".to_owned());
        let of = |level, target: Option<&str>, text: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let query = LogQuery { level, target: owned(target), text: owned(text), after: 0, limit: 10 };
            texts(&ring, query)
        };
        assert_eq!(of(Some(Level::Warn), None, None), ["Диск ПОЛОН"]);
        assert_eq!(of(Some(Level::Info), None, None).len(), 2);
        assert_eq!(of(None, Some("STORE"), None), ["Диск ПОЛОН", "a read"]);
        assert_eq!(of(None, None, Some("диск")), ["Диск ПОЛОН"]);
        assert_eq!(of(Some(Level::Error), Some("store"), Some("turn")), [""; 0]);
    }
}
