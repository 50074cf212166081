//! Explains syntax errors of YAML to authors of flows.
//!
//! The parser's messages are recognised by words in them; an unknown message is passed on unchanged. Where a mend of the
//! line is known to work, the message names the sign that is to blame and the help shows the line with it.

use super::{SyntaxError, blame::blamed, mend::Bed};
use crate::{diagnostic::nearest, span::Span};

/// The syntax error of a parser's message about a text.
pub(super) fn explain(message: &str, span: Span, text: &str) -> SyntaxError {
    let sentence = sentence(message);
    let line = text.lines().nth((span.line as usize).saturating_sub(1)).unwrap_or_default();
    let from: String = line.chars().skip((span.column as usize).saturating_sub(1)).collect();
    let told = Told { sentence: &sentence, span, text, line, from: &from };
    if let Some(error) = told.mended() {
        return error;
    }
    let (message, help) = told.in_words();
    let near = told.nearest_anchor();
    let span = match sentence.contains("duplicate mapping key") {
        true => Span::on_line(span.line, span.column, key_length(&from)),
        false => Span::on_line(span.line, span.column, word_length(&from)),
    };
    SyntaxError { span, message, help, nearest: near, fix: None }
}

/// What the parser says, and what it says it of.
struct Told<'t> {
    sentence: &'t str,
    span: Span,
    text: &'t str,
    /// The line of the error, and what of it follows the column of the error.
    line: &'t str,
    from: &'t str,
}

/// What is no matter of a single line, or names its mend already.
const NOT_OF_A_VALUE: &[&str] = &[
    "duplicate mapping key",
    "recursion limit",
    "depth",
    "budget",
    "expansion",
    "multiple YAML documents",
    "mismatched bracket",
    "tab",
];

