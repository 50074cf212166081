//! A text without quotes inside braces that a comma ends: `{ ru: Hello, friend, en: Hi }` has a name `friend` without a
//! value, which nobody meant.

use crate::{
    diagnostic::{Code, Diagnostic, Fix},
    language::Language,
    span::{Span, Spanned},
    yaml::{Node, Tree, end_in_brackets, quoted},
};

/// A text that a comma cuts.
#[derive(Clone, Debug)]
pub(crate) struct Comma {
    /// The whole text on its line; its start is that of the value as it was read.
    region: Span,
    /// The comma.
    span: Span,
    /// What was read of the text, and the whole of it.
    read: String,
    whole: String,
    /// The line with the text in quotes.
    line: String,
}

impl Comma {
    /// The comma to blame for a name of a map in braces that is none of `known`; where the names are free (`None`), for one
    /// without a value. `at` is the span of the name or of its value; without it any such name of the map is looked at.
    pub(crate) fn of(map: &Tree, known: Option<&[&str]>, at: Option<Span>) -> Option<Comma> {
        let (Node::Map(entries), Some(line)) = (&map.node, &map.written) else { return None };
        let is_none = |value: &Tree| value.node == Node::Null && value.written.is_none();
        let alien = |(name, value): &(Spanned<String>, Tree)| match known {
            Some(known) => !known.contains(&name.as_str()),
            None => is_none(value),
        };
        let meant = |(name, value): &(Spanned<String>, Tree)| {
            // An error about a word of a list is about a name of this map only where it stands at one.
            let of_value = |at: Span| known.is_none() && at.start() == value.span.start();
            at.is_none_or(|at| at.start() == name.span.start() || of_value(at))
        };
        // A word with a value of its own is a misspelt name rather than a part of a text.
        let is_word = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let like_text = |(name, value): &(Spanned<String>, Tree)| {
            is_none(value) || !is_word(name) || is_no_language(name, known)
        };
        let first = entries.iter().position(|entry| alien(entry) && meant(entry) && like_text(entry))?;
        // Several commas: back to the value that the text began as.
        let earlier = entries.get(..first)?;
        let of_known = earlier.iter().rposition(|entry| !alien(entry));
        // The name of the value may be misspelt itself; then only names without a value are parts of the text.
        let before = of_known.or_else(|| earlier.iter().rposition(|(_, value)| !is_none(value)))?;
        let (_, value) = entries.get(before)?;
        let is_part = |entry: &&(Spanned<String>, Tree)| {
            alien(entry) && like_text(entry) && (of_known.is_some() || is_none(&entry.1))
        };
        let last = entries.iter().skip(before + 1).take_while(is_part).last()?;
        let is_on_line = |span: Span| span.line == map.span.line && span.end_line == map.span.line;
        let read = plain(value)?;
        if !is_on_line(value.span) || !is_on_line(last.0.span) {
            return None;
        }
        let chars: Vec<char> = line.chars().collect();
        let start = (value.span.column as usize).checked_sub(1)?;
        let mut end = (last.0.span.end_column as usize).checked_sub(1)?;
        if !is_none(&last.1) {
            end = end
                .max((last.1.span.end_column as usize).checked_sub(1).filter(|_| is_on_line(last.1.span))?);
        }
        // A word with a colon may be the next name or a part of the text: the names that are known tell.
        end = end.max(end_in_brackets(&chars, start, true)).min(
            match entries.iter().skip(before + 1).find(|entry| !is_part(entry)) {
                Some((next, _)) if is_on_line(next.span) => (next.span.column as usize).saturating_sub(1),
                _ => usize::MAX,
            },
        );
        let mut whole: String = chars.get(start..end)?.iter().collect();
        let trimmed = whole.trim_end_matches([' ', ',']).len();
        whole.truncate(trimmed);
        let length = whole.chars().count();
        let rest: String = chars.get(start + length..)?.iter().collect();
        let head: String = chars.get(..start)?.iter().collect();
        let comma = whole.find(',').and_then(|at| whole.get(..at))?.chars().count();
        let column = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        let region = Span::on_line(map.span.line, column(start), u32::try_from(length).ok()?);
        // A misspelt name after the text is no part of it.
        if at.is_some_and(|at| at.line != region.line || at.column > region.end_column) {
            return None;
        }
        Some(Comma {
            region,
            span: Span::on_line(map.span.line, column(start + comma), 1),
            read,
            line: format!("{head}{}{rest}", quoted(&whole)),
            whole,
        })
    }

    /// Whether the text begins there.
    pub(super) fn begins_at(&self, at: Span) -> bool {
        self.region.start() == at.start()
    }

    /// Whether it is in the same text.
    pub(super) fn same_text(&self, other: &Comma) -> bool {
        self.region == other.region
    }

    /// The diagnostic in a file.
    pub(crate) fn diagnostic(&self, file: &str) -> Diagnostic {
        let message = format!("a comma ends a value here, which is `{}` alone", shortened(&self.read));
        let help = format!("put the whole text in quotes: {}", shortened(self.line.trim()));
        let diagnostic = Diagnostic::new(Code::CutText, file, self.span, message, help);
        Diagnostic { fix: Some(Fix { span: self.region, replacement: quoted(&self.whole) }), ..diagnostic }
    }

    /// Puts the whole text into a tree, so that the rest can be read. Returns whether it was there.
    pub(super) fn join(&self, tree: &mut Tree) -> bool {
        match &mut tree.node {
            Node::Map(entries) => {
                let Some((_, value)) =
                    entries.iter_mut().find(|(_, value)| value.span.start() == self.region.start())
                else {
                    return entries.iter_mut().any(|(_, value)| self.join(value));
                };
                *value = Tree::new(self.region, Node::Str(self.whole.clone()));
                let inside = |span: Span| {
                    span.line == self.region.line
                        && span.column > self.region.column
                        && span.column < self.region.end_column
                };
                let before = entries.len();
                entries.retain(|(name, _)| !inside(name.span));
                entries.len() < before
            }
            Node::Seq(items) => items.iter_mut().any(|item| self.join(item)),
            _ => false,
        }
    }
}

/// Whether only languages may be named and this word is none, nor a longer name of one: `tomorrow`, but not `eng`.
fn is_no_language(name: &str, known: Option<&[&str]>) -> bool {
    let is_language = |known: &&str| Language::from_code(known).is_some();
    let name = name.to_lowercase();
    known.is_some_and(|known| {
        known.iter().all(is_language)
            && name.chars().count() > 3
            && !known.iter().any(|known| name.starts_with(known))
    })
}

/// A value without quotes on one line, as it is written.
fn plain(value: &Tree) -> Option<String> {
    match (&value.node, &value.written) {
        (Node::Str(text), _) if value.span.is_on_line(text.chars().count()) => Some(text.clone()),
        (Node::Int(_) | Node::Float(_) | Node::Bool(_), Some(written)) => Some(written.to_string()),
        _ => None,
    }
}

/// How much of a line is shown, in characters.
const SHOWN: usize = 160;

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(SHOWN).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}
