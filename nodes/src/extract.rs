//! Values out of what people write, without a model: numbers, prices, phones, e-mails, dates, yes and no.

use std::sync::LazyLock;

use email_address::EmailAddress;
use jiff::{ToSpan, civil::Date};
use regex::{Captures, Regex};
use serde_json::{Value, json};
use tolmach_engine::wording::normalized;
pub(crate) use tolmach_engine::wording::same_words;

/// Whether the client wants out of a question.
pub(crate) fn is_cancel(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "отмена",
        "отменить",
        "отмени",
        "не надо",
        "не нужно",
        "назад",
        "стоп",
        "cancel",
        "stop",
        "back",
        "never mind",
        "nevermind",
    ];
    WORDS.contains(&normalized(text).as_str())
}

/// Yes or no.
pub(crate) fn yes_or_no(text: &str) -> Option<bool> {
    const YES: [&str; 14] = [
        "да",
        "ага",
        "угу",
        "конечно",
        "верно",
        "хорошо",
        "ок",
        "окей",
        "согласен",
        "согласна",
        "yes",
        "yep",
        "sure",
        "ok",
    ];
    const NO: [&str; 7] = ["нет", "неа", "не", "нет спасибо", "no", "nope", "no thanks"];
    let text = normalized(text);
    if YES.contains(&text.as_str()) {
        return Some(true);
    }
    NO.contains(&text.as_str()).then_some(false)
}

/// A pattern of our own; a mistake in one fails the tests of this crate, not a client's turn.
#[expect(clippy::expect_used, reason = "patterns are constants, and tests use each of them")]
pub(crate) fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

const NUMBER: &str = r"\d+(?:[ \u{a0}\u{202f}]\d{3})*(?:[.,]\d+)*";
const MULTIPLIER: &str =
    r"(?:тыс(?:яч[аеиу]?|ячами)?|т\.?\s?р|к|k|thousand|млн|миллион(?:а|ов)?|million)\b\.?";

/// Reads the first number of a text: `15 000`, `15,5`, `10 тысяч`, `2k`.
pub(crate) fn number(text: &str) -> Option<f64> {
    static FORM: LazyLock<Regex> =
        LazyLock::new(|| pattern(&format!(r"(?i)(-?)({NUMBER})\s*({MULTIPLIER})?")));
    let Some(found) = FORM.captures(text) else { return number_word(text) };
    let value = amount(&found[2], found.get(3).map(|m| m.as_str()))?;
    Some(if found[1].is_empty() { value } else { -value })
}

/// «две», "three": the numbers that people write as words, where no digits say it.
fn number_word(text: &str) -> Option<f64> {
    const WORDS: [&[&str]; 11] = [
        &["ноль", "zero"],
        &["один", "одна", "одно", "одну", "one"],
        &["два", "две", "two"],
        &["три", "three"],
        &["четыре", "four"],
        &["пять", "five"],
        &["шесть", "six"],
        &["семь", "seven"],
        &["восемь", "eight"],
        &["девять", "nine"],
        &["десять", "ten"],
    ];
    let said = normalized(text);
    let mut said = said.split(' ').filter_map(|word| WORDS.iter().position(|words| words.contains(&word)));
    // Two of them are a list or a longer number, which is not guessed at.
    match (said.next(), said.next()) {
        (Some(number), None) => Some(number as f64),
        _ => None,
    }
}

/// A lower and an upper bound on the price, and the text without the words that gave them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PriceBounds {
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) rest: String,
}

