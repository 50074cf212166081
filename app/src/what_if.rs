//! What a draft would make of what has happened: one turn beside what it did, and the chats of the last days.
//!
//! Recorded outcomes answer what the draft asks; nothing is sent, no model and no other system is asked. Examples are classified by
//! those of the draft.

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;
use tolmach_engine::{
    Platform, Release,
    bundle::Bundle,
    compile,
    effect::Command,
    image,
    trace::Visit,
    yaml::{self, Node, Tree},
};
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::{
    Record, Trainer,
    backtest::{Backtest, RecordedTurn, Report},
    ports::{self, Page, Store, StoredTurn, TurnQuery},
};

use crate::{
    forms::field,
    inbox::Prompt,
    release::{self, CompiledReleases},
    replay::{self, Choice},
};

/// The most turns that the report on the chats of the last days looks at; the newest.
pub const MAX_TURNS: usize = 3_000;

/// A turn beside what a draft would have made of it. Personal values are replaced.
#[derive(Clone, Debug, Serialize)]
pub struct WhatIf {
    /// The turn's `seq`.
    pub turn: i64,
    /// When it was, milliseconds since the Unix epoch.
    pub at: i64,
    /// What the client wrote; `None` for what is no message, or is personal.
    pub wrote: Option<String>,
    /// As it was.
    pub before: Side,
    /// As it would be.
    pub after: Side,
    /// Whether both are the same.
    pub same: bool,
    /// Queries of the draft answered by the outcome of another one.
    pub approximate: usize,
    /// Queries of the draft without a recorded outcome: they failed.
    pub not_recorded: usize,
}

/// One of both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The nodes that were visited.
    pub steps: Vec<Taken>,
    /// What the client was told.
    pub replies: Vec<String>,
    /// The addresses of the images that these showed.
    pub images: Vec<String>,
    /// What else it did: leads, notices and the like, by the names of their kinds.
    pub effects: Vec<String>,
    /// What models were asked.
    pub prompts: Vec<Prompt>,
}

/// A visited node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
    /// Its kind.
    pub kind: String,
    /// The exit that it took.
    pub exit: Option<String>,
    /// Why it failed.
    pub fault: Option<String>,
}

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such turn.
    #[error("there is no turn {1} of the chat {0}")]
    UnknownTurn(String, i64),
    /// The draft does not compile.
    #[error("the draft has errors; fix them, and it can be tried")]
    DoesNotCompile,
    /// A stored turn or release cannot be read.
    #[error(transparent)]
    Replay(#[from] replay::Error),
    /// A release cannot be read.
    #[error(transparent)]
    Release(#[from] release::Error),
    /// The database or the embedder failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

async fn draft(bundle: &Bundle, platform: &Platform) -> Result<Backtest, Error> {
    let release = compile(bundle, platform).release.ok_or(Error::DoesNotCompile)?;
    Ok(Backtest::new(release, Arc::new(Trainer::new(Arc::new(MeaningEmbedder)))).await?)
}

/// Runs a turn of a chat on a draft, beside what it did.
///
/// # Errors
/// When there is no such turn, it cannot be read, the draft has errors, or the database is unavailable.
pub async fn turn(
    store: &dyn Store,
    platform: &Platform,
    bundle: &Bundle,
    (chat, seq): (&str, i64),
) -> Result<WhatIf, Error> {
    let page = Page { limit: 1, after: Some(seq.saturating_sub(1)) };
    let query = TurnQuery { chat: Some(chat.to_owned()), since: None, page };
    let stored = store.turns(&query).await?.into_iter().find(|turn| turn.seq == seq);
    let stored = stored.ok_or_else(|| Error::UnknownTurn(chat.to_owned(), seq))?;
    let mut releases = CompiledReleases::of(store, platform);
    let own = releases.get(&stored.release).await?;
    let past = RecordedTurn::new(&stored, own).map_err(replay::Error::unreadable(&stored))?;
    let running = draft(bundle, platform).await?;
    let tried = running.turn(&past).await;
    let before = match own {
        Some(own) => {
            let exchanges = past.record().exchanges(own, past.event());
            side(past.record(), own, &stored, exchanges.iter().map(|(query, _)| query))
        }
        // Nobody knows which values are personal: only the way is shown.
        None => Side { steps: steps(&past.record().trace.visits), ..Side::default() },
    };
    let after =
        side(&tried.record, running.release(), &stored, tried.exchanges.iter().map(|(query, _)| query));
    Ok(WhatIf {
        turn: seq,
        at: stored.at,
        wrote: past.message().map(str::to_owned),
        same: before.steps == after.steps
            && before.replies == after.replies
            && before.images == after.images
            && before.effects == after.effects,
        before,
        after,
        approximate: tried.approximate,
        not_recorded: tried.not_recorded,
    })
}

fn side<'q>(
    record: &Record,
    release: &Release,
    turn: &StoredTurn,
    asked: impl Iterator<Item = &'q tolmach_engine::effect::Query>,
) -> Side {
    let shown = record.redacted(release, &turn.event);
    let mut side = Side {
        steps: steps(&shown.trace.visits),
        prompts: asked.filter_map(Prompt::of).collect(),
        ..Side::default()
    };
    for effect in &shown.effects {
        match &effect.command {
            Command::Send(message) => {
                side.replies.push(message.text.clone());
                let own = message.photo.iter().filter(|photo| image::hash_in(photo).is_some());
                side.images.extend(own.cloned());
            }
            other => side.effects.extend(named(other).map(str::to_owned)),
        }
    }
    side
}

/// What a person is told of a command beside replies; timers are no news.
const fn named(command: &Command) -> Option<&'static str> {
    match command {
        Command::Lead(_) => Some("lead"),
        Command::Notify(_) => Some("notify"),
        Command::HandOff { .. } => Some("hand_off"),
        Command::EndHandoff => Some("end_handoff"),
        Command::Goal(_) => Some("goal"),
        Command::Send(_) | Command::StartTimer { .. } | Command::CancelTimer { .. } | Command::Arm { .. } => {
            None
        }
    }
}

