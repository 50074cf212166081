//! `tolmach catalog eval`: search quality on judged queries.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use tolmach_app::catalog::{self, Changed, Evaluation, Judgments};
use tolmach_catalog::EmbeddedCatalog;

use super::search::serving;
use crate::{assemble::open_generation, config::Config};

/// How many queries that got better, and how many that got worse, are printed.
const MOST_CHANGES: usize = 20;

#[derive(Debug, Args)]
pub struct Eval {
    /// A table separated by tabs or commas: query, article and relevance a line; or query and pattern, a regular expression
    /// that the names of relevant rows match. The first line may be a header
    #[arg(long)]
    judgments: PathBuf,
    /// 0 searches by words only, 1 by vectors only
    #[arg(long, default_value_t = 0.0)]
    semantic_ratio: f32,
    /// Also evaluate something else, and show which queries are better and worse than there: a generation's id, `previous`
    /// for the one before the serving one, or `ratio=0.25` for another ratio of vectors
    #[arg(long, value_name = "GENERATION|previous|ratio=R")]
    compare: Option<String>,
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
        let after = evaluate(&catalog, &judgments, self.semantic_ratio).await?;
        if after.queries == 0 {
            bail!("no name in the catalogue matches any of the patterns; are they for another price list?");
        }
        let before = match &self.compare {
            Some(other) => Some(self.compared(other, config, &catalog, &judgments).await?),
            None => None,
        };
        if self.json {
            self.print_json(&after, before.as_ref());
        } else {
            self.print(&after, before.as_ref());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Evaluates what is compared with.
    async fn compared(
        &self,
        other: &str,
        config: &Config,
        catalog: &EmbeddedCatalog,
        judgments: &Judgments,
    ) -> anyhow::Result<Evaluation> {
        if let Some(ratio) = other.strip_prefix("ratio=") {
            let ratio = ratio.parse::<f32>().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
            let ratio = ratio.context("--compare ratio=R: R is 0 to 1")?;
            return evaluate(catalog, judgments, ratio).await;
        }
        let kept = catalog.kept()?;
        let found = if other == "previous" {
            kept.iter().skip_while(|(_, serving)| !serving).nth(1)
        } else {
            kept.iter().find(|(manifest, _)| manifest.id == other)
        };
        let Some((manifest, _)) = found else {
            let ids: Vec<&str> = kept.iter().map(|(manifest, _)| manifest.id.as_str()).collect();
            bail!("no generation {other}; there are {}", ids.join(", "));
        };
        evaluate(&open_generation(config, &manifest.id)?, judgments, self.semantic_ratio).await
    }

    fn print_json(&self, after: &Evaluation, before: Option<&Evaluation>) {
        let query = |(ndcg, query): &(f64, String)| json!({ "query": query, "ndcg@10": ndcg });
        let mut json = figures(after);
        json["worst"] = after.by_query.iter().take(self.worst).map(query).collect();
        json["unmatched"] = json!(after.unmatched);
        if let (Some(before), Some(with)) = (before, &self.compare) {
            let changed = catalog::changes(before, after);
            let list = |better: bool| {
                let of = changed.iter().filter(|of| (of.after > of.before) == better);
                of.map(|of| json!({ "query": of.query, "before": of.before, "after": of.after }))
                    .collect::<Vec<_>>()
            };
            json["compared"] = figures(before);
            json["compared"]["with"] = json!(with);
            json["better"] = json!(list(true));
            json["worse"] = json!(list(false));
        }
        println!("{json:#}");
    }

    fn print(&self, after: &Evaluation, before: Option<&Evaluation>) {
        let was = |of: fn(&Evaluation) -> f64| {
            before.map_or_else(String::new, |it| format!("   was {:.4}", of(it)))
        };
        println!("queries      {}", after.queries);
        println!("nDCG@10      {:.4}{}", after.ndcg, was(|it| it.ndcg));
        println!("MRR          {:.4}{}", after.mrr, was(|it| it.mrr));
        println!("recall@100   {:.4}{}", after.recall, was(|it| it.recall));
        println!("search       p50 {:.0} µs, p99 {:.0} µs", micros(after, 0.5), micros(after, 0.99));
        println!(
            "             relevance {} to {}; {} or more is relevant",
            after.least, after.most, after.good
        );
        for query in &after.unmatched {
            println!("  not counted, no name matches: {query}");
        }
        for (ndcg, query) in after.by_query.iter().take(self.worst) {
            println!("  {ndcg:.3}  {query}");
        }
        let Some(before) = before else { return };
        let changed = catalog::changes(before, after);
        let (better, worse): (Vec<&Changed>, Vec<&Changed>) =
            changed.iter().partition(|of| of.after > of.before);
        list("better", better.iter().copied());
        list("worse", worse.iter().rev().copied());
    }
}

/// Prints the queries that changed most.
fn list<'a>(how: &str, changed: impl ExactSizeIterator<Item = &'a Changed>) {
    println!("{how:<12} {}", changed.len());
    let more = changed.len().saturating_sub(MOST_CHANGES);
    for Changed { query, before, after } in changed.take(MOST_CHANGES) {
        println!("  {before:.3} → {after:.3}  {query}");
    }
    if more > 0 {
        println!("  and {more} more; --json has all of them");
    }
}

async fn evaluate(
    catalog: &EmbeddedCatalog,
    judgments: &Judgments,
    ratio: f32,
) -> anyhow::Result<Evaluation> {
    let started = Instant::now();
    Ok(catalog::evaluate(catalog, judgments, ratio, &|| started.elapsed()).await?)
}

fn figures(of: &Evaluation) -> serde_json::Value {
    json!({
        "queries": of.queries, "ndcg@10": of.ndcg, "mrr": of.mrr, "recall@100": of.recall,
        "p50_us": micros(of, 0.5), "p99_us": micros(of, 0.99),
    })
}

/// The time within which a share of the searches ended, in microseconds.
fn micros(of: &Evaluation, share: f64) -> f64 {
    let at = (of.times.len().saturating_sub(1) as f64 * share) as usize;
    of.times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}
