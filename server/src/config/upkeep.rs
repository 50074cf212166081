//! Settings of operation: process role, retention, limits of price list imports, and the daily report.

use anyhow::bail;
use serde::{Deserialize, Serialize};
use tolmach_app::retention::Days;
use tolmach_catalog::{BuildLimits, import::child::Limits};

/// The role of a process; several processes on one PostgreSQL database share the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything
    #[default]
    All,
    /// The web chat and the Telegram bot, and the turns of their clients
    Bot,
    /// Tasks: failed deliveries, timers, mail, imports, reports, retention
    Worker,
    /// The admin panel
    Admin,
}

impl Role {
    /// Whether clients connect to the process.
    pub fn has_clients(self) -> bool {
        matches!(self, Role::All | Role::Bot)
    }

    /// Whether the process serves the admin panel.
    pub fn has_panel(self) -> bool {
        matches!(self, Role::All | Role::Admin)
    }

    /// Whether the process runs turns.
    pub fn has_turns(self) -> bool {
        self != Role::Admin
    }

    /// Whether the process runs tasks.
    pub fn has_tasks(self) -> bool {
        matches!(self, Role::All | Role::Worker)
    }

    /// The name in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Role::All => "all",
            Role::Bot => "bot",
            Role::Worker => "worker",
            Role::Admin => "admin",
        }
    }
}

/// How many days records are kept; 0 keeps them forever.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Deduplication keys of received events. Channels redeliver within a day.
    pub inbox_days: u32,
    /// Ids of delivered messages.
    pub outbox_days: u32,
    /// Messages that could not be delivered, because nothing serves their channel any more.
    pub undelivered_days: u32,
    /// Traces of turns, which `tolmach replay` needs, and model calls.
    pub traces_days: u32,
    /// Messages of chats. Three years are the general limitation period for claims in Russia.
    pub messages_days: u32,
    /// Chats after their last turn, with their messages, traces and buttons; not those with an open lead.
    pub chats_days: u32,
    /// Chats that were opened and in which the client never said anything.
    pub silent_chats_days: u32,
    /// Buttons under the bot's messages; an older one is answered as out of date.
    pub buttons_days: u32,
    /// Closed leads with their history.
    pub leads_days: u32,
    /// Goals, and arms of experiments. More than a year, so that a season can be compared with the last one.
    pub analytics_days: u32,
    /// The audit log.
    pub audit_days: u32,
    /// Finished tasks.
    pub tasks_days: u32,
    /// Quarantined tasks.
    pub quarantine_days: u32,
    /// Files that were handed over for a task and that no task took.
    pub uploads_days: u32,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention {
            inbox_days: 30,
            outbox_days: 30,
            undelivered_days: 90,
            traces_days: 90,
            messages_days: 1095,
            chats_days: 1095,
            silent_chats_days: 30,
            buttons_days: 365,
            leads_days: 1095,
            analytics_days: 400,
            audit_days: 1095,
            tasks_days: 2,
            quarantine_days: 90,
            uploads_days: 7,
        }
    }
}

impl Retention {
    /// The settings as the retention job takes them.
    pub fn days(&self) -> Days {
        Days {
            inbox: self.inbox_days,
            outbox: self.outbox_days,
            undelivered: self.undelivered_days,
            traces: self.traces_days,
            messages: self.messages_days,
            chats: self.chats_days,
            silent_chats: self.silent_chats_days,
            buttons: self.buttons_days,
            leads: self.leads_days,
            analytics: self.analytics_days,
            audit: self.audit_days,
            tasks: self.tasks_days,
            quarantine: self.quarantine_days,
            uploads: self.uploads_days,
        }
    }

    /// Checks that deduplication keys are kept longer than channels redeliver.
    ///
    /// # Errors
    /// When `inbox_days` is 1.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.inbox_days == 1 {
            bail!(
                "retention.inbox_days is 1; Telegram repeats for a day, so set 2 or more, or 0 to keep rows forever"
            );
        }
        Ok(())
    }
}

/// The settings by their names.
pub fn as_json(retention: &Retention) -> serde_json::Value {
    serde_json::to_value(retention).unwrap_or_default()
}

/// The daily report to the staff.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Report {
    /// The local time of day, such as `09:00`; empty for no report.
    pub at: String,
    /// The IANA time zone of `at`, such as `Europe/Moscow`.
    pub timezone: String,
    /// The staff group that gets the report.
    pub group: String,
}