impl Told<'_> {
    fn has(&self, part: &str) -> bool {
        self.sentence.contains(part)
    }

    /// The error with a mend that was tried and works.
    fn mended(&self) -> Option<SyntaxError> {
        if self.has("tabs disallowed") || self.has("tab") && self.line.starts_with(['\t', ' ']) {
            return self.tabs();
        }
        let is_control = self.from.chars().next().is_some_and(char::is_control);
        if is_control || NOT_OF_A_VALUE.iter().any(|part| self.has(part)) {
            return None;
        }
        let bed = Bed::of(self.text, self.span.line)?;
        self.spaced_key(&bed)
            .or_else(|| self.spaced_item(&bed))
            .or_else(|| self.indented(&bed))
            .or_else(|| self.quoted(&bed))
            .or_else(|| self.closed(&bed))
    }

    /// A value in quotes.
    fn quoted(&self, bed: &Bed<'_>) -> Option<SyntaxError> {
        // A mark may have been meant where the file has some.
        if self.has("unknown anchor") && self.nearest_anchor().is_some() {
            return None;
        }
        let mended = bed.quoting(self.span.column, self.has("unclosed bracket"))?;
        let (message, part) = blamed(&mended.value, mended.in_brackets, self.has("escape"))?;
        let column = self.line.find(&mended.value).and_then(|at| {
            let at = at + (part.as_ptr() as usize - mended.value.as_ptr() as usize);
            u32::try_from(self.line.get(..at)?.chars().count()).ok()
        });
        let length = u32::try_from(part.trim_end().chars().count().max(1)).unwrap_or(1);
        let span = match column {
            Some(column) => Span::on_line(self.span.line, column.saturating_add(1), length),
            None => Span::on_line(self.span.line, self.span.column, word_length(self.from)),
        };
        let is_block = mended.value.starts_with(['|', '>']);
        let help = match () {
            () if self.has("unclosed quote") => {
                format!("close it with the same quote where the text ends: {}", shown(&mended.line))
            }
            () if is_block => format!(
                "write the text on the lines below, indented; or put the whole text in quotes: {}",
                shown(&mended.line)
            ),
            () => format!("put the whole text in quotes: {}", shown(&mended.line)),
        };
        // A quote that is not closed may belong to a text of several lines.
        let fix = (!self.has("unclosed quote") && !is_block).then(|| Box::new(mended.fix()));
        Some(SyntaxError { span, message, help, nearest: None, fix })
    }

    /// `name:value`, here or on the line above: a colon needs a space after it. A full-width colon is none.
    fn spaced_key(&self, bed: &Bed<'_>) -> Option<SyntaxError> {
        if !(self.has("expected ':'")
            || self.has("mapping values")
            || self.has("block mapping")
            || self.has("indent"))
        {
            return None;
        }
        let above = self.text.lines().take((self.span.line as usize).saturating_sub(1));
        let above = above.enumerate().filter(|(_, line)| !line.trim().is_empty()).last();
        let above = above.and_then(|(at, _)| Bed::of(self.text, u32::try_from(at + 1).ok()?));
        [Some(bed), above.as_ref()].into_iter().flatten().find_map(|bed| {
            let (colon, line) = with_space(bed.line())?;
            let past = bed.error_with(&line).is_none_or(|at| at.start() > self.span.start());
            past.then(|| {
                let column = bed.line().get(..colon).map_or(0, |before| before.chars().count());
                let span =
                    Span::on_line(bed.number(), u32::try_from(column).unwrap_or(0).saturating_add(1), 1);
                let message = match bed.line().get(colon..).is_some_and(|rest| rest.starts_with('：')) {
                    true => "`：` is a full-width colon, which ends no name in YAML",
                    false => "a space is missing after this colon, so that no value begins here",
                };
                SyntaxError {
                    span,
                    message: message.to_owned(),
                    help: format!("write {}", shown(&line)),
                    nearest: None,
                    fix: Some(Box::new(bed.fix(&line))),
                }
            })
        })
    }

    /// `-item`: a dash needs a space after it to begin an item.
    fn spaced_item(&self, bed: &Bed<'_>) -> Option<SyntaxError> {
        let item = bed.line().trim_start();
        let rest = item
            .strip_prefix('-')
            .filter(|rest| rest.starts_with(['{', '[', '"', '\'']) || rest.contains(": "))?;
        let indent = bed.line().get(..bed.line().len() - item.len())?;
        let line = format!("{indent}- {rest}");
        bed.passes(&line).then(|| SyntaxError {
            span: Span::on_line(
                self.span.line,
                u32::try_from(indent.chars().count() + 1).unwrap_or(u32::MAX),
                1,
            ),
            message: "a space is missing after this `-`, so that no item of a list begins here".to_owned(),
            help: format!("write {}", shown(&line)),
            nearest: None,
            fix: Some(Box::new(bed.fix(&line))),
        })
    }

    /// A field that stands deeper or less deep than those that it belongs to.
    fn indented(&self, bed: &Bed<'_>) -> Option<SyntaxError> {
        let field = bed.line().trim_start();
        let is_field = field.split_once(':').is_some_and(|(name, rest)| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
                && (rest.is_empty() || rest.starts_with(' '))
        });
        let is_item = field.starts_with("- ");
        let own = bed.line().len() - field.len();
        let at_start = (self.span.column as usize) <= own + field.find([':', ' ']).unwrap_or(0) + 1;
        if !(is_field || is_item) || !at_start || bed.line().trim_start_matches(' ').len() != field.len() {
            return None;
        }
        let indents = self.text.lines().take((self.span.line as usize).saturating_sub(1));
        let mut indents: Vec<usize> = indents
            .filter(|line| !line.trim().is_empty())
            .flat_map(|line| {
                let indent = line.len() - line.trim_start_matches(' ').len();
                let item = line.trim_start_matches(' ').starts_with("- ").then_some(indent + 2);
                [Some(indent), item]
            })
            .flatten()
            .filter(|indent| indent.abs_diff(own) <= 3 && *indent != own)
            .collect();
        indents.sort_unstable_by_key(|indent| (indent.abs_diff(own), *indent));
        indents.dedup();
        let line = indents
            .iter()
            .take(4)
            .map(|indent| format!("{}{field}", " ".repeat(*indent)))
            .find(|line| bed.passes(line))?;
        let indent = line.len() - field.len();
        let name = field.split([':', ' ']).next().unwrap_or_default();
        let name = if is_item { "- " } else { name };
        Some(SyntaxError {
            span: Span::on_line(
                self.span.line,
                u32::try_from(own + 1).unwrap_or(u32::MAX),
                word_length(field),
            ),
            message: "this line is indented like none of the lines that it could belong to".to_owned(),
            help: format!(
                "indent it exactly like the fields beside it: `{name}` has {} before it, where {indent} would fit",
                if own == 1 { "1 space".to_owned() } else { format!("{own} spaces") }
            ),
            nearest: None,
            fix: None,
        })
    }

    fn tabs(&self) -> Option<SyntaxError> {
        let bed = Bed::of(self.text, self.span.line)?;
        let line = bed.line().replace('\t', "  ");
        let help = match bed.passes(&line) {
            true => format!("indent with spaces, two a level, as in `{line}`"),
            false => "indent with spaces, two a level".to_owned(),
        };
        let column = bed.line().chars().position(|c| c == '\t')?;
        Some(SyntaxError {
            span: Span::on_line(self.span.line, u32::try_from(column + 1).ok()?, 1),
            message: "a tab stands where only spaces may indent".to_owned(),
            help,
            nearest: None,
            fix: None,
        })
    }

    /// A bracket that is not closed on its line, or one that closes nothing.
    fn closed(&self, bed: &Bed<'_>) -> Option<SyntaxError> {
        let error = |span, message: String, help: String| SyntaxError {
            span,
            message,
            help,
            nearest: None,
            fix: None,
        };
        if let Some(bracket) = between(self.sentence, "unclosed bracket '", "'") {
            let close = closing(bracket);
            let line = format!("{} {close}", bed.line().trim_end());
            bed.passes(&line).then_some(())?;
            let span = Span::on_line(self.span.line, self.span.column, 1);
            let message = format!("`{bracket}` opens here and is never closed");
            return Some(error(span, message, format!("close it with `{close}`: {}", shown(&line))));
        }
        if self.has("misplaced bracket") {
            let column = (self.span.column as usize).checked_sub(1)?;
            let bracket = self.from.chars().next()?;
            let line: String =
                bed.line().chars().enumerate().filter(|(at, _)| *at != column).map(|(_, c)| c).collect();
            bed.passes(&line).then_some(())?;
            let span = Span::on_line(self.span.line, self.span.column, 1);
            let message = format!("`{bracket}` closes nothing here: every bracket before it is closed");
            return Some(error(span, message, format!("remove it: {}", shown(&line))));
        }
        None
    }

    /// What the parser means, without a mend.
    fn in_words(&self) -> (String, String) {
        let said = |message: &str, help: &str| (message.to_owned(), help.to_owned());
        let first = self.from.chars().next().unwrap_or(' ');
        if let Some(key) = between(self.sentence, "duplicate mapping key: ", ", set ") {
            (format!("`{key}` is there twice"), "remove one of the two, or give it another name".to_owned())
        } else if self.has("unclosed quote") || self.has("unclosed double") || self.has("unclosed single") {
            said("a quote opens here and is never closed", "close it with the same quote")
        } else if let Some(bracket) = between(self.sentence, "unclosed bracket '", "'") {
            let message = format!("`{bracket}` opens here and is never closed");
            (message, format!("close it with `{}`", closing(bracket)))
        } else if let Some(bracket) = between(self.sentence, "mismatched bracket '", "'") {
            let close = closing(bracket);
            let other = if bracket == "[" { "}" } else { "]" };
            (
                format!("`{bracket}` opens here, but `{other}` comes before its `{close}`"),
                format!("close it with `{close}` first"),
            )
        } else if self.has("expected ',' or '}'") || self.has("expected ',' or ']'") {
            let open = if self.has("'}'") { ('{', '}') } else { ('[', ']') };
            (
                format!(
                    "a `{}` above is still open here: `,` or `{}` is missing before this",
                    open.0, open.1
                ),
                format!("close it with `{}` where it ends, or put `,` between its parts", open.1),
            )
        } else if self.has("string scalar") || self.has("flow mapping") && self.line.contains("{{") {
            said("this is no name for a field", "write a plain word, then a colon")
        } else if self.has("placement of ':'") {
            said(
                "a bracket above is still open here, so that no field can begin",
                "close the `[` or `{` above where its list or map ends",
            )
        } else if self.has("misplaced bracket") {
            let message = format!("`{first}` closes nothing here: every bracket before it is closed");
            (message, "remove it, or put the text that holds it in quotes".to_owned())
        } else if self.has("flow mapping") || self.has("flow sequence") {
            said(
                "something is missing between two commas or brackets here",
                "remove one of the commas, or put the text that holds it in quotes",
            )
        } else if self.has("mapping values are not allowed") {
            said(
                "a colon with a space after it stands where no field can begin",
                "put a text that holds `: ` in quotes; write `- ` (with the space) before an item of a list",
            )
        } else if self.has("trailing content") {
            said(
                "the text in quotes ends here, and more follows it",
                "put the whole text in quotes; a quote inside it must be another one than those around it",
            )
        } else if self.has("escape") {
            said(
                "`\\` in a text in double quotes begins a sign of its own, such as `\\n`, and this is none",
                "write the text in single quotes, where `\\` is itself",
            )
        } else if self.has("block scalar") {
            said(
                "after `|` or `>` the text begins on the next line",
                "write the text on the lines below, indented; or remove the sign and put the text in quotes",
            )
        } else if self.has("a tag") || self.has("tag handle") {
            said("`!` at the beginning names a type in YAML", "put the whole text in quotes")
        } else if self.has("document start") || self.has("directive") {
            said(
                "a line that begins with `%` is an instruction to YAML",
                "put the text in quotes, or remove the line",
            )
        } else if self.has("non-finite") || self.has("invalid ") {
            said("this is no number that can be used", "write a number, or put the text in quotes")
        } else if self.has("unexpected character") || self.has("cannot start any token") {
            let odd =
                between(self.sentence, "unexpected character: `", "'").is_some_and(|c| c.starts_with("\\u"));
            if odd || first.is_control() {
                return said(
                    "there is a character here that no text holds; this may be another sort of file",
                    "save it as plain text in UTF-8, or remove the character",
                );
            }
            (format!("a text cannot begin with `{first}`"), "put the whole text in quotes".to_owned())
        } else if self.has("unknown anchor") {
            let name = anchor(self.from.trim_start_matches('*'));
            (
                format!("`*{name}` repeats what `&{name}` marks, and nothing above is marked so"),
                format!("write `&{name}` before the value that is meant, or write the value out"),
            )
        } else if self.has("recursion limit") || self.has("depth") {
            said("values stand inside each other too deep here", "write it flatter")
        } else if self.has("budget") || self.has("expansion") {
            said(
                "this file is too large, or repeats what it marks with `&` too often",
                "write values out instead of repeating them, or split the file",
            )
        } else if self.has("expected ':'") {
            said("a colon is missing on this line", "write a name, a colon, a space and a value")
        } else if self.has("tab") {
            said("a tab stands where only spaces may indent", "indent with spaces, two a level")
        } else if self.has("multiple YAML documents") {
            said(
                "a line `---` begins a second document here; a file holds one",
                "remove the line, or move what follows into a file of its own",
            )
        } else if let Some(bracket) = self.bracket_before() {
            let rest: String = self.from.trim().chars().take(30).collect();
            (
                format!("the value ends at the `{bracket}`, and `{rest}` follows it"),
                "put the whole text in quotes, or move what follows into the brackets".to_owned(),
            )
        } else if self.has("did not find expected key") || self.has("block mapping") || self.has("indent") {
            said(
                "this line is indented like none of the lines that it could belong to",
                "indent it exactly like the fields beside it",
            )
        } else if self.has("did not find expected '-'")
            || self.has("block collection")
            || self.has("block sequence")
            || self.has("inside a block")
        {
            said(
                "this line stands in a list but begins no item",
                "begin it with `- `, or indent it like the field that it is",
            )
        } else {
            (
                format!("this is not YAML: {}", self.sentence),
                "indent with spaces, put texts that hold `: `, `#` or brackets in quotes".to_owned(),
            )
        }
    }

    /// The bracket that closes right before the error.
    fn bracket_before(&self) -> Option<char> {
        let before = self.line.chars().take((self.span.column as usize).saturating_sub(1));
        before.filter(|c| !c.is_whitespace()).last().filter(|c| matches!(c, '}' | ']'))
    }

    /// The mark that was meant by one that there is not.
    fn nearest_anchor(&self) -> Option<String> {
        if !self.has("unknown anchor") {
            return None;
        }
        let name = anchor(self.from.trim_start_matches('*'));
        let anchors: Vec<String> =
            self.text.split('&').skip(1).map(anchor).filter(|name| !name.is_empty()).collect();
        nearest(&name, anchors.iter().map(String::as_str)).map(str::to_owned)
    }
}

