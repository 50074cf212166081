//! Bounds on a template: on its source before it is parsed, on its loops and its output when it is rendered.
//!
//! The parser and the renderer are recursive: blocks and brackets must not be deeper than their stack. So the source is
//! scanned from left to right first, in one loop.

use std::io;

use handlebars::Output;
use serde_json::{Map, Value};

use super::ParseError;

/// The most bytes of a template.
pub(crate) const BYTES: usize = 32_000;
/// The most tags (`{{…}}`).
pub(crate) const TAGS: usize = 500;
/// The most bytes of one tag.
pub(crate) const TAG_BYTES: usize = 1_000;
/// The most blocks inside each other; every `{{else if}}` is a block inside the one before.
pub(crate) const BLOCKS: usize = 16;
/// The most brackets inside each other in a tag.
const BRACKETS: usize = 8;
/// The most `{{#each}}` inside each other.
pub(crate) const LOOPS: usize = 2;

/// The most bytes of a rendered text. Channels show a tenth of it; prompts for language models may need more.
pub(crate) const OUTPUT: usize = 64_000;
/// The most tags and texts that one rendering goes through, each as often as the loops around it may run.
const STEPS: u64 = 100_000;

/// The most values that the comparisons of one rendering look at, if every one compares all that there is.
const COMPARED: u64 = 10_000_000;

/// What is said in an error that is about the size of a template.
pub(super) const TOO_COMPLEX: &str = "too complex: ";

/// Checks a source.
///
/// # Errors
/// What is too much.
pub(super) fn check_source(source: &str) -> Result<(), ParseError> {
    let error = |what: String, help: &str, part: &str| {
        Err(ParseError::new(format!("this is {TOO_COMPLEX}{what}"), help, part))
    };
    if source.len() > BYTES {
        let what = format!("it has {} bytes, the most is {BYTES}", source.len());
        return error(what, "shorten it, or divide it over several files or nodes", "");
    }
    // Of each open block, how many `{{else if}}` it has had: each is a level of its own.
    let mut open: Vec<usize> = Vec::new();
    let (mut levels, mut tags) = (0_usize, 0);
    let mut rest = source;
    while let Some(start) = rest.find("{{") {
        let from = rest.get(start..).unwrap_or_default();
        if let Some(comment) = from.strip_prefix("{{!") {
            let end = if comment.starts_with("--") { "--}}" } else { "}}" };
            rest = comment.split_once(end).map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = from.split_once("}}").unwrap_or((from, ""));
        rest = after;
        tags += 1;
        let name = tag.trim_start_matches('{').trim_start_matches(['~', ' ', '\t', '\r', '\n']);
        let shown: String = tag.chars().take(20).collect();
        if tag.len() > TAG_BYTES {
            let what = format!("`{shown}…` has {} bytes, the most is {TAG_BYTES}", tag.len());
            return error(
                what,
                "divide it: choose with `{{#if}}`, or compute the value in a `set` node",
                &shown,
            );
        }
        if nesting(tag) > BRACKETS {
            let what = format!("brackets stand more than {BRACKETS} deep in `{shown}…`");
            return error(what, "compute the value in a `set` node, and use the slot", &shown);
        }
        let chain = name.strip_prefix('^').or_else(|| name.strip_prefix("else"));
        if name.starts_with('#') || tag.starts_with("{{{{") && !name.starts_with('/') {
            open.push(0);
            levels += 1;
        } else if name.starts_with('/') {
            levels = levels.saturating_sub(1 + open.pop().unwrap_or_default());
        } else if let (Some(chain), Some(last)) = (chain, open.last_mut())
            && !chain.trim_matches(['~', ' ']).is_empty()
        {
            *last += 1;
            levels += 1;
        }
        if levels > BLOCKS {
            let what =
                format!("blocks stand more than {BLOCKS} deep inside each other, `{{{{else if}}}}` counted");
            return error(what, "decide in a `branch` node, and write a text for each case", "");
        }
    }
    if tags > TAGS {
        let what = format!("it has {tags} tags such as `{{{{…}}}}`, the most is {TAGS}");
        return error(what, "divide it over several texts", "");
    }
    Ok(())
}

/// How deep brackets stand inside each other in a tag, texts in quotes left out.
fn nesting(tag: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut quote = None;
    for c in tag.trim_start_matches('{').chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// How much work a template is: its tags and texts by how many loops they stand in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Work {
    /// The number of elements in no loop, in one, in two.
    elements: [u64; LOOPS + 1],
    /// How often they compare values, in the same way.
    comparisons: [u64; LOOPS + 1],
}

impl Work {
    /// Counts an element that stands in so many loops and compares values so often.
    ///
    /// # Errors
    /// Too many loops stand inside each other.
    pub(super) fn add(&mut self, loops: usize, comparisons: u64) -> Result<(), ParseError> {
        let counts = self.elements.get_mut(loops).zip(self.comparisons.get_mut(loops));
        let Some((elements, compared)) = counts else {
            let why = format!(
                "this is {TOO_COMPLEX}`{{{{#each}}}}` stands more than {LOOPS} deep inside each other"
            );
            return Err(ParseError::new(why, "show one list inside another at most", "{{#each"));
        };
        *elements += 1;
        *compared += comparisons;
        Ok(())
    }

    /// Checks that rendering with these values stays within its bounds. A loop runs at most as often as the longest list or
    /// map among them has items.
    ///
    /// # Errors
    /// That it may be too much work.
    pub(super) fn check(&self, values: &Map<String, Value>) -> Result<(), String> {
        if self.elements.iter().skip(1).all(|count| *count == 0) {
            return Ok(());
        }
        let size = Size::of_fields(values);
        let (mut times, mut steps, mut compared) = (1_u64, 0_u64, 0_u64);
        for (elements, comparisons) in self.elements.into_iter().zip(self.comparisons) {
            steps = steps.saturating_add(elements.saturating_mul(times));
            compared = compared.saturating_add(comparisons.saturating_mul(times).saturating_mul(size.values));
            times = times.saturating_mul(size.longest);
        }
        if steps > STEPS || compared > COMPARED {
            return Err(format!(
                "with the values that it has now the text may be too much work: {steps} steps (the most is {STEPS}), {compared} values compared (the most is {COMPARED})"
            ));
        }
        Ok(())
    }
}

/// How large a value is.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    /// The length of its longest list or map, at any depth.
    longest: u64,
    /// The values in it, itself included; 64 bytes of a text count as one more.
    values: u64,
}

