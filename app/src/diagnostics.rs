//! Diagnostics rendered as text with their source lines.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use tolmach_engine::{bundle::Bundle, diagnostic::Diagnostic};

/// A bundle with its diagnostics. `Display` renders them with [`explained`].
#[derive(Clone, Debug, Default)]
pub struct Diagnosed {
    /// The bundle's folder as shown in file paths; empty when the bundle is not from a folder.
    pub folder: PathBuf,
    /// The bundle that the diagnostics refer to.
    pub bundle: Bundle,
    /// The diagnostics in the order in which they were found.
    pub diagnostics: Vec<Diagnostic>,
}

impl Diagnosed {
    /// A copy of a bundle with its diagnostics, boxed to keep the error types small.
    pub(crate) fn boxed(bundle: &Bundle, folder: &Path, diagnostics: Vec<Diagnostic>) -> Box<Diagnosed> {
        Box::new(Diagnosed { folder: folder.to_owned(), bundle: bundle.clone(), diagnostics })
    }
}

impl fmt::Display for Diagnosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&explained(&self.bundle, &self.folder, &self.diagnostics))
    }
}

/// Renders diagnostics as text, each with its source line, separated by an empty line. `folder` is put before file
/// names.
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
        // The source goes between the location line and the help.
        let (head, rest) = match text.match_indices('\n').nth(1) {
            Some((at, _)) => text.split_at(at),
            None => (text.as_str(), ""),
        };
        parts.push(format!("{head}\n{source}{rest}"));
    }
    parts.join("\n\n")
}
