//! Golden questions: what must be found. A new generation that does not find it is not switched to.
//!
//! Where questions are kept and how they are written is the caller's.

use std::sync::Arc;

use tolmach_engine::catalog::SearchRequest;

use super::{generation::Generation, search};
use crate::words;

/// A question with its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// As a client would type it.
    pub asked: String,
    /// What is asked of the catalogue; by words alone.
    pub request: SearchRequest,
    /// Articles of which one must be among the rows found.
    pub articles: Vec<String>,
}

/// Gives the questions when a generation has been built, or says why it cannot.
pub type Questions = Arc<dyn Fn() -> Result<Vec<Question>, String> + Send + Sync>;

/// What a generation does not find, a line each. A question whose articles are all gone from the price lists has lost its
/// meaning and asks nothing.
pub(super) fn unanswered(generation: &Generation, questions: &[Question]) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for question in questions {
        let known = |article: &&String| generation.articles.contains_key(&words::normalise_article(article));
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
