//! Findings as a person reads them, with the lines they are about.

use std::path::Path;

use tolmach_engine::{bundle::Bundle, finding::Finding};

/// Findings with the lines they are about, as text.
pub fn explained(bundle: &Bundle, folder: &Path, findings: &[Finding]) -> String {
    let mut parts = Vec::with_capacity(findings.len());
    for finding in findings {
        let mut shown = finding.clone();
        if finding.file != "." {
            shown.file = folder.join(&finding.file).display().to_string();
        } else {
            shown.file = folder.display().to_string();
        }
        let text = shown.to_string();
        let line = bundle
            .files
            .get(&finding.file)
            .and_then(|text| text.lines().nth((finding.place.line as usize).checked_sub(1)?));
        let Some(line) = line else {
            parts.push(text);
            continue;
        };
        let number = finding.place.line.to_string();
        let gap = " ".repeat(number.len());
        let indent = " ".repeat((finding.place.column as usize).saturating_sub(1));
        let source = format!("{gap} |\n{number} | {line}\n{gap} | {indent}^");
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
