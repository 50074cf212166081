//! How many digits a phone number must have: by the numbering plan of its country, from the library's data.

use phonenumber::metadata::DATABASE;

/// How the number of digits differs from that of a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// So many digits are missing.
    Missing(usize),
    /// There are so many digits too many.
    Extra(usize),
}

/// The most digits by which a number may differ and still be called one with a mistake.
const MOST: usize = 4;
/// The fewest digits that look like a phone number.
const FEWEST: usize = 7;
/// The most digits and signs that are read of one run.
const LONGEST_RUN: usize = 40;

/// Whether digits in international form, without the plus, are as many as numbers of their country have. A country that
/// the library does not know has 7 digits at least.
pub(crate) fn is_possible(digits: &str) -> bool {
    match country(digits) {
        // Russia and Kazakhstan: ten digits, the first of which is one of these.
        Some((7, national)) => national.len() == 10 && national.starts_with(['3', '4', '6', '7', '8', '9']),
        Some((code, national)) => {
            let lengths = lengths(code);
            lengths.is_empty() || lengths.contains(&national.len())
        }
        None => digits.len() >= FEWEST,
    }
}

/// By how many digits the first run of digits of a text that looks like a phone number differs from one; `None` where
/// there is no such run, or the number of digits is not what is wrong.
pub(crate) fn misfit(text: &str) -> Option<Misfit> {
    let run = text
        .split(|c: char| {
            !(c.is_ascii_digit() || matches!(c, '+' | ' ' | '\u{a0}' | '-' | '–' | '(' | ')' | '.'))
        })
        .map(|run| run.trim_start_matches(|c: char| c != '+' && !c.is_ascii_digit()))
        .find(|run| run.bytes().filter(u8::is_ascii_digit).take(FEWEST).count() == FEWEST)?;
    let shown = run.chars().take(LONGEST_RUN);
    let digits: String = shown.filter(char::is_ascii_digit).collect();
    let has = digits.len();
    let (least, most) = if run.starts_with('+') {
        let (code, national) = country(&digits)?;
        let lengths = if code == 7 { vec![10] } else { lengths(code) };
        let prefix = has - national.len();
        (prefix + lengths.iter().min()?, prefix + lengths.iter().max()?)
    } else if digits.starts_with(['7', '8']) {
        (11, 11)
    } else {
        (10, 10)
    };
    let misfit = if has < least {
        Misfit::Missing(least - has)
    } else if has > most {
        Misfit::Extra(has - most)
    } else {
        return None;
    };
    let (Misfit::Missing(by) | Misfit::Extra(by)) = misfit;
    (by <= MOST).then_some(misfit)
}

/// The calling code that digits begin with, and the digits after it.
fn country(digits: &str) -> Option<(u16, &str)> {
    (1..=3).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let code = code.parse().ok()?;
        DATABASE.region(&code).map(|_| (code, national))
    })
}

/// The numbers of digits after a calling code, of landlines and mobiles: shorter ones are of services.
fn lengths(code: u16) -> Vec<usize> {
    let countries = DATABASE.by_code(&code).unwrap_or_default();
    let mut lengths: Vec<usize> = countries
        .iter()
        .flat_map(|country| [country.descriptors().fixed_line(), country.descriptors().mobile()])
        .flatten()
        .flat_map(|kind| kind.possible_length().iter().map(|length| usize::from(*length)))
        .collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_more_or_less_is_counted() {
        for (text, misfit) in [
            ("+7921123456", Some(Misfit::Missing(1))),
            ("Анна, 8 921 123 45 6", Some(Misfit::Missing(1))),
            ("8 921 123-45-6, Анна", Some(Misfit::Missing(1))),
            ("921 123 45", Some(Misfit::Missing(2))),
            ("+7 921 123 45 678", Some(Misfit::Extra(1))),
            ("892112345678", Some(Misfit::Extra(1))),
            ("+1 202 555 012", Some(Misfit::Missing(1))),
            ("+375 29 123 45 6", Some(Misfit::Missing(1))),
            ("8 999 123-45-67", None),
            ("12345", None),
            ("123456789012345678901234", None),
            ("", None),
        ] {
            assert_eq!(super::misfit(text), misfit, "{text}");
        }
    }

    #[test]
    fn a_number_is_as_long_as_its_country_wants() {
        for digits in
            ["79211234567", "77011234567", "12025550123", "442079460018", "375291234567", "4915112345678"]
        {
            assert!(is_possible(digits), "{digits}");
        }
        for digits in ["7921123456", "792112345678", "71211234567", "1202555012", "37529123456"] {
            assert!(!is_possible(digits), "{digits}");
        }
    }
}
