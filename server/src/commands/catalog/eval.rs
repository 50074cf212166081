//! `tolmach catalog eval`: how good the search is on queries that people have judged.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_engine::catalog::SearchRequest;
use tolmach_nodes::request_for;
use tolmach_runtime::ports::Catalog;

use super::search::serving;
use crate::config::Config;

/// Rows that nDCG looks at, and rows that recall does.
const TOP: usize = 10;
const DEEP: u32 = 100;

#[derive(Debug, Args)]
pub struct Eval {
    /// A table of query, article and relevance, separated by tabs or commas; the first line may name the columns
    #[arg(long, value_name = "FILE")]
    judgments: PathBuf,
    /// 0 searches by words alone, 1 by vectors alone
    #[arg(long, default_value_t = 0.0)]
    semantic_ratio: f32,
    /// Show the N queries with the worst nDCG
    #[arg(long, default_value_t = 0, value_name = "N")]
    worst: usize,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

/// Relevance by article, for each query.
type Judgments = BTreeMap<String, HashMap<String, f64>>;

/// The scale that a file's relevances are on.
struct Scale {
    least: f64,
    most: f64,
}

#[derive(Clone, Copy, Default)]
struct Figures {
    ndcg: f64,
    reciprocal_rank: f64,
    recall: f64,
}

impl Eval {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        if !(0.0..=1.0).contains(&self.semantic_ratio) {
            bail!("--semantic-ratio is 0 to 1");
        }
        let (judgments, scale) = read(&self.judgments)?;
        let catalog = serving(config).await?;
        let mut sum = Figures::default();
        let mut rows: Vec<(f64, &str)> = Vec::new();
        let mut micros: Vec<f64> = Vec::new();
        for (query, judged) in &judgments {
            let request =
                SearchRequest { limit: DEEP, semantic_ratio: self.semantic_ratio, ..request_for(query) };
            let started = Instant::now();
            let found = catalog.search(&request).await?;
            micros.push(started.elapsed().as_secs_f64() * 1e6);
            let articles: Vec<&str> = found.hits.iter().map(|hit| hit.product.article.as_str()).collect();
            let figures = scale.figures(judged, &articles);
            sum.ndcg += figures.ndcg;
            sum.reciprocal_rank += figures.reciprocal_rank;
            sum.recall += figures.recall;
            rows.push((figures.ndcg, query));
        }
        let count = judgments.len() as f64;
        let (ndcg, mrr, recall) = (sum.ndcg / count, sum.reciprocal_rank / count, sum.recall / count);
        micros.sort_by(f64::total_cmp);
        let at = |share: f64| {
            micros.get(((micros.len() - 1) as f64 * share) as usize).copied().unwrap_or_default()
        };
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let worst: Vec<(f64, &str)> = rows.into_iter().take(self.worst).collect();
        if self.json {
            let worst: Vec<_> = worst
                .iter()
                .map(|(ndcg, query)| serde_json::json!({ "query": query, "ndcg@10": ndcg }))
                .collect();
            let json = serde_json::json!({
                "queries": judgments.len(), "ndcg@10": ndcg, "mrr": mrr, "recall@100": recall,
                "p50_us": at(0.5), "p99_us": at(0.99), "worst": worst,
            });
            println!("{json:#}");
            return Ok(ExitCode::SUCCESS);
        }
        println!("queries      {}", judgments.len());
        println!("nDCG@10      {ndcg:.4}");
        println!("MRR          {mrr:.4}");
        println!("recall@100   {recall:.4}");
        println!("search       p50 {:.0} µs, p99 {:.0} µs", at(0.5), at(0.99));
        println!(
            "             relevance {} to {}; {} or more is relevant",
            scale.least,
            scale.most,
            scale.good()
        );
        for (ndcg, query) in worst {
            println!("  {ndcg:.3}  {query}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Scale {
    /// From here on a row counts as relevant: three quarters up the scale.
    fn good(&self) -> f64 {
        self.least + 0.75 * (self.most - self.least)
    }

    /// The gain of a relevance: 2^r - 1 from the lower end of the scale (Burges and others, 2005), 0 below.
    fn gain(&self, relevance: f64) -> f64 {
        (relevance - self.least).max(0.0).exp2() - 1.0
    }

    /// nDCG at 10, the reciprocal rank of the first relevant row, and the share of relevant rows found; rows that nobody
    /// judged gain nothing.
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

fn read(file: &Path) -> anyhow::Result<(Judgments, Scale)> {
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        anyhow::anyhow!("{} is not UTF-8 text: save it as .tsv or .csv in UTF-8", file.display())
    })?;
    let separator = if text.lines().next().is_some_and(|line| line.contains('\t')) { '\t' } else { ',' };
    let mut judgments = Judgments::new();
    let mut scale = Scale { least: f64::MAX, most: f64::MIN };
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let cells = cells(line, separator);
        let [query, article, relevance] = cells.as_slice() else {
            bail!(
                "{} line {number}: {} columns; a line is query, article and relevance, separated by tabs or commas",
                file.display(),
                cells.len()
            );
        };
        let Ok(relevance) = relevance.trim().parse::<f64>() else {
            if number == 1 {
                continue; // The columns' names.
            }
            bail!("{} line {number}: the relevance {relevance:?} is not a number", file.display());
        };
        if !relevance.is_finite() {
            bail!("{} line {number}: the relevance {relevance} is not a number", file.display());
        }
        scale.least = scale.least.min(relevance);
        scale.most = scale.most.max(relevance);
        judgments.entry(query.clone()).or_default().insert(article.trim().to_owned(), relevance);
    }
    if judgments.is_empty() {
        bail!("{} has no judgments; a line is query, article and relevance", file.display());
    }
    // A scale that begins with 1 says "not relevant" with it; one without a lower end begins with 0.
    scale.least = if scale.least >= 1.0 && scale.most > scale.least { 1.0 } else { scale.least.min(0.0) };
    Ok((judgments, scale))
}

/// The cells of a line; one with the separator in it stands in quotes, which are doubled inside.
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
    fn figures_are_those_of_the_textbook() {
        let scale = Scale { least: 1.0, most: 3.0 };
        let judged = HashMap::from([("a".to_owned(), 3.0), ("b".to_owned(), 2.0), ("c".to_owned(), 1.0)]);
        let perfect = scale.figures(&judged, &["a", "b", "c"]);
        assert!((perfect.ndcg - 1.0).abs() < 1e-9 && perfect.reciprocal_rank == 1.0 && perfect.recall == 1.0);
        // Gains 0, 1, 3 discounted by log2 of 2, 3, 4, against 3 and 1.
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
