//! Explains syntax errors of YAML to authors of flows.
//!
//! The parser's messages are recognised by words in them; an unknown message is passed on unchanged.

use super::SyntaxError;
use crate::{diagnostic::nearest, span::Span};

/// The syntax error of a parser's message about a text.
pub(super) fn explain(message: &str, span: Span, text: &str) -> SyntaxError {
    let sentence = sentence(message);
    let line = text.lines().nth((span.line as usize).saturating_sub(1)).unwrap_or_default();
    let before: String = line.chars().take((span.column as usize).saturating_sub(1)).collect();
    let from: String = line.chars().skip((span.column as usize).saturating_sub(1)).collect();
    let has = |part: &str| sentence.contains(part);
    let mut near = None;
    let (message, help) = if let Some(key) = between(&sentence, "duplicate mapping key: ", ", set ") {
        (format!("`{key}` is there twice"), "remove one of the two, or give it another name".to_owned())
    } else if has("unclosed quote") || has("unclosed double") || has("unclosed single") {
        ("a quote opens here and is never closed".to_owned(), "close it with the same quote".to_owned())
    } else if let Some(bracket) = between(&sentence, "unclosed bracket '", "'") {
        let close = if bracket == "[" { "]" } else { "}" };
        (format!("`{bracket}` opens here and is never closed"), format!("close it with `{close}`"))
    } else if let Some(bracket) = between(&sentence, "mismatched bracket '", "'") {
        let close = if bracket == "[" { "]" } else { "}" };
        let other = if bracket == "[" { "}" } else { "]" };
        (
            format!("`{bracket}` opens here, but `{other}` comes before its `{close}`"),
            format!("close it with `{close}` first"),
        )
    } else if has("expected ',' or '}'") || has("expected ',' or ']'") {
        let open = if has("'}'") { ('{', '}') } else { ('[', ']') };
        (
            format!("a `{}` above is still open here: `,` or `{}` is missing before this", open.0, open.1),
            format!("close it with `{}` where it ends, or put `,` between its parts", open.1),
        )
    } else if before.ends_with('{') && (has("string scalar") || has("flow mapping")) {
        let message = "`{{` outside quotes begins a map of YAML, not a variable";
        (message.to_owned(), "put the whole text in quotes: '{{client.first_name}}'".to_owned())
    } else if has("string scalar") {
        ("this is no name for a field".to_owned(), "write a plain word, then a colon".to_owned())
    } else if has("mapping values are not allowed") {
        (
            "a colon with a space after it stands where no field can begin".to_owned(),
            "put a text that holds `: ` in quotes; write `- ` (with the space) before an item of a list"
                .to_owned(),
        )
    } else if has("unexpected character") || has("cannot start any token") {
        let character = from.chars().next().unwrap_or(' ');
        let odd = between(&sentence, "unexpected character: `", "'").is_some_and(|c| c.starts_with("\\u"));
        if odd || character.is_control() {
            (
                "there is a character here that no text holds; this may be another sort of file".to_owned(),
                "save it as plain text in UTF-8, or remove the character".to_owned(),
            )
        } else {
            (format!("a text cannot begin with `{character}`"), "put the whole text in quotes".to_owned())
        }
    } else if has("unknown anchor") {
        let word = |text: &str| -> String {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '-').collect()
        };
        let name = word(from.trim_start_matches('*'));
        let anchors: Vec<String> =
            text.split('&').skip(1).map(word).filter(|name| !name.is_empty()).collect();
        near = nearest(&name, anchors.iter().map(String::as_str)).map(str::to_owned);
        (
            format!("`*{name}` repeats what `&{name}` marks, and nothing above is marked so"),
            format!("write `&{name}` before the value that is meant, or write the value out"),
        )
    } else if has("recursion limit") || has("depth") {
        ("values stand inside each other too deep here".to_owned(), "write it flatter".to_owned())
    } else if has("budget") || has("expansion") {
        (
            "this file is too large, or repeats what it marks with `&` too often".to_owned(),
            "write values out instead of repeating them, or split the file".to_owned(),
        )
    } else if has("expected ':'") {
        (
            "a colon is missing on this line".to_owned(),
            "write a name, a colon, a space and a value".to_owned(),
        )
    } else if has("tab") {
        ("a tab stands where only spaces may indent".to_owned(), "indent with spaces, two a level".to_owned())
    } else if has("multiple YAML documents") {
        (
            "a line `---` begins a second document here; a file holds one".to_owned(),
            "remove the line, or move what follows into a file of its own".to_owned(),
        )
    } else if has("did not find expected key") || has("block mapping") || has("indent") {
        (
            "this line is indented like none of the lines that it could belong to".to_owned(),
            "indent it exactly like the fields beside it".to_owned(),
        )
    } else if has("did not find expected '-'") || has("block collection") || has("block sequence") {
        (
            "this line stands in a list but begins no item".to_owned(),
            "begin it with `- `, or indent it like the field that it is".to_owned(),
        )
    } else {
        (
            format!("this is not YAML: {sentence}"),
            "indent with spaces, put texts that hold `: `, `#` or brackets in quotes".to_owned(),
        )
    };
    let span = match sentence.contains("duplicate mapping key") {
        true => Span::on_line(span.line, span.column, key_length(&from)),
        false => Span::on_line(span.line, span.column, word_length(&from)),
    };
    SyntaxError { span, message, help, nearest: near }
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
