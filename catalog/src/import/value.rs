//! Parses prices, stocks and URLs as price lists write them.
//!
//! The marks of prices are read by column, everything else by cell; the caller decides about warnings.

use super::{currency, stock, workbook::Value};

/// The meaning of a price or stock cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Amount {
    /// A number.
    Known(f64),
    /// Explicitly not given («по запросу», a dash).
    NotGiven,
    /// Not understood.
    Invalid,
}

/// Parses a price cell by itself. A text without digits means that no price is given.
pub(super) fn price(value: &Value) -> Amount {
    price_in(value, Marks::default())
}

/// Parses a price in a column whose marks are known.
pub(super) fn price_in(value: &Value, marks: Marks) -> Amount {
    match value {
        Value::Number(number) => Amount::Known(*number),
        Value::Date(_) => Amount::Invalid,
        Value::Text(text) => amount(text, marks).unwrap_or(Amount::NotGiven),
    }
}

/// Parses a stock cell.
pub(super) fn stock(value: &Value) -> Amount {
    match value {
        Value::Number(number) => Amount::Known(*number),
        Value::Date(_) => Amount::Invalid,
        Value::Text(text) => stock::stock(text),
    }
}

/// A quantity of digits, marks and blanks.
pub(super) fn stock_number(text: &str) -> Option<f64> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    plain_number(&digits, Marks::default()).parse().ok()
}

/// The first number in a text; `None` if there is no digit.
fn amount(text: &str, marks: Marks) -> Option<Amount> {
    let Run { digits, run, after, negative } = Run::first(text)?;
    // «1 992» and «100 200» are one number; «1200 1300» and a second line with digits are two.
    let parts =
        run.split(|c: char| c.is_whitespace()).filter(|part| part.contains(|c: char| c.is_ascii_digit()));
    let groups = parts.enumerate().all(|(place, part)| {
        let whole = part.chars().take_while(char::is_ascii_digit).count();
        if place == 0 { whole <= 3 || !run.trim().contains(char::is_whitespace) } else { whole == 3 }
    });
    let below = after.split_once('\n').is_some_and(|(_, below)| below.contains(|c: char| c.is_ascii_digit()));
    // «-10 %» is a discount.
    if !groups || below || after.trim_start().starts_with('%') {
        return Some(Amount::Invalid);
    }
    // «1500-00» is roubles and kopecks; «100-150» and «100/120» are two prices, and neither can be chosen.
    if let Some(second) = after.strip_prefix(['-', '/', '–', '—', '…']).map(str::trim_start)
        && second.starts_with(|c: char| c.is_ascii_digit())
    {
        let kopecks = after.starts_with('-')
            && second.len() >= 2
            && second.chars().take_while(char::is_ascii_digit).count() == 2
            && !digits.contains(['.', ',']);
        if !kopecks {
            return Some(Amount::Invalid);
        }
        let joined = format!("{digits}.{}", second.get(..2).unwrap_or("00"));
        return Some(joined.parse().map_or(Amount::Invalid, Amount::Known));
    }
    let number: f64 = match plain_number(&digits, marks).parse() {
        Ok(number) => number,
        Err(_) => return Some(Amount::Invalid),
    };
    let number = cents((number + small_change(after)) * multiplier(after));
    Some(Amount::Known(if negative { -number } else { number }))
}

/// The first number of a text and what surrounds it.
struct Run<'a> {
    /// Its digits and marks; a mark in front of the first digit («,99») has a zero before it.
    digits: String,
    /// The same as written, with blanks.
    run: &'a str,
    after: &'a str,
    negative: bool,
}

