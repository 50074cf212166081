//! Stems of words: Russian rules for Cyrillic, for Latin those of English, German or Polish by the text that a word stands in.
//!
//! Ukrainian and Kazakh words are written with Russian letters first, so that one spelling finds what the languages share;
//! words of different roots are in [`SAME_MEANING`].

use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};

use super::{has_digit, is_cyrillic};

static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::Russian));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));
static GERMAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::German));
static POLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::Polish));

/// The rules for the Latin words of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Latin {
    /// English, also where the text does not show its language.
    #[default]
    English,
    /// German.
    German,
    /// Polish.
    Polish,
}

impl Latin {
    /// Tells the language by letters and small words that the others do not have. A Cyrillic text has English words.
    pub(crate) fn of(text: &str) -> Latin {
        if text.chars().any(is_cyrillic) {
            return Latin::English;
        }
        let lower = text.to_lowercase();
        let has = |letters: &[char]| lower.contains(letters);
        let says =
            |small: &[&str]| lower.split(|c: char| !c.is_alphabetic()).any(|word| small.contains(&word));
        if has(&['ą', 'ę', 'ł', 'ń', 'ś', 'ź', 'ż', 'ć']) || says(&["dla", "szt", "ze", "oraz", "typu"])
        {
            Latin::Polish
        } else if is_german(&lower) || says(&["und", "mit", "für", "stk", "stück", "zum", "zur", "ohne"]) {
            Latin::German
        } else {
            Latin::English
        }
    }

    /// The stem of a lower-case word. Words with a digit are unchanged.
    pub(crate) fn stem(self, word: &str) -> String {
        if has_digit(word) {
            word.to_owned()
        } else if word.chars().any(is_cyrillic) {
            cyrillic(word)
        } else {
            let stemmer = match self {
                Latin::English => &ENGLISH,
                Latin::German => &GERMAN,
                Latin::Polish => &POLISH,
            };
            stemmer.stem(word).into_owned()
        }
    }
}

/// Whether a word has a letter of German and is no maker's name, which stands in rows of every language.
fn is_german(lower: &str) -> bool {
    const MAKERS: [&str; 6] = ["kärcher", "würth", "häfele", "bürkert", "böllhoff", "müller"];
    let mut words = lower.split(|c: char| !c.is_alphabetic());
    words.any(|word| word.contains(['ä', 'ö', 'ü', 'ß']) && !MAKERS.contains(&word))
}

/// The stems that a Latin word of a query has in rows of these languages.
pub(crate) fn foreign(word: &str, languages: &[Latin]) -> Vec<String> {
    languages.iter().map(|language| language.stem(word)).collect()
}

/// Stems of the same meaning in Russian and in Ukrainian or Kazakh, as stems are written here.
pub(crate) fn same_meaning(stem: &str) -> impl Iterator<Item = &'static str> {
    static STEMS: LazyLock<Vec<(String, String)>> =
        LazyLock::new(|| SAME_MEANING.iter().map(|(a, b)| (cyrillic(a), cyrillic(b))).collect());
    STEMS.iter().filter_map(
        move |(a, b)| {
            if a == stem { Some(b.as_str()) } else { (b == stem).then_some(a.as_str()) }
        },
    )
}

/// The stem of a Cyrillic word, with one spelling of what people and languages spell differently: the vowel after a hissing
/// consonant («трещотка» and «трещетка»), double consonants («аккумулятор», «акумулятор»), «э» and «е», «ы» and «и».
fn cyrillic(word: &str) -> String {
    let russian: String = word.chars().map(russian_letter).collect();
    let mut folded = String::with_capacity(russian.len());
    let mut before = ' ';
    for c in RUSSIAN.stem(&russian).chars() {
        let c = match c {
            'о' if matches!(before, 'ж' | 'ц' | 'ч' | 'ш' | 'щ') => 'е',
            'э' => 'е',
            'ы' => 'и',
            c => c,
        };
        if c != before || is_vowel(c) {
            folded.push(c);
        }
        before = c;
    }
    folded
}

fn is_vowel(c: char) -> bool {
    "аеиоуюя".contains(c)
}

/// The Russian letter for one that Russian does not have.
fn russian_letter(c: char) -> char {
    match c {
        'і' | 'ї' => 'и',
        'є' => 'е',
        'ґ' | 'ғ' => 'г',
        'ә' => 'а',
        'қ' => 'к',
        'ң' => 'н',
        'ө' => 'о',
        'ұ' | 'ү' => 'у',
        'һ' => 'х',
        'ў' => 'у',
        c => c,
    }
}

