//! Checks a bundle and reports every problem in one run.

mod fix;
mod groups;
mod hosts;
mod near;

use tolmach_engine::{
    Platform, Release,
    bundle::Bundle,
    compile,
    diagnostic::{Code, Diagnostic, Severity},
    span::Span,
};
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::{Staff, golden_questions, ports, testing};

pub use fix::{Change, Fixed, Written, fixed};
pub use groups::empty_groups;
pub use hosts::host_notes;
pub use near::near_examples;

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
    if let Some(release) = &compiled.release {
        diagnostics.extend(missing_entries(release, platform));
    }
    Checked { diagnostics, release: compiled.release }
}

/// Warnings of what the compiler does not see: groups of the staff that nobody is in, and examples that the classifier cannot
/// part.
///
/// # Errors
/// The embedder fails.
pub async fn advice(release: &Release, staff: &Staff) -> ports::Result<Vec<Diagnostic>> {
    let mut found = empty_groups(release, staff);
    found.extend(near_examples(release, &MeaningEmbedder).await?);
    Ok(found)
}

/// A warning for each flow in which the configuration lets chats begin and that the bundle does not have.
fn missing_entries(release: &Release, platform: &Platform) -> Vec<Diagnostic> {
    let known: Vec<&str> = release.flows.keys().map(String::as_str).collect();
    let missing = platform.entry_flows.iter().filter(|entry| !release.flows.contains_key(*entry));
    let warning = |entry: &String| {
        let message =
            format!("the configuration lets chats of a site begin in the flow `{entry}`, which is not there");
        let help = "add the flow, or name another as `entry` of the site; until then its chats begin in the entry flow";
        let found = Diagnostic::new(Code::UnknownTarget, ".", Span::default(), message, help);
        Diagnostic { severity: Severity::Warning, ..found.near(entry, known.iter().copied()) }
    };
    missing.map(warning).collect()
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
        let platform = tolmach_engine::Platform { entry_flows: ["shp".to_owned()].into(), ..platform };
        let missing = check(&bundle, &platform);
        assert_eq!((missing.errors(), missing.warnings()), (0, 1), "{:?}", missing.diagnostics);
        assert_eq!(missing.diagnostics[0].nearest.as_deref(), Some("shop"));
        let platform = tolmach_nodes::platform();
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