impl Run<'_> {
    fn first(text: &str) -> Option<Run<'_>> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let before = text.get(..start).unwrap_or_default();
        let bare = before.trim_end_matches(['.', ',']);
        // «,99» and «.99», but not «Цена,99» or «руб.99».
        let fraction = before.len() == bare.len() + 1 && !bare.ends_with(char::is_alphanumeric);
        let signed = if fraction { bare } else { before };
        let negative = signed.trim_end().ends_with(['-', '−', '–']);
        let rest = text.get(start..).unwrap_or_default();
        let end = rest
            .char_indices()
            .find(|(_, c)| {
                !(c.is_ascii_digit()
                    || matches!(c, '.' | ',' | '\'' | '’')
                    || c.is_whitespace() && *c != '\n')
            })
            .map_or(rest.len(), |(at, _)| at);
        let (run, after) = rest.split_at(end);
        let digits: String = run.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
        let digits = digits.trim_end_matches(['.', ',']);
        let digits = if fraction { format!("0.{digits}") } else { digits.to_owned() };
        Some(Run { digits, run, after, negative })
    }
}

/// Rounds away what multiplying adds: 1.1 thousand is 1100 and not 1100.0000000000002.
fn cents(number: f64) -> f64 {
    if number.fract() == 0.0 { number } else { format!("{number:.12e}").parse().unwrap_or(number) }
}

/// «1.5 тыс. руб.» is 1500.
fn multiplier(after: &str) -> f64 {
    let lower = after.trim_start().to_lowercase();
    let word: String = lower.chars().take_while(|c| c.is_alphabetic()).collect();
    match word.as_str() {
        "тыс" | "тис" | "тысяч" | "тысячи" | "тысяча" | "тисяч" | "тисячі" | "тр" | "мың" | "k"
        | "thousand" | "tys" | "tsd" | "tausend" | "тыср" => 1e3,
        "млн" | "миллион" | "миллиона" | "миллионов" | "мільйон" | "мільйонів" | "mln" | "mio"
        | "million" => 1e6,
        _ => 1.0,
    }
}

/// Kopecks and the like in words: «100 руб. 50 коп.».
fn small_change(after: &str) -> f64 {
    let lower = after.to_lowercase();
    let Some((before, _)) = lower.split_once("коп") else { return 0.0 };
    let words = before.trim_end();
    let digits: String = words.chars().rev().take_while(char::is_ascii_digit).collect();
    let only_currency = before.chars().filter(char::is_ascii_digit).count() == digits.len();
    if digits.len() > 2 || !only_currency {
        return 0.0;
    }
    let digits: String = digits.chars().rev().collect();
    digits.parse::<f64>().map_or(0.0, |kopecks| kopecks / 100.0)
}

/// The factor that a price heading names: «Цена, тыс. руб.» is 1000. «За тыс. шт.» is the price of a thousand.
pub(super) fn heading_factor(heading: &str) -> f64 {
    let lower = heading.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '₽' && c != '₸')
        .filter(|word| !word.is_empty())
        .collect();
    let factor = words.windows(2).find_map(|pair| match pair {
        [first, second] if currency::named(second).is_some() => Some(multiplier(first)),
        _ => None,
    });
    factor.unwrap_or(1.0)
}

/// What a mark between digits means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mark {
    #[default]
    Unknown,
    Decimal,
    Thousands,
}

/// What `.` and `,` mean in a column, known from those of its values that leave no doubt. A single `1.234` could be
/// either, but not beside `154.29`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    point: Mark,
    comma: Mark,
    /// Values that could be read both ways, and none that tells which.
    pub doubtful: bool,
}

impl Marks {
    /// Looks at every text of a column.
    pub fn of<'a>(values: impl Iterator<Item = &'a Value>) -> Marks {
        // Decimals and thousands, of the point and of the comma.
        let (mut point, mut comma) = ([0_usize; 2], [0_usize; 2]);
        let mut open = [0_usize; 2];
        for value in values {
            let Value::Text(text) = value else { continue };
            let Some(Run { digits, .. }) = Run::first(text) else { continue };
            match evidence(&digits) {
                Some(('.', mark)) => count(&mut point, mark),
                Some((_, mark)) => count(&mut comma, mark),
                None if digits.contains('.') => open[0] += 1,
                None if digits.contains(',') => open[1] += 1,
                None => {}
            }
            // Both marks in one number: the first separates thousands.
            if let (Some(p), Some(c)) = (digits.rfind('.'), digits.rfind(',')) {
                count(if p > c { &mut comma } else { &mut point }, Mark::Thousands);
            }
        }
        let decide = |[decimal, thousands]: [usize; 2]| match (decimal, thousands) {
            (0, 0) => Mark::Unknown,
            // The majority: one slip does not turn a column.
            (decimal, thousands) if decimal > thousands => Mark::Decimal,
            _ => Mark::Thousands,
        };
        let (mut of_point, mut of_comma) = (decide(point), decide(comma));
        // Two marks do not both part decimals.
        if of_point == Mark::Unknown && of_comma == Mark::Decimal {
            of_point = Mark::Thousands;
        } else if of_comma == Mark::Unknown && of_point == Mark::Decimal {
            of_comma = Mark::Thousands;
        }
        let doubtful = open[0] > 0 && of_point == Mark::Unknown || open[1] > 0 && of_comma == Mark::Unknown;
        Marks { point: of_point, comma: of_comma, doubtful }
    }

    fn of_mark(self, mark: char) -> Mark {
        if mark == ',' { self.comma } else { self.point }
    }
}

