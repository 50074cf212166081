//! Days in digits.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::{
        pattern,
        words::{LONGEST_WORD, last_chars},
    },
    Reader, coming,
};

impl Reader<'_> {
    /// `15.03`, `15/03/2027`, `2027-03-15` and the like.
    pub(super) fn numeric(&mut self) {
        static FORM: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r"(?P<year>\d{4})\s?(?:-|/|\.)\s?(?P<m>\d{1,2})\s?(?:-|/|\.)\s?(?P<d>\d{1,2})|(?P<day>\d{1,2})\s?(?P<sep>[-/.,])\s?(?P<month>\d{1,2})(?:\s?[-/.,]\s?(?P<later>\d{4}|\d{2})(?:\s?(?:г\.?|года?))?)?",
            )
        });
        // Where the text begins, and where it ends but for marks that say nothing.
        let first = self.text.len() - self.text.trim_start().len();
        let last = self.text.trim_end_matches([' ', '.', '!']).len();
        for found in FORM.captures_iter(self.text) {
            let Some(whole) = found.get(0) else { continue };
            let part = |name: &str| found.name(name).and_then(|part| part.as_str().parse::<i16>().ok());
            let (before, after) = (self.text.get(..whole.start()), self.text.get(whole.end()..));
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let alone = whole.start() <= first && whole.end() >= last;
            // A part of a longer number or code, a share, a measure.
            let joined = before
                .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '/' | ':' | ','))
                || after.starts_with(|c: char| c.is_ascii_digit() || c.is_alphabetic() && c != 'г')
                || after
                    .strip_prefix(['.', '/', '-', ':'])
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            let measured = super::super::units::after(self.text, whole.end())
                .is_some_and(|unit| unit.kind != super::super::units::Unit::Time)
                || after.trim_start().starts_with(['%', '"']);
            if joined || measured {
                continue;
            }
            let day = if let (Some(year), Some(month), Some(day)) = (part("year"), part("m"), part("d")) {
                small(month)
                    .zip(small(day))
                    .and_then(|(month, day)| coming(self.today, Some(year), month, day))
            } else if let (Some(day), Some(month)) = (part("day"), part("month")) {
                let year = part("later");
                let separator = found.name("sep").map_or("", |mark| mark.as_str());
                // «1,5», «10-12» are numbers and ranges where anything else is said.
                if year.is_none() && (separator == "," || separator == "-" && !alone) {
                    continue;
                }
                // «труба 3/4», «насос 2.5»: a share and a number, unless a word asks for a day.
                let near = last_chars(before.trim_end(), LONGEST_WORD);
                let last = near.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
                let led = ["к", "до", "на", "с", "от", "после", "by", "on", "for", "until", "before", "from"]
                    .contains(&last.as_str());
                let two_digits = found.name("month").is_some_and(|month| month.len() == 2);
                let sure = year.is_some() || alone || led || separator == "." && two_digits;
                if !sure {
                    continue;
                }
                // «в 10.30» is a time, and "12/25" is written the American way.
                let timed = year.is_none() && month > 12 && month < 60 && separator == ".";
                let day_month =
                    small(month).zip(small(day)).and_then(|(m, d)| coming(self.today, year, m, d));
                let month_day =
                    || small(day).zip(small(month)).and_then(|(m, d)| coming(self.today, year, m, d));
                match day_month {
                    None if separator == "/" && day <= 12 => month_day(),
                    None if timed && !alone => continue,
                    found => found,
                }
            } else {
                continue;
            };
            match day {
                Some(day) => self.days.push(day),
                None => self.failed = true,
            }
        }
    }
}

fn small(number: i16) -> Option<i8> {
    i8::try_from(number).ok()
}