impl Default for Report {
    fn default() -> Report {
        Report { at: String::new(), timezone: "UTC".to_owned(), group: "default".to_owned() }
    }
}

impl Report {
    /// Checks that the time of day and the time zone exist.
    ///
    /// # Errors
    /// When one does not.
    pub fn check(&self) -> anyhow::Result<()> {
        if !self.at.is_empty() && self.time().is_none() {
            bail!("report.at is {:?}; a time of day such as 09:00 is expected", self.at);
        }
        if jiff::tz::TimeZone::get(&self.timezone).is_err() {
            bail!("report.timezone is {:?}; a name such as Europe/Moscow is expected", self.timezone);
        }
        Ok(())
    }

    /// The local date whose report is due at `now`, such as `2026-02-28`; `None` when no report is configured or it is
    /// not yet due today. `now` is in milliseconds since the Unix epoch.
    pub fn day_of(&self, now: i64) -> Option<String> {
        let due = self.time()?;
        let zone = jiff::tz::TimeZone::get(&self.timezone).ok()?;
        let local = jiff::Timestamp::from_millisecond(now).ok()?.to_zoned(zone);
        (local.time() >= due).then(|| local.date().to_string())
    }

    fn time(&self) -> Option<jiff::civil::Time> {
        let (hours, minutes) = self.at.trim().split_once(':')?;
        jiff::civil::Time::new(hours.parse().ok()?, minutes.parse().ok()?, 0, 0).ok()
    }
}

/// Limits of importing a price list: of the process that reads it, and of the build of the catalogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Import {
    /// Memory in MiB, 64 to 65,536: the address space of the process that reads, and what the build may take besides
    /// the catalogue that serves.
    pub memory_mib: u64,
    /// Run time of the process that reads, in seconds, 1 to 3,600.
    pub seconds: u64,
    /// Items of a list, and rows of the catalogue, 1 to 100,000,000.
    pub rows: usize,
    /// ISO 4217 code of the currency of lists that state none; empty for none.
    pub currency: String,
}

impl Default for Import {
    fn default() -> Import {
        let Limits { memory, seconds, rows } = Limits::default();
        Import { memory_mib: memory, seconds, rows, currency: String::new() }
    }
}

impl Import {
    /// Checks the ranges.
    ///
    /// # Errors
    /// When a limit is out of its range.
    pub fn check(&self) -> anyhow::Result<()> {
        if !(64..=65_536).contains(&self.memory_mib) {
            bail!("import.memory_mib is {}; it is 64 to 65536", self.memory_mib);
        }
        if !(1..=3600).contains(&self.seconds) {
            bail!("import.seconds is {}; it is 1 to 3600", self.seconds);
        }
        if !(1..=100_000_000).contains(&self.rows) {
            bail!("import.rows is {}; it is 1 to 100000000", self.rows);
        }
        let code = self.currency.as_str();
        let known = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if !known && !code.is_empty() {
            bail!("import.currency is {code:?}; an ISO 4217 code such as RUB or EUR is expected");
        }
        Ok(())
    }

    /// The limits as the reader takes them.
    pub fn limits(&self) -> Limits {
        Limits { memory: self.memory_mib, seconds: self.seconds, rows: self.rows }
    }

    /// The limits as the build takes them.
    pub fn build(&self) -> BuildLimits {
        BuildLimits { memory: self.memory_mib, rows: self.rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_due_once_its_hour_has_come() {
        let report = Report { at: "09:30".into(), timezone: "Europe/Moscow".into(), ..Report::default() };
        report.check().unwrap();
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!(report.day_of(at("2026-03-01T06:29:59Z")), None);
        assert_eq!(report.day_of(at("2026-03-01T06:30:00Z")).as_deref(), Some("2026-03-01"));
        assert_eq!(report.day_of(at("2026-03-01T20:59:00Z")).as_deref(), Some("2026-03-01"));
        assert_eq!(report.day_of(at("2026-03-01T21:00:00Z")), None, "a new day there");
        assert_eq!(Report::default().day_of(at("2026-03-01T06:30:00Z")), None);
        for (at, timezone) in [("25:00", "UTC"), ("9", "UTC"), ("nine", "UTC"), ("09:00", "Mars/Base")] {
            let wrong = Report { at: at.into(), timezone: timezone.into(), ..Report::default() };
            assert!(wrong.check().is_err(), "{at} {timezone}");
        }
    }
}
