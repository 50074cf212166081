//! Analytics: goals, arms of experiments, activity counts.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::ChatKey;
use crate::ports::{Day, Result};

/// An analytics event recorded by a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalyticsEvent {
    /// The id of the effect that recorded it.
    pub effect: String,
    /// The chat.
    pub chat: ChatKey,
    /// What was recorded.
    pub what: AnalyticsEventKind,
    /// The release that the turn ran on.
    pub release: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// The content of an [`AnalyticsEvent`].
#[derive(Clone, Debug, PartialEq)]
pub enum AnalyticsEventKind {
    /// The client reached a goal.
    Goal {
        /// The goal's name.
        name: String,
        /// The goal's value, if the flow gives one.
        value: Option<f64>,
        /// The client's arms at that time, by experiment.
        arms: BTreeMap<String, String>,
    },
    /// The client was assigned to an arm of an experiment.
    Arm {
        /// The experiment's name.
        experiment: String,
        /// The arm's name.
        arm: String,
    },
}

/// Analytics events of all chats.
#[async_trait]
pub trait AnalyticsStore: Send + Sync {
    /// Events at or after `at`, milliseconds since the Unix epoch, oldest first.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn analytics_since(&self, at: i64) -> Result<Vec<AnalyticsEvent>>;

    /// Activity counts since `at`, milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn day(&self, at: i64) -> Result<Day>;
}
