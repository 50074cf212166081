//! Recognises currencies in headings, cells, sentences and number formats, as ISO 4217 codes.
//!
//! Which of the currencies that a list names holds for a price is decided in `money`.

use std::{collections::HashMap, sync::LazyLock};

/// What stands for a currency: signs, then names and codes as whole words, in lower case.
struct Currency {
    code: &'static str,
    signs: &'static [&'static str],
    words: &'static [&'static str],
}

const fn currency(
    code: &'static str,
    signs: &'static [&'static str],
    words: &'static [&'static str],
) -> Currency {
    Currency { code, signs, words }
}

/// Those that price lists name in words. The order matters where one name is a part of another: «бел. руб.» is not «руб.».
const NAMED: &[Currency] = &[
    currency(
        "BYN",
        &[],
        &[
            "бел руб",
            "белорусский рубль",
            "белорусских рублях",
            "белорусские рубли",
            "белорусских рублей",
            "белруб",
            "бел рублях",
            "руб рб",
            "бр",
            "br",
            "byr",
            "byn",
        ],
    ),
    currency("HKD", &["hk$"], &["гонконгских долларах"]),
    currency("CAD", &["c$", "ca$"], &["канадских долларах", "канадский доллар"]),
    currency("AUD", &["a$", "au$"], &["австралийских долларах"]),
    currency("SGD", &["s$"], &[]),
    currency("TWD", &["nt$"], &[]),
    currency("BRL", &["r$"], &[]),
    currency(
        "RUB",
        &["₽"],
        &[
            "руб",
            "рубль",
            "рублей",
            "рубли",
            "рублях",
            "рубля",
            "рублем",
            "rub",
            "rur",
            "rubel",
            "rubli",
            "roubles",
            "rubles",
            "р",
            "российских рублях",
            "рубльмен",
            "ruble",
        ],
    ),
    currency(
        "UAH",
        &["₴"],
        &[
            "грн",
            "гривня",
            "гривні",
            "гривень",
            "гривнях",
            "гривна",
            "гривны",
            "гривнах",
            "гривне",
            "гривну",
            "гривен",
            "гривнi",
            "uah",
            "hrn",
            "hryvnia",
            "griwna",
        ],
    ),
    currency("KZT", &["₸"], &["тенге", "теңге", "тг", "тнг", "теңгемен", "тенгемен", "kzt", "tenge"]),
    currency("UZS", &[], &["сум", "сумы", "сумах", "сумов", "сўм", "so m", "som uz", "uzs", "soum"]),
    currency("KGS", &["⃀"], &["сом", "сомы", "сомах", "сомов", "kgs"]),
    currency("TJS", &[], &["сомони", "tjs"]),
    currency("TMT", &[], &["туркменский манат", "туркменских манатах", "tmt"]),
    currency("AZN", &["₼"], &["манат", "манаты", "манатах", "манатов", "azn", "manat"]),
    currency("GEL", &["₾"], &["лари", "gel"]),
    currency("AMD", &["֏"], &["драм", "драмы", "драмах", "драмов", "amd"]),
    currency("MDL", &[], &["молдавских леях", "молдавский лей", "леях", "лей", "леев", "mdl"]),
    currency("RON", &[], &["lei", "румынских леях", "ron"]),
    currency("EUR", &["€"], &["евро", "євро", "eur", "euro", "euros", "еуро"]),
    currency(
        "PLN",
        &[],
        &["zl", "zł", "zloty", "złoty", "złotych", "zlotych", "злотый", "злотых", "злоті", "pln"],
    ),
    currency("CZK", &[], &["kč", "kc", "чешских кронах", "чешских крон", "czk", "korun", "koruna"]),
    currency(
        "CHF",
        &[],
        &["sfr", "fr", "chf", "franken", "швейцарских франках", "швейцарский франк", "франк", "франках"],
    ),
    currency("HUF", &[], &["ft", "форинт", "форинтов", "forint", "huf"]),
    currency("BGN", &[], &["лв", "лева", "bgn"]),
    currency(
        "GBP",
        &["£"],
        &["gbp", "pound", "pounds", "sterling", "фунт", "фунтах", "фунтов", "фунтах стерлингов"],
    ),
    currency("TRY", &["₺"], &["турецких лирах", "лира", "лирах", "лир", "lira", "tl"]),
    currency(
        "CNY",
        &["￥", "元"],
        &["юань", "юани", "юаней", "юанях", "yuan", "rmb", "renminbi", "cny", "cnh"],
    ),
    currency("JPY", &["円", "¥"], &["иена", "иен", "иены", "йена", "йен", "йенах", "иенах", "yen", "jpy"]),
    currency("KRW", &["₩"], &["вон", "вонах", "krw"]),
    currency("INR", &["₹"], &["inr", "rupees", "рупий", "рупиях"]),
    currency("ILS", &["₪"], &["шекель", "шекелей", "шекелях", "ils", "nis"]),
    currency("MNT", &["₮"], &["тугрик", "mnt"]),
    currency("VND", &["₫"], &["донг", "vnd"]),
    currency("THB", &["฿"], &["бат", "thb"]),
    currency("AED", &[], &["дирхам", "дирхамах", "aed"]),
    currency("SEK", &[], &["шведских кронах", "sek"]),
    currency("NOK", &[], &["норвежских кронах", "nok"]),
    currency("DKK", &[], &["датских кронах", "dkk"]),
    currency(
        "USD",
        &["us$", "$"],
        &[
            "usd",
            "долл",
            "доллар",
            "доллары",
            "доллара",
            "долларов",
            "долларах",
            "долар",
            "долари",
            "доларах",
            "доларів",
            "долл сша",
            "dollar",
            "dollars",
            "dolar",
            "dolarach",
            "dolary",
            "us dollar",
        ],
    ),
];