fn count([decimal, thousands]: &mut [usize; 2], mark: Mark) {
    match mark {
        Mark::Decimal => *decimal += 1,
        Mark::Thousands => *thousands += 1,
        Mark::Unknown => {}
    }
}

/// Whether a text's number has a mark that could part decimals or thousands.
pub(super) fn is_ambiguous(value: &Value) -> bool {
    let Value::Text(text) = value else { return false };
    Run::first(text).is_some_and(|run| run.digits.contains(['.', ',']) && evidence(&run.digits).is_none())
}

/// The last mark of a number and its meaning; `None` if there is no mark or it could mean both.
fn evidence(digits: &str) -> Option<(char, Mark)> {
    let last = digits.rfind(['.', ','])?;
    let mark = if digits.get(last..).is_some_and(|tail| tail.starts_with(',')) { ',' } else { '.' };
    let other = if mark == ',' { '.' } else { ',' };
    let decimals = digits.len() - last - 1;
    let whole = digits.get(..last).unwrap_or_default();
    let meaning = if digits.matches(mark).count() > 1 {
        Mark::Thousands
    } else if decimals != 3 || digits.contains(other) || whole.starts_with('0') || whole.len() > 3 {
        Mark::Decimal
    } else {
        return None;
    };
    Some((mark, meaning))
}

/// Removes thousands separators. Of two different marks the last is the decimal mark. A single mark before exactly
/// three digits is what it is in the rest of the column; without any other evidence it separates thousands, because
/// prices with three decimals are much rarer.
fn plain_number(digits: &str, marks: Marks) -> String {
    let strip = |text: &str| text.replace(['.', ','], "");
    let Some(last) = digits.rfind(['.', ',']) else { return digits.to_owned() };
    let decimal = match evidence(digits) {
        Some((_, mark)) => mark == Mark::Decimal,
        None => {
            marks.of_mark(if digits.get(last..).is_some_and(|tail| tail.starts_with(',')) {
                ','
            } else {
                '.'
            }) == Mark::Decimal
        }
    };
    if !decimal {
        return strip(digits);
    }
    let (whole, fraction) = digits.split_at(last);
    format!("{}.{}", strip(whole), fraction.get(1..).unwrap_or_default())
}

