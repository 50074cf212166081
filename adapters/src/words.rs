//! How a text becomes words that can be compared: lower case, units joined to their numbers, stems, look-alike letters.
//!
//! Shared by the catalogue's index and the built-in embedder, so that both read a text alike. It does not rank anything.

use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};

static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::Russian));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));

/// A word of a text, before stemming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case, ё as е; a number with its unit is one word («18 В» is `18v`).
    pub text: String,
    /// For a number with a unit: the number alone, because a query may leave the unit out.
    pub number: Option<String>,
    /// Whether a hyphen joins it to the word before («WD-40»).
    pub joined: bool,
}

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let raw = split(text);
    let mut words: Vec<Word> = Vec::with_capacity(raw.len());
    let mut index = 0;
    while let Some((text, joined)) = raw.get(index) {
        index += 1;
        if let Some((number, unit)) = number_and_unit(text) {
            words.push(Word { text: format!("{number}{unit}"), number: Some(number), joined: *joined });
            continue;
        }
        if is_number(text)
            && let Some((next, _)) = raw.get(index)
            && let Some(unit) = canonical_unit(next)
        {
            index += 1;
            words.push(Word { text: format!("{text}{unit}"), number: Some(text.clone()), joined: *joined });
            continue;
        }
        words.push(Word { text: fold_code(text), number: None, joined: *joined });
    }
    words
}

/// Every term under which a text is indexed.
pub(crate) fn index_terms(text: &str) -> Vec<String> {
    let words = words(text);
    let mut terms = Vec::with_capacity(words.len() + 4);
    for (position, word) in words.iter().enumerate() {
        terms.push(stem(&word.text));
        terms.extend(word.number.clone());
        // «WD-40» must also be found as "wd40"; joining plain words would only bloat the index.
        if word.joined
            && let Some(before) = position.checked_sub(1).and_then(|before| words.get(before))
            && (has_digit(&word.text) || has_digit(&before.text))
        {
            terms.push(fold_code(&format!("{}{}", before.text, word.text)));
        }
    }
    terms
}

/// The stem of a lower-case word: Cyrillic as Russian, Latin as English, anything with a digit as it is.
pub(crate) fn stem(word: &str) -> String {
    if has_digit(word) {
        word.to_owned()
    } else if word.chars().any(is_cyrillic) {
        RUSSIAN.stem(word).into_owned()
    } else {
        ENGLISH.stem(word).into_owned()
    }
}

/// An article reduced to what tells it from others: upper case, letters and digits only, Cyrillic look-alikes as Latin.
/// Leading zeros stay, because they are part of an article.
pub(crate) fn normalise_article(article: &str) -> String {
    article.chars().flat_map(char::to_uppercase).filter(|c| c.is_alphanumeric()).map(latin_twin).collect()
}

/// Whether a character is a Cyrillic letter.
pub(crate) fn is_cyrillic(c: char) -> bool {
    ('\u{0400}'..='\u{04FF}').contains(&c)
}

/// Whether a word has a digit.
pub(crate) fn has_digit(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit())
}

/// Whether a word is a number and nothing else.
pub(crate) fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Lower-cased runs of letters and digits; a decimal mark between digits stays inside, as a point.
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
            && is_number(&current)
        {
            current.push('.');
        } else {
            let ended = !current.is_empty();
            if ended {
                found.push((std::mem::take(&mut current), joined));
            }
            joined = c == '-' && ended;
            // Feet and inches are written as marks after the number.
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
        'é' | 'è' | 'ê' => 'e',
        'ä' | 'à' | 'á' | 'â' => 'a',
        'ö' | 'ó' | 'ô' => 'o',
        'ü' | 'ú' | 'ù' => 'u',
        'í' | 'î' => 'i',
        '‑' | '–' => '-',
        '²' => '2',
        '³' => '3',
        _ => c,
    }
}

