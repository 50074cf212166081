//! What kind of speech a text is: a question, a request, a refusal, a correction. Words decide, without a model.

use tolmach_engine::wording::normalized;

/// The most words that are looked at: what a text begins with decides, and a long text is no answer.
const MOST_WORDS: usize = 400;

/// Words before the one that shows a question: «а», «скажите», "please".
const OPENERS: &[&str] = &[
    "а",
    "и",
    "но",
    "ну",
    "так",
    "да",
    "нет",
    "не",
    "скажите",
    "подскажите",
    "скажи",
    "подскажи",
    "пожалуйста",
    "извините",
    "простите",
    "здравствуйте",
    "привет",
    "добрый",
    "день",
    "вечер",
    "погодите",
    "подождите",
    "стоп",
    "кстати",
    "вообще",
    "and",
    "but",
    "so",
    "ok",
    "okay",
    "please",
    "well",
    "sorry",
    "excuse",
    "me",
    "wait",
    "hello",
    "hi",
    "tell",
    "no",
];

/// Words that a question begins with.
const QUESTION_WORDS: &[&str] = &[
    "кто",
    "что",
    "чего",
    "чем",
    "кому",
    "зачем",
    "почему",
    "отчего",
    "сколько",
    "где",
    "куда",
    "откуда",
    "когда",
    "как",
    "какой",
    "какая",
    "какое",
    "какие",
    "какую",
    "каких",
    "каков",
    "какова",
    "чей",
    "чья",
    "разве",
    "неужели",
    "насколько",
    "who",
    "what",
    "why",
    "where",
    "when",
    "how",
    "which",
    "whose",
    "does",
    "is",
    "are",
    "can",
    "could",
    "will",
    "would",
    "do",
    "did",
    "should",
    "may",
];

/// Words after which a question word asks nothing: «что-нибудь», «как обычно», «когда угодно».
const NO_QUESTION: &[&str] = &[
    "то",
    "нибудь",
    "либо",
    "угодно",
    "обычно",
    "можно",
    "только",
    "раз",
    "раньше",
    "вчера",
    "всегда",
    "хотите",
    "скажете",
    "ever",
];

/// Words of a demand: what a client wants done, rather than what was asked for.
const DEMANDS: &[&str] = &[
    "хочу",
    "хотим",
    "хочется",
    "хотел",
    "хотела",
    "хотели",
    "хотелось",
    "нужен",
    "нужна",
    "нужно",
    "нужны",
    "надо",
    "дай",
    "дайте",
    "покажи",
    "покажите",
    "найди",
    "найдите",
    "подбери",
    "подберите",
    "посоветуй",
    "посоветуйте",
    "позови",
    "позовите",
    "позвать",
    "соедини",
    "соедините",
    "свяжите",
    "свяжитесь",
    "переключи",
    "переключите",
    "перезвони",
    "перезвоните",
    "позвони",
    "позвоните",
    "скажи",
    "скажите",
    "подскажи",
    "подскажите",
    "расскажи",
    "расскажите",
    "объясни",
    "объясните",
    "пришли",
    "пришлите",
    "скинь",
    "скиньте",
    "помоги",
    "помогите",
    "ищу",
    "ищем",
    "передумал",
    "передумала",
    "передумали",
    "вместо",
    "посмотреть",
    "поговорить",
    "узнать",
    "интересует",
    "интересуют",
    "менеджера",
    "менеджер",
    "оператора",
    "оператор",
    "человека",
    "отстаньте",
    "верните",
    "вернуть",
    "сломался",
    "сломалась",
    "есть",
    "want",
    "need",
    "show",
    "give",
    "find",
    "call",
    "tell",
    "help",
    "looking",
    "search",
    "instead",
    "rather",
    "recommend",
    "manager",
    "human",
    "operator",
    "person",
    "talk",
    "speak",
    "have",
    "got",
    "like",
];

