//! Measures search quality on judged queries.

mod judgments;

use std::{collections::HashMap, time::Duration};

use tolmach_catalog::EmbeddedCatalog;
use tolmach_engine::catalog::{Product, SearchRequest};
use tolmach_nodes::request_for;
use tolmach_runtime::ports::{self, Catalog as _};

use judgments::{Judged, Scale};
pub use judgments::{Judgments, JudgmentsError};

/// nDCG and MRR look at the first 10 rows, recall at the first 100.
const TOP: usize = 10;
const DEEP: u32 = 100;

/// The result of an evaluation; figures are 0 to 1.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// How many queries.
    pub queries: usize,
    /// The mean nDCG at 10.
    pub ndcg: f64,
    /// The mean reciprocal rank of the first relevant row among the first 10.
    pub mrr: f64,
    /// The mean share of relevant rows found among the first 100.
    pub recall: f64,
    /// nDCG of each query, worst first.
    pub by_query: Vec<(f64, String)>,
    /// Queries that are not counted, because no name in the catalogue matches their patterns.
    pub unmatched: Vec<String>,
    /// How long each search took, ascending.
    pub times: Vec<Duration>,
    /// The lower end of the relevance scale.
    pub least: f64,
    /// The upper end of the relevance scale.
    pub most: f64,
    /// The relevance from which a row counts as relevant.
    pub good: f64,
}

/// Measures the search on judged queries. `semantic_ratio` is 0 (words only) to 1 (vectors only); `elapsed` returns the
/// time since any fixed moment.
///
/// # Errors
/// When the catalogue fails.
pub async fn evaluate(
    catalog: &EmbeddedCatalog,
    judgments: &Judgments,
    semantic_ratio: f32,
    elapsed: &(dyn Fn() -> Duration + Sync),
) -> ports::Result<Evaluation> {
    let Judgments { queries, scale } = judgments;
    let mut sum = Figures::default();
    let mut by_query: Vec<(f64, String)> = Vec::new();
    let mut unmatched: Vec<String> = Vec::new();
    let mut times = Vec::new();
    for (query, judged) in queries {
        let relevant = match judged {
            Judged::Articles(articles) => articles.values().copied().collect(),
            Judged::Names(_) => {
                catalog.map_products(|product| judged.relevance(product)).into_iter().flatten().collect()
            }
        };
        if Vec::is_empty(&relevant) {
            unmatched.push(query.clone());
            continue;
        }
        let request = SearchRequest { limit: DEEP, semantic_ratio, ..request_for(query) };
        let started = elapsed();
        let found = catalog.search(&request).await?;
        times.push(elapsed().saturating_sub(started));
        let found: Vec<Option<f64>> = found.hits.iter().map(|hit| judged.relevance(&hit.product)).collect();
        let figures = scale.figures(relevant, &found);
        sum.ndcg += figures.ndcg;
        sum.reciprocal_rank += figures.reciprocal_rank;
        sum.recall += figures.recall;
        by_query.push((figures.ndcg, query.clone()));
    }
    let count = by_query.len().max(1) as f64;
    times.sort();
    by_query.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Evaluation {
        queries: by_query.len(),
        ndcg: sum.ndcg / count,
        mrr: sum.reciprocal_rank / count,
        recall: sum.recall / count,
        by_query,
        unmatched,
        times,
        least: scale.least,
        most: scale.most,
        good: scale.good(),
    })
}

/// A query whose nDCG differs between two evaluations.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The query.
    pub query: String,
    /// Its nDCG at 10 before, 0 to 1.
    pub before: f64,
    /// Its nDCG at 10 after.
    pub after: f64,
}

