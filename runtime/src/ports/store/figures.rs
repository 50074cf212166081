//! What the panel's figures are counted from, and the counts.

use async_trait::async_trait;
use serde::Serialize;
use tolmach_engine::event::Event;

use super::ChatKey;
use crate::ports::{Result, Tokens};

/// What can happen in a dialog. A dialog is one day of a chat, in the company's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DialogFact {
    /// The client wrote or pressed something, beyond opening the chat.
    Spoke,
    /// Products were shown.
    Shown,
    /// A contact was asked for.
    Contact,
    /// A person was called.
    Called,
    /// A lead was made or added to.
    Lead,
    /// Staff wrote to the client.
    Staff,
}

impl DialogFact {
    /// Its bit in the database.
    pub const fn bit(self) -> i32 {
        match self {
            DialogFact::Spoke => 1,
            DialogFact::Shown => 2,
            DialogFact::Contact => 4,
            DialogFact::Called => 8,
            DialogFact::Lead => 16,
            DialogFact::Staff => 32,
        }
    }
}

/// What a turn adds to the figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnFigures {
    /// The day of its event in the company's time zone, counted from 1970-01-01.
    pub day: i64,
    /// What happened; with nothing the turn leaves its dialog as it is.
    pub facts: Vec<DialogFact>,
    /// How long the client had waited when staff answered, milliseconds. The first of a day counts.
    pub reply: Option<i64>,
    /// The exit of its first classification; [`TurnFigures::UNSURE`] where nothing was understood.
    pub intent: Option<String>,
}

impl TurnFigures {
    /// The intent of a message that was not understood, and not answered by other means.
    pub const UNSURE: &str = "unsure";
}

/// A time from which to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FigurePeriod {
    /// The first moment, milliseconds since the Unix epoch.
    pub from: i64,
    /// The moment after the last.
    pub until: i64,
}

/// Dialogs that began in one step of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DialogFigures {
    /// When the step begins, milliseconds since the Unix epoch.
    pub at: i64,
    /// How many dialogs.
    pub dialogs: u64,
    /// Of those, with [`DialogFact::Shown`].
    pub shown: u64,
    /// With [`DialogFact::Contact`].
    pub contact: u64,
    /// With [`DialogFact::Lead`].
    pub leads: u64,
    /// Without [`DialogFact::Called`] and [`DialogFact::Staff`].
    pub alone: u64,
}

/// Leads that were made in one step of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadFigures {
    /// When the step begins, milliseconds since the Unix epoch.
    pub at: i64,
    /// How many.
    pub leads: u64,
    /// Of those, won by now.
    pub won: u64,
}

/// How long clients waited for the first answer of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplyFigures {
    /// Dialogs in which staff answered.
    pub dialogs: u64,
    /// The median of the waits, milliseconds.
    pub median: Option<i64>,
}

/// A message that was not understood.
#[derive(Clone, Debug)]
pub struct UnsureTurn {
    /// The turn's order within the store.
    pub seq: i64,
    /// The chat.
    pub chat: ChatKey,
    /// When it was received, milliseconds since the Unix epoch.
    pub at: i64,
    /// The event.
    pub event: Event,
}

/// Calls of one model for one purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelFigures {
    /// See [`crate::ports::Purpose`].
    pub purpose: String,
    /// Provider and model.
    pub model: String,
    /// Attempts.
    pub calls: u64,
    /// Of those, failed.
    pub failed: u64,
    /// Of those, answered without telling the tokens.
    pub unknown: u64,
    /// Tokens of all attempts that told them, failed ones included.
    pub tokens: Tokens,
}

/// How long calls of one model for one purpose took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelTimes {
    /// As [`ModelFigures::purpose`].
    pub purpose: String,
    /// As [`ModelFigures::model`].
    pub model: String,
    /// The time within which 95 of 100 attempts ended, milliseconds.
    pub p95: i64,
}

/// Counts over a period. Each reads an index over the period, and no texts.
#[async_trait]
pub trait FigureStore: Send + Sync {
    /// Dialogs by steps of `step` milliseconds since the Unix epoch; steps without any are left out.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn dialog_figures(&self, period: &FigurePeriod, step: i64) -> Result<Vec<DialogFigures>>;

    /// How long clients waited for a person.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn reply_figures(&self, period: &FigurePeriod) -> Result<ReplyFigures>;

    /// Leads by steps, as [`FigureStore::dialog_figures`].
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn lead_figures(&self, period: &FigurePeriod, step: i64) -> Result<Vec<LeadFigures>>;

    /// Turns by intent, most frequent first, at most `limit` intents; of turns that are still kept.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn intent_figures(&self, period: &FigurePeriod, limit: u32) -> Result<Vec<(String, u64)>>;

    /// The newest turns of the period that were not understood, newest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn unsure_turns(&self, period: &FigurePeriod, limit: u32) -> Result<Vec<UnsureTurn>>;

    /// Attempts of model calls of the period by purpose and model, most frequent first; at most 200 of both. They are counted as long
    /// as analytics events are kept, also when the calls themselves are gone, to the hour at the period's ends.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn model_figures(&self, period: &FigurePeriod) -> Result<Vec<ModelFigures>>;

    /// How long the newest `limit` attempts of the period took.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn model_times(&self, period: &FigurePeriod, limit: u32) -> Result<Vec<ModelTimes>>;

    /// Messages whose delivery has failed and is tried again.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn undelivered(&self) -> Result<u64>;
}
