//! Golden questions of a bundle (`golden/*.yaml`): what a client asks, and articles of which at least one must be
//! found.
//!
//! This module only reads and validates them. A catalogue asks them of each new generation before that serves.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    bundle::Bundle,
    config,
    diagnostic::{Code, Diagnostic},
    span::Spanned,
    yaml,
};

/// A search query with its expected result.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoldenQuestion {
    /// The query, as a client would type it.
    pub query: Spanned<String>,
    /// Articles of which at least one must be found.
    pub expect: Spanned<Vec<String>>,
    /// The article must be among the first `within` rows: 1 to 100, default 10.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 100))]
    pub within: Spanned<u32>,
}

fn ten() -> Spanned<u32> {
    Spanned::new(10, Default::default())
}

/// Reads all golden questions of a bundle. Every mistake in them is a diagnostic with its span.
pub fn golden_questions(bundle: &Bundle) -> (Vec<GoldenQuestion>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut questions = Vec::new();
    for (file, text) in bundle.golden() {
        let Some(tree) = config::parse(file, text, &mut diagnostics) else { continue };
        let items = match &tree.node {
            yaml::Node::Seq(items) => items.as_slice(),
            yaml::Node::Null => &[],
            _ => {
                let message = "golden questions are a list";
                let help = "begin each with `- query: …` and name articles in `expect: […]`";
                diagnostics.push(Diagnostic::new(Code::BadValue, file, tree.span, message, help));
                continue;
            }
        };
        for item in items {
            let Some(question) = config::read::<GoldenQuestion>(file, item, &mut diagnostics) else {
                continue;
            };
            let mut wrong = |span, message: &str, help: &str| {
                diagnostics.push(Diagnostic::new(Code::BadValue, file, span, message, help));
            };
            if question.query.trim().is_empty() {
                wrong(question.query.span, "the question is empty", "write what a client would type");
            }
            if question.expect.iter().all(|article| article.trim().is_empty()) {
                wrong(
                    question.expect.span,
                    "no article is expected",
                    "name one or more articles, as in [RH-800]",
                );
            }
            if !(1..=100).contains(&question.within.value) {
                wrong(question.within.span, "`within` is 1 to 100 rows", "leave it out for 10");
            }
            questions.push(question);
        }
    }
    (questions, diagnostics)
}