/// Whether a text asks something: it begins with a question word, or has a question mark and is more than a word. A
/// single word with a mark («Казань?») is an answer of somebody who is not sure.
pub(crate) fn is_question(text: &str) -> bool {
    let asks = |sentence: &str| {
        let words = normalized(sentence);
        let mut words =
            words.split(' ').take(MOST_WORDS).skip_while(|word| OPENERS.contains(word)).peekable();
        let Some(first) = words.next() else { return false };
        let second = words.peek().copied().unwrap_or_default();
        let asked = sentence.ends_with('?') || !second.is_empty() && !NO_QUESTION.contains(&second);
        QUESTION_WORDS.contains(&first) && asked || words.any(|word| word == "ли")
    };
    let mut marks = text.split_inclusive(['?', '.', '!', '\n', ',', ';']).take(MOST_WORDS);
    marks.any(|sentence| {
        let several = normalized(sentence).split(' ').count() > 1;
        sentence.ends_with('?') && several || asks(sentence)
    })
}

/// Whether a text asks or demands something, so that it may be no answer to a question that takes any words.
pub(crate) fn is_request(text: &str) -> bool {
    is_question(text) || normalized(text).split(' ').take(MOST_WORDS).any(|word| DEMANDS.contains(&word))
}

/// Yes or no, with what the answer says beside it: «да, только после шести» agrees, and «только после шести» must not be lost.
pub(crate) fn agreement(text: &str) -> Option<(bool, Option<String>)> {
    /// Words with which a condition begins.
    const CONDITIONS: &[&str] = &[
        "только",
        "но",
        "если",
        "после",
        "до",
        "когда",
        "лучше",
        "через",
        "с",
        "в",
        "на",
        "only",
        "but",
        "if",
        "after",
        "before",
        "when",
        "unless",
        "just",
    ];
    const POLITE: &[&str] =
        &["спасибо", "пожалуйста", "большое", "please", "thanks", "thank", "you", "very", "much"];
    let whole = super::yes_or_no(text);
    let (answer, rest) = match text.split_once([',', '.', '!', ';', '\n', '—', '–']) {
        Some((first, rest)) if whole.is_some() && super::yes_or_no(first).is_some() => (whole?, rest),
        // «Да только после шести»
        _ if whole.is_none() && !text.contains('?') => {
            let (first, rest) = text.trim().split_once(' ')?;
            let begins = normalized(rest);
            let begins = begins.split(' ').next().unwrap_or_default();
            (super::yes_or_no(first).filter(|_| CONDITIONS.contains(&begins))?, rest)
        }
        _ => (whole?, ""),
    };
    let words = normalized(rest);
    let says_more = !words.is_empty()
        && super::yes_or_no(rest).is_none()
        && !words.split(' ').all(|word| POLITE.contains(&word));
    Some((answer, says_more.then(|| rest.trim().to_owned())))
}

/// What a client says is wrong with what they gave: «телефон не тот», "wrong number".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disowned {
    Name,
    Phone,
    Email,
}

/// The field of a contact that the client says is wrong.
pub(crate) fn disowned(text: &str) -> Option<Disowned> {
    const NAMES: &[&str] = &["имя", "имени", "name", "зовут"];
    const PHONES: &[&str] = &[
        "телефон",
        "телефона",
        "телефоне",
        "номер",
        "номера",
        "номере",
        "phone",
        "number",
        "цифра",
        "цифрой",
        "цифре",
    ];
    const EMAILS: &[&str] =
        &["почта", "почту", "почте", "почты", "адрес", "емейл", "имейл", "мейл", "email", "mail", "e-mail"];
    const WRONG: &[&str] = &[
        "неверный",
        "неверная",
        "неверно",
        "неверное",
        "неправильный",
        "неправильная",
        "неправильно",
        "неправильное",
        "ошибка",
        "ошибкой",
        "ошибся",
        "ошиблась",
        "ошибочный",
        "опечатка",
        "опечатался",
        "опечаталась",
        "перепутал",
        "перепутала",
        "другой",
        "другая",
        "другое",
        "старый",
        "старая",
        "wrong",
        "incorrect",
        "mistake",
        "mistyped",
        "typo",
        "different",
        "another",
        "changed",
        "исправьте",
        "поправьте",
        "исправить",
        "поменять",
        "поменяйте",
        "изменить",
    ];
    const NOT_IT: &[&str] =
        &["тот", "та", "то", "такой", "такая", "такое", "мой", "моя", "right", "correct", "верный", "верная"];
    let words = normalized(text);
    let words: Vec<&str> = words.split(' ').take(MOST_WORDS).collect();
    let wrong = words.iter().any(|word| WRONG.contains(word))
        || words.windows(2).any(
            |pair| matches!(pair, [not, it] if matches!(*not, "не" | "not" | "isn") && NOT_IT.contains(it)),
        );
    // A question about another number is no correction: «а другой телефон у вас есть?»
    if !wrong || words.len() > 12 || is_question(text) {
        return None;
    }
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    match (has(PHONES), has(EMAILS), has(NAMES)) {
        (true, false, false) => Some(Disowned::Phone),
        (false, true, false) => Some(Disowned::Email),
        (false, false, true) => Some(Disowned::Name),
        _ => None,
    }
}

