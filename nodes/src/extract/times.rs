//! Times of day and lengths of time: «в 10», «14:30», «в шесть вечера», «половина шестого», "half past five", «полтора
//! часа», "2 hours 30 minutes".

use std::sync::LazyLock;

use jiff::civil::Time;
use regex::Regex;
use tolmach_engine::typed::Period;

use super::{
    calendar, contacts,
    numbers::{self, Number},
    pattern,
    words::{Token, What, first_chars, tokens},
};

/// The one time of day that an answer names; `None` for none and for several («с 10 до 12»). Where neither the words nor the
/// number say which half of the day is meant, it is the one that is `usual`.
pub(crate) fn time(text: &str, usual: impl Fn(Time) -> bool) -> Option<Time> {
    let text = contacts::masked(text);
    let mut found = Vec::new();
    let text = clock(&text, &mut found);
    if found.is_empty()
        && let Some(hour) = lone(&text)
    {
        found.push((hour, 0, None));
    }
    Reader::new(&text).times(&mut found);
    let times: Vec<Time> =
        found.into_iter().filter_map(|(hour, minute, half)| resolved(hour, minute, half, &usual)).collect();
    let first = *times.first()?;
    times.iter().all(|time| *time == first).then_some(first)
}

/// The half of the day: morning or evening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Morning,
    Evening,
}

/// Hour, minute, and the half of the day where it is said.
type Found = (i8, i8, Option<Half>);

fn resolved(hour: i8, minute: i8, half: Option<Half>, usual: &impl Fn(Time) -> bool) -> Option<Time> {
    let later = || Time::new(hour + 12, minute, 0, 0).ok();
    let as_said = Time::new(if hour == 24 { 0 } else { hour }, minute, 0, 0).ok();
    match half {
        Some(Half::Evening) if (1..12).contains(&hour) => later(),
        Some(Half::Morning) if hour == 12 => Time::new(0, minute, 0, 0).ok(),
        Some(_) => as_said,
        None if (1..12).contains(&hour) => {
            let unusual = as_said.is_none_or(|time| !usual(time));
            later().filter(|time| unusual && usual(*time)).or(as_said)
        }
        None => as_said,
    }
}

/// The most characters after a time in which the half of the day is looked for.
const HALF: usize = 24;

/// Takes times such as `14:30` and «18ч30» out of a text; what stands between a date's dots is none.
fn clock(text: &str, found: &mut Vec<Found>) -> String {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(^|[^\d:.,])([01]?\d|2[0-4])(?:\s?:\s?|\s?[чh]\.?\s?)([0-5]\d)(?:\s?(?:м|мин|m|min)\.?)?(\s?[ap]\.?m\b\.?)?($|[^\d:])",
        )
    });
    static DOTTED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)^\s*(?:(?:в|к|на|at|by)\s+)?([01]?\d|2[0-3])[.\- ]([0-5]\d)\s*[.!]?\s*$")
    });
    if let Some(parts) = DOTTED.captures(text) {
        let number = |at: usize| parts.get(at).and_then(|part| part.as_str().parse().ok());
        if let (Some(hour), Some(minute)) = (number(1), number(2)) {
            found.push((hour, minute, None));
            return String::new();
        }
    }
    let latin = text.chars().any(|c| c.is_ascii_alphabetic());
    FORM.replace_all(text, |parts: &regex::Captures<'_>| {
        let number = |at: usize| parts.get(at).and_then(|part| part.as_str().parse::<i8>().ok());
        let said = parts.get(4).map(|half| {
            if half.as_str().to_lowercase().contains('p') { Half::Evening } else { Half::Morning }
        });
        let half = said.or_else(|| {
            let end = parts.get(4).or(parts.get(3)).map_or(text.len(), |part| part.end());
            let after = first_chars(text.get(end..).unwrap_or_default(), HALF);
            let after = Reader::new(after);
            let at = after.tokens.iter().position(|token| matches!(token.what, What::Word(_)))?;
            after.half(at).map(|(half, _)| half)
        });
        // «в 5:00» is written in 24 hours, and so is "05:00"; "at 5:00" may be of the evening.
        let between = text
            .get(parts.get(2).map_or(0, |hour| hour.end())..parts.get(3).map_or(0, |minute| minute.start()));
        let whole_day = between.is_some_and(|between| between.contains(':'))
            && (parts.get(2).is_some_and(|hour| hour.as_str().starts_with('0')) || !latin);
        let half =
            half.or(
                (whole_day && number(2).is_some_and(|hour| (1..12).contains(&hour))).then_some(Half::Morning)
            );
        if let (Some(hour), Some(minute)) = (number(2), number(3)) {
            found.push((hour, minute, half));
        }
        let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
        format!("{} {}", part(1), part(5))
    })
    .into_owned()
}

