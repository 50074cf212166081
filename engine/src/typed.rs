//! Values that are more than texts and numbers: dates, times, lengths of time, amounts of money.
//!
//! A slot keeps such a value as JSON that people can read (`2026-11-29`, `14:30`, `2h30m`, `{ amount, currency }`). Conditions
//! and texts get it tagged with its type, so that a date never meets a text by mistake. Days and times of day are those of
//! the company's clock; a date-time holds no zone, and differences count hours of that clock.

mod format;

use std::{cmp::Ordering, fmt};

use jiff::{
    Span, ToSpan,
    civil::{Date, DateTime, Time},
};
use serde_json::{Map, Value, json};

pub(crate) use format::written;
pub use format::{DateStyle, date as format_date, show};

use crate::slot::Type;

/// The field that marks a tagged value; no name in YAML is so.
const TAG: &str = "$";
const DAY: i64 = 86_400;

/// A value of one of the types that JSON lacks.
#[derive(Clone, Debug, PartialEq)]
pub enum Typed {
    /// A day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A moment on the company's clock.
    DateTime(DateTime),
    /// A length of time.
    Period(Period),
    /// An amount of money.
    Money(Money),
}

/// A length of time: calendar months, and seconds beside them. A day is 24 hours, a week seven days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Months; a year is twelve.
    pub months: i64,
    /// Seconds.
    pub seconds: i64,
}

/// The longest length of time, in days: ten thousand years.
const MAX_DAYS: i64 = 3_660_000;

/// An amount of money.
#[derive(Clone, Debug, PartialEq)]
pub struct Money {
    /// In units of the currency, rounded to hundredths.
    pub amount: f64,
    /// The code of the currency: three Latin letters, such as `RUB`.
    pub currency: String,
}

impl Period {
    /// A length of time of so many seconds.
    pub const fn of_seconds(seconds: i64) -> Period {
        Period { months: 0, seconds }
    }

    /// Reads `2h30m`, `3d`, `1y6mo`, `2 hours 30 minutes` and ISO 8601 (`PT2H`).
    pub fn parse(text: &str) -> Option<Period> {
        let span: Span = text.trim().parse().ok()?;
        let months = i64::from(span.get_years()) * 12 + i64::from(span.get_months());
        let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
        let seconds = span.get_seconds() + span.get_minutes() * 60 + i64::from(span.get_hours()) * 3600;
        Period { months, seconds: seconds.checked_add(days.checked_mul(DAY)?)? }.bounded().ok()
    }

    /// The same, if it is no longer than the calendar.
    fn bounded(self) -> Result<Period, String> {
        if self.seconds.abs() / DAY > MAX_DAYS || self.months.abs() / 12 > 10_000 {
            return Err("the length of time is longer than ten thousand years".to_owned());
        }
        Ok(self)
    }

    fn times(self, factor: f64) -> Result<Period, String> {
        let months = self.months as f64 * factor;
        if months.fract() != 0.0 {
            return Err("months can only be multiplied to whole months".to_owned());
        }
        let seconds = (self.seconds as f64 * factor).round();
        if !months.is_finite() || !seconds.is_finite() {
            return Err("the length of time has no end".to_owned());
        }
        Period { months: months as i64, seconds: seconds as i64 }.bounded()
    }
}

/// As slots keep it: `1y6mo`, `2h30m`, `0s`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        if parts.iter().all(|(count, _)| *count == 0) {
            return f.write_str("0s");
        }
        if self.months < 0 || self.months == 0 && self.seconds < 0 {
            f.write_str("-")?;
        }
        for (count, unit) in parts.into_iter().filter(|(count, _)| *count != 0) {
            write!(f, "{}{unit}", count.abs())?;
        }
        Ok(())
    }
}

impl Period {
    /// Years, months, days, hours, minutes and seconds, each with its unit.
    fn parts(self) -> [(i64, &'static str); 6] {
        [
            (self.months / 12, "y"),
            (self.months % 12, "mo"),
            (self.seconds / DAY, "d"),
            (self.seconds % DAY / 3600, "h"),
            (self.seconds % 3600 / 60, "m"),
            (self.seconds % 60, "s"),
        ]
    }
}

impl Money {
    /// An amount, rounded to hundredths.
    ///
    /// # Errors
    /// The currency is no code of three Latin letters and no sign of one.
    pub fn new(amount: f64, currency: &str) -> Result<Money, String> {
        let code = Money::code(currency)
            .ok_or_else(|| format!("`{currency}` is no currency; write a code such as RUB"))?;
        if !amount.is_finite() || amount.abs() > 1e15 {
            return Err("the amount of money is too large".to_owned());
        }
        Ok(Money { amount: (amount * 100.0).round() / 100.0, currency: code })
    }

