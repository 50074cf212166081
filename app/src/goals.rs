//! Counts of goals, and the conversion of each arm of an experiment.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tolmach_runtime::ports::{self, AnalyticsEvent, AnalyticsEventKind, Store};

/// Goals and experiments in a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Goals by name.
    pub goals: BTreeMap<String, Goal>,
    /// Arms by experiment and name.
    pub experiments: BTreeMap<String, BTreeMap<String, Arm>>,
}

/// Counts of one goal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Goal {
    /// How often it was reached.
    pub count: u64,
    /// How many distinct clients (chats) reached it.
    pub clients: usize,
    /// The sum of its values.
    pub value: f64,
}

/// Counts of one arm of an experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Arm {
    /// Distinct clients (chats) in the arm.
    pub clients: usize,
    /// By goal, the clients of the arm that reached it.
    pub goals: BTreeMap<String, Reached>,
}

/// Clients of an arm that reached a goal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reached {
    /// How many distinct clients (chats).
    pub clients: usize,
    /// Their share of the arm's clients, 0 to 1.
    pub share: f64,
}

/// Goals and experiments since `since`, milliseconds since the Unix epoch.
///
/// # Errors
/// When the database is unavailable.
pub async fn report(store: &dyn Store, since: i64) -> ports::Result<Report> {
    Ok(counted(&store.analytics_since(since).await?))
}

fn counted(events: &[AnalyticsEvent]) -> Report {
    let mut report = Report::default();
    let mut by_goal: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    // A client who was assigned to an arm before the period is known only from the arms that goal events carry.
    let mut by_arm: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut reached: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for event in events {
        match &event.what {
            AnalyticsEventKind::Arm { experiment, arm } => {
                by_arm.entry((experiment, arm)).or_default().insert(&event.chat);
            }
            AnalyticsEventKind::Goal { name, value, arms } => {
                let goal = report.goals.entry(name.clone()).or_default();
                goal.count += 1;
                goal.value += value.unwrap_or_default();
                by_goal.entry(name).or_default().insert(&event.chat);
                for (experiment, arm) in arms {
                    by_arm.entry((experiment, arm)).or_default().insert(&event.chat);
                    reached.entry((experiment, arm, name)).or_default().insert(&event.chat);
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
            // Assigned to the arm before the period.
            reach("d", "warm", Some(1.0)),
        ];
        let report = serde_json::to_value(counted(&marks)).unwrap();
        assert_eq!(report["goals"]["lead"], json!({ "count": 3, "clients": 2, "value": 3.5 }));
        let arms = &report["experiments"]["greeting"];
        assert_eq!(arms["cold"], json!({ "clients": 1, "goals": {} }));
        assert_eq!(arms["warm"]["clients"], 3);
        assert_eq!(arms["warm"]["goals"]["lead"]["clients"], 2);
    }
}