fn steps(visits: &[Visit]) -> Vec<Taken> {
    let taken = |visit: &Visit| Taken {
        flow: visit.flow.clone(),
        node: visit.node.clone(),
        kind: visit.kind.to_string(),
        exit: visit.exit.clone(),
        fault: visit.fault.clone(),
    };
    visits.iter().map(taken).collect()
}

/// A turn of a chat that asked by a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Used {
    /// The chat.
    pub chat: String,
    /// The turn's `seq`.
    pub turn: i64,
    /// When it was, milliseconds since the Unix epoch.
    pub at: i64,
    /// What the client wrote; `None` for what is no message, or is personal.
    pub wrote: Option<String>,
}

/// The newest turns since a time that visited a node with a prompt, by the flows of a draft; at most `most`, of the newest
/// [`MAX_TURNS`].
///
/// # Errors
/// When a stored turn cannot be read, or the database is unavailable.
pub async fn turns_with_prompt(
    store: &dyn Store,
    platform: &Platform,
    (bundle, prompt): (&Bundle, &str),
    since: i64,
    most: usize,
) -> Result<Vec<Used>, Error> {
    let nodes = nodes_with_prompt(bundle, prompt);
    let chosen = match nodes.is_empty() {
        true => return Ok(Vec::new()),
        false => replay::choose(store, &Choice::Since(since), Some(MAX_TURNS)).await,
    };
    let chosen = match chosen {
        Err(replay::Error::NoTurn(_)) => return Ok(Vec::new()),
        chosen => chosen?,
    };
    let mut releases = CompiledReleases::of(store, platform);
    let mut used = Vec::new();
    for chat in &chosen.chats {
        for turn in chosen.turns(store, chat).await? {
            let release = releases.get(&turn.release).await?;
            let past = RecordedTurn::new(&turn, release).map_err(replay::Error::unreadable(&turn))?;
            let is_one = |visit: &Visit| nodes.contains(&(visit.flow.clone(), visit.node.clone()));
            if past.record().trace.visits.iter().any(is_one) {
                let wrote = past.message().map(str::to_owned);
                used.push(Used { chat: chat.clone(), turn: turn.seq, at: turn.at, wrote });
            }
        }
        tokio::task::yield_now().await;
    }
    used.sort_by_key(|used| std::cmp::Reverse((used.at, used.turn)));
    used.truncate(most);
    Ok(used)
}

/// The nodes that name a prompt, each with its flow.
fn nodes_with_prompt(bundle: &Bundle, prompt: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, text) in bundle.flows() {
        let Ok(tree) = yaml::parse(text) else { continue };
        let Some(nodes) = field(&tree, "nodes") else { continue };
        let Node::Map(nodes) = &nodes.node else { continue };
        let names = nodes.iter().filter(|(_, node)| names_prompt(node, prompt));
        found.extend(names.map(|(name, _)| (path.trim_end_matches(".yaml").to_owned(), name.value.clone())));
    }
    found
}

/// Whether a value says `prompt: NAME` somewhere. The parser bounds how deep values stand.
fn names_prompt(tree: &Tree, prompt: &str) -> bool {
    match &tree.node {
        Node::Map(entries) => entries.iter().any(|(key, value)| {
            key.value == "prompt" && value.node == Node::Str(prompt.to_owned()) || names_prompt(value, prompt)
        }),
        Node::Seq(items) => items.iter().any(|item| names_prompt(item, prompt)),
        _ => false,
    }
}

/// Runs the turns of all chats since a time on a draft: the newest [`MAX_TURNS`].
///
/// # Errors
/// When the draft has errors, a stored turn cannot be read, or the database is unavailable.
pub async fn chats(
    store: &dyn Store,
    platform: &Platform,
    bundle: &Bundle,
    since: i64,
) -> Result<Report, Error> {
    let mut running = draft(bundle, platform).await?;
    let chosen = match replay::choose(store, &Choice::Since(since), Some(MAX_TURNS)).await {
        Ok(chosen) => chosen,
        // Nobody has written since.
        Err(replay::Error::NoTurn(_)) => return Ok(running.finish()),
        Err(error) => return Err(error.into()),
    };
    let mut releases = CompiledReleases::of(store, platform);
    for chat in &chosen.chats {
        let mut past = Vec::new();
        for turn in chosen.turns(store, chat).await? {
            let release = releases.get(&turn.release).await?;
            past.push(RecordedTurn::new(&turn, release).map_err(replay::Error::unreadable(&turn))?);
        }
        running.chat(chat, &past).await;
        // Long work of one person must not keep the others waiting.
        tokio::task::yield_now().await;
    }
    Ok(running.finish())
}
