//! Finds the words of a name that say what the product is: «Ремкомплект» in «Ремкомплект для ключа динамометрического», "filter"
//! in "Charcoal Filter for Range Hood".
//!
//! Grammar alone decides, without a dictionary, so it is a guess. It only moves rows in the ranking.

use crate::words;

/// Endings of adjectives, Russian and Ukrainian.
const ADJECTIVE: [&str; 12] = ["ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие", "ій", "еве", "ові"];
/// Endings of nouns that look like those of adjectives.
const NOUN: [&str; 4] = ["ние", "тие", "вие", "ьгий"];
/// Words after which something else is named than the product.
const PREPOSITIONS: [&str; 31] = [
    "без",
    "в",
    "від",
    "для",
    "до",
    "з",
    "за",
    "и",
    "из",
    "із",
    "к",
    "ко",
    "на",
    "от",
    "під",
    "по",
    "под",
    "при",
    "с",
    "со",
    "у",
    "через",
    "and",
    "for",
    "from",
    "fits",
    "in",
    "to",
    "w",
    "with",
    "without",
];

/// Whether a word begins a part of a name or query that says what the product is for, of or with.
pub(super) fn is_preposition(word: &str) -> bool {
    PREPOSITIONS.contains(&word)
}

/// The stems of a name that say what the product is. The head noun is repeated, which tells it from its modifier; a compound
/// with a hyphen has two head nouns.
///
/// An English name ends with its noun, before a preposition and before sizes. A Russian name starts with it, possibly after
/// adjectives and a brand.
pub(super) fn head(name: &str) -> Vec<String> {
    let words = words::words(name);
    let plain = |word: &words::Word| !words::has_digit(&word.text);
    let language = words::Latin::of(name);
    let stem = |word: &words::Word| language.stem(&word.text);
    let begins = words.iter().skip(1).position(|word| is_preposition(&word.text));
    if name.chars().any(words::is_cyrillic) {
        let main = words.get(..begins.map_or(words.len(), |at| at + 1)).unwrap_or_default();
        let native = |word: &words::Word| plain(word) && word.text.chars().all(words::is_cyrillic);
        let noun = main.iter().position(|word| {
            native(word)
                && word.text.chars().count() > 2
                && !is_preposition(&word.text)
                && !is_adjective(&word.text)
        });
        let Some(noun) = noun.or_else(|| main.iter().position(plain)) else { return Vec::new() };
        let second = words.get(noun + 1).filter(|next| next.joined && native(next));
        let nouns = main.get(noun).into_iter().chain(second);
        return nouns.flat_map(|noun| vec![stem(noun); 2]).collect();
    }
    // "in" may be a unit, so a name has at least two words before a preposition.
    let begins = words.iter().skip(2).position(|word| is_preposition(&word.text));
    let main = words.get(..begins.map_or(words.len(), |at| at + 2)).unwrap_or_default();
    let mut last = main.iter().rev().skip_while(|word| !plain(word));
    let mut terms = Vec::new();
    if let Some(noun) = last.next() {
        terms.extend(vec![stem(noun); 2]);
        terms.extend(last.next().filter(|word| plain(word)).map(stem));
    }
    terms
}

/// Whether a Cyrillic word ends like an adjective.
pub(super) fn is_adjective(word: &str) -> bool {
    ADJECTIVE.iter().any(|ending| word.ends_with(ending)) && !NOUN.iter().any(|ending| word.ends_with(ending))
}

#[cfg(test)]
mod tests {
    #[test]
    fn finds_the_head_noun_of_a_name() {
        let check = |name: &str, expected: &[&str]| assert_eq!(super::head(name), expected, "{name}");
        check("Перфоратор SDS-Plus 800 Вт", &["перфоратор"; 2]);
        check("Аккумуляторная дрель 18 В", &["дрел"; 2]);
        check("Ремкомплект для ключа", &["ремкомплект"; 2]);
        check("Stavrek насос погружной", &["насос"; 2]);
        check("Дрель-миксер 1200 Вт", &["дрел", "дрел", "миксер", "миксер"]);
        check("Крепление для трубы", &["креплен"; 2]);
        check("DEWALT 1/2 in. Cordless Drill with Battery", &["drill", "drill", "cordless"]);
        check("Wood Screws (100-Pack)", &["pack", "pack"]);
        check("Charcoal Filter for Range Hood", &["filter", "filter", "charcoal"]);
        check("", &[]);
    }
}
