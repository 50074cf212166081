//! Replaying stored turns from their traces, on the releases they ran on.

use std::collections::BTreeSet;

use serde::Serialize;
use tolmach_engine::{Platform, trace::Trace};
use tolmach_runtime::{
    Record,
    ports::{self, Store, StoredTurn, TurnQuery},
};

use crate::release::{self, CompiledReleases};

/// How many turns are read per query.
const PAGE: u32 = 500;

/// Which turns to replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The turns of one chat, by its key.
    Chat(String),
    /// The turns of every chat since a time, milliseconds since the Unix epoch.
    Since(i64),
}

/// The chosen turns: their chats in the order of first appearance, and the `seq` of the first turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The chats' keys.
    pub chats: Vec<String>,
    from: i64,
}

/// Why turns cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The chat has no turns.
    #[error("there is no turn of a chat {0}")]
    NoTurn(String),
    /// A stored trace cannot be parsed.
    #[error("the stored trace of turn {seq} of {chat} cannot be read")]
    Unreadable {
        /// The turn's `seq`.
        seq: i64,
        /// Its chat.
        chat: String,
        /// The parse error.
        source: serde_json::Error,
    },
    /// A release cannot be read.
    #[error(transparent)]
    Release(#[from] release::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

impl Error {
    pub(crate) fn unreadable(turn: &StoredTurn) -> impl FnOnce(serde_json::Error) -> Error {
        let (seq, chat) = (turn.seq, turn.chat.clone());
        move |source| Error::Unreadable { seq, chat, source }
    }
}

/// The result of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Chats replayed.
    pub chats: usize,
    /// Turns replayed.
    pub turns: usize,
    /// Turns whose replay differs or failed.
    pub differ: Vec<Differing>,
}

/// A turn whose replay differs or failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// Its chat.
    pub chat: String,
    /// The nodes that it visited.
    pub path: Vec<String>,
    /// The difference, or the error.
    pub why: String,
}

/// Selects the turns of a choice, only the newest `limit` of them if given.
///
/// # Errors
/// When the chat has no turns, or the database is unavailable.
pub async fn choose(store: &dyn Store, choice: &Choice, limit: Option<usize>) -> Result<Chosen, Error> {
    let mut rows: Vec<(i64, String)> = Vec::new();
    match choice {
        Choice::Chat(chat) => {
            rows.extend(
                store
                    .turns(&TurnQuery::of(chat, u32::MAX))
                    .await?
                    .into_iter()
                    .map(|turn| (turn.seq, turn.chat)),
            );
            if rows.is_empty() {
                return Err(Error::NoTurn(chat.clone()));
            }
        }
        Choice::Since(at) => {
            // Traces are large: this looks at them in pages and keeps only whose they are.
            while let page =
                store.turns(&TurnQuery::since(*at, rows.last().map_or(0, |row| row.0), PAGE)).await?
                && !page.is_empty()
            {
                rows.extend(page.into_iter().map(|turn| (turn.seq, turn.chat)));
            }
        }
    }
    let newest = limit.map_or(0, |limit| rows.len().saturating_sub(limit));
    let rows = rows.split_off(newest);
    let from = rows.first().map_or(0, |row| row.0);
    let mut known = BTreeSet::new();
    let chats = rows.into_iter().map(|(_, chat)| chat).filter(|chat| known.insert(chat.clone())).collect();
    Ok(Chosen { chats, from })
}

impl Chosen {
    /// The chosen turns of one of the chats, oldest first.
    pub(crate) async fn turns(&self, store: &dyn Store, chat: &str) -> ports::Result<Vec<StoredTurn>> {
        let mut turns = store.turns(&TurnQuery::of(chat, u32::MAX)).await?;
        turns.retain(|turn| turn.seq >= self.from);
        Ok(turns)
    }
}

/// Replays every chosen turn on the release it ran on. `each` is called after every turn with its trace and the
/// result.
///
/// # Errors
/// When a stored trace or release cannot be read, or the database is unavailable. A turn that differs is no error.
pub async fn replay(
    store: &dyn Store,
    platform: &Platform,
    chosen: &Chosen,
    mut each: impl FnMut(&Trace, &Result<(), String>),
) -> Result<Replayed, Error> {
    let mut releases = CompiledReleases::of(store, platform);
    let mut replayed = Replayed { chats: chosen.chats.len(), ..Replayed::default() };
    for chat in &chosen.chats {
        for turn in chosen.turns(store, chat).await? {
            let record: Record = serde_json::from_str(&turn.trace).map_err(Error::unreadable(&turn))?;
            let path: Vec<String> = record.trace.path().into_iter().map(str::to_owned).collect();
            let explained = match releases.get(&turn.release).await? {
                Some(release) => record.explained(release, &turn.event).map_err(|why| why.to_string()),
                None => Err(format!("release {} is not kept, or no longer compiles", turn.release)),
            };
            let (trace, outcome) = match explained {
                Ok(trace) => (trace, Ok(())),
                Err(why) => (record.trace, Err(why)),
            };
            each(&trace, &outcome);
            replayed.turns += 1;
            if let Err(why) = outcome {
                replayed.differ.push(Differing { chat: chat.clone(), path, why });
            }
        }
    }
    Ok(replayed)
}
