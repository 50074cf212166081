//! Measures search quality on judged queries.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tolmach_engine::catalog::SearchRequest;
use tolmach_nodes::request_for;
use tolmach_runtime::ports::{self, Catalog};

/// nDCG and MRR look at the first 10 rows, recall at the first 100.
const TOP: usize = 10;
const DEEP: u32 = 100;

/// Judged queries: the relevance of articles for each query.
#[derive(Clone, Debug)]
pub struct Judgments {
    /// Relevance by article, by query.
    queries: BTreeMap<String, HashMap<String, f64>>,
    scale: Scale,
}

/// The range of the relevances.
#[derive(Clone, Copy, Debug)]
struct Scale {
    least: f64,
    most: f64,
}

/// Why a file of judgments cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JudgmentsError {
    /// The file cannot be read.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// The file is not UTF-8.
    #[error("{} is not UTF-8 text: save it as .tsv or .csv in UTF-8", .0.display())]
    NotText(PathBuf),
    /// A line does not have three columns.
    #[error(
        "{} line {line}: {columns} columns; a line is query, article and relevance, separated by tabs or commas",
        file.display()
    )]
    Columns {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// How many columns the line has.
        columns: usize,
    },
    /// A relevance is not a finite number.
    #[error("{} line {line}: the relevance {relevance} is not a number", file.display())]
    NotANumber {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// The cell's text.
        relevance: String,
    },
    /// The file has no judgments.
    #[error("{} has no judgments; a line is query, article and relevance", .0.display())]
    Empty(PathBuf),
}

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
    /// How long each search took, ascending.
    pub times: Vec<Duration>,
    /// The lower end of the relevance scale.
    pub least: f64,
    /// The upper end of the relevance scale.
    pub most: f64,
    /// The relevance from which a row counts as relevant.
    pub good: f64,
}

impl Judgments {
    /// Reads a table of query, article and relevance, separated by tabs or commas. The first line may be a header.
    ///
    /// # Errors
    /// When the file cannot be read, is not UTF-8 or empty, or a line is malformed.
    pub fn read(file: &Path) -> Result<Judgments, JudgmentsError> {
        let owned = || file.to_owned();
        let bytes =
            std::fs::read(file).map_err(|source| JudgmentsError::Unreadable { file: owned(), source })?;
        let text = String::from_utf8(bytes).map_err(|_| JudgmentsError::NotText(owned()))?;
        let separator = if text.lines().next().is_some_and(|line| line.contains('\t')) { '\t' } else { ',' };
        let mut queries: BTreeMap<String, HashMap<String, f64>> = BTreeMap::new();
        let mut scale = Scale { least: f64::MAX, most: f64::MIN };
        for (line, written) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            if written.trim().is_empty() {
                continue;
            }
            let cells = cells(written, separator);
            let [query, article, relevance] = cells.as_slice() else {
                return Err(JudgmentsError::Columns { file: owned(), line, columns: cells.len() });
            };
            let Ok(number) = relevance.trim().parse::<f64>() else {
                if line == 1 {
                    continue; // The header.
                }
                let relevance = format!("{relevance:?}");
                return Err(JudgmentsError::NotANumber { file: owned(), line, relevance });
            };
            if !number.is_finite() {
                let relevance = number.to_string();
                return Err(JudgmentsError::NotANumber { file: owned(), line, relevance });
            }
            scale.least = scale.least.min(number);
            scale.most = scale.most.max(number);
            queries.entry(query.clone()).or_default().insert(article.trim().to_owned(), number);
        }
        if queries.is_empty() {
            return Err(JudgmentsError::Empty(owned()));
        }
        // On a scale that starts at 1, 1 means "not relevant". Otherwise the scale starts at 0, or at a negative lower
        // end.
        scale.least = if scale.least >= 1.0 && scale.most > scale.least { 1.0 } else { scale.least.min(0.0) };
        Ok(Judgments { queries, scale })
    }
}