    /// The code of a currency written as a code, a sign or a word.
    fn code(currency: &str) -> Option<String> {
        let code = match currency.trim().trim_end_matches('.').to_lowercase().as_str() {
            "₽" | "руб" | "р" | "рубль" | "рубля" | "рублей" => "RUB",
            "$" => "USD",
            "€" => "EUR",
            "₴" => "UAH",
            "₸" => "KZT",
            code if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                return Some(code.to_uppercase());
            }
            _ => return None,
        };
        Some(code.to_owned())
    }

    /// Reads `4500 RUB`, `4 500 ₽`, `1 992,60 руб.`, `$20`.
    pub fn parse(text: &str) -> Option<Money> {
        let text = text.trim();
        let first = text.find(|c: char| c.is_ascii_digit() || c == '-')?;
        let last = text.rfind(|c: char| c.is_ascii_digit())? + 1;
        let (before, number, after) = (text.get(..first)?, text.get(first..last)?, text.get(last..)?);
        let currency = match (before.trim(), after.trim()) {
            ("", after) => after,
            (before, "") => before,
            _ => return None,
        };
        let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}')).collect();
        Money::new(digits.replace(',', ".").parse().ok()?, currency).ok()
    }
}

impl Typed {
    /// Its type.
    pub const fn kind(&self) -> Type {
        match self {
            Typed::Date(_) => Type::Date,
            Typed::Time(_) => Type::Time,
            Typed::DateTime(_) => Type::DateTime,
            Typed::Period(_) => Type::Duration,
            Typed::Money(_) => Type::Money,
        }
    }

    /// Reads a value of a type as authors, slots and other systems write it. The date of a moment with a zone
    /// (`2026-11-29T10:00:00Z`) is that of its own zone.
    pub fn read(kind: Type, value: &Value) -> Option<Typed> {
        if let Some(typed) = Typed::tagged(value) {
            return (typed.kind() == kind).then_some(typed);
        }
        match (kind, value) {
            (Type::Money, Value::Object(fields)) => {
                let amount = fields.get("amount")?.as_f64()?;
                Money::new(amount, fields.get("currency")?.as_str()?).ok().map(Typed::Money)
            }
            (_, Value::String(text)) => Typed::parse(kind, text),
            _ => None,
        }
    }

