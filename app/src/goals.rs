//! Counts of goals, and the conversion of each arm of an experiment.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tolmach_runtime::ports::{self, AnalyticsEvent, AnalyticsEventKind, Store};

/// Goals and experiments in a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "GoalReport")]
pub struct Report {
    /// Goals by name.
    pub goals: BTreeMap<String, Goal>,
    /// Arms by experiment and name.
    pub experiments: BTreeMap<String, BTreeMap<String, Arm>>,
}

/// Counts of one goal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Goal {
    /// How often it was reached.
    pub count: u64,
    /// How many distinct clients (chats) reached it.
    pub clients: usize,
    /// The sum of its values.
    pub value: f64,
}

/// Counts of one arm of an experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Arm {
    /// Distinct clients (chats) in the arm.
    pub clients: usize,
    /// By goal, the clients of the arm that reached it.
    pub goals: BTreeMap<String, Reached>,
}

/// Clients of an arm that reached a goal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Reached {
    /// How many distinct clients (chats).
    pub clients: usize,
    /// Their share of the arm's clients, 0 to 1.
    pub share: f64,
    /// The interval that holds the share of all clients like these in 95 of 100 cases: Wilson's, which is right for small numbers and
    /// for shares near 0 and 1 as well (Wilson 1927).
    pub interval: (f64, f64),
}

/// Of two standard deviations a little less: 95 of 100 cases.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's interval of a share of `part` in `whole`.
pub fn interval(part: usize, whole: usize) -> (f64, f64) {
    if whole == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (whole as f64, part as f64 / whole as f64);
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
}

impl Report {
    /// Whether the arms of an experiment differ in a goal: the intervals of some two of them do not overlap.
    pub fn differs(&self, experiment: &str, goal: &str) -> bool {
        let arms = self.experiments.get(experiment).into_iter().flat_map(BTreeMap::values);
        let intervals: Vec<(f64, f64)> = arms
            .map(|arm| {
                arm.goals.get(goal).map_or_else(|| interval(0, arm.clients), |reached| reached.interval)
            })
            .collect();
        intervals
            .iter()
            .enumerate()
            .any(|(at, one)| intervals[at + 1..].iter().any(|two| one.1 < two.0 || two.1 < one.0))
    }
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
        let interval = interval(chats.len(), arm.clients);
        arm.goals.insert(goal.to_owned(), Reached { clients: chats.len(), share, interval });
    }
    report
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn intervals_are_those_of_wilson() {
        let rounded = |part, whole| {
            let (from, to) = interval(part, whole);
            ((from * 10_000.0).round() / 10_000.0, (to * 10_000.0).round() / 10_000.0)
        };
        // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        assert_eq!(rounded(81, 263), (0.2553, 0.3662));
        assert_eq!(rounded(15, 148), (0.0624, 0.1605));
        assert_eq!(rounded(0, 20), (0.0, 0.1611));
        assert_eq!(rounded(1, 29), (0.0061, 0.1718));
        assert_eq!(interval(0, 0), (0.0, 1.0));
    }

    #[test]
    fn arms_differ_where_their_intervals_are_apart() {
        let arm = |clients, reached: usize| {
            let share = reached as f64 / clients as f64;
            let goal = Reached { clients: reached, share, interval: interval(reached, clients) };
            Arm { clients, goals: [("lead".to_owned(), goal)].into() }
        };
        let report = |a: Arm, b: Arm| Report {
            experiments: [("greeting".to_owned(), [("a".to_owned(), a), ("b".to_owned(), b)].into())].into(),
            ..Report::default()
        };
        assert!(report(arm(200, 20), arm(200, 60)).differs("greeting", "lead"));
        assert!(!report(arm(20, 2), arm(20, 6)).differs("greeting", "lead"));
        assert!(!report(arm(20, 2), arm(20, 6)).differs("other", "lead"));
        assert!(
            report(arm(500, 200), Arm { clients: 500, goals: BTreeMap::new() }).differs("greeting", "lead")
        );
    }

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
