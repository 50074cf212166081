//! The parts of a message that may be wishes of their own.

use tolmach_engine::effect::ScoredLabel;

use crate::extract;

/// A wish: its words and the intent that they mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wish {
    pub(crate) text: String,
    pub(crate) label: String,
}

/// The most parts that a message is taken apart into.
pub(crate) const MOST: usize = 8;

/// The parts of a message: its sentences, and what commas and «и» part, in order. Marks at their ends are left out. A message
/// of more than [`MOST`] parts tells a story: it is one.
pub(crate) fn parts(text: &str) -> Vec<String> {
    // No mark within a contact ends a part: a phone number in two parts would be none in either.
    let masked = extract::masked_with(text, "x");
    let mut parts: Vec<String> = Vec::new();
    let mut from = 0;
    let mut chars = masked.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, next)| *next);
        let ends = match c {
            '!' | '?' | ';' | '\n' => true,
            // «3,5 кВт», «2.5»: no end.
            '.' | ',' => {
                !(before.is_ascii_digit() && after.is_some_and(|next| next.is_ascii_digit()))
                    && after.is_none_or(char::is_whitespace)
            }
            _ => false,
        };
        if ends {
            push(&mut parts, text.get(from..at).unwrap_or_default());
            from = at + c.len_utf8();
        }
        before = c;
    }
    push(&mut parts, text.get(from..).unwrap_or_default());
    let parts: Vec<String> = parts.iter().flat_map(|part| at_conjunctions(part, MOST)).collect();
    if parts.len() > MOST { vec![text.trim().to_owned()] } else { parts }
}

/// What «или», «и», commas and "vs" part in a message that compares.
pub(crate) fn alternatives(text: &str) -> Vec<String> {
    let mut parts = vec![text.to_owned()];
    for join in [" или ", " либо ", " и ", " or ", " vs ", " versus ", " and ", ", "] {
        parts = parts.iter().flat_map(|part| part.split(join)).map(str::to_owned).collect();
    }
    parts.truncate(MOST);
    parts
}

/// The wishes of a message from its parts and what each surely means. A part that means nothing by itself belongs to the one
/// before it («до 10 тысяч»), and so does one of the same intent that `joins`, unless both are searches with a price of their
/// own: two questions are answered one by one, a product is described in several parts. What is said aside is none where
/// there is another.
pub(crate) fn of(
    parts: &[String],
    placed: &[Option<ScoredLabel>],
    aside: impl Fn(&str) -> bool,
    joins: impl Fn(&str) -> bool,
) -> Vec<Wish> {
    let priced = |text: &str| extract::price_bounds(text).is_some();
    let mut wishes: Vec<Wish> = Vec::new();
    // Words before the first that mean something: «подскажите пожалуйста, …».
    let mut before = String::new();
    for (part, label) in parts.iter().zip(placed) {
        match (label, wishes.last_mut()) {
            (Some(label), Some(last))
                if last.label == label.label
                    && joins(&label.label)
                    && !(priced(&last.text) && priced(&with_thousands(part, &last.text))) =>
            {
                last.text.push_str(", ");
                last.text.push_str(part);
            }
            (Some(label), _) => {
                let part =
                    wishes.last().map_or_else(|| part.clone(), |last| with_thousands(part, &last.text));
                let text = if before.is_empty() { part.clone() } else { format!("{before}, {part}") };
                before.clear();
                wishes.push(Wish { text, label: label.label.clone() });
            }
            (None, Some(last)) => {
                last.text.push_str(", ");
                last.text.push_str(part);
            }
            (None, None) => {
                before = if before.is_empty() { part.clone() } else { format!("{before}, {part}") }
            }
        }
    }
    if wishes.iter().any(|wish| !aside(&wish.label)) {
        wishes.retain(|wish| !aside(&wish.label));
    }
    wishes
}

/// «дрель до 5 тысяч и болгарку до 8»: the «тысяч» of the part before serves a small bound at the end of this one.
fn with_thousands(part: &str, before: &str) -> String {
    let mut words = part.rsplit(' ');
    let small = words.next().is_some_and(|last| last.len() <= 3 && last.chars().all(|c| c.is_ascii_digit()));
    let bounds = words
        .next()
        .is_some_and(|word| matches!(word.to_lowercase().as_str(), "до" | "за" | "under" | "to" | "below"));
    let factor = extract::numbers::find(before).iter().any(|number| number.factor >= 1000.0);
    if small && bounds && factor { format!("{part} тысяч") } else { part.to_owned() }
}

fn push(parts: &mut Vec<String>, part: &str) {
    let part = part.trim();
    if !part.is_empty() {
        parts.push(part.to_owned());
    }
}

/// A part without the conjunction that it begins with, and split where «и» joins two requests that each have a verb or a bound
/// of their own.
///
/// It is split `left` times at most: more parts than [`MOST`] are none, and each split reads the rest again.
fn at_conjunctions(part: &str, left: usize) -> Vec<String> {
    const JOINS: &[&str] = &[
        " и еще ",
        " и ещё ",
        " а еще ",
        " а ещё ",
        " и также ",
        " и ",
        " а также ",
        " плюс ",
        " and also ",
        " and ",
    ];
    for join in JOINS {
        if left > 0
            && let Some((head, tail)) = part.split_once(join)
            && stands_alone(head)
            && stands_alone(tail)
        {
            let mut parts = vec![bare(head).to_owned()];
            parts.extend(at_conjunctions(tail.trim(), left - 1));
            return parts;
        }
    }
    vec![bare(part).to_owned()]
}

