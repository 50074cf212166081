//! Values of slots that are declared `personal: true`, and texts without them.
//!
//! Prompts, trace notes, faults, the history that models see, and redacted sessions go through here. Texts for clients
//! and leads do not.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    language::Language,
    phrases::{self, Phrase},
    slot::{Declaration, Type},
    typed::{Typed, written},
};

/// How many digits at the end of two phone numbers must be equal: the national number without trunk and country codes.
const NATIONAL_DIGITS: usize = 10;

/// The personal values of a dialog.
#[derive(Clone, Debug, Default)]
pub struct PersonalValues(Vec<PersonalValue>);

#[derive(Clone, Debug)]
struct PersonalValue {
    text: String,
    placeholder: Phrase,
}

impl PersonalValues {
    /// Adds the values of the personal slots among `slots`.
    pub(crate) fn add_slots(
        &mut self,
        declarations: &BTreeMap<String, Declaration>,
        slots: &Map<String, Value>,
    ) {
        for (name, declaration) in declarations.iter().filter(|(_, declaration)| declaration.personal) {
            if let Some(value) = slots.get(name) {
                self.add_of(declaration.kind, value);
            }
        }
    }

    /// Adds the value of a slot of a type, in every form in which texts write it.
    pub(crate) fn add_of(&mut self, kind: Type, value: &Value) {
        match Typed::read(kind, value) {
            Some(typed) => {
                let placeholder = placeholder(kind);
                self.0.extend(written(&typed).into_iter().map(|text| PersonalValue { text, placeholder }));
            }
            None => self.add(value, placeholder(kind)),
        }
    }

    /// Adds a value, or every value inside it.
    pub(crate) fn add(&mut self, value: &Value, placeholder: Phrase) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.0.push(PersonalValue { text: number.to_string(), placeholder }),
            Value::String(text) if text.trim().is_empty() => {}
            Value::String(text) => self.0.push(PersonalValue { text: text.trim().to_owned(), placeholder }),
            Value::Array(items) => items.iter().for_each(|item| self.add(item, placeholder)),
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| self.add(value, field_placeholder(name)));
            }
        }
    }

    /// The text with a placeholder such as `[phone]` for each personal value that it holds as a whole word, whatever
    /// the case of its letters and, in a phone number, whatever the signs between its digits.
    pub fn redact(&self, text: &str, language: Language) -> String {
        self.redact_longer(0, text, language)
    }

    /// The same for a text whose variables hold placeholders already: only values of at least 4 characters are looked
    /// for, because shorter ones are more often the author's own words and numbers.
    pub(crate) fn redact_copies(&self, text: &str, language: Language) -> String {
        self.redact_longer(4, text, language)
    }

    fn redact_longer(&self, least: usize, text: &str, language: Language) -> String {
        let mut text = text.to_owned();
        for value in self.0.iter().filter(|value| value.text.chars().count() >= least) {
            let placeholder = value.placeholder.get(language);
            text = replace_word(&text, &value.text, placeholder);
            if value.text.starts_with('+') {
                text = replace_phone(&text, &value.text, placeholder);
            }
        }
        text
    }

    /// Redacts every text inside a JSON value, and every number that is a personal value.
    pub fn redact_json(&self, value: &mut Value, language: Language) {
        match value {
            Value::String(text) => *text = self.redact(text, language),
            Value::Number(number) => {
                let written = number.to_string();
                if let Some(personal) = self.0.iter().find(|personal| personal.text == written) {
                    *value = Value::String(personal.placeholder.get(language).to_owned());
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item, language)),
            Value::Object(fields) => {
                fields.values_mut().for_each(|value| self.redact_json(value, language));
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Adds a contact as leads hold it: name, phone and e-mail by those keys.
    pub fn add_contact(&mut self, contact: &BTreeMap<String, String>) {
        for (field, value) in contact {
            self.add(&Value::String(value.clone()), field_placeholder(field));
        }
    }

    /// Adds other values.
    pub fn extend(&mut self, other: PersonalValues) {
        self.0.extend(other.0);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A personal value as it is shown: the same lists and fields with placeholders in place of what they hold. What is
/// unset stays unset.
pub(crate) fn masked(value: &Value, placeholder: Phrase, language: Language) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| masked(item, placeholder, language)).collect())
        }
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), masked(value, field_placeholder(name), language)));
            Value::Object(fields.collect())
        }
        _ => Value::String(placeholder.get(language).to_owned()),
    }
}

