//! Results of a load measurement.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde_json::{Value, json};

use super::server::Server;
use crate::{
    figures::{Spread, millis},
    page::{Answered, Failure},
    process::Usage,
};

/// Target for the memory with 10,000 open chats, in bytes.
const TARGET: u64 = 300 << 20;

/// Failures by reason.
pub type Errors = BTreeMap<Failure, usize>;

/// The result on one database.
pub struct Measured {
    /// Name of the database.
    pub database: &'static str,
    /// Number of concurrent pages.
    pub clients: usize,
    /// Average think time; `None` for idle chats.
    pub think: Option<Duration>,
    /// Time until all pages were open; idle ones had been answered by then.
    pub opened: Duration,
    /// Duration over which turns per second are computed.
    pub length: Duration,
    /// Latency of the acknowledgement.
    pub ack: Spread,
    /// Latency of the bot's first message.
    pub answer: Spread,
    /// Resource usage at the end; `None` if the system does not report it.
    pub usage: Option<Usage>,
    /// CPU time used during the measurement.
    pub cpu: Option<Duration>,
    /// Number of failures by reason.
    pub errors: Errors,
}

impl Measured {
    /// The results so far. The caller sets `clients`, `think`, `opened` and `length`.
    pub fn new(server: &Server, before: Option<Usage>, answered: &[Answered], errors: Errors) -> Measured {
        let usage = server.usage();
        Measured {
            database: server.database(),
            clients: 0,
            think: None,
            opened: Duration::ZERO,
            length: Duration::ZERO,
            ack: Spread::new(answered.iter().map(|one| one.ack).collect()),
            answer: Spread::new(answered.iter().map(|one| one.answer).collect()),
            usage,
            cpu: before.zip(usage).map(|(before, after)| after.cpu.saturating_sub(before.cpu)),
            errors,
        }
    }

    fn turns_a_second(&self) -> f64 {
        self.answer.count() as f64 / self.length.as_secs_f64().max(1e-3)
    }

    /// The result as JSON.
    pub fn json(&self) -> Value {
        json!({
            "database": self.database, "clients": self.clients, "think_seconds": self.think.map(|think| think.as_secs_f64()),
            "opened_seconds": self.opened.as_secs_f64(), "seconds": self.length.as_secs_f64(),
            "turns_per_second": self.turns_a_second(), "answer": self.answer.json(), "ack": self.ack.json(),
            "resident_bytes": self.usage.map(|usage| usage.resident), "peak_bytes": self.usage.map(|usage| usage.peak),
            "cpu_seconds": self.cpu.map(|cpu| cpu.as_secs_f64()), "errors": self.errors,
        })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.think {
            Some(think) => writeln!(
                f,
                "load on {}, {} clients, {} s of thought, {} s",
                self.database,
                self.clients,
                think.as_secs_f64(),
                self.length.as_secs()
            )?,
            None => writeln!(
                f,
                "load on {}, {} open chats that have said one thing",
                self.database, self.clients
            )?,
        }
        let mut line = |name: &str, text: String| writeln!(f, "  {name:<12} {text}");
        line("opened in", format!("{:.1} s", self.opened.as_secs_f64()))?;
        line("turns", format!("{}, {:.0} a second", self.answer.count(), self.turns_a_second()))?;
        let spread = |of: &Spread| {
            let [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1.0].map(|share| millis(of.at(share)));
            format!("p50 {p50}, p95 {p95}, p99 {p99}, max {max}")
        };
        line("answer", spread(&self.answer))?;
        line("ack", spread(&self.ack))?;
        let memory = self.usage.map_or("not told by this system".to_owned(), |usage| {
            let megabytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
            let target = match self.think {
                None => format!(" (target under {:.0} MB)", megabytes(TARGET)),
                Some(_) => String::new(),
            };
            format!("{:.0} MB, at most {:.0} MB{target}", megabytes(usage.resident), megabytes(usage.peak))
        });
        line("memory", memory)?;
        if let Some(cpu) = self.cpu {
            line("processor", format!("{:.1} s", cpu.as_secs_f64()))?;
        }
        let errors: Vec<String> = self.errors.iter().map(|(why, times)| format!("{why} ({times})")).collect();
        line("errors", if errors.is_empty() { "none".to_owned() } else { errors.join(", ") })
    }
}
