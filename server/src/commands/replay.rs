//! `tolmach replay`: runs stored turns again from their traces, on the release they ran on or against a draft.

mod show;

use std::{collections::BTreeSet, path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_app::{diagnostics, release::CompiledReleases};
use tolmach_engine::{Release, compile, duration::Duration};
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_nodes::KINDS;
use tolmach_runtime::{
    Record, Trainer,
    backtest::{Backtest, Past},
    ports::{Clock, Store, StoredTurn, SystemClock},
    read_bundle,
};

use crate::{config::Config, database::Database};

/// How many turns are read at once.
const PAGE: u32 = 500;

/// Replay stored turns from their traces and compare the effects, or see what a draft would have changed.
#[derive(Debug, Args)]
pub struct Replay {
    /// The chat, as `terminal:me`
    #[arg(required_unless_present = "since", conflicts_with = "since")]
    chat: Option<String>,
    /// Every chat's turns of the last 15m, 2h or 7d
    #[arg(long, value_name = "TIME", value_parser = length_of_time)]
    since: Option<Duration>,
    /// Feed what clients did to this draft instead: a bundle's folder, or the id of a kept release. Ends with code 1
    /// when the draft loses a lead or brings a fault
    #[arg(long, value_name = "DIR|ID")]
    against: Option<String>,
    /// Only the newest turns, at most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

fn length_of_time(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a whole number and s, m, h, d or w, such as 7d".to_owned())
}

impl Replay {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let result = self.replay(&*store).await;
        store.close().await?;
        result
    }

    async fn replay(&self, store: &dyn Store) -> anyhow::Result<ExitCode> {
        let chosen = self.chosen(store).await?;
        let mut releases = CompiledReleases::of(store);
        let good = match &self.against {
            Some(against) => self.backtest(store, &chosen, against, &mut releases).await?,
            None => self.compare(store, &chosen, &mut releases).await?,
        };
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Every turn on its own release.
    async fn compare(
        &self,
        store: &dyn Store,
        chosen: &Chosen,
        releases: &mut CompiledReleases<'_>,
    ) -> anyhow::Result<bool> {
        let mut shown = show::Replayed { chats: chosen.chats.len(), ..show::Replayed::default() };
        for chat in &chosen.chats {
            for turn in chosen.turns(store, chat).await? {
                let record: Record = serde_json::from_str(&turn.trace).with_context(|| unreadable(&turn))?;
                let path: Vec<String> = record.trace.path().into_iter().map(str::to_owned).collect();
                let outcome = match releases.get(&turn.release).await? {
                    Some(release) => record.replay(release, &turn.event).map_err(|why| why.to_string()),
                    None => Err(format!("release {} is not kept, or no longer compiles", turn.release)),
                };
                if self.chat.is_some() && !self.json {
                    show::turn(&path, &outcome);
                }
                shown.add(chat, path, outcome);
            }
        }
        match self.json {
            true => println!("{}", serde_json::to_string_pretty(&shown)?),
            false => shown.print(self.chat.is_none()),
        }
        Ok(shown.differ.is_empty())
    }

    /// Every chat through a draft.
    async fn backtest(
        &self,
        store: &dyn Store,
        chosen: &Chosen,
        against: &str,
        releases: &mut CompiledReleases<'_>,
    ) -> anyhow::Result<bool> {
        let draft = draft(store, against).await?;
        let id = draft.id.clone();
        let mut backtest = Backtest::new(draft, Arc::new(Trainer::new(Arc::new(MeaningEmbedder)))).await?;
        for chat in &chosen.chats {
            let mut past = Vec::new();
            for turn in chosen.turns(store, chat).await? {
                let release = releases.get(&turn.release).await?;
                past.push(Past::new(&turn, release).with_context(|| unreadable(&turn))?);
            }
            backtest.chat(chat, &past).await;
        }
        let report = backtest.finish();
        match self.json {
            true => println!(
                "{}",
                serde_json::to_string_pretty(&show::Backtested { draft: &id, report: &report })?
            ),
            false => show::backtest(&report, &id),
        }
        Ok(!report.is_worse())
    }

    /// The turns that the arguments name.
    async fn chosen(&self, store: &dyn Store) -> anyhow::Result<Chosen> {
        let mut rows: Vec<(i64, String)> = Vec::new();
        if let Some(chat) = &self.chat {
            rows.extend(store.turns(chat, u32::MAX).await?.into_iter().map(|turn| (turn.seq, turn.chat)));
            if rows.is_empty() {
                bail!("there is no turn of a chat {chat}");
            }
        } else if let Some(since) = self.since {
            let at = SystemClock.now() - since.0;
            // Traces are large: this looks at them in pages and keeps only whose they are.
            while let page = store.turns_since(at, rows.last().map_or(0, |row| row.0), PAGE).await?
                && !page.is_empty()
            {
                rows.extend(page.into_iter().map(|turn| (turn.seq, turn.chat)));
            }
        }
        let newest = self.limit.map_or(0, |limit| rows.len().saturating_sub(limit));
        let rows = rows.split_off(newest);
        let from = rows.first().map_or(0, |row| row.0);
        let mut known = BTreeSet::new();
        let chats =
            rows.into_iter().map(|(_, chat)| chat).filter(|chat| known.insert(chat.clone())).collect();
        Ok(Chosen { chats, from })
    }
}

fn unreadable(turn: &StoredTurn) -> String {
    format!("the stored trace of turn {} of {} cannot be read", turn.seq, turn.chat)
}

/// Chats by their first chosen turn, and the first of these turns.
struct Chosen {
    chats: Vec<String>,
    from: i64,
}

impl Chosen {
    async fn turns(&self, store: &dyn Store, chat: &str) -> anyhow::Result<Vec<StoredTurn>> {
        let mut turns = store.turns(chat, u32::MAX).await?;
        turns.retain(|turn| turn.seq >= self.from);
        Ok(turns)
    }
}

/// The draft of a folder, or a kept release.
async fn draft(store: &dyn Store, against: &str) -> anyhow::Result<Release> {
    let folder = Path::new(against);
    let bundle = if folder.is_dir() {
        read_bundle(folder)?
    } else {
        let kept = store.release(against).await?;
        let kept =
            kept.with_context(|| format!("{against} is neither a bundle's folder nor a kept release"))?;
        serde_json::from_str(&kept.files)?
    };
    let compiled = compile(&bundle, KINDS);
    compiled.release.ok_or_else(|| {
        let diagnostics = diagnostics::explained(&bundle, folder, &compiled.diagnostics);
        anyhow::anyhow!("the draft does not compile\n\n{diagnostics}")
    })
}
