//! Checks a bundle and reports every problem in one run.

mod hosts;

use tolmach_engine::{Platform, Release, bundle::Bundle, compile, diagnostic::Diagnostic};
use tolmach_runtime::{golden_questions, testing};

pub use hosts::host_notes;

/// The result of a check.
#[derive(Debug)]
pub struct Checked {
    /// All problems of flows, dialog tests and golden questions.
    pub diagnostics: Vec<Diagnostic>,
    /// The compiled release; `None` when the flows have errors.
    pub release: Option<Release>,
}

impl Checked {
    /// How many diagnostics are errors.
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
    }

    /// How many are warnings.
    pub fn warnings(&self) -> usize {
        self.diagnostics.len() - self.errors()
    }
}

/// Checks the flows of a bundle against a platform, its dialog tests and its golden questions. Names in tests are checked only when the
/// flows compile.
pub fn check(bundle: &Bundle, platform: &Platform) -> Checked {
    let compiled = compile(bundle, platform);
    let mut diagnostics = compiled.diagnostics;
    for (file, text) in bundle.tests() {
        let (dialogs, found) = testing::read(file, text);
        diagnostics.extend(found);
        // Without a compiled release the names of its nodes are unknown.
        if let Some(release) = &compiled.release {
            diagnostics.extend(testing::unknown_names(file, &dialogs, release));
        }
    }
    diagnostics.extend(golden_questions(bundle).1);
    Checked { diagnostics, release: compiled.release }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_golden_questions_are_checked_too() {
        let flow =
            "flow: shop\nstart: hello\nnodes:\n  hello:\n    say: { text: { ru: Привет, en: Hello } }\n";
        let mut bundle = Bundle { files: [("shop.yaml".to_owned(), flow.to_owned())].into() };
        let platform = tolmach_nodes::platform();
        let good = check(&bundle, &platform);
        assert_eq!((good.errors(), good.release.is_some()), (0, true), "{:?}", good.diagnostics);
        bundle.files.insert(
            "tests/a.test.yaml".to_owned(),
            "- name: a\n  steps: [{ command: x, expect: { pth: [x] } }]\n".to_owned(),
        );
        bundle.files.insert("golden/a.yaml".to_owned(), "- query: ''\n  expect: [A-1]\n".to_owned());
        let bad = check(&bundle, &platform);
        let files: Vec<&str> = bad.diagnostics.iter().map(|one| one.file.as_str()).collect();
        assert_eq!(files, ["tests/a.test.yaml", "golden/a.yaml"], "{:?}", bad.diagnostics);
        assert!(bad.release.is_some(), "the flows themselves are sound");
    }
}
