//! Phone numbers and e-mail addresses.

use std::{ops::Range, sync::LazyLock};

use email_address::EmailAddress;
use regex::Regex;

use super::{
    pattern, phone_length,
    words::{first_chars, folded, last_chars, last_word},
};

/// The first phone number of a text, as `+79991234567`, with an extension as `+74951234567;ext=12` (RFC 3966); numbers
/// without a country code are taken for Russian ones. Digits of a code, an account or a price are no phone number.
pub(crate) fn phone(text: &str) -> Option<(String, Range<usize>)> {
    phone_from(text, 0)
}

/// The first phone number that begins at `from` or later; what stands before is looked at, but not read.
pub(super) fn phone_from(text: &str, mut from: usize) -> Option<(String, Range<usize>)> {
    // Digits in groups, with what people put between them. A number has at most 15 digits (E.164), so that one more shows
    // whether a group goes on; a longer run would be read to its end from each of its groups.
    static RUN: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\+?[\s(]{0,2}[0-9](?:[\s()\-–—.\u{2011}]{0,3}[0-9]){1,15}"));
    let filled = filled(text);
    while let Some(run) = text.get(from..).and_then(|rest| RUN.find(rest)) {
        let blank = run.as_str().len() - run.as_str().trim_start().len();
        let range = from + run.start() + blank..from + run.end();
        if let Some((number, end)) = begins_phone(text, range.clone(), &filled) {
            let (extension, end) = extension(text, end);
            let number = extension.map_or(number.clone(), |digits| format!("{number};ext={digits}"));
            return Some((number, range.start..end));
        }
        // The number may begin at a later group: «5 штук 8 999 …», «2 89991234567».
        let rest = text.get(range.start..).unwrap_or_default();
        let group = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let skipped =
            group + rest.get(group..).unwrap_or_default().bytes().take_while(u8::is_ascii_digit).count();
        from = range.start + skipped.max(1);
    }
    None
}

/// The text without the blanks around it.
fn filled(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..text.trim_end().len().max(start)
}

/// The phone number that a run of digits begins with, and where it ends. `filled` is the text without the blanks around it.
fn begins_phone(text: &str, run: Range<usize>, filled: &Range<usize>) -> Option<(String, usize)> {
    let source = text.get(run.clone())?;
    let before = text.get(..run.start)?;
    if is_code(before) {
        return None;
    }
    let plus = source.starts_with('+');
    // The ends of the groups of digits, each a place where the number may end; the longest is tried first.
    let bytes = source.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let ends: Vec<usize> = (1..=source.len()).filter(|at| is_digit(at - 1) && !is_digit(*at)).collect();
    let digits = |end: usize| source.bytes().take(end).filter(u8::is_ascii_digit).count();
    let known = ends.iter().rev().filter(|end| (7..=15).contains(&digits(**end))).find_map(|end| {
        let shown = source.get(..*end)?;
        let at = run.start..run.start + *end;
        let alone = at.start <= filled.start && at.end >= filled.end;
        fits(text, &at, shown, alone).map(|number| (number, at.end))
    });
    known.or_else(|| {
        // Numbering plans grow faster than libraries: an international form of the right length is believed.
        let number = |end: usize| {
            source.bytes().take(end).filter(u8::is_ascii_digit).map(char::from).collect::<String>()
        };
        let fits = |end: usize| (10..=15).contains(&digits(end)) && phone_length::is_possible(&number(end));
        let end = *ends.iter().rev().find(|end| plus && fits(**end))?;
        let number = phonenumber::parse(Some(phonenumber::country::RU), source.get(..end)?).ok()?;
        Some((number.format().mode(phonenumber::Mode::E164).to_string(), run.start + end))
    })
}

/// The number in E.164 form, if it is a phone number by its form and surroundings. `alone`: the text is nothing else.
fn fits(text: &str, at: &Range<usize>, shown: &str, alone: bool) -> Option<String> {
    let Range { start, end } = *at;
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    let plus = shown.starts_with('+');
    let number = match digits.as_str() {
        // «+8 912 …» is a common slip for «8 912 …».
        national if plus && national.len() == 11 && national.starts_with("89") => {
            format!("+7{}", national.get(1..)?)
        }
        foreign if !plus && foreign.len() >= 12 && foreign.starts_with("00") => {
            format!("+{}", foreign.get(2..)?)
        }
        _ if plus => format!("+{digits}"),
        _ => {
            let first = shown
                .chars()
                .filter(|c| c.is_ascii_digit() || !matches!(c, '(' | ')'))
                .take_while(char::is_ascii_digit);
            let first = first.count();
            let formatted = shown.contains(['(', ')', '-', '–']);
            let shaped = match digits.len() {
                // «8 999 …», «8(999)…», «79991234567»: not the groups of a sum such as «89 990 000 000».
                11 => digits.starts_with(['7', '8']) && (first == 1 || first >= 4 || first == 0),
                10 => {
                    (first >= 3 || shown.starts_with('('))
                        && (digits.starts_with('9') || formatted || alone || announced(text.get(..start)?))
                }
                _ => false,
            };
            if !shaped || is_counted(text.get(end..)?) {
                return None;
            }
            format!("+7{}", digits.get(digits.len() - 10..)?)
        }
    };
    if text.get(end..)?.starts_with(|c: char| c.is_alphabetic()) && !plus && digits.len() < 11 {
        return None;
    }
    // The library takes the 8 of 800 for the prefix of a long-distance call.
    if number.len() == 12 && number.starts_with("+780") {
        return Some(number);
    }
    let number = phonenumber::parse(Some(phonenumber::country::RU), number).ok()?;
    phonenumber::is_valid(&number).then(|| number.format().mode(phonenumber::Mode::E164).to_string())
}

/// Whether digits that follow belong to an article, an account, an address of a page.
fn is_code(before: &str) -> bool {
    /// A word with the signs after it, in characters. What stands before may be a long run of signs, as where contacts
    /// were replaced.
    const NEAR: usize = 48;
    let before = last_chars(before, NEAR);
    let close = before.chars().next_back();
    if close.is_some_and(|c| c.is_ascii_digit() || matches!(c, '=' | '_' | '№' | '#' | '@')) {
        return true;
    }
    // Letters hard before the digits («RH-8999…»), except a word for a phone written together.
    let head = before.trim_end_matches('-');
    let glued = head.chars().next_back().is_some_and(char::is_alphabetic);
    let last = |text: &str| folded(last_word(text.trim_end_matches(|c: char| !c.is_alphanumeric())));
    if glued {
        return !PHONE_WORDS.contains(&last(head).as_str());
    }
    const CODES: &[&str] = &[
        "инн",
        "кпп",
        "огрн",
        "огрнип",
        "бик",
        "окпо",
        "снилс",
        "счет",
        "рс",
        "р",
        "кс",
        "артикул",
        "арт",
        "код",
        "штрихкод",
        "ean",
        "sku",
        "заказ",
        "заказа",
        "заказу",
        "накладная",
        "накладной",
        "трек",
        "article",
        "art",
        "order",
        "invoice",
        "code",
        "vat",
        "tin",
        "account",
        "barcode",
        "item",
        "isbn",
        "серийный",
        "serial",
        "счета",
    ];
    let said = before.trim_end_matches([' ', ':', '.', '-', '№', '#', '\u{a0}']);
    let numbered = said.len() < before.trim_end().len() && before.trim_end().ends_with(['№', '#']);
    numbered || said.len() + 4 >= before.len() && CODES.contains(&last(said).as_str())
}

const PHONE_WORDS: &[&str] = &[
    "тел",
    "телефон",
    "телефона",
    "телефону",
    "номер",
    "номеру",
    "ном",
    "моб",
    "мобильный",
    "сотовый",
    "т",
    "м",
    "phone",
    "tel",
    "mobile",
    "cell",
    "number",
    "call",
    "звоните",
    "позвоните",
    "перезвоните",
    "наберите",
    "whatsapp",
    "ватсап",
    "вотсап",
    "wa",
    "viber",
    "вайбер",
    "telegram",
    "телеграм",
    "at",
    "on",
    "по",
    "на",
    "me",
];

/// Whether the words before digits announce a phone number.
fn announced(before: &str) -> bool {
    /// Two words with what parts them, in characters.
    const NEAR: usize = 48;
    let words = folded(last_chars(before, NEAR));
    words
        .rsplit(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(2)
        .any(|word| PHONE_WORDS.contains(&word))
}

/// Whether what follows digits counts or prices them: «8 999 123 45 67 руб.».
fn is_counted(after: &str) -> bool {
    super::units::after(after, 0)
        .is_some_and(|unit| unit.end > 0 && !after.trim_start().starts_with(['"', '″', '′']))
}

/// «доб. 12», "ext. 12", "x12" after a number.
fn extension(text: &str, end: usize) -> (Option<String>, usize) {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^[\s,;(]*(?:добавочный|добав\.?|доб\.?|вн\.?|внутр\.?|внутренний|extension|ext\.?|x)\s*(?:номер\s*)?[:№#]?\s*(\d{1,6})\)?(?:\D|$)",
        )
    });
    /// The longest form with blanks in it, in characters. Captures cost time in proportion to the text that they are
    /// looked for in, even where the pattern can only fit at its beginning.
    const WINDOW: usize = 64;
    let found = text.get(end..).and_then(|rest| FORM.captures(first_chars(rest, WINDOW)));
    match found.and_then(|found| found.get(1)) {
        Some(digits) => (Some(digits.as_str().to_owned()), end + digits.end()),
        None => (None, end),
    }
}

/// The first e-mail address of a text, with a domain that has a dot. One that is spelled in words («ivan собака mail точка
/// ru») is read where nothing else can be meant.
pub(crate) fn email(text: &str) -> Option<(String, Range<usize>)> {
    written_email(text, 0).or_else(|| spelled_email(text, 0))
}

/// The first address with an `@` that begins at `from` or later.
pub(super) fn written_email(text: &str, from: usize) -> Option<(String, Range<usize>)> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"([\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]+) ?@ ?([\p{L}\p{N}]+(?:-+[\p{L}\p{N}]+)*(?:[.,][\p{L}\p{N}]+(?:-+[\p{L}\p{N}]+)*)+)",
        )
    });
    let rest = text.get(from..)?;
    if !rest.contains('@') {
        return None;
    }
    let (address, range) = FORM.captures_iter(rest).find_map(|found| {
        let (whole, local, domain) = (found.get(0)?, found.get(1)?, found.get(2)?);
        let (domain, length) = domain_of(domain.as_str())?;
        // A word and a slash or an equals sign before it are not a part of it: «почта/ivan@…», "to=ivan@…".
        let starts = std::iter::once(0)
            .chain(local.as_str().match_indices(['/', '=', '|', '\'', '*', '?']).map(|(at, _)| at + 1));
        let spaced = whole.as_str().contains(' ');
        let parts = starts.filter_map(|at| local.as_str().get(at..));
        parts.filter(|part| part.len() <= LONGEST_LOCAL).find_map(|part| {
            let address = format!("{part}@{domain}");
            // With blanks around the mark («цена @ site.ru») the name before it must look like one.
            let likely = !spaced || part.is_ascii() && part.len() > 1;
            let likely = likely && (part.is_ascii() || !part.contains(|c: char| c.is_ascii_alphabetic()));
            let start = local.end() - part.len();
            let end = found.get(2)?.start() + length;
            (likely && is_address(&address)).then_some((address, start..end))
        })
    })?;
    Some((address, from + range.start..from + range.end))
}

