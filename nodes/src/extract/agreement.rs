//! Agreement: yes, no, and cancelling a question.

use std::{collections::HashMap, sync::LazyLock};

use tolmach_engine::wording::normalized;

/// Whether the client wants out of a question, whatever it asks.
pub(crate) fn is_cancel(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "отмена",
        "отменить",
        "отмени",
        "отмените",
        "отменяй",
        "назад",
        "стоп",
        "cancel",
        "cancel it",
        "cancel that",
        "stop",
        "back",
        "go back",
        "never mind",
        "nevermind",
        "забудь",
        "забудьте",
        "передумал",
        "передумала",
        "я передумал",
        "я передумала",
        "i changed my mind",
        "changed my mind",
        "forget it",
        "skip",
        "пропустить",
    ];
    let words = normalized(text);
    let polite = words.trim_start_matches("нет ").trim_end_matches(" пожалуйста").trim_end_matches(" please");
    // "nah, actually leave it"
    let left = words.strip_suffix("leave it").is_some_and(|before| {
        before
            .split_whitespace()
            .all(|word| matches!(word, "nah" | "no" | "actually" | "just" | "please" | "ok" | "so"))
    });
    left || WORDS.contains(&words.as_str()) || WORDS.contains(&polite)
}

/// Whether the client refuses what was asked: leaving, for a question that is not one of yes or no.
pub(crate) fn is_refusal(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "не надо",
        "не нужно",
        "ненадо",
        "ненужно",
        "не хочу",
        "не буду",
        "не скажу",
        "no need",
        "i don t want to",
    ];
    let words = normalized(text);
    let mut said = words.as_str();
    for polite in [" спасибо", " пожалуйста", " thanks", " thank you"] {
        said = said.strip_suffix(polite).unwrap_or(said);
    }
    let begun = ["нет ", "не ", "да ", "no "].iter().find_map(|start| said.strip_prefix(start));
    WORDS.contains(&said) || begun.is_some_and(|rest| WORDS.contains(&rest))
}

/// The meaning of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Yes,
    No,
    /// «конечно»: yes alone, and agrees with a no beside it.
    Stress,
    /// «пожалуйста», «мне»: nothing by itself.
    Nothing,
}

