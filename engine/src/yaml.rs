//! YAML text to a tree in which every value has its span.
//!
//! Syntax only; [`crate::config`] reads the values.

mod blame;
mod explain;
mod line;
mod located;
mod mend;
mod misread;

pub(crate) use line::{end_in_brackets, quoted};
use located::Located;
pub(crate) use misread::Misread;

use crate::{
    diagnostic::Fix,
    span::{Span, Spanned},
};

/// A value with its span.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// A scalar's text with its quotes; of a list or a map, its text on its first line.
    pub span: Span,
    /// What it is.
    pub node: Node,
    /// What is written, where a diagnostic may have to show it: a number, `true` or nothing by a word, and the first line of
    /// a map in braces that may hold a text without quotes.
    pub(crate) written: Option<Box<str>>,
}

impl Tree {
    /// A value of which only its place is known.
    pub(crate) const fn new(span: Span, node: Node) -> Tree {
        Tree { span, node, written: None }
    }
}

/// A YAML value. Duplicate keys never get here: they are a syntax error.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`; `yes` and `no` are texts.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Str(String),
    /// A list.
    Seq(Vec<Tree>),
    /// A map, in the order of the file.
    Map(Vec<(Spanned<String>, Tree)>),
}

impl Node {
    /// What it is called in messages.
    pub fn describe(&self) -> String {
        match self {
            Node::Null => "nothing".to_owned(),
            Node::Bool(value) => format!("`{value}`"),
            Node::Int(value) => format!("the number {value}"),
            Node::Float(value) => format!("the number {value}"),
            Node::Str(value) => {
                let start: String = value.chars().take(40).collect();
                let more = if start.len() < value.len() { "…" } else { "" };
                format!("the text \"{start}{more}\"")
            }
            Node::Seq(_) => "a list".to_owned(),
            Node::Map(_) => "a map".to_owned(),
        }
    }
}

/// Why a text is not YAML, in plain words.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntaxError {
    /// Where it is.
    pub span: Span,
    /// What is wrong there.
    pub message: String,
    /// How to fix it.
    pub help: String,
    /// The name that was probably meant.
    pub nearest: Option<String>,
    /// The change that mends it, where there is only one that can be meant.
    pub fix: Option<Box<Fix>>,
}

/// How deep values may stand inside each other. Reading is recursive, so that the depth is a matter of the stack: the
/// parser's own bound of 64 overflows 2 MB of it in unoptimised code. A flow needs about ten.
pub(crate) const DEPTH: usize = 24;

/// Reads one YAML document.
///
/// # Errors
/// The first error of syntax.
pub fn parse(text: &str) -> Result<Tree, SyntaxError> {
    parse_noting(text).map(|(tree, _)| tree)
}

/// Reads one YAML document, with the texts that YAML reads otherwise than they look.
pub(crate) fn parse_noting(text: &str) -> Result<(Tree, Vec<Misread>), SyntaxError> {
    match serde_saphyr::from_str_with_options::<Located>(text, options()) {
        Ok(located) => Ok(located.into_tree(text)),
        Err(error) => {
            let start = error.location().map(located::start).unwrap_or_default();
            Err(explain::explain(&error.to_string(), start, text))
        }
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEPTH },
        strict_booleans: true,
        with_snippet: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_span() {
        let tree = parse("a: 1\nb:\n  - x\n  - { c: да, no: yes }\n").unwrap();
        let Node::Map(entries) = tree.node else { panic!("a map") };
        assert_eq!(entries[1].0.span, Span::on_line(2, 1, 1));
        let Node::Seq(items) = &entries[1].1.node else { panic!("a list") };
        assert_eq!(items[0].span, Span::on_line(3, 5, 1));
        let Node::Map(inner) = &items[1].node else { panic!("a map") };
        assert_eq!(inner[0].1, Tree::new(Span::on_line(4, 10, 2), Node::Str("да".into())));
        assert_eq!(inner[1].0.value, "no");
        assert_eq!(inner[1].1.node, Node::Str("yes".into()));
    }

    #[test]
    fn depth_is_bounded_before_the_stack_is() {
        let nested =
            |open: &str, close: &str, depth| format!("a: {}1{}\n", open.repeat(depth), close.repeat(depth));
        for (open, close) in [("[", "]"), ("{ b: ", "}"), ("[{ b: ", "}]")] {
            assert!(parse(&nested(open, close, 10)).is_ok());
            for depth in [DEPTH + 1, 100, 5_000, 100_000] {
                let error = parse(&nested(open, close, depth)).unwrap_err();
                assert!(error.message.contains("too deep"), "{depth} {open}: {error:?}");
            }
        }
        let indented = |depth| (0..depth).map(|at| format!("{}a:\n", " ".repeat(at))).collect::<String>();
        assert!(parse(&indented(10)).is_ok());
        assert!(parse(&indented(2_000)).is_err());
    }

    #[test]
    fn a_mistake_says_where() {
        let twice = parse("a: 1\na: 2\n").unwrap_err();
        assert_eq!((twice.span.line, twice.message.as_str()), (2, "`a` is there twice"));
        let open = parse("a: [1, 2\nb: 3\n").unwrap_err();
        assert!(open.span.line >= 1 && !open.message.is_empty(), "{open:?}");
    }

    /// The span of the value of the only key, and the text that it covers on its first line.
    fn check(text: &str, expected: &str, end: (u32, u32)) {
        let tree = parse(text).unwrap();
        let Node::Map(entries) = tree.node else { panic!("a map") };
        let span = entries[0].1.span;
        let line = text.lines().nth(span.line as usize - 1).unwrap();
        let shown: String = line.chars().skip(span.column as usize - 1).take(span.width(line)).collect();
        assert_eq!((shown.as_str(), (span.end_line, span.end_column)), (expected, end), "{text}");
    }

    #[test]
    fn spans_end_where_the_text_ends() {
        check("a: слово # note\n", "слово", (1, 9));
        check("a: 'it''s' # note\n", "'it''s'", (1, 11));
        check("a: \"x\\n\"\n", "\"x\\n\"", (1, 9));
        check("a: two\n  lines\nb: 1\n", "two", (2, 8));
        check("a: 12.5\n", "12.5", (1, 8));
        check("a: [1, {b: 2}, ] # note\n", "[1, {b: 2}, ]", (1, 17));
        check("a: {}\n", "{}", (1, 6));
        check("a: [1,\n  2]\n", "[1", (1, 6));
        check("a:\n  b: c # note\n  d: 1\n", "b: c", (2, 7));
        check("a:\n  - b: c\n    d: 1\n", "- b: c", (2, 9));
        check("a: |\n  first\n  second\n\nb: 1\n", "first", (3, 9));
    }
}
