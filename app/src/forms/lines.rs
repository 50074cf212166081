//! Changing a YAML text by its lines.

use std::ops::Range;

use tolmach_engine::{
    slot::Type,
    span::Span,
    written_type,
    yaml::{self, Node, Tree},
};

use super::Refused;

/// A text is written without quotes where none of these are in it: whatever else YAML reads in them, it is a text without them.
const SPECIAL: &str = ",[]{}\"'#:&*!|>%@`\\";
/// A list of more characters has a line for each entry.
const LINE: usize = 100;

/// Reads a file.
pub(super) fn read(text: &str) -> Result<Tree, Refused> {
    yaml::parse(text).map_err(|error| Refused::NotYaml(error.span.line))
}

/// Lines of a text that is changed from its end to its beginning.
pub(super) struct Lines<'t>(Vec<std::borrow::Cow<'t, str>>);

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Lines<'t> {
        Lines(text.split('\n').map(Into::into).collect())
    }

    /// The same of a text that does not live on.
    pub(super) fn owned(text: &str) -> Lines<'t> {
        Lines(text.split('\n').map(|line| line.to_owned().into()).collect())
    }

    pub(super) fn text(&self) -> String {
        self.0.join("\n")
    }

    /// A line, counted from 1.
    fn at(&self, line: u32) -> &str {
        self.0.get((line as usize).saturating_sub(1)).map_or("", AsRef::as_ref)
    }

    /// What stands before a place.
    pub(super) fn before(&self, span: Span) -> String {
        self.at(span.line).chars().take((span.column as usize).saturating_sub(1)).collect()
    }

    /// Whether a value stands in quotes.
    pub(super) fn is_quoted(&self, span: Span) -> bool {
        let first = self.at(span.line).chars().nth((span.column as usize).saturating_sub(1));
        matches!(first, Some('"' | '\''))
    }

    /// The lines, counted from 0, of what begins at `from` and ends before line `next`: what stands above the next one and is not set in
    /// further than `from`, empty lines and comments, is not among them.
    pub(super) fn block(&self, from: Span, next: Option<u32>) -> Range<usize> {
        let begin = (from.line as usize).saturating_sub(1);
        let mut end = next.map_or(self.0.len(), |next| (next as usize).saturating_sub(1)).max(begin + 1);
        while end > begin + 1 {
            let line = self.0.get(end - 1).map_or("", AsRef::as_ref);
            let indent = line.len() - line.trim_start().len();
            let outside =
                line.trim().is_empty() || line.trim_start().starts_with('#') && indent < from.column as usize;
            if !outside {
                break;
            }
            end -= 1;
        }
        begin..end
    }

    /// Puts lines in the place of others.
    pub(super) fn replace(&mut self, range: Range<usize>, with: Vec<String>) {
        let end = range.end.min(self.0.len());
        self.0.splice(range.start.min(end)..end, with.into_iter().map(Into::into));
    }

    /// Puts a text in the place of a value of one line; `false` where the value has more, or is a block.
    pub(super) fn set(&mut self, span: Span, with: &str) -> bool {
        let line = self.at(span.line);
        let place = |column: u32| {
            line.char_indices().nth((column as usize).saturating_sub(1)).map_or(line.len(), |(at, _)| at)
        };
        let (from, to) = (place(span.column), place(span.end_column));
        if span.line != span.end_line
            || from >= to
            || line.get(from..).is_some_and(|rest| rest.starts_with(['|', '>']))
        {
            return false;
        }
        let (Some(before), Some(after)) = (line.get(..from), line.get(to..)) else { return false };
        let line = format!("{before}{with}{after}");
        match self.0.get_mut((span.line as usize).saturating_sub(1)) {
            Some(place) => *place = line.into(),
            None => return false,
        }
        true
    }

    /// Where a new entry at the end of the file goes: after its last line that is not empty.
    pub(super) fn end(&self) -> usize {
        self.0.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |at| at + 1)
    }
}

/// A text as a scalar that stays a text, on one line.
pub(super) fn scalar(text: &str) -> String {
    let plain = !text.is_empty()
        && text.trim() == text
        && !text.contains(|sign: char| SPECIAL.contains(sign) || sign.is_control());
    let stays = || {
        let source = format!("k: {text}");
        match yaml::parse(&source).map(|tree| tree.node) {
            Ok(Node::Map(entries)) => matches!(&entries[..], [(_, value)]
                if value.node == Node::Str(text.to_owned()) && written_type(&source, value) == Some(Type::Text)),
            _ => false,
        }
    };
    // A JSON string is a scalar in double quotes.
    if plain && !text.starts_with(['-', '?', '=', '<']) && stays() {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// A name with a text, set in by `indent`: several lines as a block.
pub(super) fn entry(indent: usize, name: &str, text: &str) -> Vec<String> {
    let margin = " ".repeat(indent);
    let block = text.contains('\n')
        && text.trim() == text
        && text.lines().all(|line| line.trim_end() == line && !line.contains(|sign: char| sign.is_control()));
    if !block {
        return vec![format!("{margin}{name}: {}", scalar(text))];
    }
    let mut lines = vec![format!("{margin}{name}: |-")];
    lines.extend(
        text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{margin}  {line}") }),
    );
    lines
}

/// A name with a list of what is written already, set in by `indent`.
pub(super) fn list(indent: usize, name: &str, items: &[String]) -> Vec<String> {
    let margin = " ".repeat(indent);
    let line = format!("{margin}{name}: [{}]", items.join(", "));
    if line.chars().count() <= LINE {
        return vec![line];
    }
    let mut lines = vec![format!("{margin}{name}:")];
    lines.extend(items.iter().map(|item| format!("{margin}  - {item}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_a_text() {
        for text in [
            "Осналдар",
            "7",
            "+7 495",
            "007",
            "1.10",
            "да",
            "yes",
            "true",
            "null",
            "~",
            "",
            " a",
            "2026-12-31",
            "12:30",
            "4500 RUB",
            "a: b",
            "#1",
            "- a",
            "{{company.name}}",
            "it's",
            "\"q\"",
            "a\\b",
            "?",
            "=",
            "<<",
            "0x1F",
            "1e3",
            ".5",
            "a\u{7}b",
            "line\nline",
            "NaN",
            ".inf",
            "🔧",
        ] {
            let source = format!("k: {}", scalar(text));
            let tree = yaml::parse(&source).unwrap();
            let Node::Map(entries) = tree.node else { panic!("{source}") };
            assert_eq!(entries[0].1.node, Node::Str(text.to_owned()), "{source}");
            assert_eq!(written_type(&source, &entries[0].1), Some(Type::Text), "{source}");
            let inside = format!("k: {{ a: {}, b: 1 }}", scalar(text));
            let Node::Map(entries) = yaml::parse(&inside).unwrap().node else { panic!("{inside}") };
            let Node::Map(inner) = &entries[0].1.node else { panic!("{inside}") };
            assert_eq!(inner[0].1.node, Node::Str(text.to_owned()), "{inside}");
        }
    }
}
