//! Applies number formats with leading zeros, because 42 shown as 00042 is the article number 00042.
//!
//! Supports only formats that show every digit of a whole number; the formats of prices do not matter.

/// A number format that shows a whole number with leading zeros, or with marks between its digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Zeros {
    /// The output pattern.
    pattern: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Digit,
    Mark(char),
}

impl Zeros {
    /// Parses formats such as `00000`, `000-000`, `"AB-"0000`; `None` for any other kind of format.
    pub fn parse(format: &str) -> Option<Zeros> {
        let mut pattern = Vec::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            match c {
                '0' => pattern.push(Piece::Digit),
                '\\' => pattern.push(Piece::Mark(chars.next()?)),
                '"' => pattern.extend(chars.by_ref().take_while(|c| *c != '"').map(Piece::Mark)),
                '-' | ' ' | '/' => pattern.push(Piece::Mark(c)),
                // A placeholder without zeros, a decimal point, a date, a colour or a second section.
                _ => return None,
            }
        }
        let digits = pattern.iter().filter(|piece| **piece == Piece::Digit).count();
        // A plain `0`, or `0" шт"`, has no leading zeros.
        (digits >= 2).then_some(Zeros { pattern })
    }

    /// The number as shown; `None` unless it is a whole number from 0 to 10¹⁵.
    pub fn show(&self, number: f64) -> Option<String> {
        if number.fract() != 0.0 || !(0.0..1e15).contains(&number) {
            return None;
        }
        let digits = format!("{number}");
        let mut left = digits.chars().rev();
        let mut shown: Vec<char> = Vec::new();
        for piece in self.pattern.iter().rev() {
            shown.push(match piece {
                Piece::Digit => left.next().unwrap_or('0'),
                Piece::Mark(mark) => *mark,
            });
        }
        // Surplus digits go to the position of the first digit.
        let more: Vec<char> = left.collect();
        let first = self.pattern.iter().position(|piece| *piece == Piece::Digit).unwrap_or_default();
        let at = shown.len() - first;
        shown.splice(at..at, more);
        Some(shown.into_iter().rev().collect())
    }
}

/// The decimals that a format such as `0.000` always shows, up to 9; `None` for formats that group digits or hide
/// trailing zeros, and for those without a point.
pub(super) fn decimals(format: &str) -> Option<u8> {
    let format = format.split(';').next().unwrap_or_default();
    let (whole, fraction) = format.split_once('.')?;
    let zeros = fraction.chars().take_while(|c| *c == '0').count();
    let rest = fraction.get(zeros..).unwrap_or_default();
    let plain = !whole.is_empty() && whole.chars().all(|c| matches!(c, '0' | '#')) && whole.ends_with('0');
    let literal = rest.is_empty() || rest.chars().all(|c| matches!(c, '_' | ' ' | ')'));
    (plain && literal && (1..=9).contains(&zeros)).then(|| u8::try_from(zeros).unwrap_or(9))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, number: f64, expected: Option<&str>) {
        let shown = Zeros::parse(format).and_then(|zeros| zeros.show(number));
        assert_eq!(shown.as_deref(), expected, "{number} as {format}");
    }

    #[test]
    fn shows_numbers_in_their_format() {
        check("00000", 42.0, Some("00042"));
        check("00000", 1_234_567.0, Some("1234567"));
        check("000-000", 42.0, Some("000-042"));
        check("000\\-000", 1_234_567.0, Some("1234-567"));
        check("\"AB-\"0000", 42.0, Some("AB-0042"));
        check("00000", 4.5, None);
        check("00000", -1.0, None);
    }

    #[test]
    fn ignores_formats_without_leading_zeros() {
        for format in ["General", "0", "0\" шт\"", "0.00", "#,##0", "00.00", "dd/mm/yyyy", "00%", "[Red]00"]
        {
            assert_eq!(Zeros::parse(format), None, "{format}");
        }
    }

    #[test]
    fn knows_the_decimals_that_are_always_shown() {
        assert_eq!(decimals("0.000"), Some(3));
        assert_eq!(decimals("0.0_ "), Some(1));
        for format in ["General", "0", "#,##0.00", "0.0#", "0.00%", "0.00E+00", "mm:ss.0", "0.00\" кг\""] {
            assert_eq!(decimals(format), None, "{format}");
        }
    }
}