    /// Reads a text as a value of a type.
    pub fn parse(kind: Type, text: &str) -> Option<Typed> {
        let text = text.trim();
        match kind {
            Type::Date => zoneless(text).parse().ok().map(Typed::Date),
            Type::Time => {
                let padded = if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() };
                padded.parse().ok().map(Typed::Time)
            }
            Type::DateTime => {
                let clock = text.contains([':', 'T']);
                clock.then(|| zoneless(text).parse().ok().map(Typed::DateTime)).flatten()
            }
            Type::Duration => Period::parse(text).map(Typed::Period),
            Type::Money => Money::parse(text).map(Typed::Money),
            _ => None,
        }
    }

    /// As a slot keeps it.
    pub fn stored(&self) -> Value {
        match self {
            Typed::Money(money) => {
                json!({ "amount": plain_number(money.amount), "currency": money.currency })
            }
            other => Value::String(other.iso()),
        }
    }

    /// For machines: `2026-11-29`, `14:30`, `2026-11-29T14:30`, `2h30m`, `4500 RUB`.
    pub fn iso(&self) -> String {
        let clock = |time: &Time| match time.second() {
            0 => time.strftime("%H:%M").to_string(),
            _ => time.strftime("%H:%M:%S").to_string(),
        };
        match self {
            Typed::Date(date) => date.to_string(),
            Typed::Time(time) => clock(time),
            Typed::DateTime(at) => format!("{}T{}", at.date(), clock(&at.time())),
            Typed::Period(period) => period.to_string(),
            Typed::Money(money) => format!("{} {}", plain_number(money.amount), money.currency),
        }
    }

    /// The fields of a tagged value from which [`Typed::tagged`] reads it; the others follow from them.
    pub(crate) const IDENTITY: [&str; 2] = [TAG, "iso"];

    /// A field of [`Typed::IDENTITY`].
    pub(crate) fn identity(&self, field: &str) -> Option<Value> {
        match field {
            TAG => Some(json!(self.kind().name())),
            "iso" => Some(Value::String(self.iso())),
            _ => None,
        }
    }

    /// With its type and its fields, for conditions and texts.
    pub fn tag(&self) -> Value {
        let mut fields = Map::new();
        fields.insert(TAG.to_owned(), json!(self.kind().name()));
        fields.insert("iso".to_owned(), json!(self.iso()));
        let day = |fields: &mut Map<String, Value>, date: Date| {
            fields.insert("year".to_owned(), json!(date.year()));
            fields.insert("month".to_owned(), json!(date.month()));
            fields.insert("day".to_owned(), json!(date.day()));
            // Monday is 1, as in ISO 8601.
            fields.insert("weekday".to_owned(), json!(date.weekday().to_monday_one_offset()));
        };
        let clock = |fields: &mut Map<String, Value>, time: Time| {
            fields.insert("hour".to_owned(), json!(time.hour()));
            fields.insert("minute".to_owned(), json!(time.minute()));
        };
        match self {
            Typed::Date(date) => day(&mut fields, *date),
            Typed::Time(time) => clock(&mut fields, *time),
            Typed::DateTime(at) => {
                day(&mut fields, at.date());
                clock(&mut fields, at.time());
                fields.insert("date".to_owned(), Typed::Date(at.date()).tag());
                fields.insert("time".to_owned(), Typed::Time(at.time()).tag());
            }
            Typed::Period(period) => {
                let whole = |unit: i64| plain_number(period.seconds as f64 / unit as f64);
                fields.insert("months".to_owned(), json!(period.months));
                fields.insert("days".to_owned(), whole(DAY));
                fields.insert("hours".to_owned(), whole(3600));
                fields.insert("minutes".to_owned(), whole(60));
            }
            Typed::Money(money) => {
                fields.insert("amount".to_owned(), plain_number(money.amount));
                fields.insert("currency".to_owned(), json!(money.currency));
            }
        }
        Value::Object(fields)
    }

    /// The value that was tagged.
    pub fn tagged(value: &Value) -> Option<Typed> {
        let fields = value.as_object()?;
        let kind = fields.get(TAG)?.as_str()?;
        let kind = Type::ALL.into_iter().find(|known| known.name() == kind)?;
        Typed::parse(kind, fields.get("iso")?.as_str()?)
    }

    /// The value of a slot of a type, tagged; other values stay as they are.
    pub fn tag_stored(kind: Type, value: &Value) -> Value {
        match Typed::read(kind, value) {
            Some(typed) => typed.tag(),
            None => value.clone(),
        }
    }

    /// The order of two values of one type.
    ///
    /// # Errors
    /// They are of different types or currencies, or lengths of time of which one counts months.
    pub fn compare(&self, other: &Typed) -> Result<Ordering, String> {
        match (self, other) {
            (Typed::Date(a), Typed::Date(b)) => Ok(a.cmp(b)),
            (Typed::Time(a), Typed::Time(b)) => Ok(a.cmp(b)),
            (Typed::DateTime(a), Typed::DateTime(b)) => Ok(a.cmp(b)),
            (Typed::Period(a), Typed::Period(b)) if a.months == b.months => Ok(a.seconds.cmp(&b.seconds)),
            (Typed::Period(a), Typed::Period(b)) if a.seconds == 0 && b.seconds == 0 => {
                Ok(a.months.cmp(&b.months))
            }
            (Typed::Period(_), Typed::Period(_)) => {
                Err("months have no fixed length: compare months with months, or days with days".to_owned())
            }
            (Typed::Money(a), Typed::Money(b)) if a.currency == b.currency => {
                a.amount.partial_cmp(&b.amount).ok_or_else(|| "an amount of money is no number".to_owned())
            }
            (Typed::Money(a), Typed::Money(b)) => {
                Err(format!("{} and {} are different currencies", a.currency, b.currency))
            }
            _ => Err(format!("{} cannot be compared with {}", self.kind().told(), other.kind().told())),
        }
    }

    /// The sum.
    ///
    /// # Errors
    /// The types do not add up, or the sum is out of the calendar.
    pub fn plus(&self, other: &Typed) -> Result<Typed, String> {
        match (self, other) {
            (Typed::Period(a), Typed::Period(b)) => {
                let months = a.months.saturating_add(b.months);
                let seconds = a.seconds.saturating_add(b.seconds);
                Period { months, seconds }.bounded().map(Typed::Period)
            }
            (Typed::Money(a), Typed::Money(b)) if a.currency == b.currency => {
                Money::new(a.amount + b.amount, &a.currency).map(Typed::Money)
            }
            (Typed::Money(a), Typed::Money(b)) => {
                Err(format!("{} and {} are different currencies", a.currency, b.currency))
            }
            (Typed::Date(date), Typed::Time(time)) => Ok(Typed::DateTime(date.to_datetime(*time))),
            (at, Typed::Period(period)) => at.moved(*period),
            (Typed::Period(period), at) => at.moved(*period),
            _ => Err(format!("{} and {} do not add up", self.kind().told(), other.kind().told())),
        }
    }

    /// The difference.
    ///
    /// # Errors
    /// The types have no difference, or it is out of the calendar.
    pub fn minus(&self, other: &Typed) -> Result<Typed, String> {
        let between = |span: Result<Span, jiff::Error>| -> Result<Typed, String> {
            let span = span.map_err(|why| why.to_string())?;
            let seconds = span.total(jiff::Unit::Second).map_err(|why| why.to_string())?;
            Ok(Typed::Period(Period::of_seconds(seconds as i64)))
        };
        match (self, other) {
            (Typed::Date(a), Typed::Date(b)) => {
                let span = a.since((jiff::Unit::Day, *b)).map_err(|why| why.to_string())?;
                Ok(Typed::Period(Period::of_seconds(i64::from(span.get_days()) * DAY)))
            }
            (Typed::DateTime(a), Typed::DateTime(b)) => between(a.since((jiff::Unit::Hour, *b))),
            (Typed::Time(a), Typed::Time(b)) => between(a.since((jiff::Unit::Hour, *b))),
            (Typed::Money(a), Typed::Money(b)) => {
                self.plus(&Typed::Money(Money { amount: -b.amount, currency: b.currency.clone() })).map_err(
                    |why| if a.currency == b.currency { "the amount is too large".to_owned() } else { why },
                )
            }
            (_, Typed::Period(period)) => {
                self.plus(&Typed::Period(Period { months: -period.months, seconds: -period.seconds }))
            }
            _ => Err(format!("{} cannot be taken from {}", other.kind().told(), self.kind().told())),
        }
    }

    /// So many times the value.
    ///
    /// # Errors
    /// The type cannot be multiplied.
    pub fn times(&self, factor: f64) -> Result<Typed, String> {
        match self {
            Typed::Money(money) => Money::new(money.amount * factor, &money.currency).map(Typed::Money),
            Typed::Period(period) => period.times(factor).map(Typed::Period),
            _ => Err(format!("{} cannot be multiplied", self.kind().told())),
        }
    }

    /// How many times the other value it is.
    ///
    /// # Errors
    /// The types cannot be divided, or the other value is zero.
    pub fn over(&self, other: &Typed) -> Result<f64, String> {
        let share = match (self, other) {
            (Typed::Money(a), Typed::Money(b)) if a.currency == b.currency => a.amount / b.amount,
            (Typed::Period(a), Typed::Period(b)) if a.months == 0 && b.months == 0 => {
                a.seconds as f64 / b.seconds as f64
            }
            (Typed::Period(a), Typed::Period(b)) if a.seconds == 0 && b.seconds == 0 => {
                a.months as f64 / b.months as f64
            }
            (Typed::Period(_), Typed::Period(_)) => {
                return Err("months and days cannot be divided by each other".to_owned());
            }
            (Typed::Money(a), Typed::Money(b)) => {
                return Err(format!("{} and {} are different currencies", a.currency, b.currency));
            }
            _ => return Err(format!("{} cannot be divided by {}", self.kind().told(), other.kind().told())),
        };
        if share.is_finite() { Ok(share) } else { Err("division by zero".to_owned()) }
    }

    /// A day, a time of day or a moment, so much later.
    fn moved(&self, by: Period) -> Result<Typed, String> {
        let out = |_| "the result is out of the calendar".to_owned();
        let months = Span::new().try_months(by.months).map_err(out)?;
        match self {
            Typed::Date(_) if by.seconds % DAY != 0 => {
                Err("a date takes whole days; add hours to a datetime".to_owned())
            }
            Typed::Date(date) => {
                let days = Span::new().try_days(by.seconds / DAY).map_err(out)?;
                let date = date.checked_add(months).and_then(|date| date.checked_add(days));
                date.map(Typed::Date).map_err(out)
            }
            Typed::DateTime(at) => {
                let at = at.checked_add(months).and_then(|at| at.checked_add(by.seconds.seconds()));
                at.map(Typed::DateTime).map_err(out)
            }
            Typed::Time(time) if by.months == 0 => time
                .checked_add(by.seconds.seconds())
                .map(Typed::Time)
                .map_err(|_| "the time is past midnight; add to a datetime".to_owned()),
            _ => Err(format!("{} takes no length of time", self.kind().told())),
        }
    }
}

