//! `tolmach replay`: runs a stored chat again from its traces, without the world.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use tolmach_engine::{Release, bundle::Bundle, compile};
use tolmach_nodes::KINDS;
use tolmach_runtime::{Record, ports::Store};

use super::leads;
use crate::config::Config;

/// Replay a stored chat from its traces and compare the effects.
#[derive(Debug, Args)]
pub struct Replay {
    /// The chat, as `terminal:me`
    chat: String,
}

impl Replay {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = leads::open(config).await?;
        let turns = store.turns(&self.chat, u32::MAX).await?;
        if turns.is_empty() {
            bail!("there is no turn of a chat {}", self.chat);
        }
        let mut known: Option<Release> = None;
        let mut differing = 0;
        for turn in &turns {
            if known.as_ref().is_none_or(|release| release.id != turn.release) {
                let kept = store
                    .release(&turn.release)
                    .await?
                    .with_context(|| format!("release {} is not kept", turn.release))?;
                let bundle: Bundle = serde_json::from_str(&kept.files)?;
                known = compile(&bundle, KINDS).release;
            }
            let release =
                known.as_ref().with_context(|| format!("release {} does not compile", turn.release))?;
            let record: Record =
                serde_json::from_str(&turn.trace).context("a stored trace cannot be read")?;
            let path = record.trace.path().join(" → ");
            match record.replay(release, &turn.event) {
                Ok(()) => println!("  same  {path}"),
                Err(difference) => {
                    differing += 1;
                    println!("  DIFF  {path}\n        {difference}");
                }
            }
        }
        println!("{} turns replayed, {differing} differ", turns.len());
        store.close().await?;
        Ok(if differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