fn anchor(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '-').collect()
}

fn closing(bracket: &str) -> &'static str {
    if bracket == "[" { "]" } else { "}" }
}

/// The line with a space after the colon of its name, and the byte at which that colon is.
fn with_space(line: &str) -> Option<(usize, String)> {
    let start = line.len() - line.trim_start_matches([' ', '-']).len();
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let rest = line.get(start..)?;
    let after = rest.trim_start_matches(name);
    let colon = start + rest.len() - after.len();
    let value = after.strip_prefix([':', '：'])?;
    // An address such as https://example.com is no field; `:` with a space is right already.
    let is_one =
        colon > start && !value.starts_with("//") && (after.starts_with('：') || !value.starts_with(' '));
    let is_one = is_one && !value.trim().is_empty();
    is_one.then(|| (colon, format!("{}: {}", line.get(..colon).unwrap_or_default(), value.trim_start())))
}

/// The longest mended line that is shown whole, in characters.
const SHOWN: usize = 160;

/// A mended line as a help shows it.
fn shown(line: &str) -> String {
    let line = line.trim();
    let start: String = line.chars().take(SHOWN).collect();
    if start.len() < line.len() { format!("{start}…") } else { start }
}

/// The length of a key in characters: up to its colon.
fn key_length(from: &str) -> u32 {
    let key = from.split(": ").next().unwrap_or(from).trim_end_matches(':').trim_end();
    u32::try_from(key.chars().count()).unwrap_or(u32::MAX)
}

/// The length of the word that begins here, in characters; 1 for a sign, 0 at the end of a line.
fn word_length(from: &str) -> u32 {
    let word = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let length = from.chars().take_while(word).count().max(usize::from(!from.is_empty()));
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The parser's message without its place, which the diagnostic shows, and without its own heading.
fn sentence(message: &str) -> String {
    let sentence = message.split(" at line ").next().unwrap_or(message).trim();
    match sentence.strip_prefix("error: ") {
        Some(rest) => rest.split_once(": ").map_or(rest, |(_, rest)| rest).to_owned(),
        None => sentence.to_owned(),
    }
}

fn between<'t>(text: &'t str, begin: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(begin)?;
    rest.split_once(end).map(|(found, _)| found)
}
