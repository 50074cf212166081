//! Reads stock texts in Russian, Ukrainian, Kazakh, English, German and Polish.
//!
//! A text is read from left to right, and the first thing that decides counts: a quantity, a word for "there is some",
//! or one for "there is none yet". Delivery times, dates and percentages are no quantities. What is not understood is
//! left out; unknown is not zero.

use super::value::{self, Amount};

/// What a stock text says. A quantity that is only bounded from below («более 100») counts as the bound, and "there is
/// some" as 1, because no more is known; «под заказ» is 0.
pub(super) fn stock(text: &str) -> Amount {
    let lower = text.to_lowercase();
    let lower = lower.trim();
    if let Some(marks) = marks(lower) {
        return marks;
    }
    let tokens = tokens(lower);
    let mut found = Found::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let rest = tokens.get(at..).unwrap_or_default();
        match token {
            Token::Number(number) => {
                let (meaning, length) = number_in(rest, number, tokens.get(..at).unwrap_or_default());
                match meaning {
                    Meaning::Quantity(quantity) => return quantity,
                    Meaning::Time => found.time = true,
                    Meaning::Nothing => {}
                }
                at += length;
            }
            Token::Word(_) => {
                if phrase(rest, NONE).is_some() {
                    // «Нет данных» is unknown.
                    let unknown = phrase(rest, UNKNOWN).is_some();
                    return if unknown { Amount::NotGiven } else { Amount::Known(0.0) };
                }
                if phrase(rest, LATER).is_some() {
                    return Amount::Known(if found.some { 1.0 } else { 0.0 });
                }
                if let Some(length) = phrase(rest, SOME) {
                    found.some = true;
                    at += length;
                    continue;
                }
                if let Some(length) = phrase(rest, UNKNOWN) {
                    found.unknown = true;
                    at += length;
                    continue;
                }
                at += 1;
            }
            Token::Sign(_) => at += 1,
        }
    }
    match found {
        Found { some: true, .. } => Amount::Known(1.0),
        // Delivered in so many days, and not there now.
        Found { time: true, .. } => Amount::Known(0.0),
        Found { unknown: true, .. } => Amount::NotGiven,
        _ => Amount::Invalid,
    }
}

#[derive(Clone, Copy, Default)]
struct Found {
    some: bool,
    time: bool,
    unknown: bool,
}

/// Signs without words: «+», «+++», «✓», a dash.
fn marks(text: &str) -> Option<Amount> {
    let all = |signs: &[char]| !text.is_empty() && text.chars().all(|c| signs.contains(&c) || c == ' ');
    if all(&['+', '*', '✓', '✔', '●', '■', '☑', '✅', '★']) {
        Some(Amount::Known(1.0))
    } else if all(&['✗', '✘', '❌', '×', '☒', '○']) {
        Some(Amount::Known(0.0))
    } else if all(&['-', '–', '—', '−', '_', '.', '?', '/']) || NO_ANSWER.contains(&text) {
        Some(Amount::NotGiven)
    } else {
        None
    }
}

/// Abbreviations of "not available", which say that nothing is known.
const NO_ANSWER: &[&str] = &["n/a", "н/д", "нд", "k.a.", "k. a.", "b/d", "#n/a", "н/а"];

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    /// A run of digits, points, commas and blanks between groups of three digits.
    Number(String),
    Sign(char),
}

fn tokens(lower: &str) -> Vec<Token> {
    let chars: Vec<char> = lower.chars().take(MAX_TEXT).collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        let start = at;
        if c.is_ascii_digit() {
            at = number_end(&chars, at);
            tokens.push(Token::Number(chars.get(start..at).unwrap_or_default().iter().collect()));
        } else if c.is_alphabetic() {
            // An apostrophe is a letter of Ukrainian words.
            while chars.get(at).is_some_and(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | 'ʼ')) {
                at += 1;
            }
            tokens.push(Token::Word(chars.get(start..at).unwrap_or_default().iter().collect()));
        } else {
            if !c.is_whitespace() {
                tokens.push(Token::Sign(c));
            }
            at += 1;
        }
    }
    tokens
}

/// Longest stock text in characters; a longer one is prose, of which the beginning is read.
const MAX_TEXT: usize = 200;

