//! Russian in Latin letters.

/// The letters of a transliteration, longest first.
const LETTERS: [(&str, &str); 34] = [
    ("shch", "щ"),
    ("sch", "щ"),
    ("zh", "ж"),
    ("ch", "ч"),
    ("sh", "ш"),
    ("yu", "ю"),
    ("ju", "ю"),
    ("ya", "я"),
    ("ja", "я"),
    ("yo", "е"),
    ("kh", "х"),
    ("ts", "ц"),
    ("a", "а"),
    ("b", "б"),
    ("v", "в"),
    ("g", "г"),
    ("d", "д"),
    ("e", "е"),
    ("z", "з"),
    ("i", "и"),
    ("k", "к"),
    ("l", "л"),
    ("m", "м"),
    ("n", "н"),
    ("o", "о"),
    ("p", "п"),
    ("r", "р"),
    ("s", "с"),
    ("t", "т"),
    ("u", "у"),
    ("f", "ф"),
    ("h", "х"),
    ("c", "ц"),
    ("j", "й"),
];
/// Endings of adjectives.
const ENDINGS: [(&str, &str); 4] = [("yy", "ый"), ("iy", "ий"), ("yi", "ый"), ("oi", "ой")];
const VOWELS: &str = "aeiou";

/// A lower-case word of Latin letters in Cyrillic ones; `None` if it has other letters or signs. «y» is a vowel after a
/// consonant and «й» after a vowel; an apostrophe is a soft sign.
pub(super) fn in_cyrillic(word: &str) -> Option<String> {
    let mut written = String::with_capacity(word.len() * 2);
    let mut before = ' ';
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let found =
            LETTERS.iter().find_map(|(latin, russian)| Some((*latin, *russian, rest.strip_prefix(latin)?)));
        let found = ENDINGS
            .iter()
            .find(|(ending, _)| *ending == rest)
            .map(|(_, russian)| (rest, *russian, ""))
            .or(found);
        match (found, first) {
            (Some((latin, russian, after)), _) => {
                written.push_str(russian);
                before = latin.chars().last().unwrap_or(' ');
                rest = after;
                continue;
            }
            (None, 'y') => written.push(if VOWELS.contains(before) { 'й' } else { 'ы' }),
            (None, 'w') => written.push('в'),
            (None, 'x') => written.push_str("кс"),
            (None, '\'') => written.push('ь'),
            _ => return None,
        }
        before = first;
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    Some(written)
}
