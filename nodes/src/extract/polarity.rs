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
    "connect", "transfer", "send", "ask", "worry", "place", "show", "bother", "order", "book",
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
            "no" => {
                NO.contains(second) || matches!(*second, "phone" | "more" | "further") && NO.contains(&third)
            }
            "rather" => *second == "not",
            "without" => matches!(*second, "calls" | "calling" | "managers"),
            "незачем" => true,
            _ if *second == "незачем" => true,
            "stop" => second.ends_with("ing"),
            "not" => matches!(
                *second,
                "interested" | "needed" | "leave" | "leaving" | "ordering" | "buying" | "giving" | "sharing"
            ),
            _ => false,
        }
    })
}

/// The most words that «не нужен» takes away.
const MOST_UNWANTED: usize = 4;

/// A request without what it says is not wanted: «не нужен перфоратор, нужна дрель» is «нужна дрель»; `None` when nothing is
/// taken away, or nothing would be left.
pub(crate) fn wanted(text: &str) -> Option<String> {
    /// What may stand between «не» and the thing.
    const LEADS: &[&str] =
        &["нужен", "нужна", "нужно", "нужны", "надо", "хочу", "ищу", "а", "want", "need", "a", "an", "the"];
    if let Some(rest) = without_dismissed(text) {
        return Some(rest);
    }
    let tokens = tokens(text);
    let word = |at: usize| match tokens.get(at).map(|token| &token.what) {
        Some(What::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    for at in 0..tokens.len() {
        let begins = match word(at) {
            Some("не") => true,
            Some("not" | "dont") => true,
            Some("don") => matches!(word(at + 2), Some("t")),
            _ => false,
        };
        if !begins {
            continue;
        }
        let mut end = at + 1 + if word(at) == Some("don") { 2 } else { 0 };
        let mut led = false;
        while word(end).is_some_and(|word| LEADS.contains(&word)) {
            led = true;
            end += 1;
        }
        let first = end;
        while end < first + MOST_UNWANTED && word(end).is_some() {
            end += 1;
        }
        // The thing ends at a comma, after which something else is wanted.
        let comma = tokens.get(end).is_some_and(|token| matches!(token.what, What::Mark(',' | ';' | '.')));
        let instead = word(end + 1).is_some_and(|word| led || matches!(word, "а" | "но" | "but"));
        if end == first || !comma || !instead {
            continue;
        }
        let (from, to) = (tokens.get(at)?.range.start, tokens.get(end)?.range.end);
        let rest = format!("{} {}", text.get(..from)?.trim_end(), text.get(to..)?.trim_start());
        return Some(rest.trim().to_owned());
    }
    None
}

/// A text without the clauses that dismiss something: «прожектор не надо. фонарь покажи», "forget generators, I need …".
fn without_dismissed(text: &str) -> Option<String> {
    const ENDS: &[&str] =
        &["не надо", "не нужен", "не нужна", "не нужно", "не нужны", "не хочу", "not needed"];
    const BEGINS: &[&str] = &["forget", "never mind", "забудь", "забудьте"];
    /// Words that ask for nothing.
    const COURTESY: &[&str] =
        &["спасибо", "пожалуйста", "ладно", "хорошо", "thanks", "thank", "please", "okay"];
    // «1.5 кВт» is one clause.
    let mut clauses: Vec<&str> = Vec::new();
    let (mut from, mut marked) = (0, false);
    for (at, c) in text.char_indices() {
        if marked && c.is_whitespace() {
            clauses.push(text.get(from..at).unwrap_or_default());
            from = at;
        }
        marked = matches!(c, ',' | '.' | ';' | '!');
    }
    clauses.push(text.get(from..).unwrap_or_default());
    let dismisses = |clause: &&str| {
        let words = clause.trim_matches([',', '.', ';', '!', ' ']).to_lowercase();
        let ends = ENDS.iter().any(|end| words.strip_suffix(end).is_some_and(|thing| thing.ends_with(' ')));
        let begins =
            BEGINS.iter().any(|start| words.strip_prefix(start).is_some_and(|thing| thing.starts_with(' ')));
        ends || begins
    };
    let kept: String = clauses.iter().copied().filter(|clause| !dismisses(clause)).collect();
    let says = kept
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word.chars().count() > 3 && !COURTESY.contains(&word.to_lowercase().as_str()));
    (says && kept.len() < text.len()).then(|| kept.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wanted_is_taken_away() {
        let wanted = |text| wanted(text);
        assert_eq!(wanted("не нужен перфоратор, нужна дрель").as_deref(), Some("нужна дрель"));
        assert_eq!(wanted("мне не перфоратор, а дрель до 5000").as_deref(), Some("мне а дрель до 5000"));
        assert_eq!(wanted("I don't need a pump, I need a drill").as_deref(), Some("I I need a drill"));
        assert_eq!(wanted("нужна дрель, не дороже 5000"), None);
        assert_eq!(wanted("не нужен перфоратор"), None);
        assert_eq!(
            wanted("ладно, прожектор не надо. фонарь покажи").as_deref(),
            Some("ладно, фонарь покажи")
        );
        assert_eq!(wanted("forget generators, I need a head torch").as_deref(), Some("I need a head torch"));
        assert_eq!(wanted("перфоратор не надо"), None);
        assert_eq!(wanted("дрель не нужна, спасибо"), None);
        assert_eq!(wanted("генератор 1.5 кВт не надо, нужен 2.5").as_deref(), Some("нужен 2.5"));
    }

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
