//! Mends of a line that is not YAML, each tried by parsing the text with it: what is shown to an author is known to work.

use super::{
    line::{Extent, extents, quoted},
    located::start,
    options,
};
use crate::{diagnostic::Fix, span::Span, yaml::located::Located};

/// The longest line that is mended, in characters, and the most mends that are tried on it; each is a parse of the file.
const LONGEST: usize = 2_000;
const MOST_TRIED: usize = 10;
/// How many mistakes of one line are mended together.
const MOST_ON_A_LINE: usize = 4;
/// The largest file whose lines are mended, in bytes.
const LARGEST: usize = 1 << 20;

/// A line, mended so that the parser comes past it.
#[derive(Debug, PartialEq)]
pub(super) struct Mended {
    /// What was put in quotes, as it was written; of several values, the first.
    pub(super) value: String,
    /// Whether the value stands inside brackets.
    pub(super) in_brackets: bool,
    /// The line's number, from 1.
    number: u32,
    /// The line before and after.
    before: String,
    pub(super) line: String,
}

impl Mended {
    /// The mend as a change of the whole line.
    pub(super) fn fix(&self) -> Fix {
        let length = u32::try_from(self.before.chars().count()).unwrap_or(u32::MAX);
        Fix { span: Span::on_line(self.number, 1, length), replacement: self.line.clone() }
    }
}

/// The text of a file with one of its lines taken out, to try others in its place.
pub(super) struct Bed<'t> {
    text: &'t str,
    line: &'t str,
    number: u32,
    offset: usize,
}

impl<'t> Bed<'t> {
    /// The line with this number, counted from 1. `None` where the file or the line is too long to try anything.
    pub(super) fn of(text: &'t str, number: u32) -> Option<Bed<'t>> {
        let line = text.lines().nth((number as usize).checked_sub(1)?)?;
        let offset = line.as_ptr() as usize - text.as_ptr() as usize;
        let fits = text.len() <= LARGEST && line.chars().count() <= LONGEST;
        fits.then_some(Bed { text, line, number, offset })
    }

    pub(super) fn line(&self) -> &'t str {
        self.line
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Another line in its place.
    pub(super) fn fix(&self, line: &str) -> Fix {
        let length = u32::try_from(self.line.chars().count()).unwrap_or(u32::MAX);
        Fix { span: Span::on_line(self.number, 1, length), replacement: line.to_owned() }
    }

    /// Where the text with this line is no YAML; `None` where it is.
    pub(super) fn error_with(&self, line: &str) -> Option<Span> {
        let before = self.text.get(..self.offset).unwrap_or_default();
        let after = self.text.get(self.offset + self.line.len()..).unwrap_or_default();
        let text = format!("{before}{line}{after}");
        let error = serde_saphyr::from_str_with_options::<Located>(&text, options()).err()?;
        Some(error.location().map(start).unwrap_or_default())
    }

    /// Whether the parser comes past this line.
    pub(super) fn passes(&self, line: &str) -> bool {
        self.error_with(line).is_none_or(|at| at.line > self.number)
    }

    /// The line with the values in quotes that must be; `at` is the column of the error. `comment` says that the rest of the
    /// line may be taken for a comment, so that a text with ` #` is to blame.
    pub(super) fn quoting(&self, at: u32, comment: bool) -> Option<Mended> {
        let mut tried = 0;
        let mut line = self.line.to_owned();
        let mut column = at as usize;
        let mut first: Option<(String, bool)> = None;
        for _ in 0..MOST_ON_A_LINE {
            let chars: Vec<char> = line.chars().collect();
            let mut further = None;
            for extent in in_order(&chars, column, comment) {
                tried += 1;
                if tried > MOST_TRIED {
                    return None;
                }
                let value: String = chars.get(extent.start..extent.end)?.iter().collect();
                let other = format!(
                    "{}{}{}",
                    chars.iter().take(extent.start).collect::<String>(),
                    quoted(&value),
                    chars.iter().skip(extent.end).collect::<String>()
                );
                let in_brackets = chars.iter().take(extent.start).any(|c| matches!(c, '{' | '['));
                let value = || first.clone().unwrap_or((value.clone(), in_brackets));
                match self.error_with(&other) {
                    Some(at) if at.line == self.number && at.column as usize > column + 2 => {
                        further.get_or_insert((other, at.column as usize, value()));
                    }
                    Some(at) if at.line <= self.number => {}
                    _ => {
                        let (value, in_brackets) = value();
                        let before = self.line.to_owned();
                        return Some(Mended { value, in_brackets, number: self.number, before, line: other });
                    }
                }
            }
            let (other, at, value) = further?;
            (line, column, first) = (other, at, Some(value));
        }
        None
    }
}

/// The values of a line, those first that hold the column (from 1) or end before it, the smaller before the larger.
fn in_order(line: &[char], column: usize, comment: bool) -> Vec<Extent> {
    let at = column.saturating_sub(1);
    let mut all = extents(line);
    let distance = |extent: &Extent| match () {
        () if extent.start <= at && at <= extent.end => 0,
        () if extent.end < at => at - extent.end,
        () => line.len() + extent.start,
    };
    let has_comment = |extent: &Extent| {
        line.get(extent.start..extent.end).is_some_and(|value| value.windows(2).any(|two| two == [' ', '#']))
    };
    if comment {
        all.retain(has_comment);
    }
    all.sort_by_key(|extent| (distance(extent), extent.end - extent.start));
    all
}
