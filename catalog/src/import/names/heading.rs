//! Splits a heading into comparable words and matches it against tables of phrases.
//!
//! Only whole words and phrases of whole words match, so that «Наличник» is not «наличие» and «Складной» not «склад».
//! A phrase of one word may begin with `*`: it then matches every word with that end, which is how German builds
//! compounds («Listenpreis», "Bestellnummer"). What a phrase means is said in the tables, not here.

use std::collections::{HashMap, HashSet};

/// Longest phrase of the tables in words.
const LONGEST_PHRASE: usize = 5;
/// Words of a heading that are compared; a longer one is a sentence.
const MAX_WORDS: usize = 16;

/// A heading as words: lower case, without diacritics, signs such as `№` and `%` as words of their own.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    pub words: Vec<String>,
    phrases: HashSet<String>,
}

impl Heading {
    pub fn new(text: &str) -> Heading {
        let words = words(text);
        let mut phrases = HashSet::new();
        for start in 0..words.len() {
            for end in start + 1..=(start + LONGEST_PHRASE).min(words.len()) {
                phrases.extend(words.get(start..end).map(|part| part.join(" ")));
            }
        }
        phrases.insert(words.join(" "));
        Heading { words, phrases }
    }

    /// Whether one of the phrases stands in the heading.
    pub fn has(&self, phrases: &Phrases) -> bool {
        self.phrases.iter().any(|phrase| phrases.whole.contains(phrase.as_str()))
            || self.words.iter().any(|word| phrases.ends.iter().any(|end| word.ends_with(end)))
    }

    /// Whether the heading, without units and currencies around it, is one of the phrases.
    pub fn is(&self, phrases: &Phrases) -> bool {
        let (whole, bare) = (self.words.join(" "), self.bare().join(" "));
        phrases.whole.contains(whole.as_str()) || phrases.whole.contains(bare.as_str())
    }

    /// The words without the units and currencies that headings add («Кол-во, шт.»).
    pub fn bare(&self) -> &[String] {
        let filler = |word: &String| FILLER.contains(&word.as_str());
        let start = self.words.iter().position(|word| !filler(word)).unwrap_or(0);
        let end = self.words.iter().rposition(|word| !filler(word)).map_or(self.words.len(), |at| at + 1);
        self.words.get(start..end).unwrap_or_default()
    }

    /// The first word; empty for a heading without any.
    pub fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }
}

/// Units, currencies and marks around the words that say what a column is.
const FILLER: &[&str] = &[
    "шт",
    "штук",
    "штука",
    "руб",
    "₽",
    "грн",
    "₴",
    "тг",
    "тенге",
    "₸",
    "дана",
    "pcs",
    "pc",
    "ea",
    "szt",
    "stk",
    "st",
    "stück",
    "stuck",
    "usd",
    "eur",
    "rub",
    "uah",
    "kzt",
    "pln",
    "zl",
    "$",
    "€",
    "£",
];

/// A table of phrases. Its lines list several, with commas between them.
#[derive(Debug)]
pub(super) struct Phrases {
    whole: HashSet<&'static str>,
    /// Ends of words, from phrases that begin with `*`.
    ends: Vec<&'static str>,
}

impl Phrases {
    pub fn new(lines: &[&'static str]) -> Phrases {
        let mut phrases = Phrases { whole: HashSet::new(), ends: Vec::new() };
        for phrase in split(lines) {
            match phrase.strip_prefix('*') {
                Some(end) => phrases.ends.push(end),
                None => {
                    phrases.whole.insert(phrase);
                }
            }
        }
        phrases
    }

    /// Whether a word is a phrase of its own.
    pub fn has_word(&self, word: &str) -> bool {
        self.whole.contains(word)
    }

    /// The words of all phrases.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        self.whole.iter().flat_map(|phrase| phrase.split(' '))
    }

    pub fn ends(&self) -> &[&'static str] {
        &self.ends
    }
}

fn split(lines: &[&'static str]) -> impl Iterator<Item = &'static str> {
    lines.iter().flat_map(|line| line.split(", "))
}

/// What a group of phrases means. The tables list phrases as [`Phrases::new`] takes them.
#[derive(Debug)]
pub(super) struct Rule<M: 'static> {
    pub means: M,
    /// Phrases that are the whole heading.
    pub is: &'static [&'static str],
    /// Phrases that stand anywhere in it.
    pub has: &'static [&'static str],
    /// Phrases that rule the meaning out.
    pub unless: &'static [&'static str],
}

