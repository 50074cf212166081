//! Diagnostics as a person reads them, with the lines they are about.

use std::path::Path;

use tolmach_engine::{bundle::Bundle, diagnostic::Diagnostic};

/// Diagnostics with the lines they are about, as text.
pub fn explained(bundle: &Bundle, folder: &Path, diagnostics: &[Diagnostic]) -> String {
    let mut parts = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics {
        let mut shown = diagnostic.clone();
        if diagnostic.file != "." {
            shown.file = folder.join(&diagnostic.file).display().to_string();
        } else {
            shown.file = folder.display().to_string();
        }
        let text = shown.to_string();
        let line = bundle
            .files
            .get(&diagnostic.file)
            .and_then(|text| text.lines().nth((diagnostic.span.line as usize).checked_sub(1)?));
        let Some(line) = line else {
            parts.push(text);
            continue;
        };
        let number = diagnostic.span.line.to_string();
        let gap = " ".repeat(number.len());
        let indent = " ".repeat((diagnostic.span.column as usize).saturating_sub(1));
        let underline = "^".repeat(diagnostic.span.width(line));
        let source = format!("{gap} |\n{number} | {line}\n{gap} | {indent}{underline}");
        // The source stands between the place and the advice.
        let (head, rest) = match text.match_indices('\n').nth(1) {
            Some((at, _)) => text.split_at(at),
            None => (text.as_str(), ""),
        };
        parts.push(format!("{head}\n{source}{rest}"));
    }
    parts.join("\n\n")
}

/// A number of things: «1 node», «2 nodes».
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