/// Active codes of ISO 4217, recognised in upper case. Those that are also words of English are marked in [`WORDS`].
const CODES: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF",
    "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP",
    "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP",
    "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD",
    "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK",
    "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR",
    "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP",
    "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP",
    "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD",
    "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XOF",
    "XPF", "YER", "ZAR", "ZMW", "ZWG",
];

/// Codes and names that are words of their own; they count beside a number, in brackets, or alone.
const WORDS: &[&str] = &[
    "ALL", "TOP", "TRY", "CUP", "MAD", "PEN", "SOS", "LAK", "COP", "BOB", "AMD", "CAD", "BAM", "MOP", "DOP",
    "ERN", "HUF", "PAB", "RON", "PHP", "NIO", "VES", "GEL", "SEK", "KES",
];

/// The same of names in lower case.
const SHORT: &[&str] = &[
    "р",
    "бр",
    "br",
    "fr",
    "ft",
    "tl",
    "лв",
    "сом",
    "сум",
    "вон",
    "бат",
    "лей",
    "лир",
    "gel",
    "ron",
    "kc",
    "zl",
    "лира",
    "sek",
    "huf",
    "amd",
    "cad",
    "франк",
    "фунт",
    "фунтов",
    "лева",
    "pound",
    "pounds",
    "донг",
    "драм",
    "lira",
    "lei",
    "манат",
    "лари",
    "nis",
];

/// Monetary units that are no currency: what they are worth is agreed elsewhere.
const CONDITIONAL: &[&str] = &["у е", "уе", "усл ед", "у о", "условных единицах", "умовних одиницях"];

/// The currency that a heading, a price or a currency cell names.
pub(super) fn named(text: &str) -> Option<&'static str> {
    find(text, true)
}

/// The currency that a sentence names. Short names and codes that are also other words count only beside a number.
pub(super) fn mentioned(text: &str) -> Option<&'static str> {
    find(text, false)
}

/// Whether a text speaks of conditional units («у.е.»).
pub(super) fn is_conditional(text: &str) -> bool {
    let plain = plain_words(&text.to_lowercase());
    CONDITIONAL.iter().any(|unit| plain.contains(&format!(" {unit} ")))
}

/// The names by their phrases, with their places in [`NAMED`].
static BY_NAME: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    let names =
        |(at, currency): (usize, &'static Currency)| currency.words.iter().map(move |word| (*word, at));
    NAMED.iter().enumerate().flat_map(names).collect()
});

fn find(text: &str, short: bool) -> Option<&'static str> {
    let sign = text.chars().any(super::names::is_currency_sign);
    if !sign && !text.chars().any(|c| c.is_alphabetic() || c == '円' || c == '元') {
        return None;
    }
    let lower = text.to_lowercase();
    let plain = plain_words(&lower);
    let words: Vec<&str> = plain.split_whitespace().collect();
    // Of several the first in the table counts, which is ordered for that.
    let mut best: Option<usize> = None;
    for start in 0..words.len() {
        for end in start + 1..=(start + 3).min(words.len()) {
            let Some(phrase) = words.get(start..end).map(|part| part.join(" ")) else { continue };
            if let Some(at) = BY_NAME.get(phrase.as_str())
                && (short
                    || !SHORT.contains(&phrase.as_str())
                    || end - start == words.len()
                    || beside_a_number(&words, start, end))
            {
                best = Some(best.map_or(*at, |best| best.min(*at)));
            }
        }
    }
    let signed = || {
        let compact: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
        NAMED.iter().position(|currency| currency.signs.iter().any(|sign| has_sign(&compact, sign)))
    };
    let signed = if sign || lower.contains(['円', '元']) { signed() } else { None };
    let found = match (best, signed) {
        (Some(word), Some(sign)) => Some(word.min(sign)),
        (word, sign) => word.or(sign),
    };
    found.and_then(|at| NAMED.get(at)).map(|currency| currency.code).or_else(|| by_code(text, &words, short))
}