/// The most bytes of the part before the `@` (RFC 5321, 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;

/// Whether a mail server would take it; 254 is the longest that a path may hold (RFC 3696, erratum 1690).
fn is_address(address: &str) -> bool {
    address.len() <= 254 && EmailAddress::is_valid(address)
}

/// The domain after an `@`, and its length in the text. A comma in place of the last dot is corrected.
fn domain_of(source: &str) -> Option<(String, usize)> {
    const COMMON: &[&str] = &["ru", "com", "net", "org", "рф", "by", "kz", "ua", "su", "info", "biz"];
    let mut labels: Vec<&str> = Vec::new();
    let mut length = 0;
    for (i, label) in source.split(['.', ',']).enumerate() {
        let comma = i > 0 && source.as_bytes().get(length) == Some(&b',');
        if comma && !COMMON.contains(&label.to_lowercase().as_str()) {
            break;
        }
        labels.push(label);
        length += label.len() + usize::from(i > 0);
        if comma {
            break;
        }
    }
    // What is glued to a top-level domain is not of it («mail.ru8999…», «mail.ruтелефон»), and a last label that is none is a
    // word of the next sentence («x@y.ru.5»).
    while labels.len() > 1 {
        let last = labels.pop()?;
        let ascii = last.starts_with(|c: char| c.is_ascii_alphabetic());
        let alike = |c: char| c.is_alphabetic() && c.is_ascii() == ascii;
        let punycode = last.to_lowercase().starts_with("xn--");
        let kept = last.find(|c| !alike(c)).filter(|_| !punycode).unwrap_or(last.len());
        let whole = !last.contains('-') || punycode;
        // «x@y.ru.Звоните»: the alphabet changes between sentences, not within a domain.
        let letter = |label: &&str| label.starts_with(char::is_alphabetic).then_some(label.is_ascii());
        let foreign = labels.last().and_then(letter).is_some_and(|before| before != ascii);
        let fits = last.get(..kept).filter(|fits| whole && !foreign && fits.chars().count() > 1);
        if let Some(fits) = fits {
            labels.push(fits);
            return Some((labels.join("."), length - (last.len() - kept)));
        }
        if !whole {
            return None;
        }
        length -= last.len() + 1;
    }
    None
}