/// Slots with their personal values masked.
pub(crate) fn masked_slots(
    declarations: &BTreeMap<String, Declaration>,
    slots: &Map<String, Value>,
    language: Language,
) -> Map<String, Value> {
    let shown = slots.iter().map(|(name, value)| {
        let personal = declarations.get(name).filter(|declaration| declaration.personal);
        let value = match personal {
            None => value.clone(),
            Some(slot) if slot.kind.is_typed() && !value.is_null() => {
                Value::String(placeholder(slot.kind).get(language).to_owned())
            }
            Some(slot) => masked(value, placeholder(slot.kind), language),
        };
        (name.clone(), value)
    });
    shown.collect()
}

/// What stands for a value of a type.
pub(crate) const fn placeholder(kind: Type) -> Phrase {
    match kind {
        Type::Phone => phrases::PERSONAL_PHONE,
        Type::Email => phrases::PERSONAL_EMAIL,
        Type::Date | Type::DateTime => phrases::PERSONAL_DATE,
        _ => phrases::PERSONAL,
    }
}

fn field_placeholder(field: &str) -> Phrase {
    match field {
        "name" => phrases::PERSONAL_NAME,
        "phone" => phrases::PERSONAL_PHONE,
        "email" => phrases::PERSONAL_EMAIL,
        _ => phrases::PERSONAL,
    }
}

/// Replaces a value where no letter or digit stands right before or after it.
fn replace_word(text: &str, word: &str, with: &str) -> String {
    let (text_folded, word_folded) = (folded(text), folded(word));
    let length = word_folded.len();
    let inside = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
    if length == 0 || length > text_folded.len() {
        return text.to_owned();
    }
    let original: Vec<char> = text.chars().collect();
    let mut replaced = String::with_capacity(text.len());
    let mut at = 0;
    while at < original.len() {
        let end = at + length;
        // The neighbours first: they are cheaper to look at than the word.
        let found = !inside(at.checked_sub(1).and_then(|before| original.get(before)))
            && !inside(original.get(end))
            && text_folded.get(at..end) == Some(word_folded.as_slice());
        if found {
            replaced.push_str(with);
            at = end;
        } else {
            replaced.extend(original.get(at));
            at += 1;
        }
    }
    replaced
}

/// One lower-case character a character, so that places in both texts are the same.
fn folded(text: &str) -> Vec<char> {
    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
}

/// Replaces runs of digits and the signs between them that end in the same national number as `phone`.
fn replace_phone(text: &str, phone: &str, with: &str) -> String {
    let national = |text: &str| -> Vec<char> {
        let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
        digits.get(digits.len().saturating_sub(NATIONAL_DIGITS)..).unwrap_or_default().to_vec()
    };
    let number = phone.split(';').next().unwrap_or(phone);
    let wanted = national(number);
    if wanted.len() < NATIONAL_DIGITS {
        return text.to_owned();
    }
    let part =
        |c: char| c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '-' | '–' | ' ' | '\u{a0}' | '.');
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit() || c == '+' || c == '(') {
        let (before, from) = rest.split_at(start);
        let signs = from.split(|c| !part(c)).next().unwrap_or_default();
        let run = signs.trim_end_matches(|c: char| !c.is_ascii_digit());
        if run.is_empty() {
            // Signs without a digit: all of them are passed over, so that each is read once.
            replaced.push_str(before);
            replaced.push_str(signs);
            rest = from.get(signs.len()..).unwrap_or_default();
            continue;
        }
        replaced.push_str(before);
        replaced.push_str(if national(run) == wanted { with } else { run });
        rest = from.get(run.len()..).unwrap_or_default();
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn personal_values_are_replaced_as_whole_words() {
        let mut values = PersonalValues::default();
        let contact = json!({ "name": "Ян", "phone": "+79001234567", "email": "ian@example.com" });
        values.add(&contact, phrases::PERSONAL);
        values.add(&json!(35), phrases::PERSONAL);
        let check = |text: &str, expected: &str| assert_eq!(values.redact(text, Language::En), expected);
        check("Ян, +79001234567, IAN@example.com", "[name], [phone], [email]");
        check("звоните 8 (900) 123-45-67, янтарь", "звоните [phone], янтарь");
        check("мне 35, а не 350", "мне [personal], а не 350");
        check("от 5 до 10 (+ доставка)", "от 5 до 10 (+ доставка)");
    }

    #[test]
    fn masked_values_keep_their_shape() {
        let value = json!({ "name": "Ян", "phone": null });
        let shown = masked(&value, phrases::PERSONAL, Language::Ru);
        assert_eq!(shown, json!({ "name": "[имя]", "phone": null }));
    }
}