const PHRASES: &[(Said, &[&str])] = &[
    (
        Said::Yes,
        &[
            "да",
            "ага",
            "угу",
            "ок",
            "окей",
            "оке",
            "окэй",
            "оки",
            "хорошо",
            "верно",
            "правильно",
            "именно",
            "согласен",
            "согласна",
            "согласны",
            "давай",
            "давайте",
            "ладно",
            "подходит",
            "подойдет",
            "устраивает",
            "годится",
            "можно",
            "обязательно",
            "хочу",
            "хотим",
            "хотелось бы",
            "буду",
            "будем",
            "нужно",
            "надо",
            "нужна",
            "нужен",
            "нужны",
            "не против",
            "я не против",
            "не возражаю",
            "без проблем",
            "нет проблем",
            "почему нет",
            "почему бы нет",
            "почему бы и нет",
            "так точно",
            "все верно",
            "все правильно",
            "все так",
            "так и есть",
            "было бы неплохо",
            "не откажусь",
            "валяй",
            "го",
            "пойдет",
            "идет",
            "договорились",
            "подтверждаю",
            "пожалуй",
            "пожалуй да",
            "наверное да",
            "скорее да",
            "lf",
            "д",
            "плюс",
            "yes",
            "yep",
            "yup",
            "yeah",
            "yea",
            "ya",
            "yah",
            "yess",
            "y",
            "sure",
            "sure thing",
            "ok",
            "okay",
            "okey",
            "k",
            "kk",
            "correct",
            "right",
            "that is right",
            "that s right",
            "agreed",
            "i agree",
            "fine",
            "alright",
            "all right",
            "go ahead",
            "please do",
            "do it",
            "why not",
            "no problem",
            "no problems",
            "not a problem",
            "i do",
            "we do",
            "i would",
            "i d like that",
            "i d love to",
            "sounds good",
            "indeed",
            "affirmative",
            "true",
            "i am",
            "we are",
            "i think so",
            "i don t mind",
            "i dont mind",
            "don t mind",
            "not against",
            "it is",
            "by all means",
            "you bet",
            "uh huh",
            "aye",
            "i want",
            "i need",
            "we need",
            "i guess so",
        ],
    ),
    (
        Said::No,
        &[
            "нет",
            "неа",
            "не",
            "ни",
            "нее",
            "не а",
            "нит",
            "нет нет",
            "не надо",
            "не нужно",
            "не нужна",
            "не нужен",
            "не нужны",
            "ненадо",
            "ненужно",
            "не хочу",
            "не хотим",
            "не буду",
            "не будем",
            "не стоит",
            "не согласен",
            "не согласна",
            "не согласны",
            "не подходит",
            "не подойдет",
            "не устраивает",
            "не верно",
            "неверно",
            "не правильно",
            "неправильно",
            "не так",
            "не сейчас",
            "пока нет",
            "пока не надо",
            "пока не нужно",
            "ни в коем случае",
            "никак нет",
            "ни за что",
            "отказываюсь",
            "откажусь",
            "против",
            "я против",
            "нельзя",
            "никогда",
            "вряд ли",
            "не особо",
            "не требуется",
            "не совсем",
            "не очень",
            "без надобности",
            "обойдусь",
            "обойдемся",
            "наверное нет",
            "скорее нет",
            "пожалуй нет",
            "не интересует",
            "не интересно",
            "ytn",
            "н",
            "минус",
            "да нет",
            "да ну нет",
            "да не",
            "да не надо",
            "да не нужно",
            "no",
            "nope",
            "nah",
            "naw",
            "na",
            "n",
            "not",
            "no way",
            "no need",
            "not now",
            "not really",
            "not at all",
            "not yet",
            "never",
            "negative",
            "don t",
            "do not",
            "dont",
            "i don t",
            "i dont",
            "i do not",
            "we don t",
            "we do not",
            "i wouldn t",
            "i would not",
            "i d rather not",
            "rather not",
            "please don t",
            "please do not",
            "don t want",
            "dont want",
            "i don t want",
            "i dont want",
            "i do not want",
            "don t need",
            "dont need",
            "i don t need",
            "i dont need",
            "we don t need",
            "i do not need",
            "not needed",
            "not necessary",
            "not interested",
            "i disagree",
            "i don t think so",
            "i dont think so",
            "don t think so",
            "false",
            "incorrect",
            "wrong",
            "that is wrong",
            "i m not",
            "i am not",
            "nay",
        ],
    ),
    (
        Said::Stress,
        &[
            "конечно",
            "канешно",
            "конешно",
            "разумеется",
            "естественно",
            "безусловно",
            "однозначно",
            "определенно",
            "точно",
            "абсолютно",
            "of course",
            "ofcourse",
            "certainly",
            "absolutely",
            "definitely",
            "definately",
            "surely",
            "totally",
            "naturally",
        ],
    ),
    (
        Said::Nothing,
        &[
            "пожалуйста",
            "пожалуста",
            "пож",
            "плиз",
            "спасибо",
            "спс",
            "благодарю",
            "большое",
            "ну",
            "а",
            "и",
            "вот",
            "же",
            "бы",
            "то",
            "так",
            "ой",
            "ох",
            "о",
            "эх",
            "ах",
            "м",
            "хм",
            "мне",
            "нам",
            "меня",
            "это",
            "этого",
            "тогда",
            "вполне",
            "очень",
            "я",
            "мы",
            "все",
            "всё",
            "в общем",
            "блин",
            "лучше",
            "пока",
            "думаю",
            "считаю",
            "как раз",
            "что вы",
            "уж",
            "please",
            "pls",
            "plz",
            "thanks",
            "thank you",
            "thx",
            "ty",
            "very much",
            "so much",
            "a lot",
            "well",
            "oh",
            "um",
            "uh",
            "hmm",
            "then",
            "it",
            "that",
            "this",
            "for me",
            "for us",
            "at all",
            "i",
            "me",
            "us",
            "we",
            "so",
            "just",
            "actually",
            "really",
            "very",
            "much",
            "too",
            "would be great",
            "would be nice",
            "mate",
            "man",
            "sir",
            "want it",
            "need it",
            "need that",
            "would",
            "you",
        ],
    ),
];

