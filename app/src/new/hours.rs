//! Working hours as a person writes them in one line.

use jiff::civil::{Date, Time, Weekday};
use tolmach_engine::{calendar::Calendar, language::Language};

/// Days in their order, as company.yaml names them, and as Russians do.
const DAYS: [(&str, &str); 7] =
    [("mon", "пн"), ("tue", "вт"), ("wed", "ср"), ("thu", "чт"), ("fri", "пт"), ("sat", "сб"), ("sun", "вс")];

/// Hours that were read.
#[derive(Debug)]
pub(super) struct Hours {
    /// Days such as `mon-fri`, and hours such as `09:00-18:00`.
    entries: Vec<(String, Vec<String>)>,
    calendar: Calendar,
}

impl Hours {
    /// Reads `mon-fri 09:00-18:00, sat 10:00-13:00 14:00-16:00`: days and then one or more hours; Russian short names of days
    /// do as well.
    ///
    /// # Errors
    /// Which part cannot be read.
    pub(super) fn read(text: &str) -> Result<Hours, String> {
        let mut hours = Hours { entries: Vec::new(), calendar: Calendar::default() };
        for entry in text.split([',', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
            let mut words = entry.split_whitespace();
            let days = words.next().unwrap_or_default();
            let ranges: Vec<String> = words.map(|range| range.replace(['–', '—'], "-")).collect();
            if ranges.is_empty() {
                return Err(format!("`{entry}` has no hours"));
            }
            for range in &ranges {
                let added = hours.calendar.add(days, range);
                added.map_err(|why| why.lines().next().unwrap_or_default().to_owned())?;
            }
            hours.entries.push((named(days), ranges));
        }
        if hours.entries.is_empty() { Err("there are none".to_owned()) } else { Ok(hours) }
    }

    /// As company.yaml has them.
    pub(super) fn yaml(&self) -> String {
        let entries = self.entries.iter().map(|(days, ranges)| match ranges.as_slice() {
            [one] => format!("{days}: {one}"),
            several => format!("{days}: [{}]", several.join(", ")),
        });
        format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
    }

    /// A day and a time at which the company works, as a client says them: «во вторник в 13:00». Of the days Monday is the last,
    /// because dialog tests begin on one.
    pub(super) fn visit(&self, language: Language) -> String {
        // 2026-11-24 is a Tuesday, 2026-11-30 a Monday.
        let days = (24..=30).map(|day| Date::constant(2026, 11, day));
        let noonish = [13, 12, 14, 11, 15, 10, 16, 9, 17, 8, 18].map(|hour| (hour, 0));
        let any = (0..24).flat_map(|hour| (0..60).map(move |minute| (hour, minute)));
        let times: Vec<Time> = noonish
            .into_iter()
            .chain(any)
            .filter_map(|(hour, minute)| Time::new(hour, minute, 0, 0).ok())
            .collect();
        let open = days.flat_map(|day| times.iter().map(move |time| day.to_datetime(*time)));
        let at = open.into_iter().find(|at| self.calendar.is_open(*at));
        let at = at.unwrap_or_else(|| Date::constant(2026, 11, 24).to_datetime(Time::midnight()));
        let clock = at.strftime("%H:%M");
        match language {
            Language::Ru => format!("{} в {clock}", russian(at.weekday())),
            Language::En => format!("on {:?} at {clock}", at.weekday()),
        }
    }
}

/// Days as company.yaml names them; they have been read before.
fn named(days: &str) -> String {
    let name = |day: &str| {
        let day = day.to_lowercase();
        let known = DAYS.iter().find(|(english, russian)| day.starts_with(english) || day == *russian);
        known.map_or(day.clone(), |(english, _)| (*english).to_owned())
    };
    days.split(['-', '–']).map(|day| name(day.trim())).collect::<Vec<_>>().join("-")
}

const fn russian(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "в понедельник",
        Weekday::Tuesday => "во вторник",
        Weekday::Wednesday => "в среду",
        Weekday::Thursday => "в четверг",
        Weekday::Friday => "в пятницу",
        Weekday::Saturday => "в субботу",
        Weekday::Sunday => "в воскресенье",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_in_both_languages() {
        for (text, yaml, visit) in [
            (
                "mon-fri 09:00-18:00, sat 10:00-15:00",
                "{ mon-fri: 09:00-18:00, sat: 10:00-15:00 }",
                "во вторник в 13:00",
            ),
            ("пн–пт 9:00–18:00", "{ mon-fri: 9:00-18:00 }", "во вторник в 13:00"),
            ("Monday 14:00-15:00", "{ mon: 14:00-15:00 }", "в понедельник в 14:00"),
            ("sat 09:30-09:45 ; ", "{ sat: 09:30-09:45 }", "в субботу в 09:30"),
            ("wed 09:00-13:00 14:00-18:00", "{ wed: [09:00-13:00, 14:00-18:00] }", "в среду в 12:00"),
            ("mon-sun 00:00-24:00", "{ mon-sun: 00:00-24:00 }", "во вторник в 13:00"),
        ] {
            let hours = Hours::read(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!((hours.yaml().as_str(), hours.visit(Language::Ru).as_str()), (yaml, visit), "{text}");
        }
        assert_eq!(Hours::read("пт 22:00-24:00").unwrap().visit(Language::En), "on Friday at 22:00");
    }

    #[test]
    fn hours_that_cannot_be_read_name_the_part() {
        for (text, part) in [
            ("", "none"),
            (" , ", "none"),
            ("always", "`always` has no hours"),
            ("mon-fri", "no hours"),
            ("someday 09:00-18:00", "`someday` is no day"),
            ("mon 9-18", "`9-18` are no hours"),
            ("mon 18:00-09:00", "18:00-09:00"),
            ("mon-fri 09:00-18:00, mon 10:00-12:00", "hours already"),
            ("mon \"}\" }", "no hours"),
        ] {
            let why = Hours::read(text).expect_err(text);
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
