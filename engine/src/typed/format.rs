//! Values as a client reads them, in the client's language.

use jiff::civil::{Date, Time};
use serde_json::Value;

use super::{Period, Typed};
use crate::{language::Language, text::money_in};

/// How a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateStyle {
    /// «29.11.2026», "29 Nov 2026".
    Short,
    /// «29 ноября», "29 November".
    Day,
    /// «29 ноября 2026», "29 November 2026".
    Long,
    /// «воскресенье, 29 ноября», "Sunday, 29 November".
    Weekday,
}

impl DateStyle {
    /// Every style with its name in templates.
    pub const ALL: [(&'static str, DateStyle); 4] = [
        ("short", DateStyle::Short),
        ("day", DateStyle::Day),
        ("long", DateStyle::Long),
        ("weekday", DateStyle::Weekday),
    ];
}

const MONTHS: [(&str, &str, &str); 12] = [
    ("января", "January", "Jan"),
    ("февраля", "February", "Feb"),
    ("марта", "March", "Mar"),
    ("апреля", "April", "Apr"),
    ("мая", "May", "May"),
    ("июня", "June", "Jun"),
    ("июля", "July", "Jul"),
    ("августа", "August", "Aug"),
    ("сентября", "September", "Sep"),
    ("октября", "October", "Oct"),
    ("ноября", "November", "Nov"),
    ("декабря", "December", "Dec"),
];

const WEEKDAYS: [(&str, &str); 7] = [
    ("понедельник", "Monday"),
    ("вторник", "Tuesday"),
    ("среда", "Wednesday"),
    ("четверг", "Thursday"),
    ("пятница", "Friday"),
    ("суббота", "Saturday"),
    ("воскресенье", "Sunday"),
];

/// A day.
pub fn date(date: Date, style: DateStyle, language: Language) -> String {
    let month = MONTHS.get(usize::from(date.month().unsigned_abs()).saturating_sub(1)).copied();
    let (russian, english, short) = month.unwrap_or_default();
    let (day, year) = (date.day(), date.year());
    let at = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
    let weekday = WEEKDAYS.get(at).copied().unwrap_or_default();
    match (style, language) {
        (DateStyle::Short, Language::Ru) => date.strftime("%d.%m.%Y").to_string(),
        (DateStyle::Short, Language::En) => format!("{day} {short} {year}"),
        (DateStyle::Day, Language::Ru) => format!("{day} {russian}"),
        (DateStyle::Day, Language::En) => format!("{day} {english}"),
        (DateStyle::Long, Language::Ru) => format!("{day} {russian} {year}"),
        (DateStyle::Long, Language::En) => format!("{day} {english} {year}"),
        (DateStyle::Weekday, Language::Ru) => format!("{}, {day} {russian}", weekday.0),
        (DateStyle::Weekday, Language::En) => format!("{}, {day} {english}", weekday.1),
    }
}

fn time(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// «2 часа 30 минут», "2 hours 30 minutes".
fn period(period: Period, language: Language) -> String {
    const UNITS: [([&str; 3], [&str; 2]); 6] = [
        (["год", "года", "лет"], ["year", "years"]),
        (["месяц", "месяца", "месяцев"], ["month", "months"]),
        (["день", "дня", "дней"], ["day", "days"]),
        (["час", "часа", "часов"], ["hour", "hours"]),
        (["минута", "минуты", "минут"], ["minute", "minutes"]),
        (["секунда", "секунды", "секунд"], ["second", "seconds"]),
    ];
    let word = |count: i64, at: usize| -> &'static str {
        let Some(([one, few, many], [single, plural])) = UNITS.get(at) else { return "" };
        match language {
            Language::Ru => crate::text::russian_plural(count.abs() as f64, one, few, many),
            Language::En if count.abs() == 1 => single,
            Language::En => plural,
        }
    };
    let parts: Vec<String> = period
        .parts()
        .into_iter()
        .enumerate()
        .filter(|(_, (count, _))| *count != 0)
        .map(|(at, (count, _))| format!("{count} {}", word(count, at)))
        .collect();
    if parts.is_empty() { format!("0 {}", word(0, 4)) } else { parts.join(" ") }
}

/// A number with the decimal mark of the language; digits are not grouped, because a number may be a year or a model.
pub fn number(number: f64, language: Language) -> String {
    let text = super::plain_number(number).to_string();
    match language {
        Language::Ru => text.replace('.', ","),
        Language::En => text,
    }
}

/// A value as a text shows it: a date as a date, money as money, a list with commas, yes or no.
///
/// # Errors
/// What the value is, when it has no form for a client: a row, a contact, or nothing.
pub fn show(value: &Value, language: Language) -> Result<String, &'static str> {
    if let Some(typed) = Typed::tagged(value) {
        return Ok(match typed {
            Typed::Date(day) => date(day, DateStyle::Short, language),
            Typed::Time(at) => time(at),
            Typed::DateTime(at) => {
                let comma = if language == Language::En { "," } else { "" };
                format!("{}{comma} {}", date(at.date(), DateStyle::Short, language), time(at.time()))
            }
            Typed::Period(length) => period(length, language),
            Typed::Money(money) => money_in(money.amount, &money.currency, language),
        });
    }
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(value) => Ok(number(value.as_f64().unwrap_or_default(), language)),
        Value::Bool(yes) => Ok(match (language, yes) {
            (Language::Ru, true) => "да",
            (Language::Ru, false) => "нет",
            (Language::En, true) => "yes",
            (Language::En, false) => "no",
        }
        .to_owned()),
        Value::Array(items) => {
            let shown: Result<Vec<String>, _> = items.iter().map(|item| show(item, language)).collect();
            Ok(shown?.join(", "))
        }
        Value::Object(fields)
            if ["length", "width", "height"].iter().all(|side| fields.contains_key(*side)) =>
        {
            let sides =
                ["length", "width", "height"].into_iter().filter_map(|side| fields.get(side)?.as_f64());
            let sides: Vec<String> = sides.map(|side| number(side, language)).collect();
            let unit = if language == Language::Ru { "мм" } else { "mm" };
            Ok(format!("{} {unit}", sides.join(" × ")))
        }
        Value::Object(_) => Err("a group of values: show one of its fields"),
        Value::Null => Err("unset"),
    }
}

