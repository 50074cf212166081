//! What people read of a message, and its words as they are searched for.

use tolmach_engine::effect::{Author, Outgoing};

/// The characters of a message that can be searched for.
const INDEXED: usize = 20_000;
/// The characters of a word that count.
const WORD: usize = 64;
/// The characters of a search that count.
const SEARCH: usize = 200;
/// The words of a search that count.
const SEARCH_WORDS: usize = 8;

/// What people read of a message: its text, and the names of its products and files. `body` is as in [`crate::ports::MessageRow`].
pub fn shown(who: Author, body: &str) -> String {
    if who == Author::Client {
        return body.to_owned();
    }
    let Ok(outgoing) = serde_json::from_str::<Outgoing>(body) else { return String::new() };
    let cards = outgoing.cards.iter().map(|card| card.name.as_str());
    let files = outgoing.files.iter().map(|file| file.name.as_str());
    std::iter::once(outgoing.text.as_str())
        .chain(cards)
        .chain(files)
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

/// The words of a text as an index of messages keeps them: letters and digits in lower case, «ё» as «е».
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let end = text.char_indices().nth(INDEXED).map_or(text.len(), |(end, _)| end);
    let text = text.get(..end).unwrap_or_default();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(word)
}

/// The words that a search wants: those of its first 200 characters, eight at most, each once.
pub fn searched(text: &str) -> Vec<String> {
    let start: String = text.chars().take(SEARCH).collect();
    let mut searched = Vec::new();
    for word in words(&start) {
        if searched.len() < SEARCH_WORDS && !searched.contains(&word) {
            searched.push(word);
        }
    }
    searched
}

/// Whether a message's word is one that a search wants: by its beginning, or, where a single letter is wanted, as a whole.
pub fn is_meant(word: &str, wanted: &str) -> bool {
    if is_letter(wanted) { word == wanted } else { word.starts_with(wanted) }
}

/// Whether a wanted word is a single letter. Too many words begin with it.
pub fn is_letter(wanted: &str) -> bool {
    wanted.chars().nth(1).is_none()
}

fn word(word: &str) -> String {
    word.chars()
        .take(WORD)
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .map(|c| if c == 'ё' { 'е' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_into_words_in_lower_case() {
        let words: Vec<String> = words("Счёт № 12-3, «Ёлка» ann@Example.com\0").collect();
        assert_eq!(words, ["счет", "12", "3", "елка", "ann", "example", "com"]);
    }

    #[test]
    fn a_search_is_bounded() {
        assert_eq!(searched("ёж ЕЖ * \"и\" OR (не) NEAR/2"), ["еж", "и", "or", "не", "near", "2"]);
        assert_eq!(searched(&"а ".repeat(10_000)), ["а"]);
        assert_eq!(searched(&"щ".repeat(10_000)), ["щ".repeat(64)]);
        let numbers: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        assert_eq!(searched(&numbers.join(" ")).len(), SEARCH_WORDS);
        assert_eq!(searched("'\"*&|!:()"), Vec::<String>::new());
    }

    #[test]
    fn a_letter_is_meant_as_a_whole() {
        assert!(is_meant("насос", "нас") && is_meant("и", "и"));
        assert!(!is_meant("иван", "и") && !is_meant("насос", "сос"));
    }

    #[test]
    fn of_a_card_people_read_the_name() {
        let body = r#"{"text":"Нашёл:","cards":[{"name":"Насос"},{"name":"Помпа"}]}"#;
        let card = tolmach_engine::effect::Card { name: "Насос".to_owned(), ..Default::default() };
        let outgoing = Outgoing { text: "Нашёл:".to_owned(), cards: vec![card], ..Outgoing::default() };
        let body_of_one = serde_json::to_string(&outgoing).expect("JSON");
        assert_eq!(shown(Author::Bot, &body_of_one), "Нашёл: · Насос");
        assert_eq!(shown(Author::Client, body), body);
        assert_eq!(shown(Author::Staff, "no JSON"), "");
    }
}
