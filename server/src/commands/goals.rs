//! `tolmach goals`: what clients reached, and which arm of an experiment does better.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
};

use clap::Args;
use serde::Serialize;
use tolmach_engine::duration::Duration;
use tolmach_runtime::ports::{AnalyticsEvent, AnalyticsEventKind};

use crate::{clock::now, config::Config, database::Database};

/// Count the goals that clients reached, and compare the arms of experiments.
#[derive(Debug, Args)]
pub struct Goals {
    /// How far to look back, as 12h or 7d [default: everything]
    #[arg(long, value_name = "TIME", value_parser = length)]
    since: Option<Duration>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    goals: BTreeMap<String, Goal>,
    experiments: BTreeMap<String, BTreeMap<String, Arm>>,
}

#[derive(Debug, Default, Serialize)]
struct Goal {
    /// How often it was reached.
    count: u64,
    /// By how many clients.
    clients: usize,
    /// The sum of its values.
    value: f64,
}

#[derive(Debug, Default, Serialize)]
struct Arm {
    /// Clients in it.
    clients: usize,
    /// By goal, the clients of the arm that reached it.
    goals: BTreeMap<String, Reached>,
}

#[derive(Debug, Default, Serialize)]
struct Reached {
    clients: usize,
    /// Of the arm's clients, 0 to 1.
    share: f64,
}

fn length(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a length of time such as 12h or 7d".to_owned())
}

impl Goals {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let since = self.since.map_or(0, |since| now().saturating_sub(since.0));
        let report = report(&store.analytics_since(since).await?);
        store.close().await?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            show(&report);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn report(marks: &[AnalyticsEvent]) -> Report {
    let mut report = Report::default();
    let mut by_goal: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    // A client who was put into an arm earlier shows by the goals that they reach.
    let mut by_arm: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut reached: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for mark in marks {
        match &mark.what {
            AnalyticsEventKind::Arm { experiment, arm } => {
                by_arm.entry((experiment, arm)).or_default().insert(&mark.chat);
            }
            AnalyticsEventKind::Goal { name, value, arms } => {
                let goal = report.goals.entry(name.clone()).or_default();
                goal.count += 1;
                goal.value += value.unwrap_or_default();
                by_goal.entry(name).or_default().insert(&mark.chat);
                for (experiment, arm) in arms {
                    by_arm.entry((experiment, arm)).or_default().insert(&mark.chat);
                    reached.entry((experiment, arm, name)).or_default().insert(&mark.chat);
                }
            }
        }
    }
    for (name, chats) in by_goal {
        report.goals.entry(name.to_owned()).or_default().clients = chats.len();
    }
    for ((experiment, arm), chats) in &by_arm {
        let arms = report.experiments.entry((*experiment).to_owned()).or_default();
        arms.entry((*arm).to_owned()).or_default().clients = chats.len();
    }
    for ((experiment, arm, goal), chats) in reached {
        let arms = report.experiments.entry(experiment.to_owned()).or_default();
        let arm = arms.entry(arm.to_owned()).or_default();
        let share = chats.len() as f64 / arm.clients.max(1) as f64;
        arm.goals.insert(goal.to_owned(), Reached { clients: chats.len(), share });
    }
    report
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
                    format!("{goal} by {} ({:.1} %)", reached.clients, reached.share * 100.0)
                })
                .collect();
            let reached = if reached.is_empty() { "no goal yet".to_owned() } else { reached.join(", ") };
            println!("  {name}: {} clients; {reached}", arm.clients);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arms_are_compared_by_the_share_of_their_clients() {
        let mark = |chat: &str, what| AnalyticsEvent {
            effect: String::new(),
            chat: chat.to_owned(),
            what,
            release: "r".to_owned(),
            at: 0,
        };
        let put = |chat: &str, arm: &str| {
            mark(chat, AnalyticsEventKind::Arm { experiment: "greeting".to_owned(), arm: arm.to_owned() })
        };
        let reach = |chat: &str, arm: &str, value| {
            let arms = [("greeting".to_owned(), arm.to_owned())].into();
            mark(chat, AnalyticsEventKind::Goal { name: "lead".to_owned(), value, arms })
        };
        let marks = [
            put("a", "warm"),
            put("b", "warm"),
            put("c", "cold"),
            reach("a", "warm", Some(2.5)),
            reach("a", "warm", None),
            // Put into the arm before the time that is looked at.
            reach("d", "warm", Some(1.0)),
        ];
        let report = serde_json::to_value(report(&marks)).unwrap();
        assert_eq!(report["goals"]["lead"], json!({ "count": 3, "clients": 2, "value": 3.5 }));
        let arms = &report["experiments"]["greeting"];
        assert_eq!(arms["cold"], json!({ "clients": 1, "goals": {} }));
        assert_eq!(arms["warm"]["clients"], 3);
        assert_eq!(arms["warm"]["goals"]["lead"]["clients"], 2);
    }
}
