//! Chats, and one turn of a chat explained.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_app::{
    accounts::Permission,
    inbox::{self, ChatShown, ConversationShown, Part, TurnExplained},
};
use tolmach_runtime::ports::{DialogQuery, Queue};

use super::{Answer, Call, Nothing, Page, limit};
use crate::{error::Failure, form::filled};

/// Which chats are listed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QueueName {
    /// All, the last active first.
    #[default]
    All,
    /// Those whose client waits for a person, the longest first.
    Waiting,
    /// Those that the token's person has.
    Mine,
    /// Those in which the client spoke last.
    Unanswered,
}

/// Filters for chats.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Chats {
    /// Which chats.
    #[serde(default)]
    queue: QueueName,
    /// Of this channel: `web` or `telegram`.
    channel: Option<String>,
    /// With a client of this language: `ru` or `en`.
    language: Option<String>,
    /// With an open lead, or without one.
    lead: Option<bool>,
    /// Only those with a message that holds these words; the newest 50 are found, and no other filter counts.
    q: Option<String>,
    /// At most so many, 200 at most; 50 where nothing is said.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

pub(crate) async fn list(call: Call<Chats>) -> Answer<Page<ChatShown>> {
    let Chats { queue, channel, language, lead, q, limit: asked, cursor } = call.query;
    let limit = limit(asked)?;
    let contacts = call.visit.may(Permission::SeeLeads);
    if let Some(words) = filled(&q) {
        let search = inbox::search(call.panel.store(), words).await?;
        let found = ChatShown::found(&search, contacts);
        return Ok(Page { items: found, next: None });
    }
    let after = cursor.as_deref().map(|cursor| {
        let (at, chat) = cursor.split_once('~').ok_or(Failure::Bad("error.cursor"))?;
        Ok::<_, Failure>((at.parse().map_err(|_| Failure::Bad("error.cursor"))?, chat.to_owned()))
    });
    let waiting = matches!(queue, QueueName::Waiting);
    let queue = match queue {
        QueueName::All => Queue::All,
        QueueName::Waiting => Queue::Awaited,
        QueueName::Mine => Queue::HeldBy(call.visit.session()?.account.name.clone()),
        QueueName::Unanswered => Queue::Unanswered,
    };
    let after = after.transpose()?;
    let query = DialogQuery { queue, channel, language, with_lead: lead, after, limit: limit + 1 };
    let rows = inbox::list(call.panel.store(), &query).await?;
    let chats: Vec<ChatShown> = rows.iter().map(|row| ChatShown::of(row, contacts)).collect();
    Ok(Page::of(chats, limit, |chat| {
        let at = if waiting { chat.awaited_since.unwrap_or_default() } else { chat.updated };
        format!("{at}~{}", chat.chat)
    }))
}

/// Which part of a transcript is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Transcript {
    /// Only messages before this one: `before` of the answer before.
    before: Option<i64>,
    /// Only messages after this one.
    after: Option<i64>,
}

pub(crate) async fn one(call: Call<Transcript>) -> Answer<ConversationShown> {
    let part = match (call.query.before, call.query.after) {
        (Some(before), _) => Part::Before(before),
        (None, Some(after)) => Part::After(after),
        (None, None) => Part::Last,
    };
    let chat = call.place("chat");
    let conversation = inbox::conversation(call.panel.store(), chat, part).await?;
    let notes = call.panel.store().notes(chat).await?;
    Ok(ConversationShown::of(&conversation, &notes, call.visit.may(Permission::SeeLeads)))
}

pub(crate) async fn turn(call: Call<Nothing>) -> Answer<TurnExplained> {
    let seq = call.place("turn").parse().map_err(|_| Failure::NotFound)?;
    let explained = inbox::explain(&call.panel.options.runtime, call.place("chat"), seq).await?;
    Ok(TurnExplained::of(&explained, call.visit.may(Permission::SeePrompts)))
}
