//! Figures of the first page, and what language models cost.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_app::{
    figures::{self, FiguresShown, Period},
    spending::{self, Report},
};
use tolmach_runtime::ports::FigurePeriod;

use super::{Answer, Call};
use crate::error::Failure;

const DAY: i64 = 86_400_000;
/// The most days that spending is counted for.
const MOST_DAYS: i64 = 366;

/// A period that ends now.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PeriodName {
    /// Today, by hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    #[default]
    Month,
    /// 90 days.
    Quarter,
}

/// Which figures.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Wanted {
    /// The period.
    #[serde(default)]
    period: PeriodName,
}

pub(crate) async fn figures(call: Call<Wanted>) -> Answer<FiguresShown> {
    let period = match call.query.period {
        PeriodName::Day => Period::Day,
        PeriodName::Week => Period::Week,
        PeriodName::Month => Period::Month,
        PeriodName::Quarter => Period::Quarter,
    };
    let panel = &call.panel;
    let (zone, now) = (panel.options.runtime.releases().time_zone(), panel.now());
    let figures = figures::figures(panel.store(), &panel.options.prices.get(), period, &zone, now).await?;
    Ok(FiguresShown::of(&figures, period))
}

/// Of which days.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Days {
    /// How many days back, 366 at most; 30 where nothing is said.
    days: Option<i64>,
}

pub(crate) async fn spending(call: Call<Days>) -> Answer<Report> {
    let days = call.query.days.unwrap_or(30);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Failure::Bad("error.limit"));
    }
    let until = call.panel.now();
    let period = FigurePeriod { from: until.saturating_sub(days * DAY), until };
    Ok(spending::report(call.panel.store(), &call.panel.options.prices.get(), &period).await?)
}
