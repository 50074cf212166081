//! The unit after a number: money, pieces, a measure, a time, a date.

use tolmach_engine::measure;

use super::{
    calendar,
    words::{first_chars, folded},
};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Roubles, dollars.
    Currency,
    /// Pieces, sets, pairs.
    Piece,
    /// Metres, watts, per cent, people: what is neither bought nor paid.
    Measure,
    /// Hours, days, years: a length of time.
    Time,
    /// «марта», «числа»: a day of the calendar.
    Date,
}

/// A unit after a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct After {
    pub(crate) kind: Unit,
    /// Where its word ends, in bytes.
    pub(crate) end: usize,
}

/// The most characters of a unit with what is glued to it («кВт/час,»). A longer run is no unit.
const LONGEST_UNIT: usize = 48;

/// The unit that follows a number which ends at `at`.
pub(crate) fn after(text: &str, at: usize) -> Option<After> {
    let rest = text.get(at..)?;
    let start = rest.len() - rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len();
    let spaced = start > 0;
    let rest = rest.get(start..)?;
    let at = at + start;
    if let Some(mark) = rest.chars().next().filter(|c| matches!(c, '₽' | '$' | '€' | '£' | '₴' | '₸'))
    {
        return Some(After { kind: Unit::Currency, end: at + mark.len_utf8() });
    }
    if let Some(mark) = rest.chars().next().filter(|c| matches!(c, '"' | '″' | '′' | '%' | '°')) {
        // A closing quotation mark is no inch.
        let kind = Unit::Measure;
        return (!spaced || mark == '%').then_some(After { kind, end: at + mark.len_utf8() });
    }
    let hyphen = usize::from(!spaced && rest.starts_with('-'));
    let rest = rest.get(hyphen..)?;
    let at = at + hyphen;
    // No unit begins with a digit: «5-5-5».
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let ends =
        |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '!' | '?' | ')' | ':' | '"' | '»' | '(');
    let window = first_chars(rest, LONGEST_UNIT);
    let word = window.get(..window.find(ends).unwrap_or(window.len()))?;
    if word.len() == window.len() && window.len() < rest.len() {
        return None;
    }
    let bare = word.trim_end_matches(['.', '…', '-', '–', '—']);
    if bare.is_empty() {
        return None;
    }
    let kind = kind(&folded(bare))?;
    let last = text.get(at + word.len()..).is_none_or(|rest| !rest.starts_with(' '));
    // «до 1000 в месяц», «5 а потом»: letters that are prepositions as well are units where nothing follows them.
    if spaced && !last && matches!(bare.to_lowercase().as_str(), "в" | "а" | "a" | "с" | "in") {
        return None;
    }
    // The dot of «руб.» belongs to it, the one that ends the sentence to nobody.
    let dotted = word.len() > bare.len() && word.as_bytes().get(bare.len()) == Some(&b'.');
    let abbreviation = dotted && kind != Unit::Measure && bare.chars().count() <= 4;
    Some(After { kind, end: at + bare.len() + usize::from(abbreviation) })
}

/// The byte of a currency sign before a number that begins at `at`.
pub(crate) fn currency_before(text: &str, at: usize) -> Option<usize> {
    let before = text.get(..at)?.trim_end_matches(' ');
    let mark = before.chars().next_back().filter(|c| matches!(c, '₽' | '$' | '€' | '£'))?;
    Some(before.len() - mark.len_utf8())
}

/// Whether a word, in lower case, names money.
pub(crate) fn is_currency(word: &str) -> bool {
    matches!(
        word,
        "р" | "p"
            | "usd"
            | "eur"
            | "rub"
            | "rur"
            | "грн"
            | "uah"
            | "bucks"
            | "buck"
            | "quid"
            | "тг"
            | "kzt"
            | "byn"
            | "бел"
            | "баксов"
            | "бакса"
            | "бакс"
            | "тенге"
            | "гривен"
            | "gbp"
    ) || ["руб", "долл", "евро", "dollar", "euro", "rouble", "ruble"]
        .iter()
        .any(|stem| word.starts_with(stem))
}

fn kind(word: &str) -> Option<Unit> {
    const PIECES: &[&str] = &[
        "шт",
        "штук",
        "штуки",
        "штука",
        "штуку",
        "штучек",
        "штучки",
        "единиц",
        "единицы",
        "единица",
        "ед",
        "экземпляр",
        "экземпляра",
        "экземпляров",
        "комплект",
        "комплекта",
        "комплектов",
        "набор",
        "набора",
        "наборов",
        "упаковка",
        "упаковки",
        "упаковок",
        "упаковку",
        "уп",
        "pcs",
        "pc",
        "piece",
        "pieces",
        "units",
        "items",
        "sets",
        "packs",
        "boxes",
        "pairs",
        "pair",
        "пар",
        "пара",
        "пары",
        "пару",
        "пачек",
        "пачки",
        "пачка",
        "коробок",
        "коробки",
        "рулон",
        "рулона",
        "рулонов",
        "мешок",
        "мешка",
        "мешков",
    ];
    const TIMES: &[&str] = &[
        "час",
        "часа",
        "часов",
        "ч",
        "мин",
        "минут",
        "минуты",
        "день",
        "дня",
        "дней",
        "дн",
        "недель",
        "недели",
        "неделя",
        "неделю",
        "месяц",
        "месяца",
        "месяцев",
        "мес",
        "год",
        "года",
        "году",
        "г",
        "лет",
        "hour",
        "hours",
        "hrs",
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "am",
        "pm",
        "minutes",
        "min",
        "утра",
        "вечера",
    ];
    const OTHERS: &[&str] = &[
        "ква",
        "kva",
        "км",
        "km",
        "градусов",
        "градуса",
        "градус",
        "процентов",
        "процента",
        "процент",
        "percent",
        "оборотов",
        "человек",
        "человека",
        "people",
        "лошадей",
        "размер",
        "размера",
        "кубов",
        "куба",
    ];
    if is_currency(word) {
        return Some(Unit::Currency);
    }
    if PIECES.contains(&word) {
        return Some(Unit::Piece);
    }
    // A gram and a year are written alike; neither costs anything.
    if TIMES.contains(&word) {
        return Some(Unit::Time);
    }
    if matches!(word, "числа" | "число" | "го" | "му") || calendar::month(word).is_some() {
        return Some(Unit::Date);
    }
    let measured = measure::unit_of(word).is_some()
        || OTHERS.contains(&word)
        || word.contains(['/', '²', '³'])
            && word.split('/').next().is_some_and(|unit| measure::unit_of(unit).is_some())
        || [
            "метр",
            "литр",
            "ватт",
            "киловатт",
            "вольт",
            "ампер",
            "килограмм",
            "сантиметр",
            "миллиметр",
            "дюйм",
            "тонн",
        ]
        .iter()
        .any(|stem| word.starts_with(stem));
    measured.then_some(Unit::Measure)
}
