//! How a client wants to be called or written to.

use super::{names::is_only_a_name, words::folded};

/// How to call or write, said beside a contact: «только звоните после шести», "text me, dont call".
pub(crate) fn manner(text: &str) -> Option<String> {
    let said = parts(text).filter(|part| is_manner(part)).collect::<Vec<_>>().join(", ");
    (!said.is_empty()).then_some(said)
}

/// Whether a text, from which contacts were taken, says nothing but a name, of contacts, and how to use them.
pub(crate) fn is_of_contacts(text: &str) -> bool {
    is_only_a_name(text) || parts(text).all(|part| is_manner(part) || is_only_a_name(part))
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '.', ';', '\n', '!']).map(str::trim).filter(|part| !part.is_empty())
}

/// Whether a part of a message says how to call or write, and does not only ask to be called.
fn is_manner(part: &str) -> bool {
    const VERBS: &[&str] = &["звон", "пиши", "писа", "напиш", "набер", "call", "text", "write", "ring"];
    const HOW: &[&str] = &[
        "после",
        "до",
        "утром",
        "вечером",
        "днем",
        "обеда",
        "только",
        "лучше",
        "не",
        "after",
        "before",
        "evening",
        "morning",
        "only",
        "dont",
        "don",
        "text",
        "instead",
        "whatsapp",
        "ватсап",
        "вотсап",
        "telegram",
        "телеграм",
        "вайбер",
        "viber",
    ];
    let words: Vec<String> = part.split(|c: char| !c.is_alphanumeric()).map(folded).collect();
    let verb = words.iter().any(|word| VERBS.iter().any(|verb| word.starts_with(verb)));
    let how = words.iter().any(|word| HOW.contains(&word.as_str()));
    verb && how && !part.ends_with('?') && words.len() <= 12
}
