//! Texts without contacts, for models that are somewhere else: placeholders stand for phone numbers, e-mail addresses,
//! card numbers and names in messengers.
//!
//! The words around them stay, so that a model understands what was said. Values of personal slots are not looked for
//! here; the engine has replaced them already.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;
use tolmach_engine::{
    language::Language,
    phrases::{PERSONAL, PERSONAL_DATE, PERSONAL_EMAIL, PERSONAL_NAME, PERSONAL_PHONE, Phrase},
};

use super::{
    contacts::{PASSES, phone_from, replace, spelled_email, written_email},
    pattern,
};

/// What stands for the number of a bank card.
const CARD: Phrase = Phrase::new("[номер карты]", "[card number]");
/// What stands for a name or a link in a messenger.
const HANDLE: Phrase = Phrase::new("[контакт]", "[contact]");

/// A finder of a value and of the place where it stands, from a place on.
type Finder = fn(&str, usize) -> Option<(String, Range<usize>)>;

/// The text with a placeholder in the given language for each contact.
pub(crate) fn mask(text: &str, language: Language) -> String {
    let mut masked = text.to_owned();
    // Card numbers first, because a part of one may look like a phone number; links before what is in them.
    let finders: [(Finder, Phrase); 6] = [
        (link, HANDLE),
        (written_email, PERSONAL_EMAIL),
        (spelled_email, PERSONAL_EMAIL),
        (card, CARD),
        (phone_from, PERSONAL_PHONE),
        (handle, HANDLE),
    ];
    // What is left around a placeholder may make another contact, but hardly twice.
    for _ in 0..PASSES {
        let mut changed = false;
        for (find, placeholder) in finders {
            changed |= replace(&mut masked, find, |_| placeholder.get(language).to_owned(), |_| ());
        }
        if !changed {
            break;
        }
    }
    masked
}

/// Whether a text holds a placeholder that stands for a value which the model was not shown.
pub(crate) fn holds_placeholder(text: &str) -> bool {
    const ALL: [Phrase; 7] =
        [PERSONAL, PERSONAL_NAME, PERSONAL_PHONE, PERSONAL_EMAIL, PERSONAL_DATE, CARD, HANDLE];
    text.contains('[') && ALL.iter().any(|phrase| text.contains(phrase.ru) || text.contains(phrase.en))
}

/// The number of a bank card: 15 to 19 digits in groups, with the check digit of ISO/IEC 7812-1 (Luhn). Of groups that
/// follow, the most that give such a number belong to it.
fn card(text: &str, from: usize) -> Option<(String, Range<usize>)> {
    static RUN: LazyLock<Regex> = LazyLock::new(|| pattern(r"[2-6][0-9](?:[ \u{a0}-]?[0-9]){13,17}"));
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let mut from = from;
    while let Some(run) = text.get(from..).and_then(|rest| RUN.find(rest)) {
        let (start, end) = (from + run.start(), from + run.end());
        let begins = start.checked_sub(1).is_none_or(|before| !digit(before));
        let mut ends = (start + 15..=end).rev().filter(|end| digit(end - 1) && !digit(*end));
        let number = ends.find_map(|end| {
            let number = text.get(start..end)?;
            let digits = number.bytes().filter(u8::is_ascii_digit).count();
            ((15..=19).contains(&digits) && passes_luhn(number)).then(|| (number.to_owned(), start..end))
        });
        if let Some(number) = number.filter(|_| begins) {
            return Some(number);
        }
        from = end;
    }
    None
}

fn passes_luhn(number: &str) -> bool {
    let digits = number.chars().rev().filter_map(|c| c.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => digit,
            _ if digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// `t.me/name`, `wa.me/79991234567`, `vk.com/name` and the like.
fn link(text: &str, from: usize) -> Option<(String, Range<usize>)> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|wa\.me|vk\.com|viber\.me)/[^\s<>,;)\]]+",
        )
    });
    found(&FORM, text, from)
}

/// `@name`, as Telegram allows names: 5 to 32 letters, digits and underscores.
fn handle(text: &str, from: usize) -> Option<(String, Range<usize>)> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| pattern(r"@[A-Za-z][A-Za-z0-9_]{4,31}\b"));
    let mut from = from;
    while let Some((name, range)) = found(&FORM, text, from) {
        // Inside a word it is no name: an address that is not one, a code.
        let inside = text.get(..range.start).is_some_and(|before| before.ends_with(char::is_alphanumeric));
        if !inside {
            return Some((name, range));
        }
        from = range.end;
    }
    None
}

fn found(form: &Regex, text: &str, from: usize) -> Option<(String, Range<usize>)> {
    let found = form.find_at(text, from)?;
    Some((found.as_str().to_owned(), found.range()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text, Language::En), expected, "{text}");
    }

    #[test]
    fn contacts_are_replaced_and_the_words_around_them_stay() {
        check("нужен насос, звоните 8 (916) 123-45-67 после 18", "нужен насос, звоните [phone] после 18");
        check("+7 916\n123-45-67, Анна", "[phone], Анна");
        check("write to Anna.K@Example.com, please", "write to [email], please");
        check("ivan собака mail точка ru или 89161234567", "[email] или [phone]");
        check("card 4111 1111 1111 1111, ok?", "card [card number], ok?");
        check("4111-1111-1111-1111 5 шт", "[card number] 5 шт");
        check("я в телеграме @anna_kuznetsova", "я в телеграме [contact]");
        check("https://t.me/anna_k и wa.me/79161234567", "[contact] и [contact]");
        assert_eq!(mask("тел. 8 916 123 45 67", Language::Ru), "тел. [телефон]");
    }

    #[test]
    fn what_is_no_contact_stays() {
        for text in [
            "перфоратор RH-10628 до 10 000 ₽",
            "4111 1111 1111 1112",
            "штрихкод 4601234567893",
            "насос от 5 до 7 кВт, 2 шт",
            "цена @ склад",
            "89 990 000 000 руб.",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn masking_twice_changes_nothing() {
        for text in ["a@b.ru 8 916 123-45-67 @somebody", "8 916 123-45-67 8 916 123-45-68 4111111111111111"] {
            let once = mask(text, Language::Ru);
            assert_eq!(mask(&once, Language::Ru), once);
        }
    }
}
