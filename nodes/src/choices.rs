//! Choosing by words: which of several labelled choices a client's message names.
//!
//! By its label with words around it, by a form of its word («утром» for «Утро»), by its number or its place («второй», "the last
//! one"), or any of them («без разницы»). A choice that is refused is not chosen, and between two that fit alike none is.

use tolmach_engine::wording::normalized;

use crate::extract::{same_word, yes_or_no};

/// What a message says of the choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// This one, and how that was recognised.
    One(usize, &'static str),
    /// The client leaves it open: the first is taken, and they are told which.
    Any,
    /// Several fit alike.
    Several(Vec<usize>),
    /// The way out, which stands after the choices.
    Cancel,
    /// None of them.
    None,
}

/// What may stand beside the words of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Anything: the message answers a question.
    Anything,
    /// Only words that say nothing: with more, the message may be a request of its own («насос для скважины»).
    Nothing,
}

/// The most words of a message that are read.
const MOST_WORDS: usize = 60;

/// Reads a message. Each choice has its labels, one a language; `cancels` says whether a way out stands after them.
pub(crate) fn read(text: &str, choices: &[Vec<String>], beside: Beside, cancels: bool) -> Reading {
    let words = normalized(text);
    let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).take(MOST_WORDS).collect();
    let labels: Vec<Vec<Vec<String>>> =
        choices.iter().map(|labels| labels.iter().map(|label| split(label)).collect()).collect();
    if words.is_empty() {
        return Reading::None;
    }
    if let Some(at) = labels.iter().position(|labels| labels.iter().any(|label| *label == words)) {
        return Reading::One(at, "its label");
    }
    let names = by_name(text, &words, &labels, beside);
    if names != Reading::None {
        return names;
    }
    let meaning: Vec<&str> = words.iter().copied().filter(|word| !FILLERS.contains(word)).collect();
    if let Some(place) = place(&meaning, choices.len()) {
        return match place {
            Place::At(at) if at < choices.len() => Reading::One(at, "its place"),
            Place::At(at) if cancels && at == choices.len() => Reading::Cancel,
            Place::At(_) => Reading::None,
            Place::Any => Reading::Any,
        };
    }
    by_agreement(text, choices)
}