/// Every way in which texts write a value, for those who look for it.
pub(crate) fn written(typed: &Typed) -> Vec<String> {
    let day = match typed {
        Typed::Date(day) => Some(*day),
        Typed::DateTime(at) => Some(at.date()),
        _ => None,
    };
    let mut all = vec![typed.iso()];
    for language in Language::ALL {
        all.extend(show(&typed.tag(), language));
        all.extend(DateStyle::ALL.into_iter().filter_map(|(_, style)| Some(date(day?, style, language))));
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::slot::Type;

    fn check(kind: Type, text: &str, russian: &str, english: &str) {
        let value = Typed::parse(kind, text).unwrap().tag();
        assert_eq!(show(&value, Language::Ru).as_deref(), Ok(russian));
        assert_eq!(show(&value, Language::En).as_deref(), Ok(english));
    }

    #[test]
    fn a_client_reads_their_own_notation() {
        check(Type::Date, "2026-11-09", "09.11.2026", "9 Nov 2026");
        check(Type::Time, "9:30", "09:30", "09:30");
        check(Type::DateTime, "2026-11-29T14:30", "29.11.2026 14:30", "29 Nov 2026, 14:30");
        check(Type::Duration, "2h30m", "2 часа 30 минут", "2 hours 30 minutes");
        check(Type::Duration, "1y1d", "1 год 1 день", "1 year 1 day");
        check(Type::Duration, "0s", "0 минут", "0 minutes");
        check(Type::Money, "1992.6 RUB", "1\u{a0}992,60\u{a0}₽", "1\u{a0}992.60\u{a0}₽");
        assert_eq!(show(&json!(["a", 1.5, true]), Language::Ru).as_deref(), Ok("a, 1,5, да"));
        assert_eq!(show(&json!(2026), Language::Ru).as_deref(), Ok("2026"));
        let size = json!({ "length": 500, "width": 300.5, "height": null });
        assert_eq!(show(&size, Language::En).as_deref(), Ok("500 × 300.5 mm"));
        assert!(show(&json!({ "name": "x" }), Language::Ru).is_err());
        assert!(show(&Value::Null, Language::Ru).is_err());
    }

    #[test]
    fn a_date_is_written_in_four_ways() {
        let day = "2026-11-29".parse().unwrap();
        let written = |style| (date(day, style, Language::Ru), date(day, style, Language::En));
        assert_eq!(written(DateStyle::Day), ("29 ноября".to_owned(), "29 November".to_owned()));
        assert_eq!(written(DateStyle::Long), ("29 ноября 2026".to_owned(), "29 November 2026".to_owned()));
        assert_eq!(
            written(DateStyle::Weekday),
            ("воскресенье, 29 ноября".to_owned(), "Sunday, 29 November".to_owned())
        );
    }
}
