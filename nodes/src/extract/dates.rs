//! Days: «завтра», «в следующий понедельник», «через две недели», «15 марта», `15.03`, "next Friday", "the 15th".
//!
//! A day without a year is the next such day, today at the earliest. A time of day beside it («завтра в 10») is passed over:
//! a slot of type date holds a day.

mod numeric;

use std::sync::LazyLock;

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};
use regex::Regex;

use super::{
    calendar::{self, month, weekday},
    contacts,
    numbers::{self, Number},
    pattern,
    words::{Token, What, tokens},
};

/// The one day that an answer names; `None` for none, for a past one («вчера») and for several.
pub(crate) fn date(text: &str, today: Date) -> Option<Date> {
    let text = contacts::masked(text);
    // «15», «к 15»: a number that is the whole answer is a day of the month.
    if let Some(day) = lone_day(&text) {
        return coming_day(today, day);
    }
    let mut reader = Reader::new(&text, today);
    reader.read();
    let first = *reader.days.first()?;
    (!reader.failed && reader.days.iter().all(|day| *day == first)).then_some(first)
}

/// The one day before today that an answer names («вчера»), where it names no other.
pub(crate) fn past_day(text: &str, today: Date) -> Option<Date> {
    let text = contacts::masked(text);
    let mut reader = Reader::new(&text, today);
    reader.read();
    reader.past.filter(|_| reader.days.is_empty())
}

fn lone_day(text: &str) -> Option<i8> {
    static FORM: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)^\s*(?:(?:к|до|на|by|on|for)\s+)?(\d{1,2})\s*[.!]?\s*$"));
    FORM.captures(text)?.get(1)?.as_str().parse().ok().filter(|day| (1..=31).contains(day))
}

/// The next such day of a month; a month that lacks it is passed over.
fn coming_day(today: Date, day: i8) -> Option<Date> {
    let mut first = today.first_of_month();
    for _ in 0..3 {
        if let Ok(found) = Date::new(first.year(), first.month(), day)
            && found >= today
        {
            return Some(found);
        }
        first = first.checked_add(1.month()).ok()?;
    }
    None
}

/// A day of a month in its year, or in the next year that has it ahead.
fn coming(today: Date, year: Option<i16>, month: i8, day: i8) -> Option<Date> {
    match year {
        Some(year) => Date::new(if year < 100 { 2000 + year } else { year }, month, day).ok(),
        // The 29th of February may be eight years ahead.
        None => (0..=8).find_map(|ahead| {
            Date::new(today.year() + ahead, month, day).ok().filter(|found| *found >= today)
        }),
    }
}

/// What of a month: «начало», «середина», «конец».
#[derive(Clone, Copy)]
enum Part {
    Beginning,
    Middle,
    End,
}

