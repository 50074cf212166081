//! How a client speaks: in a hurry, or angry. Only for the staff, who should know before they answer.

use std::collections::HashSet;
use std::sync::LazyLock;

use tolmach_engine::{context::Tone, turn_context::TurnContext};

use crate::phrases;

/// Beginnings of words that hurry.
const HURRY: &[&str] = &[
    "срочн",
    "немедленн",
    "горит",
    "побыстрее",
    "поживее",
    "живее",
    "шевелит",
    "asap",
    "urgent",
    "immediately",
    "hurry",
];
/// Phrases that do.
const HURRIES: &[&str] =
    &["как можно быстрее", "как можно скорее", "прямо сейчас", "right now", "as soon as possible"];
/// Beginnings of words that a calm client does not use.
const UPSET: &[&str] = &[
    "ужас",
    "безобраз",
    "хамств",
    "обман",
    "мошенни",
    "развод",
    "кошмар",
    "позор",
    "отврат",
    "издева",
    "достал",
    "заколеб",
    "бесит",
    "идиот",
    "дурак",
    "тупой",
    "тупая",
    "тупые",
    "дебил",
    "придур",
    "сволоч",
    "скотин",
    "нафиг",
    "нахрен",
    "хрен",
    "хрень",
    "фигн",
    "говн",
    "дерьм",
    "жоп",
    "сука",
    "суки",
    "бляд",
    "блят",
    "бля",
    "пизд",
    "хуй",
    "хуев",
    "хуйн",
    "ебан",
    "ебат",
    "заеб",
    "мудак",
    "пидор",
    "жалоб",
    "пожалуюсь",
    "роспотреб",
    "terrible",
    "awful",
    "horrible",
    "disgust",
    "scam",
    "fraud",
    "liar",
    "idiot",
    "stupid",
    "moron",
    "bullshit",
    "shit",
    "fuck",
    "damn",
    "crap",
    "rubbish",
    "useless",
    "ridiculous",
    "furious",
    "outrage",
    "complain",
];
/// Words of those lists that are innocent.
static INNOCENT: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| ["развод", "разводной", "разводные", "разводка", "разводки", "хрен"].into());

/// Adds what the message says of the client's temper to what is known of it; an urgent or angry client stays so for the
/// dialog.
pub(crate) fn notice(turn: &mut TurnContext<'_>) {
    let heard = of(turn.words());
    let known = turn.context().tone;
    let tone = Tone { urgent: known.urgent || heard.urgent, upset: known.upset || heard.upset };
    if tone != known {
        turn.note(format!("the client is {}", if heard.upset { "upset" } else { "in a hurry" }));
        turn.context_mut().tone = tone;
    }
}

/// A text for the staff, with how the client speaks where that is worth knowing.
pub(crate) fn told(turn: &TurnContext<'_>, text: String) -> String {
    let tone = turn.context().tone;
    let mut lines = vec![text];
    for (heard, phrase) in [(tone.urgent, phrases::IN_A_HURRY), (tone.upset, phrases::UPSET)] {
        if heard {
            lines.push(phrase.get(turn.language()).to_owned());
        }
    }
    lines.join("\n")
}

/// The tone of normalised words.
pub(crate) fn of(words: &str) -> Tone {
    /// Shorter beginnings of swear words must be the whole word.
    const SHORT: usize = 4;
    let says = |word: &str, list: &[&str]| {
        !INNOCENT.contains(word)
            && list.iter().any(|start| {
                if start.chars().count() < SHORT { word == *start } else { word.starts_with(start) }
            })
    };
    let mut tone = Tone::default();
    for word in words.split(' ') {
        tone.urgent |= says(word, HURRY);
        tone.upset |= says(word, UPSET);
    }
    tone.urgent |= HURRIES.iter().any(|phrase| words.contains(phrase));
    tone
}

#[cfg(test)]
mod tests {
    use tolmach_engine::wording::normalized;

    use super::*;

    #[test]
    fn hurry_and_anger_are_heard() {
        let of = |text: &str| of(&normalized(text));
        assert!(of("Срочно нужен насос!").urgent && of("I need it ASAP").urgent);
        assert!(of("это безобразие, верните деньги").upset && of("your drill is a piece of shit").upset);
        for calm in ["нужен разводной ключ", "нужна сушилка", "нужен перфоратор", "I need a drill"]
        {
            assert!(of(calm).is_plain(), "{calm}");
        }
    }
}
