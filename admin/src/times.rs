//! Times as people read them, in the company's time zone.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use tolmach_engine::language::Language;

use crate::texts::{self, Texts};

/// How times are written on a page.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    pub(crate) language: Language,
    pub(crate) zone: TimeZone,
    /// Milliseconds since the Unix epoch.
    pub(crate) now: i64,
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

impl Times {
    fn zoned(&self, at: i64) -> Option<Zoned> {
        Some(Timestamp::from_millisecond(at).ok()?.to_zoned(self.zone.clone()))
    }

    /// For the attribute `datetime`.
    pub(crate) fn machine(&self, at: i64) -> String {
        Timestamp::from_millisecond(at)
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default()
    }

    /// Day and time, always whole.
    pub(crate) fn moment(&self, texts: &Texts, at: i64) -> String {
        let Some(time) = self.zoned(at) else { return String::new() };
        format!("{} {}, {}", self.date(texts, time.date()), time.year(), time.strftime("%H:%M"))
    }

    /// By a pattern of `strftime`, for files.
    pub(crate) fn formatted(&self, at: i64, pattern: &str) -> String {
        self.zoned(at).map(|time| time.strftime(pattern).to_string()).unwrap_or_default()
    }

    /// The day and the first letters of its month.
    pub(crate) fn short_day(&self, texts: &Texts, at: i64) -> String {
        let Some(time) = self.zoned(at) else { return String::new() };
        let month = texts.get(self.language, &format!("month.{}", time.month())).unwrap_or_default();
        let month: String = month.chars().take(3).collect();
        match self.language {
            Language::Ru => format!("{} {month}", time.day()),
            Language::En => format!("{month} {}", time.day()),
        }
    }

    /// Hours and minutes.
    pub(crate) fn clock(&self, at: i64) -> String {
        self.zoned(at).map(|time| time.strftime("%H:%M").to_string()).unwrap_or_default()
    }

    /// How long ago it was within the hour, the time within a day, otherwise the date.
    pub(crate) fn relative(&self, texts: &Texts, at: i64) -> String {
        let (Some(time), Some(today)) = (self.zoned(at), self.zoned(self.now)) else { return String::new() };
        let text = |key: &str| texts.get(self.language, key).unwrap_or_default().to_owned();
        match self.now - at {
            past if (0..MINUTE).contains(&past) => text("time.now"),
            past if (0..HOUR).contains(&past) => {
                text("time.minutes").replace("{n}", &texts::number(self.language, past / MINUTE))
            }
            _ => {
                let (day, hour) = (time.date(), time.strftime("%H:%M"));
                let yesterday = today.date().yesterday().ok();
                if day == today.date() {
                    hour.to_string()
                } else if Some(day) == yesterday {
                    text("time.yesterday").replace("{clock}", &hour.to_string())
                } else if day.year() == today.year() {
                    self.date(texts, day)
                } else {
                    format!("{} {}", self.date(texts, day), day.year())
                }
            }
        }
    }

    /// A heading of a day: today, yesterday, or its date.
    pub(crate) fn day(&self, texts: &Texts, at: i64) -> String {
        let (Some(time), Some(today)) = (self.zoned(at), self.zoned(self.now)) else { return String::new() };
        let date = self.date(texts, time.date());
        let text = |key: &str| texts.get(self.language, key).unwrap_or_default();
        if time.date() == today.date() {
            format!("{}, {date}", text("time.today"))
        } else if Some(time.date()) == today.date().yesterday().ok() {
            format!("{}, {date}", text("time.yesterday_day"))
        } else {
            format!("{date} {}", time.year())
        }
    }

    /// The day since the Unix epoch in the company's zone, to group by.
    pub(crate) fn day_number(&self, at: i64) -> Option<Date> {
        self.zoned(at).map(|time| time.date())
    }

    fn date(&self, texts: &Texts, day: Date) -> String {
        let month = texts.get(self.language, &format!("month.{}", day.month())).unwrap_or_default();
        match self.language {
            Language::Ru => format!("{} {month}", day.day()),
            Language::En => format!("{month} {}", day.day()),
        }
    }

    /// A length of time: milliseconds, seconds, minutes and seconds, hours and minutes, days.
    pub(crate) fn span(&self, texts: &Texts, millis: i64) -> String {
        let unit = |key: &str| texts.get(self.language, key).unwrap_or_default();
        let whole =
            |number: i64, key: &str| format!("{}\u{a0}{}", texts::number(self.language, number), unit(key));
        let two = |first: i64, one: &str, second: i64, other: &str| match second {
            0 => whole(first, one),
            _ => format!("{} {}", whole(first, one), whole(second, other)),
        };
        match millis.max(0) {
            millis if millis < 1000 => whole(millis, "unit.ms"),
            millis if millis < 10_000 => {
                #[expect(clippy::cast_precision_loss, reason = "below ten thousand")]
                let seconds = texts::decimal(self.language, millis as f64 / 1000.0, 1);
                format!("{seconds}\u{a0}{}", unit("unit.s"))
            }
            millis if millis < MINUTE => whole(millis / 1000, "unit.s"),
            millis if millis < HOUR => two(millis / MINUTE, "unit.min", millis % MINUTE / 1000, "unit.s"),
            millis if millis < 48 * HOUR => two(millis / HOUR, "unit.h", millis % HOUR / MINUTE, "unit.min"),
            millis => whole(millis / (24 * HOUR), "unit.d"),
        }
    }
}