struct Reader<'t> {
    text: &'t str,
    today: Date,
    tokens: Vec<Token>,
    numbers: Vec<Number>,
    at: usize,
    days: Vec<Date>,
    /// The text names a day that is no answer: a past one, one that does not exist.
    failed: bool,
    /// The past one.
    past: Option<Date>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, today: Date) -> Reader<'t> {
        Reader {
            text,
            today,
            tokens: tokens(text),
            numbers: numbers::find(text),
            at: 0,
            days: Vec::new(),
            failed: false,
            past: None,
        }
    }

    fn read(&mut self) {
        self.numeric();
        let mut named = Vec::new();
        while self.at < self.tokens.len() {
            let negated = matches!(self.word(self.at.wrapping_sub(1)), Some("не" | "not"));
            let before = self.at;
            let Some((day, length)) = self.here() else {
                self.at += 1;
                continue;
            };
            self.at = before + length.max(1);
            if negated {
                continue;
            }
            match day {
                Some(Day::Sure(day)) if day < self.today && self.is_relative(before) => {
                    self.failed = true;
                    self.past = Some(day);
                }
                Some(Day::Sure(day)) => self.days.push(day),
                Some(Day::Weekday(weekday, day)) => named.push((weekday, day)),
                None => self.failed = true,
            }
        }
        // «в пятницу, 15 марта»: the weekday only confirms the date; one that contradicts it is a slip to ask about.
        for (weekday, day) in named {
            match self.days.first().copied() {
                Some(sure) if sure.weekday() == weekday => {}
                _ => self.days.push(day),
            }
        }
    }

    fn word(&self, at: usize) -> Option<&str> {
        match &self.tokens.get(at)?.what {
            What::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether the words from a place on are these.
    fn says(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, word)| self.word(at + i) == Some(word))
    }

    /// A number that begins at a token, with how many tokens it takes.
    fn number(&self, at: usize) -> Option<(f64, usize)> {
        numbers::at(&self.numbers, &self.tokens, at)
    }

    /// What day is named from the current token on, and with how many tokens; `Some((None, _))` for one that is no answer.
    fn here(&self) -> Option<(Option<Day>, usize)> {
        let at = self.at;
        self.relative(at)
            .or_else(|| self.ahead(at))
            .or_else(|| self.of_period(at))
            .or_else(|| self.month_day(at))
            .or_else(|| self.weekday(at))
    }

    fn sure(&self, day: Result<Date, jiff::Error>) -> Option<Day> {
        day.ok().filter(|day| *day >= self.today).map(Day::Sure)
    }

    /// «завтра», "the day after tomorrow".
    fn relative(&self, at: usize) -> Option<(Option<Day>, usize)> {
        let (words, days) = calendar::RELATIVE.iter().find(|(words, _)| self.says(at, words))?;
        Some((self.today.checked_add(days.days()).ok().map(Day::Sure), words.len()))
    }

    /// Whether a day counted from today is named at a token.
    fn is_relative(&self, at: usize) -> bool {
        calendar::RELATIVE.iter().any(|(words, _)| self.says(at, words))
    }

    /// «через две недели», «недели через две», "in 3 days", "a week from now".
    fn ahead(&self, at: usize) -> Option<(Option<Day>, usize)> {
        if let Some(unit) = self.word(at)
            && self.word(at + 1) == Some("через")
            && let Some((count, taken)) = self.number(at + 2)
        {
            return Some((self.sure(self.later(count, unit, false)?), 2 + taken));
        }
        let lead = match self.word(at) {
            Some("через" | "черз" | "спустя" | "in" | "within") => 1,
            Some("в") if self.says(at + 1, &["течение"]) || self.says(at + 1, &["течении"]) => {
                2
            }
            _ => 0,
        };
        let article =
            usize::from(matches!(self.word(at + lead), Some("a" | "an")) && self.number(at + lead).is_none());
        let (mut count, mut taken) = self.number(at + lead + article).unwrap_or((1.0, 0));
        // «через 2-3 дня»: by the later day.
        let dash = self.tokens.get(at + lead + article + taken).map(|token| &token.what);
        if matches!(dash, Some(What::Mark('-' | '–')))
            && let Some((later, more)) = self.number(at + lead + article + taken + 1)
        {
            count = later;
            taken += 1 + more;
        }
        let mut next = at + lead + article + taken;
        let working =
            matches!(self.word(next), Some("рабочих" | "рабочий" | "рабочего" | "working" | "business"));
        next += usize::from(working) + usize::from(self.word(next) == Some("of"));
        let unit = self.word(next)?;
        // «полгода», «полмесяца»
        let (unit, count) = match unit.strip_prefix("пол").filter(|rest| rest.len() > 2) {
            Some(rest) if lead > 0 => (rest, 0.5),
            _ => (unit, count),
        };
        next += 1;
        let trailing = match self.word(next) {
            Some("from") if matches!(self.word(next + 1), Some("now" | "today")) => 2,
            Some("спустя" | "назад" | "ago") => 1,
            _ => 0,
        };
        if lead == 0 && (trailing == 0 || taken + article == 0) {
            return None;
        }
        let past = matches!(self.word(next), Some("назад" | "ago"));
        let day = self.later(count, unit, working)?;
        Some((if past { None } else { self.sure(day) }, next + trailing - at))
    }

    /// The day some days, weeks, months or years from today; `None` for a word that is none of these.
    fn later(&self, count: f64, unit: &str, working: bool) -> Option<Result<Date, jiff::Error>> {
        let today = self.today;
        let whole = |count: f64| (0.0..=36_500.0).contains(&count).then_some(count.ceil() as i64);
        let days = |days: f64| Some(today.checked_add(whole(days)?.days()));
        match unit {
            "день" | "дня" | "дней" | "денек" | "сутки" | "суток" | "дн" | "day" | "days" if working => {
                Some(working_days(today, whole(count)?))
            }
            "день" | "дня" | "дней" | "денек" | "сутки" | "суток" | "дн" | "day" | "days" => {
                days(count)
            }
            "неделя" | "неделю" | "недели" | "недель" | "недельку" | "нед" | "week" | "weeks" => {
                days(count * 7.0)
            }
            "fortnight" => days(count * 14.0),
            "месяц" | "месяца" | "месяцев" | "мес" | "месяцок" | "month" | "months" =>
            {
                let months = today.checked_add(whole(count.floor())?.months());
                // Half a month is a fortnight and a day.
                let half = if count.fract() > 0.0 { 15 } else { 0 };
                Some(months.and_then(|day| day.checked_add(half.days())))
            }
            "год" | "года" | "лет" | "году" | "year" | "years" => {
                Some(today.checked_add(whole(count * 12.0)?.months()))
            }
            "час" | "часа" | "часов" | "часик" | "hour" | "hours" if count < 6.0 => {
                Some(Ok(today))
            }
            "минут" | "минуты" | "минуту" | "minutes" if count <= 60.0 => Some(Ok(today)),
            _ => None,
        }
    }

    /// «к концу месяца», «в начале марта», "end of next week".
    fn of_period(&self, at: usize) -> Option<(Option<Day>, usize)> {
        // «до нового года», "by New Year"
        let new_year = matches!(self.word(at), Some("новый" | "нового" | "новому" | "новым" | "new"))
            && matches!(self.word(at + 1), Some("год" | "года" | "году" | "годом" | "year" | "years"));
        if new_year {
            return Some((self.sure(Date::new(self.today.year(), 12, 31)), 2));
        }
        let part = match self.word(at)? {
            "начало" | "начала" | "начале" | "началу" | "beginning" | "start" | "early" => {
                Part::Beginning
            }
            "середина" | "середину" | "середине" | "середины" | "middle" | "mid" => {
                Part::Middle
            }
            "конец" | "конца" | "конце" | "концу" | "end" => Part::End,
            _ => return None,
        };
        let mut next = at + 1;
        next += usize::from(self.tokens.get(next).is_some_and(|token| token.what == What::Mark('-')));
        while matches!(
            self.word(next),
            Some("of" | "the" | "this" | "этого" | "этой" | "текущего" | "текущей")
        ) {
            next += 1;
        }
        let following = matches!(self.word(next), Some("следующего" | "следующей" | "след" | "next"));
        next += usize::from(following);
        let first = self.today.first_of_month();
        let of_month = |first: Date| match part {
            Part::Beginning => Ok(first),
            Part::Middle => first.checked_add(14.days()),
            Part::End => Ok(first.last_of_month()),
        };
        let day = match self.word(next)? {
            "месяца" | "мес" | "month" => {
                let this = of_month(first);
                let later = first.checked_add(1.month()).and_then(of_month);
                if following || this.as_ref().is_ok_and(|day| *day < self.today) { later } else { this }
            }
            "недели" | "week" => {
                let monday = monday_of(self.today)
                    .and_then(|day| day.checked_add(if following { 7 } else { 0 }.days()));
                let days = match part {
                    Part::Beginning => 0,
                    Part::Middle => 2,
                    Part::End => 6,
                };
                let day = monday.and_then(|day| day.checked_add(days.days()));
                if day.as_ref().is_ok_and(|day| *day < self.today) {
                    day.and_then(|day| day.checked_add(7.days()))
                } else {
                    day
                }
            }
            "года" | "year" if matches!(part, Part::End) => {
                Date::new(self.today.year() + i16::from(following), 12, 31)
            }
            "дня" | "day" if matches!(part, Part::End) => Ok(self.today),
            name => {
                let month = month(name)?;
                let found = [0, 1, 2].into_iter().find_map(|ahead| {
                    let first = Date::new(self.today.year() + ahead, month, 1).ok()?;
                    of_month(first).ok().filter(|day| *day >= self.today)
                });
                return Some((found.map(Day::Sure), next + 1 - at));
            }
        };
        Some((self.sure(day), next + 1 - at))
    }

    /// «15 марта 2027 года», "March 15th", «пятнадцатого», "the 15th", «15 числа следующего месяца».
    fn month_day(&self, at: usize) -> Option<(Option<Day>, usize)> {
        // "March 15th", "March the 15th, 2027"
        if let Some(month) = self.word(at).and_then(month) {
            // "you may 5 times"
            if matches!(
                self.word(at.wrapping_sub(1)),
                Some("i" | "you" | "we" | "it" | "he" | "she" | "they" | "that" | "who")
            ) {
                return None;
            }
            let article = usize::from(self.word(at + 1) == Some("the"));
            let dot = usize::from(self.tokens.get(at + 1).is_some_and(|token| token.what == What::Mark('.')));
            let (day, taken, _) = self.day_of_month(at + 1 + article + dot)?;
            let next = at + 1 + article + dot + taken;
            let (year, more) = self.year(next);
            return Some((coming(self.today, year, month, day).map(Day::Sure), next + more - at));
        }
        // «числа 20»
        if matches!(self.word(at), Some("числа" | "числу"))
            && let Some((day, taken, _)) = self.day_of_month(at + 1)
            && self.word(at + 1 + taken).and_then(month).is_none()
        {
            return Some((coming_day(self.today, day).map(Day::Sure), taken + 1));
        }
        let (day, taken, ordinal) = self.day_of_month(at)?;
        let mut next = at + taken;
        // «15-20 марта», «с 15 по 20 марта»: several days are no answer.
        let digits =
            |at: usize| matches!(self.tokens.get(at).map(|token| &token.what), Some(What::Digits(_)));
        let dash = matches!(
            self.tokens.get(at.wrapping_sub(1)).map(|token| &token.what),
            Some(What::Mark('-' | '–' | '—'))
        );
        let several = digits(at.wrapping_sub(2))
            && (dash || matches!(self.word(at.wrapping_sub(1)), Some("по" | "до" | "to" | "или" | "or")));
        let of = usize::from(self.word(next) == Some("of"));
        if let Some(month) = self.word(next + of).and_then(month) {
            next += of + 1;
            next += usize::from(
                self.tokens.get(next).is_some_and(|dot| dot.glued && dot.what == What::Mark('.')),
            );
            let (year, more) = self.year(next);
            if several {
                return Some((None, next + more - at));
            }
            return Some((coming(self.today, year, month, day).map(Day::Sure), next + more - at));
        }
        let number = matches!(self.word(next), Some("числа" | "число" | "числу"));
        next += usize::from(number);
        if !ordinal && !number {
            return None;
        }
        if several {
            return Some((None, next - at));
        }
        let of = usize::from(self.word(next) == Some("of"));
        let following = matches!(self.word(next + of), Some("следующего" | "след" | "next"))
            && matches!(self.word(next + of + 1), Some("месяца" | "month"));
        if following {
            let first = self.today.first_of_month().checked_add(1.month()).ok()?;
            let found = Date::new(first.year(), first.month(), day).ok();
            return Some((found.map(Day::Sure), next + of + 2 - at));
        }
        Some((coming_day(self.today, day).map(Day::Sure), next - at))
    }

    /// A day of a month: the number, how many tokens it takes, and whether it is said as an ordinal.
    fn day_of_month(&self, at: usize) -> Option<(i8, usize, bool)> {
        if let Some((day, taken)) = self.ordinal(at) {
            return Some((day, taken, true));
        }
        let What::Digits(value) = self.tokens.get(at)?.what else { return None };
        let day = (value.fract() == 0.0 && (1.0..=31.0).contains(&value)).then_some(value as i8)?;
        let after = |at: usize| self.tokens.get(at).filter(|token| token.glued);
        match after(at + 1).map(|token| &token.what) {
            Some(What::Word(ending))
                if matches!(ending.as_str(), "st" | "nd" | "rd" | "th" | "го" | "ого" | "е" | "му") =>
            {
                Some((day, 2, true))
            }
            Some(What::Mark('-')) => match after(at + 2).map(|token| &token.what) {
                Some(What::Word(ending))
                    if matches!(ending.as_str(), "го" | "ого" | "е" | "ое" | "му" | "ому" | "th") =>
                {
                    Some((day, 3, true))
                }
                _ => None,
            },
            _ => Some((day, 1, false)),
        }
    }

    /// «двадцать пятого», "twenty-fifth": as a day of a month.
    fn ordinal(&self, at: usize) -> Option<(i8, usize)> {
        let word = self.word(at)?;
        // «в половине двенадцатого» is a time.
        if matches!(self.word(at.wrapping_sub(1)), Some("половина" | "половине" | "половину" | "пол"))
        {
            return None;
        }
        let tens: i8 = match word {
            "двадцать" | "twenty" => 20,
            "тридцать" | "thirty" => 30,
            // "second" and "first" alone are hardly days.
            word => {
                let day = calendar::ordinal(word)?;
                let dated = self.word(at.wrapping_sub(1)) == Some("the")
                    && !matches!(word, "second" | "first" | "third")
                    || word.ends_with("го")
                    || word.ends_with("му")
                    || self.word(at + 1).and_then(month).is_some()
                    || self.says(at + 1, &["of"]) && self.word(at + 2).and_then(month).is_some()
                    || self.word(at.wrapping_sub(1)).and_then(month).is_some();
                let article =
                    self.word(at + 1).is_some_and(|next| matches!(next, "раза" | "этажа" | "товара"));
                return (dated && !article).then_some((day, 1));
            }
        };
        let hyphen = usize::from(self.tokens.get(at + 1).is_some_and(|token| token.what == What::Mark('-')));
        let unit = self.word(at + 1 + hyphen).and_then(calendar::ordinal).filter(|unit| *unit < 10)?;
        let day = tens + unit;
        (day <= 31).then_some((day, 2 + hyphen))
    }

    /// A year after a day and a month: four digits, or two with «г.».
    fn year(&self, at: usize) -> (Option<i16>, usize) {
        let comma = usize::from(self.tokens.get(at).is_some_and(|token| token.what == What::Mark(',')));
        let Some(What::Digits(value)) = self.tokens.get(at + comma).map(|token| &token.what) else {
            return (None, 0);
        };
        let named = matches!(self.word(at + comma + 1), Some("г" | "год" | "года"));
        let year = *value as i16;
        if value.fract() == 0.0 && ((2000.0..2100.0).contains(value) || named && (0.0..100.0).contains(value))
        {
            return (Some(year), comma + 1 + usize::from(named));
        }
        (None, 0)
    }

    /// «в пятницу», «в следующий понедельник», "next Friday", «на выходных».
    fn weekday(&self, at: usize) -> Option<(Option<Day>, usize)> {
        let lead = match self.word(at) {
            Some(
                "следующий"
                | "следующую"
                | "следующее"
                | "следующей"
                | "следующему"
                | "следующая"
                | "след"
                | "next",
            ) => Lead::Next,
            Some(
                "этот" | "эту" | "это" | "этой" | "этому" | "ближайший" | "ближайшую" | "ближайшее"
                | "ближайшей" | "this" | "coming",
            ) => Lead::This,
            Some("прошлый" | "прошлую" | "прошлое" | "last") => Lead::Past,
            _ => Lead::None,
        };
        let taken = usize::from(!matches!(lead, Lead::None));
        let dot = usize::from(
            self.word(at) == Some("след")
                && self.tokens.get(at + 1).is_some_and(|t| t.what == What::Mark('.')),
        );
        let next = at + taken + dot;
        let word = self.word(next)?;
        if matches!(word, "выходных" | "выходные" | "выходным" | "weekend") {
            let days = if matches!(lead, Lead::Next) { 7 } else { 0 };
            let saturday = monday_of(self.today).and_then(|monday| monday.checked_add((5 + days).days()));
            // On a Sunday the weekend is today's.
            let day = saturday.map(|day| day.max(self.today)).ok()?;
            return Some((Some(Day::Sure(day)), next + 1 - at));
        }
        let (weekday, short) = weekday(word)?;
        // «вт», "sat" and "sun" mean other things as well.
        let leads = matches!(
            self.word(at.wrapping_sub(1)),
            Some("в" | "во" | "к" | "до" | "на" | "on" | "by" | "until" | "till" | "for")
        );
        if short && !leads && taken == 0 && self.tokens.len() > 1 {
            return None;
        }
        if matches!(lead, Lead::Past) {
            return Some((None, next + 1 - at));
        }
        // «в пятницу на следующей неделе», "Friday next week"
        let after = next + 1;
        let week = [
            &["на", "следующей", "неделе"][..],
            &["следующей", "недели"],
            &["на", "след", "неделе"],
            &["next", "week"],
            &["of", "next", "week"],
        ]
        .into_iter()
        .find(|words| self.says(after, words));
        let monday = monday_of(self.today).ok()?;
        let offset = i64::from(weekday.to_monday_zero_offset());
        let day = if week.is_some() || matches!(lead, Lead::Next) {
            monday.checked_add((7 + offset).days())
        } else {
            let this = monday.checked_add(offset.days()).ok()?;
            // Who means today says so: «в пятницу» on a Friday is a week ahead, «в эту пятницу» is today.
            let ahead = this > self.today || this == self.today && matches!(lead, Lead::This);
            if ahead { Ok(this) } else { this.checked_add(7.days()) }
        };
        let length = after + week.map_or(0, <[_]>::len) - at;
        let day = day.ok()?;
        // A weekday of the next week is meant as said, and a date beside it has to be of that week.
        Some((Some(Day::Weekday(weekday, day)), length))
    }
}

/// A day that was named.
enum Day {
    Sure(Date),
    /// A weekday, which a date beside it makes certain.
    Weekday(Weekday, Date),
}

enum Lead {
    None,
    This,
    Next,
    Past,
}

fn monday_of(day: Date) -> Result<Date, jiff::Error> {
    day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

/// A day some working days ahead; Saturdays and Sundays are not counted, holidays are not known here.
fn working_days(from: Date, count: i64) -> Result<Date, jiff::Error> {
    let resting = |day: Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let count = count.min(1000);
    let mut day = from;
    // Five working days are a week from any of them; before the first one stands the Friday.
    while count > 0 && resting(day) {
        day = day.checked_sub(1.day())?;
    }
    day = day.checked_add((count / 5 * 7).days())?;
    for _ in 0..count % 5 {
        day = day.checked_add(1.day())?;
        while resting(day) {
            day = day.checked_add(1.day())?;
        }
    }
    Ok(day)
}