/// Rules with the phrases indexed, so that a heading costs its own length and not that of the tables.
#[derive(Debug)]
pub(super) struct Rules<M> {
    rules: Vec<(M, Phrases)>,
    is: HashMap<&'static str, Vec<usize>>,
    has: HashMap<&'static str, Vec<usize>>,
    /// Ends of words, from phrases that begin with `*`.
    ends: Vec<(&'static str, usize)>,
}

impl<M: Copy> Rules<M> {
    pub fn new(table: &'static [Rule<M>]) -> Rules<M> {
        let mut found =
            Rules { rules: Vec::new(), is: HashMap::new(), has: HashMap::new(), ends: Vec::new() };
        for (at, rule) in table.iter().enumerate() {
            found.rules.push((rule.means, Phrases::new(rule.unless)));
            for phrase in split(rule.is) {
                found.is.entry(phrase).or_default().push(at);
            }
            for phrase in split(rule.has) {
                match phrase.strip_prefix('*') {
                    Some(end) => found.ends.push((end, at)),
                    None => found.has.entry(phrase).or_default().push(at),
                }
            }
        }
        found
    }

    /// The meaning of the first rule that the heading meets.
    pub fn meaning(&self, heading: &Heading) -> Option<M> {
        let mut met: Vec<usize> = Vec::new();
        for text in [heading.words.join(" "), heading.bare().join(" ")] {
            met.extend(self.is.get(text.as_str()).into_iter().flatten());
        }
        for phrase in &heading.phrases {
            met.extend(self.has.get(phrase.as_str()).into_iter().flatten());
        }
        for (end, at) in &self.ends {
            if heading.words.iter().any(|word| word.ends_with(end)) {
                met.push(*at);
            }
        }
        met.sort_unstable();
        met.iter()
            .filter_map(|at| self.rules.get(*at))
            .find(|(_, unless)| !heading.has(unless))
            .map(|(means, _)| *means)
    }
}

/// Splits a heading into words. `partNumber` is two words, a sign of its own meaning is one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for c in text.chars() {
        let sign = matches!(c, '№' | '#' | '%' | '°') || is_currency_sign(c);
        let new_word = before.is_ascii_lowercase() && c.is_ascii_uppercase();
        if sign || new_word || !c.is_alphanumeric() {
            words.extend(finished(&mut word));
        }
        if sign {
            words.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.extend(c.to_lowercase().map(fold));
        }
        before = c;
        if words.len() >= MAX_WORDS {
            break;
        }
    }
    words.extend(finished(&mut word));
    words
}

pub(in crate::import) fn is_currency_sign(c: char) -> bool {
    matches!(c, '$' | '£' | '¥' | '\u{20A0}'..='\u{20CF}' | '֏' | '￥')
}

/// The word, with Latin letters that stand in a Cyrillic word as if they were Cyrillic.
fn finished(word: &mut String) -> Option<String> {
    let word = std::mem::take(word);
    if word.is_empty() {
        return None;
    }
    let cyrillic = word.chars().filter(|c| crate::words::is_cyrillic(*c)).count();
    let latin = word.chars().filter(char::is_ascii_alphabetic).count();
    let mixed = cyrillic > latin && latin > 0;
    Some(if mixed { word.chars().map(cyrillic_twin).collect() } else { word })
}

fn cyrillic_twin(c: char) -> char {
    match c {
        'a' => 'а',
        'b' => 'в',
        'c' => 'с',
        'e' => 'е',
        'h' => 'н',
        'i' => 'і',
        'k' => 'к',
        'm' => 'м',
        'o' => 'о',
        'p' => 'р',
        't' => 'т',
        'x' => 'х',
        'y' => 'у',
        other => other,
    }
}

/// Letters without diacritics, because headings are written with and without them.
fn fold(c: char) -> char {
    match c {
        'ё' => 'е',
        'ä' | 'ą' | 'á' | 'à' | 'â' => 'a',
        'ö' | 'ó' | 'ò' | 'ô' => 'o',
        'ü' | 'ú' | 'ù' => 'u',
        'ć' | 'č' | 'ç' => 'c',
        'ę' | 'é' | 'è' | 'ê' => 'e',
        'ł' => 'l',
        'ń' | 'ñ' => 'n',
        'ś' | 'š' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        'ß' => 's',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_headings_into_words() {
        let check = |text: &str, expected: &str| assert_eq!(words(text).join(" "), expected, "{text}");
        check("Кат. №", "кат №");
        check("Art.-Nr.", "art nr");
        check("partNumber", "part number");
        check("Ilość, szt.", "ilosc szt");
        check("Größe", "grose");
        check("Цена, $", "цена $");
        check("Aртикул", "артикул");
        check("product_uid", "product uid");
    }

    #[test]
    fn finds_whole_words_and_ends_of_german_compounds() {
        let heading = Heading::new("Listenpreis (EUR)");
        assert!(heading.has(&Phrases::new(&["*preis"])) && heading.is(&Phrases::new(&["x, listenpreis"])));
        assert!(!Heading::new("Наличник").has(&Phrases::new(&["налич, наличие"])));
        assert!(Heading::new("Цена без скидки, руб").has(&Phrases::new(&["без скидки"])));
    }
}