/// `18в` is a number and a unit; `18x24` is not.
fn number_and_unit(word: &str) -> Option<(String, &'static str)> {
    let digits = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    if digits == 0 {
        return None;
    }
    let (number, unit) = word.split_at(digits);
    Some((number.to_owned(), canonical_unit(unit)?))
}

/// One spelling for each unit that price lists write in many ways.
fn canonical_unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "в" | "v" | "вольт" | "вольта" | "volt" | "volts" => "v",
        "вт" | "w" | "ватт" | "watt" | "watts" => "w",
        "квт" | "kw" | "киловатт" => "kw",
        "ква" | "kva" => "kva",
        "а" | "a" | "ампер" | "амп" | "amp" | "amps" => "a",
        "ач" | "ah" => "ah",
        "дж" | "j" | "джоуль" | "джоулей" | "джоуля" | "joule" | "joules" => "j",
        "нм" | "nm" => "nm",
        "мм" | "mm" => "mm",
        "см" | "cm" => "cm",
        "м" | "m" | "метр" | "метра" | "метров" => "m",
        "м2" | "m2" => "m2",
        "м3" | "m3" => "m3",
        "л" | "l" | "литр" | "литра" | "литров" | "liter" | "liters" | "litre" | "litres" => {
            "l"
        }
        "мл" | "ml" => "ml",
        "кг" | "kg" => "kg",
        "г" | "гр" => "gr",
        "бар" | "bar" => "bar",
        "атм" => "atm",
        "гц" | "hz" => "hz",
        "лм" | "lm" => "lm",
        "об" | "rpm" => "rpm",
        "in" | "inch" | "inches" | "дюйм" | "дюйма" | "дюймов" => "in",
        "ft" | "foot" | "feet" => "ft",
        "lb" | "lbs" | "pound" | "pounds" => "lb",
        "oz" | "ounce" | "ounces" => "oz",
        "gal" | "gallon" | "gallons" => "gal",
        "yd" | "yard" | "yards" => "yd",
        "gauge" | "ga" => "ga",
        "psi" => "psi",
        "btu" => "btu",
        "cfm" => "cfm",
        _ => return None,
    })
}

/// Look-alikes inside a code («Т91204») become Latin; plain words stay as they are.
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

/// Whether a word carries no meaning of its own in a request: grammar, courtesy, and talk of price and stock, which
/// filters handle.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// Whether a word is grammar alone. Far fewer than [`is_stop_word`]: «сколько стоит» says nothing about a product, but tells
/// one intent from another.
pub(crate) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(&word)
}

#[rustfmt::skip]
static FUNCTION_WORDS: &[&str] = &[
    "a", "am", "an", "and", "are", "at", "be", "by", "do", "does", "for", "from", "have", "i", "in", "is", "it", "me", "my",
    "of", "on", "or", "please", "so", "that", "the", "this", "to", "us", "was", "we", "what", "will", "with", "you", "your",
    "а", "без", "бы", "в", "вам", "вас", "вы", "для", "до", "же", "за", "и", "из", "или", "к", "как", "какая", "какие",
    "какой", "какую", "ли", "мне", "мой", "моя", "мы", "на", "нам", "нас", "не", "но", "ну", "о", "об", "от", "по",
    "пожалуйста", "при", "с", "со", "то", "у", "ваш", "ваша", "ваши", "что", "это", "я",
];

