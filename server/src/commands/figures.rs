//! `tolmach figures`: the figures of the panel's first page.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, builder::PossibleValuesParser};
use tolmach_app::{
    figures::{self, FiguresShown, Period},
    release,
};
use tolmach_engine::compile;
use tolmach_runtime::ports::Store;

use crate::{clock::now, config::Config, database::Database};

/// Show the figures of the panel's first page: a period beside the one before.
#[derive(Debug, Args)]
pub struct FiguresCommand {
    /// The period, which ends now
    #[arg(long, default_value = "month", value_parser = PossibleValuesParser::new(Period::ALL.map(Period::name)))]
    period: String,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl FiguresCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let Some(period) = Period::parse(&self.period) else { bail!("there is no period {}", self.period) };
        let store = Database::existing(config).await?;
        let shown = shown(&*store, config, period).await;
        store.close().await?;
        let shown = shown?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&shown)?);
            return Ok(ExitCode::SUCCESS);
        }
        for (what, pair) in [
            ("dialogs", shown.dialogs),
            ("  products shown", shown.shown),
            ("  contact asked for", shown.contact),
            ("  without a person", shown.alone),
            ("leads", shown.leads),
            ("  won", shown.won),
            ("model calls", shown.calls),
        ] {
            println!("{what:<20} {:>8}   before {:>8}", pair.now, pair.before);
        }
        println!("{:<20} {:>8}", "not understood", shown.unsure);
        println!("{:<20} {:>8}", "waiting for a person", shown.urgent.waiting);
        Ok(ExitCode::SUCCESS)
    }
}

async fn shown(store: &dyn Store, config: &Config, period: Period) -> anyhow::Result<FiguresShown> {
    // Days are those of the company, as its release says.
    let zone = match release::current(store).await? {
        Some(current) => {
            let bundle = release::bundle(store, &current.release).await?;
            let compiled = compile(&bundle, &config.platform().for_kept_release());
            compiled.release.map(|release| release.resources.time_zone.clone())
        }
        None => None,
    };
    let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
    let figures = figures::figures(store, &config.llm.prices()?, period, &zone, now()).await?;
    Ok(FiguresShown::of(&figures, period))
}