/// A sign stands in a text where no letter of another sign precedes it.
fn has_sign(compact: &str, sign: &str) -> bool {
    compact.match_indices(sign).any(|(at, _)| {
        let before = compact.get(..at).and_then(|before| before.chars().next_back());
        !sign.starts_with(|c: char| c.is_ascii_alphabetic()) || before.is_none_or(|c| !c.is_alphabetic())
    })
}

fn by_code(text: &str, words: &[&str], short: bool) -> Option<&'static str> {
    let mut tokens = text.split(|c: char| !c.is_alphanumeric()).filter(|token| !token.is_empty());
    let alone = tokens.clone().count() == 1;
    tokens.find_map(|token| {
        // «100USD» is one token.
        let letters = token.trim_matches(|c: char| c.is_ascii_digit());
        let code = CODES.iter().find(|code| **code == letters)?;
        let word = WORDS.contains(code);
        let glued = letters.len() < token.len();
        let bracketed = || text.contains(&format!("({letters})")) || text.contains(&format!(", {letters}"));
        let beside = || {
            let at = words.iter().position(|word| word.eq_ignore_ascii_case(letters));
            at.is_some_and(|at| beside_a_number(words, at, at + 1))
        };
        (!word || alone || glued || short && bracketed() || beside()).then_some(*code)
    })
}

/// Whether a number stands directly before or after the words from `start` to `end`.
fn beside_a_number(words: &[&str], start: usize, end: usize) -> bool {
    let number =
        |word: Option<&&str>| word.is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    start > 0 && number(words.get(start - 1)) || number(words.get(end))
}

/// Words with single blanks between and around them; digits and letters that touch are separated.
fn plain_words(lower: &str) -> String {
    let mut plain = String::from(" ");
    let mut before = ' ';
    for c in lower.chars() {
        let c = if c.is_alphanumeric() { c } else { ' ' };
        let touching =
            before.is_ascii_digit() && c.is_alphabetic() || before.is_alphabetic() && c.is_ascii_digit();
        if touching {
            plain.push(' ');
        }
        if c != ' ' || !plain.ends_with(' ') {
            plain.push(c);
        }
        before = c;
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    plain
}

/// The currency of a number format: `"$"#,##0.00`, `[$€-407]`, `[$zł-415]`, `# ##0" ₽"`, `_-* #,##0.00\ "грн"`.
pub(super) fn of_format(format: &str) -> Option<&'static str> {
    // The sections after the first are for negative numbers, zero and texts.
    let format = first_section(format);
    let mut literal = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '[' => {
                let (inside, after) = rest.split_once(']').unwrap_or((rest, ""));
                rest = after;
                // `[$sign-locale]`; `[Red]` and `[>100]` are no signs.
                if let Some(inside) = inside.strip_prefix('$') {
                    let (sign, locale) = inside.rsplit_once('-').unwrap_or((inside, ""));
                    if let Some(code) = of_sign(sign, locale, format) {
                        return Some(code);
                    }
                }
            }
            '"' => {
                let (inside, after) = rest.split_once('"').unwrap_or((rest, ""));
                rest = after;
                literal.push_str(inside);
                literal.push(' ');
            }
            // A blank of the width of the next character, and a fill.
            '_' | '*' => rest = rest.get(rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default(),
            '\\' => {
                literal.extend(rest.chars().next());
                rest = rest.get(rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
            }
            '0' | '#' | '?' | '.' | ',' | '-' | '+' | '%' | '/' => literal.push(' '),
            other => literal.push(other),
        }
    }
    of_sign(literal.trim(), "", format)
}

fn first_section(format: &str) -> &str {
    let mut quoted = false;
    let end = format.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ';' && !quoted
    });
    end.map_or(format, |(at, _)| format.get(..at).unwrap_or(format))
}

