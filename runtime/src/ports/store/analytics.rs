//! Goals, arms of experiments, and activity in numbers.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::ChatKey;
use crate::ports::{Day, Result};

/// A mark that a turn made for analytics.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalyticsEvent {
    /// The effect that made it.
    pub effect: String,
    /// The chat.
    pub chat: ChatKey,
    /// What was marked.
    pub what: AnalyticsEventKind,
    /// The release that the turn ran on.
    pub release: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// What a [`Mark`] marks.
#[derive(Clone, Debug, PartialEq)]
pub enum AnalyticsEventKind {
    /// A conversion.
    Goal {
        /// The goal.
        name: String,
        /// What it is worth, if anything was said of that.
        value: Option<f64>,
        /// The client's arms at that moment, by experiment.
        arms: BTreeMap<String, String>,
    },
    /// The client was put into an arm.
    Arm {
        /// The experiment.
        experiment: String,
        /// The arm.
        arm: String,
    },
}

/// Analytics events of all chats.
#[async_trait]
pub trait AnalyticsStore: Send + Sync {
    /// Marks since `at`, oldest first.
    async fn analytics_since(&self, at: i64) -> Result<Vec<AnalyticsEvent>>;

    /// What happened since `at`, in numbers.
    async fn day(&self, at: i64) -> Result<Day>;
}
