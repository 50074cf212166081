//! The sign of a text without quotes that is to blame when YAML cannot read it.

/// What is wrong with the text, and the part of it that is to blame. `None` where no part of it is.
pub(super) fn blamed(value: &str, in_brackets: bool, escape: bool) -> Option<(String, &str)> {
    let part = |length: usize| value.get(..length).unwrap_or(value);
    let first = value.chars().next()?;
    let sign = part(first.len_utf8());
    if value.starts_with("{{") {
        return Some(("`{{` outside quotes begins a map of YAML, not a variable".to_owned(), part(2)));
    }
    if escape {
        let at = value.find('\\')?;
        let end = value.get(at + 1..)?.chars().next().map_or(at + 1, |c| at + 1 + c.len_utf8());
        let message =
            "`\\` in a text in double quotes begins a sign of its own, such as `\\n`, and this is none";
        return Some((message.to_owned(), value.get(at..end)?));
    }
    let begins = |what: &str| format!("a text cannot begin with `{sign}`: {what}");
    let message = match first {
        '@' | '`' => format!("a text cannot begin with `{sign}`"),
        '%' => begins("it begins an instruction to YAML"),
        '*' => begins("it repeats a value that is marked with `&`"),
        '&' => begins("it marks a value, to be repeated elsewhere"),
        '!' => begins("it names the type of a value"),
        '|' | '>' => begins("the text after it begins on the next line"),
        '[' => begins("it begins a list"),
        '{' => begins("it begins a map"),
        ']' | '}' => begins("it closes a bracket, and none is open"),
        ',' => begins("it parts the items of a list"),
        '-' if value == "-" => "a text cannot be `-` alone, which begins an item of a list".to_owned(),
        '-' if value.starts_with("- ") => "`- ` begins an item of a list, and none can stand here".to_owned(),
        '?' if value.starts_with("? ") => "`? ` begins a name in YAML, and none can stand here".to_owned(),
        '"' | '\'' => return Some(quote(value, first)),
        _ => return inside(value, in_brackets),
    };
    Some((message, sign))
}

/// A text that begins with a quote.
fn quote(value: &str, quote: char) -> (String, &str) {
    let inner = value.get(1..).unwrap_or_default();
    let Some(end) = inner.find(quote) else {
        return ("a quote opens here and is never closed".to_owned(), value.get(..1).unwrap_or(value));
    };
    let rest = inner.get(end + 1..).unwrap_or_default();
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_apostrophe =
        letter(rest.chars().next()) && letter(inner.get(..end).unwrap_or_default().chars().next_back());
    let part = value.get(end + 1..).unwrap_or(value);
    let message = match is_apostrophe {
        true => format!("this `{quote}` ends the text: the text is in the same quotes"),
        false => {
            let more: String = rest.trim().chars().take(30).collect();
            format!("the text ends at this `{quote}`, and `{more}` follows it")
        }
    };
    (message, part.get(..1).unwrap_or(part))
}

/// A text with a sign inside that YAML takes for its own.
fn inside(value: &str, in_brackets: bool) -> Option<(String, &str)> {
    let at = |sign: &str| value.find(sign).and_then(|at| value.get(at..at + sign.trim_end().len()));
    if let Some(at) = value.find(" #").filter(|_| in_brackets) {
        let message =
            "` #` begins a comment: the rest of the line is not read, the bracket that closes included";
        return Some((message.to_owned(), value.get(at + 1..at + 2)?));
    }
    if let Some(colon) = at(": ") {
        let message = "a colon with a space after it begins a value, and this text is one already";
        return Some((message.to_owned(), colon));
    }
    if value.ends_with(':') {
        let message =
            "a colon at the end of a line makes a name of what is before it, and this text is a value";
        return Some((message.to_owned(), value.get(value.len() - 1..)?));
    }
    let bracket = value.find(['{', '[', '}', ']']).filter(|_| in_brackets)?;
    let sign = value.get(bracket..bracket + 1)?;
    Some((
        format!(
            "`{sign}` inside a text without quotes begins or ends a list or a map, since the text is in one"
        ),
        sign,
    ))
}
