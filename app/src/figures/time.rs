//! Periods and steps in the company's time zone.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use tolmach_runtime::ports::FigurePeriod;

const HOUR: i64 = 3_600_000;

/// What is counted: today, or the last days with today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Today, by hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
}

impl Period {
    /// All of them.
    pub const ALL: [Period; 4] = [Period::Day, Period::Week, Period::Month, Period::Quarter];

    /// Its name in addresses and texts.
    pub const fn name(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
            Period::Quarter => "quarter",
        }
    }

    /// The period of this name.
    pub fn parse(name: &str) -> Option<Period> {
        Period::ALL.into_iter().find(|period| period.name() == name)
    }

    const fn days(self) -> i64 {
        match self {
            Period::Day => 1,
            Period::Week => 7,
            Period::Month => 30,
            Period::Quarter => 90,
        }
    }
}

/// A moment as the chart and the heat map place it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// When it begins, milliseconds since the Unix epoch.
    pub(super) at: i64,
    /// From Monday, 0.
    pub(super) weekday: usize,
    /// Of the day.
    pub(super) hour: usize,
}

/// A period that ends now, the same part of the period before, and what that had later.
#[derive(Debug)]
pub(super) struct Times {
    period: Period,
    zone: TimeZone,
    first: Date,
    first_before: Date,
    pub(super) current: FigurePeriod,
    pub(super) before: FigurePeriod,
    pub(super) rest: FigurePeriod,
    /// The beginnings of the steps: 24 hours of today, or the days.
    pub(super) slots: Vec<Slot>,
}

impl Times {
    pub(super) fn of(period: Period, zone: &TimeZone, now: i64) -> Times {
        let zoned = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
        let today = zoned.date();
        let back = |days: i64| today.checked_sub(days.days()).unwrap_or(today);
        let begins = |date: Date| millis(date.at(0, 0, 0, 0).to_zoned(zone.clone()), now);
        let (first, first_before) = (back(period.days() - 1), back(2 * period.days() - 1));
        let until = now.saturating_add(1);
        let (from, from_before) = (begins(first), begins(first_before));
        let until_before = millis(zoned.checked_sub(period.days().days()), now).clamp(from_before, from);
        let mut times = Times {
            period,
            zone: zone.clone(),
            first,
            first_before,
            current: FigurePeriod { from, until },
            before: FigurePeriod { from: from_before, until: until_before },
            rest: FigurePeriod { from: until_before, until: from },
            slots: Vec::new(),
        };
        let starts: Vec<i64> = if period == Period::Day {
            let hour = |hour: i8| millis(today.at(hour, 0, 0, 0).to_zoned(zone.clone()), now);
            (0..24).map(hour).collect()
        } else {
            let day = |days: i64| first.checked_add(days.days()).map_or(now, begins);
            (0..period.days()).map(day).collect()
        };
        times.slots = starts.into_iter().map(|at| times.slot(at)).collect();
        times
    }

    /// The step by which the database groups: an hour, or less where the zone is not whole hours away from UTC.
    pub(super) fn step(&self) -> i64 {
        let whole = |at: &i64| {
            let at = Timestamp::from_millisecond(*at).unwrap_or(Timestamp::UNIX_EPOCH);
            self.zone.to_offset(at).seconds() % 3600 == 0
        };
        if [self.before.from, self.current.from, self.current.until].iter().all(whole) {
            HOUR
        } else {
            HOUR / 4
        }
    }

    pub(super) fn slot(&self, at: i64) -> Slot {
        let moment = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        let zoned = moment.to_zoned(self.zone.clone());
        let weekday = usize::try_from(zoned.weekday().to_monday_zero_offset()).unwrap_or_default();
        Slot { at, weekday, hour: usize::try_from(zoned.hour()).unwrap_or_default() }
    }

    /// The step of the chart in which a moment of the period lies.
    pub(super) fn step_at(&self, at: i64) -> Option<usize> {
        self.place(at, self.first)
    }

    /// The same for a moment of the period before.
    pub(super) fn step_before(&self, at: i64) -> Option<usize> {
        self.place(at, self.first_before)
    }

    fn place(&self, at: i64, first: Date) -> Option<usize> {
        if self.period == Period::Day {
            return Some(self.slot(at).hour);
        }
        let date = Timestamp::from_millisecond(at).ok()?.to_zoned(self.zone.clone()).date();
        usize::try_from(first.until(date).ok()?.get_days()).ok()
    }
}

fn millis(zoned: Result<jiff::Zoned, jiff::Error>, otherwise: i64) -> i64 {
    zoned.map_or(otherwise, |zoned| zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29 07:30 in Moscow, a Sunday.
    const NOW: i64 = 1_795_926_600_000;

    fn moscow(period: Period) -> Times {
        Times::of(period, &TimeZone::get("Europe/Moscow").unwrap(), NOW)
    }

    #[test]
    fn today_is_compared_with_yesterday_until_the_same_minute() {
        let times = moscow(Period::Day);
        let midnight = NOW - 7 * HOUR - HOUR / 2;
        assert_eq!(times.current, FigurePeriod { from: midnight, until: NOW + 1 });
        assert_eq!(times.before, FigurePeriod { from: midnight - 24 * HOUR, until: NOW - 24 * HOUR });
        assert_eq!(times.rest, FigurePeriod { from: NOW - 24 * HOUR, until: midnight });
        assert_eq!((times.slots.len(), times.slots[7].at), (24, midnight + 7 * HOUR));
        assert_eq!((times.step_at(NOW), times.step_before(NOW - 24 * HOUR)), (Some(7), Some(7)));
    }

    #[test]
    fn a_week_is_seven_days_with_today() {
        let times = moscow(Period::Week);
        assert_eq!(times.slots.len(), 7);
        let (first, last) = (times.slots[0], times.slots[6]);
        assert_eq!((first.weekday, last.weekday, last.hour), (0, 6, 0));
        assert_eq!(times.current.from, first.at);
        assert_eq!((times.step_at(first.at), times.step_at(NOW)), (Some(0), Some(6)));
        assert_eq!(times.step_before(first.at - 1), Some(6));
        assert_eq!(times.step(), HOUR);
    }

    #[test]
    fn a_zone_of_half_hours_is_counted_by_quarters() {
        let times = Times::of(Period::Quarter, &TimeZone::get("Asia/Kolkata").unwrap(), NOW);
        assert_eq!((times.step(), times.slots.len()), (HOUR / 4, 90));
        assert_eq!(times.slot(NOW).hour, 10, "04:30 in UTC is 10:00");
    }

    #[test]
    fn a_day_of_25_hours_is_a_day() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        // 2026-10-25 12:00 UTC, the day on which summer time ends.
        let times = Times::of(Period::Week, &berlin, 1_792_929_600_000);
        assert_eq!(times.slots[6].at, 1_792_879_200_000);
        assert_eq!(times.step_at(1_792_929_600_000), Some(6));
    }
}
