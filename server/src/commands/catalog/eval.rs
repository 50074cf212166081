//! `tolmach catalog eval`: search quality on judged queries.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::bail;
use clap::Args;
use tolmach_app::catalog::{self, Evaluation, Judgments};

use super::search::serving;
use crate::config::Config;

#[derive(Debug, Args)]
pub struct Eval {
    /// A table of query, article and relevance, separated by tabs or commas; the first line may be a header
    #[arg(long, value_name = "FILE")]
    judgments: PathBuf,
    /// 0 searches by words only, 1 by vectors only
    #[arg(long, default_value_t = 0.0)]
    semantic_ratio: f32,
    /// Show the N queries with the worst nDCG
    #[arg(long, default_value_t = 0, value_name = "N")]
    worst: usize,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Eval {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        if !(0.0..=1.0).contains(&self.semantic_ratio) {
            bail!("--semantic-ratio is 0 to 1");
        }
        let judgments = Judgments::read(&self.judgments)?;
        let catalog = serving(config).await?;
        let started = Instant::now();
        let elapsed = || started.elapsed();
        let measured = catalog::evaluate(&*catalog, &judgments, self.semantic_ratio, &elapsed).await?;
        let Evaluation { queries, ndcg, mrr, recall, by_query, times, least, most, good } = measured;
        let micros = |share: f64| {
            let at = (times.len().saturating_sub(1) as f64 * share) as usize;
            times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6)
        };
        let worst = by_query.iter().take(self.worst);
        if self.json {
            let worst: Vec<_> =
                worst.map(|(ndcg, query)| serde_json::json!({ "query": query, "ndcg@10": ndcg })).collect();
            let json = serde_json::json!({
                "queries": queries, "ndcg@10": ndcg, "mrr": mrr, "recall@100": recall,
                "p50_us": micros(0.5), "p99_us": micros(0.99), "worst": worst,
            });
            println!("{json:#}");
            return Ok(ExitCode::SUCCESS);
        }
        println!("queries      {queries}");
        println!("nDCG@10      {ndcg:.4}");
        println!("MRR          {mrr:.4}");
        println!("recall@100   {recall:.4}");
        println!("search       p50 {:.0} µs, p99 {:.0} µs", micros(0.5), micros(0.99));
        println!("             relevance {least} to {most}; {good} or more is relevant");
        for (ndcg, query) in worst {
            println!("  {ndcg:.3}  {query}");
        }
        Ok(ExitCode::SUCCESS)
    }
}
