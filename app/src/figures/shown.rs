//! The figures as programs are told of them: by the API, and by `tolmach figures`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Figures, Pair, Period};
use crate::spending::{Cost, Spent};

/// The figures of a period beside the same part of the period before.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FiguresShown {
    /// `day`, `week`, `month` or `quarter`.
    pub period: &'static str,
    /// The first moment of the period, milliseconds since the Unix epoch.
    pub from: i64,
    /// Whether the steps are hours; otherwise days.
    pub by_hour: bool,
    /// The steps that have begun, in order.
    pub steps: Vec<StepShown>,
    /// Dialogs.
    pub dialogs: Pair,
    /// Dialogs in which products were shown.
    pub shown: Pair,
    /// Dialogs in which a contact was asked for.
    pub contact: Pair,
    /// Dialogs without a person.
    pub alone: Pair,
    /// Leads that were made.
    pub leads: Pair,
    /// Of those, won by now.
    pub won: Pair,
    /// The median of how long clients waited for a person, milliseconds.
    pub reply: Option<i64>,
    /// The same of the period before.
    pub reply_before: Option<i64>,
    /// Turns by intent, the most frequent first.
    pub intents: Vec<IntentShown>,
    /// Messages that were not understood.
    pub unsure: u64,
    /// Attempts of model calls.
    pub calls: Pair,
    /// Model calls by purpose and model, and what they cost.
    pub models: Vec<Spent>,
    /// What all of them cost together.
    pub cost: Cost,
    /// What those of the period before cost.
    pub cost_before: Cost,
    /// What waits for somebody now.
    pub urgent: UrgentShown,
}

/// An hour or a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "FigureStep")]
pub struct StepShown {
    /// When it begins, milliseconds since the Unix epoch.
    pub at: i64,
    /// Dialogs.
    pub dialogs: u64,
    /// Of those, without a person.
    pub alone: u64,
    /// Dialogs of the step in the period before.
    pub before: u64,
    /// Leads.
    pub leads: u64,
}

/// An intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IntentShown {
    /// Its name.
    pub intent: String,
    /// Turns.
    pub turns: u64,
}

/// What waits for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UrgentShown {
    /// Clients who wait for a person.
    pub waiting: u64,
    /// Since when the first of them waits, milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// Messages whose delivery failed.
    pub undelivered: u64,
    /// Tasks that are not tried any more; at most 100 are counted.
    pub quarantined: u64,
}

impl FiguresShown {
    /// The figures of a period.
    pub fn of(figures: &Figures, period: Period) -> FiguresShown {
        let begun = figures.steps.iter().filter(|step| step.begun);
        let step = |step: &super::Step| StepShown {
            at: step.at,
            dialogs: step.dialogs,
            alone: step.alone,
            before: step.before,
            leads: step.leads,
        };
        let intent = |(intent, turns): &(String, u64)| IntentShown { intent: intent.clone(), turns: *turns };
        let urgent = figures.urgent;
        FiguresShown {
            period: period.name(),
            from: figures.from,
            by_hour: figures.by_hour,
            steps: begun.map(step).collect(),
            dialogs: figures.dialogs,
            shown: figures.shown,
            contact: figures.contact,
            alone: figures.alone,
            leads: figures.leads,
            won: figures.won,
            reply: figures.replies.median,
            reply_before: figures.replies_before.median,
            intents: figures.intents.iter().map(intent).collect(),
            unsure: figures.unsure,
            calls: figures.calls,
            models: figures.models.clone(),
            cost: figures.cost.clone(),
            cost_before: figures.cost_before.clone(),
            urgent: UrgentShown {
                waiting: urgent.waiting,
                since: urgent.since,
                undelivered: urgent.undelivered,
                quarantined: urgent.quarantined,
            },
        }
    }
}
