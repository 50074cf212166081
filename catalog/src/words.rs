//! Tokenises text into comparable words: lower case, units joined to their numbers, stems, look-alike letters folded.
//!
//! Shared by indexing, query parsing and import, so that all of them read a text alike. Nothing is ranked here.

mod size;
mod stems;
mod stop;
mod units;

use size::{factors, goes_on, marked, marked_number, marks_next};
pub(crate) use stems::{Latin, foreign, same_meaning};
pub(crate) use stop::is_stop_word;
use units::{Unit, canonical, fraction, number_and_unit, unit};

/// A word of a text, before stemming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case, with е for ё; a number with its unit is one word («18 В» is `18v`).
    pub text: String,
    /// For a number with a unit: the number alone, because a query may omit the unit.
    pub number: Option<String>,
    /// Whether a hyphen joins it to the previous word («WD-40»).
    pub joined: bool,
}

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let raw = numbers_joined(&split(text));
    let mut words: Vec<Word> = Vec::with_capacity(raw.len());
    let mut index = 0;
    while let Some((text, joined)) = raw.get(index) {
        index += 1;
        let joined = *joined;
        let quantity = |number: &str, unit: Unit| Word {
            text: unit.of(number),
            number: Some(canonical(number)),
            joined,
        };
        if let Some((value, unit)) = number_and_unit(text) {
            words.push(quantity(value, unit));
        } else if is_number(text)
            && let Some((next, _)) = raw.get(index)
            && let Some(unit) = unit(next)
        {
            index += 1;
            words.push(quantity(text, unit));
        } else if is_number(text) {
            words.push(Word { text: canonical(text), number: None, joined });
        } else if let Some((mark, number)) = marked_number(text) {
            let number = canonical(number);
            words.push(Word { text: format!("{mark}{number}"), number: Some(number), joined });
        } else {
            words.push(Word { text: fold_code(text), number: None, joined });
        }
    }
    words
}

/// Converts fractions to decimals, splits sizes into their numbers, and drops an "x" between two numbers.
fn numbers_joined(raw: &[(String, bool)]) -> Vec<(String, bool)> {
    let mut joined: Vec<(String, bool)> = Vec::with_capacity(raw.len());
    let mut position = 0;
    while let Some((text, hyphen)) = raw.get(position) {
        let next = raw.get(position + 1).map_or("", |(next, _)| next.as_str());
        position += 1;
        let after_number = || joined.last().is_some_and(|(last, _)| is_number(last));
        let whole =
            || joined.last().filter(|(last, _)| last.chars().all(digit)).map(|(last, _)| last.clone());
        if let Some(value) = fraction(None, text) {
            match whole().and_then(|whole| fraction(Some(&whole), text)) {
                Some(value) => {
                    if let Some(last) = joined.last_mut() {
                        last.0 = value;
                    }
                }
                None => joined.push((value, *hyphen)),
            }
        } else if marks_next(text, next) && !after_number() {
            // «М 10х1,5» is «М10х1,5».
            position += 1;
            joined.extend(factors(&format!("{text}{next}")).into_iter().map(|part| (part, false)));
        } else if text.contains('/') || marked(text).is_some() || text.starts_with(digit) {
            joined.extend(factors(text).into_iter().map(|part| (part, *hyphen)));
        } else if !(matches!(text.as_str(), "x" | "х") && position > 1 && next.starts_with(digit)) {
            joined.push((text.clone(), *hyphen));
        }
    }
    joined
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// All terms under which a text is indexed: stems, numbers without their units, and hyphenated codes without the
/// hyphen.
pub(crate) fn index_terms(text: &str) -> Vec<String> {
    let (words, language) = (words(text), Latin::of(text));
    let mut terms = Vec::with_capacity(words.len() + 4);
    for (position, word) in words.iter().enumerate() {
        terms.push(language.stem(&word.text));
        terms.extend(word.number.clone());
        // «WD-40» must also be found as "wd40"; joining plain words would only grow the index.
        if word.joined
            && let Some(before) = position.checked_sub(1).and_then(|before| words.get(before))
            && (has_digit(&word.text) || has_digit(&before.text))
        {
            terms.push(fold_code(&format!("{}{}", before.text, word.text)));
        }
    }
    terms
}

/// The stem of a lower-case word of a query: like that of a word in a text of which nothing shows the language.
pub(crate) fn stem(word: &str) -> String {
    Latin::English.stem(word)
}

/// Normalises an article number for comparison: upper case, letters and digits only, Cyrillic look-alikes as Latin.
/// Leading zeros are significant and stay.
pub(crate) fn normalise_article(article: &str) -> String {
    article.chars().flat_map(char::to_uppercase).filter(|c| c.is_alphanumeric()).map(latin_twin).collect()
}

/// Words after which a client or a name says what the product is to lack or lacks.
pub(crate) const WITHOUT: [&str; 6] = ["без", "кроме", "крім", "without", "except", "excluding"];

/// Whether a character is a Cyrillic letter.
pub(crate) fn is_cyrillic(c: char) -> bool {
    ('\u{0400}'..='\u{04FF}').contains(&c)
}

/// Whether a word has a digit.
pub(crate) fn has_digit(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit())
}

