//! A pasted list read as an order: a line each, a name or an article with how many.

use crate::extract::{self, numbers, units};

/// The most lines that are looked up in one turn.
pub(super) const MOST_LINES: usize = 20;
/// The most characters of a line.
const LONGEST: usize = 200;

/// A line of a list.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Wanted {
    /// The name or the article.
    pub(super) what: String,
    pub(super) quantity: Option<f64>,
    /// The line as it was written.
    pub(super) said: String,
}

/// The lines of a message that is a list to be ordered: at least two lines, most of them with how many. The second value is how
/// many lines are left out.
pub(super) fn read(text: &str) -> Option<(Vec<Wanted>, usize)> {
    let mut lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() == 1 {
        // «RH-1 — 2 шт; PF-7 — 1 шт»
        let by = |mark: &str| -> Vec<&str> {
            text.split(mark).map(str::trim).filter(|line| !line.is_empty()).collect()
        };
        lines = by(";");
        if lines.len() < 2 {
            lines = by(", ");
        }
        // «нужно: AG-1 — 2 шт, …»
        if let Some(first) = lines.first_mut()
            && let Some((head, rest)) = first.split_once(": ")
            && !head.contains(|c: char| c.is_ascii_digit())
        {
            *first = rest;
        }
    }
    if lines.len() < 2 {
        return None;
    }
    let read: Vec<Option<Wanted>> = lines.iter().map(|line| wanted(line)).collect();
    let counted = read.iter().flatten().filter(|line| line.quantity.is_some()).count();
    if counted < 2 || counted * 5 < read.len() * 3 {
        return None;
    }
    // «Здравствуйте, нужно:» and «спасибо!» around the list have no quantity.
    let first = read.iter().position(|line| line.as_ref().is_some_and(|line| line.quantity.is_some()))?;
    let last = read.iter().rposition(|line| line.as_ref().is_some_and(|line| line.quantity.is_some()))?;
    let mut wanted: Vec<Wanted> = read.into_iter().skip(first).take(last + 1 - first).flatten().collect();
    let left_out = wanted.len().saturating_sub(MOST_LINES);
    wanted.truncate(MOST_LINES);
    Some((wanted, left_out))
}

fn wanted(line: &str) -> Option<Wanted> {
    let line = extract::first_chars(line, LONGEST);
    let bullet = |c: char| matches!(c, '-' | '•' | '*' | '–' | '—' | '·' | ' ' | '\t');
    let bare = line.trim_start_matches(bullet);
    // «1) насос», «2. дрель»: a numbered list.
    let digits = bare.chars().take_while(char::is_ascii_digit).count();
    let numbered = (1..=3).contains(&digits).then(|| bare.get(digits..)).flatten();
    let bare = numbered
        .and_then(|rest| rest.strip_prefix([')', '.']))
        .filter(|rest| rest.starts_with(' '))
        .map_or(bare, str::trim_start);
    if !bare.chars().any(char::is_alphanumeric) {
        return None;
    }
    let quantity = quantity(bare);
    let (what, quantity) = match quantity {
        Some((range, count)) => {
            let before = bare.get(..range.start).unwrap_or_default();
            let after = bare.get(range.end..).unwrap_or_default();
            (format!("{before} {after}"), Some(count))
        }
        None => (bare.to_owned(), None),
    };
    let mark = |c: char| {
        matches!(c, '-' | '–' | '—' | ':' | ',' | ';' | '.' | '=' | ' ' | '\t' | '|' | '(' | ')' | '×')
    };
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let what = what.trim_matches(mark).to_owned();
    (!what.is_empty()).then(|| Wanted { what, quantity, said: line.to_owned() })
}

/// How many, and where the line says it: a number with a unit of pieces, or one after a dash or a blank column at the end.
fn quantity(line: &str) -> Option<(std::ops::Range<usize>, f64)> {
    let found = numbers::find(line);
    for number in found.iter().rev() {
        if let Some(unit) =
            units::after(line, number.range.end).filter(|unit| unit.kind == units::Unit::Piece)
        {
            return Some((number.range.start..unit.end, number.value));
        }
    }
    // "3 x HG-14331"
    if let Some(number) = found.first().filter(|number| number.range.start == 0 && number.factor == 1.0)
        && let Some(rest) = line.get(number.range.end..)
        && let Some(after) = rest.trim_start().strip_prefix(['x', 'х', 'X', 'Х', '×', '*'])
        && after.starts_with(' ')
    {
        return Some((0..line.len() - after.len(), number.value));
    }
    // «RH-10628 х2», "x 2"
    let trimmed = line.trim_end();
    let digits = trimmed.len() - trimmed.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let head = trimmed.get(..trimmed.len() - digits)?;
    if digits == 0 || digits > 6 {
        return None;
    }
    let count: f64 = trimmed.get(head.len()..)?.parse().ok().filter(|count| *count > 0.0)?;
    let bare = head.trim_end();
    let times = bare
        .strip_suffix(['x', 'х', 'X', 'Х', '×', '*'])
        .filter(|rest| rest.ends_with(' ') || head != bare && rest.ends_with(char::is_whitespace));
    let dash = bare
        .strip_suffix(['-', '–', '—', ':', '=', '\t', '|'])
        .filter(|rest| rest.ends_with([' ', '\t']) || bare.ends_with([':', '=', '\t', '|', '–', '—']));
    let column = head.ends_with('\t').then_some(bare);
    times.or(dash).or(column).map(|rest| (rest.trim_end().len()..trimmed.len(), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(String, Option<f64>)> {
        read(text).unwrap().0.into_iter().map(|line| (line.what, line.quantity)).collect()
    }

    #[test]
    fn a_list_is_read_line_by_line() {
        let text = "Добрый день! Нужно:\nRH-10628 — 2 шт\n2) Дрель ударная 750 Вт - 3\n• перчатки 10 пар\nболгарка 125 мм x 2\nспасибо";
        assert_eq!(
            lines(text),
            [
                ("RH-10628".to_owned(), Some(2.0)),
                ("Дрель ударная 750 Вт".to_owned(), Some(3.0)),
                ("перчатки".to_owned(), Some(10.0)),
                ("болгарка 125 мм".to_owned(), Some(2.0)),
            ]
        );
        assert_eq!(lines("AG-1 2 шт; PF-7 1 шт").len(), 2);
        let times = lines("3 x HG-14331\n2 х Дрель 750 Вт");
        assert_eq!(times, [("HG-14331".to_owned(), Some(3.0)), ("Дрель 750 Вт".to_owned(), Some(2.0))]);
    }

    #[test]
    fn what_is_no_list_is_left_alone() {
        for text in
            ["нужен насос", "здравствуйте\nнужен перфоратор\nдо 10 тысяч", "Анна\n8 921 123-45-67", ""]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_long_list_is_cut() {
        let text = (0..50).map(|n| format!("насос {n} кВт — {n} шт")).collect::<Vec<_>>().join("\n");
        let (lines, left_out) = read(&text).unwrap();
        assert_eq!((lines.len(), left_out), (MOST_LINES, 30));
    }
}
