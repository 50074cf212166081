//! Finds frequent client messages that `classify` was unsure of, and proposes examples or intents for them.

mod cluster;
mod questions;
mod take;
mod unsure;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use serde::Serialize;
use tolmach_engine::Platform;
use tolmach_engine::{kind::Example, wording::normalized};
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::{
    TrainedClassifier, Trainer,
    ports::{self, Embedder, Store},
};

pub use self::questions::{Question, questions};
pub use self::take::{Added, add_example, add_intent, targets};

use self::unsure::{Message, Unsure};
use crate::{
    release::{self, CompiledReleases},
    replay,
    text::short,
};

/// The average cosine similarity that groups must have to be merged. Measured on thirty messages on nine topics in two
/// languages: half of the pairs on one topic are above this bound, and one in a hundred of the other pairs. A lower
/// bound mixes «work» with «dealers».
const NEAR: f32 = 0.45;
/// How many messages of a group are classified to find its most probable intent; more do not change the average.
const PLACED: usize = 20;
/// The probability from which an existing intent is proposed. With nine training examples in all, «are you hiring» is
/// classified as a question about goods with 0.68; proposals below this bound would be wrong too often.
const LIKELY: f32 = 0.75;
/// How many messages besides the central one become examples of a new intent.
const EXAMPLES: usize = 3;

/// Which messages to look at.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Only turns since this time, milliseconds since the Unix epoch.
    pub since: i64,
    /// Only messages of this `classify` node, as `FLOW.NODE`; `None` means all nodes.
    pub node: Option<String>,
    /// The maximum number of groups; the most frequent are kept.
    pub limit: usize,
}

/// The groups of messages and what was left out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Suggestions {
    /// Messages that ended in `unsure`, without those counted below.
    pub messages: usize,
    /// How many distinct messages, after normalization.
    pub different: usize,
    /// Messages that were skipped: they contain personal data or were meant for staff.
    pub private: usize,
    /// Distinct messages that were skipped because there were more than 3,000; the oldest.
    pub left_out: usize,
    /// Messages of nodes that the current release does not have.
    pub gone: usize,
    /// Groups, most frequent first.
    pub clusters: Vec<Cluster>,
    /// How many groups are beyond the limit.
    pub more: usize,
}

/// A group of messages with similar meaning.
#[derive(Clone, Debug, Serialize)]
pub struct Cluster {
    /// The `classify` node, as `FLOW.NODE`.
    pub node: String,
    /// How many messages, repetitions included.
    pub count: usize,
    /// The most central message.
    pub example: String,
    /// The other messages, most central first.
    pub others: Vec<String>,
    /// The proposed change.
    pub add: Proposal,
    /// The node's most probable intent for the group, whether or not it is proposed.
    pub likeliest: Option<Likeliest>,
    /// A YAML line to add to the node's intents.
    pub yaml: String,
}

/// The proposed change for a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposal {
    /// Add the central message as an example of the most probable intent.
    Example,
    /// Add a new intent.
    NewIntent,
}

/// An intent and its probability for a group.
#[derive(Clone, Debug, Serialize)]
pub struct Likeliest {
    /// The intent.
    pub intent: String,
    /// The average over the messages, weighted by frequency, 0 to 1.
    pub confidence: f32,
}

