//! Golden questions: queries with articles that must be found. A new generation that fails one does not serve.
//!
//! Storing and parsing the questions is up to the caller.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use tolmach_engine::catalog::{Hit, SearchRequest};

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

/// How a catalogue answers a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The text as a client would type it.
    pub asked: String,
    /// The expected articles, those that are in the catalogue if any is.
    pub articles: Vec<String>,
    /// The number of rows looked at.
    pub within: u32,
    /// The place of the first expected row, from 1; `None` if there is none among them.
    pub place: Option<u32>,
    /// Whether no expected article is in the catalogue, so that nothing was asked.
    pub skipped: bool,
    /// The articles of the first rows, at most 3.
    pub found: Vec<String>,
}

impl Answered {
    /// Whether a catalogue with this answer must not serve.
    pub fn fails(&self) -> bool {
        self.place.is_none() && !self.skipped
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = if self.found.is_empty() { "nothing".to_owned() } else { self.found.join(", ") };
        let wanted = self.articles.join(" or ");
        write!(f, "«{}»: {wanted} is not among the first {}; found {found}", self.asked, self.within)
    }
}

/// The answers of a generation, in the order of the questions. A question is skipped if none of its articles is in the
/// catalogue any more.
pub(super) fn answers(generation: &Generation, questions: &[Question]) -> Result<Vec<Answered>, String> {
    questions.iter().map(|question| answer(generation, question)).collect()
}

fn answer(generation: &Generation, question: &Question) -> Result<Answered, String> {
    let known = |article: &&String| generation.articles.contains(&words::normalise_article(article));
    let wanted: Vec<&String> = question.articles.iter().filter(known).collect();
    let skipped = wanted.is_empty();
    let articles =
        if skipped { question.articles.clone() } else { wanted.iter().map(|one| (*one).clone()).collect() };
    let mut answered = Answered {
        asked: question.asked.clone(),
        articles,
        within: question.request.limit,
        place: None,
        skipped,
        found: Vec::new(),
    };
    if skipped {
        return Ok(answered);
    }
    let results = search::search(generation, &question.request, None).map_err(|error| error.to_string())?;
    let same = |a: &str, b: &str| words::normalise_article(a) == words::normalise_article(b);
    let expected = |hit: &Hit| wanted.iter().any(|wanted| same(wanted, &hit.product.article));
    let place = results.hits.iter().position(expected);
    answered.place = place.and_then(|place| u32::try_from(place + 1).ok());
    answered.found = results.hits.iter().take(3).map(|hit| hit.product.article.clone()).collect();
    Ok(answered)
}
