//! What clients write that no intent is known for, and what could be done about it.

mod cluster;
mod unsure;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use serde::Serialize;
use tolmach_engine::{kind::Example, wording::normalized};
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::{
    TrainedClassifier, Trainer,
    ports::{self, Embedder, Store},
};

use self::unsure::{Message, Unsure};
use crate::{
    release::{self, CompiledReleases},
    replay,
    text::short,
};

/// How near (1 is the same) the messages of a group are on average. Of thirty messages on nine topics in two languages, half of
/// those on one topic are nearer than this and one in a hundred of the others; a lower bound mixes «work» with «dealers».
const NEAR: f32 = 0.45;
/// Messages of a group that are placed among intents; more do not change the average.
const PLACED: usize = 20;
/// How likely an intent must be to be proposed. Nine examples in all take «are you hiring» for a question about goods by
/// 0.58; what is proposed below this bound would be wrong too often.
const LIKELY: f32 = 0.65;
/// Messages beside the central one that become examples of a new intent.
const EXAMPLES: usize = 3;

/// Which messages are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Those since this time, milliseconds since the Unix epoch.
    pub since: i64,
    /// Those that came to this `classify` node, as `FLOW.NODE`; `None` for all.
    pub node: Option<String>,
    /// At most so many groups, the most frequent.
    pub limit: usize,
}

/// What there is to add.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Suggestions {
    /// Messages that ended in `unsure`.
    pub messages: usize,
    /// In how many different words.
    pub different: usize,
    /// Messages that are not looked at: personal data, or meant for a person.
    pub private: usize,
    /// Different messages that are not looked at because there are too many; the oldest.
    pub left_out: usize,
    /// Messages that came to nodes which the current release has not.
    pub gone: usize,
    /// Groups, the most frequent first.
    pub clusters: Vec<Cluster>,
    /// Groups beyond the limit.
    pub more: usize,
}

/// Messages that mean about the same.
#[derive(Clone, Debug, Serialize)]
pub struct Cluster {
    /// The node that was unsure, as `FLOW.NODE`.
    pub node: String,
    /// How many messages.
    pub count: usize,
    /// The most central one.
    pub example: String,
    /// The others, the most central first.
    pub others: Vec<String>,
    /// What to do.
    pub add: Proposal,
    /// The intent of the node that the group is likeliest to mean, whether or not it is proposed.
    pub likeliest: Option<Likeliest>,
    /// A line for the node's intents that does it.
    pub yaml: String,
}

/// What to do about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposal {
    /// Its central message becomes an example of the likeliest intent.
    Example,
    /// It becomes an intent of its own.
    NewIntent,
}

/// An intent, and how likely a group means it.
#[derive(Clone, Debug, Serialize)]
pub struct Likeliest {
    /// The intent.
    pub intent: String,
    /// On average, 0 to 1.
    pub confidence: f32,
}

/// Why there are no suggestions.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The release whose examples count.
    #[error("release {} is not kept, or no longer compiles", short(.0))]
    Unusable(String),
    /// No such node.
    #[error("the current release has no `classify` node `{0}`; write FLOW.NODE, such as shop.route")]
    NoNode(String),
    /// The stored turns.
    #[error(transparent)]
    Turns(#[from] replay::Error),
    /// A release.
    #[error(transparent)]
    Release(#[from] release::Error),
    /// Grouping panicked.
    #[error("grouping the messages broke off")]
    BrokeOff(#[source] tokio::task::JoinError),
    /// The database, or the embedder.
    #[error(transparent)]
    Port(#[from] ports::Error),
}

/// Groups the messages that no intent was found for, and proposes examples and intents.
///
/// # Errors
/// When the current release has no such node or cannot be used, or a stored trace cannot be read.
pub async fn suggest(store: &dyn Store, wanted: &Wanted) -> Result<Suggestions, Error> {
    let unsure = Unsure::since(store, wanted.since, wanted.node.as_deref()).await?;
    let mut found =
        Suggestions { private: unsure.private, left_out: unsure.left_out, ..Suggestions::default() };
    let examples = examples(store, wanted.node.as_deref(), unsure.last_release).await?;
    let mut groups = Vec::new();
    for (set, mut messages) in unsure.by_set {
        let Some(examples) = examples.get(&set) else {
            found.gone += total(&messages);
            continue;
        };
        // Somebody has added it since.
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
    /// Messages that came to a node, the most central first.
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
                let examples = std::iter::once(&example).chain(others.iter().take(EXAMPLES));
                let examples: Vec<String> = examples.map(|text| quoted(text)).collect();
                format!("new_intent: {{ examples: [{}] }}", examples.join(", "))
            }
        };
        Cluster { node, count, example, others, add, likeliest, yaml }
    }
}

/// The examples of the current release; where nothing is published, of the one that the last turn ran on.
async fn examples(
    store: &dyn Store,
    node: Option<&str>,
    last: Option<String>,
) -> Result<BTreeMap<String, Vec<Example>>, Error> {
    let Some(id) = release::current(store).await?.map(|current| current.release).or(last) else {
        return Ok(BTreeMap::new());
    };
    let mut releases = CompiledReleases::of(store);
    let release = releases.get(&id).await?.ok_or_else(|| Error::Unusable(id.clone()))?;
    match node {
        Some(node) if !release.resources.examples.contains_key(node) => Err(Error::NoNode(node.to_owned())),
        _ => Ok(release.resources.examples.clone()),
    }
}

/// A text as YAML reads it, whatever is in it: JSON's strings are YAML's too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn total(messages: &[Message]) -> usize {
    messages.iter().map(|message| message.count).sum()
}

/// The messages in groups that mean about the same; in each the most central first.
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

/// The intent that a group is likeliest to mean.
async fn likeliest(
    trainer: &Trainer,
    learned: &TrainedClassifier,
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