/// «10», «к 10»: a number that is the whole answer is an hour.
fn lone(text: &str) -> Option<i8> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)^\s*(?:(?:в|к|на|около|часов в|at|by|around)\s+)?(\d{1,2})\s*[.!]?\s*$")
    });
    FORM.captures(text)?.get(1)?.as_str().parse().ok().filter(|hour| (0..=24).contains(hour))
}

/// The length of time that an answer names.
pub(crate) fn duration(text: &str) -> Option<Period> {
    let text = contacts::masked(text);
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if compact.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && let Some(period) = Period::parse(&compact)
    {
        return Some(period);
    }
    Reader::new(&text).duration()
}

struct Reader {
    tokens: Vec<Token>,
    numbers: Vec<Number>,
}

impl Reader {
    fn new(text: &str) -> Reader {
        Reader { tokens: tokens(text), numbers: numbers::find(text) }
    }

    fn word(&self, at: usize) -> Option<&str> {
        match &self.tokens.get(at)?.what {
            What::Word(word) => Some(word),
            _ => None,
        }
    }

    /// A number that begins at a token, with how many tokens it takes.
    fn number(&self, at: usize) -> Option<(f64, usize)> {
        numbers::at(&self.numbers, &self.tokens, at)
    }

    fn whole(&self, at: usize, most: f64) -> Option<(i8, usize)> {
        let (value, taken) = self.number(at)?;
        (value.fract() == 0.0 && (0.0..=most).contains(&value)).then_some((value as i8, taken))
    }

    /// The half of the day that words from a token on name, with how many they take.
    fn half(&self, at: usize) -> Option<(Half, usize)> {
        Some(match self.word(at)? {
            "утра" | "утром" | "ночи" | "am" | "morning" => (Half::Morning, 1),
            "дня" | "днем" | "вечера" | "вечером" | "pm" | "evening" | "afternoon" => {
                (Half::Evening, 1)
            }
            "in" if self.word(at + 1) == Some("the") => (self.half(at + 2)?.0, 3),
            "a" | "p" => {
                let mark = |at: usize| self.tokens.get(at).is_some_and(|token| token.what == What::Mark('.'));
                if !(mark(at + 1) && self.word(at + 2) == Some("m")) {
                    return None;
                }
                (if self.word(at) == Some("p") { Half::Evening } else { Half::Morning }, 3)
            }
            _ => return None,
        })
    }

    fn times(&self, found: &mut Vec<Found>) {
        let mut at = 0;
        while at < self.tokens.len() {
            let taken = self.here(at).map(|((hour, minute, half), taken)| {
                let (half, more) = match half {
                    Some(half) => (Some(half), 0),
                    None => self.half(at + taken).map_or((None, 0), |(half, more)| (Some(half), more)),
                };
                found.push((hour, minute, half));
                // «10 или 11 утра»
                let or = matches!(self.word(at.wrapping_sub(1)), Some("или" | "либо" | "or"));
                if or && let Some((other, _)) = at.checked_sub(2).and_then(|at| self.whole(at, 24.0)) {
                    found.push((other, 0, half));
                }
                taken + more
            });
            at += taken.unwrap_or(1).max(1);
        }
    }

