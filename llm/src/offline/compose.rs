//! One or two sentences that offer products. Products are named by reference only (`[1]`). The text contains no other
//! digit, so nothing in it can be taken for a price.

use tolmach_engine::language::Language;

/// The text that offers `count` products (at least one); the cards below it show them all. The wording depends on a
/// hash of the question: the same question always gets the same text.
pub(super) fn offer(count: usize, question: &str, language: Language) -> String {
    let choice = usize::from(blake3::hash(question.trim().as_bytes()).as_bytes()[0]);
    let variants: [&str; 3] = match (language, count) {
        (Language::Ru, 0 | 1) => [
            "Под ваш запрос подходит [1]. Подробности — в карточке ниже.",
            "Есть подходящий вариант: [1]. Посмотрите карточку ниже.",
            "Могу предложить [1]. Все данные — в карточке ниже.",
        ],
        (Language::En, 0 | 1) => [
            "[1] fits your request. See the card below for the details.",
            "There is a match: [1]. The details are in the card below.",
            "I can offer [1]. Everything about it is in the card below.",
        ],
        (Language::Ru, _) => [
            "Вот что подходит. Ближе всего к запросу — [1].",
            "Есть из чего выбрать: например, [1]. Сравните варианты ниже.",
            "Нашлись подходящие варианты, первым посмотрите [1].",
        ],
        (Language::En, _) => [
            "Here is what fits. The closest to your request is [1].",
            "There is a choice: for example, [1]. Compare the options below.",
            "I found some options; have a look at [1] first.",
        ],
    };
    variants[choice % variants.len()].to_owned()
}
