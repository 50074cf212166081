//! Contacts in texts, for what lies outside the dialog: looking a client up, and what models may see.

use tolmach_engine::language::Language;

use crate::extract;

/// A contact as leads hold it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contact {
    /// A phone number in E.164 form, `+79991234567`, without an extension.
    Phone(String),
    /// An e-mail address in lower case.
    Email(String),
}

impl Contact {
    /// Reads a text that is nothing but a contact, in any usual writing.
    pub fn parse(text: &str) -> Option<Contact> {
        let text = text.trim();
        let whole = |range: &std::ops::Range<usize>| range.start == 0 && range.end == text.len();
        if let Some((address, _)) = extract::email(text).filter(|(_, range)| whole(range)) {
            return Some(email(&address));
        }
        extract::phone(text).filter(|(_, range)| whole(range)).map(|(number, _)| phone(&number))
    }

    /// Every contact of a text, in the order of their places by kind: addresses, then phone numbers.
    pub fn all(text: &str) -> Vec<Contact> {
        let (emails, phones) = extract::every_contact(text);
        let emails = emails.iter().map(|address| email(address));
        emails.chain(phones.iter().map(|number| phone(number))).collect()
    }
}

/// Whether a text holds a phone number or an e-mail address.
pub fn holds_contact(text: &str) -> bool {
    extract::phone(text).is_some() || extract::email(text).is_some()
}

/// A text in which placeholders such as `[phone]` stand for phone numbers, e-mail addresses, card numbers and names in
/// messengers: for a language model on another machine.
pub fn masked(text: &str, language: Language) -> String {
    extract::mask(text, language)
}

fn phone(number: &str) -> Contact {
    Contact::Phone(number.split(';').next().unwrap_or(number).to_owned())
}

fn email(address: &str) -> Contact {
    Contact::Email(address.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_read_in_any_writing() {
        let phone = Some(Contact::Phone("+79991234567".to_owned()));
        for text in ["+79991234567", "8 (999) 123-45-67", "89991234567", "9991234567", " 7 999 123 45 67 "] {
            assert_eq!(Contact::parse(text), phone, "{text}");
        }
        let email = Some(Contact::Email("anna@example.com".to_owned()));
        assert_eq!(Contact::parse("Anna@Example.com"), email);
        for text in ["", "web:12", "12345", "Анна 8 999 123-45-67", "anna@example.com, 8 999 123-45-67"] {
            assert_eq!(Contact::parse(text), None, "{text}");
        }
    }

    #[test]
    fn all_contacts_are_found() {
        let found = Contact::all("8 999 123-45-67 или +7 916 000-11-22 доб. 5, a@b.ru и C@D.com");
        let expected = [
            Contact::Email("a@b.ru".to_owned()),
            Contact::Email("c@d.com".to_owned()),
            Contact::Phone("+79991234567".to_owned()),
            Contact::Phone("+79160001122".to_owned()),
        ];
        assert_eq!(found, expected);
    }
}
