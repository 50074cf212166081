//! The name of a client in what they say: alone, beside a contact, or in a sentence («меня зовут…», «это…», "my name is…").
//!
//! A table of first names decides first. Shape decides where the client says that it is a name, or was asked for one.

mod words;

use std::{collections::HashSet, sync::LazyLock};

use self::words::{INTRODUCTIONS, LEADS, OTHERS};
use super::{speech, words::folded};

/// A name, and how it was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// As the client wrote it; what was in lower case begins with capitals.
    pub(crate) text: String,
    pub(crate) sign: Sign,
}

/// What shows that words are a name, from the surest to the least sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sign {
    /// The client says so: «меня зовут…».
    Introduced,
    /// A first name of the table is among them.
    Known,
    /// Up to three words in capitals, none of which is known to be something else.
    Capitals,
    /// The same in lower case, one or two words.
    Letters,
}

/// The most words of a text that are looked at, and the most of a name.
const MOST_WORDS: usize = 120;
const MOST_IN_NAME: usize = 4;
/// The longest word of a name, in characters.
const LONGEST: usize = 30;

/// Whether a word, in any case, is a first name of the table.
pub(crate) fn is_first_name(word: &str) -> bool {
    static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let table = include_str!("names/first_names.txt");
        table.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(' ')).collect()
    });
    let word = folded(word);
    NAMES.contains(word.as_str())
        || word.split_once('-').is_some_and(|(first, second)| NAMES.contains(first) && NAMES.contains(second))
}

/// The name that a text gives, without the contacts in it.
pub(crate) fn name(text: &str) -> Option<Name> {
    let mut introduced = false;
    let found = segments(text).into_iter().filter_map(|segment| {
        // «Имя: Анна» says it before the mark.
        let only_leads = segment.words.iter().all(|word| leads(&folded(word)));
        let name = of_segment(&segment, introduced);
        introduced = only_leads && segment.words.iter().any(|word| is_introduction(&folded(word)));
        name
    });
    // Of several the surest; of equally sure ones the first.
    found.min_by_key(|name| name.sign)
}

/// Whether a text, from which contacts were taken, is a name and words around a contact at most: «Анна, мой номер», «нет,
/// телефон другой». An empty text is.
pub(crate) fn is_only_a_name(text: &str) -> bool {
    const CORRECTIONS: &[&str] = &[
        "не",
        "тот",
        "та",
        "то",
        "другой",
        "другая",
        "новый",
        "новая",
        "неверный",
        "неправильный",
        "ошибся",
        "ошиблась",
        "ошибка",
        "опечатка",
        "правильный",
        "правильно",
        "верный",
        "вернее",
        "точнее",
        "лучше",
        "запишите",
        "исправьте",
        "нет",
        "стоп",
        "погодите",
        "подождите",
        "еще",
        "ещё",
        "также",
        "тоже",
        "можно",
        "можете",
        "пишите",
        "напишите",
        "отправьте",
        "продублируйте",
        "копию",
        "копия",
        "дубль",
        "связь",
        "связи",
        "для",
        "по",
        "на",
        "почту",
        "почте",
        "телефону",
        "номеру",
        "если",
        "что",
        "или",
        "рабочий",
        "рабочая",
        "личный",
        "личная",
        "второй",
        "запасной",
        "дополнительный",
        "там",
        "туда",
        "сюда",
        "вам",
        "wrong",
        "right",
        "correct",
        "another",
        "new",
        "not",
        "no",
        "wait",
        "mistake",
        "sorry",
        "is",
        "isnt",
        "different",
        "the",
        "also",
        "you",
        "can",
        "could",
        "write",
        "send",
        "at",
        "to",
        "on",
        "or",
        "use",
        "better",
        "copy",
        "please",
        "instead",
        "rather",
        "other",
        "second",
        "work",
        "personal",
        "actually",
        "извините",
        "только",
        "писать",
        "после",
        "до",
        "утром",
        "вечером",
        "днем",
        "обеда",
        "шести",
        "семи",
        "восьми",
        "пяти",
        "дам",
        "дать",
        "старый",
        "прежний",
        "был",
        "номеру",
        "но",
        "not",
        "but",
        "dont",
        "don",
        "t",
        "me",
        "before",
        "after",
        "lunch",
        "six",
        "evening",
        "morning",
        "old",
        "was",
        "one",
        "my",
        "that",
        "this",
        "it",
        "only",
        "prefer",
        "contact",
    ];
    // A name has so many words at most that no table knows.
    const UNKNOWN: usize = 2;
    let mut unknown = 0;
    let all = segments(text);
    let words = || all.iter().flat_map(|segment| &segment.words);
    words().count() <= 12
        && !all.iter().any(|segment| segment.asks)
        && words().all(|word| {
            let lower = folded(word.trim_end_matches('.'));
            let known = leads(&lower) || is_first_name(&lower) || CORRECTIONS.contains(&lower.as_str());
            unknown += usize::from(!known);
            known || word.starts_with(char::is_uppercase) && in_name(word, &lower) && unknown <= UNKNOWN
        })
}

