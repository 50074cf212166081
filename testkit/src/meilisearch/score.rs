//! Ranking scores: by words, with nested ranking rules, and by vectors.

use serde_json::{Map, Value, json};

use super::index::{Index, numbers};

/// Maximum number of words of a query; more are ignored.
const MOST_WORDS: usize = 10;

/// A matching document with its score.
pub(super) struct Scored {
    /// Index among the documents.
    pub at: usize,
    /// 0 to 1.
    pub score: f64,
    pub details: Map<String, Value>,
    /// Whether the match comes from the vector search.
    pub semantic: bool,
}

/// The words of a query. The last one also matches as a prefix unless something follows it.
pub(super) struct Words {
    words: Vec<String>,
    beginning: bool,
}

impl Words {
    pub fn of(text: &str) -> Words {
        let mut words = split(text);
        let all = words.len();
        words.truncate(MOST_WORDS);
        let beginning = all <= MOST_WORDS && text.chars().last().is_some_and(char::is_alphanumeric);
        Words { words, beginning }
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// Matches by words, best first. `strategy` says which words may be missing: none (`all`), the last ones (`last`), or
/// the most frequent ones (`frequency`).
pub(super) fn by_words(index: &Index, among: &[usize], words: &Words, strategy: &str) -> Vec<Scored> {
    let searchable = index.list("searchableAttributes").filter(|list| list.iter().all(|name| name != "*"));
    // For each document and word: the index of the first searchable attribute that contains the word.
    let held: Vec<Vec<Option<usize>>> = among
        .iter()
        .map(|at| {
            let document = &index.documents[*at];
            let names: Vec<String> = match &searchable {
                Some(names) => names.clone(),
                None => document.keys().cloned().collect(),
            };
            let texts: Vec<Vec<String>> = names
                .iter()
                .map(|name| match document.get(name) {
                    Some(Value::String(text)) => split(text),
                    Some(Value::Number(number)) => vec![number.to_string()],
                    _ => Vec::new(),
                })
                .collect();
            words
                .words
                .iter()
                .enumerate()
                .map(|(n, word)| {
                    let beginning = words.beginning && n + 1 == words.words.len();
                    let fits = |own: &String| own == word || beginning && own.starts_with(word.as_str());
                    texts.iter().position(|text| text.iter().any(fits))
                })
                .collect()
        })
        .collect();
    let mut order: Vec<usize> = (0..words.words.len()).collect();
    if strategy == "frequency" {
        // Rarest first, because words are dropped from the end.
        order.sort_by_key(|n| held.iter().filter(|held| held[*n].is_some()).count());
    }
    let most = words.words.len();
    let attributes = searchable.as_ref().map_or(1, Vec::len).max(1);
    let mut found: Vec<Scored> = Vec::new();
    for (at, held) in among.iter().zip(&held) {
        let matching = order.iter().take_while(|n| held[**n].is_some()).count();
        if matching == 0 || strategy == "all" && matching < most {
            continue;
        }
        // The server adds up how far down the list of attributes each word is.
        let down: usize = order.iter().take(matching).filter_map(|n| held[*n]).sum();
        let farthest = matching * (attributes - 1);
        let by_attribute = (farthest - down.min(farthest) + 1, farthest + 1);
        let ranks = [(matching, most), (1, 1), by_attribute, (1, 3), (2, 2)];
        let details = json!({
            "words": { "order": 0, "matchingWords": matching, "maxMatchingWords": most, "score": matching as f64 / most as f64 },
            "proximity": { "order": 1, "score": 1.0 },
            "attribute": { "order": 2, "score": ranks[2].0 as f64 / ranks[2].1 as f64 },
            "exactness": { "order": 3, "matchType": "noExactMatch", "matchingWords": matching, "maxMatchingWords": most,
                           "score": 1.0 / 3.0 },
        });
        let Value::Object(details) = details else { continue };
        found.push(Scored { at: *at, score: whole(&ranks), details, semantic: false });
    }
    best_first(&mut found);
    found
}

/// Documents by vector similarity, most similar first; those without a vector come last.
pub(super) fn by_vector(index: &Index, among: &[usize], embedder: &str, wanted: &[f64]) -> Vec<Scored> {
    let distribution = index.embedder(embedder).and_then(|embedder| embedder.distribution);
    let mut found: Vec<Scored> = among
        .iter()
        .map(|at| {
            let vector =
                index.documents[*at].get("_vectors").and_then(|vectors| numbers(vectors.get(embedder)?));
            let similarity =
                vector.map(|vector| shifted((1.0 + cosine(&vector, wanted)) / 2.0, distribution));
            let mut details = Map::new();
            details.insert("vectorSort".to_owned(), json!({ "order": 0, "similarity": similarity }));
            Scored { at: *at, score: similarity.unwrap_or_default(), details, semantic: true }
        })
        .collect();
    best_first(&mut found);
    found
}

/// Combines nested ranks (rank, number of ranks) into a score of 0 to 1.
fn whole(ranks: &[(usize, usize)]) -> f64 {
    let (mut rank, mut most) = (1, 1);
    for (inner, inner_most) in ranks {
        rank = (rank - 1) * inner_most + inner;
        most *= inner_most;
    }
    rank as f64 / most as f64
}

fn best_first(found: &mut [Scored]) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.at.cmp(&b.at)));
}

/// Shifts a score from the embedder's distribution to a mean of 0.5 and a sigma of 0.4, and keeps it above 0 and at
/// most 1.
fn shifted(score: f64, distribution: Option<(f64, f64)>) -> f64 {
    let Some((mean, sigma)) = distribution else { return score };
    let factor = 0.4 / sigma;
    let shifted = factor * score + 0.5 - factor * mean;
    if shifted <= 0.0 { f64::from(f32::EPSILON) } else { shifted.min(1.0) }
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let length = (dot(a, a) * dot(b, b)).sqrt();
    if length == 0.0 { 0.0 } else { dot(a, b) / length }
}

fn split(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
