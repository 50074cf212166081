//! How amounts, counted things and long texts are written.

use serde_json::Value;

use crate::language::Language;

/// The form of a Russian noun that agrees with a number: 1 товар, 2 товара, 5 товаров, 1,5 товара.
pub fn russian_plural<'f>(count: f64, one: &'f str, few: &'f str, many: &'f str) -> &'f str {
    if count.fract() != 0.0 {
        return few;
    }
    let last_two = count.abs() % 100.0;
    match (last_two % 10.0, last_two) {
        (_, n) if (11.0..=14.0).contains(&n) => many,
        (1.0, _) => one,
        (n, _) if (2.0..=4.0).contains(&n) => few,
        _ => many,
    }
}

/// An amount in Russian notation: see [`money_in`].
pub fn money(amount: f64, currency: &str) -> String {
    money_in(amount, currency, Language::Ru)
}

/// An amount with groups of three digits, the decimal mark of the language and the currency sign at the end, with no-break
/// spaces.
pub fn money_in(amount: f64, currency: &str, language: Language) -> String {
    let cents = (amount.abs() * 100.0).round();
    let whole = format!("{:.0}", (cents / 100.0).trunc());
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push('\u{00A0}');
        }
        grouped.push(digit);
    }
    let mark = if language == Language::Ru { ',' } else { '.' };
    let rest = cents % 100.0;
    let fraction = if rest == 0.0 { String::new() } else { format!("{mark}{rest:02.0}") };
    let sign = if amount < 0.0 { "−" } else { "" };
    let currency = match currency_sign(currency) {
        "" => String::new(),
        sign => format!("\u{00A0}{sign}"),
    };
    format!("{sign}{grouped}{fraction}{currency}")
}

/// The sign of a currency by its code (ISO 4217); the code itself where the sign is not known everywhere.
pub fn currency_sign(code: &str) -> &str {
    match code {
        "RUB" => "₽",
        "USD" => "$",
        "EUR" => "€",
        "KZT" => "₸",
        "UAH" => "₴",
        other => other,
    }
}

/// Cuts a text to at most `limit` characters, at a word where possible, and marks the cut.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    let cut = match cut.rsplit_once(char::is_whitespace) {
        Some((head, _)) if head.chars().count() * 2 > limit => head,
        _ => &cut,
    };
    format!("{}…", cut.trim_end_matches([' ', ',', ';', '.']))
}

/// The beginning of a text, at most `limit` characters, up to a blank where one stands in its second half.
pub fn cut(text: &str, limit: usize) -> &str {
    let Some((end, next)) = text.char_indices().nth(limit) else { return text };
    let head = text.get(..end).unwrap_or_default();
    if next.is_whitespace() {
        return head;
    }
    let blank = head.rfind(char::is_whitespace).filter(|at| at * 2 > end);
    blank.and_then(|at| head.get(..at)).unwrap_or(head)
}

/// A value as plain text; `null` is empty.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