    /// A time that begins at a token, with how many tokens it takes.
    fn here(&self, at: usize) -> Option<(Found, usize)> {
        match self.word(at) {
            Some("полдень" | "полудню" | "noon" | "midday") => {
                return Some(((12, 0, Some(Half::Evening)), 1));
            }
            Some("полночь" | "полуночи" | "midnight") => {
                return Some(((0, 0, Some(Half::Morning)), 1));
            }
            Some("половина" | "половине" | "половину" | "пол") => {
                let hour = self.word(at + 1).and_then(calendar::ordinal).filter(|hour| *hour <= 12)?;
                return Some(((before(hour), 30, None), 2));
            }
            Some(word)
                if word.strip_prefix("пол").and_then(calendar::ordinal).is_some_and(|hour| hour <= 12) =>
            {
                let hour = word.strip_prefix("пол").and_then(calendar::ordinal)?;
                return Some(((before(hour), 30, None), 1));
            }
            Some("half" | "quarter") => {
                let minutes = if self.word(at) == Some("half") { 30 } else { 15 };
                let (hour, taken) = self.whole(at + 2, 12.0)?;
                return match self.word(at + 1) {
                    Some("past" | "after") => Some(((hour, minutes, None), 2 + taken)),
                    Some("to") => Some(((before(hour), 60 - minutes, None), 2 + taken)),
                    _ => None,
                };
            }
            Some("без") => {
                let quarter = matches!(self.word(at + 1), Some("четверти"));
                let (minutes, taken) = if quarter { (15, 1) } else { self.whole(at + 1, 30.0)? };
                let unit = usize::from(matches!(self.word(at + 1 + taken), Some("минут")));
                // «без пятнадцати час»
                let one = (self.word(at + 1 + taken + unit) == Some("час")).then_some((1, 1));
                let (hour, more) = one.or_else(|| self.whole(at + 1 + taken + unit, 12.0))?;
                return Some(((before(hour), 60 - minutes, None), 1 + taken + unit + more));
            }
            _ => {}
        }
        // «час дня»: one o'clock.
        let asked = matches!(self.word(at.wrapping_sub(1)), Some("в" | "к" | "около"));
        let peak = self.word(at + 1) == Some("пик");
        if self.word(at) == Some("час") && (self.half(at + 1).is_some() || asked && !peak) {
            return Some(((1, 0, None), 1));
        }
        let (hour, mut taken) = self.whole(at, 24.0)?;
        let unit = matches!(self.word(at + taken), Some("час" | "часа" | "часов" | "ч" | "часам" | "h"));
        let clock = self.word(at + taken) == Some("o") && self.word(at + taken + 2) == Some("clock");
        let half = self.half(at + taken).is_some();
        let asked = matches!(
            self.word(at.wrapping_sub(1)),
            Some("в" | "к" | "во" | "at" | "by" | "after" | "после" | "около" | "с" | "до" | "around")
        );
        if asked && !unit && !half {
            // «в 10 дней», «после 15 марта»: the number is of something else.
            let next = self.tokens.get(at + taken).map(|token| &token.what);
            if matches!(next, Some(What::Word(word)) if is_counted(word)) {
                return None;
            }
        }
        if !(unit || clock || half || asked) {
            return None;
        }
        taken += usize::from(unit) + if clock { 3 } else { 0 };
        let mut minute = 0;
        if unit
            && let Some((minutes, more)) = self.whole(at + taken, 59.0)
            && matches!(self.word(at + taken + more), Some("минут" | "минуты" | "мин" | "м" | "min" | "m"))
        {
            minute = minutes;
            taken += more + 1;
        }
        // «в двенадцать тридцать»
        if !unit
            && !half
            && !clock
            && let Some((minutes, more)) = self.whole(at + taken, 59.0).filter(|(minutes, _)| *minutes >= 10)
            && self.tokens.get(at + taken).is_some_and(|token| !token.glued)
        {
            minute = minutes;
            taken += more;
        }
        Some(((hour, minute, None), taken))
    }

    fn duration(&self) -> Option<Period> {
        let (mut total, mut parts, mut at) = (Period::default(), 0, 0);
        while at < self.tokens.len() {
            let (count, mut taken) = self.number(at).unwrap_or((1.0, 0));
            // "half an hour"
            taken += usize::from(taken > 0 && matches!(self.word(at + taken), Some("a" | "an" | "of")));
            let word = self.word(at + taken);
            let whole = word.and_then(unit).map(|unit| (unit, count));
            // «полчаса», «полгода»
            let halved = || {
                let rest = word?.strip_prefix("пол")?;
                Some((unit(rest)?, 0.5 * count))
            };
            let Some(((months, seconds), count)) = whole.or_else(halved) else {
                // «2 часа и 30 минут», «на неделю»: what stands between lengths is passed over, a number without a unit is not.
                if taken > 0 {
                    return None;
                }
                at += 1;
                continue;
            };
            let months = months as f64 * count;
            if !(0.0..=1200.0).contains(&months) || !(0.0..=1e6).contains(&count) {
                return None;
            }
            // Half a month is fifteen days.
            let days = (months.fract() * 30.0 * 86_400.0).round();
            total.months += months.trunc() as i64;
            total.seconds = total.seconds.saturating_add((seconds as f64 * count + days).round() as i64);
            parts += 1;
            at += taken + 1;
        }
        (parts > 0).then_some(total)
    }
}

