//! What the bot would say in a chat that a person has: a turn on a copy of the session, of which nothing is stored and nothing
//! is sent.

use std::time::Duration;

use tolmach_engine::{
    Session,
    effect::{Author, Command, Outgoing},
    event::{Client, Event, EventKind},
    trace::Trace,
};
use uuid::Uuid;

use crate::{
    greeting::Queries,
    ports::{self, MessageQuery, MessageRow},
    runtime::Runtime,
    turns::EDITED,
};

/// How long a person waits for it beside the chat.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The messages among which the client's last words are looked for.
const LAST: u32 = 20;

/// What the bot would say.
#[derive(Clone, Debug)]
pub struct WouldSay {
    /// The messages.
    pub said: Vec<Outgoing>,
    /// How it came to them.
    pub trace: Trace,
}

impl Runtime {
    /// What the bot would answer to the client's last words, as if it had the chat. `None` when the client has said nothing,
    /// the bot would say nothing, or the answer would change something in another system.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn would_say(&self, chat: &str) -> ports::Result<Option<WouldSay>> {
        let Some(current) = self.releases.current() else { return Ok(None) };
        let stored = self.ports.store.chat(chat).await?;
        let Some(session) = stored.session.and_then(|json| serde_json::from_str::<Session>(&json).ok())
        else {
            return Ok(None);
        };
        let last = self.ports.store.messages(&MessageQuery::of(chat, 0, LAST)).await?;
        let Some(kind) = last_words(&last) else { return Ok(None) };
        let session = before_last_words(session);
        let ready = match self.releases.get(&session.release).await? {
            Some(pinned) if session.waits_at().is_some() => pinned,
            _ => std::sync::Arc::clone(&current.ready),
        };
        let event = Event {
            id: Uuid::now_v7(),
            at: self.ports.clock.now(),
            client: Client { ..session.client.clone() },
            origin: None,
            sent: Vec::new(),
            reading: None,
            kind,
        };
        let event = ready.intents.read(event, &self.ports.queries.catalog).await?;
        let Some((effects, trace)) =
            self.without_storing(&ready, session, event, Queries::All, TIMEOUT).await
        else {
            return Ok(None);
        };
        let said: Vec<Outgoing> = effects
            .into_iter()
            .filter_map(|effect| match effect.command {
                Command::Send(message) => Some(message),
                _ => None,
            })
            .collect();
        Ok((!said.is_empty()).then_some(WouldSay { said, trace }))
    }
}

/// The session without the client's last words, in the bot's hands. What staff said before them stays: the bot would have read it.
fn before_last_words(mut session: Session) -> Session {
    while session.history.back().is_some_and(|said| said.who == Author::Client) {
        session.history.pop_back();
    }
    session.taken_over_at = None;
    session.taken_over_by = None;
    session.awaited_since = None;
    session
}

/// What the client has said since somebody else spoke. By the transcript: a session does not keep what is said where personal data are
/// asked for.
fn last_words(messages: &[MessageRow]) -> Option<EventKind> {
    let words = messages.iter().rev().take_while(|message| message.who == Author::Client);
    let mut words: Vec<&str> =
        words.map(|message| message.body.strip_prefix(EDITED).unwrap_or(&message.body)).collect();
    words.reverse();
    let text = words.join("\n");
    match text.trim().strip_prefix('/').filter(|command| !command.contains('\n')) {
        _ if text.trim().is_empty() => None,
        Some(command) => {
            let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
            Some(EventKind::Command { name: name.to_owned(), rest: rest.to_owned() })
        }
        None => Some(EventKind::Message { text }),
    }
}

#[cfg(test)]
mod tests {
    use tolmach_engine::effect::Utterance;

    use super::*;

    #[test]
    fn the_last_words_are_those_since_somebody_else_spoke() {
        let said = |who, body: &str| MessageRow { seq: 0, who, body: body.to_owned(), at: 0 };
        let message = |text: &str| Some(EventKind::Message { text: text.to_owned() });
        let mut all = vec![
            said(Author::Client, "привет"),
            said(Author::Staff, "{}"),
            said(Author::Client, "нужен насос"),
            said(Author::Client, "✎ и шланг"),
        ];
        assert_eq!(last_words(&all), message("нужен насос\nи шланг"));
        all.push(said(Author::Bot, "{}"));
        assert_eq!(last_words(&all), None, "the bot spoke last");
        all.push(said(Author::Client, "/order 5 шт"));
        let command = EventKind::Command { name: "order".to_owned(), rest: "5 шт".to_owned() };
        assert_eq!(last_words(&all), Some(command));
        all.push(said(Author::Client, "а когда?"));
        assert_eq!(last_words(&all), message("/order 5 шт\nа когда?"));
        assert_eq!(last_words(&[]), None);
    }

    #[test]
    fn the_bot_gets_the_chat_as_it_was_before_them() {
        let said = |who, text: &str| Utterance { who, text: text.to_owned() };
        let session = Session {
            history: [said(Author::Staff, "слушаю"), said(Author::Client, "нужен насос")].into(),
            taken_over_at: Some(5),
            taken_over_by: Some("Mila".to_owned()),
            awaited_since: Some(6),
            ..Session::default()
        };
        let before = before_last_words(session);
        assert_eq!(before, Session { history: [said(Author::Staff, "слушаю")].into(), ..Session::default() });
    }
}