fn split(label: &str) -> Vec<String> {
    normalized(label).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// By the words of the labels.
fn by_name(text: &str, words: &[&str], labels: &[Vec<Vec<String>>], beside: Beside) -> Reading {
    let refused = refused(text);
    let is_refused = |word: &str| refused.iter().any(|refused| same_word(refused, word));
    let content: Vec<&str> =
        words.iter().copied().filter(|word| !FILLERS.contains(word) && !NEGATIONS.contains(word)).collect();
    let said: Vec<&str> = content.iter().copied().filter(|word| !is_refused(word)).collect();
    // Whether all telling words of the label are said, and by which words of the message.
    let fit = |label: &Vec<String>| -> Option<(bool, Vec<usize>)> {
        let telling: Vec<&String> = label.iter().filter(|word| !FILLERS.contains(&word.as_str())).collect();
        let telling = if telling.is_empty() { label.iter().collect() } else { telling };
        let named = |said: &&str| telling.iter().any(|word| same_word(said, word));
        let by: Vec<usize> =
            said.iter().enumerate().filter(|(_, said)| named(said)).map(|(at, _)| at).collect();
        let all = telling.iter().all(|word| said.iter().any(|said| same_word(said, word)));
        let no_more = || said.iter().all(|said| label.iter().any(|word| same_word(said, word)));
        let fits = !by.is_empty() && (beside == Beside::Anything && all || no_more());
        fits.then_some((all, by))
    };
    let mut fits: Vec<(usize, (bool, Vec<usize>))> = labels
        .iter()
        .enumerate()
        .filter_map(|(at, labels)| {
            Some((at, labels.iter().filter_map(fit).max_by_key(|(all, by)| (*all, by.len()))?))
        })
        .collect();
    // A whole label wins over a part of another one, and «раннее утро» over «утро»; «утро или вечер» are two.
    if fits.iter().any(|(_, (all, _))| *all) {
        fits.retain(|(_, (all, _))| *all);
    }
    let within = |small: &[usize], large: &[usize]| {
        small.len() < large.len() && small.iter().all(|at| large.contains(at))
    };
    let best: Vec<usize> = fits
        .iter()
        .filter(|(_, (_, by))| !fits.iter().any(|(_, (_, other))| within(by, other)))
        .map(|(at, _)| *at)
        .collect();
    match best.as_slice() {
        [] => Reading::None,
        [one] => Reading::One(*one, "its words"),
        _ => Reading::Several(best),
    }
}

/// The words that the client refuses: those after «не», «кроме», "not", to the next mark or «а», «но».
fn refused(text: &str) -> Vec<String> {
    let mut refused = Vec::new();
    for clause in text.split([',', '.', ';', '!', '\n', '—']).take(MOST_WORDS) {
        let words = normalized(clause);
        let mut refuses = false;
        let mut before = refused.len();
        for (word, next) in words.split(' ').zip(words.split(' ').skip(1).chain([""])).take(MOST_WORDS) {
            // «Утром не могу»: what stands before is refused.
            if word == "не" && UNABLE.contains(&next)
                || matches!(word, "can" | "couldn") && next == "t"
                || word == "cannot"
            {
                let earlier = words.split(' ').take_while(|earlier| *earlier != word).take(MOST_WORDS);
                refused.extend(earlier.map(str::to_owned));
                before = refused.len();
            } else if NEGATIONS.contains(&word) {
                refuses = true;
            } else if matches!(word, "а" | "но" | "лучше" | "but" | "rather") {
                refuses = false;
            } else if refuses && refused.len() < before + MOST_WORDS {
                refused.push(word.to_owned());
            }
        }
    }
    refused
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// From 0.
    At(usize),
    Any,
}

/// The place that words name: «2», «второй вариант», "the last one", «любой».
fn place(words: &[&str], choices: usize) -> Option<Place> {
    let named = |word: &str| {
        let ordinals = ORDINALS.iter().position(|names| names.contains(&word));
        let digits = || word.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let written = || {
            word.strip_suffix(['й', 'я', 'е']).and_then(|number| number.parse::<usize>().ok()?.checked_sub(1))
        };
        ordinals.or_else(digits).or_else(written)
    };
    // «2-й вариант» is three words: the ending of a number says nothing.
    let mut words: Vec<&str> = words.iter().copied().filter(|word| !PLACE_WORDS.contains(word)).collect();
    let numbered = words.first().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    if numbered {
        words.retain(|word| {
            !matches!(*word, "й" | "я" | "е" | "ый" | "ая" | "ое" | "го" | "st" | "nd" | "rd" | "th")
        });
    }
    match words.as_slice() {
        ["последний" | "последняя" | "последнее" | "последнюю" | "последние" | "last"] => {
            choices.checked_sub(1).map(Place::At)
        }
        [word] if ANY.contains(word) => Some(Place::Any),
        [word] => named(word).map(Place::At),
        phrase if ANY_PHRASES.contains(&phrase) => Some(Place::Any),
        _ => None,
    }
}

/// «Ага» where one choice is a yes, «нет» where one is a no.
fn by_agreement(text: &str, choices: &[Vec<String>]) -> Reading {
    let Some(answer) = yes_or_no(text) else { return Reading::None };
    let means = |labels: &Vec<String>| labels.iter().any(|label| yes_or_no(label) == Some(answer));
    let fitting: Vec<usize> =
        choices.iter().enumerate().filter(|(_, labels)| means(labels)).map(|(at, _)| at).collect();
    match fitting.as_slice() {
        [one] => Reading::One(*one, if answer { "a yes" } else { "a no" }),
        _ => Reading::None,
    }
}

/// Words that say nothing of a choice.
const FILLERS: &[&str] = &[
    "а",
    "и",
    "ну",
    "да",
    "вот",
    "давайте",
    "давай",
    "пожалуйста",
    "лучше",
    "мне",
    "нам",
    "меня",
    "я",
    "мы",
    "бы",
    "хочу",
    "хотел",
    "хотела",
    "хотелось",
    "выбираю",
    "выберу",
    "беру",
    "возьму",
    "пусть",
    "будет",
    "наверное",
    "наверно",
    "тогда",
    "ладно",
    "можно",
    "нужен",
    "нужна",
    "нужно",
    "нужны",
    "подойдет",
    "подходит",
    "удобно",
    "удобнее",
    "покажите",
    "покажи",
    "откройте",
    "открой",
    "это",
    "этот",
    "эта",
    "с",
    "со",
    "в",
    "во",
    "на",
    "к",
    "по",
    "до",
    "у",
    "около",
    "тот",
    "та",
    "то",
    "что",
    "где",
    "который",
    "которая",
    "спасибо",
    "если",
    "думаю",
    "скорее",
    "конечно",
    "just",
    "please",
    "i",
    "d",
    "would",
    "like",
    "want",
    "ll",
    "take",
    "let",
    "s",
    "the",
    "a",
    "an",
    "in",
    "at",
    "on",
    "by",
    "to",
    "is",
    "it",
    "better",
    "maybe",
    "probably",
    "prefer",
    "me",
    "us",
    "choose",
    "pick",
    "show",
    "open",
    "then",
    "ok",
    "okay",
    "well",
    "for",
    "thanks",
    "of",
    "works",
    "rather",
    "only",
    "только",
];

/// After «не»: the client cannot, or it does not suit them.
const UNABLE: &[&str] = &[
    "могу",
    "можем",
    "смогу",
    "сможем",
    "подходит",
    "подойдет",
    "устраивает",
    "устроит",
    "получится",
    "получается",
    "удобно",
    "выйдет",
    "успею",
];

const NEGATIONS: &[&str] = &["не", "нет", "кроме", "без", "not", "no", "except", "don", "never"];

/// Words around a place.
const PLACE_WORDS: &[&str] = &[
    "раздел",
    "раздела",
    "section",
    "вариант",
    "варианта",
    "номер",
    "пункт",
    "пункта",
    "кнопка",
    "кнопку",
    "выбор",
    "ответ",
    "цифра",
    "под",
    "one",
    "option",
    "number",
    "choice",
    "button",
    "answer",
    "t",
];

const ORDINALS: &[&[&str]] = &[
    &["первый", "первая", "первое", "первую", "первого", "первым", "первые", "один", "одно", "first", "one"],
    &["второй", "вторая", "второе", "вторую", "второго", "вторым", "вторые", "два", "second", "two"],
    &["третий", "третья", "третье", "третью", "третьего", "третьим", "три", "third", "three"],
    &["четвертый", "четвертая", "четвертое", "четвертую", "четвертого", "четыре", "fourth", "four"],
    &["пятый", "пятая", "пятое", "пятую", "пятого", "пять", "fifth", "five"],
    &["шестой", "шестая", "шестое", "шестую", "шестого", "шесть", "sixth", "six"],
    &["седьмой", "седьмая", "седьмое", "седьмую", "седьмого", "семь", "seventh", "seven"],
    &["восьмой", "восьмая", "восьмое", "восьмую", "восьмого", "восемь", "eighth", "eight"],
    &["девятый", "девятая", "девятое", "девятую", "девятого", "девять", "ninth", "nine"],
];

const ANY: &[&str] = &[
    "любой",
    "любая",
    "любое",
    "любую",
    "любые",
    "любом",
    "неважно",
    "пофиг",
    "безразлично",
    "any",
    "anything",
    "whichever",
    "whatever",
    "either",
    "anytime",
];

const ANY_PHRASES: &[&[&str]] = &[
    &["все", "равно"],
    &["без", "разницы"],
    &["не", "важно"],
    &["не", "принципиально"],
    &["какой", "угодно"],
    &["когда", "угодно"],
    &["какая", "разница"],
    &["на", "ваше", "усмотрение"],
    &["как", "хотите"],
    &["на", "ваш"],
    &["ваш"],
    &["ваше", "усмотрение"],
    &["doesn", "matter"],
    &["not", "matter"],
    &["don", "care"],
    &["don", "mind"],
    &["does", "not", "matter"],
    &["you", "decide"],
    &["up", "you"],
    &["любое", "время"],
    &["any", "time"],
    &["any", "them"],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(labels: &[(&str, &str)]) -> Vec<Vec<String>> {
        labels.iter().map(|(ru, en)| vec![(*ru).to_owned(), (*en).to_owned()]).collect()
    }

    fn parts_of_day() -> Vec<Vec<String>> {
        choices(&[("Утро", "Morning"), ("После обеда", "Afternoon"), ("Вечер", "Evening")])
    }

    fn check(choices: &[Vec<String>], beside: Beside, table: &[(&str, Reading)]) {
        let wrong: Vec<String> = table
            .iter()
            .filter_map(|(text, expected)| {
                let reading = match read(text, choices, beside, true) {
                    Reading::One(at, _) => Reading::One(at, ""),
                    other => other,
                };
                (reading != *expected).then(|| format!("«{text}»: {reading:?}, not {expected:?}"))
            })
            .collect();
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    const fn one(at: usize) -> Reading {
        Reading::One(at, "")
    }

    #[test]
    fn a_choice_in_other_words() {
        check(
            &parts_of_day(),
            Beside::Anything,
            &[
                ("Утро", one(0)),
                ("утром", one(0)),
                ("с утра", one(0)),
                ("лучше утром", one(0)),
                ("давайте с утра, я в офисе", one(0)),
                ("после обеда лучше", one(1)),
                ("Вечером, пожалуйста", one(2)),
                ("in the morning", one(0)),
                ("the afternoon works better", one(1)),
                ("не утром, а вечером", one(2)),
                ("утром не могу, вечером", one(2)),
                ("only not in the morning, evening", one(2)),
            ],
        );
    }

    #[test]
    fn a_place_or_a_number() {
        check(
            &parts_of_day(),
            Beside::Nothing,
            &[
                ("первое", one(0)),
                ("второй вариант", one(1)),
                ("давайте третий", one(2)),
                ("последний", one(2)),
                ("the first one", one(0)),
                ("the last one", one(2)),
                ("option 2", one(1)),
                ("2", one(1)),
                ("2.", one(1)),
                ("№3", one(2)),
                ("2-й", one(1)),
                ("4", Reading::Cancel),
                ("5", Reading::None),
                ("0", Reading::None),
                ("любой", Reading::Any),
                ("без разницы", Reading::Any),
                ("мне всё равно", Reading::Any),
                ("any", Reading::Any),
                ("it doesn't matter", Reading::Any),
            ],
        );
    }

    #[test]
    fn what_chooses_nothing() {
        check(
            &parts_of_day(),
            Beside::Anything,
            &[
                ("не утром", Reading::None),
                ("утром или вечером", Reading::Several(vec![0, 2])),
                ("утром или после обеда", Reading::Several(vec![0, 1])),
                ("ночью", Reading::None),
                ("мне нужно 2 штуки", Reading::None),
                ("", Reading::None),
            ],
        );
        let sections = choices(&[("Насосы", "Pumps"), ("Дрели и шуруповёрты", "Drills and drivers")]);
        check(
            &sections,
            Beside::Nothing,
            &[
                ("насос для скважины", Reading::None),
                ("насосы до 10 тысяч", Reading::None),
                ("покажите насосы", one(0)),
                ("дрели", one(1)),
                ("шуруповёрт", one(1)),
            ],
        );
    }

    #[test]
    fn yes_and_no() {
        let yes_or_no = choices(&[("Да, по нему", "Yes, use it"), ("Указать другой", "Give another one")]);
        check(
            &yes_or_no,
            Beside::Nothing,
            &[
                ("да", one(0)),
                ("ага", one(0)),
                ("указать другой", one(1)),
                ("другой", one(1)),
                ("нет", Reading::None),
            ],
        );
    }

    #[test]
    fn labels_that_are_numbers_are_meant_by_their_number() {
        let amounts = choices(&[("5", "5"), ("10", "10"), ("2 штуки", "2 pieces")]);
        check(
            &amounts,
            Beside::Anything,
            &[("10", one(1)), ("5 штук", one(0)), ("2", one(2)), ("десять", Reading::None)],
        );
    }
}
