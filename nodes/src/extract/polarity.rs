//! Refusal: «не звоните мне», "no need to call", where a message says what is not to be done.

use super::words::{What, tokens};

/// Words after «не» that make it a refusal, beside verbs in the imperative.
const NOT_WANTED: &[&str] = &[
    "надо",
    "нужно",
    "нужен",
    "нужна",
    "нужны",
    "хочу",
    "хотим",
    "буду",
    "будем",
    "стоит",
    "требуется",
    "звони",
    "пиши",
    "беспокой",
    "дергай",
    "интересует",
    "интересно",
];
/// Endings of verbs in the imperative: «звоните», «пишите», «соединяйте».
const IMPERATIVE: &[&str] = &["ите", "йте", "ьте", "йтесь", "итесь"];
/// Verbs after "don't" that make it a refusal.
const DO_NOT: &[&str] = &[
    "call", "phone", "contact", "write", "want", "need", "bother", "message", "ring", "email", "text",
    "connect", "transfer", "send",
];
/// Nouns after "no" that do.
const NO: &[&str] = &["need", "manager", "managers", "calls", "call", "operator", "human", "thanks"];

/// Whether a text refuses something. «Почему не перезвонили?» and «не могу дозвониться» refuse nothing.
pub(crate) fn refuses(text: &str) -> bool {
    let tokens = tokens(text);
    let words: Vec<&str> = tokens
        .iter()
        .filter_map(|token| match &token.what {
            What::Word(word) => Some(word.as_str()),
            _ => None,
        })
        .collect();
    words.windows(2).enumerate().any(|(at, pair)| {
        let [first, second] = pair else { return false };
        let third = words.get(at + 2).copied().unwrap_or_default();
        match *first {
            "не" => NOT_WANTED.contains(second) || IMPERATIVE.iter().any(|ending| second.ends_with(ending)),
            "без" => matches!(*second, "менеджера" | "менеджеров" | "звонков" | "оператора"),
            "don" | "dont" => DO_NOT.contains(second) || *second == "t" && DO_NOT.contains(&third),
            "do" | "please" if *second == "not" => DO_NOT.contains(&third),
            "no" => NO.contains(second),
            "stop" => second.ends_with("ing"),
            "not" => matches!(*second, "interested" | "needed"),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_a_complaint() {
        for text in [
            "не звоните мне",
            "не надо менеджера",
            "don't call me",
            "please do not call",
            "no need to call",
            "не соединяйте с оператором",
        ] {
            assert!(refuses(text), "{text}");
        }
        for text in [
            "почему не перезвонили?",
            "не могу дозвониться, перезвоните",
            "позовите менеджера",
            "call me back",
            "я не робот",
        ] {
            assert!(!refuses(text), "{text}");
        }
    }
}