/// Sorted, because it is searched by halves; a test keeps it so.
#[rustfmt::skip]
static STOP_WORDS: &[&str] = &[
    "a", "about", "afternoon", "am", "an", "and", "any", "anything", "are", "as", "at", "available",
    "be", "best", "budget", "but", "buy", "by", "can", "cheap", "cheaper", "cheapest", "cost", "costs",
    "could", "did", "do", "does", "dollars", "eur", "euro", "euros", "evening", "find", "for", "from",
    "get", "give", "good", "got", "had", "has", "have", "hello", "hey", "hi", "how", "i", "if", "im",
    "in", "is", "it", "its", "know", "like", "list", "looking", "many", "me", "more", "morning", "most",
    "much", "my", "need", "of", "offer", "ok", "on", "or", "our", "over", "please", "price", "prices",
    "recommend", "rub", "rubles", "search", "sell", "show", "so", "some", "something", "stock",
    "suggest", "tell", "than", "thank", "thanks", "that", "the", "their", "there", "these", "they",
    "this", "those", "to", "under", "up", "us", "usd", "want", "was", "we", "what", "whats", "when",
    "where", "which", "who", "will", "with", "would", "you", "your", "а", "без", "более", "больше",
    "будет", "бы", "был", "была", "были", "было", "быть", "в", "вам", "вариант", "варианты", "вас",
    "ваш", "вечер", "вообще", "вы", "где", "грн", "да", "дай", "дайте", "день", "дешевле", "дешево",
    "дешевые", "дешевый", "для", "до", "доброе", "добрый", "дороже", "его", "ее", "если", "есть", "еще",
    "же", "за", "здравствуйте", "знать", "и", "из", "или", "имеется", "интересует", "интересуют", "их",
    "ищем", "ищу", "к", "как", "какая", "какие", "какой", "какую", "когда", "кто", "купить", "куплю",
    "ли", "лучше", "лучший", "любой", "любые", "мне", "можете", "можно", "мой", "моя", "мы", "на",
    "найди", "найдите", "наличие", "наличии", "нам", "нас", "не", "недорогие", "недорого", "недорогой",
    "нет", "ни", "но", "ну", "нужен", "нужна", "нужно", "нужны", "о", "об", "около", "он", "она", "они",
    "оно", "от", "очень", "по", "подбери", "подберите", "подешевле", "подойдет", "подскажи",
    "подскажите", "пожалуйста", "покажи", "покажите", "посоветуй", "посоветуйте", "почем", "прайс",
    "прайсу", "предложите", "при", "привет", "присмотреть", "про", "расценки", "руб", "рублей", "рубли",
    "рубль", "рубля", "с", "самые", "самый", "сколько", "со", "спасибо", "стоимость", "стоит", "стоят",
    "так", "такие", "таких", "такое", "такой", "там", "то", "товар", "товары", "только", "тут", "тыс",
    "тысяч", "тысячи", "тысячу", "у", "уже", "утро", "хороший", "хотел", "хотела", "хотелось", "хотим",
    "хочу", "цена", "ценам", "ценах", "ценник", "ценой", "цену", "цены", "чего", "что", "чтобы", "это",
    "этот", "я",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = words(text).into_iter().map(|word| stem(&word.text)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn units_are_one_word_with_their_number() {
        check("18В", &["18v"]);
        check("18 В", &["18v"]);
        check("18v", &["18v"]);
        check("2,6 Дж", &["2.6j"]);
        check("2.6j", &["2.6j"]);
        check("15lb", &["15lb"]);
        check("15 lbs.", &["15lb"]);
        check("18x24", &["18x24"]);
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        check("перфораторы перфоратора перфоратор", &["перфоратор"; 3]);
        check("drills drill", &["drill"; 2]);
        check("Шуруповёрт шуруповерт", &["шуруповерт"; 2]);
    }

    #[test]
    fn codes_are_found_in_every_spelling() {
        assert_eq!(index_terms("WD-40"), ["wd", "40", "wd40"]);
        assert_eq!(index_terms("Т91204"), index_terms("T91204"));
        assert_eq!(normalise_article("Т-912 04"), normalise_article("t91204"));
        assert_ne!(normalise_article("091204"), normalise_article("91204"));
    }

    #[test]
    fn stop_words_can_be_searched_by_halves() {
        let mut sorted = STOP_WORDS.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        for (written, wanted) in STOP_WORDS.iter().zip(&sorted) {
            assert_eq!(written, wanted, "out of order");
        }
        assert_eq!(sorted.len(), STOP_WORDS.len());
    }
}
