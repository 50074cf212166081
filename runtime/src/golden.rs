//! Golden questions beside the flows (`golden/*.yaml`): what a client asks, and the articles of which one must be found.
//!
//! Reading and checking them only; a catalogue asks them of each new generation before it serves.

use serde::Deserialize;
use tolmach_engine::{
    bundle::Bundle,
    config,
    finding::{Code, Finding},
    place::At,
    yaml,
};

/// A question with its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// What a client would type.
    pub query: At<String>,
    /// Articles of which one must be found.
    pub expect: At<Vec<String>>,
    /// Among so many rows, 1 to 100.
    #[serde(default = "ten")]
    pub within: At<u32>,
}

fn ten() -> At<u32> {
    At::new(10, Default::default())
}

/// Every golden question of a bundle, and every mistake in them with its place.
pub fn golden_questions(bundle: &Bundle) -> (Vec<Golden>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut questions = Vec::new();
    for (file, text) in bundle.golden() {
        let Some(tree) = config::parse(file, text, &mut findings) else { continue };
        let items = match &tree.node {
            yaml::Node::Seq(items) => items.as_slice(),
            yaml::Node::Null => &[],
            _ => {
                let cause = "golden questions are a list";
                let mend = "begin each with `- query: …` and name articles in `expect: […]`";
                findings.push(Finding::new(Code::BadValue, file, tree.place, cause, mend));
                continue;
            }
        };
        for item in items {
            let Some(question) = config::read::<Golden>(file, item, &mut findings) else { continue };
            let mut wrong = |place, cause: &str, mend: &str| {
                findings.push(Finding::new(Code::BadValue, file, place, cause, mend));
            };
            if question.query.trim().is_empty() {
                wrong(question.query.place, "the question is empty", "write what a client would type");
            }
            if question.expect.iter().all(|article| article.trim().is_empty()) {
                wrong(
                    question.expect.place,
                    "no article is expected",
                    "name one or more articles, as in [RH-800]",
                );
            }
            if !(1..=100).contains(&question.within.value) {
                wrong(question.within.place, "`within` is 1 to 100 rows", "leave it out for 10");
            }
            questions.push(question);
        }
    }
    (questions, findings)
}