/// Reads «до 10 тысяч», "under $200", «от 5 до 10 тыс. руб.»; `None` when the text bounds no price. A number with
/// a unit of measure («до 7 кВт») is not a price, nor is a small number without a currency («до 5»).
pub(crate) fn price_bounds(text: &str) -> Option<PriceBounds> {
    static BOUND: LazyLock<Regex> = LazyLock::new(|| {
        let max = "до|дешевле|не дороже|не больше|не более|максимум|в пределах|under|below|up to|less than|cheaper than|at most|max|to|and";
        let min =
            "от|дороже|не дешевле|не меньше|не менее|минимум|over|above|from|at least|more than|between";
        pattern(&format!(
            r"(?i)(?:^|[\s,;(])(?:(?P<max>{max})|(?P<min>{min}))\s+(?P<sign>[$€₽]?)\s*(?P<number>{NUMBER})(?:\s*(?P<mul>{MULTIPLIER}))?"
        ))
    });
    let mut bounds = PriceBounds::default();
    let mut cuts = Vec::new();
    let all: Vec<Captures<'_>> = BOUND.captures_iter(text).collect();
    // «от 5 до 10 тысяч»: the multiplier of the second serves both.
    let shared = all.iter().rev().find_map(|found| found.name("mul").map(|m| m.as_str().to_owned()));
    let sure = all.iter().any(|found| found.name("mul").is_some() || has_currency(text, found));
    for found in &all {
        let whole = found.get(0)?;
        let (unit, unit_end) = word_after(text, whole.end());
        if is_measure(unit) {
            return None;
        }
        let number = found.name("number")?;
        let multiplier = found.name("mul").map(|m| m.as_str().to_owned());
        let plain = amount(number.as_str(), None)?;
        let multiplier = multiplier.or_else(|| shared.clone().filter(|_| plain < 1000.0));
        let value = amount(number.as_str(), multiplier.as_deref())?;
        if !sure && value < 100.0 {
            continue;
        }
        // A word that only follows the number belongs to the query, not to the price.
        let end = if is_currency(unit) { unit_end } else { whole.end() };
        cuts.push(whole.start()..end);
        if found.name("max").is_some() { bounds.max = Some(value) } else { bounds.min = Some(value) }
    }
    if cuts.is_empty() {
        return None;
    }
    let mut at = 0;
    for cut in cuts {
        bounds.rest.push_str(&text[at..cut.start]);
        bounds.rest.push(' ');
        at = cut.end;
    }
    bounds.rest.push_str(&text[at..]);
    bounds.rest = bounds.rest.split_whitespace().collect::<Vec<_>>().join(" ");
    // What is left is shown to managers: no gap before the mark that followed the price.
    for mark in ["?", "!", ",", "."] {
        bounds.rest = bounds.rest.replace(&format!(" {mark}"), mark);
    }
    Some(bounds)
}

fn has_currency(text: &str, found: &Captures<'_>) -> bool {
    let sign = found.name("sign").is_some_and(|sign| !sign.as_str().is_empty());
    sign || found.get(0).is_some_and(|whole| is_currency(word_after(text, whole.end()).0))
}

/// The word after a place of the text, with where it ends.
fn word_after(text: &str, at: usize) -> (&str, usize) {
    let rest = &text[at..];
    let start = rest.len() - rest.trim_start().len();
    let length = rest[start..].find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '!' | '?' | ')'));
    let end = length.map_or(rest.len(), |length| start + length);
    (&rest[start..end], at + end)
}

fn is_currency(word: &str) -> bool {
    let word = word.trim_end_matches('.').to_lowercase();
    matches!(word.as_str(), "₽" | "$" | "€" | "р" | "usd" | "eur" | "rub" | "грн" | "uah" | "bucks" | "тг")
        || ["руб", "долл", "евро", "dollar", "euro", "rouble", "ruble"]
            .iter()
            .any(|stem| word.starts_with(stem))
}

fn is_measure(word: &str) -> bool {
    let word = word.trim_end_matches('.').to_lowercase();
    const UNITS: [&str; 51] = [
        "квт",
        "вт",
        "ква",
        "мм",
        "см",
        "м",
        "км",
        "кг",
        "г",
        "т",
        "л",
        "мл",
        "в",
        "а",
        "ач",
        "дж",
        "бар",
        "атм",
        "мпа",
        "об",
        "об/мин",
        "л/мин",
        "м3",
        "шт",
        "ч",
        "час",
        "часа",
        "часов",
        "мин",
        "минут",
        "дней",
        "дня",
        "лет",
        "года",
        "гц",
        "%",
        "°",
        "°c",
        "kw",
        "w",
        "mm",
        "cm",
        "m",
        "kg",
        "l",
        "v",
        "bar",
        "psi",
        "hp",
        "rpm",
        "days",
    ];
    UNITS.contains(&word.as_str())
        || ["метр", "литр", "ватт", "киловатт", "вольт", "ампер", "штук", "кубов"]
            .iter()
            .any(|stem| word.starts_with(stem))
}