/// What stands between two marks.
#[derive(Default)]
struct Segment<'t> {
    words: Vec<&'t str>,
    asks: bool,
}

fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut segments = vec![Segment::default()];
    let mut rest = text;
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '\'' | '’');
    for _ in 0..MOST_WORDS {
        let start = rest.find(|c: char| !c.is_whitespace() || c == '\n').unwrap_or(rest.len());
        rest = rest.get(start..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { break };
        let Some(last) = segments.last_mut() else { break };
        let length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        if word.chars().any(char::is_alphanumeric) {
            // The dot after a single capital ends nothing: «Иванов И. И.»
            let initial = word.chars().count() == 1 && word.starts_with(char::is_uppercase);
            let dotted = initial && rest.get(length..).is_some_and(|rest| rest.starts_with('.'));
            let length = length + usize::from(dotted);
            last.words.push(rest.get(..length).unwrap_or_default());
            rest = rest.get(length..).unwrap_or_default();
        } else {
            last.asks |= first == '?';
            segments.push(Segment::default());
            rest = rest.get(length.max(first.len_utf8())..).unwrap_or_default();
        }
    }
    segments.retain(|segment| !segment.words.is_empty());
    segments
}

/// The name in a segment: the run of words after those that only lead to it.
fn of_segment(segment: &Segment<'_>, introduced: bool) -> Option<Name> {
    let lower: Vec<String> = segment.words.iter().map(|word| folded(word.trim_end_matches('.'))).collect();
    if segment.asks || speech::is_question(&segment.words.join(" ")) {
        return None;
    }
    let introduced = introduced || lower.iter().any(|word| is_introduction(word));
    let mut words = segment.words.iter().zip(&lower).skip_while(|(_, lower)| leads(lower)).peekable();
    let mut run: Vec<(&str, &str)> = Vec::new();
    while let Some((word, lower)) = words.peek() {
        // «Анна Анна» is one name, sent twice.
        let repeated = !word.ends_with('.') && run.iter().any(|(_, before)| before == lower);
        if !repeated && (run.len() == MOST_IN_NAME || !in_name(word, lower)) {
            break;
        }
        if !repeated {
            run.push((word, lower));
        }
        words.next();
    }
    let rest: Vec<&str> = words.map(|(_, lower)| lower.as_str()).collect();
    let ends = rest.iter().all(|word| leads(word));
    let capitals = |run: &[(&str, &str)]| run.iter().all(|(word, _)| word.starts_with(char::is_uppercase));
    let known = run.iter().position(|(_, lower)| is_first_name(lower));
    let sign = if let Some(at) = known {
        // Around a first name stand capitals, a patronymic or a surname: «саша перфоратор» is none.
        let goes_on = |(word, lower): &(&str, &str)| {
            word.starts_with(char::is_uppercase) || is_first_name(lower) || is_family_word(lower)
        };
        let start = run.iter().take(at).rposition(|word| !goes_on(word)).map_or(0, |before| before + 1);
        let end = run.iter().skip(at).position(|word| !goes_on(word)).map_or(run.len(), |after| at + after);
        let whole = start == 0 && end == run.len();
        let stands_out = capitals(run.get(start..end)?) && start == 0;
        // A lower-case first name inside other words («мила краска») may be a word of the language.
        let sure = introduced || whole && (ends || stands_out || begins_clause(rest.first()?)) || stands_out;
        run = run.get(start..end)?.to_vec();
        if !sure {
            return None;
        }
        if introduced { Sign::Introduced } else { Sign::Known }
    } else if run.is_empty() || run.iter().any(|(word, _)| word.chars().count() < 2) {
        return None;
    } else if introduced && (ends || begins_clause(rest.first()?) || capitals(&run)) && run.len() <= 3 {
        Sign::Introduced
    } else if !ends && !begins_clause(rest.first()?) {
        return None;
    } else if capitals(&run) && run.len() <= 3 {
        Sign::Capitals
    } else if run.len() <= 2 && rest.is_empty() {
        Sign::Letters
    } else {
        return None;
    };
    let text: Vec<String> = run.iter().map(|(word, _)| with_capital(word)).collect();
    Some(Name { text: text.join(" "), sign })
}

