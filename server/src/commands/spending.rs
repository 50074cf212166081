//! `tolmach spending`: calls of language models, their tokens, and what they cost.

use std::process::ExitCode;

use clap::Args;
use tolmach_app::spending::{self, Amount, Cost, Spent};
use tolmach_engine::duration::Duration;
use tolmach_runtime::ports::FigurePeriod;

use crate::{clock::now, config::Config, database::Database};

/// Count the calls of language models, their tokens, and what they cost.
#[derive(Debug, Args)]
pub struct Spending {
    /// How far to look back, such as 12h or 7d
    #[arg(long, value_name = "TIME", value_parser = length, default_value = "30d")]
    since: Duration,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

fn length(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a length of time such as 12h or 7d".to_owned())
}

impl Spending {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let until = now();
        let period = FigurePeriod { from: until.saturating_sub(self.since.0), until };
        let report = spending::report(&*store, &config.llm.prices()?, &period).await?;
        store.close().await?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            show(&report.models, &report.total);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(spent: &[Spent], total: &Cost) {
    if spent.is_empty() {
        println!("no model was called");
        return;
    }
    for Spent { purpose, model, calls, failed, tokens, cost, .. } in spent {
        println!(
            "{purpose} by {model}: {calls} calls, {failed} failed; tokens read {} ({} from a cache), written {}; {}",
            tokens.input,
            tokens.cached,
            tokens.output,
            told(cost)
        );
    }
    println!("together: {}", told(total));
    if total.unpriced > 0 {
        println!(
            "{} calls are of models without a price: add [[llm.prices]] to tolmach.toml",
            total.unpriced
        );
    }
    if total.unknown > 0 {
        println!("of {} calls the provider did not tell the tokens: their cost is not known", total.unknown);
    }
}

fn told(cost: &Cost) -> String {
    let amount = |amount: &Amount| format!("{} {}", amount.rounded(), amount.currency);
    match cost.amounts.as_slice() {
        [] => "cost not known".to_owned(),
        amounts => amounts.iter().map(amount).collect::<Vec<_>>().join(" + "),
    }
}
