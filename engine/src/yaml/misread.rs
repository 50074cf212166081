//! Texts without quotes that YAML reads otherwise than they look, without an error: cut off by ` #`, without their first word
//! after `&` or `!`, or joined with a line below that looks like an item of its own.

use serde_saphyr::Location;

use super::{line::quoted, located::Reading};
use crate::span::Span;

/// A text that is not read as it looks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Misread {
    /// The sign that is to blame.
    pub(crate) span: Span,
    /// What is read, and why.
    pub(crate) message: String,
    /// How to write what was probably meant.
    pub(crate) help: String,
}

/// The most that are told of one file.
const MOST: usize = 20;
/// How much of a text is shown, in characters.
const SHOWN: usize = 60;

/// Looks at a text, as it is `written` at `span` and read as `value`.
pub(super) fn look(location: Location, span: Span, written: &str, value: &str, reading: &mut Reading<'_>) {
    if value.is_empty() && !written.starts_with(['"', '\'']) && reading.misread.len() < MOST {
        // The place of nothing may be that of what comes next.
        let lines = [span.line, span.line.saturating_sub(1)];
        let found = lines
            .into_iter()
            .find_map(|number| sign_alone(reading.lines.get((number as usize).checked_sub(1)?)?, number));
        reading.misread.extend(found);
    }
    let is_plain = !written.starts_with(['"', '\'', '|', '>']);
    if !is_plain || written.is_empty() || reading.misread.len() >= MOST {
        return;
    }
    let offset = location.span().byte_offset().and_then(|offset| usize::try_from(offset).ok());
    let Some(offset) = offset else { return };
    let found = match () {
        () if span.end_line > span.line => joined(span, written),
        () => cut(offset, span, written, value, reading.text)
            .or_else(|| marked(offset, span, written, reading.text)),
    };
    reading.misread.extend(found);
}

/// `Номер #5`: what follows ` #` is a comment. One with a space after the sign is meant as a comment.
fn cut(offset: usize, span: Span, written: &str, value: &str, text: &str) -> Option<Misread> {
    let rest = text.get(offset + written.len()..)?;
    let rest = rest.split('\n').next().unwrap_or_default().trim_end();
    let comment = rest.trim_start_matches([' ', '\t']);
    let is_glued = comment.strip_prefix('#')?.starts_with(|c: char| c.is_alphanumeric());
    // A name or a word is not what clients read.
    let is_text = value.contains(|c: char| c.is_whitespace() || c.is_alphabetic() && !c.is_ascii());
    if !is_glued || !is_text {
        return None;
    }
    let gap = rest.chars().count() - comment.chars().count();
    let column = span.end_column.saturating_add(u32::try_from(gap).ok()?);
    Some(Misread {
        span: Span::on_line(span.line, column, u32::try_from(comment.chars().count()).ok()?),
        message: format!("` #` begins a comment: the text ends before it, as `{}`", shortened(value)),
        help: format!(
            "put the whole text in quotes: {}; or, if it is a comment, write a space after the `#`",
            shortened(&quoted(&format!("{written}{rest}")))
        ),
    })
}

/// `&word text` and `!word text`: YAML takes the word for a mark of its own.
fn marked(offset: usize, span: Span, written: &str, text: &str) -> Option<Misread> {
    let before = text.get(..offset)?;
    let before = before.rsplit('\n').next().unwrap_or_default().trim_end_matches([' ', '\t']);
    let (head, mark) = match before.rfind([' ', '\t']) {
        Some(at) => before.split_at(at + 1),
        None => ("", before),
    };
    let name = mark.strip_prefix('&').map(|name| (name, "marks the value to repeat it elsewhere"));
    let name =
        name.filter(|(name, _)| !name.is_empty() && !text.contains(&format!("*{name}"))).or_else(|| {
            let name = mark.strip_prefix('!').filter(|name| !name.starts_with('!'))?;
            Some((name, "names the value's type"))
        });
    let (_, does) = name?;
    let column = u32::try_from(head.chars().count()).ok()?.saturating_add(1);
    let length = u32::try_from(mark.chars().count()).ok()?;
    Some(Misread {
        span: Span::on_line(span.line, column, length),
        message: format!(
            "for YAML `{mark}` {does}, and is no part of the text, which is `{}`",
            shortened(written)
        ),
        help: format!("put the whole text in quotes: {}", shortened(&quoted(&format!("{mark} {written}")))),
    })
}

/// `!`, `|` or `>` alone, with nothing below it.
fn sign_alone(line: &str, number: u32) -> Option<Misread> {
    // In braces a comma or the bracket follows.
    let inside = [" !,", " !}", " ! }", " !]"].iter().find_map(|sign| line.find(sign)).map(|at| at + 2);
    let line = inside.and_then(|end| line.get(..end)).unwrap_or(line).trim_end();
    let sign = line.chars().next_back().filter(|c| matches!(c, '!' | '|' | '>'))?;
    line.strip_suffix(sign)?.ends_with(' ').then_some(())?;
    let column = u32::try_from(line.chars().count()).ok()?;
    Some(Misread {
        span: Span::on_line(number, column, 1),
        message: format!("`{sign}` alone is a sign of YAML, and the text is empty"),
        help: format!("put it in quotes, '{sign}', or write the text"),
    })
}

/// A line below that is indented further and begins like an item of a list.
fn joined(span: Span, written: &str) -> Option<Misread> {
    let (at, line) =
        written.lines().enumerate().skip(1).find(|(_, line)| line.trim_start().starts_with("- "))?;
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    let number = span.line.saturating_add(u32::try_from(at).ok()?);
    let column = u32::try_from(indent).ok()?.saturating_add(1);
    let length = u32::try_from(line.trim().chars().count()).ok()?;
    Some(Misread {
        span: Span::on_line(number, column, length),
        message: "this line is a part of the text above it, not an item of a list".to_owned(),
        help: "indent it exactly like the item above; if it is text, put the whole text in quotes".to_owned(),
    })
}

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(SHOWN).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}