/// Whether a word can stand in a name: letters, and no word that is known to be something else.
fn in_name(word: &str, lower: &str) -> bool {
    let letters = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'));
    letters
        && word.chars().count() <= LONGEST
        && !word.starts_with('-')
        && (is_first_name(lower)
            || word.ends_with('.')
            || !(OTHERS.contains(&lower) || leads(lower) || is_verb(word)))
}

fn is_introduction(word: &str) -> bool {
    INTRODUCTIONS.contains(&word)
}

/// Whether a word only leads to a name.
fn leads(word: &str) -> bool {
    LEADS.contains(&word) || is_introduction(word) || speech_verb(word)
}

/// Whether a word begins another clause, so that what stands before it may be a whole name: «Анна из Тулы», "Bob and I need…".
fn begins_clause(word: &str) -> bool {
    OTHERS.contains(&word) || leads(word) || is_verb(word)
}

/// «писала», «говорил»: the client said it before.
fn speech_verb(word: &str) -> bool {
    [
        "писал",
        "написал",
        "говорил",
        "сказал",
        "называл",
        "назвал",
        "отправлял",
        "отправил",
        "указал",
        "указывал",
        "представил",
    ]
    .iter()
    .any(|stem| {
        word.strip_prefix(stem).is_some_and(|end| matches!(end, "" | "а" | "и" | "ся" | "ась" | "ись"))
    })
}

/// A Russian patronymic or the usual ending of a surname.
fn is_family_word(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "ович",
        "евич",
        "ич",
        "овна",
        "евна",
        "ична",
        "инична",
        "оглы",
        "кызы",
        "ов",
        "ова",
        "ев",
        "ева",
        "ин",
        "ина",
        "ын",
        "ына",
        "ский",
        "ская",
        "цкий",
        "цкая",
        "ко",
        "ук",
        "юк",
        "ян",
        "янц",
        "дзе",
        "швили",
        "ых",
        "их",
        "ец",
        "ой",
        "ая",
    ];
    word.chars().count() >= 5 && ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// A verb by its ending. In capitals it may be a surname.
fn is_verb(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "ть",
        "ться",
        "йте",
        "йтесь",
        "ите",
        "итесь",
        "ете",
        "ешь",
        "ишь",
        "аю",
        "яю",
        "ую",
        "юсь",
        "ает",
        "яет",
        "ует",
        "ют",
        "лось",
        "лся",
        "лась",
    ];
    word.chars().count() >= 4
        && word.starts_with(char::is_lowercase)
        && ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// A word all of whose letters are of one case, with a capital at the beginning of each of its parts.