/// Why suggestions cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The release whose examples are needed is not stored or does not compile.
    #[error("release {} is not kept, or no longer compiles", short(.0))]
    Unusable(String),
    /// The release has no such `classify` node.
    #[error("the current release has no `classify` node `{0}`; write FLOW.NODE, such as shop.route")]
    NoNode(String),
    /// A stored turn cannot be read.
    #[error(transparent)]
    Turns(#[from] replay::Error),
    /// A release cannot be read.
    #[error(transparent)]
    Release(#[from] release::Error),
    /// The grouping task panicked.
    #[error("grouping the messages stopped unexpectedly")]
    BrokeOff(#[source] tokio::task::JoinError),
    /// The database or the embedder failed.
    #[error(transparent)]
    Port(#[from] ports::Error),
}

/// Groups the messages that `classify` was unsure of, and proposes examples and intents.
///
/// # Errors
/// When the current release has no such node or cannot be used, a stored trace cannot be read, or the database or the
/// embedder fails.
pub async fn suggest(store: &dyn Store, platform: &Platform, wanted: &Wanted) -> Result<Suggestions, Error> {
    let unsure = Unsure::since(store, platform, wanted.since, wanted.node.as_deref()).await?;
    let mut found =
        Suggestions { private: unsure.private, left_out: unsure.left_out, ..Suggestions::default() };
    let examples = examples(store, platform, wanted.node.as_deref(), unsure.last_release).await?;
    let mut groups = Vec::new();
    for (set, mut messages) in unsure.by_set {
        let Some(examples) = examples.get(&set) else {
            found.gone += total(&messages);
            continue;
        };
        // Skip messages that have been added as examples since.
        let known: HashSet<String> = examples.iter().map(|example| normalized(&example.text)).collect();
        messages.retain(|message| !known.contains(&normalized(&message.text)));
        found.messages += total(&messages);
        found.different += messages.len();
        groups.extend(clusters(messages).await?.into_iter().map(|messages| (set.clone(), messages)));
    }
    groups.sort_by_key(|(_, messages)| Reverse(total(messages)));
    found.more = groups.len().saturating_sub(wanted.limit);
    let trainer = Trainer::new(Arc::new(MeaningEmbedder));
    for (set, messages) in groups.into_iter().take(wanted.limit) {
        let learned = trainer.learn(examples.get(&set).map_or(&[], Vec::as_slice)).await?;
        let likeliest = likeliest(&trainer, &learned, &messages).await?;
        found.clusters.push(Cluster::of(set, messages, likeliest));
    }
    Ok(found)
}

impl Cluster {
    /// Builds a cluster from the messages of a node, most central first.
    fn of(node: String, messages: Vec<Message>, likeliest: Option<Likeliest>) -> Cluster {
        let count = total(&messages);
        let mut texts = messages.into_iter().map(|message| message.text);
        let example = texts.next().unwrap_or_default();
        let others: Vec<String> = texts.collect();
        let known = likeliest.as_ref().is_some_and(|likeliest| likeliest.confidence >= LIKELY);
        let add = if known { Proposal::Example } else { Proposal::NewIntent };
        let yaml = match add {
            Proposal::Example => format!("- {}", quoted(&example)),
            Proposal::NewIntent => {
                let examples: Vec<String> = begins_with(&example, &others).map(quoted).collect();
                format!("new_intent: {{ examples: [{}] }}", examples.join(", "))
            }
        };
        Cluster { node, count, example, others, add, likeliest, yaml }
    }

    /// The messages that a new intent begins with.
    pub fn examples(&self) -> impl Iterator<Item = &str> {
        begins_with(&self.example, &self.others)
    }
}

fn begins_with<'a>(example: &'a str, others: &'a [String]) -> impl Iterator<Item = &'a str> {
    std::iter::once(example).chain(others.iter().take(EXAMPLES).map(String::as_str))
}

/// The examples by `FLOW.NODE` of the current release; before the first publication, of the release `last`.
async fn examples(
    store: &dyn Store,
    platform: &Platform,
    node: Option<&str>,
    last: Option<String>,
) -> Result<BTreeMap<String, Vec<Example>>, Error> {
    let Some(id) = release::current(store).await?.map(|current| current.release).or(last) else {
        return Ok(BTreeMap::new());
    };
    let mut releases = CompiledReleases::of(store, platform);
    let release = releases.get(&id).await?.ok_or_else(|| Error::Unusable(id.clone()))?;
    match node {
        Some(node) if !release.resources.examples.contains_key(node) => Err(Error::NoNode(node.to_owned())),
        _ => {
            let sets = release.resources.examples.iter();
            Ok(sets.map(|(name, examples)| (name.clone(), examples.to_vec())).collect())
        }
    }
}

/// A text as a YAML scalar. A JSON string is a valid YAML flow scalar.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn total(messages: &[Message]) -> usize {
    messages.iter().map(|message| message.count).sum()
}

/// Groups the messages by meaning; in each group the most central first.
async fn clusters(messages: Vec<Message>) -> Result<Vec<Vec<Message>>, Error> {
    let texts: Vec<String> = messages.iter().map(|message| normalized(&message.text)).collect();
    let vectors = MeaningEmbedder.embed(&texts).await?;
    let weights: Vec<usize> = messages.iter().map(|message| message.count).collect();
    let group = move || {
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        cluster::groups(&vectors, &weights, NEAR)
    };
    let groups = tokio::task::spawn_blocking(group).await.map_err(Error::BrokeOff)?;
    let mut messages: Vec<Option<Message>> = messages.into_iter().map(Some).collect();
    let mut take = |at: usize| messages.get_mut(at).and_then(Option::take);
    Ok(groups.into_iter().map(|group| group.into_iter().filter_map(&mut take).collect()).collect())
}

/// The most probable intent of a group.
async fn likeliest(
    trainer: &Trainer,
    learned: &Arc<TrainedClassifier>,
    messages: &[Message],
) -> ports::Result<Option<Likeliest>> {
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
