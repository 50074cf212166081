//! Golden questions: queries with articles that must be found. A new generation that fails one does not serve.
//!
//! Storing and parsing the questions is up to the caller.

use std::sync::Arc;

use tolmach_engine::catalog::SearchRequest;

use super::{generation::Generation, search};
use crate::words;

/// A query with its expected articles.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The text as a client would type it.
    pub asked: String,
    /// The search to run, by keywords only; its `limit` is the number of rows looked at.
    pub request: SearchRequest,
    /// Article numbers, of which at least one must be among the rows found.
    pub articles: Vec<String>,
}

/// Loads the questions; called after a generation has been built. The error is a readable reason.
pub type Questions = Arc<dyn Fn() -> Result<Vec<Question>, String> + Send + Sync>;

/// One line per question that the generation does not answer. A question is skipped if none of its articles is in the
/// catalogue any more.
pub(super) fn unanswered(generation: &Generation, questions: &[Question]) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for question in questions {
        let known = |article: &&String| generation.articles.contains(&words::normalise_article(article));
        let wanted: Vec<&String> = question.articles.iter().filter(known).collect();
        if wanted.is_empty() {
            continue;
        }
        let results =
            search::search(generation, &question.request, None).map_err(|error| error.to_string())?;
        let same = |a: &str, b: &str| words::normalise_article(a) == words::normalise_article(b);
        let answered =
            results.hits.iter().any(|hit| wanted.iter().any(|wanted| same(wanted, &hit.product.article)));
        if !answered {
            let found: Vec<&str> =
                results.hits.iter().take(3).map(|hit| hit.product.article.as_str()).collect();
            let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
            let wanted: Vec<&str> = wanted.into_iter().map(String::as_str).collect();
            lines.push(format!(
                "«{}»: {} is not among the first {}; found {found}",
                question.asked,
                wanted.join(" or "),
                question.request.limit
            ));
        }
    }
    Ok(lines)
}