fn with_capital(word: &str) -> String {
    let letters = || word.chars().filter(|c| c.is_alphabetic());
    let shouted = letters().count() > 2 && letters().all(char::is_uppercase);
    if !shouted && !letters().all(char::is_lowercase) {
        return word.to_owned();
    }
    let mut begins = true;
    let mut text = String::with_capacity(word.len());
    for c in word.chars() {
        if begins {
            text.extend(c.to_uppercase())
        } else {
            text.extend(c.to_lowercase())
        }
        begins = c == '-';
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(table: &[(&str, &str, Option<Sign>)]) {
        let read = |text: &str| name(text).map_or((String::new(), None), |name| (name.text, Some(name.sign)));
        let wrong: Vec<String> = table
            .iter()
            .filter(|(text, expected, sign)| read(text) != ((*expected).to_owned(), *sign))
            .map(|(text, expected, sign)| format!("«{text}»: {:?}, not {expected:?} {sign:?}", read(text)))
            .collect();
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    #[test]
    fn names_that_are_said() {
        let said = Some(Sign::Introduced);
        check(&[
            ("меня зовут Анна", "Анна", said),
            ("menya zovut Oleg, 8 921 123-45-67", "Oleg", said),
            ("Меня зовут Анна Петрова", "Анна Петрова", said),
            ("Меня Борис зовут", "Борис", said),
            ("здравствуйте меня зовут ольга мне нужен насос", "Ольга", said),
            ("Анна беспокоит", "Анна", said),
            ("Вас беспокоит Сергей Иванович из Тулы", "Сергей Иванович", said),
            ("имя: Зульфикар", "Зульфикар", said),
            ("моё имя Джейн", "Джейн", said),
            ("нет, меня зовут Ольга", "Ольга", said),
            ("зовите меня Гаврош", "Гаврош", said),
            ("my name is Ann Smith", "Ann Smith", said),
            ("my name is xerxes and I need a drill", "Xerxes", said),
            ("Bob speaking", "Bob", said),
        ]);
    }

    #[test]
    fn names_that_are_known() {
        let known = Some(Sign::Known);
        check(&[
            ("Анна", "Анна", known),
            ("анна", "Анна", known),
            ("АННА", "Анна", known),
            ("Анна Анна", "Анна", known),
            ("Анна\nАнна", "Анна", known),
            ("Иванова Анна Петровна", "Иванова Анна Петровна", known),
            ("иванов сергей", "Иванов Сергей", known),
            ("Анна-Мария", "Анна-Мария", known),
            ("Иванов И. И.", "Иванов И. И.", Some(Sign::Capitals)),
            ("это Сергей", "Сергей", known),
            ("я уже писала — Анна", "Анна", known),
            ("я уже написала: Анна", "Анна", known),
            ("я же говорил сергей", "Сергей", known),
            ("Мария, перезвоните после 18", "Мария", known),
            ("Пётр из Казани", "Пётр", known),
            ("this is Ann", "Ann", known),
            ("I'm Bob", "Bob", known),
            ("Анна,  или ", "Анна", known),
            ("Анна, звоните после обеда", "Анна", known),
            ("Саша жду звонка", "Саша", known),
        ]);
    }

    #[test]
    fn what_has_the_shape_of_a_name() {
        check(&[
            ("Бархударян", "Бархударян", Some(Sign::Capitals)),
            ("бархударян", "Бархударян", Some(Sign::Letters)),
        ]);
    }

    #[test]
    fn a_contact_and_nothing_else() {
        for text in [
            "",
            "Анна,",
            "это мой номер",
            "нет, телефон другой:",
            "вот почта",
            "Ann Smith",
            "it's Bob",
            "my e-mail is",
            "Гаврош",
        ] {
            assert!(is_only_a_name(text), "{text}");
        }
        for text in
            ["перезвоните мне", "нужен насос", "сколько стоит?", "Анна?", "please call me", "доставка в Тулу"]
        {
            assert!(!is_only_a_name(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_name() {
        let none = |texts: &[&'static str]| -> Vec<(&'static str, &'static str, Option<Sign>)> {
            texts.iter().map(|text| (*text, "", None)).collect()
        };
        check(&none(&[
            "",
            "123",
            "перезвоните, пожалуйста",
            "please call me",
            "а сколько стоит доставка в Казань, подскажите?",
            "Анна?",
            "я уже писала",
            "я уже писала вам",
            "это срочно",
            "саша перфоратор",
            "не надо",
            "нужен перфоратор",
            "хочу поговорить с менеджером",
            "телефон другой",
            "а почему вы спрашиваете",
            "what is it for",
            "спасибо",
        ]));
    }
}