/// The hour before an hour of the dial: before one it is twelve.
const fn before(hour: i8) -> i8 {
    if hour <= 1 { 12 } else { hour - 1 }
}

/// Words after a number that make it no hour.
fn is_counted(word: &str) -> bool {
    calendar::month(word).is_some()
        || unit(word).is_some()
        || matches!(word, "числа" | "число" | "числу" | "штук" | "шт" | "th" | "st" | "го")
}

/// Months and seconds of a unit of time.
fn unit(word: &str) -> Option<(i64, i64)> {
    Some(match word {
        "секунда" | "секунды" | "секунд" | "сек" | "second" | "seconds" | "sec" => {
            (0, 1)
        }
        "минута" | "минуту" | "минуты" | "минут" | "минутку" | "мин" | "minute" | "minutes" | "min" => {
            (0, 60)
        }
        "час" | "часа" | "часов" | "часик" | "ч" | "hour" | "hours" | "hr" | "hrs" => {
            (0, 3600)
        }
        "день" | "дня" | "дней" | "дн" | "сутки" | "суток" | "day" | "days" => {
            (0, 86_400)
        }
        "неделя" | "неделю" | "недели" | "недель" | "нед" | "week" | "weeks" => {
            (0, 7 * 86_400)
        }
        "месяц" | "месяца" | "месяцев" | "мес" | "month" | "months" => (1, 0),
        "год" | "года" | "лет" | "year" | "years" => (12, 0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From nine to seven.
    fn usual(time: Time) -> bool {
        (9..19).contains(&time.hour())
    }

    fn check(text: &str, expected: Option<&str>) {
        let found = time(text, usual).map(|time| time.strftime("%H:%M").to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn times_of_day_are_read() {
        for (text, expected) in [
            ("14:30", "14:30"),
            ("в 9:05 утра", "09:05"),
            ("14.30", "14:30"),
            ("завтра в 5:00", "05:00"),
            ("05:00", "05:00"),
            ("в 5:30 вечера", "17:30"),
            ("at 5:30", "17:30"),
            ("at 5:30 in the evening", "17:30"),
            ("послезавтра в час", "13:00"),
            ("в 10", "10:00"),
            ("10", "10:00"),
            ("давайте в 3", "15:00"),
            ("в 8", "08:00"),
            ("к 6 вечера", "18:00"),
            ("в шесть вечера", "18:00"),
            ("в 10 часов 30 минут", "10:30"),
            ("18ч30", "18:30"),
            ("половина шестого", "17:30"),
            ("в полшестого", "17:30"),
            ("без четверти шесть", "17:45"),
            ("без 10 минут 12", "11:50"),
            ("в половине первого дня", "12:30"),
            ("без пятнадцати час", "12:45"),
            ("в двенадцать тридцать", "12:30"),
            ("в полдень", "12:00"),
            ("час дня", "13:00"),
            ("в 12 ночи", "00:00"),
            ("завтра в 11", "11:00"),
            ("15 марта в 11:15", "11:15"),
            ("at 5 pm", "17:00"),
            ("5pm", "17:00"),
            ("5:15 p.m.", "17:15"),
            ("at ten in the morning", "10:00"),
            ("half past five", "17:30"),
            ("quarter to eleven", "10:45"),
            ("11 o'clock", "11:00"),
            ("noon", "12:00"),
        ] {
            check(text, Some(expected));
        }
        for text in
            ["с 10 до 12", "10 или 11 утра", "25:00", "в понедельник", "2 штуки", "15 марта", "", "в 40"]
        {
            check(text, None);
        }
    }

    #[test]
    fn lengths_of_time_are_read() {
        for (text, expected) in [
            ("2 часа", "2h"),
            ("полтора часа", "1h30m"),
            ("полчаса", "30m"),
            ("час", "1h"),
            ("2 часа 30 минут", "2h30m"),
            ("2h30m", "2h30m"),
            ("на три дня", "3d"),
            ("неделю", "7d"),
            ("полгода", "6mo"),
            ("год и два месяца", "1y2mo"),
            ("half an hour", "30m"),
            ("2 hours and 15 minutes", "2h15m"),
            ("90 минут", "1h30m"),
        ] {
            assert_eq!(duration(text).map(|period| period.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["скоро", "5", "", "5 штук", "завтра"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
