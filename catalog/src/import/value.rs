//! Parses prices, stocks, currencies and URLs as price lists write them.
//!
//! Looks at one cell at a time; the caller decides about warnings.

use super::workbook::Value;

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

/// Parses a price. A text without digits means that no price is given.
pub(super) fn price(value: &Value) -> Amount {
    match value {
        Value::Number(number) => Amount::Known(*number),
        Value::Date(_) => Amount::Invalid,
        Value::Text(text) => amount(text).unwrap_or(Amount::NotGiven),
    }
}

/// Parses a stock. Words that mean "available" count as 1 and «>10» as 10, because no more is known.
pub(super) fn stock(value: &Value) -> Amount {
    let text = match value {
        Value::Number(number) => return Amount::Known(*number),
        Value::Date(_) => return Amount::Invalid,
        Value::Text(text) => text,
    };
    let lower = text.to_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    // Tested before numbers: «ожидается 15.12» and «под заказ 3 недели» are not in stock.
    if starts(&[
        "нет",
        "не в нал",
        "отсутств",
        "под заказ",
        "заказ",
        "ожид",
        "в пути",
        "законч",
        "снят",
        "немає",
        "відсут",
        "під замов",
        "очік",
        "в дороз",
        "закінч",
        "no",
        "out of",
        "sold out",
        "backorder",
        "on order",
        "to order",
        "on request",
        "false",
        "expected",
    ]) {
        return Amount::Known(0.0);
    }
    if let Some(amount) = amount(text) {
        return amount;
    }
    if starts(&[
        "есть",
        "в наличии",
        "на складе",
        "да",
        "мало",
        "много",
        "достаточно",
        "є",
        "наявн",
        "в наявн",
        "на складі",
        "так",
        "багато",
        "yes",
        "in stock",
        "available",
        "low",
        "few",
        "many",
        "true",
        "+",
        "*",
        "✓",
        "✔",
    ]) {
        Amount::Known(1.0)
    } else if lower.chars().all(|c| matches!(c, '-' | '–' | '—')) {
        Amount::NotGiven
    } else {
        Amount::Invalid
    }
}

/// The first number in a text; `None` if there is no digit.
fn amount(text: &str) -> Option<Amount> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let negative = text.get(..start).is_some_and(|before| before.trim_end().ends_with(['-', '−', '–']));
    let rest = text.get(start..).unwrap_or_default();
    let end = rest
        .char_indices()
        .find(|(_, c)| {
            !(c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’') || c.is_whitespace() && *c != '\n')
        })
        .map_or(rest.len(), |(at, _)| at);
    let (run, after) = rest.split_at(end);
    // «1 992» and «100 200» are one number; «1200 1300» and a second line with digits are two.
    let parts =
        run.split(|c: char| c.is_whitespace()).filter(|part| part.contains(|c: char| c.is_ascii_digit()));
    let groups = parts.enumerate().all(|(place, part)| {
        let whole = part.chars().take_while(char::is_ascii_digit).count();
        if place == 0 { whole <= 3 || !run.trim().contains(char::is_whitespace) } else { whole == 3 }
    });
    let below = after.split_once('\n').is_some_and(|(_, below)| below.contains(|c: char| c.is_ascii_digit()));
    if !groups || below {
        return Some(Amount::Invalid);
    }
    let digits: String = run.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let digits = digits.trim_end_matches(['.', ',']);
    // «1500-00» is roubles and kopecks; «100-150» and «100/120» are two prices, and neither can be chosen.
    if let Some(second) = after.strip_prefix(['-', '/', '–', '…']).map(str::trim_start)
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
    let number: f64 = match plain_number(digits).parse() {
        Ok(number) => number,
        Err(_) => return Some(Amount::Invalid),
    };
    Some(Amount::Known(if negative { -number } else { number }))
}

/// Removes thousands separators. Of two different marks the last is the decimal mark. A single mark before exactly
/// three digits separates thousands, because prices with three decimals are much rarer.
fn plain_number(digits: &str) -> String {
    let last = digits.rfind(['.', ',']);
    let Some(last) = last else { return digits.to_owned() };
    let mark = if digits.get(last..).is_some_and(|tail| tail.starts_with(',')) { ',' } else { '.' };
    let other = if mark == ',' { '.' } else { ',' };
    let decimals = digits.len() - last - 1;
    let repeated = digits.matches(mark).count() > 1;
    let whole = digits.get(..last).unwrap_or_default();
    let thousands =
        repeated || (decimals == 3 && !digits.contains(other) && !whole.starts_with('0') && whole.len() <= 3);
    let strip = |text: &str| text.replace(['.', ','], "");
    if thousands {
        strip(digits)
    } else {
        format!("{}.{}", strip(whole), digits.get(last + 1..).unwrap_or_default())
    }
}

/// The ISO 4217 code of the currency that a heading or price names.
pub(super) fn currency(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let word = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    if lower.contains('₽') || word(&["руб", "рублей", "рубли", "рублях", "rub", "rur", "р"])
    {
        Some("RUB")
    } else if lower.contains('₴') || word(&["грн", "гривень", "гривна", "uah"]) {
        Some("UAH")
    } else if lower.contains('€') || word(&["eur", "евро", "євро", "euro"]) {
        Some("EUR")
    } else if lower.contains('$') || word(&["usd", "долл", "доллар", "долларов"]) {
        Some("USD")
    } else if lower.contains('₸') || word(&["kzt", "тенге", "тг"]) {
        Some("KZT")
    } else if word(&["byn", "бел"]) {
        Some("BYN")
    } else if lower.contains('£') || word(&["gbp"]) {
        Some("GBP")
    } else {
        None
    }
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
    }

    #[test]
    fn parses_stocks_in_numbers_and_words() {
        let stock = |text: &str| stock(&Value::Text(text.into()));
        assert_eq!(stock("12 шт"), Amount::Known(12.0));
        assert_eq!(stock(">10"), Amount::Known(10.0));
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

    #[test]
    fn recognises_currencies() {
        assert_eq!(currency("Цена, руб."), Some("RUB"));
        assert_eq!(currency("€ без ПДВ"), Some("EUR"));
        assert_eq!(currency("ціна, грн"), Some("UAH"));
        assert_eq!(currency("Price (USD)"), Some("USD"));
        assert_eq!(currency("Цена розничная"), None);
    }
}