/// The queries of both evaluations whose nDCG differs by more than rounding, the greatest gain first and the greatest loss
/// last.
pub fn changes(before: &Evaluation, after: &Evaluation) -> Vec<Changed> {
    let known: HashMap<&str, f64> =
        before.by_query.iter().map(|(ndcg, query)| (query.as_str(), *ndcg)).collect();
    let both = after.by_query.iter().filter_map(|(ndcg, query)| {
        let before = *known.get(query.as_str())?;
        Some(Changed { query: query.clone(), before, after: *ndcg })
    });
    let mut changed: Vec<Changed> = both.filter(|of| (of.after - of.before).abs() > 1e-6).collect();
    changed.sort_by(|a, b| (b.after - b.before).total_cmp(&(a.after - a.before)));
    changed
}

impl Judged {
    /// The relevance of a row; `None` when it is not judged.
    fn relevance(&self, product: &Product) -> Option<f64> {
        match self {
            Judged::Articles(articles) => articles.get(&product.article).copied(),
            Judged::Names(patterns) => {
                let names = [&product.name.ru, &product.name.en];
                let matches = patterns.iter().any(|pattern| names.iter().any(|name| pattern.is_match(name)));
                matches.then_some(1.0)
            }
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Figures {
    ndcg: f64,
    reciprocal_rank: f64,
    recall: f64,
}

impl Scale {
    /// The relevance from which a row counts as relevant: three quarters up the scale.
    fn good(&self) -> f64 {
        self.least + 0.75 * (self.most - self.least)
    }

    /// The gain of a relevance: 2^r - 1 with r counted from the lower end of the scale (Burges et al., 2005); 0 below
    /// it.
    fn gain(&self, relevance: f64) -> f64 {
        (relevance - self.least).max(0.0).exp2() - 1.0
    }

    /// nDCG at 10, the reciprocal rank of the first relevant row, and the share of relevant rows found. `judged` has the
    /// relevance of every judged row, `found` that of the found ones. Unjudged rows have no gain.
    fn figures(&self, judged: Vec<f64>, found: &[Option<f64>]) -> Figures {
        let discounted = |gains: &mut dyn Iterator<Item = f64>| -> f64 {
            gains.take(TOP).zip(2_u32..).map(|(gain, place)| gain / f64::from(place).log2()).sum()
        };
        let mut best: Vec<f64> = judged.iter().map(|relevance| self.gain(*relevance)).collect();
        best.sort_by(|a, b| b.total_cmp(a));
        let ideal = discounted(&mut best.into_iter());
        let gained =
            discounted(&mut found.iter().map(|row| row.map_or(0.0, |relevance| self.gain(relevance))));
        let is_good = |relevance: &Option<f64>| relevance.is_some_and(|relevance| relevance >= self.good());
        let all = judged.iter().filter(|relevance| **relevance >= self.good()).count();
        let hit = found.iter().filter(|relevance| is_good(relevance)).count();
        Figures {
            ndcg: if ideal > 0.0 && gained > 0.0 { gained / ideal } else { 0.0 },
            reciprocal_rank: found.iter().take(TOP).position(is_good).map_or(0.0, |at| 1.0 / (at + 1) as f64),
            recall: if all == 0 { 1.0 } else { hit as f64 / all as f64 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_match_a_calculation_by_hand() {
        let scale = Scale { least: 1.0, most: 3.0 };
        let judged = || vec![3.0, 2.0, 1.0];
        let perfect = scale.figures(judged(), &[3.0, 2.0, 1.0].map(Some));
        assert!((perfect.ndcg - 1.0).abs() < 1e-9 && perfect.reciprocal_rank == 1.0 && perfect.recall == 1.0);
        // Gains 0, 1, 3 discounted by log2 of 2, 3, 4, against the ideal 3 and 1.
        let turned = scale.figures(judged(), &[1.0, 2.0, 3.0].map(Some));
        let expected = (1.0 / 3_f64.log2() + 3.0 / 2.0) / (3.0 + 1.0 / 3_f64.log2());
        assert!((turned.ndcg - expected).abs() < 1e-9, "{}", turned.ndcg);
        assert!((turned.reciprocal_rank - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(scale.figures(judged(), &[None]).ndcg, 0.0);
    }
}
