//! What is wrong with a bundle, with places as browsers count them.

use serde::Serialize;
use tolmach_engine::{
    Platform,
    bundle::Bundle,
    diagnostic::{Diagnostic, Severity},
    span::Span,
};

use crate::check::check;

/// The most findings that are told at once, of all files together.
const MOST: usize = 500;

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// Where it begins, in UTF-16 units; 0 for the file as a whole.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// The line, counted from 1; 0 for the file as a whole.
    pub line: u32,
    /// The column, in characters, counted from 1.
    pub column: u32,
    /// How bad it is.
    pub severity: Severity,
    /// The diagnostic's code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// The change that mends it, where only one can be meant.
    pub fix: Option<FindingFix>,
}

impl Finding {
    /// Whether the bundle cannot be published because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A change that mends a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FindingFix {
    /// What is written in place of what is there.
    pub replacement: String,
    /// The changes.
    pub edits: Vec<Edit>,
}

/// A change of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Edit {
    /// The file.
    pub file: String,
    /// Where it begins, in UTF-16 units.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What is put there.
    pub text: String,
}

/// Everything that is wrong with a bundle: flows, dialog tests and golden questions; errors first within a file's order.
pub fn findings(bundle: &Bundle, platform: &Platform) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut lines: Option<(String, Vec<(usize, &str)>)> = None;
    for diagnostic in check(bundle, platform).diagnostics.into_iter().take(MOST) {
        let text = bundle.files.get(&diagnostic.file).map(String::as_str).unwrap_or_default();
        if lines.as_ref().is_none_or(|(file, _)| *file != diagnostic.file) {
            lines = Some((diagnostic.file.clone(), starts(text)));
        }
        if let Some((_, lines)) = &lines {
            found.push(finding(diagnostic, lines));
        }
    }
    found
}

fn finding(diagnostic: Diagnostic, lines: &[(usize, &str)]) -> Finding {
    let Diagnostic { severity, code, file, span, message, help, fix, .. } = diagnostic;
    let (from, to) = units(lines, span);
    let fix = fix.map(|fix| {
        let (from, to) = units(lines, fix.span);
        let edit = Edit { file: file.clone(), from, to, text: fix.replacement.clone() };
        FindingFix { replacement: fix.replacement, edits: vec![edit] }
    });
    Finding {
        file,
        from,
        to,
        line: span.line,
        column: span.column,
        severity,
        code: code.text(),
        message,
        help,
        fix,
    }
}

/// The lines of a text, each with the UTF-16 unit at which it begins.
fn starts(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let line = |line| {
        let begins = at;
        at += units_of(line) + 1;
        (begins, line)
    };
    text.split('\n').map(line).collect()
}

fn units_of(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The places of a span, as [`starts`] counts.
fn units(lines: &[(usize, &str)], span: Span) -> (usize, usize) {
    let unit = |line: u32, column: u32| {
        let (begins, text) = usize::try_from(line).ok()?.checked_sub(1).and_then(|at| lines.get(at))?;
        let before = usize::try_from(column).unwrap_or_default().saturating_sub(1);
        Some(begins + text.chars().take(before).map(char::len_utf16).sum::<usize>())
    };
    let from = unit(span.line, span.column).unwrap_or_default();
    (from, unit(span.end_line, span.end_column).unwrap_or(from).max(from))
}
