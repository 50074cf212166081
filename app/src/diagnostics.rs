//! Diagnostics as a person reads them, with the lines they are about.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use tolmach_engine::{bundle::Bundle, diagnostic::Diagnostic};

/// A bundle with what is wrong with it. Its text form is [`explained`].
#[derive(Clone, Debug, Default)]
pub struct Diagnosed {
    /// What the text form calls the bundle's folder; empty for a bundle that is in none.
    pub folder: PathBuf,
    /// The texts that the diagnostics are about.
    pub bundle: Bundle,
    /// What is wrong, in the order in which it was found.
    pub diagnostics: Vec<Diagnostic>,
}

impl Diagnosed {
    /// A copy of a bundle with its diagnostics, on the heap because errors carry it.
    pub(crate) fn boxed(bundle: &Bundle, folder: &Path, diagnostics: Vec<Diagnostic>) -> Box<Diagnosed> {
        Box::new(Diagnosed { folder: folder.to_owned(), bundle: bundle.clone(), diagnostics })
    }
}

impl fmt::Display for Diagnosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&explained(&self.bundle, &self.folder, &self.diagnostics))
    }
}

/// Diagnostics with the lines they are about, as text, an empty line between them. `folder` stands before the files' names.
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
