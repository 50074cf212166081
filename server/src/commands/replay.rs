//! `tolmach replay`: replays stored turns from their traces, or backtests a draft on them.

mod show;

use std::process::ExitCode;

use clap::Args;
use tolmach_app::{
    backtest,
    replay::{self, Choice},
};
use tolmach_engine::{Platform, duration::Duration, trace::Trace};
use tolmach_runtime::ports::Store;

use super::understood;
use crate::{clock::now, config::Config, database::Database};

/// Replay stored turns from their traces and compare the effects, or backtest a draft on them.
#[derive(Debug, Args)]
pub struct Replay {
    /// The chat's key, such as `terminal:me`
    #[arg(required_unless_present = "since", conflicts_with = "since")]
    chat: Option<String>,
    /// All chats' turns of the last 15m, 2h or 7d
    #[arg(long, value_name = "TIME", value_parser = length_of_time)]
    since: Option<Duration>,
    /// Run the client events on this draft instead: a bundle's folder, or the id of a stored release. Exits with code 1
    /// if the draft loses leads or adds faults
    #[arg(long, value_name = "DIR|ID")]
    against: Option<String>,
    /// Only the newest N turns
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print under each turn of a chat what was understood, as `tolmach chat --trace` does
    #[arg(long, conflicts_with_all = ["since", "against", "json"])]
    trace: bool,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

fn length_of_time(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a whole number and s, m, h, d or w, such as 7d".to_owned())
}

impl Replay {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let result = self.replay(&*store, &config.platform()).await;
        store.close().await?;
        result
    }

    async fn replay(&self, store: &dyn Store, platform: &Platform) -> anyhow::Result<ExitCode> {
        let since = || now() - self.since.map_or(0, |since| since.0);
        let choice = self.chat.clone().map_or_else(|| Choice::Since(since()), Choice::Chat);
        let chosen = replay::choose(store, &choice, self.limit).await?;
        let good = match &self.against {
            Some(against) => {
                let found = backtest::backtest(store, platform, &chosen, against).await?;
                match self.json {
                    true => println!("{}", serde_json::to_string_pretty(&found)?),
                    false => show::backtest(&found.report, &found.draft),
                }
                !found.report.is_worse()
            }
            None => {
                let each = self.chat.is_some() && !self.json;
                let shown = |trace: &Trace, outcome: &Result<(), String>| {
                    if each {
                        show::turn(&trace.path(), outcome);
                    }
                    if each && self.trace {
                        understood::lines(trace).iter().for_each(|line| println!("        {line}"));
                    }
                };
                let found = replay::replay(store, platform, &chosen, shown).await?;
                match self.json {
                    true => println!("{}", serde_json::to_string_pretty(&found)?),
                    false => show::replayed(&found, self.chat.is_none()),
                }
                found.differ.is_empty()
            }
        };
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
