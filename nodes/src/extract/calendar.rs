//! Names of months, weekdays and days, in Russian and English, with common misspellings.

use jiff::civil::Weekday;

/// The number of a month by a form of its name, in lower case; 1 is January.
pub(crate) fn month(word: &str) -> Option<i8> {
    const MONTHS: [&[&str]; 12] = [
        &["января", "январь", "январе", "янв", "january", "jan"],
        &["февраля", "февраль", "феврале", "фев", "февр", "february", "feb", "febuary"],
        &["марта", "март", "марте", "мар", "march", "mar"],
        &["апреля", "апрель", "апреле", "апр", "april", "apr"],
        &["мая", "май", "мае", "may"],
        &["июня", "июнь", "июне", "июн", "june", "jun"],
        &["июля", "июль", "июле", "июл", "july", "jul"],
        &["августа", "август", "августе", "авг", "august", "aug"],
        &["сентября", "сентябрь", "сентябре", "сен", "сент", "september", "sep", "sept", "septembr"],
        &["октября", "октябрь", "октябре", "окт", "october", "oct"],
        &["ноября", "ноябрь", "ноябре", "ноя", "нояб", "november", "nov"],
        &["декабря", "декабрь", "декабре", "дек", "december", "dec"],
    ];
    let at = MONTHS.iter().position(|names| names.contains(&word))?;
    i8::try_from(at + 1).ok()
}

/// A day of the week, and whether its name is a short one.
pub(crate) fn weekday(word: &str) -> Option<(Weekday, bool)> {
    const DAYS: [(&[&str], &[&str]); 7] = [
        (
            &[
                "понедельник",
                "понедельника",
                "понедельнику",
                "панедельник",
                "понидельник",
                "понедельничек",
                "monday",
                "mondays",
            ],
            &["пн", "пнд", "mon"],
        ),
        (
            &["вторник", "вторника", "вторнику", "фторник", "tuesday", "tusday", "teusday"],
            &["вт", "tue", "tues"],
        ),
        (&["среда", "среду", "среде", "среды", "wednesday", "wensday", "wednsday"], &["ср", "wed"]),
        (
            &["четверг", "четверга", "четвергу", "четверк", "четверьг", "thursday", "thusday", "thirsday"],
            &["чт", "thu", "thur", "thurs"],
        ),
        (&["пятница", "пятницу", "пятнице", "пятницы", "пятницца", "friday", "fryday"], &["пт", "fri"]),
        (
            &["суббота", "субботу", "субботе", "субботы", "субота", "суботу", "saturday", "saterday"],
            &["сб", "sat"],
        ),
        (
            &[
                "воскресенье",
                "воскресенью",
                "воскресенья",
                "воскресение",
                "воскресению",
                "воскресенье",
                "sunday",
            ],
            &["вс", "вск", "sun"],
        ),
    ];
    let (at, short) = DAYS.iter().enumerate().find_map(|(at, (long, short))| {
        let short = short.contains(&word);
        (short || long.contains(&word)).then_some((at, short))
    })?;
    Some((Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()?, short))
}

/// The day of a month that an ordinal of one word names: «пятнадцатого», "fifteenth".
pub(crate) fn ordinal(word: &str) -> Option<i8> {
    const ENGLISH: [&str; 20] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    const RUSSIAN: [&str; 20] = [
        "перв",
        "втор",
        "треть",
        "четверт",
        "пят",
        "шест",
        "седьм",
        "восьм",
        "девят",
        "десят",
        "одиннадцат",
        "двенадцат",
        "тринадцат",
        "четырнадцат",
        "пятнадцат",
        "шестнадцат",
        "семнадцат",
        "восемнадцат",
        "девятнадцат",
        "двадцат",
    ];
    let english = ENGLISH.iter().position(|name| *name == word);
    let russian = || {
        let stem = ["ого", "ому", "его", "ему", "ое"].iter().find_map(|ending| word.strip_suffix(ending))?;
        RUSSIAN.iter().position(|name| *name == stem)
    };
    let tens = match word {
        "тридцатого" | "тридцатому" | "тридцатое" | "thirtieth" => {
            return Some(30);
        }
        _ => english.or_else(russian)?,
    };
    i8::try_from(tens + 1).ok()
}

/// Words for a day, with how many days it is from today.
pub(crate) const RELATIVE: &[(&[&str], i64)] = &[
    (&["day", "after", "tomorrow"], 2),
    (&["day", "after", "tommorow"], 2),
    (&["после", "завтра"], 2),
    (&["послезавтра"], 2),
    (&["послезавтро"], 2),
    (&["послепослезавтра"], 3),
    (&["сегодня"], 0),
    (&["сегодняшний"], 0),
    (&["севодня"], 0),
    (&["седня"], 0),
    (&["today"], 0),
    (&["tonight"], 0),
    (&["завтра"], 1),
    (&["завтро"], 1),
    (&["зафтра"], 1),
    (&["завтрашний"], 1),
    (&["tomorrow"], 1),
    (&["tommorow"], 1),
    (&["tomorow"], 1),
    (&["tommorrow"], 1),
    (&["tmrw"], 1),
    (&["tmr"], 1),
    (&["вчера"], -1),
    (&["позавчера"], -2),
    (&["yesterday"], -1),
];
