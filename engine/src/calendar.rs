//! The company's working hours and holidays.

use std::{collections::BTreeSet, ops::RangeInclusive};

use jiff::{
    ToSpan,
    civil::{Date, DateTime, Time, Weekday},
};

use crate::{language::Language, typed::Typed};

/// When the company works, as `working_hours` and `holidays` of company.yaml say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// From Monday to Sunday: the hours of the day, in order.
    week: [Vec<(Time, Time)>; 7],
    holidays: BTreeSet<Date>,
}

/// How far a day of work is looked for, in days.
const HORIZON: i64 = 366;

const DAYS: [(&str, &str); 7] =
    [("mon", "пн"), ("tue", "вт"), ("wed", "ср"), ("thu", "чт"), ("fri", "пт"), ("sat", "сб"), ("sun", "вс")];

impl Calendar {
    /// Whether any hours are known.
    pub fn is_known(&self) -> bool {
        self.week.iter().any(|hours| !hours.is_empty())
    }

    /// Adds hours such as `09:00-18:00` to days such as `mon`, `mon-fri` or «пн-пт».
    ///
    /// # Errors
    /// What cannot be read, and after a newline how to write it.
    pub fn add(&mut self, days: &str, hours: &str) -> Result<(), String> {
        let range = Calendar::days(days).ok_or_else(|| {
            format!("`{days}` is no day of the week\nwrite a day or a range of days: mon, sat, mon-fri")
        })?;
        let hours = Calendar::hours(hours).ok_or_else(|| {
            format!(
                "`{hours}` are no hours\nwrite from and to on the same day, such as 09:00-18:00; several as a list"
            )
        })?;
        for day in range {
            let Some(of_day) = self.week.get_mut(day) else { continue };
            if of_day.iter().any(|(from, to)| hours.0 < *to && *from < hours.1) {
                return Err(format!("`{days}` has hours already\nname each day once"));
            }
            of_day.push(hours);
            of_day.sort();
        }
        Ok(())
    }

    /// Adds a day on which nobody works.
    pub fn add_holiday(&mut self, day: Date) {
        self.holidays.insert(day);
    }

    fn days(text: &str) -> Option<RangeInclusive<usize>> {
        let day = |name: &str| {
            let name = name.trim().to_lowercase();
            DAYS.iter().position(|(english, russian)| {
                name.strip_prefix(english).is_some_and(|rest| rest.chars().all(char::is_alphabetic))
                    || name == *russian
            })
        };
        let mut ends = text.split(['-', '–']);
        let from = day(ends.next()?)?;
        let to = ends.next().map_or(Some(from), day)?;
        (ends.next().is_none() && from <= to).then_some(from..=to)
    }

    fn hours(text: &str) -> Option<(Time, Time)> {
        let time = |text: &str| match text.trim() {
            "24:00" => Some(Time::constant(23, 59, 59, 0)),
            text => match Typed::parse(crate::slot::Type::Time, text) {
                Some(Typed::Time(time)) => Some(time),
                _ => None,
            },
        };
        let (from, to) = text.split_once(['-', '–'])?;
        let (from, to) = (time(from)?, time(to)?);
        (from < to).then_some((from, to))
    }

    fn of(&self, day: Date) -> &[(Time, Time)] {
        let at = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
        if self.holidays.contains(&day) { &[] } else { self.week.get(at).map_or(&[], Vec::as_slice) }
    }

    /// Whether the company works on a day.
    pub fn is_workday(&self, day: Date) -> bool {
        !self.of(day).is_empty()
    }

    /// Whether the company works at a moment.
    pub fn is_open(&self, at: DateTime) -> bool {
        self.of(at.date()).iter().any(|(from, to)| (*from..*to).contains(&at.time()))
    }

    /// Whether some day of the week has hours that hold a time of day.
    pub fn is_usual(&self, time: Time) -> bool {
        self.week.iter().flatten().any(|(from, to)| (*from..*to).contains(&time))
    }