/// «ivan собака mail точка ru», "ivan at mail dot ru", "ivan [at] mail.ru". In Latin letters only: how to spell «мейл» is
/// anyone's guess.
pub(super) fn spelled_email(text: &str, from: usize) -> Option<(String, Range<usize>)> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        let join = r"(?:\s*\.\s*|\s+(?:точка|dot)\s+|\s*[\[(]\s*(?:точка|dot)\s*[\])]\s*)";
        let in_name = r"(?:[._-]|\s+(?:точка|dot|тире|дефис|минус|dash|hyphen|нижнее подч[её]ркивание|подч[её]ркивание|underscore)\s+)";
        pattern(&format!(
            r"(?i)(?P<local>[a-z0-9]+(?:{in_name}[a-z0-9]+)*)(?P<mark>\s*[\[({{<]\s*(?:at|собака|собачка|@)\s*[\])}}>]\s*|\s+(?:собака|собачка|at)\s+|\s*@\s*)(?P<domain>[a-z0-9-]+(?:{join}[a-z0-9-]+)*{join}[a-z]{{2,}})\b"
        ))
    });
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\s*[\[(]?\s*\b(точка|dot|тире|дефис|минус|dash|hyphen|нижнее подч[её]ркивание|подч[её]ркивание|underscore)\b\s*[\])]?\s*",
        )
    });
    let spell = |part: &str| {
        let signs = WORDS.replace_all(part, |found: &regex::Captures<'_>| {
            match found.get(1).map_or("", |word| word.as_str()).to_lowercase().as_str() {
                "точка" | "dot" => ".",
                "тире" | "дефис" | "минус" | "dash" | "hyphen" => "-",
                _ => "_",
            }
        });
        signs.chars().filter(|c| !c.is_whitespace()).collect::<String>()
    };
    let accept = |found: &regex::Captures<'_>| {
        let (whole, local, mark, domain) =
            (found.get(0)?, found.name("local")?, found.name("mark")?, found.name("domain")?);
        // "look at example.com": a bare "at" counts only with a spelled dot, and no page begins with www.
        let bare = mark.as_str().trim().eq_ignore_ascii_case("at");
        let spelled = WORDS.is_match(domain.as_str());
        let loose = domain.as_str().contains(". ") || domain.as_str().contains(" .");
        let signs = mark.as_str().trim() == "@" && !spelled && !WORDS.is_match(local.as_str());
        let inside = text
            .get(..whole.start())
            .is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == '.'));
        let sure = (!bare || spelled)
            && !loose
            && !signs
            && !inside
            && !domain.as_str().to_lowercase().starts_with("www");
        let address = format!("{}@{}", spell(local.as_str()), spell(domain.as_str()));
        (sure && is_address(&address)).then(|| (address, whole.range()))
    };
    let mut at = from;
    while let Some(found) = FORM.captures_at(text, at) {
        at = found.get(0)?.end();
        let accepted = accept(&found);
        if accepted.is_some() {
            return accepted;
        }
    }
    None
}

