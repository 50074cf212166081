//! A sentence or two that offer rows of the catalogue. Rows are named by reference only (`[1]`); there is no other
//! digit, so nothing here can be mistaken for a price.

use tolmach_engine::language::Language;

/// Offers `count` rows, at least one. The same question always gets the same words, different ones vary.
pub(super) fn offer(count: usize, question: &str, language: Language) -> String {
    let choice = usize::from(blake3::hash(question.trim().as_bytes()).as_bytes()[0]);
    let pick = |variants: &[&str]| {
        variants.get(choice % variants.len().max(1)).copied().unwrap_or_default().to_owned()
    };
    match (language, count) {
        (Language::Ru, 0 | 1) => pick(&[
            "Под ваш запрос подходит [1]. Подробности — в карточке ниже.",
            "Есть подходящий вариант: [1]. Посмотрите карточку ниже.",
            "Могу предложить [1]. Все данные — в карточке ниже.",
        ]),
        (Language::En, 0 | 1) => pick(&[
            "[1] fits your request. See the card below for the details.",
            "There is a match: [1]. The details are in the card below.",
            "I can offer [1]. Everything about it is in the card below.",
        ]),
        (Language::Ru, _) => pick(&[
            "Нашлось {count}: {named}. Подробности — в карточках ниже.",
            "Под ваш запрос подходит {count}. В первую очередь обратите внимание на {named}.",
            "Могу предложить {count}: {named}. Сравните карточки ниже.",
        ])
        .replace("{count}", russian_count(count))
        .replace("{named}", &named(count, "и", "и другие")),
        (Language::En, _) => pick(&[
            "I found {count}: {named}. The details are in the cards below.",
            "There are {count} for your request. Take a look at {named} first.",
            "I can offer {count}: {named}. Compare the cards below.",
        ])
        .replace("{count}", english_count(count))
        .replace("{named}", &named(count, "and", "and others")),
    }
}

/// The first three rows by reference.
fn named(count: usize, and: &str, and_others: &str) -> String {
    match count {
        0 | 1 => "[1]".to_owned(),
        2 => format!("[1] {and} [2]"),
        3 => format!("[1], [2] {and} [3]"),
        _ => format!("[1], [2], [3] {and_others}"),
    }
}

fn russian_count(count: usize) -> &'static str {
    match count {
        2 => "два варианта",
        3 => "три варианта",
        4 => "четыре варианта",
        5 => "пять вариантов",
        _ => "несколько вариантов",
    }
}

fn english_count(count: usize) -> &'static str {
    match count {
        2 => "two options",
        3 => "three options",
        4 => "four options",
        5 => "five options",
        _ => "several options",
    }
}