    /// The first moment from now on at which the company works; now itself while it does. `None` where no day within a year
    /// is a working one.
    pub fn opens(&self, now: DateTime) -> Option<DateTime> {
        if self.is_open(now) {
            return Some(now);
        }
        (0..=HORIZON).find_map(|ahead| {
            let day = now.date().checked_add(ahead.days()).ok()?;
            let from = self.of(day).iter().map(|(from, _)| day.to_datetime(*from));
            from.into_iter().find(|from| *from >= now)
        })
    }

    /// The first working day after a day, within a year.
    pub fn next_workday(&self, day: Date) -> Option<Date> {
        (1..=HORIZON).filter_map(|ahead| day.checked_add(ahead.days()).ok()).find(|day| self.is_workday(*day))
    }

    /// «пн–пт 09:00–18:00, сб 10:00–15:00».
    pub fn shown(&self, language: Language) -> String {
        let name = |at: usize| {
            let day = i8::try_from(at).ok().and_then(|at| Weekday::from_monday_zero_offset(at).ok());
            match (language, day) {
                (Language::Ru, _) => DAYS.get(at).map_or("", |day| day.1).to_owned(),
                (Language::En, Some(day)) => format!("{day:?}").chars().take(3).collect(),
                _ => String::new(),
            }
        };
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(hours) = self.week.get(at) {
            let same = self.week.iter().skip(at).take_while(|other| *other == hours).count();
            if !hours.is_empty() {
                let days =
                    if same > 1 { format!("{}–{}", name(at), name(at + same - 1)) } else { name(at) };
                let clock = |time: &Time| match time.second() {
                    59 => "24:00".to_owned(),
                    _ => time.strftime("%H:%M").to_string(),
                };
                let hours: Vec<String> =
                    hours.iter().map(|(from, to)| format!("{}–{}", clock(from), clock(to))).collect();
                parts.push(format!("{days} {}", hours.join(", ")));
            }
            at += same;
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        let mut calendar = Calendar::default();
        calendar.add("mon-fri", "09:00-18:00").unwrap();
        calendar.add("сб", "10:00–15:00").unwrap();
        calendar.add_holiday("2026-12-31".parse().unwrap());
        calendar
    }

    #[test]
    fn days_and_hours_of_work_are_known() {
        let calendar = calendar();
        let open = |at: &str| calendar.is_open(at.parse().unwrap());
        // 2026-11-29 is a Sunday.
        assert!(!open("2026-11-29T12:00") && open("2026-11-30T09:00") && !open("2026-11-30T18:00"));
        assert!(open("2026-11-28T14:59") && !open("2026-12-31T12:00"));
        let opens = |at: &str| calendar.opens(at.parse().unwrap()).unwrap().to_string();
        assert_eq!(opens("2026-11-28T16:00"), "2026-11-30T09:00:00");
        assert_eq!(opens("2026-11-30T08:00"), "2026-11-30T09:00:00");
        assert_eq!(opens("2026-11-30T10:30"), "2026-11-30T10:30:00");
        assert_eq!(calendar.next_workday("2026-12-30".parse().unwrap()), "2027-01-01".parse().ok());
        assert_eq!(Calendar::default().opens("2026-11-30T10:30".parse().unwrap()), None);
        assert_eq!(calendar.shown(Language::Ru), "пн–пт 09:00–18:00, сб 10:00–15:00");
        assert_eq!(calendar.shown(Language::En), "Mon–Fri 09:00–18:00, Sat 10:00–15:00");
    }

    #[test]
    fn hours_that_are_none_are_refused() {
        for (days, hours) in [
            ("someday", "09:00-18:00"),
            ("fri-mon", "09:00-18:00"),
            ("mon", "18:00-09:00"),
            ("mon", "9-18"),
            ("mon", "all day"),
            ("mon-tue-wed", "09:00-18:00"),
        ] {
            assert!(Calendar::default().add(days, hours).is_err(), "{days} {hours}");
        }
        assert!(calendar().add("fri", "12:00-20:00").is_err());
        assert!(calendar().add("fri", "18:00-20:00").is_ok());
    }
}
