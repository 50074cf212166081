//! Where the values of one line of YAML begin and end, also where the line is not YAML.
//!
//! A guess at what an author meant, by the looks of the line: what it is good for is decided by parsing the mended text.

/// A value on a line, as positions of characters counted from 0; `end` is after its last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// How deep brackets are followed.
const DEEPEST: usize = 24;

/// The values of a line that may be texts without quotes, in their order; the value of the line as a whole among them.
pub(super) fn extents(line: &[char]) -> Vec<Extent> {
    let mut found = Vec::new();
    let mut at = spaces(line, 0);
    let indent = at;
    while line.get(at) == Some(&'-') && line.get(at + 1).is_some_and(|c| *c == ' ') {
        at = spaces(line, at + 1);
    }
    let start = after_key(line, at).unwrap_or(at);
    let end = trimmed(line, start, line.len());
    if start >= end {
        return found;
    }
    // A line without a name or a mark of a list is no value of its own.
    let is_value = start > indent;
    // A comment after a text is the less likely, the nearer its words are to the sign.
    if let Some(comment) = (start + 1..end.saturating_sub(1))
        .filter(|_| is_value)
        .find(|at| line[*at] == '#' && line[at - 1] == ' ' && line[at + 1] == ' ')
    {
        found.push(Extent { start, end: trimmed(line, start, comment) });
    }
    if is_value && !is_collection(line, start, end) {
        found.push(Extent { start, end });
    }
    // A line inside brackets that were opened above it.
    if line[end - 1] == ',' {
        found.push(Extent { start, end: trimmed(line, start, end - 1) });
    } else if matches!(line[end - 1], '}' | ']') && !matches!(line[start], '{' | '[') {
        entries(line, at, line[end - 1] == '}', 1, &mut found);
    }
    if matches!(line[start], '{' | '[') {
        brackets(line, start, 1, &mut found);
    }
    found.retain(|extent| extent.start < extent.end);
    found
}

/// Whether a value in brackets is meant as a list or a map: it ends with its bracket, or begins with a name and a colon.
fn is_collection(line: &[char], start: usize, end: usize) -> bool {
    let is_open = matches!(line.get(start), Some('{' | '['));
    let is_variable = line.get(start + 1) == Some(&'{');
    let closes = matches!(line.get(end.saturating_sub(1)), Some('}' | ']'));
    is_open && !is_variable && (closes || after_key(line, spaces(line, start + 1)).is_some())
}

/// Where the value ends that begins at `start` inside braces (or brackets, for a list): at the comma before the next name
/// with a colon, or at the bracket that closes.
pub(crate) fn end_in_brackets(line: &[char], start: usize, is_map: bool) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(c) = line.get(at) {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' if depth == 0 => break,
            '}' | ']' => depth -= 1,
            ',' if depth == 0 && (!is_map || after_key(line, spaces(line, at + 1)).is_some()) => break,
            _ => {}
        }
        at += 1;
    }
    trimmed(line, start, at)
}

/// Goes through what brackets hold; returns the position after the one that closes.
fn brackets(line: &[char], open: usize, depth: usize, found: &mut Vec<Extent>) -> usize {
    entries(line, open + 1, line.get(open) == Some(&'{'), depth, found)
}

fn entries(line: &[char], from: usize, is_map: bool, depth: usize, found: &mut Vec<Extent>) -> usize {
    let mut at = from;
    loop {
        while line.get(at).is_some_and(|c| c.is_whitespace() || *c == ',') {
            at += 1;
        }
        match line.get(at) {
            None => return at,
            Some('}' | ']') => return at + 1,
            Some(_) => {}
        }
        let start = after_key(line, at).unwrap_or(at);
        let Some(first) = line.get(start) else { return start };
        if let Some(after) = closed_quote(line, start).filter(|after| ends_value(line, *after)) {
            at = after;
            continue;
        }
        let is_variable = *first == '{' && line.get(start + 1) == Some(&'{');
        if matches!(first, '{' | '[') && !is_variable && depth < DEEPEST {
            let inner = found.len();
            let after = brackets(line, start, depth + 1, found);
            if ends_value(line, after) {
                at = after;
                continue;
            }
            // A text that begins with a bracket.
            found.truncate(inner);
        }
        let end = end_in_brackets(line, start, is_map);
        found.push(Extent { start, end });
        at = end.max(start + 1);
    }
}

