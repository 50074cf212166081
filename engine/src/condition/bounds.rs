//! Bounds on the source of an expression, checked before it is parsed.
//!
//! The parser, the checks and the evaluation are recursive: what they read must not be deeper than their stack. So the
//! source is scanned from left to right first, in one loop. What a condition may cost when it runs is for `cost`.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, LiteralValue},
};

use super::children::children;
use crate::text::shorten;

/// The most bytes of an expression.
pub(crate) const BYTES: usize = 2_000;
/// The most brackets inside each other.
pub(crate) const NESTING: usize = 16;
/// The most operators, calls and fields. Each may be one level of the tree that is evaluated.
pub(crate) const TERMS: usize = 100;
/// The most macros such as `map` inside each other. The work of one grows with the length of its list, that of two with the
/// product of both lengths.
pub(crate) const LOOPS: usize = 2;

/// What an error begins with that is about the size of an expression.
pub(super) const TOO_COMPLEX: &str = "it is too complex: ";

const SPLIT: &str = "compute a part of it in a `set` node before, and use the slot";

/// Checks a source.
///
/// # Errors
/// What is too much, and after a newline how to fix it.
pub(super) fn check_source(source: &str) -> Result<(), String> {
    if source.len() > BYTES {
        return Err(format!(
            "{TOO_COMPLEX}it has {} bytes, the most is {BYTES}\nmove long texts into prompts or company.yaml, or {SPLIT}",
            source.len()
        ));
    }
    let (mut depth, mut deepest, mut terms) = (0_usize, 0, 0);
    for sign in signs(source) {
        match sign {
            Sign::Open => {
                depth += 1;
                deepest = deepest.max(depth);
                terms += 1;
            }
            Sign::Close => depth = depth.saturating_sub(1),
            Sign::Operator => terms += 1,
        }
    }
    if deepest > NESTING {
        return Err(format!(
            "{TOO_COMPLEX}brackets stand {deepest} deep inside each other, the most is {NESTING}\nremove brackets that change nothing, or {SPLIT}"
        ));
    }
    if terms > TERMS {
        return Err(format!(
            "{TOO_COMPLEX}it has {terms} operators, calls and fields, the most is {TERMS}\n{SPLIT}"
        ));
    }
    Ok(())
}

/// Checks what was parsed: a tree as deep as its source allows, loops that are not too deep inside each other, patterns that
/// are known now.
///
/// # Errors
/// What is too much, and after a newline how to fix it.
pub(super) fn check_tree(expression: &IdedExpr) -> Result<(), String> {
    // Nodes with how many loops they stand in; a list of its own, because a stack may not be trusted here.
    let mut open = vec![(expression, 0_usize)];
    while let Some((node, loops)) = open.pop() {
        if loops > LOOPS {
            return Err(format!(
                "{TOO_COMPLEX}macros such as `map` and `exists` stand more than {LOOPS} deep inside each other\n{SPLIT}"
            ));
        }
        if let Expr::Call(call) = &node.expr
            && call.func_name == "matches"
        {
            check_pattern(call)?;
        }
        // The list that a loop goes through is made once, before it: `list.filter(…).map(…)` is no loop in a loop.
        let range = match &node.expr {
            Expr::Comprehension(inner) => Some(&inner.iter_range),
            _ => None,
        };
        open.extend(children(node).into_iter().map(|child| {
            let inside = range.is_some_and(|range| !std::ptr::eq(range, child));
            (child, loops + usize::from(inside))
        }));
    }
    Ok(())
}

/// The most bytes that a regular expression may need when it is built.
const PATTERN_BYTES: usize = 100_000;

/// A regular expression is built whenever it is used, and may be made to need any time for that: it must be known now.
fn check_pattern(call: &CallExpr) -> Result<(), String> {
    let help = "write the pattern itself, as in slots.name.matches('^[0-9]+$')";
    let Some(Expr::Literal(LiteralValue::String(pattern))) = call.args.last().map(|last| &last.expr) else {
        return Err(format!("the pattern of `matches` is not a text in quotes\n{help}"));
    };
    match regex::RegexBuilder::new(pattern.inner()).size_limit(PATTERN_BYTES).build() {
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => Err(format!(
            "{TOO_COMPLEX}the pattern `{}` is too large when it is built\nrepeat less in it, or fewer times",
            shorten(pattern.inner(), 40)
        )),
        Err(_) => Err(format!("`{}` is not a regular expression\n{help}", shorten(pattern.inner(), 40))),
    }
}

/// A sign outside of texts and comments.
enum Sign {
    Open,
    Close,
    /// An operator, or a dot before a field or a method.
    Operator,
}

/// The signs of a source. Texts are passed over as the language defines them: in one or three quotes of either kind, with
/// escapes unless an `r` stands before the quote.
fn signs(source: &str) -> impl Iterator<Item = Sign> {
    let bytes = source.as_bytes();
    let byte = move |at: usize| bytes.get(at).copied().unwrap_or_default();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let here = at;
            at += 1;
            match byte(here) {
                b'"' | b'\'' => at = text_end(bytes, here),
                b'/' if byte(at) == b'/' => {
                    while at < bytes.len() && !matches!(byte(at), b'\n' | b'\r') {
                        at += 1;
                    }
                }
                b'(' | b'[' | b'{' => return Some(Sign::Open),
                b')' | b']' | b'}' => return Some(Sign::Close),
                // The point of a number.
                b'.' if byte(at).is_ascii_digit() => {}
                b'=' | b'!' | b'<' | b'>' if byte(at) == b'=' => {
                    at += 1;
                    return Some(Sign::Operator);
                }
                b'&' | b'|' if byte(at) == byte(here) => {
                    at += 1;
                    return Some(Sign::Operator);
                }
                b'+' | b'-' | b'*' | b'/' | b'%' | b'!' | b'<' | b'>' | b'=' | b'&' | b'|' | b'?' | b'.' => {
                    return Some(Sign::Operator);
                }
                b'i' if byte(at) == b'n'
                    && !is_name(byte(at + 1))
                    && (here == 0 || !is_name(byte(here - 1))) =>
                {
                    at += 1;
                    return Some(Sign::Operator);
                }
                _ => {}
            }
        }
        None
    })
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where the text ends whose first quote stands at `from`. A text that is not closed ends with its line, or with the source
/// where it has three quotes: the parser refuses it.
fn text_end(bytes: &[u8], from: usize) -> usize {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let quote = byte(from);
    let raw = prefix(bytes, from).iter().any(|c| matches!(c, b'r' | b'R'));
    let three = byte(from + 1) == quote && byte(from + 2) == quote;
    let mut at = from + if three { 3 } else { 1 };
    while at < bytes.len() {
        match byte(at) {
            b'\\' if !raw => at += 1,
            b'\n' | b'\r' if !three => return at,
            c if c == quote && !three => return at + 1,
            c if c == quote && byte(at + 1) == quote && byte(at + 2) == quote => return at + 3,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// The letters `r` and `b` that belong to a text: those right before its quote that no name goes before.
fn prefix(bytes: &[u8], quote: usize) -> &[u8] {
    let head = bytes.get(..quote).unwrap_or_default();
    let letters = head.iter().rev().take(2).take_while(|c| matches!(c, b'r' | b'R' | b'b' | b'B')).count();
    let start = quote - letters;
    let name = start.checked_sub(1).is_some_and(|before| is_name(head[before]));
    if name { &[] } else { head.get(start..).unwrap_or_default() }
}
