//! The newest messages that were not understood, grouped by meaning, for the panel's first page.

use std::collections::HashMap;

use tolmach_engine::{
    effect::{QueryOutcome, ScoredLabel},
    event::EventKind,
    wording::normalized,
};
use tolmach_runtime::{
    Record,
    ports::{self, ChatKey, Page, Store, TurnQuery, UnsureTurn},
};

use super::{
    clusters,
    unsure::{Message, may_be_shown},
};
use crate::text::one_line;

/// How many groups are shown.
const SHOWN: usize = 6;

/// Messages of similar meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The most central message.
    pub example: String,
    /// Another one of the group.
    pub other: Option<String>,
    /// How many messages, repetitions included.
    pub count: usize,
    /// The newest one's chat.
    pub chat: ChatKey,
    /// The newest one's turn.
    pub turn: i64,
    /// When that was received, milliseconds since the Unix epoch.
    pub last: i64,
    /// The likeliest intent of the newest one, and how sure that was, 0 to 1.
    pub likely: Option<(String, f32)>,
}

/// Groups messages that were not understood, those with personal data left out; the largest groups first.
///
/// # Errors
/// When the embedder or the database fails.
pub async fn questions(store: &dyn Store, turns: &[UnsureTurn]) -> ports::Result<Vec<Question>> {
    let mut known: HashMap<String, Message> = HashMap::new();
    let mut by_words: HashMap<String, &UnsureTurn> = HashMap::new();
    for turn in turns {
        let EventKind::Message { text } = &turn.event.kind else { continue };
        let words = normalized(text);
        if words.is_empty() || !may_be_shown(text) {
            continue;
        }
        let message = known.entry(words.clone()).or_insert_with(|| Message {
            text: one_line(text),
            count: 0,
            seq: turn.seq,
        });
        message.count += 1;
        let newest = by_words.entry(words).or_insert(turn);
        if newest.at < turn.at {
            *newest = turn;
        }
    }
    let mut messages: Vec<Message> = known.into_values().collect();
    messages.sort_by_key(|message| std::cmp::Reverse(message.seq));
    let groups = clusters(messages).await.map_err(|why| ports::Error::unavailable("group messages", why))?;
    let mut found = Vec::new();
    for group in groups.into_iter().take(SHOWN) {
        let newest = group
            .iter()
            .filter_map(|message| by_words.get(&normalized(&message.text)))
            .max_by_key(|turn| turn.at);
        let Some(newest) = newest else { continue };
        let count = group.iter().map(|message| message.count).sum();
        let mut texts = group.into_iter().map(|message| message.text);
        found.push(Question {
            example: texts.next().unwrap_or_default(),
            other: texts.next(),
            count,
            chat: newest.chat.clone(),
            turn: newest.seq,
            last: newest.at,
            likely: likely(store, newest).await?,
        });
    }
    Ok(found)
}

/// What the classifier thought of a message, as its turn recorded it.
async fn likely(store: &dyn Store, turn: &UnsureTurn) -> ports::Result<Option<(String, f32)>> {
    let page = Page { limit: 1, after: Some(turn.seq.saturating_sub(1)) };
    let query = TurnQuery { chat: Some(turn.chat.clone()), since: None, page };
    let stored = store.turns(&query).await?.into_iter().next().filter(|found| found.seq == turn.seq);
    let record = stored.and_then(|stored| serde_json::from_str::<Record>(&stored.trace).ok());
    let best = record.and_then(|record| {
        record.trace.outcomes.into_iter().find_map(|outcome| match outcome {
            QueryOutcome::Classify { labels } => labels.into_iter().next(),
            _ => None,
        })
    });
    Ok(best.map(|ScoredLabel { label, score, .. }| (label, score)))
}
