//! Results of a crash run.

use std::{fmt, path::PathBuf, time::Duration};

use serde_json::{Value, json};

use super::ledger::{Broken, Ledger, Verdict};
use crate::figures::{Spread, millis};

/// Number of faulty chats whose dialogs are printed.
const DIALOGS: usize = 3;
/// Number of faults that are printed.
const FAULTS: usize = 20;
/// Target for the time from spawn to /health, and for the lateness of timers.
const TARGET: Duration = Duration::from_secs(2);

/// Number of signals sent to processes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interruptions {
    /// SIGKILL, including to paused processes.
    pub kills: usize,
    /// SIGSTOP, including to processes that were then killed.
    pub stops: usize,
}

/// The result of a run.
pub struct Outcome {
    /// Name of the database.
    pub database: &'static str,
    pub seed: u64,
    pub cycles: u32,
    pub processes: usize,
    pub blows: Interruptions,
    /// Number of updates that clients wrote.
    pub written: usize,
    /// Number of updates that were confirmed.
    pub acknowledged: usize,
    pub verdict: Verdict,
    /// Ledgers of the first chats with faults.
    pub dialogs: Vec<String>,
    /// Times from spawn to /health.
    pub starts: Spread,
    /// Lateness of timers.
    pub late: Spread,
    pub elapsed: Duration,
    /// Data folder, if it was kept.
    pub folder: Option<PathBuf>,
}

impl Outcome {
    /// Whether all delivery guarantees were kept and all updates confirmed.
    pub fn holds(&self) -> bool {
        self.verdict.faults.is_empty() && self.acknowledged == self.written
    }

    /// The ledgers of the first chats that have faults.
    pub fn dialogs_of(verdict: &Verdict, ledger: &Ledger) -> Vec<String> {
        let mut chats: Vec<i64> = verdict.faults.iter().filter_map(|fault| fault.chat).collect();
        chats.dedup();
        chats.iter().take(DIALOGS).map(|chat| format!("chat {chat}\n{}", ledger.of_chat(*chat))).collect()
    }

    /// The result as JSON.
    pub fn json(&self) -> Value {
        let faults: Vec<String> = self.verdict.faults.iter().map(ToString::to_string).collect();
        let count = |broken| self.verdict.count(broken);
        json!({
            "database": self.database, "seed": self.seed, "cycles": self.cycles, "processes": self.processes,
            "kills": self.blows.kills, "stops": self.blows.stops,
            "updates": self.written, "acknowledged": self.acknowledged, "effects": self.verdict.effects,
            "redeliveries": self.verdict.redeliveries, "most_redelivered": self.verdict.most_redelivered,
            "mails": self.verdict.mails, "mails_received": self.verdict.mails_received,
            "lost": count(Broken::Lost), "doubled": count(Broken::Doubled), "reordered": count(Broken::Reordered),
            "too_often": count(Broken::Redelivered), "stray": count(Broken::Stray),
            "mails_lost": count(Broken::MailLost), "mails_doubled": count(Broken::MailDoubled),
            "mails_stray": count(Broken::MailStray),
            "start": self.starts.json(), "timers_late": self.late.json(),
            "elapsed_seconds": self.elapsed.as_secs_f64(), "holds": self.holds(), "faults": faults,
            "dialogs": self.dialogs, "folder": self.folder,
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { verdict, blows, starts, late, .. } = self;
        let processes =
            if self.processes == 1 { String::new() } else { format!(", {} processes", self.processes) };
        writeln!(f, "crash on {}, {} cycles, seed {}{processes}", self.database, self.cycles, self.seed)?;
        let mut line = |name: &str, text: String| writeln!(f, "  {name:<12} {text}");
        line("blows", format!("{} killed, {} stopped", blows.kills, blows.stops))?;
        line("updates", format!("{} acknowledged of {}", self.acknowledged, self.written))?;
        let again =
            format!("{} redelivered, at most {} of one", verdict.redeliveries, verdict.most_redelivered);
        line("messages", format!("{} shown to clients, {again}", verdict.effects))?;
        line("mails", format!("{} in the mailbox, {} received", verdict.mails, verdict.mails_received))?;
        let count = |broken| verdict.count(broken);
        let messages = [
            ("lost", Broken::Lost),
            ("doubled", Broken::Doubled),
            ("reordered", Broken::Reordered),
            ("shown too often", Broken::Redelivered),
            ("out of nowhere", Broken::Stray),
            ("mails lost", Broken::MailLost),
            ("mails doubled", Broken::MailDoubled),
            ("mails out of nowhere", Broken::MailStray),
        ];
        let counts: Vec<String> =
            messages.iter().map(|(name, broken)| format!("{name} {}", count(*broken))).collect();
        line("broken", counts.join(", "))?;
        let spread = |of: &Spread| {
            let (p50, max) = (millis(of.at(0.5)), millis(of.max()));
            format!("p50 {p50}, max {max} of {} (target under {})", of.count(), millis(TARGET))
        };
        line("starts", spread(starts))?;
        line("timers late", spread(late))?;
        line("elapsed", format!("{:.1} s", self.elapsed.as_secs_f64()))?;
        for fault in verdict.faults.iter().take(FAULTS) {
            writeln!(f, "  {fault}")?;
        }
        if let Some(more) = verdict.faults.len().checked_sub(FAULTS + 1) {
            writeln!(f, "  … and {} more", more + 1)?;
        }
        for dialog in &self.dialogs {
            writeln!(f, "\n{dialog}")?;
        }
        if let Some(folder) = &self.folder {
            writeln!(f, "  the data and what was printed: {}", folder.display())?;
        }
        writeln!(f, "  {}", if self.holds() { "the promise holds" } else { "THE PROMISE IS BROKEN" })
    }
}