/// A part without the conjunction that it begins with.
fn bare(part: &str) -> &str {
    let rest = ["и ", "а ", "ну ", "and "].iter().find_map(|start| part.strip_prefix(start));
    rest.unwrap_or(part).trim()
}

/// Whether words can be a request of their own: they ask, they want, or they name an amount.
fn stands_alone(words: &str) -> bool {
    const ASKS: &[&str] = &[
        "есть",
        "можно",
        "можете",
        "сколько",
        "какая",
        "какой",
        "какие",
        "когда",
        "где",
        "нужен",
        "нужна",
        "нужно",
        "нужны",
        "хочу",
        "доставк",
        "доставляете",
        "доставите",
        "оплат",
        "счет",
        "счёт",
        "гаранти",
        "возьму",
        "беру",
        "покажите",
        "ищу",
        "как",
        "посоветуйте",
        "работаете",
        "позовите",
        "перезвоните",
        "скидк",
        "до",
        "за",
        "от",
        "do",
        "can",
        "is",
        "are",
        "what",
        "how",
        "when",
        "where",
        "need",
        "want",
        "deliver",
        "delivery",
        "pay",
        "warranty",
        "call",
        "show",
        "under",
        "below",
        "discount",
    ];
    let lower = words.to_lowercase();
    let mut before = "";
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| {
        let asks = |ask: &&str| if ask.chars().count() > 4 { word.starts_with(*ask) } else { word == *ask };
        let found = ASKS.iter().any(asks) || is_of_you(word) && !PREPOSITIONS.contains(&before);
        before = word;
        found
    })
}

/// Prepositions of the prepositional case, whose nouns end as verbs do: «в пакете».
const PREPOSITIONS: &[&str] = &["в", "во", "на", "о", "об", "при", "по"];

/// Whether a word has the form of a verb that asks whom it is said to: «стрижёте», «чините».
fn is_of_you(word: &str) -> bool {
    /// The fewest characters of such a verb.
    const SHORTEST: usize = 5;
    word.chars().count() >= SHORTEST && ["ете", "ёте", "ите"].iter().any(|ending| word.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(parts(text), expected, "{text}");
    }

    #[test]
    fn parts_that_mean_nothing_alone_belong_to_the_one_before() {
        let said = |wishes: Vec<Wish>| {
            wishes.into_iter().map(|wish| format!("{}: {}", wish.label, wish.text)).collect::<Vec<_>>()
        };
        let label =
            |label: &str| Some(ScoredLabel { label: label.to_owned(), score: 0.9, example: String::new() });
        let check = |parts: &[&str], labels: &[Option<ScoredLabel>], expected: &[&str]| {
            let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            assert_eq!(
                said(of(&parts, labels, |label| label == "hello", |label| label != "services")),
                expected
            );
        };
        check(
            &["здравствуйте", "нужен насос", "до 10 тысяч", "доставка есть"],
            &[label("hello"), label("product"), None, label("services")],
            &["product: нужен насос, до 10 тысяч", "services: доставка есть"],
        );
        check(
            &["дрель за 5000", "болгарку до 4000"],
            &[label("product"), label("product")],
            &["product: дрель за 5000", "product: болгарку до 4000"],
        );
        check(
            &["дрель", "шуруповёрт"],
            &[label("product"), label("product")],
            &["product: дрель, шуруповёрт"],
        );
        check(
            &["доставка есть", "по безналу можно"],
            &[label("services"), label("services")],
            &["services: доставка есть", "services: по безналу можно"],
        );
        check(
            &["добрый день", "как дела"],
            &[label("hello"), label("hello")],
            &["hello: добрый день, как дела"],
        );
    }

    #[test]
    fn a_message_is_taken_apart_at_marks_and_conjunctions() {
        check(
            "здравствуйте, нужен генератор 5 кВт, есть ли доставка в Тулу и можно ли оплатить по счёту?",
            &[
                "здравствуйте",
                "нужен генератор 5 кВт",
                "есть ли доставка в Тулу",
                "можно ли оплатить по счёту",
            ],
        );
        check("дрель за 5000 и болгарку до 4000", &["дрель за 5000", "болгарку до 4000"]);
        check("насос 3,5 кВт. Доставка есть?", &["насос 3,5 кВт", "Доставка есть"]);
        check("пила по дереву и металлу", &["пила по дереву и металлу"]);
        check("а стрижёте когти и сколько стоит ночь", &["стрижёте когти", "сколько стоит ночь"]);
        check("насос в пакете и сколько стоит ночь", &["насос в пакете и сколько стоит ночь"]);
        check("", &[]);
        check(
            "мой номер +7 916\n555-01-42, доставка есть?",
            &["мой номер +7 916\n555-01-42", "доставка есть"],
        );
        let story = "раз, два, три, четыре, пять, шесть, семь, восемь, девять";
        check(story, &[story]);
    }
}
