//! The figures of the panel's first page: a period beside the one before, in the company's time zone.
//!
//! A dialog is one day of a chat on which its client wrote. Everything is counted by the database over indexes (see
//! [`FigureStore`](tolmach_runtime::ports::FigureStore)); no texts are read but those of the newest messages that were not understood.

mod shown;
mod time;

use serde::{Deserialize, Serialize};
use tolmach_runtime::ports::{
    self, DialogFigures, DialogQuery, LeadFigures, ModelTimes, QuarantineQuery, Queue, ReplyFigures, Store,
    UnsureTurn,
};

use crate::spending::{self, Cost, Prices, Spent};
use jiff::tz::TimeZone;
pub use shown::FiguresShown;
pub use time::Period;
use time::{Slot, Times};

/// Intents that are shown.
const INTENTS: u32 = 8;
/// The messages that are grouped into questions, the newest first.
const QUESTIONS: u32 = 100;
/// The attempts of model calls whose times are compared, the newest first: they are put in order for it.
pub const CALLS: u32 = 2_000;
/// The quarantined tasks that are counted.
const QUARANTINED: u32 = 100;

/// A number of the period and of the same part of the period before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Pair {
    /// Of the period until now.
    pub now: u64,
    /// Of the period before, until the same hour and minute.
    pub before: u64,
}

/// An hour of the day, or a day, in the chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// When it begins, milliseconds since the Unix epoch.
    pub at: i64,
    /// Whether it has begun.
    pub begun: bool,
    /// Dialogs.
    pub dialogs: u64,
    /// Of those, without a person.
    pub alone: u64,
    /// Dialogs of the step in the period before.
    pub before: u64,
    /// Leads.
    pub leads: u64,
}

/// What waits for somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Urgent {
    /// Clients who wait for a person.
    pub waiting: u64,
    /// Since when the first of them waits, milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// Messages whose delivery failed.
    pub undelivered: u64,
    /// Tasks that are not tried any more; at most 100 are counted.
    pub quarantined: u64,
}

/// The figures of a period.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// The first moment of the period, milliseconds since the Unix epoch.
    pub from: i64,
    /// Whether the steps are hours; otherwise days.
    pub by_hour: bool,
    /// The chart, in order of time.
    pub steps: Vec<Step>,
    /// Dialogs.
    pub dialogs: Pair,
    /// Dialogs in which products were shown.
    pub shown: Pair,
    /// Dialogs in which a contact was asked for.
    pub contact: Pair,
    /// Dialogs in which no person was called and none wrote.
    pub alone: Pair,
    /// Leads that were made.
    pub leads: Pair,
    /// Of those, won by now.
    pub won: Pair,
    /// How long clients waited for a person.
    pub replies: ReplyFigures,
    /// The same of the period before.
    pub replies_before: ReplyFigures,
    /// Dialogs by weekday from Monday and by hour of the day.
    pub heat: [[u64; 24]; 7],
    /// Turns by intent, the most frequent first.
    pub intents: Vec<(String, u64)>,
    /// Messages that were not understood.
    pub unsure: u64,
    /// The newest of them.
    pub questions: Vec<UnsureTurn>,
    /// Model calls by purpose and model, and what they cost.
    pub models: Vec<Spent>,
    /// How long the newest [`CALLS`] of them took.
    pub times: Vec<ModelTimes>,
    /// What all of them cost together.
    pub cost: Cost,
    /// What those of the period before cost, until the same hour and minute.
    pub cost_before: Cost,
    /// All model calls.
    pub calls: Pair,
    /// What waits for somebody now.
    pub urgent: Urgent,
}

/// Counts a period that ends at `now`, milliseconds since the Unix epoch.
///
/// # Errors
/// When the database is unavailable.
pub async fn figures(
    store: &dyn Store,
    prices: &Prices,
    period: Period,
    zone: &TimeZone,
    now: i64,
) -> ports::Result<Figures> {
    let times = Times::of(period, zone, now);
    let (current, before, rest, step) = (&times.current, &times.before, &times.rest, times.step());
    // Side by side: a store has several connections to read on.
    let counts = tokio::try_join!(
        store.dialog_figures(current, step),
        store.dialog_figures(before, step),
        store.dialog_figures(rest, step),
        store.lead_figures(current, step),
        store.lead_figures(before, step),
    )?;
    let (dialogs, dialogs_before, dialogs_rest, leads, leads_before) = counts;
    let (replies, replies_before, intents, questions, times_of_models, models, models_before, urgent) = tokio::try_join!(
        store.reply_figures(current),
        store.reply_figures(before),
        store.intent_figures(current, INTENTS),
        store.unsure_turns(current, QUESTIONS),
        store.model_times(current, CALLS),
        spending::spent(store, prices, current),
        spending::spent(store, prices, before),
        urgent(store),
    )?;
    let slots = times.slots.iter();
    let mut figures = Figures {
        from: current.from,
        by_hour: period == Period::Day,
        steps: slots.map(|slot| Step { at: slot.at, begun: slot.at <= now, ..Step::default() }).collect(),
        unsure: unsure(&intents),
        calls: Pair { now: calls(&models), before: calls(&models_before) },
        replies,
        replies_before,
        intents,
        questions,
        times: times_of_models,
        cost: spending::total(&models),
        cost_before: spending::total(&models_before),
        models,
        urgent,
        ..Figures::default()
    };
    figures.take_dialogs(&times, &dialogs, true);
    figures.take_dialogs(&times, &dialogs_before, false);
    // What the period before had after this hour is only in the chart.
    for row in dialogs_rest {
        if let Some(place) = times.step_before(row.at).and_then(|at| figures.steps.get_mut(at)) {
            place.before += row.dialogs;
        }
    }
    figures.take_leads(&times, &leads);
    for row in leads_before {
        figures.leads.before += row.leads;
        figures.won.before += row.won;
    }
    Ok(figures)
}