/// The end of a number that starts at `at`: a blank belongs to it between a digit and three more digits.
fn number_end(chars: &[char], at: usize) -> usize {
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let mut end = at;
    while let Some(c) = chars.get(end) {
        let group = c.is_whitespace()
            && digit(end + 1)
            && digit(end + 2)
            && digit(end + 3)
            && !digit(end + 4)
            && end - at <= 3 + 4 * 3;
        let mark = matches!(c, '.' | ',') && digit(end + 1);
        if !c.is_ascii_digit() && !group && !mark {
            break;
        }
        end += 1;
    }
    end
}

enum Meaning {
    Quantity(Amount),
    /// Days, a date.
    Time,
    Nothing,
}

/// What a number means by what stands around it, and how many tokens that takes.
fn number_in(rest: &[Token], number: &str, before: &[Token]) -> (Meaning, usize) {
    let word = |at: usize| match rest.get(at) {
        Some(Token::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let sign = |at: usize| match rest.get(at) {
        Some(Token::Sign(sign)) => Some(*sign),
        _ => None,
    };
    // «2-3 дня», «10–50», «5 до 7 дней».
    let range = match (rest.get(1), rest.get(2)) {
        (Some(Token::Sign('-' | '–' | '—' | '/' | '…')), Some(Token::Number(_))) => 2,
        (Some(Token::Word(to)), Some(Token::Number(_))) if TO.contains(&to.as_str()) => 2,
        _ => 0,
    };
    let mut next = range + 1;
    // «3 раб. дня», «14 календарных дней», «2-х недель», «5-ти дней».
    while word(next).is_some_and(|word| split(WORKING).any(|working| working == word))
        || matches!(sign(next), Some('.' | '-' | '('))
    {
        next += 1;
    }
    if word(next).is_some_and(is_time) {
        return (Meaning::Time, next + 1);
    }
    let length = range + 1;
    if sign(length) == Some('%') {
        return (Meaning::Nothing, length + 1);
    }
    let last_word = |back: usize| match before.len().checked_sub(back).and_then(|at| before.get(at)) {
        Some(Token::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let previous = last_word(1).or_else(|| {
        // «ожид.: 12.05»
        before
            .iter()
            .rev()
            .find_map(|token| if let Token::Word(word) = token { Some(word.as_str()) } else { None })
            .filter(|_| matches!(before.last(), Some(Token::Sign('.' | ':'))))
    });
    // «Less than 5», «более чем 5».
    let previous = match previous {
        Some("than" | "als" | "niż" | "niz" | "чем" | "ніж") => last_word(2),
        other => other,
    };
    if is_date(number)
        && (number.matches(['.', ',']).count() == 2
            || previous.is_some_and(|word| DATE_WORDS.contains(&word)))
        || number.len() == 4
            && number.starts_with("20")
            && sign(1) == Some('-')
            && range == 2
            && sign(3) == Some('-')
    {
        return (Meaning::Time, if range == 2 { 5 } else { 1 });
    }
    // «Склад 2: 15» names a warehouse; «№ 5» is a number of something.
    if matches!(before.last(), Some(Token::Sign('№' | '#'))) || sign(1) == Some(':') {
        return (Meaning::Nothing, length);
    }
    if range == 2 && matches!(sign(1), Some('/')) {
        return (Meaning::Quantity(Amount::Invalid), length);
    }
    let amount = match value::stock_number(number) {
        Some(number) => number,
        None => return (Meaning::Quantity(Amount::Invalid), length),
    };
    let below = matches!(before.last(), Some(Token::Sign('<' | '≤')))
        || previous.is_some_and(|word| LESS.contains(&word));
    let negative = matches!(before.last(), Some(Token::Sign('-' | '−'))) && before.len() == 1;
    // «Менее 5» and «до 10 шт» say that there is some.
    let amount = if below { amount.min(1.0) } else { amount };
    (Meaning::Quantity(Amount::Known(if negative { -amount } else { amount })), length)
}

/// A day and a month, perhaps with a year.
fn is_date(number: &str) -> bool {
    let parts: Vec<u32> = number.split('.').filter_map(|part| part.parse().ok()).collect();
    match parts.as_slice() {
        [day, month] | [day, month, _] => (1..=31).contains(day) && (1..=12).contains(month),
        _ => false,
    }
}

fn is_time(word: &str) -> bool {
    split(TIMES).any(|time| match time.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == time,
    })
}

/// Length of the first phrase that the tokens begin with. A word ending in `*` matches words that begin so.
fn phrase(rest: &[Token], phrases: &[&str]) -> Option<usize> {
    split(phrases)
        .filter_map(|phrase| {
            let mut length = 0;
            let matches = phrase.split(' ').all(|wanted| {
                let word = match rest.get(length) {
                    Some(Token::Word(word)) => word.as_str(),
                    _ => return false,
                };
                length += 1;
                match wanted.strip_suffix('*') {
                    Some(start) => word.starts_with(start),
                    None => word == wanted,
                }
            });
            matches.then_some(length)
        })
        .max()
}

/// The phrases of a table, whose lines list several with commas between them.
fn split<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    lines.iter().flat_map(|line| line.split(", "))
}

/// None there.
const NONE: &[&str] = &[
    // Russian
    "нет, не в наличии, нету, отсутств*, законч*, снят*, распродан*, продан*, недоступ*, ноль, архив*",
    "выведен*",
    // Ukrainian
    "немає, нема, відсут*, закінчився, закінчилась, закінчилось, закінчились, знят*, розпродан*",
    "не в наявності, недоступн*, ні",
    // Kazakh
    "жоқ, таусыл*, біт*",
    // English
    "no, not available, not in stock, out of stock, outofstock, out, sold out, sold, unavailable",
    "none, n, false, discontinued, zero",
    // German
    "nein, nicht, ausverkauft, vergriffen, keine, kein, nicht lieferbar, nicht vorratig",
    "nicht auf lager, nicht verfügbar",
    // Polish
    "brak, nie, niedostępn*, niedostepn*, wyprzedan*, wycofan*",
];

/// Not there yet, or made when ordered.
const LATER: &[&str] = &[
    "под заказ, заказ*, на заказ, ожид*, в пути, в дороге, поставк*, постав*, поступ*, предзаказ*",
    "в производств*, производств*, транзит*, скоро, під замов*, замов*, на замовлення, очік*",
    "в дорозі, у дорозі, постач*, надход*, незабаром, тапсырыс*, жолда, күт*, келе*, on order",
    "to order, order, made to order, backorder*, back order*, onbackorder, pre order*, preorder*",
    "expected, in transit, on the way, incoming, coming soon, lead time, due, eta, arriving",
    "available from, доступно с, verfügbar ab, dostępny od, bestell*, auf bestellung, im zulauf",
    "unterwegs, lieferzeit, erwartet, lieferbar ab, nachlieferung, vorbestell*, in kürze, lieferung",
    "na zamówienie, na zamowienie, zamówien*, zamowien*, w drodze, oczekiw*, wkrótce, wkrotce",
    "dostaw*, w produkcji, przedsprzedaż",
];

/// Some are there.
const SOME: &[&str] = &[
    "есть, есть в наличии, в наличии, наличие, имеется, на складе, да, мало, много, достаточно",
    "доступ*, в достатке, средне, свободно, последн*, заканчива*, огранич*, є, є в наявності, наявн*",
    "в наявності, на складі, так, багато, мало, достатньо, закінчується, бар, қоймада, қолда бар, көп",
    "аз, иә, жеткілікті, yes, y, in stock, instock, available, low, low stock, few, many, plenty",
    "true, limited, last, stock, ja, auf lager, vorrätig, vorratig, verfügbar, verfugbar, lagernd",
    "lieferbar, sofort lieferbar, sofort, wenig, viel, genug, tak, jest, dostępn*, dostepn*",
    "na stanie, w magazynie, dużo, duzo, mało, sporo, od ręki",
];

/// Nothing is said.
const UNKNOWN: &[&str] = &[
    "нет данных, нет информации, по запрос*, запрос*, звон*, по телефону, неизвестно, не указан*",
    "договор*, немає даних, за запит*, по запит*, запит*, телефон*, сұраныс*, сұраңыз, белгісіз",
    "on request, request, call, ask, unknown, na, n a, contact, inquire, no data, tbd, auf anfrage",
    "anfrage, unbekannt, keine angabe, na zapytanie, zapytaj, nieznany, brak danych, zadzwoń",
];

/// Units of time.
const TIMES: &[&str] = &[
    "дн, дней, дня, день, дни, днів, дні, днях, дню, сут, суток, сутки, нед, неделя, недели, недель",
    "неделю, тиж, тижні, тижнів, тиждень, мес, месяц*, міс, місяц*, час, часа, часов, ч, годин*, год",
    "рд, д, күн*, апта*, ай, айда, сағат, day*, week*, month*, hour*, wk, wks, d, working, business",
    "tag*, woche*, wo, monat*, werktag*, arbeitstag*, std, stunde*, dzień, dni, dnia, tydz*, tyg*",
    "miesi*, godz*, rob",
];

/// Between a number and its unit of time.
const WORKING: &[&str] = &[
    "раб, р, рабочих, рабочий, рабочего, календарных, кал, банковских, х, ти, и, робочих, роб",
    "календарних, жұмыс, working, business, calendar, roboczych, robocze, kalendarzowych, th",
];

/// Between the ends of a range.
const TO: &[&str] = &["до", "to", "bis", "do", "по"];

/// Before a quantity that is not reached.
const LESS: &[&str] = &[
    "менее",
    "меньше",
    "до",
    "менше",
    "менш",
    "кем",
    "less",
    "under",
    "below",
    "weniger",
    "unter",
    "bis",
    "mniej",
    "poniżej",
    "do",
];

/// Before a date.
const DATE_WORDS: &[&str] = &[
    "с",
    "со",
    "до",
    "к",
    "от",
    "на",
    "з",
    "від",
    "по",
    "ожид",
    "from",
    "by",
    "until",
    "on",
    "ab",
    "am",
    "bis",
    "od",
    "do",
    "dnia",
    "после",
    "дата",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Amount) {
        assert_eq!(stock(text), expected, "{text}");
    }

    const SOME_ONE: Amount = Amount::Known(1.0);
    const NOT_YET: Amount = Amount::Known(0.0);

    #[test]
    fn reads_quantities() {
        for (text, quantity) in [
            ("12 шт", 12.0),
            ("1 424", 1424.0),
            ("> 10", 10.0),
            (">10", 10.0),
            ("10+", 10.0),
            ("более 100", 100.0),
            ("более 1 000 шт.", 1000.0),
            ("понад 50", 50.0),
            ("over 20 pcs", 20.0),
            ("mehr als 25 Stk.", 25.0),
            ("powyżej 30 szt.", 30.0),
            ("в наличии: 7", 7.0),
            ("есть 5 шт, доставка 2 дня", 5.0),
            ("10-50", 10.0),
            ("2,5", 2.5),
            ("0", 0.0),
            ("-2", -2.0),
            ("Москва: 14 шт", 14.0),
            ("3 шт, ожидается 10", 3.0),
        ] {
            check(text, Amount::Known(quantity));
        }
    }

    #[test]
    fn reads_words_in_six_languages() {
        for text in [
            "+",
            "+++",
            "✓",
            "есть",
            "много",
            "мало",
            "да",
            "в наличии",
            "на складе",
            "менее 5",
            "< 10",
            "до 10 шт",
            "є в наявності",
            "так",
            "багато",
            "бар",
            "көп",
            "yes",
            "In stock",
            "available",
            "auf Lager",
            "ja",
            "sofort lieferbar",
            "jest",
            "dostępny",
            "dużo",
            "В наличии, доставка 2-3 дня",
            "less than 5",
        ] {
            check(text, SOME_ONE);
        }
        for text in [
            "нет",
            "нет в наличии",
            "отсутствует",
            "под заказ",
            "Под заказ 3 недели",
            "в пути",
            "ожидается 12.05",
            "ожидается 15.12.2026",
            "снят с производства",
            "Отгрузка по запросу, поставка от 20 дней",
            "14 дней",
            "2-3 дня",
            "3-5 раб. дней",
            "5 рабочих дней",
            "от 3 недель",
            "в пути 12 шт",
            "немає",
            "під замовлення",
            "очікується",
            "5-7 днів",
            "жоқ",
            "тапсырыс бойынша",
            "жолда",
            "out of stock",
            "backorder",
            "on order",
            "2 weeks",
            "10 working days",
            "nicht auf Lager",
            "ausverkauft",
            "Lieferzeit 14 Tage",
            "auf Bestellung",
            "brak",
            "na zamówienie",
            "w drodze",
            "7 dni roboczych",
            "с 12.05",
        ] {
            check(text, NOT_YET);
        }
    }

    #[test]
    fn leaves_out_what_is_not_known() {
        for text in [
            "-",
            "—",
            "по запросу",
            "нет данных",
            "за запитом",
            "on request",
            "call",
            "auf Anfrage",
            "na zapytanie",
            "n/a",
        ] {
            assert!(matches!(stock(text), Amount::NotGiven), "{text}: {:?}", stock(text));
        }
        for text in ["ул. Заводская", "уточняйте", "5/12", "100/250"] {
            check(text, Amount::Invalid);
        }
        // A share of something is no quantity.
        check("50%", Amount::Invalid);
    }
}