/// Measures the search on judged queries. `semantic_ratio` is 0 (words only) to 1 (vectors only); `elapsed` returns the
/// time since any fixed moment.
///
/// # Errors
/// When the catalogue fails.
pub async fn evaluate(
    catalog: &dyn Catalog,
    judgments: &Judgments,
    semantic_ratio: f32,
    elapsed: &(dyn Fn() -> Duration + Sync),
) -> ports::Result<Evaluation> {
    let Judgments { queries, scale } = judgments;
    let mut sum = Figures::default();
    let mut by_query: Vec<(f64, String)> = Vec::new();
    let mut times = Vec::new();
    for (query, judged) in queries {
        let request = SearchRequest { limit: DEEP, semantic_ratio, ..request_for(query) };
        let started = elapsed();
        let found = catalog.search(&request).await?;
        times.push(elapsed().saturating_sub(started));
        let articles: Vec<&str> = found.hits.iter().map(|hit| hit.product.article.as_str()).collect();
        let figures = scale.figures(judged, &articles);
        sum.ndcg += figures.ndcg;
        sum.reciprocal_rank += figures.reciprocal_rank;
        sum.recall += figures.recall;
        by_query.push((figures.ndcg, query.clone()));
    }
    let count = queries.len() as f64;
    times.sort();
    by_query.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Evaluation {
        queries: queries.len(),
        ndcg: sum.ndcg / count,
        mrr: sum.reciprocal_rank / count,
        recall: sum.recall / count,
        by_query,
        times,
        least: scale.least,
        most: scale.most,
        good: scale.good(),
    })
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

    /// nDCG at 10, the reciprocal rank of the first relevant row, and the share of relevant rows found. Unjudged rows
    /// have no gain.
    fn figures(&self, judged: &HashMap<String, f64>, found: &[&str]) -> Figures {
        let discounted = |gains: &mut dyn Iterator<Item = f64>| -> f64 {
            gains.take(TOP).zip(2_u32..).map(|(gain, place)| gain / f64::from(place).log2()).sum()
        };
        let relevance = |article: &&str| judged.get(*article).copied();
        let mut best: Vec<f64> = judged.values().map(|relevance| self.gain(*relevance)).collect();
        best.sort_by(|a, b| b.total_cmp(a));
        let ideal = discounted(&mut best.into_iter());
        let gained = discounted(&mut found.iter().map(|row| relevance(row).map_or(0.0, |r| self.gain(r))));
        let is_good = |article: &&str| relevance(article).is_some_and(|relevance| relevance >= self.good());
        let all = judged.values().filter(|relevance| **relevance >= self.good()).count();
        let hit = found.iter().filter(|article| is_good(article)).count();
        Figures {
            ndcg: if ideal > 0.0 { gained / ideal } else { 0.0 },
            reciprocal_rank: found.iter().take(TOP).position(is_good).map_or(0.0, |at| 1.0 / (at + 1) as f64),
            recall: if all == 0 { 1.0 } else { hit as f64 / all as f64 },
        }
    }
}

/// Splits a line into cells. In comma-separated lines a cell may be quoted, with quotes doubled inside.
fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(cell) = cells.last_mut() else { break };
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() && separator == ',' => quoted = true,
            _ if letter == separator && !quoted => cells.push(String::new()),
            _ => cell.push(letter),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_match_a_calculation_by_hand() {
        let scale = Scale { least: 1.0, most: 3.0 };
        let judged = HashMap::from([("a".to_owned(), 3.0), ("b".to_owned(), 2.0), ("c".to_owned(), 1.0)]);
        let perfect = scale.figures(&judged, &["a", "b", "c"]);
        assert!((perfect.ndcg - 1.0).abs() < 1e-9 && perfect.reciprocal_rank == 1.0 && perfect.recall == 1.0);
        // Gains 0, 1, 3 discounted by log2 of 2, 3, 4, against the ideal 3 and 1.
        let turned = scale.figures(&judged, &["c", "b", "a"]);
        let expected = (1.0 / 3_f64.log2() + 3.0 / 2.0) / (3.0 + 1.0 / 3_f64.log2());
        assert!((turned.ndcg - expected).abs() < 1e-9, "{}", turned.ndcg);
        assert!((turned.reciprocal_rank - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(scale.figures(&judged, &["x"]).ndcg, 0.0);
    }

    #[test]
    fn cells_may_be_quoted() {
        assert_eq!(cells("a,\"b, \"\"c\"\"\",3", ','), ["a", "b, \"c\"", "3"]);
        assert_eq!(cells("5\" pipe\tA-1\t2\r", '\t'), ["5\" pipe", "A-1", "2"]);
    }
}
