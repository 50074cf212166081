//! The page of the diagnostics: every code at length, with an example that raises it and the example mended.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Severity};

/// The whole page.
pub fn diagnostics_page() -> String {
    let mut page = String::from(HEAD);
    for code in Code::ALL {
        let explanation = code.explanation();
        let severity = word(explanation.severity);
        page.push_str(&format!("\n## {}\n\n*{severity}*: {}\n\n", explanation.code, explanation.meaning));
        page.push_str(explanation.about);
        page.push_str("\n\nRaises it:\n");
        page.push_str(&files(&explanation.broken));
        page.push_str("\nMended:\n");
        page.push_str(&files(&explanation.mended));
    }
    page
}

const HEAD: &str = "\
# Diagnostics

Written by the program from its own texts: run `UPDATE_GENERATED=1 cargo test -p tolmach-nodes` after a change. `tolmach explain
CODE` prints the same. An error keeps a bundle from running; a warning is of something that a client may notice. A mended example
shows the files that change. Every example is compiled by a test.
";

pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn files(files: &BTreeMap<&str, &str>) -> String {
    let mut text = String::new();
    for (path, content) in files {
        let form = if path.ends_with(".yaml") { "yaml" } else { "" };
        let content = content.trim_end_matches('\n');
        text.push_str(&format!("\n`{path}`\n\n```{form}\n{content}\n```\n"));
    }
    text
}
