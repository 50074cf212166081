//! `tolmach goals`: counts of goals, and the conversion of each arm of an experiment.

use std::process::ExitCode;

use clap::Args;
use tolmach_app::goals::{self, Report};
use tolmach_engine::duration::Duration;

use crate::{clock::now, config::Config, database::Database};

/// Count the goals that clients reached, and compare the arms of experiments.
#[derive(Debug, Args)]
pub struct Goals {
    /// How far to look back, such as 12h or 7d [default: everything]
    #[arg(long, value_name = "TIME", value_parser = length)]
    since: Option<Duration>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

fn length(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a length of time such as 12h or 7d".to_owned())
}

impl Goals {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let since = self.since.map_or(0, |since| now().saturating_sub(since.0));
        let report = goals::report(&*store, since).await?;
        store.close().await?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            show(&report);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(report: &Report) {
    if report.goals.is_empty() && report.experiments.is_empty() {
        println!("no goals were reached and no client is in an experiment");
    }
    for (name, goal) in &report.goals {
        println!("{name}: {} times by {} clients, value {}", goal.count, goal.clients, goal.value);
    }
    for (experiment, arms) in &report.experiments {
        println!("experiment {experiment}");
        for (name, arm) in arms {
            let reached: Vec<String> = arm
                .goals
                .iter()
                .map(|(goal, reached)| {
                    let (from, to) = reached.interval;
                    let percents = |share: f64| share * 100.0;
                    format!(
                        "{goal} by {} ({:.1} %, {:.1} to {:.1} % in 95 of 100 cases)",
                        reached.clients,
                        percents(reached.share),
                        percents(from),
                        percents(to)
                    )
                })
                .collect();
            let reached = if reached.is_empty() { "no goal yet".to_owned() } else { reached.join(", ") };
            println!("  {name}: {} clients; {reached}", arm.clients);
        }
    }
}