/// `1 992,64` and `1,992.64` are the same number; a lone separator before exactly three digits groups thousands.
fn amount(digits: &str, multiplier: Option<&str>) -> Option<f64> {
    let compact: String = digits.chars().filter(|c| !c.is_whitespace()).collect();
    let decimal = match (compact.rfind(','), compact.rfind('.')) {
        (Some(comma), Some(dot)) => Some(comma.max(dot)),
        (Some(at), None) | (None, Some(at)) => {
            let groups = compact.matches([',', '.']).count() > 1 || compact.len() - at - 1 == 3;
            (!groups).then_some(at)
        }
        (None, None) => None,
    };
    let plain: String = compact
        .char_indices()
        .filter_map(|(i, c)| if Some(i) == decimal { Some('.') } else { c.is_ascii_digit().then_some(c) })
        .collect();
    let factor = match multiplier.map(str::to_lowercase) {
        None => 1.0,
        Some(word) if word.starts_with("мл") || word.starts_with("ми") || word.starts_with("mil") => 1e6,
        Some(_) => 1e3,
    };
    plain.parse::<f64>().ok().map(|value| value * factor)
}

/// Whole numbers stay whole, so that a template shows 10000 and not 10000.0.
pub(crate) fn whole_or_not(value: f64) -> Value {
    // Beyond 2^53 a float is no longer exact, and the conversion would lie.
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

/// The first phone number of a text, as `+79991234567`; numbers without a country code are taken for Russian ones.
pub(crate) fn phone(text: &str) -> Option<(String, std::ops::Range<usize>)> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| pattern(r"\+?\d[\d\s()\-–.]{7,20}\d"));
    FORM.find_iter(text).find_map(|found| {
        let digits = found.as_str().chars().filter(char::is_ascii_digit).count();
        let number = phonenumber::parse(Some(phonenumber::country::RU), found.as_str()).ok()?;
        // Numbering plans grow faster than libraries: a full international form is believed.
        let believed = found.as_str().starts_with('+') && (10..=15).contains(&digits);
        let fits = phonenumber::is_valid(&number) || believed;
        fits.then(|| (number.format().mode(phonenumber::Mode::E164).to_string(), found.range()))
    })
}

/// The first e-mail address of a text, with a domain that has a dot.
pub(crate) fn email(text: &str) -> Option<(String, std::ops::Range<usize>)> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| pattern(r"[^\s,;<>()]+@[^\s,;<>()]+"));
    FORM.find_iter(text).find_map(|found| {
        let address = found.as_str().trim_end_matches(['.', '!', '?', ':']);
        let domain = address.rsplit_once('@').map(|(_, domain)| domain)?;
        let fits = EmailAddress::is_valid(address) && domain.contains('.');
        fits.then(|| (address.to_owned(), found.start()..found.start() + address.len()))
    })
}

/// A text without phone numbers and e-mail addresses: for models, which need not see them, and because digits say
/// nothing of what is wanted. A text that is nothing else stays empty.
pub(crate) fn without_contact(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some((_, range)) = email(&text).or_else(|| phone(&text)) {
        text.replace_range(range, " ");
    }
    text.trim().trim_end_matches(',').to_owned()
}

/// A name: what is left of a contact message, if it looks like one.
pub(crate) fn name(text: &str) -> Option<String> {
    const FILLERS: [&str; 27] = [
        "меня",
        "зовут",
        "имя",
        "это",
        "мой",
        "моя",
        "телефон",
        "тел",
        "номер",
        "почта",
        "емейл",
        "мейл",
        "email",
        "e",
        "mail",
        "my",
        "name",
        "is",
        "i",
        "am",
        "phone",
        "number",
        "и",
        "and",
        "здравствуйте",
        "hello",
        "hi",
    ];
    let word = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '|'))
        .map(word)
        .filter(|word| !word.is_empty() && !FILLERS.contains(&word.to_lowercase().as_str()))
        .collect();
    let letters =
        words.iter().all(|word| word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’')));
    ((1..=4).contains(&words.len()) && letters).then(|| words.join(" "))
}