/// A moment without its zone, which other systems write: `2026-11-29T10:00:00Z`, `2026-11-29T10:00:00+03:00`.
fn zoneless(text: &str) -> &str {
    if text.parse::<jiff::Timestamp>().is_err() {
        return text;
    }
    match text.strip_suffix(['Z', 'z']) {
        Some(rest) => rest,
        None => text.rfind(['+', '-']).and_then(|at| text.get(..at)).unwrap_or(text),
    }
}

/// Whole numbers stay whole in JSON, so that a template shows 3 and not 3.0.
pub(crate) fn plain_number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(kind: Type, text: &str) -> Typed {
        Typed::parse(kind, text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn values_are_kept_as_people_write_them_and_read_back() {
        for (kind, text, kept) in [
            (Type::Date, "2026-11-29", "2026-11-29"),
            (Type::Date, "2026-11-29T10:00:00Z", "2026-11-29"),
            (Type::Time, "9:05", "09:05"),
            (Type::Time, "14:30:15", "14:30:15"),
            (Type::DateTime, "2026-11-29 14:30", "2026-11-29T14:30"),
            (Type::Duration, "2h30m", "2h30m"),
            (Type::Duration, "90m", "1h30m"),
            (Type::Duration, "1 year 6 months", "1y6mo"),
            (Type::Duration, "2w", "14d"),
            (Type::Duration, "PT45M", "45m"),
            (Type::Duration, "0s", "0s"),
            (Type::Money, "4 500 ₽", "4500 RUB"),
            (Type::Money, "1 992,60 руб.", "1992.6 RUB"),
            (Type::Money, "$20", "20 USD"),
        ] {
            let value = typed(kind, text);
            assert_eq!(value.iso(), kept, "{text}");
            assert_eq!(Typed::read(kind, &value.stored()), Some(value.clone()), "{text}");
            assert_eq!(Typed::tagged(&value.tag()), Some(value), "{text}");
        }
        for (kind, text) in [
            (Type::Date, "29.11.2026"),
            (Type::Date, "2026-02-30"),
            (Type::Time, "25:00"),
            (Type::DateTime, "2026-11-29"),
            (Type::Duration, "soon"),
            (Type::Duration, "99999999y"),
            (Type::Money, "4500"),
            (Type::Money, "RUB"),
        ] {
            assert_eq!(Typed::parse(kind, text), None, "{text}");
        }
    }

    #[test]
    fn values_are_computed_with_as_a_calendar_and_a_till_do() {
        let date = |text| typed(Type::Date, text);
        let period = |text| typed(Type::Duration, text);
        let rubles = |amount| Typed::Money(Money::new(amount, "RUB").unwrap());
        assert_eq!(date("2026-01-31").plus(&period("1mo")), Ok(date("2026-02-28")));
        assert_eq!(date("2026-11-29").plus(&period("2d")), Ok(date("2026-12-01")));
        assert_eq!(date("2026-12-01").minus(&date("2026-11-29")), Ok(period("2d")));
        assert_eq!(
            date("2026-11-29").plus(&typed(Type::Time, "10:00")),
            Ok(typed(Type::DateTime, "2026-11-29T10:00"))
        );
        assert!(date("2026-11-29").plus(&period("2h")).is_err());
        assert!(typed(Type::Time, "23:30").plus(&period("1h")).is_err());
        assert!(date("9999-12-31").plus(&period("1d")).is_err());
        assert_eq!(rubles(0.1).plus(&rubles(0.2)), Ok(rubles(0.3)));
        assert_eq!(rubles(100.0).times(0.333), Ok(rubles(33.3)));
        assert_eq!(rubles(100.0).over(&rubles(40.0)), Ok(2.5));
        assert!(rubles(100.0).over(&rubles(0.0)).is_err());
        assert!(rubles(1.0).plus(&Typed::Money(Money::new(1.0, "USD").unwrap())).is_err());
        assert_eq!(period("1h").compare(&period("90m")), Ok(Ordering::Less));
        assert!(period("1mo").compare(&period("30d")).is_err());
        assert_eq!(period("1mo").times(0.5).ok(), None);
        assert_eq!(period("3h").times(0.5), Ok(period("90m")));
    }
}