/// The position of the value after a name and its colon, if there is a name at `at`.
fn after_key(line: &[char], at: usize) -> Option<usize> {
    let mut end = at;
    match closed_quote(line, at) {
        Some(after) => end = after,
        None => {
            while line.get(end).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
                end += 1;
            }
        }
    }
    let is_key = end > at && line.get(end) == Some(&':') && line.get(end + 1).is_none_or(|c| *c == ' ');
    is_key.then(|| spaces(line, end + 1))
}

/// The position after the quoted text that begins at `at`, by YAML's own rules of quotes.
fn closed_quote(line: &[char], at: usize) -> Option<usize> {
    let quote = *line.get(at).filter(|c| matches!(c, '\'' | '"'))?;
    let mut end = at + 1;
    while let Some(c) = line.get(end) {
        if *c == '\\' && quote == '"' {
            end += 1;
        } else if *c == quote {
            if quote == '\'' && line.get(end + 1) == Some(&'\'') {
                end += 1;
            } else {
                return Some(end + 1);
            }
        }
        end += 1;
    }
    None
}

fn ends_value(line: &[char], at: usize) -> bool {
    line.get(spaces(line, at)).is_none_or(|c| matches!(c, ',' | '}' | ']'))
}

fn spaces(line: &[char], from: usize) -> usize {
    from + line.iter().skip(from).take_while(|c| c.is_whitespace()).count()
}

fn trimmed(line: &[char], start: usize, end: usize) -> usize {
    let mut end = end.min(line.len());
    while end > start && line[end - 1].is_whitespace() {
        end -= 1;
    }
    end
}

/// A text in quotes, so that YAML reads it as it is written. Quotes that were meant to hold the whole text are not doubled.
pub(crate) fn quoted(text: &str) -> String {
    let text = unquoted(text.trim());
    if text.contains('\'') && !text.contains(['"', '\\']) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// The text inside quotes that stand around the whole of it; the text itself where its quotes are its own («"yes" or "no"»).
fn unquoted(text: &str) -> &str {
    for (open, close) in [('\'', '\''), ('"', '"'), ('“', '”'), ('„', '“'), ('„', '”'), ('‘', '’')]
    {
        let Some(inner) = text.strip_prefix(open) else { continue };
        let Some(inner) = inner.strip_suffix(close) else {
            // A quote that opens and is never closed.
            if open == close && !inner.contains(open) {
                return inner;
            }
            continue;
        };
        // The first quote inside closes what the first one opened, unless it is an apostrophe or opens one of its own.
        let Some((before, after)) = inner.split_once(close) else { return inner };
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let (before, after) = (before.chars().next_back(), after.chars().next());
        let is_own = letter(after) && (letter(before) || before.is_none_or(char::is_whitespace));
        if is_own {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[&str]) {
        let chars: Vec<char> = line.chars().collect();
        let shown: Vec<String> =
            extents(&chars).iter().map(|extent| chars[extent.start..extent.end].iter().collect()).collect();
        assert_eq!(shown, expected, "{line}");
    }

    #[test]
    fn the_values_of_a_line() {
        check("  text: Часы: 9-18", &["Часы: 9-18"]);
        check("- - \"Да\", сказал он", &["\"Да\", сказал он"]);
        check("text: a # b", &["a", "a # b"]);
        check("  a: { ru: Привет, мир, en: it's }", &["Привет, мир", "it's"]);
        check("a: { ru: {{x}}, y, en: 'ok' }", &["{{x}}, y"]);
        check("a: { ru: [1] нота, en: [b, c] }", &["[1] нота", "b", "c"]);
        check("a: [1] нота", &["[1] нота", "1"]);
        check("  ru: Часы: 9, en: x }", &["Часы: 9, en: x }", "Часы: 9", "x"]);
        check("text:", &[]);
        check("@name: x", &[]);
    }

    #[test]
    fn a_text_in_quotes() {
        for (text, expected) in [
            ("Привет, мир", "'Привет, мир'"),
            ("'it's fine'", "\"it's fine\""),
            ("it's", "\"it's\""),
            ("\"Да\" или \"нет\"", "'\"Да\" или \"нет\"'"),
            ("\"Набор \"Мастер\" готов\"", "'Набор \"Мастер\" готов'"),
            ("“Привет, мир”", "'Привет, мир'"),
            ("«Привет», мир", "'«Привет», мир'"),
            ("\"never closed", "'never closed'"),
            ("it's \"so\"", "'it''s \"so\"'"),
        ] {
            assert_eq!(quoted(text), expected, "{text}");
        }
    }
}