/// A text without the clauses that name a contact not to be used: «не пишите на 8 999 …», «старый был 8 999 …, новый 8 911 …».
pub(crate) fn without_refused_contacts(text: &str) -> String {
    const REFUSALS: &[&str] =
        &["не", "not", "dont", "don", "старый", "старая", "прежний", "был", "old", "was"];
    /// Words before a contact among which a refusal stands.
    const BEFORE: usize = 4;
    const MARK: char = '\u{1}';
    let masked = masked_with(text, "\u{1}");
    let clauses = masked.split_inclusive([',', ';', '\n']).flat_map(|clause| clause.split_inclusive(" а "));
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for clause in clauses {
        let to = from + clause.len();
        let refused = clause.split_once(MARK).is_some_and(|(before, _)| {
            let words = before.rsplit(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            words.take(BEFORE).any(|word| REFUSALS.contains(&super::folded(word).as_str()))
        });
        if !refused {
            kept.push_str(text.get(from..to).unwrap_or_default());
        }
        from = to;
    }
    kept
}

/// A text without phone numbers and e-mail addresses: for models, which need not see them, and because digits say
/// nothing of what is wanted. A text that is nothing else stays empty.
pub(crate) fn without_contact(text: &str) -> String {
    without(text, ' ').trim().trim_end_matches(',').to_owned()
}

/// A text in which a mark stands for every phone number and e-mail address.
pub(crate) fn without(text: &str, mark: char) -> String {
    let mut text = text.to_owned();
    replace_all(&mut text, |_| mark.to_string());
    text
}

/// A text of the same length in which phone numbers and e-mail addresses are blank.
pub(crate) fn masked(text: &str) -> String {
    masked_with(text, ";")
}

/// The same with a sign of one byte of the caller's choice.
pub(crate) fn masked_with(text: &str, mark: &str) -> String {
    let mut text = text.to_owned();
    replace_all(&mut text, |length| mark.repeat(length));
    text
}

/// The first phone number of a text, and the text with a blank for every phone number: of several the first is meant, and
/// the others are no part of anything else.
pub(crate) fn take_phones(text: &mut String) -> Option<String> {
    let mut first = None;
    replace(text, phone_from, |_| " ".to_owned(), |phone| first = first.take().or(Some(phone)));
    first
}

/// Every e-mail address and every phone number of a text. Digits of an address are no phone number.
pub(crate) fn every_contact(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut text, mut emails, mut phones) = (text.to_owned(), Vec::new(), Vec::new());
    for find in [written_email, spelled_email] {
        replace(&mut text, find, |_| " ".to_owned(), |address| emails.push(address));
    }
    replace(&mut text, phone_from, |_| " ".to_owned(), |number| phones.push(number));
    (emails, phones)
}

/// What is left where a contact was may make another one with what stood around it, but hardly twice.
pub(super) const PASSES: usize = 4;

/// Replaces every contact: addresses first, because their digits are no phone numbers. `with` gets the length in bytes.
fn replace_all(text: &mut String, with: impl Fn(usize) -> String) {
    for _ in 0..PASSES {
        let mut changed = false;
        for find in [written_email, spelled_email, phone_from] {
            changed |= replace(text, find, &with, |_| ());
        }
        if !changed {
            break;
        }
    }
}

/// Replaces what `find` finds, from the beginning on, and goes on after each replacement; returns whether there was one.
pub(super) fn replace(
    text: &mut String,
    find: impl Fn(&str, usize) -> Option<(String, Range<usize>)>,
    with: impl Fn(usize) -> String,
    mut found: impl FnMut(String),
) -> bool {
    let mut from = 0;
    while let Some((value, range)) = find(text, from) {
        let mark = with(range.len());
        from = range.start + mark.len();
        text.replace_range(range, &mark);
        found(value);
    }
    from > 0
}