/// Whether a word is a number without a unit.
pub(crate) fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Splits a text into lower-case runs of letters and digits, each with whether a hyphen precedes it. A decimal mark
/// between digits is kept as a point, a slash between whole numbers as a slash.
fn split(text: &str) -> Vec<(String, bool)> {
    let chars: Vec<char> = text.chars().flat_map(char::to_lowercase).map(plain).collect();
    let mut found = Vec::new();
    let mut current = String::new();
    let mut joined = false;
    for (position, &c) in chars.iter().enumerate() {
        let before = position.checked_sub(1).and_then(|at| chars.get(at)).copied().unwrap_or(' ');
        let after = chars.get(position + 1).copied().unwrap_or(' ');
        if c.is_alphanumeric() {
            current.push(c);
        } else if (c == '.' || c == ',')
            && before.is_ascii_digit()
            && after.is_ascii_digit()
            && (is_number(&current) || goes_on(&current))
        {
            current.push('.');
        } else if c == '.' && after.is_ascii_digit() && current.is_empty() && !before.is_alphanumeric() {
            current.push_str("0.");
        } else if c == '/' && before.is_ascii_digit() && after.is_ascii_digit() && goes_on(&current) {
            current.push('/');
        } else {
            let ended = !current.is_empty();
            if ended {
                found.push((std::mem::take(&mut current), joined));
            }
            joined = c == '-' && ended;
            // Feet and inches may be written as marks after the number.
            if before.is_ascii_digit() && matches!(c, '"' | '″' | '”') {
                found.push(("in".into(), false));
            } else if before.is_ascii_digit() && matches!(c, '′') {
                found.push(("ft".into(), false));
            }
        }
    }
    if !current.is_empty() {
        found.push((current, joined));
    }
    found
}

fn plain(c: char) -> char {
    match c {
        'ё' => 'е',
        '⌀' | '∅' => 'ø',
        'é' | 'è' | 'ê' | 'ę' => 'e',
        'ä' | 'à' | 'á' | 'â' | 'ą' => 'a',
        'ö' | 'ó' | 'ô' => 'o',
        'ü' | 'ú' | 'ù' => 'u',
        'í' | 'î' => 'i',
        'ć' | 'č' => 'c',
        'ł' => 'l',
        'ń' => 'n',
        'ś' | 'š' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        '‑' | '–' => '-',
        '²' => '2',
        '³' => '3',
        _ => c,
    }
}

/// Folds Cyrillic look-alikes inside a code («Т91204») to Latin; plain words are unchanged.
fn fold_code(word: &str) -> String {
    if has_digit(word) { word.chars().map(latin_twin).collect() } else { word.to_owned() }
}

fn latin_twin(c: char) -> char {
    match c {
        'А' => 'A',
        'В' => 'B',
        'С' => 'C',
        'Е' => 'E',
        'Н' => 'H',
        'К' => 'K',
        'М' => 'M',
        'О' => 'O',
        'Р' => 'P',
        'Т' => 'T',
        'Х' => 'X',
        'У' => 'Y',
        'І' => 'I',
        'а' => 'a',
        'в' => 'b',
        'с' => 'c',
        'е' => 'e',
        'н' => 'h',
        'к' => 'k',
        'м' => 'm',
        'о' => 'o',
        'р' => 'p',
        'т' => 't',
        'х' => 'x',
        'у' => 'y',
        'і' => 'i',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = words(text).into_iter().map(|word| stem(&word.text)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_number_and_its_unit_are_one_word() {
        check("18В", &["18v"]);
        check("18 В", &["18v"]);
        check("18v", &["18v"]);
        check("2,6 Дж", &["2.6j"]);
        check("2.6j", &["2.6j"]);
        check("15lb", &["15lb"]);
        check("15 lbs.", &["15lb"]);
        check("18x24", &["18", "24"]);
        check("20х30х5мм", &["20", "30", "5mm"]);
        check("4 ft. x 8 ft.", &["4ft", "8ft"]);
        check("1-1/2 in. x 5/8\"", &["1.5in", "0.625in"]);
        check("1 1/2 .25 24/7 M8x20", &["1.5", "0.25", "24", "7", "m8", "20"]);
        check("М 10х1,5 М10х1,5", &["m10", "1.5", "m10", "1.5"]);
        check("Ф20х350/410 ⌀20 F1/2\"-M3/4\"", &["d20", "350", "410", "d20", "0.5in", "0.75in"]);
        check("7,5х22,5 13х13 10,0", &["7.5", "22.5", "13", "13", "10"]);
        check("60 см 600 мм 0,6 м 500г 0,5 кг 3т", &["600mm", "600mm", "600mm", "0.5kg", "0.5kg", "3t"]);
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        check("перфораторы перфоратора перфоратор", &["перфоратор"; 3]);
        check("drills drill", &["drill"; 2]);
        check("Шуруповёрт шуруповерт", &["шуруповерт"; 2]);
    }

    #[test]
    fn codes_have_the_same_terms_in_any_spelling() {
        assert_eq!(index_terms("WD-40"), ["wd", "40", "wd40"]);
        assert_eq!(index_terms("Т91204"), index_terms("T91204"));
        assert_eq!(normalise_article("Т-912 04"), normalise_article("t91204"));
        assert_ne!(normalise_article("091204"), normalise_article("91204"));
    }
}