/// A day: `25.12.2026`, `25.12`, `2026-12-25`, «завтра», "tomorrow". A day without a year is the next such day.
pub(crate) fn date(text: &str, today: Date) -> Option<Date> {
    let words = normalized(text);
    for (names, days) in
        [(["сегодня", "today"], 0), (["завтра", "tomorrow"], 1), (["послезавтра", "day after tomorrow"], 2)]
    {
        if names.contains(&words.as_str()) {
            return today.checked_add(days.days()).ok();
        }
    }
    let parts: Vec<i16> =
        text.trim().split(['.', '/', '-']).map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let build = |year: i16, month: i16, day: i16| {
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    match parts.as_slice() {
        [year, month, day] if *year > 31 => build(*year, *month, *day),
        [day, month, year] => build(if *year < 100 { 2000 + year } else { *year }, *month, *day),
        [day, month] => {
            let this_year = build(today.year(), *month, *day)?;
            if this_year < today { build(today.year() + 1, *month, *day) } else { Some(this_year) }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (text, value) in [
            ("15000", 15_000.0),
            ("15 000 рублей", 15_000.0),
            ("15 тысяч", 15_000.0),
            ("около 2,5 тыс.", 2500.0),
            ("1 992,64", 1992.64),
            ("1,992.64", 1992.64),
            ("2k", 2000.0),
            ("1.500", 1500.0),
            ("-3", -3.0),
            ("1 млн", 1e6),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        assert_eq!(number("много"), None);
    }

    #[test]
    fn prices_are_told_from_measures() {
        let check = |text: &str, min: Option<f64>, max: Option<f64>, rest: &str| {
            assert_eq!(price_bounds(text), Some(PriceBounds { min, max, rest: rest.into() }), "{text}");
        };
        check("нужен перфоратор до 10 тысяч", None, Some(10_000.0), "нужен перфоратор");
        check("насос до 20 000 руб. для дачи", None, Some(20_000.0), "насос для дачи");
        check("дрель от 5 до 10 тысяч", Some(5000.0), Some(10_000.0), "дрель");
        check("a drill under $200", None, Some(200.0), "a drill");
        check("generator between 500 and 900 dollars", Some(500.0), Some(900.0), "generator");
        check("do you have pumps under 15000?", None, Some(15_000.0), "do you have pumps?");
        check("не дороже 3к перчатки", None, Some(3000.0), "перчатки");
        for none in
            ["насос до 7 кВт", "генератор от 5 до 7 квт", "шланг до 5", "кабель до 100 м", "перфоратор"]
        {
            assert_eq!(price_bounds(none), None, "{none}");
        }
    }

    #[test]
    fn contacts_in_one_message() {
        let text = "Иван, 8 (999) 123-45-67, ivan@example.com";
        assert_eq!(phone(text).map(|found| found.0).as_deref(), Some("+79991234567"));
        assert_eq!(email(text).map(|found| found.0).as_deref(), Some("ivan@example.com"));
        assert_eq!(phone("12345"), None);
        assert_eq!(phone("+1 202 555 0123").map(|found| found.0).as_deref(), Some("+12025550123"));
        assert_eq!(email("a@b"), None);
        assert_eq!(email("пишите на x@y.ru.").map(|found| found.0).as_deref(), Some("x@y.ru"));
        assert_eq!(name("Меня зовут Анна Петрова").as_deref(), Some("Анна Петрова"));
        assert_eq!(name("а сколько стоит доставка в Казань, подскажите?"), None);
    }

    #[test]
    fn dates_without_a_year_are_ahead() {
        let today = Date::constant(2026, 11, 22);
        assert_eq!(date("25.12", today), Some(Date::constant(2026, 12, 25)));
        assert_eq!(date("1.2", today), Some(Date::constant(2027, 2, 1)));
        assert_eq!(date("2027-01-05", today), Some(Date::constant(2027, 1, 5)));
        assert_eq!(date("Завтра", today), Some(Date::constant(2026, 11, 23)));
        assert_eq!(date("31.02.2027", today), None);
        assert_eq!(date("когда-нибудь", today), None);
    }
}
