//! Replaying stored turns from their traces, on the releases they ran on.

use std::collections::BTreeSet;

use serde::Serialize;
use tolmach_runtime::{
    Record,
    ports::{self, Store, StoredTurn, TurnQuery},
};

use crate::release::{self, CompiledReleases};

/// How many turns are read at once.
const PAGE: u32 = 500;

/// Which turns are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Those of a chat, by its key.
    Chat(String),
    /// Every chat's since a time, milliseconds since the Unix epoch.
    Since(i64),
}

/// Turns that were chosen: chats by their first chosen turn, and the first of these turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The chats.
    pub chats: Vec<String>,
    from: i64,
}

/// Why turns cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The chat has none.
    #[error("there is no turn of a chat {0}")]
    NoTurn(String),
    /// A stored trace is damaged.
    #[error("the stored trace of turn {seq} of {chat} cannot be read")]
    Unreadable {
        /// The turn.
        seq: i64,
        /// Its chat.
        chat: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A release.
    #[error(transparent)]
    Release(#[from] release::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

impl Error {
    pub(crate) fn unreadable(turn: &StoredTurn) -> impl FnOnce(serde_json::Error) -> Error {
        let (seq, chat) = (turn.seq, turn.chat.clone());
        move |source| Error::Unreadable { seq, chat, source }
    }
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Chats replayed.
    pub chats: usize,
    /// Turns replayed.
    pub turns: usize,
    /// Turns that went another way, or could not be replayed.
    pub differ: Vec<Differing>,
}

/// A turn that does not replay to the same effects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// Its chat.
    pub chat: String,
    /// The nodes that it visited.
    pub path: Vec<String>,
    /// What differs.
    pub why: String,
}

/// The turns that a choice means, the newest `limit` of them.
///
/// # Errors
/// When a chat has no turns, or the database is away.
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

/// Replays every chosen turn on its own release. `each` sees every turn as it is replayed: the nodes that it visited, and what
/// differs.
///
/// # Errors
/// When a stored trace or release cannot be read. A turn that differs is no error.
pub async fn replay(
    store: &dyn Store,
    chosen: &Chosen,
    mut each: impl FnMut(&[String], &Result<(), String>),
) -> Result<Replayed, Error> {
    let mut releases = CompiledReleases::of(store);
    let mut replayed = Replayed { chats: chosen.chats.len(), ..Replayed::default() };
    for chat in &chosen.chats {
        for turn in chosen.turns(store, chat).await? {
            let record: Record = serde_json::from_str(&turn.trace).map_err(Error::unreadable(&turn))?;
            let path: Vec<String> = record.trace.path().into_iter().map(str::to_owned).collect();
            let outcome = match releases.get(&turn.release).await? {
                Some(release) => record.replay(release, &turn.event).map_err(|why| why.to_string()),
                None => Err(format!("release {} is not kept, or no longer compiles", turn.release)),
            };
            each(&path, &outcome);
            replayed.turns += 1;
            if let Err(why) = outcome {
                replayed.differ.push(Differing { chat: chat.clone(), path, why });
            }
        }
    }
    Ok(replayed)
}
