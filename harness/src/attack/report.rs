//! Results of an attack.

use std::{fmt, sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};

use super::{
    bystanders::Noticed,
    targets::{ANSWER, HEALTH},
    waves::{self, Tally, Wave},
};
use crate::{figures::millis, process::Usage};

/// Target for the memory of the process, in bytes.
const MEMORY: u64 = 400 << 20;
/// Target for the time until all is as before.
const NORMAL: Duration = Duration::from_secs(5);
/// Target for what the staff gets during one attack: from each chat four notices and ten of the client's own words, in two
/// places, by the default limits.
const STAFF: usize = (4 + 10) * 2 * waves::NAGGERS as usize;

/// One attack.
pub struct Row {
    /// Which.
    pub wave: Wave,
    /// What the attackers did.
    pub tally: Tally,
    /// What the ordinary clients noticed.
    pub noticed: Noticed,
    /// Until all was as before; `None` if it was not in half a minute.
    pub normal_after: Option<Duration>,
    /// Messages and mails to the staff.
    pub staff_messages: usize,
    /// Resource usage at the end; `None` if the system does not report it.
    pub usage: Option<Usage>,
}

impl Row {
    /// The targets that were missed.
    fn missed(&self) -> Vec<&'static str> {
        let missed = [
            (!self.noticed.failures.is_empty(), "failures"),
            (self.noticed.answers.count() == 0, "no answers"),
            (self.noticed.answers.at(0.99) >= ANSWER, "answers"),
            (self.noticed.health.at(0.99) >= HEALTH, "health"),
            (self.usage.is_some_and(|usage| usage.peak >= MEMORY), "memory"),
            (self.normal_after.is_none_or(|after| after >= NORMAL), "not as before"),
            (self.staff_messages > STAFF, "staff"),
            (self.tally.accepted.load(Ordering::Relaxed) > 0, "poison accepted"),
        ];
        missed.into_iter().filter_map(|(missed, name)| missed.then_some(name)).collect()
    }

    fn json(&self) -> Value {
        json!({
            "attack": self.wave.name(), "tries": self.tally.tries.load(Ordering::Relaxed),
            "refused": self.tally.refused.load(Ordering::Relaxed),
            "poison_accepted": self.tally.accepted.load(Ordering::Relaxed),
            "answer": self.noticed.answers.json(), "health": self.noticed.health.json(),
            "failures": self.noticed.failures, "staff_messages": self.staff_messages,
            "resident_bytes": self.usage.map(|usage| usage.resident),
            "peak_bytes": self.usage.map(|usage| usage.peak),
            "normal_after_seconds": self.normal_after.map(|after| after.as_secs_f64()), "missed": self.missed(),
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |of: &std::sync::atomic::AtomicUsize| of.load(Ordering::Relaxed);
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| millis(self.noticed.answers.at(share)));
        let health = millis(self.noticed.health.at(0.99));
        let memory = self.usage.map_or("?".to_owned(), |usage| format!("{} MB", usage.peak >> 20));
        let normal =
            self.normal_after.map_or("never".to_owned(), |after| format!("{:.1} s", after.as_secs_f64()));
        let missed = self.missed();
        let verdict =
            if missed.is_empty() { "ok".to_owned() } else { format!("MISSED: {}", missed.join(", ")) };
        write!(
            f,
            "{:<16} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>8}  {verdict}",
            self.wave.name(),
            count(&self.tally.tries),
            count(&self.tally.refused),
            p50,
            p99,
            max,
            health,
            memory,
            self.staff_messages,
            normal,
        )?;
        self.noticed.failures.iter().take(3).try_for_each(|why| write!(f, "\n  failed: {why}"))
    }
}

/// All attacks.
pub struct Report {
    /// In the order in which they ran.
    pub rows: Vec<Row>,
}

impl Report {
    /// Whether no target was missed.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.missed().is_empty())
    }

    /// The results as JSON.
    pub fn json(&self) -> Value {
        json!({ "holds": self.holds(), "attacks": self.rows.iter().map(Row::json).collect::<Vec<_>>() })
    }

    /// The names of the columns.
    pub fn heading() -> String {
        format!(
            "{:<16} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>8}\n",
            "attack", "tries", "refused", "p50", "p99", "max", "health", "memory", "staff", "normal"
        )
    }

    /// What the columns mean, and the targets.
    pub fn ending() -> String {
        format!(
            "\nAnswers to ordinary clients (p50, p99, max); the 99th percentile of /health; the most memory so far; messages and\n\
             mails to the staff; the time until all was as before. Targets: p99 under {}, /health under {}, memory under\n\
             {} MB, staff at most {STAFF}, normal within {} s, no failure.\n",
            millis(ANSWER),
            millis(HEALTH),
            MEMORY >> 20,
            NORMAL.as_secs(),
        )
    }
}