/// Words of goods whose roots differ: Russian, and Ukrainian or Kazakh.
#[rustfmt::skip]
const SAME_MEANING: &[(&str, &str)] = &[
    ("отвертка", "викрутка"), ("сверло", "свердло"), ("дрель", "дриль"), ("двигатель", "двигун"),
    ("сварочный", "зварювальний"), ("сварка", "зварювання"), ("резиновый", "гумовий"), ("перчатки", "рукавички"),
    ("гвоздь", "цвях"), ("топор", "сокира"), ("лестница", "драбина"), ("проволока", "дріт"), ("краска", "фарба"),
    ("кисть", "пензель"), ("щетка", "щітка"), ("уровень", "рівень"), ("скважинный", "свердловинний"),
    ("обогреватель", "обігрівач"), ("смеситель", "змішувач"), ("дверь", "двері"), ("окно", "вікно"),
    ("ремень", "ремінь"), ("масло", "олива"), ("подшипник", "підшипник"), ("саморез", "саморіз"), ("тиски", "лещата"),
    ("лента", "стрічка"), ("зеркало", "дзеркало"), ("стол", "стіл"), ("стул", "стілець"), ("шкаф", "шафа"),
    ("чугунный", "чавунний"), ("медный", "мідний"), ("набор", "набір"), ("запчасть", "запчастина"), ("вытяжка", "витяжка"),
    ("плитка", "плитка"), ("пылесос", "пилосос"), ("пылесос", "порохотяг"), ("стеклоочиститель", "склоочисник"),
    ("стекло", "скло"), ("колесо", "колесо"), ("шина", "шина"), ("аккумулятор", "батарея"), ("свеча", "свічка"),
    ("крышка", "кришка"), ("ведро", "відро"), ("лопата", "лопата"), ("уголок", "куточок"), ("крепеж", "кріплення"),
    ("крючок", "гачок"), ("насос", "помпа"), ("топливный", "паливний"), ("воздушный", "повітряний"),
    ("передний", "передній"), ("задний", "задній"), ("левый", "лівий"), ("правый", "правий"), ("зажигание", "запалювання"),
    ("сцепление", "зчеплення"), ("тормозной", "гальмівний"), ("подвеска", "підвіска"), ("бумага", "папір"),
    ("насос", "сорғы"), ("труба", "құбыр"), ("ключ", "кілт"), ("молоток", "балға"), ("лопата", "күрек"),
    ("дверь", "есік"), ("окно", "терезе"), ("краска", "бояу"), ("провод", "сым"), ("перчатки", "қолғап"),
    ("топор", "балта"), ("гвоздь", "шеге"), ("ножницы", "қайшы"), ("фильтр", "сүзгі"), ("масло", "май"),
    ("цепь", "тізбек"), ("ремень", "белдік"), ("лампа", "шам"), ("винт", "бұранда"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) {
        assert_eq!(Latin::English.stem(a), Latin::English.stem(b), "{a} and {b}");
    }

    #[test]
    fn one_word_has_one_stem_in_cognate_languages() {
        same("аккумуляторный", "акумуляторний");
        same("фильтр", "фільтр");
        same("трещотка", "трещетка");
        same("электрический", "електрический");
        same("генератор", "генераторы");
        assert_eq!(same_meaning(&cyrillic("викрутка")).collect::<Vec<_>>(), [cyrillic("отвертка")]);
        assert_eq!(same_meaning(&cyrillic("перчатка")).collect::<Vec<_>>(), ["рукавичк", "колгап"]);
    }

    #[test]
    fn the_text_of_a_row_tells_its_stemmer() {
        assert_eq!(Latin::of("Bohrhammer mit Koffer"), Latin::German);
        assert_eq!(Latin::of("Wiertarka udarowa dla majsterkowicza"), Latin::Polish);
        assert_eq!(Latin::of("Śruba M8"), Latin::Polish);
        assert_eq!(Latin::of("Rohrschlüssel 14 Zoll"), Latin::German);
        assert_eq!(Latin::of("Kärcher pressure washer"), Latin::English);
        assert_eq!(Latin::of("Cordless drill"), Latin::English);
        assert_eq!(Latin::of("Насос für"), Latin::English);
        assert_eq!(Latin::German.stem("schrauben"), Latin::German.stem("schraube"));
        assert_eq!(Latin::Polish.stem("wiertarki"), Latin::Polish.stem("wiertarka"));
    }
}