/// Yes or no, in words or in signs («+», 👍); `None` for anything that could mean both or neither.
pub(crate) fn yes_or_no(text: &str) -> Option<bool> {
    if text.contains('?') {
        return None;
    }
    let signed = sign(text);
    let words = normalized(text);
    if words.is_empty() {
        return signed?;
    }
    // «да 👎» says both.
    in_words(text, &words).filter(|answer| signed.is_none_or(|signed| signed == Some(*answer)))
}

fn in_words(text: &str, words: &str) -> Option<bool> {
    if words == "да нет" && text.contains(',') {
        return None;
    }
    if let Some(said) = phrases(words) {
        return verdict(&said);
    }
    // «Да, нужна доставка в Казань»: the words up to the comma answer, and the rest does not take it back.
    let (first, rest) = text.split_once([',', '.', '!', ';', '\n', '—', '–'])?;
    let answer = verdict(&phrases(&normalized(first))?)?;
    let rest = normalized(rest);
    let opposite = rest.split(' ').scan(String::new(), |said, word| {
        said.push_str(word);
        let phrase = said.clone();
        said.push(' ');
        Some(phrase)
    });
    let taken_back = opposite
        .take(4)
        .filter_map(|start| phrases(&start))
        .any(|said| said.contains(if answer { &Said::No } else { &Said::Yes }));
    (!taken_back).then_some(answer)
}

/// What the signs of a text say: `Some(None)` where they contradict each other; `None` where it has no sign.
fn sign(text: &str) -> Option<Option<bool>> {
    const YES: &[char] = &['👍', '👌', '✅', '✔', '☑', '🆗', '🙆', '💯', '🤝'];
    const NO: &[char] = &['👎', '❌', '✖', '🙅', '🚫', '⛔', '❎'];
    let signs = |marks: &[char]| text.contains(marks);
    match text.trim() {
        "+" | "++" | "+++" | "＋" => return Some(Some(true)),
        "-" | "--" | "—" | "–" | "−" | "➖" => return Some(Some(false)),
        "➕" => return Some(Some(true)),
        _ => {}
    }
    match (signs(YES), signs(NO)) {
        (true, false) => Some(Some(true)),
        (false, true) => Some(Some(false)),
        (true, true) => Some(None),
        (false, false) => None,
    }
}

/// A text as phrases that are all known; `None` where one is not.
fn phrases(words: &str) -> Option<Vec<Said>> {
    /// The most words that a phrase has.
    const LONGEST: usize = 4;
    let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    let mut said = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let found = (1..=LONGEST.min(words.len() - at)).rev().find_map(|length| {
            let phrase = words.get(at..at + length)?.join(" ");
            Some((look_up(&phrase)?, length))
        });
        let (meaning, length) = found?;
        said.push(meaning);
        at += length;
    }
    Some(said)
}

fn look_up(phrase: &str) -> Option<Said> {
    // Of a phrase that stands in the table twice, the first meaning counts.
    static KNOWN: LazyLock<HashMap<&str, Said>> = LazyLock::new(|| {
        let all = PHRASES.iter().rev();
        all.flat_map(|(said, phrases)| phrases.iter().map(|phrase| (*phrase, *said))).collect()
    });
    let known = |phrase: &str| KNOWN.get(phrase).copied();
    // «дааа», "nooo"
    known(phrase).or_else(|| {
        let mut short = String::new();
        for c in phrase.chars() {
            if !short.ends_with(c) {
                short.push(c);
            }
        }
        (short.chars().count() > 1).then(|| known(&short)).flatten()
    })
}

fn verdict(said: &[Said]) -> Option<bool> {
    let has = |wanted: Said| said.contains(&wanted);
    let polar = said.iter().find(|said| matches!(said, Said::Yes | Said::No));
    match (has(Said::Yes), has(Said::No), has(Said::Stress)) {
        (true, false, _) | (false, false, true) => Some(true),
        (false, true, _) => Some(false),
        // «да, не надо» refuses; «нет, давайте» takes back what it began with.
        (true, true, _) if polar == Some(&Said::Yes) && said.last() != Some(&Said::Yes) => Some(false),
        _ => None,
    }
}
