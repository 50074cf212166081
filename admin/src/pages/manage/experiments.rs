//! Experiments: how the arms compare, with the intervals that tell chance from difference.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::goals::{self, Report};

use crate::{Panel, context::Visit, error::Served, form::Params, render::Page};

const DAY: i64 = 86_400_000;

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    days: Option<String>,
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(asked): Params<Asked>,
) -> Served {
    let days = match asked.days.as_deref() {
        Some("7") => 7,
        Some("90") => 90,
        Some("365") => 365,
        _ => 30,
    };
    let report = goals::report(panel.store(), panel.now() - days * DAY).await?;
    let periods = [7, 30, 90, 365].map(|one| {
        json!({ "days": one, "href": format!("/admin/experiments?days={one}"), "current": one == days })
    });
    let goals: Vec<Value> = report
        .goals
        .iter()
        .map(|(name, goal)| json!({ "name": name, "count": goal.count, "clients": goal.clients, "value": goal.value }))
        .collect();
    let data = json!({ "periods": periods, "goals": goals, "experiments": experiments(&report) });
    let title = panel.renderer.text(visit.language, "nav.experiments");
    panel.page(&visit, Page { template: "experiments", section: "experiments", title }, data).await
}

/// Each experiment with a table for each goal that any of its arms reached.
fn experiments(report: &Report) -> Vec<Value> {
    let shown = |(name, arms): (&String, &std::collections::BTreeMap<String, goals::Arm>)| {
        let mut reached: Vec<&String> = arms.values().flat_map(|arm| arm.goals.keys()).collect();
        reached.sort();
        reached.dedup();
        let clients: usize = arms.values().map(|arm| arm.clients).sum();
        let goals: Vec<Value> = reached
            .into_iter()
            .map(|goal| {
                let rows = arms.iter().map(|(arm, counts)| {
                    let found = counts.goals.get(goal);
                    let share = found.map_or(0.0, |found| found.share);
                    let (from, to) = found.map_or_else(|| goals::interval(0, counts.clients), |found| found.interval);
                    let place = |share: f64| (share * 1000.0).round() / 10.0;
                    json!({
                        "arm": arm, "clients": counts.clients, "reached": found.map_or(0, |found| found.clients),
                        "share": share, "from": from, "to": to, "x": place(from), "width": place(to - from).max(0.5),
                        "middle": place(share),
                    })
                });
                json!({ "goal": goal, "rows": rows.collect::<Vec<_>>(), "differs": report.differs(name, goal) })
            })
            .collect();
        let arms: Vec<Value> =
            arms.iter().map(|(arm, counts)| json!({ "arm": arm, "clients": counts.clients })).collect();
        json!({ "name": name, "clients": clients, "goals": goals, "arms": arms })
    };
    report.experiments.iter().map(shown).collect()
}