/// The first absolute http(s) URL in a text.
pub(super) fn web_address(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, ';' | '|' | '"'));
    let found = words.find(|word| {
        let lower = word.get(..8).unwrap_or(word).to_lowercase();
        let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
        rest.is_some() && word.len() > 8
    })?;
    // Several URLs in one cell may be separated by commas, but a URL may also contain a comma.
    let first = found.split(",http").next().unwrap_or(found);
    Some(first.trim_end_matches(',').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Amount) {
        assert_eq!(price(&Value::Text(text.into())), expected, "{text}");
    }

    #[test]
    fn parses_prices_in_common_spellings() {
        check("1 992,64 руб.", Amount::Known(1992.64));
        check("1\u{a0}992,64", Amount::Known(1992.64));
        check("1,992.64", Amount::Known(1992.64));
        check("1.992,64 €", Amount::Known(1992.64));
        check("1,992", Amount::Known(1992.0));
        check("12 345 678", Amount::Known(12_345_678.0));
        check("0,125", Amount::Known(0.125));
        check("99,9", Amount::Known(99.9));
        check("от 1 200 ₽", Amount::Known(1200.0));
        check("1500-00", Amount::Known(1500.0));
        check("-15", Amount::Known(-15.0));
        check("по запросу", Amount::NotGiven);
        check("—", Amount::NotGiven);
        check("1200\n1300", Amount::Invalid);
        check("1200 1300", Amount::Invalid);
        check("100-150", Amount::Invalid);
        check("100/120", Amount::Invalid);
        check("1 200–1 500", Amount::Invalid);
        check(",99", Amount::Known(0.99));
        check("$.99", Amount::Known(0.99));
        check("1.5 тыс. руб.", Amount::Known(1500.0));
        check("1,1 тис. грн", Amount::Known(1100.0));
        check("2 млн тенге", Amount::Known(2_000_000.0));
        check("12 500,00 руб/шт", Amount::Known(12500.0));
        check("1'234.50", Amount::Known(1234.5));
        check("12,- €", Amount::Known(12.0));
        check("100 руб. 50 коп.", Amount::Known(100.5));
        check("10 000 руб. (с НДС 20 %)", Amount::Known(10000.0));
        check("15 %", Amount::Invalid);
    }

    #[test]
    fn the_column_decides_what_a_mark_means() {
        let check = |texts: &[&str], expected: &[f64]| {
            let values: Vec<Value> = texts.iter().map(|text| Value::Text((*text).into())).collect();
            let marks = Marks::of(values.iter());
            let read: Vec<Amount> = values.iter().map(|value| price_in(value, marks)).collect();
            let expected: Vec<Amount> = expected.iter().map(|number| Amount::Known(*number)).collect();
            assert_eq!(read, expected, "{texts:?}");
        };
        check(&["87.125", "12.5091", "40"], &[87.125, 12.5091, 40.0]);
        check(&["1.234", "12.345.678"], &[1234.0, 12_345_678.0]);
        check(&["1.234", "99,90"], &[1234.0, 99.9]);
        check(&["1,234", "99.90"], &[1234.0, 99.9]);
        check(&["3,125", "17,5"], &[3.125, 17.5]);
        check(&["1.234"], &[1234.0]);
        check(&["2.500", "1.100,00"], &[2500.0, 1100.0]);
        let open = [Value::Text("2.500".into()), Value::Text("900".into())];
        assert!(Marks::of(open.iter()).doubtful);
    }

    #[test]
    fn a_price_heading_may_count_in_thousands() {
        for (heading, factor) in [
            ("Цена, тыс. руб.", 1000.0),
            ("Бағасы, мың тг", 1000.0),
            ("Цена за тыс. шт., руб.", 1.0),
            ("Цена, руб.", 1.0),
        ] {
            assert!((heading_factor(heading) - factor).abs() < f64::EPSILON, "{heading}");
        }
    }

    #[test]
    fn parses_stocks_in_numbers_and_words() {
        let stock = |text: &str| stock(&Value::Text(text.into()));
        assert_eq!(stock("12 шт"), Amount::Known(12.0));
        assert_eq!(stock("есть"), Amount::Known(1.0));
        assert_eq!(stock("под заказ"), Amount::Known(0.0));
        assert_eq!(stock("более 10"), Amount::Known(10.0));
        assert_eq!(stock("ожидается 15.12"), Amount::Known(0.0));
        assert_eq!(stock("під замовлення"), Amount::Known(0.0));
        assert_eq!(stock("-"), Amount::NotGiven);
        assert_eq!(stock("уточняйте"), Amount::Invalid);
    }

    #[test]
    fn finds_the_first_url() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(web_address(text).as_deref(), expected, "{text}");
        check("https://shop.example/1.jpg", Some("https://shop.example/1.jpg"));
        check("HTTP://shop.example/1.jpg, https://shop.example/2.jpg", Some("HTTP://shop.example/1.jpg"));
        check(
            "https://shop.example/1,2.jpg,https://shop.example/3.jpg",
            Some("https://shop.example/1,2.jpg"),
        );
        check("1.jpg", None);
        check("https://", None);
    }
}