impl Size {
    fn of(value: &Value) -> Size {
        let (own, inside): (usize, Vec<Size>) = match value {
            Value::Array(items) => (items.len(), items.iter().map(Size::of).collect()),
            Value::Object(fields) => return Size::of_fields(fields),
            Value::String(text) => return Size { longest: 0, values: 1 + text.len() as u64 / 64 },
            _ => return Size { longest: 0, values: 1 },
        };
        Size::around(own, inside)
    }

    fn of_fields(fields: &Map<String, Value>) -> Size {
        Size::around(fields.len(), fields.values().map(Size::of).collect())
    }

    /// The size of a list or a map of so many items.
    fn around(own: usize, inside: Vec<Size>) -> Size {
        inside.into_iter().fold(Size { longest: own as u64, values: 1 }, |all, one| Size {
            longest: all.longest.max(one.longest),
            values: all.values.saturating_add(one.values),
        })
    }
}

/// A rendered text that refuses to become longer than [`OUTPUT`].
#[derive(Debug, Default)]
pub(super) struct Capped {
    pub(super) text: String,
    /// Whether something was refused.
    pub(super) full: bool,
}

impl Capped {
    /// What is said of a text that became too long.
    pub(super) fn error() -> String {
        format!("the text is longer than {OUTPUT} bytes")
    }
}

impl Output for Capped {
    fn write(&mut self, part: &str) -> io::Result<()> {
        if self.text.len().saturating_add(part.len()) > OUTPUT {
            self.full = true;
            return Err(io::Error::other(Capped::error()));
        }
        self.text.push_str(part);
        Ok(())
    }
}