/// The currency of a sign in a number format, whose locale tells apart the currencies that share it.
fn of_sign(sign: &str, locale: &str, format: &str) -> Option<&'static str> {
    let locale = u32::from_str_radix(locale, 16).unwrap_or_default() & 0xFFFF;
    let plain = sign.trim().trim_matches('.').to_lowercase();
    Some(match (plain.as_str(), locale) {
        ("", _) => return None,
        ("$", 0x1009 | 0x0C0C) => "CAD",
        ("$", 0x0C09) => "AUD",
        ("$", 0x1409) => "NZD",
        ("$", 0x0C04) => "HKD",
        ("$", 0x1004 | 0x4809) => "SGD",
        ("$", 0x080A) => "MXN",
        ("¥" | "￥", 0x0804 | 0x0004) => "CNY",
        ("¥" | "￥", 0x0411 | 0x0011) => "JPY",
        // The yen has no subunit; the yuan has two decimals.
        ("¥" | "￥", _) if format.contains("0.00") => "CNY",
        ("¥" | "￥", _) => "JPY",
        ("kr", 0x041D) => "SEK",
        ("kr", 0x0414 | 0x0814) => "NOK",
        ("kr", 0x0406) => "DKK",
        ("р" | "p", 0x0423) => "BYN",
        ("р" | "p", 0x0419) => "RUB",
        ("man", _) => "AZN",
        ("сом", 0x0440) => "KGS",
        ("lei", 0x0818 | 0x0819) => "MDL",
        _ => return named(sign),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_currencies_of_headings_and_prices() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(named(text), expected, "{text}");
        check("Цена, руб.", Some("RUB"));
        check("€ без ПДВ", Some("EUR"));
        check("ціна, грн", Some("UAH"));
        check("Price (USD)", Some("USD"));
        check("Цена розничная", None);
        check("Цена, бел. руб.", Some("BYN"));
        check("Бағасы, тг", Some("KZT"));
        check("Narx, so'm", Some("UZS"));
        check("Цена, сум", Some("UZS"));
        check("Cena netto [zł]", Some("PLN"));
        check("Preis CHF", Some("CHF"));
        check("Cena (Kč)", Some("CZK"));
        check("12 500 ₾", Some("GEL"));
        check("100USD", Some("USD"));
        check("Price, MXN", Some("MXN"));
        check("Price, RSD", Some("RSD"));
        check("HK$ 100", Some("HKD"));
        check("US$ 100", Some("USD"));
        check("¥1200", Some("JPY"));
        check("ЦЕНА В ЮАНЯХ", Some("CNY"));
        check("1200 р.", Some("RUB"));
        check("TRY", Some("TRY"));
        check("Fr. 12.50", Some("CHF"));
        check("1234", None);
    }

    #[test]
    fn reads_currencies_of_sentences() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(mentioned(text), expected, "{text}");
        check("Цены указаны в долларах США", Some("USD"));
        check("Alle Preise in EUR zzgl. MwSt.", Some("EUR"));
        check("Ціни в грн з ПДВ", Some("UAH"));
        check("Все цены в тенге", Some("KZT"));
        check("Ceny netto w złotych", Some("PLN"));
        check("Prices in CHF", Some("CHF"));
        check("ALL PRICES ON REQUEST, TOP QUALITY", None);
        check("Цены в белорусских рублях", Some("BYN"));
    }

    #[test]
    fn reads_currencies_of_number_formats() {
        let check =
            |format: &str, expected: Option<&str>| assert_eq!(of_format(format), expected, "{format}");
        check("\"$\"#,##0.00", Some("USD"));
        check("[$€-407] #,##0.00", Some("EUR"));
        check("#,##0.00\\ [$€-407]", Some("EUR"));
        check("[$£-809]#,##0.00", Some("GBP"));
        check("#,##0.00\" ₽\"", Some("RUB"));
        check("#,##0.00\\ \"₽\";[Red]\\-#,##0.00\\ \"₽\"", Some("RUB"));
        check("#,##0.00\\ [$₽-419]", Some("RUB"));
        check("#,##0.00 \"грн.\"", Some("UAH"));
        check("#,##0.00\"р.\"", Some("RUB"));
        check("#,##0.00 [$zł-415]", Some("PLN"));
        check("[$CHF] #,##0.00", Some("CHF"));
        check("[$$-409]#,##0.00", Some("USD"));
        check("[$$-1009]#,##0.00", Some("CAD"));
        check("[$¥-804]#,##0.00", Some("CNY"));
        check("[$¥-411]#,##0", Some("JPY"));
        check("#,##0.00 [$₸-43F]", Some("KZT"));
        check("_-* #,##0.00\\ \"₴\"_-;\\-* #,##0.00\\ \"₴\"_-", Some("UAH"));
        check("#,##0.00\\ \"so'm\"", Some("UZS"));
        for format in
            ["General", "0.00", "#,##0", "[Red]0.00", "dd/mm/yyyy", "0\" шт\"", "[$-419]d mmm yyyy", "0%"]
        {
            check(format, None);
        }
    }
}
