//! `tolmach suggest`: what clients write that no intent is known for, and what could be done about it.

mod cluster;
mod show;
mod unsure;

use std::{
    collections::{BTreeMap, HashSet},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_app::{
    release::{self, CompiledReleases},
    text::short,
};
use tolmach_engine::{duration::Duration, kind::Example, wording::normalized};
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::{
    TrainedClassifier, Trainer,
    ports::{Embedder, Store},
};

use self::{
    show::{Cluster, Likeliest, Report},
    unsure::{Message, Unsure},
};
use crate::{clock::now, config::Config, database::Database};

/// How near (1 is the same) the messages of a group are on average. Of thirty messages on nine topics in two languages, half of
/// those on one topic are nearer than this and one in a hundred of the others; a lower bound mixes «work» with «dealers».
const NEAR: f32 = 0.45;
/// Messages of a group that are placed among intents; more do not change the average.
const PLACED: usize = 20;

/// Group the messages that no intent was found for, and propose examples and intents.
#[derive(Debug, Args)]
pub struct Suggest {
    /// How far to look back, as 12h or 7d [default: everything that is kept]
    #[arg(long, value_name = "TIME", value_parser = length)]
    since: Option<Duration>,
    /// Only the messages that came to this `classify` node
    #[arg(long, value_name = "FLOW.NODE")]
    node: Option<String>,
    /// At most so many groups, the most frequent
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

fn length(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a length of time such as 12h or 7d".to_owned())
}

impl Suggest {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let report = self.report(&*store).await;
        store.close().await?;
        let report = report?;
        match self.json {
            true => println!("{}", serde_json::to_string_pretty(&report)?),
            false => report.print(),
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn report(&self, store: &dyn Store) -> anyhow::Result<Report> {
        let since = self.since.map_or(0, |since| now().saturating_sub(since.0));
        let unsure = Unsure::since(store, since, self.node.as_deref()).await?;
        let mut report = Report { private: unsure.private, left_out: unsure.left_out, ..Report::default() };
        let examples = self.examples(store, unsure.last_release).await?;
        let mut found = Vec::new();
        for (set, mut messages) in unsure.by_set {
            let Some(examples) = examples.get(&set) else {
                report.gone += total(&messages);
                continue;
            };
            // Somebody has added it since.
            let known: HashSet<String> = examples.iter().map(|example| normalized(&example.text)).collect();
            messages.retain(|message| !known.contains(&normalized(&message.text)));
            report.messages += total(&messages);
            report.different += messages.len();
            found.extend(clusters(messages).await?.into_iter().map(|messages| (set.clone(), messages)));
        }
        found.sort_by_key(|(_, messages)| std::cmp::Reverse(total(messages)));
        report.more = found.len().saturating_sub(self.limit);
        let trainer = Trainer::new(Arc::new(MeaningEmbedder));
        for (set, messages) in found.into_iter().take(self.limit) {
            let learned = trainer.learn(examples.get(&set).map_or(&[], Vec::as_slice)).await?;
            let likeliest = likeliest(&trainer, &learned, &messages).await?;
            report.clusters.push(Cluster::of(set, messages, likeliest));
        }
        Ok(report)
    }

    /// The examples of the current release; where nothing is published, of the one that the last turn ran on.
    async fn examples(
        &self,
        store: &dyn Store,
        last: Option<String>,
    ) -> anyhow::Result<BTreeMap<String, Vec<Example>>> {
        let Some(id) = release::current(store).await?.map(|current| current.release).or(last) else {
            return Ok(BTreeMap::new());
        };
        let mut releases = CompiledReleases::of(store);
        let found = releases.get(&id).await?;
        let found =
            found.with_context(|| format!("release {} is not kept, or no longer compiles", short(&id)))?;
        if let Some(node) = &self.node
            && !found.examples.contains_key(node)
        {
            bail!("the current release has no `classify` node `{node}`; write FLOW.NODE, such as shop.route");
        }
        Ok(found.examples.clone())
    }
}

fn total(messages: &[Message]) -> usize {
    messages.iter().map(|message| message.count).sum()
}

/// The messages in groups that mean about the same; in each the most central first.
async fn clusters(messages: Vec<Message>) -> anyhow::Result<Vec<Vec<Message>>> {
    let texts: Vec<String> = messages.iter().map(|message| normalized(&message.text)).collect();
    let vectors = MeaningEmbedder.embed(&texts).await?;
    let weights: Vec<usize> = messages.iter().map(|message| message.count).collect();
    let group = move || {
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        cluster::groups(&vectors, &weights, NEAR)
    };
    let groups = tokio::task::spawn_blocking(group).await?;
    let mut messages: Vec<Option<Message>> = messages.into_iter().map(Some).collect();
    let mut take = |at: usize| messages.get_mut(at).and_then(Option::take);
    Ok(groups.into_iter().map(|group| group.into_iter().filter_map(&mut take).collect()).collect())
}

/// The intent that a group is likeliest to mean.
async fn likeliest(
    trainer: &Trainer,
    learned: &TrainedClassifier,
    messages: &[Message],
) -> anyhow::Result<Option<Likeliest>> {
    let mut sums: BTreeMap<String, f32> = BTreeMap::new();
    let placed = messages.get(..PLACED).unwrap_or(messages);
    for message in placed {
        for label in trainer.place(learned, &message.text).await? {
            *sums.entry(label.label).or_default() += label.score * message.count as f32;
        }
    }
    let best = sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    Ok(best.map(|(intent, sum)| Likeliest { intent, confidence: sum / total(placed).max(1) as f32 }))
}
