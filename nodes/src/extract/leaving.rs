//! Answers that leave a question, or the chat.

use tolmach_engine::wording::normalized;

/// Whether the client leaves a question open: «не срочно», «без разницы», "no rush", "whenever".
pub(crate) fn is_open(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "не срочно",
        "несрочно",
        "не горит",
        "не к спеху",
        "не спешу",
        "не тороплюсь",
        "без разницы",
        "все равно",
        "неважно",
        "не важно",
        "не знаю",
        "пока не знаю",
        "когда угодно",
        "когда получится",
        "как получится",
        "любой день",
        "любое",
        "любой",
        "любая",
        "no rush",
        "no hurry",
        "not urgent",
        "whenever",
        "any day",
        "any time",
        "anytime",
        "any",
        "doesn t matter",
        "does not matter",
        "i don t mind",
        "don t know",
        "not sure",
        "i don t know",
    ];
    const AROUND: &[&str] = &[
        "да",
        "ну",
        "а",
        "нет",
        "мне",
        "это",
        "спасибо",
        "пока",
        "так",
        "at",
        "all",
        "really",
        "there",
        "s",
        "is",
        "it",
        "oh",
        "well",
        "thanks",
    ];
    /// The most words of such an answer.
    const MOST: usize = 10;
    let words = normalized(text);
    if words.split(' ').nth(MOST).is_some() {
        return false;
    }
    WORDS.iter().any(|open| {
        words.match_indices(open).any(|(at, _)| {
            let (before, after) =
                (words.get(..at).unwrap_or_default(), words.get(at + open.len()..).unwrap_or_default());
            let around = |text: &str| text.split_whitespace().all(|word| AROUND.contains(&word));
            (before.is_empty() || before.ends_with(' '))
                && (after.is_empty() || after.starts_with(' '))
                && around(before)
                && around(after)
        })
    })
}

/// Whether the client has nothing to say to a question for words: «нет», «не надо», «ничего», "no", "nothing".
pub(crate) fn is_nothing(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "нет",
        "неа",
        "нету",
        "не надо",
        "не нужно",
        "ненадо",
        "ничего",
        "ничего не надо",
        "ничего не нужно",
        "никаких",
        "никакие",
        "пожеланий нет",
        "нет пожеланий",
        "без пожеланий",
        "особых нет",
        "нечего",
        "вроде нет",
        "пока нет",
        "no",
        "nope",
        "nah",
        "none",
        "nothing",
        "no need",
        "not needed",
        "nothing else",
        "nothing special",
        "no wishes",
        "n a",
    ];
    let words = normalized(text);
    let mut said = words.as_str();
    for polite in [" спасибо", " thanks", " thank you", " пожалуйста"] {
        said = said.strip_suffix(polite).unwrap_or(said);
    }
    let rest = ["нет ", "no ", "да ", "ну "].iter().find_map(|start| said.strip_prefix(start));
    WORDS.contains(&said) || rest.is_some_and(|rest| WORDS.contains(&rest)) || text.trim() == "-"
}

/// Whether the client says goodbye, and nothing else.
pub(crate) fn is_goodbye(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "пока",
        "всем пока",
        "ну все пока",
        "все пока",
        "до свидания",
        "всего доброго",
        "всего хорошего",
        "до встречи",
        "спасибо до свидания",
        "спасибо пока",
        "bye",
        "bye bye",
        "goodbye",
        "cya",
        "ok cya",
        "see you",
        "see ya",
        "thanks bye",
        "ok bye",
    ];
    WORDS.contains(&normalized(text).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_from_something() {
        for text in
            ["нет", "Нет, спасибо", "не надо", "нет, не надо", "ничего", "no", "No, thanks", "nothing", "-"]
        {
            assert!(is_nothing(text), "{text}");
        }
        for text in ["нет лактозы", "не будите до 10", "no dairy please", "да", ""] {
            assert!(!is_nothing(text), "{text}");
        }
    }
}
