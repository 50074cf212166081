//! Words that mean nothing by themselves, and words of courtesy.
//!
//! A classifier places every text near some label. These are the texts that it must not place: «да» answers a question, and
//! where none was asked it is no request. A word belongs here only if it is no wish in any business.

use super::normalized;

/// Answers, acknowledgements and hesitations.
const FILLERS: &[&str] = &[
    "а",
    "ага",
    "аг",
    "агась",
    "ах",
    "во",
    "вот",
    "все",
    "гм",
    "да",
    "давай",
    "давайте",
    "и",
    "именно",
    "кхм",
    "кхе",
    "ладно",
    "лан",
    "ладненько",
    "м",
    "мда",
    "мм",
    "ммм",
    "мммм",
    "не",
    "неа",
    "нет",
    "нда",
    "но",
    "ну",
    "нуу",
    "нууу",
    "о",
    "ого",
    "ой",
    "ок",
    "оке",
    "окей",
    "оки",
    "окэй",
    "ооо",
    "ох",
    "понял",
    "поняла",
    "понятно",
    "понятненько",
    "принято",
    "принял",
    "приняла",
    "скажем",
    "так",
    "тогда",
    "точно",
    "угу",
    "ух",
    "уф",
    "уу",
    "хм",
    "хмм",
    "хммм",
    "хорошо",
    "хотя",
    "ща",
    "э",
    "эм",
    "эмм",
    "ээ",
    "эээ",
    "эх",
    "ясно",
    "ясненько",
    "конечно",
    "разумеется",
    "верно",
    "отлично",
    "супер",
    "класс",
    "круто",
    "замечательно",
    "прекрасно",
    "договорились",
    "это",
    "же",
    "бы",
    "ah",
    "aha",
    "alright",
    "all",
    "right",
    "and",
    "but",
    "cool",
    "eh",
    "er",
    "erm",
    "fine",
    "good",
    "got",
    "it",
    "great",
    "hm",
    "hmm",
    "hmmm",
    "huh",
    "indeed",
    "k",
    "kk",
    "mhm",
    "mm",
    "mmm",
    "nah",
    "no",
    "nope",
    "nice",
    "oh",
    "ok",
    "okay",
    "okey",
    "oki",
    "ooh",
    "so",
    "sure",
    "uh",
    "uhm",
    "um",
    "understood",
    "well",
    "wow",
    "ya",
    "yea",
    "yeah",
    "yep",
    "yes",
    "yup",
    "i",
    "see",
    "then",
    "just",
    "very",
];

/// Greetings, thanks and what goes with them.
const COURTESY: &[&str] = &[
    "алло",
    "благодарю",
    "благодарим",
    "большое",
    "вам",
    "вас",
    "вечер",
    "вечера",
    "всем",
    "день",
    "добрый",
    "доброе",
    "доброго",
    "дня",
    "доброй",
    "здравствуйте",
    "здравствуй",
    "здрасте",
    "здрасьте",
    "извините",
    "огромное",
    "пожалуйста",
    "привет",
    "приветствую",
    "приветик",
    "простите",
    "спасибо",
    "спасибки",
    "спс",
    "суток",
    "утра",
    "утро",
    "хай",
    "ночи",
    "времени",
    "afternoon",
    "day",
    "evening",
    "excuse",
    "hello",
    "hey",
    "hi",
    "hiya",
    "lot",
    "many",
    "me",
    "morning",
    "much",
    "please",
    "sorry",
    "thank",
    "thanks",
    "thx",
    "there",
    "you",
    "a",
    "so",
];

/// Words of courtesy that say nothing without one of the others.
const BESIDE_COURTESY: &[&str] = &[
    "вам",
    "вас",
    "вечер",
    "вечера",
    "всем",
    "день",
    "дня",
    "большое",
    "огромное",
    "суток",
    "утра",
    "утро",
    "ночи",
    "времени",
    "afternoon",
    "day",
    "evening",
    "lot",
    "many",
    "me",
    "morning",
    "much",
    "there",
    "you",
    "a",
    "so",
];

/// The most words that are looked at: a longer text says something.
const MOST_WORDS: usize = 8;

/// Whether every word of a text is an answer, an acknowledgement or a hesitation, or it has no words: «ну да», "ok", «хм», «…».
pub fn says_nothing(text: &str) -> bool {
    let words = normalized(text);
    let mut words = words.split(' ').filter(|word| !word.is_empty());
    words.by_ref().take(MOST_WORDS).all(|word| FILLERS.contains(&word)) && words.next().is_none()
}

/// Whether a text is a greeting, thanks or an apology and nothing else: it goes with any request.
pub fn is_courtesy(text: &str) -> bool {
    let words = normalized(text);
    let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).take(MOST_WORDS + 1).collect();
    words.len() <= MOST_WORDS
        && words.iter().all(|word| COURTESY.contains(word) || FILLERS.contains(word))
        && words.iter().any(|word| COURTESY.contains(word) && !BESIDE_COURTESY.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_fillers_says_nothing() {
        for text in [
            "да",
            "ок",
            "ага",
            "угу",
            "ну",
            "ладно",
            "хорошо",
            "кхм",
            "yes",
            "OK!",
            "hm",
            "Ну да…",
            "ммм",
            "нет",
            "понятно",
            "...",
            "I see",
            "ок, хорошо",
            "",
        ] {
            assert!(says_nothing(text), "{text}");
        }
        for text in [
            "пока",
            "спасибо",
            "привет",
            "дрель",
            "да, дрель",
            "ок сколько стоит",
            "5",
            "до свидания",
            "ещё",
            "help",
        ] {
            assert!(!says_nothing(text), "{text}");
        }
        assert!(!says_nothing(&"да ".repeat(MOST_WORDS + 1)));
    }

    #[test]
    fn courtesy_goes_with_any_request() {
        for text in [
            "спасибо",
            "Добрый день!",
            "большое спасибо",
            "ок, спасибо",
            "hello",
            "thank you very much",
            "good morning, hi",
        ] {
            assert!(is_courtesy(text), "{text}");
        }
        for text in ["до свидания", "спасибо, не надо звонить", "дрель", "день", "ок", "you", ""]
        {
            assert!(!is_courtesy(text), "{text}");
        }
    }
}