fn unsure(intents: &[(String, u64)]) -> u64 {
    let unsure = intents.iter().find(|(name, _)| name == ports::TurnFigures::UNSURE);
    unsure.map_or(0, |(_, count)| *count)
}

fn calls(spent: &[Spent]) -> u64 {
    spent.iter().map(|spent| spent.calls).sum()
}

async fn urgent(store: &dyn Store) -> ports::Result<Urgent> {
    let first = DialogQuery { queue: Queue::Awaited, limit: 1, ..DialogQuery::default() };
    let quarantined = QuarantineQuery::last(QUARANTINED);
    Ok(Urgent {
        waiting: store.waiting("").await?.awaited,
        since: store.dialogs(&first).await?.first().and_then(|row| row.awaited_since),
        undelivered: store.undelivered().await?,
        quarantined: store.quarantined(&quarantined).await?.len() as u64,
    })
}

impl Figures {
    fn take_dialogs(&mut self, times: &Times, rows: &[DialogFigures], current: bool) {
        for row in rows {
            let add = |pair: &mut Pair, count: u64| {
                *(if current { &mut pair.now } else { &mut pair.before }) += count
            };
            add(&mut self.dialogs, row.dialogs);
            add(&mut self.shown, row.shown);
            add(&mut self.contact, row.contact);
            add(&mut self.alone, row.alone);
            if !current {
                if let Some(step) = times.step_before(row.at).and_then(|at| self.steps.get_mut(at)) {
                    step.before += row.dialogs;
                }
                continue;
            }
            if let Some(step) = times.step_at(row.at).and_then(|at| self.steps.get_mut(at)) {
                step.dialogs += row.dialogs;
                step.alone += row.alone;
            }
            let Slot { weekday, hour, .. } = times.slot(row.at);
            if let Some(cell) = self.heat.get_mut(weekday).and_then(|day| day.get_mut(hour)) {
                *cell += row.dialogs;
            }
        }
    }

    fn take_leads(&mut self, times: &Times, rows: &[LeadFigures]) {
        for row in rows {
            self.leads.now += row.leads;
            self.won.now += row.won;
            if let Some(step) = times.step_at(row.at).and_then(|at| self.steps.get_mut(at)) {
                step.leads += row.leads;
            }
        }
    }
}

/// The chart as a table for spreadsheets. `label` writes the beginning of a step.
pub fn csv(figures: &Figures, headings: [&str; 5], label: impl Fn(i64) -> String) -> String {
    let line = |cells: &[String]| -> String {
        let cells: Vec<String> = cells.iter().map(|cell| crate::leads::csv_cell(cell)).collect();
        cells.join(";") + "\r\n"
    };
    // Spreadsheets take a file without this mark for one in an old encoding.
    let mut text = String::from("\u{feff}");
    text.push_str(&line(&headings.map(str::to_owned)));
    for step in figures.steps.iter().filter(|step| step.begun) {
        let numbers = [step.dialogs, step.before, step.leads, step.alone].map(|count| count.to_string());
        text.push_str(&line(&[&[label(step.at)][..], &numbers].concat()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_csv_has_the_steps_that_have_begun() {
        let step = |at, begun| Step { at, begun, dialogs: 3, alone: 2, before: 1, leads: 0 };
        let figures = Figures { steps: vec![step(1, true), step(2, false)], ..Figures::default() };
        let text = csv(&figures, ["day", "dialogs", "=before", "leads", "alone"], |at| format!("d{at}"));
        assert_eq!(
            text,
            "\u{feff}\"day\";\"dialogs\";\"'=before\";\"leads\";\"alone\"\r\n\"d1\";\"3\";\"1\";\"0\";\"2\"\r\n"
        );
    }
}