/// Whether the client will not give what a form asks for: «не буду оставлять», «не надо мне звонить», "no thanks".
pub(crate) fn refuses_form(text: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "не оформляйте",
        "не оформляем",
        "не заказывайте",
        "не заказываю",
        "не надо оформлять",
        "dont place",
        "don t place",
        "dont order",
        "don t order",
        "not ordering",
        "not giving",
        "незачем",
        "не надо",
        "не нужно",
        "ненадо",
        "ненужно",
        "не хочу",
        "не буду",
        "не будем",
        "не хотим",
        "не скажу",
        "не дам",
        "не дадим",
        "не оставлю",
        "не звоните",
        "не звони",
        "не перезванивайте",
        "не пишите",
        "не стоит",
        "не требуется",
        "не собираюсь",
        "давать не буду",
        "давать не хочу",
        "оставлять не буду",
        "оставлять не хочу",
        "оставлять не стану",
        "говорить не буду",
        "называть не буду",
        "не готов",
        "не готова",
        "не стану",
        "не сейчас",
        "обойдусь",
        "обойдемся",
        "воздержусь",
        "откажусь",
        "отказываюсь",
        "без телефона",
        "без номера",
        "без контактов",
        "без имени",
        "секрет",
        "неважно",
        "не важно",
        "потом",
        "в другой раз",
        "no thanks",
        "no thank you",
        "no need",
        "not now",
        "not interested",
        "i don t want",
        "i do not want",
        "i dont want",
        "i won t",
        "i will not",
        "i d rather not",
        "rather not",
        "don t call",
        "do not call",
        "dont call",
        "i refuse",
        "maybe later",
        "not giving",
        "i am not giving",
        "i m not giving",
        "leave me alone",
        "отстаньте",
        "отвали",
        "отвалите",
        "прекратите",
    ];
    const OPENERS: &[&str] = &[
        "стоп",
        "пока",
        "погодите",
        "подождите",
        "hang",
        "hold",
        "on",
        "wait",
        "please",
        "i",
        "im",
        "m",
        "am",
        "actually",
        "nah",
        "нет",
        "не",
        "да",
        "ой",
        "ну",
        "а",
        "я",
        "вам",
        "мне",
        "спасибо",
        "пожалуй",
        "лучше",
        "знаете",
        "извините",
        "но",
        "свой",
        "номер",
        "телефона",
        "номера",
        "телефон",
        "контакты",
        "контакт",
        "только",
        "вот",
        "no",
        "sorry",
        "well",
        "thanks",
        "ok",
    ];
    if is_question(text) {
        return false;
    }
    let words = normalized(text);
    let mut rest = words.as_str();
    // At most so many openers: «нет, спасибо, я не буду оставлять телефон».
    for _ in 0..6 {
        if BEGINNINGS.iter().any(|start| starts_with_words(rest, start)) {
            return true;
        }
        let (first, others) = rest.split_once(' ').unwrap_or((rest, ""));
        if !OPENERS.contains(&first) {
            return false;
        }
        rest = others;
    }
    false
}

fn starts_with_words(text: &str, start: &str) -> bool {
    text.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}
