//! Explains errors in the braces of a template.
//!
//! The template parser names rules of its grammar, which authors do not know; so the braces are checked again here.

use super::ParseError;

/// Why a template does not parse, how to fix it, and which part of the source it is.
pub(super) fn explain(source: &str, error: &handlebars::TemplateError) -> ParseError {
    let (why, help, at) = braces(source).unwrap_or_else(|| {
        let line = error.pos().map_or(1, |(line, _)| line);
        let at = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        ("what stands between these braces cannot be read".to_owned(), FORM.to_owned(), at)
    });
    // A text of several lines begins at one place; which of its lines is meant is worth a word.
    let line = source.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    let span =
        if source.trim_end().contains('\n') { format!(" (line {line} of the text)") } else { String::new() };
    ParseError::new(format!("{why}{span}"), help, part(source, at))
}

/// From a byte of the source to the braces that end what begins there, or to the end of the line.
fn part(source: &str, at: usize) -> &str {
    let rest = source.get(at..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    match rest.find("}}") {
        Some(end) => rest.get(..end + 2).unwrap_or(rest),
        None => rest.trim_end(),
    }
}

const FORM: &str = "write a variable such as {{slots.budget}}, or a helper with its values such as {{money slots.budget \"RUB\"}}";

/// The first pair of braces that does not fit: why, how to fix it, and where it begins.
fn braces(source: &str) -> Option<(String, String, usize)> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut from = 0;
    while let Some(at) = source.get(from..)?.find("{{").map(|found| from + found) {
        let inner = source.get(at..)?.trim_start_matches('{');
        let begin = source.len() - inner.len();
        let end = inner.find("}}").filter(|end| !inner[..*end].contains("{{"));
        let shown: String = inner.chars().take_while(|c| !matches!(c, '{' | '}' | '\n')).take(30).collect();
        let Some(end) = end else {
            let shown = shown.trim();
            let why = format!("`{{{{{shown}` is not closed with two braces");
            let word = shown.split(' ').next().unwrap_or_default();
            return Some((why, format!("write }}}} after `{word}` or after its values"), at));
        };
        let call = inner[..end].trim().trim_matches('~').trim();
        from = begin + end + 2;
        if call.is_empty() {
            return Some(("there is nothing between the braces".to_owned(), FORM.to_owned(), at));
        }
        if let Some(block) = call.strip_prefix('#') {
            open.push((block.split_whitespace().next().unwrap_or_default(), at));
        } else if let Some(name) = call.strip_prefix('/') {
            let name = name.trim();
            match open.pop() {
                None => {
                    let why =
                        format!("`{{{{/{name}}}}}` closes nothing: no `{{{{#{name}}}}}` stands before it");
                    return Some((why, format!("remove it, or begin with {{{{#{name} …}}}}"), at));
                }
                Some((begun, _)) if begun != name => {
                    let why = format!("`{{{{#{begun}}}}}` is closed by `{{{{/{name}}}}}`");
                    return Some((why, format!("close it with {{{{/{begun}}}}}"), at));
                }
                Some(_) => {}
            }
        }
    }
    let (begun, at) = open.pop()?;
    let why = format!("`{{{{#{begun}}}}}` is never closed");
    Some((why, format!("write {{{{/{begun}}}}} where it ends"), at))
}
