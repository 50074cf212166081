//! Explains syntax errors of CEL expressions.
//!
//! Common slips from other notations have their own message: `and`, a single `=`, a text without quotes.

/// Why an expression does not parse, and after a newline how to fix it.
pub(super) fn explain(source: &str, message: &str) -> String {
    let message = message.lines().next().unwrap_or_default();
    let quoted = |after: &str| {
        let (_, rest) = message.split_once(after)?;
        rest.strip_prefix('\'')?.split_once('\'').map(|(token, _)| token.trim())
    };
    let odd = quoted("token recognition error at: ");
    let token = quoted("mismatched input ")
        .or(quoted("extraneous input "))
        .or(quoted("no viable alternative at input "));
    if source.trim().is_empty() {
        return "there is nothing in it\nwrite a condition such as slots.budget < 5000".to_owned();
    }
    if source.starts_with("not ") || source.contains(" not ") {
        return "`not` is written `!`\nwrite ! before what must not hold, as in !(slots.budget > 5)"
            .to_owned();
    }
    if let Some(missing) = quoted("missing ") {
        return format!("a `{missing}` is missing\nput it where the part that it closes ends");
    }
    match (odd, token) {
        (Some(odd), _) if odd.starts_with('=') => "a single `=` compares nothing\nwrite ==".to_owned(),
        (Some(odd), _) if odd.starts_with('&') => "a single `&` joins nothing\nwrite &&".to_owned(),
        (Some(odd), _) if odd.starts_with('|') => "a single `|` joins nothing\nwrite ||".to_owned(),
        (Some(odd), _) if odd.starts_with(['«', '»', '“', '”', '„', '‘', '’']) => {
            format!("`{odd}` are no quotes here\nput a text in straight quotes: 'text'")
        }
        (Some(odd), _) if odd.starts_with(['\'', '"']) => {
            "a quote opens in it and is never closed\nclose it with the same quote".to_owned()
        }
        (Some(odd), _) if odd.starts_with(char::is_alphabetic) => {
            let word: String = source
                .split(|c: char| c.is_whitespace() || "()=<>!&|,'\"".contains(c))
                .find(|word| word.contains(odd))
                .unwrap_or(odd)
                .to_owned();
            format!("`{word}` is neither a name nor a text\nput a text in quotes of its own: \"'{word}'\"")
        }
        (Some(odd), _) => format!("`{odd}` means nothing here\nremove it, or put a text in quotes: 'text'"),
        (_, Some("and" | "AND")) => "`and` is written `&&`\nwrite &&".to_owned(),
        (_, Some("or" | "OR")) => "`or` is written `||`\nwrite ||".to_owned(),
        (_, Some("<EOF>")) => {
            let last = source.split_whitespace().last().unwrap_or_default();
            format!("it ends too early: something is missing after `{last}`\nwrite what belongs after it")
        }
        (_, Some(token)) => format!(
            "`{token}` does not fit where it stands\njoin parts with &&, || or a comparison; put a text in quotes: 'text'"
        ),
        _ => "it cannot be read\nwrite a condition such as slots.budget < 5000".to_owned(),
    }
}

/// Why an expression has no value, without the wrapping of the evaluator.
pub(super) fn evaluation(error: &cel::ExecutionError) -> String {
    match error {
        cel::ExecutionError::FunctionError { message, .. } => message.clone(),
        other => other.to_string(),
    }
}
